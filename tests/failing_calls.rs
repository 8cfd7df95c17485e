//! System calls that do less than they should, made to by ptrace: writes that are short at any byte, calls that are interrupted,
//! and any call that fails. The numbers are those of the reliability cases.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "common/child.rs"]
mod child;
#[path = "common/rows.rs"]
mod rows;
#[path = "common/sandbox.rs"]
mod sandbox;
#[path = "common/trace.rs"]
mod trace;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use child::{Failure, Op, Policy, Script, assert_exactly};
use rows::{Row, assert_position, folder, is_whole, lines, open_and_check, read_rows, torn_files};
use simd_jsonl::JsonlReader;
use trace::{Act, Call, Run, trace};

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn child() {
    child::run();
}

/// Where in its script a child is, by the acknowledgements that go by.
#[derive(Default)]
struct Place {
    /// The operation that runs.
    op: usize,
    /// The number of its write to the file, from 1.
    write: usize,
}

impl Place {
    /// Follows a call. Whether it is a write to this file that begins.
    fn is_write(&mut self, call: &Call, path: &Path) -> bool {
        match (call.name, call.result) {
            ("ack", None) => (self.op, self.write) = (self.op + 1, 0),
            (_, None) if call.is_write() && call.is_of(path) => {
                self.write += 1;
                return true;
            }
            _ => {}
        }
        false
    }
}

fn script(folder: &Path, shared: bool, ops: impl IntoIterator<Item = Op>) -> Script {
    Script::new(&folder.join("events.jsonl"), Policy::Os, shared, ops)
}

fn all_ok(run: &Run) -> bool {
    run.acks.iter().all(|ack| ack.result.is_ok())
}

#[test]
fn case_35_a_short_write_is_continued() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        let folder = folder();
        let rows: Vec<(u64, usize)> = (1..60).map(|n| (n, 40)).collect();
        let script = script(folder.path(), shared, rows.iter().map(|(n, chars)| Op::Append(*n, *chars)));
        // Record n is cut at byte n, then one byte later, and then at the last.
        let mut place = Place::default();
        let run = trace(&script, |call| match place.is_write(call, &script.path) {
            true if place.write == 1 => Act::Shorten(place.op as u64),
            true if place.write == 2 => Act::Shorten(1),
            true if place.write == 3 => Act::Shorten((call.args[2] - 1).max(1)),
            _ => Act::GoOn,
        });
        assert!(all_ok(&run), "{run:#?}");
        assert_eq!(fs::read(&script.path).unwrap(), lines(&rows));
        let writes = run.calls.iter().filter(|call| call.is_write() && call.is_of(&script.path)).count();
        assert!(writes > 3 * 50, "only {writes} writes: they were not short");
        for (ack, (n, chars)) in run.acks[1..].iter().zip(&rows) {
            let at = ack.result.clone().unwrap().unwrap();
            assert_position(&lines(&rows), &Row::new(*n, *chars), at);
        }
    }
}

/// A signal arrives at a call, before and (of writes) after some progress.
#[test]
fn case_35_an_interrupted_call_is_made_again() {
    if !trace::permitted() {
        return;
    }
    let torn = lines(&[(1, 5), (2, 50)]);
    let torn = &torn[..torn.len() - 9];
    for name in ["write", "fdatasync", "fsync", "ftruncate", "openat"] {
        for shared in [false, true] {
            let folder = folder();
            let ops = [
                Op::Append(3, 40),
                Op::Batch(vec![(4, 3), (5, 100)]),
                Op::Raw(6, 10),
                Op::Sync,
                Op::Rotate(folder.path().join("rotated.jsonl")),
                Op::Append(7, 1),
                Op::Close,
            ];
            let mut script = script(folder.path(), shared, ops);
            script.policy = Policy::EachRecords(3);
            fs::write(&script.path, torn).unwrap();
            // Every other call of this name is interrupted, and each second write is short.
            let (mut calls, mut interrupted) = (0, 0);
            let run = trace(&script, |call| {
                if call.name != name || call.result.is_some() {
                    return Act::GoOn;
                }
                calls += 1;
                match calls % 4 {
                    1 | 3 => {
                        interrupted += 1;
                        Act::Fail(libc::EINTR)
                    }
                    2 if name == "write" && call.is_of(&script.path) => Act::Shorten(call.args[2] / 2),
                    _ => Act::GoOn,
                }
            });
            let context = || format!("{interrupted} times EINTR from {name}, shared: {shared}: {run:#?}");
            assert!(all_ok(&run), "{}", context());
            assert!(interrupted > 1 || name == "ftruncate", "{}", context());
            let rotated = folder.path().join("rotated.jsonl");
            assert_eq!([read_rows(&rotated), read_rows(&script.path)], [vec![1, 3, 4, 5, 6], vec![7]], "{}", context());
        }
    }
}

