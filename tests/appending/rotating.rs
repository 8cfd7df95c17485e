//! Rotation: the file is moved away, and the appender goes on in a new one at the same path.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::json;
use simd_jsonl::{Durability, Error, ErrorKind, JsonlAppender, Position};

use crate::appended::*;

fn open(path: impl AsRef<Path>, shared: bool) -> JsonlAppender {
    JsonlAppender::builder().shared(shared).open(path).unwrap()
}

#[test]
fn a_rotation_begins_a_new_file() {
    let folder = folder();
    fs::create_dir(folder.path().join("old")).unwrap();
    for shared in [false, true] {
        for durability in durabilities() {
            let path = folder.path().join(format!("{shared}.jsonl"));
            fs::write(&path, "0\n\n").unwrap();
            let appender = JsonlAppender::builder().shared(shared).durability(durability).open(&path).unwrap();
            let mut want = b"0\n\n".to_vec();
            // in the same folder, and in another
            for to in [beside(&path, ".1"), beside(&path, ".2"), folder.path().join("old/a.jsonl")] {
                for n in 0..3 {
                    assert_eq!(appender.append(&json!({"n": n})).unwrap(), end_of(&want));
                    want.extend(format!("{{\"n\":{n}}}\n").into_bytes());
                }
                appender.rotate(&to).unwrap();
                assert_eq!(fs::read(&to).unwrap(), want, "{durability:?}");
                assert_eq!(fs::read(&path).unwrap(), b"", "{durability:?}");
                assert_eq!((appender.position(), appender.path()), (Position::default(), &*path));
                want.clear();
                fs::remove_file(&to).unwrap();
            }
            assert_eq!(appender.append(&1).unwrap(), Position::default());
            appender.sync().unwrap();
            appender.close().unwrap();
            assert_eq!(strict_records::<u8>(&path), [1]);
        }
    }
}

#[test]
fn lines_that_were_not_counted_begin_at_1_again() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, "1\n2\n").unwrap();
    let appender = JsonlAppender::builder().count_lines(false).open(&path).unwrap();
    appender.append(&3).unwrap();
    assert_eq!(appender.position(), Position { offset: 6, line: 2 });
    appender.rotate(beside(&path, ".1")).unwrap();
    assert_eq!(appender.append(&4).unwrap(), Position::default());
    assert_eq!(appender.append(&5).unwrap(), Position { offset: 2, line: 2 });
}

#[test]
fn an_empty_file_is_rotated_too() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    for shared in [false, true] {
        let appender = open(&path, shared);
        for n in 0..3 {
            appender.rotate(beside(&path, &format!(".{shared}.{n}"))).unwrap();
            assert_eq!(fs::read(beside(&path, &format!(".{shared}.{n}"))).unwrap(), b"");
        }
        assert_eq!(appender.append(&1).unwrap(), Position::default());
        drop(appender);
        fs::remove_file(&path).unwrap();
    }
}

/// Asserts that a rotation that failed changed nothing, and that the appender goes on in its file.
#[track_caller]
fn assert_refused(appender: &JsonlAppender, to: &Path) -> Error {
    let (path, before) = (appender.path(), fs::read(appender.path()).unwrap());
    let listed = names(path.parent().unwrap());
    let position = appender.position();
    let there = fs::read(to).ok();
    let error = appender.rotate(to).expect_err(&format!("{} is taken", to.display()));
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.path() == Some(path) || error.path() == Some(to), "{error}");
    assert_eq!(names(path.parent().unwrap()), listed);
    assert_eq!(fs::read(path).unwrap(), before);
    assert_eq!(fs::read(to).ok(), there);
    assert_eq!(appender.position(), position);
    assert_eq!(appender.append("on").unwrap(), position);
    assert_eq!(fs::read(path).unwrap(), [&before[..], b"\"on\"\n"].concat());
    assert_eq!(JsonlAppender::open(path).unwrap_err().kind(), ErrorKind::Locked);
    error
}

