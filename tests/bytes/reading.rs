//! Reading: chunks, interruptions, line ends, bad lines, limits, seeking. The numbers are those of the reliability cases.

use std::fs::OpenOptions;
use std::io::{self, Cursor, Read, Seek, Write};

use crate::common::*;
use serde::Deserialize;
use serde_json::{Value, json};
use simd_jsonl::{ErrorKind, JsonlReader, JsonlSlice, Lines, Position, ReaderBuilder, Record};

/// Records short and long, with escapes and multi-byte characters, blank lines, CR LF, and three bad lines (5, 8 and 11).
fn mixed_input() -> Vec<u8> {
    let long = "äöü€🎈 and so on ".repeat(20);
    let lines = [
        r#"{"id":1,"name":"one"}"#.to_string(),
        String::new(),
        format!(r#"{{"id":2,"name":"{long}","tags":[true,false,null,-0.5e-3]}}"#),
        "  [1,2,3]\t\r".to_string(),
        r#"{"id":3,"name":"un"quoted"}"#.to_string(),
        r#""\"\\\u00e9\ud83c\udf88\n""#.to_string(),
        " \t\r".to_string(),
        r#"{"id":4,"#.to_string(),
        r#"{"id":5,"deep":{"deeper":{"deepest":[[[{}]]]}}}"#.to_string(),
        "12345678901234567890".to_string(),
        r#"{"id":6,"name":"never closed}"#.to_string(),
        "null".to_string(),
    ];
    lines.join("\n").into_bytes()
}

/// What `mixed_input` holds, with the line of each bad one.
fn assert_mixed(outcomes: &[Outcome<Value>]) {
    let bad: Vec<(usize, u64)> =
        outcomes.iter().enumerate().filter_map(|(i, o)| o.fault().map(|f| (i, f.line))).collect();
    assert_eq!(bad, [(3, 5), (5, 8), (8, 11)]);
    assert_eq!(outcomes.len(), 10);
    assert_eq!(outcomes[0], Outcome::Ok(json!({"id": 1, "name": "one"})));
    assert_eq!(outcomes[4], Outcome::Ok(json!("\"\\é🎈\n")));
    assert_eq!(outcomes[9], Outcome::Ok(Value::Null));
}

fn values(input: &[u8]) -> Vec<Outcome<Value>> {
    outcomes_everywhere(input, &ReaderBuilder::new())
}

fn builder() -> ReaderBuilder {
    ReaderBuilder::new()
}

#[test]
fn case_01_every_chunk_size() {
    let input = mixed_input();
    assert_mixed(&values(&input));
    // The same with a last LF, and once more as raw records against the definition.
    let terminated = [&input[..], b"\n"].concat();
    assert_mixed(&values(&terminated));
    let clean = b"1\n\n {\"a\":[]} \r\n\t\n\"x\"\r\n[\"\xE2\x82\xAC\"]";
    let want: Vec<_> = naive_lines(clean)
        .into_iter()
        .filter(|line| !line.is_blank())
        .map(|line| {
            let bytes = line.bytes.to_vec();
            Outcome::Ok(RawRecord { bytes, offset: line.offset as u64, line: line.number, terminated: line.terminated })
        })
        .collect();
    assert_eq!(records_everywhere(clean, &builder()), want);
}

#[test]
fn case_01_records_longer_than_every_buffer() {
    let mut input = Vec::new();
    let mut want = Vec::new();
    for len in [0, 1, 100, 4_000, 70_000, 3, 150_000, 0, 65_534, 65_535, 65_536, 65_537] {
        let text = "x".repeat(len);
        writeln!(input, "[\"{text}\",{len}]").unwrap();
        want.push(Outcome::Ok((text, len)));
    }
    let got = outcomes_everywhere::<(String, usize)>(&input, &builder());
    assert!(got == want, "lengths: {:?}", got.iter().map(|o| o.ok().map(|v| v.1)).collect::<Vec<_>>());
}

#[test]
fn case_01_raw_lines_equal_the_definition() {
    for input in [
        &b""[..],
        b"\n",
        b"\n\n",
        b"a",
        b"a\n",
        b"a\r\n\r\n\rb\n\r",
        b"\r",
        b"\r\n",
        b"{\"a\":\n\n \xFF\nzz\0\r\r\nlast",
    ] {
        let want = naive_lines(input);
        let triple = |line: simd_jsonl::Line<'_>| (line.as_bytes().to_vec(), line.offset() as usize, line.terminated());
        let naive: Vec<_> = want.iter().map(|l| (l.bytes.to_vec(), l.offset, l.terminated)).collect();

        assert_eq!(Lines::new(input).map(triple).collect::<Vec<_>>(), naive, "forwards: {}", show(input));
        let mut backwards: Vec<_> = Lines::new(input).rev().map(triple).collect();
        backwards.reverse();
        assert_eq!(backwards, naive, "backwards: {}", show(input));
        // From both ends in turn: they meet in the middle, and nothing comes twice.
        let (mut lines, mut front, mut back) = (Lines::new(input), Vec::new(), Vec::new());
        while let Some(line) = lines.next() {
            front.push(triple(line));
            back.extend(lines.next_back().map(triple));
        }
        assert!(lines.next_back().is_none() && lines.next().is_none(), "fused: {}", show(input));
        front.extend(back.into_iter().rev());
        assert_eq!(front, naive, "from both ends: {}", show(input));
        assert_eq!(JsonlSlice::new(input).lines().map(triple).collect::<Vec<_>>(), naive, "slice: {}", show(input));

        for chunk in 1..=input.len() + 1 {
            let mut reader = builder().buffer_size(1).from_reader(Chunks::new(input, [chunk]));
            let mut got = Vec::new();
            while let Some(line) = reader.next_line().unwrap() {
                got.push(triple(line));
            }
            assert_eq!(got, naive, "next_line, reads of {chunk}: {}", show(input));
            let mut reader = JsonlReader::new(Chunks::new(input, [chunk]));
            let got: Vec<Vec<u8>> = reader.lines().map(|line| line.unwrap()).collect();
            let bytes: Vec<_> = want.iter().map(|line| line.bytes).collect();
            assert_eq!(got, bytes, "lines, reads of {chunk}: {}", show(input));
        }
    }
}

#[test]
fn case_01_random_lines_equal_the_definition() {
    let mut random = Random(1);
    for _ in 0..300 {
        let len = random.below(300);
        let input: Vec<u8> = (0..len).map(|_| random.pick(b"\n\n\r\r a{}\"\xE2\xFF")).collect();
        let want: Vec<_> = naive_lines(&input).iter().map(|l| (l.bytes.to_vec(), l.offset as u64)).collect();
        let got: Vec<_> = Lines::new(&input).map(|l| (l.as_bytes().to_vec(), l.offset())).collect();
        assert_eq!(got, want, "{}", show(&input));
        let mut got: Vec<_> = Lines::new(&input).rev().map(|l| (l.as_bytes().to_vec(), l.offset())).collect();
        got.reverse();
        assert_eq!(got, want, "backwards: {}", show(&input));
        let plan = [1 + random.below(70), 1 + random.below(7)];
        let mut reader = builder().buffer_size(1 + random.below(100)).from_reader(Chunks::new(&input, plan));
        let mut got = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            got.push((line.as_bytes().to_vec(), line.offset()));
        }
        assert_eq!(got, want, "next_line, reads of {plan:?}: {}", show(&input));
    }
}

