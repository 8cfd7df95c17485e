//! Long lines, broken lines, and lines that are not ASCII.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::ways::decode;
use super::{Attack, Input, Limits, Scale, Way, fill};
use crate::types::Huge;
use crate::workload::wide;

const LONG: &str = "long records";
const DIRTY: &str = "broken lines";
const SCRIPTS: &str = "not ASCII";

/// A tame record.
const LEN: usize = 1 << 10;

pub(super) fn long() -> Vec<Attack> {
    let log = |size| Input::good(wide(size, LEN));
    let lines = |line: fn(usize) -> String| {
        (
            move |size: usize| Input::good(line(size).into_bytes()),
            move |size| Input::good(fill(size, "", |_| line(LEN)).into_bytes()),
        )
    };
    let text = |name: &str, line: fn(usize) -> String, ways: &[Way]| {
        let (one, many) = lines(line);
        Attack::new(LONG, name, one, many).scale(Scale::Times(16)).ways(ways.iter().copied())
    };
    let flat = [Way::SKIP, Way::STREAM, Way::VALIDATE, decode!("typed", Cow<'_, str>).keeps(), Way::VALUE];
    let limit = |size| Limits { max_record_len: Some(size / 10), max_depth: None };
    vec![
        Attack::new(LONG, "log entries in one array", |size| Input::good(wide(size, size)), log)
            .scale(Scale::Times(16))
            .ways([Way::SKIP, Way::STREAM, Way::VALIDATE, Way::GET, decode!("typed", Huge<'_>).keeps(), Way::VALUE]),
        text("one string", |len| format!("\"{}\"\n", "a".repeat(len)), &flat),
        text("one string of escapes", |len| format!("\"{}\"\n", "\\n".repeat(len / 2)), &flat),
        text("one string of backslashes", |len| format!("\"{}\"\n", "\\\\".repeat(len / 2)), &flat),
        text("brackets", |len| format!("[{}]\n", fill(len, ",", |_| "[]".to_owned())), &flat[..3]),
        text("white space", |len| format!("1{}\n", " ".repeat(len)), &flat[..3]),
        Attack::new(LONG, "one of 10 times the limit", |size| Input::bad(wide(size, size)), log)
            .scale(Scale::Times(16))
            .limits(limit)
            .ways([Way::SKIP, Way::STREAM, Way::VALIDATE]),
        Attack::new(LONG, "many of 10 times the limit", |size| Input::bad(wide(size, 20 << 10)), log)
            .scale(Scale::Times(4))
            .limits(|_| Limits { max_record_len: Some(2 << 10), max_depth: None })
            .ways([Way::SKIP, Way::STREAM, Way::VALIDATE]),
    ]
}

/// A line with one field.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Row<'a> {
    #[serde(borrow)]
    a: Cow<'a, str>,
}

const HEAD: usize = r#"{"a":""#.len();
const TAIL: usize = "\"}\n".len();

/// A line of `len` bytes, its LF among them.
fn line(len: usize) -> Vec<u8> {
    [&br#"{"a":""#[..], &b"x".repeat(len - HEAD - TAIL), b"\"}\n"].concat()
}

type Spoil = fn(&mut [u8]);

/// The ways to break a line without changing its length.
const FAULTS: [(&str, Spoil); 5] = [
    ("an open quote", |line| line[line.len() - TAIL] = b'x'),
    ("a quote too many", |line| line[HEAD] = b'"'),
    ("a backslash at the end", |line| {
        let end = line.len();
        line[end - TAIL..end - 1].copy_from_slice(b"x\\");
    }),
    ("a control character", |line| line[HEAD] = 1),
    ("invalid UTF-8", |line| line[HEAD] = 0xff),
];

pub(super) fn dirty() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for len in [1 << 10, 250, 12] {
        // In each window of 64 KiB there is one of them at least.
        let rare = (32 << 10) / len;
        for (often, every) in [("each line", 1), ("every second line", 2), ("one line in 32 KiB", rare)] {
            // All faults where each line has one; elsewhere what is around it costs more.
            for (fault, spoil) in FAULTS.into_iter().take(if every == 1 { FAULTS.len() } else { 1 }) {
                let make = move |size: usize| {
                    let mut bytes = line(len).repeat(size / len);
                    let broken = bytes.chunks_mut(len).skip(every - 1).step_by(every);
                    let bad = broken.map(spoil).count();
                    Input::with_bad(bytes, bad as u64)
                };
                let tame = move |size: usize| Input::good(line(len).repeat(size / len));
                let attack = Attack::new(DIRTY, format!("{len} B, {fault} in {often}"), make, tame);
                let mut ways = vec![Way::SKIP, Way::STREAM];
                ways.extend((every == 1).then_some(decode!("typed", Row<'_>)));
                ways.extend((every > 1).then_some(Way::VALIDATE));
                attacks.push(attack.ways(ways));
            }
        }
    }
    attacks
}

/// Two fields, whose names are 12 bytes of each script.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Texts<'a> {
    #[serde(
        borrow,
        rename = "kkkkkkkkkkkk",
        alias = "éééééé",
        alias = "日日日日",
        alias = "😀😀😀",
        alias = "日日",
        alias = "😀"
    )]
    k: Cow<'a, str>,
    #[serde(
        borrow,
        rename = "tttttttttttt",
        alias = "öööööö",
        alias = "本本本本",
        alias = "😎😎😎",
        alias = "本本",
        alias = "😎"
    )]
    t: Cow<'a, str>,
}

pub(super) fn other_scripts() -> Vec<Attack> {
    // A letter for the first key and the text, and one for the second key.
    let scripts = [
        ("2 bytes a character", "é", "ö"),
        ("3 bytes a character", "日", "本"),
        ("4 bytes a character", "😀", "😎"),
        ("`\\u` escapes", "\\u65e5", "\\u672c"),
        ("`\\u` escapes in pairs", "\\ud83d\\ude00", "\\ud83d\\ude0e"),
    ];
    let record = |k: &str, t: &str| {
        let repeat = |unit: &str, len: usize| unit.repeat(len / unit.len());
        let (first, second) = (repeat(k, 12), repeat(t, 12));
        format!("{{\"{first}\":\"{}\",\"{second}\":\"{}\"}}\n", repeat(k, 60), repeat(k, 240))
    };
    let ways = [
        decode!("typed", Texts<'_>),
        decode!("`HashMap`", HashMap<String, String>).keeps(),
        Way::SKIP,
        Way::STREAM,
        Way::VALUE,
        Way::VALIDATE,
        Way::GET,
    ];
    let attack = |(name, k, t): (&str, &'static str, &'static str)| {
        let make = move |size| Input::good(fill(size, "", |_| record(k, t)).into_bytes());
        let tame = move |size| Input::good(fill(size, "", |_| record("k", "t")).into_bytes());
        Attack::new(SCRIPTS, name, make, tame).ways(ways)
    };
    scripts.into_iter().map(attack).collect()
}
