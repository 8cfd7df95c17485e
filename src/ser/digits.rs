//! Decimal digits, eight at a time.

/// The eight decimal digits of a number below 10^8, the first in the lowest byte, from its upper and lower four: pairs, and
/// digits, all at once (the inverse of Lemire, "Quickly parsing eight digits", 2018).
#[inline(always)]
pub(super) fn digits8(upper: u64, lower: u64) -> u64 {
    let fours = upper | lower << 32;
    // a hundredth by a product and a shift, exact below 10^4; then a tenth, exact below 100
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    // hundreds | (fours - 100 * hundreds) << 16
    let pairs = (fours << 16).wrapping_sub(hundreds.wrapping_mul((100 << 16) - 1));
    let tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
    (pairs << 8).wrapping_sub(tens.wrapping_mul((10 << 8) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits() {
        let values = (0..100_000u64).chain((0..100_000_000).step_by(977)).chain(99_990_000..100_000_000);
        for value in values {
            let text: String = digits8(value / 10_000, value % 10_000)
                .to_le_bytes()
                .iter()
                .map(|digit| char::from(b'0' + digit))
                .collect();
            assert_eq!(text, format!("{value:08}"));
        }
    }
}
