//! The levels against each other, against `serde_json`, and against the edges: of a block, of a window, of the memory that may
//! be read. The numbers are those of the reliability cases.

#![allow(unsafe_code)]

mod common;

use std::borrow::Cow;
use std::fmt::Debug;

use common::*;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use simd_jsonl::{JsonlSlice, Level, Lines, Position, ReaderBuilder};

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    id: i64,
    #[serde(default)]
    name: String,
    ratio: Option<f64>,
    #[serde(default)]
    tags: Vec<(String, bool)>,
}

/// Lines of every sort, to be spoilt.
const LINES: [&str; 12] = [
    r#"{"id":1,"name":"plain","ratio":0.5,"tags":[["a",true],["b",false]]}"#,
    r#"{"id":-22,"name":"with \"quotes\", a \\ and \u00e9\ud83c\udf88","ratio":null}"#,
    r#"  { "id" : 333 , "name" : "white space" , "ratio" : -1.5e-7 , "tags" : [ ] }  "#,
    r#"{"skipped":{"deep":[[{"x":[]}],"]}"],"more":null},"id":4444,"ratio":12345678901234567890}"#,
    r#"{"id":55555,"name":"äöüß€🎈 and enough to leave the first block behind, by far","unknown":[1,2,3]}"#,
    r#"[1,-2,3.25,4e5,true,false,null,"",{},[]]"#,
    r#""\\\\\\\\\"\\\\""#,
    r#"["",[""],[[""]],{"":""}]"#,
    "-0.0",
    "null",
    "",
    r#"{"id":9223372036854775807,"tags":[["0123456789012345678901234567890123456789012345678901234567890123",true]]}"#,
];

fn some_lines(random: &mut Random, most: usize) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..=random.below(most) {
        input.extend_from_slice(random.pick(&LINES).as_bytes());
        input.extend_from_slice(random.pick(&[&b"\n"[..], b"\n", b"\r\n"]));
    }
    input
}

const NASTY: &[u8] = b"\"\"\"\\\\\\{}[],:\n\n\r\t 0123-+.eEtfnu\x00\x1F\x7F\x80\xC3\xE2\xF0\xFF";

fn spoil(random: &mut Random, input: &mut Vec<u8>, times: usize) {
    for _ in 0..times {
        let at = random.below(input.len().max(1));
        match random.below(4) {
            _ if input.is_empty() => return,
            0 => input.insert(at, random.pick(NASTY)),
            1 => drop(input.remove(at)),
            2 => input.truncate(input.len() - at / 4),
            _ => input[at] = random.pick(NASTY),
        }
    }
}

/// Every level, slice and reader, gives the same; and as a `Value`, what `serde_json` gives for each line.
fn assert_levels_agree(input: &[u8]) {
    let builder = ReaderBuilder::new();
    let values = outcomes_at_levels::<Value>(input, &builder);
    outcomes_at_levels::<IgnoredAny>(input, &builder);
    outcomes_at_levels::<Row>(input, &builder);
    let want: Vec<Option<Value>> = serde_json_verdicts::<Value>(input).into_iter().map(Result::ok).collect();
    let got: Vec<Option<&Value>> = values.iter().map(Outcome::ok).collect();
    assert_eq!(
        got,
        want.iter().map(Option::as_ref).collect::<Vec<_>>(),
        "left: ours, right: serde_json; {}",
        show(input)
    );
}

#[test]
fn case_29_levels_agree_on_good_lines() {
    let mut random = Random(29);
    for _ in 0..150 {
        let input = some_lines(&mut random, 40);
        assert_levels_agree(&input);
    }
}

#[test]
fn case_29_levels_agree_on_spoilt_lines() {
    let mut random = Random(2929);
    for round in 0..1200 {
        let mut input = some_lines(&mut random, 5);
        spoil(&mut random, &mut input, 1 + round % 6);
        assert_levels_agree(&input);
        if round % 20 == 0 {
            outcomes_briefly::<Value>(&input, &ReaderBuilder::new());
            outcomes_briefly::<Row>(&input, ReaderBuilder::new().strict(true));
        }
    }
}

