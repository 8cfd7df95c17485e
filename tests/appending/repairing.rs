//! Repair: of a file whose writer died, exactly the whole records stay, and what is cut off is kept beside it.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;
use simd_jsonl::{ErrorKind, JsonlAppender, Repaired, repair};
use tempfile::TempDir;

use crate::appended::*;

/// Records of all types, many with parts that look like a whole one.
const RECORDS: [&str; 13] = [
    r#"{"a":1,"b":[true,{"c":null}]}"#,
    "12345",
    r#""plain""#,
    r#""with \"quotes\", a \\ and \u00e9""#,
    "-1.5e+10",
    "true",
    "[]",
    r#"[[1,2],["]","[\n"]]"#,
    "null",
    "\"é, 😀 and \u{2028}\"",
    r#" {"spaces" : "around"}  "#,
    "{}",
    "0",
];

fn text() -> Vec<u8> {
    RECORDS.iter().flat_map(|record| format!("{record}\n").into_bytes()).collect()
}

struct Case {
    folder: TempDir,
    path: PathBuf,
}

impl Case {
    fn new() -> Case {
        let folder = quick_folder();
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

    /// Repairs `bytes` both ways, and asserts that the outcome is what the rule says.
    #[track_caller]
    fn check(&self, bytes: &[u8]) -> Mended {
        let want = mend(bytes);
        let shown = || if bytes.len() < 300 { bytes } else { &bytes[bytes.len() - 300..] }.escape_ascii().to_string();

        self.set(bytes);
        let told = repair(&self.path).unwrap_or_else(|e| panic!("{e}: {}", shown()));
        self.check_told(&told, &want, bytes);
        assert_eq!(repair(&self.path).unwrap(), nothing(&want.bytes), "a second time: {}", shown());
        self.check_files(&want, bytes);

        self.set(bytes);
        let appender = JsonlAppender::open(&self.path).unwrap_or_else(|e| panic!("{e}: {}", shown()));
        match appender.repaired() {
            Some(told) => self.check_told(told, &want, bytes),
            None => assert_eq!(bytes, want.bytes, "{}", shown()),
        }
        self.check_files(&want, bytes);
        assert_eq!(appender.append("next").unwrap(), end_of(&want.bytes), "{}", shown());
        appender.close().unwrap();
        assert_eq!(self.bytes(), [&want.bytes[..], b"\"next\"\n"].concat(), "{}", shown());
        want
    }

    #[track_caller]
    fn check_told(&self, told: &Repaired, want: &Mended, bytes: &[u8]) {
        let shown = bytes[bytes.len().saturating_sub(300)..].escape_ascii();
        let cut = want.torn.as_ref().map_or(0, |(_, tail)| tail.len() as u64);
        let saved_to = want.torn.as_ref().map(|(offset, _)| beside(&self.path, &format!(".torn-{offset}")));
        assert_eq!((told.kept, told.cut), (bytes.len() as u64 - cut, cut), "{shown}");
        assert_eq!((told.completed, &told.saved_to), (want.completed, &saved_to), "{shown}");
        self.check_files(want, bytes);
    }

    #[track_caller]
    fn check_files(&self, want: &Mended, bytes: &[u8]) {
        let shown = bytes[bytes.len().saturating_sub(300)..].escape_ascii();
        assert!(self.bytes() == want.bytes, "{shown}: {}", self.bytes().escape_ascii());
        let mut files = vec![OsString::from("a.jsonl")];
        if let Some((offset, tail)) = &want.torn {
            let name = format!("a.jsonl.torn-{offset}");
            assert!(fs::read(self.folder.path().join(&name)).unwrap() == *tail, "{shown}");
            files.push(name.into());
        }
        assert_eq!(names(&self.folder), files, "{shown}");
    }
}

/// What `repair` tells of a file that needs none.
fn nothing(bytes: &[u8]) -> Repaired {
    let case = Case::new();
    case.set(b"");
    let mut nothing = repair(&case.path).unwrap();
    assert_eq!((nothing.kept, nothing.cut, &nothing.saved_to, nothing.completed), (0, 0, &None, false));
    nothing.kept = bytes.len() as u64;
    nothing
}

#[test]
fn case_39_a_file_that_is_cut_at_any_byte() {
    let case = Case::new();
    let text = text();
    for len in 0..=text.len() {
        let cut = &text[..len];
        let want = case.check(cut);
        // in other words: the records that end within, and no other
        let mut whole = cut.iter().filter(|&&b| b == b'\n').count();
        whole += usize::from(want.completed);
        let got = std::str::from_utf8(&want.bytes).unwrap().split_terminator('\n');
        let records = &RECORDS[..whole];
        assert!(got.map(str::trim).eq(records.iter().map(|record| record.trim())), "cut at {len}");
        if want.completed {
            assert!(!["12345", "-1.5e+10", "true", "null", "0"].contains(&RECORDS[whole - 1]), "cut at {len}");
        }
    }
}

/// What stands behind the last LF, and whether it is a record that needs only its LF.
#[rustfmt::skip]
const TAILS: &[(&[u8], bool)] = &[
    (b"{}", true), (b"[]", true), (b"\"\"", true), (b"{\"a\":[1,{\"b\":\"}\"}]}", true), (b"\"a\\\"b\"", true),
    (b" [1] ", true), (b"\t{\"a\":1}\r", true), (b"[1e400]", true), (b"[123456789012345678901234567890]", true),
    (b"{\"a\":1,\"a\":2}", true), (b"\"\xF0\x9F\x98\x80 \\ud83d\\ude00\"", true),
    (b"0", false), (b"12", false), (b"-", false), (b"1.5", false), (b"1e", false), (b"true", false), (b"tru", false),
    (b"null", false), (b"n", false), (b" 12 ", false), (b"12\r", false), (b"true\t", false),
    (b" ", false), (b"\t", false), (b"\r", false), (b"  \t\r ", false), (b"\0", false), (b"\0\0\0\0", false),
    (b"{", false), (b"{\"", false), (b"{\"a\"", false), (b"{\"a\":", false), (b"{\"a\":1", false), (b"[1,", false),
    (b"[1", false), (b"\"", false), (b"\"a", false), (b"\"a\\", false), (b"\"a\\\"", false), (b"\"\\u00", false),
    (b"{}{}", false), (b"{} {}", false), (b"[1],", false), (b"[1,]", false), (b"\"a\"b", false), (b"}", false),
    (b"{}\0", false), (b"[1]\0\0\0\0", false), (b"\0{}", false), (b"{\"a\":\0}", false), (b"\"\t\"", false),
    (b"\"\xC3", false), (b"\"\xC3\"", false), (b"[\"\xFF\"]", false), (b"\"\\ud800\"", false),
    (b"// comment", false), (b"'a'", false), (b"NaN", false), (b"[NaN]", false),
];

#[test]
fn a_tail_is_completed_or_saved() {
    let case = Case::new();
    for (tail, completed) in TAILS {
        for before in [&b""[..], b"1\n", b"{\"a\":1}\r\n", b"\n", b"oops\n\0\n"] {
            let want = case.check(&[before, tail].concat());
            assert_eq!(want.completed, *completed, "{}", tail.escape_ascii());
            assert_eq!(want.torn, (!completed).then(|| (before.len() as u64, tail.to_vec())));
        }
    }
}

#[test]
fn a_byte_order_mark_belongs_at_the_start_alone() {
    const MARK: &str = "\u{feff}";
    let case = Case::new();
    for (text, completed, torn_at) in [
        (MARK.to_string(), false, Some(0)),
        (format!("{MARK}12"), false, Some(0)),
        (format!("{MARK}[12"), false, Some(0)),
        (format!("{MARK}[12]"), true, None),
        (format!("{MARK}{MARK}[12]"), false, Some(0)),
        (format!("{MARK}12\n"), false, None),
        (format!("{MARK}12\n[3]"), true, None),
        (format!("{MARK}12\n{MARK}[3]"), false, Some(6)),
        (format!("12\n{MARK}[3]"), false, Some(3)),
        (format!("12\n{MARK}"), false, Some(3)),
    ] {
        let want = case.check(text.as_bytes());
        assert_eq!((want.completed, want.torn.map(|(at, _)| at)), (completed, torn_at), "{text:?}");
    }
}

/// As deep as readers go by default, and no deeper.
#[test]
fn a_deep_tail_is_whole_if_readers_take_it() {
    let case = Case::new();
    for (depth, completed) in [(100, true), (128, true), (129, false), (100_000, false)] {
        let tail = [vec![b'['; depth], vec![b']'; depth]].concat();
        let text = [b"1\n", &tail[..]].concat();
        case.set(&text);
        let told = repair(&case.path).unwrap();
        assert_eq!((told.completed, told.cut), (completed, if completed { 0 } else { tail.len() as u64 }), "{depth}");
        match told.saved_to {
            None => assert_eq!(case.bytes(), [&text[..], b"\n"].concat()),
            Some(saved) => assert_eq!(fs::read(saved).unwrap(), tail),
        }
    }
}

#[test]
fn nothing_is_done_to_a_file_that_is_whole() {
    let case = Case::new();
    let damaged: &[&[u8]] = &[b"", b"\n", b"\n\n \n", b"1\n", b"1\r\n2\r\n", b"oops\n", b"\0\n", b"{\n}\n", b"\xFF\n"];
    for bytes in damaged {
        case.set(bytes);
        let before = fs::metadata(&case.path).unwrap().modified().unwrap();
        assert_eq!(repair(&case.path).unwrap(), nothing(bytes), "{}", bytes.escape_ascii());
        assert_eq!(JsonlAppender::open(&case.path).unwrap().repaired(), None);
        assert_eq!(case.bytes(), *bytes);
        assert_eq!(fs::metadata(&case.path).unwrap().modified().unwrap(), before);
        assert_eq!(names(&case.folder), ["a.jsonl"]);
    }
}

/// What is no JSON Lines at all is not made worse.
#[test]
fn a_file_of_another_format_is_refused() {
    let case = Case::new();
    let starts: [(&[u8], ErrorKind); 10] = [
        (b"\xFF\xFE", ErrorKind::Encoding),
        (b"\xFE\xFF", ErrorKind::Encoding),
        (b"\xFF\xFE\0\0", ErrorKind::Encoding),
        (b"\0\0\xFE\xFF", ErrorKind::Encoding),
        (b"\x1F\x8B\x08\0", ErrorKind::Compressed),
        (b"\x28\xB5\x2F\xFD", ErrorKind::Compressed),
        (b"BZh9\x17rE8P\x90", ErrorKind::Compressed),
        (b"BZh11AY&SY", ErrorKind::Compressed),
        (b"\xFD7zXZ\0", ErrorKind::Compressed),
        (b"PK\x03\x04", ErrorKind::Compressed),
    ];
    for (start, kind) in starts {
        for rest in [&b""[..], b"1\0", b"\n1\n", b"more and more\n and yet more"] {
            let bytes = [start, rest].concat();
            assert!(is_foreign(&bytes));
            case.set(&bytes);
            for error in [repair(&case.path).unwrap_err(), JsonlAppender::open(&case.path).unwrap_err()] {
                assert_eq!((error.kind(), error.path()), (kind, Some(&*case.path)), "{error}");
                assert_eq!(case.bytes(), bytes);
                assert_eq!(names(&case.folder), ["a.jsonl"]);
            }
        }
    }
    // further behind it is damage, and a line of its own
    for (start, _) in starts {
        case.check(&[b"1\n", start, b"\n"].concat());
        assert!(case.check(&[b"1\n", start].concat()).torn.is_some());
    }
}

// --- sectors

/// Some 8 KiB of records, and what each line holds.
fn pages() -> Vec<u8> {
    (0..300).flat_map(|n| format!("{{\"number\":{n},\"text\":\"{}\"}}\n", "é".repeat(n % 7)).into_bytes()).collect()
}

/// Zeroes sectors of 512 bytes, as a file system leaves them that wrote the length and not the data; then repairs, and
/// reads what is there.
#[track_caller]
fn check_sectors(case: &Case, len: usize, sectors: &[usize]) {
    let mut bytes = pages()[..len].to_vec();
    for sector in sectors {
        let start = (sector * 512).min(len);
        bytes[start..(start + 512).min(len)].fill(0);
    }
    let want = case.check(&bytes);
    // damage in the middle is neither touched nor deleted
    let untouched = want.bytes.len().min(len);
    assert!(want.bytes[..untouched] == bytes[..untouched]);
    // it is the error of exactly the lines that it is on
    let lines: Vec<&[u8]> = want.bytes.split_inclusive(|&b| b == b'\n').collect();
    let read = values(&want.bytes);
    assert_eq!(read.len(), lines.len());
    for (n, (line, value)) in lines.into_iter().zip(read).enumerate() {
        match line.contains(&0) {
            true => assert_eq!(value, Err(n as u64 + 1), "sectors {sectors:?} of {len} bytes"),
            false => assert_eq!(value.unwrap(), serde_json::from_slice::<Value>(line).unwrap()),
        }
    }
}

#[test]
fn case_39_sectors_of_zeros() {
    let case = Case::new();
    let len = pages().len();
    let last = (len - 1) / 512;
    for sector in 0..=last {
        check_sectors(&case, len, &[sector]);
    }
    check_sectors(&case, len, &[]);
    check_sectors(&case, len, &[last - 1, last]);
    check_sectors(&case, len, &[0, 3, 4, last - 3, last]);
    check_sectors(&case, len, &(0..=last).collect::<Vec<_>>());
    // a tail that ends on a sector's border, zeros and all
    let border = len / 512 * 512;
    check_sectors(&case, border, &[border / 512 - 1]);
    check_sectors(&case, border, &[border / 512 - 2, border / 512 - 1]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.min(60), ..Default::default() })]
    #[test]
    fn case_39_holes_at_random_places(cut in 0..1_000usize, sectors in prop::collection::vec(0..16usize, 0..6)) {
        check_sectors(&Case::new(), pages().len() - cut, &sectors);
    }
}

