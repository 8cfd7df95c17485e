//! Every type of serde's data model, each line decoded at every level and compared with what `serde_json::from_str`
//! makes of the same line: the same value, or an error from both. A record of another type stands before and behind
//! it and must come out whole.

use crate::common;
use crate::oracle;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::{self, Debug};
use std::marker::PhantomData;

use crate::common::{Chunks, show};
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use simd_jsonl::{Error, ErrorKind, JsonlSlice, Level, Position, ReaderBuilder};

/// A line, and the inputs it is tried in.
struct Case {
    line: String,
    inputs: Vec<Input>,
}

/// A line with what stands before and behind it.
struct Input {
    bytes: Vec<u8>,
    /// Where the line starts in it.
    start: usize,
    /// How many records precede it.
    before: usize,
}

impl Case {
    fn new(line: impl Into<String>) -> Case {
        let line = line.into();
        assert!(!line.contains('\n'), "one line at a time: {line:?}");
        let around = [
            ("", ""),
            ("", "\n"),
            ("", "\r\n"),
            ("[\"before\"]\n", "\n{\"after\":[1,\"\\n\"]}\n"),
            ("\n  \n\"before\"\r\n\t", " \r\n\n{\"after\":[1,\"\\n\"]}"),
        ];
        let inputs = around.iter().map(|(before, behind)| Input {
            bytes: [*before, &line, behind].concat().into_bytes(),
            start: before.len(),
            before: usize::from(!before.is_empty()),
        });
        Case { inputs: inputs.collect(), line }
    }
}

/// Decodes the line of `case` in each of its inputs at each level, asserts that it is the same as `serde_json`'s, and
/// returns that. `Err` holds the error that the first input gave at the first level.
fn agree<'a, T: Deserialize<'a> + PartialEq + Debug>(case: &'a Case) -> Result<T, Error> {
    let want = oracle::verdict::<T>(case.line.as_bytes());
    let mut first = None;
    for level in Level::available() {
        for input in &case.inputs {
            let context = format_args!("{} as {} at {level}", show(&input.bytes), std::any::type_name::<T>());
            let got = decode::<T>(input, level, &context);
            match (&got, &want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "left: ours, right: serde_json's; {context}"),
                (Err(e), Err(_)) => assert_fault_on_its_line(e, input, &case.line, &context),
                (Ok(got), Err(want)) => panic!("ours: Ok({got:?}), serde_json's: {want}; {context}"),
                (Err(got), Ok(want)) => panic!("ours: {got}, serde_json's: Ok({want:?}); {context}"),
            }
            first.get_or_insert(got);
        }
    }
    first.expect("one level and one input at least")
}

/// Like [`agree`], and over a `Read` as well.
fn agree_owned<T: DeserializeOwned + PartialEq + Debug>(case: &Case) -> Result<T, Error> {
    let first = agree::<T>(case);
    for input in &case.inputs {
        for chunk in [1, 7, usize::MAX] {
            let context = format_args!("{} as {} by reads of {chunk}", show(&input.bytes), std::any::type_name::<T>());
            let mut reader = ReaderBuilder::new().from_reader(Chunks::new(&input.bytes, [chunk]));
            assert_eq!(
                reader.deserialize::<Value>().take(input.before).filter(Result::is_ok).count(),
                input.before,
                "{context}"
            );
            let got = reader.deserialize::<T>().next().unwrap_or_else(|| panic!("no record: {context}"));
            match (&got, &decode::<T>(input, Level::detect(), &context)) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "left: from Read, right: from a slice; {context}"),
                (Err(got), Err(want)) => {
                    let (ours, theirs) = ((got.kind(), got.position()), (want.kind(), want.position()));
                    assert_eq!(ours, theirs, "left: from Read, right: from a slice; {context}");
                }
                (got, want) => panic!("from Read: {got:?}, from a slice: {want:?}; {context}"),
            }
            assert_eq!(
                reader.deserialize::<Value>().filter(Result::is_ok).count(),
                input.before,
                "behind it: {context}"
            );
        }
    }
    first
}

/// The line in `input` as a `T`; the records before and behind it must come out whole.
fn decode<'a, T: Deserialize<'a>>(input: &'a Input, level: Level, context: &dyn fmt::Display) -> Result<T, Error> {
    let mut reader = ReaderBuilder::new().level(level).from_slice(&input.bytes);
    for value in reader.deserialize::<Value>().take(input.before) {
        assert!(value.is_ok(), "the record before: {value:?}; {context}");
    }
    let got = reader.deserialize::<T>().next().unwrap_or_else(|| panic!("no record: {context}"));
    if input.before > 0 {
        let next = reader.deserialize::<Value>().next();
        let next = next.unwrap_or_else(|| panic!("the record behind it is lost: {context}"));
        let next = next.unwrap_or_else(|e| panic!("the record behind it: {e}; {context}"));
        assert_eq!(next, json!({"after": [1, "\n"]}), "the record behind it; {context}");
    }
    assert!(reader.deserialize::<Value>().next().is_none(), "one record too many: {context}");
    got
}

fn assert_fault_on_its_line(e: &Error, input: &Input, line: &str, context: &dyn fmt::Display) {
    let number = 1 + input.bytes[..input.start].iter().filter(|b| **b == b'\n').count() as u64;
    let Position { offset, line: got } = e.position();
    assert_eq!(got, number, "line number of {e}; {context}");
    let (start, end) = (input.start as u64, (input.start + line.len()) as u64);
    // one byte of leeway before it for white space, two behind it for white space and the line terminator
    let (first, last) = (start.saturating_sub(1), end + 2);
    assert!((first..=last).contains(&offset), "{offset} is not in {start}..={end}: {e}; {context}");
    let sorts = [e.is_io(), e.is_syntax(), e.is_data(), e.is_eof()];
    assert_eq!(sorts.iter().filter(|is| **is).count(), 1, "io, syntax, data, eof: {sorts:?} of {e:?}; {context}");
}

/// `same!(Type; line, line, ..)`: borrowed or owned, from slices.
macro_rules! same {
    ($type:ty; $($line:expr),+ $(,)?) => {$(
        let case = Case::new($line);
        let _ = agree::<$type>(&case);
    )+};
}

/// `same_owned!(Type; line, line, ..)`: from slices and from a `Read`.
macro_rules! same_owned {
    ($type:ty; $($line:expr),+ $(,)?) => {$(
        let _ = agree_owned::<$type>(&Case::new($line));
    )+};
}

/// Like `same!`, and the lines must be accepted.
macro_rules! accepted {
    ($type:ty; $($line:expr),+ $(,)?) => {$(
        let case = Case::new($line);
        if let Err(e) = agree::<$type>(&case) {
            panic!("{} as {}: {e}", case.line, stringify!($type));
        }
    )+};
}

/// `faults!(Type; line => Kind, ..)`: the lines must be rejected, for that reason.
macro_rules! faults {
    ($type:ty; $($line:expr => $($kind:ident)|+),+ $(,)?) => {$(
        let case = Case::new($line);
        match agree::<$type>(&case) {
            Ok(value) => panic!("{} as {}: {value:?}", case.line, stringify!($type)),
            Err(e) => assert!(
                matches!(e.kind(), $(ErrorKind::$kind)|+),
                "{} as {}: {:?}, expected {}: {e}", case.line, stringify!($type), e.kind(), stringify!($($kind)|+)
            ),
        }
    )+};
}

/// One line of each sort, good and bad, to try on every type.
#[rustfmt::skip]
const ANY: &[&str] = &[
    "null", "true", "false", "0", "-0", "1", "-1", "7", "255", "256", "65536", "4294967296", "18446744073709551615",
    "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "1.0", "-1.5", "1e2", "1E-2", "1e400",
    "\"\"", "\"a\"", "\"ab\"", "\"\\n\"", "\"\\u00e9\"", "\"é\"", "\"A\"", "\"B\"", "[]", "[1]", "[1,2]",
    "[ 1 , 2 , 3 ]", "[\"a\",\"b\"]", "[null,true]", "[[1],[2]]", "{}", "{\"a\":1}", "{\"a\":1,\"b\":2}",
    "{ \"a\" : \"x\" }", "{\"A\":1}", "{\"A\":null}", "{\"B\":[1,2]}", "{\"1\":2}", "{\"a\":{\"b\":[{}]}}",
    "{\"a\":1,\"a\":2}", " 1 ", "\t\"a\" ", "nul", "nulll", "tru", "truee", "falsy", "-", "01", "1.", ".5", "+1",
    "1e", "0x1", "NaN", "Infinity", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\ud800\"", "[", "]", "[1", "[1,", "[1,]",
    "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}",
    "{\"a\":1 \"b\":2}", "{a:1}", "{1:2}", "{\"a\":1]", "1 2", "1,", ",", ":", "{}{}", "[][]", "\"a\"\"b\"", "'a'",
    "// 1", "/**/1", "\u{a0}1", "1\u{a0}", "\u{2028}", "\u{0}", "1\u{0}", "\u{c}1", "\u{7f}",
];

/// Tries [`ANY`] on a type.
macro_rules! any {
    ($($type:ty),+ $(,)?) => {$(
        for line in ANY {
            same!($type; *line);
        }
    )+};
}

#[rustfmt::skip]
const INTEGERS: &[&str] = &[
    "0", "-0", "1", "-1", "9", "10", "99", "127", "128", "-127", "-128", "-129", "255", "256", "32767", "32768",
    "-32768", "-32769", "65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295",
    "4294967296", "9007199254740993", "99999999", "100000000", "999999999999999", "9999999999999999",
    "99999999999999999", "999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775807",
    "-9223372036854775808", "-9223372036854775809", "9999999999999999999", "18446744073709551615",
    "18446744073709551616", "18446744073709551625", "-18446744073709551616", "99999999999999999999",
    "100000000000000000000", "170141183460469231731687303715884105727", "170141183460469231731687303715884105728",
    "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105729",
    "340282366920938463463374607431768211455", "340282366920938463463374607431768211456",
    "999999999999999999999999999999999999999", "1000000000000000000000000000000000000000",
    "-1000000000000000000000000000000000000000", "00", "01", "-00", "-01", "007", "0000000000", "1.0", "0.0", "-0.0",
    "1.5", "-1.5", "1e0", "1e2", "1E2", "1e+2", "1e-2", "10e-1", "0e0", "-0e0", "1e400", "-1e400", "1e-400",
    "123456789012345678901234567890.0", "18446744073709551615.0", "18446744073709551615e0", "+1", "- 1", "--1", "-",
    "-a", "1-", "1a", "a1", "1.", "1.e1", ".1", "-.1", "1e", "1e+", "1e-", "1e1.0", "1.1.1", "0x1", "0b1", "1_000",
    "1,000", "1 000", "\"1\"", "true", "null", "[]", "[1]", "{}", " 5", "5 ", "\t5\t",
    " \t 18446744073709551615 \t ", "٣", "1\u{0}",
];

