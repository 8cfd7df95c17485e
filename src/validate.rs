//! Checks a whole input, and says all that is wrong with it.

use crate::{
    error::{Error, ErrorKind, Fault, Result, in_one_line},
    reader::{JsonlReader, JsonlSlice, ReaderBuilder},
    record::Record,
    report::ReadReport,
    simd::Level,
};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::{fmt, io::Read, path::Path, sync::Arc};

/// Checks that each line of `jsonl` is one JSON value in UTF-8, as nested and as long as a reader takes them by default, and
/// says where that is not so. Strict: blank lines and a byte order mark are errors too. [`Validator`] has more to choose.
///
/// # Errors
/// If the source fails. Bad records are in the report.
///
/// ```
/// let report = simd_jsonl::validate(&b"{\"a\":1}\n{\"a\":01}\n\n{\"a\":2}"[..])?;
/// assert!(!report.is_valid());
/// assert_eq!(report.errors[0].to_string(), "line 2, column 6 (byte 13): invalid number `01`, near `{\"a\":01}`");
/// assert_eq!(report.errors[1].kind().code(), "blank-line");
/// assert_eq!((report.summary.records, report.summary.errors, report.summary.terminated), (2, 2, false));
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub fn validate<R: Read>(jsonl: R) -> Result<Report> {
    Validator::new().validate_reader(jsonl)
}

/// All that is wrong with an input.
///
/// ```
/// let report = simd_jsonl::validate(&b"1\n2\n"[..])?;
/// assert!(report.is_valid());
/// assert_eq!(report.summary.records, 2);
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// What is wrong, line by line: all of it, or the first [`Validator::keep_errors`].
    pub errors: Vec<Error>,
    /// What was read, and how much of it is bad; always all.
    pub summary: ReadReport,
}

impl Report {
    /// Whether nothing is wrong.
    ///
    /// ```
    /// assert!(simd_jsonl::validate(&b""[..])?.is_valid());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_valid(&self) -> bool {
        self.summary.errors == 0
    }
}

/// What a check of a record's contents returns. [`Error`]s of the record keep their place; any other, a mere text too, gets that
/// of the record.
type Checked = Result<(), Box<dyn std::error::Error + Send + Sync>>;

type CheckFn<'c> = dyn FnMut(&Record<'_>) -> Checked + 'c;

/// What sees each error.
type See<'c> = Box<dyn FnMut(&Error) + 'c>;

/// How the contents of a record are checked.
enum Check<'c> {
    None,
    /// By decoding it, which shows that it is valid as well.
    Type(fn(&Record<'_>) -> Result<()>),
    With(Box<CheckFn<'c>>),
}

/// Checks whole inputs: that each record is valid, and if wanted what is in it.
///
/// It is made where it is used: since its closures may hold anything, a locked standard output for one, it stays in its thread.
///
/// ```
/// use serde::Deserialize;
/// use simd_jsonl::Validator;
///
/// #[derive(Deserialize)]
/// struct Event { from: u64, to: u64 }
///
/// let report = Validator::new()
///     .check(|record| {
///         let event: Event = record.deserialize()?;
///         if event.from > event.to {
///             return Err("it ends before it begins".into());
///         }
///         Ok(())
///     })
///     .validate_slice(b"{\"from\":1,\"to\":2}\n{\"from\":2,\"to\":1}\n{\"from\":-1,\"to\":1}\n");
/// let errors: Vec<_> = report.errors.iter().map(|e| e.to_string()).collect();
/// assert!(errors[0].starts_with("line 2, column 1 (byte 18): it ends before it begins"));
/// assert!(errors[1].starts_with("line 3, column 9"), "{}", errors[1]);
/// ```
pub struct Validator<'c> {
    reader: ReaderBuilder,
    keep: usize,
    check: Check<'c>,
    on_error: Option<See<'c>>,
}

impl Default for Validator<'_> {
    fn default() -> Self {
        Validator::new()
    }
}

impl<'c> Validator<'c> {
    const KEEP: usize = 100_000;

    /// The defaults.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(!Validator::new().validate_slice(b"1\n\n2\n").is_valid());
    /// ```
    pub fn new() -> Self {
        let mut reader = ReaderBuilder::new();
        reader.strict(true);
        Validator { reader, keep: Self::KEEP, check: Check::None, on_error: None }
    }

