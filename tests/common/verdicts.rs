//! What an input is, told line by line: good or bad by `serde_json` and by the definition; and what each policy is to make of
//! that. What a fault is called and where it is, the reader says of each line alone: tests of errors judge that.
//!
//! The one to start with is [`check`]. It needs the modules `common` and `oracle` beside it.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{Error, ErrorPolicy, Level, ReadReport, ReaderBuilder, Record, Result};

use crate::common::*;
use crate::oracle;

/// What the records are decoded into.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Item {
    pub n: u64,
    #[serde(default)]
    pub s: String,
}

/// Lines that are bad in a way of their own, with the column of the fault, and whether they are lent all the same: their
/// strings are closed, and their UTF-8 is valid.
pub const BAD: [(&[u8], ErrorKind, u64, bool); 25] = [
    (b"{\"n\":1,\"s\":\"open}", UnclosedString, 12, false),
    (b"\"odd\\\"", UnclosedString, 1, false),
    (b"{\"n\":1,\"s\":\"\xFF\"}", InvalidUtf8, 13, false),
    (b"\"\xE2\x82\"", InvalidUtf8, 2, false),
    (b"{\"n\":1,\"s\":\"\t\"}", ControlCharacter, 13, false),
    (b"{\"n\":1,\"s\":\"\0\"}", ControlCharacter, 13, false),
    (b"{\"n\":\0 1}", ExpectedValue, 6, true),
    (b"\0", ExpectedValue, 1, false),
    (b"{\"n\":1", UnexpectedEnd, 7, true),
    (b"]", ExpectedValue, 1, true),
    (b"{\"n\":1}}", TrailingCharacters, 8, true),
    (b"{\"n\":1} {\"n\":2}", TrailingCharacters, 9, true),
    (b"{\"n\":1,}", TrailingComma, 8, true),
    (b"{\"n\" 1}", ExpectedColon, 6, true),
    (b"{n:1}", ExpectedKey, 2, true),
    (b"{\"n\":01}", InvalidNumber, 6, true),
    (b"{\"n\":1,\"s\":\"\\ud800\"}", LoneSurrogate, 13, true),
    (b"{\"n\":nul}", InvalidLiteral, 6, true),
    (b"\xEF\xBB\xBF{\"n\":1}", ByteOrderMark, 1, true),
    (b"{\"n\":1,\"x\":[[[[[]]]]]}", DepthLimit, 15, true),
    (b"{\"n\":\"one\"}", InvalidType, 6, true),
    (b"{\"n\":-1}", InvalidValue, 6, true),
    (b"{\"s\":\"a\"}", MissingField, 9, true),
    (b"{\"n\":1,\"n\":2}", DuplicateField, 8, true),
    (
        b"{\"n\":1,\"s\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
        RecordTooLong,
        1,
        false,
    ),
];

/// The same, where blank lines are bad.
pub const BLANK: [&[u8]; 3] = [b"", b" \t", b"\r\r"];

/// A good record, which decodes to an item of this number.
pub fn good(n: usize) -> Vec<u8> {
    match n % 3 {
        0 => format!("{{\"n\":{n}}}"),
        1 => format!(" {{\"s\":\"é\\\"\\\\\", \"n\":{n}}} "),
        _ => format!("{{\"x\":[{{}}],\"n\":{n},\"s\":\"{}\"}}", "-".repeat(n % 40)),
    }
    .into_bytes()
}

/// Lines in any order, good, bad and blank, at most this many; some end in CR LF, and the last one may have no end.
pub fn any_lines(random: &mut Random, most: usize) -> Vec<u8> {
    let mut input = Vec::new();
    let count = random.below(most + 1);
    let bad_of_ten = random.below(11);
    if random.below(4) == 0 {
        input.extend("\u{FEFF}".as_bytes());
    }
    for n in 1..=count {
        match random.below(10) {
            _ if random.below(8) == 0 => input.extend(random.pick(&BLANK)),
            x if x < bad_of_ten => input.extend(random.pick(&BAD).0),
            _ => input.extend(good(n)),
        }
        if n < count || random.below(2) == 0 {
            input.extend(random.pick(&[&b"\n"[..], b"\n", b"\r\n"]));
        }
    }
    input
}

