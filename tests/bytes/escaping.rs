//! Strings and names: what must be escaped is, wherever it stands among the blocks that are looked at together; and nothing
//! else is. At every level, and with `ascii_only`.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::Mutex;

use crate::data::{NAMES, in_ascii};
use crate::written::{Pairs, same_alone, written, written_by};
use proptest::prelude::*;
use serde::ser::{SerializeStruct, SerializeStructVariant, SerializeTupleVariant};
use serde::{Serialize, Serializer};
use serde_json::Value;
use simd_jsonl::{Level, ReaderBuilder, WriterBuilder};

/// What must be escaped, and how: by RFC 8259, and in the short form where there is one.
fn escapes() -> Vec<(char, String)> {
    let short = [
        ('"', "\\\""),
        ('\\', "\\\\"),
        ('\u{8}', "\\b"),
        ('\t', "\\t"),
        ('\n', "\\n"),
        ('\u{c}', "\\f"),
        ('\r', "\\r"),
    ];
    let mut all: Vec<_> = short.map(|(c, text)| (c, text.to_owned())).into();
    for c in '\0'..' ' {
        if !short.iter().any(|(short, _)| *short == c) {
            all.push((c, format!("\\u{:04x}", u32::from(c))));
        }
    }
    assert_eq!(all.len(), 34);
    all
}

/// What is written as it is, though one might think otherwise.
const PLAIN: [char; 10] =
    ['/', '\u{7f}', '\u{80}', '\u{a0}', 'é', '\u{2028}', '\u{feff}', '\u{ffff}', '😀', '\u{10ffff}'];

/// All of [`escapes`] and of [`PLAIN`], with what they are written as.
fn kinds() -> Vec<(String, String)> {
    let plain = PLAIN.map(|c| (c, c.to_string()));
    escapes().into_iter().chain(plain).map(|(c, text)| (c.to_string(), text)).collect()
}

#[test]
fn the_table_of_escapes_is_that_of_serde_json() {
    for (c, text) in kinds() {
        assert_eq!(same_alone(&c), format!("\"{text}\""));
        assert_eq!(same_alone(&c.chars().next()), format!("\"{text}\""));
    }
}

/// Strings, and what they should be written as: all as one array, and some as the keys of one object.
#[derive(Default)]
struct Table {
    strings: Vec<String>,
    keys: Vec<(String, u8)>,
    array: String,
    object: String,
}

impl Table {
    /// Adds the string of some parts, each of which is given as it is and as it is written.
    fn add<const N: usize>(&mut self, parts: [(&str, &str); N], is_key: bool) {
        let mut string = String::with_capacity(400);
        parts.iter().for_each(|(text, _)| string.push_str(text));
        let write = |end: &str, to: &mut String| {
            to.push('"');
            parts.iter().for_each(|(_, text)| to.push_str(text));
            to.push_str(end);
        };
        write("\",", &mut self.array);
        if is_key {
            write("\":0,", &mut self.object);
            self.keys.push((string.clone(), 0));
        }
        self.strings.push(string);
    }

    fn check(mut self, level: Level) {
        let mut writer = WriterBuilder::new().level(level).from_writer(Vec::new());
        writer.write(&self.strings).expect("strings");
        writer.write(&Pairs(self.keys)).expect("keys");
        let out = String::from_utf8(writer.into_inner().expect("a vector takes all")).expect("UTF-8");
        // the last commas
        self.array.pop();
        self.object.pop();
        let want = format!("[{}]\n{{{}}}\n", self.array, self.object);
        if out != want {
            let at = out.bytes().zip(want.bytes()).take_while(|(a, b)| a == b).count();
            let around = |text: &str| {
                text.as_bytes()[at.saturating_sub(200)..].escape_ascii().take(400).map(char::from).collect()
            };
            let (got, want): (String, String) = (around(&out), around(&want));
            panic!("byte {at} at {level}\n got: {got}\nwant: {want}");
        }
    }
}

