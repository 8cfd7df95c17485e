//! Values found and not decoded, and records taken apart: against `serde_json`'s reading of the same lines.

use crate::common;
use crate::corpus;
use std::borrow::Cow;
use std::fmt;

use crate::common::{Chunks, Random, naive_lines, show};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use simd_jsonl::{ErrorKind, JsonlSlice, LazyValue, Level, Position, ReaderBuilder, Record, Result};

/// A value with its members in order, duplicates and all, which `Value` does not keep.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Tree, D::Error> {
        struct TreeVisitor;
        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, b: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(b))
            }
            fn visit_u64<E>(self, n: u64) -> Result<Tree, E> {
                Ok(Tree::Number(n.into()))
            }
            fn visit_i64<E>(self, n: i64) -> Result<Tree, E> {
                Ok(Tree::Number(n.into()))
            }
            fn visit_f64<E>(self, x: f64) -> Result<Tree, E> {
                Ok(Tree::Number(Number::from_f64(x).expect("finite")))
            }
            fn visit_str<E>(self, s: &str) -> Result<Tree, E> {
                Ok(Tree::String(s.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = seq.next_element()? {
                    all.push(value);
                }
                Ok(Tree::Array(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(Tree::Object(all))
            }
        }
        d.deserialize_any(TreeVisitor)
    }
}

impl Tree {
    /// RFC 6901, by the letter; the first of duplicate keys.
    fn pointer(&self, pointer: &str) -> Option<&Tree> {
        let Some(tokens) = pointer.strip_prefix('/') else { return pointer.is_empty().then_some(self) };
        let mut tree = self;
        for token in tokens.split('/') {
            let token = token.replace("~1", "/").replace("~0", "~");
            tree = match tree {
                Tree::Object(members) => &members.iter().find(|(key, _)| *key == token)?.1,
                Tree::Array(elements) => {
                    let canonical =
                        token == "0" || !token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit());
                    elements.get(token.parse::<usize>().ok().filter(|_| canonical)?)?
                }
                _ => return None,
            };
        }
        Some(tree)
    }

    /// The pointers to all that is in it, `self` included.
    fn pointers(&self, prefix: &str, all: &mut Vec<String>) {
        all.push(prefix.to_owned());
        match self {
            Tree::Array(elements) => {
                elements.iter().enumerate().for_each(|(i, element)| element.pointers(&format!("{prefix}/{i}"), all));
            }
            Tree::Object(members) => {
                for (key, value) in members {
                    value.pointers(&format!("{prefix}/{}", key.replace('~', "~0").replace('/', "~1")), all);
                }
            }
            _ => {}
        }
    }
}

/// Unwraps, or panics with the context.
macro_rules! good {
    ($result:expr, $context:expr) => {
        $result.unwrap_or_else(|e| panic!("{} gave {e}: {}", stringify!($result), $context))
    };
}

