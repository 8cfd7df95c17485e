//! Numbers: as `f64`, `f32` and every integer a text comes out as `str::parse` has it, bit for bit, wherever in a line it
//! stands; what is no JSON number is refused.
//!
//! The input is a program: for each text a byte that says how it is made, and so many bytes to make it of; see `Source`.
#![no_main]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use simd_jsonl::{Error, ErrorKind, Level, ReaderBuilder};

/// Bytes to make texts of; zeros when they are used up.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// Up to `len` bytes.
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn bits(&mut self) -> u128 {
        (0..16).fold(0, |bits, _| bits << 8 | u128::from(self.byte()))
    }

    /// The bits of a float with exponents of `exponent_bits` bits: any, or one of the magnitudes that data has, where the last
    /// bit is near 1, or where the range ends.
    fn float_bits(&mut self, exponent_bits: u32) -> u64 {
        let mantissa_bits = if exponent_bits == 11 { 52 } else { 23 };
        let (sort, size) = (self.byte(), u64::from(self.byte()));
        let exponents = (1u64 << exponent_bits) - 1; // one less than there are: all ones is no number
        let bits = (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte()));
        let mantissa = match sort >> 4 & 3 {
            0 => bits,
            1 => bits >> (size % 64),
            // few bits set, at either end
            2 => 1 << (bits % mantissa_bits),
            _ => !(1 << (bits % mantissa_bits)),
        } & ((1 << mantissa_bits) - 1);
        let exponent = match sort & 7 {
            0 | 1 => exponents / 2 - 64 + size / 2,
            2 | 3 => exponents / 2 + mantissa_bits - 8 + size % 16,
            4 => size,
            5 => exponents - 1 - size % exponents,
            _ => (size << 8 | bits >> 56) % exponents,
        };
        (exponent % exponents) << mantissa_bits | mantissa
    }

    /// So many digits: each of its own, or one over and over.
    fn digits(&mut self, out: &mut String) {
        let len = match self.byte() {
            len @ 0..=191 => usize::from(len) % 48,
            len => (usize::from(len) - 191) * 16,
        };
        let sort = self.byte();
        for _ in 0..len {
            let digit = if sort < 160 { self.byte() } else { sort };
            out.push(char::from(b'0' + digit % 10));
        }
    }

    fn text(&mut self) -> String {
        let how = self.byte();
        let mut text = String::from(if how & 0x80 != 0 { "-" } else { "" });
        match how & 7 {
            0 | 1 => {
                let len = usize::from(self.byte()) % 64;
                return String::from_utf8_lossy(self.take(len)).replace('\n', " ");
            }
            2 => self.decimal(&mut text),
            3 => self.printed(&mut text),
            4 => {
                let (mantissa, exponent) = parts(self.float_bits(11), 52, 1075);
                self.near(exact(2 * mantissa + 1, exponent - 1), &mut text);
            }
            5 => {
                let (mantissa, exponent) = parts(self.float_bits(8), 23, 150);
                self.near(exact(2 * mantissa + 1, exponent - 1), &mut text);
            }
            // near the edges of the integers
            6 => {
                let (edge, off) = (1u128 << (self.byte() & 127), i128::from(self.byte() as i8 / 8));
                let n = edge.wrapping_add_signed(off).wrapping_sub(u128::from(how & 8 != 0));
                write!(text, "{n}").expect("a string grows");
                if how & 0x10 != 0 {
                    self.digits(&mut text);
                }
            }
            _ => {
                let shift = self.byte() & 127;
                write!(text, "{}", self.bits() >> shift).expect("a string grows");
            }
        }
        if how & 0x40 != 0 {
            // one character of another kind
            let at = usize::from(self.byte()) % (text.len() + 1);
            match self.byte() {
                byte @ 0..=127 if byte != b'\n' => text.insert(at, char::from(byte)),
                _ => drop(text.split_off(at)),
            }
        }
        text
    }

    /// Digits, a dot, digits and an exponent, or some of these.
    fn decimal(&mut self, text: &mut String) {
        let shape = self.byte();
        let start = text.len();
        self.digits(text);
        if shape & 0x40 == 0 {
            // no zeros in front
            let zeros = text[start..].bytes().take_while(|digit| *digit == b'0').count();
            text.replace_range(start..start + zeros, "");
            if text.len() == start {
                text.push('0');
            }
        }
        if shape & 1 != 0 {
            text.push('.');
            self.digits(text);
        }
        if shape & 2 != 0 {
            text.push(if shape & 4 != 0 { 'e' } else { 'E' });
            text.push_str(["", "-", "+", "-"][usize::from(shape >> 3 & 3)]);
            match shape >> 5 & 1 {
                0 => write!(text, "{}", u16::from(self.byte()) * 3 / 2).expect("a string grows"),
                _ => self.digits(text),
            }
        }
    }

    /// A float as it is printed: the shortest way, or with more or fewer digits than it has.
    fn printed(&mut self, text: &mut String) {
        let (how, digits) = (self.byte(), usize::from(self.byte()));
        let wide = f64::from_bits(self.float_bits(11));
        let narrow = f32::from_bits(self.float_bits(8) as u32);
        match how % 8 {
            0 => write!(text, "{wide:?}"),
            1 => write!(text, "{wide:e}"),
            2 => write!(text, "{wide:.digits$}"),
            3 => write!(text, "{wide:.digits$E}"),
            4 => write!(text, "{narrow:?}"),
            5 => write!(text, "{narrow:.digits$e}"),
            6 => write!(text, "{}", f64::from(narrow)),
            _ => write!(text, "{wide}"),
        }
        .expect("a string grows");
    }

    /// What lies half way between two floats, or a little beside it: cut, one digit less, or with digits added.
    fn near(&mut self, half: String, text: &mut String) {
        let (how, at) = (self.byte(), usize::from(self.byte()));
        let start = text.len();
        text.push_str(&half);
        let dot = if half.contains('.') { "" } else { "." };
        match how & 7 {
            0 => {}
            1 => text.truncate((start + 1 + at).min(text.len())),
            2 => write!(text, "{dot}{}1", "0".repeat(at)).expect("a string grows"),
            3 => {
                let last = text.pop().map_or(0, |digit| digit as u8 - b'0');
                write!(text, "{}{dot}{}", last.saturating_sub(1), "9".repeat(at)).expect("a string grows");
            }
            4 => write!(text, "{dot}{}", "0".repeat(at)).expect("a string grows"),
            // the dot moved, and moved back by an exponent
            _ => {
                let digits: String = half.chars().filter(|c| *c != '.').collect();
                let moved = half.find('.').map_or(0, |dot| half.len() - dot - 1);
                let digits = digits.trim_start_matches('0');
                text.truncate(start);
                text.push_str(if digits.is_empty() { "0" } else { digits });
                if how & 8 != 0 && digits.len() > 1 {
                    text.insert(start + 1, '.');
                    write!(text, "e{}", digits.len() as i32 - 1 - moved as i32).expect("a string grows");
                } else {
                    write!(text, "e-{moved}").expect("a string grows");
                }
            }
        }
    }
}