/// One character among others, at every place of a string of every length. Each kind meets each place, in long strings at
/// every other length; each at one level in turn, and at all of them where a string ends near the edge of a block.
#[test]
fn every_character_at_every_place() {
    let levels = Level::available();
    let kinds = kinds();
    let filling: String = ('a'..='z').cycle().take(200).collect();
    for len in 0..=200 {
        let at_an_edge = [1, 2, 31, 32, 33, 63, 64, 65, 66, 127, 128, 129, 192, 193].contains(&len);
        for (turn, level) in levels.iter().enumerate() {
            let mut table = Table::default();
            table.add([(&filling[..len], &filling[..len])], true);
            for at in 0..len {
                let (before, behind) = (&filling[..at], &filling[at + 1..len]);
                for (kind, (c, text)) in kinds.iter().enumerate() {
                    let skipped = len > 66 && (len + at + kind) % 2 == 0;
                    if at_an_edge || !skipped && (len + at + kind) / 2 % levels.len() == turn {
                        let parts = [(before, before), (c, text), (behind, behind)];
                        table.add(parts, at_an_edge || (kind + at) % 7 == 0);
                    }
                }
            }
            table.check(*level);
        }
    }
}

/// Runs of what is escaped, from every place of a block, of lengths about those of blocks.
#[test]
fn case_31_runs_across_the_edges_of_blocks() {
    for level in Level::available() {
        for run in [1, 2, 3, 31, 32, 33, 63, 64, 65, 128, 130] {
            let mut table = Table::default();
            for before in 0..=66 {
                let kinds: [(&str, &str); 6] = [
                    ("\"", "\\\""),
                    ("\\", "\\\\"),
                    ("\"\\", "\\\"\\\\"),
                    ("\\é", "\\\\é"),
                    ("\u{1}", "\\u0001"),
                    ("\"\u{1f}a", "\\\"\\u001fa"),
                ];
                let (c, text) = kinds[before % kinds.len()];
                for behind in [0, 1, 70] {
                    let (before, behind) = ("b".repeat(before), "e".repeat(behind));
                    let run = (&*c.repeat(run), &*text.repeat(run));
                    table.add([(&before, &before), run, (&behind, &behind)], true);
                }
            }
            table.check(level);
        }
    }
}

/// Characters of two to four bytes, which lie across the edges of blocks, and are never taken for anything else.
#[test]
fn characters_across_the_edges_of_blocks() {
    // of two bytes: all, so that each byte beyond ASCII is met; then some of three and of four
    let all = ('\u{80}'..='\u{7ff}').chain(('\u{800}'..='\u{10ffff}').step_by(4999));
    for level in Level::available() {
        let mut table = Table::default();
        for (i, c) in all.clone().enumerate() {
            let text = format!("{}{}", "b".repeat(i % 5), c.to_string().repeat(36));
            table.add([(&text, &text), [("", ""), ("\"", "\\\"")][i % 2]], true);
        }
        table.check(level);
    }
}

/// Names in the program, in all the places where they are written, with the value that follows.
struct Named(&'static str, u8);

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Named(name, place) = *self;
        match place {
            0 | 1 => {
                let mut fields = s.serialize_struct("Name", 3)?;
                fields.serialize_field(name, &1)?;
                fields.skip_field("skipped")?;
                fields.serialize_field(name, name)?;
                fields.end()
            }
            2 => s.serialize_unit_variant("Name", 0, name),
            3 => s.serialize_newtype_variant("Name", 0, name, &Named(name, 0)),
            4 => {
                let mut fields = s.serialize_tuple_variant("Name", 0, name, 2)?;
                fields.serialize_field(name)?;
                fields.serialize_field(&Named(name, 2))?;
                fields.end()
            }
            5 => {
                let mut fields = s.serialize_struct_variant("Name", 0, name, 2)?;
                fields.serialize_field(name, &Named(name, 4))?;
                fields.serialize_field(name, &())?;
                fields.end()
            }
            _ => s.collect_map([(name, 1), (name, 2)]),
        }
    }
}