/// A write takes some bytes, then none: the file is as before, and the next record follows what was there.
#[test]
fn case_35_a_record_that_cannot_be_written_whole_is_cut_back() {
    if !trace::permitted() {
        return;
    }
    for (shared, code) in [(false, libc::ENOSPC), (true, libc::EIO), (true, libc::EDQUOT)] {
        let folder = folder();
        let len = Row::new(1000, 20).line().len();
        let ops = (0..len as u64).flat_map(|k| [Op::Append(1000, 20), Op::Append(k, k as usize % 5)]);
        let script = script(folder.path(), shared, ops);
        let mut place = Place::default();
        let run = trace(&script, |call| match place.is_write(call, &script.path) {
            // Operations 1, 3, 5 and so on fail, after so many bytes.
            true if place.op % 2 == 1 && place.write == 1 && place.op > 1 => Act::Shorten(place.op as u64 / 2),
            true if place.op % 2 == 1 => Act::Fail(code),
            _ => Act::GoOn,
        });
        for ack in &run.acks[1..] {
            match &ack.result {
                Ok(_) => assert!(ack.op % 2 == 0, "{ack:?}"),
                Err(failure) => {
                    assert!(ack.op % 2 == 1, "{ack:?}");
                    assert_failed(failure, code, &script.path);
                }
            }
        }
        let good: Vec<(u64, usize)> = (0..len as u64).map(|k| (k, k as usize % 5)).collect();
        assert_eq!(fs::read(&script.path).unwrap(), lines(&good));
        let cuts = run.calls.iter().filter(|call| call.name == "ftruncate").count();
        assert_eq!(cuts, len - 1, "a failure without progress needs no cut, all others need one");
    }
}

fn assert_failed(failure: &Failure, code: i32, path: &Path) {
    // what fails with EIO may be a sync
    let kind = if code == libc::EIO && failure.kind == "Poisoned" { "Poisoned" } else { "Io" };
    assert_eq!((failure.kind.as_str(), failure.code, failure.path.as_deref()), (kind, Some(code), Some(path)));
    assert!(failure.text.contains(path.to_str().unwrap()), "{failure:?}");
}

