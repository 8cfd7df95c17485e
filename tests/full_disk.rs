//! No room: under a limit of a file's size, which fails a write at any byte, and on a small file system that is really full. The
//! numbers are those of the reliability cases.

#![cfg(target_os = "linux")]

#[path = "common/child.rs"]
mod child;
#[path = "common/rows.rs"]
mod rows;
#[path = "common/sandbox.rs"]
mod sandbox;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use child::{Ack, Op, Policy, Script, Talk, os_code};
use rows::{Row, assert_position, folder, is_whole, lines, open_and_check, read_rows, torn_files};
use sandbox::{alone, fail_calls, in_small_file_system, limit_files};
use simd_jsonl::{AppenderBuilder, Error, ErrorKind, JsonlAppender, Position, Result};

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn child() {
    child::run();
}

fn builder(shared: bool) -> AppenderBuilder {
    JsonlAppender::builder().shared(shared).clone()
}

fn assert_no_room<T: std::fmt::Debug>(result: Result<T>, code: i32, path: &Path) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert_eq!(os_code(&error), Some(code), "{error}");
    assert_eq!(error.path(), Some(path), "{error}");
    error
}

type Way = fn(&JsonlAppender, &[Row]) -> Result<Position>;

/// The three ways to append; the last takes several records.
const WAYS: [Way; 3] = [
    |appender, rows| appender.append(&rows[0]),
    |appender, rows| appender.append_raw(&rows[0].line()),
    |appender, rows| appender.append_batch(rows),
];

/// A limit `k` bytes behind the file's end makes a short write of `k` bytes, and then an error.
#[test]
fn case_35_a_file_at_its_limit_is_as_before() {
    alone("case_35_a_file_at_its_limit_is_as_before", || {
        let rows = [Row::new(1, 20), Row::new(2, 0), Row::new(3, 9)];
        for (shared, (i, append)) in [false, true].iter().flat_map(|s| WAYS.iter().enumerate().map(move |w| (*s, w))) {
            let folder = folder();
            let path = folder.path().join("events.jsonl");
            let appender = builder(shared).open(&path).unwrap();
            appender.append(&Row::new(0, 10)).unwrap();
            let what = &rows[..if i == 2 { 3 } else { 1 }];
            let text: Vec<u8> = what.iter().flat_map(Row::line).collect();
            for k in 0..text.len() {
                let (before, at) = (fs::read(&path).unwrap(), appender.position());
                limit_files(Some((before.len() + k) as u64));
                for _ in 0..2 {
                    let error = assert_no_room(append(&appender, what), libc::EFBIG, &path);
                    assert!(error.to_string().contains("File too large"), "{error}");
                    assert_eq!(fs::read(&path).unwrap(), before, "after a failure at byte {k}");
                    assert_eq!(appender.position(), at);
                }
                // Exactly enough room.
                limit_files(Some((before.len() + text.len()) as u64));
                let position = append(&appender, what).unwrap();
                limit_files(None);
                assert_eq!(position, at);
                let after = fs::read(&path).unwrap();
                assert_eq!(after, [before, text.clone()].concat(), "after it had room again");
                assert_position(&after, &rows[0], (position.offset, position.line));
            }
        }
    });
}

/// Where the file cannot be cut either, the next record closes the fragment.
#[test]
fn case_35_a_fragment_at_the_limit_is_closed_by_the_next_record() {
    alone("case_35_a_fragment_at_the_limit_is_closed_by_the_next_record", || {
        if let Err(error) = fail_calls(sandbox::CUTS, libc::EIO) {
            return sandbox::skip(&format!("calls cannot be made to fail here: {error}"));
        }
        for shared in [false, true] {
            let folder = folder();
            let path = folder.path().join("events.jsonl");
            let appender = builder(shared).open(&path).unwrap();
            let (row, next) = (Row::new(1, 20), Row::new(2, 3));
            for k in 0..row.line().len() {
                let mut expected = fs::read(&path).unwrap();
                limit_files(Some((expected.len() + k) as u64));
                assert_no_room(appender.append(&row), libc::EFBIG, &path);
                expected.extend_from_slice(&row.line()[..k]);
                assert_eq!(fs::read(&path).unwrap(), expected);
                // Not even the line feed can be written.
                assert_no_room(appender.append(&row), libc::EFBIG, &path);
                assert_eq!(fs::read(&path).unwrap(), expected);
                limit_files(None);
                if k > 0 {
                    expected.push(b'\n');
                }
                for _ in 0..2 {
                    let at = appender.append(&next).unwrap();
                    assert_eq!(at.offset, expected.len() as u64);
                    expected.extend_from_slice(&next.line());
                    assert_position(&expected, &next, (at.offset, at.line));
                    assert_eq!(fs::read(&path).unwrap(), expected);
                }
            }
        }
    });
}

