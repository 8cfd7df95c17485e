//! From JSON arrays to JSON Lines and back: the same whatever the chunks, with the faults that the readers find in the same
//! text.
//!
//! `PROPTEST_CASES=10000 cargo test --test converting` looks longer.

mod common;
#[path = "common/documents.rs"]
mod documents;
#[path = "common/target.rs"]
mod target;

use std::io;

use common::{Chunks, Fault, show};
use serde::de::IgnoredAny;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{Converted, Error, ReaderBuilder, array_to_jsonl};

/// What became of a conversion: its output, and how it ended.
type Outcome = (String, Result<Converted, Fault>);

fn outcome(convert: impl FnOnce(&mut Vec<u8>) -> Result<Converted, Error>) -> Outcome {
    let mut out = Vec::new();
    let result = convert(&mut out);
    let out = String::from_utf8(out).expect("UTF-8");
    if let Ok(done) = result {
        assert_eq!(done.bytes_written, out.len() as u64, "of {out:?}");
    }
    (out, result.map_err(|error| Fault::from(&error)))
}

/// From an array that comes in chunks of these sizes.
fn lines_of(array: &[u8], chunks: &[usize]) -> Outcome {
    outcome(|out| array_to_jsonl(Chunks::new(array, chunks), out))
}

/// From an array in chunks of every size, which must all agree.
fn lines_everywhere(array: &[u8]) -> Outcome {
    let want = lines_of(array, &[usize::MAX]);
    for size in 1..=array.len().min(130) {
        assert_eq!(lines_of(array, &[size]), want, "left: in chunks of {size}, right: at once; {}", show(array));
    }
    for chunks in [&[1, 7][..], &[63, 1, 1], &[2, 3, 5, 7, 11]] {
        assert_eq!(lines_of(array, chunks), want, "left: in {chunks:?}, right: at once; {}", show(array));
    }
    want
}

/// The output of a conversion that succeeds.
fn converted(convert: impl FnOnce(&mut Vec<u8>) -> Result<Converted, Error>) -> String {
    let (out, result) = outcome(convert);
    result.unwrap_or_else(|fault| panic!("{fault:?} behind {out}"));
    out
}

/// Where the elements end that are whole in `text`, an array up to its first fault, and what they are without white space.
fn naive_elements(text: &[u8]) -> Vec<(usize, String)> {
    let (mut all, mut element) = (Vec::new(), Vec::new());
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    for (at, &byte) in text.iter().enumerate() {
        if in_string {
            element.push(byte);
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            if !in_string && depth == 1 {
                all.push((at + 1, std::mem::take(&mut element)));
            }
            continue;
        }
        // a scalar ends before whatever is none
        if depth == 1 && (byte <= b' ' || b",:[]{}\"".contains(&byte)) && !element.is_empty() {
            all.push((at, std::mem::take(&mut element)));
        }
        in_string = byte == b'"';
        depth += i32::from(b"[{".contains(&byte)) - i32::from(b"]}".contains(&byte));
        let inside = depth > 1 || depth == 1 && b"]}".contains(&byte) || !b",[]{}".contains(&byte);
        if inside && depth > 0 && !b" \t\r\n".contains(&byte) {
            element.push(byte);
        }
        if depth == 1 && b"]}".contains(&byte) {
            all.push((at + 1, std::mem::take(&mut element)));
        }
    }
    all.into_iter().map(|(end, element)| (end, String::from_utf8_lossy(&element).into_owned())).collect()
}

/// What is expected of `array`, by the reader: it gets the array as one record, without line breaks.
fn definition(array: &[u8]) -> Outcome {
    let mut line = b"0\n".to_vec(); // behind this one, nothing is taken for another format
    line.extend(with_white(&with_white(array, b'\n', b' '), b'\r', b' ')); // nor a CR that would be no part of it
    let mut reader = ReaderBuilder::new().max_depth(129).from_slice(&line);
    let result = reader.deserialize::<IgnoredAny>().nth(1).expect("a record");
    let (end, fault) = match result {
        Ok(IgnoredAny) => (array.len(), None),
        Err(error) => {
            let offset = error.position().offset as usize - 2;
            let start = array[..offset].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
            let line = 1 + array[..offset].iter().filter(|byte| **byte == b'\n').count();
            let column = (offset - start) as u64 + 1;
            (offset, Some(Fault { kind: error.kind(), offset: offset as u64, line: line as u64, column }))
        }
    };
    let elements = naive_elements(array).into_iter().take_while(|(at, _)| *at <= end);
    let out: String = elements.map(|(_, element)| element + "\n").collect();
    let mut done = Converted::default();
    done.records = out.lines().count() as u64;
    (done.bytes_read, done.bytes_written) = (array.len() as u64, out.len() as u64);
    (out, fault.map_or(Ok(done), Err))
}

