//! What exactly is wrong with a line, found by reading it once more, byte by byte.
//!
//! The hot path only learns that something is wrong. This plain reading of the grammar of RFC 8259 says what and where, so
//! that an error is the same for every target type, source and processor.

use super::{
    number,
    skip::Open,
    string::{Escape, escape},
};
use crate::{
    cursor::is_white,
    error::{ErrorKind, Fault, in_one_line},
};
use std::borrow::Cow;

/// The first fault of a line (without its newline), if it is not a valid record. What was found instead is in its message only
/// with `words`.
#[cold]
#[inline(never)]
pub(super) fn diagnose(line: &[u8], max_depth: u32, words: bool) -> Option<Fault> {
    // the CR of CR LF is not part of an unclosed string
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let fault = Reader::new(line, words).record(max_depth);
    let valid = match simdutf8::compat::from_utf8(line) {
        Ok(_) => line.len(),
        Err(error) => error.valid_up_to(),
    };
    match fault {
        Some(fault) if fault.offset < valid || valid == line.len() => Some(fault),
        None if valid == line.len() => None,
        _ => Some(Fault::new(valid, ErrorKind::InvalidUtf8, "invalid UTF-8")),
    }
}

/// Whether `text` begins with a whole value.
pub(super) fn begins_with_value(text: &[u8], max_depth: u32) -> bool {
    let fault = Reader::new(text, false).record(max_depth);
    fault.is_none_or(|fault| fault.kind == ErrorKind::TrailingCharacters)
}

/// How many bytes the number or word has that `rest` begins with, or what stands in its place.
pub(super) fn scalar_len(rest: &[u8]) -> usize {
    rest.iter().take_while(|c| **c > b' ' && !b",:[]{}\"".contains(c)).count()
}

/// That `what` was expected, and what `rest` begins with instead; `end` if with nothing.
pub(crate) fn expected(what: &str, rest: &[u8], end: &str) -> String {
    // half of a file may be bad, so this is not for `format!`
    let mut message = String::with_capacity(what.len() + end.len() + 24);
    ["expected ", what, ", found "].into_iter().for_each(|part| message.push_str(part));
    // no character is longer
    let start = rest[..rest.len().min(4)].utf8_chunks().next();
    match start.map(|chunk| chunk.valid().chars().next()) {
        None => message.push_str(end),
        Some(Some('\'')) => message.push_str(r#""'""#),
        Some(Some('\u{feff}')) => message.push_str("a byte order mark"),
        Some(Some(c)) if c.is_control() => message.push_str(&format!("U+{:04X}", u32::from(c))),
        Some(Some(c)) => ['\'', c, '\''].into_iter().for_each(|c| message.push(c)),
        Some(None) => message.push_str(&format!("byte 0x{:02X}", rest[0])),
    }
    message
}

struct Reader<'a> {
    line: &'a [u8],
    at: usize,
    fault: Option<Fault>,
    words: bool,
}

/// `None` if there is a fault, which is noted.
type Step = Option<()>;

impl<'a> Reader<'a> {
    fn new(line: &'a [u8], words: bool) -> Self {
        Reader { line, at: 0, fault: None, words }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline(always)]
    fn skip_white(&mut self) {
        while self.peek().is_some_and(is_white) {
            self.at += 1;
        }
    }

