//! The fast paths and their edges: scalars, strings with escapes, separators, and `get`, against `serde_json` or a plain
//! definition.

use crate::oracle;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use crate::common::{Outcome, Random, naive_lines, outcomes_at_levels, outcomes_briefly, show};
use proptest::prelude::*;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use simd_jsonl::{LazyValue, Level, ReaderBuilder, Result};

/// Whether each line is read as a `T`, and refused, as by `serde_json`: at every level, or over one transport of each sort too.
fn judge<T: DeserializeOwned + PartialEq + Debug>(input: &[u8], briefly: bool) {
    judge_by(input, briefly, |line| oracle::verdict::<T>(line).ok());
}

fn judge_by<T: DeserializeOwned + PartialEq + Debug>(input: &[u8], briefly: bool, want: impl Fn(&[u8]) -> Option<T>) {
    let read = if briefly { outcomes_briefly::<T> } else { outcomes_at_levels::<T> };
    let got = read(input, &ReaderBuilder::new());
    let lines: Vec<_> = naive_lines(input).into_iter().filter(|line| !line.is_blank()).collect();
    assert_eq!(got.len(), lines.len(), "records of {}", show(input));
    for (got, line) in got.iter().zip(lines) {
        let want = want(line.raw);
        assert_eq!(got.ok(), want.as_ref(), "{} as {}: {got:?}", show(line.raw), std::any::type_name::<T>());
    }
}

/// An array of `f32`, correctly rounded and finite, unlike `serde_json`'s.
fn all_f32(line: &[u8]) -> Option<VecF32> {
    let texts: Vec<&RawValue> = serde_json::from_slice(line).ok()?;
    let parse = |text: &&RawValue| text.get().parse().ok().filter(|x: &f32| x.is_finite()).map(f32::to_bits);
    let all: Option<Vec<u32>> = texts.iter().map(parse).collect();
    Some(VecF32(format!("{:x?}", all?)))
}

// What a scalar is read as, told apart by its bits.
macro_rules! exactly {
    ($($name:ident: $type:ty => |$value:ident| $bits:expr;)+) => {$(
        #[derive(Debug, PartialEq)]
        struct $name(String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let $value = <$type>::deserialize(d)?;
                Ok($name($bits))
            }
        }
    )+};
}
exactly! {
    F64: f64 => |x| format!("{:016x}", x.to_bits());
    VecF32: Vec<f32> => |x| format!("{:x?}", x.into_iter().map(f32::to_bits).collect::<Vec<_>>());
    OptionF64: Option<f64> => |x| format!("{:x?}", x.map(f64::to_bits));
    VecF64: Vec<f64> => |x| format!("{:x?}", x.into_iter().map(f64::to_bits).collect::<Vec<_>>());
    Untyped: Value => |x| x.to_string();
    Skipped: IgnoredAny => |x| format!("{x:?}");
    Unread: Row => |x| x.z.to_string();
}

#[derive(serde::Deserialize)]
struct Row {
    z: u8,
}

/// A record that holds `text`: alone, in an array, in an object, with what is usual around it and with what is not.
const PLACES: [(&str, &str); 8] = [
    ("", ""),
    ("[", "]"),
    ("[", ",1.5]"),
    ("[0, ", ", 2]"),
    ("[ ", " , 7\t]"),
    ("{\"x\":", ",\"z\":1}"),
    ("{\"z\": 1, \"x\": ", "}"),
    (" ", "\r"),
];

