//! What becomes of bad records.

use crate::{
    error::{Error, ErrorKind, Result},
    position::Position,
    report::ReadReport,
    ser,
};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::{
    fmt,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// What a reader does with bad records. Whatever it is, the good records after a bad one are delivered, and
/// [`JsonlReader::report`](crate::JsonlReader::report) counts what was good and what was not.
///
/// | policy | a bad record |
/// |---|---|
/// | [`fail`](Self::fail), the default | is an error that the reader yields |
/// | [`skip`](Self::skip) | is only counted |
/// | [`collect`](Self::collect) | is counted, and the first errors are kept |
/// | [`quarantine`](Self::quarantine) | is counted and written elsewhere, with what is wrong |
///
/// With [`max_errors`](Self::max_errors) and [`max_error_ratio`](Self::max_error_ratio) a reader gives up on an input that is
/// bad as a whole. A failing source is always yielded, and ends the reading.
///
/// ```
/// use simd_jsonl::{ErrorKind, ErrorPolicy, JsonlReader};
///
/// let policy = ErrorPolicy::skip().max_errors(2);
/// let mut reader = JsonlReader::builder().on_error(policy).from_reader(&b"1\noops\n3\n4 5\n6\n[\n8\n"[..]);
/// let mut numbers = reader.deserialize::<u8>();
/// assert_eq!((&mut numbers).take(3).collect::<Result<Vec<_>, _>>()?, [1, 3, 6]);
/// let error = numbers.next().unwrap().unwrap_err();
/// assert_eq!((error.kind(), error.position().line), (ErrorKind::TooManyErrors, 6));
/// assert!(numbers.next().is_none());
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
///
/// It concerns what the reader decodes. A lent [`Record`](crate::Record) that turns out bad when it is decoded is its
/// borrower's; only one that cannot be lent at all, as its strings are not closed or its UTF-8 is not valid, is the reader's.
#[derive(Clone, Debug, Default)]
pub struct ErrorPolicy {
    action: Action,
    max_errors: Option<u64>,
    max_ratio: Option<f64>,
}

#[derive(Clone, Debug, Default)]
enum Action {
    #[default]
    Fail,
    Skip,
    Collect(usize),
    Quarantine(Arc<Mutex<Quarantine>>),
}

impl ErrorPolicy {
    /// Each bad record is an error that the reader yields. The default.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::fail().max_errors(1)).from_slice(b"1\n?\n?\n?\n");
    /// // the number, the two errors and the one that there are too many
    /// assert_eq!(reader.deserialize::<u8>().count(), 4);
    /// ```
    pub fn fail() -> Self {
        ErrorPolicy::default()
    }

    /// Bad records are left out, and only counted.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::skip()).from_slice(b"1\n?\n3\n");
    /// assert_eq!(reader.deserialize::<u8>().collect::<Result<Vec<_>, _>>()?, [1, 3]);
    /// assert_eq!(reader.report().errors, 1);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn skip() -> Self {
        ErrorPolicy { action: Action::Skip, ..ErrorPolicy::default() }
    }

    /// Bad records are left out; the errors of the first `n` are kept for
    /// [`JsonlReader::errors`](crate::JsonlReader::errors).
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::collect(10)).from_slice(b"1\n?\n3\n");
    /// assert_eq!(reader.deserialize::<u8>().collect::<Result<Vec<_>, _>>()?, [1, 3]);
    /// assert_eq!(reader.errors()[0].position().line, 2);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn collect(n: usize) -> Self {
        ErrorPolicy { action: Action::Collect(n), ..ErrorPolicy::default() }
    }

    /// Bad records are written to `lines`, each as it was and with an LF, so that they can be mended and read again; and to
    /// `rows` what is wrong with each, as a JSON line with the members
    ///
    /// - `file`, the path if the reader was made from one, else `null`,
    /// - `line`, from 1, and `byte`, from 0: where the record's line begins,
    /// - `length`: its bytes, LF not counted,
    /// - `column`: the byte at fault, from 1 at the start of the line,
    /// - `code` and `message`: what is wrong; see [`ErrorKind::code`],
    /// - `field`: where in the record, if it does not fit the type, else empty; see [`Error::field`].
    ///
    /// To each line belongs the row of the same number. The line of a record that was too long to be kept is empty.
    ///
    /// Each is written at once with one call, and both are flushed when the reading ends; put a [`BufWriter`](io::BufWriter)
    /// around them if many records may be bad. That they cannot be written is an error that ends the reading. Clones of the
    /// policy, and the readers of one builder, write to the same targets, from several threads too.
    ///
    /// ```no_run
    /// use simd_jsonl::{ErrorPolicy, JsonlReader};
    /// use std::fs::File;
    ///
    /// let quarantine = ErrorPolicy::quarantine(File::create("bad.jsonl")?, File::create("bad.errors.jsonl")?);
    /// let mut reader = JsonlReader::builder().on_error(quarantine.max_error_ratio(0.01)).from_path("events.jsonl")?;
    /// for event in reader.deserialize::<serde_json::Value>() {
    ///     println!("{}", event?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quarantine(lines: impl Write + Send + 'static, rows: impl Write + Send + 'static) -> Self {
        let quarantine = Quarantine { lines: Box::new(lines), rows: Box::new(rows), text: Vec::new() };
        ErrorPolicy { action: Action::Quarantine(Arc::new(Mutex::new(quarantine))), ..ErrorPolicy::default() }
    }

    /// How many records may be bad: one more, and behind it comes an error of the kind [`ErrorKind::TooManyErrors`] and then
    /// nothing. Default: any number.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::skip().max_errors(0)).from_slice(b"1\n?\n3\n");
    /// let results: Vec<_> = reader.deserialize::<u8>().map(|result| result.map_err(|e| e.kind().code())).collect();
    /// assert_eq!(results, [Ok(1), Err("too-many-errors")]);
    /// ```
    pub fn max_errors(mut self, n: u64) -> Self {
        self.max_errors = Some(n);
        self
    }

    /// How many of the records may be bad, from 0.0 for none to 1.0 for all. More are an error of the kind
    /// [`ErrorKind::TooManyErrors`], and then comes nothing. It is looked at when a record is bad, from the 1000th on, and when
    /// the input ends. Default: any number.
    ///
    /// # Panics
    /// If `ratio` is not from 0.0 to 1.0.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, ReaderBuilder};
    /// let policy = ErrorPolicy::skip().max_error_ratio(0.25);
    /// let mut reader = ReaderBuilder::new().on_error(policy).from_slice(b"1\n?\n3\n");
    /// let error = reader.deserialize::<u8>().last().unwrap().unwrap_err();
    /// assert!(error.to_string().contains("1 of 3 records"));
    /// ```
    pub fn max_error_ratio(mut self, ratio: f64) -> Self {
        assert!((0.0..=1.0).contains(&ratio), "a ratio is from 0.0 to 1.0, and this is {ratio}");
        self.max_ratio = Some(ratio);
        self
    }
}

