//! The writer.

use crate::{
    error::{Error, Result},
    position::Position,
    raw::RawCheck,
    ser::{self, Format},
    simd::Level,
};
use serde::ser::Serialize;
use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

/// Configures writers.
///
/// ```
/// use simd_jsonl::WriterBuilder;
///
/// let mut writer = WriterBuilder::new().ascii_only(true).from_writer(Vec::new());
/// writer.write("é")?;
/// assert_eq!(writer.into_inner()?, b"\"\\u00e9\"\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct WriterBuilder {
    format: Format,
    buffer_size: usize,
}

impl Default for WriterBuilder {
    fn default() -> Self {
        WriterBuilder { format: Format::default(), buffer_size: 64 << 10 }
    }
}

impl WriterBuilder {
    /// The defaults.
    ///
    /// ```
    /// # use simd_jsonl::WriterBuilder;
    /// let writer = WriterBuilder::new().from_writer(Vec::new());
    /// ```
    pub fn new() -> Self {
        WriterBuilder::default()
    }

    /// How many bytes of records are gathered at least before they are written at once, with all of the last record. Default:
    /// 64 KiB. With 0, each record is written when the next one comes.
    ///
    /// ```
    /// # use simd_jsonl::WriterBuilder;
    /// let writer = WriterBuilder::new().buffer_size(1 << 20).from_writer(Vec::new());
    /// ```
    pub fn buffer_size(&mut self, bytes: usize) -> &mut Self {
        self.buffer_size = bytes;
        self
    }

    /// Whether characters beyond ASCII are written as `\u` escapes, for readers that do not expect UTF-8. Default: no. What comes
    /// as text, by [`write_raw`](JsonlWriter::write_raw) or as a raw value, stays as it is.
    ///
    /// ```
    /// # use simd_jsonl::WriterBuilder;
    /// let mut writer = WriterBuilder::new().ascii_only(true).from_writer(Vec::new());
    /// writer.write("😀")?;
    /// assert_eq!(writer.into_inner()?, b"\"\\ud83d\\ude00\"\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ascii_only(&mut self, yes: bool) -> &mut Self {
        self.format.ascii_only = yes;
        self
    }

    /// Whether NaN and the infinities, for which JSON has no number, are errors. Default: no, they become `null`, as
    /// `serde_json` has it.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, WriterBuilder};
    /// let mut writer = WriterBuilder::new().reject_non_finite(true).from_writer(Vec::new());
    /// assert_eq!(writer.write(&[1.0, f64::NAN]).unwrap_err().kind(), ErrorKind::NonFiniteFloat);
    /// ```
    pub fn reject_non_finite(&mut self, yes: bool) -> &mut Self {
        self.format.reject_non_finite = yes;
        self
    }

    /// The processor instructions to use. Default: [`Level::detect`]. For tests and benchmarks.
    ///
    /// ```
    /// # use simd_jsonl::{Level, WriterBuilder};
    /// let slowest = *Level::available().last().unwrap();
    /// let writer = WriterBuilder::new().level(slowest).from_writer(Vec::new());
    /// ```
    pub fn level(&mut self, level: Level) -> &mut Self {
        self.format.level = level;
        self
    }

    /// A writer to anything that implements `Write`. It has a buffer of its own; the target needs none.
    ///
    /// ```
    /// # use simd_jsonl::WriterBuilder;
    /// let writer = WriterBuilder::new().from_writer(std::io::stdout());
    /// ```
    #[allow(clippy::wrong_self_convention)] // as in `ReaderBuilder`
    pub fn from_writer<W: Write>(&self, writer: W) -> JsonlWriter<W> {
        self.build(writer, None)
    }

    /// A writer to a new file at `path`, whose errors name it. A file that is there is emptied, as by [`File::create`]; to add
    /// to one, open it with [`JsonlAppender`](crate::JsonlAppender).
    ///
    /// # Errors
    /// If the file cannot be created.
    ///
    /// ```
    /// # use simd_jsonl::WriterBuilder;
    /// assert!(WriterBuilder::new().from_path("/no/such/folder/file.jsonl").is_err());
    /// ```
    #[allow(clippy::wrong_self_convention)]
    pub fn from_path(&self, path: impl AsRef<Path>) -> Result<JsonlWriter<File>> {
        let path: Arc<Path> = path.as_ref().into();
        match File::create(&path) {
            Ok(file) => Ok(self.build(file, Some(path))),
            Err(error) => Err(Error::from_open("cannot create", error, Some(&path))),
        }
    }

    fn build<W: Write>(&self, writer: W, path: Option<Arc<Path>>) -> JsonlWriter<W> {
        JsonlWriter {
            writer: Some(writer),
            // and for the rest of most records; how large it is to be at most is not for us to allocate at once
            buffer: Vec::with_capacity(self.buffer_size.min(1 << 20) + 4096),
            whole: 0,
            written: 0,
            position: Position::default(),
            check: None,
            format: self.format,
            buffer_size: self.buffer_size,
            panicked: false,
            path,
        }
    }
}

