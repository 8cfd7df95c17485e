//! What is written to a quarantine: each bad line as it was, and a row that says what is wrong with it; under targets that fail,
//! and from several readers at once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::common::*;
use crate::verdicts::*;
use simd_jsonl::ErrorKind::*;
use simd_jsonl::{ErrorPolicy, JsonlReader, Level, ReaderBuilder};

/// A reader's policy with targets that one can look into.
fn quarantine() -> (ErrorPolicy, Sink, Sink) {
    let (lines, rows) = (Sink::default(), Sink::default());
    (ErrorPolicy::quarantine(lines.clone(), rows.clone()), lines, rows)
}

#[test]
fn a_row_says_what_is_wrong_and_where() {
    let input = b"\xEF\xBB\xBF{\"n\":01}\r\n{\"n\":2}\n\n{\"s\":  \"\\x\"}\r\n\"\xFF\n0123456789012345678901234567890\n{\"n\":\"\xC3\xA9\"}";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("é file.jsonl");
    fs::write(&path, input).unwrap();
    for path in [Some(&path), None] {
        let (policy, lines, rows) = quarantine();
        let mut builder = ReaderBuilder::new();
        builder.max_record_len(30).on_error(policy);
        let items: Vec<Item> = match path {
            Some(path) => builder.from_path(path).unwrap().into_deserialize().map(Result::unwrap).collect(),
            None => builder.from_slice(input).into_deserialize().map(Result::unwrap).collect(),
        };
        assert_eq!(items, [Item { n: 2, s: String::new() }]);
        let file = path.map_or("null".to_string(), |path| serde_json::to_string(path.to_str().unwrap()).unwrap());
        #[rustfmt::skip]
        let want = [
            r#""line":1,"byte":3,"length":9,"column":6,"code":"invalid-number","message":"invalid number `01`","field":""}"#,
            r#""line":4,"byte":22,"length":13,"column":9,"code":"invalid-escape","message":"invalid escape in a string: a backslash must be followed by one of \"\\/bfnrt or by u and four hexadecimal digits","field":""}"#,
            r#""line":5,"byte":36,"length":2,"column":1,"code":"unclosed-string","message":"a string is not closed on its line; it opens here","field":""}"#,
            r#""line":6,"byte":39,"length":31,"column":1,"code":"record-too-long","message":"the record is 31 bytes long, the limit is 30; see ReaderBuilder::max_record_len","field":""}"#,
            r#""line":7,"byte":71,"length":10,"column":6,"code":"invalid-type","message":"invalid type: string \"é\", expected u64","field":".n"}"#,
        ];
        let want: String = want.iter().map(|row| format!("{{\"file\":{file},{row}\n")).collect();
        assert_eq!(String::from_utf8(rows.bytes()).unwrap(), want);
        assert_eq!(show(&lines.bytes()).to_string(), show(LINES).to_string());
    }
    const LINES: &[u8] = b"{\"n\":01}\r\n{\"s\":  \"\\x\"}\r\n\"\xFF\n\n{\"n\":\"\xC3\xA9\"}\n";
}

/// A path that is not UTF-8 is shown as well as can be.
#[test]
#[cfg(target_os = "linux")]
fn a_row_names_any_file() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"a\xFF\n.jsonl"));
    fs::write(&path, "?").unwrap();
    let (policy, _, rows) = quarantine();
    let mut reader = ReaderBuilder::new().on_error(policy).from_path(&path).unwrap();
    assert!(reader.deserialize::<Item>().next().is_none());
    assert!(rows_in(&rows.bytes())[0].file.as_ref().unwrap().ends_with("/a\u{FFFD}\n.jsonl"));
}

