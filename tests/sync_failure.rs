//! Syncs: that they happen where they must, one for all, and what holds when one fails. The numbers are those of the reliability
//! cases.

#![cfg(target_os = "linux")]

#[path = "common/child.rs"]
mod child;
#[path = "common/rows.rs"]
mod rows;
#[path = "common/sandbox.rs"]
mod sandbox;
#[path = "common/trace.rs"]
mod trace;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use child::{Op, POLICIES, Policy, Script, assert_exactly, os_code};
use rows::{Row, folder, lines, read_rows, tail_of, torn_files};
use sandbox::{SYNCS, alone, fail_calls, skip};
use simd_jsonl::{Error, ErrorKind, JsonlAppender, Result};
use trace::{Act, Run, trace};

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn child() {
    child::run();
}

/// Runs a test's body in a process of its own, which may make its syncs fail, for good, by `fail`.
fn with_failing_syncs(test: &str, body: impl FnOnce(&dyn Fn())) {
    alone(test, || {
        // A filter that changes nothing, to learn whether one is permitted.
        match fail_calls(&[], 0) {
            Ok(()) => body(&|| fail_calls(SYNCS, libc::EIO).unwrap()),
            Err(error) => skip(&format!("calls cannot be made to fail here: {error}")),
        }
    });
}

fn open(path: &Path, policy: Policy, shared: bool) -> JsonlAppender {
    JsonlAppender::builder().durability(policy.durability()).shared(shared).open(path).unwrap()
}

fn assert_io<T: std::fmt::Debug>(result: Result<T>, path: &Path) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), os_code(&error), error.path()), (ErrorKind::Io, Some(libc::EIO), Some(path)), "{error}");
    assert!(error.is_io());
    error
}

fn assert_unsynced<T: std::fmt::Debug>(result: Result<T>, path: &Path) -> Error {
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), os_code(&error), error.path()),
        (ErrorKind::Poisoned, Some(libc::EIO), Some(path)),
        "{error}"
    );
    assert!(error.is_io());
    error
}

fn assert_poisoned<T: std::fmt::Debug>(result: Result<T>, path: &Path) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Poisoned, Some(path)), "{error}");
    assert!(error.is_io());
}

/// All that can be called on a poisoned appender says so, and changes nothing.
fn assert_all_poisoned(appender: JsonlAppender) {
    let path = appender.path().to_owned();
    let before = fs::read(&path).unwrap();
    let to = path.with_extension("rotated");
    for _ in 0..2 {
        assert_poisoned(appender.append(&Row::new(900, 1)), &path);
        assert_poisoned(appender.append_raw(&Row::new(901, 1).line()), &path);
        assert_poisoned(appender.append_batch([Row::new(902, 1), Row::new(903, 1)]), &path);
        assert_poisoned(appender.sync(), &path);
        assert_poisoned(appender.rotate(&to), &path);
    }
    assert_poisoned(appender.close(), &path);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!to.exists());
}

#[test]
fn case_40_a_failed_sync_poisons_under_each_policy() {
    with_failing_syncs("case_40_a_failed_sync_poisons_under_each_policy", |fail| {
        let folder = folder();
        let mut opened = Vec::new();
        for policy in [Policy::Os, Policy::EachRecord, Policy::EachRecords(3), Policy::EachRecords(0)] {
            for shared in [false, true] {
                let path = folder.path().join(format!("{policy:?}-{shared}.jsonl"));
                let appender = open(&path, policy, shared);
                appender.append(&Row::new(1, 5)).unwrap();
                opened.push((policy, path, appender));
            }
        }
        fail();
        for (policy, path, appender) in opened {
            let mut there = vec![1, 2];
            match policy {
                Policy::EachRecords(3) => {
                    appender.append(&Row::new(2, 5)).unwrap();
                    assert_unsynced(appender.append(&Row::new(3, 5)), &path);
                    there.push(3);
                }
                Policy::Os => {
                    appender.append(&Row::new(2, 5)).unwrap();
                    assert_unsynced(appender.sync(), &path);
                }
                _ => drop(assert_unsynced(appender.append(&Row::new(2, 5)), &path)),
            }
            assert_all_poisoned(appender);
            // What nobody knows to be on disk, is in the file all the same.
            assert_eq!(read_rows(&path), there);
        }
    });
}

