//! From JSON arrays to JSON Lines and back: the same whatever the chunks, with the faults that the readers find in the same
//! text.
//!
//! `PROPTEST_CASES=10000 cargo test --test files converting` looks longer.

use crate::documents;
use crate::target;
use std::error::Error as _;
use std::io::{self, Read};

use crate::common::{Chunks, Fault, Script, Step, show};
use crate::documents::Tree;
use crate::target::{Target, behind};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{Converted, Error, JsonlSlice, ReaderBuilder, array_to_jsonl, jsonl_to_array, normalize};

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

/// An input, what is written, and the fault: its kind, offset, line and column.
type Case<I> = (I, &'static str, ErrorKind, u64, u64, u64);

#[test]
fn a_fault_is_named_exactly_and_what_is_before_it_is_written() {
    #[rustfmt::skip]
    let cases: &[Case<&[u8]>] = &[
        (b"[1 2]", "1\n", ExpectedComma, 3, 1, 4),
        (b"[1,\n 2 3]", "1\n2\n", ExpectedComma, 7, 2, 4),
        (b"[1}", "1\n", ExpectedComma, 2, 1, 3),
        (b"[{}{}]", "{}\n", ExpectedComma, 3, 1, 4),
        (b"[\"a\":1]", "\"a\"\n", ExpectedComma, 4, 1, 5),
        (b"[1\0]", "1\n", ExpectedComma, 2, 1, 3),
        (b"[,1]", "", ExpectedValue, 1, 1, 2),
        (b"[1,,2]", "1\n", ExpectedValue, 3, 1, 4),
        (b"[}", "", ExpectedValue, 1, 1, 2),
        (b"[\0 ]\t\n", "", ExpectedValue, 1, 1, 2),
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
        (b"\0[\0]", Encoding, "UTF-16 (big-endian)"),
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

#[test]
fn jsonl_becomes_one_array() {
    for (lines, want) in [
        ("", "[]\n"),
        ("\u{feff}\r\n \n", "[]\n"),
        ("1", "[\n1\n]\n"),
        ("1\n2\n", "[\n1,\n2\n]\n"),
        ("\u{feff}{\"a\" : [1, 2]}\r\n\r\n \t\n\"a b\"  \n  null", "[\n{\"a\":[1,2]},\n\"a b\",\nnull\n]\n"),
    ] {
        for size in [1, 2, 7, usize::MAX] {
            let (out, result) = outcome(|out| jsonl_to_array(Chunks::new(lines.as_bytes(), [size]), out));
            let done = result.unwrap_or_else(|fault| panic!("{fault:?} in {lines:?}"));
            assert_eq!(out, want, "of {lines:?}");
            let records = JsonlSlice::new(lines.as_bytes()).deserialize::<IgnoredAny>().count() as u64;
            assert_eq!((done.records, done.bytes_read), (records, lines.len() as u64), "of {lines:?}");
        }
    }
}

#[test]
fn lines_become_plain() {
    for (lines, want) in [
        ("", ""),
        ("\u{feff}", ""),
        ("\n\r\n \t\r\n", ""),
        ("1", "1\n"),
        ("1\r", "1\n"),
        ("\u{feff}1\n2\n", "1\n2\n"),
        ("\r\n1\r\n\r\n2\r\n", "1\n2\n"),
        (" {\"a\" : \" b \\\" c \" , \"d\" :\t[ ] } \r\n[ 1 ,2,\r3 ]", "{\"a\":\" b \\\" c \",\"d\":[]}\n[1,2,3]\n"),
        ("\"a  b\\\\\" \n\"\\\\\\\" \"\n", "\"a  b\\\\\"\n\"\\\\\\\" \"\n"),
        // clean already, and so left as it is
        (
            "{\"a\":1.00,\"a\":-0,\"\\u0061\":\"\\/ \u{2028}\"}\n1E5\n\"\"\n",
            "{\"a\":1.00,\"a\":-0,\"\\u0061\":\"\\/ \u{2028}\"}\n1E5\n\"\"\n",
        ),
    ] {
        for size in [1, 2, 7, usize::MAX] {
            let (out, result) = outcome(|out| normalize(Chunks::new(lines.as_bytes(), [size]), out));
            let done = result.unwrap_or_else(|fault| panic!("{fault:?} in {lines:?}"));
            assert_eq!(out, want, "of {lines:?}");
            assert_eq!(
                (done.records, done.bytes_read),
                (want.lines().count() as u64, lines.len() as u64),
                "of {lines:?}"
            );
        }
        assert_eq!(converted(|out| normalize(want.as_bytes(), out)), want, "twice");
    }
}

/// Strings, escapes and white space at every place in a block of 64 bytes.
#[test]
fn white_space_is_told_from_text_wherever_it_is() {
    for pad in 0..130 {
        let x = "x".repeat(pad);
        for (text, want) in [
            (format!("[ \"{x}\\\\\" , \"{x} \\\" \" ,\t1 ]"), format!("[\"{x}\\\\\",\"{x} \\\" \",1]")),
            (format!("{{\"{x} \" :{}[ ]}}", " ".repeat(pad)), format!("{{\"{x} \":[]}}")),
            (format!("[{}1 ,22{}]", " ".repeat(pad), "\r\t".repeat(pad)), "[1,22]".to_owned()),
        ] {
            assert_eq!(converted(|out| normalize(text.as_bytes(), out)), want.clone() + "\n", "of {text}");
            let array = with_white(format!("[{text}]").as_bytes(), b' ', b'\n');
            assert_eq!(lines_of(&array, &[67]).0, want + "\n", "of {}", show(&array));
        }
    }
}

#[test]
fn a_bad_line_ends_a_conversion_and_the_records_before_it_are_written() {
    #[rustfmt::skip]
    let cases: &[Case<&str>] = &[
        ("1\n\n[2,]\n3\n", "1\n", TrailingComma, 6, 3, 4),
        ("1\n{\"a\":\"b\n3\n", "1\n", UnclosedString, 7, 2, 6),
        ("1\n2 3\n", "1\n", TrailingCharacters, 4, 2, 3),
        ("1\r\n{\"a\":", "1\n", UnexpectedEnd, 8, 2, 6),
        ("[\n1,\n2\n]\n", "", NotJsonLines, 0, 1, 1),
    ];
    for &(lines, want, kind, offset, line, column) in cases {
        let fault = Err(Fault { kind, offset, line, column });
        assert_eq!(outcome(|out| normalize(lines.as_bytes(), out)), (want.to_owned(), fault), "of {lines:?}");
        let array = if want.is_empty() { String::new() } else { format!("[\n{want}") };
        assert_eq!(outcome(|out| jsonl_to_array(lines.as_bytes(), out)), (array, fault), "of {lines:?}");
    }
    let error = normalize(&b"[\n1,\n2\n]\n"[..], io::sink()).unwrap_err();
    assert!(error.to_string().contains("`simd_jsonl::array_to_jsonl`"), "{error}");
}

/// A depth of 128 is a record's; the array around it does not count.
#[test]
fn depth_is_limited_and_costs_no_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let array = format!("[{}, {}]", nested(128), nested(1));
        assert_eq!(lines_of(array.as_bytes(), &[usize::MAX]).0, format!("{}\n{}\n", nested(128), nested(1)));
        let place = (2 + open.len() * 128 + 1) as u64;
        let deep = format!("[1,{}", open.repeat(1_000_000));
        for input in [&deep[..], &format!("[1,{}]", nested(129))] {
            let fault = Fault { kind: DepthLimit, offset: place, line: 1, column: place + 1 };
            assert_eq!(lines_of(input.as_bytes(), &[usize::MAX]), ("1\n".to_owned(), Err(fault)));
        }
    }
    // it is told as soon as it is there, and nothing is read that is far behind
    let mut input = Script::new([Step::Give(b"[".repeat(300)), Step::Fail(io::ErrorKind::Other)]);
    assert_eq!(array_to_jsonl(&mut input, io::sink()).unwrap_err().kind(), DepthLimit);
    let closing = b"]".repeat(1_000_000);
    assert_eq!(lines_of(&closing, &[usize::MAX]).1.unwrap_err().kind, ExpectedValue);
}

/// `head`, then `len` times `fill`, then `tail`.
fn long<'a>(head: &'a [u8], fill: u8, len: u64, tail: &'a [u8]) -> impl Read + 'a {
    head.chain(io::repeat(fill).take(len)).chain(tail)
}

/// By one byte.
#[test]
fn an_element_longer_than_the_limit() {
    let limit = 256 << 20;
    let (out, result) = outcome(|out| array_to_jsonl(long(b"[1,\n \"", b'x', limit - 1, b"\",2]"), out));
    assert_eq!((&*out, result), ("1\n", Err(Fault { kind: RecordTooLong, offset: 5, line: 2, column: 2 })));
}

#[test]
fn a_source_that_fails() {
    let array = "[{\"a\":\n[1,\n2]},\n\"bc\", 3\n]\n\n";
    for at in 0..=array.len() {
        let (before, rest) = array.as_bytes().split_at(at);
        let give = |bytes: &[u8]| Step::Give(bytes.to_vec());
        let fail = Step::Fail(io::ErrorKind::ConnectionReset);

        let error = array_to_jsonl(Script::new([give(before), fail]), io::sink()).unwrap_err();
        assert!(error.is_io(), "{error}");
        assert_eq!(error.position(), behind(before), "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ConnectionReset);

        let retry = || Step::Fail(io::ErrorKind::Interrupted);
        let script = Script::new([retry(), give(before), retry(), retry(), give(rest), retry()]);
        assert_eq!(converted(|out| array_to_jsonl(script, out)), "{\"a\":[1,2]}\n\"bc\"\n3\n");
    }
    // what is whole before is written
    let script = Script::new([Step::Give(b"[1,2,3".to_vec()), Step::Fail(io::ErrorKind::ConnectionReset)]);
    assert_eq!(outcome(|out| array_to_jsonl(script, out)).0, "1\n2\n");
}

#[test]
fn a_target_that_fails() {
    let element = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
    let array = format!("[\n{}\n]\n", vec![element; 200].join(",\n"));
    let lines = converted(|out| array_to_jsonl(array.as_bytes(), out));
    type Convert = fn(&[u8], Target) -> Result<Converted, Error>;
    let converters: [(Convert, &str, &str); 3] = [
        (|input, target| array_to_jsonl(input, target), &array, &lines),
        (|input, target| jsonl_to_array(input, target), &lines, &array),
        (|input, target| normalize(input, target), &lines, &lines),
    ];
    for (convert, input, want) in converters {
        for at in [0, 1, 1000, 1010, 70_000, want.len() - 1] {
            let full = target::Step::Fail(io::ErrorKind::StorageFull);
            let before = target::Step::Until { at, chunk: 999 };
            let target = Target::new([before].into_iter().chain([full; 1000]));
            let error = convert(input.as_bytes(), target.clone()).unwrap_err();
            assert_eq!(error.kind(), Io, "{error}");
            assert!(error.to_string().starts_with("cannot write: "), "{error}");
            assert_eq!(error.position(), behind(&want.as_bytes()[..at]), "{error}");
            let source = error.source().expect("its cause").downcast_ref::<io::Error>().expect("of I/O");
            assert_eq!(source.kind(), io::ErrorKind::StorageFull);
            assert_eq!(target.bytes(), &want.as_bytes()[..at]);
        }
        let target = Target::default();
        let done = convert(input.as_bytes(), target.clone()).expect("nothing fails");
        assert_eq!((done.records, target.bytes().len()), (200, want.len()));
        assert_eq!(target.0.borrow().flushes, 1, "flushed at the end");
        assert!(target.0.borrow().writes.len() < 10, "written in large pieces");

        let broken = format!("{}oops", &input[..input.len() - 3]);
        let target = Target::default();
        assert!(!convert(broken.as_bytes(), target.clone()).unwrap_err().is_io());
        assert!(target.0.borrow().flushes > 0 && target.bytes().len() > 190_000, "flushed on an error");
    }
}

/// Any value as `serde_json` has it.
fn value() -> impl Strategy<Value = Value> {
    documents::tree().prop_filter_map("valid", |tree| serde_json::from_slice(&text_of(&tree)).ok())
}

fn text_of(tree: &Tree) -> Vec<u8> {
    tree.text(documents::Style::Compact).into_bytes()
}

/// An array of any elements in any style, CRs for line breaks; its elements are valid, mostly.
fn array() -> impl Strategy<Value = Vec<u8>> {
    let lines = documents::line(vec(documents::tree(), 0..6).prop_map(Tree::Array));
    // damage may have taken the bracket
    lines.prop_filter("an array", |line| line.trim_ascii_start().starts_with(b"["))
}

proptest! {
    #[test]
    fn values_become_what_serde_json_writes(values in vec(value(), 0..6)) {
        let want: String = values.iter().map(target::line).collect();
        let compact = serde_json::to_string(&values).unwrap();
        let pretty = serde_json::to_string_pretty(&values).unwrap();
        let white = |to| with_white(pretty.as_bytes(), b' ', to);
        for array in [compact.as_bytes(), pretty.as_bytes(), &white(b'\t'), &white(b'\n'), &white(b'\r')] {
            for size in [1, 5, 64, usize::MAX] {
                let (out, result) = lines_of(array, &[size]);
                prop_assert_eq!(result.map(|done| done.records), Ok(values.len() as u64), "{}", show(array));
                prop_assert_eq!(&out, &want, "{}", show(array));
            }
        }
        // and back, and again
        let array = converted(|out| jsonl_to_array(want.as_bytes(), out));
        prop_assert_eq!(&serde_json::from_str::<Vec<Value>>(&array).unwrap(), &values, "{}", array);
        prop_assert_eq!(&lines_of(array.as_bytes(), &[usize::MAX]).0, &want);
        prop_assert_eq!(&converted(|out| normalize(want.as_bytes(), out)), &want);
    }

    #[test]
    fn any_array_is_converted_as_the_reader_reads_it(array in array(), chunks in vec(1..200usize, 1..4)) {
        let array = with_white(&array, b'\r', b'\n');
        let want = definition(&array);
        prop_assert_eq!(&lines_of(&array, &chunks), &want, "left: ours, right: as defined; {}", show(&array));
        prop_assert_eq!(&lines_of(&array, &[usize::MAX]), &want, "left: ours, right: as defined; {}", show(&array));
        let (lines, result) = want;
        if result.is_ok() {
            let again = converted(|out| jsonl_to_array(lines.as_bytes(), out));
            prop_assert_eq!(&lines_of(again.as_bytes(), &chunks).0, &lines, "there and back");
        }
    }

    #[test]
    fn lines_in_any_style_become_those_of_an_array(lines in vec(documents::line(documents::tree()), 0..5)) {
        let text = lines.join(&b"\r\n"[..]);
        let bad = ReaderBuilder::new().from_slice(&text).into_deserialize::<IgnoredAny>().find_map(Result::err);
        let (out, result) = outcome(|out| normalize(&text[..], out));
        prop_assert_eq!(result.err(), bad.as_ref().map(Fault::from), "{}", show(&text));
        let records: Vec<&str> = out.lines().collect();
        let elements = naive_elements(format!("[{}]", records.join(",")).as_bytes());
        prop_assert_eq!(elements.iter().map(|(_, element)| &element[..]).collect::<Vec<_>>(), records, "compact");
        if bad.is_none() {
            let array = [b"[", &with_white(&lines.join(&b","[..]), b'\r', b'\n')[..], b"]"].concat();
            if !lines.iter().any(|line| line.trim_ascii().is_empty()) {
                prop_assert_eq!(lines_of(&array, &[usize::MAX]).0, out, "{}", show(&text));
            }
        }
    }
}
