//! Runs a scripted child under ptrace: sees each of its system calls that concern files, and can kill it at any of them. On
//! x86-64 it can also make one fail, or a write short.

#![allow(dead_code, unsafe_code)]

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::ptr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libc::{c_int, c_long, pid_t};

use super::child::{Ack, Policy, Script, acks_in};
use super::sandbox::skip;

/// The system calls that change a file or its name, or sync, lock or look at it, by the names of their current forms.
const CALLS: &[(c_long, &str)] = &[
    (libc::SYS_write, "write"),
    (libc::SYS_writev, "writev"),
    (libc::SYS_pwrite64, "pwrite"),
    (libc::SYS_pwritev, "pwritev"),
    (libc::SYS_pwritev2, "pwritev2"),
    (libc::SYS_sendfile, "sendfile"),
    (libc::SYS_copy_file_range, "copy_file_range"),
    (libc::SYS_fallocate, "fallocate"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_fdatasync, "fdatasync"),
    (libc::SYS_sync_file_range, "sync_file_range"),
    (libc::SYS_ftruncate, "ftruncate"),
    #[cfg(target_pointer_width = "32")]
    (libc::SYS_ftruncate64, "ftruncate"),
    (libc::SYS_openat, "openat"),
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    (libc::SYS_open, "open"),
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    (libc::SYS_creat, "creat"),
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    (libc::SYS_rename, "rename"),
    #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64"))]
    (libc::SYS_renameat, "rename"),
    (libc::SYS_renameat2, "rename"),
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    (libc::SYS_link, "link"),
    (libc::SYS_linkat, "link"),
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    (libc::SYS_unlink, "unlink"),
    (libc::SYS_unlinkat, "unlink"),
    (libc::SYS_flock, "flock"),
    (libc::SYS_statx, "statx"),
];

/// A system call that is being made.
#[derive(Clone)]
pub struct Call {
    /// Which one; `"ack"` if it tells the parent something.
    pub name: &'static str,
    /// The file of its first argument, if that is a file descriptor, under the name that it has now.
    pub file: Option<PathBuf>,
    pub args: [u64; 6],
    /// What it returned, when it is over: an error as a negative number.
    pub result: Option<i64>,
    /// Its number among those that matter, from 1; all others have that of the next one that does.
    pub number: usize,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().and_then(|file| file.file_name()).unwrap_or_default();
        let arg = if self.is_write() { self.args[2] } else { self.args[1] };
        write!(f, "{} {}({file:?}, {arg:#x}) = {:?}", self.number, self.name, self.result)
    }
}

impl Call {
    /// Whether it changes or syncs a file: a crash is interesting only before or after such a call.
    pub fn matters(&self) -> bool {
        match self.name {
            "ack" | "flock" | "statx" => false,
            "openat" => self.args[2] as c_int & libc::O_CREAT != 0,
            "open" => self.args[1] as c_int & libc::O_CREAT != 0,
            _ => true,
        }
    }

    pub fn is_write(&self) -> bool {
        matches!(self.name, "write" | "writev" | "pwrite" | "pwritev" | "pwritev2")
    }

    pub fn is_sync(&self) -> bool {
        matches!(self.name, "fsync" | "fdatasync")
    }

    pub fn is_of(&self, path: &Path) -> bool {
        self.file.as_deref() == Some(path)
    }
}

/// What becomes of the child at a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    GoOn,
    /// SIGKILL: at a call's beginning, it does not take place any more.
    Kill,
    /// SIGKILL so much later, while the call may still be going on.
    KillIn(Duration),
    /// This thread waits until another is told to [`Act::Release`] it, or long enough to say that none will come so far.
    Hold,
    /// The threads that are held go on, and this one too.
    Release,
    /// At a write's beginning: it is asked to write this many bytes only.
    #[cfg(target_arch = "x86_64")]
    Shorten(u64),
    /// At a call's beginning: it does not take place, and returns this error.
    #[cfg(target_arch = "x86_64")]
    Fail(c_int),
}

/// How long a thread is held at most.
const HOLD: Duration = Duration::from_secs(1);

/// What a child did, from its first operation on.
#[derive(Debug)]
pub struct Run {
    pub acks: Vec<Ack>,
    pub calls: Vec<Call>,
    /// Whether it was killed, by [`Act::Kill`]; else it has ended by itself, without a failure.
    pub killed: bool,
}

/// The kernel's `struct ptrace_syscall_info`.
#[repr(C)]
#[derive(Default)]
struct SyscallInfo {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    /// At the beginning: the number, then the arguments. At the end: the result, then whether it is an error.
    words: [u64; 8],
}

