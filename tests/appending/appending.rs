//! Appending: where records go, what is refused, and who may call.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use simd_jsonl::{
    AppenderBuilder, Durability, Error, ErrorKind, JsonlAppender, JsonlReader, JsonlWriter, Level, Position,
    WriterBuilder,
};

use crate::appended::*;

// --- where records go

/// What the file has before, and what opening makes of it.
const STARTS: &[(Option<&[u8]>, &[u8])] = &[
    (None, b""),
    (Some(b""), b""),
    (Some(b"1\n"), b"1\n"),
    (Some(b"1\n2\n[3]\n"), b"1\n2\n[3]\n"),
    (Some(b"\n\n \t\n{}\n\n"), b"\n\n \t\n{}\n\n"),
    (Some(b"1\r\n\r\n2\r\n"), b"1\r\n\r\n2\r\n"),
    (Some(b"\"\xE2\x80\xA8\r\"\n"), b"\"\xE2\x80\xA8\r\"\n"),
    (Some(b"\xEF\xBB\xBF1\n"), b"\xEF\xBB\xBF1\n"),
    (Some(b"oops\n\0\n\xFF\n"), b"oops\n\0\n\xFF\n"),
    (Some(b"1\n[2]"), b"1\n[2]\n"),
    (Some(b"1\n{\"a\":2}\r"), b"1\n{\"a\":2}\r\n"),
    (Some(b"1\n23"), b"1\n"),
    (Some(b"[1"), b""),
];

#[test]
fn a_record_is_where_its_position_says() {
    let folder = folder();
    for (number, (before, opened)) in STARTS.iter().enumerate() {
        for shared in [false, true] {
            let path = folder.path().join(format!("{number}-{shared}.jsonl"));
            before.iter().for_each(|before| fs::write(&path, before).unwrap());
            let appender = JsonlAppender::builder().shared(shared).open(&path).unwrap();
            let mut want = opened.to_vec();
            assert_eq!(appender.position(), end_of(&want), "start {number}");
            assert_eq!(fs::read(&path).unwrap(), want, "start {number}");
            for record in [json!({"a": "\n\r\u{2028}"}), json!(7), json!([]), json!("é"), json!(null)] {
                let position = appender.append(&record).unwrap();
                assert_eq!(position, end_of(&want), "start {number}: {record}");
                want.extend(format!("{record}\n").into_bytes());
                assert_eq!(appender.position(), end_of(&want), "start {number}: {record}");
                // there is no buffer: the record is in the file when `append` returns
                assert_eq!(fs::read(&path).unwrap(), want, "start {number}: {record}");
                assert_eq!(record_at::<Value>(&path, position), record, "start {number}");
            }
        }
    }
}

#[test]
fn lines_that_are_not_counted_begin_at_1() {
    let folder = folder();
    for (number, (before, opened)) in STARTS.iter().enumerate() {
        let path = folder.path().join(format!("{number}.jsonl"));
        before.iter().for_each(|before| fs::write(&path, before).unwrap());
        let appender = JsonlAppender::builder().count_lines(false).open(&path).unwrap();
        let offset = opened.len() as u64;
        assert_eq!(appender.position(), Position { offset, line: 1 }, "start {number}");
        assert_eq!(appender.append(&1).unwrap(), Position { offset, line: 1 }, "start {number}");
        assert_eq!(appender.append(&22).unwrap(), Position { offset: offset + 2, line: 2 }, "start {number}");
        assert_eq!(appender.position(), Position { offset: offset + 5, line: 3 }, "start {number}");
    }
}

#[test]
fn the_lines_of_a_long_file_are_counted() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let mut text = Vec::new();
    for n in 0..40_000u32 {
        text.extend(format!("{}{n}\n", " ".repeat(n as usize % 50)).into_bytes());
    }
    fs::write(&path, &text).unwrap();
    let appender = JsonlAppender::open(&path).unwrap();
    assert_eq!(appender.append("x").unwrap(), end_of(&text));
    assert_eq!(end_of(&text).line, 40_001);
}

