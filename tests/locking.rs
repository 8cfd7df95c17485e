//! Who may have the file: one appender, or many that share it, in one process or several.
#![cfg(unix)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use simd_jsonl::{ErrorKind, JsonlAppender, JsonlReader, Position, Result, repair};

#[path = "common/appended.rs"]
mod appended;
use appended::*;

fn open(path: impl AsRef<Path>, shared: bool) -> Result<JsonlAppender> {
    JsonlAppender::builder().shared(shared).open(path)
}

/// What wants the file.
const EXCLUSIVE: &str = "an exclusive appender";
const SHARED: &str = "a shared appender";
const REPAIR: &str = "repair";

fn attempt(what: &str, path: &Path) -> Result<()> {
    match what {
        EXCLUSIVE => open(path, false).map(drop),
        SHARED => open(path, true).map(drop),
        REPAIR => repair(path).map(drop),
        _ => panic!("{what}"),
    }
}

/// Who has it, who wants it, and whether they get along.
const PAIRS: [(&str, &str, bool); 6] = [
    (EXCLUSIVE, EXCLUSIVE, false),
    (EXCLUSIVE, SHARED, false),
    (EXCLUSIVE, REPAIR, false),
    (SHARED, EXCLUSIVE, false),
    (SHARED, SHARED, true),
    (SHARED, REPAIR, false),
];

fn assert_got(result: Result<()>, fits: bool, what: &str, path: &Path, since: Instant) {
    let took = since.elapsed();
    match result {
        Ok(()) => assert!(fits, "{what} gets it"),
        Err(error) => {
            let text = error.to_string();
            assert!(!fits, "{what}: {text}");
            assert_eq!((error.kind(), error.path()), (ErrorKind::Locked, Some(path)), "{what}: {text}");
            assert!(error.is_io());
            assert!(text.contains("shared(true)") && text.contains("process"), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
            // what was tried, and then why not
            let tried = if what.starts_with(REPAIR) { "cannot repair: " } else { "cannot open: " };
            assert!(text.starts_with(&format!("{}: {tried}", path.display())), "{text}");
            // a shared one may wait for those that merely append at the moment
            let most = if what.contains(SHARED) { 5 } else { 2 };
            assert!(took < Duration::from_secs(most), "{what}: {took:?}");
            let kind = std::io::Error::from(error).kind();
            assert_eq!(kind, std::io::ErrorKind::WouldBlock, "{text}");
        }
    }
}

#[test]
fn who_is_second_is_told_at_once() {
    let folder = folder();
    for (n, (holder, second, fits)) in PAIRS.into_iter().enumerate() {
        let path = folder.path().join(format!("{n}.jsonl"));
        let appender = open(&path, holder == SHARED).unwrap();
        appender.append(&1).unwrap();
        // a torn tail, which nobody but the holder may touch
        if !fits {
            OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"torn").unwrap();
        }
        let before = fs::read(&path).unwrap();
        assert_got(attempt(second, &path), fits, &format!("{second} beside {holder}"), &path, Instant::now());
        assert_eq!(fs::read(&path).unwrap(), before, "{second} beside {holder}");
        drop(appender);
        for what in [second, holder] {
            attempt(what, &path).unwrap_or_else(|e| panic!("{what} after {holder}: {e}"));
        }
    }
    assert!(!names(&folder).iter().any(|name| name.to_string_lossy().contains("-1")), "{:?}", names(&folder));
}

#[test]
fn many_share_a_file_and_one_alone_waits_for_all() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let first = open(&path, true).unwrap();
    let second = open(&path, true).unwrap();
    first.append(&1).unwrap();
    let third = open(&path, true).unwrap();
    second.append(&2).unwrap();
    third.append(&3).unwrap();
    for holder in [second, first, third] {
        assert_eq!(open(&path, false).unwrap_err().kind(), ErrorKind::Locked);
        assert_eq!(repair(&path).unwrap_err().kind(), ErrorKind::Locked);
        holder.append(&4).unwrap();
        holder.close().unwrap();
    }
    // the lock's own file stays, and hinders nobody
    assert_eq!(names(&folder), ["a.jsonl", "a.jsonl.lock"]);
    let alone = open(&path, false).unwrap();
    assert_eq!(open(&path, true).unwrap_err().kind(), ErrorKind::Locked);
    alone.append(&5).unwrap();
    assert_eq!(strict_records::<u8>(&path), [1, 2, 3, 4, 4, 4, 5]);
}

