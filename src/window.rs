//! Windows of whole lines, from a slice or from a stream.

use crate::index::MAX_WINDOW;
use std::{
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

/// How many bytes of lines are indexed at once, unless one line is longer: with its index it stays in the L2 cache. (16 KiB to
/// 1 MiB are equally fast.)
pub(crate) const WINDOW: usize = 64 << 10;

/// What came of the search for more lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refill {
    /// `Source::text` has them.
    Window,
    /// A record longer than the limit was stepped over: its bytes, and with its newline if it has one.
    TooLong { record: u64, line: u64 },
    /// There is nothing more.
    End,
}

/// The bytes of a window, or of a part of it, and what may be kept of them.
#[derive(Clone, Copy)]
pub(crate) struct Text<'w, 'de> {
    /// Whole lines, each with its newline.
    pub(crate) window: &'w [u8],
    /// The same bytes, but for the last newline if the input has none.
    pub(crate) lend: &'de [u8],
}

/// Where windows come from.
pub(crate) trait Source {
    /// Steps to the next window: some lines, or one long one. A newline is added to a last line that lacks it. An error leaves
    /// everything that was read in place; calling again goes on from there. No part of the window is chosen yet.
    fn refill(&mut self, max_record_len: usize) -> io::Result<Refill>;

    /// The whole window.
    fn window(&self) -> Text<'_, '_>;

    /// Chooses the part of the window that is to be read: some of its lines.
    fn choose(&mut self, part: Range<usize>);

    /// The chosen part.
    fn text(&self) -> Text<'_, '_>;

    /// Bytes that were taken from the input and are in no window yet.
    fn pending(&self) -> u64 {
        0
    }
}

/// How much of the input the next window takes.
enum Cut {
    /// This many bytes, the last one a newline.
    Lines(usize),
    /// No line is whole yet.
    Partial,
    /// The first line is longer than the limit.
    TooLong,
}

/// Cuts lines off the front of `bytes`, of which the first `searched` are known to hold no newline.
fn cut(bytes: &[u8], searched: usize, max_record_len: usize) -> Cut {
    let reach = bytes.len().min(max_record_len + 1);
    let near = reach.min(WINDOW);
    if searched < near
        && let Some(newline) = memchr::memrchr(b'\n', &bytes[searched..near])
    {
        return Cut::Lines(searched + newline + 1);
    }
    let searched = searched.max(near).min(reach);
    match memchr::memchr(b'\n', &bytes[searched..reach]) {
        Some(newline) => Cut::Lines(searched + newline + 1),
        None if reach > max_record_len => Cut::TooLong,
        None => Cut::Partial,
    }
}

/// Windows of a slice.
pub(crate) struct SliceSource<'a> {
    data: &'a [u8],
    start: usize,
    end: usize,
    /// A last line without newline, with one.
    tail: Vec<u8>,
    /// The chosen part, but for that newline; kept, since it is asked for with each record.
    lend: &'a [u8],
    /// Where it begins in the tail, if there is one.
    tail_start: usize,
}

impl<'a> SliceSource<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        SliceSource { data, start: 0, end: 0, tail: Vec::new(), lend: &[], tail_start: 0 }
    }

    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Goes on at `offset`, or at the end if that is earlier.
    pub(crate) fn seek(&mut self, offset: u64) {
        self.end = usize::try_from(offset).map_or(self.data.len(), |offset| offset.min(self.data.len()));
        self.go_on();
    }

    /// The window, of which there is nothing yet, begins where the last one ended.
    fn go_on(&mut self) {
        self.start = self.end;
        self.lend = &[];
        (self.tail_start, self.tail) = (0, Vec::new());
    }

    #[inline(always)]
    pub(crate) fn lent(&self) -> Text<'_, 'a> {
        let window = if self.tail.is_empty() { self.lend } else { &self.tail[self.tail_start..] };
        Text { window, lend: self.lend }
    }
}

impl Source for SliceSource<'_> {
    fn refill(&mut self, max_record_len: usize) -> io::Result<Refill> {
        self.go_on();
        let rest = &self.data[self.start..];
        if rest.is_empty() {
            return Ok(Refill::End);
        }
        match cut(rest, 0, max_record_len) {
            Cut::Lines(len) => self.end += len,
            Cut::Partial => {
                self.end = self.data.len();
                self.tail = [rest, b"\n"].concat();
                self.tail_start = self.tail.len();
            }
            Cut::TooLong => {
                let newline = memchr::memchr(b'\n', rest);
                let record = newline.unwrap_or(rest.len());
                let line = record + usize::from(newline.is_some());
                self.end += line;
                self.start = self.end;
                return Ok(Refill::TooLong { record: record as u64, line: line as u64 });
            }
        }
        Ok(Refill::Window)
    }

    fn window(&self) -> Text<'_, '_> {
        let lend = &self.data[self.start..self.end];
        Text { window: if self.tail.is_empty() { lend } else { &self.tail }, lend }
    }

    fn choose(&mut self, part: Range<usize>) {
        let lend = &self.data[self.start..self.end];
        self.lend = &lend[part.start..part.end.min(lend.len())];
        self.tail_start = part.start; // and its one line is not divided
    }

    #[inline(always)]
    fn text(&self) -> Text<'_, '_> {
        self.lent()
    }
}

