//! The readers.

use crate::{
    de::Value,
    error::{Error, Result},
    lines::{Line, Lines},
    options::Options,
    policy::ErrorPolicy,
    position::Position,
    record::{Record, Scan},
    report::ReadReport,
    simd::Level,
    window::{ReadSource, SliceSource, Source},
};
use serde::de::{Deserialize, DeserializeOwned};
use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek},
    iter::FusedIterator,
    marker::PhantomData,
    path::Path,
    sync::Arc,
};

/// Configures readers, of slices and of streams alike.
///
/// ```
/// use simd_jsonl::{ErrorKind, ReaderBuilder};
///
/// let mut reader = ReaderBuilder::new().strict(true).max_record_len(1 << 20).from_slice(b"[1]\n\n[2]\n");
/// let mut records = reader.deserialize::<Vec<u8>>();
/// assert_eq!(records.next().unwrap()?, [1]);
/// assert_eq!(records.next().unwrap().unwrap_err().kind(), ErrorKind::BlankLine);
/// assert_eq!(records.next().unwrap()?, [2]);
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReaderBuilder {
    options: Options,
}

impl ReaderBuilder {
    /// The defaults.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// let reader = ReaderBuilder::new().from_slice(b"[1]\n");
    /// ```
    pub fn new() -> Self {
        ReaderBuilder::default()
    }

    /// Whether blank lines and a byte order mark at the start are errors. Default: no, they are skipped.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// let mut reader = ReaderBuilder::new().strict(true).from_slice(b"\n");
    /// assert!(reader.next_record().is_err());
    /// ```
    pub fn strict(&mut self, yes: bool) -> &mut Self {
        self.options.strict = yes;
        self
    }

    /// How many arrays and objects may be nested. Default: 128.
    ///
    /// It holds wherever a record is read, skipped values included. Decoding into a recursive type needs stack for each
    /// level, as much as that type's own code takes; all else needs none.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().max_depth(1).from_slice(b"[[1]]");
    /// let error = reader.deserialize::<[[u8; 1]; 1]>().next().unwrap().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::DepthLimit);
    /// ```
    pub fn max_depth(&mut self, levels: usize) -> &mut Self {
        // below what a depth of less than zero wraps around to, and beyond what fits into a record
        self.options.limits.max_depth = levels.min(i32::MAX as usize) as u32;
        self
    }