/// What the reader is set to.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub strict: bool,
    pub max_record_len: usize,
    pub max_depth: usize,
}

/// One that each of the bad lines offends.
pub const NARROW: Dialect = Dialect { strict: false, max_record_len: 80, max_depth: 4 };

impl Dialect {
    pub fn builder(&self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder.strict(self.strict).max_record_len(self.max_record_len).max_depth(self.max_depth);
        builder
    }
}

/// A line, and what is to come of it.
#[derive(Clone, Debug)]
pub struct Judged<'a, T> {
    pub line: NaiveLine<'a>,
    /// Where it begins, behind a byte order mark that is skipped.
    pub start: u64,
    pub fate: Fate<T>,
}

#[derive(Clone, Debug)]
pub enum Fate<T> {
    Good(T),
    Blank,
    Bad(Bad),
}

#[derive(Clone, Debug)]
pub struct Bad {
    pub fault: Fault,
    pub message: String,
    pub snippet: String,
    /// Which value does not fit its type.
    pub field: String,
    /// `next_record` lends it, and only decoding shows what is wrong.
    pub lent: bool,
}

impl Bad {
    /// The error in words.
    pub fn text(&self, path: Option<&str>) -> String {
        let Bad { fault: Fault { offset, line, column, .. }, message, snippet, field, .. } = self;
        let path = path.map(|path| format!("{path}: ")).unwrap_or_default();
        let near = if snippet.is_empty() { String::new() } else { format!(", near `{snippet}`") };
        format!("{path}line {line}, column {column} (byte {offset}){}: {message}{near}", at(field))
    }
}

fn at(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!(", at {field}") }
}

impl<'a, T> Judged<'a, T> {
    /// As it stands, without its LF and a mark that is skipped.
    pub fn bytes(&self) -> &'a [u8] {
        &self.line.raw[self.start as usize - self.line.offset..]
    }

    /// Behind the line and its LF.
    pub fn end(&self) -> u64 {
        (self.line.offset + self.line.raw.len()) as u64 + u64::from(self.line.terminated)
    }

    pub fn bad(&self) -> Option<&Bad> {
        match &self.fate {
            Fate::Bad(bad) => Some(bad),
            _ => None,
        }
    }

    pub fn good(&self) -> Option<&T> {
        match &self.fate {
            Fate::Good(value) => Some(value),
            _ => None,
        }
    }

    /// Adds it to a report; `lent` by `next_record`, or decoded.
    pub fn count(&self, report: &mut ReadReport, lent: bool) {
        report.bytes += self.end() - self.line.offset as u64;
        report.terminated = self.line.terminated;
        if !matches!(self.fate, Fate::Blank) {
            report.longest_record = report.longest_record.max(self.bytes().len() as u64);
        }
        match &self.fate {
            Fate::Good(_) => report.records += 1,
            Fate::Blank => report.blank_lines += 1,
            Fate::Bad(bad) if lent && bad.lent => report.records += 1,
            Fate::Bad(bad) => {
                report.errors += 1;
                report.blank_lines += u64::from(bad.fault.kind == BlankLine);
                *report.errors_by_kind.entry(bad.fault.kind).or_default() += 1;
            }
        }
    }
}

/// The report of lines that were read, decoded.
pub fn report_of<T>(lines: &[Judged<'_, T>]) -> ReadReport {
    let mut report = ReadReport::default();
    lines.iter().for_each(|line| line.count(&mut report, false));
    report
}

/// What is to come of each line of `input`.
pub fn judge<'a, T: DeserializeOwned>(input: &'a [u8], dialect: &Dialect) -> Vec<Judged<'a, T>> {
    let mut is_first = true;
    let judged = naive_lines(input).into_iter().map(|line| {
        let too_long = line.raw.len() > dialect.max_record_len;
        let mark = line.offset == 0 && !dialect.strict && !too_long && line.raw.starts_with("\u{FEFF}".as_bytes());
        let start = line.offset + 3 * usize::from(mark);
        let bytes = &line.bytes[3.min(line.bytes.len()) * usize::from(mark)..];
        let blank = bytes.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r'));
        let fate = match oracle::verdict::<T>(bytes) {
            _ if blank && !too_long && !dialect.strict => Fate::Blank,
            Ok(value) if !too_long && depth(bytes) <= dialect.max_depth => Fate::Good(value),
            _ => Fate::Bad(alone::<T>(&line, is_first, dialect)),
        };
        is_first &= matches!(fate, Fate::Blank);
        Judged { line, start: start as u64, fate }
    });
    judged.collect()
}

