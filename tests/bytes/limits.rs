//! The limits: how long a record may be, and how deep. The numbers are those of the reliability cases.

use std::collections::HashMap;
use std::io::Write;

use crate::common::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{JsonlSlice, ReaderBuilder};

fn builder() -> ReaderBuilder {
    ReaderBuilder::new()
}

#[test]
fn case_18_record_length_limit() {
    for limit in [2, 3, 63, 64, 65, 100, 128, 200] {
        for len in [limit - 1, limit, limit + 1, limit + 2, 3 * limit] {
            // A record of this many bytes: a string, or the number 1.
            let record = if len == 1 { "1".to_string() } else { format!("\"{}\"", "x".repeat(len - 2)) };
            for (before, after, tail) in [("1\n", "\n2", 1), ("", "\n2\n", 1), ("\n1\n", "", 0)] {
                let input = format!("{before}{record}{after}");
                let head = before.trim().len();
                let got = outcomes_everywhere::<IgnoredAny>(input.as_bytes(), builder().max_record_len(limit));
                assert_eq!(got.len(), head + 1 + tail, "limit {limit}: {input:?}: {got:?}");
                for (i, outcome) in got.iter().enumerate() {
                    let too_long = i == head && len > limit;
                    match outcome.fault() {
                        None => assert!(!too_long, "limit {limit}: {input:?}: {got:?}"),
                        Some(fault) => {
                            let line = 1 + before.matches('\n').count() as u64;
                            assert!(too_long, "limit {limit}: {input:?}: {got:?}");
                            assert_eq!((fault.kind, fault.line), (ErrorKind::RecordTooLong, line), "{input:?}");
                        }
                    }
                }
            }
        }
    }
}

/// The limit counts the bytes before the LF, and a CR is one of them; white space counts, on a blank line too.
#[test]
fn case_18_what_the_limit_counts() {
    let too_long = |input: &[u8], limit: usize| -> Vec<bool> {
        let got = outcomes_everywhere::<IgnoredAny>(input, builder().max_record_len(limit));
        got.iter().map(|o| o.fault().is_some_and(|f| f.kind == ErrorKind::RecordTooLong)).collect()
    };
    assert_eq!(too_long(b"123\n1234\n12345\n1", 4), [false, false, true, false]);
    assert_eq!(too_long(b"123\r\n1234\r\n12345\r\n1", 5), [false, false, true, false]);
    assert_eq!(too_long(b"12  \n12   \n12    \n1", 5), [false, false, true, false]);
    assert_eq!(too_long(b"    \n     \n1\n      \n1", 5), [false, true, false]);
    assert_eq!(too_long(b"\"\xE2\x82\xAC\"\n\"\xE2\x82\xACx\"", 5), [false, true]);
    // What is wrong with an over-long line does not matter, not even an open quote.
    assert_eq!(too_long(b"\"1234567\n\xFF\xFF\xFF\xFF\xFF\xFF\xFF\n[[[[[[[\n1", 5), [true, true, true, false]);
}

#[test]
fn case_18_a_long_run_of_long_lines() {
    let mut input = Vec::new();
    for n in 0..50u32 {
        writeln!(input, "{n}").unwrap();
        writeln!(input, "\"{}\"", "long ".repeat(100 + 700 * n as usize % 9_000)).unwrap();
    }
    let mut builder = builder();
    builder.max_record_len(400);
    for transport in few_transports() {
        let got = outcomes_via::<u32>(&transport, &input, &builder);
        assert_eq!(got.len(), 100, "{transport:?}");
        for (i, outcome) in got.iter().enumerate() {
            match (i % 2, outcome) {
                (0, Outcome::Ok(n)) => assert_eq!(*n as usize, i / 2, "{transport:?}"),
                (1, Outcome::Err(f)) if f.kind == ErrorKind::RecordTooLong => {
                    assert_eq!(f.line as usize, i + 1, "{transport:?}");
                }
                _ => panic!("{transport:?}, line {}: {outcome:?}", i + 1),
            }
        }
    }
}

/// `n` containers, one in the other: arrays, objects, or both in turn.
fn nested(n: usize, sort: usize) -> String {
    let object = |i: usize| sort == 1 || sort == 2 && i % 2 == 1;
    let open: String = (0..n).map(|i| if object(i) { "{\"a\":" } else { "[" }).collect();
    let close: String = (0..n).rev().map(|i| if object(i) { "}" } else { "]" }).collect();
    let inner = if n > 0 && object(n - 1) { "1" } else { "" };
    format!("{open}{inner}{close}")
}

/// The column of the opening bracket number `n`, from 1, of the above.
fn nested_column(n: usize, sort: usize) -> u64 {
    let width = |i: usize| if sort == 1 || sort == 2 && i % 2 == 1 { 5 } else { 1 };
    (0..n - 1).map(width).sum::<u64>() + 1
}

fn faults<T>(outcomes: Vec<Outcome<T>>) -> Vec<(usize, Fault)> {
    outcomes.iter().enumerate().filter_map(|(i, o)| o.fault().map(|f| (i, f))).collect()
}

