//! `jsonl count`, `head` and `tail`, as users run them.

#[path = "common/tool.rs"]
mod tool;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tool::{check, finish, folder, run, start};

/// What they read at once.
const BLOCK: usize = 64 << 10;

#[test]
fn count_counts_lines_that_are_not_blank() {
    check(&[
        ("count good", "", "3 good\n", &[], 0),
        ("count", "good", "3 standard input\n", &[], 0),
        ("count -", "open", "2 standard input\n", &[], 0),
        ("count empty", "", "0 empty\n", &[], 0),
        ("count", "", "0 standard input\n", &[], 0),
        ("count open", "", "2 open\n", &[], 0),
        ("count crlf", "", "2 crlf\n", &[], 0),
        ("count mark", "", "2 mark\n", &[], 0),
        ("count blank", "", "2 blank\n", &[], 0),
        ("count bad", "", "4 bad\n", &[], 0),
        ("count", "\u{feff}", "0 standard input\n", &[], 0),
        ("count", "\u{feff}\n", "0 standard input\n", &[], 0),
        ("count", "\r", "0 standard input\n", &[], 0),
        ("count", "1\n \n2\n\t\n 3\n\r\n4", "4 standard input\n", &[], 0),
        ("count", "\0", "1 standard input\n", &[], 0),
        ("count good - mark", "1\n2\n3\n4\n5\n", " 3 good\n 5 standard input\n 2 mark\n10 total\n", &[], 0),
        ("count good none mark", "", "3 good\n2 mark\n5 total\n", &["none: cannot open"], 2),
        ("count none", "", "", &["none: cannot open"], 2),
        ("count .", "", "", &[".: cannot "], 2),
    ]);
}

/// Random text of few different bytes, so that anything meets anything at the edges of blocks.
fn texts() -> impl Iterator<Item = Vec<u8>> {
    let mut state = 1u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..24).map(move |i| {
        let alphabet = [&b"\n \r\t1"[..], b"\n1", b"\n1111111\r", b"\n      1"][i % 4];
        let mut text: Vec<u8> = (0..3 * BLOCK).map(|_| alphabet[random(alphabet.len())]).collect();
        text.truncate(3 * BLOCK - random(3));
        for edge in [BLOCK, 2 * BLOCK] {
            let filler = [&b"\n\n\n\n"[..], b"1111", b"\n   ", b"1\n 1", b"11\n1", b"1\n\n1"][random(6)];
            text[edge - 2..edge + 2].copy_from_slice(filler);
        }
        if i % 3 == 0 {
            text.splice(0..0, *b"\xEF\xBB\xBF");
        }
        text
    })
}

#[test]
fn count_is_right_at_the_edges_of_blocks() {
    let folder = folder();
    for (i, text) in texts().enumerate() {
        let lines = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text).split(|c| *c == b'\n');
        let records = lines.filter(|line| !line.iter().all(|c| b" \t\r".contains(c))).count();
        fs::write(folder.path().join("text"), &text).expect("there is room");
        assert_eq!(run(folder.path(), "count text", b"").out, format!("{records} text\n"), "text {i}");
        assert_eq!(run(folder.path(), "count", &text).out, format!("{records} standard input\n"), "text {i}");
    }
}