    /// Whether blank lines and a byte order mark are errors. Default: yes.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(Validator::new().strict(false).validate_slice(b"1\n\n2\n").is_valid());
    /// ```
    pub fn strict(&mut self, yes: bool) -> &mut Self {
        self.reader.strict(yes);
        self
    }

    /// The same as [`ReaderBuilder::max_depth`].
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(!Validator::new().max_depth(1).validate_slice(b"[[1]]\n").is_valid());
    /// ```
    pub fn max_depth(&mut self, levels: usize) -> &mut Self {
        self.reader.max_depth(levels);
        self
    }

    /// The same as [`ReaderBuilder::max_record_len`].
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(!Validator::new().max_record_len(4).validate_slice(b"[1,2]\n").is_valid());
    /// ```
    pub fn max_record_len(&mut self, bytes: usize) -> &mut Self {
        self.reader.max_record_len(bytes);
        self
    }

    /// The same as [`ReaderBuilder::level`]. For tests and benchmarks.
    ///
    /// ```
    /// # use simd_jsonl::{Level, Validator};
    /// let slowest = *Level::available().last().unwrap();
    /// assert!(Validator::new().level(slowest).validate_slice(b"[1]\n").is_valid());
    /// ```
    pub fn level(&mut self, level: Level) -> &mut Self {
        self.reader.level(level);
        self
    }

    /// How many errors the report keeps; it counts all. Default: 100 000, some 20 to 30 MB of them.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// let report = Validator::new().keep_errors(1).validate_slice(b"?\n?\n");
    /// assert_eq!((report.errors.len(), report.summary.errors), (1, 2));
    /// ```
    pub fn keep_errors(&mut self, n: usize) -> &mut Self {
        self.keep = n;
        self
    }

    /// Shows every error to `see`, as soon as it is found.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// let mut lines = Vec::new();
    /// Validator::new().on_error(|error| lines.push(error.position().line)).validate_slice(b"?\n2\n?\n");
    /// assert_eq!(lines, [1, 3]);
    /// ```
    pub fn on_error(&mut self, see: impl FnMut(&Error) + 'c) -> &mut Self {
        self.on_error = Some(Box::new(see));
        self
    }

    /// Has each record checked by `check` as well, once it is known to be valid. An error of the record, such as one of
    /// [`Record::deserialize`], keeps its place; any other error, which may be a mere text, gets that of the record. It replaces
    /// [`check_type`](Self::check_type).
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// let report = Validator::new()
    ///     .check(|record| record.get("id")?.map(drop).ok_or("it has no id".into()))
    ///     .validate_slice(b"{\"id\":1}\n{\"Id\":2}\n");
    /// assert!(report.errors[0].to_string().contains("it has no id"));
    /// ```
    pub fn check<F>(&mut self, check: F) -> &mut Self
    where
        F: FnMut(&Record<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'c,
    {
        self.check = Check::With(Box::new(check));
        self
    }

    /// Has each record decoded into a `T`, which must be possible. It replaces [`check`](Self::check).
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// #[derive(serde::Deserialize)]
    /// struct User { name: String }
    ///
    /// let report = Validator::new().check_type::<User>().validate_slice(b"{\"name\":\"Ann\"}\n{\"name\":null}\n");
    /// assert_eq!(report.errors[0].kind().code(), "invalid-type");
    /// ```
    pub fn check_type<T: DeserializeOwned>(&mut self) -> &mut Self {
        self.check = Check::Type(|record| record.deserialize::<T>().map(drop));
        self
    }

    /// Checks bytes in memory.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(Validator::new().validate_slice(b"1\n2\n").is_valid());
    /// ```
    pub fn validate_slice(&mut self, jsonl: &[u8]) -> Report {
        let mut reader = self.reader.from_slice(jsonl);
        self.run(&mut reader, None).expect("memory can be read")
    }

    /// Checks a stream, in constant memory; it needs no buffer.
    ///
    /// # Errors
    /// If the stream fails.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(Validator::new().validate_reader(&b"1\n2\n"[..])?.is_valid());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn validate_reader<R: Read>(&mut self, jsonl: R) -> Result<Report> {
        let mut reader = self.reader.from_reader(jsonl);
        self.run(&mut reader, None)
    }

