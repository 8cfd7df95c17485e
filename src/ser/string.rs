//! Strings: copied in pieces of constant length, and searched meanwhile for what must be escaped.

use super::Format;
use crate::simd::{Kernel, Level, Text16, Vector, escapes8};

/// Appends `text` in quotes.
pub(super) fn write(text: &str, format: Format, out: &mut Vec<u8>) {
    if (format.ascii_only && !text.is_ascii()) || !write_short(text.as_bytes(), out) {
        out.push(b'"');
        write_inside(text, format, out);
        out.push(b'"');
    }
}

/// Appends `text`, escaped where it must be.
pub(super) fn write_inside(text: &str, format: Format, out: &mut Vec<u8>) {
    match format.ascii_only {
        false => write_text(text.as_bytes(), format.level, out),
        true => write_ascii(text, format.level, out),
    }
}

/// Appends `text` with all that is beyond ASCII escaped too, in UTF-16.
fn write_ascii(text: &str, level: Level, out: &mut Vec<u8>) {
    let mut rest = text;
    while !rest.is_empty() {
        let (ascii, next) = rest.split_at(rest.bytes().take_while(u8::is_ascii).count());
        let (other, next) = next.split_at(next.bytes().take_while(|byte| !byte.is_ascii()).count());
        write_text(ascii.as_bytes(), level, out);
        for unit in other.encode_utf16() {
            out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
        }
        rest = next;
    }
}

fn write_text(text: &[u8], level: Level, out: &mut Vec<u8>) {
    let mut rest = text;
    if rest.len() >= 64 {
        rest = level.run(Escape { text: rest, out });
    }
    while !rest.is_empty() {
        rest = write_tail(rest, out);
    }
}

/// Whether no byte of a key must be escaped. For keys that are known when this is compiled: there it costs nothing.
#[inline(always)]
pub(super) fn is_plain(key: &[u8; 32]) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    // a byte with its high bit set may be found below `limit` by mistake; and is found for itself, for ASCII-only output
    let below = |word: u64, limit: u64| word.wrapping_sub(LOW * limit);
    let (words, _) = key.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| below(word ^ (LOW * u64::from(byte)), 1);
        found | below(word, 0x20) | is(b'"') | is(b'\\') | word
    });
    found & HIGH == 0
}

/// Appends what stands at `at` and behind it of `pieces` that may overlap, each of constant length, so that a copy is a move.
macro_rules! overlapping {
    ($out:ident, $($at:expr => $piece:expr),+) => {{
        let start = $out.len();
        $(
            $out.truncate(start + $at);
            $out.extend_from_slice(&$piece);
        )+
    }};
}

/// Appends a text of at most 62 bytes in quotes, if nothing in it must be escaped. Whether it did.
///
/// Quotes are shifted into the pieces: fewer and wider copies are what makes it fast.
#[inline(always)]
fn write_short(text: &[u8], out: &mut Vec<u8>) -> bool {
    const QUOTE: u128 = b'"' as u128;
    let len = text.len();
    let piece = |at: usize| -> &[u8; 16] { text[at..].first_chunk().expect("the length was looked at") };
    let is_plain = |piece: &[u8; 16]| Text16::load(piece).escapes() == 0;
    let first = |piece: &[u8; 16]| (u128::from_le_bytes(*piece) << 8 | QUOTE).to_le_bytes();
    let last = |piece: &[u8; 16]| (u128::from_le_bytes(*piece) >> 8 | QUOTE << 120).to_le_bytes();
    match len {
        0..=6 => {
            let word = up_to_7(text);
            if escapes8(word) & ((1 << len) - 1) != 0 {
                return false;
            }
            let quoted = QUOTE as u64 | word << 8 | (QUOTE as u64) << (8 * len + 8);
            out.extend_from_slice(&quoted.to_le_bytes());
            out.truncate(out.len() - 8 + len + 2);
        }
        7..=15 => {
            let word = up_to_15(text);
            let piece = word.to_le_bytes();
            if Text16::load(&piece).escapes() & ((1 << len) - 1) != 0 {
                return false;
            }
            overlapping!(out, 0 => first(&piece), len + 1 => *b"\"");
        }
        16..=30 => {
            let (a, b) = (piece(0), piece(len - 16));
            if !(is_plain(a) & is_plain(b)) {
                return false;
            }
            overlapping!(out, 0 => first(a), len - 14 => last(b));
        }
        31..=62 => {
            let (a, b, c, d) = (piece(0), piece(15), piece(len - 31), piece(len - 16));
            if !(is_plain(a) & is_plain(b) & is_plain(c) & is_plain(d)) {
                return false;
            }
            overlapping!(out, 0 => first(a), 16 => *b, len - 30 => *c, len - 14 => last(d));
        }
        _ => return false,
    }
    true
}

