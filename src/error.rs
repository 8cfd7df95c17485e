//! What can go wrong, and where it did.

use crate::position::Position;
use serde::de::{Expected, Unexpected};
use std::{borrow::Cow, fmt, io, path::Path, sync::Arc};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Every kind but [`Io`](ErrorKind::Io), [`Locked`](ErrorKind::Locked), [`Poisoned`](ErrorKind::Poisoned) and
/// [`TooManyErrors`](ErrorKind::TooManyErrors) concerns one record only; reading or writing goes on with the next.
///
/// Here each begins with its [`code`](ErrorKind::code), then a line that gives it, and what usually is the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `io`: the source could not be opened or read, or the target not be opened or written. It ends the reading, unless the
    /// source would merely have blocked. A record whose writing failed is not in the output. No line gives it; usually a path
    /// is wrong, a disk full or a connection gone.
    #[error("cannot read or write")]
    Io,
    /// `locked`: another appender has the file; see [`JsonlAppender`](crate::JsonlAppender). No line gives it; usually the
    /// same program runs twice.
    #[error("another appender has the file")]
    Locked,
    /// `poisoned`: the file could not be synced, now or before, so that nobody knows what is on disk; see
    /// [`JsonlAppender`](crate::JsonlAppender). What was written is written, but may be lost when the machine fails. No line
    /// gives it; usually a disk fails.
    #[error("the file could not be synced")]
    Poisoned,
    /// `too-many-errors`: more records are bad than the [`ErrorPolicy`](crate::ErrorPolicy) allows. It ends the reading. No
    /// single line gives it; usually the input is another one than was meant.
    #[error("too many errors")]
    TooManyErrors,

    /// `unexpected-end`: the record ends inside a value: `{"a":1`. Usually one that a crash cut off, or a value that goes on
    /// in the next line.
    #[error("the record ends inside a value")]
    UnexpectedEnd,
    /// `unclosed-string`: a string is not closed on its line: `{"a":"b}`. Usually a record that a crash cut off, or a line
    /// break that was not escaped.
    #[error("a string is not closed on its line")]
    UnclosedString,

    /// `expected-value`: no value where one must be: `{"a":}`. Usually a value that was left empty, or text in other quotes
    /// than `"`.
    #[error("expected a value")]
    ExpectedValue,
    /// `expected-key`: no string where an object's key must be: `{a:1}`. Usually JavaScript or Python's `repr` instead of
    /// JSON.
    #[error("expected a string as key")]
    ExpectedKey,
    /// `expected-colon`: no colon behind a key: `{"a" 1}`. Usually JSON that was written by hand.
    #[error("expected ':'")]
    ExpectedColon,
    /// `expected-comma`: neither a comma nor the closing bracket behind a value: `[1 2]`. Usually a quote inside a string
    /// that was not escaped.
    #[error("expected ',' or the closing bracket")]
    ExpectedComma,
    /// `trailing-comma`: a comma right before the closing bracket: `[1,]`. Usually JSON that was written by hand, or joined
    /// from pieces.
    #[error("trailing comma")]
    TrailingComma,
    /// `trailing-characters`: something behind the record's one value: `{} {}`. Usually two records without a line break
    /// between them, or an array's elements with their commas.
    #[error("expected the end of the line, one value a line")]
    TrailingCharacters,
    /// `invalid-literal`: a word other than `true`, `false` and `null`: `{"a":NaN}`. Usually a number that is none, Python's
    /// `None` and `True`, or a string without quotes.
    #[error("expected a value, found an unknown word")]
    InvalidLiteral,
    /// `invalid-number`: not a number by JSON's grammar: `{"a":01}`. Usually leading zeros, or a date without quotes.
    #[error("invalid number")]
    InvalidNumber,
    /// `invalid-escape`: a backslash that starts none of JSON's escapes: `{"a":"C:\dir"}`. Usually a Windows path or a regular
    /// expression whose backslashes were not doubled.
    #[error("invalid escape in a string")]
    InvalidEscape,
    /// `lone-surrogate`: half a surrogate pair, which is no character: `{"a":"\ud83c"}`. Usually a text of UTF-16 that was cut
    /// in the middle of an emoji.
    #[error("lone surrogate in a string")]
    LoneSurrogate,
    /// `control-character`: a byte below 0x20 inside a string, where it must be escaped: `{"a":"b\x09c"}` with a tab there.
    /// Usually text that was put between quotes as it was.
    #[error("control character in a string, where it must be escaped")]
    ControlCharacter,
    /// `invalid-utf8`: not UTF-8: `{"a":"caf\xE9"}` with that one byte. Usually text in Latin-1 or Windows-1252.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// `depth-limit`: more nested arrays and objects than the reader allows: `[[1]]` where that is one. Usually an attack, or
    /// data that contains itself; 128 are allowed by default.
    #[error("nested too deeply; see ReaderBuilder::max_depth")]
    DepthLimit,
    /// `record-too-long`: more bytes in one record than the reader allows: `[1,2,3]` where that is six. Usually an input
    /// without line breaks; 256 MiB are allowed by default.
    #[error("the record is too long; see ReaderBuilder::max_record_len")]
    RecordTooLong,
    /// `blank-line`: a line like ` ` with nothing but white space, in strict mode. Usually the end of a file that was written
    /// by hand.
    #[error("blank line, which strict mode does not allow")]
    BlankLine,
    /// `byte-order-mark`: a byte order mark elsewhere than at the start, or anywhere in strict mode: `\xEF\xBB\xBF{"a":1}` with
    /// these three bytes. Usually files that were joined, each with its own.
    #[error("unexpected byte order mark")]
    ByteOrderMark,
    /// `encoding`: the input is UTF-16 or UTF-32: `\xFF\xFE{\x00}\x00` with these bytes. Usually
    /// what `>` wrote in Windows PowerShell.
    #[error("the input is not UTF-8")]
    Encoding,
    /// `compressed`: the input is compressed: `\x1F\x8B\x08\x00` with these bytes. Usually a file whose name has lost its
    /// `.gz`, or that was not decompressed.
    #[error("the input is compressed")]
    Compressed,
    /// `not-json-lines`: the input is of another format: `[` as its first line. Usually a JSON document that spans lines.
    #[error("the input is not one JSON value a line")]
    NotJsonLines,

    /// `number-out-of-range`: a number that the target type cannot hold, or that overflows an `f64`: `{"a":1e400}`. Usually an
    /// identifier that happens to look like a number.
    #[error("number out of range")]
    NumberOutOfRange,
    /// `invalid-type`: a value of another type than the target: `{"a":"1"}` into a number. Usually a field that is sometimes
    /// `null` or a string; see [`Error::field`].
    #[error("invalid type")]
    InvalidType,
    /// `invalid-value`: a value of the right type that the target does not accept: `{"a":300}` into a `u8`. Usually a target
    /// that is too narrow.
    #[error("invalid value")]
    InvalidValue,
    /// `invalid-length`: an array or object with more or fewer elements than the target takes: `{"a":[1,2,3]}` into a pair.
    /// Usually a tuple where a `Vec` is meant.
    #[error("invalid length")]
    InvalidLength,
    /// `unknown-variant`: an enum variant that the target does not have: `{"a":"Three"}`. Usually a newer writer, or another
    /// spelling; see serde's `rename_all`.
    #[error("unknown variant")]
    UnknownVariant,
    /// `unknown-field`: a key that the target does not have and, by serde's `deny_unknown_fields`, does not ignore:
    /// `{"a":1,"z":2}`. Usually a newer writer, or a typing error.
    #[error("unknown field")]
    UnknownField,
    /// `missing-field`: a field that the target needs is not there: `{"z":1}`. Usually an older writer; see serde's `default`.
    #[error("missing field")]
    MissingField,
    /// `duplicate-field`: a key for the second time, into a struct: `{"a":1,"a":2}`. Usually objects that were merged as text.
    #[error("duplicate field")]
    DuplicateField,
    /// `custom`: what a `Deserialize` or `Serialize` implementation reported in its own words: `{"a":7}` into a type that takes
    /// even numbers. Usually a rule of the type itself, or an untagged enum that has no fitting variant.
    #[error("rejected by the type")]
    Custom,

    /// `non-finite-float`: a float that JSON cannot express, NaN or an infinity; when writing, by
    /// [`WriterBuilder::reject_non_finite`], or as a key. No line gives it; usually a division by zero.
    ///
    /// [`WriterBuilder::reject_non_finite`]: crate::WriterBuilder::reject_non_finite
    #[error("JSON has no number for NaN and the infinities")]
    NonFiniteFloat,
    /// `invalid-key`: a map's key that is no string, number or boolean; when writing. No line gives it; usually a map whose
    /// keys are tuples or structs.
    #[error("a key must be a string, a number or a boolean")]
    InvalidKey,
    /// `line-break`: a raw value that holds a line feed, which would split the record; when writing. No line gives it; usually
    /// pretty-printed JSON.
    #[error("a raw value holds a line break")]
    LineBreak,
}

