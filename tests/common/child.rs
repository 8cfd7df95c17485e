//! A process of its own that does a scripted sequence of operations on a `JsonlAppender` and acknowledges each one on its
//! standard output, so that it can be killed at any moment and one knows what it had been promised.
//!
//! The test binary starts itself again for it. It needs a test of this name that calls [`run`]:
//!
//! ```ignore
//! #[test]
//! #[ignore = "what the other tests start as a process of its own"]
//! fn child() {
//!     child::run();
//! }
//! ```

#![allow(dead_code, unsafe_code)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use simd_jsonl::{AppenderBuilder, Durability, Error, JsonlAppender, Position};

use super::rows::Row;
use super::sandbox;

/// The variable with the script; without it, `run` does nothing.
const SCRIPT: &str = "SIMD_JSONL_TEST_SCRIPT";
/// How long a child may live, in seconds.
const LIFE: u32 = 100;

/// `Durability`, so that it can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Policy {
    Os,
    EachRecord,
    EachRecords(u32),
    EachMillisecond,
    EachMinute,
}

/// One of each kind.
pub const POLICIES: [Policy; 4] = [Policy::Os, Policy::EachRecord, Policy::EachRecords(3), Policy::EachMillisecond];

impl Policy {
    pub fn durability(self) -> Durability {
        match self {
            Policy::Os => Durability::Os,
            Policy::EachRecord => Durability::EachRecord,
            Policy::EachRecords(n) => Durability::EachRecords(n),
            Policy::EachMillisecond => Durability::EachInterval(Duration::from_millis(1)),
            Policy::EachMinute => Durability::EachInterval(Duration::from_secs(60)),
        }
    }
}

/// What a child does. Records are given by number and length in characters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// The first of every script.
    Open,
    Append(u64, usize),
    Raw(u64, usize),
    Batch(Vec<(u64, usize)>),
    Sync,
    Rotate(PathBuf),
    Close,
    /// Appends records of this length, from this number on, until one fails. Each is acknowledged.
    Fill(u64, usize),
    /// Every sync fails from now on, with this error.
    FailSyncs(i32),
    /// Until the parent says so, by [`Talk::go_on`].
    Wait,
    Sleep(u64),
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ack {
    /// 0 for the script's `ops`, then one for each of its `threads`.
    pub thread: usize,
    /// Its place in that list.
    pub op: usize,
    /// The offset and the line that it returned, if it returns a position.
    pub result: Result<Option<(u64, u64)>, Failure>,
}

/// What can be told of an `Error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: String,
    /// The operating system's code.
    pub code: Option<i32>,
    pub path: Option<PathBuf>,
    pub text: String,
}

impl From<&Error> for Failure {
    fn from(e: &Error) -> Failure {
        Failure {
            kind: format!("{:?}", e.kind()),
            code: os_code(e),
            path: e.path().map(Path::to_owned),
            text: e.to_string(),
        }
    }
}

