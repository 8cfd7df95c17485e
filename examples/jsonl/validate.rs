//! Whether files are valid, and where not.

use std::cell::Cell;
use std::io::{self, Read, Write};

use clap::Args;
use simd_jsonl::ErrorKind::{Compressed, Encoding, NotJsonLines};
use simd_jsonl::Validator;

use crate::input::{Input, Inputs};
use crate::output::{self, Stdout};
use crate::{Failure, Files, Outcome, say};

#[derive(Args)]
pub struct Validate {
    /// Lets blank lines and a byte order mark pass, as the other commands do.
    #[arg(long)]
    lenient: bool,
    /// How many faults of each FILE to show; all are counted.
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_errors: u64,
    #[command(flatten)]
    from: Files,
}

impl Validate {
    pub fn run(mut self, worst: &mut Outcome) -> io::Result<()> {
        let mut out = output::stdout();
        let inputs = Inputs::new(std::mem::take(&mut self.from.files), false);
        inputs.each(worst, |input, worst| self.read(input, worst, &mut out))?;
        out.flush()
    }

    fn read(&self, mut input: Input, worst: &mut Outcome, out: &mut Stdout) -> Result<(), Failure> {
        let (name, bar) = (input.name.clone(), input.progress.bar.clone());
        let (mut seen, mut written, is_over, is_other) = (0, Ok(()), Cell::new(false), Cell::new(false));
        let mut validator = Validator::new();
        validator.strict(!self.lenient).keep_errors(0).on_error(|error| {
            seen += 1;
            if seen <= self.max_errors && written.is_ok() && !is_other.get() {
                written = bar.suspend(|| writeln!(out, "{name}: {error} [{}]", error.kind().code()));
            }
            if seen == self.max_errors && written.is_ok() {
                written = out.flush();
            }
            is_other.set(is_other.get() || matches!(error.kind(), Encoding | Compressed | NotJsonLines));
            is_over.set(is_other.get() || written.is_err());
        });
        let report = validator.validate_reader(Until { input: &mut input, is_over: &is_over });
        drop(validator);
        if seen > 0 {
            worst.worsen(Outcome::BadRecords);
        }
        written.and_then(|()| out.flush()).map_err(Failure::Output)?;
        let report = report.map_err(|error| input.failure(error))?;

        bar.finish_and_clear();
        if is_other.get() {
            say(format_args!("{name}: the rest was not read"));
            return Ok(());
        }
        if seen > self.max_errors {
            say(format_args!("{name}: and {} more", seen - self.max_errors));
        }
        say(format_args!("{name}: {}", report.summary));
        Ok(())
    }
}

/// An input that ends when there is no more use in reading it.
struct Until<'a> {
    input: &'a mut Input,
    is_over: &'a Cell<bool>,
}

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over.get() { Ok(0) } else { self.input.read(buffer) }
    }
}
