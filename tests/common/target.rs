//! A target of a writer that does what it is told, and shows what became of it.

#![allow(dead_code)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use serde::Serialize;
use simd_jsonl::Position;

/// What one call of a target does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Takes this many bytes at most.
    Take(usize),
    /// It and the next ones take `chunk` bytes at most, until `at` bytes are taken in all.
    Until {
        at: usize,
        chunk: usize,
    },
    Fail(io::ErrorKind),
    /// Takes nothing, and calls that a success.
    Nothing,
    Panic,
    /// Claims more than it was given.
    Claim,
}

/// What became of a target: it is seen from outside, when the writer is gone too.
#[derive(Debug, Default)]
pub struct Log {
    /// What the next calls of `write` do; after them, each takes all.
    pub script: VecDeque<Step>,
    /// The same for `flush`; after them, it succeeds.
    pub flush_script: VecDeque<Step>,
    /// What it took.
    pub out: Vec<u8>,
    /// What each call of `write` was given.
    pub writes: Vec<Vec<u8>>,
    pub flushes: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Target(pub Rc<RefCell<Log>>);

impl Target {
    pub fn new(script: impl IntoIterator<Item = Step>) -> Target {
        let target = Target::default();
        target.0.borrow_mut().script.extend(script);
        target
    }

    /// What it took.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.borrow().out.clone()
    }

    /// The same, if it is not cut in mid-character.
    pub fn out(&self) -> String {
        String::from_utf8(self.bytes()).expect("UTF-8")
    }

    /// Calls of `write` and of `flush`.
    pub fn calls(&self) -> (usize, usize) {
        (self.0.borrow().writes.len(), self.0.borrow().flushes)
    }
}

/// A panic without a message on the standard error.
fn quiet_panic() -> ! {
    std::panic::resume_unwind(Box::new("the target panics"))
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.borrow_mut();
        log.writes.push(bytes.to_vec());
        assert!(log.writes.len() < 10_000, "no end of it");
        let taken = log.out.len();
        while matches!(log.script.front(), Some(Step::Until { at, .. }) if *at == taken) {
            log.script.pop_front();
        }
        let step = match log.script.front() {
            Some(Step::Until { at, chunk }) => Step::Take(*chunk.min(&(at - taken))),
            _ => log.script.pop_front().unwrap_or(Step::Take(usize::MAX)),
        };
        let n = match step {
            Step::Take(n) | Step::Until { chunk: n, .. } => n.min(bytes.len()),
            Step::Claim => bytes.len(),
            Step::Nothing => 0,
            Step::Fail(kind) => return Err(kind.into()),
            Step::Panic => {
                log.out.extend_from_slice(&bytes[..bytes.len() / 2]);
                drop(log);
                quiet_panic()
            }
        };
        log.out.extend_from_slice(&bytes[..n]);
        Ok(if step == Step::Claim { n + 1000 } else { n })
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut log = self.0.borrow_mut();
        log.flushes += 1;
        let step = log.flush_script.pop_front();
        drop(log);
        match step {
            Some(Step::Fail(kind)) => Err(kind.into()),
            Some(Step::Panic) => quiet_panic(),
            _ => Ok(()),
        }
    }
}

/// The line of a record.
pub fn line<T: Serialize + ?Sized>(record: &T) -> String {
    serde_json::to_string(record).expect("JSON") + "\n"
}

/// Behind these lines.
pub fn behind(lines: impl AsRef<[u8]>) -> Position {
    let lines = lines.as_ref();
    let newlines = lines.iter().filter(|byte| **byte == b'\n').count();
    Position { offset: lines.len() as u64, line: 1 + newlines as u64 }
}

/// `None` if it panics.
pub fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}