/// Whoever wins, it is one alone; also when there is no file yet.
#[test]
fn of_many_that_open_at_once_one_wins() {
    let folder = quick_folder();
    for round in 0..30 {
        let path = folder.path().join(format!("{round}.jsonl"));
        let barrier = Barrier::new(8);
        let won: Vec<Result<JsonlAppender>> = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                open(&path, false)
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(won.iter().filter(|result| result.is_ok()).count(), 1, "{won:?}");
        assert!(won.iter().flat_map(|result| result.as_ref().err()).all(|e| e.kind() == ErrorKind::Locked));
    }
}

/// A link is another name of the same file.
#[test]
fn the_lock_is_the_same_under_every_name() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("far")).unwrap();
    for (holder, second, fits) in PAIRS {
        let (target, link) = (at("far/a.jsonl"), at("link.jsonl"));
        fs::write(&target, "1\n").unwrap();
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&target, &link).unwrap();
        for (one, other) in [(&target, &link), (&link, &target)] {
            let _appender = open(one, holder == SHARED).unwrap();
            let what = format!("{second} of {} beside {holder} of {}", other.display(), one.display());
            assert_got(attempt(second, other), fits, &what, other, Instant::now());
        }
    }
}

/// Reads all that comes to a file, from where the last reader stopped, until it has seen `total` records.
///
/// # Panics
///
/// If a line that ends in LF is damaged.
fn follow(path: &Path, total: usize) -> Vec<Tagged> {
    let (mut all, mut position, start) = (Vec::new(), Position::default(), Instant::now());
    while all.len() < total {
        assert!(start.elapsed() < Duration::from_secs(60), "{} of {total} records have come", all.len());
        let mut reader = JsonlReader::from_path(path).unwrap();
        reader.seek(position).unwrap();
        loop {
            match reader.next_record() {
                Ok(None) => break,
                Ok(Some(record)) if !record.terminated() => break,
                Ok(Some(record)) => {
                    assert_eq!(record.position(), position);
                    all.push(record.deserialize::<Tagged>().unwrap_or_else(|e| panic!("{e}")));
                }
                Err(error) => {
                    // a line that is still being written may end anywhere
                    assert_eq!(reader.position().line, position.line, "a damaged line that ends in LF: {error}");
                    break;
                }
            }
            position = reader.position();
        }
    }
    all
}

#[test]
fn cases_6_and_7_one_that_follows_sees_whole_records_only() {
    let folder = folder();
    for shared in [false, true] {
        let path = folder.path().join(format!("{shared}.jsonl"));
        let appender = open(&path, shared).unwrap();
        let followed = std::thread::scope(|scope| {
            let follower = scope.spawn(|| follow(&path, 200));
            for number in 0..200 {
                appender.append(&Tagged::sized(0, number, [50, 3_000, 200_000][number as usize % 3])).unwrap();
            }
            follower.join().unwrap()
        });
        assert_all_once(&followed, 1, 200);
    }
}

/// One of the processes that `mod processes` starts: what it does is in its environment.
#[test]
#[ignore = "a part of the tests in mod processes, which start it"]
fn child() {
    processes::child();
}

/// What takes several processes. An emulator cannot start them.
mod processes {
    use super::*;
    use std::io::{BufRead, BufReader, Lines};
    use std::process::{ChildStdin, ChildStdout, Command, Stdio};

    const ROLE: &str = "SIMD_JSONL_TEST_ROLE";

    /// What a child does with the file.
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    enum Role {
        /// Has it until told to go.
        Hold { path: PathBuf, shared: bool },
        /// Wants it once.
        Attempt { path: PathBuf, what: String },
        /// Appends its records 0 to `each - 1`, of these sizes in turn, a little pause between them, and moves the file away
        /// before every record whose number is a multiple of `rotates`, if that is not 0.
        Append { path: PathBuf, writer: u32, each: u32, sizes: Vec<usize>, pause: Duration, rotates: u32 },
    }

    pub fn child() {
        let say = |word: &str| println!("\nsays {word}");
        let wait = || std::io::stdin().read_line(&mut String::new()).map(drop).unwrap();
        match serde_json::from_str(&std::env::var(ROLE).expect("this is no test of its own")).unwrap() {
            Role::Hold { path, shared } => {
                let _appender = open(path, shared).unwrap();
                say("ready");
                wait();
            }
            Role::Attempt { path, what } => {
                let start = Instant::now();
                let result = attempt(&what, &path);
                let fits = result.is_ok();
                assert_got(result, fits, &what, &path, start);
                say(if fits { "fits" } else { "locked" });
            }
            Role::Append { path, writer, each, sizes, pause, rotates } => {
                let appender = open(&path, true).unwrap();
                say("ready");
                wait();
                for number in 0..each {
                    if rotates > 0 && number % rotates == 0 {
                        appender.rotate(beside(&path, &format!(".{writer}.{number}"))).unwrap();
                    }
                    let size = sizes[(number + writer) as usize % sizes.len()];
                    appender.append(&Tagged::sized(writer, number, size)).unwrap();
                    std::thread::sleep(pause);
                }
                appender.close().unwrap();
            }
        }
    }

