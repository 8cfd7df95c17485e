//! From JSON arrays to JSON Lines, and back.
//!
//! An array is read as its elements come. Only what lies between them is read here, and where each one ends; whether it is
//! JSON the crate's own check says, to which it goes as one line: what is white is made white in place, byte for byte, so
//! that places stay what they are.

use crate::{
    bits::EscapeScanner,
    cursor::is_white,
    de::expected,
    error::{Error, ErrorKind, Fault, Result},
    options::Options,
    position::Position,
    raw::RawCheck,
    reader::JsonlReader,
    simd::{Kernel, Level, Vector},
    writer::JsonlWriter,
};
use serde::de::IgnoredAny;
use std::{
    io::{self, Read, Write},
    mem,
};

/// What a conversion has read and written.
///
/// ```
/// let mut lines = Vec::new();
/// let done = simd_jsonl::array_to_jsonl(&b"[1, 2]"[..], &mut lines)?;
/// assert_eq!((done.records, done.bytes_read, done.bytes_written), (2, 6, 4));
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Converted {
    /// The records, or elements.
    pub records: u64,
    /// All bytes of the input.
    pub bytes_read: u64,
    /// All bytes of the output.
    pub bytes_written: u64,
}

/// Converts one JSON array, compact or over any number of lines, to JSON Lines: each element is a compact record.
///
/// Memory is bounded by the longest element; strings and numbers are copied as they stand. Neither side needs a buffer.
///
/// # Errors
/// If the input is not one JSON array, with the place in it, an element is longer than 256 MiB or nested deeper than 128
/// levels, or the source or the target fails. The elements before that are written.
///
/// ```
/// let array = br#"[
///   { "id": 1, "tags": ["a b", "c"] },
///   { "id": 2, "tags": [] }
/// ]"#;
/// let mut lines = Vec::new();
/// simd_jsonl::array_to_jsonl(&array[..], &mut lines)?;
/// assert_eq!(lines, br#"{"id":1,"tags":["a b","c"]}
/// {"id":2,"tags":[]}
/// "#);
///
/// let error = simd_jsonl::array_to_jsonl(&b"[1,\n 2 3]"[..], &mut lines).unwrap_err();
/// assert_eq!(error.to_string(), "line 2, column 4 (byte 7): expected ',' or ']', found '3', near ` 2 3]`");
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub fn array_to_jsonl<R: Read, W: Write>(array: R, jsonl: W) -> Result<Converted> {
    let mut elements = Elements::new(array);
    let mut writer = JsonlWriter::new(jsonl);
    let mut records = 0;
    while let Some(element) = elements.next()? {
        writer.write_line(|line| compact(element, line))?;
        records += 1;
    }
    finish(writer, records, elements.position().offset)
}

/// Converts JSON Lines to one JSON array, each element on a line of its own.
///
/// # Errors
/// If a line is not a record, with its place, or the source or the target fails. The records before that are written, but no
/// whole array.
///
/// ```
/// let mut array = Vec::new();
/// simd_jsonl::jsonl_to_array(&b"{\"a\": 1}\n[2]\n"[..], &mut array)?;
/// assert_eq!(array, b"[\n{\"a\":1},\n[2]\n]\n");
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub fn jsonl_to_array<R: Read, W: Write>(jsonl: R, array: W) -> Result<Converted> {
    let mut writer = JsonlWriter::new(array);
    // a record waits for its comma until there is one more
    let (mut record, mut line) = (Vec::new(), b"[".to_vec());
    let read = each_record(jsonl, |next, number| {
        if number > 0 {
            mem::swap(&mut record, &mut line);
            record.clear();
            line.push(b',');
        }
        compact(next, &mut record);
        writer.write_line(|out| out.append(&mut line))
    });
    if !record.is_empty() && line.is_empty() {
        writer.write_line(|out| out.append(&mut record))?;
    }
    let (records, bytes_read) = read?;
    writer.write_line(|out| out.extend_from_slice(if records > 0 { b"]" } else { b"[]" }))?;
    finish(writer, records, bytes_read)
}

/// Rewrites JSON Lines in their plainest form: no byte order mark, LF only and behind each record, no blank lines, no white
/// space between tokens. What is so already is copied as it is.
///
/// # Errors
/// If a line is not a record, with its place, or the source or the target fails. The records before that are written.
///
/// ```
/// let mut plain = Vec::new();
/// simd_jsonl::normalize(&b"{\"a\": \"b c\"}\r\n\r\n[1,2]"[..], &mut plain)?;
/// assert_eq!(plain, b"{\"a\":\"b c\"}\n[1,2]\n");
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub fn normalize<R: Read, W: Write>(jsonl: R, to: W) -> Result<Converted> {
    let mut writer = JsonlWriter::new(to);
    let (records, bytes_read) = each_record(jsonl, |record, _| writer.write_line(|line| compact(record, line)))?;
    finish(writer, records, bytes_read)
}

