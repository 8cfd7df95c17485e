//! Digits at known places.
//!
//! The tables of all numbers are references to constants: a `static` is reached through the global offset table, one load more.

use crate::simd::decimal8;

/// 1 for a minus sign. A table, because LLVM's `setcc` merges into the register that holds the number before, which chains
/// all numbers of an array.
pub(super) const IS_MINUS: &[u8; 256] = &{
    let mut table = [0; 256];
    table[b'-' as usize] = 1;
    table
};

/// Keeps the last `n` of eight bytes.
pub(super) const KEEP_LAST: &[u64; 16] = &{
    let mut table = [!0; 16];
    let mut n = 0;
    while n < 8 {
        table[n] = if n == 0 { 0 } else { !0 << (64 - 8 * n) };
        n += 1;
    }
    table
};

/// The decimal number that the last `n` bytes write, unless they are not all digits; `n` is at most 8.
#[inline(always)]
pub(super) fn last_digits(text: &[u8; 8], n: usize) -> Option<u64> {
    let digits = (u64::from_le_bytes(*text) ^ 0x3030_3030_3030_3030) & KEEP_LAST[n & 15];
    if (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    Some(decimal8(digits))
}