/// The operating system's code in an error.
pub fn os_code(e: &Error) -> Option<i32> {
    std::error::Error::source(e)?.downcast_ref::<io::Error>()?.raw_os_error()
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Script {
    pub path: PathBuf,
    pub policy: Policy,
    pub shared: bool,
    pub ops: Vec<Op>,
    /// What is done after `ops`, each by a thread of its own.
    pub threads: Vec<Vec<Op>>,
    /// Whether the child waits to be traced before the first operation.
    pub traced: bool,
}

impl Script {
    pub fn new(path: &Path, policy: Policy, shared: bool, ops: impl IntoIterator<Item = Op>) -> Script {
        let ops = [Op::Open].into_iter().chain(ops).collect();
        Script { path: path.to_owned(), policy, shared, ops, threads: Vec::new(), traced: false }
    }

    /// An appender as the script wants it.
    pub fn builder(&self) -> AppenderBuilder {
        JsonlAppender::builder().durability(self.policy.durability()).shared(self.shared).clone()
    }

    /// Starts a child that does all this.
    pub fn start(&self) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(SCRIPT, serde_json::to_string(self).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starting the test's own program")
    }

    /// The operations that were begun, of one of the lists, and whether each was acknowledged; nothing may have failed.
    pub fn begun<'a>(&'a self, acks: &[Ack], thread: usize) -> Vec<(&'a Op, bool)> {
        for ack in acks.iter().filter(|ack| ack.thread == thread) {
            assert!(ack.result.is_ok(), "{:?} failed: {ack:?}", self.list(thread)[ack.op]);
        }
        self.begun_or_failed(acks, thread)
    }

    /// The same, and what has failed counts as begun.
    pub fn begun_or_failed<'a>(&'a self, acks: &[Ack], thread: usize) -> Vec<(&'a Op, bool)> {
        let mut done = acks.iter().filter(|ack| ack.thread == thread);
        let mut begun = Vec::new();
        for (i, op) in self.list(thread).iter().enumerate() {
            let Some(ack) = done.next() else {
                begun.push((op, false));
                break;
            };
            assert_eq!(ack.op, i, "operations out of order: {acks:?}");
            begun.push((op, ack.result.is_ok()));
        }
        begun
    }

    fn list(&self, thread: usize) -> &[Op] {
        if thread == 0 { &self.ops } else { &self.threads[thread - 1] }
    }
}

impl Op {
    /// The records that it appends.
    pub fn rows(&self) -> Vec<u64> {
        match self {
            Op::Append(n, _) | Op::Raw(n, _) => vec![*n],
            Op::Batch(rows) => rows.iter().map(|(n, _)| *n).collect(),
            _ => Vec::new(),
        }
    }

    /// Where it moves the file, if it does that.
    pub fn target(&self) -> Option<PathBuf> {
        match self {
            Op::Rotate(to) => Some(to.clone()),
            _ => None,
        }
    }
}

/// Asserts that `found` are the records of the acknowledged operations, in order and nothing twice, and at most all of what was
/// begun besides.
pub fn assert_exactly(found: &[u64], begun: &[(&Op, bool)], context: &dyn Fn() -> String) {
    let mut rest = found;
    for (op, acknowledged) in begun {
        let rows = op.rows();
        match rest.strip_prefix(&rows[..]) {
            Some(behind) => rest = behind,
            None => assert!(!acknowledged, "{op:?} was acknowledged; the file has {found:?}: {}", context()),
        }
    }
    assert!(rest.is_empty(), "{rest:?} of {found:?} should not be there: {}", context());
}

/// The acknowledgements among what a child said.
pub fn acks_in(mut output: impl Read) -> Vec<Ack> {
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    text.lines().filter_map(ack_of).collect()
}

fn ack_of(line: &str) -> Option<Ack> {
    line.strip_prefix('@').map(|json| serde_json::from_str(json).expect("an acknowledgement"))
}

/// A conversation with a child that is not traced.
pub struct Talk {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Talk {
    pub fn new(script: &Script) -> Talk {
        let mut child = script.start();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Talk { child, stdin, stdout: BufReader::new(stdout) }
    }

    /// What it says next; `None` if it has ended.
    pub fn next_ack(&mut self) -> Option<Ack> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(ack) = ack_of(line.trim_end()) {
                return Some(ack);
            }
        }
    }

    /// What it says up to the first failure, that included.
    pub fn acks_until_failure(&mut self) -> Vec<Ack> {
        let mut acks = Vec::new();
        loop {
            acks.push(self.next_ack().unwrap_or_else(|| panic!("it ended without a failure: {acks:?}")));
            if acks.last().unwrap().result.is_err() {
                return acks;
            }
        }
    }

    /// Ends an [`Op::Wait`].
    pub fn go_on(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    /// Kills it. What it had said besides.
    pub fn kill(mut self) -> Vec<Ack> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.next_ack()).collect()
    }

    /// What else it says, until it ends, which has to be in peace.
    pub fn finish(mut self) -> Vec<Ack> {
        let acks = std::iter::from_fn(|| self.next_ack()).collect();
        assert!(self.child.wait().unwrap().success(), "a child failed: {acks:?}");
        acks
    }
}

