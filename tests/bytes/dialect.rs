//! The dialect: what is a record, what is not, and what is said about it, by default and when strict; as tables of inputs
//! with the outcome of each record, over every transport at every level.

use std::collections::BTreeMap;

use crate::common::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{JsonlReader, ReaderBuilder};

/// What is expected of a record.
#[derive(Clone, Debug)]
enum Want {
    Is(Value),
    Fails { kind: ErrorKind, line: u64, column: u64 },
}

fn is(value: impl Into<Value>) -> Want {
    Want::Is(value.into())
}

/// Fails at this line and column.
fn fails(kind: ErrorKind, line: u64, column: u64) -> Want {
    Want::Fails { kind, line, column }
}

/// An input and what is expected by default; `strict` is where strictness makes a difference.
struct Case {
    input: Vec<u8>,
    default: Vec<Want>,
    strict: Option<Vec<Want>>,
}

/// Strict or not, the same.
fn both(input: impl AsRef<[u8]>, wants: impl Into<Vec<Want>>) -> Case {
    Case { input: input.as_ref().to_vec(), default: wants.into(), strict: None }
}

/// One by default, another when strict.
fn differs(input: impl AsRef<[u8]>, default: impl Into<Vec<Want>>, strict: impl Into<Vec<Want>>) -> Case {
    Case { strict: Some(strict.into()), ..both(input, default) }
}

/// The one bad line between two good ones, `1` and `2`; `column` is in that line.
fn spoils(line: impl AsRef<[u8]>, kind: ErrorKind, column: u64) -> Case {
    let input = [b"1\n", line.as_ref(), b"\n2\n"].concat();
    both(input, [is(1), fails(kind, 2, column), is(2)])
}

/// The one good line between two others.
fn reads(line: impl AsRef<[u8]>, value: impl Into<Value>) -> Case {
    let input = [b"1\n", line.as_ref(), b"\n2\n"].concat();
    both(input, [is(1), is(value), is(2)])
}

fn check(cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        for strict in [false, true] {
            let mut builder = ReaderBuilder::new();
            builder.strict(strict);
            let wants = case.strict.as_ref().filter(|_| strict).unwrap_or(&case.default);
            let got = outcomes_everywhere::<Value>(&case.input, &builder);
            let equal = got.len() == wants.len()
                && got.iter().zip(wants).all(|(got, want)| match (got, want) {
                    (Outcome::Ok(got), Want::Is(want)) => got == want,
                    (Outcome::Err(got), Want::Fails { kind, line, column }) => {
                        (got.kind, got.line, got.column) == (*kind, *line, *column)
                    }
                    _ => false,
                });
            assert!(equal, "{}, strict: {strict}\nexpected {wants:?}\n     got {got:?}", show(&case.input));

            // What is skipped is validated like the rest, and the same is said about it.
            let skipped = outcomes_at_levels::<IgnoredAny>(&case.input, &builder);
            let faults = |(i, fault): (usize, Option<Fault>)| fault.map(|fault| (i, fault));
            let skipped: Vec<_> = skipped.iter().map(Outcome::fault).enumerate().filter_map(faults).collect();
            let decoded: Vec<_> = got.iter().map(Outcome::fault).enumerate().filter_map(faults).collect();
            assert_eq!(skipped, decoded, "left: skipped, right: decoded; {}, strict: {strict}", show(&case.input));
        }
    }
}

/// The first error of an input by default and when strict, on a slice and from a file: its kind, position and message are
/// equal everywhere; returns the message.
fn first_error(input: &[u8]) -> (Fault, String) {
    let mut seen: Option<(Fault, String)> = None;
    for strict in [false, true] {
        let mut builder = ReaderBuilder::new();
        builder.strict(strict);
        let outcomes = outcomes_everywhere::<Value>(input, &builder);
        let fault = outcomes.first().and_then(Outcome::fault);
        let fault = fault.unwrap_or_else(|| panic!("{}: {outcomes:?}", show(input)));
        let e = builder.from_slice(input).into_deserialize::<Value>().next().unwrap().unwrap_err();
        let from_reader = builder.from_reader(input).into_deserialize::<Value>().next().unwrap().unwrap_err();
        assert_eq!(e.to_string(), from_reader.to_string(), "{}", show(input));
        let now = (fault, e.to_string());
        if let Some(before) = seen.replace(now.clone()) {
            assert_eq!(now, before, "left: strict, right: by default; {}", show(input));
        }
    }
    seen.unwrap()
}

