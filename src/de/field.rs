//! Where in its record a value is, as a path that jq understands, found from its place in the line.
//!
//! The hot path keeps no path. The line is walked once more, up to the fault: over its brackets, commas and strings, whatever
//! else it holds, without recursion.

use super::string::{Escape, escape};
use crate::cursor::is_white;
use memchr::memchr2;

/// No path is longer, in bytes; `…` stands for what is left out.
const LONGEST: usize = 200;
/// Of a path that is too long, as many steps are kept at either end as begin within these.
const HEAD: usize = 52;
const TAIL: usize = 36;
/// No key is longer in it, in bytes.
const LONGEST_KEY: usize = 40;
/// How far to walk for a value that was found lazily. Such a record may be asked for any number of values, each of which may
/// be an error; together they must not cost the square of its length.
const NEAR: usize = 4096;

/// One step down from a container.
#[derive(Clone, Copy)]
enum Step {
    /// To this element of an array.
    Element(usize),
    /// To the member whose key opens here, or, before there is one, to none.
    Member(Option<usize>),
}

/// The path of what is at `offset` in `line`: of a key its member's, of a closing bracket its container's, as of everything if
/// `of_container`; empty for the record's value. What was to be decoded stands at `first`. If that lies deep in the record,
/// the path begins there, behind a `…`.
#[cold]
pub(super) fn path(line: &[u8], first: usize, offset: usize, of_container: bool) -> String {
    let is_far = first > NEAR && !line[..first].iter().all(|c| is_white(*c));
    let mut steps = steps(line, if is_far { first } else { 0 }, offset);
    if of_container || matches!(line.get(offset), Some(b'}' | b']')) {
        steps.pop();
    }
    render(line, &steps, is_far)
}

/// The steps from `start` down to `offset`.
fn steps(line: &[u8], start: usize, offset: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = start;
    while let Some(c) = line.get(at).filter(|_| at <= offset) {
        match c {
            b'"' => {
                if let Some(Step::Member(key @ None)) = steps.last_mut() {
                    *key = Some(at);
                }
                at = string_end(line, at);
                continue;
            }
            _ if at == offset => break,
            b'{' => steps.push(Step::Member(None)),
            b'[' => steps.push(Step::Element(0)),
            b'}' | b']' => {
                steps.pop();
            }
            b',' => match steps.last_mut() {
                Some(Step::Element(index)) => *index += 1,
                Some(Step::Member(key)) => *key = None,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    steps
}

/// Behind the closing quote of the string that opens at `at`.
fn string_end(line: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(len) = line.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += len + 1;
        if line[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    line.len()
}

fn render(line: &[u8], steps: &[Step], is_cut: bool) -> String {
    let begin = if is_cut && !steps.is_empty() { "…" } else { "" };
    let mut whole = begin.to_owned();
    for step in steps {
        push_step(&mut whole, line, *step);
        if whole.len() > LONGEST {
            return shorten(line, steps, begin);
        }
    }
    whole
}

/// The beginning and the end of a long path.
fn shorten(line: &[u8], steps: &[Step], begin: &str) -> String {
    let mut path = begin.to_owned();
    for step in steps {
        push_step(&mut path, line, *step);
        if path.len() > HEAD {
            break;
        }
    }
    let (mut from, mut len) = (steps.len(), 0);
    while len <= TAIL && from > 0 {
        from -= 1;
        let mut step = String::new();
        push_step(&mut step, line, steps[from]);
        len += step.len();
    }
    path.push('…');
    for step in &steps[from..] {
        push_step(&mut path, line, *step);
    }
    path
}

fn push_step(path: &mut String, line: &[u8], step: Step) {
    match step {
        Step::Element(index) => {
            // jq's path of an element begins with a dot only where nothing is before it
            let dot = if path.is_empty() { "." } else { "" };
            path.push_str(&format!("{dot}[{index}]"));
        }
        Step::Member(Some(quote)) => push_key(path, line, quote),
        Step::Member(None) => {}
    }
}

/// A member's step: `.key`, or `["odd key"]` in JSON's own escapes.
fn push_key(path: &mut String, line: &[u8], quote: usize) {
    let (key, is_cut) = key(line, quote);
    let cut = if is_cut { "…" } else { "" };
    let is_identifier = key.bytes().all(|c| c == b'_' || c.is_ascii_alphanumeric())
        && key.bytes().next().is_some_and(|c| !c.is_ascii_digit());
    if is_identifier {
        path.push_str(&format!(".{key}{cut}"));
        return;
    }
    path.push_str(if path.is_empty() { ".[\"" } else { "[\"" });
    let end = path.len() + LONGEST_KEY;
    for c in key.chars() {
        match c {
            // escapes may make it longer again
            _ if path.len() >= end => {
                path.push_str("…\"]");
                return;
            }
            '"' | '\\' => path.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                path.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => path.push(c),
        }
    }
    path.push_str(cut);
    path.push_str("\"]");
}

/// The key that opens at `quote`, decoded, and whether its end is left out.
fn key(line: &[u8], quote: usize) -> (String, bool) {
    let rest = &line[quote + 1..];
    let mut key = String::new();
    let mut at = 0;
    while at < rest.len() && rest[at] != b'"' {
        let (c, len) = match rest[at] {
            b'\\' => match escape(rest, at + 1) {
                (Escape::Char(c), len) => (c, 1 + len),
                _ => (char::REPLACEMENT_CHARACTER, 2),
            },
            _ => {
                match rest[at..rest.len().min(at + 4)].utf8_chunks().next().and_then(|text| text.valid().chars().next())
                {
                    Some(c) => (c, c.len_utf8()),
                    None => (char::REPLACEMENT_CHARACTER, 1),
                }
            }
        };
        if key.len() + c.len_utf8() > LONGEST_KEY {
            return (key, true);
        }
        key.push(c);
        at += len;
    }
    (key, false)
}