/// Next to raw lines, records go on where the lines stopped, and the other way round.
#[test]
fn case_01_lines_and_records_in_turn() {
    let input = b"1\n\n2\nnot json\n3\n4\n";
    let mut reader = JsonlReader::new(Chunks::new(input, [3]));
    assert_eq!(reader.next_record().unwrap().unwrap().as_bytes(), b"1");
    assert_eq!(reader.next_line().unwrap().unwrap().as_bytes(), b"");
    assert_eq!(reader.deserialize::<u32>().next().unwrap().unwrap(), 2);
    assert_eq!(reader.next_line().unwrap().unwrap().as_bytes(), b"not json");
    assert_eq!(reader.position(), Position { offset: 14, line: 5 });
    assert_eq!(reader.deserialize::<u32>().map(|v| v.unwrap()).collect::<Vec<_>>(), [3, 4]);
    let mut reader = JsonlSlice::new(input);
    reader.next_record().unwrap();
    let rest: Vec<_> = reader.lines().map(|line| line.as_bytes()).collect();
    assert_eq!(rest, [&b""[..], b"2", b"not json", b"3", b"4"]);
    assert_eq!(reader.position(), Position { offset: 2, line: 2 });
}

#[test]
fn case_02_interrupted_at_each_read() {
    let input = mixed_input();
    for chunk in (1..=70).chain([input.len()]) {
        for times in [1, 3] {
            let mut steps = Vec::new();
            for part in input.chunks(chunk) {
                steps.extend(vec![Step::Fail(io::ErrorKind::Interrupted); times]);
                steps.push(Step::Give(part.to_vec()));
            }
            steps.extend(vec![Step::Fail(io::ErrorKind::Interrupted); times]);
            let mut reader = JsonlReader::new(Script::new(steps.clone()));
            let got: Vec<_> = reader.deserialize::<Value>().map(Outcome::new).collect();
            assert_eq!(got.len(), 10, "reads of {chunk}, interrupted {times} times");
            assert_mixed(&got);
            let mut reader = JsonlReader::new(Script::new(steps));
            let lines: Vec<_> = reader.lines().map(|line| line.expect("no error from an interrupted read")).collect();
            assert_eq!(lines.len(), 12, "raw lines, reads of {chunk}, interrupted {times} times");
        }
    }
}

