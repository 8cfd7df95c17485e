//! Lazy values: whatever is found in a record and however it is read is what `serde_json` has there, and of duplicate keys the
//! first; every level and a stream in pieces find the same, of broken records too, of which nothing comes that is not in them.
//!
//! The input begins with the size of reads, a few choices of children, and a line that is tried as key and as pointer; see
//! `Plan`.
#![no_main]

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use simd_jsonl::{Error, ErrorKind, LazyValue, Level, Position, ReaderBuilder, Record, Result};

/// What to ask of each record.
struct Plan<'a> {
    size: usize,
    /// Of each array or object on the way down, which child; some are none.
    choices: &'a [u8],
    free: Cow<'a, str>,
}

impl<'a> Plan<'a> {
    fn split(data: &'a [u8]) -> Option<(Plan<'a>, &'a [u8])> {
        let [size, choices, rest @ ..] = data else { return None };
        let (choices, rest) = rest.split_at_checked(usize::from(choices & 7))?;
        let newline = rest.iter().position(|byte| *byte == b'\n')?;
        let free = String::from_utf8_lossy(&rest[..newline]);
        Some((Plan { size: usize::from(*size).max(1), choices, free }, &rest[newline + 1..]))
    }
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
    fn get(&self, key: &str) -> Option<&Tree> {
        let Tree::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// RFC 6901, by the letter.
    fn pointer(&self, pointer: &str) -> Option<&Tree> {
        let Some(tokens) = pointer.strip_prefix('/') else { return pointer.is_empty().then_some(self) };
        tokens.split('/').try_fold(self, |tree, token| match tree {
            Tree::Array(elements) => {
                let canonical = token == "0" || !token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit());
                elements.get(token.parse::<usize>().ok().filter(|_| canonical)?)
            }
            _ => tree.get(&token.replace("~1", "/").replace("~0", "~")),
        })
    }
}

/// How deep a line is nested, if it is JSON, and whether its brackets are as many as they should be, with nothing behind.
fn brackets(line: &[u8]) -> (usize, bool) {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for (i, byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true, // outside of strings too, as the index has it
            b'"' => in_string = !in_string,
            _ if in_string => {}
            _ if i > 0 && line[i - 1] == b'\\' => {} // garbage, whatever it is
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => match depth {
                0 => return (deepest, false),
                1 if !line[i + 1..].iter().all(is_white) => return (deepest, false),
                _ => depth -= 1,
            },
            _ => {}
        }
    }
    (deepest, depth == 0)
}

fn is_white(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// All of an error that can be compared.
#[derive(Clone, Debug, PartialEq)]
struct Fault(ErrorKind, Position, u64, String);

impl From<Error> for Fault {
    fn from(e: Error) -> Fault {
        Fault(e.kind(), e.position(), e.column(), e.to_string())
    }
}

/// All that a value says of itself.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    /// null, bool, number, string, array, object
    is: [bool; 6],
    bool: Option<bool>,
    i64: Option<i64>,
    u64: Option<u64>,
    f64: Option<u64>,
    str: Option<String>,
    borrowed: bool,
    tree: Result<Tree, Fault>,
    raw: Result<String, Fault>,
    /// Where it is in its line.
    place: Option<usize>,
}

fn look(value: LazyValue<'_>, line: &[u8]) -> Seen {
    let (str, raw) = (value.as_str(), value.raw());
    let place = raw.as_ref().ok().map(|raw| {
        let place = raw.as_ptr().addr().wrapping_sub(line.as_ptr().addr());
        assert!(line.get(place..).is_some_and(|rest| rest.starts_with(raw.as_bytes())), "{raw:?} is not in its line");
        place
    });
    Seen {
        is: [
            value.is_null(),
            value.is_bool(),
            value.is_number(),
            value.is_string(),
            value.is_array(),
            value.is_object(),
        ],
        bool: value.as_bool(),
        i64: value.as_i64(),
        u64: value.as_u64(),
        f64: value.as_f64().map(f64::to_bits),
        borrowed: matches!(str, Some(Cow::Borrowed(_))),
        str: str.map(Cow::into_owned),
        tree: value.deserialize().map_err(Fault::from),
        raw: raw.map(str::to_owned).map_err(Fault::from),
        place,
    }
}