impl ErrorKind {
    /// A short name that stays as it is, for logs, metrics and scripts.
    ///
    /// ```
    /// # use simd_jsonl::ErrorKind;
    /// assert_eq!(ErrorKind::UnclosedString.code(), "unclosed-string");
    /// ```
    pub fn code(self) -> &'static str {
        use ErrorKind::*;
        match self {
            Io => "io",
            Locked => "locked",
            Poisoned => "poisoned",
            TooManyErrors => "too-many-errors",
            UnexpectedEnd => "unexpected-end",
            UnclosedString => "unclosed-string",
            ExpectedValue => "expected-value",
            ExpectedKey => "expected-key",
            ExpectedColon => "expected-colon",
            ExpectedComma => "expected-comma",
            TrailingComma => "trailing-comma",
            TrailingCharacters => "trailing-characters",
            InvalidLiteral => "invalid-literal",
            InvalidNumber => "invalid-number",
            InvalidEscape => "invalid-escape",
            LoneSurrogate => "lone-surrogate",
            ControlCharacter => "control-character",
            InvalidUtf8 => "invalid-utf8",
            DepthLimit => "depth-limit",
            RecordTooLong => "record-too-long",
            BlankLine => "blank-line",
            ByteOrderMark => "byte-order-mark",
            Encoding => "encoding",
            Compressed => "compressed",
            NotJsonLines => "not-json-lines",
            NumberOutOfRange => "number-out-of-range",
            InvalidType => "invalid-type",
            InvalidValue => "invalid-value",
            InvalidLength => "invalid-length",
            UnknownVariant => "unknown-variant",
            UnknownField => "unknown-field",
            MissingField => "missing-field",
            DuplicateField => "duplicate-field",
            Custom => "custom",
            NonFiniteFloat => "non-finite-float",
            InvalidKey => "invalid-key",
            LineBreak => "line-break",
        }
    }
}

