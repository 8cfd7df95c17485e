//! Numbers: bit-exact against the float vectors and `str::parse`, at every level and wherever in a line they stand.

use crate::corpus;
use std::fmt::{Debug, Display, Write};
use std::str::FromStr;

use crate::common::Random;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use simd_jsonl::{ErrorKind, Level, ReaderBuilder};

/// A type of number that can be told apart by its bits.
trait Number: DeserializeOwned + FromStr<Err: Debug> + Display + Copy + Debug {
    fn bits(self) -> u128;
    /// A float that is none.
    fn overflows(self) -> bool {
        false
    }
}

macro_rules! number {
    ($($float:ident)+; $($int:ident)+) => {
        $(impl Number for $float {
            fn bits(self) -> u128 {
                self.to_bits().into()
            }
            fn overflows(self) -> bool {
                self.is_infinite()
            }
        })+
        $(impl Number for $int {
            fn bits(self) -> u128 {
                self as u128
            }
        })+
    };
}
number!(f32 f64; i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);

/// A number's text, and what it must come out as; `None` is `NumberOutOfRange`.
type Expected<T> = (String, Option<T>);

/// Reads each text at each level, in a few places of a line, and compares the bits.
fn check<T: Number>(all: &[Expected<T>]) {
    // alone, in arrays and in an object: what stands behind a number decides which path it takes
    let places: [(&str, &str, usize); 5] =
        [("", "", 0), ("[", ",1]", 0), ("[ 1 , ", " ]", 1), ("{\"k\":", "}", 0), ("  {\"k\" : ", " ,\"l\":2}", 0)];
    for (before, behind, index) in places {
        let mut input = String::new();
        for (text, _) in all {
            writeln!(input, "{before}{text}{behind}").expect("a string grows");
        }
        for level in Level::available() {
            let reader = || ReaderBuilder::new().level(level).from_slice(input.as_bytes());
            let got: Vec<Result<T, _>> = match before.trim_start().chars().next() {
                None => reader().into_deserialize::<T>().collect(),
                Some('[') => reader().into_deserialize::<Vec<T>>().map(|r| r.map(|v| v[index])).collect(),
                _ => {
                    let maps = reader().into_deserialize::<std::collections::HashMap<String, T>>();
                    maps.map(|r| r.map(|m| m["k"])).collect()
                }
            };
            assert_eq!(got.len(), all.len(), "records at {level}");
            let name = std::any::type_name::<T>();
            for (got, (text, want)) in got.iter().zip(all) {
                match (got, want) {
                    (Ok(got), Some(want)) => {
                        let (ours, theirs) = (got.bits(), want.bits());
                        assert!(
                            ours == theirs,
                            "{before}{text}{behind} as {name} at {level}: {got:?}, expected {want:?}"
                        );
                    }
                    (Err(e), None) => {
                        let kind = ErrorKind::NumberOutOfRange;
                        assert_eq!(e.kind(), kind, "{before}{text}{behind} as {name} at {level}: {e}");
                    }
                    _ => panic!("{before}{text}{behind} as {name} at {level}: {got:?}, expected {want:?}"),
                }
            }
        }
    }
}

/// The same, against `str::parse`.
fn check_parse<T: Number>(texts: &[String]) {
    let parse = |s: &String| s.parse::<T>().unwrap_or_else(|e| panic!("{s}: {e:?}"));
    let all: Vec<_> = texts.iter().map(|s| (s.clone(), Some(parse(s)).filter(|x| !x.overflows()))).collect();
    check(&all);
}

