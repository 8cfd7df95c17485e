//! What an input seems to be that is no JSON Lines, and what a line seems to be that is no JSON; and what to do about it.
//!
//! Whatever is said here must be right: where a line can be read in two ways, nothing is said.

use super::{
    grammar::{begins_with_value, scalar_len},
    number,
};
use crate::{
    cursor::is_white,
    error::{ErrorKind, Fault},
};
use std::borrow::Cow;

/// What makes JSON Lines of an array, in Rust and on a command line.
pub(super) const ARRAY_CONVERTER: &str = "`simd_jsonl::array_to_jsonl` or `jq -c '.[]'`";

/// What an input is whose first line is bad, if that shows in it: another format.
#[cold]
pub(super) fn format(line: &[u8], terminated: bool, max_depth: u32) -> Option<Fault> {
    encoding(line)
        .or_else(|| compression(line))
        .or_else(|| binary(line))
        .or_else(|| other_text(line, max_depth))
        .or_else(|| document(line, max_depth).filter(|_| terminated)) // otherwise there is no second line
}

fn encoding(line: &[u8]) -> Option<Fault> {
    // without a byte order mark by its first two characters, or by a bracket alone: NULs behind one may be a sector of zeros
    let name = match line {
        [0xFF, 0xFE, 0, 0, ..] | [1..=255, 0, 0, 0, 1..=255, 0, 0, 0, ..] => "UTF-32 (little-endian)",
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, 1..=255, 0, 0, 0, 1..=255, ..] => "UTF-32 (big-endian)",
        [b'{' | b'[', 0, 0, 0] => "UTF-32 (little-endian)",
        [0, 0, 0, b'{' | b'[', 0, 0, 0] => "UTF-32 (big-endian)",
        [0xFF, 0xFE, ..] | [1..=255, 0, 1..=255, 0, ..] | [b'{' | b'[', 0] => "UTF-16 (little-endian)",
        [0xFE, 0xFF, ..] | [0, 1..=255, 0, 1..=255, ..] | [0, b'{' | b'[', 0] => "UTF-16 (big-endian)",
        _ => return None,
    };
    let message = format!("the input is {name}, not UTF-8; convert it, with iconv for one");
    Some(Fault::new(0, ErrorKind::Encoding, message))
}

fn compression(line: &[u8]) -> Option<Fault> {
    let (what, tool) = match line {
        [0x1F, 0x8B, ..] => ("gzip", "gzip -dc"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => ("zstd", "zstd -dc"),
        // its first block, or none
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, b'r', b'E', b'8', b'P', 0x90, ..] => ("bzip2", "bzip2 -dc"),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => ("xz", "xz -dc"),
        [0x04, 0x22, 0x4D, 0x18, ..] => ("lz4", "lz4 -dc"),
        [b'P', b'K', 3, 4, ..] => ("zip", "unzip -p"),
        _ => return None,
    };
    let message = format!("the input is compressed with {what}; decompress it first, with `{tool}`");
    Some(Fault::new(0, ErrorKind::Compressed, message))
}

fn not_json_lines(start: usize, what: &str, remedy: &str) -> Option<Fault> {
    Some(Fault::new(start, ErrorKind::NotJsonLines, format!("the input {what}, not JSON Lines; {remedy}")))
}

fn binary(line: &[u8]) -> Option<Fault> {
    let (what, remedy) = match line {
        // behind its name stands the header of a page, which is no text
        [b'P', b'A', b'R', b'1', ..=0x1F | 0x80.., ..] => ("is a Parquet file", "convert it, with DuckDB for one"),
        [b'O', b'b', b'j', 1, ..] => ("is an Avro file", "convert it, with `avro-tools tojson` for one"),
        _ if line.starts_with(b"SQLite format 3\0") => {
            ("is an SQLite database", "query it, with `sqlite3` and its function `json_object` for one")
        }
        _ => return None,
    };
    not_json_lines(0, what, remedy)
}

/// Other formats of text.
fn other_text(line: &[u8], max_depth: u32) -> Option<Fault> {
    let start = line.iter().position(|c| !is_white(*c))?;
    let text = line[start..].trim_ascii_end();
    let (what, remedy) = if text.strip_prefix(b"\x1E").is_some_and(is_begun) {
        ("is a JSON text sequence (RFC 7464)", "convert it, with `tr -d '\\036' | jq -c .` for one")
    } else if is_event(text, max_depth) {
        ("looks like server-sent events", "keep what follows `data:`, with `sed -n 's/^data: *//p'` for one")
    } else if text.starts_with(b"version https://git-lfs.github.com/spec/") {
        ("is a Git LFS pointer to a file", "fetch that, with `git lfs pull`")
    } else if is_markup(text) {
        ("looks like HTML or XML", "it may be a server's error page")
    } else if is_table(text, b',') {
        ("looks like CSV", "convert it, with `mlr --icsv --ojsonl cat` for one")
    } else if is_table(text, b'\t') {
        ("looks like TSV", "convert it, with `mlr --itsv --ojsonl cat` for one")
    } else {
        return None;
    };
    not_json_lines(start, what, remedy)
}