/// A line long enough for many windows, good and spoilt near its end.
#[test]
fn case_29_levels_agree_on_long_lines() {
    let long = format!("[{}]", vec![LINES[1]; 2000].join(","));
    let mut input = format!("1\n{long}\n2\n").into_bytes();
    assert_levels_agree(&input);
    for (from_end, byte) in [(30, b'"'), (30, 0), (30, 0xFF), (4, b','), (70_000, b'\\')] {
        let at = input.len() - from_end;
        let before = std::mem::replace(&mut input[at], byte);
        let values = outcomes_at_levels::<IgnoredAny>(&input, &ReaderBuilder::new());
        assert_eq!(values.len(), 3, "byte {byte:#x} at {at}");
        assert!(values[0].ok().is_some() && values[2].ok().is_some(), "byte {byte:#x} at {at}");
        input[at] = before;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn case_29_levels_agree_on_anything(pieces in proptest::collection::vec(piece(), 0..60)) {
        assert_levels_agree(&pieces.concat());
    }
}

/// A piece of JSON, or of something near it.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => proptest::sample::select(b"{}[],:\"\\\n".to_vec()).prop_map(|b| vec![b]),
        4 => proptest::sample::select(vec!["\"a\"", "\"a\":", "{\"a\":1}", "[1]", "\\\"", "true", "null", "0", "-1.5e3", ",1"])
            .prop_map(|s| s.as_bytes().to_vec()),
        2 => "[ a-z0-9]{0,70}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ]
}

/// Memory of which not one byte before or after may be touched.
#[cfg(unix)]
struct Guarded {
    base: *mut libc::c_void,
    page: usize,
    room: usize,
}

#[cfg(unix)]
impl Guarded {
    /// Room for `room` bytes, rounded up to whole pages, between two pages that cannot be accessed.
    fn new(room: usize) -> Guarded {
        // SAFETY: asking for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let room = room.next_multiple_of(page);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh anonymous mapping, at no fixed address, touches nothing that exists.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), room + 2 * page, libc::PROT_NONE, flags, -1, 0) };
        assert_ne!(base, libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
        let guarded = Guarded { base, page, room };
        // SAFETY: the pages between the first and the last of the mapping made above.
        let done = unsafe { libc::mprotect(base.byte_add(page), room, libc::PROT_READ | libc::PROT_WRITE) };
        assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
        guarded
    }

    fn all(&mut self) -> &mut [u8] {
        // SAFETY: these pages are mapped for reading and writing, initialized by the system, and lent with `self` alone.
        unsafe { std::slice::from_raw_parts_mut(self.base.byte_add(self.page).cast(), self.room) }
    }

    /// The bytes, copied so that they end right before the inaccessible page.
    fn at_end(&mut self, bytes: &[u8]) -> &[u8] {
        let from = self.room - bytes.len();
        let place = &mut self.all()[from..];
        place.copy_from_slice(bytes);
        place
    }

    /// The bytes, copied so that they begin right after the inaccessible page.
    fn at_start(&mut self, bytes: &[u8]) -> &[u8] {
        let place = &mut self.all()[..bytes.len()];
        place.copy_from_slice(bytes);
        place
    }
}

#[cfg(unix)]
impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, which nothing refers to any more.
        unsafe { libc::munmap(self.base, self.room + 2 * self.page) };
    }
}

#[cfg(unix)]
mod guarded {
    use super::*;

    /// Sorts of records: a head, what is repeated to fill the length, and a tail.
    const SHAPES: [(&str, &str, &str); 8] = [
        ("{\"k\":\"", "x", "\"}"),
        ("\"", "\\\\", "\""),
        ("[1", ",1", "]"),
        ("9", "9", ""),
        ("", " ", "true"),
        ("\"", "é", "\""),
        ("[{}", ",{}", "]"),
        ("{\"j\":[-0.25],\"k\":8", "8", "}"),
    ];

