//! Proof that some bytes are one record.

use crate::{
    de::Value,
    error::{Error, ErrorKind, Fault, Result},
    options::Options,
    position::Position,
    record::Scan,
    simd::Level,
    window::{SliceSource, Source},
};
use serde::de::{Deserialize, IgnoredAny};

/// Checks records that come as text, with buffers of its own.
pub(crate) struct RawCheck {
    scan: Scan,
}

impl RawCheck {
    pub(crate) fn new(level: Level) -> RawCheck {
        RawCheck { scan: Scan::new(Options { strict: true, level, ..Options::default() }, None) }
    }

    /// The record that `text` is, without its LF or CR LF. The error's place is one in `text`.
    pub(crate) fn check<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8]> {
        let record = match text {
            [record @ .., b'\r', b'\n'] | [record @ .., b'\n'] => record,
            record => record,
        };
        let refuse = |offset, kind: ErrorKind| {
            Err(Error::from_fault(Fault::new(offset, kind, kind.to_string()), record, Position::default()))
        };
        if let Some(newline) = memchr::memchr(b'\n', record) {
            return refuse(newline, ErrorKind::LineBreak);
        }
        match self.is_record(record, Position::default())? {
            true => Ok(record),
            false => refuse(0, ErrorKind::BlankLine),
        }
    }

    /// Whether there is anything on this one line, which begins at `start` of its input; if so, it is a record.
    pub(crate) fn is_record(&mut self, line: &[u8], start: Position) -> Result<bool> {
        let mut source = SliceSource::new(line);
        self.scan.seek(start);
        while !self.scan.has_record(source.text())? {
            if !self.scan.refill(&mut source)? {
                return Ok(false);
            }
        }
        let text = source.text();
        let (mut cursor, at) = self.scan.cursor(text);
        let result = IgnoredAny::deserialize(Value { cursor: &mut cursor, at });
        if result.is_ok() && cursor.is_whole() {
            return Ok(true);
        }
        let failure = cursor.failure(result.err(), at);
        Err(self.scan.refuse(text.window, failure))
    }
}