/// Whether each text in each place is read, skipped and refused as by `serde_json`; over every transport in some places.
fn check_scalars(texts: &[String], everywhere: bool) {
    for (i, (before, behind)) in PLACES.into_iter().enumerate() {
        // a first line that is beyond doubt
        let mut input = String::from("0\n");
        texts.iter().for_each(|text| input.extend([before, text, behind, "\n"]));
        let briefly = everywhere && matches!(i, 0 | 6);
        let input = input.as_bytes();
        judge::<Untyped>(input, briefly);
        judge::<Skipped>(input, briefly);
        match i {
            0 => {
                judge::<F64>(input, briefly);
                judge::<OptionF64>(input, false);
                judge::<bool>(input, briefly);
                judge::<Option<bool>>(input, false);
                judge::<i64>(input, briefly);
                judge::<u64>(input, false);
                judge::<(i8, i16)>(input, false);
            }
            7 => {
                judge::<F64>(input, false);
                judge::<i8>(input, false);
                judge::<i16>(input, false);
                judge::<i32>(input, false);
                judge::<u8>(input, false);
                judge::<u16>(input, false);
                judge::<u32>(input, false);
            }
            5 | 6 => judge::<Unread>(input, briefly),
            _ => {
                judge::<VecF64>(input, false);
                judge_by(input, false, all_f32);
                judge::<Vec<bool>>(input, false);
                judge::<Vec<i64>>(input, false);
            }
        }
    }
}

/// What looks like a number or a literal, and nearly is one.
#[test]
fn malformed_scalars() {
    #[rustfmt::skip]
    const NUMBERS: [&str; 75] = [
        "1.e5", ".5", "1e", "1e+", "1e-", "1E", "01.5", "-", "--", "-.5", "1.5.5", "1e5e5", "1ed5", "1Ed5", "1eD5",
        "1d5", "1D5", "+1", "+1.5", "0x1", "1_000", "00.5", "-00.5", "1.-5", "1.+5", "1-5", "1+5", "1e5.5", "1e.5",
        "e5", ".e5", "-e5", "1.5e", "1.5e+", "1.5ee5", "1.5e5e", "1e+-5", "1e--5", "1e5-", "1e5+", "--1.5", "-+1.5",
        "1.5-", "1.5.", "1..5", "..5", "1.", "-1.", "12345678.", "123456789012.", "0.", "-0.", "00", "-00", "000",
        "01", "-01", "0123456789", "-0123456789012", "0e", "-0e", "0.0.0", "1f", "1.5f", "1.5f32", "1e5d", "٣",
        "1\u{b7}5", "1\\", "1.5\\", "1:5", "1.5:", ":1.5", "1'000.5", "1 5",
    ];
    #[rustfmt::skip]
    const LITERALS: [&str; 46] = [
        "true", "false", "null", "tru", "truee", "fals", "falsee", "nul", "nulll", "True", "TRUE", "False", "tRue",
        "trUe", "truE", "Null", "t", "f", "n", "ttrue", "ffalse", "nnull", "xtrue", "1true", "true1", "truefalse",
        "true true", "true:", ":true", "true\\", "\\true", "tralse", "fatrue", "fatru", "frue", "talse", "talsE", "trve",
        "falsf", "tsue", "falte", "true\u{7f}", "false\u{7f}", "treu", "faltrue", "t\u{e9}ru",
    ];
    let mut texts: Vec<String> = NUMBERS.iter().chain(&LITERALS).map(|s| (*s).to_owned()).collect();
    // garbage that ends, or starts, like a literal or a number
    for n in [1, 2, 3, 4, 5, 7, 8, 12, 13, 15, 16, 17, 20] {
        for tail in ["true", "false", "null", "1.5", "-1.5", "12", "1e5"] {
            texts.push("a".repeat(n) + tail);
            texts.push(tail.to_owned() + &"a".repeat(n));
            texts.push("-".repeat(n) + tail);
        }
    }
    for control in [0, 1, 8, 0xb, 0xc, 0xe, 0x1a, 0x1b, 0x1f].map(char::from) {
        for text in
            ["1.5", "-0.25", "7", "-7", "12345678", "1234567890123", "1e5", "123456.789e-10", "true", "false", "null"]
        {
            texts.extend([format!("{text}{control}"), format!("{control}{text}"), format!("{text}{control}{control}")]);
            texts.extend([format!("{text},{control}"), format!("{text}{control},2"), format!("{text}\u{a0}")]);
            let (front, back) = text.split_at(1);
            texts.push(format!("{front}{control}{back}"));
        }
    }
    check_scalars(&texts, true);
}

