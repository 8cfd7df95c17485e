//! A service whose threads log through one appender, and what becomes of the log when the service is killed.
//!
//! ```text
//! cargo run --release --example append_service            # a log in a temporary folder
//! cargo run --release --example append_service -- FILE    # in this file, which must be new
//! ```
//!
//! This program starts itself as the service, kills it without warning, and starts it again, five times. The service
//! acknowledges each event that was appended; at the end all of these must be in the log, each of them once.

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use simd_jsonl::{Durability, JsonlAppender, JsonlReader, JsonlWriter};

const RUNS: u32 = 5;
const THREADS: u32 = 4;

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Hash)]
struct Event {
    /// How often the service had been started.
    run: u32,
    thread: u32,
    number: u64,
    message: String,
}

/// Run, thread and number of an event.
type Key = (u32, u32, u64);

/// The service: each thread appends events, and acknowledges each.
fn serve(path: &Path, run: u32) -> Result<(), Box<dyn Error>> {
    let log = JsonlAppender::builder().durability(Durability::EachRecord).open(path)?;
    if let Some(repaired) = log.repaired() {
        eprintln!("run {run}: the last record was torn: {repaired:?}");
    }
    let told = Mutex::new(JsonlWriter::new(io::stdout()));
    let append = |thread| -> simd_jsonl::Result<()> {
        for number in 0.. {
            let message = format!("event {number}\nof thread {thread}");
            // threads that wait for the disk at the same time share one sync
            log.append(&Event { run, thread, number, message })?;
            let mut told = told.lock().expect("no thread panics");
            told.write(&(run, thread, number))?;
            told.flush()?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let append = &append;
            scope.spawn(move || append(thread).unwrap_or_else(|error| eprintln!("run {run}: {error}")));
        }
    });
    Ok(log.close()?)
}

/// Lets the service run for a moment and kills it. What it acknowledged.
fn run_and_kill(path: &Path, run: u32) -> Result<Vec<Key>, Box<dyn Error>> {
    let mut service = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .args([path.as_os_str(), run.to_string().as_ref()])
        .stdout(Stdio::piped())
        .spawn()?;
    let told = JsonlReader::new(service.stdout.take().expect("it is piped"));
    let reader = thread::spawn(|| told.into_deserialize().collect::<Result<_, _>>());
    thread::sleep(Duration::from_millis(200 + 37 * u64::from(run)));
    service.kill()?;
    service.wait()?;
    Ok(reader.join().expect("no thread panics")?)
}

fn supervise(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut acknowledged = Vec::new();
    for run in 0..RUNS {
        let events = run_and_kill(path, run)?;
        println!("run {run}: killed after {} events", events.len());
        acknowledged.extend(events);
    }

    // opening the log once more repairs its end; `simd_jsonl::repair` would do as well
    JsonlAppender::open(path)?.close()?;
    let (mut log, mut records) = (HashSet::new(), 0);
    for event in JsonlReader::from_path(path)?.deserialize::<Event>() {
        let event = event?;
        records += 1;
        log.insert((event.run, event.thread, event.number));
    }
    let lost = acknowledged.iter().filter(|event| !log.contains(*event)).count();
    println!("{records} records in the log; of {} events that were acknowledged, {lost} are lost", acknowledged.len());
    if lost > 0 || log.len() != records {
        return Err("the log is not what it should be".into());
    }
    Ok(())
}

fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    match args.as_slice() {
        [serve_flag, path, run] if serve_flag == "--serve" => {
            serve(Path::new(path), run.to_str().ok_or("not a number")?.parse()?)
        }
        [path] if Path::new(path).exists() => Err(format!("{} is there already", Path::new(path).display()).into()),
        [path] => supervise(Path::new(path)),
        _ => supervise(&tempfile::tempdir()?.path().join("events.jsonl")),
    }
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