    #[cold]
    fn fail(&mut self, offset: usize, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Step {
        self.fault = Some(Fault::new(offset, kind, message));
        None
    }

    /// The fault that at this place stands not what the grammar wants.
    #[cold]
    fn expected(&mut self, kind: ErrorKind, what: &str) -> Step {
        let kind = match self.peek() {
            None => ErrorKind::UnexpectedEnd,
            Some(0xEF) if self.line[self.at..].starts_with("\u{feff}".as_bytes()) => ErrorKind::ByteOrderMark,
            Some(_) => kind,
        };
        let rest = &self.line[self.at..];
        let message = if self.words { expected(what, rest, "the end of the record") } else { String::new() };
        self.fail(self.at, kind, message)
    }

    fn record(mut self, max_depth: u32) -> Option<Fault> {
        self.value(max_depth);
        self.fault
    }

    /// The one value, and the end behind it.
    fn value(&mut self, max_depth: u32) -> Step {
        let mut open = Open::new(max_depth);
        loop {
            self.skip_white();
            match self.peek() {
                Some(b'"') => self.string()?,
                Some(bracket @ (b'{' | b'[')) => {
                    let is_object = bracket == b'{';
                    if open.push(is_object).is_none() {
                        let message = format!("nested deeper than {max_depth} levels; see ReaderBuilder::max_depth");
                        return self.fail(self.at, ErrorKind::DepthLimit, message);
                    }
                    self.at += 1;
                    self.skip_white();
                    if self.peek() != Some(bracket + 2) {
                        if is_object {
                            self.key("a string as key or '}'")?;
                        }
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => self.scalar()?,
                _ if open.innermost() == Some(false) && self.line[..self.at].trim_ascii().ends_with(b"[") => {
                    return self.expected(ErrorKind::ExpectedValue, "a value or ']'");
                }
                _ => return self.expected(ErrorKind::ExpectedValue, "a value"),
            }
            // a value ended
            loop {
                self.skip_white();
                let Some(is_object) = open.innermost() else {
                    return match self.peek() {
                        None => Some(()),
                        _ => self.expected(ErrorKind::TrailingCharacters, "the end of the line (one value a line)"),
                    };
                };
                let closing = if is_object { b'}' } else { b']' };
                match self.peek() {
                    Some(c) if c == closing => {
                        self.at += 1;
                        open.pop();
                    }
                    Some(b',') => {
                        self.at += 1;
                        self.skip_white();
                        if self.peek() == Some(closing) {
                            let message = match is_object {
                                true => "trailing comma: expected one more element, found '}'",
                                false => "trailing comma: expected one more element, found ']'",
                            };
                            return self.fail(self.at, ErrorKind::TrailingComma, message);
                        }
                        if is_object {
                            self.key("a string as key")?;
                        }
                        break;
                    }
                    _ if is_object => return self.expected(ErrorKind::ExpectedComma, "',' or '}'"),
                    _ => return self.expected(ErrorKind::ExpectedComma, "',' or ']'"),
                }
            }
        }
    }

    #[inline(always)]
    fn key(&mut self, what: &str) -> Step {
        if self.peek() != Some(b'"') {
            return self.expected(ErrorKind::ExpectedKey, what);
        }
        self.string()?;
        self.skip_white();
        if self.peek() != Some(b':') {
            return self.expected(ErrorKind::ExpectedColon, "':'");
        }
        self.at += 1;
        Some(())
    }

    #[inline(always)]
    fn string(&mut self) -> Step {
        let start = self.at;
        self.at += 1;
        self.skip_plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Some(());
        }
        self.rest_of_string(start)
    }

    #[inline(never)]
    fn rest_of_string(&mut self, start: usize) -> Step {
        loop {
            self.skip_plain();
            match self.peek() {
                None => {
                    let message = "a string is not closed on its line; it opens here";
                    return self.fail(start, ErrorKind::UnclosedString, message);
                }
                Some(b'"') => {
                    self.at += 1;
                    return Some(());
                }
                Some(b'\\') if self.at + 1 == self.line.len() => self.at += 1,
                Some(b'\\') => match escape(self.line, self.at + 1) {
                    (Escape::Char(_), len) => self.at += 1 + len,
                    (Escape::LoneSurrogate, _) => {
                        let message =
                            "lone surrogate in a string: half of a pair of \\u escapes, which is no character";
                        return self.fail(self.at, ErrorKind::LoneSurrogate, message);
                    }
                    (Escape::Invalid, _) => {
                        let message = "invalid escape in a string: a backslash must be followed by one of \"\\/bfnrt or by u \
                                       and four hexadecimal digits";
                        return self.fail(self.at, ErrorKind::InvalidEscape, message);
                    }
                },
                Some(c) if c < 0x20 => {
                    let message = format!("control character U+{c:04X} in a string, where it must be escaped");
                    return self.fail(self.at, ErrorKind::ControlCharacter, message);
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Steps over bytes of a string that stand for themselves, eight at a time: over all of them, unless the line ends sooner.
    #[inline(always)]
    fn skip_plain(&mut self) {
        const LOW: u64 = 0x0101_0101_0101_0101;
        // the high bit of each byte below `n`, and perhaps of bytes behind the first such
        let below = |word: u64, n: u64| word.wrapping_sub(LOW * n) & !word & (LOW << 7);
        while let Some(bytes) = self.line[self.at..].first_chunk() {
            let word = u64::from_le_bytes(*bytes);
            let is = |c: u8| below(word ^ (LOW * u64::from(c)), 1);
            let special = below(word, 0x20) | is(b'"') | is(b'\\');
            self.at += special.trailing_zeros() as usize / 8;
            if special != 0 {
                break;
            }
        }
    }

    /// A run of characters that must be a number or a literal.
    fn scalar(&mut self) -> Step {
        let start = self.at;
        let text = &self.line[start..][..scalar_len(&self.line[start..])];
        self.at += text.len();
        let shown = || {
            let text = String::from_utf8_lossy(&text[..text.len().min(32)]);
            in_one_line(text.trim_end_matches('\u{fffd}'))
        };
        match text[0] {
            b'-' | b'0'..=b'9' if number::is_number(text) => Some(()),
            b'-' | b'0'..=b'9' => self.fail(start, ErrorKind::InvalidNumber, format!("invalid number `{}`", shown())),
            _ if matches!(text, b"true" | b"false" | b"null") => Some(()),
            _ => self.fail(start, ErrorKind::InvalidLiteral, format!("expected a value, found `{}`", shown())),
        }
    }
}