#[test]
fn a_target_that_exists_is_not_replaced() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "precious\n").unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::create_dir(at("folder")).unwrap();
    for shared in [false, true] {
        for durability in durabilities() {
            let path = at(&format!("{shared}.jsonl"));
            let appender = JsonlAppender::builder().shared(shared).durability(durability).open(&path).unwrap();
            appender.append(&1).unwrap();
            for to in [at("file"), at("empty"), at("folder"), path.clone(), at("folder").join("../file")] {
                let error = assert_refused(&appender, &to);
                assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::AlreadyExists, "{}", to.display());
            }
            // and then one that does not
            appender.rotate(at("new")).unwrap();
            assert_eq!(appender.append(&2).unwrap(), Position::default());
            fs::remove_file(at("new")).unwrap();
        }
    }
    assert_eq!(fs::read(at("file")).unwrap(), b"precious\n");
    assert!(names(at("folder")).is_empty());
}

#[test]
fn a_target_that_cannot_be_is_refused() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "1\n").unwrap();
    for shared in [false, true] {
        let appender = open(at("a.jsonl"), shared);
        appender.append(&1).unwrap();
        for to in [at("missing/a.jsonl"), at("file/a.jsonl"), at(&"x".repeat(300)), at("nul\0"), "".into()] {
            assert_refused(&appender, &to);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_not_replaced() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let links = [("to-file", at("file")), ("to-nothing", at("nothing")), ("to-itself", at("to-itself"))];
    fs::write(at("file"), "precious\n").unwrap();
    for (name, target) in &links {
        std::os::unix::fs::symlink(target, at(name)).unwrap();
    }
    for shared in [false, true] {
        let appender = open(at("a.jsonl"), shared);
        appender.append(&1).unwrap();
        for (name, target) in &links {
            assert_refused(&appender, &at(name));
            assert_eq!(fs::read_link(at(name)).unwrap(), *target);
        }
    }
    assert_eq!(fs::read(at("file")).unwrap(), b"precious\n");
}

#[cfg(unix)]
#[test]
fn the_new_file_has_the_permissions_of_the_old_one() {
    let folder = folder();
    for shared in [false, true] {
        for mode in [0o600, 0o640, 0o666] {
            let path = folder.path().join(format!("{shared}-{mode:o}.jsonl"));
            fs::write(&path, "").unwrap();
            set_mode(&path, mode);
            let appender = open(&path, shared);
            appender.rotate(beside(&path, ".1")).unwrap();
            for file in [&path, &beside(&path, ".1")] {
                assert_eq!(mode_of(file), mode, "{}", file.display());
            }
        }
    }
}

#[cfg(unix)]
fn mode_of(path: impl AsRef<Path>) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(unix)]
fn set_mode(path: impl AsRef<Path>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// It may be another shared appender than the one that moved the file, or somebody else has moved it.
#[cfg(unix)]
#[test]
fn the_new_file_has_the_permissions_of_the_old_one_whoever_makes_it() {
    let folder = folder();
    for mode in [0o600, 0o640, 0o666] {
        let path = folder.path().join(format!("{mode:o}.jsonl"));
        fs::write(&path, "").unwrap();
        set_mode(&path, mode);
        let appenders = [open(&path, true), open(&path, true)];
        for (n, appender) in appenders.iter().cycle().take(4).enumerate() {
            let to = beside(&path, &format!(".{n}"));
            appender.append(&n).unwrap();
            fs::rename(&path, &to).unwrap();
            // this one makes a file, and the other one finds it
            appender.append(&n).unwrap();
            assert_eq!([mode_of(&to), mode_of(&path)], [mode; 2], "{n}: {mode:o}");
        }
    }
}

#[cfg(unix)]
#[test]
fn all_files_have_the_permissions_of_the_first() {
    const ROTATIONS: u32 = 300;
    let folder = quick_folder();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, "").unwrap();
    set_mode(&path, 0o600);
    let (rotating, appending) = (open(&path, true), open(&path, true));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let appender = scope.spawn(|| {
            let mut number = 0;
            while !done.load(Relaxed) {
                appending.append(&Tagged::new(0, number))?;
                number += 1;
            }
            Ok::<u32, Error>(number)
        });
        let rotated = (0..ROTATIONS).try_for_each(|n| rotating.rotate(beside(&path, &format!(".{n}"))));
        done.store(true, Relaxed);
        rotated.unwrap();
        assert!(appender.join().unwrap().unwrap() > ROTATIONS / 10, "there was nobody who could have made a file");
    });
    let files = names(&folder);
    assert_eq!(files.len(), ROTATIONS as usize + 2, "one of them is for the lock");
    let others: Vec<_> = files.iter().filter(|name| mode_of(folder.path().join(name)) != 0o600).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// Of an appender that was opened by a link, the records are all there, old and new, wherever the files are.