#[test]
fn case_40_each_way_to_sync_reports_a_failure() {
    with_failing_syncs("case_40_each_way_to_sync_reports_a_failure", |fail| {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        let names = ["raw", "batch", "rotate", "close"];
        let opened = names.map(|name| {
            let policy = if name == "rotate" || name == "close" { Policy::Os } else { Policy::EachRecord };
            let appender = open(&path(name), policy, false);
            appender.append(&Row::new(1, 5)).unwrap();
            appender
        });
        fail();
        let [raw, batch, rotate, close] = opened;
        assert_unsynced(raw.append_raw(&Row::new(2, 5).line()), &path("raw"));
        assert_all_poisoned(raw);
        assert_unsynced(batch.append_batch([Row::new(2, 5), Row::new(3, 5)]), &path("batch"));
        assert_all_poisoned(batch);
        assert_unsynced(rotate.rotate(path("rotated")), &path("rotate"));
        let before: Vec<u64> = [path("rotated"), path("rotate")].iter().flat_map(|path| read_rows(path)).collect();
        assert_eq!(before, [1]);
        assert_poisoned(rotate.append(&Row::new(2, 5)), &path("rotate"));
        assert_unsynced(close.close(), &path("close"));
    });
}

#[test]
fn case_40_a_background_sync_that_fails_poisons() {
    with_failing_syncs("case_40_a_background_sync_that_fails_poisons", |fail| {
        let folder = folder();
        let opened = [false, true]
            .map(|shared| open(&folder.path().join(format!("shared-{shared}.jsonl")), Policy::EachMillisecond, shared));
        fail();
        for appender in opened {
            let (mut done, since) = (0, Instant::now());
            let error = loop {
                match appender.append(&Row::new(done, 5)) {
                    Ok(_) => done += 1,
                    Err(error) => break error,
                }
                assert!(since.elapsed() < Duration::from_secs(20), "no append has learnt of the failure");
                thread::sleep(Duration::from_millis(1));
            };
            assert!(matches!(error.kind(), ErrorKind::Io | ErrorKind::Poisoned), "{error}");
            assert_eq!(read_rows(appender.path()), (0..done).collect::<Vec<u64>>());
            assert_all_poisoned(appender);
        }
    });
}

/// Threads append at full speed when syncs begin to fail: one learns why, all others that it is over.
#[test]
fn case_40_all_threads_that_wait_for_a_failed_sync_are_told() {
    with_failing_syncs("case_40_all_threads_that_wait_for_a_failed_sync_are_told", |fail| {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let appender = open(&path, Policy::EachRecord, false);
        let under_way = AtomicUsize::new(0);
        let ends: Vec<(u64, Error)> = thread::scope(|scope| {
            let threads = [1, 2, 3, 4, 5, 6, 7, 8].map(|t| {
                let (appender, under_way) = (&appender, &under_way);
                scope.spawn(move || {
                    for n in t * 1_000_000.. {
                        under_way.fetch_add(1, SeqCst);
                        if let Err(error) = appender.append(&Row::new(n, 5)) {
                            return (n, error);
                        }
                    }
                    unreachable!()
                })
            });
            while under_way.load(SeqCst) < 100 {
                thread::yield_now();
            }
            fail();
            threads.map(|thread| thread.join().unwrap()).into()
        });
        let kinds: Vec<ErrorKind> = ends.iter().map(|(_, error)| error.kind()).collect();
        assert_eq!(kinds, [ErrorKind::Poisoned; 8]);
        let found = read_rows(&path);
        for (n, _) in &ends {
            let theirs: Vec<u64> = found.iter().filter(|m| *m / 1_000_000 == n / 1_000_000).copied().collect();
            let promised: Vec<u64> = (n / 1_000_000 * 1_000_000..*n).collect();
            assert!(theirs.strip_prefix(&promised[..]).is_some_and(|more| more.is_empty() || more == [*n]));
        }
        assert_all_poisoned(appender);
    });
}