/// A number whose digits, dots and exponents are where the fast paths begin and end.
fn shaped(random: &mut Random) -> String {
    let digits = |random: &mut Random, n: usize, out: &mut String| {
        // few values of digits, so that carries and ties come up
        let of = random.pick(&[&b"0123456789"[..], b"0", b"9", b"01", b"05", b"89"]);
        (0..n).for_each(|_| out.push(char::from(random.pick(of))));
    };
    let mut text = String::from(random.pick(&["", "", "-"]));
    match random.below(4) {
        0 => text.push('0'),
        _ => {
            text.push(char::from(b'1' + random.below(9) as u8));
            let n = random.pick(&[0, 0, 1, 2, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19, 20]);
            digits(random, n, &mut text);
        }
    }
    if random.below(4) > 0 {
        text.push('.');
        let n = 1 + random.below(26);
        let zeros = if random.below(3) == 0 { random.below(n) } else { 0 };
        digits(random, n - zeros, &mut text);
        text.insert_str(text.find('.').expect("a dot") + 1, &"0".repeat(zeros));
    }
    if random.below(3) == 0 {
        text += random.pick(&["e", "E"]);
        text += random.pick(&["", "+", "-"]);
        let n = random.pick(&[0, 1, 5, 19, 22, 23, 27, 28, 38, 45, 55, 63, 64, 65, 66, 99, 290, 308, 324, 999, 1000]);
        text += &format!("{n:0width$}", width = random.pick(&[1, 1, 1, 2, 3, 4, 6, 9]));
    }
    text
}

#[test]
fn numbers_of_every_shape() {
    let mut random = Random(11);
    let mut texts: Vec<String> = (0..800).map(|_| shaped(&mut random)).collect();
    // one character away from those
    for i in 0..500 {
        let mut text = texts[i].clone();
        let at = random.below(text.len());
        let c = random.pick(&['.', 'e', 'E', '+', '-', '0', '9', 'd', '/', ':', '_', ' ', '\0', '5', 'a']);
        match random.below(3) {
            0 => text.insert(at, c),
            1 => text.replace_range(at..=at, c.encode_utf8(&mut [0; 4])),
            _ => drop(text.remove(at)),
        }
        texts.push(text);
    }
    texts.retain(|text| !text.trim().is_empty());
    check_scalars(&texts, false);
}

/// Integers of each number of digits, around each power of ten and each type's edge.
#[test]
fn integers_of_every_length() {
    let mut values = vec![0u128, 1 << 63, 1 << 64, 1 << 31, 1 << 32, 1 << 53, 1 << 16, 1 << 15, 256, 128];
    let mut random = Random(13);
    for n in 0..21 {
        let power = 10u128.pow(n);
        values.extend([power, power * 5, power * 9 + u128::from(random.bits()) % power]);
    }
    let mut texts = Vec::new();
    for value in values {
        for value in value.saturating_sub(2)..=value + 2 {
            texts.extend([value.to_string(), format!("-{value}"), format!("0{value}"), format!("{value}.0")]);
        }
    }
    check_scalars(&texts, false);
}