/// Reads all through an iterator that is asked again after each `WouldBlock`, and counts those.
fn resume<T: serde::de::DeserializeOwned>(steps: Vec<Step>) -> (Vec<Outcome<T>>, usize) {
    let mut reader = JsonlReader::new(Script::new(steps));
    let (mut all, mut blocked) = (Vec::new(), 0);
    for result in reader.deserialize::<T>() {
        match result {
            Err(e) if e.is_io() => {
                assert_eq!(io::Error::from(e).kind(), io::ErrorKind::WouldBlock);
                blocked += 1;
            }
            result => all.push(Outcome::new(result)),
        }
    }
    (all, blocked)
}

#[test]
fn case_03_would_block_then_resume() {
    let input = mixed_input();
    let want: Vec<Outcome<Value>> = JsonlSlice::new(&input).deserialize().map(Outcome::new).collect();
    for at in 0..=input.len() {
        let (head, tail) = input.split_at(at);
        let block = Step::Fail(io::ErrorKind::WouldBlock);
        let steps = vec![Step::Give(head.to_vec()), block.clone(), block.clone(), Step::Give(tail.to_vec()), block];
        let (got, blocked) = resume::<Value>(steps);
        assert_eq!(got, want, "blocked at byte {at}");
        assert_eq!(blocked, 3, "each is reported, at byte {at}");
    }
    // Blocked before every byte.
    let steps = input.iter().flat_map(|&b| [Step::Fail(io::ErrorKind::WouldBlock), Step::Give(vec![b])]).collect();
    let (got, blocked) = resume::<Value>(steps);
    assert_eq!(got, want);
    assert_eq!(blocked, input.len());
}

#[test]
fn case_03_would_block_keeps_records_and_lines_in_step() {
    let input = b"{\"a\":1}\n\n{\"a\":2}\r\n{\"a\":3}";
    for at in 0..=input.len() {
        let steps = || {
            let (head, tail) = input.split_at(at);
            [Step::Give(head.to_vec()), Step::Fail(io::ErrorKind::WouldBlock), Step::Give(tail.to_vec())]
        };
        let mut reader = JsonlReader::new(Script::new(steps()));
        let (mut records, mut blocked) = (Vec::new(), 0);
        loop {
            match reader.next_record() {
                Ok(Some(record)) => records.push(RawRecord::new(&record)),
                Ok(None) => break,
                Err(e) => {
                    assert!(e.is_io() && e.kind() == ErrorKind::Io, "{e}");
                    blocked += 1;
                    // The line that is not complete yet is the next to be read.
                    let done = records.last().map_or(0, |r: &RawRecord| r.offset);
                    let at = reader.position();
                    assert!(at.offset >= done && at.offset as usize <= input.len(), "{at:?}");
                }
            }
        }
        let want: Vec<_> = naive_lines(input).into_iter().filter(|l| !l.is_blank()).collect();
        assert_eq!(blocked, 1, "blocked at byte {at}");
        assert_eq!(records.len(), want.len(), "blocked at byte {at}");
        for (record, line) in records.iter().zip(&want) {
            assert_eq!(
                (&record.bytes[..], record.offset as usize, record.line, record.terminated),
                (line.bytes, line.offset, line.number, line.terminated),
                "blocked at byte {at}"
            );
        }

        let mut reader = JsonlReader::new(Script::new(steps()));
        let (mut lines, mut blocked) = (Vec::new(), 0);
        loop {
            match reader.next_line() {
                Ok(Some(line)) => lines.push(line.as_bytes().to_vec()),
                Ok(None) => break,
                Err(e) => {
                    assert!(e.is_io(), "{e}");
                    blocked += 1;
                }
            }
        }
        let want: Vec<_> = naive_lines(input).into_iter().map(|line| line.bytes).collect();
        assert_eq!((lines, blocked), (want.iter().map(|l| l.to_vec()).collect(), 1), "next_line, blocked at byte {at}");
    }
}

/// A live stream: a record that has arrived whole is handed out before the next read, which might wait for long.
#[test]
fn case_03_a_complete_record_does_not_wait_for_the_next_read() {
    let steps = ["1\n", "2\n3\n4", "\n"].map(|s| Step::Give(s.into()));
    let mut reader = JsonlReader::new(Script::new(steps));
    assert_eq!(reader.deserialize::<u32>().next().unwrap().unwrap(), 1);
    assert_eq!(reader.get_ref().reads, 1);
    for want in [2, 3] {
        assert_eq!(reader.deserialize::<u32>().next().unwrap().unwrap(), want);
        assert_eq!(reader.get_ref().reads, 2, "at record {want}");
    }
    assert_eq!(reader.deserialize::<u32>().next().unwrap().unwrap(), 4);
    assert!(reader.deserialize::<u32>().next().is_none());
}

