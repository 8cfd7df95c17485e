//! What an error says: its kind, its place to the byte, its text; and that it costs one pointer.

use std::error::Error as _;
use std::fmt::Debug;
use std::io;
use std::mem::size_of;
use std::path::Path;

use crate::common::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{Error, JsonlReader, JsonlSlice, Position, ReaderBuilder};

/// The error of the second line; the first is good.
fn error_of<T: DeserializeOwned>(line: impl AsRef<[u8]>) -> Error {
    let input = [b"null\n", line.as_ref(), b"\nnull\n"].concat();
    let mut reader = JsonlSlice::new(&input);
    reader.next_record().unwrap();
    let result = reader.into_deserialize::<T>().next().expect("a second line");
    result.err().unwrap_or_else(|| panic!("no error: {}", show(&input)))
}

/// Broken lines, what is wrong with them, and the column where: the first byte that cannot go on a valid value, or the first
/// byte of what is broken as a whole (an unclosed string, an escape, a number, a literal).
#[rustfmt::skip]
const BROKEN: [(&[u8], ErrorKind, u64); 100] = [
    // The end of the line in mid-value: just past its last byte.
    (b"{", UnexpectedEnd, 2),
    (b"[", UnexpectedEnd, 2),
    (b"[[[]", UnexpectedEnd, 5),
    (b"[1,", UnexpectedEnd, 4),
    (b"[1", UnexpectedEnd, 3),
    (b"[1 ", UnexpectedEnd, 4),
    (b"{\"a\"", UnexpectedEnd, 5),
    (b"{\"a\":", UnexpectedEnd, 6),
    (b"{\"a\":1", UnexpectedEnd, 7),
    (b"{\"a\":1,", UnexpectedEnd, 8),
    (b"{\"a\":\"b\"", UnexpectedEnd, 9),
    (b"{\"a\":[{\"b\":{}}", UnexpectedEnd, 15),
    (b"{\"a\":true", UnexpectedEnd, 10),
    // A string without an end: its opening quote.
    (b"\"", UnclosedString, 1),
    (b"\"abc", UnclosedString, 1),
    (b"\"abc\\\"", UnclosedString, 1),
    (b"\"abc\\\\\\", UnclosedString, 1),
    (b"{\"", UnclosedString, 2),
    (b"{\"a\":\"b}", UnclosedString, 6),
    (b"{\"a\":\"b\",\"c\":[\"d]}", UnclosedString, 15),
    (b"[\"\\\\\",\"]", UnclosedString, 7),
    (b"{\"a\":1,\"b}", UnclosedString, 8),
    // Something else where a value, a key, a colon or a comma belongs.
    (b"]", ExpectedValue, 1),
    (b"}", ExpectedValue, 1),
    (b",", ExpectedValue, 1),
    (b":", ExpectedValue, 1),
    (b"  x", InvalidLiteral, 3),
    (b"[}", ExpectedValue, 2),
    (b"[:1]", ExpectedValue, 2),
    (b"[1,,2]", ExpectedValue, 4),
    (b"[1,:]", ExpectedValue, 4),
    (b"{\"a\":}", ExpectedValue, 6),
    (b"{\"a\":,\"b\":1}", ExpectedValue, 6),
    (b"{\"a\"::1}", ExpectedValue, 6),
    (b"{\"a\":]}", ExpectedValue, 6),
    (b"{\"a\":'b'}", ExpectedValue, 6),
    (b"{\"a\":@}", ExpectedValue, 6),
    (b"{a:1}", ExpectedKey, 2),
    (b"{1:1}", ExpectedKey, 2),
    (b"{:1}", ExpectedKey, 2),
    (b"{,}", ExpectedKey, 2),
    (b"{]", ExpectedKey, 2),
    (b"{{}:1}", ExpectedKey, 2),
    (b"{[]:1}", ExpectedKey, 2),
    (b"{\"a\":1,b:2}", ExpectedKey, 8),
    (b"{\"a\":1,,\"b\":2}", ExpectedKey, 8),
    (b"{\"a\":1, {}}", ExpectedKey, 9),
    (b"{\"a\":1,]", ExpectedKey, 8),
    (b"{\"a\" 1}", ExpectedColon, 6),
    (b"{\"a\"}", ExpectedColon, 5),
    (b"{\"a\",\"b\":1}", ExpectedColon, 5),
    (b"{\"a\"\"b\"}", ExpectedColon, 5),
    (b"{\"a\" = 1}", ExpectedColon, 6),
    (b"{\"a\"[1]}", ExpectedColon, 5),
    (b"[1 2]", ExpectedComma, 4),
    (b"[1:2]", ExpectedComma, 3),
    (b"[1}", ExpectedComma, 3),
    (b"[[]{}]", ExpectedComma, 4),
    (b"[\"a\" \"b\"]", ExpectedComma, 6),
    (b"[\"a\"b]", ExpectedComma, 5),
    (b"[{} x]", ExpectedComma, 5),
    (b"{\"a\":1 \"b\":2}", ExpectedComma, 8),
    (b"{\"a\":1]", ExpectedComma, 7),
    (b"{\"a\":\"b\"]", ExpectedComma, 9),
    (b"{\"a\":[1};", ExpectedComma, 8),
    (b"{\"a\":1:2}", ExpectedComma, 7),
    (b"{\"name\":\"say \"hi\" now\"}", ExpectedComma, 15),
    (b"{\"a\":\"5'11\"\"}", ExpectedComma, 12),
    (b"[1,]", TrailingComma, 4),
    (b"[[1], ]", TrailingComma, 7),
    (b"{\"a\":1,}", TrailingComma, 8),
    (b"{\"a\":[1,2,],\"b\":3}", TrailingComma, 11),
    (b"{\"a\":1}}", TrailingCharacters, 8),
    (b"[] []", TrailingCharacters, 4),
    (b"\"a\",", TrailingCharacters, 4),
    (b"null x", TrailingCharacters, 6),
    (b"1 , 2", TrailingCharacters, 3),
    (b"{\"a\":1}TRAILER", TrailingCharacters, 8),
    (b"{\"a\":1} \"open", TrailingCharacters, 9),
    // Numbers and literals.
    (b"tru", InvalidLiteral, 1),
    (b"[1,nul]", InvalidLiteral, 4),
    (b"{\"a\":falsey}", InvalidLiteral, 6),
    (b"{\"a\":tRUE}", InvalidLiteral, 6),
    (b"01", InvalidNumber, 1),
    (b"[1.]", InvalidNumber, 2),
    (b"{\"a\":-}", InvalidNumber, 6),
    (b"{\"a\":1e}", InvalidNumber, 6),
    (b"{\"a\":2020-01-01}", InvalidNumber, 6),
    (b"{\"a\":-x}", InvalidNumber, 6),
    // Inside strings.
    (b"{\"a\":\"b\\qc\"}", InvalidEscape, 8),
    (b"\"C:\\temp\\xyz\"", InvalidEscape, 9),
    (b"\"\\u12x4\"", InvalidEscape, 2),
    (b"{\"a\\x\":1}", InvalidEscape, 4),
    (b"[\"\\ud83c\\u0041\"]", LoneSurrogate, 3),
    (b"{\"\\udc00\":1}", LoneSurrogate, 3),
    (b"{\"a\":\"b\tc\"}", ControlCharacter, 8),
    (b"[\"\x00\"]", ControlCharacter, 3),
    (b"{\"a\":\"caf\xE9\"}", InvalidUtf8, 10),
    (b"[\"\xF0\x9F\x8E\"]", InvalidUtf8, 3),
    (b"{\"a\":1}\xFF", InvalidUtf8, 8),
];