/// A file may end in a long hole.
#[test]
fn long_tails_are_repaired() {
    let case = Case::new();
    let numbers = "1234567,".repeat(700_000);
    for (tail, completed) in [
        (format!("[{numbers}1]"), true),
        (format!("\"{numbers}\""), true),
        (format!("[{numbers}1"), false),
        (format!("\"{numbers}"), false),
        ("\0".repeat(3_000_000), false),
        (" ".repeat(3_000_000), false),
        ("1".repeat(3_000_000), false),
    ] {
        let text = format!("[1]\n{tail}");
        case.set(text.as_bytes());
        let told = repair(&case.path).unwrap();
        assert_eq!(told.completed, completed);
        assert_eq!(told.kept + told.cut, text.len() as u64);
        match completed {
            true => assert!(case.bytes() == [text.as_bytes(), b"\n"].concat()),
            false => {
                assert_eq!(case.bytes(), b"[1]\n");
                assert!(fs::read(told.saved_to.unwrap()).unwrap() == tail.as_bytes());
            }
        }
        assert_eq!(repair(&case.path).unwrap(), nothing(&case.bytes()));
    }
}

// --- any bytes

/// Pieces of records, of which some make whole ones.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(&b"\n"[..]),
        8 => prop::sample::select(vec![
            &b"{"[..], b"}", b"[", b"]", b"\"", b"\\", b",", b":", b"1", b"-", b"true", b" ", b"\r", b"\0", b"\xC3\xA9",
            b"\xC3", b"\xEF\xBB\xBF", b"\"a\"", b"{\"a\":1}", b"[1,\"b\"]", b"{}", b"\\u00e9", b"\\ud800", b"\r\n",
        ]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_file_is_repaired_by_the_rule(bytes in pieces(), noise in prop::collection::vec(any::<u8>(), 0..20), noisy: bool) {
        let bytes = if noisy { [bytes, noise].concat() } else { bytes };
        prop_assume!(!is_foreign(&bytes));
        Case::new().check(&bytes);
    }

    /// A file that grows, is torn and repaired over and over keeps every record, and loses no byte of a torn one.
    #[test]
    fn every_record_survives_every_crash(rounds in prop::collection::vec((0..4usize, 0..RECORDS.len(), 0..30usize), 1..8)) {
        let case = Case::new();
        case.set(b"");
        let mut want = Vec::new();
        for (count, record, torn) in rounds {
            let appender = JsonlAppender::open(&case.path).unwrap();
            assert_eq!(appender.position(), end_of(&want));
            for n in 0..count {
                let record = RECORDS[(record + n) % RECORDS.len()].as_bytes();
                assert_eq!(appender.append_raw(record).unwrap(), end_of(&want));
                want.extend([record, b"\n"].concat());
            }
            drop(appender);
            // the one that died in the middle of the next
            let record = RECORDS[record].as_bytes();
            let torn = &record[..torn.min(record.len())];
            fs::write(&case.path, [&want, torn].concat()).unwrap();
            let mended = mend(&[&want, torn].concat());
            let told = repair(&case.path).unwrap();
            assert_eq!(told.completed, mended.completed);
            assert_eq!(told.saved_to.map(|saved| fs::read(saved).unwrap()), mended.torn.map(|(_, tail)| tail));
            want = mended.bytes;
            assert_eq!(case.bytes(), want);
        }
        let appender = JsonlAppender::open(&case.path).unwrap();
        assert_eq!(appender.position(), end_of(&want));
        assert!(values(&want).iter().all(Result::is_ok));
    }
}
