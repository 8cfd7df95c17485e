//! The first error of an input that is of another format says which, and what helps; the error of a line that is nearly JSON
//! says what it is and what to write instead. Neither is ever said of anything else, and what follows is still read.

use crate::common::*;
use serde_json::{Value, json};
use simd_jsonl::ErrorKind::{self, *};
use simd_jsonl::{JsonlSlice, JsonlWriter, ReaderBuilder};

const ARRAY: &str = "`simd_jsonl::array_to_jsonl`";

/// Beginnings of files of other formats: the kind of the first error, its place, and words that are in it.
#[rustfmt::skip]
const FILES: &[(&[u8], ErrorKind, u64, &[&str])] = &[
    (b"{\0\"\0a\0\"\0:\x001\0}\0\n\0", Encoding, 0, &["UTF-16 (little-endian)", "iconv"]),
    (b"\0{\0\"\0a\0\"\0:\x001\0}\0\n", Encoding, 0, &["UTF-16 (big-endian)", "iconv"]),
    (b"\xFF\xFE{\0}\0", Encoding, 0, &["UTF-16 (little-endian)", "iconv"]),
    // As these tools make them.
    (b"\x1F\x8B\x08\0\0\0\0\0\0\x03\xABV\x4AT\xB2\x32", Compressed, 0, &["gzip", "`gzip -dc`"]),
    (b"\x28\xB5\x2F\xFD\x24\x08\x41\0\0{\"a\":1}", Compressed, 0, &["zstd", "`zstd -dc`"]),
    (b"BZh91AY&SY\x8B\x9E\x8F\x30\0\0\x03\x19\x80\x10\0\x20", Compressed, 0, &["bzip2", "`bzip2 -dc`"]),
    (b"BZh9\x17rE8P\x90\0\0\0\0", Compressed, 0, &["bzip2", "`bzip2 -dc`"]),
    (b"\xFD7zXZ\0\0\x04\xE6\xD6\xB4F\x02\0!\x01", Compressed, 0, &["xz", "`xz -dc`"]),
    (b"\x04\x22\x4D\x18\x64\x40\xA7\x08\0\0\x80{\"a\":1}", Compressed, 0, &["lz4", "`lz4 -dc`"]),
    (b"PK\x03\x04\x14\0\0\0\x08\0\x21\x5C\x1B\x57", Compressed, 0, &["zip", "`unzip -p`"]),
    (b"PAR1\x15\x04\x15\x10\x15\x14L\x15\x02", NotJsonLines, 0, &["Parquet", "DuckDB"]),
    (b"Obj\x01\x04\x14avro.codec\x08null", NotJsonLines, 0, &["Avro", "`avro-tools tojson`"]),
    (b"SQLite format 3\0\x10\0\x01\x01\0@  ", NotJsonLines, 0, &["SQLite", "`sqlite3`"]),
    // JSON, in another form.
    (b"[\n  1\n]", NotJsonLines, 0, &["a pretty-printed JSON array", ARRAY, "`jq -c '.[]'`"]),
    (b"\n\n  {\r\n\"a\":1\r\n}", NotJsonLines, 4, &["a pretty-printed JSON document", "`jq -c .`"]),
    (b"[{\"a\":1},\n{\"a\":2}]", NotJsonLines, 0, &["a JSON array over several lines", ARRAY]),
    (b"[[1,2],\n[3,4]]", NotJsonLines, 0, &["a JSON array over several lines", ARRAY]),
    (b"\x1E{\"a\":1}\n\x1E{\"a\":2}\n", NotJsonLines, 0, &["a JSON text sequence (RFC 7464)", "`tr -d '\\036' | jq -c .`"]),
    (b"\x1E[\n1]\n", NotJsonLines, 0, &["a JSON text sequence (RFC 7464)"]),
    (b"\x1E\n{\"a\":1}\n", NotJsonLines, 0, &["a JSON text sequence (RFC 7464)"]),
    (b"data: {\"a\":1}\n\ndata: [DONE]\n\n", NotJsonLines, 0, &["server-sent events", "`sed -n 's/^data: *//p'`"]),
    (b"data:[{\"a\":1}]\r\n\r\n", NotJsonLines, 0, &["server-sent events"]),
    // Text.
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", NotJsonLines, 0, &["Git LFS", "`git lfs pull`"]),
    (b"<!DOCTYPE html>\n<html>", NotJsonLines, 0, &["HTML or XML", "server's error page"]),
    (b"  <!doctype html><title>404</title>", NotJsonLines, 2, &["HTML or XML"]),
    (b"<?xml version=\"1.0\"?>\n<Error/>", NotJsonLines, 0, &["HTML or XML"]),
    (b"<!-- made by hand -->\n<a/>", NotJsonLines, 0, &["HTML or XML"]),
    (b"<html lang=\"en\">\n", NotJsonLines, 0, &["HTML or XML"]),
    (b"<HTML\nLANG=\"en\">\n", NotJsonLines, 0, &["HTML or XML"]),
    (b"<Error><Code>AccessDenied</Code></Error>", NotJsonLines, 0, &["HTML or XML"]),
    (b"id,name,created_at\n1,x,2\n", NotJsonLines, 0, &["CSV", "`mlr --icsv --ojsonl cat`"]),
    (b"id\tname\tcreated_at\r\n1\tx\t2\n", NotJsonLines, 0, &["TSV", "`mlr --itsv --ojsonl cat`"]),
];