/// Everything that `lazy` says of itself is what `tree` and `raw` (its text) are.
fn agree(lazy: LazyValue<'_>, tree: &Tree, raw: &RawValue, context: &dyn fmt::Display) {
    let is = [lazy.is_null(), lazy.is_bool(), lazy.is_number(), lazy.is_string(), lazy.is_array(), lazy.is_object()];
    let sort = match tree {
        Tree::Null => 0,
        Tree::Bool(_) => 1,
        Tree::Number(_) => 2,
        Tree::String(_) => 3,
        Tree::Array(_) => 4,
        Tree::Object(_) => 5,
    };
    assert_eq!(is, std::array::from_fn(|i| i == sort), "null, bool, number, string, array, object; {context}");
    let number = match tree {
        Tree::Number(n) => Some(n),
        _ => None,
    };
    assert_eq!(lazy.as_bool(), if let Tree::Bool(b) = tree { Some(*b) } else { None }, "as_bool; {context}");
    assert_eq!(lazy.as_i64(), number.and_then(Number::as_i64), "as_i64; {context}");
    assert_eq!(lazy.as_u64(), number.and_then(Number::as_u64), "as_u64; {context}");
    let bits = number.and_then(Number::as_f64).map(f64::to_bits);
    assert_eq!(lazy.as_f64().map(f64::to_bits), bits, "as_f64; {context}");
    let string = if let Tree::String(s) = tree { Some(&**s) } else { None };
    assert_eq!(lazy.as_str().as_deref(), string, "as_str; {context}");
    if let Some(text) = lazy.as_str() {
        assert_eq!(matches!(text, Cow::Borrowed(_)), !raw.get().contains('\\'), "borrowed: {text:?}; {context}");
    }
    assert_eq!(good!(lazy.raw(), context), raw.get(), "raw; {context}");
    assert_eq!(good!(lazy.deserialize::<Tree>(), context), *tree, "deserialize; {context}");
    match tree {
        Tree::Array(elements) => {
            let raws: Vec<&RawValue> = serde_json::from_str(raw.get()).expect("an array");
            let mut lazies = good!(lazy.array(), context);
            for (tree, raw) in elements.iter().zip(raws) {
                let element = lazies.next().unwrap_or_else(|| panic!("no element {}: {context}", raw.get()));
                agree(good!(element, context), tree, raw, context);
            }
            assert!(lazies.next().is_none(), "one element too many: {context}");
            assert!(lazies.next().is_none(), "not fused: {context}");
        }
        Tree::Object(members) => {
            let mut raws = raw_members(raw.get()).into_iter();
            let mut lazies = good!(lazy.object(), context);
            for (key, tree) in members {
                let member = lazies.next().unwrap_or_else(|| panic!("no member {key}: {context}"));
                let (name, value) = good!(member, context);
                assert_eq!(name, key.as_str(), "a key; {context}");
                agree(value, tree, &raws.next().expect("as many members"), context);
                // by name: the first of that name
                let first = good!(lazy.get(key), context).unwrap_or_else(|| panic!("no member {key:?}: {context}"));
                let tree = &members.iter().find(|(k, _)| k == key).expect("it is there").1;
                assert_eq!(good!(first.deserialize::<Tree>(), context), *tree, "get({key:?}); {context}");
            }
            assert!(lazies.next().is_none(), "one member too many: {context}");
            assert!(lazies.next().is_none(), "not fused: {context}");
            for missing in ["no such key", "\u{0}", "\\n", "\"", "1"] {
                if members.iter().all(|(k, _)| k != missing) {
                    assert!(good!(lazy.get(missing), context).is_none(), "get({missing:?}); {context}");
                }
            }
        }
        _ => {
            assert!(good!(lazy.get(""), context).is_none(), "get of no object; {context}");
            assert!(good!(lazy.pointer("/0"), context).is_none(), "pointer into no container; {context}");
        }
    }
    if !lazy.is_array() {
        assert_eq!(lazy.array().map(drop).map_err(|e| e.kind()), Err(ErrorKind::InvalidType), "array(); {context}");
    } else {
        assert!(good!(lazy.get("0"), context).is_none(), "get of no object; {context}");
    }
    if !lazy.is_object() {
        assert_eq!(lazy.object().map(drop).map_err(|e| e.kind()), Err(ErrorKind::InvalidType), "object(); {context}");
    }
}

/// The texts of an object's values, in order.
fn raw_members(text: &str) -> Vec<Box<RawValue>> {
    struct Members(Vec<Box<RawValue>>);
    impl<'de> Deserialize<'de> for Members {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            struct MembersVisitor;
            impl<'de> Visitor<'de> for MembersVisitor {
                type Value = Members;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                    let mut all = Vec::new();
                    while let Some((_, raw)) = map.next_entry::<String, _>()? {
                        all.push(raw);
                    }
                    Ok(Members(all))
                }
            }
            d.deserialize_map(MembersVisitor)
        }
    }
    serde_json::from_str::<Members>(text).expect("an object").0
}