/// Fewer bytes stand before a number's end than the fast paths load, or none behind it.
#[test]
fn numbers_at_the_edges_of_the_input() {
    #[rustfmt::skip]
    const TEXTS: [&str; 24] = [
        "7", "-7", "0", "-0", "12345678", "-12345678", "123456789", "1234567890123456789", "-9223372036854775808", "1.5",
        "-1.5", "0.25", "123.456", "1.23456789012345", "12345.67890123", "12345678.12345678901", "1e5", "-1.5e-7",
        "0.000000000000000000001234", "12345678.5E+10", "true", "false", "null", "1e",
    ];
    for text in TEXTS {
        for pad in (0..=33).step_by(if text.len() > 8 { 3 } else { 1 }) {
            for (before, behind) in [(" ".repeat(pad), ""), ("[".repeat(pad % 9), "]"), ("\t".repeat(pad), "\n")] {
                let line = format!("{before}{text}{}", behind.repeat(before.matches('[').count().max(1)));
                let want: Outcome<String> = match serde_json::from_str::<Value>(&line) {
                    Ok(value) => Outcome::Ok(value.to_string()),
                    Err(_) => continue,
                };
                let got = outcomes_at_levels::<Value>(line.as_bytes(), &ReaderBuilder::new());
                assert_eq!(got.into_iter().map(|o| o.map(|v| v.to_string())).collect::<Vec<_>>(), [want], "{line:?}");
                if !line.contains('[') {
                    let want = serde_json::from_str::<F64>(&line).ok();
                    let got = outcomes_at_levels::<F64>(line.as_bytes(), &ReaderBuilder::new());
                    assert_eq!(got[0].ok(), want.as_ref(), "{line:?} as f64");
                    let want = serde_json::from_str::<i64>(&line).ok();
                    assert_eq!(
                        outcomes_at_levels::<i64>(line.as_bytes(), &ReaderBuilder::new())[0].ok(),
                        want.as_ref()
                    );
                    let want = serde_json::from_str::<bool>(&line).ok();
                    assert_eq!(
                        outcomes_at_levels::<bool>(line.as_bytes(), &ReaderBuilder::new())[0].ok(),
                        want.as_ref()
                    );
                }
                assert_eq!(outcomes_at_levels::<Skipped>(line.as_bytes(), &ReaderBuilder::new())[0].fault(), None);
            }
        }
    }
}

/// Stretches between escapes, on both sides of what is copied at once, of what is decoded into a `String` of its own, and of
/// a block.
const STRETCHES: [usize; 9] = [0, 1, 31, 32, 33, 127, 128, 129, 300];

#[rustfmt::skip]
const ESCAPES: [&str; 16] = [
    "\\n", "\\t", "\\r", "\\b", "\\f", "\\/", "\\\\", "\\\"", "\\u0041", "\\u00e9", "\\u65E5", "\\ud83d\\ude00", "\\uDBFF\\uDFFF",
    "\\u0000", "\\u0022", "\\uFFFF",
];

/// Bytes of a string, however they are handed over.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        d.deserialize_byte_buf(BytesVisitor)
    }
}

/// The same for a type that borrows, over a slice.
fn judge_borrowed<'a, T: Deserialize<'a> + PartialEq + Debug>(input: &'a [u8]) {
    for level in Level::available() {
        let got: Vec<_> = ReaderBuilder::new().level(level).from_slice(input).into_deserialize::<T>().collect();
        let lines = naive_lines(input);
        assert_eq!(got.len(), lines.len(), "records of {}", show(input));
        for (got, line) in got.into_iter().zip(lines) {
            let (name, shown) = (std::any::type_name::<T>(), show(line.raw));
            assert_eq!(got.ok(), oracle::verdict::<T>(line.raw).ok(), "{name} at {level}: {shown}");
        }
    }
}

/// Reads each text between quotes as a string, a key and what else a string can be.
fn check_strings(texts: &[String], briefly: bool) {
    let lines = |before: &str, behind: &str| {
        let lines = texts.iter().map(|text| format!("{before}\"{text}\"{behind}\n"));
        "0\n".to_owned() + &lines.collect::<String>()
    };
    let input = lines("", "").into_bytes();
    judge::<String>(&input, briefly);
    judge::<Bytes>(&input, briefly);
    judge::<Box<str>>(&input, false);
    judge::<char>(&input, false);
    judge::<Value>(&input, false);
    judge_borrowed::<&str>(&input);
    judge_borrowed::<Cow<'_, str>>(&input);
    judge_borrowed::<&[u8]>(&input);
    let input = lines("  ", " \r").into_bytes();
    judge::<Option<String>>(&input, false);
    judge::<Skipped>(&input, false);
    for (before, behind) in [("[\"a\",", "]"), ("[ ", " ,\t\"\\n\" ]")] {
        let input = lines(before, behind).into_bytes();
        judge::<Vec<String>>(&input, false);
        judge::<Vec<Skipped>>(&input, false);
        judge_borrowed::<Vec<Cow<'_, str>>>(&input);
    }
    for (before, behind) in [("{\"k\":0,", ": 2}"), ("{ \"k\" : 3 , ", " :4 ,\"z\":1}")] {
        let input = lines(before, behind).into_bytes();
        judge::<BTreeMap<String, u8>>(&input, briefly);
        judge::<BTreeMap<Bytes, u8>>(&input, false);
        judge::<Unread>(&input, false);
    }
    let input = lines("{\"x\":", ", \"z\": 1}").into_bytes();
    judge::<BTreeMap<String, Value>>(&input, false);
    judge::<Unread>(&input, briefly);
}