/// Nor can the file be cut: the fragment is closed by the next record, with one write, and costs nothing else.
#[test]
fn case_35_a_fragment_that_cannot_be_cut_off_is_closed() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        let folder = folder();
        let failing = Row::new(1000, 20).line();
        let ops = (0..failing.len() as u64).flat_map(|k| [Op::Append(1000, 20), Op::Append(k, 3), Op::Append(k, 4)]);
        let script = script(folder.path(), shared, ops);
        let mut place = Place::default();
        let run = trace(&script, |call| {
            let is_write = place.is_write(call, &script.path);
            match place.op % 3 == 1 {
                true if is_write && place.write == 1 && place.op > 1 => Act::Shorten(place.op as u64 / 3),
                true if is_write => Act::Fail(libc::ENOSPC),
                true if call.name == "ftruncate" && call.result.is_none() => Act::Fail(libc::EIO),
                _ => Act::GoOn,
            }
        });
        let bytes = fs::read(&script.path).unwrap();
        let mut expected = Vec::new();
        for k in 0..failing.len() {
            if k > 0 {
                expected.extend_from_slice(&failing[..k]);
                expected.push(b'\n');
            }
            for (op, chars) in [(3 * k + 2, 3), (3 * k + 3, 4)] {
                let row = Row::new(k as u64, chars);
                expected.extend_from_slice(&row.line());
                let at = run.acks[op].result.clone().unwrap().expect("a position");
                assert_position(&bytes, &row, at);
            }
            assert_failed(run.acks[3 * k + 1].result.as_ref().unwrap_err(), libc::ENOSPC, &script.path);
        }
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&expected));
        // Two for the failing one unless it failed at once, and one for each that succeeded.
        let writes = run.calls.iter().filter(|call| call.is_write() && call.is_of(&script.path)).count();
        assert_eq!(writes, 4 * failing.len() - 1);
    }
}

/// A process is killed when the kernel had taken some bytes of a record.
#[test]
fn case_38_killed_in_the_middle_of_a_write() {
    if !trace::permitted() {
        return;
    }
    let last = [Op::Append(3, 30), Op::Raw(3, 30), Op::Batch(vec![(3, 10), (4, 0), (5, 40)])];
    for (i, op) in last.iter().enumerate() {
        let whole: Vec<u8> = match op {
            Op::Batch(rows) => lines(rows),
            _ => lines(&[(3, 30)]),
        };
        // Every third byte; the three operations together have been cut at all.
        for k in (1 + i..whole.len() + 1).step_by(3) {
            let folder = folder();
            let script = script(folder.path(), i % 2 == 1, [Op::Append(1, 5), Op::Append(2, 0), op.clone()]);
            let run = torn_at(&script, 3, k as u64);
            assert_eq!(run.acks.len(), 3, "{run:#?}");
            let appender = open_and_check(&script.builder(), &script.path);
            appender.append(&Row::new(999, 7)).unwrap();
            drop(appender);
            // Of a batch, the first records may be whole.
            let done = whole[..k].iter().filter(|b| **b == b'\n').count();
            let rest = whole[..k].rsplit(|b| *b == b'\n').next().unwrap();
            let more = &op.rows()[..done + usize::from(is_whole(rest))];
            assert_eq!(read_rows(&script.path), [&[1, 2], more, &[999]].concat(), "cut at {k}");
            assert_eq!(torn_files(&script.path).len(), usize::from(!rest.is_empty() && !is_whole(rest)));
        }
    }
}

/// Runs a script whose n-th operation is killed when its write has taken `k` bytes.
fn torn_at(script: &Script, op: usize, k: u64) -> Run {
    let mut place = Place::default();
    let run = trace(script, |call| match place.is_write(call, &script.path) {
        true if place.op == op => Act::Shorten(k),
        false if place.op == op && call.is_write() && call.is_of(&script.path) => Act::Kill,
        _ => Act::GoOn,
    });
    assert!(run.killed, "{run:#?}");
    run
}

