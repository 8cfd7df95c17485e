//! What makes another file of one, or a file sound again.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use simd_jsonl::{Converted, Result};

use crate::input::{Input, Inputs, is_same, standard_output};
use crate::output::{self, NewFile};
use crate::{Failure, Outcome, say};

#[derive(Args)]
pub struct Convert {
    /// What to make: JSON Lines of an array, or an array of JSON Lines.
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    to: Format,
    #[command(flatten)]
    files: FromTo,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Jsonl,
    Array,
}

#[derive(Args)]
pub struct Normalize {
    #[command(flatten)]
    files: FromTo,
}

#[derive(Args)]
struct FromTo {
    /// The file to read; - is standard input.
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    from: PathBuf,
    /// The file to write, not standard output. It must not be there yet.
    #[arg(short, long = "output", value_name = "OUT")]
    out: Option<PathBuf>,
    /// Replaces OUT if it is there.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Convert {
    pub fn run(self, worst: &mut Outcome) -> io::Result<()> {
        match self.to {
            Format::Jsonl => self.files.run(worst, |from, to| simd_jsonl::array_to_jsonl(from, to)),
            Format::Array => self.files.run(worst, |from, to| simd_jsonl::jsonl_to_array(from, to)),
        }
    }
}

impl Normalize {
    pub fn run(self, worst: &mut Outcome) -> io::Result<()> {
        self.files.run(worst, |from, to| simd_jsonl::normalize(from, to))
    }
}

impl FromTo {
    fn run(
        self,
        worst: &mut Outcome,
        rewrite: impl Fn(&mut Input, &mut dyn Write) -> Result<Converted>,
    ) -> io::Result<()> {
        let out = self.out.filter(|out| out.as_os_str() != "-");
        Inputs::new(vec![self.from], out.is_none()).each(worst, |mut input, worst| {
            let Some(path) = &out else {
                let mut to = Target { to: output::stdout(), error: None };
                let result = rewrite(&mut input, &mut to);
                // what came before a bad record is to be seen
                return match to.error.map_or_else(|| to.to.flush(), Err) {
                    Err(error) => Err(Failure::Output(error)),
                    Ok(()) => is_whole(result, &input, worst).map(drop),
                };
            };
            let mut to = Target { to: NewFile::create(path, self.force, &input)?, error: None };
            let result = rewrite(&mut input, &mut to);
            let written = match to.error {
                Some(error) => Err(error),
                None if is_whole(result, &input, worst)? => to.to.finish(),
                None => Ok(()),
            };
            written.map_err(|error| Failure::File(format!("{}: cannot write: {error}", path.display())))
        })
    }
}

/// Whether all was converted, or else there was a bad record, which this reports.
fn is_whole(result: Result<Converted>, input: &Input, worst: &mut Outcome) -> std::result::Result<bool, Failure> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.is_io() => Err(input.failure(error)),
        Err(error) => {
            input.progress.bar.suspend(|| say(format_args!("{}: {error} [{}]", input.name, error.kind().code())));
            worst.worsen(Outcome::BadRecords);
            Ok(false)
        }
    }
}

/// Keeps the error with which a target fails, which must not be taken for one of the source.
struct Target<W> {
    to: W,
    error: Option<io::Error>,
}

impl<W: Write> Target<W> {
    fn keep<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.error = Some(error);
            }
            kind.into()
        })
    }
}

impl<W: Write> Write for Target<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes);
        self.keep(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.to.flush();
        self.keep(flushed)
    }
}

pub fn repair(files: &[PathBuf], worst: &mut Outcome) -> io::Result<()> {
    let mut out = output::stdout();
    for file in files {
        let name = file.display();
        if file.as_os_str() == "-" {
            say("standard input cannot be repaired, only files can");
            worst.worsen(Outcome::Failed);
            continue;
        }
        if let (Ok(file), Ok(output)) = (file.metadata(), standard_output())
            && is_same(&file, &output)
        {
            say(format_args!("{name}: is the output too"));
            worst.worsen(Outcome::Failed);
            continue;
        }
        match simd_jsonl::repair(file) {
            Ok(done) if done.completed => writeln!(out, "{name}: the last record got its line feed")?,
            Ok(done) => match done.saved_to {
                Some(saved) => {
                    writeln!(out, "{name}: a torn record of {} bytes was moved to {}", done.cut, saved.display())?
                }
                None => writeln!(out, "{name}: nothing to repair")?,
            },
            Err(error) => {
                say(error);
                worst.worsen(Outcome::Failed);
            }
        }
    }
    out.flush()
}