const ENTRY: u8 = 1;
const EXIT: u8 = 2;

/// Whether a child can be traced here. (A test that returns for this reason has said so, or failed if `CI` is set.)
pub fn permitted() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    let answer = *ANSWER.get_or_init(|| {
        let mut script = Script::new("".as_ref(), Policy::Os, false, []);
        script.ops.clear();
        follow(script, &mut |_| Act::GoOn).is_some()
    });
    if !answer {
        skip("no process can be traced here: ptrace is not permitted, or the kernel is older than 5.3");
    }
    answer
}

/// Runs a child with this script, and asks `decide` at the beginning and at the end of each of its calls.
pub fn trace(script: &Script, mut decide: impl FnMut(&Call) -> Act) -> Run {
    follow(script.clone(), &mut decide).expect("a child that can be traced")
}

/// A call that has begun: its place in the list, and what it needs at its end.
struct Begun {
    at: usize,
    #[cfg(target_arch = "x86_64")]
    mend: Option<(Act, libc::user_regs_struct)>,
}

/// `None` if tracing is not permitted.
fn follow(mut script: Script, decide: &mut dyn FnMut(&Call) -> Act) -> Option<Run> {
    script.traced = true;
    let mut child = script.start();
    let leader = child.id() as pid_t;
    let (calls, begun, held) = (Vec::new(), HashMap::new(), Vec::new());
    let mut tracing = Tracing { leader, calls, begun, held, number: 1, killed: false };
    let mut stopped = false;
    let status = loop {
        let (pid, status) = tracing.wait();
        if !libc::WIFSTOPPED(status) {
            if pid == leader {
                break status;
            }
            continue;
        }
        let signal = match (libc::WSTOPSIG(status), status >> 16) {
            (signal, _) if signal == libc::SIGTRAP | 0x80 => {
                let Some(act) = tracing.at_call(pid, decide) else {
                    let _ = child.kill();
                    let _ = child.wait();
                    return None;
                };
                match act {
                    Act::Hold => continue,
                    Act::Release => tracing.release(),
                    Act::KillIn(time) => {
                        go_on(pid, 0);
                        std::thread::sleep(time);
                        tracing.kill();
                        continue;
                    }
                    _ => {}
                }
                0
            }
            // A new thread, and its own first stop.
            (libc::SIGTRAP, 1..) => 0,
            (libc::SIGSTOP, _) => {
                let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
                request(libc::PTRACE_SETOPTIONS as _, pid, 0, options as usize);
                stopped = true;
                0
            }
            (signal, _) => signal,
        };
        go_on(pid, signal);
    };
    let (acks, status) = (acks_in(child.stdout.take().unwrap()), ExitStatus::from_raw(status));
    match tracing.killed {
        true => assert_eq!(status.signal(), Some(libc::SIGKILL), "{script:?}"),
        false if !stopped => return None,
        false => assert!(status.success(), "a child failed, {status}: {script:?}\n{acks:?}"),
    }
    Some(Run { acks, calls: tracing.calls, killed: tracing.killed })
}

struct Tracing {
    leader: pid_t,
    calls: Vec<Call>,
    begun: HashMap<pid_t, Begun>,
    held: Vec<(pid_t, Instant)>,
    number: usize,
    killed: bool,
}

impl Tracing {
    /// The next that happens to any of the child's threads.
    fn wait(&mut self) -> (pid_t, c_int) {
        loop {
            let (mut status, mut flags) = (0, libc::__WALL | libc::__WNOTHREAD);
            if !self.held.is_empty() {
                flags |= libc::WNOHANG;
            }
            // SAFETY: the status is written to a variable. Only children of this thread are waited for, and it has no others.
            let pid = unsafe { libc::waitpid(-1, &mut status, flags) };
            assert!(pid >= 0, "{}", io::Error::last_os_error());
            if pid > 0 {
                return (pid, status);
            }
            std::thread::sleep(Duration::from_millis(1));
            if self.held.iter().any(|(_, since)| since.elapsed() > HOLD) {
                self.release();
            }
        }
    }

    fn kill(&mut self) {
        if !self.killed {
            self.killed = true;
            // SAFETY: no memory is involved, and the child has not been waited for.
            assert_eq!(unsafe { libc::kill(self.leader, libc::SIGKILL) }, 0);
        }
    }

    fn release(&mut self) {
        self.held.drain(..).for_each(|(thread, _)| go_on(thread, 0));
    }