/// `number = [ minus ] int [ frac ] [ exp ]` of RFC 8259, by the letter.
fn is_json_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let (int, fraction) = match number.split_once('.') {
        Some((int, fraction)) => (int, Some(fraction)),
        None => (number, None),
    };
    let int = int.strip_prefix('-').unwrap_or(int);
    digits(int)
        && (int == "0" || !int.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[test]
fn case_27_float_vectors() {
    let Some(corpus) = corpus::folder() else { return };
    let mut files: Vec<_> = std::fs::read_dir(corpus.join("float-vectors"))
        .expect("the folder float-vectors")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no float vectors in {}", corpus.display());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file of vectors");
        let (mut wide, mut narrow, mut lines) = (Vec::new(), Vec::new(), 0);
        for line in text.lines() {
            lines += 1;
            let fields: Vec<_> = line.split(' ').collect();
            let [_, f32_bits, f64_bits, number] = fields[..] else { panic!("{}: {line}", file.display()) };
            if !is_json_number(number) {
                continue;
            }
            let f32 = f32::from_bits(u32::from_str_radix(f32_bits, 16).expect("hexadecimal"));
            let f64 = f64::from_bits(u64::from_str_radix(f64_bits, 16).expect("hexadecimal"));
            // the vectors and the standard library must agree before anybody else is judged
            assert_eq!(number.parse::<f32>().map(f32::to_bits), Ok(f32.to_bits()), "{line}");
            assert_eq!(number.parse::<f64>().map(f64::to_bits), Ok(f64.to_bits()), "{line}");
            narrow.push((number.to_owned(), Some(f32).filter(|x| x.is_finite())));
            wide.push((number.to_owned(), Some(f64).filter(|x| x.is_finite())));
        }
        println!("{}: {} of {lines} lines are JSON numbers", file.display(), wide.len());
        assert!(wide.len() > lines / 4, "{}: {} of {lines} lines are JSON numbers", file.display(), wide.len());
        check(&wide);
        check(&narrow);
    }
}

#[test]
fn case_27_random_floats() {
    let mut random = Random(1);
    let (mut wide, mut narrow) = (Vec::new(), Vec::new());
    for _ in 0..1500 {
        let x = f64::from_bits(random.bits());
        if x.is_finite() {
            wide.extend([
                format!("{x:?}"),
                format!("{x:e}"),
                format!("{x:.16e}"),
                format!("{x:.17e}"),
                format!("{x:.20E}"),
            ]);
        }
        // of the magnitudes that data has
        let digits = random.below(18);
        let x = (random.bits() as i64 as f64) / 10f64.powi(random.below(20) as i32);
        wide.extend([format!("{x:.digits$}"), format!("{x:?}"), format!("{}", x as f32)]);
        let x = f32::from_bits(random.bits() as u32);
        if x.is_finite() {
            narrow.extend([
                format!("{x:?}"),
                format!("{x:e}"),
                format!("{x:.8e}"),
                format!("{x:.9e}"),
                format!("{:?}", f64::from(x)),
            ]);
        }
        // digits at random, any number of them
        let mut text = String::from(["", "-"][random.below(2)]);
        let (before, behind) = (random.below(30), random.below(30));
        if before == 0 {
            text.push('0');
        }
        for i in 0..before {
            text.push(char::from(b'0' + if i == 0 { 1 + random.below(9) } else { random.below(10) } as u8));
        }
        if behind > 0 {
            text.push('.');
            text.extend((0..behind).map(|_| char::from(b'0' + random.below(10) as u8)));
        }
        if random.below(3) == 0 {
            write!(text, "{}{}{}", random.pick(&["e", "E"]), random.pick(&["", "-", "+"]), random.below(330))
                .expect("grows");
        }
        wide.push(text);
    }
    check_parse::<f64>(&wide);
    check_parse::<f32>(&narrow);
    // each text in the other width too: double rounding shows there
    check_parse::<f32>(&wide);
    check_parse::<f64>(&narrow);
}

/// The exact decimal expansion of `mantissa * 2^exponent`.
fn exact(mantissa: u64, exponent: i32) -> String {
    // digits in base 10^9, least first
    let mut digits = vec![(mantissa % 1_000_000_000) as u32, (mantissa / 1_000_000_000 % 1_000_000_000) as u32];
    digits.push((mantissa / 1_000_000_000_000_000_000) as u32);
    // m * 2^-k = m * 5^k / 10^k
    let factor = if exponent >= 0 { 2 } else { 5 };
    for _ in 0..exponent.unsigned_abs() {
        let mut carry = 0;
        for digit in &mut digits {
            let n = u64::from(*digit) * factor + carry;
            (*digit, carry) = ((n % 1_000_000_000) as u32, n / 1_000_000_000);
        }
        if carry > 0 {
            digits.push(carry as u32);
        }
    }
    let mut text: String = digits.iter().rev().map(|d| format!("{d:09}")).collect();
    let point = if exponent < 0 { exponent.unsigned_abs() as usize } else { 0 };
    if text.len() <= point {
        text = "0".repeat(point + 1 - text.len()) + &text;
    }
    let (int, fraction) = text.split_at(text.len() - point);
    let int = int.trim_start_matches('0');
    let int = if int.is_empty() { "0" } else { int };
    if fraction.is_empty() { int.to_owned() } else { format!("{int}.{fraction}") }
}