/// Takes a value apart to the last leaf, and puts it together again.
fn rebuild(value: LazyValue<'_>) -> Result<Tree> {
    if value.is_array() {
        Ok(Tree::Array(value.array()?.map(|element| rebuild(element?)).collect::<Result<_>>()?))
    } else if value.is_object() {
        let members = value.object()?.map(|member| {
            let (key, value) = member?;
            Ok((key.into_owned(), rebuild(value)?))
        });
        Ok(Tree::Object(members.collect::<Result<_>>()?))
    } else {
        value.deserialize()
    }
}

type Answer = Result<Option<Seen>, Fault>;

fn answer(found: Result<Option<LazyValue<'_>>>, line: &[u8]) -> Answer {
    found.map(|found| found.map(|value| look(value, line))).map_err(Fault::from)
}

/// What a value is decoded to.
type Found = Result<Option<Tree>, Fault>;

fn find(found: Result<Option<LazyValue<'_>>>) -> Found {
    found.and_then(|found| found.map(|value| value.deserialize()).transpose()).map_err(Fault::from)
}

/// A key or an index as a pointer has it.
fn token(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A child on the way down.
#[derive(Debug, PartialEq)]
struct Step {
    /// Its key, if it is an object's.
    key: Option<String>,
    pointer: String,
    by_iterator: Answer,
    by_pointer: Answer,
}

/// A record, and what it gives to each question.
#[derive(Debug, PartialEq)]
struct Answers {
    line: Vec<u8>,
    position: Position,
    root: Seen,
    rebuilt: Result<Tree, Fault>,
    by_key: Answer,
    by_pointer: Answer,
    way: Vec<Step>,
    /// The first members, each by its key and by its pointer.
    members: Vec<(String, [Found; 2])>,
    /// Whether there is something behind the end of an iterator.
    not_fused: bool,
}

fn ask(record: &Record<'_>, plan: &Plan<'_>) -> Answers {
    let (line, root) = (record.as_bytes(), record.as_lazy());
    let (mut way, mut pointer, mut value, mut not_fused) = (Vec::new(), String::new(), root, false);
    for choice in plan.choices {
        let index = usize::from(choice & 15);
        let (key, child) = if value.is_array() {
            let child = value.array().and_then(|mut all| {
                all.by_ref().take(index).try_for_each(|element| element.map(drop))?;
                let child = all.next().transpose()?;
                if child.is_none() {
                    not_fused |= all.next().is_some();
                }
                Ok(child)
            });
            pointer += &format!("/{index}");
            (None, child)
        } else {
            let member = value.object().and_then(|mut all| {
                all.by_ref().take(index).try_for_each(|member| member.map(drop))?;
                let member = all.next().transpose()?;
                if member.is_none() {
                    not_fused |= all.next().is_some();
                }
                Ok(member)
            });
            let (key, child) = match member {
                Ok(Some((key, child))) => (Some(key.into_owned()), Ok(Some(child))),
                Ok(None) => (None, Ok(None)),
                Err(error) => (None, Err(error)),
            };
            pointer += &token(key.as_deref().unwrap_or_default());
            (key, child)
        };
        let next = child.as_ref().ok().copied().flatten();
        let by_pointer = answer(record.pointer(&pointer), line);
        way.push(Step { key, pointer: pointer.clone(), by_iterator: answer(child, line), by_pointer });
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    let members = root.object().into_iter().flatten().map_while(Result::ok).take(6).map(|(key, _)| {
        let by_both = [find(record.get(&key)), find(record.pointer(&token(&key)))];
        (key.into_owned(), by_both)
    });
    Answers {
        members: members.collect(),
        line: line.to_vec(),
        position: record.position(),
        root: look(root, line),
        rebuilt: rebuild(root).map_err(Fault::from),
        by_key: answer(record.get(&plan.free), line),
        by_pointer: answer(record.pointer(&plan.free), line),
        way,
        not_fused,
    }
}

/// What each record of a reader gives.
macro_rules! answers {
    ($reader:expr, $plan:expr) => {{
        let (mut reader, mut all) = ($reader, Vec::new());
        while let Some(record) = reader.next_record().transpose() {
            all.push(record.map(|record| ask(&record, $plan)).map_err(Fault::from));
        }
        all
    }};
}

/// A value is what `tree` is; of broken records that is not known, but whatever it is stands there.
fn check(seen: &Seen, tree: Option<&Tree>, context: &dyn fmt::Display) {
    // the text that it has, read by itself
    if let Ok(raw) = &seen.raw {
        assert_eq!(raw.trim_matches([' ', '\t', '\r']), raw, "raw; {context}");
        if brackets(raw.as_bytes()).0 <= 100 {
            let alone = serde_json::from_str::<Tree>(raw).ok();
            assert_eq!(seen.tree.as_ref().ok(), alone.as_ref(), "left: decoded, right: the text {raw:?}; {context}");
        }
        if seen.str.is_some() {
            assert_eq!(seen.borrowed, !raw.contains('\\'), "borrowed {raw:?}; {context}");
        }
    }
    if let Some(tree) = tree {
        assert_eq!(seen.tree.as_ref(), Ok(tree), "{context}");
        assert!(seen.raw.is_ok(), "{:?}; {context}", seen.raw);
    }
    let Some(tree) = tree.or(seen.tree.as_ref().ok()) else { return };
    let sort = match tree {
        Tree::Null => 0,
        Tree::Bool(_) => 1,
        Tree::Number(_) => 2,
        Tree::String(_) => 3,
        Tree::Array(_) => 4,
        Tree::Object(_) => 5,
    };
    assert_eq!(seen.is, std::array::from_fn(|i| i == sort), "null, bool, number, string, array, object; {context}");
    let number = if let Tree::Number(n) = tree { Some(n) } else { None };
    assert_eq!(seen.bool, if let Tree::Bool(b) = tree { Some(*b) } else { None }, "as_bool; {context}");
    assert_eq!(seen.i64, number.and_then(Number::as_i64), "as_i64; {context}");
    assert_eq!(seen.u64, number.and_then(Number::as_u64), "as_u64; {context}");
    assert_eq!(seen.f64, number.and_then(Number::as_f64).map(f64::to_bits), "as_f64; {context}");
    assert_eq!(seen.str.as_ref(), if let Tree::String(s) = tree { Some(s) } else { None }, "as_str; {context}");
}

fn check_answer(answer: &Answer, tree: Option<&Tree>, is_good: bool, context: &dyn fmt::Display) {
    match (answer, tree) {
        (Ok(Some(seen)), Some(_)) => check(seen, tree, context),
        (Ok(Some(seen)), None) if !is_good => check(seen, None, context),
        (Ok(None), None) => {}
        (Err(_), _) if !is_good => {}
        _ => panic!("{answer:?}, expected {tree:?}; {context}"),
    }
}

/// That before the value at `place` its key stands.
fn check_key(line: &[u8], place: usize, key: &str, context: &dyn fmt::Display) {
    let before = line[..place].trim_ascii_end().strip_suffix(b":").expect("a colon before the value").trim_ascii_end();
    let (mut start, mut end, mut escaped) = (None, None, false);
    for (i, byte) in before.iter().enumerate() {
        match (start, byte) {
            _ if escaped => escaped = false,
            (_, b'\\') => escaped = true,
            (Some(from), b'"') => (start, end) = (None, Some((from, i + 1))),
            (None, b'"') => start = Some(i),
            _ => {}
        }
    }
    let (from, to) = end.unwrap_or_else(|| panic!("no key before the value; {context}"));
    assert_eq!(to, before.len(), "the end of the key; {context}");
    let name = std::str::from_utf8(&before[from..to]).expect("UTF-8");
    assert_eq!(serde_json::from_str::<String>(name).ok().as_deref(), Some(key), "{context}");
}

fuzz_target!(|data: &[u8]| {
    let Some((plan, input)) = Plan::split(data) else { return };
    let levels = Level::available();
    let all = answers!(ReaderBuilder::new().level(levels[0]).from_slice(input), &plan);
    for level in &levels[1..] {
        let here = answers!(ReaderBuilder::new().level(*level).from_slice(input), &plan);
        assert_eq!(here, all, "left: {level}, right: {}", levels[0]);
    }
    let level = levels[plan.size % levels.len()];
    let stream = Pieces { rest: input, size: plan.size };
    let from_stream = answers!(ReaderBuilder::new().level(level).buffer_size(plan.size * 4).from_reader(stream), &plan);
    assert_eq!(from_stream, all, "left: stream, right: slice");

    for answers in all.iter().flatten() {
        let line = &answers.line;
        let context = format_args!("{} with {:?} and {:?}", line.escape_ascii(), plan.choices, plan.free);
        let text = std::str::from_utf8(line).expect("the UTF-8 of a record is valid");
        // the one byte order mark that is skipped
        let text = if answers.position.offset == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let (depth, balanced) = brackets(text.as_bytes());
        assert!(!answers.not_fused, "{context}");
        if !balanced {
            let is_container = answers.root.is[4] || answers.root.is[5];
            assert!(!(is_container && answers.root.raw.is_ok()), "raw of a broken record; {context}");
            assert!(!(answers.root.is[5] && answers.by_key == Ok(None)), "nothing in a broken record; {context}");
        }
        if !(answers.root.is[4] || answers.root.is[5]) && serde_json::from_str::<IgnoredAny>(text).is_err() {
            assert!(answers.by_key.is_err(), "nothing in what is no value; {context}");
        }
        if let Ok(Some(Seen { place: Some(place), .. })) = answers.by_key {
            check_key(line, place, &plan.free, &context);
        }
        if depth > 100 {
            continue;
        }
        let tree = serde_json::from_str::<Tree>(text).ok();
        let is_good = tree.is_some();
        check(&answers.root, tree.as_ref(), &context);
        assert_eq!(answers.root.tree.as_ref().ok(), tree.as_ref(), "{context}");
        assert_eq!(answers.rebuilt.as_ref().ok(), tree.as_ref(), "left: taken apart, right: whole; {context}");
        check_answer(&answers.by_key, tree.as_ref().and_then(|tree| tree.get(&plan.free)), is_good, &context);
        check_answer(&answers.by_pointer, tree.as_ref().and_then(|tree| tree.pointer(&plan.free)), is_good, &context);

        for (key, found) in answers.members.iter().filter(|_| is_good) {
            let want = tree.as_ref().and_then(|tree| tree.get(key)).cloned();
            assert_eq!(*found, [Ok(want.clone()), Ok(want)], "{key:?}; {context}");
        }

        let mut here = tree.as_ref();
        for (Step { key, pointer, by_iterator, by_pointer }, choice) in answers.way.iter().zip(plan.choices) {
            let index = usize::from(choice & 15);
            if let (Some(key), Ok(Some(Seen { place: Some(place), .. }))) = (key, by_iterator) {
                check_key(line, *place, key, &context);
            }
            // by name it is the first of that name, and its children that one's
            check_answer(by_pointer, tree.as_ref().and_then(|tree| tree.pointer(pointer)), is_good, &context);
            here = match here {
                None => None,
                Some(Tree::Array(elements)) => elements.get(index),
                Some(Tree::Object(members)) => members.get(index).map(|(_, value)| value),
                Some(tree) => {
                    let kind = by_iterator.as_ref().map_err(|fault| fault.0);
                    assert_eq!(kind, Err(ErrorKind::InvalidType), "object() of {tree:?}; {context}");
                    break;
                }
            };
            check_answer(by_iterator, here, is_good, &context);
        }
    }
});
