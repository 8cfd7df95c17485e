//! The serializer: byte for byte what `serde_json::to_vec` makes of the same value, at every level; and where that fails, an
//! error that leaves nothing behind. Strings and names are in `escaping.rs`, raw values in `writing_raw.rs`.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::*;
use std::fmt;
use std::marker::PhantomData;
use std::net::*;
use std::num::*;
use std::time::{Duration, SystemTime};

use crate::common::Random;
use crate::written::{Pairs, refused, refused_by, same, same_alone, written, written_by};
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use simd_jsonl::{ErrorKind, JsonlWriter, WriterBuilder};

/// Each value is written as `serde_json` writes it.
macro_rules! same {
    ($($value:expr),+ $(,)?) => {$(
        same(&$value);
    )+};
}

#[test]
fn integers_of_every_width() {
    macro_rules! widths {
        ($($type:ident)+) => {$({
            // every power of ten and of two, and what is next to it
            let mut all: Vec<$type> = vec![<$type>::MIN, <$type>::MIN + 1, <$type>::MAX - 1, <$type>::MAX, 0];
            for base in [2, 10] {
                let powers = std::iter::successors(Some(1 as $type), |power| power.checked_mul(base));
                all.extend(powers.flat_map(|p| [p - 1, p, p + 1, (0 as $type).wrapping_sub(p)]));
            }
            let text = same_alone(&all);
            let digits: Vec<_> = all.iter().map(|n| n.to_string()).collect();
            assert_eq!(text, format!("[{}]", digits.join(",")), "{}", stringify!($type));
            same_alone(&Pairs(all.iter().map(|n| (n, n)).collect()));
            [<$type>::MIN, <$type>::MAX, 0].iter().for_each(same);
        })+};
    }
    widths!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
}

#[test]
fn floats_of_both_widths() {
    macro_rules! widths {
        ($($type:ident $bits:ident $seed:literal)+) => {$({
            let mut random = Random($seed);
            let mut all: Vec<$type> = vec![
                0.0, -0.0, 1.0, -1.0, 0.1, 1.5, $type::MAX, $type::MIN, $type::MIN_POSITIVE, $type::EPSILON,
                $type::from_bits(1), -$type::from_bits(1), $type::from_bits($type::MIN_POSITIVE.to_bits() - 1),
            ];
            all.extend((-330..310).map(|n| format!("1e{n}").parse::<$type>().expect("a float")));
            all.extend((-330..310).map(|n| format!("-1.2345678e{n}").parse::<$type>().expect("a float")));
            all.extend((0..128).flat_map(|n| {
                let power = (n as $type).exp2();
                [power - 1.0, power, power + 1.0, 1.0 / power, power * 1.1]
            }));
            all.extend((0..3000).map(|_| $type::from_bits(random.bits() as $bits)));
            all.extend((0..1000).map(|_| (random.bits() as i32) as $type / 1000.0));
            all.retain(|x| x.is_finite());
            let text = same_alone(&all);
            let read = text[1..text.len() - 1].split(',').map(|x| x.parse::<$type>().expect("a float").to_bits());
            assert!(read.eq(all.iter().map(|x| x.to_bits())), "does not read back as {}", stringify!($type));
            same_alone(&Pairs(all.iter().map(|x| (x, x)).collect()));
            all[..13].iter().for_each(same);
        })+};
    }
    widths!(f32 u32 1 f64 u64 2);
}

