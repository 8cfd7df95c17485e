//! From windows to records.

#[cfg(feature = "value")]
use crate::de::Dynamic;
use crate::{
    cursor::{At, Cursor, End, Walk, is_white},
    de::{Failure, Origin},
    error::{Error, ErrorKind, Fault, Result},
    index::StructuralIndex,
    lazy::LazyValue,
    lines::Line,
    options::Options,
    policy::{Bad, Judge, Verdict},
    position::Position,
    report::ReadReport,
    window::{Refill, Source, Text},
};
use serde::de::Deserialize;
use std::{io, path::Path, sync::Arc};

/// One record, borrowed from the reader: look at it, then decode it or let it be.
///
/// Its strings are closed and its UTF-8 is valid; the rest of its grammar is checked when it is decoded.
///
/// ```
/// use simd_jsonl::JsonlSlice;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Event<'a> { level: &'a str, ms: f64 }
///
/// let mut reader = JsonlSlice::new(br#"{"level":"debug","ms":1}
/// {"level":"error","ms":2.5}"#);
/// while let Some(record) = reader.next_record()? {
///     if record.get("level")?.is_some_and(|level| level.as_str().as_deref() == Some("error")) {
///         let event: Event = record.deserialize()?;
///         assert_eq!((event.level, event.ms, record.position().line), ("error", 2.5, 2));
///     }
/// }
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Record<'a> {
    value: LazyValue<'a>,
}

impl<'a> Record<'a> {
    /// The record's line, without its LF or CR LF.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b" [1] \r\n");
    /// assert_eq!(reader.next_record()?.unwrap().as_bytes(), b" [1] ");
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn as_bytes(&self) -> &'a [u8] {
        self.value.origin().line(self.value.window())
    }

    /// Where its line begins.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlSlice, Position};
    /// let mut reader = JsonlSlice::new(b"\n\n[1]\n");
    /// assert_eq!(reader.next_record()?.unwrap().position(), Position { offset: 2, line: 3 });
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn position(&self) -> Position {
        self.value.origin().position
    }

    /// Whether its line ends in LF. Only the input's last line may not; that may mean that its writer was cut off.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"1\n23");
    /// assert!(reader.next_record()?.unwrap().terminated());
    /// assert!(!reader.next_record()?.unwrap().terminated());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn terminated(&self) -> bool {
        self.value.origin().terminated
    }

    /// Decodes it.
    ///
    /// # Errors
    /// If the record is not valid JSON, or does not fit `T`.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"[1,2]\n");
    /// let numbers: Vec<u8> = reader.next_record()?.unwrap().deserialize()?;
    /// assert_eq!(numbers, [1, 2]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn deserialize<T: Deserialize<'a>>(&self) -> Result<T> {
        self.value.deserialize_whole()
    }

    /// The value of a member, if the record is an object that has it; see [`LazyValue::get`].
    ///
    /// # Errors
    /// If the record is not valid up to that member.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(br#"{"a":1,"b":{"c":2}}"#);
    /// let record = reader.next_record()?.unwrap();
    /// assert_eq!(record.get("a")?.unwrap().as_u64(), Some(1));
    /// assert!(record.get("c")?.is_none());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    #[inline]
    pub fn get(&self, key: &str) -> Result<Option<LazyValue<'a>>> {
        self.value.get(key)
    }

    /// The value that a JSON Pointer (RFC 6901) names; see [`LazyValue::pointer`].
    ///
    /// # Errors
    /// If the record is not valid up to that value.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(br#"{"a":[1,{"b":2}]}"#);
    /// let record = reader.next_record()?.unwrap();
    /// assert_eq!(record.pointer("/a/1/b")?.unwrap().as_u64(), Some(2));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn pointer(&self, pointer: &str) -> Result<Option<LazyValue<'a>>> {
        self.value.pointer(pointer)
    }

    /// The record's value, to walk through.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"[1,2]");
    /// let record = reader.next_record()?.unwrap();
    /// let sum = record.as_lazy().array()?.try_fold(0, |sum, n| n.map(|n| sum + n.as_u64().unwrap_or(0)))?;
    /// assert_eq!(sum, 3);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn as_lazy(&self) -> LazyValue<'a> {
        self.value
    }

    /// Decodes it into a dynamic value that borrows its strings from the record.
    ///
    /// # Errors
    /// If the record is not valid JSON.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// use simd_jsonl::simd_json::prelude::*;
    ///
    /// let mut reader = JsonlSlice::new(br#"{"a":[1,2]}"#);
    /// let value = reader.next_record()?.unwrap().to_value()?;
    /// assert_eq!(value["a"][1].as_u64(), Some(2));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    #[cfg(feature = "value")]
    pub fn to_value(&self) -> Result<simd_json::BorrowedValue<'a>> {
        self.deserialize().map(|Dynamic(value)| value)
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(self.as_bytes());
        f.debug_struct("Record").field("position", &self.position()).field("text", &text).finish()
    }
}