#[test]
fn case_40_nothing_is_opened_that_cannot_be_synced() {
    with_failing_syncs("case_40_nothing_is_opened_that_cannot_be_synced", |fail| {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        fail();
        let row = Row::new(2, 9).line();
        for shared in [false, true] {
            let builder = JsonlAppender::builder().shared(shared).clone();
            let new = folder.path().join(format!("new-{shared}.jsonl"));
            assert_io(builder.open(&new), &new);
            for tail in [&row[..12], &row[..row.len() - 1]] {
                let torn = [&lines(&[(1, 1)])[..], tail].concat();
                fs::write(&path, &torn).unwrap();
                assert_io(builder.open(&path), &path);
                // The tail is still there, or else its copy.
                let bytes = fs::read(&path).unwrap();
                let is_saved = torn_files(&path).iter().any(|file| fs::read(file).unwrap() == tail);
                assert!(bytes.starts_with(&torn) || (is_saved && bytes == torn[..tail_of(&torn)]), "{bytes:?}");
            }
        }
    });
}

/// For each acknowledgement, the syncs of `path` since the one before.
fn syncs_by_op(run: &Run, path: &Path) -> Vec<usize> {
    by_op(run, |call| call.is_sync() && call.is_of(path) && call.result == Some(0))
}

/// For each acknowledgement, the calls of a kind since the one before.
fn by_op(run: &Run, counts: impl Fn(&trace::Call) -> bool) -> Vec<usize> {
    run.calls
        .split_inclusive(|call| call.name == "ack")
        .filter(|calls| calls.last().unwrap().name == "ack")
        .map(|calls| calls.iter().filter(|call| counts(call)).count())
        .collect()
}

#[test]
fn case_40_no_sync_follows_one_that_failed() {
    if !trace::permitted() {
        return;
    }
    for policy in POLICIES {
        for shared in [false, true] {
            let folder = folder();
            let more = [
                Op::Append(2, 5),
                Op::Append(3, 5),
                Op::Batch(vec![(4, 1), (5, 5)]),
                Op::Sync,
                Op::Sleep(20),
                Op::Append(6, 5),
                Op::Rotate(folder.path().join("rotated.jsonl")),
                Op::Sync,
                Op::Close,
            ];
            let ops = [Op::Append(1, 5), Op::Sync, Op::FailSyncs(libc::EIO)].into_iter().chain(more);
            let script = Script::new(&folder.path().join("events.jsonl"), policy, shared, ops);
            let run = trace(&script, |_| Act::GoOn);
            let failed = run.calls.iter().position(|call| call.is_sync() && call.result == Some(-i64::from(libc::EIO)));
            let later = &run.calls[failed.expect("a sync that fails") + 1..];
            assert!(!later.iter().any(trace::Call::is_sync), "a blind retry under {policy:?}: {run:#?}");
            let promised = run.acks.iter().rposition(|ack| ack.result.is_ok() && script.ops[ack.op] != Op::Sleep(20));
            let first = run.acks.iter().position(|ack| ack.result.is_err()).expect("a failure");
            assert!(promised.unwrap() < first, "something was promised after a failed sync: {run:#?}");
            let found = read_rows(&script.path);
            assert_exactly(&found, &script.begun_or_failed(&run.acks, 0), &|| format!("{run:#?}"));
        }
    }
}

#[test]
fn case_34_each_record_and_each_batch_is_one_write() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        let folder = folder();
        let sizes = [0, 80, 1000, 4096, 5000, 65_536, 100_000, 800_000];
        let mut ops: Vec<Op> = (1..).zip(sizes).map(|(n, size)| Op::Append(n, size)).collect();
        ops.extend((100..).zip(sizes).map(|(n, size)| Op::Raw(n, size)));
        ops.push(Op::Batch((200..).zip(sizes).collect()));
        ops.push(Op::Batch((300..1300).map(|n| (n, 50)).collect()));
        ops.push(Op::Batch(Vec::new()));
        let script = Script::new(&folder.path().join("events.jsonl"), Policy::Os, shared, ops);
        let run = trace(&script, |_| Act::GoOn);
        assert_exactly(&read_rows(&script.path), &script.begun(&run.acks, 0), &String::new);
        let writes = by_op(&run, |call| call.is_write() && call.is_of(&script.path));
        let mut expected = vec![1; script.ops.len()];
        // Opening, and a batch of no records, write nothing.
        (expected[0], expected[script.ops.len() - 1]) = (0, 0);
        assert_eq!(writes, expected);
        assert_eq!(by_op(&run, |call| call.is_write()), expected, "something else was written to");
    }
}

