//! What ends a line, what is on it, and that a bad one costs itself alone. The numbers are those of the reliability cases.

use crate::common::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use simd_jsonl::{ErrorKind, JsonlReader, JsonlSlice, ReaderBuilder};

fn values(input: &[u8]) -> Vec<Outcome<Value>> {
    outcomes_everywhere(input, &ReaderBuilder::new())
}

fn builder() -> ReaderBuilder {
    ReaderBuilder::new()
}

#[test]
fn case_09_line_ends() {
    #[rustfmt::skip]
    let cases = [
        ("1\n2\n", vec![Ok(1), Ok(2)]),
        ("1\r\n2\r\n", vec![Ok(1), Ok(2)]),
        ("1\r\n2\n3\r\n4", vec![Ok(1), Ok(2), Ok(3), Ok(4)]),
        ("1\r\r\n2", vec![Ok(1), Ok(2)]),
        ("1\r2\n3", vec![Err(3), Ok(3)]),
        ("1\r2\r\n3\r4", vec![Err(3), Err(3)]),
        ("\r1\n\r\n\r2", vec![Ok(1), Ok(2)]),
        ("1\n\r2\n", vec![Ok(1), Ok(2)]),
    ];
    for (input, want) in cases {
        let got: Vec<_> = values(input.as_bytes())
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Ok(value) => Ok(value.as_u64().unwrap()),
                Outcome::Err(fault) => {
                    assert_eq!(fault.kind, ErrorKind::TrailingCharacters, "{input:?}");
                    Err(fault.column)
                }
            })
            .collect();
        assert_eq!(got, want, "{input:?}");
    }
    // CR LF at every place relative to the chunk's end, with enough lines to cross each of them.
    let input: String = (0..60).map(|n| format!("{}{}\r\n", "9".repeat(n % 7), n)).collect();
    let got: Vec<_> = outcomes_everywhere::<u64>(input.as_bytes(), &builder());
    assert!(got.iter().all(|o| o.ok().is_some()) && got.len() == 60, "{got:?}");
}

#[test]
fn case_10_blank_lines() {
    let input = b"\n1\n\n  \n\t\r\n2\n \r \n[\n\r\n3\n\n";
    let got = values(input);
    let ok: Vec<_> = got.iter().filter_map(|o| o.ok()).collect();
    assert_eq!(ok, [&json!(1), &json!(2), &json!(3)]);
    let faults: Vec<_> = got.iter().filter_map(|o| o.fault()).map(|f| (f.kind, f.line)).collect();
    assert_eq!(faults, [(ErrorKind::UnexpectedEnd, 8)], "blank lines count");
    let records = records_everywhere(input, &builder());
    let lines: Vec<_> = records.iter().filter_map(|o| o.ok()).map(|r| r.line).collect();
    assert_eq!(lines, [2, 6, 8, 10]);

    let strict = outcomes_everywhere::<Value>(input, builder().strict(true));
    let blank: Vec<_> = strict.iter().filter_map(|o| o.fault()).filter(|f| f.kind == ErrorKind::BlankLine).collect();
    assert_eq!(blank.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 3, 4, 5, 7, 9, 11]);
    assert_eq!(blank.iter().map(|f| f.offset).collect::<Vec<_>>(), [0, 3, 4, 7, 12, 18, 22]);
    assert_eq!(strict.len(), 11);
}

#[test]
fn case_10_blank_lines_alone() {
    for input in [&b""[..], b"\n", b"\n\n\n", b" ", b"\r\n", b"\t", b" \n \n ", &[b' '; 1000], &[b'\n'; 1000]] {
        assert_eq!(values(input), [], "{}", show(input));
        let strict = outcomes_everywhere::<Value>(input, builder().strict(true));
        assert_eq!(strict.len(), naive_lines(input).len(), "{}", show(input));
        assert!(strict.iter().all(|o| o.fault().is_some_and(|f| f.kind == ErrorKind::BlankLine)), "{strict:?}");
    }
}