#[test]
fn separators() {
    check([
        both("1\n2\n", [is(1), is(2)]),
        both("1\r\n2\r\n", [is(1), is(2)]),
        both("1\r\n2\n", [is(1), is(2)]),
        both(" 1 \t\r\n\t[ 2 ]\t\n", [is(1), is(json!([2]))]),
        // A bare CR is white space, and no more.
        both("1\r2\n3\n", [fails(TrailingCharacters, 1, 3), is(3)]),
        both("[1,\r2]\n3\n", [is(json!([1, 2])), is(3)]),
        both("\r1\r\r\n2\r", [is(1), is(2)]),
        spoils("{\"a\":1}\r{\"a\":2}", TrailingCharacters, 9),
        spoils("\"a\rb\"", ControlCharacter, 3),
        // None of the other characters that some take for a line break is one.
        reads("\"a\u{2028}b\u{2029}c\u{85}d\"", "a\u{2028}b\u{2029}c\u{85}d"),
        spoils("{} \u{2028}{}", TrailingCharacters, 4),
        spoils("{}\u{2029}{}", TrailingCharacters, 3),
        spoils("[1]\u{85}[2]", TrailingCharacters, 4),
        spoils("\u{2028}", ExpectedValue, 1),
        spoils("\u{85}{}", ExpectedValue, 1),
        spoils("[ \u{2029}1]", ExpectedValue, 3),
        // Nor is any other ASCII character white space.
        spoils("\u{b}1", ExpectedValue, 1),
        spoils("\u{c}", ExpectedValue, 1),
        spoils("[1,\u{c}2]", ExpectedValue, 4),
        spoils("[1\u{b}]", ExpectedComma, 3),
        spoils("{\"a\"\u{1f}:1}", ExpectedColon, 5),
        spoils("{} \u{1e}", TrailingCharacters, 4),
        spoils("\u{1e}{}", ExpectedValue, 1),
        spoils("\u{a0}{}", ExpectedValue, 1),
        spoils("{}\u{7f}", TrailingCharacters, 3),
    ]);
}

#[test]
fn last_line() {
    check([
        both("1\n2", [is(1), is(2)]),
        both("1", [is(1)]),
        both("\"é\"", [is("é")]),
        both("1\n{\"a\":", [is(1), fails(UnexpectedEnd, 2, 6)]),
        both("1\n{\"a\":[true", [is(1), fails(UnexpectedEnd, 2, 11)]),
        both("1\n{\"a", [is(1), fails(UnclosedString, 2, 2)]),
        both("1\n[\"\u{e9}", [is(1), fails(UnclosedString, 2, 2)]),
        both("1\ntru", [is(1), fails(InvalidLiteral, 2, 1)]),
        both("1\n-", [is(1), fails(InvalidNumber, 2, 1)]),
        both("", []),
    ]);
    for (input, want) in [("1\n2", vec![true, false]), ("1\n2\n", vec![true, true]), ("1\r\n2\r", vec![true, false])] {
        for strict in [false, true] {
            let records = records_everywhere(input.as_bytes(), ReaderBuilder::new().strict(strict));
            let got: Vec<_> = records.iter().map(|r| r.ok().unwrap().terminated).collect();
            assert_eq!(got, want, "{input:?}, strict: {strict}");
        }
    }
}

#[test]
fn blank_lines() {
    let blank = |line| fails(BlankLine, line, 1);
    check([
        differs("1\n\n2\n", [is(1), is(2)], [is(1), blank(2), is(2)]),
        differs("\n1\n", [is(1)], [blank(1), is(1)]),
        differs("1\n  \t \n2", [is(1), is(2)], [is(1), blank(2), is(2)]),
        differs("1\r\n\r\n2\r\n", [is(1), is(2)], [is(1), blank(2), is(2)]),
        differs("1\n\r\r\n2\n", [is(1), is(2)], [is(1), blank(2), is(2)]),
        differs("1\n \r\n\n2\n", [is(1), is(2)], [is(1), blank(2), blank(3), is(2)]),
        differs("1\n   ", [is(1)], [is(1), blank(2)]),
        differs("1\n\r", [is(1)], [is(1), blank(2)]),
        differs("\n", [], [blank(1)]),
        differs(" ", [], [blank(1)]),
        differs("\n\n\n", [], [blank(1), blank(2), blank(3)]),
        differs("\n\n]\n", [fails(ExpectedValue, 3, 1)], [blank(1), blank(2), fails(ExpectedValue, 3, 1)]),
        both("1\n", [is(1)]),
    ]);
}