/// The array with one white byte for another, where it is not in a string.
fn with_white(array: &[u8], from: u8, to: u8) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    let change = |&byte: &u8| {
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
        } else {
            in_string = byte == b'"';
        }
        if byte == from && !in_string { to } else { byte }
    };
    array.iter().map(change).collect()
}

#[test]
fn each_element_becomes_a_line() {
    for (array, want) in [
        ("[]", ""),
        (" \n[ \r\n ]\n\n", ""),
        ("\u{feff}[1]", "1\n"),
        ("\u{feff} \n [1]", "1\n"),
        ("[1]", "1\n"),
        ("[1,2]\n", "1\n2\n"),
        ("[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n", "{\"a\":1}\n{\"a\":2}\n"),
        ("[{\n\"a\"\n:\n[\n]\n}\n,\n{\n}\n]", "{\"a\":[]}\n{}\n"),
        ("[\r\n{\r\n\"a\"\t:\r\n[\r\n1 ,\r\n2 ] }\r\n]\r\n", "{\"a\":[1,2]}\n"),
        ("[true,false,null,-0.0,1E400]", "true\nfalse\nnull\n-0.0\n1E400\n"),
        (
            r#"["a b", " \n\" ] , [ ", "\\", "\\\" ]", ""]"#,
            "\"a b\"\n\" \\n\\\" ] , [ \"\n\"\\\\\"\n\"\\\\\\\" ]\"\n\"\"\n",
        ),
        (
            r#"[{" a \" b " : " c\\" , "é日😀\u2028" : "\u00e9" }]"#,
            "{\" a \\\" b \":\" c\\\\\",\"é日😀\\u2028\":\"\\u00e9\"}\n",
        ),
        ("[[[ ]],[[],[ ]],{}]", "[[]]\n[[],[]]\n{}\n"),
        ("[\"\u{2028}\u{85}\u{feff}\"]", "\"\u{2028}\u{85}\u{feff}\"\n"),
        ("[123456789012345678901234567890, 0.10000]", "123456789012345678901234567890\n0.10000\n"),
    ] {
        let (out, result) = lines_everywhere(array.as_bytes());
        let done = result.unwrap_or_else(|fault| panic!("{fault:?} in {array:?}"));
        assert_eq!(out, want, "of {array:?}");
        assert_eq!((done.records, done.bytes_read), (want.lines().count() as u64, array.len() as u64), "of {array:?}");
    }
}

