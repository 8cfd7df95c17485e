//! Random documents and damaged ones, decoded by us and line by line by `serde_json`: the same lines are accepted,
//! with the same values. The differences that are meant are in `common/oracle.rs`; nesting is in `limits.rs`.
//!
//! `PROPTEST_CASES=10000 cargo test --test bytes differential` looks longer.

use crate::common;
use crate::oracle;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::common::{Chunks, NaiveLine, naive_lines, show};
use crate::documents::{Tree, line, number, scalar, string, tree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use simd_jsonl::{Error, Level, ReaderBuilder, Result};

/// What the objects of [`typed`] are decoded to.
#[derive(Debug, PartialEq, Deserialize)]
struct Typed {
    a: Option<String>,
    b: Option<f64>,
    #[serde(default)]
    c: Vec<i32>,
    d: Option<bool>,
    e: Option<(f32, u8)>,
    f: Option<BTreeMap<String, Value>>,
    g: Option<Kind>,
    h: Option<Box<Typed>>,
    i: Option<i64>,
    u: Option<u64>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Kind {
    Unit,
    New(i128),
    Tuple(u8, String),
    Struct { x: f32 },
}

/// The same, borrowing.
#[derive(Debug, PartialEq, Deserialize)]
struct Borrowed<'a> {
    #[serde(borrow)]
    a: Option<Cow<'a, str>>,
    zz: Option<&'a str>,
}

/// An object of the fields of `Typed`, in any order, some left out, some of another type.
fn typed() -> impl Strategy<Value = Tree> {
    fn fields(depth: u32) -> BoxedStrategy<Tree> {
        let text = |s: &'static [&'static str]| select(s.to_vec()).prop_map(|s| Tree::Text(s.to_owned())).boxed();
        let mut field = vec![
            (string().prop_map(Tree::Text).boxed(), "a"),
            (number().prop_map(Tree::Text).boxed(), "b"),
            (vec(any::<i32>().prop_map(|n| Tree::Text(n.to_string())), 0..5).prop_map(Tree::Array).boxed(), "c"),
            (text(&["true", "false", "null"]), "d"),
            (text(&["[1.5,2]", "[0.1, 255]", "[1,256]", "[1,2,3]", "[1]", "[3.4e38 ,0]"]), "e"),
            (vec((string(), scalar()), 0..4).prop_map(Tree::Object).boxed(), "f"),
            (
                text(&[
                    "\"Unit\"",
                    "{\"New\":-5}",
                    "{\"Tuple\":[1,\"x\"]}",
                    "{\"Struct\":{\"x\":1.5}}",
                    "\"None\"",
                    "{}",
                ]),
                "g",
            ),
            (any::<i64>().prop_map(|n| Tree::Text(n.to_string())).boxed(), "i"),
            (any::<u64>().prop_map(|n| Tree::Text(n.to_string())).boxed(), "u"),
            (tree().boxed(), "zz"),
            (tree().boxed(), "\\u0061q"),
        ];
        if depth > 0 {
            field.push((fields(depth - 1), "h"));
        }
        let field = field.into_iter().map(|(value, key)| {
            let any = prop_oneof![15 => value, 1 => tree()];
            prop::option::of(any.prop_map(move |value| (format!("\"{key}\""), value))).boxed()
        });
        let fields: Vec<_> = field.collect();
        fields
            .prop_map(|all| all.into_iter().flatten().collect::<Vec<_>>())
            .prop_shuffle()
            .prop_map(Tree::Object)
            .boxed()
    }
    fields(1)
}

/// A document of such lines, the last one with or without its LF, some lines blank. A first line that is beyond doubt
/// keeps what is said of whole files (encoding, compression) out of it.
fn document(of: impl Strategy<Value = Tree>) -> impl Strategy<Value = Vec<u8>> {
    (vec(line(of), 1..12), any::<bool>(), select(vec!["\n", "\r\n"])).prop_map(|(lines, last, end)| {
        let mut all = b"0\n".to_vec();
        for line in lines {
            all.extend(line);
            all.extend(end.as_bytes());
        }
        if !last {
            all.truncate(all.len() - end.len());
        }
        all
    })
}

/// `IgnoredAny` that can be compared.
#[derive(Debug, PartialEq)]
struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(d).map(|IgnoredAny| Skipped)
    }
}

/// A float by its bits.
#[derive(Debug, PartialEq)]
struct Bits(u64);

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(|x| Bits(x.to_bits()))
    }
}