/// NaN and the infinities become `null`, or errors if that is asked for.
#[test]
fn floats_that_json_has_not() {
    #[derive(Serialize)]
    enum Any<T> {
        New(T),
        Tuple(u8, T),
        Struct { a: Option<T> },
    }
    fn check<T: Serialize + Copy>(x: T) {
        assert_eq!(same_alone(&x), "null");
        same!(x, Some(x), Any::New(x), Any::Tuple(1, x), Any::Struct { a: Some(x) });
        macro_rules! refused_if_asked {
            ($($value:expr),+) => {$(
                refused_by(WriterBuilder::new().reject_non_finite(true), &$value, ErrorKind::NonFiniteFloat);
            )+};
        }
        refused_if_asked!(x, vec![vec![x]], Some((1, x)), Any::New(x), Any::Tuple(1, x), Any::Struct { a: Some(x) });
        // as a key it is one in any case
        refused_if_asked!(Pairs(vec![(x, 1)]));
        refused(&Pairs(vec![(Some(x), 1)]), ErrorKind::NonFiniteFloat);
    }
    for x in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check(x);
        check(x as f32);
    }
    let mut strict = WriterBuilder::new();
    strict.reject_non_finite(true);
    for (x, y) in [(0.0, f32::MAX), (-0.0, f32::MIN), (f64::MAX, 1e-45), (f64::MIN, -0.0), (5e-324, 0.1)] {
        let finite = (x, y, [Some(x)]);
        assert_eq!(written_by(&strict, &finite).expect("finite"), written(&finite));
    }
}

#[test]
fn words_and_characters() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Empty {}
    #[derive(Serialize)]
    struct EmptyTuple();
    same! {
        true, false, (), Unit, Empty {}, EmptyTuple(), None::<u8>, Some(()), Some(None::<u8>), PhantomData::<u8>, [(); 3]
    }
    // all of the first planes' edges, and some of all others
    let edges = (0..0x300).chain(0xD7F0..0xE010).chain(0xFFF0..0x10010).chain(0x10_FFF0..=0x10_FFFF);
    let all: Vec<char> = edges.chain((0x300..0x11_0000).step_by(331)).filter_map(char::from_u32).collect();
    same_alone(&all);
    same_alone(&Pairs(all.iter().map(|c| (c, c)).collect()));
    same!('a', '"', '\\', '\n', '\0', 'é', '日', '😀');
}

#[test]
fn containers_of_every_sort() {
    #[derive(Serialize)]
    struct New(Vec<u8>);
    #[derive(Serialize)]
    struct Tuple(u8, Option<String>, (), [u16; 2]);
    #[derive(Serialize)]
    struct Generic<'a, T> {
        a: T,
        b: &'a [T],
        c: Box<(T, T)>,
    }
    same! {
        Vec::<u8>::new(), vec![1], vec![1, 2, 3], [0u8; 0], [1; 32], &[1, 2][..], vec![vec![vec![0u8; 0]; 2]; 2],
        vec![vec![Some(1), None]], ("a",), ("a", 1, 2.5, true, ()), New(vec![1]), New(vec![]), vec![New(vec![]), New(vec![2])],
        Tuple(1, None, (), [1, 2]), Tuple(1, Some("x".into()), (), [1, 2]), Generic { a: 1, b: &[], c: Box::new((2, 3)) },
        Generic { a: Some("x"), b: &[None], c: Box::new((None, Some(""))) }, BTreeMap::<String, u8>::new(),
        BTreeMap::from([("a", BTreeMap::from([("b", BTreeMap::<u8, u8>::new())]))]), BTreeMap::from([("", [[0; 0]; 3])]),
        vec![BTreeMap::from([("a", vec![1]), ("b", vec![])]), BTreeMap::new()], HashMap::from([("a", 1)]),
        HashSet::from([1]), BTreeSet::from([1, 2]), VecDeque::from([1, 2]), LinkedList::from([1, 2]), BinaryHeap::from([1]),
    }
    // deep, and wide
    for depth in [1, 63, 64, 65, 127, 128, 129, 300] {
        let array = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        let object = (0..depth).fold(json!({}), |inner, _| json!({"a\n": inner}));
        same!(array, object, (0..depth).collect::<Vec<_>>(), vec![(); depth]);
    }
}