#[test]
fn strings_with_escapes() {
    let mut texts = Vec::new();
    for n in STRETCHES {
        for (i, escape) in ESCAPES.into_iter().enumerate() {
            let (a, b) = ("a".repeat(n), "é".repeat(STRETCHES[(i + n) % STRETCHES.len()] / 2));
            texts.push(match (i + n) % 3 {
                0 => format!("{a}{escape}"),
                1 => format!("{escape}{a}"),
                _ => format!("{b}{escape}{a}{escape}{b}"),
            });
        }
    }
    let mut random = Random(21);
    for _ in 0..25 {
        let mut text = String::new();
        for _ in 0..1 + random.below(9) {
            text.push_str(&["x", "日"][random.below(2)].repeat(random.pick(&STRETCHES)));
            text.push_str(random.pick(&ESCAPES));
        }
        texts.push(text);
    }
    // nothing but escapes, of which less than half is left
    for n in [1, 2, 41, 42, 43, 84, 85, 86, 87, 400] {
        texts.extend(["\\u0041", "\\n", "\\ud83d\\ude00"].map(|escape| escape.repeat(n)));
        texts.push("\\u0041".repeat(n) + &"a".repeat(300));
    }
    check_strings(&texts, false);
    // a whole input each, so that all that lies behind is its end
    for text in texts.iter().step_by(7) {
        judge::<String>(format!("\"{text}\"").as_bytes(), false);
        judge::<Value>(format!("{{\"{text}\":\"{text}\"}}").as_bytes(), false);
    }
}

/// Around the length from which on a string is decoded where it stays.
#[test]
fn strings_of_about_512_bytes() {
    let mut texts = Vec::new();
    for n in (495..=515).chain([1023, 1024]) {
        let escape = ESCAPES[n % ESCAPES.len()];
        let a = "a".repeat(n);
        texts.extend([
            format!("{escape}{a}"),
            format!("{a}{escape}"),
            format!("{}{escape}{}", &a[..n / 2], &a[n / 2..]),
        ]);
    }
    check_strings(&texts, true);
}

#[test]
fn strings_with_broken_escapes() {
    #[rustfmt::skip]
    const BROKEN: [&str; 20] = [
        "\\x", "\\u", "\\u1", "\\u12", "\\u123", "\\u123g", "\\u 123", "\\ud83d", "\\ude00", "\\ud83d\\n", "\\ud83d\\ud83d",
        "\\ud83d\\u0041", "\\ud83d\\", "\\ud83d\\u", "\\ud83d\\ude0", "\\", "\\\\\\", "\\U0041", "\t", "\\\u{e9}",
    ];
    let mut texts = Vec::new();
    for n in [0, 33, 505, 600] {
        let a = "a".repeat(n);
        for broken in BROKEN {
            texts.extend([format!("{a}{broken}"), format!("\\n{a}{broken}"), format!("{broken}\\n{a}")]);
        }
    }
    check_strings(&texts, false);
}

/// What `get` is to give: the first of that name that the walk over all members comes to. That a record is no object must be sure.
fn plain_get<'a>(lazy: LazyValue<'a>, key: &str, is_record: bool) -> Result<Option<LazyValue<'a>>> {
    if !lazy.is_object() {
        match is_record {
            true if lazy.is_array() => lazy.array()?.try_for_each(|element| element.map(drop))?,
            true => lazy.deserialize::<IgnoredAny>().map(drop)?,
            false => {}
        }
        return Ok(None);
    }
    for member in lazy.object()? {
        let (name, value) = member?;
        if name == key {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The same for a pointer without escapes; arrays are walked from the front.
fn plain_pointer<'a>(mut lazy: LazyValue<'a>, pointer: &str) -> Result<Option<LazyValue<'a>>> {
    for (depth, token) in pointer.split('/').skip(1).enumerate() {
        let mut next = None;
        match token.parse::<usize>() {
            Ok(index) if lazy.is_array() => {
                for (i, element) in lazy.array()?.enumerate() {
                    let element = element?;
                    if i == index {
                        next = Some(element);
                        break;
                    }
                }
            }
            _ => next = plain_get(lazy, token, depth == 0)?,
        }
        match next {
            Some(value) => lazy = value,
            None => return Ok(None),
        }
    }
    Ok(Some(lazy))
}