/// Writes JSON Lines: one compact JSON value a line, byte for byte what `serde_json` writes.
///
/// Records are gathered in a buffer; call [`flush`](Self::flush) at the end, and see its error. When the writer is dropped it
/// tries to write what is left, but whoever drops it does not learn whether that worked. Only whole records are ever written:
/// one whose serialization fails or panics midway leaves no byte behind, and the writer goes on with the next.
///
/// To add to a file that must survive crashes, or that several threads or processes write, use
/// [`JsonlAppender`](crate::JsonlAppender).
///
/// ```
/// use serde::Serialize;
/// use simd_jsonl::JsonlWriter;
///
/// #[derive(Serialize)]
/// struct User<'a> { id: u64, name: &'a str }
///
/// let mut writer = JsonlWriter::new(Vec::new());
/// writer.write(&User { id: 1, name: "Ann" })?;
/// writer.write_all([User { id: 2, name: "Bob" }, User { id: 3, name: "C\n" }])?;
/// assert_eq!(writer.into_inner()?, br#"{"id":1,"name":"Ann"}
/// {"id":2,"name":"Bob"}
/// {"id":3,"name":"C\n"}
/// "#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JsonlWriter<W: Write> {
    /// Gone only when it was given back.
    writer: Option<W>,
    buffer: Vec<u8>,
    /// How much of the buffer is whole records. The rest is what is left of one that failed.
    whole: usize,
    /// How much of that has been written.
    written: usize,
    /// Behind the whole records.
    position: Position,
    check: Option<Box<RawCheck>>,
    format: Format,
    buffer_size: usize,
    /// While the target is writing: if it panics there, nobody knows what it has written.
    panicked: bool,
    path: Option<Arc<Path>>,
}

impl JsonlWriter<io::Empty> {
    /// The same as [`WriterBuilder::new`].
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let writer = JsonlWriter::builder().buffer_size(1 << 20).from_writer(Vec::new());
    /// ```
    pub fn builder() -> WriterBuilder {
        WriterBuilder::new()
    }
}

impl JsonlWriter<File> {
    /// Writes a new file at `path` with the defaults. Its errors name the file. A file that is there is emptied, as by
    /// [`File::create`]; to add to one, open it with [`JsonlAppender`](crate::JsonlAppender).
    ///
    /// # Errors
    /// If the file cannot be created.
    ///
    /// ```no_run
    /// # use simd_jsonl::JsonlWriter;
    /// let mut writer = JsonlWriter::from_path("numbers.jsonl")?;
    /// writer.write_all(1..=3)?;
    /// writer.flush()?;
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        WriterBuilder::new().from_path(path)
    }
}