/// Compares what came out of a reader with what should have.
fn compare<'a, T: PartialEq + Debug>(
    context: &str,
    input: &'a [u8],
    want: &[(NaiveLine<'a>, Result<T, String>)],
    got: impl Iterator<Item = Result<T, Error>>,
) -> Result<(), TestCaseError> {
    let mut got = got.fuse();
    let name = std::any::type_name::<T>();
    for (line, want) in want {
        let context = format!("{context}, {name}, line {}: {}\nof {}", line.number, show(line.raw), show(input));
        let Some(got) = got.next() else {
            return Err(TestCaseError::fail(format!("no record: {context}")));
        };
        match (got, want) {
            (Ok(got), Ok(want)) => prop_assert_eq!(&got, want, "left: ours, right: serde_json's; {}", context),
            (Err(e), Err(_)) => {
                prop_assert_eq!(e.position().line, line.number, "line of {}; {}", e, context);
                let offset = e.position().offset as usize;
                let range = line.offset..=line.offset + line.raw.len();
                prop_assert!(range.contains(&offset), "{} is not in {:?}: {}; {}", offset, range, e, context);
            }
            (Ok(got), Err(want)) => prop_assert!(false, "ours: Ok({:?}), serde_json's: {}; {}", got, want, context),
            (Err(got), Ok(want)) => prop_assert!(false, "ours: {}, serde_json's: Ok({:?}); {}", got, want, context),
        }
    }
    prop_assert!(got.next().is_none(), "one record too many: {}, {}, {}", context, name, show(input));
    Ok(())
}

fn wanted<'a, T: Deserialize<'a>>(input: &'a [u8]) -> Vec<(NaiveLine<'a>, Result<T, String>)> {
    let lines = naive_lines(input).into_iter().filter(|line| !line.is_blank());
    lines.map(|line| (line, oracle::verdict::<T>(line.raw))).collect()
}

/// From a slice, at each level, the whole document.
fn check_slice<'a, T: Deserialize<'a> + PartialEq + Debug>(input: &'a [u8]) -> Result<(), TestCaseError> {
    let want = wanted::<T>(input);
    for level in Level::available() {
        let reader = ReaderBuilder::new().level(level).from_slice(input);
        compare(&format!("slice at {level}"), input, &want, reader.into_deserialize::<T>())?;
    }
    Ok(())
}

/// The same, from reads of odd sizes, and each line as a document of its own.
fn check<T: DeserializeOwned + PartialEq + Debug>(input: &[u8], chunk: usize) -> Result<(), TestCaseError> {
    check_slice::<T>(input)?;
    let want = wanted::<T>(input);
    let mut reader = ReaderBuilder::new();
    let reader = reader.buffer_size(64).from_reader(Chunks::new(input, [chunk, 1, 2 * chunk + 1]));
    compare(&format!("reads of {chunk}"), input, &want, reader.into_deserialize::<T>())?;
    for line in want {
        // a first line can be about the whole file: then it is an error too, of another kind
        let alone = line.0.raw.to_vec();
        let reader = ReaderBuilder::new().from_slice(&alone).into_deserialize::<T>();
        let want = [(NaiveLine { offset: 0, number: 1, ..line.0 }, line.1)];
        compare("alone", &alone, &want, reader)?;
    }
    Ok(())
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn case_26_any_documents(input in document(tree()), chunk in 1..200usize) {
        check::<Value>(&input, chunk)?;
        check::<Skipped>(&input, chunk)?;
    }

    #[test]
    fn case_26_typed_documents(input in document(typed()), chunk in 1..200usize) {
        check::<Typed>(&input, chunk)?;
        check_slice::<Borrowed>(&input)?;
        check_slice::<Value>(&input)?;
        check_slice::<Skipped>(&input)?;
    }

    #[test]
    fn case_26_scalar_documents(input in document(scalar()), chunk in 1..200usize) {
        check::<Bits>(&input, chunk)?;
        check::<i64>(&input, chunk)?;
        check::<u64>(&input, chunk)?;
        check_slice::<u8>(&input)?;
        check_slice::<i128>(&input)?;
        check_slice::<String>(&input)?;
        check_slice::<&str>(&input)?;
        check_slice::<char>(&input)?;
        check_slice::<Option<bool>>(&input)?;
    }
}

/// Many lines in one input, good and bad, so that whole windows are both clean and dirty; a window is some 64 to 256
/// KiB.
#[test]
fn case_26_one_large_document() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategies = (line(tree()), line(typed()));
    let mut lines = Vec::new();
    for i in 0..400 {
        let (any, typed) = strategies.new_tree(&mut runner).expect("a line").current();
        lines.push(if i % 2 == 0 { any } else { typed });
    }
    let mut random = common::Random(7);
    for dirty in [true, false] {
        let lines: Vec<&Vec<u8>> = lines.iter().filter(|l| dirty || oracle::well_formed(l)).collect();
        let mut input = b"0\n".to_vec();
        while input.len() < 600_000 {
            input.extend_from_slice(lines[random.below(lines.len())]);
            input.push(b'\n');
        }
        let run = || {
            check_slice::<Value>(&input)?;
            check_slice::<Typed>(&input)?;
            let (want, mut builder) = (wanted::<Value>(&input), ReaderBuilder::new());
            let good = want.iter().filter(|(_, verdict)| verdict.is_ok()).count();
            println!("{good} good lines of {}", want.len());
            assert!(
                good > want.len() / 4 && (!dirty || good < want.len() * 9 / 10),
                "{good} good lines of {}",
                want.len()
            );
            for chunk in [61, 4096, 1 << 20] {
                let reader = builder.from_reader(Chunks::new(&input, [chunk]));
                compare(&format!("reads of {chunk}"), &input, &want, reader.into_deserialize::<Value>())?;
            }
            builder.buffer_size(1000);
            let reader = builder.from_reader(Chunks::new(&input, [1000]));
            compare("a buffer of 1000 bytes", &input, &want, reader.into_deserialize::<Value>())
        };
        run().unwrap_or_else(|e: TestCaseError| panic!("{e}"));
    }
}