/// How many bytes of a dirty window are indexed at a time, if they hold more than one line: short lines one by one would cost
/// several times as much, and of long ones little is indexed twice.
const DIRTY_PART: usize = 1024;

/// Walks through the windows of a source, record by record.
pub(crate) struct Scan {
    options: Options,
    /// The record that was lent or refused last, and what holds for all.
    origin: Origin,
    index: StructuralIndex,
    scratch: String,
    /// The part of the source's window that is being read: all of it, or some lines of it if it is dirty.
    start: usize,
    end: usize,
    /// How many bytes of a dirty window to index next: more after a part that is clean, fewer after one that is not.
    stride: usize,
    /// In that part, which is indexed if the index is not clear, the first entry and the first byte that are not read yet.
    entry: usize,
    line_start: usize,
    /// Where that part begins in the input.
    offset: u64,
    /// The line at `line_start`.
    line: u64,
    /// No record has come yet.
    at_first: bool,
    done: bool,
    /// By the policy, which `done` is not: lines may still be read.
    stopped: bool,
    judge: Judge,
    /// What was read; of its bytes, those before `counted_from`, and of its records, those before line `records_from`. Of the
    /// lines since, so many are no records.
    report: ReadReport,
    counted_from: u64,
    records_from: u64,
    other_lines: u64,
    /// Bytes of the line that was refused last, without LF.
    refused_len: u64,
    passed_over: bool,
    /// The error that ends the reading, once the one before it is yielded.
    last_error: Option<Error>,
}

impl Scan {
    pub(crate) fn new(options: Options, path: Option<Arc<Path>>) -> Scan {
        let (limits, position) = (options.limits, Position::default());
        let origin = Origin { start: 0, end: 0, position, terminated: true, is_first: true, limits, path };
        Scan {
            judge: Judge::new(options.policy.clone()),
            report: ReadReport::default(),
            counted_from: 0,
            records_from: 1,
            other_lines: 0,
            refused_len: 0,
            passed_over: false,
            last_error: None,
            options,
            origin,
            index: StructuralIndex::default(),
            stride: 0,
            scratch: String::new(),
            start: 0,
            end: 0,
            entry: 0,
            line_start: 0,
            offset: 0,
            line: 1,
            at_first: true,
            done: false,
            stopped: false,
        }
    }

    /// Where the next line begins.
    pub(crate) fn position(&self) -> Position {
        // behind a last line without newline, the place is still on that line
        let added = u64::from(!self.origin.terminated && self.start + self.line_start == self.end);
        Position { offset: self.offset + self.line_start as u64 - added, line: self.line - added }
    }

    /// How many bytes of a byte order mark are to be skipped at the front of what follows.
    pub(crate) fn mark_len(&self, rest: &[u8]) -> usize {
        let mark = "\u{feff}".as_bytes();
        let skips = self.position().offset == 0 && !self.options.strict && rest.starts_with(mark);
        if skips { mark.len() } else { 0 }
    }

    /// What was read so far.
    pub(crate) fn report(&self) -> ReadReport {
        let bytes = self.report.bytes + (self.position().offset - self.counted_from);
        ReadReport { bytes, records: self.records(), ..self.report.clone() }
    }

    fn records(&self) -> u64 {
        self.report.records + (self.line - self.records_from) - self.other_lines
    }

    /// Counts the records up to here.
    fn count_records(&mut self) {
        self.report.records = self.records();
        (self.records_from, self.other_lines) = (self.line, 0);
    }

    /// The errors that were kept.
    pub(crate) fn errors(&self) -> &[Error] {
        self.judge.kept()
    }

    /// Goes on at `position`, to which the source has been moved.
    pub(crate) fn seek(&mut self, position: Position) {
        self.report.bytes += self.position().offset - self.counted_from;
        self.count_records();
        (self.counted_from, self.records_from) = (position.offset, position.line);
        (self.last_error, self.stopped) = (None, false);
        (self.start, self.end, self.entry, self.line_start, self.done) = (0, 0, 0, 0, false);
        self.index.clear();
        self.origin.terminated = true;
        (self.offset, self.line) = (position.offset, position.line);
        self.at_first = position == Position::default();
    }