    /// Checks the file at `path`, in constant memory. The errors name it.
    ///
    /// # Errors
    /// If the file cannot be opened or read.
    ///
    /// ```
    /// # use simd_jsonl::Validator;
    /// assert!(Validator::new().validate_path("/no/such/file.jsonl").is_err());
    /// ```
    pub fn validate_path(&mut self, path: impl AsRef<Path>) -> Result<Report> {
        let path = path.as_ref();
        let mut reader = self.reader.from_path(path)?;
        self.run(&mut reader, Some(&path.into()))
    }

    fn run(&mut self, reader: &mut impl Records, path: Option<&Arc<Path>>) -> Result<Report> {
        let mut report = Report::default();
        let mut rejected = ReadReport::default();
        loop {
            let error = match &mut self.check {
                Check::None => match reader.next_valid() {
                    None => break,
                    Some(Ok(())) => continue,
                    Some(Err(error)) => error,
                },
                check => match reader.next_record() {
                    Ok(None) => break,
                    Err(error) => error,
                    Ok(Some(record)) => match check.check(&record, path) {
                        Ok(()) => continue,
                        Err(error) => {
                            rejected.count(error.kind());
                            error
                        }
                    },
                },
            };
            if error.is_io() {
                return Err(error);
            }
            if let Some(see) = &mut self.on_error {
                see(&error);
            }
            if report.errors.len() < self.keep {
                report.errors.push(error);
            }
        }
        report.summary = reader.report();
        // they were lent, and so counted as good
        report.summary.records -= rejected.errors;
        report.summary.errors += rejected.errors;
        for (kind, n) in rejected.errors_by_kind {
            *report.summary.errors_by_kind.entry(kind).or_default() += n;
        }
        Ok(report)
    }
}

impl fmt::Debug for Validator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator").field("reader", &self.reader).finish_non_exhaustive()
    }
}

impl Check<'_> {
    fn check(&mut self, record: &Record<'_>, path: Option<&Arc<Path>>) -> Result<()> {
        match self {
            Check::None => Ok(()),
            Check::Type(check) => check(record),
            Check::With(check) => {
                // it may look at a part of it only
                record.deserialize::<IgnoredAny>()?;
                check(record).map_err(|error| {
                    let message = match error.downcast::<Error>() {
                        Ok(error) if is_of(&error, record) => return *error,
                        // of something else than the record: a file, or JSON in one of its strings
                        Ok(error) => error.to_string(),
                        Err(error) => error.to_string(),
                    };
                    rejected(record, &message, path)
                })
            }
        }
    }
}

/// Whether the error is one of this record, by its place.
fn is_of(error: &Error, record: &Record<'_>) -> bool {
    let (at, start) = (error.position(), record.position());
    let end = start.offset + record.as_bytes().len() as u64;
    !error.is_io() && at.line == start.line && (start.offset..=end).contains(&at.offset)
}

/// The error of a record that a check did not accept, in its own words.
#[cold]
fn rejected(record: &Record<'_>, message: &str, path: Option<&Arc<Path>>) -> Error {
    let fault = Fault::new(0, ErrorKind::Custom, in_one_line(message));
    let mut error = Error::from_fault(fault, record.as_bytes(), record.position());
    path.into_iter().for_each(|path| error.set_path(path));
    error
}

/// Either reader.
trait Records {
    /// The next record, valid in all its parts.
    fn next_valid(&mut self) -> Option<Result<()>>;
    fn next_record(&mut self) -> Result<Option<Record<'_>>>;
    fn report(&self) -> ReadReport;
}

impl Records for JsonlSlice<'_> {
    fn next_valid(&mut self) -> Option<Result<()>> {
        Some(self.deserialize::<IgnoredAny>().next()?.map(drop))
    }

    fn next_record(&mut self) -> Result<Option<Record<'_>>> {
        self.next_record()
    }

    fn report(&self) -> ReadReport {
        self.report()
    }
}

impl<R: Read> Records for JsonlReader<R> {
    fn next_valid(&mut self) -> Option<Result<()>> {
        Some(self.deserialize::<IgnoredAny>().next()?.map(drop))
    }

    fn next_record(&mut self) -> Result<Option<Record<'_>>> {
        self.next_record()
    }

    fn report(&self) -> ReadReport {
        self.report()
    }
}
