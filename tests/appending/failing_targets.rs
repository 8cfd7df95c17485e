//! The writer over targets that fail: what was taken is written once, in whole records, as soon as the target lets it.
//!
//! `PROPTEST_CASES=10000 cargo test --test appending failing_targets` looks longer.

use std::error::Error as _;
use std::io;

use crate::midway::{Deep, End, SORTS};
use crate::target::{Step, Target, behind, caught, line};
use proptest::prelude::*;
use serde_json::{Value, json};
use simd_jsonl::{Error, ErrorKind, JsonlWriter, Position, WriterBuilder};

/// A few records, and their lines.
fn few_records() -> (Vec<Value>, String) {
    let records = vec![json!("a"), json!({"k": [1, "é\n"]}), json!([]), json!("longer than some buffers"), json!(-12)];
    let lines = records.iter().map(line).collect();
    (records, lines)
}

/// A target that takes `chunk` bytes at a time, and fails at byte `at` some times, then goes on.
fn failing(chunk: usize, at: usize, failures: &[Step]) -> Target {
    let (before, behind) = (Step::Until { at, chunk }, Step::Until { at: usize::MAX, chunk });
    Target::new([before].into_iter().chain(failures.iter().copied()).chain([behind]))
}

/// Asserts all that an error of the target says, which had taken the first `at` bytes of the lines.
fn check_target_error(error: Error, failure: Step, lines: &str, at: usize) {
    let kind = if let Step::Fail(kind) = failure { kind } else { io::ErrorKind::WriteZero };
    assert!(error.is_io() && error.kind() == ErrorKind::Io && error.path().is_none(), "{error:?}");
    assert_eq!(error.position(), behind(&lines.as_bytes()[..at]), "{error}");
    let place = format!("(at line {}, byte {at})", error.position().line);
    let text = error.to_string();
    assert!(text.starts_with("cannot write: ") && text.ends_with(&place), "{text}");
    assert_eq!(error.source().expect("its cause").downcast_ref::<io::Error>().expect("of I/O").kind(), kind);
    assert_eq!(io::Error::from(error).kind(), kind);
}

/// At every byte, after every size of writes, for every size of the buffer. The target is whole again at the next call, or at
/// the second but one. Whoever is refused a record goes on with the next one, or tries again.
#[test]
fn case_35_a_target_that_fails_at_every_byte() {
    use io::ErrorKind::{StorageFull, WouldBlock};
    let (records, all) = few_records();
    let failures: [&[Step]; 3] = [
        &[Step::Fail(StorageFull)],
        &[Step::Nothing],
        &[Step::Fail(WouldBlock), Step::Nothing, Step::Fail(StorageFull)],
    ];
    for (failures, retry) in failures.into_iter().flat_map(|failures| [(failures, false), (failures, true)]) {
        for size in [0, 1, 10, 30, 64 << 10] {
            for chunk in [1, 2, 3, 7, 16, 33, usize::MAX] {
                for at in 0..=all.len() {
                    let target = failing(chunk, at, failures);
                    let mut writer = WriterBuilder::new().buffer_size(size).from_writer(target.clone());
                    let mut expected = failures.iter();
                    let mut lines = String::new();
                    for record in &records {
                        while let Err(error) = writer.write(record) {
                            check_target_error(error, *expected.next().expect("a failure"), &lines, at);
                            assert_eq!(writer.position(), behind(&lines));
                            if !retry {
                                break;
                            }
                        }
                        if writer.position() != behind(&lines) {
                            lines += &line(record);
                        }
                        assert_eq!(writer.position(), behind(&lines));
                        assert!(lines.as_bytes().starts_with(&target.bytes()));
                    }
                    while let Err(error) = writer.flush() {
                        check_target_error(error, *expected.next().expect("a failure"), &lines, at);
                    }
                    assert_eq!(
                        expected.next().is_some(),
                        at == all.len(),
                        "{at} of {}: each failure is told",
                        all.len()
                    );
                    assert_eq!(target.out(), lines, "nothing twice, nothing lost");
                    assert!(!retry || lines == all, "nothing left out");
                    writer.into_inner().expect("it is written");
                    assert_eq!(target.out(), lines);
                }
            }
        }
    }
}