#[cfg(unix)]
#[test]
fn a_file_behind_a_link_is_rotated() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("far")).unwrap();
    std::os::unix::fs::symlink(at("far/a.jsonl"), at("link")).unwrap();
    for shared in [false, true] {
        let appender = open(at("link"), shared);
        appender.append(&1).unwrap();
        appender.rotate(at("far/old")).unwrap();
        assert_eq!(appender.append(&2).unwrap(), Position::default());
        // who comes by the link reads and locks what the appender writes
        assert_eq!(strict_records::<u8>(at("link")), [2]);
        assert_eq!(strict_records::<u8>(at("far/old")), [1]);
        assert_eq!(JsonlAppender::open(at("link")).unwrap_err().kind(), ErrorKind::Locked);
        drop(appender);
        JsonlAppender::open(at("link")).unwrap();
        fs::remove_file(at("far/old")).unwrap();
        fs::write(at("link"), "").unwrap();
    }
}

/// From memory to disk a file cannot be moved.
#[cfg(target_os = "linux")]
#[test]
fn a_rotation_stays_on_its_file_system() {
    use std::os::unix::fs::MetadataExt;
    let here = tempfile::tempdir_in("/dev/shm").unwrap();
    let elsewhere = [folder().path().parent().unwrap().to_path_buf(), env!("CARGO_TARGET_TMPDIR").into()];
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    let Some(there) = elsewhere.iter().find(|path| device(path) != device(here.path())) else {
        assert!(std::env::var_os("CI").is_none(), "there is one file system only, and CI must have two");
        println!("SKIPPED: there is one file system only");
        return;
    };
    let there = tempfile::tempdir_in(there).unwrap();
    for shared in [false, true] {
        let appender = open(here.path().join("a.jsonl"), shared);
        appender.append(&1).unwrap();
        let error = assert_refused(&appender, &there.path().join("a.jsonl"));
        assert!(names(&there).is_empty());
        assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::CrossesDevices);
    }
}

/// Each record is in one of the files, whole, and of each thread in order.
#[test]
fn a_rotation_among_threads_loses_nothing() {
    const THREADS: u32 = 4;
    const EACH: u32 = 120;
    const ROTATIONS: u32 = 8;
    let folder = folder();
    let more = [Durability::EachRecords(7)];
    for (n, durability) in durabilities().into_iter().chain(more).enumerate() {
        for shared in [false, true] {
            let path = folder.path().join(format!("{n}-{shared}.jsonl"));
            let appender = JsonlAppender::builder().shared(shared).durability(durability).open(&path).unwrap();
            let (appended, rotated) = (AtomicU32::new(0), AtomicU32::new(0));
            let moved: Vec<PathBuf> = (0..ROTATIONS).map(|n| beside(&path, &format!(".{n}"))).collect();
            let start = Instant::now();
            let wait_until = |done: &dyn Fn() -> bool| {
                while !done() && start.elapsed() < Duration::from_secs(30) {
                    std::thread::yield_now();
                }
            };
            std::thread::scope(|scope| {
                for writer in 0..THREADS {
                    let (appender, appended, rotated, wait_until) = (&appender, &appended, &rotated, &wait_until);
                    scope.spawn(move || {
                        for number in 0..EACH {
                            // nobody runs ahead of the rotations
                            wait_until(&|| {
                                rotated.load(Relaxed) == ROTATIONS || number < 12 * (rotated.load(Relaxed) + 1)
                            });
                            appender.append(&Tagged::sized(writer, number, (number % 5) as usize * 100)).unwrap();
                            appended.fetch_add(1, Relaxed);
                        }
                    });
                }
                for (n, to) in (0..).zip(&moved) {
                    wait_until(&|| appended.load(Relaxed) >= THREADS * 12 * n + 10);
                    appender.rotate(to).unwrap();
                    rotated.fetch_add(1, Relaxed);
                }
            });
            let position = end_of(&fs::read(&path).unwrap());
            assert_eq!(appender.position(), position);
            assert_eq!(appender.append(&Tagged::new(0, EACH)).unwrap(), position);
            appender.append_batch((1..THREADS).map(|writer| Tagged::new(writer, EACH))).unwrap();
            appender.close().unwrap();
            let files: Vec<Vec<Tagged>> = moved.iter().chain([&path]).map(strict_records).collect();
            assert!(files.iter().all(|records| records.len() >= 10));
            assert_all_once(&files.concat(), THREADS, EACH + 1);
        }
    }
}