/// Nothing is lost, and nothing is there twice: each line of the input is a good record, quarantined, or blank.
#[test]
fn good_records_and_quarantined_lines_are_the_whole_input() {
    let mut random = Random(5);
    for round in 0..150 {
        let input = any_lines(&mut random, 40);
        let lines = naive_lines(&input);
        let (policy, bad_lines, rows) = quarantine();
        let mut builder = NARROW.builder();
        builder.strict(round % 3 == 0).on_error(policy).level(random.pick(&Level::available()));
        let chunks = [1 + random.below(300), 1 + random.below(50)];
        let mut reader = builder.from_reader(Chunks::new(&input, chunks));
        // which line each is from
        let mut found = BTreeMap::new();
        if round % 2 == 0 {
            while let Some(item) = reader.deserialize::<Item>().next() {
                let at = reader.position().line - u64::from(reader.report().terminated);
                assert!(found.insert(at, item.unwrap().n).is_none());
            }
        } else {
            while let Some(record) = reader.next_record().unwrap() {
                assert!(found.insert(record.position().line, 0).is_none());
            }
        }
        let (rows, bad_lines) = (rows_in(&rows.bytes()), bad_lines.bytes());
        let quarantined = naive_lines(&bad_lines);
        assert_eq!(quarantined.len(), rows.len(), "{}", show(&input));
        for (row, quarantined) in rows.iter().zip(&quarantined) {
            let cut = &input[row.byte as usize..][..row.length as usize];
            let kept = if row.code == "record-too-long" { b"" } else { cut };
            assert_eq!(quarantined.raw.escape_ascii().to_string(), kept.escape_ascii().to_string());
            let line = &lines[row.line as usize - 1];
            let mark = line.raw.len() - cut.len();
            assert!(line.raw.ends_with(cut) && (mark == 0 || mark == 3 && row.line == 1), "{}", show(&input));
            assert!(row.byte as usize == line.offset + mark && row.column <= row.length + 1, "{row:?}");
            assert!(found.insert(row.line, 0).is_none(), "line {} twice in {}", row.line, show(&input));
        }
        assert!(rows.is_sorted_by_key(|row| row.line), "{rows:?}");
        for line in lines {
            let rest = line.raw.strip_prefix("\u{FEFF}".as_bytes()).filter(|_| line.number == 1).unwrap_or(line.raw);
            let blank = rest.trim_ascii().is_empty();
            match found.get(&line.number) {
                None => assert!(blank && round % 3 != 0, "line {} is lost: {}", line.number, show(&input)),
                Some(0) => {}
                Some(n) => assert_eq!(*n, line.number, "{}", show(&input)),
            }
        }
    }
}

/// What was quarantined and mended can be read like any input, and gives what was missing.
#[test]
fn quarantined_lines_can_be_mended() {
    let (policy, lines, _) = quarantine();
    let mut builder = ReaderBuilder::new();
    let input = b"[1]\n[2,]\n[3]\r\n[4,]\r\n[5,]";
    let good: Vec<[u8; 1]> =
        builder.on_error(policy).from_slice(input).into_deserialize().map(Result::unwrap).collect();
    assert_eq!(good, [[1], [3]]);
    let mended = String::from_utf8(lines.bytes()).unwrap().replace(",]", "]");
    let rest: Vec<[u8; 1]> = JsonlReader::new(mended.as_bytes()).into_deserialize().map(Result::unwrap).collect();
    assert_eq!(rest, [[2], [4], [5]]);
}

/// What a target was asked to do, and what it did.
#[derive(Default)]
struct Log {
    bytes: Vec<u8>,
    writes: usize,
    flushes: usize,
}

/// A target that does as it is told.
#[derive(Clone, Default)]
struct Target {
    log: Arc<Mutex<Log>>,
    /// Which write fails, from 1, and all behind it; none if 0.
    fails_at: usize,
    kind: Option<io::ErrorKind>,
    /// At most so many bytes a write; any number if 0.
    short: usize,
    /// Each second write is interrupted.
    interrupts: bool,
    flush_fails: bool,
}

impl Write for Target {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut log = self.log.lock().unwrap();
        log.writes += 1;
        if self.fails_at > 0 && log.writes >= self.fails_at {
            return match self.kind {
                Some(kind) => Err(io::Error::new(kind, "the quarantine is full")),
                None => Ok(0),
            };
        }
        if self.interrupts && log.writes % 2 == 1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = if self.short > 0 { buf.len().min(self.short) } else { buf.len() };
        log.bytes.extend_from_slice(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.log.lock().unwrap().flushes += 1;
        if self.flush_fails { Err(io::Error::new(io::ErrorKind::StorageFull, "not flushed")) } else { Ok(()) }
    }
}

const INPUT: &[u8] = b"1\n?\n3\n\"open\r\n[]\n6\n??";

/// What is left of `INPUT` in a quarantine, with the row of each line.
fn whole() -> (Vec<u8>, Vec<u8>) {
    let (policy, lines, rows) = quarantine();
    let mut reader = ReaderBuilder::new().on_error(policy).from_slice(INPUT);
    assert_eq!(reader.deserialize::<u8>().map(Result::unwrap).collect::<Vec<_>>(), [1, 3, 6]);
    assert_eq!(lines.bytes(), b"?\n\"open\r\n[]\n??\n");
    (lines.bytes(), rows.bytes())
}