/// A record and all that can be found in it, against the same line read by `serde_json`.
fn agree_record(record: &Record<'_>, context: &dyn fmt::Display) {
    let line = std::str::from_utf8(record.as_bytes()).expect("UTF-8");
    let tree: Tree = good!(serde_json::from_str(line), context);
    let raw: &RawValue = serde_json::from_str(line).expect("it was well-formed just now");
    agree(record.as_lazy(), &tree, raw, context);
    let mut pointers = Vec::new();
    tree.pointers("", &mut pointers);
    for pointer in &pointers {
        let context = format_args!("{pointer:?} of {context}");
        // behind a duplicate key there may be nothing of the kind
        let want = tree.pointer(pointer);
        for found in [record.pointer(pointer), record.as_lazy().pointer(pointer)] {
            let found = good!(found, context).map(|v| good!(v.deserialize::<Tree>(), context));
            assert_eq!(found.as_ref(), want, "{context}");
        }
        for nowhere in
            ["/", "/no such", "/-", "/-1", "/00", "/01", "/+0", "/0x0", "/99999", "/18446744073709551616", "/~01", "//"]
        {
            let pointer = format!("{pointer}{nowhere}");
            let found = good!(record.pointer(&pointer), context).map(|v| v.deserialize::<Tree>().ok());
            assert_eq!(found, tree.pointer(&pointer).map(|t| Some(t.clone())), "{pointer:?} of {context}");
        }
    }
}

/// Lines of every shape, in three styles of spacing.
fn generated() -> Vec<String> {
    fn space(random: &mut Random, style: usize, out: &mut String) {
        match style {
            0 => {}
            1 => out.push(' '),
            _ => (0..random.below(3)).for_each(|_| out.push(random.pick(&[' ', '\t', '\r']))),
        }
    }
    #[rustfmt::skip]
    const SCALARS: [&str; 22] = [
        "null", "true", "false", "0", "-0", "1", "-7", "1.5", "-1e-3", "18446744073709551615", "-9223372036854775808",
        "18446744073709551616", "1e300", "\"\"", "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"\\u00e9\\n\"", "\"é日😀\"",
        "\"[{,:}]\"",
        "\"\\ud83d\\ude00\"", "\"a longer text, of more than sixty-four bytes, so that it crosses an edge\"",
    ];
    #[rustfmt::skip]
    const KEYS: [&str; 14] =
        ["a", "b", "c", "", "0", "1", "a/b", "m~n", "~1", "\\n", "\\u0061", "k\\\"l", "é", "key with spaces and , : { } [ ]"];
    fn value(random: &mut Random, depth: usize, style: usize, out: &mut String) {
        let brackets = match random.below(if depth == 0 { 1 } else { 3 }) {
            0 => return out.push_str(SCALARS[random.below(SCALARS.len())]),
            1 => ['[', ']'],
            _ => ['{', '}'],
        };
        out.push(brackets[0]);
        for i in 0..random.below(5) {
            if i > 0 {
                out.push(',');
            }
            space(random, style, out);
            if brackets[0] == '{' {
                out.push_str(&format!("\"{}\"", KEYS[random.below(KEYS.len())]));
                space(random, if style == 1 { 0 } else { style }, out);
                out.push(':');
                space(random, style, out);
            }
            value(random, depth - 1, style, out);
            space(random, if style == 1 { 0 } else { style }, out);
        }
        out.push(brackets[1]);
    }
    let mut random = Random(3);
    let mut all: Vec<String> = [
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[\t]",
        "{\r}",
        "[[]]",
        "[{}]",
        "{\"a\":[]}",
        "{\"a\":{}}",
        "[[],[],{}]",
        " [ [ ] , { } ] ",
        "{\"a\":1,\"a\":2,\"b\":3,\"a\":4}",
        "{\"\":{\"\":{\"\":1}}}",
        "{\"a\\u002fb\":1,\"m~n\":2}",
        "{\"0\":[10,20],\"00\":1}",
        "\t\"text\" ",
        "5",
        " -0 ",
        "{\"~\":1,\"~0\":2,\"~1\":3,\"/\":4,\"~01\":5}",
        "[0,1,2,3,4,5,6,7,8,9,10,11]",
    ]
    .map(String::from)
    .into();
    for i in 0..400 {
        let mut line = String::new();
        value(&mut random, 1 + i % 4, i % 3, &mut line);
        all.push(line);
    }
    all
}

