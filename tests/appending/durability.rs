//! Durability policies, threads that share an appender, and its end.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::ser::{Serialize, Serializer};
use simd_jsonl::{Durability, JsonlAppender, JsonlReader};

use crate::appended::*;

// --- threads

/// Eight threads append in all three ways; `run` starts them.
fn append_from_threads(path: &Path, run: impl FnOnce(&(dyn Fn(&JsonlAppender, u32) + Sync))) {
    let all = Mutex::new(Vec::new());
    run(&|appender, writer| {
        let mut mine = Vec::new();
        for number in (0..24).step_by(4) {
            let record = |n: u32| Tagged::sized(writer, number + n, (number + n) as usize * 50);
            mine.push((appender.append(&record(0)).unwrap(), record(0)));
            let raw = serde_json::to_vec(&record(1)).unwrap();
            mine.push((appender.append_raw(&raw).unwrap(), record(1)));
            mine.push((appender.append_batch([record(2), record(3)]).unwrap(), record(2)));
        }
        assert!(mine.is_sorted_by_key(|(position, _)| *position));
        all.lock().unwrap().extend(mine);
    });
    assert_all_once(&strict_records(path), 8, 24);
    let bytes = fs::read(path).unwrap();
    let lines = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at as u64 + 1);
    let starts: Vec<u64> = [0].into_iter().chain(lines).collect();
    // with a small buffer, for it is filled anew for each record
    let mut reader = JsonlReader::builder().buffer_size(2_048).from_path(path).unwrap();
    for (position, record) in all.into_inner().unwrap() {
        assert_eq!(starts[position.line as usize - 1], position.offset);
        reader.seek(position).unwrap();
        assert_eq!(reader.deserialize::<Tagged>().next().unwrap().unwrap(), record);
    }
}

#[test]
fn threads_share_an_appender() {
    let folder = folder();
    let more = [Durability::EachRecords(0), Durability::EachInterval(Duration::ZERO)];
    for (n, durability) in durabilities().into_iter().chain(more).enumerate() {
        let path = folder.path().join(format!("{n}-borrowed.jsonl"));
        let appender = JsonlAppender::builder().durability(durability).open(&path).unwrap();
        append_from_threads(&path, |append| {
            std::thread::scope(|scope| {
                for writer in 0..8 {
                    let appender = &appender;
                    scope.spawn(move || append(appender, writer));
                }
            });
        });
        assert_eq!(appender.position(), end_of(&fs::read(&path).unwrap()));
        appender.close().unwrap();

        let path = folder.path().join(format!("{n}-counted.jsonl"));
        let appender = Arc::new(JsonlAppender::builder().durability(durability).shared(true).open(&path).unwrap());
        append_from_threads(&path, |append| {
            std::thread::scope(|scope| {
                for writer in 0..8 {
                    let appender = appender.clone();
                    scope.spawn(move || append(&appender, writer));
                }
            });
        });
        Arc::into_inner(appender).unwrap().close().unwrap();
    }
}

/// A record that logs while it is serialized, or takes its time, holds nobody up.
#[test]
fn a_record_may_append_another_while_it_is_serialized() {
    struct Outer<'a>(&'a JsonlAppender);

    impl Serialize for Outer<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.append("inner").map_err(serde::ser::Error::custom)?;
            self.0.append_raw(b"\"raw\"").map_err(serde::ser::Error::custom)?;
            self.0.sync().map_err(serde::ser::Error::custom)?;
            let position = self.0.append_batch(["batch"]).map_err(serde::ser::Error::custom)?;
            serializer.serialize_str(&format!("outer, behind line {}", position.line))
        }
    }

    let folder = folder();
    for shared in [false, true] {
        for (n, durability) in durabilities().into_iter().enumerate() {
            let path = folder.path().join(format!("{shared}-{n}.jsonl"));
            let appender = JsonlAppender::builder().shared(shared).durability(durability).open(&path).unwrap();
            without_waiting("a record that appends another", move || {
                appender.append(&Outer(&appender)).unwrap();
                appender.append_batch([Outer(&appender)]).unwrap();
            });
            let round = |line| ["inner".into(), "raw".into(), "batch".into(), format!("outer, behind line {line}")];
            assert_eq!(strict_records::<String>(&path), [round(3), round(7)].concat());
        }
    }
}

// --- durability, and the end

#[test]
fn every_policy_writes_at_once() {
    let folder = folder();
    let policies = [
        Durability::Os,
        Durability::EachRecord,
        Durability::EachRecords(0),
        Durability::EachRecords(1),
        Durability::EachRecords(u32::MAX),
        Durability::EachInterval(Duration::ZERO),
        Durability::EachInterval(Duration::from_secs(3_600)),
        Durability::EachInterval(Duration::MAX),
    ];
    for (n, durability) in policies.into_iter().enumerate() {
        let path = folder.path().join(format!("{n}.jsonl"));
        let appender = JsonlAppender::builder().durability(durability).open(&path).unwrap();
        for record in 1..=5u64 {
            appender.append(&record).unwrap();
            assert_eq!(strict_records::<u64>(&path), (1..=record).collect::<Vec<_>>(), "{durability:?}");
        }
        appender.sync().unwrap();
        appender.sync().unwrap();
        appender.append(&6).unwrap();
        appender.close().unwrap();
        assert_eq!(strict_records::<u64>(&path), [1, 2, 3, 4, 5, 6], "{durability:?}");
    }
}

/// Neither `drop` nor `close` waits for the interval, and the thread is gone with the appender.
#[test]
fn the_end_does_not_wait_for_the_interval() {
    let folder = folder();
    let start = Instant::now();
    for interval in [Duration::from_secs(3_600), Duration::MAX] {
        for closes in [false, true] {
            let path = folder.path().join("a.jsonl");
            let appender = JsonlAppender::builder().durability(Durability::EachInterval(interval)).open(&path).unwrap();
            appender.append(&1).unwrap();
            without_waiting("the end", move || match closes {
                true => appender.close().unwrap(),
                false => drop(appender),
            });
        }
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
#[cfg(target_os = "linux")]
fn no_thread_is_left_behind() {
    let threads = || fs::read_dir("/proc/self/task").unwrap().count();
    let folder = quick_folder();
    let before = threads();
    for n in 0..150 {
        let appender = JsonlAppender::builder()
            .durability(Durability::EachInterval(Duration::from_secs(3_600)))
            .open(folder.path().join("a.jsonl"))
            .unwrap();
        appender.append(&n).unwrap();
    }
    // other tests have threads of their own meanwhile, but not that many
    assert!(threads() < before + 100, "{before} threads before, {} after", threads());
}

#[test]
fn after_the_end_the_file_is_free() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    for durability in durabilities() {
        for shared in [false, true] {
            let open = || JsonlAppender::builder().durability(durability).shared(shared).open(&path);
            let appender = open().unwrap();
            appender.append("closed").unwrap();
            appender.close().unwrap();
            let appender = open().unwrap();
            appender.append("dropped").unwrap();
            drop(appender);
            let appender = open().unwrap();
            catch_unwind(AssertUnwindSafe(move || {
                appender.append("unwound").unwrap();
                panic!("on purpose");
            }))
            .unwrap_err();
            JsonlAppender::open(&path).unwrap();
        }
    }
    let want = ["closed", "dropped", "unwound"].repeat(2 * durabilities().len());
    assert_eq!(strict_records::<String>(&path), want);
}
