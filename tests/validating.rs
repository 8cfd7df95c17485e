//! Validation: what is found is what is wrong, in every way in, and no more; checks of contents; in constant memory.

#![allow(unsafe_code)]

mod common;
#[path = "common/documents.rs"]
mod documents;
#[path = "common/oracle.rs"]
mod oracle;
#[path = "common/verdicts.rs"]
mod verdicts;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read};

use common::*;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use simd_jsonl::ErrorKind::*;
use simd_jsonl::{Error, ErrorPolicy, JsonlReader, Level, ReaderBuilder, Report, Validator, validate};
use verdicts::*;

/// A validator of a dialect.
fn validator(dialect: &Dialect) -> Validator<'static> {
    let mut validator = Validator::new();
    validator.strict(dialect.strict).max_depth(dialect.max_depth).max_record_len(dialect.max_record_len);
    validator
}

/// Validates over every transport at every level with the validators that `make` gives: all find the same; what the first one
/// found comes back.
fn everywhere<'c>(input: &[u8], mut make: impl FnMut() -> Validator<'c>) -> Report {
    let first = make().level(fallback()).validate_slice(input);
    let file = file_with(input);
    let path = format!("{}: ", file.path().display());
    let same = |report: Report, what: &str, level: Level| {
        assert_eq!(report.summary, first.summary, "{what} at {level}: {}", show(input));
        let found = report.errors.iter().map(|e| e.to_string().replace(&path, "")).collect::<Vec<_>>();
        assert_eq!(found, texts(&first.errors), "{what} at {level}: {}", show(input));
        report
    };
    for level in Level::available() {
        same(make().level(level).validate_slice(input), "slice", level);
        for chunks in [&[usize::MAX][..], &[1], &[7, 1, 64]] {
            let reader = Chunks::new(input, chunks);
            same(make().level(level).validate_reader(reader).unwrap(), "reader", level);
        }
        let report = same(make().level(level).validate_path(file.path()).unwrap(), "path", level);
        for error in &report.errors {
            assert_eq!(error.path(), Some(file.path()), "{error}");
            assert!(error.to_string().starts_with(&path), "{error}");
        }
    }
    first
}

/// Asserts that a report says of `input` what the model says.
fn assert_found<T: DeserializeOwned>(report: &Report, input: &[u8], dialect: &Dialect) {
    let lines = judge::<T>(input, dialect);
    let want: Vec<_> = lines.iter().filter_map(|line| line.bad()).map(|bad| bad.text(None)).collect();
    assert_eq!(texts(&report.errors), want, "{}", show(input));
    assert_eq!(report.summary, report_of(&lines), "{}", show(input));
    assert_eq!(report.is_valid(), want.is_empty());
}

#[test]
fn what_is_found_is_what_is_wrong() {
    let mut random = Random(6);
    for round in 0..120 {
        let input = any_lines(&mut random, 25);
        let dialect = Dialect { strict: round % 2 == 0, ..NARROW };
        let report = everywhere(&input, || validator(&dialect));
        assert_found::<IgnoredAny>(&report, &input, &dialect);
        // a check that has nothing to say changes nothing
        let checked = validator(&dialect).check(|_| Ok(())).validate_slice(&input);
        assert_found::<IgnoredAny>(&checked, &input, &dialect);
        let typed = validator(&dialect).check_type::<IgnoredAny>().validate_slice(&input);
        assert_found::<IgnoredAny>(&typed, &input, &dialect);
    }
}