#[test]
fn integers_of_every_width() {
    macro_rules! widths {
        ($($type:ident),+) => {$(
            for line in INTEGERS {
                same_owned!($type; *line);
                same!(Vec<$type>; format!("[{line}]"), format!("[{line},{line}]"), format!("[ 1 , {line} ]"));
                same!(Option<$type>; *line);
                same!(BTreeMap<String, $type>; format!("{{\"k\":{line}}}"), format!("{{\"k\" : {line} , \"l\":1}}"));
            }
            accepted!($type; $type::MIN.to_string(), $type::MAX.to_string(), (<$type>::MAX / 2).to_string());
        )+};
    }
    widths!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
    same_owned!(std::num::NonZeroU8; "0", "1", "255", "256", "-1");
    same_owned!(std::num::NonZeroI64; "0", "1", "-1", "-9223372036854775808", "1.0");
    same_owned!(std::num::Wrapping<u16>; "0", "65535", "65536");
    any!(u8, i64, u128);
}

#[test]
fn integers_out_of_range_say_so() {
    // what fits i64 or u64 goes through the visitor of the type, what does not never reaches it
    faults!(u8; "256" => InvalidValue, "300" => InvalidValue, "-1" => InvalidValue,
        "18446744073709551616" => NumberOutOfRange);
    faults!(i8; "128" => InvalidValue, "-129" => InvalidValue, "-9223372036854775809" => NumberOutOfRange);
    faults!(u64; "-1" => InvalidValue, "18446744073709551616" => NumberOutOfRange,
        "99999999999999999999" => NumberOutOfRange);
    faults!(i64; "9223372036854775808" => InvalidValue | NumberOutOfRange, "-9223372036854775809" => NumberOutOfRange);
    faults!(i128; "170141183460469231731687303715884105728" => NumberOutOfRange);
    faults!(u128; "340282366920938463463374607431768211456" => NumberOutOfRange, "-1" => NumberOutOfRange |
        InvalidValue);
    faults!(u64; "1.0" => InvalidType, "\"1\"" => InvalidType, "true" => InvalidType, "null" => InvalidType,
        "[]" => InvalidType);
    faults!(f64; "1e400" => NumberOutOfRange, "-1e400" => NumberOutOfRange);
    faults!(Value; "1e400" => NumberOutOfRange, "[1,-1e999]" => NumberOutOfRange);
}

#[rustfmt::skip]
const FLOATS: &[&str] = &[
    "0.0", "-0.0", "0e5", "-0e-5", "0.1", "-0.1", "0.30000000000000004", "1.7976931348623157e308",
    "1.7976931348623159e308", "-1.7976931348623157e308", "2.2250738585072014e-308", "2.2250738585072011e-308",
    "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400", "-1e-400", "1e308", "1e309", "1e22",
    "1e23", "9007199254740993.0", "1.5e10", "1.5E+10", "1.5e-10", "123456.789", "3.4028234663852886e38",
    "3.4028234e38", "1e38", "1.401298464324817e-45", "7.006492321624085e-46",
    "1.00000000000000000000000000000000000001", "0.000000000000000000000000000000000000000000001",
    "1e00000000000000000001", "1e-00000000000000000001", "1.0e", "1.0e+", "1.0ee1", "1.0.0", "1.-", "-.", "0.",
    "0.e1", "00.1", "-00.1", "1e0x", "123456789012345678901234567890", "0.1234567890123456789012345678901234567890",
    "1e99999999999", "0e99999999999999999999", "1e-99999999999999999999",
];

#[test]
fn floats_of_both_widths() {
    for line in INTEGERS.iter().chain(FLOATS) {
        for line in [line.to_string(), format!(" {line} ")] {
            let case = Case::new(line);
            // `==` does not tell the zeros apart
            let bits = agree_owned::<f64>(&case).ok().map(f64::to_bits);
            assert_eq!(bits, serde_json::from_str::<f64>(&case.line).ok().map(f64::to_bits), "{} as f64", case.line);
            let bits = agree_owned::<f32>(&case).ok().map(f32::to_bits);
            assert_eq!(bits, serde_json::from_str::<f32>(&case.line).ok().map(f32::to_bits), "{} as f32", case.line);
        }
        same!(Vec<f64>; format!("[{line}]"), format!("[{line},{line}]"), format!("[ 0.5 , {line} ]"));
        same!((f32, f64); format!("[{line},{line}]"));
        same!(BTreeMap<String, f64>; format!("{{\"k\":{line}}}"), format!("{{\"k\" : {line} , \"l\":1.5}}"));
        same!(Value; *line, format!("[{line}]"), format!("{{\"k\":{line} }}"));
    }
    any!(f32, f64);
}

#[test]
fn booleans_and_units() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Unit;
    any!(bool, (), Unit, PhantomData<u8>, Option<()>, Option<bool>);
    same_owned!(bool; "true", "false", " true", "true ", "t", "f", "True", "trux", "tr", "true1", "\"true\"", "0");
    same_owned!((); "null", " null ", "nul", "NULL", "nullnull", "[]", "{}");
    same!(Vec<bool>; "[true,false]", "[true false]", "[truefalse]", "[true,]", "[ true , false ]", "[tru,false]",
        "[true,fals]");
    same!(Vec<()>; "[null,null]", "[ null , null ]", "[nul,null]", "[nullx]");
    same!(BTreeMap<String, Unit>; "{\"a\":null,\"b\" : null }", "{\"a\":nul,\"b\":null}");
}

#[rustfmt::skip]
const STRINGS: &[&str] = &[
    r#""""#, r#""a""#, r#""hello""#, r#""é""#, r#""日本語""#, r#""😀""#, r#""\"""#, r#""\\""#, r#""\/""#,
    r#""\b\f\n\r\t""#, r#""\u0041""#, r#""\u00e9\u00E9""#, r#""\u0000""#, r#""\ud83d\ude00""#, r#""\uD83D\uDE00x""#,
    r#""x\ud800y""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800\u0041""#, r#""\ud83d""#, r#""\ud83d\n""#,
    r#""\u12g4""#, r#""\u123""#, r#""\u""#, r#""\x41""#, r#""\'""#, r#""\a""#, r#""\0""#, r#""\U0041""#,
    r#""\u+041""#, r#""a\\""#, r#""a\\\\""#, r#""a\\\""#, r#""\\\"""#, r#""a\"b""#, r#""{\"a\":1}""#, r#""[1,2]""#,
    r#"",:{}[]""#, r#"" a ""#, r#"" ""#, r#""a" "#, r#" "a""#, r#""a"b"#, r#"a"b""#, r#""a"#, r#"a""#, r#"""""#,
    r#"" \u0020 ""#, r#""ﬀ""#, r#""\ufeff""#, r#""\uffff\ufffe\ufdd0""#, r#""\udbff\udfff""#,
    r#""0123456789012345678901234567890123456789012345678901234567890123""#,
    r#""012345678901234567890123456789012345678901234567890123456789\n""#,
    r#""01234567890123456789012345678901234567890123456789012345678901\n34567890123456789012345678901234567890""#,
    "\"a\tb\"", "\"a\u{1}b\"", "\"a\u{0}b\"", "\"a\u{1f}b\"", "\"a\u{7f}b\"", "\"a\u{85}\u{2028}\u{2029}b\"",
    "\"\r\"",
];

#[test]
fn strings_and_chars() {
    for line in STRINGS {
        same_owned!(String; *line);
        same_owned!(Box<str>; *line);
        same!(Cow<str>; *line);
        same!(&str; *line);
        same_owned!(char; *line);
        same!(Option<String>; *line);
        same!(Value; *line, format!("[{line}]"), format!("{{{line}:{line}}}"), format!("[ {line} , {line} ]"));
        same!(Vec<String>; format!("[{line}]"), format!("[{line},{line}]"), format!("[{line} , {line} ]"));
        same!(Vec<Cow<str>>; format!("[{line},{line}]"), format!("[\"x\", {line}, \"y\"]"));
        same!(BTreeMap<String, String>; format!("{{{line}:{line}}}"), format!("{{ {line} : {line} , \"x\":\"y\"}}"));
        same!(HashMap<&str, &str>; format!("{{{line}:{line}}}"), format!("{{\"x\" : {line},{line}:\"y\"}}"));
        same!(HashMap<Cow<str>, Cow<str>>; format!("{{{line}:{line}}}"), format!("{{\"x\":{line}, {line} :\"y\"}}"));
    }
    same_owned!(char; r#""a""#, r#""é""#, r#""😀""#, r#""""#, r#""ab""#, r#""\n""#, r#""\ud83d\ude00""#, r#""\u0000""#,
        "97");
    any!(String, &str, Cow<str>, char, std::path::PathBuf);
}

/// Escapes at every distance from the 64-byte edge that a block of input ends at.
#[test]
fn strings_across_block_edges() {
    for filler in 40..90 {
        for inner in ["\\n", "\\\\", "\\\"", "\\u0041", "\\ud83d\\ude00", "é", "\\\\\\\"", "\\\\\\\\"] {
            let text = "x".repeat(filler);
            same!(Cow<str>; format!("\"{text}{inner}\""), format!("\"{text}{inner}{text}\""));
            same!(&str; format!("\"{text}{inner}\""));
            same!(BTreeMap<String, String>; format!("{{\"{text}{inner}\":\"{inner}{text}\"}}"));
        }
    }
}

