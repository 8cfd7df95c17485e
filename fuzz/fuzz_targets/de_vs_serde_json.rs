//! Decoding: of each line, `serde_json` and this crate say the same, at every level and whether its values are read or
//! skipped. The differences that are meant:
//!
//! - a byte order mark at the start of the input is skipped;
//! - nesting has another limit, so lines nested deeper than 100 are only decoded;
//! - a number beyond the range of `f64` is an error only for who reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, IgnoredAny};
use serde_json::Value;
use simd_jsonl::{ErrorKind, Level, Position, ReaderBuilder};

/// All of an error that can be compared.
type Fault = (ErrorKind, Position, u64);

fn decode<'a, T: Deserialize<'a>>(input: &'a [u8], level: Level) -> Vec<Result<T, Fault>> {
    let records = ReaderBuilder::new().level(level).from_slice(input).into_deserialize::<T>();
    records.map(|record| record.map_err(|e| (e.kind(), e.position(), e.column()))).collect()
}

/// How deep a line is nested, if it is JSON.
fn depth(line: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fuzz_target!(|input: &[u8]| {
    let text = input.strip_prefix("\u{feff}".as_bytes()).unwrap_or(input);
    let lines: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')))
        .collect();

    let levels = Level::available();
    let values = decode::<Value>(input, levels[0]);
    let skipped = decode::<IgnoredAny>(input, levels[0]);
    for level in &levels[1..] {
        assert_eq!(decode::<Value>(input, *level), values, "left: {level}, right: {}", levels[0]);
        let skipped_here = decode::<IgnoredAny>(input, *level);
        assert!(skipped_here.iter().map(fault).eq(skipped.iter().map(fault)), "{level} skips unlike {}", levels[0]);
    }

    assert_eq!((values.len(), skipped.len()), (lines.len(), lines.len()), "records and lines");
    for ((line, value), skipped) in lines.iter().zip(&values).zip(&skipped) {
        match fault(value) {
            Some((ErrorKind::NumberOutOfRange, ..)) => {}
            other => assert_eq!(fault(skipped), other, "left: skipped, right: read; {}", line.escape_ascii()),
        }
        if depth(line) > 100 {
            continue;
        }
        let want = std::str::from_utf8(line).ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
        assert_eq!(value.as_ref().ok(), want.as_ref(), "left: ours, right: serde_json's; {}", line.escape_ascii());
        // `==` takes -0.0 and 0.0 for the same
        let text = |value: &Value| value.to_string();
        assert_eq!(value.as_ref().ok().map(text), want.as_ref().map(text), "{}", line.escape_ascii());
    }
});

fn fault<T>(result: &Result<T, Fault>) -> Option<Fault> {
    result.as_ref().err().copied()
}