    struct Process {
        process: std::process::Child,
        stdin: Option<ChildStdin>,
        stdout: Lines<BufReader<ChildStdout>>,
    }

    impl Process {
        fn start(role: Role) -> Process {
            let mut process = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
                .env(ROLE, serde_json::to_string(&role).unwrap())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let stdout = BufReader::new(process.stdout.take().unwrap()).lines();
            Process { stdin: process.stdin.take(), process, stdout }
        }

        /// The next word that it says.
        fn hear(&mut self) -> String {
            let mut lines = self.stdout.by_ref().map(Result::unwrap);
            lines.find_map(|line| line.strip_prefix("says ").map(str::to_string)).expect("the child says no more")
        }

        /// Tells it to go on.
        fn tell(&mut self) {
            drop(self.stdin.take());
        }

        fn finish(mut self) {
            self.tell();
            self.stdout.by_ref().for_each(drop);
            assert!(self.process.wait().unwrap().success());
        }

        /// Ends it with SIGKILL.
        fn kill(mut self) {
            self.process.kill().unwrap();
            self.process.wait().unwrap();
        }
    }

    impl Drop for Process {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    #[test]
    fn another_process_is_told_at_once() {
        let folder = folder();
        for (n, (holder, second, fits)) in PAIRS.into_iter().enumerate() {
            let path = folder.path().join(format!("{n}.jsonl"));
            let holds = open(&path, holder == SHARED).unwrap();
            let attempt = || Process::start(Role::Attempt { path: path.clone(), what: second.to_string() });
            let mut process = attempt();
            assert_eq!(process.hear(), if fits { "fits" } else { "locked" }, "{second} beside {holder}");
            process.finish();
            drop(holds);
            let mut process = attempt();
            assert_eq!(process.hear(), "fits", "{second} after {holder}");
            process.finish();
        }
    }

    #[test]
    fn a_lock_ends_with_its_process() {
        let folder = folder();
        for shared in [false, true] {
            for killed in [false, true] {
                let path = folder.path().join(format!("{shared}-{killed}.jsonl"));
                let mut process = Process::start(Role::Hold { path: path.clone(), shared });
                assert_eq!(process.hear(), "ready");
                for what in [EXCLUSIVE, REPAIR] {
                    assert_got(attempt(what, &path), false, what, &path, Instant::now());
                }
                if killed {
                    process.kill()
                } else {
                    process.finish()
                }
                for what in [EXCLUSIVE, REPAIR, SHARED] {
                    attempt(what, &path).unwrap_or_else(|e| panic!("{what}, shared {shared}: {e}"));
                }
            }
        }
    }

    /// A program that was started while the appender was open has nothing of it.
    #[test]
    fn a_lock_is_not_inherited() {
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        for shared in [false, true] {
            let appender = open(&path, shared).unwrap();
            appender.append(&1).unwrap();
            let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
            drop(appender);
            let result = attempt(EXCLUSIVE, &path);
            sleeper.kill().unwrap();
            sleeper.wait().unwrap();
            result.unwrap();
        }
    }

    /// Nor has one that is just being started, which for a moment has a copy of every open file.
    #[test]
    fn a_program_that_starts_keeps_nobody_out() {
        let folder = quick_folder();
        let path = folder.path().join("a.jsonl");
        std::thread::scope(|scope| {
            let starts =
                scope.spawn(|| (0..400).for_each(|_| assert!(Command::new("true").status().unwrap().success())));
            while !starts.is_finished() {
                for what in [SHARED, EXCLUSIVE, REPAIR, EXCLUSIVE, SHARED] {
                    attempt(what, &path).unwrap_or_else(|e| panic!("{what}: {e}"));
                }
                let shared = open(&path, true).unwrap();
                assert_eq!(open(&path, false).unwrap_err().kind(), ErrorKind::Locked);
                drop(shared);
            }
        });
    }

