//! Numbers.

use super::float32;

/// Appends the shortest text that reads back as the same number, as `serde_json` writes it. Not NaN and the infinities: whether
/// it did.
#[inline]
pub(super) fn write_f32(value: f32, out: &mut Vec<u8>) -> bool {
    float32::write(value, out) || (value.is_finite() && write_finite(value, out))
}

/// The same.
#[inline]
pub(super) fn write_f64(value: f64, out: &mut Vec<u8>) -> bool {
    value.is_finite() && write_finite(value, out)
}

#[inline(never)]
fn write_finite(value: impl zmij::Float, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    true
}

#[inline]
pub(super) fn write_integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

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