/// A file of more than 4 GiB, all of it one hole but for its end.
#[test]
#[cfg(unix)]
fn offsets_have_64_bits() {
    use std::os::unix::fs::FileExt;
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let size = 5 << 30;
    fs::File::create(&path).unwrap().write_all_at(b"\n[1]\n", size).unwrap();
    let appender = JsonlAppender::builder().count_lines(false).open(&path).unwrap();
    let position = appender.append(&[2]).unwrap();
    assert_eq!(position, Position { offset: size + 5, line: 1 });
    assert_eq!(record_at::<Value>(&path, position), json!([2]));
    appender.close().unwrap();
    // a tail out there
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"[3").unwrap();
    let appender = JsonlAppender::builder().count_lines(false).open(&path).unwrap();
    let repaired = appender.repaired().unwrap();
    assert_eq!((repaired.kept, repaired.cut), (size + 9, 2));
    assert_eq!(repaired.saved_to.as_deref(), Some(&*beside(&path, &format!(".torn-{}", size + 9))));
}

#[test]
fn the_three_ways_to_append_agree() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appender = JsonlAppender::open(&path).unwrap();
    let mut want = Vec::new();
    for round in 0..3 {
        assert_eq!(appender.append(&json!({"round": round})).unwrap(), end_of(&want));
        want.extend(format!("{{\"round\":{round}}}\n").into_bytes());
        assert_eq!(appender.append_raw(b"{\"raw\": true}").unwrap(), end_of(&want));
        want.extend(b"{\"raw\": true}\n");
        assert_eq!(appender.append_batch((0..5).map(|n| [round, n])).unwrap(), end_of(&want));
        want.extend((0..5).flat_map(|n| format!("[{round},{n}]\n").into_bytes()));
        assert_eq!(appender.append_batch(["by value"]).unwrap(), end_of(&want));
        want.extend(b"\"by value\"\n");
        assert_eq!(appender.append("unsized").unwrap(), end_of(&want));
        want.extend(b"\"unsized\"\n");
    }
    assert_eq!(fs::read(&path).unwrap(), want);
}

#[test]
fn an_empty_batch_writes_nothing() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    for durability in durabilities() {
        let appender = JsonlAppender::builder().durability(durability).open(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert_eq!(appender.append_batch([0u8; 0]).unwrap(), end_of(&before));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(appender.append(&1).unwrap(), end_of(&before));
    }
}

#[test]
fn long_records_and_long_batches_are_written_whole() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appender = JsonlAppender::open(&path).unwrap();
    let long = "long ".repeat(1_000_000);
    let first = appender.append(&long).unwrap();
    let second = appender.append_batch((0..2_000).map(|n| Tagged::sized(0, n, 500))).unwrap();
    let third = appender.append_raw(format!("[{}1]", "1,".repeat(500_000)).as_bytes()).unwrap();
    assert_eq!(record_at::<String>(&path, first), long);
    assert_eq!(record_at::<Tagged>(&path, second), Tagged::sized(0, 0, 500));
    assert_eq!(record_at::<Vec<u8>>(&path, third).len(), 500_001);
    assert_eq!((first.line, second.line, third.line), (1, 2, 2_002));
}

#[test]
fn what_opening_repaired_is_told() {
    let folder = folder();
    for (number, (before, opened)) in STARTS.iter().enumerate() {
        let path = folder.path().join(format!("{number}.jsonl"));
        before.iter().for_each(|before| fs::write(&path, before).unwrap());
        let before = before.unwrap_or_default();
        let appender = JsonlAppender::open(&path).unwrap();
        let Some(repaired) = appender.repaired().cloned() else {
            assert_eq!(before, *opened, "start {number}");
            continue;
        };
        assert_ne!(before, *opened, "start {number}");
        assert_eq!(repaired.completed, opened.len() > before.len(), "start {number}");
        assert_eq!(repaired.saved_to.is_some(), !repaired.completed, "start {number}");
        assert_eq!(repaired.kept + repaired.cut, before.len() as u64, "start {number}");
        // it stays what it was
        appender.append(&1).unwrap();
        assert_eq!(appender.repaired(), Some(&repaired), "start {number}");
        drop(appender);
        assert_eq!(JsonlAppender::open(&path).unwrap().repaired(), None, "start {number}");
    }
}

// --- what is refused

/// A record that ends badly after this many elements.
struct Bad {
    elements: usize,
    panics: bool,
}

impl Serialize for Bad {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        (0..self.elements).try_for_each(|n| seq.serialize_element(&n))?;
        match self.panics {
            true => panic!("on purpose"),
            false => Err(serde::ser::Error::custom("on purpose")),
        }
    }
}

