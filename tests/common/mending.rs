//! What opening and repairing make of a file, by the rule alone.

#![allow(dead_code)]

use simd_jsonl::Position;

#[path = "oracle.rs"]
mod oracle;

/// The position behind some bytes.
pub fn end_of(bytes: &[u8]) -> Position {
    Position { offset: bytes.len() as u64, line: 1 + bytes.iter().filter(|&&b| b == b'\n').count() as u64 }
}

/// What repairing a file must do to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The whole file afterwards.
    pub bytes: Vec<u8>,
    /// What was cut off, and where it began.
    pub torn: Option<(u64, Vec<u8>)>,
    pub completed: bool,
}

/// Repairs by the rule alone: what is behind the last LF gets one if it is a whole object, array or string, and is cut off
/// otherwise.
pub fn mend(bytes: &[u8]) -> Mended {
    let start = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let (kept, tail) = bytes.split_at(start);
    if tail.is_empty() {
        return Mended { bytes: kept.to_vec(), torn: None, completed: false };
    }
    if is_whole(tail, start == 0) {
        return Mended { bytes: [bytes, b"\n"].concat(), torn: None, completed: true };
    }
    Mended { bytes: kept.to_vec(), torn: Some((start as u64, tail.to_vec())), completed: false }
}

/// Whether a file shows by its first bytes that it is compressed or in UTF-16, so that nobody should append to it.
pub fn is_foreign(bytes: &[u8]) -> bool {
    let first_line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    match first_line {
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17rE8P\x90"),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] | [0x04, 0x22, 0x4D, 0x18, ..] | [b'P', b'K', 3, 4, ..] => true,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 0, 0xFE, 0xFF, ..] => true,
        [0x1F, 0x8B, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] => true,
        _ => false,
    }
}

/// Whether a tail is a record that cannot be the front part of a longer one.
fn is_whole(tail: &[u8], at_start: bool) -> bool {
    let mark = "\u{feff}".as_bytes();
    let tail = if at_start { tail.strip_prefix(mark).unwrap_or(tail) } else { tail };
    let first = tail.iter().find(|b| !b" \t\r".contains(b));
    first.is_some_and(|b| b"{[\"".contains(b)) && oracle::well_formed(tail)
}