/// A value found, in a form that can be compared: its text, and what it is decoded to.
fn found<'a>(result: Result<Option<LazyValue<'a>>>) -> Outcome<Option<(Outcome<&'a str>, Outcome<Value>)>> {
    let parts = |value: LazyValue<'a>| (Outcome::new(value.raw()), Outcome::new(value.deserialize()));
    Outcome::new(result).map(|value| value.map(parts))
}

/// Asks each record for keys and pointers, and compares with the plain walk.
fn check_get(input: &[u8], max_depth: usize, levels: &[Level]) {
    for level in levels {
        let mut reader = ReaderBuilder::new().level(*level).max_depth(max_depth).from_slice(input);
        let mut records = 0;
        loop {
            let record = match reader.next_record() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(_) => continue,
            };
            records += 1;
            let context = || format!("{} at {level}, depth {max_depth}", show(record.as_bytes()));
            for key in ["a", "b", "", "k\n", "c"] {
                let want = found(plain_get(record.as_lazy(), key, true));
                assert_eq!(found(record.get(key)), want, "{key:?}: left get, right object; {}", context());
            }
            for pointer in ["", "/a/b", "/b/a", "/a/0", "/a/1", "/b/2", "/a//b", "/2", "/1/a", "/a/a/a/a"] {
                let want = found(plain_pointer(record.as_lazy(), pointer));
                assert_eq!(found(record.pointer(pointer)), want, "{pointer:?}; {}", context());
            }
            // a well-formed record has all that the plain reading of it has
            if let Ok(Value::Object(_)) = oracle::verdict::<Value>(record.as_bytes())
                && max_depth == 128
            {
                assert!(record.get("zz").is_ok_and(|value| value.is_none()), "{}", context());
            }
        }
        assert!(records <= naive_lines(input).len());
    }
}

/// An object, or nearly: members whose keys and values, and what stands between them, are mostly right.
fn nearly_object() -> impl Strategy<Value = String> {
    let rarely = |good: &'static [&'static str], bad: &'static [&'static str]| prop_oneof![30 => proptest::sample::select(good), 1 => proptest::sample::select(bad)];
    #[rustfmt::skip]
    let key = rarely(
        &["\"a\"", "\"b\"", "\"\"", "\"\\u0061\"", "\"k\\n\"", "\"c\"", "\"long key of more than thirty-two bytes\"", "\"{,:}\""],
        &["a", "1", "\"a", "\"\\x\"", "", "\"a\\\"", "{", "}"],
    );
    let colon = rarely(&[":", ": ", ":", ":", " : ", "\t:"], &["", "::", ",", " ", ":\0", "\0:", ":,", "\\:"]);
    #[rustfmt::skip]
    let scalar = rarely(
        &["1", "-0.5", "true", "null", "\"x\"", "\"\"", "\"\\\"\"", "\"{[,:\"", "[]", "{}", "[ ]", "[1,2,3]", "{\"a\":{\"b\":[7]}}", "1e5"],
        &["5\\", "\\", "5\\{", "5\\\\", "tru", "\"x", "[", "]", "{", "}", "[1 2]", "", "1 2", "\"a\"\"b\"", "[}", "\0", "1\0", "5\\\""],
    )
    .prop_map(str::to_owned);
    let comma = rarely(
        &[",", ", ", ",", ",", " ,", "\t,\r", ",  "],
        &["", " ", ",,", ":", ",\0", "\0,", ", ,", "}", "{", "\\"],
    );
    scalar.prop_recursive(3, 12, 5, move |inner| {
        let member = (key.clone(), colon.clone(), inner.clone(), comma.clone());
        prop_oneof![
            4 => (proptest::collection::vec(member, 0..5), rarely(&["}"], &["", ",}", "]", "}}", "\\}", "}\\"])).prop_map(|(members, end)| {
                let mut text = String::from("{");
                for (i, (key, colon, value, comma)) in members.iter().enumerate() {
                    let comma = if i + 1 == members.len() { "" } else { comma };
                    text.extend([key, colon, value.as_str(), comma]);
                }
                text + end
            }),
            1 => (proptest::collection::vec((inner, comma.clone()), 0..4), rarely(&["]"], &["", ",]", "}", "\\]"])).prop_map(|(elements, end)| {
                let mut text = String::from("[");
                for (i, (value, comma)) in elements.iter().enumerate() {
                    text.extend([value.as_str(), if i + 1 == elements.len() { "" } else { comma }]);
                }
                text + end
            }),
        ]
    })
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn get_is_the_first_of_that_name(lines in proptest::collection::vec(nearly_object(), 1..12), depth in 0..6usize) {
        let input = lines.join("\n");
        check_get(input.as_bytes(), 128, &Level::available());
        check_get(input.as_bytes(), depth, &[Level::detect()]);
        for line in &lines {
            check_get(line.as_bytes(), 128, &[Level::detect()]);
        }
    }
}