/// The same, and a shared appender that lives goes on, or another opens the file first.
#[test]
fn case_38_a_fragment_of_a_dead_process_costs_itself_alone() {
    if !trace::permitted() {
        return;
    }
    let whole = Row::new(3, 30).line();
    for k in (1..whole.len()).step_by(2) {
        for opens_first in [false, true] {
            let folder = folder();
            let script = script(folder.path(), true, [Op::Append(2, 5), Op::Append(3, 30)]);
            let lives = script.builder().open(&script.path).unwrap();
            lives.append(&Row::new(1, 9)).unwrap();
            torn_at(&script, 2, k as u64);
            let other = opens_first.then(|| open_and_check(&script.builder(), &script.path));
            let at = lives.append(&Row::new(4, 9)).unwrap();
            if let Some(other) = other {
                other.append(&Row::new(5, 9)).unwrap();
            }
            let bytes = fs::read(&script.path).unwrap();
            assert_position(&bytes, &Row::new(4, 9), (at.offset, at.line));
            let fragment = match opens_first && k < whole.len() - 1 {
                true => Vec::new(),
                false => [&whole[..k], b"\n"].concat(),
            };
            let after = if opens_first { lines(&[(4, 9), (5, 9)]) } else { lines(&[(4, 9)]) };
            let expected = [lines(&[(1, 9), (2, 5)]), fragment, after].concat();
            assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&expected), "cut at {k}");
            let records = JsonlReader::from_path(&script.path).unwrap().into_deserialize::<Row>();
            let good: Vec<u64> = records.filter_map(|row| Some(row.ok()?.n)).filter(|n| *n != 3).collect();
            assert_eq!(good, if opens_first { &[1, 2, 4, 5][..] } else { &[1, 2, 4] });
        }
    }
}

/// Opens a torn file and does some of everything.
fn everything(folder: &Path, policy: Policy, shared: bool) -> Script {
    let path = folder.join("events.jsonl");
    let torn = lines(&[(1, 5), (2, 50)]);
    fs::write(&path, &torn[..torn.len() - 9]).unwrap();
    let ops = [
        Op::Append(3, 40),
        Op::Batch(vec![(4, 5), (5, 0), (6, 300)]),
        Op::Sync,
        Op::Rotate(folder.join("rotated.jsonl")),
        Op::Append(7, 3),
        Op::Append(8, 3),
        Op::Close,
    ];
    Script::new(&path, policy, shared, ops)
}

/// What must hold whatever has failed: what was acknowledged is there, once and in order, and no call claims anything after a
/// failed sync. Returns the records that are there.
fn look(script: &Script, run: &Run, context: &dyn Fn() -> String) -> Vec<u64> {
    if let Some(failed) = run.acks.iter().position(|ack| ack.result.as_ref().is_err_and(|f| f.kind == "Poisoned")) {
        let later = &run.acks[failed..];
        assert!(
            later.iter().all(|ack| ack.result.is_err()),
            "something was promised after a failed sync: {}",
            context()
        );
    }
    let appender = open_and_check(&script.builder(), &script.path);
    appender.append(&Row::new(999, 7)).unwrap();
    drop(appender);
    let (first, last) = (Op::Append(1, 5), Op::Append(999, 7));
    let mut begun = vec![(&first, true)];
    begun.extend(script.begun_or_failed(&run.acks, 0));
    begun.push((&last, true));
    let rotated = script.ops.iter().find_map(Op::target).unwrap();
    let found: Vec<u64> = [&rotated, &script.path].iter().flat_map(|path| read_rows(path)).collect();
    assert_exactly(&found, &begun, context);
    found
}

/// Each call in turn fails, once. The appender says so if anything is wrong then, and nothing is lost.
#[test]
fn case_36_any_call_fails() {
    if !trace::permitted() {
        return;
    }
    let mut failed = BTreeSet::new();
    for (policy, shared) in [(Policy::Os, false), (Policy::EachRecord, false), (Policy::EachRecord, true)] {
        for n in 1.. {
            let folder = folder();
            let script = everything(folder.path(), policy, shared);
            let mut name = "";
            let run = trace(&script, |call| {
                if call.number != n || !call.matters() || call.result.is_some() {
                    return Act::GoOn;
                }
                name = call.name;
                Act::Fail(if call.is_sync() { libc::EIO } else { libc::ENOSPC })
            });
            if name.is_empty() {
                assert!(all_ok(&run), "{run:#?}");
                break;
            }
            failed.insert(name);
            let context = || format!("{name}, call {n}, failed: {run:#?}");
            look(&script, &run, &context);
            if name == "unlink" {
                continue; // a lock file that stays is no harm
            }
            let code = if name.ends_with("sync") { libc::EIO } else { libc::ENOSPC };
            let first = run.acks.iter().find_map(|ack| ack.result.as_ref().err());
            let first = first.unwrap_or_else(|| panic!("nobody was told: {}", context()));
            assert_failed(first, code, &script.path);
        }
    }
    let expected = ["fdatasync", "fsync", "ftruncate", "openat", "rename", "write"];
    assert!(expected.iter().all(|name| failed.contains(name)), "{failed:?}");
}