#[test]
fn byte_order_mark() {
    let bom = "\u{FEFF}";
    let mark = |line, column| fails(ByteOrderMark, line, column);
    check([
        differs(format!("{bom}1\n2\n"), [is(1), is(2)], [mark(1, 1), is(2)]),
        differs(format!("{bom}{{\"a\":1}}"), [is(json!({"a": 1}))], [mark(1, 1)]),
        differs(format!("{bom} \"x\"\r\n2\n"), [is("x"), is(2)], [mark(1, 1), is(2)]),
        differs(bom, [], [mark(1, 1)]),
        differs(format!("{bom}\n1\n"), [is(1)], [mark(1, 1), is(1)]),
        // The column does not count it; the offset does.
        differs(format!("{bom}[1,]\n2"), [fails(TrailingComma, 1, 4), is(2)], [mark(1, 1), is(2)]),
        differs(format!("{bom}{bom}1\n2"), [mark(1, 1), is(2)], [mark(1, 1), is(2)]),
        spoils(format!("{bom}1"), ByteOrderMark, 1),
        spoils(format!("{bom}{{\"a\":1}}"), ByteOrderMark, 1),
        spoils(bom, ByteOrderMark, 1),
        spoils(format!("{{}}{bom}"), ByteOrderMark, 3),
        spoils(format!("[{bom}1]"), ByteOrderMark, 2),
        reads(format!("\"{bom}\""), "\u{FEFF}"),
        both(b"\xEF\xBB{}\n1\n", [fails(InvalidUtf8, 1, 1), is(1)]),
    ]);
}

#[test]
fn nul_bytes() {
    check([
        spoils("\"a\0b\"", ControlCharacter, 3),
        spoils("{\"\0\":1}", ControlCharacter, 3),
        spoils("{\"a\":1}\0", TrailingCharacters, 8),
        spoils("{\"a\":1} \0\0", TrailingCharacters, 9),
        spoils("\0{\"a\":1}", ExpectedValue, 1),
        spoils("\0\0\0\0\0\0\0\0", ExpectedValue, 1),
        spoils("[\0]", ExpectedValue, 2),
        spoils("{\"a\":\0 1}", ExpectedValue, 6),
        spoils("{\"a\"\0:1}", ExpectedColon, 5),
        spoils("{\0\"a\":1}", ExpectedKey, 2),
        spoils("[1,2\0]", ExpectedComma, 5),
        spoils([0; 200], ExpectedValue, 1),
        reads("\"\\u0000\"", "\0"),
    ]);
}

#[test]
fn what_others_let_pass() {
    check([
        // Comments.
        spoils("// comment", ExpectedValue, 1),
        spoils("# comment", ExpectedValue, 1),
        spoils("/* comment */ 1", ExpectedValue, 1),
        spoils("{} // comment", TrailingCharacters, 4),
        spoils("{\"a\":[1] /* \"x\" */}", ExpectedComma, 10),
        spoils("[1, /**/ 2]", ExpectedValue, 5),
        spoils("{/**/\"a\":1}", ExpectedKey, 2),
        // Trailing and missing commas.
        spoils("[1,]", TrailingComma, 4),
        spoils("[1, ]", TrailingComma, 5),
        spoils("{\"a\":1,}", TrailingComma, 8),
        spoils("{\"a\":{\"b\":[\"c\",]}}", TrailingComma, 16),
        spoils("[,]", ExpectedValue, 2),
        spoils("[,1]", ExpectedValue, 2),
        spoils("[1,,2]", ExpectedValue, 4),
        spoils("{,}", ExpectedKey, 2),
        spoils("{\"a\":1,,\"b\":2}", ExpectedKey, 8),
        spoils("[1 2]", ExpectedComma, 4),
        spoils("[\"a\"\"b\"]", ExpectedComma, 5),
        spoils("{\"a\":1 \"b\":2}", ExpectedComma, 8),
        spoils("{\"a\":1},", TrailingCharacters, 8),
        spoils(",{\"a\":1}", ExpectedValue, 1),
        // More than one value on a line.
        spoils("1 2", TrailingCharacters, 3),
        spoils("1,2", TrailingCharacters, 2),
        spoils("{}{}", TrailingCharacters, 3),
        spoils("{} {}", TrailingCharacters, 4),
        spoils("{\"a\":1}\t{\"a\":2}", TrailingCharacters, 9),
        spoils("[1][2]", TrailingCharacters, 4),
        spoils("\"a\"\"b\"", TrailingCharacters, 4),
        spoils("\"a\" 1", TrailingCharacters, 5),
        spoils("true false", TrailingCharacters, 6),
        spoils("null{}", TrailingCharacters, 5),
        spoils("1{}", TrailingCharacters, 2),
        spoils("1\"a\"", TrailingCharacters, 2),
        spoils("{}]", TrailingCharacters, 3),
        spoils("{}:", TrailingCharacters, 3),
        // Quotes of other kinds, and none.
        spoils("{'a':1}", ExpectedKey, 2),
        spoils("{\"a\":'b'}", ExpectedValue, 6),
        spoils("'a'", ExpectedValue, 1),
        spoils("{a:1}", ExpectedKey, 2),
        spoils("{1:1}", ExpectedKey, 2),
        spoils("{null:1}", ExpectedKey, 2),
        spoils("\u{201c}a\u{201d}", ExpectedValue, 1),
        spoils("`a`", ExpectedValue, 1),
    ]);
}

