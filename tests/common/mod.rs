//! What the integration tests share: every way into the reader, and what comes out of it in a form that can be compared.
//!
//! The one to start with is [`outcomes_everywhere`]: it decodes an input over every transport at every level, asserts that
//! they all agree, and returns what they agree on.

#![allow(dead_code)]

use std::fmt::{self, Debug};
use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use simd_jsonl::{Error, ErrorKind, Level, ReaderBuilder, Record, Result};
use tempfile::NamedTempFile;

/// Where and why a record failed: all of an [`Error`] that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: ErrorKind,
    /// The byte of the fault, from 0.
    pub offset: u64,
    /// Its line, from 1.
    pub line: u64,
    /// Its byte column in that line, from 1.
    pub column: u64,
}

impl From<&Error> for Fault {
    fn from(e: &Error) -> Fault {
        Fault { kind: e.kind(), offset: e.position().offset, line: e.position().line, column: e.column() }
    }
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    Ok(T),
    Err(Fault),
}

impl<T> Outcome<T> {
    pub fn new(result: Result<T>) -> Outcome<T> {
        match result {
            Ok(value) => Outcome::Ok(value),
            Err(e) => Outcome::Err(Fault::from(&e)),
        }
    }

    pub fn ok(&self) -> Option<&T> {
        match self {
            Outcome::Ok(value) => Some(value),
            Outcome::Err(_) => None,
        }
    }

    pub fn fault(&self) -> Option<Fault> {
        match self {
            Outcome::Ok(_) => None,
            Outcome::Err(fault) => Some(*fault),
        }
    }

    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Ok(value) => Outcome::Ok(f(value)),
            Outcome::Err(fault) => Outcome::Err(fault),
        }
    }
}

/// What an error says, but for the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The path of the value at fault.
    pub field: String,
    /// All of it.
    pub text: String,
}

impl From<&Error> for Words {
    fn from(e: &Error) -> Words {
        let (file, text) = (e.path().map(|path| format!("{}: ", path.display())), e.to_string());
        let text = text.strip_prefix(&file.unwrap_or_default()).expect("the file's name first").to_owned();
        Words { field: e.field().to_owned(), text }
    }
}

/// What became of one record, and in words if it is an error.
pub type Told<T> = (Outcome<T>, Option<Words>);

/// A way to bring bytes to the reader and to take records out of it.
#[derive(Clone, Debug)]
pub enum Transport {
    /// `JsonlSlice` and its `deserialize`.
    Slice,
    /// `JsonlSlice` and its `into_deserialize`.
    SliceInto,
    /// `JsonlSlice`, `next_record` and `Record::deserialize`.
    SliceRecords,
    /// `JsonlReader` over a `Read` that gives the listed numbers of bytes in turn, and its `deserialize`.
    Read(ReadPlan),
    /// The same, and its `into_deserialize`.
    ReadInto(ReadPlan),
    /// The same, `next_record` and `Record::deserialize`.
    ReadRecords(ReadPlan),
    /// `ReaderBuilder::from_path` on a file.
    Path,
    /// `Mmap` of a file, read as a slice.
    #[cfg(feature = "mmap")]
    Mmap,
}

/// How a `Read` hands out its bytes.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// Bytes for each read, in turn, over and over.
    pub chunks: Vec<usize>,
    /// What to set `ReaderBuilder::buffer_size` to, if anything.
    pub buffer: Option<usize>,
}

impl ReadPlan {
    pub fn new(chunks: impl Into<Vec<usize>>, buffer: Option<usize>) -> ReadPlan {
        ReadPlan { chunks: chunks.into(), buffer }
    }
}

/// A `Read` over bytes in memory that gives `chunks[0]` bytes, then `chunks[1]`, and so on, over and over.
pub struct Chunks<'a> {
    rest: &'a [u8],
    chunks: Vec<usize>,
    turn: usize,
}

impl<'a> Chunks<'a> {
    pub fn new(bytes: &'a [u8], chunks: impl Into<Vec<usize>>) -> Chunks<'a> {
        Chunks { rest: bytes, chunks: chunks.into(), turn: 0 }
    }
}

impl Read for Chunks<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.chunks[self.turn % self.chunks.len()].min(buf.len()).min(self.rest.len());
        self.turn += 1;
        let (now, later) = self.rest.split_at(n);
        buf[..n].copy_from_slice(now);
        self.rest = later;
        Ok(n)
    }
}

/// What a scripted read does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Gives these bytes (in as many reads as the caller's buffer needs).
    Give(Vec<u8>),
    /// Fails once with this kind.
    Fail(io::ErrorKind),
}