#[test]
fn other_formats_are_named() {
    for (input, kind, offset, words) in FILES {
        for mark in [&b""[..], "\u{FEFF}".as_bytes()] {
            // A mark before UTF-16 or a binary format is none of the format's.
            if !mark.is_empty() && (*kind != NotJsonLines || input.contains(&0)) {
                continue;
            }
            let input = [mark, input].concat();
            let told = told_over::<Value>(&transports(input.len()), &input, &ReaderBuilder::new());
            let (outcome, said) = &told[0];
            let fault = outcome.fault().unwrap_or_else(|| panic!("{}: {told:?}", show(&input)));
            let text = &said.as_ref().unwrap().text;
            assert_eq!((fault.kind, fault.offset), (*kind, offset + mark.len() as u64), "{}: {text}", show(&input));
            for word in *words {
                assert!(text.contains(word), "{word:?} is not in {text:?}, of {}", show(&input));
            }
            assert!(!text.contains(char::is_control) && text.len() < 400, "{text:?}");
            assert_eq!(said.as_ref().unwrap().field, "", "{text}");
        }
    }
}

#[test]
fn records_behind_another_format_still_come() {
    for (input, ..) in FILES {
        let input = [input, &b"\n{\"good\":1}\n{\"good\":2}\n"[..]].concat();
        let got = outcomes_briefly::<Value>(&input, &ReaderBuilder::new());
        let good: Vec<_> = got.iter().filter_map(Outcome::ok).filter(|value| value.get("good").is_some()).collect();
        assert_eq!(good, [&json!({"good": 1}), &json!({"good": 2})], "{}", show(&input));
        assert!(got[0].fault().is_some(), "{}", show(&input));
    }
}

/// What is looked at is the beginning of the input, nothing else.
#[test]
fn a_later_line_is_no_format() {
    for (format, ..) in FILES {
        let input = [b"null\n", *format].concat();
        let told = told_over::<Value>(&few_transports(), &input, &ReaderBuilder::new());
        for (outcome, words) in &told[1..] {
            let kind = outcome.fault().map(|fault| fault.kind);
            assert!(!matches!(kind, Some(Encoding | Compressed | NotJsonLines)), "{}: {words:?}", show(&input));
            assert!(words.as_ref().is_none_or(|words| !words.text.contains("not JSON Lines")), "{words:?}");
        }
    }
}

