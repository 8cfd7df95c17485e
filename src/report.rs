//! What a reader has read.

use crate::error::ErrorKind;
use std::{collections::BTreeMap, fmt};

/// What a reader has read so far, good and bad; see [`JsonlReader::report`](crate::JsonlReader::report).
///
/// ```
/// use simd_jsonl::{ErrorKind, ErrorPolicy, JsonlSlice};
///
/// let mut reader = JsonlSlice::builder().on_error(ErrorPolicy::skip()).from_slice(b"[1]\n\n[2,]\n[3]");
/// assert_eq!(reader.deserialize::<[u8; 1]>().filter_map(Result::ok).count(), 2);
/// let report = reader.report();
/// assert_eq!((report.records, report.errors, report.blank_lines), (2, 1, 1));
/// assert_eq!(report.errors_by_kind[&ErrorKind::TrailingComma], 1);
/// assert_eq!(
///     report.to_string(),
///     "2 records, 1 error (trailing-comma 1), 1 blank line, 13 bytes; the longest record has 4 bytes; \
///      the last line is not terminated"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadReport {
    /// Records that were handed out. One that was lent counts when it is lent, whatever comes of its decoding.
    pub records: u64,
    /// Bytes of all lines that were read.
    pub bytes: u64,
    /// Lines with nothing but white space on them; in strict mode they are errors too.
    pub blank_lines: u64,
    /// Records that were bad.
    pub errors: u64,
    /// The same by what was wrong; [`ErrorKind::code`] gives the name.
    pub errors_by_kind: BTreeMap<ErrorKind, u64>,
    /// Bytes of the longest record, bad ones too, LF not counted; also of those that were too long to be kept.
    pub longest_record: u64,
    /// Whether the last line that was read ends in LF, or none was read.
    pub terminated: bool,
}

impl Default for ReadReport {
    /// Of a reader that has read nothing.
    fn default() -> Self {
        ReadReport {
            records: 0,
            bytes: 0,
            blank_lines: 0,
            errors: 0,
            errors_by_kind: BTreeMap::new(),
            longest_record: 0,
            terminated: true,
        }
    }
}

impl ReadReport {
    /// Adds a bad record.
    pub(crate) fn count(&mut self, kind: ErrorKind) {
        self.errors += 1;
        *self.errors_by_kind.entry(kind).or_default() += 1;
    }
}

impl fmt::Display for ReadReport {
    /// All of it in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: u64| if n == 1 { "" } else { "s" };
        let ReadReport { records, bytes, blank_lines, errors, longest_record, .. } = *self;
        write!(f, "{records} record{}, {errors} error{}", plural(records), plural(errors))?;
        for (i, (kind, n)) in self.errors_by_kind.iter().enumerate() {
            write!(f, "{}{} {n}", if i == 0 { " (" } else { ", " }, kind.code())?;
        }
        f.write_str(if self.errors_by_kind.is_empty() { ", " } else { "), " })?;
        write!(f, "{blank_lines} blank line{}, {bytes} byte{}", plural(blank_lines), plural(bytes))?;
        write!(f, "; the longest record has {longest_record} byte{}", plural(longest_record))?;
        f.write_str(if self.terminated { "" } else { "; the last line is not terminated" })
    }
}