    /// How many bytes a record may have, its LF not counted. Default: 256 MiB; at most 2 GiB less 129 bytes.
    ///
    /// A longer record is one error, and takes no more memory than this.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().max_record_len(3).from_slice(b"[1]\n[22]\n[3]\n");
    /// let mut records = reader.deserialize::<[u8; 1]>();
    /// assert_eq!(records.next().unwrap()?, [1]);
    /// assert_eq!(records.next().unwrap().unwrap_err().kind(), ErrorKind::RecordTooLong);
    /// assert_eq!(records.next().unwrap()?, [3]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn max_record_len(&mut self, bytes: usize) -> &mut Self {
        self.options.set_max_record_len(bytes);
        self
    }

    /// How many bytes a reader of a stream asks for at once. Default: 128 KiB. It grows only for a record that is longer.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// let reader = ReaderBuilder::new().buffer_size(1 << 20).from_reader(&b"[1]\n"[..]);
    /// ```
    pub fn buffer_size(&mut self, bytes: usize) -> &mut Self {
        self.options.buffer_size = bytes;
        self
    }

    /// What becomes of bad records. Default: [`ErrorPolicy::fail`], each is an error that the reader yields.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, ReaderBuilder};
    /// let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::skip()).from_slice(b"1\noops\n3\n");
    /// assert_eq!(reader.deserialize::<u8>().collect::<Result<Vec<_>, _>>()?, [1, 3]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn on_error(&mut self, policy: ErrorPolicy) -> &mut Self {
        self.options.policy = policy;
        self
    }

    /// Whether values that nobody reads are stepped over by their brackets alone, which is faster. Default: no, they are
    /// validated like all others.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// # use serde::de::IgnoredAny;
    /// let input = b"[1, 2 3, oops]";
    /// assert!(ReaderBuilder::new().from_slice(input).deserialize::<IgnoredAny>().next().unwrap().is_err());
    /// assert!(ReaderBuilder::new().lax_skip(true).from_slice(input).deserialize::<IgnoredAny>().next().unwrap().is_ok());
    /// ```
    pub fn lax_skip(&mut self, yes: bool) -> &mut Self {
        self.options.limits.lax_skip = yes;
        self
    }

    /// The processor instructions to use. Default: [`Level::detect`]. For tests and benchmarks.
    ///
    /// ```
    /// # use simd_jsonl::{Level, ReaderBuilder};
    /// let slowest = *Level::available().last().unwrap();
    /// let reader = ReaderBuilder::new().level(slowest).from_slice(b"[1]\n");
    /// ```
    pub fn level(&mut self, level: Level) -> &mut Self {
        self.options.level = level;
        self
    }

    /// A reader of bytes in memory.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// assert_eq!(ReaderBuilder::new().from_slice(b"1\n2\n").deserialize::<u8>().count(), 2);
    /// ```
    #[allow(clippy::wrong_self_convention)] // the name that the csv crate has made familiar
    pub fn from_slice<'a>(&self, bytes: &'a [u8]) -> JsonlSlice<'a> {
        JsonlSlice { source: SliceSource::new(bytes), scan: Scan::new(self.options.clone(), None) }
    }

    /// A reader of a stream. It has a buffer of its own; the stream needs none.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// assert_eq!(ReaderBuilder::new().from_reader(&b"1\n2\n"[..]).deserialize::<u8>().count(), 2);
    /// ```
    #[allow(clippy::wrong_self_convention)]
    pub fn from_reader<R: Read>(&self, reader: R) -> JsonlReader<R> {
        self.stream(reader, None)
    }

    /// A reader of the file at `path`, whose errors name it.
    ///
    /// # Errors
    /// If the file cannot be opened.
    ///
    /// ```
    /// # use simd_jsonl::ReaderBuilder;
    /// assert!(ReaderBuilder::new().from_path("/no/such/file.jsonl").is_err());
    /// ```
    #[allow(clippy::wrong_self_convention)]
    pub fn from_path(&self, path: impl AsRef<Path>) -> Result<JsonlReader<File>> {
        let path: Arc<Path> = path.as_ref().into();
        match File::open(&path) {
            Ok(file) => Ok(self.stream(file, Some(path))),
            Err(error) => Err(Error::from_open("cannot open", error, Some(&path))),
        }
    }

    fn stream<R>(&self, reader: R, path: Option<Arc<Path>>) -> JsonlReader<R> {
        let source = ReadSource::new(reader, self.options.buffer_size);
        JsonlReader { source, scan: Scan::new(self.options.clone(), path) }
    }
}

/// Reads JSON Lines from bytes in memory, without copying: records may borrow from the input.
///
/// ```
/// use serde::Deserialize;
/// use simd_jsonl::JsonlSlice;
///
/// #[derive(Deserialize)]
/// struct User<'a> { id: u64, name: &'a str }
///
/// let input = br#"{"id":1,"name":"Ann"}
/// {"id":2,"name":"Bob"}"#;
/// let users: Vec<User> = JsonlSlice::new(input).into_deserialize().collect::<Result<_, _>>()?;
/// assert_eq!((users[1].id, users[1].name), (2, "Bob"));
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub struct JsonlSlice<'a> {
    source: SliceSource<'a>,
    scan: Scan,
}

/// Reads JSON Lines from a stream, through a buffer of its own: a file, a pipe, a socket, a decompressor.
///
/// Each record is handed out as soon as its line is there. Memory stays within the buffer, which grows to the longest record,
/// and the index of what is in it: four bytes for each bracket, string, escape, number and literal, and at most twice that.
///
/// ```
/// use simd_jsonl::JsonlReader;
/// # #[derive(serde::Deserialize)] struct Event { level: String }
/// # let stream = &b"{\"level\":\"info\"}\n"[..];
///
/// for event in JsonlReader::new(stream).deserialize::<Event>() {
///     println!("{}", event?.level); // an error names line, byte and column; the next line still comes
/// }
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub struct JsonlReader<R> {
    source: ReadSource<R>,
    scan: Scan,
}