/// A text of at most 7 bytes, and zeros.
#[inline(always)]
fn up_to_7(text: &[u8]) -> u64 {
    let len = text.len();
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4))
        }
        // of three bytes, two or one
        _ if len > 0 => {
            let byte = |at: usize| u64::from(text[at]) << (8 * at);
            byte(0) | byte(len / 2) | byte(len - 1)
        }
        _ => 0,
    }
}

/// A text of at most 15 bytes, and zeros.
#[inline(always)]
fn up_to_15(text: &[u8]) -> u128 {
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (text.len() - 8))
        }
        _ => u128::from(up_to_7(text)),
    }
}

/// Appends all of `text`, or all but a last part of fewer than 64 bytes, which it returns.
struct Escape<'t, 'o> {
    text: &'t [u8],
    out: &'o mut Vec<u8>,
}

impl<'t> Kernel for Escape<'t, '_> {
    type Output = &'t [u8];

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> &'t [u8] {
        let Escape { text, out } = self;
        let mut rest = text;
        while let Some(chunk) = rest.first_chunk::<64>() {
            out.extend_from_slice(chunk);
            let block = vector.load(chunk);
            let escapes = vector.le(block, 0x1F) | vector.eq(block, b'"') | vector.eq(block, b'\\');
            rest = if escapes == 0 { &rest[64..] } else { escape(rest, escapes, out) };
        }
        rest
    }
}

/// Escapes `escapes` in the first 64 bytes of `text`, which were appended as they are. Returns what is not done yet.
#[inline(always)]
fn escape<'t>(text: &'t [u8], mut escapes: u64, out: &mut Vec<u8>) -> &'t [u8] {
    let mut at = escapes.trailing_zeros() as usize;
    out.truncate(out.len() - 64 + at);
    loop {
        write_escape(text[at], out);
        let rest = &text[at + 1..];
        // up to the next one, without looking again at what was looked at
        let Some(chunk) = rest.first_chunk::<64>() else { return rest };
        escapes &= escapes - 1;
        let next = if escapes == 0 { 64 } else { escapes.trailing_zeros() as usize };
        out.extend_from_slice(chunk);
        out.truncate(out.len() - 64 + next - at - 1);
        if escapes == 0 {
            return &text[64..];
        }
        at = next;
    }
}

/// Appends `text`, which has at least one byte and fewer than 64, up to the first that must be escaped, and that one. Returns
/// what is not done yet.
#[inline(always)]
fn write_tail<'t>(text: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let (start, len) = (out.len(), text.len());
    let piece = |at: usize| -> &[u8; 16] { text[at..].first_chunk().expect("the length was looked at") };
    let find = |piece: &[u8; 16], at: usize| u64::from(Text16::load(piece).escapes()) << at;
    let escapes = match len {
        0..=15 => {
            let piece = up_to_15(text).to_le_bytes();
            overlapping!(out, 0 => piece);
            out.truncate(start + len);
            find(&piece, 0) & ((1 << len) - 1)
        }
        16..=32 => {
            let (a, b) = (piece(0), piece(len - 16));
            overlapping!(out, 0 => *a, len - 16 => *b);
            find(a, 0) | find(b, len - 16)
        }
        _ => {
            let (a, b, c, d) = (piece(0), piece(16), piece(len - 32), piece(len - 16));
            overlapping!(out, 0 => *a, 16 => *b, len - 32 => *c, len - 16 => *d);
            find(a, 0) | find(b, 16) | find(c, len - 32) | find(d, len - 16)
        }
    };
    if escapes == 0 {
        return &[];
    }
    let at = escapes.trailing_zeros() as usize;
    out.truncate(start + at);
    write_escape(text[at], out);
    &text[at + 1..]
}

#[inline(always)]
fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let (escape, len) = &ESCAPES[usize::from(byte) & 127];
    out.extend_from_slice(escape);
    out.truncate(out.len() - escape.len() + usize::from(*len));
}

/// What stands for a byte: two characters or six, and how many it is.
static ESCAPES: [([u8; 8], u8); 128] = {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut table = [([0; 8], 0); 128];
    let mut byte = 0;
    while byte < 128 {
        let short = match byte as u8 {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0C => b'f',
            b'\r' => b'r',
            _ => 0,
        };
        table[byte] = match short {
            0 => ([b'\\', b'u', b'0', b'0', HEX[byte >> 4], HEX[byte & 15], 0, 0], 6),
            short => ([b'\\', short, 0, 0, 0, 0, 0, 0], 2),
        };
        byte += 1;
    }
    table
};
