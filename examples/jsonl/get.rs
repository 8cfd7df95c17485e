//! Values at JSON Pointers.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use simd_jsonl::{Error, JsonlReader, LazyValue, Record};

use crate::input::{Input, Inputs};
use crate::output::{self, Stdout};
use crate::{Failure, Outcome, say};

#[derive(Args)]
pub struct Get {
    /// What to print: JSON Pointers such as /user/name or /tags/0, with ~1 for a / and ~0 for a ~ in a key.
    #[arg(value_name = "POINTER", required = true, value_parser = pointer)]
    pointers: Vec<String>,
    /// A file to read, - for standard input; may be given several times.
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Strings without quotes and escapes, and several values with tabs between them.
    #[arg(short, long)]
    raw: bool,
    /// Reads each record only as far as it must, which is faster: what is wrong behind goes unseen.
    #[arg(long)]
    lax: bool,
}

fn pointer(text: &str) -> Result<String, &'static str> {
    if !text.is_empty() && !text.starts_with('/') {
        return Err("a JSON Pointer begins with / (files are given with -f)");
    }
    if text.split('~').skip(1).any(|behind| !behind.starts_with(['0', '1'])) {
        return Err("in a JSON Pointer, a ~ is written ~0, and a / in a key ~1");
    }
    Ok(text.to_owned())
}

impl Get {
    pub fn run(mut self, worst: &mut Outcome) -> io::Result<()> {
        let mut out = output::stdout();
        let inputs = Inputs::new(std::mem::take(&mut self.files), true);
        inputs.each(worst, |input, worst| self.read(input, worst, &mut out))?;
        out.flush()
    }

    fn read(&self, input: Input, worst: &mut Outcome, out: &mut Stdout) -> Result<(), Failure> {
        let mut bad = BadRecords::new(&input);
        let mut reader = JsonlReader::new(input);
        let mut line = Vec::new();
        loop {
            line.clear();
            let printed = match reader.next_record() {
                Ok(None) => return Ok(()),
                Ok(Some(record)) => self.print(&record, &mut line),
                Err(error) if error.is_io() => return Err(reader.get_ref().failure(error)),
                Err(error) => Err(error),
            };
            match printed {
                Ok(()) => out.write_all(&line).map_err(Failure::Output)?,
                Err(error) => {
                    bad.report(&error);
                    worst.worsen(Outcome::BadRecords);
                }
            }
        }
    }

    /// Adds a record's values as a line.
    fn print(&self, record: &Record<'_>, line: &mut Vec<u8>) -> Result<(), Error> {
        let (open, separator, close) = match (self.raw, self.pointers.len()) {
            (true, _) => ("", b'\t', "\n"),
            (_, 1) => ("", b',', "\n"),
            _ => ("[", b',', "]\n"),
        };
        if !self.lax {
            record.deserialize::<IgnoredAny>()?;
        }
        line.extend_from_slice(open.as_bytes());
        for (i, pointer) in self.pointers.iter().enumerate() {
            if i > 0 {
                line.push(separator);
            }
            match record.pointer(pointer)? {
                None => line.extend_from_slice(b"null"),
                Some(value) => print(&value, self.raw, line)?,
            }
        }
        line.extend_from_slice(close.as_bytes());
        Ok(())
    }
}

fn print(value: &LazyValue<'_>, raw: bool, line: &mut Vec<u8>) -> Result<(), Error> {
    if raw
        && value.is_string()
        && let Some(text) = value.as_str()
    {
        line.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    // which has been validated, where `LazyValue::raw` would only find its end
    let json = value.deserialize::<&RawValue>()?.get();
    match value.is_array() || value.is_object() {
        true => compact(json.as_bytes(), line),
        false => line.extend_from_slice(json.as_bytes()),
    }
    Ok(())
}

/// Adds JSON, which is valid, without the white space between its tokens.
fn compact(json: &[u8], line: &mut Vec<u8>) {
    let mut rest = json;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        let (between, from_quote) = rest.split_at(quote);
        let (string, behind) = from_quote.split_at(string_len(from_quote));
        line.extend(between.iter().filter(|c| !c.is_ascii_whitespace()));
        line.extend_from_slice(string);
        rest = behind;
    }
    line.extend(rest.iter().filter(|c| !c.is_ascii_whitespace()));
}

/// How long the string is that `text` begins with, quotes included.
fn string_len(text: &[u8]) -> usize {
    let mut end = 1;
    while let Some(next) = memchr::memchr2(b'"', b'\\', &text[end..]) {
        end += next;
        match text[end] {
            b'"' => return end + 1,
            _ => end += 2,
        }
    }
    text.len()
}

/// Tells of the bad records of one input, the first ones and how many more.
struct BadRecords {
    name: String,
    bar: indicatif::ProgressBar,
    number: u64,
}

impl BadRecords {
    const SHOWN: u64 = 10;

    fn new(input: &Input) -> BadRecords {
        BadRecords { name: input.name.clone(), bar: input.progress.bar.clone(), number: 0 }
    }

    fn report(&mut self, error: &Error) {
        self.number += 1;
        if self.number <= BadRecords::SHOWN {
            self.bar.suspend(|| say(format_args!("{}: {error} [{}]", self.name, error.kind().code())));
        }
    }
}

impl Drop for BadRecords {
    fn drop(&mut self) {
        if self.number > BadRecords::SHOWN {
            say(format_args!("{}: and {} more bad records", self.name, self.number - BadRecords::SHOWN));
        }
    }
}
