//! Sharing: appenders of one file take turns, know where their records are, and close what others have left torn.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simd_jsonl::{JsonlAppender, Position, Result};

use crate::appended::*;

fn open(path: impl AsRef<Path>, shared: bool) -> Result<JsonlAppender> {
    JsonlAppender::builder().shared(shared).open(path)
}

/// A shared appender waits for whoever holds the file's lock while it writes.
#[test]
fn a_shared_append_waits_for_its_turn() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appender = open(&path, true).unwrap();
    let other = File::open(&path).unwrap();
    other.lock().unwrap();
    std::thread::scope(|scope| {
        let append = scope.spawn(|| appender.append(&1).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        assert!(!append.is_finished());
        assert_eq!(fs::read(&path).unwrap(), b"");
        other.unlock().unwrap();
        assert_eq!(append.join().unwrap(), Position::default());
    });
    assert_eq!(strict_records::<u8>(&path), [1]);
    // between two records the file is free
    other.try_lock().unwrap();
}

/// A signal that is handled while the appender waits is no error of the append.
#[test]
#[allow(unsafe_code)]
fn a_signal_does_not_end_the_wait() {
    use std::os::unix::thread::JoinHandleExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    static HANDLED: AtomicBool = AtomicBool::new(false);
    extern "C" fn handle(_: libc::c_int) {
        HANDLED.store(true, Relaxed);
    }
    // SAFETY: all zeros is no flags, so without SA_RESTART, and no blocked signals; the handler does what it may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as extern "C" fn(libc::c_int) as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR2, &action, std::ptr::null_mut()), 0);
    }
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appender = Arc::new(open(&path, true).unwrap());
    let other = File::open(&path).unwrap();
    other.lock().unwrap();
    let appending = std::thread::spawn({
        let appender = appender.clone();
        move || appender.append(&1)
    });
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(20));
        // SAFETY: the thread is not joined yet.
        unsafe { libc::pthread_kill(appending.as_pthread_t(), libc::SIGUSR2) };
    }
    std::thread::sleep(Duration::from_millis(20));
    assert!(HANDLED.load(Relaxed));
    other.unlock().unwrap();
    assert_eq!(appending.join().unwrap().unwrap(), Position::default());
    assert_eq!(strict_records::<u8>(&path), [1]);
}

/// A crowd that appends without a pause keeps nobody out who shares the file.
#[test]
fn a_crowd_lets_others_in() {
    let folder = quick_folder();
    let path = folder.path().join("a.jsonl");
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let appender = open(&path, true).unwrap();
                while start.elapsed() < Duration::from_millis(300) {
                    appender.append(&1).unwrap();
                }
            });
        }
        while start.elapsed() < Duration::from_millis(300) {
            open(&path, true).unwrap().append(&2).unwrap();
        }
    });
    assert!(strict_records::<u8>(&path).contains(&2));
}

/// Where a record is does not depend on who wrote before.
#[test]
fn positions_in_a_shared_file_are_exact() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, "[1]\n\n").unwrap();
    let appenders: Vec<JsonlAppender> = (0..3).map(|_| open(&path, true).unwrap()).collect();
    let mut want = b"[1]\n\n".to_vec();
    for n in 0..40usize {
        let appender = &appenders[n * 7 / 3 % 3];
        let before = end_of(&want);
        let records: Vec<Value> = (0..n % 4).map(|k| json!({"n": n, "k": k})).collect();
        let position = appender.append_batch(&records).unwrap();
        records.iter().for_each(|record| want.extend(format!("{record}\n").into_bytes()));
        assert_eq!(fs::read(&path).unwrap(), want);
        if let Some(first) = records.first() {
            assert_eq!(position, before, "batch {n}");
            assert_eq!(appender.position(), end_of(&want), "batch {n}");
            assert_eq!(record_at::<Value>(&path, position), *first);
        }
    }
}

/// What a process leaves that dies while it writes: closed with LF by the next one, so that it costs itself alone.
#[test]
fn a_fragment_costs_itself_alone() {
    let fragments: [&[u8]; 10] =
        [b"{\"a\":", b"{\"a\":1}", b"[1,", b"\"x\\", b"12", b"tru", b" ", b"\0\0\0", b"\xFF\xFE", b"\xEF\xBB\xBF{}"];
    let folder = folder();
    for (n, fragment) in fragments.into_iter().enumerate() {
        let path = folder.path().join(format!("{n}.jsonl"));
        let (one, other) = (open(&path, true).unwrap(), open(&path, true).unwrap());
        one.append("before").unwrap();
        let mut want = fs::read(&path).unwrap();
        for appender in [&one, &other, &other] {
            OpenOptions::new().append(true).open(&path).unwrap().write_all(fragment).unwrap();
            want.extend([fragment, b"\n"].concat());
            let position = appender.append("behind").unwrap();
            assert_eq!(position, end_of(&want), "{}", fragment.escape_ascii());
            want.extend(b"\"behind\"\n");
            assert_eq!(appender.append_batch(["next", "last"]).unwrap(), end_of(&want));
            want.extend(b"\"next\"\n\"last\"\n");
            assert_eq!(fs::read(&path).unwrap(), want, "{}", fragment.escape_ascii());
            assert_eq!(record_at::<String>(&path, position), "behind");
        }
        assert_eq!((one.repaired(), other.repaired()), (None, None));
        // of each round, all but the fragment, which may happen to be a record
        let records: Vec<Value> = values(&want).into_iter().flatten().filter(|value| value.is_string()).collect();
        assert_eq!(records.len(), 10, "{}", fragment.escape_ascii());
    }
}

/// One that opens may meet the fragment too, while another is at work.
#[test]
fn a_fragment_that_an_opener_meets_costs_itself_alone() {
    let folder = folder();
    for (n, fragment) in [&b"{\"a\":"[..], b"{\"a\":1}", b"12"].into_iter().enumerate() {
        let path = folder.path().join(format!("{n}.jsonl"));
        let first = open(&path, true).unwrap();
        first.append("1").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(fragment).unwrap();
        let second = open(&path, true).unwrap();
        for (appender, record) in [(&first, "2"), (&second, "3"), (&first, "4")] {
            let before = fs::read(&path).unwrap();
            let position = appender.append(record).unwrap();
            assert_eq!(record_at::<String>(&path, position), record);
            assert_eq!(position, end_of(&before));
        }
        let bytes = fs::read(&path).unwrap();
        let records: Vec<Value> = values(&bytes).into_iter().flatten().filter(Value::is_string).collect();
        assert_eq!(records, ["1", "2", "3", "4"]);
        let saved = names(&folder).iter().any(|name| name.to_string_lossy().starts_with(&format!("{n}.jsonl.torn")));
        assert!(saved || bytes.windows(fragment.len()).any(|window| window == fragment), "the fragment is lost");
    }
}
