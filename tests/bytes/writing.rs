//! The writer: what reaches its target, in which pieces, and what becomes of the records when a value or the target fails.
//! What values are written as is in `serializing.rs`, `escaping.rs` and `writing_raw.rs`; more of targets that
//! fail in `failing_targets.rs`.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs::{self, File};
use std::io;

use crate::midway::{Deep, End, midway};
use crate::target::{Step, Target, behind, caught, line};
use serde_json::{Value, json};
use simd_jsonl::{Error, ErrorKind, IntoInnerError, JsonlWriter, Position, WriterBuilder};

/// Records of several sizes, one of them longer than the default buffer.
fn many_records() -> Vec<Value> {
    let mut all: Vec<Value> = (0..300).map(|n| json!({"n": n, "text": "x".repeat(n * 7 % 100)})).collect();
    all.insert(200, json!("long \" ".repeat(20_000)));
    all
}

#[test]
fn records_are_gathered_and_written_whole() {
    let records = many_records();
    let want: String = records.iter().map(line).collect();
    let sizes = [0, 1, 2, 7, 64, 1000, 30_000, 64 << 10, 1 << 20].map(Some);
    for size in sizes.into_iter().chain([None]) {
        let target = Target::default();
        let mut builder = WriterBuilder::new();
        size.map(|size| builder.buffer_size(size));
        let mut writer = builder.from_writer(target.clone());
        let mut lines = String::new();
        for record in &records {
            writer.write(record).expect("a record");
            lines += &line(record);
            assert_eq!(writer.position(), behind(&lines), "{size:?}");
        }
        assert_eq!(target.calls().1, 0, "nothing is flushed unless that is asked for: {size:?}");
        assert!(target.out().len() < want.len(), "the last record waits: {size:?}");
        writer.flush().expect("a flush");
        assert_eq!(target.out(), want, "{size:?}");

        let writes = target.0.borrow().writes.clone();
        let size = size.unwrap_or(64 << 10);
        assert!(writes.iter().all(|bytes| bytes.ends_with(b"\n")), "whole records: {size}");
        assert_eq!(String::from_utf8(writes.concat()).expect("UTF-8"), want, "nothing is given twice: {size}");
        let full = writes.iter().rev().skip(1).all(|bytes| bytes.len() >= size);
        assert!(full, "few writes: {:?} of {size}", writes.iter().map(Vec::len).collect::<Vec<_>>());
        if size <= 1 {
            assert_eq!(writes.len(), records.len(), "one write each: {size}");
        }
        drop(writer);
        assert_eq!(target.calls(), (writes.len(), 2), "nothing is left: {size}");
    }
}

#[test]
fn few_writes_for_many_records() {
    let target = Target::default();
    let mut writer = JsonlWriter::new(target.clone());
    writer.write_all((0..200_000).map(|n| n % 10)).expect("numbers");
    writer.flush().expect("a flush");
    assert_eq!((target.out().len(), target.calls()), (400_000, (7, 1)));
    // a buffer that is just full is written
    let target = Target::default();
    let mut writer = WriterBuilder::new().buffer_size(4).from_writer(target.clone());
    writer.write_all(0..6).expect("numbers");
    writer.flush().expect("a flush");
    assert_eq!(target.0.borrow().writes, [b"0\n1\n", b"2\n3\n", b"4\n5\n"]);
}

/// So much is not taken at once, and not needed.
#[test]
fn a_buffer_of_any_size_can_be_asked_for() {
    for size in [isize::MAX as usize, usize::MAX - 1, usize::MAX] {
        let target = Target::default();
        let mut writer = WriterBuilder::new().buffer_size(size).from_writer(target.clone());
        writer.write_all(0..200_000).expect("numbers");
        assert_eq!(target.calls(), (0, 0), "nothing is written before it is full: {size}");
        writer.flush().expect("a flush");
        assert_eq!(target.calls(), (1, 1), "{size}");
        assert_eq!(target.out().lines().count(), 200_000, "{size}");
    }
}