    /// Whether the next record of the part that is being read begins right here, as most do.
    #[inline(always)]
    pub(crate) fn is_at_record(&self, text: Text<'_, '_>) -> bool {
        Walk::new(text.window, &self.index, self.entry)
            .is_some_and(|(walk, at)| walk.place(at) == self.line_start && walk.byte(at) != b'\n')
    }

    /// Whether there is a record in the part that is being read; steps up to it.
    #[inline(always)]
    pub(crate) fn has_record(&mut self, text: Text<'_, '_>) -> Result<bool> {
        if self.is_at_record(text) { Ok(true) } else { self.find_record(text.window) }
    }

    /// A cursor on the next record of the part that is being read, which was found.
    #[inline(always)]
    pub(crate) fn cursor<'s, 'de>(&'s mut self, text: Text<'s, 'de>) -> (Cursor<'de, 's>, At<'s>) {
        let Text { window, lend } = text;
        let (walk, at) = Walk::new(window, &self.index, self.entry).expect("a record was found");
        (Cursor::new(walk, at, lend, self.origin.limits, &mut self.scratch), at)
    }

    /// Steps over the good record that a cursor has read.
    #[inline(always)]
    pub(crate) fn accept(&mut self, end: End) {
        self.pass_record(end.newline, end.entry_number(&self.index));
    }

    /// Steps over a good record, which ends in the newline at place `newline`, entry number `entry`.
    #[inline(always)]
    fn pass_record(&mut self, newline: usize, entry: usize) {
        self.report.longest_record = self.report.longest_record.max((newline - self.line_start) as u64);
        self.entry = entry + 1;
        self.line_start = newline + 1;
        self.line += 1;
        self.at_first = false;
    }