/// Asserts that `refused` wrote nothing, and that the appender goes on.
#[track_caller]
fn assert_unharmed<T>(appender: &JsonlAppender, refused: impl FnOnce(&JsonlAppender) -> T) -> T {
    let before = fs::read(appender.path()).unwrap();
    let position = appender.position();
    assert_eq!(position, end_of(&before));
    let result = refused(appender);
    assert_eq!(fs::read(appender.path()).unwrap(), before);
    assert_eq!(appender.position(), position);
    assert_eq!(appender.append("next").unwrap(), position);
    assert_eq!(fs::read(appender.path()).unwrap(), [&before[..], b"\"next\"\n"].concat());
    result
}

#[test]
fn case_33_a_record_that_fails_writes_nothing() {
    type Attempt = (ErrorKind, fn(&JsonlAppender) -> simd_jsonl::Result<Position>);
    let attempts: [Attempt; 11] = [
        (ErrorKind::Custom, |a| a.append(&Bad { elements: 0, panics: false })),
        (ErrorKind::Custom, |a| a.append(&Bad { elements: 50_000, panics: false })),
        (ErrorKind::Custom, |a| a.append_batch([Bad { elements: 9, panics: false }])),
        (ErrorKind::Custom, |a| {
            let last = Bad { elements: 9, panics: false };
            a.append_batch((0..5).map(Ok).chain([Err(last)]).map(Either))
        }),
        (ErrorKind::InvalidKey, |a| a.append(&BTreeMap::from([([1], 2)]))),
        (ErrorKind::InvalidKey, |a| a.append_batch([BTreeMap::from([(vec![1], 2)])])),
        (ErrorKind::NonFiniteFloat, |a| a.append(&[1.0, f64::NAN])),
        (ErrorKind::NonFiniteFloat, |a| a.append_batch([1.0, f64::INFINITY])),
        (ErrorKind::LineBreak, |a| a.append(&RawValue::from_string("[1,\n2]".into()).unwrap())),
        (ErrorKind::UnexpectedEnd, |a| a.append_raw(b"[1,2")),
        (ErrorKind::LineBreak, |a| a.append_raw(b"[1,\n2]")),
    ];
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    for shared in [false, true] {
        for durability in durabilities() {
            let mut builder = JsonlAppender::builder();
            let appender = builder.shared(shared).durability(durability).reject_non_finite(true).open(&path).unwrap();
            for (kind, attempt) in attempts {
                let next = appender.position();
                let error = assert_unharmed(&appender, attempt).unwrap_err();
                assert_eq!(error.kind(), kind, "{error}");
                assert_eq!(error.path(), Some(&*path), "{error}");
                assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
                assert!(error.position().offset >= next.offset, "{error}: {next:?}");
                assert!(error.position().line >= next.line, "{error}: {next:?}");
            }
        }
    }
}

/// The place is where the value would have been, as for `JsonlWriter`: behind the records of the same batch.
#[test]
fn an_error_has_the_place_that_the_value_would_have() {
    let folder = folder();
    let appender = JsonlAppender::builder().open(folder.path().join("a.jsonl")).unwrap();
    let mut writer = JsonlWriter::new(Vec::new());
    let place = |e: Error| (e.position(), e.column(), e.snippet().to_string());
    for round in 0..3 {
        let bad = || Bad { elements: round * 3, panics: false };
        let alone = (appender.append(&bad()), writer.write(&bad()));
        assert_eq!(place(alone.0.unwrap_err()), place(alone.1.unwrap_err()), "round {round}");
        let raw = (appender.append_raw(b"[1,]"), writer.write_raw(b"[1,]"));
        assert_eq!(place(raw.0.unwrap_err()), place(raw.1.unwrap_err()), "round {round}");
        appender.append(&round).unwrap();
        writer.write(&round).unwrap();
        let batch = || [1, 22].map(Ok).into_iter().chain([Err(bad())]).map(Either);
        // the writer keeps the records before the bad one
        let mut behind = writer.position();
        behind.offset += 5;
        behind.line += 2;
        let error = appender.append_batch(batch()).unwrap_err();
        let offset = error.column() - 1;
        assert_eq!(error.position(), Position { offset: behind.offset + offset, line: behind.line }, "round {round}");
    }
}

/// A number or a record that fails.
struct Either(Result<u32, Bad>);

impl Serialize for Either {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(number) => number.serialize(serializer),
            Err(bad) => bad.serialize(serializer),
        }
    }
}