    /// A record of exactly `len` bytes; a plain one where its shape needs more.
    fn record(len: usize, shape: usize) -> String {
        let (head, fill, tail) = SHAPES[shape % SHAPES.len()];
        match len.checked_sub(head.len() + tail.len()) {
            Some(rest) => format!("{head}{}{tail}{}", fill.repeat(rest / fill.len()), " ".repeat(rest % fill.len())),
            None if len < 2 => "7".repeat(len),
            None => format!("\"{}\"", "s".repeat(len - 2)),
        }
    }

    /// One way to use a slice, and what it gives, in a form to compare.
    type Use = fn(&[u8], &ReaderBuilder) -> String;

    const USES: [(&str, Use); 5] = [
        ("typed", typed),
        ("skipped", |input, builder| describe(builder.from_slice(input).into_deserialize::<IgnoredAny>())),
        ("value", |input, builder| describe(builder.from_slice(input).into_deserialize::<Value>())),
        ("lines", |input, _| {
            let lines = |line: simd_jsonl::Line<'_>| (line.as_bytes().to_vec(), line.offset(), line.terminated());
            let all: Vec<_> = Lines::new(input).map(lines).collect();
            format!("{all:?}{:?}", Lines::new(input).next_back().map(lines))
        }),
        ("lazy", |input, builder| {
            let mut reader = builder.from_slice(input);
            let mut all = String::new();
            while let Some(record) = reader.next_record().transpose() {
                match record {
                    Err(e) => all.push_str(&format!("{:?}", Fault::from(&e))),
                    Ok(record) => {
                        let lazy = record.as_lazy();
                        let k = record
                            .get("k")
                            .map(|v| v.map(|v| (v.as_u64(), v.as_f64(), v.as_str().map(Cow::into_owned))));
                        let inside = record.pointer("/j/0").map(|v| v.map(|v| v.raw().map(str::to_string).ok()));
                        let raw = lazy.raw().map(str::to_string).map_err(|e| Fault::from(&e));
                        let k = k.map_err(|e| Fault::from(&e));
                        let inside = inside.map_err(|e| Fault::from(&e));
                        all.push_str(&format!("{k:?} {inside:?} {raw:?} {} {:?}", lazy.is_array(), lazy.as_bool()));
                    }
                }
            }
            all
        }),
    ];

    fn describe<T: Debug>(results: impl Iterator<Item = simd_jsonl::Result<T>>) -> String {
        results.fold(String::new(), |all, result| all + &format!("{:?};", Outcome::new(result)))
    }

