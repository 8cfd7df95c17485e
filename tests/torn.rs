//! What is cut off a file: it is saved first, under a name that says where it was, and never over anything else.

use std::fs;
use std::io;
use std::path::PathBuf;

use simd_jsonl::{ErrorKind, JsonlAppender, repair};
use tempfile::TempDir;

#[path = "common/appended.rs"]
mod appended;
use appended::*;

struct Case {
    folder: TempDir,
    path: PathBuf,
}

impl Case {
    fn new() -> Case {
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        Case { folder, path }
    }

    /// Writes the file, alone in its folder.
    fn set(&self, bytes: &[u8]) {
        for name in names(&self.folder) {
            fs::remove_file(self.folder.path().join(name)).unwrap();
        }
        fs::write(&self.path, bytes).unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }
}

/// A crash between saving and cutting: at the next start all is as it was, but for the copy.
#[test]
fn the_same_tail_is_not_saved_twice() {
    let case = Case::new();
    for round in 0..3 {
        if round == 0 {
            case.set(b"1\n{\"a\"")
        } else {
            fs::write(&case.path, b"1\n{\"a\"").unwrap()
        }
        let told = match round {
            1 => JsonlAppender::open(&case.path).unwrap().repaired().unwrap().clone(),
            _ => repair(&case.path).unwrap(),
        };
        assert_eq!((told.kept, told.cut), (2, 4));
        assert_eq!(told.saved_to.as_deref(), Some(&*beside(&case.path, ".torn-2")));
        assert_eq!(case.bytes(), b"1\n");
        assert_eq!(names(&case.folder), ["a.jsonl", "a.jsonl.torn-2"]);
        assert_eq!(fs::read(told.saved_to.unwrap()).unwrap(), b"{\"a\"");
    }
}

#[test]
fn another_tail_gets_another_name() {
    let case = Case::new();
    case.set(b"");
    let tails: [&[u8]; 5] = [b"{\"a\"", b"{\"b\"", b"{\"a", b"{\"a\":", b"1"];
    for round in 0..2 {
        for (n, tail) in tails.into_iter().enumerate() {
            fs::write(&case.path, [b"1\n", tail].concat()).unwrap();
            let told = repair(&case.path).unwrap();
            let suffix = if n == 0 { ".torn-2".to_string() } else { format!(".torn-2-{n}") };
            assert_eq!(told.saved_to.as_deref(), Some(&*beside(&case.path, &suffix)), "round {round}");
            assert_eq!(fs::read(told.saved_to.unwrap()).unwrap(), tail);
            assert_eq!(case.bytes(), b"1\n");
        }
    }
    assert_eq!(names(&case.folder).len(), 1 + tails.len());
    for (n, tail) in tails.into_iter().enumerate().skip(1) {
        assert_eq!(fs::read(beside(&case.path, &format!(".torn-2-{n}"))).unwrap(), tail);
    }
}

/// The copy of a tail that was being saved when the machine stopped is no copy.
#[test]
fn half_a_copy_is_left_alone() {
    let case = Case::new();
    for half in [&b""[..], b"{", b"\0\0\0\0", b"{\"a\" and more"] {
        case.set(b"1\n{\"a\"");
        fs::write(beside(&case.path, ".torn-2"), half).unwrap();
        let told = repair(&case.path).unwrap();
        assert_eq!(told.saved_to.as_deref(), Some(&*beside(&case.path, ".torn-2-1")));
        assert_eq!(fs::read(beside(&case.path, ".torn-2")).unwrap(), half);
        assert_eq!(fs::read(beside(&case.path, ".torn-2-1")).unwrap(), b"{\"a\"");
        assert_eq!(case.bytes(), b"1\n");
    }
}