#[test]
fn case_33_a_record_that_panics_writes_nothing() {
    type Attempt = fn(&JsonlAppender) -> simd_jsonl::Result<Position>;
    let attempts: [Attempt; 4] = [
        |a| a.append(&Bad { elements: 0, panics: true }),
        |a| a.append(&Bad { elements: 50_000, panics: true }),
        |a| a.append_batch([1, 2].map(Ok).into_iter().chain([Err(Bad { elements: 9, panics: true })]).map(Either)),
        |a| a.append_batch((0..9).inspect(|n| assert!(*n < 5, "on purpose"))),
    ];
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    for shared in [false, true] {
        for durability in durabilities() {
            let appender = JsonlAppender::builder().shared(shared).durability(durability).open(&path).unwrap();
            for attempt in attempts {
                let result = assert_unharmed(&appender, |a| catch_unwind(AssertUnwindSafe(|| attempt(a))));
                assert!(result.is_err());
                // the same on another thread, while this one waits
                let result = assert_unharmed(&appender, |a| {
                    std::thread::scope(|scope| scope.spawn(|| attempt(a).map(drop)).join())
                });
                assert!(result.is_err());
            }
            appender.close().unwrap();
        }
    }
    let records = strict_records::<String>(&path);
    assert!(records.iter().all(|record| record == "next"), "{records:?}");
}

/// Raw records are judged as by `JsonlWriter::write_raw`, and leave the same bytes.
fn assert_raw_like_the_writer(appender: &JsonlAppender, text: &[u8]) -> bool {
    let before = fs::read(appender.path()).unwrap();
    let mut writer = JsonlWriter::new(Vec::new());
    let want = writer.write_raw(text).map_err(|e| (e.kind(), e.column(), e.snippet().to_string()));
    let got = appender.append_raw(text);
    let position = got.as_ref().ok().copied();
    assert_eq!(got.map(drop).map_err(|e| (e.kind(), e.column(), e.snippet().to_string())), want, "{text:?}");
    assert!(position.is_none_or(|p| p == end_of(&before)), "{text:?}");
    let written = writer.into_inner().unwrap();
    assert_eq!(fs::read(appender.path()).unwrap(), [before, written].concat(), "{text:?}");
    want.is_ok()
}

#[test]
fn a_raw_record_must_be_exactly_one() {
    let folder = quick_folder();
    let appender = JsonlAppender::open(folder.path().join("a.jsonl")).unwrap();
    let deep = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
    let (deep_enough, too_deep) = (deep(128), deep(129));
    let taken: &[&[u8]] = &[
        b"1",
        b"1\n",
        b"1\r\n",
        b" {\"a\" : 1}\t",
        b"\"\\u0000\\n\"",
        b"[1,{\"a\":[]}]\r\n",
        b"\"\xE2\x80\xA8\"",
        b"true",
        &deep_enough,
    ];
    let refused: &[&[u8]] = &[
        b"",
        b"\n",
        b"\r\n",
        b" ",
        b"1\n\n",
        b"1\n2",
        b"1\n2\n",
        b"[1,\n2]",
        b"\n1",
        b"1 2",
        b"{",
        b"{\"a\":1",
        b"[1,]",
        b"\"open",
        b"'1'",
        b"NaN",
        b"01",
        b"\xEF\xBB\xBF1",
        b"\xFF",
        b"\"\xFF\"",
        b"\"\xED\xA0\x80\"",
        b"\"\\ud800\"",
        b"1\0",
        b"\0",
        b"\"\t\"",
        b"\xFF\xFE1\0",
        b"\x1F\x8B\x08\0",
        &too_deep,
    ];
    for text in taken {
        assert!(assert_raw_like_the_writer(&appender, text), "{}", text.escape_ascii());
    }
    for text in refused {
        assert!(!assert_raw_like_the_writer(&appender, text), "{}", text.escape_ascii());
    }
    assert_eq!(strict_records::<Value>(appender.path()).len(), taken.len());
}

proptest! {
    #[test]
    fn raw_records_are_judged_as_by_the_writer(
        texts in prop::collection::vec(prop::collection::vec(prop::sample::select(&b"{}[],:\"\\a1- \n\r\t\xC3\xA9\0"[..]), 0..12), 1..20),
    ) {
        let folder = quick_folder();
        let appender = JsonlAppender::open(folder.path().join("a.jsonl")).unwrap();
        for text in texts {
            assert_raw_like_the_writer(&appender, &text);
        }
    }
}

// --- options

