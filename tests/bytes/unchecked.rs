//! What `src/UNSAFE.md` names: tests of the invariants that unchecked code relies on, at the places where they are closest to
//! being broken. Debug builds assert them, so that a wrong place fails here even where the byte that it reads does no harm.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use simd_jsonl::{JsonlReader, JsonlSlice, Level, ReaderBuilder, Record};
use std::borrow::Cow;

/// Every text of `len` bytes of `alphabet`.
fn texts(alphabet: &[u8], len: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..alphabet.len().pow(len as u32))
        .map(move |number| (0..len).map(|i| alphabet[number / alphabet.len().pow(i as u32) % alphabet.len()]).collect())
}

/// The one record of `line`, as serde_json reads it; nothing for a blank line.
fn expected(line: &[u8]) -> Vec<Option<Value>> {
    match line.trim_ascii().is_empty() {
        true => Vec::new(),
        false => vec![serde_json::from_slice(line).ok()],
    }
}

/// Reads all that can be asked of a record, right or wrong: nothing may panic.
fn look_at(record: Record<'_>) {
    let lazy = record.as_lazy();
    let _ = (record.get("1"), record.pointer("/0"), lazy.raw(), lazy.as_str(), lazy.as_f64(), lazy.as_u64());
    let _ = lazy.array().map(|elements| elements.flatten().count());
    let _ = lazy.object().map(|members| members.flatten().count());
    let _ = (record.deserialize::<f32>(), record.deserialize::<Vec<f32>>(), record.deserialize::<(Cow<'_, str>,)>());
}

fn check(builder: &ReaderBuilder, line: &[u8]) {
    // of its very size, for AddressSanitizer
    let line: Box<[u8]> = line.into();
    let values: Vec<_> = builder.from_slice(&line).into_deserialize::<Value>().map(Result::ok).collect();
    assert_eq!(values, expected(&line), "{:?}", line.escape_ascii().to_string());
    let skipped: Vec<_> = builder.from_slice(&line).into_deserialize::<IgnoredAny>().map(|r| r.is_ok()).collect();
    assert_eq!(
        skipped,
        values.iter().map(Option::is_some).collect::<Vec<_>>(),
        "{:?}",
        line.escape_ascii().to_string()
    );
    let mut reader = builder.from_slice(&line);
    while let Some(record) = reader.next_record().transpose() {
        let _ = record.map(look_at);
    }
}

/// Before the first entries of a window there are fewer bytes than stage 2 mostly looks at.
#[test]
fn every_short_text_at_the_start_of_a_window() {
    for level in Level::available() {
        let mut builder = ReaderBuilder::new();
        builder.level(level);
        for len in 1..=3 {
            texts(b"{}[]\":, \\-1t", len).for_each(|text| check(&builder, &text));
        }
    }
    let builder = ReaderBuilder::new();
    texts(b"{}[]\":, \\1", 4).for_each(|text| check(&builder, &text));
    // the shortest objects, at which a key lies as near to the start as it can
    texts(b"{}\":, 1", 3).for_each(|text| {
        for text in [[b"{\"", &text[..]].concat(), [&text[..], b":1}"].concat(), [b"{\"\"", &text[..], b"}"].concat()] {
            check(&builder, &text);
        }
    });
}

/// Behind the last entry of a window there is one that names its end, and never more is looked at.
#[test]
fn every_end_of_a_window() {
    let ends: Vec<Vec<u8>> = (0..=2).flat_map(|len| texts(b"}]\":, \\1\r", len)).collect();
    for start in ["1", "\"a\"", "\"\\\"", "[1", "{\"a\":1", "[\"a\"", "{\"a\":\"\\n\"", "-", "tru", "0.", "1e"] {
        for end in &ends {
            let line = [start.as_bytes(), end].concat();
            check(&ReaderBuilder::new(), &line);
            // and with a newline of its own, behind another window's worth of lines
            let lines = [&b"[]\n".repeat(64)[..], &line, b"\n"].concat();
            let read = JsonlReader::builder().from_reader(&lines[..]).into_deserialize::<Value>();
            assert_eq!(read.skip(64).map(Result::ok).collect::<Vec<_>>(), expected(&line), "{start:?} {end:?}");
        }
    }
}

/// Texts between escapes are copied with their length rounded up, to 32 or 128 bytes: never past the window's end or the room.
#[test]
fn every_length_between_escapes() {
    for before in 0..=140 {
        for after in [0, 1, 2, 31, 32, 33, 95, 96, 97, 126, 127, 128, 129] {
            for close in ["\"", "\"  "] {
                let (front, back) = ("é".repeat(before / 2) + &"x".repeat(before % 2), "y".repeat(after));
                let line: Box<[u8]> = format!("\"{front}\\n{back}{close}").into_bytes().into();
                let mut reader = JsonlSlice::new(&line);
                let text: String = reader.deserialize().next().unwrap().unwrap();
                assert_eq!(text, format!("{front}\n{back}"));
                // the reader's own buffer of decoded keys and texts grows with them
                let long = format!("{{\"{front}\\t{back}\":\"{front}\\n{back}\"}}\n");
                let value: Value = JsonlReader::new(long.as_bytes()).deserialize().next().unwrap().unwrap();
                assert_eq!(value[format!("{front}\t{back}")], format!("{front}\n{back}"));
            }
        }
    }
}

/// Numbers are read as the 8, 16 or 32 bytes that end with them, which may begin before the number but not before the window.
#[test]
fn every_length_of_a_number_at_the_start_of_a_window() {
    for len in 1..=40 {
        let digits = "1234567890".repeat(4);
        for number in [digits[..len].to_owned(), format!("-{}", &digits[..len]), format!("0.{}", &digits[..len])] {
            let number = &number[..];
            let forms = [number.to_owned(), format!("-{number}"), format!("{number}e5"), format!("[{number}]")];
            for form in forms {
                for line in [form.clone(), format!("{form} "), format!("{form}\r\n")] {
                    check(&ReaderBuilder::new(), line.as_bytes());
                }
            }
        }
    }
}

/// A record is shared by threads, each of which walks the same index.
#[test]
fn threads_share_a_record() {
    #[derive(Deserialize)]
    struct Row<'a> {
        name: &'a str,
        n: u64,
    }
    fn read(record: &Record<'_>) {
        for _ in 0..100 {
            let row: Row = record.deserialize().unwrap();
            assert_eq!((row.name, row.n, record.get("n").unwrap().unwrap().as_u64()), ("Ann", 7, Some(7)));
        }
    }
    let mut reader = JsonlSlice::new(br#"{"name":"Ann","n":7}"#);
    let record = reader.next_record().unwrap().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(move || read(&record));
            scope.spawn(|| read(&record));
        }
    });
}