/// A name that lives as long as the program.
fn leak(name: String) -> &'static str {
    // where a sanitizer of leaks finds it
    static LEAKED: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    let name = name.leak();
    LEAKED.lock().expect("no test panics here").push(name);
    name
}

fn check_name(name: &'static str) {
    let all: Vec<_> = (0..7).map(|place| Named(name, place)).collect();
    let want = same_alone(&all);
    let in_ascii_only = written_by(WriterBuilder::new().ascii_only(true), &all).expect("names");
    assert_eq!(in_ascii_only, in_ascii(&want), "{name:?}");
}

#[test]
fn names_of_every_length_with_every_character() {
    for len in [27, 28, 29, 60, 131] {
        assert!(NAMES.iter().any(|name| name.len() == len), "no name of {len} bytes");
    }
    NAMES.iter().for_each(|name| check_name(name));
    let kinds = kinds();
    let filling = "A name_of-many.bytes".repeat(10);
    for len in 0..=200 {
        check_name(leak(filling[..len].to_owned()));
        // one kind at each place, another one for each length; many of them where a short name becomes a long one
        let turns = if (27..=29).contains(&len) { 12 } else { usize::from(len < 34 || len % 31 == 0) };
        for at in 0..len {
            for turn in 0..turns {
                let (c, _) = &kinds[(len + 5 * at + 3 * turn) % kinds.len()];
                check_name(leak(format!("{}{c}{}", &filling[..at], &filling[at + 1..len])));
            }
        }
    }
}

/// As most names are: known to the compiler.
#[test]
fn names_of_derived_types() {
    #[derive(Serialize)]
    struct Row<T> {
        a: u8,
        r#type: bool,
        #[serde(rename = "")]
        empty: (),
        #[serde(rename = "a \"key\"")]
        quoted: T,
        #[serde(rename = "back\\slash")]
        backslash: T,
        #[serde(rename = "line\nfeed \u{1}\u{7f}")]
        control: T,
        #[serde(rename = "née 日本 😀 \u{2028}")]
        wide: T,
        #[serde(rename = "é")]
        e: T,
        #[serde(rename = "a key of 27 bytes, as it is")]
        bytes_27: T,
        #[serde(rename = "a key of 28 bytes, as it is!")]
        bytes_28: T,
        #[serde(rename = "a key of 28 bytes, with one\"")]
        quoted_28: T,
        #[serde(rename = "a key of 29 bytes, as it is!!")]
        bytes_29: T,
        #[serde(rename = "a key of 60 bytes, which is longer than most that one would ")]
        bytes_60: T,
        #[serde(
            rename = "a key of 200 bytes, which begins like the others and goes on until it is longer than three blocks of 64 \
                      bytes: nobody has ever met one of this length, but for the one \"who\" made the keys of texts....."
        )]
        bytes_200: T,
        last: Option<Box<Row<T>>>,
    }
    fn row<T: Copy>(x: T, last: Option<Box<Row<T>>>) -> Row<T> {
        Row {
            a: 1,
            r#type: true,
            empty: (),
            quoted: x,
            backslash: x,
            control: x,
            wide: x,
            e: x,
            bytes_27: x,
            bytes_28: x,
            quoted_28: x,
            bytes_29: x,
            bytes_60: x,
            bytes_200: x,
            last,
        }
    }
    let all = (row(1, None), row("é\"", Some(Box::new(row("", None)))), row((), None));
    let want = same_alone(&all);
    let keys: Vec<usize> = {
        let first = serde_json::to_value(row(1, None)).expect("JSON");
        first.as_object().expect("an object").keys().map(String::len).collect()
    };
    assert!([27, 28, 29, 60, 200].iter().all(|len| keys.contains(len)), "{keys:?}");
    let in_ascii_only = written_by(WriterBuilder::new().ascii_only(true), &all).expect("names");
    assert_eq!(in_ascii_only, in_ascii(&want));
}

/// Writes a text in pieces: up to each of these places in turn.
struct Pieces<'a>(&'a str, &'a [usize]);

