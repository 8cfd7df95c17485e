//! Opening: what cannot be opened is named, and nothing is left behind; links lead to their files.

use std::fs;
use std::io;

use simd_jsonl::{Error, ErrorKind, JsonlAppender};

use crate::appended::*;

fn io_kind(error: Error) -> io::ErrorKind {
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    io::Error::from(error).kind()
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("file"), "1\n").unwrap();
    let before = names(&folder);
    let cases = [
        (at("missing/a.jsonl"), Some(io::ErrorKind::NotFound)),
        (at("file/a.jsonl"), None),
        (at("folder"), None),
        (at(&"x".repeat(300)), None),
        (at("nul\0.jsonl"), None),
        ("".into(), None),
    ];
    for (path, kind) in cases {
        for shared in [false, true] {
            let error = JsonlAppender::builder().shared(shared).open(&path).unwrap_err();
            assert_eq!(error.path(), Some(&*path), "{path:?}, shared {shared}: {error}");
            let text = error.to_string();
            assert!(text.contains(&path.display().to_string()) && text.lines().count() == 1, "{text}");
            let found = io_kind(error);
            assert!(kind.is_none_or(|kind| kind == found), "{path:?}, shared {shared}: {found:?}");
            assert_eq!(names(&folder), before, "{path:?}, shared {shared}: something is left");
        }
    }
    assert!(names(at("folder")).is_empty());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use simd_jsonl::Position;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    fn fifo(path: &std::path::Path) {
        let name = std::ffi::CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: a string that ends in NUL.
        #[allow(unsafe_code)]
        let result = unsafe { libc::mkfifo(name.as_ptr(), 0o600) };
        assert_eq!(result, 0, "{}", io::Error::last_os_error());
    }

    #[test]
    fn only_regular_files_can_be_opened() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fifo(&at("fifo"));
        let _socket = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for name in ["fifo", "folder"] {
            symlink(at(name), at(&format!("{name}-link"))).unwrap();
        }
        let paths: Vec<PathBuf> = ["fifo", "socket", "fifo-link", "folder-link"].into_iter().map(at).collect();
        for path in paths.into_iter().chain(["/dev/null".into(), "/dev/zero".into()]) {
            for shared in [false, true] {
                let open = {
                    let path = path.clone();
                    move || JsonlAppender::builder().shared(shared).open(path).map(drop)
                };
                let error = without_waiting("opening", open).unwrap_err();
                assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(&*path)), "{error}");
            }
        }
    }

    /// Root may write to it all the same.
    #[test]
    fn a_read_only_file_cannot_be_opened() {
        let folder = folder();
        let path = folder.path().join("a.jsonl");
        fs::write(&path, "1\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        match (fs::OpenOptions::new().append(true).open(&path), JsonlAppender::open(&path)) {
            (Ok(_), Ok(appender)) => assert_eq!(appender.append(&2).unwrap(), Position { offset: 2, line: 2 }),
            (Err(_), Err(error)) => {
                assert_eq!(error.path(), Some(&*path), "{error}");
                assert_eq!(io_kind(error), io::ErrorKind::PermissionDenied);
            }
            (system, ours) => panic!("the system says {system:?}, the appender {ours:?}"),
        }
    }

    #[test]
    fn a_link_leads_to_its_file() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("far")).unwrap();
        for (name, before) in [("a", Some("1\n2")), ("b", None)] {
            let (link, target) = (at(name), at("far").join(name));
            before.iter().for_each(|text| fs::write(&target, text).unwrap());
            symlink(&target, &link).unwrap();
            let appender = JsonlAppender::open(&link).unwrap();
            assert_eq!(appender.path(), link);
            appender.append(&3).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&target).unwrap(), if before.is_some() { "1\n3\n" } else { "3\n" });
            assert_eq!(JsonlAppender::open(&target).unwrap_err().kind(), ErrorKind::Locked);
        }
    }

    #[test]
    fn a_name_need_not_be_text() {
        let folder = folder();
        let path = folder.path().join(std::ffi::OsStr::from_bytes(b"\xFF\n.jsonl"));
        // some systems do not have such names at all
        if fs::write(&path, "[1]\n2").is_err() {
            return assert!(JsonlAppender::open(&path).is_err());
        }
        let appender = JsonlAppender::open(&path).unwrap();
        assert_eq!(appender.repaired().unwrap().saved_to.as_deref(), Some(&*beside(&path, ".torn-4")));
        assert_eq!(fs::read(beside(&path, ".torn-4")).unwrap(), b"2");
    }
}