#[test]
fn numbers_and_literals() {
    check([
        spoils("Infinity", InvalidLiteral, 1),
        spoils("-Infinity", InvalidNumber, 1),
        spoils("[NaN]", InvalidLiteral, 2),
        spoils("{\"a\":NaN}", InvalidLiteral, 6),
        spoils("-NaN", InvalidNumber, 1),
        spoils("nan", InvalidLiteral, 1),
        spoils("inf", InvalidLiteral, 1),
        spoils("True", InvalidLiteral, 1),
        spoils("None", InvalidLiteral, 1),
        spoils("undefined", InvalidLiteral, 1),
        spoils("nulL", InvalidLiteral, 1),
        spoils("nul", InvalidLiteral, 1),
        spoils("[true,fals]", InvalidLiteral, 7),
        spoils("truee", InvalidLiteral, 1),
        spoils("nullnull", InvalidLiteral, 1),
        spoils("+1", ExpectedValue, 1),
        spoils(".5", ExpectedValue, 1),
        spoils("01", InvalidNumber, 1),
        spoils("-01", InvalidNumber, 1),
        spoils("[-]", InvalidNumber, 2),
        spoils("1.", InvalidNumber, 1),
        spoils("[1.e5]", InvalidNumber, 2),
        spoils("1e", InvalidNumber, 1),
        spoils("1e+", InvalidNumber, 1),
        spoils("[0x10]", InvalidNumber, 2),
        spoils("1_000", InvalidNumber, 1),
        spoils("1.2.3", InvalidNumber, 1),
        spoils("--1", InvalidNumber, 1),
        spoils("1e5e5", InvalidNumber, 1),
        spoils("[1,2,3a]", InvalidNumber, 6),
        reads("-0", -0.0),
        reads("-0.0", -0.0),
        reads("0e0", 0.0),
        reads("1E+2", 100.0),
        reads("5e-324", 5e-324),
        reads("1e-400", 0.0),
        reads("18446744073709551615", u64::MAX),
        reads("-9223372036854775808", i64::MIN),
        reads("18446744073709551616", 18446744073709551616.0),
        reads("-9223372036854775809", -9223372036854775808.0),
    ]);
    // A number beyond f64 is an error for who decodes it, and a number for who does not.
    for line in ["1e400", "-1e400", "1e309", "[1.8e308]", "{\"a\":123456789e999999999}"] {
        let input = format!("1\n{line}\n2\n");
        let got = outcomes_everywhere::<Value>(input.as_bytes(), &ReaderBuilder::new());
        let fault = got[1].fault().unwrap_or_else(|| panic!("{line}: {got:?}"));
        let column = 1 + line.find(|c: char| c.is_ascii_digit() || c == '-').unwrap() as u64;
        assert_eq!((fault.kind, fault.line, fault.column), (NumberOutOfRange, 2, column), "{line}");
        assert_eq!((got.len(), got[2].ok()), (3, Some(&json!(2))), "{line}");
        let skipped = outcomes_everywhere::<IgnoredAny>(input.as_bytes(), &ReaderBuilder::new());
        assert_eq!(skipped, [Outcome::Ok(IgnoredAny), Outcome::Ok(IgnoredAny), Outcome::Ok(IgnoredAny)], "{line}");
    }
    // An f32 is held to its own range.
    let got = outcomes_everywhere::<f32>(b"3.4028235e38\n3.5e38\n-1e39\n1e-50\n16777217\n", &ReaderBuilder::new());
    assert_eq!(got[0].ok(), Some(&f32::MAX));
    assert_eq!([1, 2].map(|i| got[i].fault().map(|f| f.kind)), [Some(NumberOutOfRange); 2]);
    assert_eq!([3, 4].map(|i| got[i].ok().copied()), [Some(0.0), Some(16777216.0)]);
}