#[test]
fn what_cannot_be_repaired_is_named() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    let missing = io::ErrorKind::NotFound;
    for (path, kind) in
        [(at("missing"), Some(missing)), (at("no/such/folder"), Some(missing)), (at("folder"), None), ("".into(), None)]
    {
        let error = repair(&path).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(&*path)), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        let found = io::Error::from(error).kind();
        assert!(kind.is_none_or(|kind| kind == found), "{path:?}: {found:?}");
        assert_eq!(names(&folder), ["folder"], "{path:?}");
    }
    assert!(names(at("folder")).is_empty());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn fifo(path: &Path) {
        let status = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(status.success());
    }

    #[test]
    fn a_copy_has_the_permissions_of_the_file() {
        let case = Case::new();
        for mode in [0o600, 0o640, 0o644, 0o666, 0o604] {
            case.set(b"1\n2");
            fs::set_permissions(&case.path, fs::Permissions::from_mode(mode)).unwrap();
            let saved = repair(&case.path).unwrap().saved_to.unwrap();
            let of = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
            assert_eq!(of(&saved), mode, "{:o}", of(&saved));
            assert_eq!(of(&case.path), mode);
        }
    }

    /// Whatever has the name of the copy already: it is left alone, nobody waits for it, and the tail is saved.
    #[test]
    fn what_stands_in_the_way_is_left_alone() {
        type Obstacle = fn(&Path, &Path);
        let obstacles: [(&str, Obstacle); 4] = [
            ("a folder", |at, _| fs::create_dir(at).unwrap()),
            ("a FIFO", |at, _| fifo(at)),
            ("a link to another file", |at, other| symlink(other, at).unwrap()),
            ("a link to nothing", |at, other| symlink(other.with_extension("nothing"), at).unwrap()),
        ];
        for (name, obstacle) in obstacles {
            let folder = folder();
            let (path, other) = (folder.path().join("a.jsonl"), folder.path().join("other"));
            fs::write(&path, b"1\n{\"a\"").unwrap();
            fs::write(&other, b"precious").unwrap();
            obstacle(&beside(&path, ".torn-2"), &other);
            let before = fs::symlink_metadata(beside(&path, ".torn-2")).unwrap().file_type();
            let told = without_waiting(name, {
                let path = path.clone();
                move || repair(path)
            });
            let told = told.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(fs::read(told.saved_to.as_ref().unwrap()).unwrap(), b"{\"a\"", "{name}");
            assert_eq!(told.saved_to.as_deref(), Some(&*beside(&path, ".torn-2-1")), "{name}");
            assert_eq!(fs::read(&path).unwrap(), b"1\n", "{name}");
            assert_eq!(fs::read(&other).unwrap(), b"precious", "{name}");
            assert_eq!(fs::symlink_metadata(beside(&path, ".torn-2")).unwrap().file_type(), before, "{name}");
            assert_eq!(names(&folder).len(), 4, "{name}: {:?}", names(&folder));
        }
    }

    /// What cannot be saved is not cut off.
    #[test]
    fn nothing_is_cut_off_that_could_not_be_saved() {
        let folder = folder();
        // one whose copy would have too long a name
        let path = folder.path().join("x".repeat(250));
        fs::write(&path, b"1\n{\"a\"").unwrap();
        for _ in 0..2 {
            let error = repair(&path).unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(&*path)), "{error}");
            assert_eq!(JsonlAppender::open(&path).unwrap_err().kind(), ErrorKind::Io);
            assert_eq!(fs::read(&path).unwrap(), b"1\n{\"a\"");
            assert_eq!(names(&folder).len(), 1);
        }
    }

    /// A name under which a child repairs a file.
    const FILE: &str = "SIMD_JSONL_TEST_FILE";

    #[test]
    #[ignore = "a part of the next test, which starts it where files cannot grow"]
    fn child_without_room() {
        let path = PathBuf::from(std::env::var_os(FILE).expect("this is no test of its own"));
        for _ in 0..3 {
            assert_eq!(repair(&path).unwrap_err().kind(), ErrorKind::Io);
            assert_eq!(JsonlAppender::open(&path).unwrap_err().kind(), ErrorKind::Io);
        }
    }

    /// A service that is started over and over while the disk is full does not fill it any more.
    #[test]
    fn processes_without_room_leave_no_half_copies() {
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        let torn = ["1\n[", &"1,".repeat(40_000)].concat();
        fs::write(&path, &torn).unwrap();
        let child = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "unix::child_without_room", "--ignored", "--nocapture"])
            .env(FILE, &path)
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
        assert!(fs::read(&path).unwrap() == torn.as_bytes());
        assert_eq!(names(&folder), ["a.jsonl"]);
        // and as soon as there is room, all is well
        let told = repair(&path).unwrap();
        assert!(fs::read(told.saved_to.unwrap()).unwrap() == torn.as_bytes()[2..]);
        assert_eq!(fs::read(&path).unwrap(), b"1\n");
    }

    #[test]
    fn only_regular_files_are_repaired() {
        let folder = folder();
        let path = folder.path().join("fifo");
        fifo(&path);
        let error = without_waiting("repair", move || repair(path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert_eq!(repair("/dev/null").unwrap_err().kind(), ErrorKind::Io);
    }

    #[test]
    fn a_file_behind_a_link_is_repaired() {
        let folder = folder();
        let (path, link) = (folder.path().join("a.jsonl"), folder.path().join("link"));
        fs::write(&path, b"1\n{\"a\"").unwrap();
        symlink(&path, &link).unwrap();
        let told = repair(&link).unwrap();
        assert_eq!((told.kept, told.cut), (2, 4));
        assert_eq!(fs::read(told.saved_to.unwrap()).unwrap(), b"{\"a\"");
        assert_eq!(fs::read(&path).unwrap(), b"1\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
