//! Strings: lent as they stand, or with their escapes decoded.

use crate::{
    cursor::{At, Cursor, Walk},
    error::{Error, Result},
};
use serde::de::Visitor;
use std::borrow::Cow;

/// A string's text.
pub(super) enum Text<'de> {
    Lent(&'de str),
    /// It is in the cursor's scratch buffer.
    Decoded,
    /// Too long to be copied once more.
    Owned(String),
}

/// From how many bytes on a string is decoded into a `String` of its own, which has some room left, instead of being copied
/// into one that fits.
const WORTH_A_STRING: usize = 512;

impl<'de, 'w> Cursor<'de, 'w> {
    #[inline(always)]
    pub(super) fn string<V: Visitor<'de>>(&mut self, at: At<'w>, visitor: V) -> Result<V::Value> {
        if let Some((span, after)) = self.walk.string(at) {
            self.at = after;
            return visitor.visit_borrowed_str(self.lend(span));
        }
        self.string_slow(at, visitor)
    }

    #[inline(never)]
    fn string_slow<V: Visitor<'de>>(&mut self, at: At<'w>, visitor: V) -> Result<V::Value> {
        match self.text(at) {
            Some(Text::Lent(text)) => visitor.visit_borrowed_str(text),
            Some(Text::Decoded) => visitor.visit_str(self.scratch),
            Some(Text::Owned(text)) => visitor.visit_string(text),
            None if self.walk.byte(at) == b'"' => Err(Error::syntax()),
            None => Err(self.unexpected(at, &visitor)),
        }
    }

    /// The text of the string at `at`, with escapes or an unusual gap; steps over it.
    #[inline(never)]
    pub(super) fn text(&mut self, at: At<'w>) -> Option<Text<'de>> {
        let (text, after) = if self.walk.byte(at) != b'"' || !self.walk.has_escape(at) {
            let (span, after) = self.walk.string_exact(at)?;
            (Text::Lent(self.lend(span)), after)
        } else if longest(self.walk, at) < WORTH_A_STRING {
            self.scratch.clear();
            (Text::Decoded, append_unescaped(self.walk, at, false, self.scratch)?)
        } else {
            let (text, after) = unescape(self.walk, at)?;
            (Text::Owned(text), after)
        };
        self.at = after;
        Some(text)
    }

    /// The text of the key at `at`, if it has no escapes and is not in the scratch buffer, and the entry of its value; with
    /// unusual gaps. Behind the key's value comes another member or none.
    #[cold]
    #[inline(never)]
    pub(super) fn member_slow(&mut self, at: At<'w>) -> Option<(Option<&'de str>, At<'w>)> {
        if self.walk.is_key(at) { self.key(at) } else { None }
    }

    /// The same for a key whose separator is proved; steps to its value.
    #[inline(never)]
    pub(super) fn key(&mut self, at: At<'w>) -> Option<(Option<&'de str>, At<'w>)> {
        let (lent, value) = if self.walk.byte(at) == b'"' && self.walk.has_escape(at) {
            self.scratch.clear();
            (None, append_unescaped(self.walk, at, true, self.scratch)?)
        } else {
            let (span, value) = self.walk.key_exact(at)?;
            (Some(self.lend(span)), value)
        };
        self.at = value;
        Some((lent, value))
    }
}

/// For each byte that may follow a backslash the character meant, 1 for `u`; else 0.
static ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'/' as usize] = b'/';
    table[b'b' as usize] = 8;
    table[b'f' as usize] = 12;
    table[b'n' as usize] = b'\n';
    table[b'r' as usize] = b'\r';
    table[b't' as usize] = b'\t';
    table[b'u' as usize] = 1;
    table
};

/// What one escape means.
pub(crate) enum Escape {
    Char(char),
    /// Half of a pair that is not there whole.
    LoneSurrogate,
    Invalid,
}

/// Reads the escape whose backslash is at `text[at - 1]`; also returns how many bytes it has from `at` on.
#[inline(always)]
pub(crate) fn escape(text: &[u8], at: usize) -> (Escape, usize) {
    match text.get(at).map_or(0, |c| ESCAPES[*c as usize]) {
        0 => (Escape::Invalid, 0),
        1 => unicode_escape(text, at),
        c => (Escape::Char(char::from(c)), 1),
    }
}