/// An error of one record, or of the source or target: what, and exactly where.
///
/// It is one pointer wide. [`Display`](fmt::Display) gives all of it in one line:
///
/// ```
/// use simd_jsonl::{ErrorKind, JsonlSlice};
///
/// let mut records = JsonlSlice::new(b"[1,2]\n[1 2]\n[3,4]\n").into_deserialize::<Vec<u8>>();
/// assert_eq!(records.next().unwrap()?, [1, 2]);
/// let error = records.next().unwrap().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::ExpectedComma);
/// assert_eq!(error.to_string(), "line 2, column 4 (byte 9): expected ',' or ']', found '2', near `[1 2]`");
/// assert_eq!(records.next().unwrap()?, [3, 4]);
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// Where the fault is, in bytes from the start of the window, until `locate` has made a position of it. Of an error that is
    /// no record's, whether its place says anything.
    offset: Option<usize>,
    position: Position,
    column: u64,
    snippet: Snippet,
    /// Where in its record the value at fault is.
    field: Box<str>,
    /// Where in the window the value begins that was to be decoded.
    value: usize,
    path: Option<Arc<Path>>,
    io: Option<io::Error>,
}

/// A fault found in a line: where, what kind, and in words.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Bytes from the start of the line.
    pub(crate) offset: usize,
    pub(crate) kind: ErrorKind,
    pub(crate) message: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn new(offset: usize, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Fault {
        Fault { offset, kind, message: message.into() }
    }
}