/// How deep the brackets nest.
fn depth(line: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0, 0, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The fault of a line, as the reader tells it when it reads nothing else.
fn alone<T: DeserializeOwned>(line: &NaiveLine<'_>, is_first: bool, dialect: &Dialect) -> Bad {
    let (before, behind) = if !is_first {
        (&b"0\n"[..], 1)
    } else if line.offset > 0 {
        (&b"\n"[..], 0)
    } else {
        (&b""[..], 0)
    };
    let input = [before, line.raw, if line.terminated { b"\n" } else { b"" }].concat();
    let mut builder = dialect.builder();
    builder.level(fallback());
    let error = builder.from_slice(&input).deserialize::<T>().nth(behind);
    let error = error.unwrap_or_else(|| panic!("no record: {}", show(&input)));
    let error = error.err().unwrap_or_else(|| panic!("no error: {}", show(&input)));
    let mut reader = builder.from_slice(&input);
    (0..behind).for_each(|_| drop(reader.next_record()));
    let lent = reader.next_record().is_ok();

    let (place, field, snippet) = (Fault::from(&error), error.field().to_string(), error.snippet().to_string());
    let text = error.to_string();
    let Fault { offset, line: number, column, .. } = place;
    let message = text.strip_prefix(&format!("line {number}, column {column} (byte {offset}){}: ", at(&field)));
    let message = message.expect("it begins with the place");
    let message = message.strip_suffix(&format!(", near `{snippet}`")).unwrap_or(message).to_string();
    let offset = offset - before.len() as u64 + line.offset as u64;
    Bad { fault: Fault { offset, line: line.number, ..place }, message, snippet, field, lent }
}

/// What is done with bad records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sort {
    Fail,
    Skip,
    Collect(usize),
    Quarantine,
}

/// A policy.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub sort: Sort,
    pub max_errors: Option<u64>,
    /// As a fraction.
    pub ratio: Option<(u64, u64)>,
}

impl Plan {
    pub const fn new(sort: Sort) -> Plan {
        Plan { sort, max_errors: None, ratio: None }
    }

    pub fn policy(&self, lines: &Sink, rows: &Sink) -> ErrorPolicy {
        let mut policy = match self.sort {
            Sort::Fail => ErrorPolicy::fail(),
            Sort::Skip => ErrorPolicy::skip(),
            Sort::Collect(n) => ErrorPolicy::collect(n),
            Sort::Quarantine => ErrorPolicy::quarantine(lines.clone(), rows.clone()),
        };
        if let Some(n) = self.max_errors {
            policy = policy.max_errors(n);
        }
        if let Some((part, whole)) = self.ratio {
            policy = policy.max_error_ratio(part as f64 / whole as f64);
        }
        policy
    }
}

/// Each sort, with any number of errors.
pub fn sorts() -> [Plan; 7] {
    use Sort::*;
    [Fail, Skip, Collect(0), Collect(1), Collect(2), Collect(usize::MAX), Quarantine].map(Plan::new)
}

/// Each sort, within limits.
pub fn limited(max_errors: Option<u64>, ratio: Option<(u64, u64)>) -> [Plan; 4] {
    use Sort::*;
    [Fail, Skip, Collect(2), Quarantine].map(|sort| Plan { sort, max_errors, ratio })
}

/// Bytes that were written, for whoever has a clone.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the quarantine says of a bad record.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub file: Option<String>,
    pub line: u64,
    pub column: u64,
    pub byte: u64,
    pub length: u64,
    pub code: String,
    pub message: String,
    pub field: String,
}