/// A torn tail is not cut off before all of it is saved, nor is a record completed by half.
#[test]
fn case_36_no_room_to_repair_leaves_the_file_alone() {
    alone("case_36_no_room_to_repair_leaves_the_file_alone", || {
        let whole = Row::new(2, 20).line();
        for shared in [false, true] {
            for k in 1..whole.len() {
                let folder = folder();
                let path = folder.path().join("events.jsonl");
                let (before, tail) = (lines(&[(1, 1)]), &whole[..k]);
                let torn = [&before[..], tail].concat();
                fs::write(&path, &torn).unwrap();
                let limit = if is_whole(tail) { torn.len() } else { k - 1 };
                limit_files(Some(limit as u64));
                assert_no_room(builder(shared).open(&path), libc::EFBIG, &path);
                assert_eq!(fs::read(&path).unwrap(), torn);
                limit_files(None);
                let appender = open_and_check(&builder(shared), &path);
                appender.append(&Row::new(3, 0)).unwrap();
                let completed: &[u64] = if is_whole(tail) { &[2] } else { &[] };
                assert_eq!(read_rows(&path), [&[1], completed, &[3]].concat());
            }
        }
    });
}

/// However often one tries: what cannot be saved leaves no copies, of which there would be more each time.
#[test]
fn case_36_repairs_that_fail_leave_nothing_behind() {
    alone("case_36_repairs_that_fail_leave_nothing_behind", || {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let tail = &Row::new(2, 20).line()[..30];
        fs::write(&path, [&lines(&[(1, 1)])[..], tail].concat()).unwrap();
        limit_files(Some(20));
        for _ in 0..5 {
            assert_no_room(JsonlAppender::open(&path), libc::EFBIG, &path);
        }
        limit_files(None);
        open_and_check(&builder(false), &path).close().unwrap();
        let saved = torn_files(&path);
        assert_eq!(saved.len(), 1, "{saved:?}");
    });
}

const KIB: usize = 1 << 10;

/// A file that takes room.
fn ballast(folder: &Path, bytes: usize) -> std::path::PathBuf {
    let path = folder.join("ballast");
    fs::write(&path, vec![0; bytes]).unwrap();
    path
}

#[test]
fn case_36_a_full_disk_costs_only_what_does_not_fit() {
    in_small_file_system("case_36_a_full_disk_costs_only_what_does_not_fit", 128 * KIB, "", |folder| {
        for (i, shared) in [false, true].into_iter().enumerate() {
            let ballast = ballast(folder, 64 * KIB);
            let path = folder.join(format!("events-{i}.jsonl"));
            let appender = builder(shared).open(&path).unwrap();
            // Records that are longer than a page: a write is short before it fails.
            let mut rows: Vec<(u64, usize)> = (0..).map(|n| (n, 6000 + 17 * n as usize)).take(20).collect();
            let full = rows.iter().position(|(n, chars)| appender.append(&Row::new(*n, *chars)).is_err());
            rows.truncate(full.expect("a full disk"));
            assert!(rows.len() > 3, "{rows:?}");
            let mut expected = lines(&rows);
            assert_eq!(fs::read(&path).unwrap(), expected);
            let more = [Row::new(100, 5000), Row::new(101, 5000)];
            assert_no_room(appender.append_batch(&more), libc::ENOSPC, &path);
            assert_eq!(fs::read(&path).unwrap(), expected);
            // A small one still fits into the last page.
            appender.append(&Row::new(102, 1)).unwrap();
            fs::remove_file(ballast).unwrap();
            appender.append_batch(&more).unwrap();
            expected.extend(lines(&[(102, 1), (100, 5000), (101, 5000)]));
            assert_eq!(fs::read(&path).unwrap(), expected);
            drop(appender);
            fs::remove_file(&path).unwrap();
        }
    });
}

#[test]
fn case_36_a_full_disk_harms_no_other_process() {
    in_small_file_system("case_36_a_full_disk_harms_no_other_process", 256 * KIB, "", |folder| {
        let ballast = ballast(folder, 128 * KIB);
        let path = folder.join("events.jsonl");
        // Both fill the disk, with records of different lengths, until each has failed.
        let mut talks: Vec<_> = [(1_000, 300), (1_000_000, 9_000)]
            .into_iter()
            .map(|(first, chars)| {
                let after = [Op::Append(first + 500_000, chars), Op::Append(first + 500_001, 3), Op::Close];
                let ops = [Op::Fill(first, chars), Op::Wait].into_iter().chain(after);
                (first, Talk::new(&Script::new(&path, Policy::EachRecord, true, ops)))
            })
            .collect();
        let mut promised: Vec<Vec<u64>> = Vec::new();
        for (first, talk) in &mut talks {
            let acks = talk.acks_until_failure();
            let failure = acks.last().unwrap().result.as_ref().unwrap_err();
            assert_eq!((failure.kind.as_str(), failure.code), ("Io", Some(libc::ENOSPC)), "{failure:?}");
            assert_eq!(failure.path.as_deref(), Some(&*path));
            // The first acknowledgement is that of opening, the last one that of the failure.
            promised.push((0..acks.len() as u64 - 2).map(|i| *first + i).collect());
        }
        assert_promised(&path, &promised);
        fs::remove_file(ballast).unwrap();
        for ((first, mut talk), promised) in talks.into_iter().zip(&mut promised) {
            talk.go_on();
            let acks: Vec<Ack> = talk.finish();
            assert_eq!(acks.len(), 4);
            assert!(acks.iter().all(|ack| ack.result.is_ok()), "{acks:?}");
            promised.extend([first + 500_000, first + 500_001]);
        }
        assert_promised(&path, &promised);
    });
}

