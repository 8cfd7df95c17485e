//! Floats, correctly rounded, by the shortest way that their form allows.
//!
//! The general conversion is that of Eisel and Lemire (D. Lemire, "Number parsing at a gigabyte per second", 2021; N. Mushtak
//! and D. Lemire, "Fast number parsing without fallback", 2023), for the powers of ten whose results are all normal. What is
//! beyond them, or longer, is left to `str::parse`.

use super::digits::{IS_MINUS, last_digits};
use crate::{
    cursor::{At, Scalar, Walk},
    simd::Text16,
};

const POWERS_OF_TEN: &[f64; 32] = &{
    let mut table = [1e22; 32];
    let exact = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];
    let mut i = 0;
    while i < exact.len() {
        table[i] = exact[i];
        i += 1;
    }
    table
};

/// For each digit what it is worth before a dot, if `i + 1` digits behind it are read as an integer.
const LEADING_DIGITS: &[[f64; 16]; 10] = &{
    let mut table = [[0.0; 16]; 10];
    let mut digit = 0;
    while digit < 10 {
        let mut i = 0;
        while i < 16 {
            table[digit][i] = digit as f64 * POWERS_OF_TEN[i + 1];
            i += 1;
        }
        digit += 1;
    }
    table
};

/// The powers of ten, and the same negated.
const SIGNED_POWERS_OF_TEN: &[[f64; 32]; 2] = &{
    let mut table = [*POWERS_OF_TEN; 2];
    let mut i = 0;
    while i < 32 {
        table[1][i] = -table[0][i];
        i += 1;
    }
    table
};

/// The shape `[-]digits[.digits]` with at most 16 digits, of which only the number is known.
pub(super) struct Decimal {
    /// 1 if there is a sign.
    negative: usize,
    /// It ends in all the digits, the dot left out.
    pub(super) text: Text16,
    pub(super) digits: usize,
    /// How many of them stand behind the dot.
    fraction: usize,
}

#[inline(always)]
pub(super) fn short_decimal(scalar: Scalar) -> Option<Decimal> {
    let negative = usize::from(IS_MINUS[scalar.first() as usize]);
    let len = scalar.len().wrapping_sub(negative);
    if len.wrapping_sub(1) > 16 {
        return None;
    }
    let before = scalar.last::<16>(1)?;
    let text = Text16::load(scalar.last(0)?);
    // the dot's bit at its place in the number
    let dot = (u64::from(text.dots()) << len) >> 16;
    if dot == 0 {
        if len > 16 || (len > 1 && scalar.leading(negative) == b'0') {
            return None;
        }
        return Some(Decimal { negative, text, digits: len, fraction: 0 });
    }
    let integer = dot.trailing_zeros() as usize;
    let fraction = len.wrapping_sub(1 + integer);
    // no digit on one side, or a zero before other digits
    if integer == 0 || fraction == 0 || integer * usize::from(scalar.leading(negative) == b'0') > 1 {
        return None;
    }
    // close the gap that the dot leaves: what stands before it comes from one byte further left
    let text = text.behind(Text16::load(before), fraction & 15);
    Some(Decimal { negative, text, digits: len - 1, fraction })
}

/// `[-]d.ddd` with one digit before the dot, as most measures and all embeddings have it, and at most 14 behind it; mantissa
/// and power of ten are both exact as `f64`, so that one division rounds once (Clinger, "How to read floating point numbers
/// accurately", 1990).
///
/// What an array of numbers costs is how many of them a processor works on at a time: that is bounded by the chain of
/// instructions from a number's place to its value, and by the number of loads. So the dot's place is not searched, nothing
/// goes from vector to general registers, the sign is that of the divisor, and the tables are constants.
#[inline(always)]
pub(super) fn unit_f64(scalar: Scalar) -> Option<f64> {
    let negative = usize::from(IS_MINUS[scalar.first() as usize]);
    // one less than the digits behind the dot, so that no instruction is needed to see that there are some
    let more = scalar.len().wrapping_sub(negative + 3);
    if more >= 14 {
        return None;
    }
    let text = scalar.last::<16>(0)?;
    let integer = usize::from(text[13 - more]).wrapping_sub(usize::from(b'0'));
    if text[14 - more] != b'.' || integer > 9 {
        return None;
    }
    let mantissa = Text16::load(text).decimal_f64(more + 1, LEADING_DIGITS[integer][more & 15])?;
    Some(mantissa / SIGNED_POWERS_OF_TEN[negative & 1][(more & 15) + 1])
}

/// The number at `at`, of up to 19 digits, correctly rounded.
#[inline(never)]
pub(super) fn any_f64(walk: Walk<'_>, at: At<'_>) -> Option<f64> {
    let scalar = walk.scalar(at);
    // one test that floats of one origin agree on, rather than one after the other
    if scalar.len() <= 12 { short_f64(scalar).or_else(|| long_f64(scalar)) } else { long_f64(scalar) }
}

