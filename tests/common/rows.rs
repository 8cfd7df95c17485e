//! Records that can be recognized, files of them, and what a crash may have left of those.

#![allow(dead_code)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use simd_jsonl::{AppenderBuilder, JsonlAppender, ReaderBuilder};
use tempfile::TempDir;

/// A record: which one it is, and something of any length that follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub n: u64,
    pub pad: String,
}

impl Row {
    /// Record `n`, with so many characters in it, some of which have to be escaped and some of which are longer than a byte.
    pub fn new(n: u64, chars: usize) -> Row {
        Row { n, pad: "pad \"\\\né€🎈{}[],: ".chars().cycle().skip(n as usize % 16).take(chars).collect() }
    }

    /// Its line, with its LF.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap();
        line.push(b'\n');
        line
    }
}

/// The records with their lengths in characters, as lines.
pub fn lines(rows: &[(u64, usize)]) -> Vec<u8> {
    rows.iter().flat_map(|(n, chars)| Row::new(*n, *chars).line()).collect()
}

/// A folder that is gone when dropped: in memory where the system has a place for that, since the tests sync a lot.
pub fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

/// The bytes of a file; none if there is no file.
pub fn bytes_of(path: &Path) -> Vec<u8> {
    match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        bytes => bytes.unwrap(),
    }
}

/// The numbers of the records of a file, none if there is no file: every line is whole, ended, and a record as `Row::new` made
/// it.
pub fn read_rows(path: &Path) -> Vec<u64> {
    rows_in(&bytes_of(path))
}

/// The same of bytes.
pub fn rows_in(bytes: &[u8]) -> Vec<u64> {
    let text = || String::from_utf8_lossy(bytes);
    let mut reader = ReaderBuilder::new().strict(true).from_slice(bytes);
    let mut rows = Vec::new();
    while let Some(record) = reader.next_record().unwrap_or_else(|e| panic!("{e} in {}", text())) {
        assert!(record.terminated(), "the last line has no end: {}", text());
        let row: Row = record.deserialize().unwrap_or_else(|e| panic!("{e} in {}", text()));
        assert_eq!(row, Row::new(row.n, row.pad.chars().count()), "a record that nobody wrote");
        rows.push(row.n);
    }
    rows
}

/// Asserts that a record that was appended is where the appender said: that many bytes and lines are before it.
pub fn assert_position(bytes: &[u8], row: &Row, (offset, line): (u64, u64)) {
    let (before, from) = bytes.split_at(offset as usize);
    assert!(from.starts_with(&row.line()), "record {} is not at {offset}", row.n);
    assert_eq!(line, 1 + before.iter().filter(|b| **b == b'\n').count() as u64, "line of record {}", row.n);
}

/// Where the tail of a file begins: what is behind its last LF.
pub fn tail_of(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
}

/// Whether a tail lacks nothing but its LF: it is an object, an array or a string.
pub fn is_whole(tail: &[u8]) -> bool {
    use serde_json::Value::{Array, Object, String};
    matches!(serde_json::from_slice(tail), Ok(Object(_) | Array(_) | String(_)))
}

/// The files with fragments that belong to a file.
pub fn torn_files(path: &Path) -> Vec<PathBuf> {
    let begin = format!("{}.torn-", path.file_name().unwrap().to_str().unwrap());
    let all = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let mut torn: Vec<_> = all.filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with(&begin)).collect();
    torn.sort();
    torn
}

/// Opens a file that a crash may have torn, and asserts that what was repaired is what had to be, and what it says.
pub fn open_and_check(builder: &AppenderBuilder, path: &Path) -> JsonlAppender {
    let before = bytes_of(path);
    let (kept, tail) = before.split_at(tail_of(&before));
    let appender = builder.open(path).unwrap_or_else(|e| panic!("{e}"));
    let after = bytes_of(path);
    let repaired = appender.repaired();
    if tail.is_empty() {
        assert_eq!(repaired, None);
        assert_eq!(after, before);
    } else if is_whole(tail) {
        let repaired = repaired.expect("a repair");
        assert!(repaired.completed && repaired.saved_to.is_none(), "{repaired:?}");
        assert_eq!((repaired.kept, repaired.cut), (before.len() as u64, 0));
        assert_eq!(after, [&before[..], b"\n"].concat());
    } else {
        let repaired = repaired.expect("a repair");
        assert_eq!((repaired.kept, repaired.cut), (kept.len() as u64, tail.len() as u64));
        assert!(!repaired.completed);
        let saved_to = repaired.saved_to.as_ref().expect("a file with the fragment");
        // The name, or the next one or two where another fragment has that.
        let name = format!("{}.torn-{}", path.display(), kept.len());
        let number = saved_to.to_str().unwrap().strip_prefix(&name);
        assert!(matches!(number, Some("" | "-1" | "-2")), "{saved_to:?} should be {name}");
        assert_eq!(fs::read(saved_to).unwrap(), tail);
        assert_eq!(after, kept);
    }
    appender
}
