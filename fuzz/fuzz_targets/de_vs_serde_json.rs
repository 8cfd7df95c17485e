//! Decoding: of each line, `serde_json` and this crate say the same, at every level, into values and types of every form that
//! serde derives, and whether they are read or skipped. The differences that are meant:
//!
//! - a byte order mark at the start of the input is skipped;
//! - nesting has another limit, so lines nested deeper than 100 are only decoded;
//! - a number beyond the range of `f64` is an error only for who reads it;
//! - a record is JSON throughout: a lone surrogate or a control character in a string fails it, skipped or not;
//! - a key beyond ASCII where a `bool` is wanted makes `serde_json` (1.0.154, `MapKey::deserialize_bool`) take the rest of its first
//!   character for text, which is undefined, so it is not asked.
//!
//! The input begins with a byte that chooses a type; the others are lines, or what lines of the type's shape are made of.
#![no_main]

#[path = "../../tests/common/oracle.rs"]
mod oracle;
#[path = "../common/shapes.rs"]
mod shapes;
#[path = "../common/types.rs"]
mod types;

use std::fmt::Debug;
use std::io::{self, Read};

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, DeserializeOwned, IgnoredAny};
use serde_json::Value;
use simd_jsonl::{Error, ErrorKind, Level, Position, ReaderBuilder};

/// All of an error that can be compared.
type Fault = (ErrorKind, Position, u64);

fn decode<'a, T: Deserialize<'a>>(input: &'a [u8], level: Level) -> Vec<Result<T, Fault>> {
    let records = ReaderBuilder::new().level(level).from_slice(input).into_deserialize::<T>();
    records.map(|record| record.map_err(to_fault)).collect()
}

fn to_fault(e: Error) -> Fault {
    (e.kind(), e.position(), e.column())
}

fn fault<T>(result: &Result<T, Fault>) -> Option<Fault> {
    result.as_ref().err().copied()
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

/// The lines that are records, without the one byte order mark that is skipped.
fn records(input: &[u8]) -> Vec<&[u8]> {
    let text = input.strip_prefix("\u{feff}".as_bytes()).unwrap_or(input);
    let lines = text.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))).collect()
}

/// The lines as values, and skipped.
fn check_values(input: &[u8]) {
    let (lines, levels) = (records(input), Level::available());
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
        if depth(line) <= 100 {
            let want = std::str::from_utf8(line).ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
            assert_same(value.as_ref().ok(), want.as_ref(), line);
            assert_eq!(skipped.is_ok(), oracle::well_formed(line), "{skipped:?}: {}", line.escape_ascii());
        }
    }
}

fn assert_same<T: PartialEq + Debug>(ours: Option<&T>, theirs: Option<&T>, line: &[u8]) {
    let name = std::any::type_name::<T>();
    assert_eq!(ours, theirs, "left: ours, right: serde_json's; {} as {name}", line.escape_ascii());
    // `==` takes -0.0 and 0.0 for the same
    let text = |value: &T| format!("{value:?}");
    assert_eq!(ours.map(text), theirs.map(text), "{} as {name}", line.escape_ascii());
}

/// The type that has keys of `bool`.
const KEYS: &str = "de_vs_serde_json::types::Keys";

fn has_word_beyond_ascii(line: &[u8]) -> bool {
    line.windows(2).any(|pair| pair[0] == b'"' && !pair[1].is_ascii())
}

/// The lines as a type that may borrow from them.
fn check<'a, T: Deserialize<'a> + PartialEq + Debug>(input: &'a [u8]) {
    let (lines, levels) = (records(input), Level::available());
    let first = decode::<T>(input, levels[0]);
    for level in &levels[1..] {
        assert_eq!(decode::<T>(input, *level), first, "left: {level}, right: {}", levels[0]);
    }
    assert_eq!(first.len(), lines.len(), "records and lines");
    for (line, value) in lines.iter().zip(&first) {
        if depth(line) <= 100 && !(std::any::type_name::<T>() == KEYS && has_word_beyond_ascii(line)) {
            assert_same(value.as_ref().ok(), oracle::verdict::<T>(line).ok().as_ref(), line);
        }
    }
}

/// The same, and from a stream, where nothing can be borrowed.
fn check_owned<T: DeserializeOwned + PartialEq + Debug>(input: &[u8]) {
    check::<T>(input);
    let stream = ReaderBuilder::new().buffer_size(64).from_reader(Pieces { rest: input, size: 1 + input.len() % 70 });
    let records: Vec<_> = stream.into_deserialize::<T>().map(|record| record.map_err(to_fault)).collect();
    assert_eq!(records, decode::<T>(input, Level::detect()), "left: stream, right: slice");
}

/// A stream in pieces of one size.
struct Pieces<'a> {
    rest: &'a [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.size.min(buf.len());
        self.rest.read(&mut buf[..len])
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, input)) = data.split_first() else { return };
    let (check, shape) = &types::TYPES[usize::from(*choice & 0x7F) % types::TYPES.len()];
    if *choice < 0x80 {
        check_values(input);
        check(input);
    } else {
        let lines = shapes::Lines::new(&mut Unstructured::new(input)).write(shape);
        check_values(lines.as_bytes());
        check(lines.as_bytes());
    }
});