/// Does what the script says, if this is a child.
pub fn run() {
    let Ok(script) = std::env::var(SCRIPT) else { return };
    let script: Script = serde_json::from_str(&script).expect("a script");
    // SAFETY: no memory is involved. An alarm that nobody handles ends a child that hangs.
    unsafe { libc::alarm(LIFE) };
    if script.traced {
        // SAFETY: no memory is involved. The tracer makes this thread go on.
        unsafe {
            assert_eq!(libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0), 0, "{}", io::Error::last_os_error());
            libc::raise(libc::SIGSTOP);
        }
    }
    let mut appender = None;
    for (i, op) in script.ops.iter().enumerate() {
        let result = match op {
            Op::Open => script.builder().open(&script.path).map(|opened| {
                appender = Some(opened);
                None
            }),
            Op::Close => appender.take().unwrap().close().map(|()| None),
            op => perform(op, appender.as_ref().unwrap(), (0, i)),
        };
        acknowledge((0, i), &result);
        if result.is_err() && *op == Op::Open {
            break;
        }
    }
    std::thread::scope(|scope| {
        for (t, ops) in script.threads.iter().enumerate() {
            let appender = appender.as_ref().expect("an open appender");
            scope.spawn(move || {
                for (i, op) in ops.iter().enumerate() {
                    acknowledge((t + 1, i), &perform(op, appender, (t + 1, i)));
                }
            });
        }
    });
    // SAFETY: nothing else is left to do, not even to drop the appender: that is for the script to say, by `Close`.
    unsafe { libc::_exit(0) };
}

fn perform(op: &Op, appender: &JsonlAppender, at: (usize, usize)) -> Result<Option<Position>, Error> {
    let row = |(n, chars): &(u64, usize)| Row::new(*n, *chars);
    match op {
        Op::Append(n, chars) => appender.append(&Row::new(*n, *chars)).map(Some),
        Op::Raw(n, chars) => appender.append_raw(&Row::new(*n, *chars).line()).map(Some),
        Op::Batch(rows) => appender.append_batch(rows.iter().map(row)).map(Some),
        Op::Sync => appender.sync().map(|()| None),
        Op::Rotate(to) => appender.rotate(to).map(|()| None),
        Op::Fill(first, chars) => {
            let mut n = *first;
            loop {
                acknowledge(at, &Ok(Some(appender.append(&Row::new(n, *chars))?)));
                n += 1;
            }
        }
        Op::FailSyncs(code) => {
            sandbox::fail_calls(sandbox::SYNCS, *code).expect("a filter for calls");
            Ok(None)
        }
        Op::Wait => {
            let mut byte = [0];
            io::stdin().read_exact(&mut byte).expect("a word from the parent");
            Ok(None)
        }
        Op::Sleep(ms) => {
            std::thread::sleep(Duration::from_millis(*ms));
            Ok(None)
        }
        Op::Open | Op::Close => unreachable!("not for a thread"),
    }
}

/// Tells the parent, in one write that nothing buffers.
fn acknowledge((thread, op): (usize, usize), result: &Result<Option<Position>, Error>) {
    let result = match result {
        Ok(position) => Ok(position.map(|at| (at.offset, at.line))),
        Err(e) => Err(Failure::from(e)),
    };
    let text = format!("\n@{}\n", serde_json::to_string(&Ack { thread, op, result }).unwrap());
    // SAFETY: the pointer and the length are those of a string.
    let written = unsafe { libc::write(libc::STDOUT_FILENO, text.as_ptr().cast(), text.len()) };
    assert_eq!(written, text.len() as isize, "{}", io::Error::last_os_error());
}