#[test]
fn each_line_and_each_row_is_one_write_and_the_end_one_flush() {
    let (lines, rows) = (Target::default(), Target::default());
    let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone());
    let mut reader = ReaderBuilder::new().on_error(policy).from_slice(INPUT);
    let flushes = || (lines.log.lock().unwrap().flushes, rows.log.lock().unwrap().flushes);
    let writes = || (lines.log.lock().unwrap().writes, rows.log.lock().unwrap().writes);
    let mut seen = Vec::new();
    while let Some(item) = reader.deserialize::<u8>().next() {
        item.unwrap();
        assert_eq!(flushes(), (0, 0));
        seen.push(writes());
    }
    assert_eq!(seen, [(0, 0), (1, 1), (3, 3)]);
    assert!(reader.deserialize::<u8>().next().is_none() && reader.next_record().unwrap().is_none());
    assert_eq!((writes(), flushes()), ((4, 4), (1, 1)));
    assert_eq!((lines.log.lock().unwrap().bytes.clone(), rows.log.lock().unwrap().bytes.clone()), whole());

    // a good input too is at its end
    let (lines, rows) = (Target::default(), Target::default());
    let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone());
    assert_eq!(ReaderBuilder::new().on_error(policy).from_slice(b"1\n").into_deserialize::<u8>().count(), 1);
    assert_eq!((lines.log.lock().unwrap().flushes, rows.log.lock().unwrap().flushes), (1, 1));
}

#[test]
fn short_and_interrupted_writes_lose_nothing() {
    for short in [0, 1, 2, 3, 50] {
        for interrupts in [false, true] {
            let target = || Target { short, interrupts, ..Target::default() };
            let (lines, rows) = (target(), target());
            let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone());
            let mut reader = ReaderBuilder::new().on_error(policy).from_reader(INPUT);
            assert_eq!(reader.deserialize::<u8>().map(Result::unwrap).count(), 3);
            let (lines, rows) = (lines.log.lock().unwrap(), rows.log.lock().unwrap());
            assert_eq!((lines.bytes.clone(), rows.bytes.clone()), whole());
        }
    }
}

/// Whichever write of whichever target fails: one error that says so and where, and then nothing.
#[test]
fn a_target_that_fails_ends_the_reading() {
    use io::ErrorKind::{BrokenPipe, StorageFull, WouldBlock, WriteZero};
    let (whole_lines, whole_rows) = whole();
    let (line_ends, row_ends) = (ends(&whole_lines), ends(&whole_rows));
    // the lines of the bad records, and how many good ones come before
    let bad = [(2, 2, 1), (4, 6, 2), (5, 13, 2), (7, 18, 3)];
    let file = file_with(INPUT);
    for (k, (line, offset, good)) in bad.into_iter().enumerate() {
        for rows_fail in [false, true] {
            for kind in [Some(BrokenPipe), Some(StorageFull), Some(WouldBlock), None] {
                for from_path in [false, true] {
                    let failing = Target { fails_at: k + 1, kind, ..Target::default() };
                    let sound = Target::default();
                    let (lines, rows) = if rows_fail { (&sound, &failing) } else { (&failing, &sound) };
                    // what would come next is not even looked at: no limit is exceeded
                    let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone()).max_errors(k as u64);
                    let mut builder = ReaderBuilder::new();
                    builder.on_error(policy);
                    let what = format!("write {}, rows: {rows_fail}, {kind:?}", k + 1);
                    let (items, report): (Vec<_>, _) = if from_path {
                        let mut records = builder.from_path(file.path()).unwrap().into_deserialize::<u8>();
                        (records.by_ref().take(20).collect(), records.reader().report())
                    } else {
                        let mut records = builder.from_slice(INPUT).into_deserialize::<u8>();
                        (records.by_ref().take(20).collect(), records.reader().report())
                    };
                    let [items @ .., Err(error)] = &items[..] else { panic!("{what}: {items:?}") };
                    assert!(items.len() == good && items.iter().all(Result::is_ok), "{what}: {items:?}");
                    assert_eq!((error.kind(), error.is_io()), (Io, true), "{what}: {error}");
                    assert_eq!((error.position().line, error.position().offset), (line, offset), "{what}: {error}");
                    assert_eq!(error.path(), from_path.then(|| file.path()), "{what}: {error}");
                    let text = error.to_string();
                    assert!(text.contains("cannot write the bad record to the quarantine: "), "{what}: {text}");
                    assert!(text.ends_with(&format!("(at line {line}, byte {offset})")), "{what}: {text}");
                    let source = std::error::Error::source(error).unwrap().downcast_ref::<io::Error>().unwrap();
                    assert_eq!(source.kind(), kind.unwrap_or(WriteZero), "{what}");
                    // the record was bad, and counts
                    assert_eq!((report.records, report.errors), (good as u64, k as u64 + 1), "{what}");
                    // what was written before is whole; a line is written before its row
                    let lines_written = k + usize::from(rows_fail);
                    assert!(lines.log.lock().unwrap().bytes == whole_lines[..line_ends[lines_written]], "{what}");
                    let rows = rows.log.lock().unwrap();
                    let want = &whole_rows[..row_ends[k]];
                    let path = file.path().to_str().unwrap();
                    let null = String::from_utf8(rows.bytes.clone()).unwrap();
                    assert_eq!(null.replace(&format!("\"{path}\""), "null").as_bytes(), want, "{what}");
                }
            }
        }
    }
}