#[test]
fn case_04_error_in_mid_line() {
    // Cut anywhere, the head of `12345` is a number as well: it must not pass for a record.
    let input = b"{\"a\":1}\n\n12345\r\n[67890]\n13579";
    for at in 0..=input.len() {
        for chunk in [1, 4, 64] {
            let mut steps: Vec<_> = input[..at].chunks(chunk).map(|part| Step::Give(part.to_vec())).collect();
            steps.push(Step::Fail(io::ErrorKind::ConnectionReset));
            steps.push(Step::Give(input[at..].to_vec()));
            let complete: Vec<Outcome<Value>> = {
                let end = input[..at].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
                JsonlSlice::new(&input[..end]).deserialize().map(Outcome::new).collect()
            };
            let what = format!("error at byte {at}, reads of {chunk}");

            let mut reader = JsonlReader::new(Script::new(steps.clone()));
            let mut results: Vec<_> = reader.deserialize::<Value>().collect();
            let e = results.pop().expect(&what).expect_err(&what);
            let got: Vec<_> = results.into_iter().map(Outcome::new).collect();
            assert_eq!(got, complete, "{what}");
            assert!(e.is_io() && !e.is_syntax() && !e.is_data() && !e.is_eof(), "{what}: {e}");
            assert_eq!(e.kind(), ErrorKind::Io, "{what}");
            let begin = input[..at].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
            let line = 1 + input[..at].iter().filter(|&&b| b == b'\n').count() as u64;
            assert_eq!(e.position().line, line, "{what}: {e}");
            assert!((begin..=at).contains(&(e.position().offset as usize)), "{what}: {e}");
            assert_eq!(io::Error::from(e).kind(), io::ErrorKind::ConnectionReset, "{what}");
            assert!(reader.deserialize::<Value>().next().is_none(), "{what}: nothing after the error");
            assert!(reader.next_record().unwrap().is_none(), "{what}: nothing after the error");

            let mut reader = JsonlReader::new(Script::new(steps.clone()));
            let mut lending = 0;
            let e = loop {
                match reader.next_record() {
                    Ok(Some(_)) => lending += 1,
                    Ok(None) => panic!("{what}: the error was swallowed"),
                    Err(e) => break e,
                }
            };
            assert_eq!((e.kind(), lending), (ErrorKind::Io, complete.len()), "{what}");
            assert!(reader.next_record().unwrap().is_none(), "{what}: nothing after the error");

            let mut reader = JsonlReader::new(Script::new(steps));
            let lines: Vec<_> = reader.lines().collect();
            let whole = input[..at].iter().filter(|&&b| b == b'\n').count();
            assert_eq!(lines.iter().filter(|line| line.is_ok()).count(), whole, "{what}: raw lines");
            assert!(lines.last().is_some_and(|line| line.is_err()), "{what}: raw lines");
        }
    }
}

#[test]
fn case_05_persistent_error() {
    struct Broken(Cursor<&'static [u8]>);
    impl Read for Broken {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::Error::other("the disk is gone")),
                n => Ok(n),
            }
        }
    }
    let source = || Broken(Cursor::new(b"1\n2\n3"));
    let results: Vec<_> = JsonlReader::new(source()).into_deserialize::<u32>().take(100).collect();
    assert_eq!(results.len(), 3, "{results:?}");
    let e = results[2].as_ref().unwrap_err();
    assert_eq!((e.kind(), e.position().line), (ErrorKind::Io, 3));
    assert!(e.to_string().contains("the disk is gone"), "{e}");

    let mut reader = JsonlReader::new(source());
    assert!(reader.next_record().is_ok_and(|r| r.is_some()));
    assert!(reader.next_record().is_ok_and(|r| r.is_some()));
    assert!(reader.next_record().is_err_and(|e| e.is_io()));
    for _ in 0..3 {
        assert!(reader.next_record().is_ok_and(|r| r.is_none()));
        assert!(reader.next_line().is_ok_and(|line| line.is_none()));
        assert!(reader.lines().next().is_none());
        assert!(reader.deserialize::<u32>().next().is_none());
    }
    let mut reader = JsonlReader::new(source());
    let lines: Vec<_> = reader.lines().take(100).map(|line| line.map_err(|e| e.kind())).collect();
    assert_eq!(lines, [Ok(b"1".to_vec()), Ok(b"2".to_vec()), Err(ErrorKind::Io)]);
}