/// One body for both readers. The result of a good record is looked at, but only returned: so it is built where the caller
/// wants it. Nothing else may become of it, and nothing may look at it later.
macro_rules! next {
    ($reader:ident, $text:ident) => {
        loop {
            let text = $reader.source.$text();
            let there = match $reader.scan.is_at_record(text) {
                true => Ok(true),
                false => $reader.scan.find_record(text.window),
            };
            let error = match there {
                Ok(true) => {
                    let (mut cursor, at) = $reader.scan.cursor(text);
                    let result = T::deserialize(Value { cursor: &mut cursor, at });
                    if result.is_ok() && cursor.is_whole() {
                        let end = cursor.end();
                        $reader.scan.accept(end);
                        return Some(result);
                    }
                    let failure = cursor.failure(result.err(), at);
                    $reader.scan.refuse(text.window, failure)
                }
                Ok(false) => match $reader.scan.refill(&mut $reader.source) {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if let Some(error) = $reader.scan.yielded(error) {
                return Some(Err(error));
            }
        }
    };
}

/// The same for what is lent: a borrow that is returned from a loop would last for the whole loop.
macro_rules! next_lent {
    ($reader:ident, $has:ident, $next:ident, $refill:ident) => {{
        loop {
            let there = match $reader.scan.$has($reader.source.text()) {
                Ok(false) => match $reader.scan.$refill(&mut $reader.source) {
                    Ok(false) => return Ok(None),
                    refilled => refilled.map(|_| false),
                },
                there => there,
            };
            match there {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => $reader.scan.yielded(error).map_or(Ok(()), Err)?,
            }
        }
        Ok($reader.scan.$next($reader.source.text()))
    }};
}

impl<'a> JsonlSlice<'a> {
    /// Reads `bytes` with the defaults.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// assert_eq!(JsonlSlice::new(b"1\n2\n").deserialize::<u8>().count(), 2);
    /// ```
    pub fn new(bytes: &'a [u8]) -> Self {
        ReaderBuilder::new().from_slice(bytes)
    }

    /// The same as [`ReaderBuilder::new`].
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let reader = JsonlSlice::builder().strict(true).from_slice(b"[1]\n");
    /// ```
    pub fn builder() -> ReaderBuilder {
        ReaderBuilder::new()
    }

    /// The records from here on, decoded. A bad record is an error, and the next one still comes.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"1\n2\n3\n");
    /// let two: Vec<u8> = reader.deserialize().take(2).collect::<Result<_, _>>()?;
    /// assert_eq!((two, reader.position().line), (vec![1, 2], 3));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn deserialize<T: Deserialize<'a>>(&mut self) -> SliceRecords<'_, 'a, T> {
        SliceRecords { reader: self, target: PhantomData }
    }

    /// The same for a reader that is not needed any more.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let sum = JsonlSlice::new(b"1\n2\n3\n").into_deserialize::<u64>().try_fold(0, |sum, n| n.map(|n| sum + n))?;
    /// assert_eq!(sum, 6);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn into_deserialize<T: Deserialize<'a>>(self) -> SliceIntoRecords<'a, T> {
        SliceIntoRecords { reader: self, target: PhantomData }
    }

    /// The next record, to be looked at before it is decoded, or not at all.
    ///
    /// # Errors
    /// If its line is no record. The next call goes on with the next line.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"{\"n\":1}\n{\"n\":2}\n");
    /// let mut sum = 0;
    /// while let Some(record) = reader.next_record()? {
    ///     sum += record.get("n")?.and_then(|n| n.as_u64()).unwrap_or(0);
    /// }
    /// assert_eq!(sum, 3);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>> {
        next_lent!(self, has_record, next_record, refill)
    }

    /// The raw lines from here on, whatever is in them. The reader stays where it is.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"[1]\noops\n");
    /// reader.next_record()?;
    /// assert_eq!(reader.lines().next().unwrap().as_bytes(), b"oops");
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn lines(&self) -> Lines<'a> {
        let offset = self.position().offset;
        let rest = &self.source.data()[offset as usize..];
        let mark = self.scan.mark_len(rest);
        Lines::starting_at(&rest[mark..], offset + mark as u64)
    }

    /// Where the next line begins.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlSlice, Position};
    /// let mut reader = JsonlSlice::new(b"[1]\n[2]\n");
    /// reader.next_record()?;
    /// assert_eq!(reader.position(), Position { offset: 4, line: 2 });
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn position(&self) -> Position {
        self.scan.position()
    }

    /// Goes on at `position`, where a line must begin; positions of readers and records of the same input do.
    ///
    /// # Errors
    /// If it lies behind the end.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"1\n2\n");
    /// let start = reader.position();
    /// assert_eq!(reader.deserialize::<u8>().count(), 2);
    /// reader.seek(start)?;
    /// assert_eq!(reader.deserialize::<u8>().count(), 2);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn seek(&mut self, position: Position) -> Result<()> {
        if position.offset > self.source.data().len() as u64 {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "the position lies behind the end of the input");
            return Err(Error::from_open("cannot seek", error, None));
        }
        self.source.seek(position.offset);
        self.scan.seek(position);
        Ok(())
    }

    /// What was read so far, good and bad.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let mut reader = JsonlSlice::new(b"1\noops\n3\n");
    /// for number in reader.deserialize::<u8>() {
    ///     number.unwrap_or_default();
    /// }
    /// assert_eq!((reader.report().records, reader.report().errors), (2, 1));
    /// ```
    pub fn report(&self) -> ReadReport {
        self.scan.report()
    }

    /// The errors that were kept by [`ErrorPolicy::collect`].
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, JsonlSlice};
    /// let mut reader = JsonlSlice::builder().on_error(ErrorPolicy::collect(1)).from_slice(b"?\n?\n3\n");
    /// assert_eq!(reader.deserialize::<u8>().count(), 1);
    /// assert_eq!((reader.errors().len(), reader.report().errors), (1, 2));
    /// ```
    pub fn errors(&self) -> &[Error] {
        self.scan.errors()
    }

    #[inline(always)]
    fn next<T: Deserialize<'a>>(&mut self) -> Option<Result<T>> {
        next!(self, lent)
    }
}