#[test]
fn all_kinds_of_bad_lines() {
    for (bad, kind, column, _) in BAD {
        let input = [b"0\n", bad, b"\n\n1\n", bad].concat();
        for strict in [false, true] {
            let dialect = Dialect { strict, ..NARROW };
            let report = everywhere(&input, || validator(&dialect));
            assert_found::<IgnoredAny>(&report, &input, &dialect);
            // what is wrong with its type is a matter of the type
            let is_json = matches!(kind, InvalidType | InvalidValue | MissingField | DuplicateField);
            let found: Vec<_> = report.errors.iter().map(|e| (e.kind(), e.position().line, e.column())).collect();
            let mut want = if is_json { vec![] } else { vec![(kind, 2, column), (kind, 5, column)] };
            if strict {
                want.push((BlankLine, 3, 1));
                want.sort_by_key(|(_, line, _)| *line);
            }
            assert_eq!(found, want, "strict: {strict}, {}", show(bad));
            let typed = everywhere(&input, || {
                let mut typed = validator(&dialect);
                typed.check_type::<Item>();
                typed
            });
            assert_found::<Item>(&typed, &input, &dialect);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Documents whole and faulty, one on each line.
    #[test]
    fn documents_are_valid_as_serde_json_has_it(
        trees in proptest::collection::vec(documents::tree(), 0..6),
        seed in any::<u32>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let style = documents::Style::Wild(seed);
        let mut input: Vec<u8> = trees.iter().flat_map(|tree| (tree.text(style) + "\n").into_bytes()).collect();
        let dialect = Dialect { strict: seed % 2 == 0, max_record_len: 1 << 20, max_depth: 100 };
        let found = validator(&dialect).validate_slice(&input);
        assert_found::<IgnoredAny>(&found, &input, &dialect);
        input.truncate(cut.index(input.len() + 1));
        let found = everywhere(&input, || validator(&dialect));
        assert_found::<IgnoredAny>(&found, &input, &dialect);
    }
}

/// By default all is strict, and as deep and long as readers take it.
#[test]
fn the_defaults() {
    let deep = |n: usize| "[".repeat(n) + &"]".repeat(n) + "\n";
    let input = format!("\u{FEFF}1\n\n{}{}2", deep(128), deep(129));
    for report in [
        validate(input.as_bytes()).unwrap(),
        Validator::default().validate_slice(input.as_bytes()),
        Validator::new().validate_reader(input.as_bytes()).unwrap(),
    ] {
        let kinds: Vec<_> = report.errors.iter().map(|e| (e.kind(), e.position().line)).collect();
        assert_eq!(kinds, [(ByteOrderMark, 1), (BlankLine, 2), (DepthLimit, 4)]);
        assert_eq!((report.summary.records, report.summary.errors, report.summary.terminated), (2, 3, false));
    }
    assert!(Validator::new().strict(false).validate_slice("\u{FEFF}1\n\n".as_bytes()).is_valid());
    assert_eq!(Validator::new().strict(false).strict(true).validate_slice(b"\n").errors.len(), 1);
    let report = Validator::new().validate_slice(b"");
    assert!(report.is_valid() && report.errors.is_empty() && report.summary == Default::default());
    assert!(Report::default().is_valid());
}

#[test]
fn depth_and_length_have_limits_of_their_own() {
    let input = b"[[1]]\n[[[1]]]\n1234567\n12345678\n";
    let report = everywhere(input, || validator(&Dialect { strict: true, max_depth: 2, max_record_len: 7 }));
    let kinds: Vec<_> = report.errors.iter().map(|e| (e.kind(), e.position().line)).collect();
    assert_eq!(kinds, [(DepthLimit, 2), (RecordTooLong, 4)]);
    // the depth holds where nothing but a check looks at the record
    let seen = RefCell::new(Vec::new());
    let mut checked = validator(&Dialect { strict: true, max_depth: 2, max_record_len: 7 });
    checked.check(|record| {
        seen.borrow_mut().push(record.position().line);
        Ok(())
    });
    assert_eq!(texts(&checked.validate_slice(input).errors), texts(&report.errors));
    assert_eq!(*seen.borrow(), [1, 3]);
}

/// A check sees each valid record once, in order, and no other.
#[test]
fn a_check_sees_the_valid_records_only() {
    let mut random = Random(7);
    for round in 0..60 {
        let input = any_lines(&mut random, 25);
        let dialect = Dialect { strict: round % 2 == 0, ..NARROW };
        let lines = judge::<IgnoredAny>(&input, &dialect);
        let valid: Vec<_> =
            lines.iter().filter(|line| line.good().is_some()).map(|line| (line.line.number, line.bytes())).collect();
        let mut seen = Vec::new();
        validator(&dialect)
            .check(|record| {
                seen.push((record.position().line, record.as_bytes().to_vec()));
                Ok(())
            })
            .validate_reader(Chunks::new(&input, [50]))
            .unwrap();
        let trimmed: Vec<_> =
            valid.iter().map(|(n, line)| (*n, line.strip_suffix(b"\r").unwrap_or(line).to_vec())).collect();
        assert!(seen.len() == trimmed.len(), "{}", show(&input));
        for ((number, record), (line, bytes)) in seen.iter().zip(&trimmed) {
            let cr = lines[*line as usize - 1].line.terminated;
            assert!(number == line && (record == bytes || !cr), "{}", show(&input));
        }
    }
}

/// What a check does not look at is validated all the same, and then the check is not asked.
#[test]
fn what_a_check_does_not_look_at_is_validated() {
    let lines = [
        r#"{"id":1,"rest":[1,2]}"#,
        r#"{"id":2,"rest":[1,2,]}"#,
        r#"{"id":3} x"#,
        r#"{"id":4,"s":"\ud800"}"#,
        r#"{"id":5}"#,
    ];
    let mut seen = Vec::new();
    let report = Validator::new()
        .check(|record| {
            seen.push(record.get("id")?.unwrap().as_u64().unwrap());
            Ok(())
        })
        .validate_slice(lines.join("\n").as_bytes());
    let found: Vec<_> = report.errors.iter().map(|e| (e.kind(), e.position().line)).collect();
    assert_eq!(found, [(TrailingComma, 2), (TrailingCharacters, 3), (LoneSurrogate, 4)]);
    assert_eq!(seen, [1, 5]);
    assert_eq!((report.summary.records, report.summary.errors), (2, 3));
}

/// Errors of this crate keep their place; other errors, and texts, get that of the record.
#[test]
fn errors_of_a_check() {
    #[derive(Debug)]
    struct Own;
    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("in two\r\nlines\n")
        }
    }
    impl std::error::Error for Own {}

    let input =
        b"{\"n\":1}\n{\"n\":\"two\"}\r\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n  {\"m\":6}\r\n{\"n\":7,\"s\":8}\n{\"n\":[\n";
    let report = everywhere(input, || {
        let mut checked = Validator::new();
        checked.check(|record| {
            let Some(n) = record.get("n")? else { return Err("it has no n".into()) };
            match n.deserialize::<u64>()? {
                3 => Err(format!("{} is not allowed", 3).into()),
                4 => Err(Own.into()),
                5 => Err("".into()),
                7 => record.deserialize::<Item>().map(drop).map_err(|e| e.into()),
                _ => Ok(()),
            }
        });
        checked
    });
    let want = [
        "line 2, column 6 (byte 13), at .n: invalid type: string \"two\", expected u64, near `{\"n\":\"two\"}`",
        "line 3, column 1 (byte 21): 3 is not allowed, near `{\"n\":3}`",
        "line 4, column 1 (byte 29): in two  lines , near `{\"n\":4}`",
        "line 5, column 1 (byte 37): rejected by the type, near `{\"n\":5}`",
        "line 6, column 1 (byte 45): it has no n, near `  {\"m\":6}`",
        "line 7, column 12 (byte 67), at .s: invalid type: integer `8`, expected a string, near `{\"n\":7,\"s\":8}`",
        "line 8, column 7 (byte 76): expected a value or ']', found the end of the record, near `{\"n\":[`",
    ];
    assert_eq!(texts(&report.errors), want);
    let summary = &report.summary;
    assert_eq!((summary.records, summary.errors, summary.blank_lines, summary.bytes), (1, 7, 0, input.len() as u64));
    assert_eq!(summary.errors_by_kind, [(InvalidType, 2), (Custom, 4), (UnexpectedEnd, 1)].into());
    assert_eq!(summary.longest_record, 13);
}