#[test]
fn case_06_last_line_without_lf() {
    for (input, want) in [
        (&b"1\n2"[..], vec![true, false]),
        (b"1\n2\n", vec![true, true]),
        (b"1\r\n2\r\n", vec![true, true]),
        (b"1\n2\r", vec![true, false]),
        (b"1\n2 \t", vec![true, false]),
        (b"2", vec![false]),
        (b"1\n ", vec![true]),
        (b"1\n\r", vec![true]),
        (b"", vec![]),
        (b"\n", vec![]),
    ] {
        for strict in [false, true] {
            let builder = builder().strict(strict).clone();
            let got = records_everywhere(input, &builder);
            let got: Vec<_> = got.iter().filter_map(|o| o.ok().map(|r| r.terminated)).collect();
            assert_eq!(got, want, "{} strict: {strict}", show(input));
        }
    }
    // Cut off in mid-value it is an error at the end of the input.
    for input in ["1\n{\"a\":[1,2", "1\n[", "1\n{\"a\":1", "1\n{\"a\":", "1\n{\"a\""] {
        let got = values(input.as_bytes());
        let fault = got[1].fault().unwrap_or_else(|| panic!("{input:?}: {got:?}"));
        assert_eq!((fault.kind, fault.line), (ErrorKind::UnexpectedEnd, 2), "{input:?}");
        assert_eq!(fault.offset as usize, input.len(), "{input:?}");
    }
}

#[test]
fn case_06_file_cut_at_every_byte() {
    let input = b"{\"a\":[1,-2.5e3],\"b\":\"x\\u00e9\\n\"}\r\n[true,null]\n\"\\\\\"\n";
    let whole: Vec<Outcome<Value>> = JsonlSlice::new(input).deserialize().map(Outcome::new).collect();
    for end in 0..input.len() {
        let cut = &input[..end];
        let got = outcomes_briefly::<Value>(cut, &builder());
        let lines = naive_lines(cut);
        let complete = lines.iter().filter(|line| line.terminated).count();
        assert_eq!(got[..complete], whole[..complete], "{}", show(cut));
        let rest: Vec<_> = lines.iter().filter(|line| !line.terminated && !line.is_blank()).collect();
        assert_eq!(got.len(), complete + rest.len(), "{}", show(cut));
        if let (Some(line), Some(last)) = (rest.first(), got.last()) {
            let want = serde_json::from_slice::<Value>(line.bytes);
            assert_eq!(last.ok(), want.as_ref().ok(), "{}", show(cut));
        }
    }
}

#[test]
fn case_07_file_grows_while_reading() {
    let file = file_with(b"");
    let mut writer = OpenOptions::new().append(true).open(file.path()).unwrap();
    writer.write_all(b"{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n{\"n\":").unwrap();
    let mut reader = JsonlReader::from_path(file.path()).unwrap();
    let mut got = Vec::new();
    for _ in 0..2 {
        got.push(reader.deserialize::<Value>().next().unwrap().unwrap());
    }
    // The rest of the record whose head may have been read already, and more than any buffer holds.
    writer.write_all(b"3}\n").unwrap();
    for n in 4..20_000 {
        got.extend((n % 1000 == 0).then(|| reader.deserialize::<Value>().next().unwrap().unwrap()));
        writer.write_all(format!("{{\"n\":{n}}}\n").as_bytes()).unwrap();
    }
    got.extend(reader.deserialize::<Value>().map(|v| v.unwrap()));
    let want: Vec<_> = (0..20_000).map(|n| json!({ "n": n })).collect();
    assert!(
        got == want,
        "{} records, first difference at {:?}",
        got.len(),
        got.iter().zip(&want).position(|(a, b)| a != b)
    );
}

#[cfg(all(feature = "mmap", unix))]
mod mapped {
    use super::*;

    #[test]
    fn case_16_a_file_is_mapped() {
        let file = file_with(b"1\n2\n");
        let map = map(file.path());
        assert!(map.is_mapped());
        assert_eq!(&map[..], b"1\n2\n");
        assert_eq!(JsonlSlice::new(&map).deserialize::<u32>().map(|v| v.unwrap()).sum::<u32>(), 3);
    }