impl JsonlReader<io::Empty> {
    /// The same as [`ReaderBuilder::new`].
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let reader = JsonlReader::builder().strict(true).from_reader(&b"[1]\n"[..]);
    /// ```
    pub fn builder() -> ReaderBuilder {
        ReaderBuilder::new()
    }
}

impl JsonlReader<File> {
    /// Reads the file at `path` with the defaults. Its errors name the file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/events.jsonl");
    /// let events = JsonlReader::from_path(path)?.into_deserialize::<serde_json::Value>().filter_map(Result::ok);
    /// assert!(events.count() > 100);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        ReaderBuilder::new().from_path(path)
    }
}

impl<R: Read> JsonlReader<R> {
    /// Reads `reader` with the defaults. It has a buffer of its own; the stream needs none.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// assert_eq!(JsonlReader::new(&b"1\n2\n"[..]).deserialize::<u8>().count(), 2);
    /// ```
    pub fn new(reader: R) -> Self {
        ReaderBuilder::new().from_reader(reader)
    }

    /// The records from here on, decoded. A bad record is an error, and the next one still comes. A failing stream is one
    /// error, and then there is nothing more; except that reading can go on after [`io::ErrorKind::WouldBlock`].
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let mut reader = JsonlReader::new(&b"1\noops\n3\n"[..]);
    /// let good: Vec<u8> = reader.deserialize().filter_map(Result::ok).collect();
    /// assert_eq!(good, [1, 3]);
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&mut self) -> Records<'_, R, T> {
        Records { reader: self, target: PhantomData }
    }

    /// The same for a reader that is not needed any more.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let numbers: Vec<u8> = JsonlReader::new(&b"1\n2\n"[..]).into_deserialize().collect::<Result<_, _>>()?;
    /// assert_eq!(numbers, [1, 2]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn into_deserialize<T: DeserializeOwned>(self) -> IntoRecords<R, T> {
        IntoRecords { reader: self, target: PhantomData }
    }

    /// The next record, lent until the next call: to be looked at before it is decoded, decoded into what borrows from it, or
    /// passed over.
    ///
    /// # Errors
    /// If its line is no record, or the stream fails. The next call goes on with the next line.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let mut reader = JsonlReader::new(&b"{\"name\":\"Ann\"}\n"[..]);
    /// while let Some(record) = reader.next_record()? {
    ///     let name: &str = record.get("name")?.unwrap().deserialize()?;
    ///     assert_eq!(name, "Ann");
    /// }
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>> {
        next_lent!(self, has_record, next_record, refill)
    }

    /// The next raw line, whatever is in it, lent until the next call.
    ///
    /// # Errors
    /// If the line is longer than the limit, or the stream fails.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let mut reader = JsonlReader::new(&b"oops\n\n"[..]);
    /// assert_eq!(reader.next_line()?.unwrap().as_bytes(), b"oops");
    /// assert_eq!(reader.next_line()?.unwrap().as_bytes(), b"");
    /// assert!(reader.next_line()?.is_none());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        next_lent!(self, has_line, next_line, refill_lines)
    }

    /// The raw lines from here on, each a copy without its LF or CR LF. ([`next_line`](Self::next_line) copies nothing.)
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let mut reader = JsonlReader::new(&b"1\noops\n"[..]);
    /// let lines: Vec<Vec<u8>> = reader.lines().collect::<Result<_, _>>()?;
    /// assert_eq!(lines, [&b"1"[..], b"oops"]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn lines(&mut self) -> ReaderLines<'_, R> {
        ReaderLines { reader: self }
    }

    #[inline(always)]
    fn next<T: DeserializeOwned>(&mut self) -> Option<Result<T>> {
        next!(self, text)
    }
}

