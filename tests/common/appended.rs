//! What the tests of the appender share.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use simd_jsonl::{Durability, JsonlReader, Position, ReaderBuilder};
use tempfile::TempDir;

#[path = "mending.rs"]
mod mending;
#[allow(unused_imports)] // not all that use this file need it
pub use mending::*;

/// An empty folder, named by its real path.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(std::env::temp_dir().canonicalize().unwrap()).unwrap()
}

/// An empty folder where a sync costs nothing, if there is one: for what opens a file a thousand times.
pub fn quick_folder() -> TempDir {
    match Path::new("/dev/shm").is_dir() {
        true => tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| folder()),
        false => folder(),
    }
}

/// The names in a folder, sorted.
pub fn names(folder: impl AsRef<Path>) -> Vec<OsString> {
    let mut names: Vec<OsString> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

/// `path` with something behind its name.
pub fn beside(path: impl AsRef<Path>, suffix: &str) -> PathBuf {
    let mut name = path.as_ref().as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// One of each, with intervals short enough to pass during a test.
pub fn durabilities() -> Vec<Durability> {
    let interval = Durability::EachInterval(Duration::from_millis(1));
    vec![Durability::Os, Durability::EachRecord, Durability::EachRecords(3), interval]
}

/// All records of a file that must be strict JSON Lines to its last byte.
pub fn strict_records<T: for<'de> Deserialize<'de>>(path: impl AsRef<Path>) -> Vec<T> {
    let bytes = fs::read(path.as_ref()).unwrap();
    assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "{}: no LF at its end", path.as_ref().display());
    let records: Vec<T> = ReaderBuilder::new()
        .strict(true)
        .from_slice(&bytes)
        .into_deserialize::<T>()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()));
    assert_eq!(records.len(), bytes.iter().filter(|&&b| b == b'\n').count());
    records
}

/// The record that a reader finds at `position`.
pub fn record_at<T: for<'de> Deserialize<'de>>(path: impl AsRef<Path>, position: Position) -> T {
    let mut reader = JsonlReader::from_path(path.as_ref()).unwrap();
    reader.seek(position).unwrap();
    let record = reader.next_record().unwrap().unwrap_or_else(|| panic!("there is no record at {position:?}"));
    assert_eq!(record.position(), position);
    record.deserialize().map_err(|e| e.to_string()).unwrap()
}

/// A record that says who wrote it, and as which of its own. The padding shows damage in the middle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    pub writer: u32,
    pub number: u32,
    pub pad: String,
}

impl Tagged {
    /// A record of this many bytes, its LF not counted, but at least of the shortest that there is.
    pub fn sized(writer: u32, number: u32, bytes: usize) -> Tagged {
        let mut record = Tagged { writer, number, pad: String::new() };
        let bare = serde_json::to_vec(&record).unwrap().len();
        record.pad = Tagged::padding(writer, number, bytes.saturating_sub(bare));
        record
    }

    pub fn new(writer: u32, number: u32) -> Tagged {
        Tagged::sized(writer, number, 0)
    }

    fn padding(writer: u32, number: u32, len: usize) -> String {
        let byte = b'a' + ((writer * 7 + number) % 26) as u8;
        String::from_utf8(vec![byte; len]).unwrap()
    }
}

/// Asserts that each of `writers` wrote its records 0 to `each - 1`: all of them, once each, in this order, undamaged.
#[track_caller]
pub fn assert_all_once(records: &[Tagged], writers: u32, each: u32) {
    let mut next = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        let number = next.entry(record.writer).or_insert(0);
        assert_eq!(record.number, *number, "writer {}, record {at} of {}", record.writer, records.len());
        *number += 1;
        let pad = Tagged::padding(record.writer, record.number, record.pad.len());
        assert!(record.pad == pad, "writer {}, number {} is damaged", record.writer, record.number);
    }
    let all: BTreeMap<u32, u32> = (0..writers).map(|writer| (writer, each)).collect();
    assert_eq!(next, all, "records of each writer");
}

/// What `run` returns, if it does so in time.
///
/// # Panics
///
/// If it takes more than 20 seconds: what must not wait does.
#[track_caller]
pub fn without_waiting<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || done.send(run()));
    match result.recv_timeout(Duration::from_secs(20)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what} waits"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what} panicked"),
    }
}

/// Any JSON, for tests that do not care for types.
pub fn values(bytes: &[u8]) -> Vec<Result<Value, u64>> {
    let records = ReaderBuilder::new().from_slice(bytes).into_deserialize::<Value>();
    records.map(|record| record.map_err(|e| e.position().line)).collect()
}