    /// The same of one that takes its time, while an appender ends and another one is refused.
    #[test]
    #[allow(unsafe_code)]
    fn a_program_that_starts_slowly_keeps_nobody_out() {
        use std::os::unix::process::CommandExt;
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        let holder = open(&path, false).unwrap();
        std::thread::scope(|scope| {
            // it waits for its turn, with its own lock held
            let refused = scope.spawn(|| attempt(SHARED, &path).unwrap_err());
            std::thread::sleep(Duration::from_millis(300));
            let mut slow = Command::new("true");
            // SAFETY: sleeping is allowed between fork and exec.
            unsafe {
                slow.pre_exec(|| {
                    let time = libc::timespec { tv_sec: 1, tv_nsec: 500_000_000 };
                    libc::nanosleep(&time, std::ptr::null_mut());
                    Ok(())
                })
            };
            let starts = scope.spawn(move || slow.status().unwrap());
            assert_eq!(refused.join().unwrap().kind(), ErrorKind::Locked);
            drop(holder);
            for what in [EXCLUSIVE, REPAIR, SHARED] {
                attempt(what, &path).unwrap_or_else(|e| panic!("{what}: {e}"));
            }
            assert!(starts.join().unwrap().success());
        });
    }

    /// Starts processes that append to one file, all at once.
    fn appending(path: &Path, writers: u32, each: u32, sizes: &[usize], pause: Duration, rotates: u32) -> Vec<Process> {
        let role = |writer| Role::Append { path: path.into(), writer, each, sizes: sizes.into(), pause, rotates };
        let mut processes: Vec<Process> = (0..writers).map(|writer| Process::start(role(writer))).collect();
        processes.iter_mut().for_each(|process| assert_eq!(process.hear(), "ready"));
        processes.iter_mut().for_each(Process::tell);
        processes
    }

    #[test]
    fn case_37_processes_append_at_once() {
        let mixed = [100, 1_000_000, 100, 5_000, 100, 70_000, 5_000, 100];
        let folder = folder();
        for (writers, each, sizes) in
            [(2, 12, &mixed[..]), (4, 8, &mixed), (8, 6, &mixed), (4, 150, &[100]), (3, 60, &[5_000]), (8, 40, &[100])]
        {
            let path = folder.path().join(format!("{writers}-{each}.jsonl"));
            let appender = open(&path, true).unwrap();
            let processes = appending(&path, writers, each, sizes, Duration::ZERO, 0);
            // somebody reads along, as in cases 6 and 7
            let followed = follow(&path, (writers * each) as usize);
            processes.into_iter().for_each(Process::finish);
            assert_all_once(&followed, writers, each);
            let records = strict_records::<Tagged>(&path);
            assert!(records == followed, "{writers} processes");
            // one that was there before has its place behind them all
            let position = end_of(&fs::read(&path).unwrap());
            assert_eq!(appender.append("last").unwrap(), position, "{writers} processes");
        }
    }

    /// The records of the file that others moved away and those of the new one are all of them.
    #[test]
    fn a_file_is_rotated_while_processes_append() {
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        let appender = open(&path, true).unwrap();
        let processes = appending(&path, 4, 150, &[100, 100, 5_000], Duration::from_micros(200), 0);
        let start = Instant::now();
        let moved: Vec<PathBuf> = (0..6).map(|n| beside(&path, &format!(".{n}"))).collect();
        for to in &moved {
            // so many records that there are some left for the last file
            while fs::metadata(&path).unwrap().len() < 60_000 {
                assert!(start.elapsed() < Duration::from_secs(60), "the others do not append");
                std::thread::sleep(Duration::from_micros(500));
            }
            appender.rotate(to).unwrap();
        }
        processes.into_iter().for_each(Process::finish);
        let files: Vec<Vec<Tagged>> = moved.iter().chain([&path]).map(strict_records).collect();
        assert!(files.iter().all(|records| !records.is_empty()), "{:?}", files.iter().map(Vec::len));
        assert_all_once(&files.concat(), 4, 150);
        let end = end_of(&fs::read(&path).unwrap());
        assert_eq!(appender.append(&1).unwrap(), end);
    }

    #[test]
    fn several_processes_rotate_a_file() {
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        let processes = appending(&path, 4, 120, &[100, 300], Duration::from_micros(100), 30);
        processes.into_iter().for_each(Process::finish);
        let files: Vec<_> = names(&folder).into_iter().filter(|name| name != "a.jsonl.lock").collect();
        assert_eq!(files.len(), 1 + 4 * 4, "{files:?}");
        let mut all = Vec::new();
        for name in files {
            let records = strict_records::<Tagged>(folder.path().join(&name));
            for writer in 0..4 {
                let mine = records.iter().filter(|record| record.writer == writer);
                assert!(mine.is_sorted_by_key(|record| record.number), "{name:?}, writer {writer}");
            }
            all.extend(records);
        }
        all.sort_by_key(|record| (record.writer, record.number));
        assert_all_once(&all, 4, 120);
    }
}
