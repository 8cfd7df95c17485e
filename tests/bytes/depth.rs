//! Nesting and width at every entry point: 128 containers and not one more, a million brackets on a small stack, a
//! million keys. An error, never an abort.

use std::collections::{BTreeMap, HashMap};

use crate::common::{Chunks, show};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use simd_jsonl::{Error, ErrorKind, JsonlSlice, LazyValue, Level, ReaderBuilder, Record, Result};

/// Nested arrays, typed.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
#[allow(dead_code)]
struct Arrays(Vec<Arrays>);

/// Nested objects, typed.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Objects {
    a: Option<Box<Objects>>,
}

/// An enum nested in its own variants, whose braces count too.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
enum Recursive {
    End,
    Inner(Box<Recursive>),
    Struct { a: Box<Recursive> },
    Tuple(u8, Box<Recursive>),
}

/// Either, through serde's buffer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Untagged {
    Number(u8),
    List(Vec<Untagged>),
    Map(BTreeMap<String, Untagged>),
}

/// One field that is wanted, and others that are skipped.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Skipping {
    wanted: u8,
}

/// An entry point: what it is called, whether it takes a small stack, and how it looks at a record.
type Entry = (&'static str, bool, fn(&Record<'_>) -> Result<()>);

/// Walks down to the innermost value.
fn descend(mut lazy: LazyValue<'_>) -> Result<()> {
    loop {
        let inner = match (lazy.is_array(), lazy.is_object()) {
            (true, _) => lazy.array()?.next().transpose()?,
            (_, true) => lazy.object()?.next().transpose()?.map(|(_, value)| value),
            _ => None,
        };
        match inner {
            Some(value) => lazy = value,
            None => return Ok(()),
        }
    }
}

/// Takes any document.
const ENTRIES: &[Entry] = &[
    ("IgnoredAny", true, |r| r.deserialize::<IgnoredAny>().map(drop)),
    ("&RawValue", true, |r| r.deserialize::<&RawValue>().map(drop)),
    ("Box<RawValue>", true, |r| r.deserialize::<Box<RawValue>>().map(drop)),
    ("lazy.raw", true, |r| r.as_lazy().raw().map(drop)),
    ("lazy to IgnoredAny", true, |r| r.as_lazy().deserialize::<IgnoredAny>().map(drop)),
    ("lazy to &RawValue", true, |r| r.as_lazy().deserialize::<&RawValue>().map(drop)),
    ("Value", false, |r| r.deserialize::<Value>().map(drop)),
    ("Option<Box<Value>>", false, |r| r.deserialize::<Option<Box<Value>>>().map(drop)),
    ("lazy to Value", false, |r| r.as_lazy().deserialize::<Value>().map(drop)),
    ("untagged", false, |r| r.deserialize::<Untagged>().map(drop)),
    #[cfg(feature = "value")]
    ("to_value", false, |r| r.to_value().map(drop)),
];

/// Take a document in which the nested value is the field `deep`, and a field `wanted` stands behind it.
const FIELD_ENTRIES: &[Entry] = &[
    ("skipped by a struct", true, |r| r.deserialize::<Skipping>().map(drop)),
    ("skipped by get", true, |r| found(r.get("wanted"))),
    ("skipped by pointer", true, |r| found(r.pointer("/wanted"))),
    ("skipped by get in vain", true, |r| r.get("nothing").map(drop)),
    ("skipped by object()", true, |r| r.as_lazy().object()?.try_for_each(|member| member.map(drop))),
    ("a map of IgnoredAny", true, |r| r.deserialize::<HashMap<String, IgnoredAny>>().map(drop)),
    ("a map of &RawValue", true, |r| r.deserialize::<HashMap<&str, &RawValue>>().map(drop)),
];

fn found(value: Result<Option<LazyValue<'_>>>) -> Result<()> {
    assert_eq!(value?.expect("the member behind the deep one").as_u64(), Some(1));
    Ok(())
}

