//! Tests that change what holds for a whole process: its limits, its calls, its mounts. Each runs in a process of its own.

#![allow(dead_code, unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that says that this process is the one for the test.
const INSIDE: &str = "SIMD_JSONL_TEST_INSIDE";
/// What the process says when it has run the test.
const DONE: &str = "@done";

/// Says that a test cannot run here.
///
/// # Panics
///
/// If `CI` is set.
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{reason}, which CI needs");
    println!("SKIPPED: {reason}");
}

/// Runs the body of a test in a process of its own. `test` is the name of the test that calls this.
pub fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_none() {
        return run_inside(Command::new(std::env::current_exe().unwrap()), test, "");
    }
    body();
    println!("\n{DONE}");
}

/// Runs the body of a test in a process of its own that has a small file system, of so many bytes in memory, and gives it the
/// folder. `options` are more options for mounting it, each with a comma before it.
pub fn in_small_file_system(test: &str, bytes: usize, options: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(INSIDE) {
        body(&PathBuf::from(folder));
        println!("\n{DONE}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    mount_first(&mut command, folder.path(), &format!("size={bytes}{options}"));
    run_inside(command, test, folder.path())
}

fn run_inside(mut command: Command, test: &str, folder: impl AsRef<std::ffi::OsStr>) {
    command.args(["--exact", test, "--nocapture"]).env(INSIDE, folder);
    let out = match command.output() {
        Err(e) => return skip(&format!("cannot give a process a file system of its own: {e}")),
        Ok(out) => out,
    };
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.contains(DONE), "{test} in a process of its own: {}\n{said}", out.status);
    // What it skipped, and what it measured.
    said.lines().filter(|line| line.starts_with("SKIPPED")).for_each(|line| println!("{line}"));
}

/// Makes this process, if it is root's, one of a user who is bound by permissions. Whether there is such a user.
pub fn become_nobody() -> bool {
    const NOBODY: libc::uid_t = 65_534;
    // SAFETY: these take no memory but an empty list.
    unsafe {
        libc::geteuid() != 0
            || libc::setgroups(0, std::ptr::null()) == 0
                && libc::setresgid(NOBODY, NOBODY, NOBODY) == 0
                && libc::setresuid(NOBODY, NOBODY, NOBODY) == 0
    }
}

/// Makes the process begin by mounting a tmpfs on `folder`, which only it and its children see.
fn mount_first(command: &mut Command, folder: &Path, options: &str) {
    // SAFETY: these take no memory.
    let (user, group) = unsafe { (libc::getuid(), libc::getgid()) };
    // All is prepared here: between fork and exec nothing may be allocated.
    let files = [
        (c"/proc/self/setgroups", "deny".to_string()),
        (c"/proc/self/uid_map", format!("0 {user} 1")),
        (c"/proc/self/gid_map", format!("0 {group} 1")),
    ];
    let folder = CString::new(folder.as_os_str().as_bytes()).unwrap();
    let options = CString::new(options).unwrap();
    let done = |result: i64| if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) };
    let prepare = move || {
        // SAFETY: the strings live on, and all of these calls may be made between fork and exec.
        unsafe {
            done(libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS).into())?;
            for (file, text) in &files {
                let fd = libc::open(file.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
                done(fd.into())?;
                done(libc::write(fd, text.as_ptr().cast(), text.len()) as i64)?;
                libc::close(fd);
            }
            let kind = c"tmpfs".as_ptr();
            done(libc::mount(kind, folder.as_ptr(), kind, 0, options.as_ptr().cast()).into())
        }
    };
    // SAFETY: see there.
    unsafe { command.pre_exec(prepare) };
}

/// How far files of this process may grow; `None` for as far as ever. Writes beyond fail with EFBIG.
pub fn limit_files(bytes: Option<u64>) {
    // SAFETY: the structure is on the stack; ignoring a signal needs no handler.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut limit: libc::rlimit64 = std::mem::zeroed();
        assert_eq!(libc::getrlimit64(libc::RLIMIT_FSIZE, &mut limit), 0);
        limit.rlim_cur = bytes.unwrap_or(limit.rlim_max);
        assert_eq!(libc::setrlimit64(libc::RLIMIT_FSIZE, &limit), 0);
    }
}

/// The calls that sync a file.
pub const SYNCS: &[libc::c_long] = &[libc::SYS_fsync, libc::SYS_fdatasync];

/// The calls that cut a file.
pub const CUTS: &[libc::c_long] = &[
    libc::SYS_ftruncate,
    #[cfg(target_pointer_width = "32")]
    libc::SYS_ftruncate64,
];

/// From now on each of these system calls fails in this process, with this error. It cannot be undone.
///
/// # Errors
/// If the kernel does not permit it.
pub fn fail_calls(calls: &[libc::c_long], code: i32) -> io::Result<()> {
    let step = |code: u32, k: u32, jump: (usize, usize)| libc::sock_filter {
        code: code as u16,
        jt: jump.0 as u8,
        jf: jump.1 as u8,
        k,
    };
    // The call's number is the first word of `struct seccomp_data`. Each comparison that holds jumps behind `ALLOW`.
    let mut filter = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, (0, 0))];
    for (i, call) in calls.iter().enumerate() {
        filter.push(step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, *call as u32, (calls.len() - i, 0)));
    }
    filter.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, (0, 0)));
    filter.push(step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | code as u32, (0, 0)));
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program and its filter live until the calls are over.
    let result = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        let flags = libc::SECCOMP_FILTER_FLAG_TSYNC;
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &program)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