/// Found by walks over damaged lines: a backslash outside of a string, an error before an element.
#[test]
fn get_behind_damage() {
    #[rustfmt::skip]
    let lines = [
        "{\"a\":5\\", "{\"a\":5\\{\"b\":2}", "{\"a\":5\\}", "{\"a\":5\\,\"b\":1}", "{\"a\":\\", "5\\", "\\", "[5\\", "[5\\]",
        "[\\", "{\"a\":[5\\],\"b\":1}", "{\"a\":5\\\\\"b\":1}", "{\"a\":\"x\"\\", "{\"a\":\"x\"\"b\":1}", "{\"a\":\"\\n\"\\",
        "[1 2,3]", "[1,,2]", "{\"a\":[1 2,3,4]}", "{\"b\":[1,2}", "[1,2", "{\"a\":\"x\",}", "{\"a\":\"x\",:\"b\":1}",
        "{\"a\":{\"b\":1}{\"b\":2}", "{\"a\":1}{\"b\":2}", "{\"a\":1},", "{\"a\":\"x\"},\"b\":1}", "{\"c\":1,\"a\" \"b\":1}",
    ];
    for end in ["", "\n", "\\", "\\\n", "\n{\"a\":1}\n"] {
        for line in lines {
            let input = format!("{line}{end}");
            for depth in [0, 1, 2, 128] {
                check_get(input.as_bytes(), depth, &Level::available());
            }
            let mut lax = ReaderBuilder::new();
            lax.lax_skip(true);
            let got = outcomes_at_levels::<Unread>(input.as_bytes(), &lax);
            assert!(got.iter().all(|outcome| outcome.ok().is_none()), "{input:?}: {got:?}");
        }
    }
    let mut reader = ReaderBuilder::new().from_slice(b"[1 2,3]");
    let record = reader.next_record().expect("a record").expect("a record");
    for pointer in ["/1", "/2", "/3", "/99"] {
        assert!(record.pointer(pointer).is_err(), "{pointer}");
    }
    // no limit is so high that a closing bracket comes first
    for max_depth in [1, u32::MAX as usize - 1, u32::MAX as usize, usize::MAX] {
        for line in ["}{", "][", "}[", "]{", "}", "]"] {
            let mut builder = ReaderBuilder::new();
            builder.max_depth(max_depth);
            let mut reader = builder.from_slice(line.as_bytes());
            let raw = reader.next_record().expect("a record").expect("a record").as_lazy().raw();
            assert!(raw.is_err(), "{raw:?} of {line} with a depth of {max_depth}");
            assert!(outcomes_at_levels::<Skipped>(line.as_bytes(), &builder)[0].fault().is_some(), "{line}");
        }
    }
}
