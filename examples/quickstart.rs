//! Reads JSON Lines two ways: typed and borrowed from memory, and any file of any size as a stream.
//!
//! ```text
//! cargo run --release --example quickstart            # the sample, examples/data/events.jsonl
//! cargo run --release --example quickstart -- FILE    # any JSON Lines file
//! cargo run --release --example quickstart -- -       # standard input
//! ```

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Read};
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde::de::IgnoredAny;
use simd_jsonl::{JsonlReader, JsonlSlice};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/events.jsonl");

/// One line of the sample. Fields that are not named here are checked and skipped.
///
/// A `&str` always borrows from the input. Text that may hold escapes, such as `\n` or `\u00e9`, wants a `Cow`: it
/// borrows when it can, and is copied only when there is something to unescape.
#[derive(Deserialize)]
struct Event<'a> {
    id: u64,
    kind: &'a str,
    #[serde(borrow)]
    user: Option<User<'a>>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    latency_ms: Option<f64>,
    #[serde(borrow, default)]
    tags: Vec<&'a str>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Typed records from bytes in memory: nothing is copied that need not be.
fn read_typed(path: &str) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let (mut records, mut errors, mut borrowed) = (0, 0, 0);

    for record in JsonlSlice::new(&bytes).deserialize::<Event>() {
        match record {
            Ok(event) => {
                if records < 5 {
                    print_event(&event);
                }
                records += 1;
                borrowed += usize::from(matches!(event.message, Cow::Borrowed(_)));
            }
            // A bad line costs that line alone: the next one still comes.
            Err(error) => {
                println!("error: {error}");
                errors += 1;
            }
        }
    }
    println!("{records} records, {errors} errors; {borrowed} of {records} messages borrowed without a copy");
    Ok(())
}

fn print_event(event: &Event) {
    let user = event.user.as_ref().map_or("-", |user| &user.name);
    let latency = event.latency_ms.map_or("-".to_string(), |ms| format!("{ms} ms"));
    println!("{} {} by {user}: {} ({latency}) {:?}", event.id, event.kind, event.message, event.tags);
}

/// Any file, larger than memory if need be: each record is validated in full, and not kept.
fn read_stream<R: Read>(mut reader: JsonlReader<R>, progress: &ProgressBar) -> simd_jsonl::Result<()> {
    let (mut records, mut errors) = (0, 0);
    let start = Instant::now();

    // `IgnoredAny` stands for the type of your records; `for record in reader.deserialize::<T>()` is the usual loop.
    // Here each turn borrows the reader anew, so that its position can be asked in between.
    while let Some(record) = reader.deserialize::<IgnoredAny>().next() {
        match record {
            Ok(IgnoredAny) => records += 1,
            // The file itself cannot be read: no record follows.
            Err(error) if error.is_io() => return Err(error),
            Err(error) => {
                errors += 1;
                if errors <= 10 {
                    progress.suspend(|| eprintln!("{error}"));
                }
            }
        }
        let offset = reader.position().offset;
        if offset >= progress.position() + (1 << 20) {
            progress.set_position(offset);
        }
    }
    progress.finish_and_clear();
    if errors > 10 {
        eprintln!("... and {} more errors", errors - 10);
    }

    let (bytes, seconds) = (reader.position().offset, start.elapsed().as_secs_f64());
    println!("records  {records}\nerrors   {errors}\nbytes    {bytes}");
    println!("seconds  {seconds:.3}\nGB/s     {:.2}", bytes as f64 / seconds / 1e9);
    Ok(())
}

/// A bar by bytes, drawn only when standard error is a terminal.
fn progress(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{wide_bar} {decimal_bytes}/{decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{spinner} {decimal_bytes}, {decimal_bytes_per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is valid"))
}

fn run() -> Result<(), Box<dyn Error>> {
    match std::env::args_os().nth(1) {
        None => read_typed(SAMPLE)?,
        Some(path) if path == "-" => read_stream(JsonlReader::new(io::stdin().lock()), &progress(None))?,
        Some(path) => {
            let reader = JsonlReader::from_path(path)?;
            let file = reader.get_ref().metadata()?;
            read_stream(reader, &progress(file.is_file().then_some(file.len())))?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