/// Small documents of every shape, in every style of spacing.
#[rustfmt::skip]
const SMALL: [&str; 24] = [
    "{}", "[]", "{\"a\":1}", "{\"a\":\"x\",\"b\":2.5}", "{\"a\": \"x\", \"b\": -1e5}", "{ \"b\" : 1 , \"a\" : null }",
    "{\t\"a\"\t:\t\"\\n\"\t,\t\"b\":0}", "{\"b\":12345678.25,  \"a\":\"0\"}\r", "{\"c\":[1,2,3]}", "{\"c\": [1, 2, 3]}",
    "{\"c\":[ 1 ,2\t, 3 ],\"d\":true}", "{\"zz\":{\"a\":[{}]},\"d\":false}", "{\"zz\": {\"a\": [{}, []]}, \"d\": null}",
    "{\"zz\" :[\"a\" , {\"0\" :\"\\\"\"} ],\"b\":1}", "{\"zz\":\"a,\\\\\",\"a\":\"\"}", "{\"zz\":[true,false,null]}",
    "{\"u\":0,\"i\":-10}", "{\"zz\":{\"a\":\"b\",\"c\":{}},\"a\":\"{\"}", "[\"a\",\"\",\"\\u0041\"]", "[[],[[0]],{}]", "[1.5, 2, 0.25]",
    "[null,true, false ]", " [ 10 , [ ] , { } ] ", "{\"h\":{\"h\":{\"a\":\"[\"}}}",
];

/// Each document with one character taken out, put in or replaced.
fn one_character_away() -> Vec<Vec<u8>> {
    const CHARACTERS: &[u8] = b"{}[],:\"0a\\ \n";
    let mut all = Vec::new();
    for document in SMALL.map(str::as_bytes) {
        all.push(document.to_vec());
        for at in 0..=document.len() {
            let (before, behind) = document.split_at(at);
            let rest = behind.get(1..);
            all.extend(rest.map(|rest| [before, rest].concat()));
            for c in CHARACTERS.chunks(1) {
                all.push([before, c, behind].concat());
                all.extend(rest.map(|rest| [before, c, rest].concat()));
            }
        }
    }
    all
}

#[test]
fn one_character_from_a_document() {
    let all = one_character_away();
    // strings that end on their line leave a window clean, so that it is walked as one; the others come line by line
    let is_clean = |line: &&Vec<u8>| {
        let (mut open, mut escaped) = (false, false);
        for byte in line.iter() {
            match byte {
                b'\n' if open => return false,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => open = !open,
                _ => {}
            }
        }
        !open && !escaped
    };
    let (clean, dirty): (Vec<_>, Vec<_>) = all.iter().partition(is_clean);
    for lines in [&clean, &dirty] {
        let input: Vec<u8> = b"0\n".iter().chain(lines.iter().flat_map(|l| l.iter().chain(b"\n"))).copied().collect();
        let run = || {
            check_slice::<Value>(&input)?;
            check_slice::<Skipped>(&input)?;
            check_slice::<Typed>(&input)?;
            check_slice::<Borrowed>(&input)
        };
        run().unwrap_or_else(|e: TestCaseError| panic!("{e}"));
    }
    // with nothing before and behind them
    for line in clean.iter().chain(&dirty).step_by(5) {
        let run = || {
            let reader = ReaderBuilder::new().from_slice(line).into_deserialize::<Typed>();
            compare("alone", line, &wanted::<Typed>(line), reader)
        };
        run().unwrap_or_else(|e: TestCaseError| panic!("{e}"));
    }
}

/// What is stepped over by its brackets alone makes no difference to a good line, and a bad one ends on its line.
#[test]
fn one_character_from_a_document_lax() {
    let all = one_character_away();
    let input: Vec<u8> = all.iter().flat_map(|line| line.iter().chain(b"\n")).copied().collect();
    let wanted = wanted::<Typed>(&input);
    for level in Level::available() {
        let reader = ReaderBuilder::new().level(level).lax_skip(true).from_slice(&input);
        let got: Vec<_> = reader.into_deserialize::<Typed>().collect();
        assert_eq!(got.len(), wanted.len(), "records at {level}");
        for (got, (line, want)) in got.iter().zip(&wanted) {
            match (got, want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "{} at {level}", show(line.raw)),
                (Err(e), Ok(_)) => panic!("{e}: {} at {level}", show(line.raw)),
                (Err(e), Err(_)) => assert_eq!(e.position().line, line.number, "{e}: {} at {level}", show(line.raw)),
                (Ok(_), Err(_)) => {} // unspecified
            }
        }
    }
}