    #[test]
    fn case_16_an_empty_file_is_read() {
        let file = file_with(b"");
        let map = map(file.path());
        assert!(map.is_empty() && !map.is_mapped());
        assert_eq!(JsonlSlice::new(&map).deserialize::<u32>().count(), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn case_16_a_file_without_a_size_is_read() {
        let map = map(std::path::Path::new("/proc/self/status"));
        assert!(map.starts_with(b"Name:") && !map.is_mapped(), "{}", show(&map));
        assert!(JsonlSlice::new(&map).lines().count() > 5);
    }

    #[test]
    #[allow(unsafe_code)]
    fn case_16_a_fifo_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        let content: String = (0..30_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
        // SAFETY: the name is a C string that lives through the call.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0, "{}", io::Error::last_os_error());
        for mapped in [true, false] {
            let got: Vec<Value> = std::thread::scope(|scope| {
                scope.spawn(|| {
                    let mut fifo = OpenOptions::new().write(true).open(&path).unwrap();
                    for part in content.as_bytes().chunks(10_001) {
                        fifo.write_all(part).unwrap();
                    }
                });
                if mapped {
                    let map = map(&path);
                    assert!(!map.is_mapped());
                    JsonlSlice::new(&map).deserialize().map(|v| v.unwrap()).collect()
                } else {
                    JsonlReader::from_path(&path).unwrap().deserialize().map(|v| v.unwrap()).collect()
                }
            });
            assert_eq!(got.len(), 30_000);
            assert!(got.iter().enumerate().all(|(n, v)| *v == json!({ "n": n })), "mapped: {mapped}");
        }
    }

    #[test]
    #[allow(unsafe_code)]
    fn case_16_what_cannot_be_opened_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no-such-file.jsonl");
        // SAFETY: there is nothing to map.
        let e = unsafe { simd_jsonl::Mmap::open(&missing) }.map(|_| ()).unwrap_err();
        assert_eq!((e.kind(), e.path()), (ErrorKind::Io, Some(&*missing)));
        let e = JsonlReader::from_path(&missing).map(|_| ()).unwrap_err();
        assert_eq!((e.kind(), e.path()), (ErrorKind::Io, Some(&*missing)));
        assert_eq!(io::Error::from(e).kind(), io::ErrorKind::NotFound);
    }
}

/// Records at both ends of a sparse file of over 4 GiB: the hole between them is one line of NUL bytes.
#[test]
#[cfg(target_pointer_width = "64")]
#[ignore = "walks through 4 GiB: a matter of seconds in a release build only"]
fn case_17_over_4_gib() {
    let hole = (4 << 30) + 12_345;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"{\"n\":1}\n{\"n\":2}\n").unwrap();
    file.as_file().set_len(hole).unwrap();
    file.as_file_mut().seek(io::SeekFrom::Start(hole)).unwrap();
    file.write_all(b"\n{\"n\":3}\n{\"n\":\n{\"n\":4}\n").unwrap();

    let check = |what: &str, outcomes: Vec<Outcome<Value>>| {
        assert_eq!(outcomes.len(), 6, "{what}: {outcomes:?}");
        for (i, n) in [(0, 1), (1, 2), (3, 3), (5, 4)] {
            assert_eq!(outcomes[i], Outcome::Ok(json!({ "n": n })), "{what}");
        }
        let fault = outcomes[2].fault().unwrap();
        assert_eq!((fault.kind, fault.line), (ErrorKind::RecordTooLong, 3), "{what}");
        let fault = outcomes[4].fault().unwrap();
        let want = Fault { kind: ErrorKind::UnexpectedEnd, offset: hole + 14, line: 5, column: 6 };
        assert_eq!(fault, want, "{what}");
    };
    let mut reader = JsonlReader::from_path(file.path()).unwrap();
    check("file", reader.deserialize().map(Outcome::new).collect());
    assert_eq!(reader.position(), Position { offset: hole + 23, line: 7 });
    reader.seek(Position { offset: hole + 15, line: 6 }).unwrap();
    let record = reader.next_record().unwrap().unwrap();
    assert_eq!(RawRecord::new(&record).offset, hole + 15);
    assert_eq!(record.as_bytes(), b"{\"n\":4}");
    #[cfg(feature = "mmap")]
    {
        let map = map(file.path());
        assert_eq!((map.is_mapped(), map.len() as u64), (true, hole + 23));
        let mut reader = JsonlSlice::new(&map);
        check("mmap", reader.deserialize().map(Outcome::new).collect());
        assert_eq!(reader.position(), Position { offset: hole + 23, line: 7 });
        let offsets: Vec<u64> = Lines::new(&map).map(|line| line.offset()).collect();
        assert_eq!(offsets, [0, 8, 16, hole + 1, hole + 9, hole + 15]);
    }
}