    /// A thread stands at the beginning or the end of a call. `None` if the kernel does not tell which.
    fn at_call(&mut self, thread: pid_t, decide: &mut dyn FnMut(&Call) -> Act) -> Option<Act> {
        let mut info = SyscallInfo::default();
        let size = size_of::<SyscallInfo>();
        if request(libc::PTRACE_GET_SYSCALL_INFO as _, thread, size, ptr::from_mut(&mut info) as usize) <= 0 {
            // It may have died meanwhile, killed or because the process ends.
            let is_gone = io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH);
            return is_gone.then_some(Act::GoOn);
        }
        let act = match info.op {
            ENTRY => self.entry(thread, &info.words, decide),
            EXIT => self.exit(thread, info.words[0] as i64, decide),
            op => panic!("a stop that is no call: {op}"),
        };
        match act {
            Act::Kill => self.kill(),
            Act::Hold => self.held.push((thread, Instant::now())),
            _ => {}
        }
        Some(act)
    }

    fn entry(&mut self, thread: pid_t, words: &[u64; 8], decide: &mut dyn FnMut(&Call) -> Act) -> Act {
        let Some((_, name)) = CALLS.iter().find(|(number, _)| *number as u64 == words[0]) else { return Act::GoOn };
        let args: [u64; 6] = words[1..7].try_into().unwrap();
        let by_name = matches!(*name, "openat" | "open" | "creat" | "rename" | "link" | "unlink");
        let name = match (*name, args[0] as c_int) {
            ("write" | "writev", libc::STDOUT_FILENO) => "ack",
            ("write" | "writev", libc::STDERR_FILENO) => return Act::GoOn,
            _ => name,
        };
        let file = || fs::read_link(format!("/proc/{thread}/fd/{}", args[0] as c_int)).ok();
        let file = if by_name { None } else { file() };
        let call = Call { name, file, args, result: None, number: self.number };
        self.number += usize::from(call.matters());
        let act = decide(&call);
        self.begun.insert(
            thread,
            Begun {
                at: self.calls.len(),
                #[cfg(target_arch = "x86_64")]
                mend: x86_64::change(thread, act),
            },
        );
        self.calls.push(call);
        act
    }

    fn exit(&mut self, thread: pid_t, result: i64, decide: &mut dyn FnMut(&Call) -> Act) -> Act {
        let Some(begun) = self.begun.remove(&thread) else { return Act::GoOn };
        let call = &mut self.calls[begun.at];
        call.result = Some(result);
        #[cfg(target_arch = "x86_64")]
        if let Some((act, registers)) = begun.mend {
            call.result = x86_64::change_back(thread, act, registers).or(call.result);
        }
        decide(call)
    }
}

fn go_on(thread: pid_t, signal: c_int) {
    request(libc::PTRACE_SYSCALL as _, thread, 0, signal as usize);
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::*;

    fn registers(thread: pid_t) -> libc::user_regs_struct {
        // SAFETY: a structure of integers, which the call fills.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        assert_eq!(request(libc::PTRACE_GETREGS as _, thread, 0, ptr::from_mut(&mut registers) as usize), 0);
        registers
    }

    fn set_registers(thread: pid_t, registers: &libc::user_regs_struct) {
        assert_eq!(request(libc::PTRACE_SETREGS as _, thread, 0, ptr::from_ref(registers) as usize), 0);
    }

    /// Changes a call that begins. What is returned is for its end.
    pub(super) fn change(thread: pid_t, act: Act) -> Option<(Act, libc::user_regs_struct)> {
        let before = match act {
            Act::Shorten(_) | Act::Fail(_) => registers(thread),
            _ => return None,
        };
        let mut changed = before;
        match act {
            Act::Shorten(len) => changed.rdx = len,
            // No such call.
            _ => changed.orig_rax = u64::MAX,
        }
        set_registers(thread, &changed);
        Some((act, before))
    }

    /// At the end of a changed call: its arguments are as they were, and its result is as wished; what that is, if it is so.
    pub(super) fn change_back(thread: pid_t, act: Act, before: libc::user_regs_struct) -> Option<i64> {
        let mut after = registers(thread);
        after.rdx = before.rdx;
        let result = match act {
            Act::Fail(code) => Some(-i64::from(code)),
            _ => None,
        };
        if let Some(result) = result {
            after.rax = result as u64;
        }
        set_registers(thread, &after);
        result
    }
}

/// A ptrace request; negative if it failed, because the thread was killed or the kernel does not know it.
fn request(request: libc::c_uint, thread: pid_t, addr: usize, data: usize) -> c_long {
    // SAFETY: what `data` points to, where it is a pointer, is a structure of the kernel's layout that outlives the call.
    unsafe { libc::ptrace(request as _, thread, addr, data) }
}