#[test]
fn case_28_strings_borrow_exactly_when_unescaped() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Borrowing<'a> {
        #[serde(borrow)]
        plain: &'a str,
        #[serde(borrow)]
        cow: Cow<'a, str>,
        #[serde(borrow)]
        list: Vec<BorrowCow<'a>>,
    }
    let input = concat!(
        r#"{"plain":"p","cow":"unescaped","list":["a","b\n","","é"]}"#,
        "\n",
        r#"{"plain" : "" , "cow" : "esc\taped", "list" : [ "\u0041" , "z" ] }"#,
        "\r\n",
        r#"{"cow":"","list":[],"plain":"日本"}"#,
    );
    let borrowed = |s: &str| {
        let (begin, end) = (input.as_ptr() as usize, input.as_ptr() as usize + input.len());
        (begin..end).contains(&(s.as_ptr() as usize)) && s.as_ptr() as usize + s.len() <= end
    };
    for level in Level::available() {
        let reader = ReaderBuilder::new().level(level).from_slice(input.as_bytes());
        let all: Vec<Borrowing> =
            reader.into_deserialize().map(|r| r.unwrap_or_else(|e| panic!("{e} at {level}"))).collect();
        assert_eq!(all.len(), 3, "{input} at {level}");
        assert_eq!(all[1].cow, "esc\taped", "{input} at {level}");
        for record in &all {
            assert!(borrowed(record.plain), "{record:?} at {level}");
            for cow in record.list.iter().map(|c| &c.0).chain([&record.cow]) {
                match cow {
                    Cow::Borrowed(s) => assert!(borrowed(s), "{s:?} of {record:?} at {level}"),
                    Cow::Owned(s) => {
                        assert!(matches!(&**s, "b\n" | "esc\taped" | "A"), "{s:?} of {record:?} at {level}")
                    }
                }
            }
        }
        assert!(matches!(all[0].list[1].0, Cow::Owned(_)), "{:?} at {level}", all[0]);
        assert!(matches!(all[1].cow, Cow::Owned(_)), "{:?} at {level}", all[1]);
        // keys too
        let input = r#"{"unescaped":1,"escap\u0065d":2}"#;
        let mut reader = ReaderBuilder::new().level(level).from_slice(input.as_bytes());
        let map: BTreeMap<BorrowCow, u8> = reader.deserialize().next().expect("a record").expect("a map");
        for (key, value) in &map {
            assert_eq!(matches!(key.0, Cow::Borrowed(_)), *value == 1, "{map:?} of {input} at {level}");
        }
    }
}

/// `Cow<str>` as such is always owned: only `#[serde(borrow)]` on a field makes it borrow.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct BorrowCow<'a>(#[serde(borrow)] Cow<'a, str>);

#[test]
fn case_28_a_borrowed_str_with_an_escape_names_the_remedy() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Borrowing<'a> {
        text: &'a str,
    }
    for line in [r#"{"text":"a\nb"}"#, r#"{"text" : "\u0041" }"#] {
        let case = Case::new(line);
        let e = agree::<Borrowing>(&case).expect_err(line);
        assert_eq!(e.kind(), ErrorKind::InvalidType, "{line}: {e}");
        let message = e.to_string();
        assert!(message.contains("Cow<str>") && message.contains("String"), "{line}: {message}");
    }
    let remedy = |line: &str, error: Result<(), simd_jsonl::Error>, words: &str| {
        let message = error.expect_err(line).to_string();
        assert!(message.contains(words), "{line}: {message}");
    };
    let line = r#""a\nb""#;
    let mut reader = JsonlSlice::new(line.as_bytes());
    let record = reader.next_record().unwrap().unwrap();
    remedy(line, record.deserialize::<&std::path::Path>().map(drop), "use PathBuf");
    remedy(line, record.deserialize::<&[u8]>().map(drop), "use Cow<[u8]> with #[serde(borrow)]");
    faults!(&str; r#""\n""# => InvalidType);
    faults!(HashMap<&str, u8>; r#"{"\n":1}"# => InvalidType);
}

/// `serde_bytes`, by hand: bytes borrowed from the input.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bytes<'a>(Cow<'a, [u8]>);

struct BytesVisitor<'a>(PhantomData<&'a ()>);

impl<'de> Visitor<'de> for BytesVisitor<'de> {
    type Value = Bytes<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }
    fn visit_borrowed_bytes<E>(self, b: &'de [u8]) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Borrowed(b)))
    }
    fn visit_bytes<E>(self, b: &[u8]) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Owned(b.to_vec())))
    }
    fn visit_borrowed_str<E>(self, s: &'de str) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Borrowed(s.as_bytes())))
    }
    fn visit_str<E>(self, s: &str) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Owned(s.as_bytes().to_vec())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(b) = seq.next_element()? {
            all.push(b);
        }
        Ok(Bytes(Cow::Owned(all)))
    }
}

impl<'de> Deserialize<'de> for Bytes<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_bytes(BytesVisitor(PhantomData))
    }
}

/// Owned bytes through `deserialize_byte_buf`.
#[derive(Debug, PartialEq)]
struct ByteBuf(Vec<u8>);

impl<'de> Deserialize<'de> for ByteBuf {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_byte_buf(BytesVisitor(PhantomData)).map(|b| ByteBuf(b.0.into_owned()))
    }
}

#[test]
fn bytes() {
    for line in ANY.iter().chain(STRINGS) {
        same!(Bytes; *line);
        same!(&[u8]; *line);
        same_owned!(ByteBuf; *line);
    }
    same!(Bytes; "[0,255]", "[256]", "[-1]", "[\"a\"]", "[ 1 , 2 ]");
    same!(Vec<Bytes>; r#"["a","\n",[1,2]]"#);
    same!(HashMap<Bytes, Bytes>; r#"{"a":"b"}"#, r#"{"\n":"\n"}"#, r#"{"é" : [1]}"#);
    same_owned!(Vec<ByteBuf>; r#"["a","\n",[1,2]]"#);
    let case = Case::new(r#"["plain","esc\n"]"#);
    let list = agree::<Vec<Bytes>>(&case).expect("bytes");
    assert!(matches!((&list[0].0, &list[1].0), (Cow::Borrowed(_), Cow::Owned(_))), "{list:?}");
}

#[test]
fn options() {
    any!(
        Option<u8>,
        Option<Option<u8>>,
        Option<String>,
        Option<Vec<Option<i64>>>,
        Option<Value>,
        Option<Box<Option<f64>>>
    );
    same!(Vec<Option<u8>>; "[null,1,null]", "[ null , 1 ]", "[nul,1]", "[null 1]", "[n]", "[none]");
    same!(Option<&str>; "null", "\"a\"", "\"\\n\"", " null", "nil");
    same!(BTreeMap<String, Option<Option<u8>>>; r#"{"a":null,"b":1}"#, r#"{"a":null,"b":"x"}"#);
}

#[test]
fn sequences_tuples_and_arrays() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair(u8, String);
    #[derive(Debug, PartialEq, Deserialize)]
    struct Empty();
    any!(
        Vec<u8>,
        Vec<Value>,
        (u8,),
        (u8, u8),
        [u8; 0],
        [u8; 2],
        [Vec<u8>; 2],
        Pair,
        Empty,
        VecDeque<i64>,
        BTreeSet<String>
    );
    any!(Box<[u8]>, HashSet<u64>, ((u8, u8), u8));
    #[rustfmt::skip]
    let lines = [
        "[]", "[ ]", "[\t]", "[1]", "[ 1]", "[1 ]", "[1,2]", "[1, 2]", "[1 ,2]", "[1,2,3]", "[1,2,3,4]", "[1,,2]",
        "[1,2,]", "[,]", "[1;2]", "[1:2]", "[1,2", "[1,2}", "[1,2]]", "[[1,2]]", "[[1],2]", "[1,\"a\"]",
        "[1,\"a\",2]", "[1,\"a\" ]", "[1, \"a\" , ]", "[1,\"\\n\"]", "[\"a\",1]", "[1,null]", "[1] ,", "[1],[2]",
        "[1][2]", "[1]]", "[[1]", "1,2", "[1\u{0},2]", "[1,\u{a0}2]", "[1,2]\t", "[256,1]", "[1,256]", "[-1,0]",
        "[1.5,2]", "[1,2.5]", "[1,[2]]", "[[],[]]", "[[ ],[ ]]", "[{},{}]",
    ];
    for line in lines {
        same_owned!(Vec<u8>; line);
        same!((u8, u8); line);
        same!((u8, u8, u8); line);
        same!([u8; 1]; line);
        same!([u8; 2]; line);
        same!([u8; 3]; line);
        same!((u8,); line);
        same!((u8, Cow<str>); line);
        same!(Pair; line);
        same!(Empty; line);
        same!((IgnoredAny1, IgnoredAny1); line);
        same!(Vec<Vec<u8>>; line);
        same!((Vec<u8>, (u8,)); line);
    }
    faults!((u8, u8); "[1]" => InvalidLength, "[]" => InvalidLength, "[1,2,3]" => InvalidLength);
    faults!([u8; 2]; "[1]" => InvalidLength, "[1,2,3]" => InvalidLength);
    faults!(Pair; "[1]" => InvalidLength, "[1,\"a\",2]" => InvalidLength);
    faults!(Vec<u8>; "[1,2,]" => TrailingComma, "[1 2]" => ExpectedComma, "[1" => UnexpectedEnd,
        "[1,2]]" => TrailingCharacters);
}

/// `IgnoredAny` that can be compared.
#[derive(Debug, PartialEq)]
struct IgnoredAny1;

impl<'de> Deserialize<'de> for IgnoredAny1 {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(d).map(|IgnoredAny| IgnoredAny1)
    }
}

#[test]
fn maps_by_every_sort_of_key() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    enum Key {
        A,
        #[serde(rename = "b c")]
        Bc,
    }
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    enum Wide {
        A,
        N(u8),
    }
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    struct Id(u32);
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(transparent)]
    struct Through {
        inner: i16,
    }
    #[rustfmt::skip]
    let keys = [
        "", "a", "A", "b c", "ab", "é", "\\n", "\\u0041", "\\u0031", "\\u0074rue", "1", "0", "-1", "-0", "01", "1.0",
        "1.5", "1e2",
        " 1", "1 ", "1x", "x1", "-", "255", "256", "-128", "4294967295", "4294967296", "18446744073709551615",
        "18446744073709551616", "-9223372036854775808", "170141183460469231731687303715884105727",
        "340282366920938463463374607431768211455", "340282366920938463463374607431768211456", "1e400", "NaN", "true",
        "false", "tru", "truex", " true", "null", "N", "[1]", "{}", "\\\"", "\\\\", "1\\n", "\\t1", "\\ud800", "\\x",
    ];
    for key in keys {
        for line in [
            format!("{{\"{key}\":1}}"),
            format!("{{\"{key}\" : 1 , \"{key}\":2}}"),
            format!("{{ \"{key}\"\t:1 }}"),
            format!("{{\"{key}\":1,}}"),
            format!("{{\"{key}\" 1}}"),
            format!("{{\"{key}\":}}"),
            format!("{{\"{key}\"}}"),
            format!("{{\"{key}\":1"),
        ] {
            same_owned!(BTreeMap<String, u8>; &*line);
            same_owned!(HashMap<String, Value>; &*line);
            same!(BTreeMap<&str, u8>; &*line);
            same!(BTreeMap<Cow<str>, u8>; &*line);
            same!(BTreeMap<Name, u8>; &*line);
            same!(BTreeMap<i8, u8>; &*line);
            same!(BTreeMap<i32, u8>; &*line);
            same!(BTreeMap<i64, u8>; &*line);
            same!(BTreeMap<i128, u8>; &*line);
            same!(BTreeMap<u8, u8>; &*line);
            same!(BTreeMap<u32, u8>; &*line);
            same!(BTreeMap<u64, u8>; &*line);
            same!(BTreeMap<u128, u8>; &*line);
            // serde_json itself reads such a key from its second byte on, and makes a `str` that is none
            if !key.starts_with('é') {
                same!(BTreeMap<bool, u8>; &*line);
            }
            same!(BTreeMap<char, u8>; &*line);
            same!(BTreeMap<(), u8>; &*line);
            same!(BTreeMap<Key, u8>; &*line);
            same!(BTreeMap<Wide, u8>; &*line);
            same!(BTreeMap<Id, u8>; &*line);
            same!(BTreeMap<Through, u8>; &*line);
            same!(BTreeMap<Option<u32>, u8>; &*line);
            same!(BTreeMap<Option<String>, u8>; &*line);
            same!(BTreeMap<Vec<u8>, u8>; &*line);
            same!(BTreeMap<std::net::Ipv4Addr, u8>; &*line);
            same!(Entries<F64Key, u8>; &*line);
            same!(Entries<F32Key, u8>; &*line);
            same!(Entries<IgnoredAny1, IgnoredAny1>; &*line);
        }
    }
    let case = Case::new("{\"é\":1}");
    for level in Level::available() {
        let got = decode::<BTreeMap<bool, u8>>(&case.inputs[3], level, &case.line);
        assert!(got.is_err(), "{} as a map of bool at {level}: {got:?}", case.line);
    }
    any!(BTreeMap<String, u8>, BTreeMap<u8, u8>, HashMap<String, Value>, BTreeMap<String, BTreeMap<String, Vec<u8>>>);
}

/// Floating-point keys, which no standard map takes: by their bits.
#[derive(Debug, PartialEq)]
struct F64Key(u64);

impl<'de> Deserialize<'de> for F64Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(|x| F64Key(x.to_bits()))
    }
}

