//! What exactly is wrong with a line, found by reading it once more, byte by byte.
//!
//! The hot path only learns that something is wrong. This plain reading of the grammar of RFC 8259 says what and where, so
//! that an error is the same for every target type, source and processor.

use super::{
    number,
    string::{Escape, escape},
};
use crate::{
    cursor::{Limits, is_white},
    error::{Error, ErrorKind, Fault},
    position::Position,
};
use std::{path::Path, sync::Arc};

/// The first fault of a line (without its newline), if it is not a valid record.
#[cold]
#[inline(never)]
fn diagnose(line: &[u8], max_depth: u32) -> Option<Fault> {
    // the CR of CR LF is not part of an unclosed string
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let fault = Reader { line, at: 0 }.record(max_depth).err();
    let valid = match std::str::from_utf8(line) {
        Ok(_) => line.len(),
        Err(error) => error.valid_up_to(),
    };
    match fault {
        Some(fault) if fault.offset < valid || valid == line.len() => Some(fault),
        None if valid == line.len() => None,
        _ => Some(Fault::new(valid, ErrorKind::InvalidUtf8, "invalid UTF-8")),
    }
}

/// A record as errors see it. It stays with the reader, so that a record that is lent is small.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Its line in the window, without LF or CR LF.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) position: Position,
    pub(crate) terminated: bool,
    /// It is the input's first.
    pub(crate) is_first: bool,
    pub(crate) limits: Limits,
    pub(crate) path: Option<Arc<Path>>,
}

/// What the hot path knows of a record that it could not read.
pub(crate) struct Failure {
    /// What the target type reported, or only that something is wrong; nothing if the value was read, but not to its end.
    pub(crate) error: Option<Error>,
    /// Where the walk stood, in the window.
    pub(crate) place: usize,
    /// An array or object went on where the target type had enough.
    pub(crate) overrun: bool,
}

impl Origin {
    /// Its text in `window`.
    #[inline]
    pub(crate) fn line<'w>(&self, window: &'w [u8]) -> &'w [u8] {
        &window[self.start..self.end]
    }

    /// The whole error.
    #[cold]
    #[inline(never)]
    pub(crate) fn explain(&self, window: &[u8], failure: Failure) -> Error {
        let Failure { error, place, overrun } = failure;
        let (line, offset) = (self.line(window), place.clamp(self.start, self.end) - self.start);
        if let Some(mut error) = error.filter(|error| !error.is_undiagnosed()) {
            error.locate(offset, line, self.position);
            return self.complete(window, error);
        }
        let fault = diagnose(line, self.limits.max_depth).unwrap_or_else(|| match overrun {
            true => Fault::new(offset, ErrorKind::InvalidLength, "invalid length, more elements than the target takes"),
            false => Fault::new(offset, ErrorKind::Custom, "the target type did not read the value to its end"),
        });
        self.complete(window, Error::from_fault(fault, line, self.position))
    }

    /// Adds to an error what is known around the record: for the first one, what the input seems to be; the file.
    #[cold]
    pub(crate) fn complete(&self, window: &[u8], mut error: Error) -> Error {
        let line = self.line(window);
        if self.is_first && !error.is_data() {
            if let Some(fault) = recognize(line, self.terminated) {
                error = Error::from_fault(fault, line, self.position);
            }
        } else if self.is_first && error.kind() == ErrorKind::InvalidType && line.trim_ascii().starts_with(b"[{") {
            error.add_hint(&format!("; if the input is one JSON array, convert it with {ARRAY_CONVERTER}"));
        }
        if let Some(path) = &self.path {
            error.set_path(path);
        }
        error
    }
}

/// What an input is whose first line is bad, if that shows: not JSON Lines at all.
#[cold]
fn recognize(line: &[u8], terminated: bool) -> Option<Fault> {
    let fault = |kind, message: String| Some(Fault::new(0, kind, message));
    let utf =
        |name| fault(ErrorKind::Encoding, format!("the input is {name}, not UTF-8; convert it, with iconv for one"));
    match line {
        [0xFF, 0xFE, 0, 0, ..] => return utf("UTF-32 (little-endian)"),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, 1..=255, ..] => return utf("UTF-32 (big-endian)"),
        [1..=255, 0, 0, 0, ..] => return utf("UTF-32 (little-endian)"),
        [0xFF, 0xFE, ..] | [1..=255, 0, 1..=255, 0, ..] | [1..=255, 0] => return utf("UTF-16 (little-endian)"),
        [0xFE, 0xFF, ..] | [0, 1..=255, 0, ..] | [0, 1..=255] => return utf("UTF-16 (big-endian)"),
        _ => {}
    }
    let compressed = |format: &str, tool: &str| {
        let message = format!("the input is compressed with {format}, and this build has no feature `{format}`");
        fault(ErrorKind::Compressed, format!("{message}; decompress it first, with `{tool} -dc`"))
    };
    match line {
        [0x1F, 0x8B, ..] => return compressed("gzip", "gzip"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => return compressed("zstd", "zstd"),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => return compressed("bzip2", "bzip2"),
        _ => {}
    }
    let document = |what: &str, converter: &str| {
        let message = format!("the input is {what}, not one JSON value a line; convert it with {converter}");
        let start = line.iter().position(|c| !is_white(*c)).unwrap_or(0);
        Some(Fault::new(start, ErrorKind::NotJsonLines, message))
    };
    match line.trim_ascii() {
        _ if !terminated => None, // there is no second line
        b"[" => document("a pretty-printed JSON array", ARRAY_CONVERTER),
        b"{" => document("a pretty-printed JSON document", "`jq -c .`"),
        [b'[', .., b','] => document("a JSON array over several lines", ARRAY_CONVERTER),
        _ => None,
    }
}