/// UTF-16 and UTF-32, of either byte order, with a byte order mark and without.
#[test]
fn other_encodings() {
    let wide = |text: &str, big: bool, width: usize| -> Vec<u8> {
        let units: Vec<u32> = match width {
            2 => text.encode_utf16().map(u32::from).collect(),
            _ => text.chars().map(u32::from).collect(),
        };
        let unit = |u: u32| match big {
            true => u.to_be_bytes()[4 - width..].to_vec(),
            false => u.to_le_bytes()[..width].to_vec(),
        };
        units.into_iter().flat_map(unit).collect()
    };
    for text in ["{\"a\":1}\n{\"a\":2}\n", "[1,2]\r\n[3]\r\n", "\"x\"\n", "{\"name\":\"é€🎈\"}"] {
        for mark in ["\u{FEFF}", ""] {
            for (width, big, name) in
                [(2, false, "UTF-16"), (2, true, "UTF-16"), (4, false, "UTF-32"), (4, true, "UTF-32")]
            {
                let input = wide(&format!("{mark}{text}"), big, width);
                let (fault, message) = first_error(&input);
                let place = (fault.kind, fault.line, fault.column);
                assert_eq!(place, (Encoding, 1, 1), "{name}, big-endian: {big}: {}", show(&input));
                assert!(message.contains(name), "{name}, big-endian: {big}: {message}");
                // Nothing in such a file passes for a record.
                let all = outcomes_briefly::<Value>(&input, &ReaderBuilder::new());
                assert!(all.iter().all(|o| o.fault().is_some()), "{name}, big-endian: {big}: {all:?}");
            }
        }
    }
}

/// A JSON array, or a value over several lines: the first record's error says that this is another format, and what helps.
#[test]
fn other_json_files() {
    for (input, line) in [
        ("[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n", 1),
        ("{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}\n", 1),
        ("[\r\n  1,\r\n  2\r\n]\r\n", 1),
        ("{\r\n\"a\": 1\r\n}", 1),
        ("[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n", 1),
        ("[{\"a\":1}, \t\r\n {\"a\":2}]\n", 1),
        ("[1,\n2]", 1),
        ("[ \n1]", 1),
        ("  [  \n1]", 1),
        ("\t{\t\n\"a\":1}", 1),
    ] {
        let (fault, message) = first_error(input.as_bytes());
        assert_eq!((fault.kind, fault.line), (NotJsonLines, line), "{input:?}: {message}");
        let converter = if input.contains('[') && !input.trim_ascii().starts_with('{') {
            "`simd_jsonl::array_to_jsonl`"
        } else {
            "`jq -c"
        };
        assert!(message.contains(converter), "{input:?}: {message}");
    }
    // The first line that is not blank counts, after a byte order mark too.
    for (input, line) in [("\n\n[\n1\n]\n", 3), ("\u{FEFF}[\n1\n]\n", 1), ("\u{FEFF}\n \n{\n\"a\":1\n}\n", 3)] {
        let got = outcomes_everywhere::<Value>(input.as_bytes(), &ReaderBuilder::new());
        let fault = got[0].fault().unwrap_or_else(|| panic!("{input:?}: {got:?}"));
        assert_eq!((fault.kind, fault.line), (NotJsonLines, line), "{input:?}");
    }
    check([
        // An array on one line is a record, and a later line that looks like the beginning of a file is just a bad line.
        both("[{\"a\":1},{\"a\":2}]\n", [is(json!([{"a": 1}, {"a": 2}]))]),
        both("[\"x\"]\n[\n", [is(json!(["x"])), fails(UnexpectedEnd, 2, 2)]),
        spoils("{", UnexpectedEnd, 2),
        spoils("[1,", UnexpectedEnd, 4),
        both("[1\n2\n", [fails(UnexpectedEnd, 1, 3), is(2)]),
        both("{\"a\":\n2\n", [fails(UnexpectedEnd, 1, 6), is(2)]),
        both("]\n2\n", [fails(ExpectedValue, 1, 1), is(2)]),
    ]);
}