impl Error {
    /// What went wrong.
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, JsonlSlice};
    /// let error = JsonlSlice::new(b"[1,]").deserialize::<Vec<u8>>().next().unwrap().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TrailingComma);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The exact byte that is at fault, and its line: the first byte that cannot continue a valid record, the first byte of a
    /// value that does not fit its target, the key of a field that is unknown or there twice, the opening quote of an unclosed
    /// string. For a record that ends too early, the place just behind it; for a failing source, where reading stopped. When
    /// writing, where in the output the value would have been.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlSlice, Position};
    /// let error = JsonlSlice::new(b"\n[1,]").deserialize::<Vec<u8>>().next().unwrap().unwrap_err();
    /// assert_eq!(error.position(), Position { offset: 4, line: 2 });
    /// ```
    pub fn position(&self) -> Position {
        self.0.position
    }

    /// The byte at fault, counted in bytes from 1 at the start of its line, a byte order mark not counted.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let error = JsonlSlice::new(b"\n[1,]").deserialize::<Vec<u8>>().next().unwrap().unwrap_err();
    /// assert_eq!(error.column(), 4);
    /// ```
    pub fn column(&self) -> u64 {
        self.0.column
    }

    /// Some text around the fault, at most 64 bytes of it; what is not printable is escaped. Empty for a failing source.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// let error = JsonlSlice::new(b"[1,]").deserialize::<Vec<u8>>().next().unwrap().unwrap_err();
    /// assert_eq!(error.snippet(), "[1,]");
    /// ```
    pub fn snippet(&self) -> &str {
        self.0.snippet.as_str()
    }

    /// Where in its record the value is that does not fit its target, as jq would address it. It is empty if that is the record
    /// itself, if the record is not valid JSON, and when writing.
    ///
    /// A key that is unknown or there twice is named like its value; where one is missing, or where an array or object is too
    /// short or too long, it is the path of that object or array. What `serde` buffers before it decides (an enum that is
    /// untagged, internally tagged, or whose content comes before its tag; fields that are flattened) has no path inside: it is
    /// that of the whole value, or of the tag. A path of more than 200 bytes is shortened in the middle, a key of more than 40
    /// at its end, and for a [`LazyValue`](crate::LazyValue) beyond the first 4 KiB of its record what leads to it, by a `…`.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # use serde::Deserialize;
    /// #[derive(Debug, Deserialize)]
    /// struct Message { role: String }
    /// #[derive(Debug, Deserialize)]
    /// struct Chat { messages: Vec<Message> }
    ///
    /// let mut chats = JsonlSlice::new(br#"{"messages":[{"role":"user"},{"role":5}]}"#).into_deserialize::<Chat>();
    /// let error = chats.next().unwrap().unwrap_err();
    /// assert_eq!(error.field(), ".messages[1].role");
    /// assert!(error.to_string().starts_with("line 1, column 38 (byte 37), at .messages[1].role: invalid type: integer `5`, "));
    /// ```
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// The file, for readers and writers that were made from a path.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// let error = JsonlReader::from_path("/no/such/file.jsonl").err().unwrap();
    /// assert_eq!(error.path().unwrap().to_str(), Some("/no/such/file.jsonl"));
    /// ```
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Whether the source could not be opened or read, or not to its end as too many records are bad, or the target not be
    /// opened, locked or written. All other errors concern one record only.
    ///
    /// ```
    /// # use simd_jsonl::JsonlReader;
    /// assert!(JsonlReader::from_path("/no/such/file.jsonl").err().unwrap().is_io());
    /// ```
    pub fn is_io(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Io | ErrorKind::Locked | ErrorKind::Poisoned | ErrorKind::TooManyErrors)
    }

    /// Whether the record is not valid JSON, or not a valid line of the dialect, for another reason than an early end.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// assert!(JsonlSlice::new(b"[1,]").deserialize::<Vec<u8>>().next().unwrap().unwrap_err().is_syntax());
    /// ```
    pub fn is_syntax(&self) -> bool {
        !self.is_io() && !self.is_data() && !self.is_eof()
    }

    /// Whether the record is valid but does not fit the target type, or the value that is to be written does not fit JSON.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// assert!(JsonlSlice::new(b"[300]").deserialize::<Vec<u8>>().next().unwrap().unwrap_err().is_data());
    /// ```
    pub fn is_data(&self) -> bool {
        use ErrorKind::*;
        matches!(
            self.0.kind,
            NumberOutOfRange
                | InvalidType
                | InvalidValue
                | InvalidLength
                | UnknownVariant
                | UnknownField
                | MissingField
                | DuplicateField
                | Custom
                | NonFiniteFloat
                | InvalidKey
                | LineBreak
        )
    }

    /// Whether the record ends inside a value, as one does that was torn by a crash.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// assert!(JsonlSlice::new(b"[1,").deserialize::<Vec<u8>>().next().unwrap().unwrap_err().is_eof());
    /// ```
    pub fn is_eof(&self) -> bool {
        matches!(self.0.kind, ErrorKind::UnexpectedEnd | ErrorKind::UnclosedString)
    }

    /// A fault in a record whose place and words `locate` finds later. Out of line and returning only the thin pointer, so
    /// that no result of the hot path has its address taken.
    #[cold]
    #[inline(never)]
    pub(crate) fn syntax() -> Error {
        Error::new(ErrorKind::ExpectedValue, "", None)
    }

    /// An error at a place in the window; with no place, that of the cursor is taken.
    #[cold]
    #[inline(never)]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>, offset: Option<usize>) -> Error {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            offset,
            position: Position::default(),
            column: 1,
            snippet: Snippet::default(),
            field: Box::default(),
            value: 0,
            path: None,
            io: None,
        }))
    }

    #[cold]
    pub(crate) fn from_io(error: io::Error, at: Position) -> Error {
        let mut new = Error::new(ErrorKind::Io, "", Some(0));
        new.0.io = Some(error);
        new.0.position = at;
        new
    }

    /// A target that cannot be written.
    #[cold]
    pub(crate) fn from_write(error: io::Error, at: Position, path: Option<&Arc<Path>>) -> Error {
        let mut new = Error::from_io(error, at);
        new.0.message = Cow::Borrowed("cannot write");
        new.0.path = path.cloned();
        new
    }

    /// A bad record that cannot be put aside.
    #[cold]
    pub(crate) fn from_quarantine(error: io::Error, at: Position, path: Option<&Arc<Path>>) -> Error {
        let mut new = Error::from_write(error, at, path);
        new.0.message = Cow::Borrowed("cannot write the bad record to the quarantine");
        new
    }

    /// A source or target that cannot even be opened, or moved.
    #[cold]
    pub(crate) fn from_open(
        message: impl Into<Cow<'static, str>>,
        error: io::Error,
        path: Option<&Arc<Path>>,
    ) -> Error {
        let mut new = Error::from_io(error, Position::default());
        new.0.message = message.into();
        new.0.offset = None;
        new.0.path = path.cloned();
        new
    }

    /// A file that could not be synced.
    #[cold]
    pub(crate) fn from_poison(message: &'static str, error: io::Error, path: &Arc<Path>) -> Error {
        let mut new = Error::from_open(message, error, Some(path));
        new.0.kind = ErrorKind::Poisoned;
        new
    }

    /// A file that cannot be used, for another reason than one that the system gives.
    #[cold]
    pub(crate) fn from_file(kind: ErrorKind, message: impl Into<Cow<'static, str>>, path: &Arc<Path>) -> Error {
        let mut new = Error::new(kind, message, None);
        new.0.path = Some(path.clone());
        new
    }

    /// Whether it still has to be diagnosed.
    pub(crate) fn is_undiagnosed(&self) -> bool {
        self.0.message.is_empty() && !self.is_io()
    }

    /// Notes where the fault is in the window.
    #[cold]
    pub(crate) fn at_offset(mut self, offset: usize) -> Error {
        self.0.offset = Some(offset);
        self
    }

    /// What is wrong, without where.
    pub(crate) fn message(&self) -> Cow<'_, str> {
        match &*self.0.message {
            "" => Cow::Owned(self.0.kind.to_string()),
            message => Cow::Borrowed(message),
        }
    }

    /// Where the fault is in the window, if it was noted when it was found.
    pub(crate) fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// Notes where in the window the value begins that was to be decoded.
    #[cold]
    pub(crate) fn of_value(mut self, place: usize) -> Error {
        self.0.value = place;
        self
    }

    /// Where that is; 0 if it was not noted.
    pub(crate) fn value(&self) -> usize {
        self.0.value
    }

    pub(crate) fn set_field(&mut self, field: String) {
        self.0.field = field.into();
    }

    /// A fault in a line that begins at `start`.
    #[cold]
    pub(crate) fn from_fault(fault: Fault, line: &[u8], start: Position) -> Error {
        Error::syntax().with_fault(fault, line, start)
    }

    /// The same, of an error that was not diagnosed.
    #[cold]
    pub(crate) fn with_fault(mut self, fault: Fault, line: &[u8], start: Position) -> Error {
        (self.0.kind, self.0.message) = (fault.kind, fault.message);
        self.locate(fault.offset, line, start);
        self
    }

    /// Sets place and snippet from the fault's offset in its line, and where the line begins.
    #[cold]
    pub(crate) fn locate(&mut self, offset: usize, line: &[u8], start: Position) {
        self.0.position = Position { offset: start.offset + offset as u64, line: start.line };
        self.0.column = offset as u64 + 1;
        self.0.snippet = Snippet::new(line, offset);
    }

    /// Of a line whose beginning is not at hand any more: the column, which `locate` could not know.
    pub(crate) fn set_column(&mut self, column: u64) {
        self.0.column = column;
    }

    /// Of a record that was read alone: where it is really.
    #[cold]
    pub(crate) fn relocate(mut self, start: Position) -> Error {
        self.0.position = Position { offset: start.offset + self.0.position.offset, line: start.line };
        self
    }

    pub(crate) fn set_path(&mut self, path: &Arc<Path>) {
        self.0.path = Some(path.clone());
    }

    /// Adds what to do about it.
    pub(crate) fn add_hint(&mut self, hint: &str) {
        self.0.message.to_mut().push_str(hint);
    }

    /// The operating system's error code kind, of an I/O error.
    pub(crate) fn io_kind(&self) -> Option<io::ErrorKind> {
        self.0.io.as_ref().map(io::Error::kind)
    }
}