/// Whether a value, which need not end, begins in it, or nothing.
fn is_begun(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let first = &text[..scalar_len(text)];
    matches!(text, [] | [b'{' | b'[' | b'"', ..]) || is_literal(first) || number::is_number(first)
}

/// Whether it is the data of a server-sent event, in JSON.
fn is_event(text: &[u8], max_depth: u32) -> bool {
    text.strip_prefix(b"data:").map(|data| data.trim_ascii()).is_some_and(|data| {
        data == b"[DONE]" || matches!(data, [b'{' | b'[', ..]) && begins_with_value(data, max_depth)
    })
}

/// Whether it begins like a page or document in HTML or XML: in a way that only these do, or with an element that ends in it.
fn is_markup(text: &[u8]) -> bool {
    let begins = |tag: &str| text.get(..tag.len()).is_some_and(|text| text.eq_ignore_ascii_case(tag.as_bytes()));
    let Some(tag) = text.strip_prefix(b"<") else { return false };
    if ["<!doctype ", "<?xml ", "<!--"].iter().any(|tag| begins(tag)) {
        return true;
    }
    let name = &tag[..tag.iter().take_while(|c| c.is_ascii_alphanumeric() || b"_-:.".contains(c)).count()];
    let is_html = ["html", "head", "body"].iter().any(|tag| name.eq_ignore_ascii_case(tag.as_bytes()));
    let behind = tag.get(name.len());
    let is_tag = name.first().is_some_and(u8::is_ascii_alphabetic) && matches!(behind, Some(b'>' | b' ' | b'/') | None);
    let closing = [b"</", name, b">"].concat();
    is_tag && (is_html || memchr::memmem::find(tag, &closing).is_some())
}

/// Whether it can only be the names of a table's columns, three at least.
fn is_table(text: &[u8], separator: u8) -> bool {
    let is_name = |field: &[u8]| {
        field.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_')
            && field.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_')
            && !is_literal(field)
    };
    text.iter().filter(|c| **c == separator).count() >= 2 && text.split(|c| *c == separator).all(is_name)
}

fn is_literal(word: &[u8]) -> bool {
    matches!(word, b"true" | b"false" | b"null")
}

/// A JSON document over several lines, of which this is the first.
fn document(line: &[u8], max_depth: u32) -> Option<Fault> {
    let (what, converter) = match line.trim_ascii() {
        b"[" => ("a pretty-printed JSON array", ARRAY_CONVERTER),
        b"{" => ("a pretty-printed JSON document", "`jq -c .`"),
        [b'[', .., b','] if !begins_with_value(line, max_depth) => ("a JSON array over several lines", ARRAY_CONVERTER),
        _ => return None,
    };
    let start = line.iter().position(|c| !is_white(*c)).unwrap_or(0);
    let message = format!("the input is {what}, not one JSON value a line; convert it with {converter}");
    Some(Fault::new(start, ErrorKind::NotJsonLines, message))
}

/// What a line with a fault of this kind at `offset` seems to be, and what to write instead: a clause to add to the message.
#[cold]
pub(super) fn hint(line: &[u8], offset: usize, kind: ErrorKind, max_depth: u32) -> Option<Cow<'static, str>> {
    use ErrorKind::*;
    let (before, rest) = line.split_at_checked(offset)?;
    let is_line = before.iter().all(|c| is_white(*c));
    let hint = match kind {
        ExpectedValue | ExpectedKey | ExpectedComma | TrailingCharacters if is_comment(rest, is_line) => {
            "; JSON has no comments"
        }
        TrailingCharacters => return trailing(before, rest, max_depth),
        ExpectedValue | ExpectedKey | InvalidLiteral if is_quoted_singly(rest) => {
            "; strings are in double quotes, as Python's `json.dumps` writes them"
        }
        ExpectedValue | ExpectedKey if is_quoted(rest, &TYPOGRAPHIC) => {
            "; strings are in straight double quotes (U+0022), not in typographic ones"
        }
        ExpectedKey if is_unquoted_key(rest) => "; keys are in double quotes, unlike those of JavaScript or JSON5",
        ExpectedValue if is_line => match rest.trim_ascii() {
            b"]" | b"]," | b"}" | b"}," => {
                "; if a value spans several lines, put it on one, for example with `jq -c .`"
            }
            _ => return scalar(rest),
        },
        InvalidLiteral if is_line && is_event(rest, max_depth) => {
            "; if this is a server-sent event, keep only what follows `data:`"
        }
        ExpectedValue | InvalidLiteral | InvalidNumber => return scalar(rest),
        _ => return None,
    };
    Some(Cow::Borrowed(hint))
}