/// Files that are of no such format, although their first line is bad and looks a little like it.
#[test]
fn other_inputs_are_not_taken_for_a_format() {
    let lines: &[&[u8]] = &[
        b"{\0\0\0\0\0\0\0\0\0\0\0\0",
        b"1\0",
        b"\0\0\0\0[1]",
        b"BZh1",
        b"BZh9 is a bzip2 file",
        b"BZh91AY&S",
        b"PK",
        b"PK 3 4",
        b"PAR1",
        b"PAR1 is the magic of Parquet",
        b"Obj 1",
        b"Objective: none",
        b"SQLite format 3",
        b"7zXZ",
        b"[1,2],",
        b"[1",
        b"{\"a\":",
        b"<",
        b"<3",
        b"<34>Oct 11 22:14:15 su: failed",
        b"<unk>",
        b"<s>",
        b"<a b c",
        b"<- here",
        b"<headline>",
        b"data",
        b"data: 1",
        b"data: {a: 1}",
        b"data: none",
        b"data = {\"a\":1}",
        b"event: ping",
        b"version https://example.com/spec/v1",
        b"version 1",
        b"\x1D{\"a\":1}",
        b"\x1Etext",
        b"id,name",
        b"Hello, world, again",
        b"1,2,3",
        b"true,false,null",
        b"a,b,null",
        b"a,,b,c",
        b"a,b,c,",
        b"[a,b,c]",
        b"\"id\",\"name\",\"created_at\"",
        b"a b\tc d\te f",
    ];
    for line in lines {
        let input = [line, &b"\n1\n"[..]].concat();
        let told = told_over::<Value>(&few_transports(), &input, &ReaderBuilder::new());
        let fault = told[0].0.fault().unwrap_or_else(|| panic!("{}: {told:?}", show(line)));
        assert!(!matches!(fault.kind, Encoding | Compressed | NotJsonLines), "{}: {told:?}", show(line));
        assert_eq!((told.len(), told[1].0.ok()), (2, Some(&json!(1))), "{}: {told:?}", show(line));
    }
    // What opens on the last line has no second one.
    for line in ["[", "{", "[1,"] {
        let told = told_over::<Value>(&few_transports(), line.as_bytes(), &ReaderBuilder::new());
        assert_eq!(told[0].0.fault().map(|fault| fault.kind), Some(UnexpectedEnd), "{line}: {told:?}");
    }
}

const COMMA: &[&str] = &["no comma stands between records", ARRAY];
const LINES: &[&str] = &["put each value on a line of its own"];
const COMMENT: &[&str] = &["JSON has no comments"];
const SINGLE: &[&str] = &["in double quotes", "json.dumps"];
const TYPOGRAPHIC: &[&str] = &["straight double quotes (U+0022)"];
const KEY: &[&str] = &["keys are in double quotes", "JavaScript"];
const INFINITE: &[&str] = &["no NaN and no infinities", "`null`"];
const CASE: &[&str] = &["in lower case"];
const HEXADECIMAL: &[&str] = &["no hexadecimal numbers", "in decimal"];
const PLUS: &[&str] = &["no leading `+`"];
const UNDEFINED: &[&str] = &["no `undefined`", "`null`"];
const SPAN: &[&str] = &["put it on one", "`jq -c .`"];