/// The bad record that is judged.
pub(crate) struct Bad<'a> {
    /// Its line, without LF; empty if it was not kept.
    pub(crate) line: &'a [u8],
    /// Where it begins, and its length in bytes.
    pub(crate) start: Position,
    pub(crate) len: u64,
    pub(crate) path: Option<&'a Arc<Path>>,
}

/// What a policy has decided.
pub(crate) enum Verdict {
    /// To be yielded.
    Yield(Error),
    /// To be passed over, and what it was, unless that was kept.
    PassOver(Option<Error>),
    /// To be yielded, and the reading ends.
    Stop(Error),
}

/// A policy in force, and what it keeps.
pub(crate) struct Judge {
    policy: ErrorPolicy,
    kept: Vec<Error>,
}

impl Judge {
    pub(crate) fn new(policy: ErrorPolicy) -> Judge {
        Judge { policy, kept: Vec::new() }
    }

    pub(crate) fn kept(&self) -> &[Error] {
        &self.kept
    }

    /// Whether anybody will see more of the next bad record's error than its kind.
    pub(crate) fn shows_errors(&self) -> bool {
        let ErrorPolicy { ref action, max_errors, max_ratio } = self.policy;
        let is_kept = match action {
            Action::Fail | Action::Quarantine(_) => true,
            Action::Skip => false,
            Action::Collect(n) => self.kept.len() < *n,
        };
        is_kept || max_errors.is_some() || max_ratio.is_some()
    }