#[test]
fn case_27_exact_expansions_are_exact() {
    assert_eq!(exact(3, -1), "1.5");
    assert_eq!(exact(1, 70), "1180591620717411303424");
    assert_eq!(exact(5, -3), "0.625");
    for x in [0.1f64, 1e300, 5e-324, 123.456] {
        let (mantissa, exponent) = parts(x.to_bits(), 52, 1075);
        let digits = exponent.min(0).unsigned_abs() as usize;
        assert_eq!(exact(mantissa, exponent), format!("{x:.digits$}"));
    }
}

/// The integer mantissa and the exponent of a positive float's bits.
fn parts(bits: u64, mantissa_bits: u32, bias: i32) -> (u64, i32) {
    let (fraction, exponent) = (bits & ((1 << mantissa_bits) - 1), (bits >> mantissa_bits) as i32);
    if exponent == 0 { (fraction, 1 - bias) } else { (fraction | 1 << mantissa_bits, exponent - bias) }
}

/// Exactly between two floats, a hair below and a hair above.
#[test]
fn case_27_halfway_cases() {
    let mut random = Random(2);
    let (mut wide, mut narrow) = (Vec::new(), Vec::new());
    let around = |mantissa: u64, exponent: i32, texts: &mut Vec<String>| {
        let half = exact(2 * mantissa + 1, exponent - 1);
        let point = if half.contains('.') { "" } else { "." };
        texts.push(format!("{half}{point}0000000001"));
        texts.push(format!("{half}{point}{}1", "0".repeat(780)));
        let cut = half.len() - 1;
        if half.as_bytes()[cut] != b'0' {
            let below = format!("{}{}", &half[..cut], char::from(half.as_bytes()[cut] - 1));
            texts.push(format!("{below}{point}9999999999"));
            texts.push(format!("{below}{point}{}", "9".repeat(780)));
        }
        texts.push(half);
    };
    for i in 0..60 {
        // small, ordinary and any exponents
        let bits = match i % 4 {
            0 => random.bits() >> (12 + random.below(50)),
            1 => (1023 - 30 + random.below(60) as u64) << 52 | random.bits() >> 12,
            2 => (random.below(2047) as u64) << 52,
            _ => (random.below(2047) as u64) << 52 | random.bits() >> 12,
        };
        let (mantissa, exponent) = parts(bits, 52, 1075);
        around(mantissa, exponent, &mut wide);
        let bits = match i % 4 {
            0 => random.bits() >> (41 + random.below(20)),
            1 => (127 - 30 + random.below(60) as u64) << 23 | random.bits() >> 41,
            2 => (random.below(255) as u64) << 23,
            _ => (random.below(255) as u64) << 23 | random.bits() >> 41,
        };
        let (mantissa, exponent) = parts(bits, 23, 150);
        around(mantissa, exponent, &mut narrow);
    }
    // the edge of the range: the largest float and a half
    around((1 << 53) - 1, 971, &mut wide);
    around((1 << 24) - 1, 104, &mut narrow);
    around(0, -1074, &mut wide);
    around(0, -149, &mut narrow);
    // with their exponents written out
    for (digits, exponent) in
        [("9007199254740993", 0), ("9007199254740993", 23), ("17976931348623158079", 289), ("5", -324)]
    {
        for tail in ["", "0", "000000000000000000000", "000000000000000000001"] {
            wide.push(format!("{digits}{tail}e{}", exponent - tail.len() as i32));
        }
    }
    check_parse::<f64>(&wide);
    check_parse::<f32>(&narrow);
    check_parse::<f64>(&narrow);
}