/// Of what stands behind a value.
fn trailing(before: &[u8], rest: &[u8], max_depth: u32) -> Option<Cow<'static, str>> {
    let hint = match rest.trim_ascii() {
        b"," => format!(
            "; no comma stands between records: leave it out, or, if the input is one JSON array, convert it with {ARRAY_CONVERTER}"
        ),
        b"]" => format!("; if the input is one JSON array, convert it with {ARRAY_CONVERTER}"),
        [b',', more @ ..] => {
            // rows of a table are no records
            let is_container = |text: &[u8]| matches!(text.trim_ascii_start(), [b'{' | b'[', ..]);
            if !is_container(before) || !is_container(more) || !begins_with_value(more, max_depth) {
                return None;
            }
            "; put each value on a line of its own, without a comma".to_owned()
        }
        // without a bracket or white space between them, a quote inside a string may have lacked its backslash
        more if matches!((before, more), ([.., b' ' | b'\t' | b'}' | b']'], _) | (_, [b'{' | b'[', ..]))
            && begins_with_value(more, max_depth) =>
        {
            "; put each value on a line of its own, for example with `jq -c .`".to_owned()
        }
        _ => return None,
    };
    Some(Cow::Owned(hint))
}

/// Of a number or word that is none of JSON's.
fn scalar(rest: &[u8]) -> Option<Cow<'static, str>> {
    let (word, behind) = rest.split_at(scalar_len(rest));
    if !ends_value(behind) {
        return None;
    }
    let (sign, unsigned) = match word {
        [sign @ (b'+' | b'-'), unsigned @ ..] => (Some(sign), unsigned),
        _ => (None, word),
    };
    let is = |name: &str| unsigned.eq_ignore_ascii_case(name.as_bytes());
    let hint = match unsigned {
        b"True" | b"False" | b"None" if sign.is_none() => {
            let json = match unsigned {
                b"True" => "true",
                b"False" => "false",
                _ => "null",
            };
            return Some(Cow::Owned(format!("; Python's `{}` is `{json}` in JSON", String::from_utf8_lossy(unsigned))));
        }
        b"undefined" if sign.is_none() => "; JSON has no `undefined`: write `null`, or leave the member out",
        _ if sign.is_none() && ["true", "false", "null"].iter().any(|name| is(name)) => {
            "; `true`, `false` and `null` are in lower case"
        }
        _ if ["nan", "inf", "infinity"].iter().any(|name| is(name)) => {
            "; JSON has no NaN and no infinities: write `null`, or a string"
        }
        [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) => {
            "; JSON has no hexadecimal numbers: write it in decimal, or as a string"
        }
        _ if sign == Some(&b'+') && unsigned.first() != Some(&b'-') && number::is_number(unsigned) => {
            "; a number has no leading `+`"
        }
        _ => return None,
    };
    Some(Cow::Borrowed(hint))
}

/// Whether a value or key may end before `rest`.
fn ends_value(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), None | Some(b',' | b':' | b'}' | b']'))
}

/// Whether a comment begins here, where no value can. The rest of a string that was closed too early, by a quote that should
/// have been escaped, is none; nor is a path or an address.
fn is_comment(rest: &[u8], is_line: bool) -> bool {
    let (text, is_closed) = match rest {
        [b'/', b'/', text @ ..] => (text, false),
        [b'/', b'*', text @ ..] => match memchr::memmem::find(text, b"*/") {
            Some(end) => (&text[..end], true),
            None => (text, false),
        },
        [b'#'] | [b'#', b' ' | b'\t' | b'!' | b'#', ..] => (&rest[1..], true),
        _ => return false,
    };
    (is_line || !text.contains(&b'"')) && (is_closed || text.is_empty() || text.iter().any(|c| is_white(*c)))
}

const TYPOGRAPHIC: [char; 11] = ['“', '”', '„', '‟', '‘', '’', '‚', '«', '»', '‹', '›'];

/// Whether a string begins here in these quotation marks: another one stands where a string can end.
fn is_quoted(rest: &[u8], marks: &[char]) -> bool {
    let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let Some(inside) = text.strip_prefix(marks) else { return false };
    inside.match_indices(marks).any(|(i, mark)| ends_value(&inside.as_bytes()[i + mark.len()..]))
}

/// Whether one begins in single quotes, or in Python's with a letter before them.
fn is_quoted_singly(rest: &[u8]) -> bool {
    let is_prefixed = matches!(rest, [b'b' | b'r' | b'u', b'\'', ..]);
    is_quoted(&rest[usize::from(is_prefixed)..], &['\''])
}

/// Whether it is a name or number, and then a colon.
fn is_unquoted_key(rest: &[u8]) -> bool {
    let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let behind = text.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'));
    behind.len() < text.len() && behind.trim_ascii_start().starts_with(':')
}
