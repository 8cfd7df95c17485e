//! Converting an array: what comes out are the elements that `serde_json` finds, one a line and compact, but byte for byte; what
//! it rejects is rejected, and in chunks of any size all is the same. There and back again, nothing changes. The differences that
//! are meant:
//!
//! - a byte order mark at the start of the input is skipped;
//! - nesting has another limit, so arrays nested deeper than 100 are only converted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, value::RawValue};
use simd_jsonl::{Converted, Error, ErrorKind, Position, array_to_jsonl, jsonl_to_array, normalize};
use std::io::{self, Read};

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

/// What became of a conversion: its output, and all of its end that can be compared.
type Outcome = (Vec<u8>, Result<Converted, (ErrorKind, Position, u64)>);

fn outcome(convert: impl FnOnce(&mut Vec<u8>) -> Result<Converted, Error>) -> Outcome {
    let mut out = Vec::new();
    let result = convert(&mut out).map_err(|e| (e.kind(), e.position(), e.column()));
    (out, result)
}

/// Valid JSON without the white space between its tokens, and how deep it is nested.
fn compact(json: &[u8]) -> (Vec<u8>, usize) {
    let (mut out, mut depth, mut deepest) = (Vec::new(), 0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for &byte in json {
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
        } else {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'"' => in_string = true,
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        out.push(byte);
    }
    (out, deepest)
}

/// Valid elements, each in its line.
fn lines(elements: &[&RawValue]) -> Vec<u8> {
    elements.iter().flat_map(|element| [compact(element.get().as_bytes()).0, b"\n".to_vec()].concat()).collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((size, input)) = data.split_first() else { return };
    let (out, result) = outcome(|out| array_to_jsonl(input, out));
    let pieces = Pieces { rest: input, size: usize::from(*size).max(1) };
    assert_eq!(outcome(|out| array_to_jsonl(pieces, out)), (out.clone(), result), "left: in pieces, right: at once");

    let text = input.strip_prefix("\u{feff}".as_bytes()).unwrap_or(input);
    if compact(text).1 <= 100 {
        // what is raw is not looked at closely: lone surrogates are found by reading values too
        let text = std::str::from_utf8(text).ok();
        let elements = text.and_then(|text| serde_json::from_str::<Vec<&RawValue>>(text).ok());
        let elements = elements.filter(|elements| elements.iter().all(|element| is_proper(element.get())));
        assert_eq!(result.is_ok(), elements.is_some(), "{result:?}, and serde_json has {elements:?}");
        if let Some(elements) = elements {
            assert_eq!(out, lines(&elements), "left: ours, right: as defined");
        }
    }

    // whatever is written is plain JSON Lines, and comes back from an array
    let records = out.iter().filter(|byte| **byte == b'\n').count() as u64;
    let (plain, again) = outcome(|plain| normalize(&out[..], plain));
    assert_eq!((again.expect("JSON Lines").records, &plain), (records, &out));
    let (array, done) = outcome(|array| jsonl_to_array(&out[..], array));
    assert_eq!(done.expect("JSON Lines").records, records);
    let (back, done) = outcome(|lines| array_to_jsonl(&array[..], lines));
    assert_eq!((done.expect("an array").records, back), (records, out));
});

/// Whether the strings in an element that is valid but for them are; a number may overflow.
fn is_proper(element: &str) -> bool {
    let (mut start, mut escaped) = (None, false);
    for (at, byte) in element.bytes().enumerate() {
        match (start, byte) {
            (None, b'"') => start = Some(at),
            (None, _) => {}
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                if serde_json::from_str::<Value>(&element[from..=at]).is_err() {
                    return false;
                }
                start = None;
            }
            (Some(_), _) => {}
        }
    }
    true
}