/// Where lines end: the first is 0.
fn ends(lines: &[u8]) -> Vec<usize> {
    [0].into_iter().chain((1..=lines.len()).filter(|end| lines[end - 1] == b'\n')).collect()
}

/// However the reading ends, and once.
#[test]
fn targets_are_flushed_when_the_reading_ends() {
    for max_errors in [0, 1, 2, 9] {
        let (lines, rows) = (Target::default(), Target::default());
        let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone()).max_errors(max_errors);
        let mut reader = ReaderBuilder::new().on_error(policy).from_slice(INPUT);
        let last = reader.deserialize::<u8>().last().unwrap();
        assert_eq!(last.map_err(|e| e.kind()), if max_errors < 4 { Err(TooManyErrors) } else { Ok(6) });
        assert!(reader.next_record().unwrap().is_none());
        assert_eq!((lines.log.lock().unwrap().flushes, rows.log.lock().unwrap().flushes), (1, 1), "{max_errors}");
    }
    for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::WouldBlock] {
        let (lines, rows) = (Target::default(), Target::default());
        let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone());
        let source = Script::new([Step::Give(b"?\n".to_vec()), Step::Fail(kind), Step::Give(b"??\n".to_vec())]);
        let mut reader = ReaderBuilder::new().on_error(policy).from_reader(source);
        assert!(reader.deserialize::<u8>().next().unwrap().unwrap_err().is_io());
        let flushes = || (lines.log.lock().unwrap().flushes, rows.log.lock().unwrap().flushes);
        assert_eq!(flushes(), if kind == io::ErrorKind::WouldBlock { (0, 0) } else { (1, 1) }, "{kind:?}");
        assert!(reader.deserialize::<u8>().next().is_none());
        assert_eq!(flushes(), (1, 1), "{kind:?}");
    }
}

/// Each target is flushed, though the other one cannot be.
#[test]
fn a_flush_that_fails_is_the_last_error() {
    for rows_fail in [false, true] {
        let (failing, sound) = (Target { flush_fails: true, ..Target::default() }, Target::default());
        let policy = match rows_fail {
            false => ErrorPolicy::quarantine(failing.clone(), sound.clone()),
            true => ErrorPolicy::quarantine(sound.clone(), failing.clone()),
        };
        let mut reader = ReaderBuilder::new().on_error(policy).from_slice(INPUT);
        let items: Vec<_> = reader.deserialize::<u8>().take(20).collect();
        let [Ok(1), Ok(3), Ok(6), Err(error)] = &items[..] else { panic!("{items:?}") };
        assert_eq!((error.kind(), error.position().offset), (Io, INPUT.len() as u64));
        assert!(error.to_string().contains("not flushed"), "{error}");
        assert!(reader.deserialize::<u8>().next().is_none() && reader.next_record().unwrap().is_none());
        assert_eq!((failing.log.lock().unwrap().flushes, sound.log.lock().unwrap().flushes), (1, 1));
    }
}

/// At the end all is written, though the policy and its buffers live on.
#[test]
fn buffered_targets_are_written_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, rows) = (folder.path().join("bad.jsonl"), folder.path().join("bad.errors.jsonl"));
    let create = |path: &PathBuf| BufWriter::new(File::create(path).unwrap());
    let policy = ErrorPolicy::quarantine(create(&lines), create(&rows));
    let mut builder = ReaderBuilder::new();
    builder.on_error(policy.clone());
    let mut reader = builder.from_slice(INPUT);
    for _ in 0..3 {
        reader.deserialize::<u8>().next().unwrap().unwrap();
        assert_eq!((fs::read(&lines).unwrap(), fs::read(&rows).unwrap()), Default::default());
    }
    assert!(reader.deserialize::<u8>().next().is_none());
    assert_eq!((fs::read(&lines).unwrap(), fs::read(&rows).unwrap()), whole());
    drop((policy, builder, reader));
    assert_eq!((fs::read(&lines).unwrap(), fs::read(&rows).unwrap()), whole());
}