/// An error that comes from elsewhere, such as from JSON in a string, says where: in the words of the record's own.
#[test]
fn an_error_of_another_reader_is_told_at_the_record() {
    let inner = b"[1]\n[2,]\n";
    let report = Validator::new()
        .check(|_| {
            for item in ReaderBuilder::new().from_slice(inner).into_deserialize::<[u8; 1]>() {
                item?;
            }
            Ok(())
        })
        .validate_slice(b"\"outer\"\n");
    assert_eq!(
        texts(&report.errors),
        [
            "line 1, column 1 (byte 0): line 2, column 4 (byte 7): trailing comma: expected one more element, found ']', \
          near `[2,]`, near `\"outer\"`"
        ]
    );
}

/// Of another source than the one that is validated, a failure is the record's.
#[test]
fn a_check_whose_own_source_fails_rejects_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none.jsonl");
    let report = everywhere(b"1\n[2]\n{}\n", || {
        let mut checked = Validator::new();
        let none = none.clone();
        checked.check(move |record| match record.as_bytes() {
            b"1" => Ok(JsonlReader::from_path(&none).map(drop)?),
            b"[2]" => {
                let mut builder = ReaderBuilder::new();
                let mut reader = builder.on_error(ErrorPolicy::skip().max_errors(0)).from_slice(b"\n?\n");
                Ok(reader.deserialize::<u8>().next().transpose().map(drop)?)
            }
            _ => Ok(()),
        });
        checked
    });
    let found: Vec<_> = report.errors.iter().map(|e| (e.kind(), e.position().line, e.column())).collect();
    assert_eq!(found, [(Custom, 1, 1), (Custom, 2, 1)]);
    assert!(report.errors[0].to_string().contains("none.jsonl: cannot open: "), "{}", report.errors[0]);
    assert!(report.errors[1].to_string().contains("too many errors: 1 of 1 "), "{}", report.errors[1]);
    assert_eq!((report.summary.records, report.summary.errors), (1, 2));
}