/// The rows, which are records for our readers and for `serde_json`.
pub fn rows_in(bytes: &[u8]) -> Vec<Row> {
    let mut reader = ReaderBuilder::new().strict(true).from_slice(bytes);
    let rows: Vec<Row> = reader.deserialize().map(|row| row.unwrap_or_else(|e| panic!("{e}"))).collect();
    assert!(reader.report().terminated, "{}", show(bytes));
    let text = std::str::from_utf8(bytes).expect("rows are UTF-8");
    let same: Vec<Row> = text.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows, same);
    rows
}

/// What is to come of an input.
#[derive(Debug)]
pub struct Expected<T> {
    pub items: Vec<Outcome<T>>,
    pub kept: Vec<String>,
    pub lines: Vec<u8>,
    pub rows: Vec<Row>,
    pub report: ReadReport,
}

/// What a policy is to make of these lines, decoded or `lent`, by the words of its documentation.
pub fn expect<T: Clone>(lines: &[Judged<'_, T>], plan: &Plan, lent: bool, path: Option<&str>) -> Expected<T> {
    let (items, kept) = (Vec::new(), Vec::new());
    let mut want = Expected { items, kept, lines: Vec::new(), rows: Vec::new(), report: ReadReport::default() };
    let is_too_much = |report: &ReadReport, at_end: bool| {
        let total = report.records + report.errors;
        plan.max_errors.is_some_and(|max| report.errors > max)
            || plan.ratio.is_some_and(|(part, whole)| (at_end || total >= 1000) && report.errors * whole > part * total)
    };
    for line in lines {
        line.count(&mut want.report, lent);
        let bad = match &line.fate {
            Fate::Good(value) => {
                want.items.push(Outcome::Ok(value.clone()));
                continue;
            }
            Fate::Blank => continue,
            Fate::Bad(bad) => bad,
        };
        match plan.sort {
            _ if lent && bad.lent => {
                want.items.push(Outcome::Err(bad.fault));
                continue;
            }
            Sort::Fail => want.items.push(Outcome::Err(bad.fault)),
            Sort::Collect(n) if want.kept.len() < n => want.kept.push(bad.text(path)),
            Sort::Skip | Sort::Collect(_) => {}
            Sort::Quarantine => {
                if bad.fault.kind != RecordTooLong {
                    want.lines.extend(line.bytes());
                }
                want.lines.push(b'\n');
                want.rows.push(Row {
                    file: path.map(str::to_string),
                    line: line.line.number,
                    column: bad.fault.column,
                    byte: line.start,
                    length: line.bytes().len() as u64,
                    code: bad.fault.kind.code().to_string(),
                    message: bad.message.clone(),
                    field: bad.field.clone(),
                });
            }
        }
        if is_too_much(&want.report, false) {
            want.items.push(Outcome::Err(Fault { kind: TooManyErrors, column: 1, ..bad.fault }));
            return want;
        }
    }
    if is_too_much(&want.report, true) {
        let lf = lines.iter().filter(|line| line.line.terminated).count() as u64;
        let offset = lines.last().map_or(0, |line| line.end());
        want.items.push(Outcome::Err(Fault { kind: TooManyErrors, offset, line: lf + 1, column: 1 }));
    }
    want
}

/// What came of an input.
pub struct Got<T> {
    pub items: Vec<Result<T>>,
    pub kept: Vec<String>,
    pub report: ReadReport,
    pub lines: Vec<u8>,
    pub rows: Vec<Row>,
    pub path: Option<String>,
}

/// What `next_record` lends, decoded.
pub fn decode<T: DeserializeOwned>(record: Result<Option<Record<'_>>>) -> Option<Result<T>> {
    record.transpose().map(|record| record.and_then(|record| record.deserialize()))
}

pub fn texts<'e>(errors: impl IntoIterator<Item = &'e Error>) -> Vec<String> {
    errors.into_iter().map(Error::to_string).collect()
}

/// Exhausts an iterator of records, and looks at its reader.
macro_rules! exhaust {
    ($reader:expr, $deserialize:ident, $most:expr) => {{
        #[allow(unused_mut)] // it is moved, or borrowed
        let mut reader = $reader;
        let mut records = reader.$deserialize::<T>();
        let items: Vec<_> = records.by_ref().take($most).collect();
        assert!((0..3).all(|_| records.next().is_none()), "something behind the end");
        (items, texts(records.reader().errors()), records.reader().report())
    }};
}