/// The faults of values that are skipped, and kept raw.
fn flat_depth_faults(input: &[u8], builder: &ReaderBuilder) -> Vec<(usize, Fault)> {
    let skipped = faults(outcomes_briefly::<IgnoredAny>(input, builder));
    let raw = builder.from_slice(input).into_deserialize::<&RawValue>().map(Outcome::new).collect();
    assert_eq!(faults(raw), skipped, "left: raw, right: skipped; {}", show(input));
    skipped
}

/// The same, and of values that are decoded.
fn depth_faults(input: &[u8], builder: &ReaderBuilder) -> Vec<(usize, Fault)> {
    let decoded = faults(outcomes_briefly::<Value>(input, builder));
    assert_eq!(flat_depth_faults(input, builder), decoded, "left: skipped, right: decoded; {}", show(input));
    decoded
}

#[test]
fn case_20_depth() {
    for sort in 0..3 {
        let input: String = (126..=131).map(|n| nested(n, sort) + "\n").collect();
        let got = depth_faults(input.as_bytes(), &ReaderBuilder::new());
        let faults: Vec<_> = got.iter().map(|(i, f)| (*i, f.kind, f.line, f.column)).collect();
        let want: Vec<_> = (3..6).map(|i| (i, DepthLimit, i as u64 + 1, nested_column(129, sort))).collect();
        assert_eq!(faults, want, "sort {sort}");
        // In a field, the object around it counts.
        for skipped in ["skip", "keep"] {
            #[derive(Debug, PartialEq, Deserialize)]
            struct Row {
                keep: Option<Value>,
                last: u32,
            }
            for n in 126..=129 {
                let input = format!("{{\"{skipped}\":{},\"last\":1}}\n", nested(n, sort));
                let got = outcomes_briefly::<Row>(input.as_bytes(), &ReaderBuilder::new());
                let want = (n > 127).then_some((DepthLimit, 8 + nested_column(128, sort)));
                assert_eq!(got[0].fault().map(|f| (f.kind, f.column)), want, "{skipped}, {n} deep, sort {sort}");
            }
        }
        // The limit is the user's.
        for limit in [1, 2, 3, 64, 65, 127, 128] {
            let input: String = (limit - 1..=limit + 1).map(|n| format!("{}\n", nested(n, sort))).collect();
            let mut builder = ReaderBuilder::new();
            builder.max_depth(limit);
            // No container at all makes an empty line, which is skipped.
            let first = (limit == 1) as usize;
            let got = depth_faults(input.as_bytes(), &builder);
            let got: Vec<_> = got.iter().map(|(i, f)| (*i, f.kind, f.column)).collect();
            assert_eq!(got, [(2 - first, DepthLimit, nested_column(limit + 1, sort))], "limit {limit}, sort {sort}");
        }
    }
    let faults = depth_faults(b"1\n\"[[\"\n[]\n2\n", ReaderBuilder::new().max_depth(0));
    assert_eq!(faults.iter().map(|(i, f)| (*i, f.kind, f.column)).collect::<Vec<_>>(), [(2, DepthLimit, 1)]);
}

/// Who does not decode needs no stack for it, so the limit may be a high one.
#[test]
fn case_20_depth_without_a_stack() {
    for sort in 0..3 {
        for limit in [200, 500, 5_000] {
            let input: String = (limit - 1..=limit + 1).map(|n| format!("{}\n", nested(n, sort))).collect();
            let got = flat_depth_faults(input.as_bytes(), ReaderBuilder::new().max_depth(limit));
            let got: Vec<_> = got.iter().map(|(i, f)| (*i, f.kind, f.column)).collect();
            assert_eq!(got, [(2, DepthLimit, nested_column(limit + 1, sort))], "limit {limit}, sort {sort}");
        }
    }
}

/// Brackets side by side are not deep, and those in strings are no brackets.
#[test]
fn case_20_depth_is_not_width() {
    let wide = format!("[{}]", vec!["[{}]"; 1000].join(","));
    let text = format!("\"{}\"", "[{".repeat(1000));
    let input = format!("{wide}\n{text}\n");
    assert_eq!(depth_faults(input.as_bytes(), &ReaderBuilder::new()), []);
}

#[test]
fn case_20_depth_of_records_taken_apart() {
    for n in [127, 128, 129, 1000] {
        let line = format!("{{\"a\":{},\"b\":1}}", nested(n - 1, 2));
        let mut reader = JsonlSlice::new(line.as_bytes());
        let record = reader.next_record().unwrap().unwrap();
        let within = n <= 128;
        let kind = |result: Result<(), simd_jsonl::Error>| result.err().map(|e| e.kind());
        let want = (!within).then_some(DepthLimit);
        assert_eq!(kind(record.deserialize::<Value>().map(|_| ())), want, "{n}");
        assert_eq!(kind(record.deserialize::<HashMap<String, &RawValue>>().map(|_| ())), want, "{n}");
        assert_eq!(kind(record.as_lazy().deserialize::<IgnoredAny>().map(|_| ())), want, "{n}");
        // Whether the levels above a value count when it is decoded alone is left open by one level.
        if n != 129 {
            let a = record.get("a").unwrap().unwrap();
            assert_eq!(kind(a.deserialize::<Value>().map(|_| ())), want, "{n}");
        }
        #[cfg(feature = "value")]
        assert_eq!(kind(record.to_value().map(|_| ())), want, "{n}");
    }
}
