//! An exclusive appender that has moved its file, and cannot make a new one: it goes on in the file that it has, until it can
//! have the one at its path.

#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

#[path = "common/appended.rs"]
mod appended;
#[path = "common/sandbox.rs"]
mod sandbox;

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use appended::*;
use simd_jsonl::{Error, ErrorKind, JsonlAppender, Position};

/// Longer than an appender waits between two attempts to make the new file.
const A_WHILE: Duration = Duration::from_millis(1_100);

fn open(path: &Path, shared: bool) -> JsonlAppender {
    JsonlAppender::builder().shared(shared).open(path).unwrap_or_else(|e| panic!("{e}"))
}

/// Calls `run` when no file with this or a higher number can be opened.
fn with_file_limit<T>(files: u64, run: impl FnOnce() -> T) -> T {
    // SAFETY: the structures are on the stack.
    unsafe {
        let mut limit: libc::rlimit64 = std::mem::zeroed();
        assert_eq!(libc::getrlimit64(libc::RLIMIT_NOFILE, &mut limit), 0);
        let low = libc::rlimit64 { rlim_cur: files, ..limit };
        assert_eq!(libc::setrlimit64(libc::RLIMIT_NOFILE, &low), 0);
        let result = run();
        assert_eq!(libc::setrlimit64(libc::RLIMIT_NOFILE, &limit), 0);
        result
    }
}

/// An appender of one record, 1, whose rotation has failed halfway.
struct Moved {
    appender: JsonlAppender,
    path: PathBuf,
    to: PathBuf,
    error: Error,
}

/// All the ways to fail halfway: with ever more files that can be opened, none is enough for the new one. Where a rotation fails
/// altogether, nothing has changed.
fn each_moved(folder: &Path, mut check: impl FnMut(Moved)) {
    let mut moved = 0;
    for files in 3.. {
        assert!(files < 1_000, "a rotation never succeeds");
        let path = folder.join(format!("{files}.jsonl"));
        let to = beside(&path, ".1");
        let appender = open(&path, false);
        appender.append(&1).unwrap();
        match with_file_limit(files, || appender.rotate(&to)) {
            Ok(()) => break,
            Err(error) if to.exists() => {
                moved += 1;
                check(Moved { appender, path, to, error });
            }
            Err(error) => {
                assert_eq!(strict_records::<u8>(&path), [1]);
                assert_told(&error, &path, &format!("cannot rotate to {}", to.display()));
            }
        }
    }
    assert!(moved > 0, "no rotation failed halfway");
}

fn assert_told(error: &Error, path: &Path, what: &str) {
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let code = source.and_then(io::Error::raw_os_error);
    assert_eq!((error.kind(), code, error.path()), (ErrorKind::Io, Some(libc::EMFILE), Some(path)), "{error}");
    assert!(error.to_string().starts_with(&format!("{}: {what}", path.display())), "{error}");
}

#[test]
fn the_error_says_that_the_file_was_moved() {
    sandbox::alone("the_error_says_that_the_file_was_moved", || {
        let folder = folder();
        each_moved(folder.path(), |Moved { appender, path, to, error }| {
            assert_told(&error, &path, "the file was moved, but a new one cannot be made yet");
            // no record is lost, and the next rotation makes up for this one
            assert_eq!(appender.append(&2).unwrap(), Position { offset: 2, line: 2 });
            appender.sync().unwrap();
            appender.rotate(beside(&path, ".2")).unwrap();
            assert_eq!(appender.append(&3).unwrap(), Position::default());
            appender.close().unwrap();
            let files = [&to, &beside(&path, ".2"), &path].map(strict_records::<u8>);
            assert_eq!(files, [vec![1, 2], vec![], vec![3]]);
        });
    });
}

#[test]
fn the_new_file_is_made_a_while_later() {
    sandbox::alone("the_new_file_is_made_a_while_later", || {
        let folder = folder();
        each_moved(folder.path(), |Moved { appender, path, to, .. }| {
            std::thread::sleep(A_WHILE);
            assert_eq!(appender.append(&2).unwrap(), Position::default());
            assert_eq!(JsonlAppender::open(&path).unwrap_err().kind(), ErrorKind::Locked);
            // what was moved is anybody's now
            open(&to, false).append(&3).unwrap();
            assert_eq!([&to, &path].map(strict_records::<u8>), [vec![1, 3], vec![2]]);
        });
    });
}

/// Attempts to make the new file may fail at any point, and appends do not fail with them.
#[test]
fn nothing_is_lost_while_the_new_file_cannot_be_made() {
    sandbox::alone("nothing_is_lost_while_the_new_file_cannot_be_made", || {
        let folder = folder();
        each_moved(folder.path(), |Moved { appender, path, to, .. }| {
            // none can be opened, or one
            let one = (3..).find(|files| with_file_limit(*files, || std::fs::File::open("/")).is_ok()).unwrap();
            for files in [3, one] {
                std::thread::sleep(A_WHILE);
                with_file_limit(files, || appender.append(&2)).unwrap_or_else(|e| panic!("{e}"));
            }
            std::thread::sleep(A_WHILE);
            appender.append(&3).unwrap();
            assert_eq!([&to, &path].map(strict_records::<u8>), [vec![1, 2, 2], vec![3]]);
        });
    });
}

/// Those who share the new file keep it.
#[test]
fn a_file_that_others_share_is_not_taken() {
    sandbox::alone("a_file_that_others_share_is_not_taken", || {
        let folder = folder();
        each_moved(folder.path(), |Moved { appender, path, to, .. }| {
            let shared = open(&path, true);
            shared.append(&10).unwrap();
            appender.append(&2).unwrap();
            std::thread::sleep(A_WHILE);
            assert_eq!(appender.append(&3).unwrap(), Position { offset: 4, line: 3 });
            without_waiting("a shared append", move || shared.append(&11)).unwrap();
            assert_eq!([&to, &path].map(strict_records::<u8>), [vec![1, 2, 3], vec![10, 11]]);
            // and when nobody does any more, it is behind what they wrote
            std::thread::sleep(A_WHILE);
            assert_eq!(appender.append(&4).unwrap(), Position { offset: 6, line: 3 });
            assert_eq!([&to, &path].map(strict_records::<u8>), [vec![1, 2, 3], vec![10, 11, 4]]);
        });
    });
}

/// Another has the new file, shared or alone: an append does not wait for it.
#[test]
fn appends_to_a_moved_file_do_not_wait() {
    sandbox::alone("appends_to_a_moved_file_do_not_wait", || {
        for shared in [false, true] {
            let folder = folder();
            each_moved(folder.path(), |Moved { appender, path, to, .. }| {
                let other = open(&path, shared);
                for round in 0..2 {
                    std::thread::sleep(A_WHILE * round);
                    let start = Instant::now();
                    for _ in 0..20 {
                        appender.append(&2).unwrap();
                    }
                    let took = start.elapsed();
                    assert!(took < Duration::from_millis(500), "{took:?} in round {round}, shared: {shared}");
                }
                without_waiting("an append to the new file", move || other.append(&3)).unwrap();
                assert_eq!([&to, &path].map(strict_records::<u8>), [[&[1][..], &[2; 40]].concat(), vec![3]]);
            });
        }
    });
}
