//! Each kind of error has a code, which its documentation gives with a line that leads to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{
    Error, ErrorPolicy, JsonlAppender, JsonlReader, JsonlSlice, JsonlWriter, ReaderBuilder, WriterBuilder,
};

const SOURCE: &str = include_str!("../../src/error.rs");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(rename = "a")]
    _a: u8,
}

#[derive(Debug, Deserialize)]
struct Lax {
    #[serde(rename = "a")]
    _a: u8,
}

#[derive(Debug, Deserialize)]
enum Choice {
    One,
    Two,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Even;

impl TryFrom<u32> for Even {
    type Error = String;
    fn try_from(n: u32) -> Result<Even, String> {
        if n.is_multiple_of(2) { Ok(Even) } else { Err(format!("{n} is odd")) }
    }
}

/// How an example becomes an error.
enum Way {
    /// As the line that the reader comes to after another one.
    Read(fn(&[u8]) -> Error),
    /// By no line, but by this.
    Call(fn() -> Error),
    /// Not here, for this reason.
    No(&'static str),
}

/// The error of a line that is not the input's first, as a `T`.
fn later<T: DeserializeOwned>(line: &[u8]) -> Error {
    with::<T>(&ReaderBuilder::new(), line)
}

fn with<T: DeserializeOwned>(builder: &ReaderBuilder, line: &[u8]) -> Error {
    let input = [b"0\n", line, b"\n0\n"].concat();
    let mut reader = builder.from_slice(&input);
    reader.next_record().expect("a good line");
    reader.into_deserialize::<T>().next().expect("a record").err().expect("an error")
}

fn first(line: &[u8]) -> Error {
    let input = [line, b"\n0\n"].concat();
    JsonlSlice::new(&input).into_deserialize::<Value>().next().expect("a record").expect_err("an error")
}

fn strict(line: &[u8]) -> Error {
    with::<Value>(ReaderBuilder::new().strict(true), line)
}

fn io() -> Error {
    JsonlReader::from_path("/no/such/file").map(drop).unwrap_err()
}

fn locked() -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let _first = JsonlAppender::open(&path).unwrap();
    JsonlAppender::open(&path).map(drop).unwrap_err()
}

fn too_many() -> Error {
    let mut builder = ReaderBuilder::new();
    let reader = builder.on_error(ErrorPolicy::skip().max_errors(0)).from_slice(b"?\n");
    reader.into_deserialize::<Value>().next().unwrap().unwrap_err()
}

fn non_finite() -> Error {
    let mut builder = WriterBuilder::new();
    builder.reject_non_finite(true).from_writer(Vec::new()).write(&f64::NAN).unwrap_err()
}

fn invalid_key() -> Error {
    JsonlWriter::new(Vec::new()).write(&BTreeMap::from([((1, 2), 3)])).unwrap_err()
}

fn line_break() -> Error {
    JsonlWriter::new(Vec::new()).write_raw(b"[\n1]").unwrap_err()
}

/// Every kind, its code, the example that its documentation gives (with `\xE9` for such a byte), and how it comes about.
#[rustfmt::skip]
const KINDS: &[(ErrorKind, &str, &str, Way)] = &[
    (Io, "io", "", Way::Call(io)),
    (Locked, "locked", "", Way::Call(locked)),
    (Poisoned, "poisoned", "", Way::No("a disk must fail: tests/sync_failure.rs")),
    (TooManyErrors, "too-many-errors", "", Way::Call(too_many)),
    (UnexpectedEnd, "unexpected-end", r#"{"a":1"#, Way::Read(later::<Value>)),
    (UnclosedString, "unclosed-string", r#"{"a":"b}"#, Way::Read(later::<Value>)),
    (ExpectedValue, "expected-value", r#"{"a":}"#, Way::Read(later::<Value>)),
    (ExpectedKey, "expected-key", "{a:1}", Way::Read(later::<Value>)),
    (ExpectedColon, "expected-colon", r#"{"a" 1}"#, Way::Read(later::<Value>)),
    (ExpectedComma, "expected-comma", "[1 2]", Way::Read(later::<Value>)),
    (TrailingComma, "trailing-comma", "[1,]", Way::Read(later::<Value>)),
    (TrailingCharacters, "trailing-characters", "{} {}", Way::Read(later::<Value>)),
    (InvalidLiteral, "invalid-literal", r#"{"a":NaN}"#, Way::Read(later::<Value>)),
    (InvalidNumber, "invalid-number", r#"{"a":01}"#, Way::Read(later::<Value>)),
    (InvalidEscape, "invalid-escape", r#"{"a":"C:\dir"}"#, Way::Read(later::<Value>)),
    (LoneSurrogate, "lone-surrogate", r#"{"a":"\ud83c"}"#, Way::Read(later::<Value>)),
    (ControlCharacter, "control-character", r#"{"a":"b\x09c"}"#, Way::Read(later::<Value>)),
    (InvalidUtf8, "invalid-utf8", r#"{"a":"caf\xE9"}"#, Way::Read(later::<Value>)),
    (DepthLimit, "depth-limit", "[[1]]", Way::Read(|line| with::<Value>(ReaderBuilder::new().max_depth(1), line))),
    (RecordTooLong, "record-too-long", "[1,2,3]", Way::Read(|line| with::<Value>(ReaderBuilder::new().max_record_len(6), line))),
    (BlankLine, "blank-line", " ", Way::Read(strict)),
    (ByteOrderMark, "byte-order-mark", r#"\xEF\xBB\xBF{"a":1}"#, Way::Read(later::<Value>)),
    (Encoding, "encoding", r"\xFF\xFE{\x00}\x00", Way::Read(first)),
    (Compressed, "compressed", r"\x1F\x8B\x08\x00", Way::Read(first)),
    (NotJsonLines, "not-json-lines", "[", Way::Read(first)),
    (NumberOutOfRange, "number-out-of-range", r#"{"a":1e400}"#, Way::Read(later::<Value>)),
    (InvalidType, "invalid-type", r#"{"a":"1"}"#, Way::Read(later::<Lax>)),
    (InvalidValue, "invalid-value", r#"{"a":300}"#, Way::Read(later::<Lax>)),
    (InvalidLength, "invalid-length", r#"{"a":[1,2,3]}"#, Way::Read(later::<BTreeMap<String, (u8, u8)>>)),
    (UnknownVariant, "unknown-variant", r#"{"a":"Three"}"#, Way::Read(later::<BTreeMap<String, Choice>>)),
    (UnknownField, "unknown-field", r#"{"a":1,"z":2}"#, Way::Read(later::<Strict>)),
    (MissingField, "missing-field", r#"{"z":1}"#, Way::Read(later::<Lax>)),
    (DuplicateField, "duplicate-field", r#"{"a":1,"a":2}"#, Way::Read(later::<Lax>)),
    (Custom, "custom", r#"{"a":7}"#, Way::Read(later::<BTreeMap<String, Even>>)),
    (NonFiniteFloat, "non-finite-float", "", Way::Call(non_finite)),
    (InvalidKey, "invalid-key", "", Way::Call(invalid_key)),
    (LineBreak, "line-break", "", Way::Call(line_break)),
];

/// The bytes of an example: `\xE9` is one.
fn bytes(example: &str) -> Vec<u8> {
    let mut parts = example.split(r"\x");
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        bytes.extend(&part.as_bytes()[2..]);
    }
    bytes
}

/// The documentation of each variant, in one line, by its name.
fn documented() -> BTreeMap<&'static str, String> {
    let body = SOURCE.split_once("pub enum ErrorKind {\n").expect("the enum").1.split_once("\n}\n").expect("its end").0;
    let (mut all, mut text) = (BTreeMap::new(), String::new());
    for line in body.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            text += comment;
        } else if let Some(name) = line.strip_suffix(',') {
            all.insert(name, std::mem::take(&mut text));
        }
    }
    all
}

#[test]
fn the_table_has_every_kind() {
    let names: BTreeSet<String> = KINDS.iter().map(|(kind, ..)| format!("{kind:?}")).collect();
    let want: BTreeSet<String> = documented().into_keys().map(str::to_owned).collect();
    assert_eq!(names, want);
    assert_eq!(names.len(), KINDS.len(), "a kind is there twice");
}

#[test]
fn codes_are_stable_and_unique() {
    let mut seen = BTreeSet::new();
    for (kind, code, ..) in KINDS {
        assert_eq!(kind.code(), *code);
        assert!(seen.insert(code), "{code} is there twice");
        assert!(code.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'), "{code}");
    }
}

#[test]
fn each_kind_documents_its_code_an_example_and_the_usual_cause() {
    let documented = documented();
    for (kind, code, example, way) in KINDS {
        let text = &documented[&*format!("{kind:?}")];
        assert!(text.starts_with(&format!(" `{code}`: ")), "{kind:?}: {text}");
        match way {
            Way::Read(_) => assert!(text.contains(&format!("`{example}`")), "{kind:?}: {text}"),
            Way::Call(_) | Way::No(_) => assert!(text.contains("line gives it"), "{kind:?}: {text}"),
        }
        assert!(text.contains("Usually ") || text.contains("usually "), "{kind:?}: {text}");
    }
}

#[test]
fn each_example_gives_its_kind() {
    for (kind, _, example, way) in KINDS {
        let error = match way {
            Way::Read(read) => read(&bytes(example)),
            Way::Call(call) => call(),
            Way::No(reason) => {
                assert!(!reason.is_empty());
                continue;
            }
        };
        assert_eq!(error.kind(), *kind, "{example}: {error}");
    }
    // An example is what it says: the same line, read as it is meant, is fine.
    for (good, builder) in
        [("[[1]]", ReaderBuilder::new().max_depth(2)), ("[1,2,3]", ReaderBuilder::new().max_record_len(7))]
    {
        assert!(builder.from_slice(good.as_bytes()).into_deserialize::<Value>().all(|result| result.is_ok()), "{good}");
    }
}