/// The first record of `input` through each of the entry points. An error from `next_record` counts as theirs.
fn enter<'e>(
    entries: impl IntoIterator<Item = &'e Entry>,
    input: &[u8],
    builder: &ReaderBuilder,
) -> Vec<(&'static str, Result<(), ErrorKind>)> {
    let kind = |e: Error| {
        assert!(e.is_syntax() != e.is_eof() && e.position().line == 1, "{e:?} of {}", show(input));
        e.kind()
    };
    let mut reader = builder.from_slice(input);
    let results = match reader.next_record() {
        Ok(record) => {
            let record = record.expect("a record");
            entries.into_iter().map(|entry| (entry.0, entry.2(&record).map_err(kind))).collect()
        }
        Err(e) => {
            let kind = kind(e);
            entries.into_iter().map(|entry| (entry.0, Err(kind))).collect()
        }
    };
    let rest = reader.next_record().map(|r| r.map(|r| r.as_bytes() == b"\"next\""));
    let rest = rest.unwrap_or_else(|e| panic!("the record behind: {e}: {}", show(input)));
    assert_eq!(rest, Some(true), "the record behind {}", show(input));
    results
}

/// `n` containers of one sort (0 arrays, 1 objects, 2 in turn), one in the other.
fn nested(n: usize, sort: usize) -> String {
    let is_object = |i: usize| sort == 1 || sort == 2 && i % 2 == 1;
    let mut text: String = (0..n).map(|i| if is_object(i) { "{\"a\":" } else { "[" }).collect();
    text.push('1');
    text.extend((0..n).rev().map(|i| if is_object(i) { '}' } else { ']' }));
    text
}

/// `is_ok` within the limit, and else `DepthLimit`.
fn judge(result: Result<(), ErrorKind>, within: bool, context: &dyn std::fmt::Display) {
    let want = if within { Ok(()) } else { Err(ErrorKind::DepthLimit) };
    assert_eq!(result, want, "{context}");
}