/// The powers of ten, where the tables and the fast paths end.
#[test]
fn case_27_powers_of_ten() {
    let mut texts = Vec::new();
    for exponent in -345..=310 {
        for digits in [
            "1",
            "-1",
            "9",
            "1.0",
            "123456789",
            "1.7976931348623157",
            "9007199254740991",
            "0.00001",
            "18446744073709551615",
        ] {
            texts.push(format!("{digits}e{exponent}"));
        }
    }
    for zeros in 0..40 {
        texts.push(format!("0.{}1", "0".repeat(zeros)));
        texts.push(format!("1{}", "0".repeat(zeros)));
        texts.push(format!("1{}.0", "0".repeat(zeros)));
        texts.push(format!("0.{}", "1".repeat(zeros + 1)));
        texts.push(format!("{}.5", "9".repeat(zeros + 1)));
    }
    check_parse::<f64>(&texts);
    check_parse::<f32>(&texts);
}

#[test]
fn case_27_edges_of_the_integers() {
    fn edges<T: Number>(min: T, max: T) {
        let (min, max) = (min.to_string(), max.to_string());
        let mut all: Vec<Expected<T>> = Vec::new();
        let mut texts = vec![min.clone(), max.clone(), "1".into(), "7".into()];
        // every number of digits
        for n in 1..max.len() {
            texts.extend([max[..n].to_owned(), "9".repeat(n), format!("1{}", "0".repeat(n - 1))]);
            if min.starts_with('-') {
                texts.extend([min[..=n].to_owned(), format!("-{}", "9".repeat(n)), format!("-1{}", "0".repeat(n - 1))]);
            }
        }
        all.extend(texts.into_iter().map(|s| (s.clone(), Some(s.parse().unwrap_or_else(|e| panic!("{s}: {e:?}"))))));
        check(&all);
    }
    macro_rules! all {
        ($($type:ident)+) => { $(edges($type::MIN, $type::MAX);)+ };
    }
    all!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);
    // beyond u64 and i64 no visitor is asked
    check::<u64>(&[
        ("18446744073709551616".into(), None),
        ("99999999999999999999".into(), None),
        ("9".repeat(60), None),
    ]);
    check::<i64>(&[
        ("-9223372036854775809".into(), None),
        ("-9999999999999999999".into(), None),
        ("18446744073709551616".into(), None),
    ]);
    check::<u8>(&[("18446744073709551616".into(), None)]);
    check::<u128>(&[("340282366920938463463374607431768211456".into(), None), ("1".repeat(50), None)]);
    check::<i128>(&[
        ("170141183460469231731687303715884105728".into(), None),
        ("-170141183460469231731687303715884105729".into(), None),
        ("0".into(), Some(0)),
    ]);
}

/// An untyped integer is a `u64`, an `i64`, or else a float.
#[test]
fn case_27_untyped_numbers() {
    for level in Level::available() {
        for (text, want) in [
            ("0", Value::from(0)),
            ("-0", Value::from(-0.0)),
            ("18446744073709551615", Value::from(u64::MAX)),
            ("18446744073709551616", Value::from(18446744073709551616.0)),
            ("-9223372036854775808", Value::from(i64::MIN)),
            ("-9223372036854775809", Value::from(-9223372036854775809.0)),
            ("1.0", Value::from(1.0)),
            ("1e2", Value::from(100.0)),
            ("123456789012345678901234567890", Value::from(123456789012345678901234567890.0)),
        ] {
            let input = format!("{text}\n[{text}, {text}]\n");
            let all: Vec<Value> = ReaderBuilder::new()
                .level(level)
                .from_slice(input.as_bytes())
                .into_deserialize()
                .map(|r| r.unwrap_or_else(|e| panic!("{text} at {level}: {e}")))
                .collect();
            // -0 and 0 compare equal as floats: the text tells them apart
            let got: Vec<_> = all.iter().map(Value::to_string).collect();
            assert_eq!(got, [want.to_string(), format!("[{want},{want}]")], "{text} at {level}");
        }
    }
}