/// A `Read` that follows a script, then is at its end; `reads` counts the calls.
pub struct Script {
    steps: std::collections::VecDeque<Step>,
    pub reads: usize,
}

impl Script {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Script {
        Script { steps: steps.into_iter().collect(), reads: 0 }
    }
}

impl Read for Script {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        loop {
            match self.steps.pop_front() {
                None => return Ok(0),
                Some(Step::Fail(kind)) => return Err(kind.into()),
                Some(Step::Give(bytes)) if bytes.is_empty() => continue,
                Some(Step::Give(mut bytes)) => {
                    let n = bytes.len().min(buf.len());
                    buf[..n].copy_from_slice(&bytes[..n]);
                    if n < bytes.len() {
                        bytes.drain(..n);
                        self.steps.push_front(Step::Give(bytes));
                    }
                    return Ok(n);
                }
            }
        }
    }
}

/// Every transport, for an input of this many bytes: reads of each size from 1 to 130 (as far as they differ on so short an
/// input; a choice of them on a long one), uneven reads, several buffer sizes, a file and a mapped file.
pub fn transports(len: usize) -> Vec<Transport> {
    let sizes: Vec<usize> = match len {
        0..=4096 => (1..=130.min(len + 1)).collect(),
        4097..=65536 => vec![1, 2, 7, 63, 64, 65, 130],
        _ => vec![61, 64, 130, 4096],
    };
    let mut all = vec![Transport::Slice, Transport::SliceInto, Transport::SliceRecords];
    for n in sizes {
        let plan = ReadPlan::new([n], [None, Some(1), Some(64), Some(n)][n % 4]);
        all.push(match n % 5 {
            0 | 3 => Transport::ReadRecords(plan),
            1 => Transport::ReadInto(plan),
            _ => Transport::Read(plan),
        });
    }
    for (i, chunks) in [&[1, 130][..], &[63, 1, 1], &[2, 3, 5, 7, 11, 13], &[usize::MAX]].into_iter().enumerate() {
        let plan = ReadPlan::new(chunks, [Some(16), None][i % 2]);
        all.extend([Transport::Read(plan.clone()), Transport::ReadRecords(plan)]);
    }
    all.extend(file_transports());
    all
}

/// One transport of each sort.
pub fn few_transports() -> Vec<Transport> {
    let mut all = vec![
        Transport::Slice,
        Transport::SliceInto,
        Transport::SliceRecords,
        Transport::Read(ReadPlan::new([usize::MAX], None)),
        Transport::ReadInto(ReadPlan::new([64], Some(1))),
        Transport::ReadRecords(ReadPlan::new([7, 1, 13], Some(64))),
    ];
    all.extend(file_transports());
    all
}

fn file_transports() -> Vec<Transport> {
    vec![
        Transport::Path,
        #[cfg(feature = "mmap")]
        Transport::Mmap,
    ]
}

/// A file that holds `bytes`, gone when dropped.
pub fn file_with(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("writing it");
    file.flush().expect("flushing it");
    file
}

/// Decodes each record of `input` to a `T`: over one transport, with the options (and the level) of `builder`.
pub fn outcomes_via<T: DeserializeOwned>(
    transport: &Transport,
    input: &[u8],
    builder: &ReaderBuilder,
) -> Vec<Outcome<T>> {
    told_via(transport, input, builder).into_iter().map(|(outcome, _)| outcome).collect()
}

/// Like [`outcomes_via`], with the errors' words.
pub fn told_via<T: DeserializeOwned>(transport: &Transport, input: &[u8], builder: &ReaderBuilder) -> Vec<Told<T>> {
    let sized = |plan: &ReadPlan| {
        let mut builder = builder.clone();
        if let Some(size) = plan.buffer {
            builder.buffer_size(size);
        }
        builder
    };
    match transport {
        Transport::Slice => collect(input, transport, builder.from_slice(input).deserialize::<T>()),
        Transport::SliceInto => collect(input, transport, builder.from_slice(input).into_deserialize::<T>()),
        Transport::SliceRecords => {
            let mut reader = builder.from_slice(input);
            collect(input, transport, std::iter::from_fn(|| decode(reader.next_record())))
        }
        Transport::Read(plan) => {
            let mut reader = sized(plan).from_reader(Chunks::new(input, &plan.chunks[..]));
            collect(input, transport, reader.deserialize::<T>())
        }
        Transport::ReadInto(plan) => {
            let reader = sized(plan).from_reader(Chunks::new(input, &plan.chunks[..]));
            collect(input, transport, reader.into_deserialize::<T>())
        }
        Transport::ReadRecords(plan) => {
            let mut reader = sized(plan).from_reader(Chunks::new(input, &plan.chunks[..]));
            collect(input, transport, std::iter::from_fn(|| decode(reader.next_record())))
        }
        Transport::Path => {
            let file = file_with(input);
            let mut reader = builder.from_path(file.path()).expect("opening the file");
            let with_path = reader.deserialize::<T>().inspect(|result| {
                if let Err(e) = result {
                    assert_eq!(e.path(), Some(file.path()), "the path of {e:?}");
                }
            });
            collect(input, transport, with_path)
        }
        #[cfg(feature = "mmap")]
        Transport::Mmap => {
            let file = file_with(input);
            let map = map(file.path());
            collect(input, transport, builder.from_slice(&map).deserialize::<T>())
        }
    }
}

