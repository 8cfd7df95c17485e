//! Validation: what it finds in an input is what `serde_json` and the reader find line by line; a stream that gives its bytes
//! in pieces of any size has the same report, and so has a reader that skips, or puts aside, what is bad.
//!
//! The input begins with a header: flags, record limit, the number of sizes and the sizes; see `Plan`.
#![no_main]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use simd_jsonl::{Error, ErrorKind, ErrorPolicy, Level, ReadReport, ReaderBuilder, Report, Validator};

#[path = "../../tests/common/oracle.rs"]
mod oracle;

const MAX_DEPTH: usize = 8;

/// How an input is to be read.
struct Plan<'a> {
    strict: bool,
    /// Decode each record, or only look at it.
    typed: bool,
    level: u8,
    max_record_len: usize,
    /// How many bytes each read gives, in turn, over and over; 255 is interrupted.
    sizes: &'a [u8],
}

impl<'a> Plan<'a> {
    fn split(data: &'a [u8]) -> Option<(Plan<'a>, &'a [u8])> {
        let [flags, limit, sizes, rest @ ..] = data else { return None };
        let (sizes, input) = rest.split_at_checked(usize::from(sizes & 7))?;
        let max_record_len = if *limit < 128 { usize::from(*limit) } else { 1 << 20 };
        let plan = Plan { strict: flags & 1 != 0, typed: flags & 2 != 0, level: flags >> 2, max_record_len, sizes };
        Some((plan, input))
    }

    fn level(&self) -> Level {
        let levels = Level::available();
        levels[usize::from(self.level) % levels.len()]
    }

    fn validator(&self) -> Validator<'_> {
        let mut validator = Validator::new();
        validator.strict(self.strict).max_depth(MAX_DEPTH).max_record_len(self.max_record_len);
        if self.typed {
            validator.check_type::<Value>();
        }
        validator
    }

    fn reader(&self, policy: ErrorPolicy) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder.strict(self.strict).max_depth(MAX_DEPTH).max_record_len(self.max_record_len).on_error(policy);
        builder
    }

    /// What the lines are to give, without what is wrong with each.
    fn count(&self, input: &[u8]) -> ReadReport {
        let mut report = ReadReport::default();
        let mut lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
        // what is behind the last newline is a line only if there is something
        report.terminated = lines.last() == Some(&&b""[..]);
        lines.truncate(lines.len() - usize::from(report.terminated));
        report.bytes = input.len() as u64;
        for (i, line) in lines.into_iter().enumerate() {
            let too_long = line.len() > self.max_record_len;
            let mark = if i == 0 && !self.strict && !too_long { "\u{FEFF}" } else { "" };
            let line = line.strip_prefix(mark.as_bytes()).unwrap_or(line);
            if !too_long && line.iter().all(|byte| b" \t\r".contains(byte)) {
                report.blank_lines += 1;
                if !self.strict {
                    continue;
                }
            }
            report.longest_record = report.longest_record.max(line.len() as u64);
            let valid = match self.typed {
                true => oracle::verdict::<Value>(line).is_ok(),
                false => oracle::well_formed(line),
            };
            match valid && !too_long && depth(line) <= MAX_DEPTH {
                true => report.records += 1,
                false => report.errors += 1,
            }
        }
        report
    }
}

/// How deep the brackets of a valid line nest.
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

/// A stream in pieces.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: &'a [u8],
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // after all the sizes one byte, so that a plan of nothing but interruptions comes to an end too
        let size = self.sizes.get(self.turn).copied().unwrap_or(1);
        self.turn = if self.turn < self.sizes.len() { self.turn + 1 } else { 0 };
        let size = match size {
            255 => return Err(io::ErrorKind::Interrupted.into()),
            size => usize::from(size).max(1).min(buf.len()).min(self.rest.len()),
        };
        let (now, later) = self.rest.split_at(size);
        buf[..size].copy_from_slice(now);
        self.rest = later;
        Ok(size)
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap())
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