#[test]
fn types_of_the_standard_library() {
    let (v4, v6) = (Ipv4Addr::new(127, 0, 0, 1), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
    same! {
        v4, v6, Ipv4Addr::BROADCAST, Ipv6Addr::UNSPECIFIED, IpAddr::V4(v4), IpAddr::V6(v6), SocketAddrV4::new(v4, 80),
        SocketAddr::from((v6, 65535)), SocketAddr::from((v4, 0)), Pairs(vec![(IpAddr::V4(v4), v6)]),
        Duration::from_millis(1500), Duration::MAX, SystemTime::UNIX_EPOCH + Duration::new(1, 2), 1..3, 1..=3, ..3, 1..,
        std::ops::Bound::Included(1), std::ops::Bound::<u8>::Unbounded, Cow::Borrowed("a\n"), Cow::<[u8]>::Owned(vec![1]),
        Box::new(1), Cell::new(1), RefCell::new("a"), std::sync::Mutex::new(1), std::sync::RwLock::new("x"), NonZeroU8::MIN,
        NonZeroI128::MIN, Wrapping(1), Saturating(-1), Reverse("a"), Ok::<u8, u8>(1), Err::<u8, _>("a"),
        std::path::Path::new("a/\"b"), c"a\"\xFF", std::sync::atomic::AtomicI64::new(i64::MIN),
        std::ffi::OsString::from("a"), format_args!("{}\t{}", 1, "\\"),
    }
    // whose own implementations fail
    let cell = RefCell::new(1);
    let borrowed = cell.borrow_mut();
    refused(&cell, ErrorKind::Custom);
    drop(borrowed);
    refused(&(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), ErrorKind::Custom);
}

#[test]
fn enums_of_every_tagging() {
    #[derive(Serialize)]
    struct Inner {
        a: u8,
        b: Option<&'static str>,
    }
    macro_rules! tagging {
        ($name:ident, $($tag:tt)*) => {
            #[derive(Serialize)]
            $($tag)*
            enum $name {
                Unit,
                #[serde(rename = "re\"named é")]
                Renamed,
                New(Inner),
                Struct { x: f64, y: Vec<$name> },
                Empty {},
                Map(BTreeMap<&'static str, u8>),
            }
            let inner = || Inner { a: 1, b: Some("\"") };
            let deep = $name::Struct { x: 0.5, y: vec![$name::Struct { x: -0.0, y: vec![$name::Unit, $name::Empty {}] }] };
            same!(
                $name::Unit, $name::Renamed, $name::New(inner()), $name::Struct { x: 1e300, y: vec![] }, deep,
                $name::Empty {}, $name::Map(BTreeMap::new()), $name::Map(BTreeMap::from([("a", 1), ("b", 2)])),
            );
        };
    }
    tagging!(External,);
    tagging!(Internal, #[serde(tag = "t\\g")]);
    tagging!(Adjacent, #[serde(tag = "t", content = "c\n")]);
    tagging!(Untagged, #[serde(untagged)]);

    macro_rules! tuples {
        ($name:ident, $($tag:tt)*) => {
            #[derive(Serialize)]
            $($tag)*
            enum $name {
                New(Option<Box<$name>>),
                None(),
                One((u8,)),
                Two(u8, Vec<$name>),
            }
            let two = |all| $name::Two(0, all);
            same!(
                $name::New(None), $name::New(Some(Box::new($name::New(None)))), $name::None(), $name::One((1,)), two(vec![]),
                two(vec![two(vec![$name::None()]), $name::New(Some(Box::new($name::None())))]),
            );
        };
    }
    tuples!(ExternalTuples,);
    tuples!(AdjacentTuples, #[serde(tag = "t", content = "c")]);
    tuples!(UntaggedTuples, #[serde(untagged)]);
}

#[test]
fn fields_that_are_skipped_and_flattened() {
    fn no(x: &Option<u8>) -> bool {
        x.is_none()
    }
    #[derive(Serialize, Clone)]
    struct Skip {
        #[serde(skip_serializing_if = "no")]
        a: Option<u8>,
        #[serde(skip_serializing_if = "no")]
        b: Option<u8>,
        #[serde(skip)]
        _never: u8,
        #[serde(skip_serializing_if = "no")]
        c: Option<u8>,
    }
    #[derive(Serialize)]
    enum Variant {
        Tuple(#[serde(skip_serializing_if = "no")] Option<u8>, #[serde(skip_serializing_if = "no")] Option<u8>),
        Struct {
            #[serde(skip_serializing_if = "no")]
            a: Option<u8>,
            #[serde(skip_serializing_if = "no")]
            b: Option<u8>,
        },
    }
    #[derive(Serialize)]
    enum Kind {
        New(u8),
        Tuple(u8, u8),
        Struct { x: u8 },
    }
    #[derive(Serialize)]
    struct Flat {
        first: u8,
        #[serde(flatten)]
        skip: Skip,
        #[serde(flatten)]
        map: BTreeMap<String, Value>,
        #[serde(flatten)]
        option: Option<Skip>,
        #[serde(flatten)]
        kind: Kind,
        #[serde(with = "text", rename = "with \"quotes\"")]
        last: u8,
    }
    mod text {
        pub fn serialize<S: serde::Serializer>(n: &u8, s: S) -> Result<S::Ok, S::Error> {
            s.collect_str(&format_args!("<{n}>"))
        }
    }
    for bits in 0..8u8 {
        let some = |bit: u8| (bits >> bit & 1 == 1).then_some(bit);
        let (a, b, c) = (some(0), some(1), some(2));
        let skip = Skip { a, b, _never: 9, c };
        same!(skip, Variant::Tuple(a, b), Variant::Struct { a, b });
        let map = [("k\n", json!([1])), ("l", json!({"x": {}}))].map(|(k, v)| (k.to_owned(), v));
        for kind in [Kind::New(1), Kind::Tuple(1, 2), Kind::Struct { x: 1 }] {
            let map = map.iter().take(bits.into()).cloned().collect();
            same(&Flat { first: 1, skip: skip.clone(), map, option: a.map(|_| skip.clone()), kind, last: 2 });
        }
    }
    #[derive(Serialize)]
    struct OnlyFlat {
        #[serde(flatten)]
        map: BTreeMap<String, u8>,
    }
    same!(OnlyFlat { map: BTreeMap::new() }, OnlyFlat { map: BTreeMap::from([("a".into(), 1)]) });
}

#[test]
fn keys_of_every_sort() {
    #[derive(Serialize)]
    enum Unit {
        A,
        #[serde(rename = "\"b\" é")]
        B,
    }
    #[derive(Serialize)]
    struct New<T>(T);
    macro_rules! keys {
        ($($key:expr),+ $(,)?) => {$(
            same_alone(&Pairs(vec![($key, 1), ($key, 2)]));
            same_alone(&Pairs(vec![(New(Some($key)), 1)]));
        )+};
    }
    keys! {
        "", "a", "\"", String::from("é\n"), Cow::Borrowed("a"), 'a', '"', '😀', true, false, i8::MIN, i16::MIN, i32::MIN,
        i64::MIN, i128::MIN, u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX, 0.5f32, -0.0f64, 1e300, f32::MAX, 1e16,
        Unit::A, Unit::B, New(1), New(New("x")), Some("x"), Box::new(1), Ipv4Addr::LOCALHOST, NonZeroU8::MIN, Wrapping(1),
        &&1, format_args!("{}\"", 1),
    }
}

#[test]
fn keys_that_json_has_not() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct New<T>(T);
    #[derive(Serialize)]
    struct Struct {
        a: u8,
    }
    #[derive(Serialize)]
    struct Tuple(u8, u8);
    #[derive(Serialize)]
    enum Any {
        New(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }
    macro_rules! refused {
        ($kind:ident: $($key:expr),+ $(,)?) => {$(
            refused(&Pairs(vec![(New(Some($key)), 1)]), ErrorKind::$kind);
        )+};
    }
    refused! {
        InvalidKey: (), None::<u8>, Unit, [1, 2], vec!["a"], (1,), Tuple(1, 2), Struct { a: 1 }, Any::New(1), Any::Tuple(1,
        2), Any::Struct { a: 1 }, BTreeMap::<u8, u8>::new(), json!(null), json!([]), json!({}), c"a",
    }
    refused!(NonFiniteFloat: f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f32::NAN, f32::INFINITY, f32::NEG_INFINITY);
}

/// Some implementations do not know how many elements there are, and others are wrong about it.
#[test]
fn lengths_that_are_unknown_or_wrong() {
    struct Hinted(Option<usize>, usize);
    struct HintedMap(Option<usize>, usize);
    struct HintedStruct(usize, usize);
    impl Serialize for Hinted {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut seq = s.serialize_seq(self.0)?;
            (0..self.1).try_for_each(|n| seq.serialize_element(&n))?;
            seq.end()
        }
    }
    impl Serialize for HintedMap {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut map = s.serialize_map(self.0)?;
            (0..self.1).try_for_each(|n| map.serialize_entry(&n, &n))?;
            map.end()
        }
    }
    impl Serialize for HintedStruct {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut fields = s.serialize_struct("Name", self.0)?;
            (0..self.1).try_for_each(|n| fields.serialize_field("a", &n))?;
            fields.end()
        }
    }
    for len in 0..4 {
        for hint in [None, Some(1), Some(2), Some(3), Some(100), Some(usize::MAX)] {
            same!(Hinted(hint, len), HintedMap(hint, len), HintedStruct(hint.unwrap_or(5), len));
        }
        // of which `serde_json` makes text that is no JSON
        let numbers: Vec<_> = (0..len).collect();
        assert_eq!(written(&Hinted(Some(0), len)), written(&numbers));
        let members: Vec<_> = numbers.iter().map(|n| (n, n)).collect();
        assert_eq!(written(&HintedMap(Some(0), len)), written(&Pairs(members)));
        let fields = numbers.iter().map(|n| ("a", n)).collect();
        assert_eq!(written(&HintedStruct(0, len)), written(&Pairs(fields)));
    }
}

#[test]
fn bytes_are_arrays() {
    struct Bytes(Vec<u8>);
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            s.serialize_bytes(&self.0)
        }
    }
    same!(Bytes(vec![]), Bytes(vec![0]), Bytes(vec![255, 0]), Bytes((0..=255).collect()), Bytes(vec![b'"'; 300]));
}

/// What an implementation says in its own words.
#[test]
fn errors_of_the_types_themselves() {
    struct Says(&'static str);
    impl Serialize for Says {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom(self.0))
        }
    }
    struct Fails;
    impl fmt::Display for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a beginning")?;
            Err(fmt::Error)
        }
    }
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            s.collect_str(self)
        }
    }
    for words in ["no colour known", "", "é"] {
        refused(&Says(words), ErrorKind::Custom);
        refused(&Pairs(vec![(Says(words), 1)]), ErrorKind::Custom);
        let error = written_by(&WriterBuilder::new(), &vec![Says(words)]).expect_err("it says so");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().starts_with("line 2, column 2 (byte 10): "), "{error}");
    }
    // `serde_json` panics here
    refused_by(&WriterBuilder::new(), &Fails, ErrorKind::Custom);
    refused_by(&WriterBuilder::new(), &Pairs(vec![(Fails, 1)]), ErrorKind::Custom);
}

/// By reference, and of types whose size is not known.
#[test]
fn records_of_unsized_types() {
    let mut writer = JsonlWriter::new(Vec::new());
    writer.write("text").expect("a string");
    writer.write(&[1, 2][..]).expect("a slice");
    writer.write(&&&3).expect("a reference");
    let boxed: Box<str> = "boxed".into();
    writer.write(&*boxed).expect("a string");
    let out = writer.into_inner().expect("a vector takes all");
    assert_eq!(out, b"\"text\"\n[1,2]\n3\n\"boxed\"\n");
}