/// Maps a file that nobody changes.
#[cfg(feature = "mmap")]
#[allow(unsafe_code)]
pub fn map(path: &std::path::Path) -> simd_jsonl::Mmap {
    // SAFETY: the tests map temporary files of their own and neither change nor truncate them while they are mapped.
    unsafe { simd_jsonl::Mmap::open(path) }.expect("mapping the file")
}

fn decode<T: DeserializeOwned>(record: Result<Option<Record<'_>>>) -> Option<Result<T>> {
    match record {
        Ok(None) => None,
        Ok(Some(record)) => Some(record.deserialize()),
        Err(e) => Some(Err(e)),
    }
}

/// Exhausts an iterator of results, and makes sure that it ends and that a fault lies on the line that it names.
fn collect<T>(input: &[u8], transport: &Transport, mut results: impl Iterator<Item = Result<T>>) -> Vec<Told<T>> {
    let lines = naive_lines(input);
    let mut all = Vec::new();
    for result in results.by_ref() {
        if let Err(e) = &result {
            let (at, fault) = (e.position(), Fault::from(e));
            let line = lines.get(at.line as usize - 1);
            let line = line.unwrap_or_else(|| panic!("no such line: {fault:?} of {} by {transport:?}", show(input)));
            // A byte order mark that is skipped is not part of its line.
            let mark = at.line == 1 && at.offset >= 3 && input.starts_with("\u{FEFF}".as_bytes());
            let begin = line.offset as u64 + 3 * u64::from(mark);
            let end = (line.offset + line.raw.len()) as u64;
            assert!(
                (begin..=end).contains(&at.offset),
                "not on its line: {fault:?} of {} by {transport:?}",
                show(input)
            );
            assert_eq!(e.column(), at.offset - begin + 1, "column of {fault:?} of {} by {transport:?}", show(input));
        }
        let words = result.as_ref().err().map(Words::from);
        all.push((Outcome::new(result), words));
        assert!(all.len() <= lines.len(), "more records than lines in {} by {transport:?}", show(input));
    }
    assert!(results.next().is_none(), "something after the end of {} by {transport:?}", show(input));
    all
}

/// Decodes each record of `input` to a `T` over every transport at every level, asserts that all agree with the slice at the
/// fallback level, and returns that.
pub fn outcomes_everywhere<T>(input: &[u8], builder: &ReaderBuilder) -> Vec<Outcome<T>>
where
    T: DeserializeOwned + PartialEq + Debug,
{
    outcomes_over(&transports(input.len()), input, builder)
}

/// Like [`outcomes_everywhere`], over one transport of each sort.
pub fn outcomes_briefly<T>(input: &[u8], builder: &ReaderBuilder) -> Vec<Outcome<T>>
where
    T: DeserializeOwned + PartialEq + Debug,
{
    outcomes_over(&few_transports(), input, builder)
}

/// Like [`outcomes_everywhere`], over a slice alone: every level.
pub fn outcomes_at_levels<T>(input: &[u8], builder: &ReaderBuilder) -> Vec<Outcome<T>>
where
    T: DeserializeOwned + PartialEq + Debug,
{
    outcomes_over(&[Transport::Slice], input, builder)
}

/// Like [`outcomes_everywhere`], over the transports given.
pub fn outcomes_over<T>(transports: &[Transport], input: &[u8], builder: &ReaderBuilder) -> Vec<Outcome<T>>
where
    T: DeserializeOwned + PartialEq + Debug,
{
    told_over(transports, input, builder).into_iter().map(|(outcome, _)| outcome).collect()
}

/// Like [`outcomes_over`], with the errors' words, on which all agree too.
pub fn told_over<T>(transports: &[Transport], input: &[u8], builder: &ReaderBuilder) -> Vec<Told<T>>
where
    T: DeserializeOwned + PartialEq + Debug,
{
    let want = told_via::<T>(&Transport::Slice, input, builder.clone().level(fallback()));
    for level in Level::available() {
        let builder = builder.clone().level(level).clone();
        for transport in transports {
            let got = told_via::<T>(transport, input, &builder);
            assert_eq!(got, want, "left: {transport:?} at {level}, right: slice at fallback; input {}", show(input));
        }
    }
    want
}