#[test]
fn case_20_a_hundred_and_twenty_eight_and_no_more() {
    for level in Level::available() {
        let builder = ReaderBuilder::new().level(level).clone();
        for depth in [1, 2, 63, 64, 65, 126, 127, 128, 129, 130, 200] {
            for sort in 0..3 {
                let document = nested(depth, sort);
                let spaced = document.replace('1', " 1 ").replace(':', " : ").replace(']', " ] ").replace('}', " } ");
                for text in [&document, &spaced] {
                    let input = format!("{text}\n\"next\"");
                    for (entry, result) in enter(ENTRIES, input.as_bytes(), &builder) {
                        judge(result, depth <= 128, &format_args!("{depth} of sort {sort}, {entry} at {level}"));
                    }
                    // one container around it
                    let input = format!("{{\"deep\":{text},\"wanted\":1}}\n\"next\"");
                    for (entry, result) in enter(ENTRIES.iter().chain(FIELD_ENTRIES), input.as_bytes(), &builder) {
                        judge(
                            result,
                            depth < 128,
                            &format_args!("{depth} of sort {sort} in a field, {entry} at {level}"),
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn case_20_a_walk_downwards_is_bounded_too() {
    const DESCEND: &[Entry] = &[("descend", true, |r| descend(r.as_lazy()))];
    for level in Level::available() {
        let builder = ReaderBuilder::new().level(level).clone();
        for depth in [1, 127, 128, 129, 200] {
            for sort in 0..3 {
                let input = format!("{}\n\"next\"", nested(depth, sort));
                for (entry, result) in enter(DESCEND, input.as_bytes(), &builder) {
                    judge(result, depth <= 128, &format_args!("{depth} of sort {sort}, {entry} at {level}"));
                }
            }
        }
    }
}

#[test]
fn case_20_typed_recursion() {
    fn check<T: for<'de> Deserialize<'de>>(document: &str, within: bool) {
        let input = format!("{document}\n\"next\"");
        for level in Level::available() {
            let builder = ReaderBuilder::new().level(level).clone();
            let context = format!("{} as {} at {level}", show(document.as_bytes()), std::any::type_name::<T>());
            let mut reader = builder.from_slice(input.as_bytes());
            judge(
                reader.deserialize::<T>().next().expect("a record").map(drop).map_err(|e| e.kind()),
                within,
                &context,
            );
            assert!(reader.deserialize::<&str>().next().is_some_and(|r| r.is_ok()), "the record behind: {context}");
            let reader = builder.from_reader(Chunks::new(input.as_bytes(), [10]));
            judge(
                reader.into_deserialize::<T>().next().expect("a record").map(drop).map_err(|e| e.kind()),
                within,
                &context,
            );
        }
    }
    for n in [1, 2, 64, 127, 128, 129, 150, 500] {
        let within = n <= 128;
        check::<Arrays>(&("[".repeat(n) + &"]".repeat(n)), within);
        check::<Objects>(&("{\"a\":".repeat(n) + "null" + &"}".repeat(n)), within);
        check::<Recursive>(&("{\"Inner\":".repeat(n) + "\"End\"" + &"}".repeat(n)), within);
        if n % 2 == 0 {
            check::<Recursive>(&("{\"Struct\":{\"a\":".repeat(n / 2) + "\"End\"" + &"}}".repeat(n / 2)), within);
            check::<Recursive>(&("{\"Tuple\":[0,".repeat(n / 2) + "\"End\"" + &"]}".repeat(n / 2)), within);
        }
    }
    // what is deep and skipped, beside what is typed
    for n in [127, 128, 129] {
        check::<Objects>(&format!("{{\"skip\":{},\"a\":null}}", nested(n, 2)), n < 128);
        check::<Objects>(&format!("{{\"a\":{{\"a\":null,\"skip\":{}}}}}", nested(n, 1)), n < 127);
    }
}

#[test]
fn case_20_the_limit_can_be_moved() {
    // 500 levels of a `Value` want more stack, without optimization, than a test has
    on_stack(64 << 20, || {
        for level in Level::available() {
            for (limit, depth) in [(600, 500), (500, 500), (500, 501), (1, 1), (1, 2), (10, 10), (10, 11), (129, 129)] {
                let builder = ReaderBuilder::new().level(level).max_depth(limit).clone();
                for sort in 0..3 {
                    let input = format!("{}\n\"next\"", nested(depth, sort));
                    for (entry, result) in enter(ENTRIES, input.as_bytes(), &builder) {
                        judge(
                            result,
                            depth <= limit,
                            &format_args!("{depth} of sort {sort}, limit {limit}, {entry} at {level}"),
                        );
                    }
                }
            }
        }
    });
}

/// Runs on a thread with a stack of so many bytes.
fn on_stack(bytes: usize, f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(bytes).spawn(f).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

const MILLION: usize = 1_000_000;

/// Documents of a million brackets: open, closed, in a field, of objects.
fn million() -> Vec<(&'static str, String)> {
    let (open, close) = ("[".repeat(MILLION), "]".repeat(MILLION));
    vec![
        ("arrays", format!("{open}{close}")),
        ("arrays left open", open.clone()),
        ("arrays closed and never opened", close.clone()),
        ("objects", "{\"a\":".repeat(MILLION) + "1" + &"}".repeat(MILLION)),
        ("objects left open", "{\"a\":".repeat(MILLION)),
        ("a field", format!("{{\"deep\":{open}{close},\"wanted\":1}}")),
        ("a field left open", format!("{{\"deep\":{open},\"wanted\":1}}")),
        ("arrays and objects", "[{\"a\":".repeat(MILLION / 2)),
        ("with white space", "[ \t".repeat(MILLION / 2)),
    ]
}

/// The entry points for one of these documents.
fn entries(name: &str) -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().chain(FIELD_ENTRIES.iter().filter(|_| name.starts_with("a field")))
}

#[test]
fn case_20_a_million_brackets() {
    for (name, document) in million() {
        let input = document + "\n\"next\"";
        let builder = ReaderBuilder::new();
        for (entry, result) in enter(entries(name), input.as_bytes(), &builder) {
            assert!(result.is_err(), "a million, {name}, {entry}");
        }
        let typed = builder.from_slice(input.as_bytes()).into_deserialize::<Arrays>().next();
        assert!(typed.is_some_and(|r| r.is_err()), "a million, {name}, Arrays");
        let typed = builder.from_slice(input.as_bytes()).into_deserialize::<Objects>().next();
        assert!(typed.is_some_and(|r| r.is_err()), "a million, {name}, Objects");
        let typed = builder.from_slice(input.as_bytes()).into_deserialize::<Recursive>().next();
        assert!(typed.is_some_and(|r| r.is_err()), "a million, {name}, Recursive");
        let mut reader = builder.from_reader(Chunks::new(input.as_bytes(), [65_536]));
        let from_read: Vec<_> = reader.deserialize::<Value>().map(|r| r.is_ok()).collect();
        assert_eq!(from_read, [false, true], "a million, {name}, from Read");
    }
}

/// What needs no recursion uses none: 64 KiB of stack are enough, whatever the depth, and however high the limit is.
#[test]
fn case_20_a_million_brackets_on_a_small_stack() {
    for (name, document) in million() {
        let input = document + "\n\"next\"";
        on_stack(64 << 10, move || {
            for (entry, result) in enter(entries(name).filter(|e| e.1), input.as_bytes(), &ReaderBuilder::new()) {
                assert!(result.is_err(), "a million, {name}, {entry}");
            }
            if !matches!(name, "arrays" | "objects left open" | "a field" | "a field left open") {
                return;
            }
            let high = ReaderBuilder::new().max_depth(2 * MILLION).clone();
            for (entry, result) in enter(entries(name).filter(|e| e.1), input.as_bytes(), &high) {
                let sound = matches!(name, "arrays" | "a field");
                assert_eq!(result.is_ok(), sound, "a million, limit 2 million, {name}, {entry}: {result:?}");
            }
        });
    }
}

/// Case 22: a million keys, alike in length and beginning, or all the same. (A quadratic reader would not finish.)
#[test]
fn case_22_a_million_keys() {
    #[derive(Debug, Deserialize)]
    struct Last {
        last: Option<u8>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Once {
        k: u8,
    }
    let object = |n: usize, key: &dyn Fn(usize) -> String| {
        let members: Vec<_> = (0..n).map(|i| format!("\"{}\":{}", key(i), i % 10)).collect();
        (n, format!("{{{},\"last\":7}}", members.join(",")))
    };
    for (name, distinct, (n, document)) in [
        ("distinct", MILLION + 1, object(MILLION, &|i| format!("key-with-a-long-common-beginning-{i:07}"))),
        ("short", 100_001, object(100_000, &|i| format!("{i}"))),
        ("all the same", 2, object(MILLION, &|_| "k".into())),
        ("empty", 2, object(100_000, &|_| String::new())),
        ("escaped, all the same", 2, object(100_000, &|_| "\\u006b".into())),
    ] {
        let mut reader = JsonlSlice::new(document.as_bytes());
        let record = reader.next_record().expect("well-formed").expect("a record");
        let good = |result: Result<usize>| result.unwrap_or_else(|e| panic!("{e}: {n} keys, {name}"));
        assert_eq!(good(record.deserialize::<IgnoredAny>().map(|_| 1)), 1);
        assert_eq!(good(record.deserialize::<HashMap<String, u8>>().map(|m| m.len())), distinct, "{n} keys, {name}");
        assert_eq!(good(record.deserialize::<Last>().map(|l| usize::from(l.last == Some(7)))), 1, "{n} keys, {name}");
        assert_eq!(record.get("last").expect("well-formed").and_then(|v| v.as_u64()), Some(7), "{n} keys, {name}");
        let members = record.as_lazy().object().expect("an object");
        assert_eq!(members.filter(Result::is_ok).count(), n + 1, "{n} keys, {name}");
        if n < MILLION {
            assert_eq!(good(record.get("nothing").map(|v| usize::from(v.is_none()))), 1, "{n} keys, {name}");
            assert_eq!(good(record.deserialize::<Value>().map(|v| v.as_object().map_or(0, |o| o.len()))), distinct);
        }
        if name.ends_with("all the same") {
            let e = record.deserialize::<Once>().expect_err("a key twice");
            assert_eq!(e.kind(), ErrorKind::DuplicateField, "{e}: {n} keys, {name}");
        }
    }
}

/// A wide record of small values is not deep, and costs no more than its length.
#[test]
fn case_22_a_million_elements() {
    let document = format!("[{}[]]", "[],{},".repeat(MILLION / 2));
    let mut reader = JsonlSlice::new(document.as_bytes());
    let record = reader.next_record().expect("well-formed").expect("a record");
    assert_eq!(record.deserialize::<Vec<IgnoredAny>>().expect("well-formed").len(), MILLION + 1);
    assert_eq!(record.as_lazy().array().expect("an array").filter(Result::is_ok).count(), MILLION + 1);
    let last = record.pointer(&format!("/{MILLION}")).expect("well-formed").expect("the last element");
    assert_eq!(last.raw().expect("an array"), "[]");
    assert!(record.pointer(&format!("/{}", MILLION + 1)).expect("well-formed").is_none());
}
