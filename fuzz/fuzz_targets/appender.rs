//! The appender: any sequence of appends, rotations, crashes and openings leaves the files that a model has, which keeps them
//! in memory and repairs them by the rule alone.
//!
//! The input is a program: for each step a byte that says what to do, a length, and so many bytes to do it with; see `Step`.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use simd_jsonl::{
    AppenderBuilder, Durability, Error, ErrorKind, JsonlAppender, JsonlWriter, Position, Repaired, repair,
};

#[path = "../../tests/common/mending.rs"]
mod mending;
use mending::{end_of, is_foreign, mend};

enum Step<'a> {
    Append(String),
    AppendRaw(&'a [u8]),
    AppendBatch(Vec<String>),
    AppendBad,
    Sync,
    /// Somebody else writes behind the appender's back, as a process does that shares the file and dies.
    Intrude(&'a [u8]),
    Rotate,
    RotateToExisting,
    /// Others try to get in.
    Disturb,
    /// The appender ends; what follows is opened with the options that the byte has.
    Reopen(u8),
    /// The same, after so many bytes were lost at the file's end.
    Cut(u8),
    /// The same, after these were added.
    Tear(&'a [u8]),
    /// The same, after zeros were left of the sixteen bytes at the place that the byte says.
    Zero(u8),
    /// The same, after a repair.
    Repair,
}

/// Takes a step off the front of a program.
fn step<'a>(program: &mut &'a [u8]) -> Option<Step<'a>> {
    let [what, len, rest @ ..] = *program else { return None };
    let (bytes, rest) = rest.split_at(usize::from(*len).min(rest.len()));
    *program = rest;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let byte = bytes.first().copied().unwrap_or(0);
    Some(match what % 14 {
        0 => Step::Append(text(bytes)),
        1 => Step::AppendRaw(bytes),
        2 => Step::AppendBatch(bytes.split(|b| *b == b',').skip(1).map(text).collect()),
        3 => Step::AppendBad,
        4 => Step::Sync,
        5 => Step::Intrude(bytes),
        6 => Step::Rotate,
        7 => Step::RotateToExisting,
        8 => Step::Disturb,
        9 => Step::Reopen(byte),
        10 => Step::Cut(byte),
        11 => Step::Tear(bytes),
        12 => Step::Zero(byte),
        _ => Step::Repair,
    })
}

/// The folder as it should be, and the appender under test.
struct World {
    path: PathBuf,
    appender: Option<JsonlAppender>,
    is_shared: bool,
    counts_lines: bool,
    /// What the file has, which is compared after each step.
    bytes: Vec<u8>,
    /// The line that the appender would count at the file's start.
    first_line: i64,
    /// Whether others have written lines that an appender need not count that was told not to.
    has_foreign_lines: bool,
    /// What was cut off, by place.
    torn: BTreeMap<u64, Vec<Vec<u8>>>,
    rotated: Vec<Vec<u8>>,
    lock_file: bool,
}