impl Display for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut from = 0;
        for &to in self.1 {
            f.write_str(&self.0[from..to])?;
            from = to;
        }
        f.write_str(&self.0[from..])
    }
}

impl Serialize for Pieces<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[test]
fn texts_that_are_written_in_pieces() {
    let text = "a\"b\\\\\n\u{1f}é日😀\u{7f} \"\"end";
    let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    let long = text.repeat(9);
    for (i, from) in places.iter().enumerate() {
        for to in &places[i..] {
            let pieces = Pieces(text, &[*from, *to]);
            assert_eq!(same_alone(&pieces), written(text));
            assert_eq!(same_alone(&Pairs(vec![(Pieces(text, &[*from, *to]), 1)])), written(&Pairs(vec![(text, 1)])));
            let many = [*from, *to, text.len() + from, 5 * text.len() + to];
            assert_eq!(same_alone(&Pieces(&long, &many)), written(&long));
        }
    }
    let all: Vec<usize> = long.char_indices().map(|(i, _)| i).collect();
    assert_eq!(same_alone(&Pieces(&long, &all)), written(&long));
    assert_eq!(same_alone(&Pieces("", &[0, 0])), "\"\"");
}

#[test]
fn ascii_only_escapes_all_beyond_ascii() {
    let mut builder = WriterBuilder::new();
    builder.ascii_only(true);
    let table = [
        ("plain", "plain"),
        ("\u{7f}", "\u{7f}"),
        ("\u{80}", "\\u0080"),
        ("é", "\\u00e9"),
        ("\u{7ff}\u{800}", "\\u07ff\\u0800"),
        ("\u{2028}\u{2029}\u{feff}", "\\u2028\\u2029\\ufeff"),
        ("\u{d7ff}\u{e000}\u{ffff}", "\\ud7ff\\ue000\\uffff"),
        ("\u{10000}", "\\ud800\\udc00"),
        ("😀", "\\ud83d\\ude00"),
        ("\u{10ffff}", "\\udbff\\udfff"),
        ("\"\\/\n\0", "\\\"\\\\/\\n\\u0000"),
    ];
    for (text, want) in table {
        let want = format!("\"{want}\"");
        assert_eq!(written_by(&builder, text).expect("a string"), want);
        assert_eq!(written_by(&builder, &Pieces(text, &[])).expect("a string"), want);
        assert_eq!(written_by(&builder, &BTreeMap::from([(text, text)])).expect("a map"), format!("{{{want}:{want}}}"));
    }
    for c in ['é', '日', '😀', '\u{7f}', '"'] {
        assert_eq!(written_by(&builder, &c).expect("a character"), in_ascii(&written(&c)));
        for len in 0..=130 {
            for behind in [0, 1, 64] {
                let text = format!("{}{c}{}", "b".repeat(len), "e".repeat(behind));
                assert_eq!(written_by(&builder, &text).expect("a string"), in_ascii(&written(&text)));
            }
        }
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_string_in_any_place(
        text in prop_oneof!["\\PC{0,200}", "[\u{0}-\u{ff}]{0,200}", "[ -~]{0,90}(\"|\\\\|\n|é|😀){0,70}[ -~]{0,90}"],
    ) {
        let in_all_places = (&text, [Some(&text)], Pairs(vec![(&text, &text), (&text, &text)]), Pieces(&text, &[]));
        let want = same_alone(&in_all_places);
        let got = written_by(WriterBuilder::new().ascii_only(true), &in_all_places).expect("strings");
        prop_assert_eq!(&got, &in_ascii(&want));
        prop_assert!(got.is_ascii());
        for line in [got, want] {
            for level in Level::available() {
                let value = ReaderBuilder::new().level(level).from_slice(line.as_bytes()).into_deserialize::<Value>().next();
                let value = value.expect("a record").expect("JSON");
                prop_assert_eq!(value[0].as_str(), Some(&*text));
                prop_assert_eq!(value[2][&text].as_str(), Some(&*text));
            }
        }
    }
}
