//! From what the hot path knows of a bad record to the whole error: what is wrong, where, and what to do about it.

use super::{
    field,
    grammar::diagnose,
    recognize::{self, ARRAY_CONVERTER},
};
use crate::{
    cursor::Limits,
    error::{Error, ErrorKind, Fault},
    position::Position,
};
use std::{path::Path, sync::Arc};

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

    /// An error that nobody will see, of which only the kind is sure.
    #[cold]
    #[inline(never)]
    pub(crate) fn classify(&self, window: &[u8], failure: Failure) -> Error {
        match failure.error {
            // the first line may show that the input is of another format
            error if self.is_first => self.explain(window, Failure { error, ..failure }),
            Some(error) if !error.is_undiagnosed() => error,
            undiagnosed => {
                let fault = diagnose(self.line(window), self.limits.max_depth, false);
                let fault = fault.unwrap_or_else(|| unread(0, failure.overrun));
                undiagnosed.unwrap_or_else(Error::syntax).with_fault(fault, b"", self.position)
            }
        }
    }

    /// The whole error.
    #[cold]
    #[inline(never)]
    pub(crate) fn explain(&self, window: &[u8], failure: Failure) -> Error {
        let Failure { error, place, overrun } = failure;
        let in_line = |place: usize| place.clamp(self.start, self.end) - self.start;
        let (line, offset) = (self.line(window), in_line(place));
        let error = match error {
            Some(mut error) if !error.is_undiagnosed() => {
                let value = in_line(error.value());
                error.locate(offset, line, self.position);
                error.set_field(field::path(line, value, offset, false));
                return self.finish(window, error);
            }
            undiagnosed => undiagnosed.unwrap_or_else(Error::syntax),
        };
        let fault = diagnose(line, self.limits.max_depth, true);
        let is_valid = fault.is_none();
        let fault = fault.unwrap_or_else(|| unread(offset, overrun));
        let mut error = error.with_fault(fault, line, self.position);
        if is_valid {
            error.set_field(field::path(line, 0, offset, overrun));
        }
        self.finish(window, error)
    }

    /// Adds to an error that has its place what is known around the record: the path of a value that is not of the right type;
    /// for the first one, what the input seems to be; the file.
    #[cold]
    pub(crate) fn complete(&self, window: &[u8], mut error: Error) -> Error {
        if error.is_data() {
            let offset = self.offset_of(&error);
            error.set_field(field::path(self.line(window), offset, offset, false));
        }
        self.finish(window, error)
    }

    /// The error's place in its line.
    fn offset_of(&self, error: &Error) -> usize {
        (error.position().offset - self.position.offset) as usize
    }

    /// That the input is of another format, if its first line shows it.
    fn format(&self, line: &[u8]) -> Option<Fault> {
        if self.is_first { recognize::format(line, self.terminated, self.limits.max_depth) } else { None }
    }

    #[cold]
    fn finish(&self, window: &[u8], mut error: Error) -> Error {
        let line = self.line(window);
        if error.is_data() {
            if self.is_first && error.kind() == ErrorKind::InvalidType && line.trim_ascii().starts_with(b"[{") {
                error.add_hint(&format!("; if the input is one JSON array, convert it with {ARRAY_CONVERTER}"));
            }
        } else if let Some(fault) = self.format(line) {
            error = Error::from_fault(fault, line, self.position);
        } else if let Some(hint) = recognize::hint(line, self.offset_of(&error), error.kind(), self.limits.max_depth) {
            error.add_hint(&hint);
        }
        if let Some(path) = &self.path {
            error.set_path(path);
        }
        error
    }
}

/// That a type left a part of a valid record.
fn unread(offset: usize, overrun: bool) -> Fault {
    match overrun {
        true => Fault::new(offset, ErrorKind::InvalidLength, "invalid length, more elements than the target takes"),
        false => Fault::new(offset, ErrorKind::Custom, "the target type did not read the value to its end"),
    }
}