/// The portable level, which the others are measured against.
pub fn fallback() -> Level {
    let level = *Level::available().last().expect("at least one level");
    assert_eq!(level.name(), "fallback");
    level
}

/// A record as it stands in the input, before decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    pub bytes: Vec<u8>,
    pub offset: u64,
    pub line: u64,
    pub terminated: bool,
}

impl RawRecord {
    pub fn new(record: &Record<'_>) -> RawRecord {
        RawRecord {
            bytes: record.as_bytes().to_vec(),
            offset: record.position().offset,
            line: record.position().line,
            terminated: record.terminated(),
        }
    }
}

/// The records of `input` as `next_record` lends them: over a slice and over reads of several sizes at every level, all equal.
pub fn records_everywhere(input: &[u8], builder: &ReaderBuilder) -> Vec<Outcome<RawRecord>> {
    let limit = input.len() + 2;
    let raw = |record: Result<Option<Record<'_>>>| record.map(|r| r.map(|r| RawRecord::new(&r))).transpose();
    let want: Vec<_> = {
        let mut reader = builder.clone().level(fallback()).from_slice(input);
        std::iter::from_fn(|| raw(reader.next_record())).take(limit).map(Outcome::new).collect()
    };
    for level in Level::available() {
        let builder = builder.clone().level(level).clone();
        let mut reader = builder.from_slice(input);
        let got: Vec<_> = std::iter::from_fn(|| raw(reader.next_record())).take(limit).map(Outcome::new).collect();
        assert_eq!(got, want, "left: slice at {level}, right: slice at fallback; input {}", show(input));
        for chunk in [1, 2, 3, 5, 17, 63, 64, 65, 128, 130, usize::MAX] {
            for buffer in [1, 64, 65536] {
                let mut reader = builder.clone().buffer_size(buffer).from_reader(Chunks::new(input, [chunk]));
                let got: Vec<_> =
                    std::iter::from_fn(|| raw(reader.next_record())).take(limit).map(Outcome::new).collect();
                assert_eq!(
                    got,
                    want,
                    "left: reads of {chunk} into a buffer of {buffer} at {level}, right: slice at fallback; input {}",
                    show(input)
                );
            }
        }
    }
    want
}

/// A line by the definition alone: it ends with LF or with the input, and a CR right before that LF is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NaiveLine<'a> {
    /// Without LF or CR LF.
    pub bytes: &'a [u8],
    /// Without LF, but with the CR before it.
    pub raw: &'a [u8],
    /// Of the first byte, from 0.
    pub offset: usize,
    /// From 1.
    pub number: u64,
    pub terminated: bool,
}

impl NaiveLine<'_> {
    /// Is there nothing but white space on it?
    pub fn is_blank(&self) -> bool {
        self.raw.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r'))
    }
}

/// Splits into lines, byte by byte.
pub fn naive_lines(input: &[u8]) -> Vec<NaiveLine<'_>> {
    let mut lines = Vec::new();
    let mut offset = 0;
    while offset < input.len() {
        let rest = &input[offset..];
        let end = rest.iter().position(|&b| b == b'\n');
        let raw = &rest[..end.unwrap_or(rest.len())];
        let bytes = match raw.split_last() {
            Some((b'\r', head)) if end.is_some() => head,
            _ => raw,
        };
        lines.push(NaiveLine { bytes, raw, offset, number: lines.len() as u64 + 1, terminated: end.is_some() });
        offset += raw.len() + 1;
    }
    lines
}

/// `serde_json`'s verdict on each line that is not blank: the value, or the column of its error.
pub fn serde_json_verdicts<T: DeserializeOwned>(input: &[u8]) -> Vec<Result<T, usize>> {
    let lines = naive_lines(input).into_iter().filter(|line| !line.is_blank());
    lines.map(|line| serde_json::from_slice(line.bytes).map_err(|e| e.column())).collect()
}

/// An input for a failure message: readable, and not endless.
pub fn show(input: &[u8]) -> Shown<'_> {
    Shown(input)
}

/// Displays bytes as a Rust byte string, shortened in the middle if long.
pub struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            0..=600 => write!(f, "b\"{}\"", self.0.escape_ascii()),
            n => {
                write!(f, "b\"{} ... {}\" ({n} bytes)", self.0[..300].escape_ascii(), self.0[n - 300..].escape_ascii())
            }
        }
    }
}

/// A small deterministic generator, so that a failure comes back.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits (splitmix64, S. Vigna).
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `n - 1`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
