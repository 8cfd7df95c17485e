//! Proof that some bytes are one record.

use crate::{
    error::{Error, ErrorKind, Fault, Result},
    options::Options,
    position::Position,
    record::Scan,
    simd::Level,
    window::{SliceSource, Source},
};
use serde::de::IgnoredAny;

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
        let mut source = SliceSource::new(record);
        self.scan.seek(Position::default());
        while !self.scan.has_record(source.text())? {
            if !self.scan.refill(&mut source)? {
                return refuse(0, ErrorKind::BlankLine);
            }
        }
        self.scan.decode::<IgnoredAny>(source.text())?;
        Ok(record)
    }
}
