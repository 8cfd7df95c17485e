//! What another thread or process does at a certain moment, which ptrace lets one choose.

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

use child::{Op, Policy, Script};
use rows::{folder, lines, open_and_check, read_rows, torn_files};
use trace::{Act, trace};

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn child() {
    child::run();
}

/// Two open a torn file that they share. One repairs it after any call of the other one.
#[test]
fn a_file_is_opened_while_another_one_repairs_it() {
    if !trace::permitted() {
        return;
    }
    let torn = lines(&[(1, 5), (2, 50)]);
    let torn = &torn[..torn.len() - 9];
    let mut repairs = 0;
    for n in 1.. {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        fs::write(&path, torn).unwrap();
        let script = Script::new(&path, Policy::Os, true, [Op::Append(3, 5), Op::Close]);
        // From its first look at the file until it has the lock.
        let (mut is_open, mut calls) = (false, 0);
        let run = trace(&script, |call| {
            is_open |= call.is_of(&path);
            if call.name == "flock" && call.is_of(&path) || call.name == "ack" {
                calls = usize::MAX;
            }
            if !is_open || calls == usize::MAX || call.result.is_none() {
                return Act::GoOn;
            }
            calls += 1;
            if calls == n {
                open_and_check(&script.builder(), &path);
                calls = usize::MAX;
                repairs += 1;
            }
            Act::GoOn
        });
        assert!(run.acks.len() == 3 && run.acks.iter().all(|ack| ack.result.is_ok()), "{n}: {run:#?}");
        assert_eq!(read_rows(&path), [1, 3], "{n}");
        assert_eq!(torn_files(&path).len(), 1, "{n}");
        if repairs < n {
            break;
        }
    }
    assert!(repairs > 2, "only {repairs} calls before the lock");
}

/// Whoever syncs does so for themselves: the thread that syncs each minute does not follow each time.
#[test]
fn syncs_of_others_do_not_wake_the_thread_that_syncs() {
    if !trace::permitted() {
        return;
    }
    const SYNCS: usize = 5;
    let folder = folder();
    let mut script = Script::new(&folder.path().join("events.jsonl"), Policy::EachMinute, false, [Op::Append(0, 5)]);
    script.threads = vec![vec![[Op::Sync, Op::Sleep(3)]; SYNCS].concat(), (1..500).map(|n| Op::Append(n, 5)).collect()];
    let (mut syncs, mut more) = (0, 0);
    trace(&script, |call| match (call.name, call.result) {
        // It lasts until two records have been appended: at least the second one is not part of it.
        ("fdatasync", None) => {
            (syncs, more) = (syncs + 1, 0);
            Act::Hold
        }
        ("ack", Some(_)) => {
            more += 1;
            if more == 2 { Act::Release } else { Act::GoOn }
        }
        _ => Act::GoOn,
    });
    assert_eq!(read_rows(&script.path).len(), 500);
    assert!((2..=SYNCS).contains(&syncs), "{syncs} syncs, of which {SYNCS} were asked for");
}