/// Windows of a stream, in a buffer that rolls: the line that is not whole yet moves to the front, and the buffer grows only
/// for a line that is longer than it.
pub(crate) struct ReadSource<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The window.
    start: usize,
    end: usize,
    /// The chosen part of it, in the buffer.
    part: Range<usize>,
    /// How much of the buffer has been read into.
    filled: usize,
    /// The bytes before this hold no newline, the window's aside.
    searched: usize,
    /// Bytes of an over-long record that are gone already.
    dropped: Option<u64>,
    at_end: bool,
    /// The last line had no newline; one was added to the buffer.
    unterminated: bool,
}

impl<R> ReadSource<R> {
    pub(crate) fn new(reader: R, buffer_size: usize) -> Self {
        ReadSource {
            reader,
            buffer: vec![0; buffer_size.max(16)],
            start: 0,
            end: 0,
            part: 0..0,
            filled: 0,
            searched: 0,
            dropped: None,
            at_end: false,
            unterminated: false,
        }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.reader
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    pub(crate) fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: Seek> ReadSource<R> {
    pub(crate) fn seek(&mut self, offset: u64) -> io::Result<()> {
        self.reader.seek(SeekFrom::Start(offset))?;
        (self.start, self.end, self.part, self.filled, self.searched) = (0, 0, 0..0, 0, 0);
        (self.dropped, self.at_end, self.unterminated) = (None, false, false);
        Ok(())
    }
}

impl<R: Read> ReadSource<R> {
    /// Reads once, behind what is there.
    fn read_more(&mut self, max_record_len: usize) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            (self.filled, self.searched) = (self.filled - self.start, self.searched - self.start);
            (self.start, self.end) = (0, 0);
        }
        // room for one byte more than a record may have, and for the newline that a last line may lack
        if self.filled + 1 >= self.buffer.len() {
            let len = self.buffer.len().saturating_mul(2).min(max_record_len.saturating_add(16)).max(self.filled + 16);
            self.buffer.resize(len, 0);
        }
        let room = self.buffer.len() - 1;
        loop {
            match self.reader.read(&mut self.buffer[self.filled..room]) {
                Ok(0) => self.at_end = true,
                Ok(n) => {
                    let read = n.min(room - self.filled);
                    self.filled += read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// Drops what is there of an over-long record; its length if its end has come.
    fn drop_record(&mut self, dropped: u64) -> Option<Refill> {
        let there = &self.buffer[self.start..self.filled];
        let newline = memchr::memchr(b'\n', there);
        let record = dropped + newline.unwrap_or(there.len()) as u64;
        self.start += newline.map_or(there.len(), |newline| newline + 1);
        (self.end, self.searched) = (self.start, self.start);
        if newline.is_none() && !self.at_end {
            self.dropped = Some(record);
            return None;
        }
        self.dropped = None;
        Some(Refill::TooLong { record, line: record + u64::from(newline.is_some()) })
    }
}

impl<R: Read> Source for ReadSource<R> {
    fn refill(&mut self, max_record_len: usize) -> io::Result<Refill> {
        if std::mem::take(&mut self.unterminated) {
            (self.start, self.end, self.filled, self.searched) = (0, 0, 0, 0);
        }
        self.start = self.end;
        self.part = 0..0;
        self.searched = self.searched.max(self.start);
        loop {
            if let Some(dropped) = self.dropped {
                if let Some(refill) = self.drop_record(dropped) {
                    return Ok(refill);
                }
            } else if self.filled > self.start {
                let there = &self.buffer[self.start..self.filled];
                match cut(there, self.searched - self.start, max_record_len) {
                    Cut::Lines(len) => {
                        self.end = self.start + len;
                        self.searched = self.end;
                        return Ok(Refill::Window);
                    }
                    Cut::TooLong => {
                        self.dropped = Some(0);
                        continue;
                    }
                    Cut::Partial if self.at_end => {
                        self.buffer[self.filled] = b'\n';
                        self.end = self.filled + 1;
                        self.unterminated = true;
                        return Ok(Refill::Window);
                    }
                    Cut::Partial => self.searched = self.filled,
                }
            }
            if self.at_end {
                return Ok(Refill::End);
            }
            self.read_more(max_record_len)?;
        }
    }

    fn window(&self) -> Text<'_, '_> {
        let window = &self.buffer[self.start..self.end];
        let added = usize::from(self.unterminated);
        Text { window, lend: &window[..window.len() - added] }
    }

    fn choose(&mut self, part: Range<usize>) {
        self.part = self.start + part.start..self.start + part.end;
    }

    #[inline(always)]
    fn text(&self) -> Text<'_, '_> {
        let window = &self.buffer[self.part.clone()];
        // a line without newline is a window of its own
        let added = usize::from(self.unterminated && !window.is_empty());
        Text { window, lend: &window[..window.len() - added] }
    }

    fn pending(&self) -> u64 {
        self.dropped.unwrap_or(0) + self.filled.saturating_sub(self.end) as u64
    }
}

/// The record length limit that an index can hold.
pub(crate) const MAX_RECORD_LEN: usize = MAX_WINDOW - 64;