#[test]
fn case_40_as_many_syncs_as_the_policy_says() {
    if !trace::permitted() {
        return;
    }
    let table: [(Policy, [usize; 9]); 5] = [
        (Policy::Os, [0, 0, 0, 0, 0, 0, 0, 1, 0]),
        (Policy::EachRecord, [1, 1, 1, 1, 0, 1, 1, 0, 0]),
        (Policy::EachRecords(1), [1, 1, 1, 1, 0, 1, 1, 0, 0]),
        (Policy::EachRecords(0), [1, 1, 1, 1, 0, 1, 1, 0, 0]),
        // The batch completes three records, and the sixth record six.
        (Policy::EachRecords(3), [0, 0, 1, 0, 0, 1, 0, 1, 0]),
    ];
    for (policy, expected) in table {
        for shared in [false, true] {
            let folder = folder();
            // A batch of no records needs nothing.
            let ops = [
                Op::Append(1, 5),
                Op::Batch(vec![(2, 0)]),
                Op::Batch(vec![(3, 1), (4, 2)]),
                Op::Raw(5, 5),
                Op::Batch(Vec::new()),
                Op::Append(6, 5),
                Op::Append(7, 5),
                Op::Sync,
                Op::Close,
            ];
            let script = Script::new(&folder.path().join("events.jsonl"), policy, shared, ops);
            let run = trace(&script, |_| Act::GoOn);
            assert!(run.acks.iter().all(|ack| ack.result.is_ok()), "{run:#?}");
            assert_eq!(syncs_by_op(&run, &script.path)[1..], expected, "{policy:?}: {run:#?}");
            // Each sync is behind the write whose record it is for.
            for calls in run.calls.split(|call| call.name == "ack").skip(1) {
                let written = calls.iter().rposition(trace::Call::is_write);
                let synced = calls.iter().rposition(trace::Call::is_sync);
                assert!(synced.is_none() || synced > written, "{calls:#?}");
            }
        }
    }
}

#[test]
fn case_40_closing_syncs_under_every_policy() {
    if !trace::permitted() {
        return;
    }
    for policy in POLICIES {
        let folder = folder();
        let ops = [Op::Append(1, 5), Op::Append(2, 5), Op::Close];
        let script = Script::new(&folder.path().join("events.jsonl"), policy, false, ops);
        let run = trace(&script, |_| Act::GoOn);
        let last = |wanted: &dyn Fn(&trace::Call) -> bool| run.calls.iter().rposition(wanted);
        let written = last(&|call| call.is_write());
        let synced = last(&|call| call.is_sync() && call.is_of(&script.path) && call.result == Some(0));
        assert!(written.is_some() && synced > written, "{policy:?}: {run:#?}");
    }
}

/// The interval is a millisecond here, and the disk is in memory.
#[test]
fn case_40_what_is_older_than_the_interval_is_synced() {
    if !trace::permitted() {
        return;
    }
    let folder = folder();
    let ops = [Op::Sleep(50), Op::Append(1, 5), Op::Sleep(50), Op::Sleep(50), Op::Append(2, 5), Op::Sleep(50)];
    let script = Script::new(&folder.path().join("events.jsonl"), Policy::EachMillisecond, false, ops);
    let run = trace(&script, |_| Act::GoOn);
    let syncs = syncs_by_op(&run, &script.path);
    // A sync may begin before the acknowledgement of the append.
    assert_eq!((syncs[1], syncs[2] + syncs[3], syncs[4], syncs[5] + syncs[6]), (0, 1, 0, 1), "{run:#?}");
}

#[test]
fn case_40_threads_share_syncs() {
    if !trace::permitted() {
        return;
    }
    let folder = folder();
    let mut script = Script::new(&folder.path().join("events.jsonl"), Policy::EachRecord, false, []);
    script.threads = (0..8).map(|t| vec![Op::Append(t, 5)]).collect();
    let mut written = 0;
    let run = trace(&script, |call| match (call.name, call.result) {
        // The first sync lasts until all have written their record.
        ("fdatasync", None) if written < 8 => Act::Hold,
        ("write", Some(_)) => {
            written += 1;
            if written == 8 { Act::Release } else { Act::GoOn }
        }
        _ => Act::GoOn,
    });
    assert_eq!(run.calls.iter().filter(|call| call.name == "fdatasync").count(), 2, "{run:#?}");
    assert!(run.acks.len() == 9 && run.acks.iter().all(|ack| ack.result.is_ok()), "{run:#?}");
    assert_eq!(read_rows(&script.path).len(), 8);
}