impl<W: Write> JsonlWriter<W> {
    /// Writes to `writer` with the defaults. It has a buffer of its own; the target needs none.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let mut writer = JsonlWriter::new(Vec::new());
    /// writer.write(&[1, 2])?;
    /// assert_eq!(writer.into_inner()?, b"[1,2]\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(writer: W) -> Self {
        WriterBuilder::new().from_writer(writer)
    }

    /// Writes a record.
    ///
    /// # Errors
    /// If it cannot be written as JSON, or the target fails. The record is not in the output then. What is in the buffer stays
    /// there when the target fails, and the next call tries again from where the target stopped.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, JsonlWriter};
    /// use std::collections::BTreeMap;
    ///
    /// let mut writer = JsonlWriter::new(Vec::new());
    /// let error = writer.write(&BTreeMap::from([([1, 2], 3)])).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidKey);
    /// writer.write("next")?;
    /// assert_eq!(writer.into_inner()?, b"\"next\"\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn write<T: Serialize + ?Sized>(&mut self, record: &T) -> Result<()> {
        self.make_room()?;
        match ser::serialize(record, self.format, &mut self.buffer) {
            Ok(()) => {
                self.end_record();
                Ok(())
            }
            Err(error) => Err(self.refuse(error)),
        }
    }

    /// Writes several records, up to the first that fails.
    ///
    /// # Errors
    /// As [`write`](Self::write); the records before are written, and [`position`](Self::position) tells how many.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let mut writer = JsonlWriter::new(Vec::new());
    /// writer.write_all(["a", "b"])?;
    /// assert_eq!(writer.into_inner()?, b"\"a\"\n\"b\"\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn write_all<I>(&mut self, records: I) -> Result<()>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        records.into_iter().try_for_each(|record| self.write(&record))
    }

    /// Writes a record that is JSON text already, as it is, with or without its LF or CR LF. It is validated: an invalid line
    /// never gets into the output.
    ///
    /// # Errors
    /// If it is not exactly one record of strict JSON Lines, on one line, within the limits that readers have by default; or the
    /// target fails, as for [`write`](Self::write).
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, JsonlWriter};
    /// let mut writer = JsonlWriter::new(Vec::new());
    /// writer.write_raw(b"{\"a\": 1}")?;
    /// assert_eq!(writer.write_raw(b"{\"a\":").unwrap_err().kind(), ErrorKind::UnexpectedEnd);
    /// assert_eq!(writer.write_raw(b"1\n2").unwrap_err().kind(), ErrorKind::LineBreak);
    /// assert_eq!(writer.into_inner()?, b"{\"a\": 1}\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_raw(&mut self, record: &[u8]) -> Result<()> {
        self.make_room()?;
        let level = self.format.level;
        match self.check.get_or_insert_with(|| Box::new(RawCheck::new(level))).check(record) {
            Ok(record) => {
                self.buffer.extend_from_slice(record);
                self.end_record();
                Ok(())
            }
            Err(error) => Err(self.named(error.relocate(self.position))),
        }
    }

    /// Writes a line that is known to be whole: what `text` adds to the buffer, and an LF.
    pub(crate) fn write_line(&mut self, text: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        self.make_room()?;
        text(&mut self.buffer);
        self.end_record();
        Ok(())
    }

    /// Hands everything to the target, and flushes it.
    ///
    /// # Errors
    /// If the target fails. What it did not take stays in the buffer, and the next call tries again from there.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let mut writer = JsonlWriter::new(Vec::new());
    /// writer.write(&1)?;
    /// assert_eq!(writer.get_ref(), b"");
    /// writer.flush()?;
    /// assert_eq!(writer.get_ref(), b"1\n");
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn flush(&mut self) -> Result<()> {
        self.write_buffer()?;
        let result = self.with_writer(|writer, _| writer.flush());
        result.map_err(|error| Error::from_write(error, self.position, self.path.as_ref()))
    }

    /// Where the next record will begin: the bytes and lines before it are those that this writer has taken.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlWriter, Position};
    /// let mut writer = JsonlWriter::new(Vec::new());
    /// writer.write(&[1])?;
    /// assert_eq!(writer.position(), Position { offset: 4, line: 2 });
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn position(&self) -> Position {
        self.position
    }

    /// The target. The records in the buffer have not reached it yet.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// assert_eq!(JsonlWriter::new(Vec::new()).get_ref(), b"");
    /// ```
    pub fn get_ref(&self) -> &W {
        self.writer.as_ref().expect("the writer is there until it is given back")
    }

    /// Flushes, and gives the target back.
    ///
    /// # Errors
    /// If the target fails. The error has this writer in it, with all that is not written yet.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let mut too_small = [0; 3];
    /// let mut writer = JsonlWriter::new(&mut too_small[..]);
    /// writer.write("a long text")?;
    /// let error = writer.into_inner().unwrap_err();
    /// assert!(error.error().is_io());
    /// let mut writer = error.into_inner(); // all is still there
    /// assert!(writer.flush().is_err());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn into_inner(mut self) -> Result<W, IntoInnerError<W>> {
        match self.flush() {
            Ok(()) => Ok(self.writer.take().expect("the writer is there until it is given back")),
            Err(error) => Err(IntoInnerError { writer: self, error }),
        }
    }

    /// Makes an end of a record that failed, and of a buffer that is full.
    #[inline(always)]
    fn make_room(&mut self) -> Result<()> {
        if self.whole >= self.buffer_size {
            self.write_buffer()?;
        }
        self.buffer.truncate(self.whole);
        Ok(())
    }

    #[inline(always)]
    fn end_record(&mut self) {
        self.buffer.push(b'\n');
        self.position.offset += (self.buffer.len() - self.whole) as u64;
        self.position.line += 1;
        self.whole = self.buffer.len();
    }

    /// The error of a record of which the buffer holds the beginning.
    #[cold]
    #[inline(never)]
    fn refuse(&mut self, error: Error) -> Error {
        let error = ser::explain(error, &mut self.buffer[self.whole..], self.position);
        self.named(error)
    }

    fn named(&self, mut error: Error) -> Error {
        if let Some(path) = &self.path {
            error.set_path(path);
        }
        error
    }

    #[cold]
    #[inline(never)]
    fn write_buffer(&mut self) -> Result<()> {
        while self.written < self.whole {
            let rest = self.written..self.whole;
            match self.with_writer(|writer, buffer| writer.write(&buffer[rest.clone()])) {
                Ok(0) => return Err(self.write_error(io::ErrorKind::WriteZero.into())),
                Ok(n) => self.written += n.min(rest.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.write_error(error)),
            }
        }
        self.buffer.clear();
        (self.whole, self.written) = (0, 0);
        Ok(())
    }

    fn with_writer<T>(&mut self, run: impl FnOnce(&mut W, &[u8]) -> T) -> T {
        self.panicked = true;
        let result = run(self.writer.as_mut().expect("the writer is there until it is given back"), &self.buffer);
        self.panicked = false;
        result
    }

    /// An error of the target, at the first byte that it did not take.
    fn write_error(&self, error: io::Error) -> Error {
        let rest = &self.buffer[self.written..self.whole];
        let Position { offset, line } = self.position;
        let lines = memchr::memchr_iter(b'\n', rest).count();
        let at = Position { offset: offset - rest.len() as u64, line: line - lines as u64 };
        Error::from_write(error, at, self.path.as_ref())
    }
}