/// Checks remember: what is there twice, for one.
#[test]
fn a_check_keeps_state() {
    let input = b"{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"a\"}\n?\n{\"id\":\"b\"}\n";
    let (mut ids, mut errors, mut seen) = (HashSet::new(), 0, BTreeSet::new());
    let mut unique = Validator::new();
    unique
        .check(|record| {
            let id: String = record.get("id")?.ok_or("no id")?.deserialize()?;
            match ids.insert(id) {
                true => Ok(()),
                false => Err("this id was there before".into()),
            }
        })
        .on_error(|error| {
            errors += 1;
            seen.insert(error.position().line);
        });
    let first = unique.validate_slice(input);
    let again = unique.validate_slice(&input[..11]);
    drop(unique);
    assert_eq!(first.errors.iter().map(|e| e.position().line).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!((again.summary.errors, again.summary.records), (1, 0));
    assert_eq!((ids.len(), errors, seen), (2, 4, [1, 3, 4, 5].into()));
}

/// The errors are those that reading gives, and one check replaces the other.
#[test]
fn check_type_is_reading() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Event {
        #[allow(dead_code)]
        at: u32,
        #[allow(dead_code)]
        kind: Kind,
    }
    #[derive(Deserialize)]
    enum Kind {
        A,
        B,
    }
    let lines = [
        r#"{"at":1,"kind":"A"}"#,
        r#"{"at":-1,"kind":"B"}"#,
        r#"{"at":1,"kind":"C"}"#,
        "[1]",
        r#"{"at":1,"kind":"B","x":0}"#,
        "",
        r#"{"at":1,"kind":"A""#,
    ];
    let input = lines.join("\n").into_bytes();
    let input = &input[..];
    let mut builder = ReaderBuilder::new();
    let read: Vec<_> =
        builder.strict(true).from_slice(input).into_deserialize::<Event>().filter_map(Result::err).collect();
    assert_eq!(read.len(), 6);
    let report = everywhere(input, || {
        let mut typed = Validator::new();
        typed.check_type::<Event>();
        typed
    });
    assert_eq!(texts(&report.errors), texts(&read));
    let calls = Cell::new(0);
    let count = |_: &simd_jsonl::Record<'_>| {
        calls.set(calls.get() + 1);
        Ok(())
    };
    assert_eq!(Validator::new().check(count).check_type::<u8>().validate_slice(b"1\n\"2\"\n").summary.errors, 1);
    assert_eq!(calls.get(), 0);
    assert_eq!(Validator::new().check_type::<u8>().check(count).validate_slice(b"1\n\"2\"\n").summary.errors, 0);
    assert_eq!(calls.get(), 2);
}