/// The new file is locked like the old one, which is anybody's now.
#[test]
fn the_lock_goes_to_the_new_file() {
    let folder = folder();
    for shared in [false, true] {
        let path = folder.path().join(format!("{shared}.jsonl"));
        let appender = open(&path, shared);
        for n in 0..3 {
            appender.append(&n).unwrap();
            let to = beside(&path, &format!(".{n}"));
            appender.rotate(&to).unwrap();
            assert_eq!(JsonlAppender::open(&path).unwrap_err().kind(), ErrorKind::Locked, "shared {shared}");
            assert_eq!(simd_jsonl::repair(&path).unwrap_err().kind(), ErrorKind::Locked, "shared {shared}");
            assert_eq!(open(&to, false).append(&100).unwrap(), Position { offset: 2, line: 2 });
        }
        drop(appender);
        open(&path, false).append(&4).unwrap();
    }
}

/// Between the old file and the new one nobody gets in.
#[test]
fn nobody_slips_in_during_a_rotation() {
    const ROTATIONS: u32 = 300;
    let folder = quick_folder();
    let path = folder.path().join("a.jsonl");
    let appender = open(&path, false);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let slip_in = || {
            while !done.load(Relaxed) {
                match JsonlAppender::open(&path) {
                    Ok(_) => return true,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Locked, "{error}"),
                }
            }
            false
        };
        let others = [scope.spawn(slip_in), scope.spawn(slip_in)];
        let rotated = (0..ROTATIONS).try_for_each(|n| {
            appender.append(&n)?;
            appender.rotate(beside(&path, &format!(".{n}")))
        });
        done.store(true, Relaxed);
        for other in others {
            assert!(!other.join().unwrap(), "another one has the file of an exclusive appender");
        }
        rotated.unwrap();
    });
    for n in 0..ROTATIONS {
        assert_eq!(strict_records::<u32>(beside(&path, &format!(".{n}"))), [n]);
    }
}

/// Somebody has the lock file for long: who opens the file shared only has it for a moment.
#[cfg(unix)]
#[test]
fn a_rotation_does_not_wait_for_good() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let to = beside(&path, ".1");
    let appender = open(&path, false);
    appender.append(&1).unwrap();
    let lock = fs::File::create(beside(&path, ".lock")).unwrap();
    lock.lock_shared().unwrap();
    let (appender, error) = without_waiting("a rotation", {
        let to = to.clone();
        move || {
            let error = appender.rotate(to).unwrap_err();
            (appender, error)
        }
    });
    assert_eq!((error.kind(), error.path()), (ErrorKind::Locked, Some(&*path)), "{error}");
    assert!(error.to_string().contains(&format!("cannot rotate to {}: ", to.display())), "{error}");
    assert!(!to.exists());
    assert_eq!(appender.append(&2).unwrap(), Position { offset: 2, line: 2 });
    lock.unlock().unwrap();
    appender.rotate(&to).unwrap();
    assert_eq!(strict_records::<u8>(&to), [1, 2]);
}

#[test]
fn others_that_share_the_file_go_on_in_the_new_one() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appenders = [open(&path, true), open(&path, true), open(&path, true)];
    for n in 0..6 {
        for (k, appender) in appenders.iter().enumerate() {
            let want = end_of(&fs::read(&path).unwrap());
            assert_eq!(appender.append(&(n * 3 + k)).unwrap(), want);
        }
        appenders[n % 3].rotate(beside(&path, &format!(".{n}"))).unwrap();
        assert_eq!(strict_records::<usize>(beside(&path, &format!(".{n}"))), [n * 3, n * 3 + 1, n * 3 + 2]);
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
    // one that has not noticed yet rotates
    appenders[0].append(&1).unwrap();
    appenders[1].rotate(beside(&path, ".6")).unwrap();
    appenders[2].rotate(beside(&path, ".7")).unwrap();
    assert_eq!(strict_records::<u8>(beside(&path, ".6")), [1]);
    assert_eq!(strict_records::<u8>(beside(&path, ".7")), [0u8; 0]);
    appenders[0].append(&2).unwrap();
    assert_eq!(strict_records::<u8>(&path), [2]);
}