/// Hands out each record, which is JSON throughout, with the number of those before it; how many there are, in how many bytes.
fn each_record(jsonl: impl Read, mut take: impl FnMut(&[u8], u64) -> Result<()>) -> Result<(u64, u64)> {
    let mut reader = JsonlReader::new(jsonl);
    let mut records = 0;
    while let Some(record) = reader.next_record()? {
        record.deserialize::<IgnoredAny>()?;
        take(record.as_bytes(), records)?;
        records += 1;
    }
    Ok((records, reader.position().offset))
}

/// Of a conversion that fails before it comes here, the writer writes what it has when it is dropped.
fn finish<W: Write>(writer: JsonlWriter<W>, records: u64, bytes_read: u64) -> Result<Converted> {
    let bytes_written = writer.position().offset;
    writer.into_inner()?;
    Ok(Converted { records, bytes_read, bytes_written })
}

/// Adds `json`, which is valid, without the white space between its tokens.
fn compact(json: &[u8], out: &mut Vec<u8>) {
    Level::detect().run(Compact { json, out });
}

struct Compact<'a> {
    json: &'a [u8],
    out: &'a mut Vec<u8>,
}

impl Kernel for Compact<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self, v: V) {
        let Compact { json, out } = self;
        out.reserve(json.len());
        let (blocks, rest) = json.as_chunks::<64>();
        let mut last = [b' '; 64]; // which is white, and so left out
        last[..rest.len()].copy_from_slice(rest);
        let (mut escapes, mut in_string) = (EscapeScanner::default(), 0);
        for block in blocks.iter().chain(std::iter::once(&last)) {
            let loaded = v.load(block);
            let quote = v.eq(loaded, b'"') & !escapes.next(v.eq(loaded, b'\\'));
            let inside = v.prefix_xor(quote) ^ in_string;
            in_string = ((inside as i64) >> 63) as u64;
            // nothing else of valid JSON is below that
            let mut keep = inside | !v.le(loaded, b' ');
            if keep == !0 {
                out.extend_from_slice(block);
                continue;
            }
            while keep != 0 {
                let from = keep.trailing_zeros();
                let len = (!(keep >> from)).trailing_zeros();
                out.extend_from_slice(&block[from as usize..(from + len) as usize]);
                keep &= (!0u64).unbounded_shl(from + len);
            }
        }
    }
}

/// The elements of a JSON array that comes as a stream.
struct Elements<R> {
    input: Input<R>,
    check: RawCheck,
    state: State,
}

/// What was read last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    Bracket,
    Comma,
    /// An element, this many bytes long.
    Element(usize),
    End,
}

impl<R: Read> Elements<R> {
    fn new(reader: R) -> Self {
        Elements { input: Input::new(reader), check: RawCheck::new(Level::detect()), state: State::Nothing }
    }

    /// Behind the last element, or what follows it.
    fn position(&self) -> Position {
        self.input.position()
    }