fn texts(errors: &[Error]) -> Vec<String> {
    errors.iter().map(Error::to_string).collect()
}

/// All that a reader hands out, good and bad.
macro_rules! read {
    ($reader:expr, $plan:expr) => {{
        let mut reader = $reader;
        let (mut good, mut bad) = (0, Vec::new());
        let mut take = |result: Result<(), Error>| match result {
            Ok(()) => good += 1,
            Err(error) => bad.push(error),
        };
        match $plan.typed {
            true => reader.deserialize::<Value>().for_each(|value| take(value.map(drop))),
            false => reader.deserialize::<IgnoredAny>().for_each(|value| take(value.map(drop))),
        }
        (good, bad, reader.report())
    }};
}

fuzz_target!(|data: &[u8]| {
    let Some((plan, input)) = Plan::split(data) else { return };
    let stream = || Pieces { rest: input, sizes: plan.sizes, turn: 0 };

    let Report { errors, summary, .. } = plan.validator().level(plan.level()).validate_slice(input);
    let counted = plan.count(input);
    let mut kinds = BTreeMap::new();
    errors.iter().for_each(|error| *kinds.entry(error.kind()).or_default() += 1);
    assert_eq!(summary.errors_by_kind, kinds);
    let mut wanted = summary.clone();
    wanted.errors_by_kind.clear();
    assert_eq!(wanted, counted, "left: found, right: told line by line");
    assert_eq!(errors.len() as u64, counted.errors);

    let mut seen = Vec::new();
    let from_stream =
        plan.validator().keep_errors(1).on_error(|e| seen.push(e.to_string())).validate_reader(stream()).unwrap();
    assert_eq!(seen, texts(&errors), "left: stream, right: slice");
    assert_eq!(from_stream.summary, summary, "left: stream, right: slice");
    assert_eq!(from_stream.errors.len(), errors.len().min(1));
    if !plan.typed {
        let checked = plan.validator().check(|_| Ok(())).validate_slice(input);
        assert_eq!(texts(&checked.errors), texts(&errors), "left: checked, right: not");
        assert_eq!(checked.summary, summary, "left: checked, right: not");
    }

    let slowest = *Level::available().last().unwrap();
    let (good, bad, report) = read!(plan.reader(ErrorPolicy::fail()).level(slowest).from_slice(input), plan);
    assert_eq!((texts(&bad), &report), (texts(&errors), &summary), "left: read, right: validated");
    assert_eq!(good, counted.records);
    let (lines, rows) = (Sink::default(), Sink::default());
    for policy in [ErrorPolicy::skip(), ErrorPolicy::quarantine(lines.clone(), rows.clone())] {
        let (good, bad, report) = read!(plan.reader(policy).level(plan.level()).from_reader(stream()), plan);
        assert_eq!((good, bad.len(), &report), (counted.records, 0, &summary), "left: by a policy, right: validated");
    }
    let (lines, rows) = (lines.take(), rows.take());
    let mut lines = lines.split(|byte| *byte == b'\n');
    let mut errors = errors.iter();
    for row in std::str::from_utf8(&rows).unwrap().lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let (line, error) = (lines.next().unwrap(), errors.next().unwrap());
        let field = |name: &str| row[name].as_u64().unwrap();
        let cut = &input[field("byte") as usize..][..field("length") as usize];
        let too_long = error.kind() == ErrorKind::RecordTooLong;
        assert_eq!(line, if too_long { b"" } else { cut });
        assert_eq!((field("line"), field("column")), (error.position().line, error.column()));
        assert_eq!(row["code"], error.kind().code());
        assert!(error.to_string().contains(row["message"].as_str().unwrap()), "{row} of {error}");
    }
    assert!(errors.next().is_none() && lines.next() == Some(b"") && lines.next().is_none());
});