/// Checks each record of a well-formed input; at every level, or at the fastest alone.
fn agree_input(name: &str, input: &[u8], levels: &[Level]) {
    let lines: Vec<_> = naive_lines(input).into_iter().filter(|l| !l.is_blank()).collect();
    for level in levels {
        let mut reader = ReaderBuilder::new().level(*level).from_slice(input);
        for line in &lines {
            let context = format_args!("{name}, line {}, at {level}: {}", line.number, show(line.bytes));
            let record = good!(reader.next_record(), context).unwrap_or_else(|| panic!("no record: {context}"));
            assert_eq!(record.as_bytes(), line.bytes, "{context}");
            assert_eq!(record.position(), Position { offset: line.offset as u64, line: line.number }, "{context}");
            assert_eq!(record.terminated(), line.terminated, "{context}");
            agree_record(&record, &context);
        }
        assert!(good!(reader.next_record(), name).is_none(), "one record too many: {name} at {level}");
    }
}

#[test]
fn generated_lines() {
    let lines = generated();
    agree_input("one input", lines.join("\n").as_bytes(), &Level::available());
    agree_input("CR LF", (lines.join("\r\n\r\n") + "\r\n").as_bytes(), &[Level::detect()]);
    for line in &lines {
        agree_input("alone", line.as_bytes(), &[Level::detect(), common::fallback()]);
    }
    // the same from a `Read`, whose records borrow from a buffer that moves on
    let input = lines.join("\n").into_bytes();
    let mut reader = ReaderBuilder::new().buffer_size(100).from_reader(Chunks::new(&input, [1, 50, 7]));
    for line in &lines {
        let record = good!(reader.next_record(), line).unwrap_or_else(|| panic!("no record: {line}"));
        agree_record(&record, &format_args!("from Read: {line}"));
    }
}

#[test]
fn corpus_lines() {
    let Some(corpus) = corpus::folder() else { return };
    let mut files: Vec<_> = std::fs::read_dir(corpus.join("jsonl"))
        .expect("the folder jsonl")
        .map(|e| e.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", corpus.display());
    for file in files {
        let input = std::fs::read(&file).expect("a file of the corpus");
        let name = file.file_name().expect("a name").to_string_lossy();
        agree_input(&name, &input, &[Level::detect()]);
        // the other levels on a part
        let part = 1 + memchr_last(&input[..input.len().min(300_000)]);
        agree_input(&name, &input[..part], &Level::available());
    }
}

/// Where the last LF is.
fn memchr_last(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|b| *b == b'\n').expect("a line")
}

#[test]
fn pointers() {
    // the examples of RFC 6901, section 5
    let line = br#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
    for level in Level::available() {
        let mut reader = ReaderBuilder::new().level(level).from_slice(line);
        let record = good!(reader.next_record(), "RFC 6901").expect("a record");
        for (pointer, want) in [
            ("", std::str::from_utf8(line).expect("ASCII")),
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/foo/1", r#""baz""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            let found = good!(record.pointer(pointer), pointer).unwrap_or_else(|| panic!("{pointer} at {level}"));
            assert_eq!(good!(found.raw(), pointer), want, "{pointer} at {level}");
        }
        for pointer in
            ["/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/", "/foo/0/0", "/fo", "/foo ", "/a/b", "/m~1n"]
        {
            assert!(good!(record.pointer(pointer), pointer).is_none(), "{pointer} at {level}");
        }
        // not a JSON Pointer: nothing is found, whether or not that is an error
        for pointer in ["foo", "foo/0", "#/foo", " ", "0"] {
            assert!(!matches!(record.pointer(pointer), Ok(Some(_))), "{pointer} at {level}");
        }
    }
}