/// A number with at most 16 digits and no exponent, correctly rounded.
#[inline(always)]
fn short_f64(scalar: Scalar) -> Option<f64> {
    let decimal = short_decimal(scalar)?;
    let mantissa = decimal.text.decimal_f64(decimal.digits, 0.0)?;
    // from there on the mantissa may have been rounded
    if mantissa >= (1u64 << 53) as f64 {
        return None;
    }
    Some(mantissa / SIGNED_POWERS_OF_TEN[decimal.negative & 1][decimal.fraction & 31])
}

/// The `f64` that a number was rounded to as `f32`. It may be rounded again unless it sits on the midpoint between two `f32`,
/// where the first rounding may have put it, or is outside of their normal range.
#[inline(always)]
pub(super) fn narrow(double: f64) -> Option<f32> {
    const SMALLEST: u64 = (f32::MIN_POSITIVE as f64).to_bits();
    const LARGEST: u64 = (f32::MAX as f64).to_bits();
    let bits = double.to_bits();
    let magnitude = bits & !(1 << 63);
    let in_range = magnitude.wrapping_sub(SMALLEST) <= LARGEST - SMALLEST || magnitude == 0;
    (in_range && bits & 0x1FFF_FFFF != 0x1000_0000).then_some(double as f32)
}

/// The same for one whose mantissa and power of ten are so small that it is in that range.
#[inline(always)]
pub(super) fn narrow_short(double: f64) -> Option<f32> {
    (double.to_bits() & 0x1FFF_FFFF != 0x1000_0000).then_some(double as f32)
}

/// A number of up to 8 digits before a dot, correctly rounded.
///
/// Real floats have all lengths, signs and sizes, so that a branch on any of these is often mispredicted. There is one on
/// whether there is an exponent, and else on what makes it none of these numbers.
#[inline(always)]
pub(super) fn long_f64(scalar: Scalar) -> Option<f64> {
    let text = scalar.last::<8>(0)?;
    let own = !0u64 << ((8 * 8usize.saturating_sub(scalar.len())) & 63);
    let letters = (u64::from_le_bytes(*text) | 0x2020_2020_2020_2020) ^ u64::from_le_bytes([b'e'; 8]);
    // the high bit of each byte that is one (and of a `d` behind one, which makes no number either)
    let exponents = letters.wrapping_sub(0x0101_0101_0101_0101) & !letters & 0x8080_8080_8080_8080 & own;
    if exponents == 0 {
        return decimal(scalar, 0);
    }
    let behind = exponents.leading_zeros() as usize / 8;
    let sign = text[(8 - behind) & 7];
    let digits = behind.wrapping_sub(usize::from(sign == b'-' || sign == b'+'));
    if digits.wrapping_sub(1) >= 3 {
        return None;
    }
    let magnitude = last_digits(text, digits)? as i32;
    decimal(scalar.without_last(behind + 1)?, if sign == b'-' { -magnitude } else { magnitude })
}

/// `[-]digits[.digits]` times a power of ten.
#[inline(always)]
fn decimal(scalar: Scalar, exponent: i32) -> Option<f64> {
    let negative = usize::from(IS_MINUS[scalar.first() as usize]);
    let len = scalar.len().wrapping_sub(negative);
    if len.wrapping_sub(1) >= 28 {
        return None;
    }
    let (front, back) = (Text16::load(scalar.last(16)?), Text16::load(scalar.last(0)?));
    // the dot's bit at its place in the number; without one, behind it
    let dot = ((u64::from(front.dots()) | u64::from(back.dots()) << 16) << len) >> 32 | 1 << len;
    let integer = dot.trailing_zeros() as usize;
    let (has_dot, fraction) = (usize::from(integer != len), len.saturating_sub(integer + 1));
    if integer.wrapping_sub(1) >= 8 || fraction < has_dot || fraction > 24 {
        return None;
    }
    if integer * usize::from(scalar.leading(negative) == b'0') > 1 {
        return None; // a zero before other digits
    }
    let low = back.decimal(fraction)?; // of the last 16
    let high = last_digits(scalar.last(16)?, BEYOND_16[fraction & 31])?;
    let whole = last_digits(scalar.last(fraction + has_dot)?, integer)?;
    // 19 digits fit
    if high >= 1000 || (whole != 0) & (integer + fraction > 19) {
        return None;
    }
    let mantissa = whole * INTEGER_POWERS_OF_TEN[fraction & 31] + high * INTEGER_POWERS_OF_TEN[16] + low;
    let magnitude = scale(mantissa, exponent - fraction as i32)?;
    Some(f64::from_bits(magnitude.to_bits() | (negative as u64) << 63))
}

