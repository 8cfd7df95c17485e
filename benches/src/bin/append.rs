//! Prints what each durability costs, as a Markdown table: records a second, of one thread and of eight.
//!
//! ```text
//! cargo run --release -p simd-jsonl-bench --bin append -- [FOLDER]
//! ```
//!
//! The files are made in FOLDER, or in the working directory: they must be on the disk in question, which a folder for
//! temporary files may not be.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use simd_jsonl::{AppenderBuilder, Durability, JsonlAppender, JsonlSlice, JsonlWriter};
use simd_jsonl_bench::types::Log;
use simd_jsonl_bench::workload::Workload;

const THREADS: [usize; 2] = [1, 8];
const TIME: Duration = Duration::from_secs(1);
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(std::env::args_os().nth(1).unwrap_or(".".into()))?;
    let path = folder.path().join("events.jsonl");
    let bytes = Workload::Log.generate(1 << 20);
    let records: Vec<Log> = JsonlSlice::new(&bytes).deserialize().collect::<Result<_, _>>()?;

    println!("Records of {} bytes a second, the best of {ROUNDS} rounds.\n", bytes.len() / records.len());
    println!("| | {} |", THREADS.map(|threads| format!("threads: {threads}")).join(" | "));
    println!("|---|{}", "---:|".repeat(THREADS.len()));
    let policies = [
        ("`Os`", Durability::Os),
        ("`EachInterval`, 100 ms", Durability::EachInterval(Duration::from_millis(100))),
        ("`EachRecords(100)`", Durability::EachRecords(100)),
        ("`EachRecord`", Durability::EachRecord),
    ];
    for (name, durability) in policies {
        let mut builder = JsonlAppender::builder();
        row(name, builder.durability(durability), &path, &records)?;
    }
    row("`Os`, shared", JsonlAppender::builder().shared(true), &path, &records)?;
    let rate = (0..ROUNDS).map(|_| buffered(&path, &records)).collect::<Result<Vec<_>, _>>()?.into_iter().max();
    println!("| `JsonlWriter`, 64 KiB at once | {} | |", rate.unwrap_or_default());
    Ok(())
}

fn row(name: &str, builder: &AppenderBuilder, path: &Path, records: &[Log]) -> Result<(), Box<dyn Error>> {
    print!("| {name} |");
    for threads in THREADS {
        let mut best = 0;
        for _ in 0..ROUNDS {
            best = best.max(appended(builder, path, records, threads)?);
        }
        print!(" {best} |");
    }
    println!();
    Ok(())
}

/// Records a second of all threads together.
fn appended(builder: &AppenderBuilder, path: &Path, records: &[Log], threads: usize) -> Result<u64, Box<dyn Error>> {
    let appender = builder.open(path)?;
    let (start, is_over) = (Instant::now(), AtomicBool::new(false));
    let count = || {
        let mut count = 0;
        for record in records.iter().cycle() {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            appender.append(record).expect("the disk has room");
            count += 1;
        }
        count
    };
    let count: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        thread::sleep(TIME);
        is_over.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
    });
    let rate = count as f64 / start.elapsed().as_secs_f64();
    appender.close()?;
    std::fs::remove_file(path)?;
    Ok(rate as u64)
}

fn buffered(path: &Path, records: &[Log]) -> Result<u64, Box<dyn Error>> {
    let mut writer = JsonlWriter::from_path(path)?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        writer.write_all(records)?;
        count += records.len();
    }
    writer.flush()?;
    let rate = count as f64 / start.elapsed().as_secs_f64();
    drop(writer);
    std::fs::remove_file(path)?;
    Ok(rate as u64)
}