/// Lines that are nearly JSON: the kind of the error and its column, which are those of any such fault, and words of the hint.
#[rustfmt::skip]
const HINTS: &[(&str, ErrorKind, u64, &[&str])] = &[
    ("{\"a\":1},", TrailingCharacters, 8, COMMA),
    ("{\"a\":1} ,\t", TrailingCharacters, 9, COMMA),
    ("[1,2],", TrailingCharacters, 6, COMMA),
    ("1,", TrailingCharacters, 2, COMMA),
    ("{\"a\":1}]", TrailingCharacters, 8, &[ARRAY]),
    ("{\"a\":1} ] ", TrailingCharacters, 9, &[ARRAY]),
    ("{\"a\":1}{\"b\":2}", TrailingCharacters, 8, &["put each value on a line of its own", "`jq -c .`"]),
    ("{\"a\":1} {\"b\":2}", TrailingCharacters, 9, LINES),
    ("{\"a\":1} [2] null", TrailingCharacters, 9, LINES),
    ("\"a\" \"b\"", TrailingCharacters, 5, LINES),
    ("1 2 3", TrailingCharacters, 3, LINES),
    ("{\"a\":1},{\"b\":2}", TrailingCharacters, 8, &["put each value on a line of its own, without a comma"]),
    ("[1], [2], [3]", TrailingCharacters, 4, &["put each value on a line of its own, without a comma"]),
    ("]", ExpectedValue, 1, SPAN),
    ("  },", ExpectedValue, 3, SPAN),
    ("{'a': 1}", ExpectedKey, 2, SINGLE),
    ("{'a': 'it\\'s', 'b': \"x\"}", ExpectedKey, 2, SINGLE),
    ("{\"a\":'b'}", ExpectedValue, 6, SINGLE),
    ("{\"a\":1, 'b':2}", ExpectedKey, 9, SINGLE),
    ("['a', 'b']", ExpectedValue, 2, SINGLE),
    ("'a'", ExpectedValue, 1, SINGLE),
    ("{u'a': 1}", ExpectedKey, 2, SINGLE),
    ("{\"a\": b'x'}", InvalidLiteral, 7, SINGLE),
    ("{“a”: 1}", ExpectedKey, 2, TYPOGRAPHIC),
    ("{\"a\": “b”}", ExpectedValue, 7, TYPOGRAPHIC),
    ("[„a“]", ExpectedValue, 2, TYPOGRAPHIC),
    ("[‘a’, 1]", ExpectedValue, 2, TYPOGRAPHIC),
    ("«a»", ExpectedValue, 1, TYPOGRAPHIC),
    ("{a:1}", ExpectedKey, 2, KEY),
    ("{\"a\":1, b_2 : 2}", ExpectedKey, 9, KEY),
    ("{$id:1}", ExpectedKey, 2, KEY),
    ("{größe:1}", ExpectedKey, 2, KEY),
    ("{1:2}", ExpectedKey, 2, KEY),
    ("{True: 1}", ExpectedKey, 2, KEY),
    ("{\"a\":True}", InvalidLiteral, 6, &["Python's `True` is `true` in JSON"]),
    ("[False, 1]", InvalidLiteral, 2, &["Python's `False` is `false` in JSON"]),
    ("None", InvalidLiteral, 1, &["Python's `None` is `null` in JSON"]),
    ("[TRUE]", InvalidLiteral, 2, CASE),
    ("{\"a\":Null}", InvalidLiteral, 6, CASE),
    ("{\"a\":NaN}", InvalidLiteral, 6, INFINITE),
    ("[nan ]", InvalidLiteral, 2, INFINITE),
    ("[inf,1]", InvalidLiteral, 2, INFINITE),
    ("[-inf]", InvalidNumber, 2, INFINITE),
    ("Infinity", InvalidLiteral, 1, INFINITE),
    ("{\"a\":-Infinity}", InvalidNumber, 6, INFINITE),
    ("{\"a\":+Infinity}", ExpectedValue, 6, INFINITE),
    ("{\"a\":undefined}", InvalidLiteral, 6, UNDEFINED),
    ("{\"a\":0xFF}", InvalidNumber, 6, HEXADECIMAL),
    ("[-0X1f]", InvalidNumber, 2, HEXADECIMAL),
    ("[+1]", ExpectedValue, 2, PLUS),
    ("+1.5e3", ExpectedValue, 1, PLUS),
    ("// a comment", ExpectedValue, 1, COMMENT),
    ("//", ExpectedValue, 1, COMMENT),
    ("# \"a\" comment", ExpectedValue, 1, COMMENT),
    ("#!/usr/bin/env jq", ExpectedValue, 1, COMMENT),
    ("/* a \"comment\" */", ExpectedValue, 1, COMMENT),
    ("/* open", ExpectedValue, 1, COMMENT),
    ("{\"a\":1} // a comment", TrailingCharacters, 9, COMMENT),
    ("{\"a\":1}//", TrailingCharacters, 8, COMMENT),
    ("{\"a\":1} # a comment", TrailingCharacters, 9, COMMENT),
    ("{\"a\":1 /* one */, \"b\":2}", ExpectedComma, 8, COMMENT),
    ("{/*one*/\"a\":1}", ExpectedKey, 2, COMMENT),
    ("{\"a\":/* one */1}", ExpectedValue, 6, COMMENT),
];