/// Who opens the file or appends to it at this very moment has the old one or the new one.
#[test]
fn a_shared_file_is_opened_during_rotations() {
    const OPENED: u32 = 1_000;
    let folder = quick_folder();
    let path = folder.path().join("a.jsonl");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (one, resident) = (open(&path, true), open(&path, true));
        let done = &done;
        scope.spawn(move || {
            for n in (0..1_000).take_while(|_| !done.load(Relaxed)) {
                one.rotate(beside(one.path(), &format!(".{n}"))).unwrap();
            }
        });
        let open = |number| -> simd_jsonl::Result<()> {
            JsonlAppender::builder().shared(true).open(&path)?.append(&Tagged::new(0, number))?;
            resident.append(&Tagged::new(1, number)).map(drop)
        };
        let opened: Result<Vec<()>, _> = (0..OPENED).map(open).collect();
        done.store(true, Relaxed);
        opened.unwrap();
    });
    let mut files: Vec<_> = names(&folder).into_iter().filter(|name| name != "a.jsonl.lock").collect();
    assert!(files.len() > 10, "{files:?}");
    // the file itself has no number, and comes last
    let number = |name: &std::ffi::OsString| name.to_str().and_then(|name| name.strip_prefix("a.jsonl.")?.parse().ok());
    files.sort_by_key(|name| number(name).unwrap_or(u32::MAX));
    let records: Vec<Vec<Tagged>> = files.iter().map(|name| strict_records(folder.path().join(name))).collect();
    assert_all_once(&records.concat(), 2, OPENED);
}

/// Whoever has the old file now is not waited for.
#[test]
fn who_opens_the_moved_file_hinders_nobody() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let (one, other) = (open(&path, true), open(&path, true));
    one.append(&1).unwrap();
    other.append(&2).unwrap();
    one.rotate(beside(&path, ".1")).unwrap();
    let archive = open(beside(&path, ".1"), false);
    let position = without_waiting("a shared append", move || other.append(&3)).unwrap();
    assert_eq!(position, Position::default());
    assert_eq!(strict_records::<u8>(archive.path()), [1, 2]);
    assert_eq!(strict_records::<u8>(&path), [3]);
}

/// What another left torn goes along, and the new file begins clean.
#[test]
fn a_torn_file_can_be_rotated() {
    let folder = folder();
    let path = folder.path().join("a.jsonl");
    let appender = open(&path, true);
    appender.append(&1).unwrap();
    fs::write(&path, "1\n{\"a\"").unwrap();
    appender.rotate(beside(&path, ".1")).unwrap();
    assert_eq!(appender.append(&2).unwrap(), Position::default());
    assert_eq!(strict_records::<u8>(&path), [2]);
    assert!(fs::read(beside(&path, ".1")).unwrap().starts_with(b"1\n{\"a\""));
}

#[test]
#[cfg(target_os = "linux")]
fn no_file_stays_open_behind() {
    let folder = quick_folder();
    let path = folder.path().join("a.jsonl");
    for shared in [false, true] {
        let appender = open(&path, shared);
        for n in 0..100 {
            appender.append(&n).unwrap();
            appender.rotate(beside(&path, &format!(".{shared}.{n}"))).unwrap();
        }
        // other tests have files of their own, but not of these names
        let fds = fs::read_dir("/proc/self/fd").unwrap().map(|fd| fs::read_link(fd.unwrap().path()));
        let old = fds.flatten().filter(|to| to.starts_with(folder.path()) && to.extension() != Some("jsonl".as_ref()));
        let old: Vec<PathBuf> = old.filter(|to| to.extension() != Some("lock".as_ref())).collect();
        assert!(old.is_empty(), "shared {shared}: {old:?}");
        drop(appender);
        fs::remove_file(&path).unwrap();
    }
}
