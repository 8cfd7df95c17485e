//! Types of every form that serde derives, each with the shape of its JSON and a check of what lines are decoded to.

#![allow(dead_code)] // fields are compared and printed only

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::shapes::Shape::{self, *};
use crate::{check, check_owned};

/// The checks and the shapes of all types.
pub type Entry = (fn(&[u8]), Shape);

#[derive(Debug, PartialEq, Deserialize)]
struct Borrowing<'a> {
    a: &'a str,
    #[serde(borrow)]
    b: Cow<'a, str>,
    c: Option<&'a str>,
    #[serde(borrow, default)]
    x: BTreeMap<&'a str, &'a str>,
    #[serde(borrow, default)]
    y: Option<&'a [u8]>,
    #[serde(borrow)]
    inner: Option<Raw<'a>>,
}

/// A `RawValue`, compared by its text.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Raw<'a>(#[serde(borrow)] &'a RawValue);

impl PartialEq for Raw<'_> {
    fn eq(&self, other: &Raw<'_>) -> bool {
        self.0.get() == other.0.get()
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ints {
    a: i8,
    b: u8,
    c: i16,
    x: u32,
    y: i64,
    t: u64,
    #[serde(default)]
    id: Option<i128>,
    #[serde(default)]
    inner: u128,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Mixed {
    id: u64,
    #[serde(default)]
    a: String,
    #[serde(rename = "b", alias = "x")]
    renamed: Option<f64>,
    c: Vec<f32>,
    t: Option<bool>,
    y: Option<(f32, u8)>,
    #[serde(skip)]
    zz: u8,
    inner: Option<Box<Mixed>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Word {
    Unit,
    #[serde(rename = "a")]
    A,
    #[serde(other)]
    Other,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Newtype(Vec<Option<char>>);

#[derive(Debug, PartialEq, Deserialize)]
struct Nothing;

#[derive(Debug, PartialEq, Deserialize)]
struct TupleStruct(u8, String, [i32; 2]);

#[derive(Debug, PartialEq, Deserialize)]
struct Point {
    x: u8,
    y: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum External {
    Unit,
    New(i128),
    Tuple(u8, String),
    Struct { x: f32, y: Option<String> },
    A(Option<Box<External>>),
    B(Vec<External>),
    C(()),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t")]
enum Internal {
    Unit,
    New(Point),
    Struct { x: f32, y: Option<String> },
    A(BTreeMap<String, Value>),
    B { inner: Box<Internal> },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    New(u64),
    Tuple(u8, String),
    Struct { x: f32, y: Option<String> },
    A(Option<Box<Adjacent>>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged<'a> {
    U8(u8),
    I64(i64),
    F64(f64),
    Bool(bool),
    Borrowed(&'a str),
    Text(String),
    Pair(u8, u8),
    Struct {
        x: u8,
        #[serde(borrow)]
        y: Option<Cow<'a, str>>,
    },
    List(Vec<Untagged<'a>>),
    Map(BTreeMap<String, Untagged<'a>>),
    Unit,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flattened {
    id: i64,
    #[serde(flatten)]
    point: Option<Point>,
    #[serde(flatten)]
    tagged: Option<Internal>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct BorrowedRest<'a> {
    id: &'a str,
    #[serde(flatten, borrow)]
    rest: BTreeMap<&'a str, Cow<'a, str>>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Keys {
    a: Option<BTreeMap<i32, u8>>,
    b: Option<BTreeMap<u128, bool>>,
    c: Option<BTreeMap<bool, ()>>,
    x: Option<BTreeMap<char, i8>>,
    y: Option<BTreeMap<Word, Word>>,
    t: Option<BTreeMap<String, BTreeSet<u8>>>,
    id: Option<BTreeMap<i128, u8>>,
}

type Tuple4 = (u8, (i64, char), Option<Option<bool>>, Result<f32, String>);

const SMALL: Shape = Word(&["1", "0", "255", "-7"]);
const POINT: Shape = Struct(&[("x", Int), ("y", Maybe(&Text))]);
const FLOATS: Shape = Struct(&[("x", Float), ("y", Maybe(&Text))]);
const KEY: Shape = Or(&[Quoted(&Int), SMALL]);
const WORD: Shape = Word(&["Unit", "a", "Other", "zz"]);

static MIXED: Shape = Struct(&[
    ("id", Int),
    ("a", Text),
    ("b", Maybe(&Float)),
    ("c", Seq(&Float)),
    ("t", Maybe(&Bool)),
    ("y", Maybe(&Tuple(&[Float, Int]))),
    ("inner", Maybe(&See(|| &MIXED))),
]);

static EXTERNAL: Shape = Or(&[
    Word(&["Unit", "New", "C", "zz"]),
    Struct(&[("New", Int)]),
    Struct(&[("Tuple", Tuple(&[Int, Text]))]),
    Struct(&[("Struct", FLOATS)]),
    Struct(&[("A", Maybe(&See(|| &EXTERNAL)))]),
    Struct(&[("B", Seq(&See(|| &EXTERNAL)))]),
    Struct(&[("C", Null)]),
    Struct(&[("Unit", Null)]),
    Map(&WORD, &Any),
]);

static INTERNAL: Shape = Or(&[
    Struct(&[("t", Word(&["Unit"])), ("a", Any)]),
    Struct(&[("t", Word(&["New"])), ("x", Int), ("y", Maybe(&Text))]),
    Struct(&[("x", Float), ("t", Word(&["Struct", "zz"])), ("y", Maybe(&Text))]),
    Struct(&[("a", Any), ("t", Word(&["A", "\\u0041"])), ("b", Any)]),
    Struct(&[("inner", See(|| &INTERNAL)), ("t", Word(&["B"]))]),
]);

static ADJACENT: Shape = Or(&[
    Struct(&[("t", Word(&["Unit"]))]),
    Struct(&[("t", Word(&["New"])), ("c", Int)]),
    Struct(&[("c", Tuple(&[Int, Text])), ("t", Word(&["Tuple"]))]),
    Struct(&[("t", Word(&["Struct"])), ("c", FLOATS)]),
    Struct(&[("c", Maybe(&See(|| &ADJACENT))), ("t", Word(&["A"]))]),
]);

/// All types: those that own what they have are read from a stream as well.
pub static TYPES: &[Entry] = &[
    (
        |lines| check::<Borrowing>(lines),
        Struct(&[
            ("a", Text),
            ("b", Text),
            ("c", Maybe(&Text)),
            ("x", Map(&Text, &Text)),
            ("y", Maybe(&Text)),
            ("inner", Any),
        ]),
    ),
    (
        check_owned::<Ints>,
        Struct(&[
            ("a", Int),
            ("b", Int),
            ("c", Int),
            ("x", Int),
            ("y", Int),
            ("t", Int),
            ("id", Maybe(&Int)),
            ("inner", Int),
        ]),
    ),
    (check_owned::<Mixed>, See(|| &MIXED)),
    (check_owned::<External>, See(|| &EXTERNAL)),
    (check_owned::<Internal>, See(|| &INTERNAL)),
    (check_owned::<Adjacent>, See(|| &ADJACENT)),
    (|lines| check::<Untagged>(lines), Or(&[Any, POINT, Tuple(&[Int, Int]), Seq(&POINT)])),
    (
        check_owned::<Flattened>,
        Struct(&[("id", Int), ("x", Int), ("y", Maybe(&Text)), ("t", Word(&["Unit", "New", "A"])), ("zz", Any)]),
    ),
    (|lines| check::<BorrowedRest>(lines), Struct(&[("id", Text), ("a", Text), ("zz", Text)])),
    (
        check_owned::<Keys>,
        Struct(&[
            ("a", Map(&KEY, &Int)),
            ("b", Map(&KEY, &Bool)),
            ("c", Map(&Word(&["true", "false", "tru"]), &Null)),
            ("x", Map(&Char, &Int)),
            ("y", Map(&WORD, &WORD)),
            ("t", Map(&Text, &Seq(&Int))),
            ("id", Map(&KEY, &Int)),
        ]),
    ),
    (
        check_owned::<Tuple4>,
        Tuple(&[Int, Tuple(&[Int, Char]), Maybe(&Bool), Or(&[Struct(&[("Ok", Float)]), Struct(&[("Err", Text)])])]),
    ),
    (check_owned::<Newtype>, Seq(&Maybe(&Char))),
    (check_owned::<TupleStruct>, Tuple(&[Int, Text, Tuple(&[Int, Int])])),
    (check_owned::<Vec<(Nothing, Word, ())>>, Seq(&Tuple(&[Null, Or(&[WORD, Struct(&[("a", Null)])]), Null]))),
    (|lines| check::<Vec<Raw>>(lines), Seq(&Any)),
    (|lines| check::<BTreeMap<&str, Vec<Untagged>>>(lines), Map(&Text, &Seq(&Any))),
    (check_owned::<Vec<f64>>, Seq(&Or(&[Float, Int]))),
    (check_owned::<Vec<f32>>, Seq(&Float)),
    (check_owned::<BTreeMap<String, External>>, Map(&Text, &See(|| &EXTERNAL))),
    (check_owned::<serde_json::Map<String, Value>>, Map(&Text, &Any)),
];
