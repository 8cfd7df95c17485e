//! What is written is read back as it was, one record a line; and values of any shape are written as `serde_json` writes
//! them: at every level.
//!
//! `PROPTEST_CASES=10000 cargo test --test bytes round_trip` looks longer.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::data::{Data, Source, in_ascii};
use crate::written::written_by;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use simd_jsonl::{ErrorKind, Level, ReaderBuilder, WriterBuilder};

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any JSON value.
fn value() -> impl Strategy<Value = Value> {
    let string = || prop_oneof!["[a-z ]{0,80}", ".{0,40}", "[\u{0}-\u{7f}]{0,130}", "[\"\\\\\n\u{e9}\u{1F600}]{0,70}"];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-1000..1000i32).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        string().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((string(), inner), 0..8).prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

/// One of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    ints: (i8, i16, i32, i64, i128, u8, u16, u32, u64, u128),
    floats: Vec<(f32, f64)>,
    text: String,
    #[serde(rename = "a \"key\"", skip_serializing_if = "Option::is_none", default)]
    option: Option<char>,
    kinds: Vec<Kind>,
    map: BTreeMap<String, Vec<bool>>,
    by_number: BTreeMap<i64, ()>,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<i32>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    New(String),
    Tuple(u8, Option<f64>),
    Struct { x: Vec<Kind> },
}

fn everything() -> impl Strategy<Value = Everything> {
    use prop::collection::{btree_map, vec};
    let float = || any::<f64>().prop_filter("finite", |x| x.is_finite());
    let narrow = any::<f32>().prop_filter("finite", |x| x.is_finite());
    let kind = prop_oneof![
        Just(Kind::Unit),
        any::<String>().prop_map(Kind::New),
        (any::<u8>(), prop::option::of(float())).prop_map(|(a, b)| Kind::Tuple(a, b)),
    ];
    let kind = kind.prop_recursive(3, 10, 3, |inner| vec(inner, 0..3).prop_map(|x| Kind::Struct { x }));
    let ints = (any::<(i8, i16, i32, i64, i128)>(), any::<(u8, u16, u32, u64, u128)>());
    let ints = ints.prop_map(|((a, b, c, d, e), (f, g, h, i, j))| (a, b, c, d, e, f, g, h, i, j));
    let maps = (
        btree_map(any::<String>(), vec(any::<bool>(), 0..3), 0..3),
        btree_map(any::<i64>(), Just(()), 0..3),
        // no name of a field
        btree_map("_[a-z\"\\\\é]{0,9}", any::<Option<i32>>(), 0..3),
    );
    (ints, vec((narrow, float()), 0..4), any::<(String, Option<char>)>(), vec(kind, 0..4), maps).prop_map(
        |(ints, floats, (text, option), kinds, (map, by_number, rest))| Everything {
            ints,
            floats,
            text,
            option,
            kinds,
            map,
            by_number,
            rest,
        },
    )
}

/// Writes `records`, asserts that each is a line of its own, and reads them back as they were.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(records: &[T]) -> Result<(), TestCaseError> {
    let want: Vec<String> = records.iter().map(|record| serde_json::to_string(record).expect("JSON") + "\n").collect();
    for level in Level::available() {
        for ascii_only in [false, true] {
            let mut writer = WriterBuilder::new().level(level).ascii_only(ascii_only).from_writer(Vec::new());
            writer.write_all(records).expect("all of them");
            prop_assert_eq!(writer.position().line as usize, records.len() + 1);
            let out = writer.into_inner().expect("a vector takes all");
            let want: String = want.iter().map(|line| if ascii_only { in_ascii(line) } else { line.clone() }).collect();
            prop_assert_eq!(std::str::from_utf8(&out), Ok(&*want), "at {}", level);
            let read: Result<Vec<T>, _> =
                ReaderBuilder::new().level(level).from_slice(&out).into_deserialize().collect();
            prop_assert_eq!(read.as_deref().map_err(|e| e.to_string()), Ok(records), "at {}: {}", level, want);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_values_are_read_back_as_they_were(values in prop::collection::vec(value(), 0..6)) {
        round_trip(&values)?;
    }

    #[test]
    fn any_records_are_read_back_as_they_were(records in prop::collection::vec(everything(), 0..4)) {
        round_trip(&records)?;
    }

    /// All sorts of serde's data model within each other, in ways that no type has.
    #[test]
    fn any_data_is_written_as_serde_json_writes_it(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut source = Source(&bytes);
        while !source.0.is_empty() {
            check_data(&source.value())?;
        }
    }
}

fn check_data(data: &Data) -> Result<(), TestCaseError> {
    let want = serde_json::to_string(data).ok();
    let kind_is_data = |kind| matches!(kind, ErrorKind::InvalidKey | ErrorKind::NonFiniteFloat);
    let mut builder = WriterBuilder::new();
    match (written_by(&builder, data), &want) {
        (Ok(got), Some(want)) => {
            prop_assert_eq!(&got, want, "left: ours, right: serde_json's; {:?}", data);
            let (ours, theirs) =
                (ReaderBuilder::new().from_slice(got.as_bytes()).into_deserialize::<Value>().next(), want);
            let ours = ours.expect("a record").map_err(|e| e.to_string());
            prop_assert_eq!(ours, serde_json::from_str(theirs).map_err(|e| e.to_string()));
        }
        (Err(e), None) => prop_assert!(kind_is_data(e.kind()), "{e}: {data:?}"),
        (got, want) => prop_assert!(false, "ours: {got:?}, serde_json's: {want:?}; {data:?}"),
    }
    let got = written_by(builder.ascii_only(true), data).ok();
    prop_assert_eq!(&got, &want.as_ref().map(|want| in_ascii(want)), "in ASCII: {:?}", data);
    match written_by(builder.reject_non_finite(true), data) {
        Ok(strict) => prop_assert!(Some(strict) == got && !data.has_non_finite(), "{data:?}"),
        Err(e) => prop_assert!(kind_is_data(e.kind()) && (want.is_none() || data.has_non_finite()), "{e}: {data:?}"),
    }
    Ok(())
}