#[test]
fn all_errors_are_seen_and_counted_however_few_are_kept() {
    let input: Vec<u8> = BAD.into_iter().flat_map(|(line, ..)| [line, b"\n1\n"].concat()).collect();
    let all = validator(&NARROW).check_type::<u8>().validate_slice(&input);
    assert_eq!(all.summary.errors, BAD.len() as u64);
    for n in [0, 1, 7, BAD.len() - 1, BAD.len(), BAD.len() + 1, usize::MAX] {
        let mut seen = Vec::new();
        let report = validator(&NARROW)
            .check_type::<u8>()
            .keep_errors(n)
            .on_error(|error| seen.push(error.to_string()))
            .validate_slice(&input);
        assert_eq!(texts(&report.errors), texts(&all.errors[..n.min(BAD.len())]));
        assert_eq!(report.summary, all.summary);
        assert!(!report.is_valid());
        assert_eq!(seen, texts(&all.errors));
    }
    let many = Validator::new().validate_slice(&b"?\n".repeat(100_001));
    assert_eq!((many.errors.len(), many.summary.errors), (100_000, 100_001), "the default");
}

/// An error is shown before the next record is looked at.
#[test]
fn errors_are_shown_as_they_are_found() {
    let events = RefCell::new(Vec::new());
    Validator::new()
        .check(|record| {
            events.borrow_mut().push(record.position().line);
            if record.as_bytes() == b"0" { Err("a zero".into()) } else { Ok(()) }
        })
        .on_error(|error| events.borrow_mut().push(100 * error.position().line))
        .validate_slice(b"1\n?\n0\n0\n5");
    assert_eq!(*events.borrow(), [1, 200, 3, 300, 4, 400, 5]);
}

#[test]
fn a_failing_source_is_an_error() {
    let input = b"1\n?\n3\n";
    for at in 0..=input.len() {
        for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::WouldBlock] {
            for checked in [false, true] {
                let mut lines = Vec::new();
                let source =
                    Script::new([Step::Give(input[..at].to_vec()), Step::Fail(kind), Step::Give(input[at..].to_vec())]);
                let mut validator = Validator::new();
                validator.on_error(|error| lines.push(error.position().line));
                if checked {
                    validator.check(|_| Ok(()));
                }
                let error = validator.validate_reader(source).unwrap_err();
                drop(validator);
                assert_eq!((error.kind(), io::Error::from(error).kind()), (Io, kind), "at {at}");
                assert_eq!(lines, [2][..usize::from(at >= 4)], "at {at}");
            }
        }
    }
    let interrupted = Script::new([Step::Fail(io::ErrorKind::Interrupted), Step::Give(b"1\n".to_vec())]);
    assert_eq!(validate(interrupted).unwrap().summary.records, 1);

    let folder = tempfile::tempdir().unwrap();
    let error = Validator::new().validate_path(folder.path().join("none.jsonl")).unwrap_err();
    assert!(error.is_io() && error.path() == Some(&folder.path().join("none.jsonl")), "{error}");
}

/// The first line says what an input is that is no JSON Lines at all.
#[test]
fn other_formats_are_named() {
    let cases: [(&[u8], _); 5] = [
        (b"[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n", NotJsonLines),
        (b"{\n  \"a\": 1\n}\n", NotJsonLines),
        (b"\x1F\x8B\x08\x00\x00\n", Compressed),
        (b"\xFF\xFE1\x00\n\x00", Encoding),
        (b"\xEF\xBB\xBF1\n", ByteOrderMark),
    ];
    for (input, kind) in cases {
        let report = everywhere(input, Validator::new);
        assert_eq!((report.errors[0].kind(), report.errors[0].position().line), (kind, 1), "{}", show(input));
    }
}

