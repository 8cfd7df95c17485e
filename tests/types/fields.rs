//! Where in its record a value is that does not fit its type: the path that `Error::field` gives, and that `Display` has.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use crate::common::*;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{Error, JsonlReader, JsonlSlice, JsonlWriter, LazyValue, ReaderBuilder};

/// The error of a line that is no `T`, over every sort of transport.
fn told<T: DeserializeOwned + PartialEq + Debug>(line: &str) -> (Fault, Words) {
    let input = format!("\n{line}\n");
    let mut told = told_over::<T>(&few_transports(), input.as_bytes(), &ReaderBuilder::new());
    let (outcome, words) = told.pop().expect("a record");
    (outcome.fault().unwrap_or_else(|| panic!("no error: {line}")), words.unwrap())
}

/// Asserts the kind, the path and the message of the error of a line that is no `T`.
fn fails<T: DeserializeOwned + PartialEq + Debug>(line: &str, kind: ErrorKind, field: &str, message: &str) {
    let (fault, Words { field: got, text }) = told::<T>(line);
    assert_eq!((fault.kind, &*got), (kind, field), "{line}: {text}");
    let Fault { column, offset, .. } = fault;
    let place = format!("line 2, column {column} (byte {offset}), at {field}: {message}");
    assert!(text.starts_with(&place), "{line}: {text:?} does not start with {place:?}");
}

type Rows<T> = BTreeMap<String, Vec<T>>;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    x: u8,
    #[serde(default)]
    y: Option<i64>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Celsius(f32);

#[derive(Debug, PartialEq, Deserialize)]
struct Pair(u8, String);

#[derive(Debug, PartialEq, Deserialize)]
struct Nothing;

