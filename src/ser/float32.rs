//! `f32` of a common size: digits and text without a branch that depends on the number, and without a copy.

use crate::simd::digits12;

/// What follows from an exponent.
struct Scale {
    /// 10^-p is the largest power of ten that is no more than the distance to the next number.
    p: u32,
    /// That distance, in units of 10^-p / 2^32.
    distance: u64,
    /// 10^(12 - p).
    ten: u64,
}

const EXPONENTS: u32 = 36;
/// The biased exponent of 2^-13.
const FIRST_EXPONENT: u32 = 127 - 13;

const SCALES: &[Scale; EXPONENTS as usize] = &{
    let mut table = [const { Scale { p: 0, distance: 0, ten: 0 } }; EXPONENTS as usize];
    let mut i = 0;
    while i < EXPONENTS {
        // neighbours are 2^-q apart; 1233 / 4096 is near enough the decimal logarithm of 2
        let q = 127 + 23 - (FIRST_EXPONENT + i);
        let p = (q * 1233).div_ceil(4096);
        table[i as usize] = Scale { p, distance: 5u64.pow(p) << (32 + p - q), ten: 10u64.pow(12 - p) };
        i += 1;
    }
    table
};

/// Appends what `zmij` gives for `value`, if that is a number from 2^-13 up to 2^23 and no power of two. Whether it did.
#[inline(always)]
pub(super) fn write(value: f32, out: &mut Vec<u8>) -> bool {
    let bits = value.to_bits();
    let (exponent, fraction, sign) = ((bits >> 23) & 0xFF, bits & 0x7F_FFFF, bits >> 31);
    let Some(scale) = SCALES.get(exponent.wrapping_sub(FIRST_EXPONENT) as usize) else { return false };
    if fraction == 0 {
        return false;
    }
    let digits = shortest(fraction, scale);
    if exponent >= 127 {
        write_above_one(digits, scale, sign, out);
        return true;
    }
    // twelve digits behind the point
    let (text, count) = digits12(fours(digits * scale.ten));
    let before = (u32::from_le_bytes(*b"0.  ") << (8 * sign)) | (u32::from(b'-') * sign);
    out.extend_from_slice(&before.to_le_bytes());
    out.truncate(out.len() - 2 + sign as usize);
    out.extend_from_slice(&text);
    out.truncate(out.len() - 16 + count);
    true
}

/// The same from 1 on.
#[inline(never)]
fn write_above_one(digits: u64, scale: &Scale, sign: u32, out: &mut Vec<u8>) {
    let ten = 10u64.pow(scale.p);
    if sign > 0 {
        out.push(b'-');
    }
    out.extend_from_slice(itoa::Buffer::new().format(digits / ten).as_bytes());
    // at least one digit behind the point
    let (text, count) = digits12(fours(digits % ten * scale.ten));
    out.push(b'.');
    out.extend_from_slice(&text);
    out.truncate(out.len() - 16 + count);
}

/// Twelve digits, four by four.
#[inline(always)]
fn fours(value: u64) -> [u32; 3] {
    let (upper, upper_two) = (value / 100_000_000, value / 10_000);
    [upper as u32, (upper_two - 10_000 * upper) as u32, (value - 10_000 * upper_two) as u32]
}

/// The decimal digits of a number, in units of 10^-p.
///
/// Of the decimal numbers that read back as the same, one with the fewest digits is wanted, the nearest of these. All of them
/// lie around it up to half the distance to its neighbours. At most one multiple of 10^(1 - p) lies there, and if none does, the
/// nearest multiple of 10^-p does. (Giulietti, "The Schubfach way to render doubles", 2021. With these exponents all is exact
/// in 64 bits, and neighbours are equally far on both sides but for powers of two.)
#[inline(always)]
fn shortest(fraction: u32, scale: &Scale) -> u64 {
    let significand = u64::from(fraction | 1 << 23);
    // what is half way to a neighbour belongs to who is even
    let (value, reach) = (significand * scale.distance, scale.distance / 2 - (significand & 1));
    let floor = value >> 32;
    let tens = floor / 10 * 10;
    let above = value - (tens << 32);
    let (down, up) = (above <= reach, (10 << 32) - above <= reach);
    let nearest = (value + ((1 << 31) - 1) + (floor & 1)) >> 32;
    if down | up { tens + 10 * u64::from(up) } else { nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with zmij; how many values were written here.
    fn check(bits: impl Iterator<Item = u32>) -> u64 {
        let (mut out, mut count) = (Vec::new(), 0);
        for bits in bits {
            out.clear();
            let value = f32::from_bits(bits);
            if write(value, &mut out) {
                let expected = zmij::Buffer::new().format_finite(value).to_owned();
                assert_eq!(String::from_utf8_lossy(&out), expected, "{bits:#x}");
                count += 1;
            } else {
                assert!(out.is_empty());
            }
        }
        count
    }

    #[test]
    fn as_zmij() {
        // both signs, each exponent, and fractions at random and at both ends
        let fractions =
            (0..3000u32).map(|i| i.wrapping_mul(0x9E37_79B9) >> 9).chain(0..200).chain(0x7F_FF00..=0x7F_FFFF);
        let short = (1..100_000u32).flat_map(|i| [1e2, 1e3, 1e5, 1e7].map(|scale| (i as f32 / scale).to_bits()));
        let all = fractions.flat_map(|fraction| (0..512).map(move |exponent| exponent << 23 | fraction));
        assert!(check(all.chain(short)) > 500_000);
    }

    /// All there are: about a minute in a release build.
    #[test]
    #[ignore = "slow"]
    fn all_as_zmij() {
        assert_eq!(check(0..=u32::MAX), 2 * 36 * ((1 << 23) - 1));
    }
}