#[test]
fn a_position_counts_what_was_taken() {
    let mut writer = JsonlWriter::new(Vec::new());
    assert_eq!(writer.position(), Position { offset: 0, line: 1 });
    let mut lines = String::new();
    for value in [json!(1), json!("é\n"), json!([]), json!({"a": "😀"})] {
        writer.write(&value).expect("a value");
        lines += &line(&value);
        assert_eq!(writer.position(), behind(&lines));
        writer.write_raw(b" 1 \r\n").expect("a number");
        lines += " 1 \n";
        assert_eq!(writer.position(), behind(&lines));
        writer.write_raw(b"1 2").expect_err("two numbers");
        assert_eq!(writer.position(), behind(&lines));
        writer.flush().expect("a flush");
        assert_eq!((writer.position(), writer.get_ref().as_slice()), (behind(&lines), lines.as_bytes()));
    }
}

#[test]
fn write_all_stops_at_the_first_that_fails() {
    let records = || [Ok("a"), Ok("b"), Err(()), Ok("c"), Err(())];
    let mut writer = JsonlWriter::new(Vec::new());
    let mut asked = 0;
    let values =
        records().into_iter().inspect(|_| asked += 1).map(|record| Deep { depth: 0, sort: 0, end: record.into() });
    let error = writer.write_all(values).expect_err("the third");
    assert_eq!((error.kind(), asked), (ErrorKind::Custom, 3));
    assert_eq!((writer.position(), error.position().line), (behind("\"a\"\n\"b\"\n"), 3));
    writer.write_all(["c", "d"]).expect("strings");
    writer.write_all::<[u8; 0]>([]).expect("nothing");
    writer.write_all(&vec!["e"]).expect("references");
    assert_eq!(writer.into_inner().expect("a vector"), b"\"a\"\n\"b\"\n\"c\"\n\"d\"\n\"e\"\n");

    // and when the target fails, what was taken is known as well
    let target = Target::new([Step::Fail(io::ErrorKind::StorageFull)]);
    let mut writer = WriterBuilder::new().buffer_size(10).from_writer(target.clone());
    let error = writer.write_all(["abc", "def", "ghi"]).expect_err("a full disk");
    assert!(error.is_io());
    assert_eq!(writer.position(), behind("\"abc\"\n\"def\"\n"));
    writer.flush().expect("space again");
    assert_eq!(target.out(), "\"abc\"\n\"def\"\n");
}

#[test]
fn case_33_a_value_that_fails_midway_leaves_no_byte() {
    let mut all = (JsonlWriter::new(Vec::new()), String::new());
    midway(|value, before| {
        let context = format!("{} deep, {}: {:?}", value.depth, value.sort, value.end);
        let panics = matches!(value.end, End::Panic | End::LatePanic);
        for size in [0, 1, 64 << 10] {
            let mut writer = WriterBuilder::new().buffer_size(size).from_writer(Vec::new());
            for times in 0..3 {
                let lines = "\"between\"\n".repeat(times);
                let result = caught(|| writer.write(value));
                assert_eq!(result.is_none(), panics, "{context}");
                if let Some(result) = result {
                    assert_eq!(
                        at_fault(&result.expect_err(&context), &lines),
                        (ErrorKind::Custom, before.len()),
                        "{context}"
                    );
                }
                assert_eq!(writer.position(), behind(&lines), "{context}");
                writer.write("between").expect("the next one");
            }
            let last = caught(|| writer.write(value).expect_err(&context));
            assert_eq!(last.is_none(), panics, "{context}");
            let out = writer.into_inner().expect("a vector");
            assert_eq!(String::from_utf8(out).expect("UTF-8"), "\"between\"\n".repeat(3), "{context}");
        }
        // one writer for all of them
        let (writer, lines) = &mut all;
        caught(|| writer.write(value).expect_err(&context));
        let good = Deep { depth: value.depth, sort: value.sort, end: End::Text("\n") };
        writer.write(&good).expect("it does not fail");
        *lines += &line(&good);
    });
    let (writer, lines) = all;
    assert_eq!(String::from_utf8(writer.into_inner().expect("a vector")).expect("UTF-8"), lines);
}