#[test]
fn broken_lines() {
    let mut wrong = Vec::new();
    for (line, kind, column) in BROKEN {
        for (before, after) in
            [(&b"null\n"[..], &b"\nnull\n"[..]), (b"null\r\n\r\n \r\n", b"\r\nnull\r\n"), (b"null\n", b"")]
        {
            let input = [before, line, after].concat();
            let number = before.iter().filter(|&&b| b == b'\n').count() as u64 + 1;
            let want = Fault { kind, offset: before.len() as u64 + column - 1, line: number, column };
            let rest = !after.is_empty() as usize;
            let got = outcomes_everywhere::<Value>(&input, &ReaderBuilder::new());
            assert_eq!(got.len(), 2 + rest, "{}: {got:?}", show(&input));
            assert!(rest == 0 || got[2] == Outcome::Ok(Value::Null), "{}: {got:?}", show(&input));
            if got[1] != Outcome::Err(want) {
                wrong.push(format!("{}: expected {want:?}, got {:?}", show(&input), got[1]));
            }
            let skipped = outcomes_at_levels::<IgnoredAny>(&input, &ReaderBuilder::new());
            if skipped.get(1).and_then(Outcome::fault) != Some(want) {
                wrong.push(format!("skipped, {}: expected {want:?}, got {:?}", show(&input), skipped.get(1)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The same inside a field that is skipped, behind one that is long, and before others.
#[test]
fn broken_fields() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: u32,
    }
    let mut wrong = Vec::new();
    let before = format!("{{\"id\":1,\"{}\":[true,null,-1.5],\"v\":[\"é\",", "long key ".repeat(20)).into_bytes();
    for (line, kind, column) in BROKEN {
        // Two values side by side are a matter of the comma here; what is open at the end swallows what follows.
        if kind == TrailingCharacters || kind == UnexpectedEnd || kind == UnclosedString {
            continue;
        }
        // A bracket that closes is the array's own; a comma may follow a value; a number may too.
        if [&b"]"[..], b"[1}"].contains(&line) || line.starts_with(b"{\"a\":[1}") {
            continue;
        }
        let input = [&b"{\"id\":0}\n"[..], &before, line, b",2]}\n{\"id\":2}\n"].concat();
        let column = before.len() as u64 + column;
        let want = Fault { kind, offset: 9 + column - 1, line: 2, column };
        let got = outcomes_briefly::<Row>(&input, &ReaderBuilder::new());
        assert_eq!(got.len(), 3, "{}", show(&input));
        if got[1] != Outcome::Err(want) {
            wrong.push(format!("{}: expected {want:?}, got {:?}", show(line), got[1]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    a: u8,
    #[serde(default)]
    b: Option<Inner>,
    #[serde(default)]
    c: Vec<i64>,
    #[serde(default)]
    d: String,
    #[serde(default)]
    e: Option<Choice>,
    #[serde(default)]
    f: f32,
    #[serde(default)]
    g: Option<u64>,
    #[serde(default)]
    h: Option<char>,
    #[serde(default)]
    i: bool,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    x: f64,
    y: Option<u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Choice {
    One,
    Two(u8),
}

/// Lines that are JSON, but not what is asked for.
#[rustfmt::skip]
const MISFITS: [(&str, ErrorKind, u64); 40] = [
    // A value of another type: its first byte.
    ("5", InvalidType, 1),
    ("  \"text\"", InvalidType, 3),
    ("null", InvalidType, 1),
    ("{\"a\":\"x\"}", InvalidType, 6),
    ("{\"a\": \"x\"}", InvalidType, 7),
    ("{\"a\":1.5}", InvalidType, 6),
    ("{\"a\":null}", InvalidType, 6),
    ("{\"a\":true}", InvalidType, 6),
    ("{\"a\":[1]}", InvalidType, 6),
    ("{\"a\":{\"x\":1}}", InvalidType, 6),
    ("{\"a\":1,\"b\":{\"x\":\"1\"}}", InvalidType, 17),
    ("{\"a\":1,\"b\":[true,2]}", InvalidType, 13),
    ("{\"a\":1,\"b\":{\"x\":1,\"y\":[]}}", InvalidType, 23),
    ("{\"a\":1,\"c\":{}}", InvalidType, 12),
    ("{\"a\":1,\"c\":[1,2,\"3\"]}", InvalidType, 17),
    ("{\"a\":1,\"c\":[[1]]}", InvalidType, 13),
    ("{\"a\":1,\"d\":7}", InvalidType, 12),
    ("{\"a\":1,\"d\":[\"x\"]}", InvalidType, 12),
    ("{\"a\":1,\"f\":\"1.5\"}", InvalidType, 12),
    ("{\"a\":1,\"i\":1}", InvalidType, 12),
    ("{\"a\":1,\"i\":\"true\"}", InvalidType, 12),
    ("{\"a\":1,\"h\":97}", InvalidType, 12),
    // One of the right type that does not fit: likewise.
    ("{\"a\":300}", InvalidValue, 6),
    ("{\"a\":-1}", InvalidValue, 6),
    ("{\"a\":1,\"h\":\"xy\"}", InvalidValue, 12),
    ("{\"a\":1,\"h\":\"\"}", InvalidValue, 12),
    ("{\"a\":1,\"c\":[0,9223372036854775808]}", InvalidValue, 15),
    ("{\"a\":1,\"c\":[0,99999999999999999999]}", NumberOutOfRange, 15),
    ("{\"a\":1,\"g\":18446744073709551616}", NumberOutOfRange, 12),
    ("{\"a\":1,\"f\":1e39}", NumberOutOfRange, 12),
    ("{\"a\":1,\"b\":{\"x\":-1e400}}", NumberOutOfRange, 17),
    // A field too many: the quote that opens its key.
    ("{\"a\":1,\"zz\":2}", UnknownField, 8),
    ("{ \"zz\" : 2 }", UnknownField, 3),
    ("{\"a\":1,\"a\":2}", DuplicateField, 8),
    ("{\"a\":1,\"b\":{\"x\":1,\"x\":2}}", DuplicateField, 19),
    // One missing: the brace that closes the object.
    ("{}", MissingField, 2),
    ("{\"d\":\"x\" }", MissingField, 10),
    ("{\"a\":1,\"b\":{\"y\":1}}", MissingField, 18),
    // A variant that is not one.
    ("{\"a\":1,\"e\":\"Three\"}", UnknownVariant, 12),
    ("{\"a\":1,\"e\":7}", InvalidType, 12),
];

#[test]
fn misfits() {
    let mut wrong = Vec::new();
    for (line, kind, column) in MISFITS {
        for end in ["\n", "\r\n"] {
            let good = "{\"a\":7}";
            let input = [good, "", line, good].join(end);
            let offset = (good.len() + 2 * end.len()) as u64 + column - 1;
            let want = Fault { kind, offset, line: 3, column };
            let got = outcomes_everywhere::<Typed>(input.as_bytes(), &ReaderBuilder::new());
            assert_eq!(got.len(), 3, "{input:?}: {got:?}");
            assert!(got[0].ok().is_some() && got[0] == got[2], "{input:?}: {got:?}");
            if got[1] != Outcome::Err(want) {
                wrong.push(format!("{line}: expected {want:?}, got {:?}", got[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A line that is wrong in form and in content is always an error, wherever the decoder notices first.
#[test]
fn misfits_in_broken_lines() {
    for (line, ..) in MISFITS {
        for spoil in ["\"", "]", "}", ",", " x", "\u{1}"] {
            let input = format!("{{\"a\":7}}\n{line}{spoil}\n{{\"a\":8}}");
            let got = outcomes_briefly::<Typed>(input.as_bytes(), &ReaderBuilder::new());
            assert_eq!(got.len(), 3, "{input:?}: {got:?}");
            assert!(got[1].fault().is_some_and(|f| f.line == 2), "{input:?}: {got:?}");
            assert!(got[0].ok().is_some() && got[2].ok().is_some(), "{input:?}: {got:?}");
        }
    }
}

#[test]
fn tuples_and_custom_errors() {
    fn fault<T: DeserializeOwned + PartialEq + Debug>(line: &str) -> (ErrorKind, u64, u64) {
        let input = format!("null\n{line}\n");
        let got = outcomes_briefly::<T>(input.as_bytes(), &ReaderBuilder::new());
        let fault = got[1].fault().unwrap_or_else(|| panic!("{line}: {got:?}"));
        (fault.kind, fault.line, fault.column)
    }
    // Too short at its end, too long at what is too much.
    assert_eq!(fault::<(u8, u8)>("[1]"), (InvalidLength, 2, 3));
    assert_eq!(fault::<(u8, u8)>("[]"), (InvalidLength, 2, 2));
    assert_eq!(fault::<(u8, u8)>("[1, 2, 3]"), (InvalidLength, 2, 8));
    assert_eq!(fault::<[u8; 3]>("[1,2]"), (InvalidLength, 2, 5));

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(try_from = "u32")]
    struct Even(u32);
    impl TryFrom<u32> for Even {
        type Error = String;
        fn try_from(n: u32) -> Result<Even, String> {
            if n.is_multiple_of(2) { Ok(Even(n)) } else { Err(format!("{n} is odd")) }
        }
    }
    let (kind, line, _) = fault::<Even>("7");
    assert_eq!((kind, line), (Custom, 2));
    let (kind, line, _) = fault::<Vec<Even>>("[2,4,7,8]");
    assert_eq!((kind, line), (Custom, 2));
    let e = error_of::<Even>("7");
    assert!(e.to_string().contains("7 is odd") && e.to_string().starts_with("line 2, column "), "{e}");

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
    }
    assert_eq!(fault::<Either>("[]").1, 2);
}

/// Blank lines, CR LF, bad lines and a byte order mark: the count goes on, on every transport.
#[test]
fn line_numbers() {
    for bom in ["", "\u{FEFF}"] {
        for end in ["\n", "\r\n"] {
            let lines = ["", "1", " ", "x", "", "\"\u{1}\"", "2", "[1,", "\t", "\"open", "", "3", "]", "4"];
            for last in ["", end] {
                let input = format!("{bom}{}{last}", lines.join(end));
                let got = outcomes_everywhere::<u32>(input.as_bytes(), &ReaderBuilder::new());
                let faults: Vec<_> = got.iter().filter_map(Outcome::fault).map(|f| (f.line, f.kind)).collect();
                let want = [
                    (4, InvalidLiteral),
                    (6, ControlCharacter),
                    (8, InvalidType),
                    (10, UnclosedString),
                    (13, ExpectedValue),
                ];
                let numbers: Vec<_> = faults.iter().map(|f| f.0).collect();
                assert_eq!(numbers, want.map(|w| w.0), "{input:?}: {faults:?}");
                for (got, want) in faults.iter().zip(want) {
                    // At line 8 the type is wrong before the line ends too early.
                    assert!(got.1 == want.1 || got.0 == 8 && got.1 == UnexpectedEnd, "{input:?}: {faults:?}");
                }
                assert_eq!(got.iter().filter_map(Outcome::ok).collect::<Vec<_>>(), [&1, &2, &3, &4], "{input:?}");
                let records = records_everywhere(input.as_bytes(), &ReaderBuilder::new());
                for (record, number) in records.iter().zip([2, 4, 6, 7, 8, 10, 12, 13, 14]) {
                    let line = record.ok().map_or_else(|| record.fault().unwrap().line, |r| r.line);
                    assert_eq!(line, number, "{input:?}: {record:?}");
                }
            }
        }
    }
}

#[test]
fn one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
    assert_eq!(size_of::<simd_jsonl::Result<()>>(), size_of::<usize>());
}

#[test]
fn an_error_like_others() {
    fn like_others<T: std::error::Error + Send + Sync + 'static>() {}
    like_others::<Error>();
    let boxed: Box<dyn std::error::Error + Send + Sync> = error_of::<Value>("x").into();
    assert!(boxed.downcast_ref::<Error>().is_some());
    assert!(!format!("{boxed:?}").is_empty());
    // Made by a `Deserialize` of one's own.
    let e = <Error as serde::de::Error>::custom("not today");
    assert!(e.kind() == Custom && e.is_data() && e.to_string().contains("not today"), "{e}");
}

#[test]
fn displayed_in_one_line() {
    let input = b"{\"good\":\"one\"}\r\n{\"a\":1, x}\n";
    assert_eq!(input.iter().position(|&b| b == b'x'), Some(24));
    let e = JsonlSlice::new(input).into_deserialize::<Value>().nth(1).unwrap().unwrap_err();
    assert_eq!((e.position(), e.column()), (Position { offset: 24, line: 2 }, 9));
    let text = e.to_string();
    assert!(text.starts_with("line 2, column 9 (byte 24): "), "{text}");
    assert!(text.contains("near `") && text.contains('x'), "{text}");

    let file = file_with(input);
    let e = JsonlReader::from_path(file.path()).unwrap().into_deserialize::<Value>().nth(1).unwrap().unwrap_err();
    assert_eq!(e.path(), Some(file.path()));
    assert_eq!(e.to_string(), format!("{}: {text}", file.path().display()));

    for (line, ..) in BROKEN {
        let e = error_of::<Value>(line);
        let text = e.to_string();
        let place = format!("line {}, column {} (byte {}): ", e.position().line, e.column(), e.position().offset);
        assert!(text.starts_with(&place), "{}: {text}", show(line));
        assert!(text.len() > place.len() && text.len() < 400, "{}: {text}", show(line));
        assert!(!text.contains(char::is_control), "{}: {text:?}", show(line));
    }
    for (line, ..) in MISFITS {
        let e = error_of::<Typed>(line);
        let text = e.to_string();
        let field = if e.field().is_empty() { String::new() } else { format!(", at {}", e.field()) };
        let Position { line: number, offset } = e.position();
        let place = format!("line {number}, column {} (byte {offset}){field}: ", e.column());
        assert!(text.starts_with(&place), "{line}: {text}");
        assert!(!text.contains(char::is_control), "{line}: {text:?}");
    }
}

/// What serde has to say is said, and what was expected is named.
#[test]
fn messages_help() {
    let all = |e: Error, words: &[&str]| {
        for word in words {
            assert!(e.to_string().contains(word), "{word:?} is not in: {e}");
        }
    };
    all(error_of::<Typed>("{\"a\":\"text\"}"), &["invalid type", "string", "u8"]);
    all(error_of::<Typed>("{\"a\":300}"), &["300", "u8"]);
    all(error_of::<Typed>("{}"), &["missing field", "a"]);
    all(error_of::<Typed>("{\"a\":1,\"zz\":2}"), &["unknown field", "zz"]);
    all(error_of::<Typed>("{\"a\":1,\"a\":2}"), &["duplicate field", "a"]);
    all(error_of::<Typed>("{\"a\":1,\"e\":\"Three\"}"), &["unknown variant", "Three", "One", "Two"]);
    all(error_of::<Value>("{\"a\":1 \"b\":2}"), &["','", "'}'"]);
    all(error_of::<Value>("[1 2]"), &["','", "']'"]);
    all(error_of::<Value>("{\"a\" 1}"), &["':'"]);
}

#[test]
fn exactly_one_class() {
    let mut seen = Vec::new();
    let mut check = |e: &Error| {
        let classes = [e.is_io(), e.is_syntax(), e.is_data(), e.is_eof()];
        let want = match e.kind() {
            Io => 0,
            UnexpectedEnd | UnclosedString => 3,
            NumberOutOfRange | InvalidType | InvalidValue | InvalidLength | UnknownVariant | UnknownField
            | MissingField | DuplicateField | Custom => 2,
            _ => 1,
        };
        assert_eq!(classes.iter().filter(|&&is| is).count(), 1, "{e}: {classes:?}");
        assert!(classes[want], "{e}: {classes:?}");
        if !seen.contains(&e.kind()) {
            seen.push(e.kind());
        }
    };
    BROKEN.iter().for_each(|(line, ..)| check(&error_of::<Value>(line)));
    MISFITS.iter().for_each(|(line, ..)| check(&error_of::<Typed>(line)));
    check(&error_of::<(u8, u8)>("[1]"));
    check(&<Error as serde::de::Error>::custom("x"));
    check(&error_of::<Value>("[".repeat(200)));
    check(&error_of::<Value>("\u{FEFF}1"));
    for input in [&b"[\n1\n]"[..], b"\xFF\xFE1\0", b"\x1F\x8B\x08\0"] {
        check(&JsonlSlice::new(input).into_deserialize::<Value>().next().unwrap().unwrap_err());
    }
    let mut strict = ReaderBuilder::new();
    strict.strict(true).max_record_len(3);
    for input in [&b"\n"[..], b"12345\n"] {
        check(&strict.from_slice(input).into_deserialize::<Value>().next().unwrap().unwrap_err());
    }
    check(&JsonlReader::from_path("/no/such/file").map(|_| ()).unwrap_err());
    // Every kind there is was among them.
    assert_eq!(seen.len(), 31, "{seen:?}");
}

#[test]
fn snippets() {
    // Bounded, of that line alone, and about the fault, wherever in a long line that is.
    let long = "long text, ".repeat(500);
    for (before, after) in [("", ""), (&long[..], ""), ("", &long[..]), (&long[..], &long[..]), ("äöü€🎈", "äöü€🎈")]
    {
        let line = format!("[\"{before}\", FAULT, \"{after}\"]");
        let input = format!("\"OTHER\"\n{line}\n\"OTHER\"\n");
        let e = JsonlSlice::new(input.as_bytes()).into_deserialize::<Value>().nth(1).unwrap().unwrap_err();
        assert!(e.snippet().contains("FAULT"), "{e}");
        assert!(e.snippet().len() <= 100, "{} bytes: {e}", e.snippet().len());
        assert!(!e.snippet().contains("OTHER"), "{e}");
        assert!(e.to_string().contains("FAULT"), "{e}");
        let from_reader = JsonlReader::new(Chunks::new(input.as_bytes(), [3])).into_deserialize::<Value>().nth(1);
        assert_eq!(from_reader.unwrap().unwrap_err().to_string(), e.to_string());
    }
    // Not UTF-8: shown as far as it can be.
    for at in 0..130 {
        let line = [&b"\""[..], &vec![b'x'; at], b"\xFF\xC3\x80\x80", &vec![0xC3; at], b"\""].concat();
        let e = error_of::<Value>(&line);
        assert_eq!(e.kind(), InvalidUtf8, "{}", show(&line));
        assert!(e.snippet().len() <= 300 && e.snippet().contains('\u{FFFD}'), "{}: {e}", show(&line));
    }
    // A multi-byte character at each edge of the snippet.
    for at in 0..80 {
        let line =
            format!("[\"{}€{}\", FAULT \"{}€€€€€€€€€€€€€€€€\"]", "x".repeat(at), "y".repeat(80 - at), "z".repeat(at));
        let e = error_of::<Value>(&line);
        assert!(e.snippet().contains("FAULT") && !e.snippet().contains('\u{FFFD}'), "{line}: {e}");
    }
    // Type errors have one too.
    assert!(error_of::<Typed>("{\"a\":\"WRONG\"}").snippet().contains("WRONG"));
    assert!(error_of::<Typed>(format!("{{\"d\":\"{long}\",\"a\":\"WRONG\"}}")).snippet().contains("WRONG"));
}

#[test]
fn paths() {
    let file = file_with(b"1\nx\n\"open\n[\"\xFF\"]\n2\n");
    let mut reader = JsonlReader::from_path(file.path()).unwrap();
    let errors: Vec<Error> = reader.deserialize::<u32>().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 3);
    for e in &errors {
        assert_eq!(e.path(), Some(file.path()), "{e}");
        assert!(e.to_string().starts_with(&format!("{}: line ", file.path().display())), "{e}");
    }
    // Through a builder, and of records that are decoded later.
    let mut reader = ReaderBuilder::new().from_path(file.path()).unwrap();
    reader.next_record().unwrap();
    let record = reader.next_record().unwrap().unwrap();
    assert_eq!(record.deserialize::<u32>().unwrap_err().path(), Some(file.path()));
    let e = reader.next_record().map(|_| ()).unwrap_err();
    assert_eq!(e.path(), Some(file.path()), "{e}");

    // A file that is not there; a folder.
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.jsonl");
    let e = JsonlReader::from_path(&missing).map(|_| ()).unwrap_err();
    assert!(e.is_io() && e.path() == Some(&*missing), "{e}");
    assert!(e.to_string().starts_with(&format!("{}: ", missing.display())), "{e}");
    assert_eq!(io::Error::from(e).kind(), io::ErrorKind::NotFound);
    let read = JsonlReader::from_path(folder.path()).and_then(|mut reader| reader.next_record().map(|_| ()));
    let e = read.expect_err("a folder has no records");
    assert!(e.is_io() && e.path() == Some(folder.path()), "{e}");

    // Without a file there is none.
    assert_eq!(error_of::<Value>("x").path(), None::<&Path>);
    assert_eq!(JsonlReader::new(&b"x"[..]).into_deserialize::<u8>().next().unwrap().unwrap_err().path(), None);
}

#[test]
fn into_io_errors() {
    let script = Script::new([Step::Give(b"1\n2".to_vec()), Step::Fail(io::ErrorKind::TimedOut)]);
    let e = JsonlReader::new(script).into_deserialize::<u8>().nth(1).unwrap().unwrap_err();
    assert!(e.is_io(), "{e}");
    assert_eq!(e.position().line, 2, "{e}");
    let source = e.source().expect("the error beneath").downcast_ref::<io::Error>();
    assert_eq!(source.expect("an io::Error").kind(), io::ErrorKind::TimedOut);
    assert_eq!(io::Error::from(e).kind(), io::ErrorKind::TimedOut);

    let text = error_of::<Value>("x").to_string();
    let e = io::Error::from(error_of::<Value>("x"));
    assert_eq!((e.kind(), e.to_string()), (io::ErrorKind::InvalidData, text));
    assert_eq!(io::Error::from(error_of::<Typed>("{}")).kind(), io::ErrorKind::InvalidData);
    assert_eq!(io::Error::from(error_of::<Value>("[1")).kind(), io::ErrorKind::UnexpectedEof);
    // With `?`, as one would.
    fn read(input: &[u8]) -> io::Result<Vec<u32>> {
        let mut all = Vec::new();
        for n in JsonlSlice::new(input).deserialize::<u32>() {
            all.push(n?);
        }
        Ok(all)
    }
    assert_eq!(read(b"1\n2\n").unwrap(), [1, 2]);
    assert_eq!(read(b"1\n-\n").unwrap_err().kind(), io::ErrorKind::InvalidData);
}

/// Errors of values taken out of a record are in terms of the whole input.
#[test]
fn places_of_lazy_values() {
    let input = b"null\n\n{\"a\":{\"b\":[10,\"x\",{\"c\":tru}]},\"d\":\"text\"}\n";
    let mut reader = JsonlSlice::new(input);
    reader.next_record().unwrap();
    let record = reader.next_record().unwrap().unwrap();
    assert_eq!(record.position(), Position { offset: 6, line: 3 });
    let place = |e: Error| (e.kind(), e.position().offset, e.position().line, e.column());
    let at = |needle: &[u8]| input.windows(needle.len()).position(|w| w == needle).unwrap() as u64;
    let d = record.get("d").unwrap().unwrap();
    assert_eq!(place(d.deserialize::<u32>().unwrap_err()), (InvalidType, at(b"\"text"), 3, at(b"\"text") - 5));
    let x = record.pointer("/a/b/1").unwrap().unwrap();
    assert_eq!(place(x.deserialize::<u32>().unwrap_err()), (InvalidType, at(b"\"x"), 3, at(b"\"x") - 5));
    let b = record.pointer("/a/b").unwrap().unwrap();
    assert_eq!(place(b.deserialize::<Value>().unwrap_err()), (InvalidLiteral, at(b"tru"), 3, at(b"tru") - 5));
    assert_eq!(d.array().map(|_| ()).unwrap_err().kind(), InvalidType);
    assert_eq!(d.object().map(|_| ()).unwrap_err().kind(), InvalidType);
}

/// What a type says in several lines is one line of the error.
#[test]
fn a_message_of_several_lines_becomes_one() {
    #[derive(Debug)]
    struct Wordy;
    impl<'de> serde::Deserialize<'de> for Wordy {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("one\ntwo\r\nthree"))
        }
    }
    let error = simd_jsonl::JsonlSlice::new(b"1\n").deserialize::<Wordy>().next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 1 (byte 0): one two  three, near `1`");
}

/// What a type says of a value may hold all of it.
#[test]
fn a_foreign_message_is_one_line_and_not_long() {
    #[derive(Debug)]
    struct Quoting;
    impl<'de> serde::Deserialize<'de> for Quoting {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Quoting, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format_args!("unknown: {text}")))
        }
    }
    let message = |text: &str| {
        let line = serde_json::to_string(text).unwrap();
        JsonlSlice::new(line.as_bytes()).into_deserialize::<Quoting>().next().unwrap().unwrap_err().to_string()
    };
    assert!(message("a\u{1b}[2J\u{0}\u{2028}\r\n").contains(r"unknown: a\u{1b}[2J\u{0}\u{2028}  , near"));
    let long = message(&"é".repeat(500_000));
    assert!(long.contains("éé…") && long.len() < 800, "{}", long.len());
}
