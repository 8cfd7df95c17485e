//! JSONTestSuite: each file one document, from a slice at every level and from a `Read`, decoded, skipped, kept raw
//! and lazy. `y_` files must be accepted, `n_` files rejected; the `i_` files, which the suite leaves open, are in
//! [`OPEN`].
//!
//! `cargo test --test conformance -- --nocapture` prints the table.

mod common;
#[path = "common/corpus.rs"]
mod corpus;

use std::fmt::Write;

use common::{Chunks, show};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use simd_jsonl::{Error, ErrorKind, Level, ReaderBuilder, Record};

/// What becomes of an `i_` file, and where the suite's names begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Accepted by whoever decodes or skips it.
    Accept,
    /// A number too large for `f64`: an error when decoded, accepted when skipped or raw.
    Overflow,
    Reject(ErrorKind),
    /// Too deep at the default limit, accepted at a higher one.
    Deep,
    /// A byte order mark: skipped, and an error when strict.
    Mark,
}

#[rustfmt::skip]
const OPEN: &[(&str, Fate)] = &[
    ("i_number_double_huge_neg_exp.json", Fate::Accept),
    ("i_number_huge_exp.json", Fate::Overflow),
    ("i_number_neg_int_huge_exp.json", Fate::Overflow),
    ("i_number_pos_double_huge_exp.json", Fate::Overflow),
    ("i_number_real_neg_overflow.json", Fate::Overflow),
    ("i_number_real_pos_overflow.json", Fate::Overflow),
    ("i_number_real_underflow.json", Fate::Accept),
    ("i_number_too_big_neg_int.json", Fate::Accept),
    ("i_number_too_big_pos_int.json", Fate::Accept),
    ("i_number_very_big_negative_int.json", Fate::Accept),
    ("i_object_key_lone_2nd_surrogate.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_1st_surrogate_but_2nd_missing.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_1st_valid_surrogate_2nd_invalid.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_UTF-16LE_with_BOM.json", Fate::Reject(ErrorKind::Encoding)),
    ("i_string_UTF-8_invalid_sequence.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_UTF8_surrogate_U+D800.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_incomplete_surrogate_and_escape_valid.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_incomplete_surrogate_pair.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_incomplete_surrogates_escape_valid.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_invalid_lonely_surrogate.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_invalid_surrogate.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_invalid_utf-8.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_inverted_surrogates_U+1D11E.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_iso_latin_1.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_lone_second_surrogate.json", Fate::Reject(ErrorKind::LoneSurrogate)),
    ("i_string_lone_utf8_continuation_byte.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_not_in_unicode_range.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_overlong_sequence_2_bytes.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_overlong_sequence_6_bytes.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_overlong_sequence_6_bytes_null.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_truncated-utf-8.json", Fate::Reject(ErrorKind::InvalidUtf8)),
    ("i_string_utf16BE_no_BOM.json", Fate::Reject(ErrorKind::Encoding)),
    ("i_string_utf16LE_no_BOM.json", Fate::Reject(ErrorKind::Encoding)),
    ("i_structure_500_nested_arrays.json", Fate::Deep),
    ("i_structure_UTF-8_BOM_empty_object.json", Fate::Mark),
];

/// These hold a line break within: as JSON Lines they are several records, of which one at least must fail.
const SEVERAL_LINES: &[&str] =
    &["n_array_newlines_unclosed.json", "n_array_unclosed_with_new_lines.json", "n_string_unescaped_newline.json"];

/// These hold white space or nothing: no record at all, which is as good as an error.
const NO_RECORD: &[&str] = &["n_single_space.json", "n_structure_no_data.json", "n_structure_UTF8_BOM_no_data.json"];

/// A document by one way of reading it: the outcome of each record.
type Outcomes = Vec<Result<(), Error>>;

/// The ways of taking a record.
const WAYS: [&str; 5] = ["value", "skip", "raw", "lazy", "read"];