/// From each position that was handed out, reading goes on as it did the first time: values, faults, lines and offsets.
#[test]
fn positions_lead_back() {
    let input = ["\u{FEFF}".as_bytes(), &mixed_input(), b"\n{\"id\":7}\n"].concat();
    let run_slice = |reader: &mut JsonlSlice<'_>| -> Vec<(Position, Outcome<Value>)> {
        std::iter::from_fn(|| {
            let at = reader.position();
            let result = reader.deserialize::<Value>().next()?;
            Some((at, Outcome::new(result)))
        })
        .collect()
    };
    let mut slice = JsonlSlice::new(&input);
    let all = run_slice(&mut slice);
    assert_eq!(all.len(), 11);
    assert_eq!(slice.position(), Position { offset: input.len() as u64, line: 14 });

    let mut reader = builder().buffer_size(32).from_reader(Cursor::new(&input[..]));
    let file = file_with(&input);
    let mut from_path = JsonlReader::from_path(file.path()).unwrap();
    for k in (0..all.len()).rev().chain(0..all.len()) {
        let at = all[k].0;
        slice.seek(at).unwrap();
        assert_eq!(slice.position(), at);
        assert_eq!(run_slice(&mut slice), all[k..], "slice from {at:?}");

        reader.seek(at).unwrap();
        assert_eq!(reader.position(), at);
        let mut got = Vec::new();
        loop {
            let at = reader.position();
            match reader.next_record() {
                Ok(None) => break,
                Ok(Some(record)) => got.push((at, Outcome::new(record.deserialize()))),
                Err(e) => got.push((at, Outcome::new(Err(e)))),
            }
        }
        assert_eq!(got, all[k..], "reader from {at:?}");

        from_path.seek(at).unwrap();
        let got: Vec<_> = from_path.deserialize::<Value>().map(Outcome::new).collect();
        assert_eq!(got, all[k..].iter().map(|(_, outcome)| outcome.clone()).collect::<Vec<_>>(), "file from {at:?}");
    }
}

/// A clean stretch of many records: positions stay exact from window to window.
#[test]
fn positions_stay_exact_over_many_windows() {
    let mut input = Vec::new();
    for n in 0..12_000u32 {
        match n % 100 {
            7 => writeln!(input, "{{\"n\":{n},").unwrap(),
            50 => writeln!(input, "\r").unwrap(),
            _ => writeln!(input, "{{\"n\":{n},\"text\":\"{}\"}}", "y".repeat(n as usize % 40)).unwrap(),
        }
    }
    #[derive(Deserialize)]
    struct Row {
        n: u32,
    }
    let want: Vec<_> = naive_lines(&input).into_iter().filter(|line| !line.is_blank()).collect();
    let mut slice = JsonlSlice::new(&input);
    let mut reader = JsonlReader::new(Chunks::new(&input, [50_000, 777]));
    for line in &want {
        let place = (line.offset as u64, line.number);
        for (what, record) in [("slice", slice.next_record()), ("reader", reader.next_record())] {
            let record = record.unwrap().unwrap();
            assert_eq!((record.position().offset, record.position().line), place, "{what}");
            assert_eq!(record.as_bytes(), line.bytes, "{what}");
            match record.deserialize::<Row>() {
                Ok(row) => assert_eq!(row.n as u64 + 1, line.number, "{what}"),
                Err(e) => {
                    assert_eq!(e.kind(), ErrorKind::UnexpectedEnd, "{what}: {e}");
                    assert_eq!(e.position(), Position { offset: place.0 + line.bytes.len() as u64, line: place.1 });
                }
            }
        }
    }
    assert!(slice.next_record().unwrap().is_none() && reader.next_record().unwrap().is_none());
}

/// A `Read` and `Seek` that gives a few bytes at a time, and now and then would block.
struct Slow<'a> {
    bytes: Cursor<&'a [u8]>,
    chunk: usize,
    /// One read in so many would block; none if 0.
    blocks: usize,
    reads: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        if self.blocks > 0 && self.reads.is_multiple_of(self.blocks) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = buf.len().min(self.chunk);
        self.bytes.read(&mut buf[..n])
    }
}

impl Seek for Slow<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Calls again for as long as the source would block.
fn until_ready<T>(mut call: impl FnMut() -> simd_jsonl::Result<T>) -> simd_jsonl::Result<T> {
    loop {
        match call() {
            Err(e) if e.is_io() => assert_eq!(io::Error::from(e).kind(), io::ErrorKind::WouldBlock),
            done => return done,
        }
    }
}

/// What becomes of the next record that is lent: where it is, whether it ends with LF, and what it decodes to.
fn taken(record: simd_jsonl::Result<Option<Record<'_>>>) -> simd_jsonl::Result<Option<(Position, bool, Value)>> {
    let Some(record) = record? else { return Ok(None) };
    Ok(Some((record.position(), record.terminated(), record.deserialize()?)))
}