macro_rules! exhaust_lent {
    ($reader:expr, $most:expr) => {{
        let mut reader = $reader;
        let items: Vec<_> = std::iter::from_fn(|| decode(reader.next_record())).take($most).collect();
        assert!((0..3).all(|_| reader.next_record().unwrap().is_none()), "something behind the end");
        (items, texts(reader.errors()), reader.report())
    }};
}

/// Reads `input` over one transport, with the options of `builder` and by the policy of `plan`.
pub fn run<T: DeserializeOwned>(transport: &Transport, input: &[u8], builder: &ReaderBuilder, plan: &Plan) -> Got<T> {
    let (lines, rows) = (Sink::default(), Sink::default());
    let mut builder = builder.clone();
    builder.on_error(plan.policy(&lines, &rows));
    let most = naive_lines(input).len() + 5;
    if let Transport::Read(read) | Transport::ReadInto(read) | Transport::ReadRecords(read) = transport
        && let Some(bytes) = read.buffer
    {
        builder.buffer_size(bytes);
    }
    let chunks = |read: &ReadPlan| Chunks::new(input, &read.chunks[..]);
    let mut path = None;
    let (items, kept, report) = match transport {
        Transport::Slice => exhaust!(builder.from_slice(input), deserialize, most),
        Transport::SliceInto => exhaust!(builder.from_slice(input), into_deserialize, most),
        Transport::SliceRecords => exhaust_lent!(builder.from_slice(input), most),
        Transport::Read(read) => exhaust!(builder.from_reader(chunks(read)), deserialize, most),
        Transport::ReadInto(read) => exhaust!(builder.from_reader(chunks(read)), into_deserialize, most),
        Transport::ReadRecords(read) => exhaust_lent!(builder.from_reader(chunks(read)), most),
        Transport::Path => {
            let file = file_with(input);
            path = Some(file.path().to_str().unwrap().to_string());
            exhaust!(builder.from_path(file.path()).unwrap(), deserialize, most)
        }
        #[cfg(feature = "mmap")]
        Transport::Mmap => {
            let file = file_with(input);
            let map = map(file.path());
            exhaust!(builder.from_slice(&map), deserialize, most)
        }
    };
    Got { items, kept, report, lines: lines.bytes(), rows: rows_in(&rows.bytes()), path }
}

/// Reads `input` over these transports at every level by each policy, and asserts that what comes of it is what is to.
pub fn check<T>(transports: &[Transport], input: &[u8], dialect: &Dialect, plans: &[Plan])
where
    T: DeserializeOwned + Clone + PartialEq + Debug,
{
    let lines = judge::<T>(input, dialect);
    let by_line: BTreeMap<u64, &Bad> = lines.iter().filter_map(|line| Some((line.line.number, line.bad()?))).collect();
    for level in Level::available() {
        let builder = dialect.builder().level(level).clone();
        for (transport, plan) in transports.iter().flat_map(|t| plans.iter().map(move |plan| (t, plan))) {
            let what = || format!("{transport:?} at {level}, {plan:?}, {dialect:?}: {}", show(input));
            let got = run::<T>(transport, input, &builder, plan);
            let lent = matches!(transport, Transport::SliceRecords | Transport::ReadRecords(_));
            let path = got.path.as_deref();
            let want = expect(&lines, plan, lent, path);
            for error in got.items.iter().filter_map(|item| item.as_ref().err()) {
                assert_eq!(error.path().and_then(|path| path.to_str()), path, "{}", what());
                if error.kind() != TooManyErrors {
                    assert_eq!(error.to_string(), by_line[&error.position().line].text(path), "{}", what());
                }
            }
            let items: Vec<_> = got.items.into_iter().map(Outcome::new).collect();
            assert!(items == want.items, "left: {items:?}\nright: {:?}\n{}", want.items, what());
            assert_eq!(got.report, want.report, "{}", what());
            assert_eq!(got.kept, want.kept, "{}", what());
            assert!(
                got.lines == want.lines,
                "quarantined: {}, not {}\n{}",
                show(&got.lines),
                show(&want.lines),
                what()
            );
            assert_eq!(got.rows, want.rows, "{}", what());
        }
    }
}