/// Before the first byte, after some, several times in a row; and in a flush, where the caller is told.
#[test]
fn case_35_interrupted_writes_are_tried_again() {
    let interrupted = Step::Fail(io::ErrorKind::Interrupted);
    let (records, lines) = few_records();
    for size in [0, 10, 64 << 10] {
        for chunk in [1, 2, 7, 1000] {
            for pattern in [&[interrupted][..], &[interrupted; 5], &[Step::Take(1), interrupted, interrupted]] {
                let script = (0..200).flat_map(|_| pattern.iter().copied().chain([Step::Take(chunk)]));
                let target = Target::new(script);
                let mut writer = WriterBuilder::new().buffer_size(size).from_writer(target.clone());
                writer.write_all(&records).expect("no error");
                writer.flush().expect("no error");
                assert_eq!(target.out(), lines);
            }
        }
    }
    let target = Target::default();
    target.0.borrow_mut().flush_script.push_back(interrupted);
    let mut writer = JsonlWriter::new(target.clone());
    writer.write_all(&records).expect("no error");
    let error = writer.flush().expect_err("an interrupted flush");
    assert_eq!((error.position(), target.out()), (behind(&lines), lines.clone()));
    writer.flush().expect("no error");
    assert_eq!((target.out(), target.calls()), (lines, (1, 2)));
}

/// What it did with the bytes is its own affair; the writer does not reach beyond its buffer.
#[test]
fn case_35_a_target_that_claims_more_than_it_was_given() {
    let target = Target::new([Step::Take(1), Step::Claim]);
    let mut writer = JsonlWriter::new(target.clone());
    writer.write_all(["a", "b"]).expect("strings");
    writer.flush().expect("a flush");
    writer.write("c").expect("a string");
    drop(writer);
    assert_eq!(target.out(), "\"a\"\n\"b\"\n\"c\"\n");
}

#[test]
fn a_writer_that_is_dropped_is_flushed() {
    let target = Target::default();
    let mut writer = JsonlWriter::new(target.clone());
    writer.write(&1).expect("a number");
    drop(writer);
    assert_eq!((target.out(), target.calls()), ("1\n".into(), (1, 1)));
    // also when something else panics
    let target = Target::default();
    let panicked = caught(|| {
        let mut writer = JsonlWriter::new(target.clone());
        writer.write(&1).expect("a number");
        panic!("something else")
    });
    assert_eq!((panicked, target.out()), (None::<()>, "1\n".into()));
    // and nobody learns that it failed
    let target = Target::new([Step::Take(1), Step::Fail(io::ErrorKind::StorageFull)]);
    let mut writer = JsonlWriter::new(target.clone());
    writer.write(&1).expect("a number");
    drop(writer);
    assert_eq!((target.out(), target.calls()), ("1".into(), (2, 0)));
}

/// Nobody knows what it had taken.
#[test]
fn after_a_panic_of_the_target_nothing_is_written_again() {
    for size in [0, 64 << 10] {
        let target = Target::new([Step::Panic]);
        let mut writer = WriterBuilder::new().buffer_size(size).from_writer(target.clone());
        writer.write("abc").expect("a string");
        let panicked = match size {
            0 => caught(|| writer.write("def")).is_none(),
            _ => caught(|| writer.flush()).is_none(),
        };
        assert!(panicked);
        drop(writer);
        assert_eq!((target.out(), target.calls()), ("\"ab".into(), (1, 0)), "a buffer of {size}");
    }
    let target = Target::default();
    target.0.borrow_mut().flush_script.push_back(Step::Panic);
    let mut writer = JsonlWriter::new(target.clone());
    writer.write("abc").expect("a string");
    assert!(caught(|| writer.flush()).is_none());
    drop(writer);
    assert_eq!((target.out(), target.calls()), ("\"abc\"\n".into(), (1, 1)));
    // a writer that is dropped by its own `into_inner`
    let target = Target::new([Step::Panic]);
    let mut writer = JsonlWriter::new(target.clone());
    writer.write("abc").expect("a string");
    assert!(caught(|| writer.into_inner().map(drop)).is_none());
    assert_eq!((target.out(), target.calls()), ("\"ab".into(), (1, 0)));
}

#[test]
fn into_inner_gives_the_target_or_the_writer_back() {
    let target = Target::default();
    let mut writer = JsonlWriter::new(target.clone());
    writer.write(&1).expect("a number");
    drop(writer.into_inner().expect("the target"));
    assert_eq!((target.out(), target.calls()), ("1\n".into(), (1, 1)), "once");

    let full = Step::Fail(io::ErrorKind::StorageFull);
    let target = Target::new([Step::Take(3), full, full]);
    let mut writer = JsonlWriter::new(target.clone());
    writer.write_all(["ab", "cd"]).expect("strings");
    let error = writer.into_inner().expect_err("a full disk");
    assert_eq!(error.to_string(), error.error().to_string());
    assert_eq!(format!("{error:?}"), format!("{:?}", error.error()));
    assert_eq!(error.source().map(|e| e.to_string()), error.error().source().map(|e| e.to_string()));
    assert_eq!(error.error().position(), Position { offset: 3, line: 1 });
    // the writer goes on where it was
    let mut writer = error.into_inner();
    writer.write("ef").expect("a string");
    let writer = writer.into_inner().expect_err("a full disk").into_inner();
    assert_eq!(writer.position(), behind("\"ab\"\n\"cd\"\n\"ef\"\n"));
    writer.into_inner().expect("space again");
    assert_eq!(target.out(), "\"ab\"\n\"cd\"\n\"ef\"\n");
    assert_eq!(target.calls(), (4, 1));
}