impl<R> JsonlReader<R> {
    /// Where the next line begins.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlReader, Position};
    /// let mut reader = JsonlReader::new(&b"[1]\n[2]\n"[..]);
    /// reader.next_record()?;
    /// assert_eq!(reader.position(), Position { offset: 4, line: 2 });
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn position(&self) -> Position {
        self.scan.position()
    }

    /// What was read so far, good and bad.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let mut reader = JsonlReader::new(&b"1\noops\n3\n"[..]);
    /// for number in reader.deserialize::<u8>() {
    ///     number.unwrap_or_default();
    /// }
    /// assert_eq!((reader.report().records, reader.report().errors), (2, 1));
    /// ```
    pub fn report(&self) -> ReadReport {
        self.scan.report()
    }

    /// The errors that were kept by [`ErrorPolicy::collect`].
    ///
    /// ```
    /// # use simd_jsonl::{ErrorPolicy, JsonlReader};
    /// let mut reader = JsonlReader::builder().on_error(ErrorPolicy::collect(1)).from_reader(&b"?\n?\n3\n"[..]);
    /// assert_eq!(reader.deserialize::<u8>().count(), 1);
    /// assert_eq!((reader.errors().len(), reader.report().errors), (1, 2));
    /// ```
    pub fn errors(&self) -> &[Error] {
        self.scan.errors()
    }

    /// The stream. It has been read further than the records have: see [`position`](Self::position).
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let reader = JsonlReader::new(&b"[1]\n"[..]);
    /// assert_eq!(reader.get_ref().len(), 4);
    /// ```
    pub fn get_ref(&self) -> &R {
        self.source.get_ref()
    }

    /// The stream. Reading from it, or moving it, loses records.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let mut reader = JsonlReader::new(&b"[1]\n"[..]);
    /// assert_eq!(reader.get_mut().len(), 4);
    /// ```
    pub fn get_mut(&mut self) -> &mut R {
        self.source.get_mut()
    }