/// The kind of an error, and how much of the record behind `lines` is before it, after a look at all else that it says.
fn at_fault(error: &Error, lines: &str) -> (ErrorKind, usize) {
    let (at, start) = (error.position(), behind(lines));
    assert_eq!((at.line, error.column()), (start.line, at.offset - start.offset + 1), "{error}");
    let place = format!("line {}, column {} (byte {}): ", at.line, error.column(), at.offset);
    assert!(error.to_string().starts_with(&place), "{error}");
    assert!(error.is_data() && error.path().is_none() && error.source().is_none(), "{error:?}");
    assert!(error.to_string().contains("no such colour") && !error.to_string().contains('\n'), "{error}");
    (error.kind(), (at.offset - start.offset) as usize)
}

/// Around the place of the fault: the end of the record as it would have been written up to there.
#[test]
fn case_33_an_error_shows_what_is_before_the_fault() {
    midway(|value, before| {
        if matches!(value.end, End::Error | End::LateError) {
            let error = JsonlWriter::new(Vec::new()).write(value).expect_err("it fails");
            let end = &before[before.len().saturating_sub(24)..];
            assert_eq!(error.snippet(), end, "{error}, expected the end of {before}");
        }
    });
}

/// When the writer is dropped, or its target fails next.
#[test]
fn case_33_what_is_left_of_a_failed_record_is_never_written() {
    midway(|value, _| {
        let target = Target::new([Step::Take(2), Step::Fail(io::ErrorKind::StorageFull)]);
        let mut writer = JsonlWriter::new(target.clone());
        writer.write("before").expect("a string");
        caught(|| writer.write(value).expect_err("it fails"));
        assert!(writer.flush().expect_err("a full disk").is_io());
        caught(|| writer.write(value).expect_err("it fails"));
        drop(writer);
        assert_eq!(target.out(), "\"before\"\n");
    });
}

#[test]
fn case_33_an_iterator_that_panics() {
    let mut writer = JsonlWriter::new(Vec::new());
    let numbers = (0..5).inspect(|n| assert!(*n < 3, "no such number"));
    assert!(caught(|| writer.write_all(numbers)).is_none());
    writer.write("after").expect("a string");
    assert_eq!(writer.into_inner().expect("a vector"), b"0\n1\n2\n\"after\"\n");
}

#[test]
fn case_34_a_record_is_one_line() {
    let target = Target::default();
    let mut writer = WriterBuilder::new().buffer_size(0).from_writer(target.clone());
    let text = "a\nb\r\n\u{85}\u{2028}\n";
    writer.write(text).expect("a string");
    writer.write(&BTreeMap::from([(text, text)])).expect("a map");
    writer.write(&['\n', '\r']).expect("characters");
    writer.flush().expect("a flush");
    let writes = target.0.borrow().writes.clone();
    assert_eq!(writes.len(), 3);
    assert!(
        writes.iter().all(|bytes| bytes.iter().filter(|byte| **byte == b'\n').count() == 1 && bytes.ends_with(b"\n"))
    );
}