/// The sync that eight threads wait for fails: not one of them is told that its record is on disk.
#[test]
fn case_40_a_failed_sync_fails_all_that_wait_for_it() {
    if !trace::permitted() {
        return;
    }
    let folder = folder();
    let fail = [Op::FailSyncs(libc::EIO)];
    let mut script = Script::new(&folder.path().join("events.jsonl"), Policy::EachRecord, false, fail);
    script.threads = (0..8).map(|t| vec![Op::Append(t, 5)]).collect();
    let mut written = 0;
    let run = trace(&script, |call| match (call.name, call.result) {
        ("fdatasync", None) if written < 8 => Act::Hold,
        ("write", Some(_)) => {
            written += 1;
            if written == 8 { Act::Release } else { Act::GoOn }
        }
        _ => Act::GoOn,
    });
    let told: Vec<&str> = run.acks[2..].iter().map(|ack| &ack.result.as_ref().unwrap_err().kind[..]).collect();
    assert_eq!(told, ["Poisoned"; 8]);
    assert_eq!(run.calls.iter().filter(|call| call.name == "fdatasync").count(), 1, "{run:#?}");
}

/// What is repaired is on disk before the next step, and all of it before anything is promised: a power failure at any moment
/// loses nothing either.
#[test]
fn case_40_a_repair_gets_to_disk_in_order() {
    if !trace::permitted() {
        return;
    }
    let row = Row::new(2, 20).line();
    let before = lines(&[(1, 5)]);
    for (tail, is_saved_already) in [(&row[..20], false), (&row[..20], true), (&row[..row.len() - 1], false)] {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let copy = folder.path().join(format!("events.jsonl.torn-{}", before.len()));
        fs::write(&path, [&before[..], tail].concat()).unwrap();
        if is_saved_already {
            // By a repair that was killed then.
            fs::write(&copy, tail).unwrap();
        }
        let script = Script::new(&path, Policy::Os, false, []);
        let run = trace(&script, |_| Act::GoOn);
        assert_eq!(torn_files(&path), if tail.len() == 20 { vec![copy.clone()] } else { vec![] });
        let steps: Vec<(&str, &Path)> = match (tail.len() == 20, is_saved_already) {
            (false, _) => vec![("write", &path), ("sync", &path)],
            (true, true) => vec![("sync", &copy), ("sync", folder.path()), ("ftruncate", &path), ("sync", &path)],
            (true, false) => {
                vec![("write", &copy), ("sync", &copy), ("sync", folder.path()), ("ftruncate", &path), ("sync", &path)]
            }
        };
        let mut calls = run.calls.iter().take_while(|call| call.name != "ack");
        for (name, file) in steps {
            let is_it =
                |call: &trace::Call| (if call.is_sync() { "sync" } else { call.name }) == name && call.is_of(file);
            assert!(calls.any(is_it), "no {name} of {file:?} in its turn: {run:#?}");
        }
    }
}

/// The directories that were synced, before each acknowledgement.
fn directories_by_op(run: &Run) -> Vec<Vec<PathBuf>> {
    run.calls
        .split_inclusive(|call| call.name == "ack")
        .map(|calls| {
            let done = calls.iter().filter(|call| call.is_sync() && call.result == Some(0));
            let files = done.filter_map(|call| call.file.clone());
            files.filter(|path| path.is_dir()).collect()
        })
        .collect()
}

