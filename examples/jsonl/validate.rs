//! Whether files are valid, and where not.

use std::cell::Cell;
use std::io::{self, Read, Write};

use clap::Args;
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
        let (mut seen, mut written, is_closed) = (0, Ok(()), Cell::new(false));
        let mut validator = Validator::new();
        validator.strict(!self.lenient).keep_errors(0).on_error(|error| {
            seen += 1;
            if seen <= self.max_errors && written.is_ok() {
                written = bar.suspend(|| writeln!(out, "{name}: {error} [{}]", error.kind().code()));
            }
            if seen == self.max_errors && written.is_ok() {
                written = out.flush();
            }
            is_closed.set(written.is_err());
        });
        let report = validator.validate_reader(UntilClosed { input: &mut input, is_closed: &is_closed });
        drop(validator);
        if seen > 0 {
            worst.worsen(Outcome::BadRecords);
        }
        written.and_then(|()| out.flush()).map_err(Failure::Output)?;
        let report = report.map_err(|error| input.failure(error))?;

        bar.finish_and_clear();
        if seen > self.max_errors {
            say(format_args!("{name}: and {} more", seen - self.max_errors));
        }
        say(format_args!("{name}: {}", report.summary));
        Ok(())
    }
}

/// An input that ends when nobody reads the output any more.
struct UntilClosed<'a> {
    input: &'a mut Input,
    is_closed: &'a Cell<bool>,
}

impl Read for UntilClosed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_closed.get() { Ok(0) } else { self.input.read(buffer) }
    }
}