    /// Decodes to what the record begins like, borrowing what can be borrowed.
    fn typed(input: &[u8], builder: &ReaderBuilder) -> String {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code)]
        struct K<'a> {
            #[serde(borrow)]
            k: Option<&'a serde_json::value::RawValue>,
        }
        let reader = builder.from_slice(input);
        match input.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => describe(reader.into_deserialize::<K<'_>>()),
            Some(b'"') if input.contains(&b'\\') => describe(reader.into_deserialize::<Cow<'_, str>>()),
            Some(b'"') => describe(reader.into_deserialize::<&str>()),
            Some(b'[') if input.contains(&b'1') => describe(reader.into_deserialize::<Vec<u8>>()),
            Some(b'[') => describe(reader.into_deserialize::<Value>()),
            Some(b't') => describe(reader.into_deserialize::<bool>()),
            _ => describe(reader.into_deserialize::<f64>()),
        }
    }

    /// At each level what the fallback gives on ordinary memory, without touching a byte outside.
    fn check(memory: &mut Guarded, input: &[u8], uses: &[(&str, Use)]) {
        for (name, run) in uses {
            let want = run(input, ReaderBuilder::new().level(fallback()));
            for level in Level::available() {
                let mut builder = ReaderBuilder::new();
                builder.level(level);
                let got = run(memory.at_end(input), &builder);
                assert_eq!(got, want, "{name} at {level}, before a guard page: {}", show(input));
            }
        }
    }

    #[test]
    fn case_30_every_length_before_a_guard_page() {
        let mut memory = Guarded::new(1024);
        for len in 0..=256 {
            for shape in 0..SHAPES.len() {
                let record = record(len, shape);
                assert_eq!(record.len(), len, "shape {shape}");
                check(&mut memory, record.as_bytes(), &USES);
                check(&mut memory, format!("{record}\n").as_bytes(), &USES);
            }
        }
    }

    /// The record behind a blank line of each length up to 64, so that it begins at every alignment.
    #[test]
    fn case_30_every_alignment_before_a_guard_page() {
        let mut memory = Guarded::new(1024);
        for len in 0..=256 {
            for lead in 1..=64 {
                let end = ["", "\n", "\r\n"][(len / 8 + lead) % 3];
                let input = format!("{}\n{}{end}", " ".repeat(lead - 1), record(len, len + lead));
                let turn = (len + lead / 8) % USES.len();
                check(&mut memory, input.as_bytes(), &USES[turn..=turn]);
            }
        }
    }

    #[test]
    fn case_30_every_length_after_a_guard_page() {
        let mut memory = Guarded::new(1024);
        for len in 0..=256 {
            let record = record(len, len);
            let input = format!("{record}\n{record}");
            for (name, run) in &USES {
                let want = run(input.as_bytes(), ReaderBuilder::new().level(fallback()));
                for level in Level::available() {
                    let got = run(memory.at_start(input.as_bytes()), ReaderBuilder::new().level(level));
                    assert_eq!(got, want, "{name} at {level}, after a guard page: {input:?}");
                }
            }
        }
    }

    /// What ends in mid-value right at the guard page.
    #[test]
    fn case_30_cut_anywhere_before_a_guard_page() {
        let mut memory = Guarded::new(1024);
        for line in LINES.iter().copied().chain(["{\"k\":[true,false,null,-12.5e+10,\"\\u00e9\\ud83c\\udf88\\n🎈\"]}"])
        {
            for end in 0..=line.len() {
                let cut = &line.as_bytes()[..end];
                check(&mut memory, cut, &USES);
                check(&mut memory, &[b"{\"k\":1}\n", cut].concat(), &USES[end % 5..=end % 5]);
            }
        }
        for bad in
            [&b"\xE2"[..], b"\"\xE2\x82", b"\"\xF0\x9F\x8E\"", b"\"\\", b"\"\\u", b"\"\\u00\"", b"\0", b"\r", b"\"\t\""]
        {
            for lead in 0..130 {
                let input = [&vec![b' '; lead], bad].concat();
                check(&mut memory, &input, &USES);
            }
        }
    }

    /// A whole window and a bit, up to the guard page.
    #[test]
    fn case_30_many_windows_before_a_guard_page() {
        let line = format!("{}\n", LINES[4]);
        let mut memory = Guarded::new(400_000);
        for tail in ["", "1", "\"x\"", "[1,2", "\""] {
            let input = line.repeat(300_000 / line.len()) + tail;
            for level in Level::available() {
                let mut reader = ReaderBuilder::new().level(level).from_slice(memory.at_end(input.as_bytes()));
                let ok = reader.deserialize::<Row>().filter(|r| r.is_ok()).count();
                assert_eq!(ok, 300_000 / line.len(), "{tail:?} at {level}");
                assert_eq!(reader.position().offset, input.len() as u64, "{tail:?} at {level}");
            }
        }
    }
}