    /// The next element, without a line break.
    fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            if let State::Element(len) = self.state {
                self.input.skip_element(len);
            }
            if self.state == State::Nothing {
                self.input.skip_mark()?;
            }
            let next = self.input.next()?;
            self.state = match (self.state, next) {
                (State::Nothing, Some(b'[')) => State::Bracket,
                (State::Nothing, _) => return Err(self.no_array()),
                (State::Bracket | State::Element(_), Some(b']')) => State::End,
                (State::Element(_), Some(b',')) => State::Comma,
                (State::Element(_), _) => return Err(self.expected(ErrorKind::ExpectedComma, "',' or ']'")),
                (State::Bracket, None | Some(b',')) => {
                    return Err(self.expected(ErrorKind::ExpectedValue, "a value or ']'"));
                }
                (State::Comma, Some(b']')) => {
                    let message = "trailing comma: expected one more element, found ']'";
                    return Err(self.input.fault(ErrorKind::TrailingComma, message));
                }
                (State::Comma, None | Some(b',')) => return Err(self.expected(ErrorKind::ExpectedValue, "a value")),
                (State::Bracket | State::Comma, Some(_)) => {
                    let len = self.element()?;
                    self.state = State::Element(len);
                    return Ok(Some(self.input.front(len)));
                }
                (State::End, None) => return Ok(None),
                (State::End, Some(_)) => {
                    let what = "the end of the input behind the array (JSON Lines need no conversion)";
                    return Err(self.expected(ErrorKind::TrailingCharacters, what));
                }
            };
            self.input.take();
        }
    }

    /// Finds the end of the element that begins here and checks it; its length.
    fn element(&mut self) -> Result<usize> {
        let mut extent = Extent::default();
        let ended = loop {
            let ended = extent.read(self.input.text());
            if ended.is_some() || extent.len > Options::MAX_RECORD_LEN || !self.input.fill(extent.breaks)? {
                break ended;
            }
        };
        if extent.len > Options::MAX_RECORD_LEN {
            let message = format!("an element is longer than the limit of {} bytes", Options::MAX_RECORD_LEN);
            return Err(self.input.fault(ErrorKind::RecordTooLong, message));
        }
        let start = self.input.position();
        match self.input.with_line(extent.len, |line| self.check.is_record(line, start)) {
            Err(error) => {
                let ahead = error.position().offset - start.offset;
                Err(self.input.locate(error, ahead as usize))
            }
            Ok(_) if ended.is_none() => {
                self.input.skip_element(extent.len);
                Err(self.expected(ErrorKind::ExpectedComma, "',' or ']'"))
            }
            Ok(_) => Ok(extent.len),
        }
    }

    /// The error that here stands not what the grammar wants.
    #[cold]
    fn expected(&mut self, kind: ErrorKind, what: &str) -> Error {
        let is_cut =
            |rest: &[u8]| std::str::from_utf8(rest).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none());
        let rest = self.input.look_ahead(4, is_cut);
        let kind = match rest {
            [] => ErrorKind::UnexpectedEnd,
            _ if rest.starts_with("\u{feff}".as_bytes()) => ErrorKind::ByteOrderMark,
            _ if rest.utf8_chunks().next().is_some_and(|chunk| chunk.valid().is_empty()) => {
                return self.input.fault(ErrorKind::InvalidUtf8, "invalid UTF-8");
            }
            _ => kind,
        };
        let message = expected(what, rest, "the end of the input");
        self.input.fault(kind, message)
    }

    /// The error of an input that does not begin with a bracket, by what its first line is.
    #[cold]
    fn no_array(&mut self) -> Error {
        let text = self.input.look_ahead(Options::BUFFER_SIZE / 2, |text| !text.contains(&b'\n'));
        let line_end = memchr::memchr(b'\n', text);
        let line = &text[..line_end.unwrap_or(text.len())];
        let is_object = line.starts_with(b"{");
        match self.check.is_record(line, Position::default()) {
            Ok(true) if line_end.is_some() || !is_object => {
                self.input.fault(ErrorKind::ExpectedValue, "expected a JSON array; the input is JSON Lines already")
            }
            Err(error) if matches!(error.kind(), ErrorKind::Encoding | ErrorKind::Compressed) => {
                self.input.locate(error, 0)
            }
            _ if is_object => {
                let message = "expected a JSON array; the input is an object: one document, or JSON Lines already";
                self.input.fault(ErrorKind::ExpectedValue, message)
            }
            _ => self.expected(ErrorKind::ExpectedValue, "a JSON array"),
        }
    }
}

/// How far an element reaches. No recursion, so that depth costs no stack.
#[derive(Default)]
struct Extent {
    /// What was read of it.
    len: usize,
    depth: u32,
    in_string: bool,
    /// The line breaks in it so far.
    breaks: u64,
}

/// What a line break is in an element that was read.
const BREAK: u8 = b'\t';

/// An element's end was found, or a place that it cannot get past.
struct Ended;

