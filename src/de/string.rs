//! Strings: lent as they stand, or with their escapes decoded.

use crate::{
    cursor::{At, Cursor, Walk},
    error::{Error, Result},
};
use serde::de::Visitor;
use std::borrow::Cow;

/// A string's text, or that it is in the cursor's scratch buffer.
pub(super) enum Text<'de> {
    Lent(&'de str),
    Decoded,
}

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
        match self.text(at, false) {
            Some((Text::Lent(text), _)) => visitor.visit_borrowed_str(text),
            Some((Text::Decoded, _)) => visitor.visit_str(self.scratch),
            None if self.walk.byte(at) == b'"' => Err(Error::syntax()),
            None => Err(self.unexpected(at, &visitor)),
        }
    }

    /// The text of the key at `at` and the entry of its value; with escapes or unusual gaps.
    #[cold]
    #[inline(never)]
    pub(super) fn member_slow(&mut self, at: At<'w>) -> Option<(Text<'de>, At<'w>)> {
        if self.walk.is_key(at) { self.text(at, true) } else { None }
    }

    /// The text of the string or key at `at`, with escapes or an unusual gap; steps over it.
    #[inline(never)]
    pub(super) fn text(&mut self, at: At<'w>, is_key: bool) -> Option<(Text<'de>, At<'w>)> {
        if self.walk.byte(at) != b'"' {
            return None;
        }
        let (text, after) = if self.walk.has_escape(at) {
            (Text::Decoded, unescape(self.walk, at, is_key, self.scratch)?)
        } else if is_key {
            let (span, value) = self.walk.key_exact(at)?;
            (Text::Lent(self.lend(span)), value)
        } else {
            let (span, after) = self.walk.string_exact(at)?;
            (Text::Lent(self.lend(span)), after)
        };
        self.at = after;
        Some((text, after))
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
    let hex4 = |at: usize| {
        let digits = text.get(at..at + 4)?;
        digits.iter().try_fold(0, |value, c| Some(value << 4 | char::from(*c).to_digit(16)?))
    };
    let Some(first) = hex4(at + 1) else { return (Escape::Invalid, 0) };
    if let Some(c) = char::from_u32(first) {
        return (Escape::Char(c), 5);
    }
    let second = match text.get(at + 5..at + 7) {
        Some(b"\\u") if first < 0xDC00 => hex4(at + 7).filter(|low| (0xDC00..0xE000).contains(low)),
        _ => None,
    };
    match second.and_then(|low| char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00))) {
        Some(c) => (Escape::Char(c), 11),
        None => (Escape::LoneSurrogate, 5),
    }
}

/// Decodes the string that opens at `at` into `out`; returns the entry behind it. `None` if an escape is invalid or the
/// string does not end properly.
#[inline(never)]
fn unescape<'w>(walk: Walk<'w>, at: At<'w>, is_key: bool, out: &mut String) -> Option<At<'w>> {
    out.clear();
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
    let mut text = String::new();
    let after = unescape(walk, at, is_key, &mut text)?;
    Some((Cow::Owned(text), after))
}