/// Runs of `n` backslashes or quotes behind `pad` bytes, as lines good and bad.
fn runs(n: usize, pad: usize) -> [String; 6] {
    let (backslashes, quotes, x) = ("\\".repeat(n), "\"".repeat(n), "x".repeat(pad));
    [
        format!("\"{x}{backslashes}\""),
        format!("\"{x}{backslashes}n\""),
        format!("{}{quotes}", " ".repeat(pad)),
        format!("\"{x}{}\"", "\\\"".repeat(n)),
        format!("[\"{x}\"{}]", ",\"\"".repeat(n)),
        format!("{{\"{x}\":\"{backslashes}\",\"{backslashes}\":{quotes}1}}"),
    ]
}

/// Every line of the input decodes to what `serde_json` makes of it, at every level; and is skipped with the same verdict.
fn assert_verdicts(input: &[u8], what: &str) {
    let want: Vec<Option<Value>> = serde_json_verdicts::<Value>(input).into_iter().map(Result::ok).collect();
    let mut lines = naive_lines(input);
    let end = Position { offset: input.len() as u64, line: lines.len() as u64 + 1 };
    lines.retain(|line| !line.is_blank());
    assert_eq!(lines.len(), want.len());
    for level in Level::available() {
        let mut builder = ReaderBuilder::new();
        builder.level(level);
        let mut reader = builder.from_slice(input);
        let mut skipping = builder.from_slice(input);
        let mut skipped = skipping.deserialize::<IgnoredAny>();
        for (line, want) in lines.iter().zip(&want) {
            let result = reader.deserialize::<Value>().next().expect("a record for each line");
            let same = result.as_ref().ok() == want.as_ref();
            assert!(same, "{what}, at {level}: line {}: {}: {result:?}", line.number, show(line.bytes));
            let skipped = skipped.next().expect("a record for each line");
            match (result.map(|_| ()), skipped.map(|_| ())) {
                (Ok(()), Ok(())) => {}
                (Err(a), Err(b)) => {
                    assert_eq!(Fault::from(&a), Fault::from(&b), "{what}, at {level}: {}", show(line.bytes));
                    assert_eq!(a.position().line, line.number, "{what}, at {level}: {}", show(line.bytes));
                }
                (a, b) => panic!("{what}, at {level}: {}: decoded {a:?}, skipped {b:?}", show(line.bytes)),
            }
        }
        assert!(reader.next_record().unwrap().is_none(), "{what}, at {level}: more records than lines");
        assert_eq!(reader.position(), end, "{what}, at {level}");
    }
}

#[test]
fn case_31_runs_across_block_edges() {
    for n in 0..=130 {
        // All good: the quick way. Then with the bad ones among them: line by line.
        for only_good in [true, false] {
            let mut input = Vec::new();
            for pad in (0..10).chain([30, 31, 32]).chain(55..66) {
                if !only_good && pad % 3 != n % 3 {
                    continue;
                }
                for line in runs(n, pad) {
                    if !only_good || serde_json::from_str::<Value>(&line).is_ok() {
                        // A blank line moves the next one to a block of its own.
                        let white = 63 - input.len() % 64;
                        input.extend(vec![b' '; white]);
                        input.push(b'\n');
                        input.extend_from_slice(line.as_bytes());
                        input.push(b'\n');
                    }
                }
            }
            assert_verdicts(&input, &format!("runs of {n}, only good: {only_good}"));
        }
    }
}