impl Extent {
    /// Reads on in `text`, which begins with the element, and makes its line breaks tabs, and other tabs spaces: all is
    /// white still, and they can be told apart. CRs become spaces too, since one at a line's end is no part of a record.
    fn read(&mut self, text: &mut [u8]) -> Option<Ended> {
        let is_scalar = |c: &u8| *c > b' ' && !b",:[]{}\"".contains(c);
        if self.depth == 0 && !self.in_string && !matches!(text.first(), Some(b'"' | b'{' | b'[')) {
            self.len += text[self.len..].iter().take_while(|c| is_scalar(c)).count();
            let ended = self.len < text.len();
            self.len = self.len.max(1); // whatever it is, it is not a value
            return ended.then_some(Ended);
        }
        while let Some(behind) = text.get(self.len..).filter(|behind| !behind.is_empty()) {
            if self.depth > 0 && behind.len() >= 64 {
                let ended = Level::detect().run(Blocks { extent: self, text });
                if ended.is_some() {
                    return ended;
                }
            } else if self.in_string {
                let next = memchr::memchr3(b'"', b'\\', b'\n', behind);
                self.len += next.unwrap_or(behind.len());
                match text.get(self.len..) {
                    Some([b'\\', b'\n', ..]) => self.len += 1,
                    Some([b'\\', _, ..]) => self.len += 2,
                    Some([b'\n', ..]) => return Some(Ended), // it is not closed on its line
                    Some([b'"', ..]) => {
                        self.len += 1;
                        self.in_string = false;
                    }
                    _ => return None,
                }
            } else {
                let is_special = |c: &u8| matches!(*c, b'"' | b'{' | b'}' | b'[' | b']' | b'\n' | b'\r' | BREAK);
                let Some(next) = behind.iter().position(is_special) else {
                    self.len = text.len();
                    return None;
                };
                let byte = &mut text[self.len + next];
                self.len += next + 1;
                match *byte {
                    b'"' => self.in_string = true,
                    b'\n' => {
                        *byte = BREAK;
                        self.breaks += 1;
                    }
                    b'\r' | BREAK => *byte = b' ',
                    b'{' | b'[' if self.depth == Options::MAX_DEPTH => return Some(Ended),
                    b'{' | b'[' => self.depth += 1,
                    _ => self.depth -= 1,
                }
            }
            if self.depth == 0 && !self.in_string {
                return Some(Ended);
            }
        }
        None
    }
}

/// The same for what is there of a container in blocks of 64 bytes.
struct Blocks<'a> {
    extent: &'a mut Extent,
    text: &'a mut [u8],
}

impl Kernel for Blocks<'_> {
    type Output = Option<Ended>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<Ended> {
        let Blocks { extent, text } = self;
        while let Some(block) = text.get_mut(extent.len..).and_then(|rest| rest.first_chunk_mut()) {
            let loaded = v.load(block);
            let backslash = v.eq(loaded, b'\\');
            let escaped = EscapeScanner::default().next(backslash);
            let quote = v.eq(loaded, b'"') & !escaped;
            let inside = v.prefix_xor(quote) ^ u64::from(extent.in_string).wrapping_neg();
            let newline = v.eq(loaded, b'\n');
            // a string that is not closed on its line is the end; a backslash waits for what it escapes
            let cut = (inside & newline).trailing_zeros();
            let mut len = cut.min(64 - ((backslash & !escaped) >> 63) as u32);
            let before = |place: u32| !(!0u64).unbounded_shl(place);
            let opening = v.eq_masked(loaded, 0xDF, b'[') & !inside & before(len);
            let closing = v.eq_masked(loaded, 0xDF, b']') & !inside & before(len);
            let mut ended = (cut < 64).then_some(Ended);
            if closing.count_ones() < extent.depth && extent.depth + opening.count_ones() <= Options::MAX_DEPTH {
                extent.depth = extent.depth + opening.count_ones() - closing.count_ones();
            } else {
                let mut brackets = opening | closing;
                while brackets != 0 {
                    let place = brackets.trailing_zeros();
                    brackets &= brackets - 1;
                    match opening >> place & 1 {
                        1 if extent.depth < Options::MAX_DEPTH => extent.depth += 1,
                        0 if extent.depth > 1 => extent.depth -= 1,
                        _ => {
                            (len, ended) = (place + 1, Some(Ended));
                            break;
                        }
                    }
                }
            }
            let mut white = (newline | v.eq(loaded, b'\r') | v.eq(loaded, BREAK)) & !inside & before(len);
            extent.breaks += u64::from((white & newline).count_ones());
            while white != 0 {
                let place = white.trailing_zeros();
                white &= white - 1;
                block[place as usize] = if newline >> place & 1 == 1 { BREAK } else { b' ' };
            }
            extent.in_string = len > 0 && inside >> (len - 1) & 1 == 1;
            extent.len += len as usize;
            if ended.is_some() {
                return ended;
            }
        }
        None
    }
}

/// A stream, in a buffer that grows for an element that is longer.
struct Input<R> {
    reader: R,
    /// All but the last byte is room, so that there is one behind each element.
    buffer: Vec<u8>,
    /// What is next in the buffer, and behind the last byte that was read.
    start: usize,
    end: usize,
    /// Where the buffer begins in the input.
    offset: u64,
    /// The line at `start`, and where it begins in the input.
    line: u64,
    line_start: u64,
}

impl<R: Read> Input<R> {
    fn new(reader: R) -> Self {
        let buffer = vec![0; Options::BUFFER_SIZE];
        Input { reader, buffer, start: 0, end: 0, offset: 0, line: 1, line_start: 0 }
    }