/// What `validate` and a validator look like from outside.
#[test]
fn a_validator_shows_itself_and_can_be_used_again() {
    let mut validator = Validator::new();
    validator.max_depth(1).check(|_| Err("no".into())).on_error(|_: &Error| {}).keep_errors(1);
    assert!(format!("{validator:?}").starts_with("Validator"));
    for _ in 0..2 {
        let report = validator.validate_slice(b"1\n2\n[[]]\n");
        assert_eq!((report.errors.len(), report.summary.errors, report.summary.records), (1, 3, 0));
        let report = validator.validate_reader(&b"1\n2\n"[..]).unwrap();
        assert_eq!((report.errors.len(), report.summary.errors), (1, 2));
    }
}

/// Counts what the thread has allocated.
struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(more: usize, less: usize) {
    NOW.set(NOW.get() + more as isize);
    PEAK.set(PEAK.get().max(NOW.get()));
    NOW.set(NOW.get() - less as isize);
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Lines over and over.
struct Repeat<'a> {
    lines: &'a [u8],
    at: usize,
    left: usize,
}

impl Read for Repeat<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let n = (&self.lines[self.at..]).read(buf)?;
        self.at += n;
        if self.at == self.lines.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(n)
    }
}

/// Lines that are bad in every way, long and short.
fn bad_lines() -> Vec<u8> {
    let long = "x".repeat(40_000);
    let mut lines: Vec<u8> = BAD.into_iter().flat_map(|(line, ..)| [line, b"\n\n1\n"].concat()).collect();
    for line in [format!("?{long}"), format!("\"{long}"), format!("[\"{long}\\u\"]"), format!("{long}{long}")] {
        lines.extend((line + "\n").repeat(2).into_bytes());
    }
    lines
}

/// What `run` allocates at its peak, beyond what was there before.
fn peak_of(run: impl FnOnce()) -> isize {
    let before = NOW.get();
    PEAK.set(before);
    run();
    PEAK.get() - before
}

/// The buffer, twice the longest record, the index of what is in it, and some errors.
const BOUND: isize = 1 << 20;

/// However many lines are bad, no more is kept than was asked for.
#[test]
fn bad_lines_without_end_need_no_memory() {
    let lines = bad_lines();
    for (megabytes, checked) in [(64, false), (8, true)] {
        let left = (megabytes << 20) / lines.len() + 1;
        let mut seen = 0;
        let peak = peak_of(|| {
            let mut validator = Validator::new();
            validator.max_record_len(50_000).keep_errors(10).on_error(|_| seen += 1);
            if checked {
                validator.check(|record| record.deserialize::<u8>().map(drop).map_err(|e| e.into()));
            }
            let report = validator.validate_reader(Repeat { lines: &lines, at: 0, left }).unwrap();
            drop(validator);
            assert_eq!((report.errors.len(), report.summary.errors), (10, seen));
            assert_eq!(report.summary.bytes, (left * lines.len()) as u64);
        });
        assert!(seen > 30 * left as u64, "{seen}");
        assert!(peak < BOUND, "{peak} bytes, checked: {checked}");
    }
}

/// Nor does a reader keep more by any policy.
#[test]
fn policies_need_no_memory() {
    let lines = bad_lines();
    let left = (8 << 20) / lines.len() + 1;
    for policy in [
        ErrorPolicy::fail(),
        ErrorPolicy::skip().max_error_ratio(1.0),
        ErrorPolicy::collect(10),
        ErrorPolicy::quarantine(io::sink(), io::sink()),
    ] {
        let what = format!("{policy:?}");
        let peak = peak_of(|| {
            let mut builder = ReaderBuilder::new();
            let mut reader =
                builder.max_record_len(50_000).on_error(policy).from_reader(Repeat { lines: &lines, at: 0, left });
            let good = reader.deserialize::<u8>().filter(|item| item.is_ok()).count();
            assert_eq!(good, left * BAD.len());
        });
        assert!(peak < BOUND, "{peak} bytes: {what}");
    }
}