#[test]
fn compressed_files() {
    // Beginnings of what `gzip`, `zstd` and `bzip2` make.
    let gzip = b"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\xABV\x4AT\xB2\x32\xAC\xE5\x02\x00";
    let zstd = b"\x28\xB5\x2F\xFD\x24\x08\x41\x00\x00{\"a\":1}\n\xB4\x9E\x0A\xC5";
    let bzip2 = b"BZh91AY&SY\x8B\x9E\x8F\x30\x00\x00\x03\x19\x80\x10\x00\x20";
    for (input, feature) in [(&gzip[..], "gzip"), (zstd, "zstd"), (bzip2, "bzip2")] {
        let (fault, message) = first_error(input);
        assert_eq!((fault.kind, fault.offset, fault.line), (Compressed, 0, 1), "{feature}: {message}");
        assert!(message.contains(feature), "{feature}: {message}");
        let file = file_with(input);
        let e = JsonlReader::from_path(file.path()).unwrap().into_deserialize::<Value>().next().unwrap().unwrap_err();
        assert_eq!(e.kind(), Compressed, "{feature}: {e}");
        assert!(e.to_string().contains(feature), "{feature}: {e}");
    }
    // Only the beginning of the input is looked at.
    check([spoils("BZh91AY&SY", InvalidLiteral, 1), both("BZ\n1", [fails(InvalidLiteral, 1, 1), is(1)])]);
}

#[test]
fn invalid_utf8() {
    let sequences: [&[u8]; 14] = [
        b"\x80",
        b"\xBF",
        b"\xC0\x80",
        b"\xC1\xBF",
        b"\xC3",
        b"\xE0\x9F\xBF",
        b"\xE2\x82",
        b"\xED\xA0\x80",
        b"\xED\xBF\xBF",
        b"\xF0\x8F\xBF\xBF",
        b"\xF0\x9F\x8E",
        b"\xF4\x90\x80\x80",
        b"\xF8\x88\x80\x80\x80",
        b"\xFF",
    ];
    let around: [(&[u8], &[u8]); 8] = [
        (b"\"", b"\""),
        (b"\"caf\xC3\xA9 ", b" after\""),
        (b"{\"", b"\":1}"),
        (b"{\"a\":{\"b\":[\"", b"\"]}}"),
        (b"{\"a\":1} ", b""),
        (b"", b"{\"a\":1}"),
        (b"[1,", b"2]"),
        (b"{\"long\":\"0123456789012345678901234567890123456789012345678901234567890123456789\",\"b\":\"", b"\"}"),
    ];
    for bad in sequences {
        for (before, after) in around {
            let line = [before, bad, after].concat();
            check([spoils(&line, InvalidUtf8, before.len() as u64 + 1)]);
        }
    }
    // Good sequences, wherever a chunk or a block may cut them.
    let text = "é€🎈\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}".repeat(9);
    check([reads(format!("\"{text}\""), text.clone()), both(format!("[\"{text}\"]"), [is(json!([text]))])]);
    // A sequence cut off by the line's end does not take from the next line.
    check([
        both(b"\"\xE2\n\x82\xAC\"\n1", [fails(UnclosedString, 1, 1), fails(InvalidUtf8, 2, 1), is(1)]),
        both(b"\"\xF0\x9F\x8E\"\n\"\x88\"\n1\n", [fails(InvalidUtf8, 1, 2), fails(InvalidUtf8, 2, 2), is(1)]),
        both(b"1\n\"\xF0\x9F\x8E", [is(1), fails(UnclosedString, 2, 1)]),
    ]);
}

#[test]
fn lone_surrogates() {
    let bad = [
        "\\ud800",
        "\\uDBFF",
        "\\udc00",
        "\\uDFFF",
        "\\ud800x",
        "\\ud800\\n",
        "\\ud800\\u0041",
        "\\ud800\\ud800",
        "\\ud800\\ud800\\udc00",
        "\\udc00\\ud800",
    ];
    let around = [("\"", "\""), ("\"caf\u{e9} ", " after\""), ("{\"", "\":1}"), ("{\"a\":[{\"b\":\"\\\\\\\"", "\"}]}")];
    for bad in bad {
        for (before, after) in around {
            check([spoils(format!("{before}{bad}{after}"), LoneSurrogate, before.len() as u64 + 1)]);
        }
    }
    check([
        // The second of two is the lone one.
        spoils("\"\\ud83c\\udf88\\ud83c\"", LoneSurrogate, 14),
        reads("\"\\ud83c\\udf88\"", "🎈"),
        reads("\"\\uD7FF\\uE000\\uFFFF\"", "\u{D7FF}\u{E000}\u{FFFF}"),
        reads("\"\\\\ud800\"", "\\ud800"),
    ]);
}