/// Readers of one builder, and of a policy's clones, write to the same targets; a row belongs to the line of its number, whatever
/// the others write meanwhile.
#[test]
fn readers_in_threads_share_the_targets() {
    const LINES: usize = 400;
    let folder = tempfile::tempdir().unwrap();
    let inputs: Vec<(PathBuf, Vec<u8>)> = (0..4)
        .map(|i| {
            let path = folder.path().join(format!("{i}.jsonl"));
            let input: Vec<u8> = (0..LINES)
                .flat_map(|n| {
                    if n % 2 == 0 { format!("{n}\n") } else { format!("bad {i} {n}{}\n", "x".repeat(n % 90)) }
                        .into_bytes()
                })
                .collect();
            fs::write(&path, &input).unwrap();
            (path, input)
        })
        .collect();
    // written in pieces, so that others could come between
    let (lines, rows) = (Target { short: 5, ..Target::default() }, Target { short: 7, ..Target::default() });
    let policy = ErrorPolicy::quarantine(lines.clone(), rows.clone());
    let builder = ReaderBuilder::new().on_error(policy.clone()).clone();
    let start = std::sync::Barrier::new(inputs.len());
    thread::scope(|scope| {
        for (i, (path, _)) in inputs.iter().enumerate() {
            let (policy, builder, start) = (policy.clone(), &builder, &start);
            scope.spawn(move || {
                let mut of_its_own = ReaderBuilder::new();
                let builder = if i % 2 == 0 { builder } else { of_its_own.on_error(policy.max_errors(1 << 40)) };
                let mut reader = builder.from_path(path).unwrap();
                start.wait();
                assert_eq!(reader.deserialize::<u64>().map(Result::unwrap).count(), LINES / 2);
                assert_eq!(reader.report().errors, LINES as u64 / 2);
            });
        }
    });
    let (lines, rows) = (lines.log.lock().unwrap(), rows.log.lock().unwrap());
    let (rows, lines) = (rows_in(&rows.bytes), naive_lines(&lines.bytes));
    assert_eq!((rows.len(), lines.len()), (inputs.len() * LINES / 2, inputs.len() * LINES / 2));
    let mut of_file: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (row, line) in rows.into_iter().zip(lines) {
        let file = row.file.unwrap();
        let (_, input) = inputs.iter().find(|(path, _)| path.to_str().unwrap() == file).unwrap();
        assert_eq!(&input[row.byte as usize..][..row.length as usize], line.raw, "{file}, line {}", row.line);
        of_file.entry(file).or_default().push(row.line);
    }
    let all: Vec<u64> = (1..=LINES as u64).filter(|line| line % 2 == 0).collect();
    assert!(of_file.len() == inputs.len() && of_file.values().all(|lines| *lines == all));
}

/// A target that panics does not keep another reader from using the targets.
#[test]
fn a_target_that_panics_harms_one_reader() {
    struct Panics(Sink, bool);
    impl Write for Panics {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            if std::mem::take(&mut self.1) {
                panic!("as the test wants it");
            }
            self.0.write(buf)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (lines, rows) = (Sink::default(), Sink::default());
    let policy = ErrorPolicy::quarantine(Panics(lines.clone(), true), rows.clone());
    let builder = ReaderBuilder::new().on_error(policy).clone();
    let panicked = thread::scope(|scope| scope.spawn(|| builder.from_slice(b"?\n").deserialize::<u8>().count()).join());
    assert!(panicked.is_err());
    assert_eq!(builder.from_slice(b"??\n").deserialize::<u8>().count(), 0);
    assert_eq!((lines.bytes(), rows_in(&rows.bytes()).len()), (b"??\n".to_vec(), 1));
}

/// A target that is full fails at the write and at the flush that follows.
#[test]
fn a_full_target_is_one_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let policy = ErrorPolicy::quarantine(Full, io::sink());
    let mut reader = ReaderBuilder::new().on_error(policy).from_slice(b"1\n?\n3\n");
    let items: Vec<_> = reader.deserialize::<u8>().collect();
    assert!(matches!(&items[..], [Ok(1), Err(_)]), "{items:?}");
}