/// Some text around a fault. That of most stays within the error, as a file may have many.
enum Snippet {
    /// Printable ASCII, and how much there is of it.
    Plain([u8; Snippet::BEFORE + Snippet::BEHIND], u8),
    Escaped(Box<str>),
}

impl Default for Snippet {
    fn default() -> Self {
        Snippet::Escaped(Box::default())
    }
}

impl Snippet {
    /// Bytes from before the fault, and from there on.
    const BEFORE: usize = 24;
    const BEHIND: usize = 40;

    /// The text around `offset`, cut at characters, escaped where not printable.
    fn new(line: &[u8], offset: usize) -> Snippet {
        let is_continuation = |i: usize| line.get(i).is_some_and(|c| c & 0xC0 == 0x80);
        let mut from = offset.min(line.len()).saturating_sub(Self::BEFORE);
        while from < offset && is_continuation(from) {
            from += 1;
        }
        let mut to = (offset + Self::BEHIND).min(line.len()).max(from);
        while to > from && to > offset && is_continuation(to) {
            to -= 1;
        }
        let text = &line[from..to];
        if is_printable_ascii(text) {
            let mut plain = [0; Self::BEFORE + Self::BEHIND];
            plain[..text.len()].copy_from_slice(text);
            return Snippet::Plain(plain, text.len() as u8);
        }
        // leave quotes and backslashes as they stand in the record
        let mut escaped = String::with_capacity(2 * text.len());
        for chunk in text.utf8_chunks() {
            match is_printable_ascii(chunk.valid().as_bytes()) {
                true => escaped.push_str(chunk.valid()),
                false => chunk.valid().chars().for_each(|c| match is_escaped(c) {
                    true => escaped.extend(c.escape_unicode()),
                    false => escaped.push(c),
                }),
            }
            if !chunk.invalid().is_empty() {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Snippet::Escaped(escaped.into())
    }

    fn as_str(&self) -> &str {
        match self {
            Snippet::Plain(text, len) => str::from_utf8(&text[..usize::from(*len)]).expect("it is ASCII"),
            Snippet::Escaped(text) => text,
        }
    }
}

/// All of it is looked at, so that it is looked at together.
fn is_printable_ascii(text: &[u8]) -> bool {
    text.iter().fold(true, |all, c| all & matches!(c, b' '..=b'~'))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, position, column, snippet, field, path, io, .. } = &*self.0;
        let Position { offset, line } = position;
        if let Some(path) = path {
            write!(f, "{}: ", path.display())?;
        }
        if !self.is_io() {
            write!(f, "line {line}, column {column} (byte {offset})")?;
            match field.is_empty() {
                true => f.write_str(": ")?,
                false => write!(f, ", at {field}: ")?,
            }
        }
        match message.is_empty() {
            true => write!(f, "{kind}")?,
            false => f.write_str(message)?,
        }
        if let Some(io) = io {
            write!(f, ": {io}")?;
        }
        if self.is_io() && self.offset().is_some() {
            write!(f, " (at line {line}, byte {offset})")?;
        }
        match snippet.as_str() {
            "" => Ok(()),
            snippet => write!(f, ", near `{snippet}`"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.io.as_ref().map(|e| e as _)
    }
}

impl From<Error> for io::Error {
    /// Keeps the kind of an I/O error; a locked file is `WouldBlock`, a torn record `UnexpectedEof`, and all else
    /// `InvalidData`.
    fn from(error: Error) -> io::Error {
        let kind = match error.io_kind() {
            Some(kind) => kind,
            None if error.kind() == ErrorKind::Locked => io::ErrorKind::WouldBlock,
            None if error.is_eof() => io::ErrorKind::UnexpectedEof,
            None => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

/// serde's unexpected values in JSON's words.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Unit => f.write_str("null"),
            Unexpected::Seq => f.write_str("array"),
            Unexpected::Map => f.write_str("object"),
            // a long string is cut: an error is one line
            Unexpected::Str(s) if s.len() > 48 => {
                let end = (0..=48).rev().find(|i| s.is_char_boundary(*i)).unwrap_or(0);
                write!(f, "string {:?}…", &s[..end])
            }
            other => other.fmt(f),
        }
    }
}

impl serde::de::Error for Error {
    #[cold]
    #[inline(never)]
    fn custom<T: fmt::Display>(message: T) -> Error {
        Error::new(ErrorKind::Custom, some_text(message.to_string()), None)
    }

    #[cold]
    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Error {
        let mut message = format!("invalid type: {}, expected {expected}", Found(found));
        // the only way that serde can say that a string with escapes met a `&str`
        if matches!(found, Unexpected::Str(_)) && message.ends_with("expected a borrowed string") {
            message.push_str("; the text has escapes, so it cannot be borrowed: use Cow<str> or String");
        }
        if matches!(found, Unexpected::Bytes(_)) && message.ends_with("expected a borrowed byte array") {
            message.push_str("; the text has escapes, so it cannot be borrowed: use Cow<[u8]> with #[serde(borrow)]");
        }
        if matches!(found, Unexpected::Str(_)) && message.ends_with("expected a borrowed path") {
            message.push_str("; the text has escapes, so it cannot be borrowed: use PathBuf");
        }
        Error::new(ErrorKind::InvalidType, message, None)
    }

    #[cold]
    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Error {
        Error::new(ErrorKind::InvalidValue, format!("invalid value: {}, expected {expected}", Found(found)), None)
    }

    #[cold]
    fn invalid_length(len: usize, expected: &dyn Expected) -> Error {
        Error::new(ErrorKind::InvalidLength, format!("invalid length {len}, expected {expected}"), None)
    }

    #[cold]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Error {
        let message = format!("unknown variant `{}`, {}", Name(variant), OneOf(expected, "variants"));
        Error::new(ErrorKind::UnknownVariant, message, None)
    }

    #[cold]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Error {
        let message = format!("unknown field `{}`, {}", Name(field), OneOf(expected, "fields"));
        Error::new(ErrorKind::UnknownField, message, None)
    }