#[test]
fn case_11_byte_order_mark() {
    let input = "\u{FEFF}{\"a\":1}\n\u{FEFF}{\"a\":2}\n{\"a\":3}\n".as_bytes();
    let (one, three) = (Outcome::Ok(json!({"a": 1})), Outcome::Ok(json!({"a": 3})));
    let got = values(input);
    assert_eq!((got.len(), &got[0], &got[2]), (3, &one, &three), "{}", show(input));
    let fault = got[1].fault().unwrap();
    assert_eq!((fault.kind, fault.line, fault.column), (ErrorKind::ByteOrderMark, 2, 1));

    let strict = outcomes_everywhere::<Value>(input, builder().strict(true));
    let fault = strict[0].fault().unwrap();
    assert_eq!((fault.kind, fault.line, fault.offset), (ErrorKind::ByteOrderMark, 1, 0));
    assert_eq!((strict.len(), &strict[2]), (3, &three));

    let doubled = "\u{FEFF}\u{FEFF}1\n2".as_bytes();
    let got = values(doubled);
    let fault = got[0].fault().unwrap();
    assert_eq!((fault.kind, fault.line, fault.offset), (ErrorKind::ByteOrderMark, 1, 3));
    assert_eq!(got[1..], [Outcome::Ok(json!(2))]);
}

#[test]
fn case_12_characters_that_do_not_split() {
    // U+2028, U+2029 and U+0085 in a string are text.
    let input = "[\"a\u{2028}b\u{2029}c\u{85}d\"]\n\"\u{2028}\"\n\"\u{85}\"";
    let want = [json!(["a\u{2028}b\u{2029}c\u{85}d"]), json!("\u{2028}"), json!("\u{85}")].map(Outcome::Ok);
    assert_eq!(values(input.as_bytes()), want);
    // Outside one they spoil their line, as NUL does anywhere.
    for bad in ["1 \u{2028} 2", "{}\u{2029}{}", "{}\u{85}", "\u{85}", "{} \0", "{\"a\":\0 1}", "\"\0\"", "\0", "\0{}"] {
        let input = format!("1\n{bad}\n2\n");
        let got = values(input.as_bytes());
        assert_eq!(got.len(), 3, "{input:?}: {got:?}");
        assert_eq!((got[0].ok(), got[2].ok()), (Some(&json!(1)), Some(&json!(2))), "{input:?}: {got:?}");
        let first = bad.find(['\0', '\u{2028}', '\u{2029}', '\u{85}']).unwrap();
        let fault = got[1].fault().unwrap_or_else(|| panic!("{input:?}: {got:?}"));
        assert_eq!((fault.line, fault.offset as usize), (2, 2 + first), "{input:?}: {fault:?}");
    }
}

/// Lines that are bad in a way of their own, with the offset of the fault in the line.
const BAD_LINES: [(&[u8], ErrorKind, u64); 14] = [
    (b"{\"a\":\"open}", ErrorKind::UnclosedString, 5),
    (b"\"odd\\\"", ErrorKind::UnclosedString, 0),
    (b"\"odd\\", ErrorKind::UnclosedString, 0),
    (b"[[[[", ErrorKind::UnexpectedEnd, 4),
    (b"]", ErrorKind::ExpectedValue, 0),
    (b"{\"a\":1}}", ErrorKind::TrailingCharacters, 7),
    (b"{} {}", ErrorKind::TrailingCharacters, 3),
    (b"tru", ErrorKind::InvalidLiteral, 0),
    (b"[1,]", ErrorKind::TrailingComma, 3),
    (b"[01]", ErrorKind::InvalidNumber, 1),
    (b"\"\xFF\"", ErrorKind::InvalidUtf8, 1),
    (b"[\"\t\"]", ErrorKind::ControlCharacter, 2),
    (b"[\"\\x\"]", ErrorKind::InvalidEscape, 2),
    (b"[\"\\ud800\"]", ErrorKind::LoneSurrogate, 2),
];

#[test]
fn case_13_only_the_bad_line_fails() {
    let good = b"{\"k\":\"\xC3\xA9\",\"n\":[1,2.5,{\"x\":null}]}";
    let value: Value = serde_json::from_slice(good).unwrap();
    for (bad, kind, at) in BAD_LINES {
        for end in [&b"\n"[..], b"\r\n"] {
            for k in 0..5 {
                let lines: Vec<&[u8]> = (0..5).map(|i| if i == k { bad } else { good }).collect();
                let input = lines.join(end);
                let want: Vec<_> = (0..5)
                    .map(|i| match i == k {
                        false => Outcome::Ok(value.clone()),
                        true => Outcome::Err(Fault {
                            kind,
                            offset: (k * (good.len() + end.len())) as u64 + at,
                            line: k as u64 + 1,
                            column: at + 1,
                        }),
                    })
                    .collect();
                let got = outcomes_briefly::<Value>(&input, &builder());
                assert_eq!(got, want, "{}", show(&input));
            }
        }
    }
}