/// Case 21: numbers of a megabyte and exponents of a hundred thousand digits take linear time. (A quadratic reader
/// would not finish.) Exponents beyond 65535 that as many digits make up for are left out: there `str::parse`, which
/// ours follows, saturates.
#[test]
fn case_21_enormous_numbers() {
    const MILLION: usize = 1_000_000;
    let (ones, zeros, exponent) = ("1".repeat(MILLION), "0".repeat(MILLION), "9".repeat(100_000));
    let many_zeros = "0".repeat(100_000);
    let (under, over) = (&zeros[..65_530], &zeros[..655_360]);
    let floats: [(String, Option<f64>); 32] = [
        // an exponent of six digits and more, and as many digits against it
        (format!("0.{over}1e655361"), Some(1.0)),
        (format!("-0.{over}25E+655361"), Some(-2.5)),
        (format!("0.{over}1e655360"), Some(0.1)),
        (format!("0.{over}1e655670"), None),
        (format!("1{over}e-655360"), Some(1.0)),
        (format!("{}e-655360", &ones[..655_360]), Some(0.1111111111111111)),
        (format!("{}.5e-655359", &ones[..655_360]), Some(1.1111111111111112)),
        (format!("0.{under}1e655361"), None),
        (format!("1{under}e-655361"), Some(0.0)),
        (format!("0.{zeros}e{exponent}"), Some(0.0)),
        (format!("-{}e-{exponent}", &ones[..70_000]), Some(-0.0)),
        (format!("{}e{exponent}", &ones[..70_000]), None),
        (format!("0.{ones}"), Some(0.1111111111111111)),
        (format!("1.{zeros}"), Some(1.0)),
        (format!("1.{zeros}1"), Some(1.0)),
        (format!("0.{zeros}1"), Some(0.0)),
        (format!("0.{}1e60001", &zeros[..60_000]), Some(1.0)),
        (format!("1{}e-60000", &zeros[..60_000]), Some(1.0)),
        (format!("-1{}e-60000", &zeros[..60_000]), Some(-1.0)),
        (format!("{}e-59999", &ones[..60_000]), Some(1.1111111111111112)),
        (ones.clone(), None),
        (format!("-{ones}"), None),
        (format!("{ones}.5"), None),
        (format!("1e{exponent}"), None),
        (format!("1e+{exponent}"), None),
        (format!("1e-{exponent}"), Some(0.0)),
        (format!("-1e-{exponent}"), Some(-0.0)),
        (format!("0e{exponent}"), Some(0.0)),
        (format!("0.0e{exponent}"), Some(0.0)),
        (format!("1e{many_zeros}1"), Some(10.0)),
        (format!("1e-{many_zeros}1"), Some(0.1)),
        (format!("1.5E+{many_zeros}"), Some(1.5)),
    ];
    let input: String = floats.iter().map(|(text, _)| format!("{text}\n[{text}]\n")).collect();
    // a number is parsed after the index, and the same way at every level
    let level = Level::detect();
    let reader = || ReaderBuilder::new().level(level).from_slice(input.as_bytes());
    assert_eq!(reader().into_deserialize::<IgnoredAny>().filter(|r| r.is_ok()).count(), 2 * floats.len(), "at {level}");
    assert_eq!(reader().into_deserialize::<i64>().filter(|r| r.is_ok()).count(), 0, "at {level}");
    assert_eq!(reader().into_deserialize::<u64>().filter(|r| r.is_ok()).count(), 0, "at {level}");
    let mut records = reader();
    let mut next = |as_array: bool| {
        let record = records.next_record().expect("a well-formed line").expect("a record");
        match as_array {
            true => record.deserialize::<(f64,)>().map(|x| x.0),
            false => record.deserialize::<f64>(),
        }
    };
    for (text, want) in &floats {
        let shown = format!("{}... of {} bytes at {level}", &text[..20], text.len());
        for as_array in [false, true] {
            match (next(as_array), want) {
                (Ok(got), Some(want)) => {
                    assert_eq!(got.to_bits(), want.to_bits(), "{got}, expected {want}: {shown}")
                }
                (Err(e), None) => assert_eq!(e.kind(), ErrorKind::NumberOutOfRange, "{e}: {shown}"),
                (got, want) => panic!("{got:?}, expected {want:?}: {shown}"),
            }
        }
    }
    // 128-bit integers have a path of their own
    for text in [&ones, &format!("-{ones}"), &zeros] {
        let reader = || ReaderBuilder::new().level(level).from_slice(text.as_bytes());
        assert!(reader().into_deserialize::<i128>().all(|r| r.is_err()), "i128 at {level}");
        assert!(reader().into_deserialize::<u128>().all(|r| r.is_err()), "u128 at {level}");
        assert!(reader().into_deserialize::<f32>().all(|r| r.is_err()), "f32 at {level}");
        assert!(reader().into_deserialize::<Value>().all(|r| r.is_err()), "Value at {level}");
    }
}