/// A call fails, and a while later the process is killed.
#[test]
fn case_38_killed_after_a_call_has_failed() {
    if !trace::permitted() {
        return;
    }
    for fails in 1.. {
        let mut has_failed = false;
        for more in 1.. {
            let folder = folder();
            let script = everything(folder.path(), Policy::Os, false);
            has_failed = false;
            let mut name = "";
            let run = trace(&script, |call| match call.number {
                _ if !call.matters() || call.result.is_some() => Act::GoOn,
                n if n == fails => {
                    (has_failed, name) = (true, call.name);
                    Act::Fail(libc::EIO)
                }
                n if n == fails + more => Act::Kill,
                _ => Act::GoOn,
            });
            look(&script, &run, &|| format!("{name}, call {fails}, failed; killed at {}: {run:#?}", fails + more));
            if !run.killed {
                break;
            }
        }
        if !has_failed {
            break;
        }
    }
}

/// A signal arrives while a shared appender waits for its turn.
#[test]
fn case_35_an_interrupted_wait_for_the_lock_is_continued() {
    if !trace::permitted() {
        return;
    }
    let folder = folder();
    let ops = [
        Op::Append(1, 5),
        Op::Batch(vec![(2, 3), (3, 100)]),
        Op::Raw(4, 10),
        Op::Rotate(folder.path().join("rotated.jsonl")),
        Op::Append(5, 1),
        Op::Close,
    ];
    let script = script(folder.path(), true, ops);
    let mut waits = 0;
    let run = trace(&script, |call| {
        let is_wait = call.name == "flock" && [libc::LOCK_SH, libc::LOCK_EX].contains(&(call.args[1] as i32));
        waits += usize::from(is_wait && call.result.is_none());
        if is_wait && call.result.is_none() && waits % 2 == 1 { Act::Fail(libc::EINTR) } else { Act::GoOn }
    });
    assert!(waits > 0, "{run:#?}");
    assert!(all_ok(&run), "{run:#?}");
    assert_eq!(read_rows(&script.path), [5]);
}

/// Each call in turn fails, those that only look included; a shared appender has let go of the file when it says so.
#[test]
fn case_37_the_lock_is_let_go_of_whatever_fails() {
    if !trace::permitted() {
        return;
    }
    for n in 1.. {
        let folder = folder();
        let script = everything(folder.path(), Policy::EachRecord, true);
        let (mut calls, mut failed, mut locked) = (0, None, false);
        let run = trace(&script, |call| {
            if call.name == "ack" && call.result.is_none() {
                // It stands still, so the lock is its own if it is anybody's.
                let file = fs::File::open(&script.path);
                locked |= file.is_ok_and(|file| file.try_lock().is_err());
                return Act::GoOn;
            }
            // That it cannot be let go of at all is no case.
            if call.result.is_some() || (call.name == "flock" && call.args[1] as i32 == libc::LOCK_UN) {
                return Act::GoOn;
            }
            calls += 1;
            if calls != n {
                return Act::GoOn;
            }
            failed = Some(call.clone());
            Act::Fail(libc::EIO)
        });
        let Some(failed) = failed else { break };
        let context = || format!("{failed:?}, call {n}, failed: {run:#?}");
        assert!(!locked, "the file is locked after {}", context());
        look(&script, &run, &context);
    }
}

