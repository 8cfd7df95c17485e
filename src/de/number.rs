//! Numbers, whose end is known before they are read.
//!
//! The fast paths prove a text valid and read it, or give up; [`parse`] then applies the whole grammar of RFC 8259.
//!
//! They are free of branches on the digits. Two things are not to be undone: flags and shifts are kept in whole registers
//! (a table for the sign, 64-bit shifts), because LLVM's byte-sized `setcc` and `mov cl` merge into the register that holds
//! the number before, which chains all numbers of an array; and `None` is decided late.

use super::{
    digits::{IS_MINUS, last_digits},
    float::{any_f64, long_f64, narrow, short_decimal},
};
use crate::{
    cursor::{At, Cursor, Scalar},
    error::{Error, ErrorKind, Result},
    simd::Text16,
};
use serde::de::{Expected, Visitor};
use std::str::FromStr;

/// A JSON number of any length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Negative(i64),
    /// With a fraction or an exponent, or `-0`; infinite if it is out of range.
    Float(f64),
    /// An integer that fits neither; infinite if it is out of range even so.
    BigInteger(f64),
}

/// A sign (1 if negative) and a magnitude.
type SignAnd<T> = (u64, T);

impl<'de, 'w> Cursor<'de, 'w> {
    #[inline(always)]
    pub(super) fn unsigned_or_any<V: Visitor<'de>>(&mut self, at: At<'w>, visitor: V) -> Result<V::Value> {
        let scalar = self.walk.scalar(at);
        if let Some(n) = short_unsigned(scalar) {
            self.at = scalar.after;
            return visitor.visit_u64(n);
        }
        self.integer(at, visitor)
    }

    /// Negative and longer integers, and what is none.
    #[inline(never)]
    fn integer<V: Visitor<'de>>(&mut self, at: At<'w>, visitor: V) -> Result<V::Value> {
        let scalar = self.walk.scalar(at);
        match fast_integer(scalar) {
            Some(number) => self.visit_number(scalar, number, visitor),
            None => self.number_slow(at, true, visitor),
        }
    }

    /// Longer numbers as `f32`, and what is none.
    #[inline(never)]
    pub(super) fn float32<V: Visitor<'de>>(&mut self, at: At<'w>, visitor: V) -> Result<V::Value> {
        if let Some(n) = any_f64(self.walk, at).and_then(narrow) {
            self.at = self.walk.after(at);
            return visitor.visit_f32(n);
        }
        // rounded once, from the text
        let scalar = self.walk.scalar_exact(at);
        match parse_f32(scalar.text()) {
            Some(n) if n.is_finite() => {
                self.at = scalar.after;
                visitor.visit_f32(n)
            }
            Some(_) => Err(self.out_of_range(at, &visitor)),
            None => Err(self.unexpected(at, &visitor)),
        }
    }

    /// A number of any kind, into a visitor that takes all.
    #[inline(always)]
    pub(super) fn any_number<V: Visitor<'de>>(&mut self, at: At<'w>, visitor: V) -> Result<V::Value> {
        let scalar = self.walk.scalar(at);
        match fast_integer(scalar).or_else(|| any_f64(self.walk, at).map(Number::Float)) {
            Some(number) => self.visit_number(scalar, number, visitor),
            None => self.number_slow(at, false, visitor),
        }
    }

    /// A number that no fast path took, or something else. (Not through `deserialize_any`: that would call `visit_map` from a
    /// second place, after which nothing in it is inlined.)
    #[cold]
    #[inline(never)]
    pub(super) fn number_slow<V: Visitor<'de>>(
        &mut self,
        at: At<'w>,
        wants_integer: bool,
        visitor: V,
    ) -> Result<V::Value> {
        let scalar = self.walk.scalar_exact(at);
        match parse(scalar.text()) {
            None => Err(self.unexpected(at, &visitor)),
            Some(Number::BigInteger(_)) if wants_integer => Err(self.out_of_range(at, &visitor)),
            Some(Number::Float(n) | Number::BigInteger(n)) if n.is_infinite() => Err(self.out_of_range(at, &visitor)),
            Some(number) => self.visit_number(scalar, number, visitor),
        }
    }

    #[inline(always)]
    fn visit_number<V: Visitor<'de>>(&mut self, scalar: Scalar<'w>, number: Number, visitor: V) -> Result<V::Value> {
        self.at = scalar.after;
        match number {
            Number::Unsigned(n) => visitor.visit_u64(n),
            Number::Negative(n) => visitor.visit_i64(n),
            Number::Float(n) | Number::BigInteger(n) => visitor.visit_f64(n),
        }
    }

    #[cold]
    pub(super) fn out_of_range(&self, at: At<'w>, expected: &dyn Expected) -> Error {
        let text = self.walk.scalar_exact(at).text();
        let shown = String::from_utf8_lossy(&text[..text.len().min(48)]);
        let more = if text.len() > 48 { "…" } else { "" };
        let message = format!("number out of range: `{shown}{more}`, expected {expected}");
        Error::new(ErrorKind::NumberOutOfRange, message, Some(self.walk.place(at)))
    }
}

/// An integer of at most 8 digits, without a sign.
#[inline(always)]
fn short_unsigned(scalar: Scalar) -> Option<u64> {
    short_digits(scalar, 0)
}

/// An integer of at most 8 digits.
#[inline(always)]
fn short_integer(scalar: Scalar) -> Option<SignAnd<u64>> {
    let negative = IS_MINUS[scalar.first() as usize];
    Some((u64::from(negative), short_digits(scalar, usize::from(negative))?))
}