#[test]
fn case_13_good_and_bad_lines_in_any_order() {
    let mut random = Random(13);
    for _ in 0..40 {
        let (mut input, mut want) = (Vec::new(), Vec::new());
        for line in 1..=40 {
            let begin = input.len() as u64;
            match random.below(4) {
                0 => input.extend_from_slice(random.pick(&[&b""[..], b"  ", b"\t\r"])),
                1 => {
                    let (bad, kind, at) = random.pick(&BAD_LINES);
                    input.extend_from_slice(bad);
                    // The first line alone is read as a hint at what sort of file it is.
                    want.push(Outcome::Err(Fault { kind, offset: begin + at, line, column: at + 1 }));
                }
                _ => {
                    let value = json!({"line": line, "text": "x\"y\\".repeat(random.below(30))});
                    input.extend_from_slice(value.to_string().as_bytes());
                    want.push(Outcome::Ok(value));
                }
            }
            input.extend_from_slice(random.pick(&[&b"\n"[..], b"\r\n"]));
        }
        assert_eq!(outcomes_briefly::<Value>(&input, &builder()), want, "{}", show(&input));
        // Who skips the values finds the same faults.
        let faults: Vec<_> = want.iter().filter_map(|o| o.fault()).collect();
        let skipped = outcomes_briefly::<IgnoredAny>(&input, &builder());
        assert_eq!(skipped.len(), want.len());
        assert_eq!(skipped.iter().filter_map(|o| o.fault()).collect::<Vec<_>>(), faults, "{}", show(&input));
    }
}

#[test]
fn case_13_next_record_goes_on_after_a_bad_line() {
    let input = b"1\n\"open\n2\n[\"\t\"]\n3\n\"\xFF\"\n4";
    let mut reader = JsonlReader::new(&input[..]);
    let mut got = Vec::new();
    loop {
        match reader.next_record() {
            Ok(None) => break,
            Ok(Some(record)) => got.push(record.deserialize::<u32>().map_err(|e| (e.kind(), e.position().offset))),
            Err(e) => got.push(Err((e.kind(), e.position().offset))),
        }
    }
    let want = [
        Ok(1),
        Err((ErrorKind::UnclosedString, 2)),
        Ok(2),
        Err((ErrorKind::ControlCharacter, 12)),
        Ok(3),
        Err((ErrorKind::InvalidUtf8, 19)),
        Ok(4),
    ];
    assert_eq!(got, want);
}

#[test]
fn case_14_an_open_quote_stays_on_its_line() {
    let bad =
        [r#"{"a":"b"#, r#"""#, r#"{"a":"b","c}"#, r#""\"#, r#""x\\\"#, r#"["a","b]"#, r#"{"a"#, r#""\\\""#, r#""\u"#];
    for bad in bad {
        for good in [r#"{"a":"b"}"#, r#""""#, r#""]}""#, r#""\"\\""#, "[]"] {
            for repeat in [1, 2, 3] {
                let mut input = format!("{good}\n");
                input.extend((0..repeat).map(|_| format!("{bad}\n")));
                input.push_str(&format!("{good}\r\n{good}"));
                let got = values(input.as_bytes());
                let value: Value = serde_json::from_str(good).unwrap();
                let faults: Vec<_> = got.iter().filter_map(|o| o.fault()).map(|f| f.line).collect();
                assert_eq!(faults, (2..2 + repeat).collect::<Vec<_>>(), "{input:?}: {got:?}");
                let ok: Vec<_> = got.iter().filter_map(|o| o.ok()).collect();
                assert_eq!(ok, [&value; 3], "{input:?}");
            }
        }
    }
}

/// A byte order mark alone is one empty line, or none.
#[test]
fn case_11_a_byte_order_mark_alone_has_an_end() {
    let mark = "\u{feff}".as_bytes();
    let mut reader = JsonlReader::new(mark);
    assert!(reader.next_line().unwrap().is_none_or(|line| line.as_bytes().is_empty()));
    assert!(reader.next_line().unwrap().is_none());
    assert!(JsonlReader::new(mark).lines().count() <= 1);
    assert!(JsonlSlice::new(mark).lines().count() <= 1);
    assert!(JsonlReader::new(mark).next_record().unwrap().is_none());
}