#[test]
fn records_are_written_as_by_the_writer() {
    #[derive(Serialize)]
    struct Sample<'a> {
        text: &'a str,
        floats: [f64; 3],
        integer: i128,
        nested: Option<Box<Sample<'a>>>,
    }
    let text = format!("é😀\"\\\n\u{0}\u{7f}{}", "plain, then é ".repeat(30));
    let inner = Sample { text: "", floats: [0.1, -0.0, 1e300], integer: i128::MIN, nested: None };
    let sample =
        Sample { text: &text, floats: [1.5, f64::NAN, f64::INFINITY], integer: -1, nested: Some(Box::new(inner)) };
    let folder = folder();
    for ascii_only in [false, true] {
        for level in Level::available() {
            let mut writer = WriterBuilder::new().ascii_only(ascii_only).level(level).from_writer(Vec::new());
            let path = folder.path().join(format!("{ascii_only}-{level}.jsonl"));
            let appender = AppenderBuilder::new().ascii_only(ascii_only).level(level).open(&path).unwrap();
            for _ in 0..3 {
                writer.write(&sample).unwrap();
                appender.append(&sample).unwrap();
                writer.write_all([&sample, &sample]).unwrap();
                appender.append_batch([&sample, &sample]).unwrap();
            }
            let written = fs::read(&path).unwrap();
            assert_eq!(written, writer.into_inner().unwrap(), "{ascii_only}, {level}");
            assert_eq!(written.is_ascii(), ascii_only);
        }
    }
}

#[test]
fn a_builder_opens_many() {
    let folder = folder();
    let mut builder = AppenderBuilder::new();
    builder.ascii_only(true).reject_non_finite(true).durability(Durability::EachRecord);
    let copy = builder.clone();
    builder.reject_non_finite(false);
    assert!(!format!("{builder:?}").is_empty());
    let one = builder.open(folder.path().join("1.jsonl")).unwrap();
    let two = copy.open(folder.path().join("2.jsonl")).unwrap();
    let three = AppenderBuilder::default().open(folder.path().join("3.jsonl")).unwrap();
    one.append(&("é", f64::NAN)).unwrap();
    assert_eq!(two.append(&("é", f64::NAN)).unwrap_err().kind(), ErrorKind::NonFiniteFloat);
    three.append(&("é", f64::NAN)).unwrap();
    assert_eq!(fs::read_to_string(one.path()).unwrap(), "[\"\\u00e9\",null]\n");
    assert_eq!(fs::read_to_string(three.path()).unwrap(), "[\"é\",null]\n");
}

#[test]
fn what_it_is_can_be_seen() {
    fn assert_shareable<T: Send + Sync + 'static>() {}
    assert_shareable::<JsonlAppender>();
    assert_shareable::<AppenderBuilder>();
    assert_eq!(Durability::default(), Durability::Os);
    let folder = folder();
    let path = folder.path().join("some-name.jsonl");
    for shared in [false, true] {
        let appender = JsonlAppender::builder().shared(shared).open(&path).unwrap();
        assert_eq!(appender.path(), path);
        let text = format!("{appender:?}");
        assert!(text.starts_with("JsonlAppender") && text.contains("some-name.jsonl"), "{text}");
    }
}

// --- what is in the file

/// What a reader sees while the file grows: whole records, each once.
#[test]
fn case_7_a_reader_may_read_along() {
    #[derive(Debug, Deserialize)]
    struct Only {
        number: u32,
    }
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appender = JsonlAppender::open(&path).unwrap();
    let mut position = Position::default();
    for number in 0..100 {
        let at = appender.append(&Tagged::new(0, number)).unwrap();
        let mut reader = JsonlReader::from_path(&path).unwrap();
        reader.seek(position).unwrap();
        let records: Vec<Only> = reader.deserialize().collect::<Result<_, _>>().unwrap();
        assert_eq!(records.iter().map(|r| r.number).collect::<Vec<_>>(), [number]);
        assert_eq!(position, at);
        position = reader.position();
    }
}

/// What was left by another program is an unfinished line of its own, and stays so.
#[test]
fn what_stands_before_is_never_changed() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let damaged = b"{\"a\":\n\0\0\0\n]\n\xFF\xFE\n\"\n \n";
    fs::File::create(&path).unwrap().write_all(damaged).unwrap();
    let appender = JsonlAppender::open(&path).unwrap();
    assert_eq!(appender.repaired(), None);
    appender.append(&1).unwrap();
    assert_eq!(fs::read(&path).unwrap(), [&damaged[..], b"1\n"].concat());
    assert_eq!(names(&folder), ["a.jsonl"]);
}
