//! Directories and lock files that a user may not read or write.

#![cfg(target_os = "linux")]

#[path = "common/appended.rs"]
mod appended;
#[path = "common/sandbox.rs"]
mod sandbox;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use appended::*;
use simd_jsonl::{Error, ErrorKind, JsonlAppender, Position, Result};

fn open(path: &Path, shared: bool) -> Result<JsonlAppender> {
    JsonlAppender::builder().shared(shared).open(path)
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs a test in a process of its own, of a user who is bound by permissions, as root is not.
fn as_a_user(test: &str, body: impl FnOnce()) {
    sandbox::alone(test, || match sandbox::become_nobody() {
        true => body(),
        false => sandbox::skip("there is no other user than root here"),
    });
}

fn assert_denied(error: Error, path: &Path) -> String {
    let text = error.to_string();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(path)), "{text}");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::PermissionDenied, "{text}");
    text
}

/// A directory that cannot be read cannot be synced: nothing is moved to where that is needed.
#[test]
fn a_target_in_a_directory_that_cannot_be_synced_is_refused() {
    as_a_user("a_target_in_a_directory_that_cannot_be_synced_is_refused", || {
        for shared in [false, true] {
            for is_elsewhere in [false, true] {
                let (folder, other) = (folder(), folder());
                let path = folder.path().join("a.jsonl");
                let directory = if is_elsewhere { other.path() } else { folder.path() };
                let to = directory.join("old");
                let appender = open(&path, shared).unwrap();
                appender.append(&1).unwrap();
                set_mode(directory, 0o300);
                let text = assert_denied(appender.rotate(&to).unwrap_err(), &path);
                assert!(text.contains("cannot rotate to"), "{text}");
                assert!(!to.exists());
                assert_eq!(appender.append(&2).unwrap(), Position { offset: 2, line: 2 });
                appender.sync().unwrap();
                assert_eq!(strict_records::<u8>(&path), [1, 2]);
                set_mode(directory, 0o700);
                appender.rotate(&to).unwrap();
                appender.append(&3).unwrap();
                appender.close().unwrap();
                assert_eq!([&to, &path].map(strict_records::<u8>), [vec![1, 2], vec![3]]);
            }
        }
    });
}

/// The file can be moved out of it, and a new one cannot be kept: nothing is lost for that.
#[test]
fn a_new_file_in_a_directory_that_cannot_be_synced_is_not_used() {
    as_a_user("a_new_file_in_a_directory_that_cannot_be_synced_is_not_used", || {
        for shared in [false, true] {
            let (folder, other) = (folder(), folder());
            let (path, to) = (folder.path().join("a.jsonl"), other.path().join("old"));
            let appender = open(&path, shared).unwrap();
            appender.append(&1).unwrap();
            set_mode(folder.path(), 0o300);
            let text = assert_denied(appender.rotate(&to).unwrap_err(), &path);
            assert!(shared || text.contains("the file was moved, but a new one cannot be made yet"), "{text}");
            assert_eq!(strict_records::<u8>(&to), [1]);
            // who shares the file must have the new one; who has it alone goes on in the old one
            match appender.append(&2) {
                Ok(position) => assert_eq!((position, shared), (Position { offset: 2, line: 2 }, false)),
                Err(error) => {
                    assert!(shared, "{error}");
                    assert_denied(error, &path);
                }
            }
            appender.sync().unwrap();
            set_mode(folder.path(), 0o700);
            appender.append(&3).unwrap();
            appender.rotate(other.path().join("last")).unwrap();
            appender.close().unwrap();
            let all = ["old", "last"].map(|name| strict_records::<u8>(other.path().join(name))).concat();
            assert_eq!(all, if shared { &[1, 3][..] } else { &[1, 2, 3] });
        }
    });
}

/// What is left of it is an empty file, which the next one can have.
#[test]
fn a_file_whose_directory_cannot_be_synced_is_not_opened() {
    as_a_user("a_file_whose_directory_cannot_be_synced_is_not_opened", || {
        for shared in [false, true] {
            let folder = folder();
            let path = folder.path().join("a.jsonl");
            for _ in 0..2 {
                set_mode(folder.path(), 0o300);
                let text = assert_denied(open(&path, shared).unwrap_err(), &path);
                assert!(text.contains("cannot open"), "{text}");
                assert!(fs::read(&path).is_ok_and(|bytes| bytes.is_empty()));
                set_mode(folder.path(), 0o700);
            }
            let appender = open(&path, shared).unwrap();
            appender.append(&1).unwrap();
            appender.close().unwrap();
            assert_eq!(strict_records::<u8>(&path), [1]);
        }
    });
}

/// A file that has records had its name synced when they were acknowledged: its directory is not needed.
#[test]
fn a_file_that_is_there_is_opened_whatever_its_directory() {
    as_a_user("a_file_that_is_there_is_opened_whatever_its_directory", || {
        for (shared, mode) in [(false, 0o300), (false, 0o100), (true, 0o300)] {
            let folder = folder();
            let path = folder.path().join("a.jsonl");
            fs::write(&path, "1\n").unwrap();
            set_mode(folder.path(), mode);
            let result = open(&path, shared).and_then(|appender| {
                appender.append(&2)?;
                appender.close()
            });
            set_mode(folder.path(), 0o700);
            result.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(strict_records::<u8>(&path), [1, 2]);
        }
    });
}

/// It is enough to be able to read a lock file, as those can whom it does not belong to.
#[test]
fn a_lock_file_need_not_be_writable() {
    as_a_user("a_lock_file_need_not_be_writable", || {
        let folder = folder();
        let (path, lock) = (folder.path().join("a.jsonl"), folder.path().join("a.jsonl.lock"));
        for (n, shared) in [true, false, true, false].into_iter().enumerate() {
            fs::write(&path, "1\n").unwrap();
            let _ = fs::write(&lock, "");
            set_mode(&lock, 0o444);
            let appender = open(&path, shared).unwrap_or_else(|e| panic!("{e}"));
            appender.append(&2).unwrap();
            set_mode(&lock, 0o444);
            appender.rotate(beside(&path, &format!(".{n}"))).unwrap();
            appender.append(&3).unwrap();
            // and it does what it is for
            assert_eq!(open(&path, false).unwrap_err().kind(), ErrorKind::Locked);
            assert_eq!(strict_records::<u8>(&path), [3]);
        }
    });
}

/// Whoever may use the file may use its lock file too, whatever the umask says.
#[test]
fn a_lock_file_has_the_permissions_of_the_file() {
    let folder = folder();
    let (path, lock) = (folder.path().join("a.jsonl"), folder.path().join("a.jsonl.lock"));
    fs::write(&path, "").unwrap();
    for mode in [0o666, 0o600, 0o640, 0o664] {
        set_mode(&path, mode);
        open(&path, true).unwrap().append(&1).unwrap();
        assert_eq!(mode_of(&lock), mode);
    }
}