/// The integer mantissa and the exponent of a positive float's bits.
fn parts(bits: u64, mantissa_bits: u32, bias: i32) -> (u64, i32) {
    let (fraction, exponent) = (bits & ((1 << mantissa_bits) - 1), (bits >> mantissa_bits) as i32);
    if exponent == 0 { (fraction, 1 - bias) } else { (fraction | 1 << mantissa_bits, exponent - bias) }
}

/// The exact decimal expansion of `mantissa * 2^exponent`.
fn exact(mantissa: u64, exponent: i32) -> String {
    const BASE: u64 = 1_000_000_000;
    let mut limbs = vec![mantissa % BASE, mantissa / BASE % BASE, mantissa / BASE / BASE]; // least first
    // m * 2^-k = m * 5^k / 10^k, and several factors at a time
    let (factor, at_once) = if exponent >= 0 { (2u64, 29) } else { (5, 12) };
    let mut left = exponent.unsigned_abs();
    while left > 0 {
        let now = left.min(at_once);
        let (power, mut carry) = (factor.pow(now), 0);
        for limb in &mut limbs {
            let n = *limb * power + carry;
            (*limb, carry) = (n % BASE, n / BASE);
        }
        if carry > 0 {
            limbs.push(carry);
        }
        left -= now;
    }
    let mut text: String = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    let point = if exponent < 0 { exponent.unsigned_abs() as usize } else { 0 };
    if text.len() <= point {
        text = "0".repeat(point + 1 - text.len()) + &text;
    }
    let (int, fraction) = text.split_at(text.len() - point);
    let int = int.trim_start_matches('0');
    let int = if int.is_empty() { "0" } else { int };
    if fraction.is_empty() { int.to_owned() } else { format!("{int}.{fraction}") }
}

