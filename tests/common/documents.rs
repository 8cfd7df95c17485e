//! Random JSON documents: whole, or with a fault here and there; in any style of white space.

#![allow(dead_code)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A JSON value, or nearly: literals, numbers and strings are texts, some of them wrong.
#[derive(Clone, Debug)]
pub enum Tree {
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// The white space between tokens.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// None.
    Compact,
    /// As Python's `json.dumps` has it: one space behind each `,` and `:`.
    Python,
    /// Spaces, tabs and CRs anywhere, by a generator that starts here.
    Wild(u32),
}

impl Style {
    /// White space; `after` is the separator before it, or 0.
    fn space(&mut self, after: u8, out: &mut String) {
        match self {
            Style::Compact => {}
            Style::Python if after != 0 => out.push(' '),
            Style::Python => {}
            Style::Wild(seed) => {
                *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let n = [0, 0, 1, 1, 2, 3, 0, 67][(*seed >> 29) as usize];
                // a long run is rare
                let n = if n == 67 && (*seed >> 20) & 7 != 0 { 1 } else { n };
                out.extend((0..n).map(|i| [' ', ' ', '\t', '\r'][((*seed >> 12) as usize + i) % 4]));
            }
        }
    }
}

impl Tree {
    /// All of it, in this style.
    pub fn text(&self, mut style: Style) -> String {
        let mut text = String::new();
        self.write(&mut style, &mut text);
        text
    }

    fn write(&self, style: &mut Style, out: &mut String) {
        match self {
            Tree::Text(text) => out.push_str(text),
            Tree::Array(all) => {
                out.push('[');
                for (i, value) in all.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    style.space(if i > 0 { b',' } else { 0 }, out);
                    value.write(style, out);
                    style.space(0, out);
                }
                if all.is_empty() {
                    style.space(0, out);
                }
                out.push(']');
            }
            Tree::Object(all) => {
                out.push('{');
                for (i, (key, value)) in all.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    style.space(if i > 0 { b',' } else { 0 }, out);
                    out.push_str(key);
                    style.space(0, out);
                    out.push(':');
                    style.space(b':', out);
                    value.write(style, out);
                    style.space(0, out);
                }
                if all.is_empty() {
                    style.space(0, out);
                }
                out.push('}');
            }
        }
    }
}

#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "0", "-0", "-0.0", "0e1", "1e400", "-1e400", "1e-400", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "9007199254740993",
];

#[rustfmt::skip]
const NO_NUMBERS: &[&str] = &[
    "01", "-01", "1.", ".5", "-", "+1", "1e", "1e+", "0x10", "1.5.5", "--1", "1e5e5", "00", "NaN", "Infinity",
];

pub fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..1000u32).prop_map(|n| n.to_string()),
        any::<u8>().prop_map(|n| n.to_string()),
        any::<i32>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        any::<u128>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| format!("{x:?}")),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| format!("{x:e}")),
        any::<f32>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| format!("{x:?}")),
        (-1000.0..1000.0f64, 0..20usize).prop_map(|(x, digits)| format!("{x:.digits$}")),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
        "-?(0|[1-9][0-9]{0,20})",
        select(NUMBERS).prop_map(str::to_owned),
    ]
}

/// Numbers that are none, most of the time.
fn bad_number() -> impl Strategy<Value = String> {
    prop_oneof!["[-+]?[0-9]{0,3}\\.?[0-9]{0,2}[eE]?[-+]?[0-9]{0,2}", select(NO_NUMBERS).prop_map(str::to_owned),]
}