/// Each sync in turn fails, of the file or of a directory: from then on the appender refuses everything.
#[test]
fn case_40_any_sync_that_fails_poisons() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        for n in 1.. {
            let folder = folder();
            let script = everything(folder.path(), Policy::EachRecord, shared);
            let mut syncs = 0;
            let run = trace(&script, |call| {
                syncs += usize::from(call.is_sync() && call.result.is_none());
                if syncs == n && call.is_sync() && call.result.is_none() { Act::Fail(libc::EIO) } else { Act::GoOn }
            });
            let Some(first) = run.acks.iter().position(|ack| ack.result.is_err()) else {
                assert!(syncs < n, "sync {n} has failed, and nobody was told: {run:#?}");
                break;
            };
            for ack in &run.acks[first + 1..] {
                let kind = ack.result.as_ref().map_err(|failure| failure.kind.as_str());
                assert_eq!(kind, Err("Poisoned"), "after sync {n}: {run:#?}");
            }
        }
    }
}

/// Two threads sync the same file. The kernel reports a failure to one of them only: what the other one is told afterwards is
/// worth nothing.
#[test]
fn case_40_a_sync_that_ends_after_a_failed_one_promises_nothing() {
    if !trace::permitted() {
        return;
    }
    let folder = folder();
    let mut script = Script::new(&folder.path().join("events.jsonl"), Policy::EachRecord, false, []);
    script.threads =
        vec![vec![Op::Append(1, 5)], vec![Op::Sleep(100), Op::Rotate(folder.path().join("rotated.jsonl"))]];
    let (mut syncs, mut ends) = (0, Vec::new());
    let run = trace(&script, |call| match (call.name, call.result) {
        ("fdatasync", None) => {
            syncs += 1;
            if syncs == 1 { Act::Hold } else { Act::Fail(libc::EIO) }
        }
        ("fdatasync", Some(result)) => {
            ends.push(result);
            Act::GoOn
        }
        // The acknowledgement of what failed.
        ("ack", Some(_)) if syncs == 2 => Act::Release,
        _ => Act::GoOn,
    });
    let counts = |ack: &&child::Ack| ack.thread > 0 && script.threads[ack.thread - 1][ack.op] != Op::Sleep(100);
    let promised = run.acks.iter().filter(counts).filter(|ack| ack.result.is_ok());
    // One waits for the other: either they share a sync, or the first has ended before the second fails.
    let expected = if ends.len() == 1 { 2 * usize::from(ends[0] == 0) } else { usize::from(ends[0] == 0) };
    assert_eq!(promised.count(), expected, "{ends:?}: {run:#?}");
}

/// Somebody has moved the file, and one call fails while a shared appender follows: what it had appended is synced all the same.
#[test]
fn case_40_a_file_that_was_moved_is_not_forgotten() {
    if !trace::permitted() {
        return;
    }
    for n in 1.. {
        let folder = folder();
        let (path, to) = (folder.path().join("events.jsonl"), folder.path().join("moved.jsonl"));
        let ops = [Op::Append(1, 5), Op::Append(2, 5), Op::Append(3, 5), Op::Sync];
        let script = Script::new(&path, Policy::Os, true, ops);
        let (mut op, mut calls) = (0, 0);
        let run = trace(&script, |call| {
            if call.name == "ack" && call.result.is_none() {
                op += 1;
                if op == 2 {
                    fs::rename(&path, &to).unwrap();
                }
                return Act::GoOn;
            }
            calls += usize::from(op == 2 && call.result.is_none());
            if op == 2 && call.result.is_none() && calls == n { Act::Fail(libc::EIO) } else { Act::GoOn }
        });
        let is_synced = run.calls.iter().any(|call| call.is_sync() && call.is_of(&to) && call.result == Some(0));
        let last = run.acks.last().unwrap();
        assert!(last.op == 4 && (last.result.is_err() || is_synced), "call {n} failed: {run:#?}");
        if calls < n {
            break;
        }
    }
}