/// The file has exactly these records, those of each writer in order, and is clean.
fn assert_promised(path: &Path, promised: &[Vec<u64>]) {
    let found = read_rows(path);
    for of_writer in promised {
        let theirs: Vec<u64> = found.iter().filter(|n| of_writer.contains(n)).copied().collect();
        assert_eq!(theirs, *of_writer);
    }
    assert_eq!(found.len(), promised.iter().map(Vec::len).sum::<usize>(), "{found:?}");
}

/// A full disk has no room for the fragment's copy.
#[test]
fn case_36_a_full_disk_loses_no_fragment() {
    in_small_file_system("case_36_a_full_disk_loses_no_fragment", 128 * KIB, "", |folder| {
        let path = folder.join("events.jsonl");
        let tail = Row::new(2, 20 * KIB).line();
        let torn = [&lines(&[(1, 1)])[..], &tail[..tail.len() - 2]].concat();
        fs::write(&path, &torn).unwrap();
        let ballast = ballast(folder, 128 * KIB - torn.len().next_multiple_of(4 * KIB) - 12 * KIB);
        assert_no_room(JsonlAppender::open(&path), libc::ENOSPC, &path);
        assert_no_room(simd_jsonl::repair(&path), libc::ENOSPC, &path);
        assert_eq!(fs::read(&path).unwrap(), torn);
        fs::remove_file(ballast).unwrap();
        let appender = open_and_check(&builder(false), &path);
        appender.append(&Row::new(3, 0)).unwrap();
        assert_eq!(read_rows(&path), [1, 3]);
        let saved = torn_files(&path).iter().filter(|file| fs::read(file).unwrap() == tail[..tail.len() - 2]).count();
        assert_eq!(saved, 1);
    });
}

/// No room for a new file: the rotation fails, and nothing that is appended before or after is lost.
#[test]
fn case_36_a_full_disk_refuses_to_rotate() {
    // The folder, two files each, and their locks.
    in_small_file_system("case_36_a_full_disk_refuses_to_rotate", 128 * KIB, ",nr_inodes=4", |folder| {
        for shared in [false, true] {
            let (path, to) = (folder.join("events.jsonl"), folder.join("rotated.jsonl"));
            let fill = |name: &str| fs::write(folder.join(name), "").is_ok();
            let appender = builder(shared).open(&path).unwrap();
            appender.append(&Row::new(1, 5)).unwrap();
            let mut fillers: Vec<String> =
                (0..4).map(|i| format!("filler-{i}")).take_while(|name| fill(name)).collect();
            // First no file at all can be made, then one, then as many as it takes.
            let mut next = 2;
            loop {
                let result = appender.rotate(&to);
                appender.append(&Row::new(next, 5)).unwrap();
                next += 1;
                if result.is_ok() {
                    break;
                }
                assert_no_room(result, libc::ENOSPC, &path);
                let found = [read_rows(&to), read_rows(&path)].concat();
                assert_eq!(found, (1..next).collect::<Vec<u64>>());
                assert!(!to.exists(), "a rotation that failed has left {to:?}");
                fs::remove_file(folder.join(fillers.pop().expect("room by now"))).unwrap();
            }
            assert!(next > 3, "it never failed");
            assert_eq!(read_rows(&to), (1..next - 1).collect::<Vec<u64>>());
            assert_eq!(read_rows(&path), [next - 1]);
            drop(appender);
            for entry in fs::read_dir(folder).unwrap() {
                fs::remove_file(entry.unwrap().path()).unwrap();
            }
        }
    });
}

/// The device that is always full is no file: it is refused when it is opened, and nothing is made beside it.
#[test]
fn case_36_dev_full_is_refused() {
    for shared in [false, true] {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        symlink("/dev/full", &path).unwrap();
        let error = builder(shared).open(&path).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(&*path)), "{error}");
        assert!(error.to_string().contains("regular file"), "{error}");
        assert!(simd_jsonl::repair(&path).unwrap_err().is_io());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!Path::new("/dev/full.lock").exists());
    }
}