impl World {
    fn new(folder: &Path) -> World {
        let mut world = World {
            path: folder.join("a.jsonl"),
            appender: None,
            is_shared: false,
            counts_lines: true,
            bytes: Vec::new(),
            first_line: 1,
            has_foreign_lines: false,
            torn: BTreeMap::new(),
            rotated: Vec::new(),
            lock_file: false,
        };
        world.open(0);
        world
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    fn appender(&self) -> &JsonlAppender {
        self.appender.as_ref().expect("it is open between the steps")
    }

    /// Ends the appender, changes the file to `bytes`, and opens it anew.
    fn crash(&mut self, bytes: Vec<u8>) {
        self.appender = None;
        fs::write(&self.path, &bytes).unwrap();
        self.bytes = bytes;
        self.open(u8::from(self.is_shared) | u8::from(!self.counts_lines) << 1);
    }

    fn open(&mut self, options: u8) {
        self.appender = None;
        self.is_shared = options & 1 != 0;
        self.counts_lines = options & 2 == 0;
        let durability = match options >> 2 & 3 {
            0 => Durability::Os,
            1 => Durability::EachRecord,
            2 => Durability::EachRecords(2),
            _ => Durability::EachInterval(Duration::from_secs(60)),
        };
        let mut builder = AppenderBuilder::new();
        builder.shared(self.is_shared).count_lines(self.counts_lines).durability(durability);
        self.lock_file |= self.is_shared;
        let opened = builder.open(&self.path);
        let appender = match opened {
            Err(error) if is_foreign(&self.bytes) => {
                assert!(matches!(error.kind(), ErrorKind::Encoding | ErrorKind::Compressed), "{error}");
                assert_eq!(fs::read(&self.path).unwrap(), self.bytes);
                fs::write(&self.path, b"").unwrap();
                self.bytes.clear();
                builder.open(&self.path).unwrap()
            }
            opened => opened.unwrap(),
        };
        let repaired = appender.repaired().cloned();
        self.mend(repaired.as_ref());
        let lines = end_of(&self.bytes).line as i64 - 1;
        self.first_line = if self.counts_lines { 1 } else { 1 - lines };
        self.has_foreign_lines = false;
        assert_eq!(appender.position(), self.position_of(&self.bytes));
        self.appender = Some(appender);
    }

    /// Repairs the model, and asserts that the same was told.
    fn mend(&mut self, told: Option<&Repaired>) {
        let len = self.bytes.len() as u64;
        let mended = mend(&self.bytes);
        self.bytes = mended.bytes;
        let saved_to = mended.torn.map(|(offset, tail)| {
            let copies = self.torn.entry(offset).or_default();
            let number = copies.iter().position(|copy| *copy == tail).unwrap_or_else(|| {
                copies.push(tail);
                copies.len() - 1
            });
            self.beside(&torn_name(offset, number))
        });
        let cut = len.saturating_sub(self.bytes.len() as u64);
        let is_told = cut > 0 || mended.completed;
        let told = told.map(|told| (told.kept, told.cut, told.completed, told.saved_to.clone()));
        assert_eq!(told, is_told.then_some((len - cut, cut, mended.completed, saved_to)));
    }

    /// Where the appender sees what comes behind these bytes of the file.
    fn position_of(&self, bytes: &[u8]) -> Position {
        let Position { offset, line } = end_of(bytes);
        Position { offset, line: (line as i64 - 1 + self.first_line) as u64 }
    }

    /// Adds lines to the model as the appender should have to the file, and checks the place that it told.
    fn appended(&mut self, result: Result<Position, Error>, lines: &[u8]) {
        let position = result.unwrap();
        if !lines.is_empty() && !self.bytes.is_empty() && !self.bytes.ends_with(b"\n") {
            self.bytes.push(b'\n');
        }
        let mut want = self.position_of(&self.bytes);
        if self.has_foreign_lines && (!self.counts_lines || lines.is_empty()) {
            // one that appends nothing need not look at the file
            want.line = position.line;
            want.offset = if lines.is_empty() { position.offset } else { want.offset };
        }
        assert_eq!(position, want);
        self.bytes.extend_from_slice(lines);
        if !lines.is_empty() && self.counts_lines {
            self.has_foreign_lines = false;
        }
    }

    fn run(&mut self, step: Step<'_>) {
        match step {
            Step::Append(text) => {
                let line = serde_json::to_string(&text).unwrap() + "\n";
                self.appended(self.appender().append(&text), line.as_bytes());
            }
            Step::AppendRaw(text) => {
                let mut writer = JsonlWriter::new(Vec::new());
                let verdict = writer.write_raw(text).map_err(|error| error.kind());
                match (verdict, self.appender().append_raw(text)) {
                    (Ok(()), result) => self.appended(result, &writer.into_inner().unwrap()),
                    (Err(kind), result) => assert_eq!(result.unwrap_err().kind(), kind),
                }
            }
            Step::AppendBatch(texts) => {
                let lines: String = texts.iter().map(|text| serde_json::to_string(text).unwrap() + "\n").collect();
                self.appended(self.appender().append_batch(&texts), lines.as_bytes());
            }
            Step::AppendBad => {
                let error = self.appender().append(&BTreeMap::from([([1], 1)])).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidKey);
            }
            Step::Sync => self.appender().sync().unwrap(),
            Step::Intrude(bytes) => {
                if self.is_shared {
                    OpenOptions::new().append(true).open(&self.path).unwrap().write_all(bytes).unwrap();
                    self.bytes.extend_from_slice(bytes);
                    self.has_foreign_lines |= !bytes.is_empty();
                }
            }
            Step::Rotate => {
                self.appender().rotate(self.beside(&format!(".{}", self.rotated.len()))).unwrap();
                self.rotated.push(std::mem::take(&mut self.bytes));
                self.first_line = 1;
                self.has_foreign_lines = false;
                assert_eq!(self.appender().position(), Position::default());
            }
            Step::RotateToExisting => {
                let to = if self.rotated.is_empty() { self.path.clone() } else { self.beside(".0") };
                assert_eq!(self.appender().rotate(to).unwrap_err().kind(), ErrorKind::Io);
            }
            Step::Disturb => {
                assert_eq!(JsonlAppender::open(&self.path).unwrap_err().kind(), ErrorKind::Locked);
                assert_eq!(repair(&self.path).unwrap_err().kind(), ErrorKind::Locked);
            }
            Step::Reopen(options) => self.open(options),
            Step::Cut(len) => self.crash(self.bytes[..self.bytes.len().saturating_sub(len.into())].to_vec()),
            Step::Tear(bytes) => self.crash([&self.bytes, bytes].concat()),
            Step::Zero(place) => {
                let mut bytes = self.bytes.clone();
                let start = bytes.len() * usize::from(place) / 256;
                let end = (start + 16).min(bytes.len());
                bytes[start..end].fill(0);
                self.crash(bytes);
            }
            Step::Repair => {
                self.appender = None;
                match repair(&self.path) {
                    Ok(told) => self.mend(Some(&told).filter(|told| told.cut > 0 || told.completed)),
                    Err(error) => assert!(is_foreign(&self.bytes), "{error}"),
                }
                self.crash(self.bytes.clone());
            }
        }
        assert_eq!(fs::read(&self.path).unwrap(), self.bytes);
    }