/// What a caller does.
#[derive(Clone, Debug)]
enum Call {
    Write(String),
    Fail(usize, usize, bool),
    Raw(i32),
    BadRaw,
    All(Vec<u8>),
    Flush,
    /// Asks for the target, and takes the writer back if that fails.
    IntoInner,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => "[a-z\"\n]{0,20}".prop_map(Call::Write),
        2 => (0..4usize, 0..SORTS, any::<bool>()).prop_map(|(depth, sort, panics)| Call::Fail(depth, sort, panics)),
        2 => any::<i32>().prop_map(Call::Raw),
        1 => Just(Call::BadRaw),
        1 => prop::collection::vec(any::<u8>(), 0..5).prop_map(Call::All),
        1 => Just(Call::Flush),
        1 => Just(Call::IntoInner),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    use io::ErrorKind::*;
    prop_oneof![
        4 => (1..40usize).prop_map(Step::Take),
        1 => Just(Step::Nothing),
        2 => prop::sample::select(vec![Interrupted, WouldBlock, StorageFull, BrokenPipe]).prop_map(Step::Fail),
    ]
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases: 5 * cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever is called, and whatever the target does: the output is the records that were taken, in their order.
    #[test]
    fn case_35_any_calls_over_any_target(
        calls in prop::collection::vec(call(), 0..25),
        script in prop::collection::vec(step(), 0..40),
        size in prop::sample::select(vec![0, 1, 10, 50, 64 << 10]),
        is_dropped: bool,
    ) {
        let target = Target::new(script);
        let mut writer = WriterBuilder::new().buffer_size(size).from_writer(target.clone());
        let mut lines = String::new();
        for call in calls {
            let (result, taken) = match call {
                Call::Write(text) => (writer.write(&text), line(&text)),
                Call::Raw(n) => (writer.write_raw(format!(" [{n}]\r\n").as_bytes()), format!(" [{n}]\n")),
                Call::BadRaw => {
                    let error = writer.write_raw(b"[1,2,}").expect_err("no JSON");
                    prop_assert!(error.is_io() || error.kind() == ErrorKind::ExpectedValue, "{error}");
                    (Ok(()), String::new())
                }
                Call::Fail(depth, sort, panics) => {
                    let end = if panics { End::Panic } else { End::Error };
                    match caught(|| writer.write(&Deep { depth, sort, end })) {
                        Some(Err(error)) => prop_assert!(error.is_io() || error.kind() == ErrorKind::Custom, "{error}"),
                        result => prop_assert!(result.is_none() && panics, "it fails"),
                    }
                    (Ok(()), String::new())
                }
                Call::All(numbers) => {
                    let before = writer.position().line;
                    let result = writer.write_all(&numbers);
                    let taken = (writer.position().line - before) as usize;
                    prop_assert!(result.is_err() || taken == numbers.len());
                    lines.extend(numbers[..taken].iter().map(line));
                    (result, String::new())
                }
                Call::Flush => {
                    let result = writer.flush();
                    prop_assert!(result.is_err() || target.out() == lines, "flushed");
                    (result, String::new())
                }
                Call::IntoInner => match writer.into_inner() {
                    Ok(inner) => {
                        prop_assert_eq!(target.out(), lines);
                        drop(inner);
                        return Ok(());
                    }
                    Err(error) => {
                        prop_assert!(error.error().is_io());
                        writer = error.into_inner();
                        (Ok(()), String::new())
                    }
                },
            };
            match result {
                Ok(()) => lines += &taken,
                Err(error) => prop_assert!(error.is_io(), "{error}"),
            }
            prop_assert_eq!(writer.position(), behind(&lines));
            prop_assert!(lines.starts_with(&target.out()), "{:?}, then {:?}", target.out(), lines);
        }
        target.0.borrow_mut().script.clear();
        if is_dropped {
            drop(writer);
        } else {
            writer.into_inner().expect("a target that takes all");
        }
        prop_assert_eq!(target.out(), lines);
    }
}