#[derive(Debug, PartialEq, Deserialize)]
enum Shape {
    Dot,
    Circle(u8),
    Line(u8, u8),
    Rect { x: u8 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
enum Internally {
    A { v: u8 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacently {
    A(u8),
    B { x: u8 },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Object { x: u8 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "u32")]
struct Even(u32);

impl TryFrom<u32> for Even {
    type Error = String;
    fn try_from(n: u32) -> Result<Even, String> {
        if n.is_multiple_of(2) { Ok(Even(n)) } else { Err(format!("{n} is odd")) }
    }
}

fn hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
}

#[derive(Debug, PartialEq, Deserialize)]
struct Color {
    #[serde(deserialize_with = "hexadecimal")]
    red: u8,
}

/// Every sort of type says what it expected and what it found, and where.
#[test]
fn every_sort_of_type() {
    let wrong = InvalidType;
    fails::<Rows<u8>>(r#"{"k":[1,"2"]}"#, wrong, ".k[1]", "invalid type: string \"2\", expected u8");
    fails::<Rows<u8>>(r#"{"k":[1,2.5]}"#, wrong, ".k[1]", "invalid type: floating point `2.5`, expected u8");
    fails::<Rows<u8>>(r#"{"k":[1,300]}"#, InvalidValue, ".k[1]", "invalid value: integer `300`, expected u8");
    fails::<Rows<u64>>(r#"{"k":[1,-1]}"#, InvalidValue, ".k[1]", "invalid value: integer `-1`, expected u64");
    fails::<Rows<u64>>(
        r#"{"k":[18446744073709551616]}"#,
        NumberOutOfRange,
        ".k[0]",
        "number out of range: `18446744073709551616`, expected u64",
    );
    fails::<Rows<i128>>(r#"{"k":[1,1.5]}"#, wrong, ".k[1]", "invalid type: floating point `1.5`, expected i128");
    fails::<Rows<i128>>(r#"{"k":[1,{}]}"#, wrong, ".k[1]", "invalid type: object, expected i128");
    fails::<Rows<f32>>(r#"{"k":[1e39]}"#, NumberOutOfRange, ".k[0]", "number out of range: `1e39`, expected f32");
    fails::<Rows<f32>>(r#"{"k":[null]}"#, wrong, ".k[0]", "invalid type: null, expected f32");
    fails::<Rows<f64>>(r#"{"k":[true]}"#, wrong, ".k[0]", "invalid type: boolean `true`, expected f64");
    fails::<Rows<bool>>(r#"{"k":[0]}"#, wrong, ".k[0]", "invalid type: integer `0`, expected a boolean");
    fails::<Rows<char>>(r#"{"k":[9]}"#, wrong, ".k[0]", "invalid type: integer `9`, expected a character");
    fails::<Rows<char>>(r#"{"k":["ab"]}"#, InvalidValue, ".k[0]", "invalid value: string \"ab\", expected a character");
    fails::<Rows<String>>(r#"{"k":["",[]]}"#, wrong, ".k[1]", "invalid type: array, expected a string");
    fails::<Rows<()>>(r#"{"k":[0]}"#, wrong, ".k[0]", "invalid type: integer `0`, expected unit");
    fails::<Rows<Nothing>>(r#"{"k":[{}]}"#, wrong, ".k[0]", "invalid type: object, expected unit struct Nothing");
    fails::<Rows<Option<u8>>>(r#"{"k":[null,""]}"#, wrong, ".k[1]", "invalid type: string \"\", expected u8");
    fails::<Rows<Celsius>>(r#"{"k":[1,"2"]}"#, wrong, ".k[1]", "invalid type: string \"2\", expected f32");
    fails::<Rows<Vec<u8>>>(r#"{"k":[[],[0,"2"]]}"#, wrong, ".k[1][1]", "invalid type: string \"2\", expected u8");
    fails::<Rows<Pair>>(r#"{"k":[[1,2]]}"#, wrong, ".k[0][1]", "invalid type: integer `2`, expected a string");
    fails::<Rows<Point>>(r#"{"k":[{"x":1,"y":"2"}]}"#, wrong, ".k[0].y", "invalid type: string \"2\", expected i64");
    fails::<Rows<Point>>(r#"{"k":[{"x":1},7]}"#, wrong, ".k[1]", "invalid type: integer `7`, expected struct Point");
    fails::<Rows<Even>>(r#"{"k":[2,4,7,8]}"#, Custom, ".k[2]", "7 is odd");
    fails::<Rows<Even>>(r#"{"k":["2"]}"#, wrong, ".k[0]", "invalid type: string \"2\", expected u32");
    fails::<Rows<Color>>(r#"{"k":[{"red":"xy"}]}"#, Custom, ".k[0].red", "invalid digit found in string");
    fails::<Rows<Color>>(r#"{"k":[{"red":1}]}"#, wrong, ".k[0].red", "invalid type: integer `1`, expected a string");
}

#[test]
fn enums() {
    let variants = "expected `Dot`, `Circle`, `Line`, or `Rect`";
    let field = ".k[1]";
    fails::<Rows<Shape>>(r#"{"k":["Dot",5]}"#, InvalidType, field, "invalid type: integer `5`, expected enum Shape");
    fails::<Rows<Shape>>(
        r#"{"k":["Dot","Oval"]}"#,
        UnknownVariant,
        field,
        &format!("unknown variant `Oval`, {variants}"),
    );
    fails::<Rows<Shape>>(
        r#"{"k":["Dot",{"Oval":1}]}"#,
        UnknownVariant,
        ".k[1].Oval",
        &format!("unknown variant `Oval`, {variants}"),
    );
    fails::<Rows<Shape>>(
        r#"{"k":["Dot","Circle"]}"#,
        InvalidType,
        field,
        "invalid type: unit variant, expected newtype variant",
    );
    fails::<Rows<Shape>>(r#"{"k":[{"Dot":1}]}"#, InvalidType, ".k[0].Dot", "invalid type: integer `1`, expected unit");
    fails::<Rows<Shape>>(
        r#"{"k":[{"Circle":"1"}]}"#,
        InvalidType,
        ".k[0].Circle",
        "invalid type: string \"1\", expected u8",
    );
    fails::<Rows<Shape>>(
        r#"{"k":[{"Line":[1,"2"]}]}"#,
        InvalidType,
        ".k[0].Line[1]",
        "invalid type: string \"2\", expected u8",
    );
    fails::<Rows<Shape>>(
        r#"{"k":[{"Rect":{"x":null}}]}"#,
        InvalidType,
        ".k[0].Rect.x",
        "invalid type: null, expected u8",
    );
    fails::<Rows<Shape>>(
        r#"{"k":[{}]}"#,
        InvalidValue,
        ".k[0]",
        "invalid value: object, expected an object with one member",
    );
    fails::<Rows<Shape>>(r#"{"k":[{"Circle":1,"b":2}]}"#, InvalidLength, ".k[0]", "invalid length, more elements");
}

/// What serde buffers is one value: the path is that of the whole.
#[test]
fn types_that_serde_buffers() {
    let wrong = InvalidType;
    let a = "invalid type: string \"x\", expected u8";
    fails::<Rows<Internally>>(r#"{"k":[{"type":"A","v":"x"}]}"#, wrong, ".k[0]", a);
    fails::<Rows<Internally>>(r#"{"k":[{"v":1}]}"#, MissingField, ".k[0]", "missing field `type`");
    fails::<Rows<Internally>>(
        r#"{"k":[{"type":"Z"}]}"#,
        UnknownVariant,
        ".k[0].type",
        "unknown variant `Z`, expected `A`",
    );
    fails::<Rows<Internally>>(
        r#"{"k":[7]}"#,
        wrong,
        ".k[0]",
        "invalid type: integer `7`, expected internally tagged enum Internally",
    );
    // The content of an adjacently tagged one is not buffered behind its tag.
    fails::<Rows<Adjacently>>(r#"{"k":[{"type":"A","content":"x"}]}"#, wrong, ".k[0].content", a);
    fails::<Rows<Adjacently>>(r#"{"k":[{"type":"B","content":{"x":"x"}}]}"#, wrong, ".k[0].content.x", a);
    let no_variant = "data did not match any variant of untagged enum Untagged";
    fails::<Rows<Untagged>>(r#"{"k":[1,"A"]}"#, Custom, ".k[1]", no_variant);
    fails::<Rows<Untagged>>(r#"{"k":[1,{"x":"1"},2]}"#, Custom, ".k[1]", no_variant);
    fails::<Rows<Outer>>(r#"{"k":[{"a":1,"b":"x"}]}"#, wrong, ".k[0]", a);
    fails::<Rows<Outer>>(r#"{"k":[{"a":"x","b":1}]}"#, wrong, ".k[0].a", a);
}

#[test]
fn keys_of_maps() {
    type Map<K> = Rows<BTreeMap<K, u8>>;
    fails::<Map<u32>>(r#"{"k":[{"1":1,"x":2}]}"#, InvalidType, ".k[0].x", "invalid type: string \"x\", expected u32");
    fails::<Map<u32>>(
        r#"{"k":[{"-1":1}]}"#,
        InvalidValue,
        ".k[0][\"-1\"]",
        "invalid value: integer `-1`, expected u32",
    );
    fails::<Map<i128>>(r#"{"k":[{"x":1}]}"#, InvalidType, ".k[0].x", "invalid type: string \"x\", expected i128");
    fails::<Map<bool>>(r#"{"k":[{"x":1}]}"#, InvalidType, ".k[0].x", "invalid type: string \"x\", expected a boolean");
    fails::<Map<char>>(
        r#"{"k":[{"xy":1}]}"#,
        InvalidValue,
        ".k[0].xy",
        "invalid value: string \"xy\", expected a character",
    );
    fails::<Map<u32>>(
        r#"{"k":[{"1":1,"2":"x"}]}"#,
        InvalidType,
        ".k[0][\"2\"]",
        "invalid type: string \"x\", expected u8",
    );
}

/// A field too many is named; of one that is missing, and of a wrong length, the object or array is.
#[test]
fn fields_and_lengths() {
    fails::<Rows<Point>>(
        r#"{"k":[{"x":1,"z":[{}]}]}"#,
        UnknownField,
        ".k[0].z",
        "unknown field `z`, expected `x`, or `y`",
    );
    fails::<Rows<Point>>(r#"{"k":[{"x":1,"x":2}]}"#, DuplicateField, ".k[0].x", "duplicate field `x`");
    fails::<Rows<Point>>(r#"{"k":[{"y":1}]}"#, MissingField, ".k[0]", "missing field `x`");
    fails::<Rows<Point>>(r#"{"k":[{"x":1},{ }]}"#, MissingField, ".k[1]", "missing field `x`");
    fails::<Rows<Pair>>(r#"{"k":[[1]]}"#, InvalidLength, ".k[0]", "invalid length 1, expected tuple struct Pair");
    fails::<Rows<[u8; 2]>>(
        r#"{"k":[[1,2],[]]}"#,
        InvalidLength,
        ".k[1]",
        "invalid length 0, expected an array of length 2",
    );
    fails::<BTreeMap<String, [u8; 2]>>(r#"{"k":[1,2,3]}"#, InvalidLength, ".k", "invalid length, more elements");
    // Of the record itself the path is empty, and nothing is said of it.
    for (line, kind) in [("5", InvalidType), ("{}", MissingField), (r#"["x"]"#, InvalidType)] {
        let (fault, words) = told::<Point>(line);
        let want = if line == r#"["x"]"# { ".[0]" } else { "" };
        assert_eq!((fault.kind, &*words.field), (kind, want), "{line}: {words:?}");
        assert_eq!(words.text.contains(", at "), !want.is_empty(), "{words:?}");
    }
    let (fault, words) = told::<(u8, u8)>("[1,2,3]");
    assert_eq!((fault.kind, &*words.field), (InvalidLength, ""), "{words:?}");
}

/// As jq would address it, whatever the key.
#[test]
fn odd_keys() {
    for (key, path) in [
        ("a", ".a"),
        ("_a1", "._a1"),
        ("", ".[\"\"]"),
        ("1a", ".[\"1a\"]"),
        ("odd key", ".[\"odd key\"]"),
        ("a-b", ".[\"a-b\"]"),
        ("é", ".[\"é\"]"),
        ("🎈", ".[\"🎈\"]"),
        ("\u{FFFD}x", ".[\"\u{FFFD}x\"]"),
        (r"\u0061", ".a"),
        (r"\ud83c\udf88", ".[\"🎈\"]"),
        (r#"a\"b\\c"#, r#".["a\"b\\c"]"#),
        (r"a\nb", r#".["a\u000ab"]"#),
        ("a\u{2028}b\u{7f}", r#".["a\u2028b\u007f"]"#),
        ("[0].x", ".[\"[0].x\"]"),
    ] {
        let line =
            format!("{{\"before\":[{{\"\\\"\":[]}},7],\"{key}\" : [{{\"{key}\":0}}, {{\"{key}\":{{\"x\":[]}}}}]}}");
        let path = format!("{path}[1]{}.x", if path.starts_with(".[") { &path[1..] } else { path });
        let mut reader = JsonlSlice::new(line.as_bytes());
        let record = reader.next_record().unwrap().unwrap();
        let mut members = record.as_lazy().object().unwrap();
        members.next().unwrap().unwrap();
        let (_, list) = members.next().unwrap().unwrap();
        let (_, object) = list.array().unwrap().nth(1).unwrap().unwrap().object().unwrap().next().unwrap().unwrap();
        let x = object.get("x").unwrap().unwrap();
        assert_eq!(x.deserialize::<u8>().unwrap_err().field(), path, "{line}");
        let error = list.deserialize::<Vec<HashMap<String, u8>>>().unwrap_err();
        assert_eq!(error.field(), path.strip_suffix(".x").unwrap(), "{line}");
    }
}

/// A target that accepts nothing.
#[derive(Debug)]
struct Never;

impl<'de> Deserialize<'de> for Never {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Never, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Never;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("nothing")
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Each value of a record, by the path that leads to it.
fn each_value(value: LazyValue<'_>, path: &str, offset: &dyn Fn(&str) -> u64) -> usize {
    let error = value.deserialize::<Never>().unwrap_err();
    assert_eq!((error.field(), error.kind()), (path.trim_end_matches('.'), InvalidType), "{error}");
    // The text that is lent lies in the record: its address is its place.
    assert_eq!(error.position().offset, offset(value.raw().unwrap()), "{error}");
    assert!(error.to_string().contains("expected nothing"), "{error}");
    let child = |step: String| match path {
        "" if step.starts_with('[') => format!(".{step}"),
        _ => format!("{path}{step}"),
    };
    let mut values = 1;
    if value.is_array() {
        for (i, element) in value.array().unwrap().enumerate() {
            values += each_value(element.unwrap(), &child(format!("[{i}]")), offset);
        }
        assert_eq!(value.object().unwrap_err().field(), path);
    } else if value.is_object() {
        for member in value.object().unwrap() {
            let (key, value) = member.unwrap();
            values += each_value(value, &child(format!(".{key}")), offset);
        }
        assert_eq!(value.array().unwrap_err().field(), path);
    }
    values
}

/// Lazy values know their place in the whole record.
#[test]
fn lazy_values_have_the_path_of_the_record() {
    let line = r#"{"a":[1,"x\"]}",{"b":[[],[{}],[[true]]],"c":null} , -1.5],"d": {"e":{"f":"\\"}},"g":[[[]]],"h":{}}"#;
    let input = format!("null\n  {line}\r\n");
    for chunk in [1, 7, 1000] {
        let mut reader = JsonlReader::new(Chunks::new(input.as_bytes(), [chunk]));
        reader.next_record().unwrap();
        let record = reader.next_record().unwrap().unwrap();
        let base = record.as_bytes().as_ptr().addr();
        let values = each_value(record.as_lazy(), "", &|text| 5 + (text.as_ptr().addr() - base) as u64);
        assert_eq!(values, 21);
        // A type that fails further inside.
        let error = record.get("a").unwrap().unwrap().deserialize::<(u8, String, Value, u8)>().unwrap_err();
        assert_eq!((error.field(), error.kind()), (".a[3]", InvalidType), "{error}");
        let error = record.pointer("/d/e").unwrap().unwrap().deserialize::<BTreeMap<String, u8>>().unwrap_err();
        assert_eq!((error.field(), error.kind()), (".d.e.f", InvalidType), "{error}");
        let error = record.pointer("/d/e").unwrap().unwrap().deserialize::<Point>().unwrap_err();
        assert_eq!((error.field(), error.kind()), (".d.e.f", UnknownField), "{error}");
        let error = record.pointer("/a/2/b").unwrap().unwrap().deserialize::<(Value,)>().unwrap_err();
        assert_eq!((error.field(), error.kind()), (".a[2].b", InvalidLength), "{error}");
    }
}

/// A string with escapes cannot be borrowed as `&str`: the error says where, and what can.
#[test]
fn a_borrowed_str_that_meets_an_escape() {
    #[derive(Debug, Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        #[allow(dead_code)]
        role: Vec<&'a str>,
        #[serde(borrow, default)]
        #[allow(dead_code)]
        text: Cow<'a, str>,
    }
    let line = br#"{"text":"a\nb","role":["user","a\tb"]}"#;
    let check = |error: Error| {
        assert_eq!((error.field(), error.kind(), error.column()), (".role[1]", InvalidType, 31), "{error}");
        let text = error.to_string();
        assert!(text.contains(", at .role[1]: ") && text.contains("use Cow<str> or String"), "{text}");
        assert!(text.contains("string \"a\\tb\", expected a borrowed string"), "{text}");
    };
    check(JsonlSlice::new(line).into_deserialize::<Message>().next().unwrap().unwrap_err());
    let mut reader = JsonlReader::new(Chunks::new(line, [3]));
    let record = reader.next_record().unwrap().unwrap();
    check(record.deserialize::<Message>().unwrap_err());
    check(record.get("role").unwrap().unwrap().deserialize::<Vec<&str>>().unwrap_err());
    check(record.pointer("/role/1").unwrap().unwrap().deserialize::<&str>().unwrap_err());
    // A key, too.
    let error =
        JsonlSlice::new(br#"[{"a\tb":1}]"#).into_deserialize::<Vec<HashMap<&str, u8>>>().next().unwrap().unwrap_err();
    assert_eq!((error.field(), error.kind()), (".[0][\"a\\u0009b\"]", InvalidType), "{error}");
    assert!(error.to_string().contains("use Cow<str> or String"), "{error}");
}

/// No path has more than 200 bytes, however long the keys and deep the record; its ends are there.
#[test]
fn long_paths_are_shortened() {
    let long = "k".repeat(3000);
    let (_, words) = told::<Rows<Point>>(&format!("{{\"{long}\":[{{\"x\":\"1\"}}]}}"));
    assert_eq!(words.field, format!(".{}…[0].x", "k".repeat(40)));
    let odd = "é ".repeat(3000);
    let (_, words) = told::<Rows<Point>>(&format!("{{\"{odd}\":[{{\"x\":\"1\"}}]}}"));
    assert_eq!(words.field, format!(".[\"{}…\"][0].x", "é ".repeat(13)));
    // Escapes make a key longer again.
    let (_, words) = told::<Rows<Point>>(&format!("{{\"{}\":[{{\"x\":\"1\"}}]}}", "\\u0001".repeat(3000)));
    assert!(words.field.starts_with(".[\"\\u0001") && words.field.ends_with("…\"][0].x"), "{}", words.field);
    assert!(words.field.len() < 80, "{}", words.field);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Deep(BTreeMap<String, Vec<Deep>>);
    for key in ["k", "longer key", &"\\n".repeat(40), &long] {
        for depth in 1..60 {
            let line = format!("{}5{}", format!("{{\"{key}\":[").repeat(depth), "]}".repeat(depth));
            let (fault, words) =
                told_over::<Deep>(&[Transport::Slice], line.as_bytes(), &ReaderBuilder::new()).remove(0);
            let (fault, Words { field, text }) = (fault.fault().unwrap(), words.unwrap());
            assert_eq!((fault.kind, fault.column as usize), (InvalidType, line.find('5').unwrap() + 1), "{text}");
            assert!(field.len() <= 200, "{} bytes: {field}", field.len());
            assert!(field.starts_with('.') && field.ends_with("[0]"), "{field}");
            if key == "k" {
                assert_eq!(field.contains('…'), depth > 40, "{depth}: {field}");
            }
        }
    }
}

/// A record may have any number of lazy values, each an error: far behind, only the way from the value on is walked.
#[test]
fn far_behind_the_path_begins_at_the_lazy_value() {
    let elements = 30_000;
    let input = format!("{{\"a\":[{}{{\"x\":\"1\"}}]}}\n", "{\"x\":1},".repeat(elements));
    let mut reader = JsonlSlice::new(input.as_bytes());
    let record = reader.next_record().unwrap().unwrap();
    let error = record.deserialize::<Rows<Point>>().unwrap_err();
    assert_eq!(error.field(), format!(".a[{elements}].x"));
    let last = record.get("a").unwrap().unwrap().array().unwrap().last().unwrap().unwrap();
    let lazy = last.deserialize::<Point>().unwrap_err();
    assert_eq!((lazy.field(), lazy.position()), ("….x", error.position()), "{lazy}");
    assert_eq!(last.get("x").unwrap().unwrap().deserialize::<u8>().unwrap_err().field(), "");
    assert_eq!(last.array().unwrap_err().field(), "");
    // White space before a record is no distance.
    let input = format!("{}{{\"x\":\"1\"}}\n", " ".repeat(100_000));
    let error = JsonlSlice::new(input.as_bytes()).into_deserialize::<Point>().next().unwrap().unwrap_err();
    assert_eq!((error.field(), error.column()), (".x", 100_006), "{error}");
}

/// What is not JSON has no fields; nor has what is written.
#[test]
fn other_errors_have_no_field() {
    for line in ["{\"k\":[tru]}", "{\"k\":[1", "{\"k\":[\"open]}", "{\"k\":[\"\\x\"]}", "{\"k\":[1,]}", "{\"k\":[1]} 2"]
    {
        let (_, words) = told::<Rows<Value>>(line);
        assert!(words.field.is_empty() && !words.text.contains(", at "), "{words:?}");
    }
    let error = JsonlReader::from_path("/no/such/file").map(|_| ()).unwrap_err();
    assert_eq!(error.field(), "");
    let error = JsonlWriter::new(Vec::new()).write(&HashMap::from([((1, 2), 3)])).unwrap_err();
    assert_eq!((error.kind(), error.field()), (InvalidKey, ""));
    assert_eq!(<Error as serde::de::Error>::custom("x").field(), "");
}

/// Names from the input are cut, and stay on the line.
#[test]
fn names_in_messages_are_short() {
    let long = "\\u001b[1m\\n".repeat(500);
    for line in [format!("{{\"k\":[{{\"{long}\":1}}]}}"), format!("{{\"k\":[\"{long}\"]}}")] {
        let (fault, words) = told::<Rows<Shape>>(&line);
        assert_eq!(fault.kind, UnknownVariant, "{words:?}");
        assert!(words.text.len() < 900 && !words.text.contains(char::is_control), "{words:?}");
    }
    let (fault, words) = told::<Rows<Point>>(&format!("{{\"k\":[{{\"{long}\":1}}]}}"));
    assert_eq!(fault.kind, UnknownField, "{words:?}");
    assert!(words.text.len() < 900 && !words.text.contains(char::is_control), "{words:?}");
}