/// Zeros of all forms keep their sign; no digit is lost in any number of them.
#[test]
fn zeros_and_single_digits() {
    let mut texts = Vec::new();
    for sign in ["", "-"] {
        for digit in ["0", "5"] {
            for n in 0..27 {
                let zeros = "0".repeat(n);
                texts.push(format!("{sign}0.{zeros}{digit}"));
                texts.push(format!("{sign}{digit}.{zeros}0"));
                texts.push(format!("{sign}1234567.{zeros}{digit}"));
                for exponent in ["e0", "E+7", "e-7", "e64", "e-64", "e99", "e-99", "e999", "e-999", "e9999", "e00012"] {
                    if n % 5 == 0 && (digit == "0" || exponent != "e999" && exponent != "e9999") {
                        texts.push(format!("{sign}{digit}{exponent}"));
                        texts.push(format!("{sign}0.{zeros}{digit}{exponent}"));
                    }
                }
            }
        }
    }
    check_parse::<f64>(&texts);
    check_parse::<f32>(&texts);
}

/// Exactly between two floats, and next to that, in the few digits that the fast paths take.
#[test]
fn short_halfway_cases() {
    let mut random = Random(12);
    let mut texts = Vec::new();
    let mut add = |random: &mut Random, n: u128, power: i32| {
        for n in [n - 1, n, n + 1] {
            let digits = n.to_string();
            if digits.len() > 19 {
                continue;
            }
            let at = 1 + random.below(digits.len().min(8));
            let (int, fraction) = digits.split_at(at);
            let exponent = power + fraction.len() as i32;
            let dot = if fraction.is_empty() { "" } else { "." };
            texts.push(format!("{int}{dot}{fraction}e{exponent}"));
            texts.push(format!("-{int}{dot}{fraction}E{exponent:+}"));
            texts.push(format!("0.{digits}e{}", power + digits.len() as i32));
            texts.push(format!("{digits}e{power}"));
            if (-19..0).contains(&power) {
                let behind = power.unsigned_abs() as usize;
                let digits = format!("{digits:0>width$}", width = behind + 1);
                texts.push(format!("{}.{}", &digits[..digits.len() - behind], &digits[digits.len() - behind..]));
            }
        }
    };
    // odd multiples of half a unit in the last place, of 54 and of 25 bits: as n, as n * 5^p and as n / 2^p
    for bits in [54, 25] {
        for _ in 0..5 {
            for power in 0..=23i32 {
                let (low, five) = (1u128 << (bits - 1), 5u128.pow(power as u32));
                if five < low {
                    let n = low / five + u128::from(random.bits()) % (low / five) + 1;
                    add(&mut random, n | 1, power);
                }
            }
            for power in 0..=16i32 {
                let n = ((1u128 << (bits - 1)) | (u128::from(random.bits()) % (1 << (bits - 1))) | 1)
                    >> random.below(9)
                    | 1;
                add(&mut random, n * 5u128.pow(power as u32), -power);
            }
        }
    }
    for n in [1u128 << 24, 1 << 25, 1 << 53, 1 << 54, 1 << 63, (1 << 64) - 3, 10u128.pow(19) - 2, 10u128.pow(16)] {
        for around in 0..5 {
            for power in [-70, -66, -65, -64, -63, -45, -38, -28, -27, -5, -4, -1, 0, 1, 22, 23, 24, 38, 55, 63, 64, 65]
            {
                add(&mut random, n - 2 + around, power);
            }
        }
    }
    // the edges of f32: its largest, what rounds to infinity, subnormals and the least
    for text in [
        "3.4028234e38",
        "3.4028235e38",
        "3.40282346638528859e38",
        "3.4028235677973366e38",
        "3.402823567797337e38",
        "3.4028236e38",
        "3.403e38",
        "1e39",
        "34028235.677973366e31",
        "1.17549435e-38",
        "1.1754943e-38",
        "1.1754942e-38",
        "1.17549428e-38",
        "5.8774717e-39",
        "1e-45",
        "1.4e-45",
        "7.0064923e-46",
        "7.006492e-46",
        "7.1e-46",
        "1e-46",
    ] {
        texts.extend([text.to_owned(), format!("-{text}")]);
    }
    check_parse::<f64>(&texts);
    check_parse::<f32>(&texts);
}