/// A string with its quotes.
pub fn string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "[a-z ]{0,12}",
        2 => "[a-zA-Z0-9,:{}\\[\\] /']{0,70}",
        1 => "[\u{80}-\u{10ffff}]{1,3}",
        2 => select(vec!["\\n", "\\t", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r"]).prop_map(str::to_owned),
        2 => select(vec!["\\u0041", "\\u00e9", "\\uD83D\\uDE00", "\\u65E5", "\\u0000", "\\u2028"]).prop_map(str::to_owned),
        1 => select(vec!["é", "日", "😀", "\u{7f}", "\u{2028}", "\u{85}", "\u{feff}"]).prop_map(str::to_owned),
    ];
    vec(part, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn bad_string() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    let bad = select(vec![
        "\\ud83d", "\\x", "\\u12g4", "\\ude00", "\\ud83d\\n", "\\u12", "\\", "\"", "\t", "\u{1}", "\u{0}",
        "\\ud83d\\ud83d",
    ]);
    (string(), bad, "[a-z]{0,4}").prop_map(|(s, bad, tail)| format!("{}{bad}{tail}\"", &s[..s.len() - 1]))
}

pub fn scalar() -> impl Strategy<Value = Tree> {
    prop_oneof![
        60 => number(),
        60 => string(),
        30 => select(vec!["true", "false", "null"]).prop_map(str::to_owned),
        1 => bad_number(),
        1 => bad_string(),
        1 => select(vec!["tru", "nul", "falsey", "nulll", "True", "", "undefined", "'a'", "a"]).prop_map(str::to_owned),
    ]
    .prop_map(Tree::Text)
}

pub fn tree() -> impl Strategy<Value = Tree> {
    scalar().prop_recursive(4, 40, 6, |inner| {
        let key = prop_oneof![
            2 => select(vec!["\"a\"", "\"b\"", "\"c\"", "\"id\"", "\"\""]).prop_map(str::to_owned),
            1 => string(),
        ];
        prop_oneof![vec(inner.clone(), 0..6).prop_map(Tree::Array), vec((key, inner), 0..6).prop_map(Tree::Object)]
    })
}

/// One change of a byte string.
#[derive(Clone, Debug)]
pub enum Damage {
    Replace(Index, u8),
    Insert(Index, u8),
    Delete(Index),
    Flip(Index, u8),
    Copy(Index, Index),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = || select(b"{}[]:,\" \t\r\\\"019-.eEtfnul_Yx/\x0c\x1a\x00\x7f\x01\x80\xc3\xff".to_vec());
    prop_oneof![
        (any::<Index>(), byte()).prop_map(|(i, b)| Damage::Replace(i, b)),
        (any::<Index>(), byte()).prop_map(|(i, b)| Damage::Insert(i, b)),
        any::<Index>().prop_map(Damage::Delete),
        (any::<Index>(), 0..8u8).prop_map(|(i, bit)| Damage::Flip(i, bit)),
        (any::<Index>(), any::<Index>()).prop_map(|(i, j)| Damage::Copy(i, j)),
        any::<Index>().prop_map(Damage::Cut),
    ]
}

impl Damage {
    fn apply(&self, line: &mut Vec<u8>) {
        if line.is_empty() {
            return;
        }
        match self {
            Damage::Replace(i, b) => *i.get_mut(line) = *b,
            Damage::Insert(i, b) => line.insert(i.index(line.len() + 1), *b),
            Damage::Delete(i) => drop(line.remove(i.index(line.len()))),
            Damage::Flip(i, bit) => *i.get_mut(line) ^= 1 << bit,
            Damage::Copy(i, j) => *i.get_mut(line) = *j.get(line),
            Damage::Cut(i) => line.truncate(i.index(line.len())),
        }
    }
}

/// A line of the sort that `of` makes, in any style, whole or damaged.
pub fn line(of: impl Strategy<Value = Tree>) -> impl Strategy<Value = Vec<u8>> {
    let style = prop_oneof![Just(Style::Compact), Just(Style::Python), any::<u32>().prop_map(Style::Wild)];
    let damage = prop_oneof![2 => Just(Vec::new()), 1 => vec(damage(), 1..3)];
    (of, style, damage).prop_map(|(tree, mut style, damage)| {
        let mut text = String::new();
        style.space(0, &mut text);
        tree.write(&mut style, &mut text);
        style.space(0, &mut text);
        let mut line = text.into_bytes();
        damage.iter().for_each(|d| d.apply(&mut line));
        line.retain(|b| *b != b'\n');
        line
    })
}