#[test]
fn escapes() {
    check([
        reads(r#""\"\\\/\b\f\n\r\t\u00e9\u00E9""#, "\"\\/\u{8}\u{c}\n\r\téé"),
        spoils(r#""\x41""#, InvalidEscape, 2),
        spoils(r#""ab\a""#, InvalidEscape, 4),
        spoils(r#""\'""#, InvalidEscape, 2),
        spoils(r#""\U0041""#, InvalidEscape, 2),
        spoils(r#""\u004""#, InvalidEscape, 2),
        spoils(r#""\u004g""#, InvalidEscape, 2),
        spoils(r#""\u+041""#, InvalidEscape, 2),
        spoils(r#""\u""#, InvalidEscape, 2),
        spoils(r#"{"a\ b":1}"#, InvalidEscape, 4),
        spoils(r#"{"a":["\\\x"]}"#, InvalidEscape, 10),
        spoils("\"\\\u{e9}\"", InvalidEscape, 2),
        spoils(r#""\ud800\x""#, LoneSurrogate, 2),
        // A backslash outside a string escapes nothing.
        spoils(r#"\"a""#, ExpectedValue, 1),
        spoils(r#"{\"a\":1}"#, ExpectedKey, 2),
        spoils(r#"{"a":\"b\"}"#, ExpectedValue, 6),
        spoils(r#"{"a":1\n}"#, InvalidNumber, 6),
        spoils(r#"{}\"#, TrailingCharacters, 3),
        // Characters that need no escape.
        reads("\"\u{7f}/\u{80}\"", "\u{7f}/\u{80}"),
    ]);
    for control in 0..0x20u8 {
        if control != b'\n' {
            let line = [b"{\"a\":\"b", &[control][..], b"\"}"].concat();
            check([spoils(line, ControlCharacter, 8)]);
        }
    }
}

/// Fields that a struct does not name are held to the same rules.
#[test]
fn skipped_fields_are_validated() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        a: u32,
    }
    let cases: [(&[u8], ErrorKind, u64); 26] = [
        (b"\"\xFF\"", InvalidUtf8, 1),
        (b"[[\"\xC3\"]]", InvalidUtf8, 3),
        (b"\"\\ud800\"", LoneSurrogate, 1),
        (b"{\"\\udc00\":1}", LoneSurrogate, 2),
        (b"\"\\x\"", InvalidEscape, 1),
        (b"\"\\u12\"", InvalidEscape, 1),
        (b"\"\t\"", ControlCharacter, 1),
        (b"[1,]", TrailingComma, 3),
        (b"{\"x\":1,}", TrailingComma, 7),
        (b"[1 2]", ExpectedComma, 3),
        (b"{\"x\" 1}", ExpectedColon, 5),
        (b"{\"x\"}", ExpectedColon, 4),
        (b"{\"x\":}", ExpectedValue, 5),
        (b"{1:1}", ExpectedKey, 1),
        (b"[[]", ExpectedComma, 3 + 6),
        (b"tru", InvalidLiteral, 0),
        (b"[nul]", InvalidLiteral, 1),
        (b"01", InvalidNumber, 0),
        (b"[1.]", InvalidNumber, 1),
        (b"-", InvalidNumber, 0),
        (b"[1}", ExpectedComma, 2),
        (b"{\"x\":1]", ExpectedComma, 6),
        (b"'x'", ExpectedValue, 0),
        (b"[,]", ExpectedValue, 1),
        (b"NaN", InvalidLiteral, 0),
        (b"", ExpectedValue, 0),
    ];
    for (bad, kind, at) in cases {
        for (before, after) in [(&b"{\"a\":1,\"skip\":"[..], &b",\"z\":0}"[..]), (b"{\"skip\": ", b",\"a\":1}")] {
            let line = [before, bad, after].concat();
            // An unclosed `[` takes what follows for its own: the fault is at the colon after the next string.
            let at =
                if bad == b"[[]" { 3 + 1 + after[1..].iter().position(|&b| b == b':').unwrap() as u64 } else { at };
            let input = [b"{\"a\":7}\n", &line[..], b"\n{\"a\":8}\n"].concat();
            let column = before.len() as u64 + at + 1;
            let fault = Fault { kind, offset: 8 + column - 1, line: 2, column };
            let want = [Outcome::Ok(Row { a: 7 }), Outcome::Err(fault), Outcome::Ok(Row { a: 8 })];
            assert_eq!(outcomes_everywhere::<Row>(&input, &ReaderBuilder::new()), want, "{}", show(&input));
        }
    }
}

/// Stepping over by brackets alone is for who asks for it; it gives the same records on lines that are right.
#[test]
fn lax_skip_differs_on_bad_lines_only() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        a: u32,
    }
    let good = br#"{"x":["]",{"}":"\\\""}],"a":1,"y":{"z":[[],{}]},"w":-1.5e3}
{"a":2,"x":"\ud83c\udf88","y":null}
{"x":{"a":9},"a":3}
"#;
    let want: Vec<_> = (1..=3).map(|a| Outcome::Ok(Row { a })).collect();
    assert_eq!(outcomes_everywhere::<Row>(good, ReaderBuilder::new().lax_skip(true)), want);
    // What it may pass over is unspecified, but never another line, nor a value that is decoded.
    for bad in ["{\"x\":[1,],\"a\":1}", "{\"x\":tru,\"a\":1}", "{\"x\":\"\\x\",\"a\":1}", "{\"a\":01,\"x\":[}"] {
        let input = format!("{{\"a\":7}}\n{bad}\n{{\"a\":8}}\n");
        let got = outcomes_everywhere::<Row>(input.as_bytes(), ReaderBuilder::new().lax_skip(true));
        assert_eq!(got.len(), 3, "{input:?}");
        assert_eq!((got[0].ok(), got[2].ok()), (Some(&Row { a: 7 }), Some(&Row { a: 8 })), "{input:?}");
        assert!(got[1].ok().is_none_or(|row| *row == Row { a: 1 }), "{input:?}: {got:?}");
    }
    let bad: [&[u8]; 5] = [
        b"{\"x\":\"\xFF\",\"a\":1}",
        b"{\"x\":[\"\t\"],\"a\":1}",
        b"{\"x\":\"open,\"a\":1}",
        b"{\"a\":01}",
        b"{\"x\":[",
    ];
    for bad in bad {
        let input = [b"{\"a\":7}\n", bad, b"\n{\"a\":8}\n"].concat();
        let got = outcomes_everywhere::<Row>(&input, ReaderBuilder::new().lax_skip(true));
        assert_eq!(
            (got.len(), got[0].ok(), got[2].ok()),
            (3, Some(&Row { a: 7 }), Some(&Row { a: 8 })),
            "{}",
            show(&input)
        );
        assert!(got[1].fault().is_some(), "{}: {got:?}", show(&input));
    }
}

#[test]
fn duplicate_keys() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        a: u32,
        #[serde(default)]
        b: u32,
    }
    let input = b"{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":2,\"a\":3}\n{\"\\u0061\":1, \"a\":1}\n{\"x\":1,\"x\":2,\"a\":4}\n";
    for strict in [false, true] {
        let mut builder = ReaderBuilder::new();
        builder.strict(strict);
        let duplicate = |offset, line, column| Outcome::Err(Fault { kind: DuplicateField, offset, line, column });
        let want = [
            Outcome::Ok(Row { a: 1, b: 2 }),
            duplicate(14 + 13, 2, 14),
            duplicate(34 + 13, 3, 14),
            Outcome::Ok(Row { a: 4, b: 0 }),
        ];
        assert_eq!(outcomes_everywhere::<Row>(input, &builder), want, "strict: {strict}");
        let last = json!({"a": 3, "b": 2});
        let values = outcomes_everywhere::<Value>(input, &builder);
        assert_eq!((values[1].ok(), values[2].ok()), (Some(&last), Some(&json!({"a": 1}))), "strict: {strict}");
        let maps = outcomes_everywhere::<BTreeMap<String, u32>>(input, &builder);
        assert_eq!(maps[1].ok().unwrap()["a"], 3, "strict: {strict}");
        assert_eq!(maps[3].ok().unwrap().iter().map(|(k, v)| (&k[..], *v)).collect::<Vec<_>>(), [("a", 4), ("x", 2)]);
        // A lazy value gives the first.
        let mut reader = builder.from_slice(&input[14..]);
        let record = reader.next_record().unwrap().unwrap();
        assert_eq!(record.get("a").unwrap().unwrap().as_u64(), Some(1));
        #[cfg(feature = "value")]
        {
            use simd_json::prelude::*;
            assert_eq!(record.to_value().unwrap().get("a").and_then(|v| v.as_u64()), Some(3), "strict: {strict}");
        }
    }
}