fn unicode_escape(text: &[u8], at: usize) -> (Escape, usize) {
    let Some(first) = hex4(text, at + 1) else { return (Escape::Invalid, 0) };
    if let Some(c) = char::from_u32(first) {
        return (Escape::Char(c), 5);
    }
    let second = match text.get(at + 5..at + 7) {
        Some(b"\\u") if first < 0xDC00 => hex4(text, at + 7).filter(|low| (0xDC00..0xE000).contains(low)),
        _ => None,
    };
    match second.and_then(|low| char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00))) {
        Some(c) => (Escape::Char(c), 11),
        None => (Escape::LoneSurrogate, 5),
    }
}

/// For each byte its value as a hexadecimal digit, 0xFF if it is none.
const HEX: &[u8; 256] = &{
    let mut table = [0xFF; 256];
    let mut c = 0;
    while c < 256 {
        if let Some(digit) = (c as u8 as char).to_digit(16) {
            table[c] = digit as u8;
        }
        c += 1;
    }
    table
};

#[inline(always)]
fn hex4(text: &[u8], at: usize) -> Option<u32> {
    let [a, b, c, d] = text.get(at..at + 4)?.first_chunk()?.map(|c| u32::from(HEX[c as usize]));
    ((a | b | c | d) < 16).then_some(a << 12 | b << 8 | c << 4 | d)
}

/// Decodes the string that opens at `at`; returns the entry behind it too. `None` if an escape is invalid or the string does
/// not end properly.
#[inline(never)]
fn unescape<'w>(walk: Walk<'w>, at: At<'w>) -> Option<(String, At<'w>)> {
    let mut text = walk.string_for(longest(walk, at));
    let after = append_unescaped(walk, at, false, &mut text)?;
    if text.len() < text.capacity() / 2 {
        text.shrink_to_fit();
    }
    Some((text, after))
}

/// How many bytes the string that opens at `at` can have: no escape is shorter than what it means.
#[inline(always)]
fn longest<'w>(walk: Walk<'w>, at: At<'w>) -> usize {
    let mut end = walk.after(at);
    while walk.is_escape(end) {
        end = walk.after(end);
    }
    walk.place(end) - walk.place(at)
}

#[inline(always)]
fn append_unescaped<'w>(walk: Walk<'w>, at: At<'w>, is_key: bool, out: &mut String) -> Option<At<'w>> {
    let mut from = walk.place(at) + 1;
    let mut at = walk.after(at);
    while walk.is_escape(at) {
        let place = walk.place(at);
        walk.append(out, from, place - 1);
        let (Escape::Char(c), len) = escape(walk.window(), place) else { return None };
        out.push(c);
        from = place + len;
        // the second half of a pair is an entry too
        at = walk.after(at);
        if len == 11 {
            at = walk.after(at);
        }
    }
    let end = walk.closing_quote(at, is_key).filter(|end| *end >= from)?;
    walk.append(out, from, end);
    Some(at)
}

/// Steps over the string that opens at `at`, checking its escapes.
#[inline(never)]
pub(super) fn skip_escaped<'w>(walk: Walk<'w>, at: At<'w>, is_key: bool) -> Option<At<'w>> {
    let mut at = walk.after(at);
    while walk.is_escape(at) {
        let (Escape::Char(_), len) = escape(walk.window(), walk.place(at)) else { return None };
        at = walk.after(at);
        if len == 11 {
            at = walk.after(at);
        }
    }
    walk.closing_quote(at, is_key)?;
    Some(at)
}

/// The text of the string or key at `at`, decoded if it has escapes, and the entry behind it: for who walks without serde.
pub(crate) fn decode<'w>(walk: Walk<'w>, at: At<'w>, is_key: bool) -> Option<(Cow<'w, str>, At<'w>)> {
    let plain = match is_key {
        true => walk.key(at).or_else(|| walk.key_exact(at)),
        false => walk.string(at).or_else(|| walk.string_exact(at)),
    };
    if let Some((span, after)) = plain {
        return Some((Cow::Borrowed(walk.text(span)), after));
    }
    if walk.byte(at) != b'"' || !walk.has_escape(at) {
        return None;
    }
    if !is_key {
        let (text, after) = unescape(walk, at)?;
        return Some((Cow::Owned(text), after));
    }
    let mut text = String::new();
    let value = append_unescaped(walk, at, true, &mut text)?;
    Some((Cow::Owned(text), value))
}