/// `number = [ minus ] int [ frac ] [ exp ]` of RFC 8259, by the letter.
fn is_number(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let (int, fraction) = match number.split_once('.') {
        Some((int, fraction)) => (int, Some(fraction)),
        None => (number, None),
    };
    digits(int.strip_prefix('-').unwrap_or(int))
        && (!int.trim_start_matches('-').starts_with('0') || int.trim_start_matches('-') == "0")
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// A type of number that can be told apart by its bits.
trait Number: DeserializeOwned + FromStr + Copy + Debug {
    const IS_FLOAT: bool;
    fn bits(self) -> u128;
    fn is_finite(self) -> bool {
        true
    }
}

macro_rules! number {
    ($($float:ident)+; $($int:ident)+) => {
        $(impl Number for $float {
            const IS_FLOAT: bool = true;
            fn bits(self) -> u128 {
                self.to_bits().into()
            }
            fn is_finite(self) -> bool {
                self.is_finite()
            }
        })+
        $(impl Number for $int {
            const IS_FLOAT: bool = false;
            fn bits(self) -> u128 {
                self as u128
            }
        })+
    };
}
number!(f32 f64; i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);

/// What should become of a text: its bits, or an error, if it says so that the number is out of range or that it is none.
type Verdict = Result<u128, Option<bool>>;

fn verdict<T: Number>(text: &str) -> Verdict {
    let text = text.trim_matches([' ', '\t', '\r']);
    if !is_number(text) {
        // the first of several may be a number that is out of range; a `y` is taken for a bracket before it is looked at
        let is_one = text.bytes().all(|b| b.is_ascii_alphanumeric() && !b"yY".contains(&b) || b"+-.".contains(&b));
        return Err(is_one.then_some(false));
    }
    if T::IS_FLOAT {
        let number = text.parse::<T>().unwrap_or_else(|_| panic!("a number: {text}"));
        return if number.is_finite() { Ok(number.bits()) } else { Err(Some(true)) };
    }
    // a fraction or an exponent makes no integer, nor does a negative zero, except in 128 bits
    if text.contains(['.', 'e', 'E']) || text == "-0" && size_of::<T>() < 16 {
        return Err(None);
    }
    text.parse::<T>().map(T::bits).map_err(|_| None)
}

/// Where a text may stand: what stands behind a number decides which way it is read.
const PLACES: [(&str, &str); 5] =
    [("", ""), ("[", ",1]"), ("[ 1 , ", " ]"), ("{\"k\":", "}"), ("  {\"k\" : ", " ,\"l\":1}")];

/// The texts as a `T` each, in that place.
fn read<T: Number>(input: &[u8], place: usize, level: Level) -> Vec<Result<T, Error>> {
    let records = ReaderBuilder::new().level(level).from_slice(input);
    match place {
        0 => records.into_deserialize::<T>().skip(1).collect(),
        1 => records.into_deserialize::<[T; 2]>().skip(1).map(|all| all.map(|all| all[0])).collect(),
        2 => records.into_deserialize::<Vec<T>>().skip(1).map(|all| all.map(|all| all[1])).collect(),
        _ => {
            let maps = records.into_deserialize::<BTreeMap<String, T>>().skip(1);
            maps.map(|map| map.map(|map| map["k"])).collect()
        }
    }
}

fn check<T: Number>(texts: &[String], inputs: &[Vec<u8>], level: Level) {
    let name = std::any::type_name::<T>();
    let wanted: Vec<Verdict> = texts.iter().map(|text| verdict::<T>(text)).collect();
    for (place, input) in inputs.iter().enumerate() {
        let got = read::<T>(input, place, level);
        assert_eq!(got.len(), texts.len(), "records");
        for ((got, text), want) in got.iter().zip(texts).zip(&wanted) {
            let context = format_args!("{text:?} as {name} in place {place} at {level}");
            match (got, want) {
                (Ok(got), Ok(want)) => {
                    assert!(got.bits() == *want, "{context}: {got:?}, expected the bits {want:#x}");
                }
                (Err(e), Err(Some(true))) => assert_eq!(e.kind(), ErrorKind::NumberOutOfRange, "{context}: {e}"),
                (Err(e), Err(Some(false))) => assert_ne!(e.kind(), ErrorKind::NumberOutOfRange, "{context}: {e}"),
                (Err(_), Err(None)) => {}
                (got, want) => panic!("{context}: {got:?}, expected {want:?}"),
            }
        }
    }
}

/// Untyped, a number is a `u64`, an `i64` or else a float; skipped, all that matters is that it is one.
fn check_untyped(texts: &[String], inputs: &[Vec<u8>], level: Level) {
    let values = ReaderBuilder::new().level(level).from_slice(&inputs[0]).into_deserialize::<Value>().skip(1);
    let skipped = ReaderBuilder::new().level(level).from_slice(&inputs[0]).into_deserialize::<IgnoredAny>().skip(1);
    for ((text, value), skipped) in texts.iter().zip(values).zip(skipped) {
        let context = format_args!("{text:?} untyped at {level}");
        let number = text.trim_matches([' ', '\t', '\r']);
        if !is_number(number) {
            // free text may be another value
            assert!(!value.as_ref().is_ok_and(Value::is_number), "{context}: {value:?}");
            let is_large = value.as_ref().is_err_and(|e| e.kind() == ErrorKind::NumberOutOfRange);
            assert!(is_large || value.is_ok() == skipped.is_ok(), "{context}: {value:?}, {skipped:?}");
            continue;
        }
        assert!(skipped.is_ok(), "{context}: {skipped:?}");
        match (verdict::<u64>(text), verdict::<i64>(text), verdict::<f64>(text)) {
            (Ok(want), ..) => assert_eq!(value.expect("in range").as_u64().map(u128::from), Some(want), "{context}"),
            (_, Ok(want), _) => assert_eq!(value.expect("in range").as_i64().map(i64::bits), Some(want), "{context}"),
            (.., Ok(want)) => {
                let value = value.expect("in range");
                assert!(value.is_f64(), "{context}: {value}");
                assert_eq!(value.as_f64().map(f64::bits), Some(want), "{context}");
            }
            (.., Err(_)) => {
                assert_eq!(value.map_err(|e| e.kind()), Err(ErrorKind::NumberOutOfRange), "{context}");
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((level, data)) = data.split_first() else { return };
    let mut source = Source(data);
    let mut texts = Vec::new();
    while !source.0.is_empty() && texts.len() < 32 {
        let text = source.text();
        // a blank line is no record
        if !text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            texts.push(text);
        }
    }
    // in containers a text with anything but a number's characters may be several values
    let is_bare = |text: &String| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-. \t\r".contains(&b));
    let bare: Vec<String> = texts.iter().filter(|text| is_bare(text)).cloned().collect();
    // a first line that is beyond doubt keeps what is said of whole files out of it
    let lines = |texts: &[String], (before, behind): (&str, &str)| {
        let first = format!("{before}0{behind}\n");
        texts.iter().fold(first, |all, text| all + before + text + behind + "\n").into_bytes()
    };
    let inputs = PLACES.map(|place| lines(&bare, place));
    let levels = Level::available();
    let level = levels[usize::from(*level) % levels.len()];

    check_untyped(&texts, &[lines(&texts, PLACES[0])], level);
    check::<f64>(&texts, &[lines(&texts, PLACES[0])], level);
    macro_rules! check_all {
        ($($type:ident)+) => {$( check::<$type>(&bare, &inputs, level); )+};
    }
    check_all!(f64 f32 i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);
});