    /// Gives the stream back. What was read from it and not handed out yet is lost: see [`position`](Self::position).
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let reader = JsonlReader::new(&b"[1]\n"[..]);
    /// assert_eq!(reader.into_inner(), b"[1]\n");
    /// ```
    pub fn into_inner(self) -> R {
        self.source.into_inner()
    }
}

impl<R: Read + Seek> JsonlReader<R> {
    /// Goes on at `position`, where a line must begin; positions of readers and records of the same input do. Offsets count
    /// from the start of the stream.
    ///
    /// # Errors
    /// If the stream cannot be moved there.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlReader, Position};
    /// let mut reader = JsonlReader::new(std::io::Cursor::new("[1]\n[2]\n"));
    /// reader.seek(Position { offset: 4, line: 2 })?;
    /// assert_eq!(reader.deserialize::<[u8; 1]>().next().unwrap()?, [2]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn seek(&mut self, position: Position) -> Result<()> {
        self.source.seek(position.offset).map_err(|error| Error::from_open("cannot seek", error, None))?;
        self.scan.seek(position);
        Ok(())
    }
}

impl fmt::Debug for JsonlSlice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonlSlice")
            .field("len", &self.source.data().len())
            .field("position", &self.position())
            .finish()
    }
}

impl<R: fmt::Debug> fmt::Debug for JsonlReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonlReader").field("reader", self.get_ref()).field("position", &self.position()).finish()
    }
}

macro_rules! iterators {
    ($($(#[$doc:meta])* $name:ident<$($lifetime:lifetime)? $(, $other:lifetime)? $(; $r:ident)?>
        ($reader:ty as $plain:ty) where T: $bound:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<$($lifetime,)? $($other,)? $($r,)? T> {
            reader: $reader,
            target: PhantomData<fn() -> T>,
        }

        impl<$($lifetime,)? $($other,)? $($r: Read,)? T: $bound> Iterator for $name<$($lifetime,)? $($other,)? $($r,)? T> {
            type Item = Result<T>;

            #[inline]
            fn next(&mut self) -> Option<Result<T>> {
                self.reader.next()
            }
        }

        impl<$($lifetime,)? $($other,)? $($r,)? T> $name<$($lifetime,)? $($other,)? $($r,)? T> {
            /// The reader, for its report.
            ///
            /// ```
            /// # use simd_jsonl::JsonlSlice;
            /// let mut numbers = JsonlSlice::new(b"1\noops\n3\n").into_deserialize::<u8>();
            /// assert_eq!(numbers.by_ref().filter_map(Result::ok).sum::<u8>(), 4);
            /// assert_eq!(numbers.reader().report().errors, 1);
            /// ```
            pub fn reader(&self) -> &$plain {
                &self.reader
            }
        }
    )*};
}

iterators! {
    /// The records of a slice; see [`JsonlSlice::deserialize`].
    SliceRecords<'r, 'a>(&'r mut JsonlSlice<'a> as JsonlSlice<'a>) where T: Deserialize<'a>;
    /// The records of a slice; see [`JsonlSlice::into_deserialize`].
    SliceIntoRecords<'a>(JsonlSlice<'a> as JsonlSlice<'a>) where T: Deserialize<'a>;
    /// The records of a stream; see [`JsonlReader::deserialize`].
    Records<'r; R>(&'r mut JsonlReader<R> as JsonlReader<R>) where T: DeserializeOwned;
    /// The records of a stream; see [`JsonlReader::into_deserialize`].
    IntoRecords<; R>(JsonlReader<R> as JsonlReader<R>) where T: DeserializeOwned;
}

impl<'a, T: Deserialize<'a>> FusedIterator for SliceRecords<'_, 'a, T> {}
impl<'a, T: Deserialize<'a>> FusedIterator for SliceIntoRecords<'a, T> {}

/// The raw lines of a stream; see [`JsonlReader::lines`].
#[derive(Debug)]
pub struct ReaderLines<'r, R> {
    reader: &'r mut JsonlReader<R>,
}

impl<R: Read> Iterator for ReaderLines<'_, R> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Result<Vec<u8>>> {
        self.reader.next_line().map(|line| line.map(|line| line.as_bytes().to_vec())).transpose()
    }
}