    fn position(&self) -> Position {
        Position { offset: self.offset + self.start as u64, line: self.line }
    }

    /// What is there.
    fn text(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..self.end]
    }

    /// The next `len` bytes, which are there.
    fn front(&self, len: usize) -> &[u8] {
        &self.buffer[self.start..self.start + len]
    }

    /// The next `len` bytes, which are there, as a line with its LF.
    fn with_line<T>(&mut self, len: usize, run: impl FnOnce(&[u8]) -> T) -> T {
        let end = self.start + len;
        let behind = mem::replace(&mut self.buffer[end], b'\n');
        let result = run(&self.buffer[self.start..=end]);
        self.buffer[end] = behind;
        result
    }

    /// Steps over a byte order mark, with which an input may begin.
    fn skip_mark(&mut self) -> Result<()> {
        let mark = "\u{feff}".as_bytes();
        while self.end < mark.len() && mark.starts_with(self.text()) && self.fill(0)? {}
        if self.text().starts_with(mark) {
            self.start = mark.len();
            self.line_start = mark.len() as u64;
        }
        Ok(())
    }

    /// Steps over white space; the byte that follows, if any does.
    fn next(&mut self) -> Result<Option<u8>> {
        loop {
            for place in self.start..self.end {
                let byte = self.buffer[place];
                if byte == b'\n' {
                    self.line += 1;
                    self.line_start = self.offset + place as u64 + 1;
                } else if !is_white(byte) {
                    self.start = place;
                    return Ok(Some(byte));
                }
            }
            self.start = self.end;
            if !self.fill(0)? {
                return Ok(None);
            }
        }
    }

    /// Steps over the one byte that is next.
    fn take(&mut self) {
        self.start += 1;
    }

    /// Steps over a valid element, which has been read as one.
    fn skip_element(&mut self, len: usize) {
        let element = &self.buffer[self.start..self.start + len];
        if let Some(last) = memchr::memrchr(BREAK, element) {
            self.line += memchr::memchr_iter(BREAK, element).count() as u64;
            self.line_start = self.offset + (self.start + last + 1) as u64;
        }
        self.start += len;
    }

    /// What is there, up to `enough` bytes and while `more` of it is wanted. That the source fails is of no interest any more.
    #[cold]
    fn look_ahead(&mut self, enough: usize, more: impl Fn(&[u8]) -> bool) -> &[u8] {
        while self.end - self.start < enough && more(self.text()) && self.fill(0).unwrap_or(false) {}
        &self.buffer[self.start..self.end]
    }

    /// Reads once, behind what is there and has so many line breaks; whether anything came.
    fn fill(&mut self, breaks: u64) -> Result<bool> {
        if self.start >= self.buffer.len() / 2 || self.end + 1 >= self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.offset += self.start as u64;
            (self.start, self.end) = (0, self.end - self.start);
            if self.end >= self.buffer.len() / 2 {
                // one byte more than an element may have shows that it is too long
                let len = (self.buffer.len() * 2).min(Options::MAX_RECORD_LEN + 2).max(self.end + 2);
                self.buffer.resize(len, 0);
            }
        }
        let room = self.buffer.len() - 1;
        loop {
            match self.reader.read(&mut self.buffer[self.end..room]) {
                Ok(n) => {
                    self.end += n.min(room - self.end);
                    return Ok(n > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let at = Position { offset: self.offset + self.end as u64, line: self.line + breaks };
                    return Err(Error::from_io(error, at));
                }
            }
        }
    }

    /// A fault of the byte that is next.
    #[cold]
    fn fault(&self, kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        self.locate(Error::from_fault(Fault::new(0, kind, message), b"", self.position()), 0)
    }

    /// Puts an error in its place, which lies this many bytes ahead, in an element that has been read.
    #[cold]
    fn locate(&self, mut error: Error, ahead: usize) -> Error {
        let place = self.start + ahead;
        let before = &self.buffer[self.start..place];
        let offset = self.offset + place as u64;
        let (line_start, line) = match memchr::memrchr(BREAK, before) {
            Some(last) => {
                let breaks = memchr::memchr_iter(BREAK, before).count();
                (self.offset + (self.start + last + 1) as u64, self.line + breaks as u64)
            }
            None => (self.line_start, self.line),
        };
        // as much of the line as is there
        let from = line_start.saturating_sub(self.offset) as usize;
        let to = memchr::memchr2(b'\n', BREAK, &self.buffer[place..self.end]).map_or(self.end, |len| place + len);
        error.locate(place - from, &self.buffer[from..to], Position { offset: self.offset + from as u64, line });
        error.set_column(offset - line_start + 1);
        error
    }
}