/// Those that fit into 64 bits; the rest multiply only zeros.
const INTEGER_POWERS_OF_TEN: &[u64; 32] = &{
    let mut table = [1; 32];
    let mut i = 1;
    while i < 20 {
        table[i] = 10 * table[i - 1];
        i += 1;
    }
    table
};

/// Of so many digits, how many stand before the last 16. (A subtraction that stops at zero takes three instructions.)
const BEYOND_16: &[usize; 32] = &{
    let mut table = [0; 32];
    let mut i = 17;
    while i < 32 {
        table[i] = i - 16;
        i += 1;
    }
    table
};

/// The largest power of ten, and the smallest negated.
const MAX_POWER: i32 = 64;

/// For each power of five its highest 128 bits, the upper half first: rounded down, but up for the negative ones whose
/// inverses have at most 64 bits.
const POWERS_OF_FIVE: &[(u64, u64); 2 * MAX_POWER as usize + 1] = &{
    let mut table = [(0, 0); 2 * MAX_POWER as usize + 1];
    let (mut up, mut down) = ([1, 0, 0, 0, 0], [0, 0, 0, 0, 1 << 63]); // 5^n and floor(2^319 / 5^n)
    let mut n = 0;
    while n <= MAX_POWER as usize {
        let (high, low) = highest_bits(down);
        let (low, carry) = low.overflowing_add((n <= 27) as u64);
        table[MAX_POWER as usize - n] = (high + carry as u64, low);
        table[MAX_POWER as usize + n] = highest_bits(up);
        let (mut i, mut carry, mut rest) = (0, 0, 0);
        while i < 5 {
            let product = up[i] as u128 * 5 + carry;
            (up[i], carry) = (product as u64, product >> 64);
            let dividend = rest << 64 | down[4 - i] as u128;
            (down[4 - i], rest) = ((dividend / 5) as u64, dividend % 5);
            i += 1;
        }
        n += 1;
    }
    table
};

/// The highest 128 bits of a number, whose lowest 64 come first.
const fn highest_bits(number: [u64; 5]) -> (u64, u64) {
    let mut top = 4;
    while number[top] == 0 {
        top -= 1;
    }
    let shift = number[top].leading_zeros();
    let mut limbs = [number[top], 0, 0];
    if top >= 1 {
        limbs[1] = number[top - 1];
    }
    if top >= 2 {
        limbs[2] = number[top - 2];
    }
    match shift {
        0 => (limbs[0], limbs[1]),
        _ => (limbs[0] << shift | limbs[1] >> (64 - shift), limbs[1] << shift | limbs[2] >> (64 - shift)),
    }
}

/// `mantissa` times ten to the power of `power`, correctly rounded; `None` for powers that are too large or too small.
#[inline(always)]
fn scale(mantissa: u64, power: i32) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    if !(-MAX_POWER..=MAX_POWER).contains(&power) {
        return None;
    }
    let (five_high, five_low) = POWERS_OF_FIVE[(power + MAX_POWER) as usize];
    let zeros = mantissa.leading_zeros();
    let normal = u128::from(mantissa << zeros);
    let mut product = normal * u128::from(five_high);
    if (product >> 64) as u64 & 0x1FF == 0x1FF {
        // the bits left out may carry
        product += (normal * u128::from(five_low)) >> 64;
    }
    let (high, low) = ((product >> 64) as u64, product as u64);
    let upper = (high >> 63) as u32;
    let shift = upper + 64 - 52 - 3;
    let mut bits = high >> shift; // 54 of them: the lowest one rounds
    if low <= 1 && (-4..=23).contains(&power) && bits & 3 == 1 && bits << shift == high {
        bits &= !1; // exactly half way, and down to even
    }
    bits = (bits + (bits & 1)) >> 1;
    // floor(power * log2(10)) + 63, and the bias; rounding up to a power of two carries into it
    let exponent = ((217_706 * power) >> 16) + 63 + upper as i32 - zeros as i32 + 1023;
    Some(f64::from_bits(((exponent as u64 - 1) << 52) + bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_is_parsing() {
        let mut seed = 3u64;
        let mut random = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            seed ^ seed >> 29
        };
        for round in 0..(if cfg!(miri) { 300 } else { 300_000 }) {
            let power = random() as i32 % (MAX_POWER + 2);
            let mantissa = match round % 4 {
                0 => random(),
                1 => random() >> (random() % 64),
                // half way between two floats, and next to it
                2 => ((random() | 1 << 63) >> 10 | 1).wrapping_add(random() % 3).wrapping_sub(1),
                _ => (random() % 1000) << (random() % 54),
            };
            let want: f64 = format!("{mantissa}e{power}").parse().unwrap();
            match scale(mantissa, power) {
                Some(got) => assert_eq!(got.to_bits(), want.to_bits(), "{mantissa}e{power}"),
                None => assert!(power.abs() > MAX_POWER),
            }
        }
    }
}