impl<W: Write> Drop for JsonlWriter<W> {
    fn drop(&mut self) {
        if self.writer.is_some() && !self.panicked {
            let _ = self.flush();
        }
    }
}

impl<W: Write + fmt::Debug> fmt::Debug for JsonlWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonlWriter").field("writer", &self.writer).field("position", &self.position).finish()
    }
}

/// A target failed to take the last records, with the writer that has them; see [`JsonlWriter::into_inner`].
pub struct IntoInnerError<W: Write> {
    writer: JsonlWriter<W>,
    error: Error,
}

impl<W: Write> IntoInnerError<W> {
    /// What went wrong.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let mut writer = JsonlWriter::new(&mut [][..]);
    /// writer.write(&1)?;
    /// assert!(writer.into_inner().unwrap_err().error().is_io());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The writer, with all that is not written yet.
    ///
    /// ```
    /// # use simd_jsonl::JsonlWriter;
    /// let mut writer = JsonlWriter::new(&mut [][..]);
    /// writer.write(&1)?;
    /// let writer = writer.into_inner().unwrap_err().into_inner();
    /// assert_eq!(writer.position().line, 2);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn into_inner(self) -> JsonlWriter<W> {
        self.writer
    }

    /// The error alone. The writer is dropped.
    ///
    /// ```
    /// # use simd_jsonl::{Error, JsonlWriter};
    /// fn write() -> Result<Vec<u8>, Error> {
    ///     let mut writer = JsonlWriter::new(Vec::new());
    ///     writer.write(&1)?;
    ///     writer.into_inner().map_err(|error| error.into_error())
    /// }
    /// assert_eq!(write()?, b"1\n");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl<W: Write> fmt::Debug for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl<W: Write> fmt::Display for IntoInnerError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<W: Write> std::error::Error for IntoInnerError<W> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl<W: Write> From<IntoInnerError<W>> for Error {
    fn from(error: IntoInnerError<W>) -> Error {
        error.error
    }
}

impl<W: Write> From<IntoInnerError<W>> for io::Error {
    fn from(error: IntoInnerError<W>) -> io::Error {
        error.error.into()
    }
}