#[test]
fn a_fault_is_named_exactly_and_what_is_before_it_is_written() {
    // what is written, and the kind, offset, line and column
    #[rustfmt::skip]
    let cases: &[(&[u8], &str, ErrorKind, u64, u64, u64)] = &[
        (b"[1 2]", "1\n", ExpectedComma, 3, 1, 4),
        (b"[1,\n 2 3]", "1\n2\n", ExpectedComma, 7, 2, 4),
        (b"[1}", "1\n", ExpectedComma, 2, 1, 3),
        (b"[{}{}]", "{}\n", ExpectedComma, 3, 1, 4),
        (b"[\"a\":1]", "\"a\"\n", ExpectedComma, 4, 1, 5),
        (b"[1\0]", "1\n", ExpectedComma, 2, 1, 3),
        (b"[,1]", "", ExpectedValue, 1, 1, 2),
        (b"[1,,2]", "1\n", ExpectedValue, 3, 1, 4),
        (b"[}", "", ExpectedValue, 1, 1, 2),
        (b"[1,:]", "1\n", ExpectedValue, 3, 1, 4),
        (b"[1,\n]", "1\n", TrailingComma, 4, 2, 1),
        (b"[1,\n\n{\"a\":1,\n}]", "1\n", TrailingComma, 13, 4, 1),
        (b"[{\"a\":1}\n,\n{\n \"b\" 2 }]", "{\"a\":1}\n", ExpectedColon, 18, 4, 6),
        (b"[{\"a\":1]\n,2]", "", ExpectedComma, 7, 1, 8),
        (b"[[1}]", "", ExpectedComma, 3, 1, 4),
        (b"[{a:1}]", "", ExpectedKey, 2, 1, 3),
        (b"[1,tru]", "1\n", InvalidLiteral, 3, 1, 4),
        (b"[\n01]", "", InvalidNumber, 2, 2, 1),
        (b"[\n[1,\n-]]", "", InvalidNumber, 6, 3, 1),
        (b"[1,NaN]", "1\n", InvalidLiteral, 3, 1, 4),
        (b"[\"a\nb\"]", "", UnclosedString, 1, 1, 2),
        (b"[1,\n\"a\\\nb\"]", "1\n", UnclosedString, 4, 2, 1),
        (b"[\"a\tb\"]", "", ControlCharacter, 3, 1, 4),
        (b"[{\n\"a\tb\": 1}]", "", ControlCharacter, 5, 2, 3),
        (b"[{\n\"a\rb\":\n1}]", "", ControlCharacter, 5, 2, 3),
        (b"[\"\\x\"]", "", InvalidEscape, 2, 1, 3),
        (b"[1,\"\\ud800\"]", "1\n", LoneSurrogate, 4, 1, 5),
        (b"[1,\"\xff\"]", "1\n", InvalidUtf8, 4, 1, 5),
        (b"[1,\xff\xfe]", "1\n", InvalidUtf8, 3, 1, 4),
        (b"[1 \xff]", "1\n", InvalidUtf8, 3, 1, 4),
        (b"[1 \xc3\xa9]", "1\n", ExpectedComma, 3, 1, 4),
        (b"[1]\xc3\xa9", "1\n", TrailingCharacters, 3, 1, 4),
        (b"[BZh1]", "", InvalidLiteral, 1, 1, 2),
        (b"[\xef\xbb\xbf1]", "", ByteOrderMark, 1, 1, 2),
        (b"[1\xef\xbb\xbf]", "", InvalidNumber, 1, 1, 2),
        (b"[1 \xef\xbb\xbf]", "1\n", ByteOrderMark, 3, 1, 4),
        (b"\xef\xbb\xbf[1 2]", "1\n", ExpectedComma, 6, 1, 4),
        (b"\xef\xbb\xbf\n[1 2]", "1\n", ExpectedComma, 7, 2, 4),
        (b"[1] 2", "1\n", TrailingCharacters, 4, 1, 5),
        (b"[1]\n[2]\n", "1\n", TrailingCharacters, 4, 2, 1),
        (b"[1]]", "1\n", TrailingCharacters, 3, 1, 4),
        (b"[1],", "1\n", TrailingCharacters, 3, 1, 4),
        (b"", "", UnexpectedEnd, 0, 1, 1),
        (b" \n ", "", UnexpectedEnd, 3, 2, 2),
        (b"\xef\xbb\xbf", "", UnexpectedEnd, 3, 1, 1),
        (b"[", "", UnexpectedEnd, 1, 1, 2),
        (b"[1", "", UnexpectedEnd, 2, 1, 3),
        (b"[1 ", "1\n", UnexpectedEnd, 3, 1, 4),
        (b"[1,\n", "1\n", UnexpectedEnd, 4, 2, 1),
        (b"[{\n\"a\":\n", "", UnexpectedEnd, 8, 3, 1),
        (b"[\"a", "", UnclosedString, 1, 1, 2),
    ];
    for &(array, want, kind, offset, line, column) in cases {
        let (out, result) = lines_everywhere(array);
        assert_eq!(result, Err(Fault { kind, offset, line, column }), "of {}", show(array));
        assert_eq!(out, want, "of {}", show(array));
    }
}

#[test]
fn what_is_no_array_is_named() {
    for (input, kind, words) in [
        (&b"{\"a\":1}\n{\"a\":2}\n"[..], ExpectedValue, "expected a JSON array; the input is JSON Lines already"),
        (b"1\n2\n", ExpectedValue, "JSON Lines already"),
        (b"\"a\"", ExpectedValue, "JSON Lines already"),
        (b"{\"a\":1}\r\n", ExpectedValue, "JSON Lines already"),
        (b"{\n \"a\": [1]\n}\n", ExpectedValue, "the input is an object"),
        (b"{\"a\": [1]}", ExpectedValue, "the input is an object"),
        (b"oops", ExpectedValue, "expected a JSON array, found 'o'"),
        (b"\xc3\xa9", ExpectedValue, "expected a JSON array, found '\u{e9}'"),
        (b"]", ExpectedValue, "expected a JSON array, found ']'"),
        (b"\xff", InvalidUtf8, "invalid UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbf[1]", ByteOrderMark, "found a byte order mark"),
        (b"\xff\xfe[\0]\0", Encoding, "UTF-16 (little-endian)"),
        (b"\x1f\x8b\x08\0", Compressed, "gzip"),
        (b"[1]\n[2]\n", TrailingCharacters, "JSON Lines need no conversion"),
    ] {
        for size in [1, 2, 3, usize::MAX] {
            let error = array_to_jsonl(Chunks::new(input, [size]), io::sink()).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(words), "{error}, not {words:?}");
        }
    }
}

/// The reader, which gets the array as one record, finds the same first fault.
#[test]
fn an_array_that_is_cut_at_any_byte() {
    let array =
        "[ {\"a\" : [1, -2.5e3,\n true], \"é\\n\\u00e9\\\\\":\"\\ud83d\\ude00\"},\r\n\"x\\\"y\" ,\n null,[{}],12 ]";
    assert_eq!(lines_everywhere(array.as_bytes()), definition(array.as_bytes()));
    assert_eq!(definition(array.as_bytes()).1.unwrap().records, 5);
    for cut in 1..array.len() {
        let cut = &array.as_bytes()[..cut];
        assert_eq!(lines_everywhere(cut), definition(cut), "left: ours, right: as defined; {}", show(cut));
    }
}
