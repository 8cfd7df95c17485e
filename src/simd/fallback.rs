//! Portable code, eight bytes at a time in a `u64` (SWAR); the measure for all others.

use super::{Kernel, Test, Vector};

#[derive(Clone, Copy)]
pub(super) struct Fallback(());

pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Fallback(()))
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is zero. (Exact: the usual `x - LOW & !x & HIGH` has false hits above a zero byte.)
#[inline(always)]
fn zero_bytes(x: u64) -> u64 {
    !(((x & !HIGH).wrapping_add(!HIGH)) | x) & HIGH
}

/// The high bits of the eight bytes, next to each other.
#[inline(always)]
fn gather(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// One mask of 64 bits from the high bits that `high` leaves in each word.
#[inline(always)]
fn mask(block: [u64; 8], high: impl Fn(u64) -> u64) -> u64 {
    block.iter().rev().fold(0, |mask, word| mask << 8 | gather(high(*word)))
}

impl Vector for Fallback {
    type Block = [u64; 8];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [u64; 8] {
        let (words, _) = bytes.as_chunks::<8>();
        std::array::from_fn(|i| u64::from_le_bytes(words[i]))
    }

    #[inline(always)]
    fn or(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        std::array::from_fn(|i| a[i] | b[i])
    }

    #[inline(always)]
    fn find(self, block: [u64; 8], test: Test) -> u64 {
        let equal =
            |word: u64, bits: u8, byte: u8| zero_bytes((word & (LOW * u64::from(bits))) ^ (LOW * u64::from(byte)));
        match test {
            Test::Equal { mask: bits, byte } => mask(block, |word| equal(word, bits, byte)),
            // the high bit stays only where the lower seven are at least byte + 1
            Test::AtMost(byte) => mask(block, |word| !((word | HIGH) - LOW * (u64::from(byte) + 1)) & HIGH & !word),
            Test::Separator => mask(block, |word| equal(word, 0xFF, b',') | equal(word, 0xFF, b':')),
        }
    }
}

/// 16 bytes of a number's text, the first in the lowest byte.
#[derive(Clone, Copy)]
#[allow(dead_code)] // where a processor has its own, only the tests use this one
pub(crate) struct Text16(u128);

#[allow(dead_code)]
impl Text16 {
    #[inline(always)]
    pub(crate) fn load(text: &[u8; 16]) -> Text16 {
        Text16(u128::from_le_bytes(*text))
    }

    /// One bit for each byte up to 0x1F, quote and backslash.
    #[inline(always)]
    pub(crate) fn escapes(self) -> u32 {
        escapes8(self.0 as u64) | escapes8((self.0 >> 64) as u64) << 8
    }

    /// One bit for each dot.
    #[inline(always)]
    pub(crate) fn dots(self) -> u32 {
        let dots = |half: u64| gather(zero_bytes(half ^ (LOW * u64::from(b'.')))) as u32;
        dots(self.0 as u64) | dots((self.0 >> 64) as u64) << 8
    }

    /// The last `n` bytes, behind the first `16 - n` bytes of `front`; `n` is at most 16.
    #[inline(always)]
    pub(crate) fn behind(self, front: Text16, n: usize) -> Text16 {
        let keep = last_bytes(n);
        Text16(self.0 & keep | front.0 & !keep)
    }

    /// The decimal number that the last `n` bytes write, all of them if `n` is more than 16, unless they are not all digits; `n`
    /// is at most 31.
    #[inline(always)]
    pub(crate) fn decimal(self, n: usize) -> Option<u64> {
        let digits = (self.0 ^ (u128::from(LOW * 0x30) * ((1 << 64) | 1))) & last_bytes(n);
        let (front, back) = (digits as u64, (digits >> 64) as u64);
        let above_9 = |half: u64| (half.wrapping_add(LOW * 0x76) | half) & HIGH;
        if above_9(front) | above_9(back) != 0 {
            return None;
        }
        Some(decimal8(front) * 100_000_000 + decimal8(back))
    }

    /// The same plus `leading`; exact where both and their sum are integers up to 2^53.
    #[inline(always)]
    pub(crate) fn decimal_f64(self, n: usize, leading: f64) -> Option<f64> {
        Some(self.decimal(n)? as i64 as f64 + leading)
    }
}

/// One bit for each of eight bytes that is up to 0x1F, a quote or a backslash, the first in the lowest byte.
#[inline(always)]
pub(crate) fn escapes8(text: u64) -> u32 {
    let is = |byte: u8| zero_bytes(text ^ (LOW * u64::from(byte)));
    // the high bit stays only where the lower seven are at least 0x20
    let control = !((text | HIGH) - LOW * 0x20) & !text & HIGH;
    gather(control | is(b'"') | is(b'\\')) as u32
}

/// Three numbers below 10^4 in four decimal digits each, then something, and how many characters are left of the twelve without
/// zeros at the end; at least one.
#[inline(always)]
#[allow(dead_code)] // where a processor has its own, only the tests use this one
pub(crate) fn digits12(numbers: [u32; 3]) -> ([u8; 16], usize) {
    let [eight, four] = [digits8(numbers[0], numbers[1]), digits8(numbers[2], 0)];
    let digits = u128::from(eight) | u128::from(four) << 64;
    let count = 16 - (digits | 1).leading_zeros() / 8;
    ((digits | u128::from_le_bytes([b'0'; 16])).to_le_bytes(), count as usize)
}

/// The eight decimal digits of two numbers below 10^4, the first in the lowest byte: pairs, and digits, all at once (the inverse
/// of Lemire, "Quickly parsing eight digits", 2018).
#[inline(always)]
fn digits8(upper: u32, lower: u32) -> u64 {
    let fours = u64::from(upper) | u64::from(lower) << 32;
    // a hundredth by a product and a shift, exact below 10^4; then a tenth, exact below 100
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let pairs = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | (pairs - 10 * tens) << 8
}

#[inline(always)]
fn last_bytes(n: usize) -> u128 {
    if n == 0 { 0 } else { !0 << (8 * 16usize.saturating_sub(n)) }
}

/// The number written by eight digits' values, the first in the lowest byte (Lemire, "Quickly parsing eight digits", 2018).
#[inline(always)]
pub(crate) fn decimal8(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let outer = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let inner = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    outer.wrapping_add(inner) >> 32
}