/// What makes JSON Lines of an array, in Rust and on a command line.
const ARRAY_CONVERTER: &str = "`simd_jsonl::array_to_jsonl` or `jq -c '.[]'`";

/// What `rest` begins with, in words; `None` if there is nothing.
pub(crate) fn found(rest: &[u8]) -> Option<String> {
    let chunk = rest.utf8_chunks().next()?;
    Some(match chunk.valid().chars().next() {
        Some('\'') => r#""'""#.to_owned(),
        Some('\u{feff}') => "a byte order mark".to_owned(),
        Some(c) if c.is_control() => format!("U+{:04X}", u32::from(c)),
        Some(c) => format!("'{c}'"),
        None => format!("byte 0x{:02X}", rest[0]),
    })
}

struct Reader<'a> {
    line: &'a [u8],
    at: usize,
}

type Step = Result<(), Fault>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn skip_white(&mut self) {
        while self.peek().is_some_and(is_white) {
            self.at += 1;
        }
    }

    /// The fault that at this place stands not what the grammar wants.
    fn expected<T>(&self, kind: ErrorKind, what: &str) -> Result<T, Fault> {
        let kind = match self.peek() {
            None => ErrorKind::UnexpectedEnd,
            Some(0xEF) if self.line[self.at..].starts_with("\u{feff}".as_bytes()) => ErrorKind::ByteOrderMark,
            Some(_) => kind,
        };
        let found = found(&self.line[self.at..]).unwrap_or_else(|| "the end of the record".to_owned());
        Err(Fault::new(self.at, kind, format!("expected {what}, found {found}")))
    }

    fn record(&mut self, max_depth: u32) -> Step {
        // the containers that are open: true for an object
        let mut open = Vec::new();
        loop {
            self.skip_white();
            match self.peek() {
                Some(b'"') => self.string()?,
                Some(bracket @ (b'{' | b'[')) => {
                    if open.len() >= max_depth as usize {
                        let message = format!("nested deeper than {max_depth} levels; see ReaderBuilder::max_depth");
                        return Err(Fault::new(self.at, ErrorKind::DepthLimit, message));
                    }
                    self.at += 1;
                    open.push(bracket == b'{');
                    self.skip_white();
                    if self.peek() != Some(bracket + 2) {
                        if bracket == b'{' {
                            self.key("a string as key or '}'")?;
                        }
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => self.scalar()?,
                _ if open.last() == Some(&false) && self.line[..self.at].trim_ascii().ends_with(b"[") => {
                    self.expected(ErrorKind::ExpectedValue, "a value or ']'")?;
                }
                _ => self.expected(ErrorKind::ExpectedValue, "a value")?,
            }
            // a value ended
            loop {
                self.skip_white();
                let Some(is_object) = open.last().copied() else {
                    return match self.peek() {
                        None => Ok(()),
                        _ => self.expected(ErrorKind::TrailingCharacters, "the end of the line (one value a line)"),
                    };
                };
                let (closing, name) = if is_object { (b'}', "'}'") } else { (b']', "']'") };
                match self.peek() {
                    Some(c) if c == closing => {
                        self.at += 1;
                        open.pop();
                    }
                    Some(b',') => {
                        self.at += 1;
                        self.skip_white();
                        if self.peek() == Some(closing) {
                            let message = format!("trailing comma: expected one more element, found {name}");
                            return Err(Fault::new(self.at, ErrorKind::TrailingComma, message));
                        }
                        if is_object {
                            self.key("a string as key")?;
                        }
                        break;
                    }
                    _ => self.expected(ErrorKind::ExpectedComma, &format!("',' or {name}"))?,
                }
            }
        }
    }

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
        Ok(())
    }

    fn string(&mut self) -> Step {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    let message = "a string is not closed on its line; it opens here";
                    return Err(Fault::new(start, ErrorKind::UnclosedString, message));
                }
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') if self.at + 1 == self.line.len() => self.at += 1,
                Some(b'\\') => match escape(self.line, self.at + 1) {
                    (Escape::Char(_), len) => self.at += 1 + len,
                    (Escape::LoneSurrogate, _) => {
                        let message =
                            "lone surrogate in a string: half of a pair of \\u escapes, which is no character";
                        return Err(Fault::new(self.at, ErrorKind::LoneSurrogate, message));
                    }
                    (Escape::Invalid, _) => {
                        let message = "invalid escape in a string: a backslash must be followed by one of \"\\/bfnrt or by u \
                                       and four hexadecimal digits";
                        return Err(Fault::new(self.at, ErrorKind::InvalidEscape, message));
                    }
                },
                Some(c) if c < 0x20 => {
                    let message = format!("control character U+{c:04X} in a string, where it must be escaped");
                    return Err(Fault::new(self.at, ErrorKind::ControlCharacter, message));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// A run of characters that must be a number or a literal.
    fn scalar(&mut self) -> Step {
        let start = self.at;
        let len = self.line[start..].iter().take_while(|c| **c > b' ' && !b",:[]{}\"".contains(c)).count();
        let text = &self.line[start..start + len];
        self.at += len;
        let shown = || {
            let text = String::from_utf8_lossy(&text[..text.len().min(32)]);
            text.trim_end_matches('\u{fffd}').escape_debug().to_string()
        };
        match text[0] {
            b'-' | b'0'..=b'9' if number::is_number(text) => Ok(()),
            b'-' | b'0'..=b'9' => {
                Err(Fault::new(start, ErrorKind::InvalidNumber, format!("invalid number `{}`", shown())))
            }
            _ if matches!(text, b"true" | b"false" | b"null") => Ok(()),
            _ => {
                let message = format!("expected a value, found `{}`", shown());
                Err(Fault::new(start, ErrorKind::InvalidLiteral, message))
            }
        }
    }
}