#[derive(Debug, PartialEq)]
struct F32Key(u32);

impl<'de> Deserialize<'de> for F32Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f32::deserialize(d).map(|x| F32Key(x.to_bits()))
    }
}

/// A map as the list of its entries, so that any key will do.
#[derive(Debug, PartialEq)]
struct Entries<K, V>(Vec<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<K, V> {
            type Value = Entries<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<K, V>, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Entries(all))
            }
        }
        d.deserialize_map(EntriesVisitor(PhantomData))
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Plain {
    a: u8,
    b: String,
    c: Option<f64>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Denying {
    a: u8,
    b: String,
    c: Option<f64>,
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
struct Defaulting {
    a: u8,
    b: String,
    c: Option<f64>,
}

#[rustfmt::skip]
const STRUCTS: &[&str] = &[
    r#"{"a":1,"b":"x","c":1.5}"#, r#"{"a":1,"b":"x"}"#, r#"{"b":"x","c":null,"a":1}"#,
    r#"{ "a" : 1 , "b" : "x\n" , "c" : 2 }"#, r#"{"a": 1, "b": "x", "c": 1.5}"#, r#"{"a":1,"b":"x","d":2}"#,
    r#"{"d":[{"e":"}"},[]],"a":1,"b":"x"}"#, r#"{"a":1,"b":"x","d":tru}"#, r#"{"a":1,"b":"x","d":01}"#,
    r#"{"a":1,"b":"x","d":"\x"}"#, r#"{"a":1,"b":"x","d":[1,]}"#, r#"{"a":1,"b":"x","d":{"e" 1}}"#,
    r#"{"a":1,"b":"x","d":1e400}"#, r#"{"a":1,"b":"x","a":2}"#, r#"{"a":1,"a":1,"b":"x"}"#, r#"{"a":1}"#,
    r#"{"b":"x"}"#, "{}", "{ }", "{\t}", r#"{"\u0061":1,"b":"x"}"#, r#"{"a\u0000":1,"a":1,"b":"x"}"#,
    r#"{"a":1,"b":"x","":0}"#, r#"{"A":1,"b":"x"}"#, r#"{"a ":1,"b":"x"}"#, r#"{"a":"1","b":"x"}"#,
    r#"{"a":1,"b":2}"#, r#"{"a":256,"b":"x"}"#, r#"{"a":null,"b":"x"}"#, r#"{"a":1,"b":null}"#,
    r#"{"a":1,"b":"x","c":"y"}"#, r#"[1,"x",1.5]"#, r#"[1,"x",null]"#, r#"[1,"x"]"#, r#"[1]"#, "[]",
    r#"[1,"x",1.5,4]"#, r#"["x",1,1.5]"#, r#"[1,"x",1.5,]"#, r#"[ 1 , "x" , 1.5 ]"#, r#"{"a":1,"b":"x",}"#,
    r#"{"a":1 "b":"x"}"#, r#"{"a":1,,"b":"x"}"#, r#"{"a":1;"b":"x"}"#, r#"{"a":1,"b":"x""#, r#"{"a":1,"b":"x"]"#,
    r#"{"a":1,"b":"x"}}"#, r#"{"a":1,"b":"x"} x"#, r#"{"a":1,"b":"x"},"#, r#"{"a"1,"b":"x"}"#, r#"{"a"::1,"b":"x"}"#,
    r#"{"a":1,b:"x"}"#, r#"{'a':1,"b":"x"}"#, r#"{"a":1,"b"}"#, r#"{"a":1,"b":}"#, r#"{"a":}"#,
    r#"{"a":1,"b":"x","c":1.}"#, r#"{"a":1.0,"b":"x"}"#, r#"{"a":-0,"b":"x"}"#, r#"{"a":[1],"b":"x"}"#,
    r#"{"a":{"a":1},"b":"x"}"#, r#"{"a":1,"b":["x"]}"#, r#"{"a":1,"b":"x","c":[]}"#,
    r#"{"a":1,"b":"x","c":{"a":1}}"#, r#"{{"a":1}}"#, r#"{"a":1}{"b":"x"}"#, r#"{"a":1,"b":"x","c":1.5"#,
    "{\"a\":1,\"b\":\"x\",\"d\":\"\u{1}\"}", "{\"a\":1,\u{a0}\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}\u{0}",
    r#"{"a":1,"b":"x","d":1 2}"#, r#"{"a":1,"b":"x","d":}"#, r#"{"a":1,"b":"x","d":,"e":1}"#,
    r#"{"d":-,"a":1,"b":"x"}"#, r#"{"d":nul,"a":1,"b":"x"}"#, r#"{"d":[}],"a":1,"b":"x"}"#,
    r#"{"d":{]},"a":1,"b":"x"}"#, r#"{"d":"a","a":1,"b":"x","e":-1.5e-3}"#,
];

#[test]
fn structs() {
    for line in STRUCTS {
        same_owned!(Plain; *line);
        same_owned!(Denying; *line);
        same_owned!(Defaulting; *line);
        same!(IgnoredAny1; *line);
        same!(Value; *line);
        same!(Vec<Plain>; format!("[{line}]"), format!("[{line},{line}]"));
        same!(BTreeMap<String, Denying>; format!("{{\"k\":{line}}}"));
        same!((Plain, IgnoredAny1); format!("[{line}, {line}]"));
        same!(Option<Box<Plain>>; *line);
        same!(BTreeMap<&str, Value>; *line);
    }
    any!(Plain, Denying, Defaulting, Vec<Plain>);
    faults!(Plain; r#"{"a":1}"# => MissingField, r#"{"a":1,"a":2,"b":"x"}"# => DuplicateField,
        r#"{"a":"x"}"# => InvalidType);
    faults!(Plain; r#"{"a":300,"b":""}"# => InvalidValue, r#"[1]"# => InvalidLength, "7" => InvalidType);
    faults!(Denying; r#"{"d":1}"# => UnknownField);
    faults!(Plain; r#"{"a":1,"b":"x""# => UnexpectedEnd, r#"{"a":1,"b":"x"}}"# => TrailingCharacters,
        r#"{"a" 1}"# => ExpectedColon);
    faults!(Plain; r#"{"a":1 "b":"x"}"# => ExpectedComma, r#"{"a":1,"b":"x",}"# => TrailingComma | ExpectedKey,
        r#"{"a":1,b:2}"# => ExpectedKey);
    faults!(Plain; r#"{"a":1,"b":"x","d":tru}"# => InvalidLiteral, r#"{"a":1,"b":"x","d":01}"# => InvalidNumber);
    faults!(Plain; r#"{"a":1,"b":"x","d":"\q"}"# => InvalidEscape, r#"{"a":1,"b":"x"# => UnclosedString);
}

#[test]
fn attributes_of_fields() {
    fn seven() -> u8 {
        7
    }
    fn from_text<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
        let text = Cow::<str>::deserialize(d)?;
        text.parse().map_err(de::Error::custom)
    }
    mod seconds {
        use super::*;
        pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<std::time::Duration, D::Error> {
            f64::deserialize(d).and_then(|s| std::time::Duration::try_from_secs_f64(s).map_err(de::Error::custom))
        }
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Attributed {
        #[serde(rename = "type")]
        kind: String,
        #[serde(alias = "uid", alias = "ident")]
        user_id: u64,
        #[serde(default)]
        flags: Vec<bool>,
        #[serde(default = "seven")]
        level: u8,
        #[serde(skip)]
        cached: u8,
        #[serde(skip_serializing)]
        out_only: Option<u8>,
        #[serde(default, deserialize_with = "from_text")]
        text_number: u32,
        #[serde(default, with = "seconds")]
        wait: std::time::Duration,
    }
    #[rustfmt::skip]
    let lines = [
        r#"{"type":"t","userId":1}"#, r#"{"type":"t","uid":1}"#, r#"{"type":"t","ident":1}"#,
        r#"{"type":"t","user_id":1}"#, r#"{"type":"t","uid":1,"ident":2}"#,
        r#"{"type":"t","userId":1,"flags":[true],"level":9}"#, r#"{"type":"t","userId":1,"cached":5}"#,
        r#"{"type":"t","userId":1,"cached":tru}"#, r#"{"type":"t","userId":1,"outOnly":5}"#,
        r#"{"type":"t","userId":1,"textNumber":"42"}"#, r#"{"type":"t","userId":1,"textNumber":"4\u0032"}"#,
        r#"{"type":"t","userId":1,"textNumber":42}"#, r#"{"type":"t","userId":1,"textNumber":"x"}"#,
        r#"{"type":"t","userId":1,"wait":1.5}"#, r#"{"type":"t","userId":1,"wait":-1}"#,
        r#"{"type":"t","userId":1,"wait":2}"#, r#"["t",1,[],3,null,"5",1.5]"#, r#"["t",1]"#,
        r#"{"kind":"t","userId":1}"#,
    ];
    for line in lines {
        same_owned!(Attributed; line);
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(try_from = "u16")]
    struct Even(u16);
    impl TryFrom<u16> for Even {
        type Error = String;
        fn try_from(n: u16) -> Result<Even, String> {
            n.is_multiple_of(2).then_some(Even(n)).ok_or_else(|| format!("{n} is odd"))
        }
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(from = "(u8, u8)")]
    struct Sum(u8);
    impl From<(u8, u8)> for Sum {
        fn from((a, b): (u8, u8)) -> Sum {
            Sum(a.wrapping_add(b))
        }
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(transparent)]
    struct Transparent {
        inner: Vec<Even>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(Box<Option<Sum>>);
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(expecting = "a thing")]
    struct Generic<A, B = A> {
        a: A,
        b: B,
    }
    any!(Even, Sum, Transparent, Newtype, Generic<u8>, Generic<Value, Option<String>>);
    same!(Transparent; "[2,4]", "[2,3]", "[]");
    same!(Newtype; "[1,2]", "null", "[1]");
    same!(Generic<Generic<u8>, Vec<Generic<bool>>>; r#"{"a":{"a":1,"b":2},"b":[{"a":true,"b":false}]}"#);
    same!(Generic<Generic<u8>, Vec<Generic<bool>>>; r#"{"a":{"a":1,"b":2},"b":[{"a":true,"b":0}]}"#,
        r#"[[1,2],[[true,true]]]"#);
    faults!(Even; "3" => Custom, "70000" => InvalidValue);
}

#[test]
fn flattened_fields() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        x: u32,
        y: Option<String>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct WithRest {
        id: u64,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct BorrowedRest<'a> {
        #[serde(borrow)]
        id: &'a str,
        #[serde(flatten, borrow)]
        rest: HashMap<&'a str, &'a str>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct MaybeInner {
        #[serde(flatten)]
        inner: Option<Inner>,
        z: f32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "t")]
    enum Tagged {
        A { x: u8 },
        B(Inner),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct WithTagged {
        id: i64,
        #[serde(flatten)]
        tagged: Tagged,
    }
    #[rustfmt::skip]
    let lines = [
        r#"{"id":1,"x":2,"y":"z"}"#, r#"{"id":1,"x":2,"more":[1,{"a":null}],"and":-1.5}"#,
        r#"{"x":2,"id":1,"y":null,"x":3}"#, r#"{"id":1}"#, r#"{"id":1,"x":-2}"#, r#"{"id":1,"x":2,"y":3}"#,
        r#"{"id":1,"x":2,"big":18446744073709551616}"#, r#"{"id":1,"x":2,"esc\n":"\u00e9"}"#, r#"[1,2]"#,
        r#"{"id":1,"x":2,"more":tru}"#, r#"{"id":1,"x":2,}"#, r#"{"id":1,"x":2,"huge":1e400}"#, r#"{"z":1.5,"x":1}"#,
        r#"{"z":1}"#, r#"{"z":3.4e39}"#, r#"{"z":1,"x":"bad"}"#, r#"{"id":1,"t":"A","x":3}"#,
        r#"{"id":1,"x":3,"t":"B","y":"q"}"#, r#"{"id":1,"x":3,"t":"C"}"#, r#"{"id":1,"x":3}"#,
        r#"{"id":"i","k":"v","l":"w"}"#, r#"{"id":"i","k":"v\n"}"#, r#"{"id":"i","\n":"v"}"#,
        r#"{"k" : "v" , "id" : "i" }"#, r#"{"id":"i"}"#, r#"{"id":"i","k":1}"#,
    ];
    for line in lines {
        same_owned!(WithRest; line);
        same!(BorrowedRest; line);
        same_owned!(MaybeInner; line);
        same_owned!(WithTagged; line);
    }
    any!(WithRest, BorrowedRest, MaybeInner, WithTagged);
    accepted!(BorrowedRest; r#"{"id":"i","k":"v"}"#);
}

#[derive(Debug, PartialEq, Deserialize)]
struct Point {
    x: u8,
    y: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum External {
    A,
    B(u8),
    C(u8, String),
    D {
        x: u8,
        y: Option<String>,
    },
    #[serde(rename = "e e", alias = "E2")]
    E(Point),
    F(()),
    G(Option<u8>),
    H(Vec<External>),
    I(),
    J {},
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t")]
enum Internal {
    A,
    B(Point),
    D { x: u8, y: Option<String> },
    M(BTreeMap<String, Value>),
    U(()),
    S { inner: Box<Internal> },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A,
    B(u8),
    C(u8, String),
    D { x: u8, y: Option<String> },
    E(Option<Box<Adjacent>>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "t", content = "c", deny_unknown_fields)]
enum AdjacentStrict {
    A,
    B(u8),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    U8(u8),
    I64(i64),
    F64(f64),
    Bool(bool),
    Text(String),
    Pair(u8, u8),
    Struct { x: u8, y: Option<String> },
    List(Vec<Untagged>),
    Map(BTreeMap<String, Untagged>),
    Unit,
}

#[derive(Debug, PartialEq, Deserialize)]
enum WithOther {
    Known,
    #[serde(other)]
    Other,
}

#[test]
fn enums_in_all_four_forms() {
    #[rustfmt::skip]
    let lines = [
        r#""A""#, r#""B""#, r#""C""#, r#""D""#, r#""F""#, r#""I""#, r#""J""#, r#""Z""#, r#""""#, r#""\u0041""#,
        r#"" A""#, r#""e e""#, r#"{"A":null}"#, r#"{"A":1}"#, r#"{"A":[]}"#, r#"{"A":{}}"#, r#"{"A"}"#, r#"{"A":}"#,
        r#"{ "A" : null }"#, r#"{"\u0041":null}"#, r#"{"B":1}"#, r#"{ "B" : 1 }"#, r#"{"B":256}"#, r#"{"B":"x"}"#,
        r#"{"B":[1]}"#, r#"{"B":1,}"#, r#"{"B":1,"A":null}"#, r#"{"B":1 "A":null}"#, r#"{"B":1"#, r#"{"B":1]"#,
        r#"{"B":1}}"#, r#"{"B" 1}"#, r#"{,"B":1}"#, r#"{"C":[1,"x"]}"#, r#"{"C":[ 1 , "x" ] }"#, r#"{"C":[1]}"#,
        r#"{"C":[1,"x",2]}"#, r#"{"C":[1,"x"],}"#, r#"{"C":[]}"#, r#"{"C":{"0":1}}"#, r#"{"C":1}"#, r#"{"C":[1,"x""#,
        r#"{"C":[1,"x"]"#, r#"{"C":[1,"x"}"#, r#"{"D":{"x":1}}"#, r#"{"D":{"x":1,"y":"z"}}"#, r#"{"D":{"y":"z"}}"#,
        r#"{"D":[1,"z"]}"#, r#"{"D":[1,null]}"#, r#"{"D":[1]}"#, r#"{"D":{"x":1,"x":1}}"#,
        r#"{"D":{"x":1,"q":[{}]}}"#, r#"{"D":{"x":1}"#, r#"{"D":{}}"#, r#"{"D":null}"#, r#"{"e e":{"x":1}}"#,
        r#"{"E2":{"x":1}}"#, r#"{"E2":[1,"a\n"]}"#, r#"{"E":{"x":1}}"#, r#"{"F":null}"#, r#"{"F":[]}"#,
        r#"{"G":null}"#, r#"{"G":3}"#, r#"{"G":"x"}"#, r#"{"H":[]}"#, r#"{"H":["A",{"B":1},{"H":["A"]}]}"#,
        r#"{"H":["A",{"B":1},{"H":["A"}]}"#, r#"{"I":[]}"#, r#"{"I":[1]}"#, r#"{"I":null}"#, r#"{"J":{}}"#,
        r#"{"J":[]}"#, r#"{"J":{"k":1}}"#, r#"{"t":"A"}"#, r#"{"t":"A","x":1}"#, r#"{"t":"B","x":1}"#,
        r#"{"x":1,"t":"B","y":"z\n"}"#, r#"{"t":"B"}"#, r#"{"t":"D","x":1}"#, r#"{"x":1,"t":"D"}"#,
        r#"{"t":"M","k":[1,2.5,-1,"s",null,true,{"a":[]}]}"#, r#"{"t":"U"}"#, r#"{"t":"S","inner":{"t":"A"}}"#,
        r#"{"inner":{"x":1,"t":"B"},"t":"S"}"#, r#"{"t":"Z"}"#, r#"{"t":1}"#, r#"{"t":null}"#, r#"{"x":1}"#,
        r#"{"t":"A","t":"A"}"#, r#"{"t":"B","x":1e400}"#, r#"{"t":"B","x":1,"z":tru}"#, r#"["A"]"#,
        r#"["B",{"x":1}]"#, r#"["D",1,"y"]"#, r#"["B",1]"#, r#"{"t":"A","c":null}"#, r#"{"c":null,"t":"A"}"#,
        r#"{"t":"B","c":1}"#, r#"{"c":1,"t":"B"}"#, r#"{"c" : 1 , "t" : "B" }"#, r#"{"t":"C","c":[1,"x"]}"#,
        r#"{"c":[1,"x"],"t":"C"}"#, r#"{"t":"C","c":[1]}"#, r#"{"t":"C","c":[1,"x",3]}"#, r#"{"t":"D","c":{"x":1}}"#,
        r#"{"c":{"x":1,"y":"z"},"t":"D"}"#, r#"{"t":"D","c":[1,null]}"#, r#"{"t":"E","c":{"t":"E","c":null}}"#,
        r#"{"c":{"c":{"t":"A"},"t":"E"},"t":"E"}"#, r#"{"t":"B","c":1,"q":[1]}"#, r#"{"q":[1],"c":1,"t":"B"}"#,
        r#"{"t":"B","c":1,"c":2}"#, r#"{"c":1}"#, r#"{"t":"B","c":01}"#, r#"{"c":tru,"t":"B"}"#, r#"{"t":"B","c":1"#,
        r#"{"t":0,"c":1}"#, r#"{"\u0074":"B","\u0063":1}"#, "5", "-5", "300", "-9223372036854775808",
        "9223372036854775808", "18446744073709551615", "18446744073709551616", "1.5", "-0", "1e400", "true", "null",
        "[1,2]", "[1,2,3]", "[1,300]", "[[],[[]]]", r#"{"x":1,"y":null}"#, r#"{"x":1,"z":[1,"a"]}"#,
        r#"{"k":{"x":256}}"#, r#""Known""#, r#""Unknown""#, r#"{"Known":null}"#, r#"{"Unknown":null}"#,
        r#"{"Unknown":5}"#, "{}", "[]",
    ];
    for line in lines.iter().chain(ANY) {
        same_owned!(External; *line);
        same_owned!(Internal; *line);
        same_owned!(Adjacent; *line);
        same_owned!(AdjacentStrict; *line);
        same_owned!(Untagged; *line);
        same_owned!(WithOther; *line);
        same!(Vec<External>; format!("[{line}]"), format!("[{line},\"A\"]"), format!("[\"A\" , {line} ]"));
        same!(BTreeMap<String, External>; format!("{{\"k\":{line}}}"), format!("{{\"k\" : {line} , \"l\":\"A\"}}"));
        same!(Vec<Untagged>; format!("[{line},{line}]"));
        same!((Internal, Adjacent); format!("[{line},{line}]"));
        same!(Option<Adjacent>; *line);
        same!(Result<u8, String>; *line);
    }
    faults!(External; r#""Z""# => UnknownVariant, r#"{"Z":1}"# => UnknownVariant, r#"{"B":256}"# => InvalidValue);
    same!(Result<u8, String>; r#"{"Ok":1}"#, r#"{"Err":"x"}"#, r#"{"Ok":"x"}"#);
    same!(std::ops::Bound<u8>; r#""Unbounded""#, r#"{"Included":1}"#, r#"{"Excluded":300}"#);
}

/// Borrowing through buffered content.
#[test]
fn enums_that_borrow() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum U<'a> {
        Number(u64),
        Text(&'a str),
        #[serde(borrow)]
        Cow(BorrowCow<'a>),
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "t")]
    enum I<'a> {
        A {
            s: &'a str,
        },
        B {
            #[serde(borrow)]
            s: Cow<'a, str>,
        },
    }
    #[rustfmt::skip]
    let lines = [
        "1", r#""a""#, r#""\n""#, r#"{"t":"A","s":"x"}"#, r#"{"s":"x","t":"A"}"#, r#"{"s":"\n","t":"A"}"#,
        r#"{"s":"\n","t":"B"}"#, r#"{"s":"x","t":"B"}"#, r#"{"t":"\u0042","s":"x"}"#,
    ];
    for line in lines {
        same!(U; line);
        same!(I; line);
        same!(Vec<U>; format!("[{line},{line}]"));
        same!(External2; format!("{{\"Borrowed\":{line}}}"), format!("{{ \"Owned\" : {line} }}"));
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum External2<'a> {
        Borrowed(&'a str),
        #[serde(borrow)]
        Owned(Cow<'a, str>),
    }
}

#[test]
fn values_and_skipped_values() {
    any!(Value, IgnoredAny1, Vec<IgnoredAny1>, BTreeMap<String, IgnoredAny1>, serde_json::Number,
        serde_json::Map<String, Value>);
    same_owned!(Value; r#"{"a":[1,2.5,"x",null,true,{"b":{}}],"a":"last"}"#, r#" [ [ ] , { } ] "#, r#"[[[[[[]]]]]]"#,
        r#"{"":{"":{"":[]}}}"#);
    for (good, bad) in
        [("1", "01"), ("\"s\"", "\"s"), ("[1]", "[1"), ("{\"k\":1}", "{\"k\"}"), ("true", "troe"), ("-1e5", "-e5")]
    {
        for value in [good, bad] {
            same!(IgnoredAny1; value, format!("[{value}]"), format!("[{value},{value}]"), format!("[ 0 , {value} ]"));
            same!(IgnoredAny1; format!("{{\"a\":{value}}}"), format!("{{\"a\" : {value} , \"b\" : {value} }}"));
            same!(Plain; format!("{{\"q\":{value},\"a\":1,\"b\":\"\"}}"),
                format!("{{\"a\":1,\"b\":\"\",\"q\" : [ {value} ] }}"));
        }
    }
    // serde_json takes these in a value that is skipped; a record here is JSON throughout, or an error
    for bad in [r#""\ud800""#, r#""\udc00x""#, r#""\ud800\u0041""#] {
        for line in [bad.to_string(), format!("[1,{bad}]"), format!("{{\"q\":{bad}}}"), format!("{{{bad}:1}}")] {
            let case = Case::new(line);
            for level in Level::available() {
                for input in &case.inputs {
                    let e = decode::<IgnoredAny1>(input, level, &case.line);
                    let e = e.expect_err(&format!("{} skipped at {level}", case.line));
                    assert_eq!(e.kind(), ErrorKind::LoneSurrogate, "{} skipped at {level}: {e}", case.line);
                }
            }
        }
    }
    // a number too large for f64 is well-formed, and may be skipped
    accepted!(IgnoredAny1; "1e400", "[-1e999]", r#"{"a":1e400}"#);
}

#[test]
fn standard_types() {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    same_owned!(IpAddr; r#""127.0.0.1""#, r#""::1""#, r#""x""#, "1", r#""12\u0037.0.0.1""#);
    same_owned!(Ipv4Addr; r#""127.0.0.1""#, r#""::1""#, "[127,0,0,1]");
    same_owned!(SocketAddr; r#""127.0.0.1:80""#);
    same_owned!(std::time::Duration; r#"{"secs":1,"nanos":2}"#, "[1,2]", r#"{"secs":1}"#,
        r#"{"secs":1,"nanos":2,"x":3}"#);
    same_owned!(std::time::SystemTime; r#"{"secs_since_epoch":1,"nanos_since_epoch":2}"#);
    same_owned!(std::ops::Range<u8>; r#"{"start":1,"end":2}"#, "[1,2]", r#"{"start":1}"#);
    same_owned!(std::path::PathBuf; r#""/a/b""#, r#""\n""#);
    same_owned!(std::ffi::CString; r#""abc""#, r#""a\u0000c""#, "[97,98]");
    same_owned!(std::cell::Cell<u8>; "1", "256");
    same_owned!(std::cmp::Reverse<u8>; "1");
    same!(&std::path::Path; r#""/a/b""#, r#""\n""#);
    same_owned!((u8, (i8, (bool, [String; 2]))); r#"[1,[-1,[true,["a","b"]]]]"#, r#"[1,[-1,[true,["a"]]]]"#);
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

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct RawBox(Box<RawValue>);

impl PartialEq for RawBox {
    fn eq(&self, other: &RawBox) -> bool {
        self.0.get() == other.0.get()
    }
}

#[test]
fn raw_values() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct WithRaw<'a> {
        id: u8,
        #[serde(borrow)]
        payload: Raw<'a>,
        maybe: Option<RawBox>,
    }
    #[rustfmt::skip]
    let values = [
        "null", "true", "0", "-0", "1.50", "1e400", "123456789012345678901234567890", "\"\"", "\"a\"",
        "\"\\u0041\\n\"", "[]", "[ ]", "[ 1 ,\t2 ]", "{}", "{ }", "{ \"a\" : [ 1 , { } ] }", "[[[]]]",
        "{\"a\":\"}\"}", "\"é\"", "[\"\\\\\"]", "tru", "01", "[1,]", "[1", "{\"a\"}", "\"", "[}", "", "1 2", "nulll",
    ];
    for value in values {
        if !value.is_empty() {
            same!(Raw; value, format!(" {value} "), format!("\t{value}"));
            same!(Option<Raw>; value, format!("{value} "));
            same!(Option<Option<RawBox>>; format!(" {value}"));
            same_owned!(RawBox; value, format!(" {value}\t"));
        }
        same!(Vec<Raw>; format!("[{value}]"), format!("[{value},{value}]"), format!("[ {value} , {value} ]"));
        same_owned!(Vec<RawBox>; format!("[{value}, {value}]"));
        same!((Raw, u8); format!("[{value},1]"), format!("[{value} ,1]"));
        same!(BTreeMap<&str, Raw>; format!("{{\"k\":{value}}}"), format!("{{\"k\" : {value} , \"l\":{value}}}"));
        same_owned!(HashMap<String, RawBox>; format!("{{\"k\":{value}}}"));
        same!(WithRaw; format!("{{\"id\":1,\"payload\":{value}}}"),
            format!("{{\"payload\" : {value} ,\"maybe\":{value},\"id\":1}}"));
        same!(Entries<String, RawBox>; format!("{{\"k\":{value}}}"), format!("{{ \"k\\n\" : {value} }}"));
    }
    // a listed difference: serde_json gives a key with its quotes
    let key_as_raw = JsonlSlice::new(b"{\"k\":1}").deserialize::<Entries<RawBox, u8>>().next().expect("one record");
    assert_eq!(key_as_raw.expect_err("no raw keys").kind(), ErrorKind::InvalidType);
    // the text is the input's own, white space around it left out
    for level in Level::available() {
        let input = br#"{"id":1, "payload" :  { "a" : [1, 2] }  , "maybe":"x"}"#;
        let mut reader = ReaderBuilder::new().level(level).from_slice(input);
        let record: WithRaw = reader.deserialize().next().expect("a record").expect("a struct");
        assert_eq!(record.payload.0.get(), r#"{ "a" : [1, 2] }"#, "{} at {level}", show(input));
        let at = record.payload.0.get().as_ptr() as usize - input.as_ptr() as usize;
        assert_eq!(at, 22, "{} at {level}: the text is a copy", show(input));
    }
}

#[cfg(feature = "value")]
#[test]
fn dynamic_values() {
    for line in ANY.iter().chain(STRINGS).chain(STRUCTS).chain(INTEGERS).chain(FLOATS) {
        let want = serde_json::from_str::<Value>(line);
        let case = Case::new(*line);
        for level in Level::available() {
            for input in &case.inputs {
                let mut reader = ReaderBuilder::new().level(level).from_slice(&input.bytes);
                for _ in 0..input.before {
                    reader.next_record().unwrap_or_else(|e| panic!("{e} before {line} at {level}"));
                }
                let got = match reader.next_record() {
                    Ok(record) => record
                        .unwrap_or_else(|| panic!("no record: {line} at {level}"))
                        .to_value()
                        .map(|v| serde_json::to_value(&v).unwrap_or_else(|e| panic!("{line} at {level}: {e}"))),
                    Err(e) => Err(e),
                };
                match (&got, &want) {
                    (Ok(got), Ok(want)) => assert_eq!(got, want, "{} at {level}", show(&input.bytes)),
                    (Err(_), Err(_)) => {}
                    _ => panic!("ours: {got:?}, serde_json's: {want:?}; {} at {level}", show(&input.bytes)),
                }
            }
        }
    }
    // borrowed from the input
    let input = b"{\"plain\":\"text\",\"escaped\":\"te\\u0078t\"}\n";
    let mut reader = ReaderBuilder::new().from_slice(input);
    let record = reader.next_record().expect("a good line").expect("a record");
    let value = record.to_value().expect("a value");
    use simd_json::prelude::*;
    let text = value.get_str("plain").expect("a string");
    assert!(input.as_ptr_range().contains(&text.as_ptr()), "{text:?} is a copy");
    assert_eq!(value.get_str("escaped"), Some("text"));
    same_owned!(simd_json::OwnedValue; "null", "[1,2.5,\"x\",{\"a\":true}]", "{\"a\":[{}]}", "[1,", "-5", "\"\\n\"");
    same!(simd_json::BorrowedValue; "null", "[1,2.5,\"x\",{\"a\":true}]", "{\"a\":[{}]}", "[1,", "-5", "\"\\n\"");
}

/// What a badly behaved type does once it holds an access to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// As it should be.
    Good,
    /// Returns at once.
    Nothing,
    /// Reads one element, or one entry, and returns.
    One,
    /// Goes on asking behind the end.
    PastTheEnd,
    /// Takes an error for an empty answer, and goes on.
    Deaf,
    /// Asks for a value without its key.
    NoKey,
    /// Asks for the value twice.
    ValueTwice,
    /// Asks for keys only.
    KeysOnly,
    /// Keys that are no strings; goes on after the error.
    OddKeys,
    /// Elements that are never what the input holds; goes on after the error.
    OddElements,
    /// Elements that take nothing from the input.
    Absent,
    /// Keys that take nothing from the input.
    AbsentKeys,
    /// Reads all, then reports an error of its own.
    Failing,
}

#[rustfmt::skip]
const MANNERS: &[Manner] = &[
    Manner::Good, Manner::Nothing, Manner::One, Manner::PastTheEnd, Manner::Deaf, Manner::NoKey, Manner::ValueTwice,
    Manner::KeysOnly, Manner::OddKeys, Manner::OddElements, Manner::Absent, Manner::AbsentKeys, Manner::Failing,
];

/// Which method of the deserializer a badly behaved type calls.
#[rustfmt::skip]
const ENTRIES: &[&str] = &[
    "any", "bool", "u8", "i64", "u128", "f64", "char", "str", "bytes", "option", "unit", "newtype", "seq", "tuple",
    "map", "struct", "enum", "identifier", "ignored_any",
];

thread_local! {
    /// What [`Odd`] does in this thread.
    static ODD: std::cell::Cell<(&'static str, Manner)> = const { std::cell::Cell::new(("any", Manner::Good)) };
    /// How many more questions it may ask before that counts as an endless loop.
    static PATIENCE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn patience() {
    let left = PATIENCE.get().checked_sub(1);
    PATIENCE.set(left.unwrap_or_else(|| panic!("an endless loop: {:?}", ODD.get())));
}

/// A type that behaves as [`ODD`] says, at every level of nesting.
#[derive(Debug)]
struct Odd;

/// A type that takes nothing from the input.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Absent;

impl<'de> Deserialize<'de> for Absent {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Absent)
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Odd, D::Error> {
        patience();
        match ODD.get().0 {
            "any" => d.deserialize_any(OddVisitor),
            "bool" => d.deserialize_bool(OddVisitor),
            "u8" => d.deserialize_u8(OddVisitor),
            "i64" => d.deserialize_i64(OddVisitor),
            "u128" => d.deserialize_u128(OddVisitor),
            "f64" => d.deserialize_f64(OddVisitor),
            "char" => d.deserialize_char(OddVisitor),
            "str" => d.deserialize_str(OddVisitor),
            "bytes" => d.deserialize_bytes(OddVisitor),
            "option" => d.deserialize_option(OddVisitor),
            "unit" => d.deserialize_unit(OddVisitor),
            "newtype" => d.deserialize_newtype_struct("Odd", OddVisitor),
            "seq" => d.deserialize_seq(OddVisitor),
            "tuple" => d.deserialize_tuple(2, OddVisitor),
            "map" => d.deserialize_map(OddVisitor),
            "struct" => d.deserialize_struct("Odd", &["a", "b"], OddVisitor),
            "enum" => d.deserialize_enum("Odd", &["A", "B"], OddVisitor),
            "identifier" => d.deserialize_identifier(OddVisitor),
            "ignored_any" => d.deserialize_ignored_any(OddVisitor),
            other => unreachable!("{other}"),
        }
    }
}

struct OddVisitor;

impl<'de> Visitor<'de> for OddVisitor {
    type Value = Odd;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_u128<E>(self, _: u128) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_str<E>(self, s: &str) -> Result<Odd, E> {
        // reads every byte, for a memory checker to see
        assert!(std::str::from_utf8(s.as_bytes()).is_ok());
        Ok(Odd)
    }
    fn visit_bytes<E>(self, b: &[u8]) -> Result<Odd, E> {
        assert!(std::str::from_utf8(b).is_ok());
        Ok(Odd)
    }
    fn visit_unit<E>(self) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_none<E>(self) -> Result<Odd, E> {
        Ok(Odd)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Odd, D::Error> {
        if ODD.get().1 == Manner::Absent { Ok(Odd) } else { IgnoredAny::deserialize(d).map(|_| Odd) }
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Odd, D::Error> {
        if ODD.get().1 == Manner::Absent { Ok(Odd) } else { d.deserialize_any(OddVisitor) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Odd, A::Error> {
        match ODD.get().1 {
            Manner::Nothing => {}
            Manner::One => {
                seq.next_element::<Odd>()?;
            }
            Manner::PastTheEnd => {
                for _ in 0..6 {
                    seq.next_element::<Odd>()?;
                }
            }
            Manner::Deaf | Manner::NoKey | Manner::KeysOnly => {
                for _ in 0..6 {
                    let _ = seq.next_element::<Odd>();
                }
            }
            Manner::OddKeys | Manner::OddElements | Manner::ValueTwice => {
                for i in 0..6 {
                    match i % 3 {
                        0 => drop(seq.next_element::<BTreeMap<u8, bool>>()),
                        1 => drop(seq.next_element::<Vec<char>>()),
                        _ => drop(seq.next_element::<u8>()),
                    }
                }
            }
            Manner::Absent | Manner::AbsentKeys => {
                while seq.next_element::<Absent>()?.is_some() {
                    patience();
                }
            }
            Manner::Good | Manner::Failing => {
                while seq.next_element::<Odd>()?.is_some() {
                    patience();
                }
            }
        }
        odd_end()
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Odd, A::Error> {
        match ODD.get().1 {
            Manner::Nothing => {}
            Manner::One => {
                map.next_entry::<Cow<str>, Odd>()?;
            }
            Manner::PastTheEnd => {
                for _ in 0..6 {
                    if map.next_key::<Cow<str>>()?.is_some() {
                        map.next_value::<Odd>()?;
                    }
                }
                let _ = map.next_value::<Odd>();
                let _ = map.next_key::<Odd>();
            }
            Manner::Deaf => {
                for _ in 0..4 {
                    let _ = map.next_key::<Cow<str>>();
                    let _ = map.next_value::<Odd>();
                }
            }
            Manner::NoKey => {
                for _ in 0..2 {
                    let _ = map.next_value::<Odd>();
                }
                let _ = map.next_key::<Odd>();
                let _ = map.next_value::<Odd>();
            }
            Manner::ValueTwice => {
                for _ in 0..2 {
                    let _ = map.next_key::<&str>();
                    let _ = map.next_value::<Odd>();
                    let _ = map.next_value::<Odd>();
                }
            }
            Manner::KeysOnly => {
                for _ in 0..6 {
                    let _ = map.next_key::<Odd>();
                }
            }
            Manner::OddKeys => {
                for i in 0..6 {
                    match i % 4 {
                        0 => drop(map.next_key::<u8>()),
                        1 => drop(map.next_key::<bool>()),
                        2 => drop(map.next_key::<Vec<u8>>()),
                        _ => drop(map.next_key::<External>()),
                    }
                    let _ = map.next_value::<Odd>();
                }
            }
            Manner::OddElements => {
                for i in 0..6 {
                    let _ = map.next_key::<String>();
                    match i % 3 {
                        0 => drop(map.next_value::<BTreeMap<u8, bool>>()),
                        1 => drop(map.next_value::<Vec<char>>()),
                        _ => drop(map.next_value::<u8>()),
                    }
                }
            }
            Manner::Absent => {
                while map.next_key::<Cow<str>>()?.is_some() {
                    patience();
                    map.next_value::<Absent>()?;
                }
            }
            Manner::AbsentKeys => {
                while map.next_key::<Absent>()?.is_some() {
                    patience();
                    map.next_value::<Odd>()?;
                }
            }
            Manner::Good | Manner::Failing => {
                while map.next_entry::<Cow<str>, Odd>()?.is_some() {
                    patience();
                }
            }
        }
        odd_end()
    }
    fn visit_enum<A: de::EnumAccess<'de>>(self, data: A) -> Result<Odd, A::Error> {
        use de::VariantAccess;
        match ODD.get().1 {
            Manner::Nothing => {}
            Manner::One => {
                let _ = data.variant::<Cow<str>>()?;
            }
            Manner::Absent => data.variant::<Absent>()?.1.newtype_variant::<Absent>().map(drop)?,
            Manner::AbsentKeys => data.variant::<Absent>()?.1.unit_variant()?,
            Manner::OddKeys => data.variant::<u8>()?.1.unit_variant()?,
            Manner::NoKey | Manner::Failing => data.variant::<Cow<str>>()?.1.unit_variant()?,
            Manner::Deaf => drop(data.variant::<Cow<str>>()?.1.unit_variant()),
            Manner::OddElements => drop(data.variant::<Cow<str>>()?.1.newtype_variant::<Vec<char>>()),
            Manner::PastTheEnd => drop(data.variant::<String>()?.1.struct_variant(&["a"], OddVisitor)),
            Manner::KeysOnly => return data.variant::<String>()?.1.tuple_variant(2, OddVisitor),
            Manner::ValueTwice | Manner::Good => return data.variant::<Cow<str>>()?.1.newtype_variant::<Odd>(),
        }
        odd_end()
    }
}

fn odd_end<E: de::Error>() -> Result<Odd, E> {
    if ODD.get().1 == Manner::Failing { Err(E::custom("of its own")) } else { Ok(Odd) }
}

/// No type, however it behaves, makes the reader panic, loop, or lose its place: the records around stay as they are.
/// (What becomes of the record itself is left open, but for the types that take nothing: see below.)
#[test]
fn badly_behaved_types_cost_their_own_record_at_most() {
    #[rustfmt::skip]
    let lines = ANY.iter().chain(&[
        r#"{"a":1,"b":[2,{"c":"\n"}],"d":{}}"#, r#"{ "a" : "x" , "\u0062" : [ ] , "c" : { "d" : null } }"#,
        r#"[[[1],2],{"a":[3]}]"#, r#"{"A":{"a":[1,{"b":2}]}}"#, r#"[{"a":1},{"a":2},{"a":[]}]"#,
        r#"["a\\","b\"",{"c\n":"d\u0041"}]"#, r#"{"1":1,"true":2,"x":3}"#, r#"{"a":{"a":{"a":{"a":1"#, r#"[[[[1,2"#,
        r#"{"a":1,"b""#, r#"{"a":1,"b":"#, r#"{"A":{"a":1,"#, r#"[1,2,"#, r#"{"a"}"#, r#"{"a","b"}"#, r#"[1,"a":2]"#,
        r#"{"a":[}"#, r#"[{]"#, r#"[[],]"#, r#"{"a":{},}"#, r#"{"a":"b"c"}"#, r#"[tru,1]"#, r#"{"a":tru,"b":1}"#,
    ]);
    for line in lines {
        let case = Case::new(*line);
        for entry in ENTRIES {
            for manner in MANNERS {
                ODD.set((entry, *manner));
                // types meet stage 2 alone, which is the same at every level: two levels will do, and three inputs
                for level in [Level::detect(), common::fallback()] {
                    for input in [&case.inputs[0], &case.inputs[3], &case.inputs[4]] {
                        PATIENCE.set(20_000);
                        let context = format_args!("{} at {level}, {entry}, {manner:?}", show(&input.bytes));
                        let got = std::panic::catch_unwind(|| decode::<Odd>(input, level, &context));
                        let got = got.unwrap_or_else(|_| panic!("a panic: {context}"));
                        if let Err(e) = got {
                            assert_fault_on_its_line(&e, input, line, &context);
                        }
                        PATIENCE.set(20_000);
                        let got = decode::<Tolerant<Odd>>(input, level, &context);
                        assert!(got.is_err() || got.is_ok_and(|t| t.0.len() <= 1), "{context}");
                    }
                }
                // a good type among them sees the same as ever
                if *manner == Manner::Good && *entry == "any" {
                    let context = format_args!("{} at {}", show(line.as_bytes()), Level::detect());
                    let ours = decode::<Odd>(&case.inputs[0], Level::detect(), &context).is_ok();
                    PATIENCE.set(20_000);
                    assert_eq!(ours, serde_json::from_str::<Odd>(line).is_ok(), "{context}");
                }
            }
        }
    }
}

/// Takes an error of the type inside for an absent value, as `#[serde(deserialize_with)]` helpers often do.
#[derive(Debug, PartialEq)]
struct Tolerant<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tolerant<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Tolerant(T::deserialize(d).into_iter().collect()))
    }
}

/// A list or map that panics, rather than to fill the memory, when it is given more than any line here holds.
#[derive(Debug)]
struct Bounded<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Bounded<K, V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct BoundedVisitor<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for BoundedVisitor<K, V> {
            type Value = Bounded<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or map")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bounded<K, V>, A::Error> {
                let mut n = 0;
                while seq.next_element::<K>()?.is_some() {
                    n += 1;
                    assert!(n < 100, "an endless list of {}", std::any::type_name::<K>());
                }
                Ok(Bounded(PhantomData))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bounded<K, V>, A::Error> {
                let mut n = 0;
                while map.next_entry::<K, V>()?.is_some() {
                    n += 1;
                    assert!(n < 100, "an endless map of {}", std::any::type_name::<(K, V)>());
                }
                Ok(Bounded(PhantomData))
            }
        }
        d.deserialize_any(BoundedVisitor(PhantomData))
    }
}

#[test]
fn types_that_swallow_errors_cost_their_own_record_at_most() {
    for line in STRUCTS.iter().chain(ANY).chain(INTEGERS) {
        for line in [line.to_string(), format!("[{line},1]"), format!("{{\"k\":{line},\"l\":1}}")] {
            let case = Case::new(line);
            for level in Level::available() {
                for input in &case.inputs {
                    // `decode` looks at the records around
                    let context = format_args!("{} at {level}", show(&input.bytes));
                    let _ = decode::<Tolerant<u8>>(input, level, &context);
                    let _ = decode::<Bounded<Tolerant<u8>, ()>>(input, level, &context);
                    let _ = decode::<Bounded<Tolerant<External>, ()>>(input, level, &context);
                    let _ = decode::<Bounded<String, Tolerant<Vec<bool>>>>(input, level, &context);
                    let _ = decode::<Bounded<Tolerant<u8>, Tolerant<Plain>>>(input, level, &context);
                    let _ = decode::<Tolerant<Plain>>(input, level, &context);
                }
            }
        }
    }
}

#[test]
fn types_that_take_nothing_fail() {
    macro_rules! rejected {
        ($type:ty; $($line:expr),+) => {$(
            let case = Case::new($line);
            for level in Level::available() {
                for input in &case.inputs {
                    let context = format_args!("{} as {} at {level}", show(&input.bytes), stringify!($type));
                    if let Ok(value) = decode::<$type>(input, level, &context) {
                        panic!("accepted as {value:?}: {context}");
                    }
                }
            }
        )+};
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Holding {
        a: Absent,
        b: Option<u8>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    enum Variants {
        A(Absent),
        B(u8, Absent),
    }
    /// At most three elements, so that a reader that hands out the same one for ever is caught.
    #[derive(Debug)]
    struct Few;
    impl<'de> Deserialize<'de> for Few {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            PATIENCE.set(100);
            ODD.set(("seq", Manner::Absent));
            Odd::deserialize(d).map(|_| Few)
        }
    }
    rejected!(Absent; "1", "null", "\"a\"", "\"\\n\"", "[]", "[1,2]", "{}", "{\"a\":1}", " true ");
    rejected!(Holding; r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, r#"{"a":[1]}"#, r#"{"a":{}}"#, r#"{"a":"x"}"#,
        r#"{ "a" : 1 }"#, "[1,2]");
    rejected!(Few; "[1]", "[1,2]", "[[]]", "[{}]", "[\"a\"]", "[ 1 ]");
    rejected!(Variants; r#"{"A":1}"#, r#"{"A":[]}"#, r#"{"B":[1,2]}"#);
    rejected!(Bounded<Absent, Absent>; "[1]", "[1,2]", "[[]]", "[{}]", "[\"a\"]", "{\"a\":1}", "{\"a\":[1],\"b\":2}");
    rejected!((Absent, u8); "[1,2]", "[[],2]");
    rejected!((u8, Absent); "[1,2]", "[1,[]]");
    rejected!(BTreeMap<String, Absent>; r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":1,"b":2}"#);
    rejected!([Absent; 3]; "[1,2,3]", "[1]");
}