    #[cold]
    fn missing_field(field: &'static str) -> Error {
        Error::new(ErrorKind::MissingField, format!("missing field `{field}`"), None)
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Error {
        Error::new(ErrorKind::DuplicateField, format!("duplicate field `{field}`"), None)
    }
}

impl serde::ser::Error for Error {
    #[cold]
    #[inline(never)]
    fn custom<T: fmt::Display>(message: T) -> Error {
        serde::de::Error::custom(message)
    }
}

/// The words of a foreign error; never empty, which here means "not diagnosed yet".
fn some_text(message: String) -> Cow<'static, str> {
    match message.is_empty() {
        true => Cow::Borrowed("rejected by the type"),
        false => Cow::Owned(in_one_line(&message)),
    }
}

/// The words of a foreign error in one line, which shows as it is, and cut if they are long: they may quote the input.
pub(crate) fn in_one_line(message: &str) -> String {
    const LONGEST: usize = 500;
    let mut line = String::with_capacity(message.len().min(LONGEST + 16));
    for c in message.chars() {
        if line.len() >= LONGEST {
            line.push('…');
            break;
        }
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if is_escaped(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

/// Whether it would break a line or not show.
fn is_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A name from the input: in one line, and cut if it is long.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars().take(48) {
            match is_escaped(c) {
                true => write!(f, "{}", c.escape_default())?,
                false => write!(f, "{c}")?,
            }
        }
        f.write_str(if self.0.chars().nth(48).is_some() { "…" } else { "" })
    }
}

struct OneOf(&'static [&'static str], &'static str);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OneOf(names, what) = self;
        match names {
            [] => write!(f, "there are no {what}"),
            [one] => write!(f, "expected `{one}`"),
            [init @ .., last] => {
                f.write_str("expected ")?;
                init.iter().try_for_each(|name| write!(f, "`{name}`, "))?;
                write!(f, "or `{last}`")
            }
        }
    }
}