#[test]
fn head_and_tail_print_lines_as_they_are() {
    let last_ten: String = (11..=20).map(|n| format!("{n}\n")).collect();
    let first_ten: String = (1..=10).map(|n| format!("{n}\n")).collect();
    let twenty: String = (1..=20).map(|n| format!("{n}\n")).collect();
    check(&[
        ("head", &twenty, &first_ten, &[], 0),
        ("tail", &twenty, &last_ten, &[], 0),
        ("head -n 0 good", "", "", &[], 0),
        ("tail -n 0 good", "", "", &[], 0),
        ("tail -n 0", "good", "", &[], 0),
        ("head -n 1 good", "", "{\"a\":1}\n", &[], 0),
        ("tail -n 1 good", "", "[3]\n", &[], 0),
        ("head -n 1 crlf", "", "{\"a\": 1}\r\n", &[], 0),
        ("tail -n 2 crlf", "", "\r\n{\"a\": 2}\r\n", &[], 0),
        ("head empty", "", "", &[], 0),
        ("tail empty", "", "", &[], 0),
        ("head", "", "", &[], 0),
        ("tail", "", "", &[], 0),
        ("head -n 2 open", "", "{\"a\":1}\n{\"a\":2}", &[], 0),
        ("tail -n 1 open", "", "{\"a\":2}", &[], 0),
        ("tail -n 18446744073709551615 open", "", "{\"a\":1}\n{\"a\":2}", &[], 0),
        ("head --lines=2 bad", "", "{\"a\":1}\n{\"a\":}\n", &[], 0),
        ("tail --lines=2 bad", "", "{\"a\":\"\n{\"a\":4}\n", &[], 0),
        // a byte order mark is no part of a line
        ("head -n 1 mark", "", "{\"a\":1}\n", &[], 0),
        ("tail mark", "", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("tail", "mark", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        // records of two files do not become one line
        ("head -n 1 good open empty good", "", "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n", &[], 0),
        ("tail -n 1 open empty - open", "[4]", "{\"a\":2}\n[4]\n{\"a\":2}", &[], 0),
        ("head -n 1 none good", "", "{\"a\":1}\n", &["none: cannot open"], 2),
        ("tail -n 1 none good", "", "[3]\n", &["none: cannot open"], 2),
        ("head -n x", "", "", &["invalid value 'x'"], 2),
        ("tail -n -1", "", "", &["error"], 2),
        ("tail -n +2", "", "", &["without a sign"], 2),
    ]);
}

#[test]
fn tail_is_right_at_the_edges_of_blocks() {
    let folder = folder();
    let path = folder.path().join("text");
    for len in [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK + 7] {
        for shift in 0..4 {
            // line feeds around each place where a block may begin, counted from the end
            let mut text = vec![b'1'; len];
            for edge in (0..=len).rev().step_by(BLOCK) {
                for place in [edge + shift, edge + shift + 1, edge + shift + 9].map(|place| place.checked_sub(3)) {
                    if let Some(byte) = place.and_then(|place| text.get_mut(place)) {
                        *byte = b'\n';
                    }
                }
            }
            fs::write(&path, &text).expect("there is room");
            let lines: Vec<&[u8]> = text.split_inclusive(|c| *c == b'\n').collect();
            for number in 1..=lines.len() + 1 {
                let expected = lines[lines.len().saturating_sub(number)..].concat();
                let line = format!("tail -n {number}");
                let from_file = run(folder.path(), &format!("{line} text"), b"");
                assert!(from_file.out.as_bytes() == expected, "{len} bytes, shift {shift}: {line} of a file");
                if number % 3 == shift % 3 {
                    let from_pipe = run(folder.path(), &line, &text);
                    assert!(from_pipe.out.as_bytes() == expected, "{len} bytes, shift {shift}: {line} of a pipe");
                }
            }
        }
    }
}

#[test]
fn tail_of_a_long_pipe_is_its_end() {
    let folder = folder();
    let text: String = (0..400_000).map(|n| format!("{n}\n")).collect();
    for (number, expected) in [(1, 399_999..400_000), (1000, 399_000..400_000), (300_000, 100_000..400_000)] {
        let expected: String = expected.map(|n| format!("{n}\n")).collect();
        let done = run(folder.path(), &format!("tail -n {number}"), text.as_bytes());
        assert!(done.out == expected, "the last {number} lines");
    }
}

#[test]
fn head_does_not_wait_for_more_than_it_prints() {
    let folder = folder();
    let mut child = start(folder.path(), "head -n 2", Stdio::piped());
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(b"1\n2\n").expect("it reads");
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(finish(child)));
    let done = told.recv_timeout(Duration::from_secs(60)).expect("it ends while its input is open");
    assert_eq!((&*done.out, done.code), ("1\n2\n", Some(0)), "{}", done.err);
    drop(stdin);
}

#[test]
fn standard_input_may_be_a_file_that_was_read_in_part() {
    let folder = folder();
    let path = folder.path().join("text");
    let text: String = (0..20_000).map(|n| format!("{n}\n")).collect();
    fs::write(&path, &text).expect("there is room");
    let skipped = text.find("5000\n").expect("it is there") as u64;
    for (line, expected) in [
        ("count", "15000 standard input\n".to_owned()),
        ("head -n 1", "5000\n".to_owned()),
        ("tail -n 2", "19998\n19999\n".to_owned()),
        ("tail -n 20000", text[skipped as usize..].to_owned()),
        ("get ''", text[skipped as usize..].to_owned()),
    ] {
        let mut file = fs::File::open(&path).expect("it is there");
        file.seek(SeekFrom::Start(skipped)).expect("files can");
        let done = finish(start(folder.path(), line, file.into()));
        assert!(done.out == expected && done.code == Some(0), "jsonl {line}: {}", done.err);
    }
}

/// It says that it is longer than it is.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_the_system_makes_up_has_a_tail() {
    let file = "/sys/kernel/mm/transparent_hugepage/enabled";
    let Ok(want) = fs::read(file) else { return println!("SKIPPED: no {file} here") };
    let folder = tempfile::tempdir().expect("a folder");
    let done = run(folder.path(), &format!("tail {file}"), b"");
    assert_eq!((done.code, done.out.as_bytes()), (Some(0), &want[..]), "{}", done.err);
}