#[test]
fn broken_lines_are_errors() {
    /// Walks through all there is; the first error, or how many values there were.
    fn walk(lazy: LazyValue<'_>, left: &mut usize) -> Result<()> {
        *left = left.checked_sub(1).expect("an endless value");
        if lazy.is_array() {
            lazy.array()?.try_for_each(|element| walk(element?, left))
        } else if lazy.is_object() {
            lazy.object()?.try_for_each(|member| walk(member?.1, left))
        } else {
            lazy.deserialize::<Value>().map(drop)
        }
    }
    #[rustfmt::skip]
    let lines = [
        "[", "{", "[1", "[1,", "[1,2", "[1 2]", "[1,]", "[,1]", "[1,,2]", "{\"a\":1,,\"b\":2}", "{\"a\":1, ,\"b\":2}",
        "[1 , , 2]", "[[],,1]", "{\"a\":{},,\"b\":1}", "[1}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        "{\"a\":1,}",
        "{,\"a\":1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "{a:1}", "{1:1}", "{\"a\",\"b\"}",
        "{\"a\"}", "[[1]", "[[1],[2",
        "{\"a\":{\"b\":[1}", "[\"a\" \"b\"]", "[\"a\"\"b\"]", "[tru]", "[01]", "[1.]", "[-]", "[\"\\x\"]",
        "[\"\\ud800\"]", "{\"\\x\":1}", "tru", "-",
        "01", "\"\\q\"", "[nul,1]", "{\"a\":tru,\"b\":1}", "[:]", "{:}", "[1:2]", "{\"a\":\"b\"c}", "[{]}",
        "[1 ,\t2 \r", "[\u{a0}1]", "nulll", "[+1]",
        "{\"a\":[1,2}", "[[[[", "{\"a\":{\"a\":{\"a\":", "@", "{\"a\":@}", "}", "]", ",", ":",
    ];
    for line in lines {
        assert!(serde_json::from_str::<Value>(line).is_err(), "it is well-formed: {line}");
        for level in Level::available() {
            for input in [
                line.to_owned(),
                format!("{line}\n"),
                format!("[]\n{line}\n{{\"a\":1}}\n"),
                format!("1\r\n{line}\r\n[2]"),
            ] {
                let context = format_args!("{line:?} in {input:?} at {level}");
                let mut reader = ReaderBuilder::new().level(level).from_slice(input.as_bytes());
                let several = input.matches('\n').count() > 1;
                if several {
                    good!(reader.next_record(), context).expect("the record before");
                }
                match reader.next_record() {
                    Err(e) => assert_eq!(e.position().line, 1 + u64::from(several), "{e}; {context}"),
                    Ok(None) => panic!("no record: {context}"),
                    Ok(Some(record)) => {
                        assert!(walk(record.as_lazy(), &mut 100).is_err(), "walked through: {context}");
                        assert!(record.deserialize::<Value>().is_err(), "deserialize: {context}");
                        // whatever else is asked of it, there is an answer
                        for key in ["a", "b", "zz", ""] {
                            if let Ok(Some(value)) = record.get(key) {
                                let _ = (value.raw(), value.as_str(), value.as_f64(), walk(value, &mut 100));
                            }
                        }
                        for pointer in ["/a", "/0", "/1", "/a/b/0", "/a/a/a", "/0/0/0/0", "/7"] {
                            if let Ok(Some(value)) = record.pointer(pointer) {
                                let _ = (value.raw(), value.as_str(), value.as_f64(), walk(value, &mut 100));
                            }
                        }
                        let _ = (record.as_lazy().raw(), record.as_lazy().as_str(), record.as_lazy().as_bool());
                    }
                }
                if several {
                    let next =
                        good!(reader.next_record(), context).unwrap_or_else(|| panic!("the next is lost: {context}"));
                    let text = next.as_lazy().raw().map(str::to_owned);
                    assert!(matches!(good!(text, context).as_str(), "{\"a\":1}" | "[2]"), "{context}");
                }
            }
        }
    }
}

/// A key that would stand behind the damage is not "missing".
#[test]
fn a_missing_key_is_not_a_broken_record() {
    #[rustfmt::skip]
    let lines = [
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{\"a\":}", "{\"a\":1]",
        "{\"a\":[1,2}", "{\"a\"}", "{\"a\":1,1}",
        "{\"a\":1,\"c\"}", "{a:1}", "{,}", "{\"a\":{\"c\":1}", "{\"a\":1,,\"c\":1}", "{", "{\"a\":[", "{\"a\"",
    ];
    for line in lines {
        for level in Level::available() {
            for input in [line.to_owned(), format!("{line}\n{{\"zz\":1}}\n")] {
                let mut reader = ReaderBuilder::new().level(level).from_slice(input.as_bytes());
                let found = match reader.next_record() {
                    Ok(record) => record.expect("a record").get("zz").map(|v| v.map(|v| v.raw().map(str::to_owned))),
                    Err(e) => Err(e),
                };
                assert!(found.is_err(), "{found:?}: {input:?} at {level}");
            }
        }
    }
}

/// Nor is what stands before a record, or in its place, a value that happens to have no members.
#[test]
fn a_spoilt_start_is_not_a_value_without_members() {
    #[rustfmt::skip]
    let lines = [
        "x{\"zz\":1}", "\u{feff}{\"zz\":1}", ",{\"zz\":1}", ":{\"zz\":1}", " , {\"zz\":1}", "1{\"zz\":1}", "1 {\"zz\":1}",
        "\"a\"{\"zz\":1}", "\"a\" {\"zz\":1}", "null{\"zz\":1}", "[1]{\"zz\":1}", "[1] {\"zz\":1}", "[1],{\"zz\":1}",
        "nul", "01", "-", "@", "\"\\x\"", "[1", "[1]]", "2020-01-01 {\"zz\":1}", "INFO: {\"zz\":1}", "data: {\"zz\":1}",
    ];
    for line in lines {
        for level in Level::available() {
            for input in [format!("0\n{line}"), format!("0\n{line}\n{{\"zz\":1}}\n")] {
                for pointer in [None, Some("/zz"), Some("/zz/a"), Some("/a~1b"), Some("/-")] {
                    let mut reader = ReaderBuilder::new().level(level).from_slice(input.as_bytes());
                    reader.next_record().expect("the line before").expect("a record");
                    let found = reader.next_record().and_then(|record| {
                        let record = record.expect("a record");
                        let value = pointer.map_or_else(|| record.get("zz"), |pointer| record.pointer(pointer))?;
                        Ok(value.map(|value| value.raw().map(str::to_owned)))
                    });
                    assert!(found.is_err(), "{found:?} by {pointer:?}: {input:?} at {level}");
                }
            }
        }
    }
}

/// Each method leaves the record as it was: in any order, any number of times.
#[test]
fn records_are_asked_in_any_order() {
    let input = b"{\"a\":{\"b\":[1,{\"c\":\"x\\n\"}]},\"d\":\"plain\",\"e\":[]}\r\n[1,2]\n\"last\"";
    for level in Level::available() {
        let mut random = Random(5);
        let mut reader = ReaderBuilder::new().level(level).from_slice(input);
        let record = good!(reader.next_record(), level).expect("a record");
        let lazy = record.as_lazy();
        for _ in 0..300 {
            let asked = random.below(10);
            let context = format_args!("question {asked} at {level}");
            match asked {
                0 => assert_eq!(record.as_bytes(), &input[..input.len() - 14], "{context}"),
                1 => assert_eq!(record.position(), Position::default(), "{context}"),
                2 => assert!(record.terminated(), "{context}"),
                3 => assert_eq!(
                    good!(record.get("d"), context).expect("d").as_str().as_deref(),
                    Some("plain"),
                    "{context}"
                ),
                4 => {
                    let c = good!(record.pointer("/a/b/1/c"), context).expect("c");
                    assert_eq!(c.as_str().as_deref(), Some("x\n"), "{context}");
                }
                5 => assert!(good!(record.get("nothing"), context).is_none(), "{context}"),
                6 => assert_eq!(good!(record.deserialize::<Value>(), context)["e"], Value::Array(vec![]), "{context}"),
                7 => assert_eq!(
                    record.deserialize::<Vec<u8>>().map_err(|e| e.kind()),
                    Err(ErrorKind::InvalidType),
                    "{context}"
                ),
                8 => assert_eq!(
                    good!(lazy.object(), context).take(random.below(4)).filter(Result::is_err).count(),
                    0,
                    "{context}"
                ),
                _ => {
                    // an iterator left in the middle, and one inside the other
                    let a = good!(lazy.get("a"), context).expect("a");
                    let mut inner = good!(good!(a.get("b"), context).expect("b").array(), context);
                    assert_eq!(good!(inner.next().expect("an element"), context).as_u64(), Some(1), "{context}");
                    assert_eq!(good!(lazy.object(), context).count(), 3, "{context}");
                    assert!(good!(inner.next().expect("an element"), context).is_object(), "{context}");
                }
            }
        }
    }
}

/// `next_record`, iterators, `lines` and `position` share one place in the input, wherever they take over from each
/// other.
#[test]
fn ways_of_reading_take_turns() {
    let mut input = Vec::new();
    for i in 0..60 {
        match i % 7 {
            3 => input.extend(b"\n"),
            5 => input.extend(b"{\"broken\":\n"),
            6 => input.extend(format!("  {{\"n\":{i},\"text\":\"{}\"}} \r\n", "x".repeat(i * 3)).bytes()),
            _ => input.extend(format!("{{\"n\":{i}}}\n").bytes()),
        }
    }
    let lines = naive_lines(&input);
    let full: Vec<_> = lines.iter().filter(|l| !l.is_blank()).collect();
    let number = |value: &Value| value["n"].as_u64().expect("n") + 1;
    for level in Level::available() {
        for seed in 0..40 {
            let mut random = Random(seed);
            let mut reader = ReaderBuilder::new().level(level).from_slice(&input);
            let mut read = ReaderBuilder::new().level(level).buffer_size(64).from_reader(Chunks::new(&input, [61, 3]));
            let mut done = 0;
            while done < full.len() {
                let (line, broken) = (full[done], full[done].bytes.starts_with(b"{\"broken"));
                let way = random.below(4);
                let context = format_args!("line {}, way {way}, seed {seed}, at {level}", line.number);
                // the next unread line: this one, or a blank one before it
                let at = reader.position();
                assert_eq!(at, read.position(), "slice and Read; {context}");
                let first = &lines[at.line as usize - 1];
                assert_eq!(at.offset, first.offset as u64, "position; {context}");
                assert!(
                    at.line <= line.number
                        && lines[at.line as usize - 1..line.number as usize - 1].iter().all(|l| l.is_blank())
                );
                let rest: Vec<_> = reader.lines().map(|l| (l.as_bytes(), l.offset())).collect();
                let want: Vec<_> = lines[at.line as usize - 1..].iter().map(|l| (l.bytes, l.offset as u64)).collect();
                assert_eq!(rest, want, "lines; {context}");
                match way {
                    // taken and partly used
                    0 => {
                        for record in [reader.next_record(), read.next_record()] {
                            let record = good!(record, context).unwrap_or_else(|| panic!("no record: {context}"));
                            assert_eq!(record.as_bytes(), line.bytes, "{context}");
                            assert_eq!(record.get("n").is_ok_and(|n| n.is_some()), !broken, "{context}");
                        }
                        done += 1;
                    }
                    // taken and not looked at
                    1 => {
                        assert!(reader.next_record().is_ok_and(|r| r.is_some()), "{context}");
                        assert!(read.next_record().is_ok_and(|r| r.is_some()), "{context}");
                        done += 1;
                    }
                    // an iterator, dropped after a few
                    _ => {
                        let n = 1 + random.below(4);
                        let a: Vec<_> = reader.deserialize::<Value>().take(n).collect();
                        let b: Vec<_> = read.deserialize::<Value>().take(n).collect();
                        assert_eq!(a.len(), n.min(full.len() - done), "{context}");
                        assert_eq!(a.len(), b.len(), "{context}");
                        for (a, b) in a.iter().zip(&b) {
                            let line = full[done];
                            match (a, b) {
                                (Ok(a), Ok(b)) => assert_eq!([number(a), number(b)], [line.number; 2], "{context}"),
                                (Err(a), Err(b)) => {
                                    assert_eq!(
                                        [a.position().line, b.position().line],
                                        [line.number; 2],
                                        "{a}; {b}; {context}"
                                    );
                                }
                                _ => panic!("{a:?}, {b:?}: {context}"),
                            }
                            done += 1;
                        }
                    }
                }
            }
            assert!(reader.next_record().is_ok_and(|r| r.is_none()), "the end, at {level}");
            assert!(reader.deserialize::<Value>().next().is_none(), "the end, at {level}");
            assert_eq!(reader.position().offset, input.len() as u64, "the end, at {level}");
        }
    }
}

/// A lazy value outlives the record it came from, as long as the input is there.
#[test]
fn lazy_values_live_as_long_as_their_record_borrows() {
    let input = b"{\"k\":[\"a\",\"b\"]}";
    let mut reader = JsonlSlice::new(input);
    let elements: Vec<LazyValue<'_>> = {
        let record = reader.next_record().expect("well-formed").expect("a record");
        let array = record.get("k").expect("well-formed").expect("a member");
        array.array().expect("an array").collect::<Result<_>>().expect("well-formed")
    };
    let texts: Vec<_> = elements.iter().map(|e| e.deserialize::<&str>().expect("a string")).collect();
    assert_eq!(texts, ["a", "b"]);
}

/// As behind a value whose line was zeroed at its end.
#[test]
fn the_text_of_a_value_ends_with_the_value() {
    let records = ["[1]\0", "[1],\0", "1\0", "\"a\"\0\0", "{\"a\":1}\x01", "[1],", "[1]:", "1 ,", "[1] ,\0", "1:\0,"];
    let members = ["[]\0", "[],\0", "1\0", "1\0,", "\"b\"\x01 ", "{}:", "null,,"];
    for level in Level::available() {
        let mut builder = ReaderBuilder::new();
        builder.level(level);
        for text in records {
            let mut reader = builder.from_slice(text.as_bytes());
            let raw = reader.next_record().unwrap().unwrap().as_lazy().raw();
            assert!(raw.is_err(), "{level}: {raw:?} of {text:?}");
        }
        for text in members {
            let line = format!("{{\"a\":{text}}}");
            let mut reader = builder.from_slice(line.as_bytes());
            let raw = reader.next_record().unwrap().unwrap().get("a").unwrap().unwrap().raw();
            assert!(raw.is_err(), "{level}: {raw:?} of {line:?}");
        }
    }
}

/// Bytes that have all but two bits of a bracket: words in which they stand are scalars like all others.
#[test]
fn levels_agree_on_what_is_not_checked() {
    let lines = [
        r#"{"a":yes,"b":1}"#,
        "yes",
        "_id",
        "[yes,2]",
        r#"{"a":nope,"b":1}"#,
        r#"{"a":[Y_y],"b":1}"#,
        "[1,_]",
        "y",
        "[\x7f,2]",
    ];
    for line in lines {
        let told = |level: Level| {
            let mut builder = ReaderBuilder::new();
            let mut reader = builder.level(level).lax_skip(true).from_slice(line.as_bytes());
            let record = reader.next_record().unwrap().unwrap();
            let got = [record.get("b"), record.pointer("/1"), record.pointer("/a/0")].map(|value| format!("{value:?}"));
            let skipped = record.deserialize::<serde::de::IgnoredAny>().map_err(|error| error.to_string());
            (record.as_lazy().raw().map(str::to_owned).map_err(|error| error.to_string()), got, skipped)
        };
        let want = told(common::fallback());
        for level in Level::available() {
            assert_eq!(told(level), want, "left: {level}, right: fallback; {line}");
        }
    }
}