#[test]
fn case_31_runs_across_window_edges() {
    const WINDOW: usize = 64 << 10;
    let filler = format!("\"{}\"\n", "f".repeat(1021));
    for n in [0, 1, 2, 3, 7, 8, 31, 63, 64, 65, 129, 130] {
        for round in 0..4 {
            // All lines, or good ones alone: what is bad makes the reader look at each line of the window by itself.
            let only_good = round >= 2;
            let lines = runs(n, 3).into_iter().filter(|line| !only_good || serde_json::from_str::<Value>(line).is_ok());
            let mut input = Vec::new();
            for (k, line) in lines.enumerate() {
                // The run begins a few bytes ahead of an edge: behind short lines, or behind one long line.
                let before = [0, 1, 2, 3, n / 2, n, n + 1, n + 5][(n + 3 * round + k) % 8];
                let edge = (k + 1) * WINDOW - before;
                if (round + k) % 2 == 0 {
                    let rest = edge.saturating_sub(input.len() + 8);
                    input.extend_from_slice(filler.repeat(rest / filler.len()).as_bytes());
                }
                let rest = edge.saturating_sub(input.len() + 8);
                input.extend_from_slice(format!("\"{}\"\n", "g".repeat(rest)).as_bytes());
                input.extend_from_slice(line.as_bytes());
                input.push(b'\n');
            }
            assert_verdicts(&input, &format!("runs of {n} at the edges, round {round}"));
        }
    }
}

/// One line with its run across the edge of what a window holds, read in pieces as well.
#[test]
fn case_31_runs_across_buffer_edges() {
    for buffer in [64, 100, 128] {
        for n in [0, 1, 2, 63, 64, 65, 130] {
            for pad in [buffer - 3, buffer - 2, buffer - 1, buffer] {
                let input = runs(n, pad).join("\n").into_bytes();
                let want: Vec<Option<Value>> = serde_json_verdicts(&input).into_iter().map(Result::ok).collect();
                for level in Level::available() {
                    for chunk in [1, 63, 64, 65, usize::MAX] {
                        let mut builder = ReaderBuilder::new();
                        builder.level(level).buffer_size(buffer);
                        let reader = builder.from_reader(Chunks::new(&input, [chunk]));
                        let got: Vec<Option<Value>> = reader.into_deserialize().map(Result::ok).collect();
                        assert_eq!(got, want, "{n} behind {pad}, buffer {buffer}, reads of {chunk}, at {level}");
                    }
                }
            }
        }
    }
}

/// The levels that this machine has, by name, and an environment variable that only ever lowers them.
#[test]
fn case_29_the_levels_have_names() {
    let levels = Level::available();
    let names: Vec<&str> = levels.iter().map(|level| level.name()).collect();
    assert_eq!(names.last(), Some(&"fallback"));
    assert!(names.iter().all(|name| ["avx512", "avx2", "sse2", "neon", "fallback"].contains(name)), "{names:?}");
    for (i, name) in names.iter().enumerate() {
        assert!(!names[..i].contains(name), "{names:?}");
        assert_eq!(levels[i].to_string(), *name);
    }
    assert!(levels.contains(&Level::detect()));
    #[cfg(target_arch = "x86_64")]
    assert!(names.contains(&"sse2"), "{names:?}");
    #[cfg(target_arch = "aarch64")]
    assert!(names.contains(&"neon"), "{names:?}");
    // A reader without a level of its own works at the detected one.
    assert_eq!(JsonlSlice::new(b"1").deserialize::<u8>().next().unwrap().unwrap(), 1);
}

/// The variable is read by a process when it first needs it, so this runs itself again.
#[test]
fn case_29_the_variable_lowers_the_level() {
    const TOLD: &str = "SIMD_JSONL_LEVEL";
    const CHILD: &str = "SIMD_JSONL_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        println!("level={}", Level::detect());
        return;
    }
    let available: Vec<&str> = Level::available().iter().map(|level| level.name()).collect();
    for told in ["fallback", "sse2", "avx2", "avx512", "neon", "no-such-level", ""] {
        let out = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "case_29_the_variable_lowers_the_level", "--nocapture"])
            .env(TOLD, told)
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let got = text.lines().find_map(|line| line.split_once("level=").map(|(_, name)| name.trim()));
        let got = got.unwrap_or_else(|| panic!("{told:?}: {text}"));
        match available.contains(&told) {
            true => assert_eq!(got, told),
            false => assert!(available.contains(&got), "{told:?} gives {got:?}"),
        }
    }
}