    /// The next record of the part that is being read, in which [`has_record`](Self::has_record) has found it.
    #[inline]
    pub(crate) fn next_record<'s>(&'s mut self, text: Text<'s, 's>) -> Option<Record<'s>> {
        let Text { window, .. } = text;
        let (start, position, is_first) = (self.line_start, self.position(), self.at_first);
        let (walk, at) = Walk::new(window, &self.index, self.entry)?;
        let end = walk.end_at(walk.record_end(at));
        let (newline, entry) = (end.newline, end.entry_number(&self.index));
        self.report.longest_record = self.report.longest_record.max((newline - self.line_start) as u64);
        self.entry = entry + 1;
        self.line_start = newline + 1;
        self.line += 1;
        self.at_first = false;
        (self.origin.start, self.origin.end) = (start, trim_cr(window, newline));
        (self.origin.position, self.origin.is_first) = (position, is_first);
        Some(Record { value: LazyValue::new(walk, at, &self.origin) })
    }

    /// Whether there is a line in the part that is being read.
    pub(crate) fn has_line(&mut self, text: Text<'_, '_>) -> Result<bool> {
        Ok(self.line_start < text.lend.len())
    }

    /// The next line of the part that is being read, whatever is in it; `None` if there is none in it.
    pub(crate) fn next_line<'s>(&mut self, text: Text<'_, 's>) -> Option<Line<'s>> {
        let rest = text.lend.get(self.line_start..)?;
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let line = Line::new(&rest[..end], self.position().offset);
        // the index goes on where it is; making it again is cheaper than keeping step with who wants lines only
        self.index.clear();
        self.entry = 0;
        self.line_start += if line.terminated() { end } else { end + 1 };
        self.line += 1;
        self.other_lines += 1;
        self.at_first = false;
        Some(line)
    }

    /// Steps over blank lines; whether a record follows.
    #[inline(never)]
    pub(crate) fn find_record(&mut self, window: &[u8]) -> Result<bool> {
        loop {
            let Some((walk, at)) = Walk::new(window, &self.index, self.entry) else { return Ok(false) };
            let place = walk.place(at);
            if place != self.line_start && !window[self.line_start..place].iter().all(|c| is_white(*c)) {
                return Err(self.refuse_line(window)); // commas, colons and control characters are no entries
            }
            if walk.byte(at) != b'\n' {
                return Ok(true);
            }
            self.report.blank_lines += 1;
            if self.options.strict {
                return Err(self.refuse_blank(window));
            }
            self.entry += 1;
            self.line_start = place + 1;
            self.line += 1;
            self.other_lines += 1;
        }
    }

    #[cold]
    #[inline(never)]
    fn refuse_blank(&mut self, window: &[u8]) -> Error {
        let origin = self.origin(window);
        let fault = Fault::new(0, ErrorKind::BlankLine, "blank line, which strict mode does not allow");
        let error = origin.complete(window, Error::from_fault(fault, origin.line(window), origin.position));
        self.step_over_line(window);
        self.settle(window, error)
    }

    /// The error of the line at `line_start`, which was not even walked; steps over it.
    #[cold]
    #[inline(never)]
    fn refuse_line(&mut self, window: &[u8]) -> Error {
        let failure = Failure { error: Some(Error::syntax()), place: self.line_start, overrun: false };
        self.refuse(window, failure)
    }

    /// The error of the line at `line_start`; steps over it.
    #[cold]
    #[inline(never)]
    pub(crate) fn refuse(&mut self, window: &[u8], failure: Failure) -> Error {
        let is_shown = self.judge.shows_errors();
        let origin = self.origin(window);
        let error = if is_shown { origin.explain(window, failure) } else { origin.classify(window, failure) };
        self.step_over_line(window);
        self.settle(window, error)
    }

    /// The line at `line_start`.
    fn origin(&mut self, window: &[u8]) -> &Origin {
        let rest = &window[self.line_start..];
        let newline = memchr::memchr(b'\n', rest).expect("each line of a window has its newline");
        (self.origin.start, self.origin.end) = (self.line_start, trim_cr(window, self.line_start + newline));
        (self.origin.position, self.origin.is_first) = (self.position(), self.at_first);
        &self.origin
    }

    /// Steps over the line at `line_start`, and over its entries if the part is indexed.
    fn step_over_line(&mut self, window: &[u8]) {
        let newline = memchr::memchr(b'\n', &window[self.line_start..]).expect("each line of a window has its newline");
        self.refused_len = newline as u64;
        self.line_start += newline + 1;
        self.line += 1;
        self.other_lines += 1;
        self.at_first = false;
        if !self.index.is_clear() {
            let rest = &self.index.entries()[self.entry..];
            // most records have few entries; look near before halving what is left
            let mut reach = 16;
            while rest.get(reach).is_some_and(|place| (*place as usize) < self.line_start) {
                reach *= 4;
            }
            let rest = &rest[..rest.len().min(reach)];
            self.entry += rest.partition_point(|place| (*place as usize) < self.line_start);
        }
    }

    /// The error that was just made, if it is to be yielded. Out of line, so that dropping one is.
    #[cold]
    #[inline(never)]
    pub(crate) fn yielded(&mut self, error: Error) -> Option<Error> {
        if std::mem::take(&mut self.passed_over) { None } else { Some(error) }
    }

    /// Does with the error of the record that was refused last, in `window` if it is there, what the policy says; what comes
    /// back is to be yielded or to be passed over.
    #[cold]
    fn settle(&mut self, window: &[u8], error: Error) -> Error {
        self.count_records();
        self.report.count(error.kind());
        self.report.longest_record = self.report.longest_record.max(self.refused_len);
        let Origin { start, position, ref path, .. } = self.origin;
        let line = window.get(start..start + self.refused_len as usize).unwrap_or_default();
        let bad = Bad { line, start: position, len: self.refused_len, path: path.as_ref() };
        match self.judge.judge(error, bad, &self.report) {
            (Verdict::Yield(error), None) => error,
            (Verdict::Yield(error), last) => {
                self.stop();
                self.last_error = last;
                error
            }
            (Verdict::PassOver(_), Some(last)) => {
                self.stop();
                last
            }
            (Verdict::Stop(last), _) => {
                self.stop();
                self.last_error = None; // of the same target
                last
            }
            (Verdict::PassOver(error), None) => {
                self.passed_over = true;
                error.unwrap_or_else(Error::syntax)
            }
        }
    }

    /// Ends the reading here.
    fn stop(&mut self) {
        self.index.clear();
        (self.entry, self.stopped) = (0, true);
        self.last_error = self.judge.flush(self.position(), self.origin.path.as_ref()).err();
    }

    /// Makes ready what comes next, one window or one line of a dirty window; whether anything comes.
    ///
    /// # Errors
    /// A line that is bad on its own, or the source. Calling again goes on behind it.
    #[cold]
    #[inline(never)]
    pub(crate) fn refill<S: Source>(&mut self, source: &mut S) -> Result<bool> {
        if self.stopped {
            return self.last_error.take().map_or(Ok(false), Err);
        }
        loop {
            let Text { window, .. } = source.window();
            let part_end = self.start + self.line_start;
            if self.index.is_clear() && part_end < self.end {
                // lines that are not indexed, or no longer
                self.narrow(source, part_end, self.end);
                let Text { window: part, .. } = source.text();
                if self.index.build(self.options.level, part).is_ok() {
                    self.stride = (part.len() * 2).min(DIRTY_PART);
                    return Ok(true);
                }
                self.stride = (part.len() / 4).min(DIRTY_PART);
                let len = lines_within(part, self.stride);
                if len == part.len() {
                    return Err(self.refuse_line(part));
                }
                self.narrow(source, self.start, self.start + len);
            } else if self.end < window.len() {
                // the rest of a dirty window
                let len = lines_within(&window[self.end..], self.stride);
                self.narrow(source, self.end, self.end + len);
            } else {
                match self.next_window(source) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.stop();
                        self.count_records();
                        let end = self.judge.end(self.position(), self.origin.path.as_ref(), &self.report);
                        return end.and_then(|()| self.last_error.take().map_or(Ok(false), Err));
                    }
                    Err(error) if error.is_io() => {
                        if self.done {
                            self.stop();
                        }
                        return Err(error);
                    }
                    Err(error) => return Err(self.settle(b"", error)),
                }
            }
        }
    }

    /// Like `refill`, but without an index: for who wants lines.
    pub(crate) fn refill_lines<S: Source>(&mut self, source: &mut S) -> Result<bool> {
        let Text { window, lend } = source.window();
        // of a part that is a byte order mark alone, only the newline is left that was added
        let (len, there) = (window.len(), lend.len());
        if self.start + self.line_start < self.end.min(there) {
            return Ok(true);
        }
        if self.end < len {
            self.narrow(source, self.end, len);
            return Ok(true);
        }
        self.next_window(source)
    }

    /// The part being read is now this one, which begins where the lines read so far end.
    fn narrow<S: Source>(&mut self, source: &mut S, start: usize, end: usize) {
        self.offset += (start - self.start) as u64;
        (self.start, self.end, self.entry, self.line_start) = (start, end, 0, 0);
        self.index.clear();
        source.choose(start..end);
    }

    fn next_window<S: Source>(&mut self, source: &mut S) -> Result<bool> {
        if self.done {
            return Ok(false);
        }
        self.count_records();
        let Position { offset, line } = self.position();
        (self.offset, self.line, self.records_from) = (offset, line, line);
        (self.start, self.end, self.line_start, self.entry) = (0, 0, 0, 0);
        self.index.clear();
        self.origin.terminated = true;
        match source.refill(self.options.max_record_len) {
            Ok(Refill::Window) => {
                let Text { window, lend } = source.window();
                self.end = window.len();
                self.origin.terminated = lend.len() == window.len();
                self.report.terminated = self.origin.terminated;
                let mark = self.mark_len(lend);
                self.narrow(source, mark, self.end);
                Ok(true)
            }
            Ok(Refill::TooLong { record, line }) => {
                let limit = self.options.max_record_len;
                let message = format!(
                    "the record is {record} bytes long, the limit is {limit}; see ReaderBuilder::max_record_len"
                );
                let start = self.position();
                let error = Error::from_fault(Fault::new(0, ErrorKind::RecordTooLong, message), b"", start);
                (self.origin.start, self.origin.end, self.origin.position) = (0, 0, start);
                self.refused_len = record;
                self.report.terminated = line > record;
                self.offset += line;
                self.line += u64::from(line > record);
                self.other_lines += u64::from(line > record);
                self.at_first = false;
                Err(self.with_path(error))
            }
            Ok(Refill::End) => {
                self.done = true;
                Ok(false)
            }
            Err(error) => {
                self.done = error.kind() != io::ErrorKind::WouldBlock;
                let position = Position { offset: self.offset + source.pending(), line: self.line };
                Err(self.with_path(Error::from_io(error, position)))
            }
        }
    }

    fn with_path(&self, mut error: Error) -> Error {
        if let Some(path) = &self.origin.path {
            error.set_path(path);
        }
        error
    }
}

/// Where the line ends whose newline is at place `newline`: there, or at the CR before.
#[inline(always)]
fn trim_cr(window: &[u8], newline: usize) -> usize {
    newline - usize::from(newline > 0 && window[newline - 1] == b'\r')
}

/// The length of the lines that fit into `len` bytes, but at least of the first.
fn lines_within(window: &[u8], len: usize) -> usize {
    let last = memchr::memrchr(b'\n', &window[..len.min(window.len())]);
    last.or_else(|| memchr::memchr(b'\n', window)).expect("each line of a window has its newline") + 1
}
