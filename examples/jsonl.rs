//! A small command for JSON Lines files, and a tour of the crate.
//!
//! ```text
//! cargo build --release --example jsonl        # the command is then target/release/examples/jsonl
//! jsonl --help
//! jsonl get /user/name -r -f events.jsonl
//! ```

#[path = "jsonl/get.rs"]
mod get;
#[path = "jsonl/input.rs"]
mod input;
#[path = "jsonl/lines.rs"]
mod lines;
#[path = "jsonl/output.rs"]
mod output;
#[path = "jsonl/rewrite.rs"]
mod rewrite;
#[path = "jsonl/validate.rs"]
mod validate;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use input::Inputs;

/// Counts, shows, searches, checks and converts JSON Lines: one JSON value a line.
#[derive(Parser)]
#[command(name = "jsonl", version, propagate_version = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 all is well, 1 bad records were found, 2 it could not be done (a file, the usage).
No FILE, or -, is standard input. A closed output (`| head`) ends a command quietly and is no failure.
`jsonl COMMAND --help` has an example of each.";

#[derive(Subcommand)]
enum Command {
    /// Counts the records: lines that are not blank. Nothing is parsed.
    #[command(after_help = "\
Example: jsonl count logs/*.jsonl
Prints the count and the name of each FILE, and the total of several.

Exit codes: 0 counted, 2 a FILE cannot be read (the others are counted).")]
    Count(Files),
    /// Prints the first lines as they are.
    #[command(after_help = "\
Example: jsonl head -n 3 events.jsonl
Of several FILEs, the first lines of each; a last line without a line feed gets one if more follows.

Exit codes: 0 printed, 2 a FILE cannot be read (the others are printed).")]
    Head(Span),
    /// Prints the last lines as they are; reads a file from its end.
    #[command(after_help = "\
Example: jsonl tail -n 3 events.jsonl
Of several FILEs, the last lines of each; a last line without a line feed gets one if more follows.

Exit codes: 0 printed, 2 a FILE cannot be read (the others are printed).")]
    Tail(Span),
    /// Prints the values at JSON Pointers, a line for each record.
    #[command(after_help = "\
Example: jsonl get /user/name /tags/0 -f events.jsonl
A POINTER names a value by its keys and indices: /user/name, /tags/0; \"\" is the whole record (RFC 6901).
One POINTER gives its value, several an array of theirs; a value that is not there is null.
Bad records are reported to standard error, the first 10 of each FILE and the number of the others.

Exit codes: 0 printed, 1 there were bad records (the others are printed), 2 a FILE cannot be read, or bad usage.")]
    Get(get::Get),
    /// Checks that every line is one valid JSON value, and tells each fault.
    #[command(after_help = "\
Example: jsonl validate upload.jsonl
Prints a line for each fault: the file, the place, what is wrong, and its code in brackets; then the sums, to
standard error. Blank lines and a byte order mark are faults too, but for --lenient.

Exit codes: 0 valid, 1 faults were found, 2 a FILE cannot be read (the others are checked), or bad usage.")]
    Validate(validate::Validate),
    /// Turns a JSON array, pretty-printed or not, into JSON Lines, or back.
    #[command(after_help = "\
Example: jsonl convert export.json -o export.jsonl
What does not succeed leaves no OUT behind, and one that was there as it was.

Exit codes: 0 converted, 1 the input is not valid, 2 FILE cannot be read, or OUT not be written, or bad usage.")]
    Convert(rewrite::Convert),
    /// Rewrites JSON Lines in their plainest form: compact, LF line ends, no blank lines, no byte order mark.
    #[command(after_help = "\
Example: jsonl normalize windows.jsonl -o plain.jsonl
What does not succeed leaves no OUT behind, and one that was there as it was.

Exit codes: 0 rewritten, 1 the input is not valid, 2 FILE cannot be read, or OUT not be written, or bad usage.")]
    Normalize(rewrite::Normalize),
    /// Repairs the end of files whose writer was killed, in place.
    #[command(after_help = "\
Example: jsonl repair events.jsonl
A last record that only lacks its line feed gets it; a torn one is moved to a file beside, FILE.torn-OFFSET.

Exit codes: 0 the end of each FILE is sound now, 2 a FILE cannot be repaired (the others are).")]
    Repair {
        /// The files, which nobody may be writing.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Args)]
struct Files {
    /// The files to read; - is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct Span {
    /// How many lines.
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 10, value_parser = count)]
    lines: usize,
    #[command(flatten)]
    from: Files,
}

/// A number without a sign, with which `tail` means something else.
fn count(text: &str) -> Result<usize, String> {
    match text.bytes().all(|c| c.is_ascii_digit()) {
        true => text.parse().map_err(|error: std::num::ParseIntError| error.to_string()),
        false => Err("a number of lines is wanted, without a sign".to_owned()),
    }
}

/// How well it went, from best to worst. Worse files do not keep a command from the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Good,
    BadRecords,
    Failed,
}

impl Outcome {
    fn worsen(&mut self, to: Outcome) {
        *self = to.max(*self);
    }
}

/// Why a command does not go on.
enum Failure {
    /// With this file, for the reason that this message gives.
    File(String),
    /// At all: the output fails.
    Output(io::Error),
}

/// Says something to the user. That nobody may hear it is no reason to stop.
fn say(message: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "jsonl: {message}");
}

fn run(command: Command) -> Outcome {
    let mut worst = Outcome::Good;
    let done = match command {
        Command::Count(Files { files }) => lines::count(Inputs::new(files, false), &mut worst),
        Command::Head(Span { lines, from }) => lines::head(Inputs::new(from.files, true), lines, &mut worst),
        Command::Tail(Span { lines, from }) => lines::tail(Inputs::new(from.files, true), lines, &mut worst),
        Command::Get(get) => get.run(&mut worst),
        Command::Validate(validate) => validate.run(&mut worst),
        Command::Convert(convert) => convert.run(&mut worst),
        Command::Normalize(normalize) => normalize.run(&mut worst),
        Command::Repair { files } => rewrite::repair(&files, &mut worst),
    };
    match done {
        Ok(()) => worst,
        // who reads the output has seen enough
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => worst,
        Err(error) => {
            say(format_args!("cannot write to standard output: {error}"));
            Outcome::Failed
        }
    }
}

fn main() -> ExitCode {
    // prints help and usage errors itself, and exits with 0 and 2
    match run(Cli::parse().command) {
        Outcome::Good => ExitCode::SUCCESS,
        Outcome::BadRecords => ExitCode::from(1),
        Outcome::Failed => ExitCode::from(2),
    }
}