    /// Does with `error` what is to be done. If too many are bad now, that is the second error.
    pub(crate) fn judge(&mut self, error: Error, bad: Bad<'_>, report: &ReadReport) -> (Verdict, Option<Error>) {
        let part = || if is_enough(report) { self.too_large_a_part(report) } else { None };
        let message = self.too_many(report).or_else(part);
        let excess = message.map(|message| {
            let message = format!("{message}; the last one is `{}`: {}", error.kind().code(), error.message());
            too_many(message, error.position(), bad.path)
        });
        let verdict = match &self.policy.action {
            Action::Fail => Verdict::Yield(error),
            Action::Collect(n) if self.kept.len() < *n => {
                self.kept.push(error);
                Verdict::PassOver(None)
            }
            Action::Skip | Action::Collect(_) => Verdict::PassOver(Some(error)),
            Action::Quarantine(quarantine) => {
                let mut quarantine = quarantine.lock().unwrap_or_else(PoisonError::into_inner);
                match quarantine.take(&error, &bad) {
                    Ok(()) => Verdict::PassOver(Some(error)),
                    Err(error) => Verdict::Stop(Error::from_quarantine(error, bad.start, bad.path)),
                }
            }
        };
        (verdict, excess)
    }

    /// Hands on what was put aside, as the reading ends at `end`.
    pub(crate) fn flush(&mut self, end: Position, path: Option<&Arc<Path>>) -> Result<()> {
        let Action::Quarantine(quarantine) = &self.policy.action else { return Ok(()) };
        let mut quarantine = quarantine.lock().unwrap_or_else(PoisonError::into_inner);
        quarantine.flush().map_err(|error| Error::from_quarantine(error, end, path))
    }

    /// What is to be said when the input has ended at `end`.
    pub(crate) fn end(&self, end: Position, path: Option<&Arc<Path>>, report: &ReadReport) -> Result<()> {
        self.too_large_a_part(report).map_or(Ok(()), |message| Err(too_many(message, end, path)))
    }

    /// That too many are bad, in words.
    fn too_many(&self, report: &ReadReport) -> Option<String> {
        let max = self.policy.max_errors.filter(|max| report.errors > *max)?;
        Some(format!("{}, the limit is {max}", are_bad(report)))
    }

    /// That too large a part is bad, in words.
    fn too_large_a_part(&self, report: &ReadReport) -> Option<String> {
        let ReadReport { records, errors, .. } = *report;
        // of the quotient: a product such as 0.29 * 100.0 would be rounded below the whole number
        let max = self.policy.max_ratio.filter(|max| errors as f64 / (records + errors) as f64 > *max)?;
        let percent = (max * 1e11).round() / 1e9;
        Some(format!("{}, the limit is {percent} %", are_bad(report)))
    }
}

fn are_bad(report: &ReadReport) -> String {
    let ReadReport { records, errors, .. } = *report;
    format!("too many errors: {errors} of {} records are bad", records + errors)
}

/// Whether the part that is bad says something of an input that has not ended.
fn is_enough(report: &ReadReport) -> bool {
    report.records + report.errors >= 1000
}

fn too_many(message: String, at: Position, path: Option<&Arc<Path>>) -> Error {
    let mut error = Error::new(ErrorKind::TooManyErrors, message, Some(0));
    error.locate(0, b"", at);
    path.into_iter().for_each(|path| error.set_path(path));
    error
}

struct Quarantine {
    lines: Box<dyn Write + Send>,
    rows: Box<dyn Write + Send>,
    /// What is written at once.
    text: Vec<u8>,
}

impl Quarantine {
    fn take(&mut self, error: &Error, bad: &Bad<'_>) -> io::Result<()> {
        self.text.clear();
        self.text.extend_from_slice(bad.line);
        self.text.push(b'\n');
        self.lines.write_all(&self.text)?;
        self.text.clear();
        ser::serialize(&Row { error, bad }, ser::Format::default(), &mut self.text).map_err(io::Error::from)?;
        self.text.push(b'\n');
        self.rows.write_all(&self.text)
    }

    fn flush(&mut self) -> io::Result<()> {
        let lines = self.lines.flush();
        self.rows.flush().and(lines)
    }
}

impl fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Quarantine")
    }
}

/// What is wrong with a record, as a record.
struct Row<'a> {
    error: &'a Error,
    bad: &'a Bad<'a>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Row { error, bad } = self;
        let mut row = serializer.serialize_struct("Row", 8)?;
        row.serialize_field("file", &bad.path.map(|path| path.to_string_lossy()))?;
        row.serialize_field("line", &bad.start.line)?;
        row.serialize_field("byte", &bad.start.offset)?;
        row.serialize_field("length", &bad.len)?;
        row.serialize_field("column", &error.column())?;
        row.serialize_field("code", error.kind().code())?;
        row.serialize_field("message", &error.message())?;
        row.serialize_field("field", error.field())?;
        row.end()
    }
}