/// The message, without its place and the text around.
fn message(text: &str) -> &str {
    let (_, message) = text.split_once("): ").expect("the place");
    message.split_once(", near `").expect("the text around").0
}

#[test]
fn lines_that_are_nearly_json_get_a_hint() {
    for (line, kind, column, words) in HINTS {
        // The first line of an input, a later one, and the last one without its newline.
        for (before, after) in [("", "\n{\"good\":1}\n"), ("null\n", "\r\n{\"good\":1}\n"), ("null\n", "")] {
            let input = format!("{before}{line}{after}");
            let told = told_over::<Value>(&transports(input.len()), input.as_bytes(), &ReaderBuilder::new());
            let at = usize::from(!before.is_empty());
            let (outcome, said) = &told[at];
            let want =
                Fault { kind: *kind, offset: before.len() as u64 + column - 1, line: at as u64 + 1, column: *column };
            assert_eq!(outcome.fault(), Some(want), "{input:?}: {said:?}");
            let message = message(&said.as_ref().unwrap().text);
            for word in *words {
                assert!(message.contains(word), "{word:?} is not in {message:?}, of {line}");
            }
            assert_eq!(message.matches("; ").count(), 1, "one clause: {message}");
            assert!(message.len() < 240 && !message.contains(char::is_control), "{message:?}");
            let good = told.last().unwrap().0.ok() == Some(&json!({"good": 1}));
            assert_eq!(good, !after.is_empty(), "{input:?}: {told:?}");
        }
    }
}

/// A line among others that carries the data of an event.
#[test]
fn a_server_sent_event_is_named_on_any_line() {
    let input = b"event: message\ndata: {\"a\":1}\ndata: more\n";
    let told = told_over::<Value>(&transports(input.len()), input, &ReaderBuilder::new());
    let said: Vec<_> = told.iter().map(|(_, words)| words.as_ref().unwrap().text.contains("server-sent")).collect();
    assert_eq!(said, [false, true, false], "{told:?}");
    assert_eq!(told[1].0.fault().map(|fault| (fault.kind, fault.offset)), Some((InvalidLiteral, 15)));
}