/// Records decoded and lent, raw lines and seeks in any order: each goes on where the one before stopped.
#[test]
fn any_order_of_calls() {
    let mut random = Random(7);
    let pool: [&[u8]; 10] = [
        b"{\"a\":[1,2,{\"b\":null}],\"c\":\"text\"}",
        b"\"x\"",
        b"12345",
        b"",
        b" \t\r",
        b"{\"open\":\"",
        b"[1,]",
        b"\"\xFF\"",
        b"[\"\x01\",2]",
        b"{\"long\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}\r",
    ];
    for round in 0..400 {
        let count = 1 + random.below(30);
        let mut input = (0..count).map(|_| random.pick(&pool)).collect::<Vec<_>>().join(&b'\n');
        if round % 2 == 0 {
            input.push(b'\n');
        }
        let limit = [1000, 60][round / 2 % 2];
        let mut builder = builder();
        builder.max_record_len(limit).buffer_size([1, 64, 65536][random.below(3)]);
        let lines = naive_lines(&input);
        // What each line gives by itself, but for where it lies.
        let alone: Vec<Option<Outcome<Value>>> = lines
            .iter()
            .map(|line| {
                let outcome = builder.from_slice(line.raw).deserialize::<Value>().next().map(Outcome::new)?;
                Some(match outcome {
                    Outcome::Err(f) => {
                        Outcome::Err(Fault { offset: f.offset + line.offset as u64, line: line.number, ..f })
                    }
                    ok => ok,
                })
            })
            .collect();
        let start = |i: usize| match lines.get(i) {
            Some(line) => Position { offset: line.offset as u64, line: line.number },
            // Behind a last line without LF one is still on that line: what is appended to the file continues it.
            None => {
                Position { offset: input.len() as u64, line: 1 + input.iter().filter(|&&b| b == b'\n').count() as u64 }
            }
        };
        let (chunk, blocks) = ([1, 7, 64, usize::MAX][random.below(4)], [0, 2, 5][random.below(3)]);
        let mut reader = builder.from_reader(Slow { bytes: Cursor::new(&input), chunk, blocks, reads: 0 });
        let mut slice = builder.from_slice(&input);
        let (mut at, mut calls) = (0, Vec::new());
        for _ in 0..60 {
            let what = random.below(8);
            calls.push(what);
            let place = || {
                format!("{}, limit {limit}, reads of {chunk}, one in {blocks} blocks, calls {calls:?}", show(&input))
            };
            let next = (at..lines.len()).find(|&i| alone[i].is_some());
            let want = next.and_then(|i| alone[i].clone());
            match what {
                0 => {
                    at = random.below(lines.len() + 1);
                    reader.seek(start(at)).unwrap();
                    slice.seek(start(at)).unwrap();
                }
                1 | 2 => {
                    let raw = |line: simd_jsonl::Line<'_>| (line.as_bytes().to_vec(), line.offset(), line.terminated());
                    let line = until_ready(|| reader.next_line().map(|line| line.map(raw)));
                    let naive = lines.get(at).map(|l| (l.bytes.to_vec(), l.offset as u64, l.terminated));
                    match line {
                        Ok(line) => assert_eq!(line, naive, "next_line: {}", place()),
                        Err(e) => {
                            assert_eq!(e.kind(), ErrorKind::RecordTooLong, "next_line: {}", place());
                            assert!(lines[at].raw.len() > limit, "next_line: {}", place());
                        }
                    }
                    // The slice lends all of its lines at once, of any length, and stays.
                    assert_eq!(slice.lines().next().map(raw), naive, "lines: {}", place());
                    at = (at + 1).min(lines.len());
                    slice.seek(start(at)).unwrap();
                }
                3..=5 => {
                    let got = until_ready(|| reader.deserialize::<Value>().next().transpose());
                    assert_eq!(got.transpose().map(Outcome::new), want, "deserialize: {}", place());
                    let got = slice.deserialize::<Value>().next().map(Outcome::new);
                    assert_eq!(got, want, "deserialize from a slice: {}", place());
                    at = next.map_or(lines.len(), |i| i + 1);
                }
                _ => {
                    let from_reader = until_ready(|| taken(reader.next_record()));
                    for (got, what) in [(from_reader, "reader"), (taken(slice.next_record()), "slice")] {
                        if let Ok(Some((position, terminated, _))) = &got {
                            let line = next.map(|i| (start(i), lines[i].terminated));
                            assert_eq!(Some((*position, *terminated)), line, "next_record, {what}: {}", place());
                        }
                        let got = got.map(|taken| taken.map(|(.., value)| value)).transpose().map(Outcome::new);
                        assert_eq!(got, want, "next_record, {what}: {}", place());
                    }
                    at = next.map_or(lines.len(), |i| i + 1);
                }
            }
            assert_eq!(reader.position(), start(at), "{}", place());
            assert_eq!(slice.position(), start(at), "slice: {}", place());
        }
    }
}

/// The reader gives back what it was made from.
#[test]
fn the_source_comes_back() {
    let mut reader = JsonlReader::new(Cursor::new(b"1\n2\n"));
    reader.next_record().unwrap();
    assert_eq!(reader.get_ref().get_ref(), &b"1\n2\n");
    reader.get_mut().set_position(0);
    assert_eq!(reader.into_inner().into_inner(), b"1\n2\n");
}
