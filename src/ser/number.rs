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

#[inline]
fn write_finite(value: impl zmij::Float, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    true
}

#[inline]
pub(super) fn write_integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}