/// The at most 8 digits behind a sign of `sign` bytes.
#[inline(always)]
fn short_digits(scalar: Scalar, sign: usize) -> Option<u64> {
    let len = scalar.len().wrapping_sub(sign);
    if len.wrapping_sub(1) >= 8 {
        return None;
    }
    let n = last_digits(scalar.last(0)?, len)?;
    if len > 1 && scalar.leading(sign) == b'0' {
        return None;
    }
    Some(n)
}

/// An integer of 9 to 19 digits.
#[inline(never)]
fn medium_integer(scalar: Scalar) -> Option<SignAnd<u64>> {
    let negative = IS_MINUS[scalar.first() as usize] as usize;
    let len = scalar.len().wrapping_sub(negative);
    if len.wrapping_sub(9) > 10 || scalar.leading(negative) == b'0' {
        return None;
    }
    let low = Text16::load(scalar.last(0)?).decimal(len.min(16))?;
    if len <= 16 {
        return Some((negative as u64, low));
    }
    Some((negative as u64, last_digits(scalar.last(16)?, len - 16)? * 10_000_000_000_000_000 + low))
}

/// An integer of at most 19 digits.
#[inline(always)]
fn fast_integer(scalar: Scalar) -> Option<Number> {
    match short_integer(scalar).or_else(|| medium_integer(scalar))? {
        (0, n) => Some(Number::Unsigned(n)),
        (_, 0) => None, // `-0` is a float
        (_, n) => Some(Number::Negative(0i64.checked_sub_unsigned(n)?)),
    }
}

/// What JSON's grammar says of `text`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Integer,
    Decimal,
}

fn form(text: &[u8]) -> Option<Form> {
    let digits = |text: &[u8]| text.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let integer = digits(rest);
    if integer == 0 || (integer > 1 && rest[0] == b'0') {
        return None;
    }
    rest = &rest[integer..];
    let mut form = Form::Integer;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let n = digits(fraction);
        (rest, form) = (&fraction[n..], Form::Decimal);
        if n == 0 {
            return None;
        }
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or(rest.strip_prefix(b"E")) {
        let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let n = digits(exponent);
        (rest, form) = (&exponent[n..], Form::Decimal);
        if n == 0 {
            return None;
        }
    }
    rest.is_empty().then_some(form)
}

/// Whether `text` is a JSON number.
#[inline(never)]
pub(crate) fn is_number(text: &[u8]) -> bool {
    form(text).is_some()
}

/// Whether the scalar is a JSON number.
#[inline(always)]
pub(super) fn is_valid(scalar: Scalar) -> bool {
    short_integer(scalar).is_some()
        || short_decimal(scalar).is_some_and(|n| n.text.decimal(n.digits).is_some())
        || medium_integer(scalar).is_some()
        || long_f64(scalar).is_some()
}

/// A JSON number of any length; `None` if it is none. Linear in its length.
#[cold]
#[inline(never)]
pub(super) fn parse(text: &[u8]) -> Option<Number> {
    let form = form(text)?;
    let text = std::str::from_utf8(text).ok()?;
    if form == Form::Integer {
        match text.strip_prefix('-') {
            // like serde_json, `-0` is a float: no integer has a negative zero
            Some("0") => return Some(Number::Float(-0.0)),
            Some(_) => {
                if let Ok(n) = text.parse() {
                    return Some(Number::Negative(n));
                }
            }
            None => {
                if let Ok(n) = text.parse() {
                    return Some(Number::Unsigned(n));
                }
            }
        }
        return Some(Number::BigInteger(text.parse().ok()?));
    }
    Some(Number::Float(to_float(text)?))
}

/// The text as an `f32`, correctly rounded, infinite if out of range; `None` if it is no JSON number.
#[cold]
#[inline(never)]
pub(super) fn parse_f32(text: &[u8]) -> Option<f32> {
    form(text)?;
    to_float(std::str::from_utf8(text).ok()?)
}

/// A JSON number as a float, by `str::parse`. That reads no more of an exponent than it needs to see that it is beyond 65,535;
/// where as many digits can make up for it, they are brought before a small one.
fn to_float<F: FromStr>(text: &str) -> Option<F> {
    if text.len() < 60_000 {
        return text.parse().ok();
    }
    let (sign, unsigned) = text.split_at(usize::from(text.starts_with('-')));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes());
    let zeros = digits.clone().take_while(|digit| *digit == b'0').count();
    let mut significant = digits.skip(zeros).map(char::from);
    // no rounding needs more than 768; of the others, whether they are nothing
    let kept: String = significant.by_ref().take(800).collect();
    let rest = if significant.any(|digit| digit != '0') { "1" } else { "" };
    let beyond = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let power =
        exponent.parse().unwrap_or(beyond).clamp(i64::MIN / 2, i64::MAX / 2) + whole.len() as i64 - zeros as i64;
    // no float has an exponent of a thousand
    format!("{sign}0.{kept}{rest}e{}", power.clamp(-1000, 1000)).parse().ok()
}

/// A JSON integer of up to 128 bits; `-0` is zero here, as in serde_json.
#[cold]
#[inline(never)]
pub(super) fn parse_128<T: std::str::FromStr>(text: &[u8]) -> Option<std::result::Result<T, T::Err>> {
    (form(text)? == Form::Integer).then(|| std::str::from_utf8(text).unwrap_or_default().parse())
}