#[test]
fn case_40_the_directory_of_a_new_file_is_synced() {
    if !trace::permitted() {
        return;
    }
    for policy in [Policy::Os, Policy::EachRecord] {
        for shared in [false, true] {
            let folder = folder();
            let (here, there) = (folder.path().join("here"), folder.path().join("there"));
            fs::create_dir(&here).unwrap();
            fs::create_dir(&there).unwrap();
            let ops = [
                Op::Append(1, 5),
                Op::Rotate(here.join("rotated.jsonl")),
                Op::Append(2, 5),
                Op::Rotate(there.join("rotated.jsonl")),
                Op::Append(3, 5),
            ];
            let script = Script::new(&here.join("events.jsonl"), policy, shared, ops);
            let run = trace(&script, |_| Act::GoOn);
            let synced = directories_by_op(&run);
            assert!(synced[0].contains(&here), "opening: {run:#?}");
            assert!(synced[2].contains(&here), "a rotation: {run:#?}");
            assert!(synced[4].contains(&here) && synced[4].contains(&there), "a rotation elsewhere: {run:#?}");
        }
    }
}

/// Under every policy, `sync` reaches what is in another file by now.
#[test]
fn case_40_a_sync_reaches_what_was_rotated_away() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        // The appender rotates itself, or somebody else moves the file.
        for moved in [false, true] {
            let folder = folder();
            let (path, to) = (folder.path().join("events.jsonl"), folder.path().join("rotated.jsonl"));
            if moved && !shared {
                continue;
            }
            let rotation = if moved { Op::Sleep(1) } else { Op::Rotate(to.clone()) };
            let script =
                Script::new(&path, Policy::Os, shared, [Op::Append(1, 5), rotation, Op::Append(2, 5), Op::Sync]);
            let mut acks = 0;
            let run = trace(&script, |call| {
                acks += usize::from(call.name == "ack" && call.result.is_none());
                if moved && acks == 2 && !to.exists() {
                    fs::rename(&path, &to).unwrap();
                }
                Act::GoOn
            });
            assert!(run.acks.len() == 5 && run.acks.iter().all(|ack| ack.result.is_ok()), "{run:#?}");
            assert_eq!([read_rows(&to), read_rows(&path)], [[1], [2]]);
            let inode = |call: &&trace::Call| call.is_of(&path) || call.is_of(&to);
            let synced: Vec<_> = run.calls.iter().filter(|c| c.name == "fdatasync").filter(inode).collect();
            // the old file and the new one; a shared one again under the lock, because others may have appended
            assert_eq!(synced.len(), if shared && !moved { 3 } else { 2 }, "{run:#?}");
            assert!(!moved || synced[0].is_of(&to), "{run:#?}");
        }
    }
}

/// Where a file gets into another directory, that one has its new name before the old one can be gone.
#[test]
fn case_40_a_rotation_syncs_the_new_name_first() {
    if !trace::permitted() {
        return;
    }
    let folder = folder();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    fs::create_dir(&here).unwrap();
    fs::create_dir(&there).unwrap();
    let ops = [Op::Append(1, 5), Op::Rotate(there.join("rotated.jsonl"))];
    let script = Script::new(&here.join("events.jsonl"), Policy::EachRecord, false, ops);
    let run = trace(&script, |_| Act::GoOn);
    let synced = &directories_by_op(&run)[2];
    let first = |directory: &PathBuf| synced.iter().position(|path| path == directory).expect("a sync");
    assert!(first(&there) < first(&here), "{synced:?}");
}

/// Nor does it say yes to nothing.
#[test]
fn case_40_a_poisoned_appender_refuses_an_empty_batch() {
    with_failing_syncs("case_40_a_poisoned_appender_refuses_an_empty_batch", |fail| {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let appender = open(&path, Policy::EachRecord, false);
        fail();
        assert_unsynced(appender.append(&Row::new(1, 5)), &path);
        assert_poisoned(appender.append_batch(&[] as &[Row]), &path);
    });
}

/// Nobody called the sync that failed: the next one who calls anything learns why.
#[test]
fn case_40_a_background_sync_that_fails_has_a_reason() {
    with_failing_syncs("case_40_a_background_sync_that_fails_has_a_reason", |fail| {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let appender = open(&path, Policy::EachMillisecond, false);
        fail();
        let error = (0..10_000).find_map(|n| {
            thread::sleep(Duration::from_millis(1));
            appender.append(&Row::new(n, 5)).err()
        });
        assert_unsynced::<()>(Err(error.expect("a failure")), &path);
        assert_all_poisoned(appender);
    });
}