    /// Asserts that there are these files and no others.
    fn check_folder(mut self, folder: &Path) {
        self.appender = None;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::from([("a.jsonl".into(), self.bytes)]);
        if self.lock_file {
            files.insert("a.jsonl.lock".into(), Vec::new());
        }
        files.extend(self.rotated.into_iter().enumerate().map(|(n, bytes)| (format!("a.jsonl.{n}"), bytes)));
        for (offset, copies) in self.torn {
            let names = (0..).map(|number| format!("a.jsonl{}", torn_name(offset, number)));
            files.extend(names.zip(copies));
        }
        let names: BTreeSet<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(names.iter().eq(files.keys()), "left: {names:?}, right: {:?}", files.keys());
        for (name, bytes) in files {
            assert_eq!(fs::read(folder.join(&name)).unwrap(), bytes, "{name}");
        }
    }
}

fn torn_name(offset: u64, number: usize) -> String {
    match number {
        0 => format!(".torn-{offset}"),
        number => format!(".torn-{offset}-{number}"),
    }
}

fuzz_target!(|data: &[u8]| {
    // the model's JSON parser ends at another depth; and a program that long says nothing new
    if data.iter().filter(|b| b"[{".contains(b)).count() > 100 || data.len() > 4096 {
        return;
    }
    // a folder in memory, where there is one: a sync costs nothing there
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir().canonicalize().unwrap() };
    let folder = tempfile::tempdir_in(parent).unwrap();
    let mut world = World::new(folder.path());
    let mut program = data;
    while let Some(step) = step(&mut program) {
        world.run(step);
    }
    world.check_folder(folder.path());
});