#[test]
fn an_error_of_into_inner_becomes_what_functions_return() {
    fn failed() -> Result<(), IntoInnerError<Target>> {
        let mut writer = JsonlWriter::new(Target::new([Step::Fail(io::ErrorKind::QuotaExceeded), Step::Nothing]));
        writer.write(&1).expect("a number");
        writer.into_inner().map(drop)
    }
    fn ours() -> Result<(), Error> {
        Ok(failed()?)
    }
    fn of_io() -> io::Result<()> {
        Ok(failed()?)
    }
    fn boxed() -> Result<(), Box<dyn std::error::Error>> {
        Ok(failed()?)
    }
    fn boxed_to_send() -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(JsonlWriter::new(Vec::new()).into_inner()?)
    }
    assert_eq!(ours().expect_err("it failed").position(), Position { offset: 0, line: 1 });
    assert_eq!(of_io().expect_err("it failed").kind(), io::ErrorKind::QuotaExceeded);
    assert!(boxed().expect_err("it failed").downcast::<IntoInnerError<Target>>().expect("whole").error().is_io());
    assert_eq!(boxed_to_send().expect("a vector"), b"");
    assert_eq!(failed().expect_err("it failed").into_error().kind(), ErrorKind::Io);
}

#[test]
fn writers_and_their_errors_are_sent_and_shown() {
    fn is_send<T: Send + Sync + Unpin>() {}
    is_send::<JsonlWriter<File>>();
    is_send::<IntoInnerError<Vec<u8>>>();
    is_send::<WriterBuilder>();
    is_send::<Error>();
    let mut writer = JsonlWriter::builder().ascii_only(true).clone().from_writer(Vec::new());
    writer.write("not yet written").expect("a string");
    let shown = format!("{writer:?}");
    assert!(shown.contains("offset: 18") && shown.contains("[]"), "{shown}");
    assert!(format!("{:?}", WriterBuilder::default()).contains("ascii_only: false"));
}

#[test]
fn a_path_is_created_or_emptied_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows é.jsonl");
    for text in ["a", "b"] {
        let mut writer = JsonlWriter::from_path(&path).expect("a file");
        assert_eq!(fs::read(&path).expect("the file"), b"", "emptied at once");
        writer.write(text).expect("a string");
        let named = |error: Error| {
            assert_eq!(error.path(), Some(&*path), "{error}");
            assert!(error.to_string().starts_with(&format!("{}: line 2, column ", path.display())), "{error}");
        };
        named(writer.write(&BTreeMap::from([([1], 2)])).expect_err("no key"));
        named(writer.write_raw(b"[1,]").expect_err("no JSON"));
        writer.write_all([text; 3]).expect("strings");
        drop(writer);
        assert_eq!(fs::read_to_string(&path).expect("the file"), line(text).repeat(4));
    }
    for path in [folder.path().join("missing").join("file"), folder.path().to_owned()] {
        for result in [JsonlWriter::from_path(&path), WriterBuilder::new().from_path(&path)] {
            let error = result.expect_err("no file can be there");
            assert!(error.is_io(), "{error:?}");
            assert_eq!((error.path(), error.position()), (Some(&*path), Position::default()), "{error}");
            let begin = format!("{}: cannot create: ", path.display());
            assert!(error.to_string().starts_with(&begin) && !error.to_string().contains("byte"), "{error}");
            assert!(error.source().is_some());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn case_36_a_full_disk_is_named() {
    let check = |error: &Error| {
        assert!(error.is_io(), "{error:?}");
        assert_eq!(error.path().and_then(|path| path.to_str()), Some("/dev/full"));
        assert!(error.to_string().starts_with("/dev/full: cannot write: "), "{error}");
        assert_eq!(error.position(), Position::default(), "{error}");
        let cause = error.source().expect("its cause").downcast_ref::<io::Error>().expect("of I/O");
        assert_eq!(cause.kind(), io::ErrorKind::StorageFull);
    };
    let mut writer = WriterBuilder::new().buffer_size(100).from_path("/dev/full").expect("it can be opened");
    let mut taken = 0;
    let error = loop {
        match writer.write("a record") {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    check(&error);
    assert_eq!((taken, writer.position().line), (10, 11), "as many as the buffer has room for");
    check(&writer.flush().expect_err("it is full still"));
    check(writer.into_inner().expect_err("it is full still").error());
}
