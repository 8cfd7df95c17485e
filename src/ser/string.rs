//! Strings: copied 64 bytes at a time, and searched meanwhile for what must be escaped.

use super::Format;
use crate::simd::{Kernel, Vector};

/// Appends `text` in quotes.
#[inline]
pub(super) fn write(text: &str, format: Format, out: &mut Vec<u8>) {
    out.push(b'"');
    write_inside(text, format, out);
    out.push(b'"');
}

/// Appends `text`, escaped where it must be.
pub(super) fn write_inside(text: &str, format: Format, out: &mut Vec<u8>) {
    format.level.run(Escape { text, out, ascii_only: format.ascii_only });
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

struct Escape<'t, 'o> {
    text: &'t str,
    out: &'o mut Vec<u8>,
    ascii_only: bool,
}

impl Kernel for Escape<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) {
        let Escape { text, out, ascii_only } = self;
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let block = vector.load_up_to_64(rest);
            let mut escaped = vector.le(block, 0x1F) | vector.eq(block, b'"') | vector.eq(block, b'\\');
            if ascii_only {
                escaped |= !vector.le(block, 0x7F);
            }
            let n = (escaped.trailing_zeros() as usize).min(rest.len());
            // more than is needed: a copy of constant length is a move or two
            out.extend_from_slice(&vector.to_bytes(block));
            out.truncate(out.len() - 64 + n);
            rest = &rest[n..];
            if escaped != 0 {
                rest = escape_first(rest, out);
            }
        }
    }
}

/// Escapes the first character, and returns what follows it.
fn escape_first<'t>(text: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let Some((&first, rest)) = text.split_first() else { return text };
    let short = match first {
        b'"' | b'\\' => first,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        _ => 0,
    };
    if short != 0 {
        out.extend_from_slice(&[b'\\', short]);
        return rest;
    }
    // the first character of UTF-8 text, in UTF-16
    let len = text.iter().skip(1).take_while(|c| *c & 0xC0 == 0x80).count() + 1;
    let (character, rest) = text.split_at(len);
    for unit in String::from_utf8_lossy(character).encode_utf16() {
        let digit = |shift: u16| HEX[usize::from(unit >> shift & 15)];
        out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
    }
    rest
}