/// Bad lines of which nothing more can be said, although some are close to those of which it can.
#[test]
fn other_bad_lines_get_no_hint() {
    let lines = [
        "{\"a\":1},,",
        "{\"a\":1},x",
        "{\"a\":1},[",
        "1,2,3",
        "\"a\",\"b\"",
        "\"a\"1\"b\"",
        "{\"a\":1}}",
        "{\"a\":1}]]",
        "{\"a\":1};",
        "{\"a\":1}TRAILER",
        "{\"a\":1} {\"b\":",
        "{\"a\":1} \"open",
        "{} x",
        "12:30:00",
        "[1,]",
        "[",
        "]]",
        "'",
        "'tis the season, isn't it",
        "{'a}",
        "{\"a\":'}",
        "{“a: 1}",
        "“",
        "{a}",
        "{a b:1}",
        "{a=1}",
        "{\"a\":1,}",
        "None of the above",
        "Truest",
        "{\"a\":Nonesuch}",
        "{\"a\":nancy}",
        "{\"a\":inform}",
        "infinite",
        "+None",
        "-True",
        "-undefined",
        "tru",
        "nul",
        "NA",
        "nil",
        "0x",
        "0xZZ",
        "{\"a\":0x12 34}",
        "01",
        "+",
        "++1",
        "+-1",
        "+01",
        "+x",
        ".5",
        "#fff",
        "#hashtag",
        "{\"a\":#fff}",
        "//example.com/a",
        "/usr/bin",
        "/*.txt",
        "{\"a\": / }",
        // A quote that should have been escaped: what stands behind it is text.
        "{\"a\":\"see \"// the host\" ok\"}",
        "{\"a\":\"see \" // the host\" ok\"}",
        "{\"a\":\"see \"/* the host\" ok\"}",
        "{\"a\":\"see \"# the host\" ok\"}",
        "{\"name\":\"say \"hi\" now\"}",
        "{\"a\":\"5'11\"\"}",
        "{\"a\":\"x\"'y'}",
        "{\"a\":\"x\"”}",
        // Within a string, nothing is anything.
        "[\"a // b\", \"# c\", \"/* d */\", \"'e'\", \"“f”\", \"{g:1}\", \"NaN\", \"None\", \"0x1\", \"+1\", \"data: {}\" !]",
    ];
    for line in lines {
        let input = format!("null\n{line}\nnull\n");
        let told = told_over::<Value>(&few_transports(), input.as_bytes(), &ReaderBuilder::new());
        assert!(told[1].0.fault().is_some_and(|fault| fault.line == 2), "{line}: {told:?}");
        let message = message(&told[1].1.as_ref().unwrap().text);
        assert!(!message.contains("; "), "{line}: {message}");
        assert_eq!(told[2].0.ok(), Some(&Value::Null), "{line}: {told:?}");
    }
}

/// Good records that hold all of that in their strings.
#[test]
fn strings_may_hold_anything() {
    for text in [
        "a // b",
        "# c",
        "/* d */",
        "'e'",
        "“f”",
        "{g:1}",
        "NaN",
        "None",
        "0x1",
        "data: {}",
        "<html>",
        "PAR1",
        "BZh91AY&SY",
    ] {
        let line = serde_json::to_string(&json!([text, {text: text}])).unwrap();
        let got = outcomes_briefly::<Value>(line.as_bytes(), &ReaderBuilder::new());
        assert_eq!(got, [Outcome::Ok(json!([text, {text: text}]))], "{line}");
    }
}

/// Text that is to be written is no file: only its own bytes say what it is.
#[test]
fn raw_text_is_refused_for_what_it_is() {
    let mut writer = JsonlWriter::new(Vec::new());
    for (text, kind, word) in [
        ("BZh1", InvalidLiteral, ""),
        ("PAR1", InvalidLiteral, ""),
        ("[1,", UnexpectedEnd, ""),
        ("{\"a\":1},", TrailingCharacters, "no comma"),
        ("{'a':1}", ExpectedKey, "double quotes"),
    ] {
        let error = writer.write_raw(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        let text = error.to_string();
        assert!(text.contains(word) && !text.contains("compressed") && !text.contains("not JSON Lines"), "{text}");
    }
    assert_eq!(writer.into_inner().unwrap(), b"");
}

/// Lent records and lazy values say the same.
#[test]
fn records_that_are_lent_get_the_same_hint() {
    let mut reader = JsonlSlice::new(b"{\"a\":[1,None]}\n");
    let record = reader.next_record().unwrap().unwrap();
    let want = "line 1, column 9 (byte 8): expected a value, found `None`; Python's `None` is `null` in JSON, near `{\"a\":[1,None]}`";
    assert_eq!(record.deserialize::<Value>().unwrap_err().to_string(), want);
    assert_eq!(record.get("a").unwrap().unwrap().deserialize::<Value>().unwrap_err().to_string(), want);
}