fn records(input: &[u8], builder: &ReaderBuilder, take: impl Fn(&Record<'_>) -> Result<(), Error>) -> Outcomes {
    let mut reader = builder.from_slice(input);
    let mut all = Vec::new();
    loop {
        match reader.next_record() {
            Ok(None) => return all,
            Ok(Some(record)) => all.push(take(&record)),
            Err(e) => all.push(Err(e)),
        }
        assert!(all.len() <= input.len(), "endless: {}", show(input));
    }
}

/// The outcomes of `input` in each of [`WAYS`].
fn outcomes(input: &[u8], builder: &ReaderBuilder) -> [Outcomes; 5] {
    fn slice<'a, T: Deserialize<'a>>(input: &'a [u8], builder: &ReaderBuilder) -> Outcomes {
        builder.from_slice(input).into_deserialize::<T>().map(|r| r.map(drop)).collect()
    }
    let read = builder.from_reader(Chunks::new(input, [3, 64, 1]));
    [
        slice::<Value>(input, builder),
        slice::<IgnoredAny>(input, builder),
        slice::<&RawValue>(input, builder),
        records(input, builder, |r| r.as_lazy().deserialize::<Value>().map(drop)),
        read.into_deserialize::<Value>().map(|r| r.map(drop)).collect(),
    ]
}

fn accepted(outcomes: &Outcomes) -> bool {
    matches!(outcomes[..], [Ok(())])
}

fn rejected(outcomes: &Outcomes) -> bool {
    !outcomes.is_empty() && outcomes.iter().all(Result::is_err)
}

/// What is expected of a file in one of [`WAYS`], or what is wrong.
fn judge(name: &str, way: &str, input: &[u8], got: &Outcomes) -> Result<(), String> {
    let fate = OPEN.iter().find(|(n, _)| *n == name).map(|(_, fate)| *fate);
    let kinds: Vec<_> = got.iter().map(|r| r.as_ref().map_err(Error::kind)).collect();
    let fine = match (name.as_bytes()[0], fate) {
        (b'y', None) => accepted(got),
        (b'n', None) if SEVERAL_LINES.contains(&name) => got.iter().any(Result::is_err),
        (b'n', None) if NO_RECORD.contains(&name) => got.is_empty(),
        (b'n', None) => rejected(got) && got.len() == 1,
        (b'i', Some(Fate::Accept | Fate::Mark)) => accepted(got),
        (b'i', Some(Fate::Overflow)) if way == "skip" || way == "raw" => accepted(got),
        (b'i', Some(Fate::Overflow)) => kinds == [Err(ErrorKind::NumberOutOfRange)],
        (b'i', Some(Fate::Reject(kind))) => kinds == [Err(kind)],
        (b'i', Some(Fate::Deep)) => kinds == [Err(ErrorKind::DepthLimit)],
        _ => return Err(format!("{name} is not in the table")),
    };
    if fine { Ok(()) } else { Err(format!("{name}, {way}: {kinds:?}: {}", show(input))) }
}

#[test]
fn case_25_json_test_suite() {
    let Some(corpus) = corpus::folder() else { return };
    let mut files: Vec<_> = std::fs::read_dir(corpus.join("json-test-suite/test_parsing"))
        .expect("the folder json-test-suite/test_parsing")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    assert!(files.len() > 300, "{} files in {}", files.len(), corpus.display());
    let (mut wrong, mut table) = (Vec::new(), String::new());
    for path in &files {
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name in UTF-8");
        let mut input = std::fs::read(path).expect("a file of the suite");
        if name.starts_with("y_") {
            // none of them has a line break inside a string
            let end = input.len() - usize::from(input.ends_with(b"\n"));
            input[..end].iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b' ');
        }
        let mut row = String::new();
        for level in Level::available() {
            let builder = ReaderBuilder::new().level(level).clone();
            for (way, got) in WAYS.iter().zip(outcomes(&input, &builder)) {
                if let Err(e) = judge(name, way, &input, &got) {
                    wrong.push(format!("{level}: {e}"));
                }
                if level == Level::detect() {
                    let got: Vec<_> = got
                        .iter()
                        .map(|r| r.as_ref().map_or_else(|e| format!("{:?}", e.kind()), |()| "ok".into()))
                        .collect();
                    write!(row, " {:<18}", if got.is_empty() { "-".into() } else { got.join(",") })
                        .expect("a string grows");
                }
            }
        }
        writeln!(table, "{name:<60}{row}").expect("a string grows");
    }
    println!("{:<60} {}", "file", WAYS.map(|w| format!("{w:<18}")).join(" "));
    println!("{table}{} files, {} wrong", files.len(), wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for (name, _) in OPEN {
        assert!(files.iter().any(|f| f.ends_with(name)), "{name} is in the table, and not in the suite");
    }
}

/// What else the table of the open cases says.
#[test]
fn case_25_open_cases() {
    // 500 levels of a `Value` want more stack, without optimization, than a test has
    let thread = std::thread::Builder::new().stack_size(32 << 20).spawn(check_open_cases).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn check_open_cases() {
    let Some(corpus) = corpus::folder() else { return };
    for level in Level::available() {
        for (name, fate) in OPEN {
            let input =
                std::fs::read(corpus.join("json-test-suite/test_parsing").join(name)).expect("a file of the suite");
            let mut builder = ReaderBuilder::new();
            builder.level(level);
            let context = format!("{name} at {level}: {}", show(&input));
            match fate {
                Fate::Deep => {
                    let got = outcomes(&input, builder.max_depth(500));
                    assert!(got.iter().all(accepted), "{context}: {got:?}");
                    let got = outcomes(&input, builder.max_depth(499));
                    assert!(got.iter().all(rejected), "{context}: {got:?}");
                }
                Fate::Mark => {
                    let got = outcomes(&input, builder.strict(true));
                    let is_mark = |o: &Outcomes| o[0].as_ref().is_err_and(|e| e.kind() == ErrorKind::ByteOrderMark);
                    assert!(got.iter().all(is_mark), "{context}: {got:?}");
                }
                Fate::Overflow => {
                    // the number itself stays within reach
                    let text = std::str::from_utf8(&input).expect("ASCII").trim();
                    let mut reader = builder.from_slice(&input);
                    let record = reader.next_record().expect("well-formed").expect("a record");
                    let element = record.pointer("/0").expect("well-formed").expect("an element");
                    assert_eq!(format!("[{}]", element.raw().expect("well-formed")), text, "{context}");
                    assert_eq!(element.as_f64(), None, "{context}");
                }
                Fate::Reject(ErrorKind::Encoding) => {
                    let e = builder.from_slice(&input).next_record().map(drop).expect_err("another encoding");
                    assert!(e.to_string().contains("UTF-16"), "{context}: {e}");
                }
                Fate::Accept if name.contains("big") => {
                    let numbers = builder.from_slice(&input).into_deserialize::<(f64,)>().next().expect("a record");
                    let text = std::str::from_utf8(&input).expect("ASCII").trim().trim_matches(['[', ']']);
                    assert_eq!(numbers.expect("floats").0, text.parse::<f64>().expect("a float"), "{context}");
                    for kind in [
                        builder
                            .from_slice(&input)
                            .into_deserialize::<(i64,)>()
                            .next()
                            .expect("a record")
                            .map_err(|e| e.kind())
                            .err(),
                        builder
                            .from_slice(&input)
                            .into_deserialize::<(u64,)>()
                            .next()
                            .expect("a record")
                            .map_err(|e| e.kind())
                            .err(),
                    ] {
                        assert_eq!(kind, Some(ErrorKind::NumberOutOfRange), "{context}");
                    }
                }
                Fate::Accept => {
                    let numbers = builder.from_slice(&input).into_deserialize::<(f64,)>().next().expect("a record");
                    assert_eq!(numbers.expect("floats").0, 0.0, "{context}");
                }
                Fate::Reject(_) => {}
            }
        }
    }
}
