//! The house, checked from the sources: each file has its floor and imports only from floors below, or on its own
//! floor but never in a circle, and never from the crate root; `unsafe` and `cfg` stay in their rooms; no file grows
//! too long. And the tables: of the forty cases, which is in the README of the tests, and of the unsafe code, `src/UNSAFE.md`.
//!
//! A room is a file in `src/`, or a folder with all that is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each room and its floor, from the ground up.
#[rustfmt::skip]
const FLOORS: &[(usize, &[&str])] = &[
    (0, &["position", "error", "bits", "os"]),
    (1, &["simd"]),
    (2, &["index", "lines", "window"]),
    (3, &["cursor", "de", "lazy", "ser"]),
    (4, &["report", "policy", "options", "record", "raw"]),
    (5, &["reader", "writer", "appender"]),
    (6, &["mmap", "split", "line_index", "parallel", "compress", "bytes", "codec", "validate", "convert", "follow"]),
];

/// The rooms with unchecked access.
const UNSAFE_ROOMS: &[&str] = &["simd", "cursor", "mmap"];

/// The files that may ask what they are compiled for.
const CFG_FILES: &[&str] = &["lib.rs", "simd/mod.rs"];

/// Lines of code in a file, tests, comments and blank lines left out.
const MAX_LINES: usize = 600;

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(floor, _)| *floor)
}

/// An identifier, a literal or one character of punctuation (`::` is one token).
#[derive(Clone, Debug)]
struct Token {
    text: String,
    /// The lines it is on, from 1.
    lines: (usize, usize),
}

/// The tokens of a source, without comments. A literal becomes `""`.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut all, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let start = i;
        let mut text = String::new();
        match chars[i] {
            c if c.is_whitespace() => i += 1,
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 1;
                i += 2;
                while i < chars.len() && depth > 0 {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                }
            }
            '"' => {
                i = end_of_string(&chars, i);
                text.push_str("\"\"");
            }
            // a char, or a lifetime
            '\'' if at(i + 1) == '\\' => {
                i += 3;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
                text.push_str("\"\"");
            }
            '\'' if at(i + 2) == '\'' => {
                i += 3;
                text.push_str("\"\"");
            }
            '\'' => {
                i += 1;
                while is_word(at(i)) {
                    i += 1;
                }
                text.push('\'');
            }
            c if is_word(c) => {
                while is_word(at(i)) {
                    i += 1;
                }
                let word: String = chars[start..i].iter().collect();
                let mut quote = i;
                while at(quote) == '#' {
                    quote += 1;
                }
                let hashes = quote - i;
                match (&*word, at(quote)) {
                    ("r" | "br" | "cr", '"') => {
                        i = quote + 1;
                        while i < chars.len() && !(at(i) == '"' && (0..hashes).all(|k| at(i + 1 + k) == '#')) {
                            i += 1;
                        }
                        i += 1 + hashes;
                        text.push_str("\"\"");
                    }
                    ("b" | "c", '"') if hashes == 0 => {
                        i = end_of_string(&chars, i);
                        text.push_str("\"\"");
                    }
                    // the rest of a byte is read as a char; r#name is read as r, # and the name
                    _ => text = word,
                }
            }
            ':' if at(i + 1) == ':' => {
                i += 2;
                text.push_str("::");
            }
            c => {
                i += 1;
                text.push(c);
            }
        }
        let first = line;
        line += chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
        if !text.is_empty() {
            all.push(Token { text, lines: (first, line) });
        }
    }
    all
}

/// Behind the closing quote of the string that opens at `i`.
fn end_of_string(chars: &[char], mut i: usize) -> usize {
    i += 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// A source file, by its path in `src/`.
struct File {
    path: String,
    /// As for `crate::de::key`: `["de", "key"]`; nothing for `lib.rs`.
    module: Vec<String>,
    /// All of it.
    tokens: Vec<Token>,
    /// Without what is compiled for tests only.
    code: Vec<Token>,
    /// The modules in other files that are compiled for tests only.
    test_modules: Vec<String>,
}

impl File {
    fn new(path: &str, source: &str) -> File {
        let stem = path.strip_suffix(".rs").expect("a Rust file");
        let module = stem.strip_suffix("/mod").unwrap_or(if stem == "lib" { "" } else { stem });
        let tokens = tokens(source);
        let (mut code, mut test_modules, mut i) = (Vec::new(), Vec::new(), 0);
        while i < tokens.len() {
            if spells(&tokens[i..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
                let end = end_of_item(&tokens, i + 7);
                if let Some(m) = tokens[i..end].iter().position(|t| t.text == "mod") {
                    test_modules.push(tokens[i + m + 1].text.clone());
                }
                i = end;
            } else {
                code.push(tokens[i].clone());
                i += 1;
            }
        }
        let module = module.split('/').filter(|m| !m.is_empty()).map(str::to_owned).collect();
        File { path: path.to_owned(), module, tokens, code, test_modules }
    }

    fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }
}

fn spells(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
}

/// Behind the attributes from `i` on.
fn behind_attributes(tokens: &[Token], mut i: usize) -> usize {
    while spells(&tokens[i..], &["#", "["]) {
        i = behind_group(tokens, i + 1);
    }
    i
}

/// Behind the bracket that closes the one at `i`.
fn behind_group(tokens: &[Token], mut i: usize) -> usize {
    let mut depth = 0;
    while i < tokens.len() {
        match &*tokens[i].text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        i += 1;
        if depth == 0 {
            break;
        }
    }
    i
}

/// Behind the item from `i` on: its `;`, or the braces of its body.
fn end_of_item(tokens: &[Token], i: usize) -> usize {
    let mut i = behind_attributes(tokens, i);
    let is_use = tokens[i..].iter().take(5).any(|t| t.text == "use");
    while i < tokens.len() {
        match &*tokens[i].text {
            ";" => return i + 1,
            "{" if !is_use => return behind_group(tokens, i),
            "(" | "[" | "{" => i = behind_group(tokens, i),
            _ => i += 1,
        }
    }
    i
}

/// The paths that `tokens` spell from `i` on, each behind `prefix`; a use tree has several.
fn paths(tokens: &[Token], mut i: usize, prefix: &[String], all: &mut Vec<Vec<String>>) {
    let is_name = |t: &Token| t.text.starts_with(|c: char| c.is_alphabetic() || c == '_') || t.text == "*";
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(i) {
            Some(t) if t.text == "{" => {
                let end = behind_group(tokens, i) - 1;
                i += 1;
                while i < end {
                    paths(&tokens[..end], i, &path, all);
                    // to the next comma of this group
                    while i < end && tokens[i].text != "," {
                        i = if tokens[i].text == "{" { behind_group(tokens, i) } else { i + 1 };
                    }
                    i += 1;
                }
                return;
            }
            Some(t) if is_name(t) => path.push(t.text.clone()),
            _ => break,
        }
        if tokens.get(i + 1).is_none_or(|t| t.text != "::") {
            break;
        }
        i += 2;
    }
    all.push(path);
}

/// What `file` names by `crate::` and `super::`: absolute paths, with their lines.
fn imports(file: &File) -> Vec<(usize, Vec<String>)> {
    let (code, mut all) = (&file.code, Vec::new());
    // the modules written out in the file that are open, each with the depth of braces that it is at
    let (mut modules, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    for i in 0..code.len() {
        match &*code[i].text {
            "{" => {
                depth += 1;
                if i >= 2 && code[i - 2].text == "mod" {
                    modules.push((code[i - 1].text.clone(), depth));
                }
            }
            "}" => {
                modules.pop_if(|(_, at)| *at == depth);
                depth = depth.saturating_sub(1);
            }
            "crate" | "super" | "self"
                if code.get(i + 1).is_some_and(|t| t.text == "::") && (i == 0 || code[i - 1].text != "::") =>
            {
                let mut base: Vec<String> = match &*code[i].text {
                    "crate" => Vec::new(),
                    _ => file.module.iter().chain(modules.iter().map(|(m, _)| m)).cloned().collect(),
                };
                let mut next = i;
                if code[i].text == "crate" || code[i].text == "self" {
                    next += 2;
                }
                while code.get(next).is_some_and(|t| t.text == "super") {
                    base.pop();
                    next += 2;
                }
                let mut found = Vec::new();
                paths(code, next, &base, &mut found);
                all.extend(found.into_iter().map(|path| (code[i].lines.0, path)));
            }
            _ => {}
        }
    }
    all
}

/// A circle among the edges, if there is one.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        at: &str,
        edges: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|w| w == at) {
            return Some(way[start..].iter().cloned().chain([at.to_owned()]).collect());
        }
        if !done.insert(at.to_owned()) {
            return None;
        }
        way.push(at.to_owned());
        let found = edges.get(at).into_iter().flatten().find_map(|next| visit(next, edges, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|room| visit(room, edges, &mut Vec::new(), &mut done))
}

/// What is wrong with the house that these files make.
fn check(sources: &[(String, String)]) -> Vec<String> {
    let files: Vec<File> = sources.iter().map(|(path, source)| File::new(path, source)).collect();
    let is_test = |file: &File| {
        let Some((name, parents)) = file.module.split_last() else { return false };
        files.iter().any(|f| f.module == parents && f.test_modules.contains(name))
    };
    let mut wrong = Vec::new();
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut siblings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        let path = &file.path;
        let floor = match file.room() {
            Some(room) => match floor_of(room) {
                Some(floor) => floor,
                None => {
                    wrong.push(format!(
                        "{path}: it has no floor yet; put `{room}` on one, in FLOORS of tests/layers.rs"
                    ));
                    continue;
                }
            },
            // the roof
            None => usize::MAX,
        };
        let room = file.room().unwrap_or("lib");
        if !UNSAFE_ROOMS.contains(&room) {
            for token in &file.tokens {
                let door = room == "lib" && token.text == "unsafe_code";
                if (token.text == "unsafe" || token.text == "unsafe_code") && !door {
                    wrong.push(format!("{path}:{}: `{}` outside of {UNSAFE_ROOMS:?}", token.lines.0, token.text));
                }
            }
        }
        if is_test(file) {
            continue;
        }
        let lines: BTreeSet<usize> = file.code.iter().flat_map(|t| t.lines.0..=t.lines.1).collect();
        if lines.len() > MAX_LINES {
            wrong.push(format!("{path}: {} lines of code, more than {MAX_LINES}", lines.len()));
        }
        if !CFG_FILES.contains(&path.as_str()) {
            wrong.extend(conditions(&file.code).into_iter().map(|(line, what)| format!("{path}:{line}: {what}")));
        }
        if room == "lib" {
            continue;
        }
        for (line, target) in imports(file) {
            let spelled = target.join("::");
            let Some(to) = target.first().filter(|to| floor_of(to).is_some()) else {
                wrong.push(format!("{path}:{line}: `{spelled}` is imported from the crate root, not from its room"));
                continue;
            };
            let to_floor = floor_of(to).expect("it was looked up just now");
            if to_floor > floor {
                wrong.push(format!("{path}:{line}: floor {floor} imports `{spelled}` from floor {to_floor} above"));
            } else if to != room {
                rooms.entry(room.to_owned()).or_default().insert(to.clone());
            } else if let (Some(from), Some(to)) = (file.module.get(1), target.get(1)) {
                // a folder's mod.rs stands for the folder: it and its files may name each other
                let is_file =
                    |name: &String| files.iter().any(|f| f.room() == Some(room) && f.module.get(1) == Some(name));
                if from != to && is_file(to) {
                    siblings.entry(format!("{room}::{from}")).or_default().insert(format!("{room}::{to}"));
                }
            }
        }
    }
    for edges in [&rooms, &siblings] {
        if let Some(circle) = circle(edges) {
            wrong.push(format!("imports in a circle: {}", circle.join(" -> ")));
        }
    }
    wrong
}

/// The conditions in a file where there should be none: all but features at the door of a module, a `use` or a
/// function.
fn conditions(code: &[Token]) -> Vec<(usize, String)> {
    let mut wrong = Vec::new();
    for (i, token) in code.iter().enumerate().filter(|(_, t)| t.text == "cfg") {
        let line = token.lines.0;
        if code.get(i + 1).is_some_and(|t| t.text == "!") {
            wrong.push((line, "`cfg!` outside of lib.rs and simd/mod.rs".to_owned()));
        }
        let outer = i >= 2 && code[i - 1].text == "[" && code[i - 2].text == "#";
        if !outer || code.get(i + 1).is_none_or(|t| t.text != "(") {
            continue;
        }
        let end = behind_group(code, i + 1);
        let is_word = |t: &&Token| t.text.starts_with(|c: char| c.is_alphabetic());
        let other = code[i + 2..end]
            .iter()
            .filter(is_word)
            .find(|t| !matches!(&*t.text, "feature" | "not" | "any" | "all" | "test"));
        if let Some(other) = other {
            wrong.push((line, format!("`cfg({} ..)` outside of lib.rs and simd/mod.rs", other.text)));
            continue;
        }
        let mut item = behind_attributes(code, end + 1);
        while code.get(item).is_some_and(|t| matches!(&*t.text, "pub" | "(" | "const" | "async" | "unsafe")) {
            item = if code[item].text == "(" { behind_group(code, item) } else { item + 1 };
        }
        if code.get(item).is_none_or(|t| !matches!(&*t.text, "mod" | "use" | "fn")) {
            wrong.push((line, "`cfg` within a module: it belongs at the door, on a `mod`, `use` or `fn`".to_owned()));
        }
    }
    wrong
}

/// All files below `folder`, by their path from `src/`.
fn read(folder: &Path, prefix: &str, all: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_str().expect("in UTF-8"));
        if path.is_dir() {
            read(&path, &format!("{name}/"), all);
        } else if name.ends_with(".rs") {
            let source = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            all.push((name, source));
        }
    }
}

#[test]
fn the_house_stands() {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    sources.sort();
    assert!(sources.iter().any(|(path, _)| path == "lib.rs"), "no lib.rs among {} files", sources.len());
    let wrong = check(&sources);
    assert!(wrong.is_empty(), "{} faults in the house:\n{}", wrong.len(), wrong.join("\n"));
}

/// The faults in a house of these files.
fn faults(sources: &[(&str, &str)]) -> Vec<String> {
    check(&sources.iter().map(|(path, source)| (path.to_string(), source.to_string())).collect::<Vec<_>>())
}

fn assert_one_fault(sources: &[(&str, &str)], words: &str) {
    let faults = faults(sources);
    assert_eq!(faults.len(), 1, "{sources:?}: {faults:?}");
    assert!(faults[0].contains(words), "{sources:?}: {faults:?}, expected {words:?}");
}

#[test]
fn a_sound_house_has_no_faults() {
    let found = faults(&[
        ("lib.rs", "#![deny(unsafe_code)] mod de; pub use de::Value; #[cfg(target_os = \"linux\")] mod x;"),
        (
            "error.rs",
            "use crate::position::Position; // crate::reader::X\n/* use crate::lazy; /* */ unsafe */ const S: &str = \"crate::reader\";",
        ),
        (
            "simd/mod.rs",
            "#![allow(unsafe_code)] mod x86_64; pub(crate) trait Vector {} #[cfg(target_arch = \"x\")] fn f() { unsafe {} }",
        ),
        ("simd/x86_64.rs", "use super::Vector; use crate::bits; fn f() { unsafe { g('\"', b'\\'', \"unsafe\") } }"),
        (
            "cursor.rs",
            "use crate::{simd::{self, Level}, error::{Error, Result as R}}; pub(crate) fn f<'a>(x: &'a str) { unsafe {} }",
        ),
        ("de/mod.rs", "mod string; mod key; use string::f; fn g() { crate::cursor::f(r#\"crate::reader::\"#) }"),
        (
            "de/string.rs",
            "use super::Value; pub(in crate::de) fn f() {} #[cfg(feature = \"value\")] pub(crate) fn h() {}",
        ),
        ("de/key.rs", "use super::{string::f, Value}; #[cfg(test)] mod tests { use crate::reader::X; use super::*; }"),
        (
            "lazy.rs",
            "use crate::de; mod inner { use super::super::de::Value; use super::g; } #[cfg(test)] use crate::reader::X;",
        ),
        ("simd/tests.rs", "use crate::reader::X;"),
    ]);
    // `pub(in crate::de)` is a path like any other, and in order; simd/tests.rs is no test module, because nobody
    // says so
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("simd/tests.rs:1: floor 1 imports"), "{found:?}");
}

#[test]
fn each_fault_is_found() {
    assert_one_fault(&[("novel.rs", "")], "put `novel` on one");
    assert_one_fault(&[("novel/mod.rs", "")], "put `novel` on one");
    assert_one_fault(&[("error.rs", "use crate::reader::Reader;")], "floor 0 imports `reader::Reader` from floor 5");
    assert_one_fault(&[("error.rs", "fn f() {\n crate::reader::g() }")], "error.rs:2: floor 0");
    assert_one_fault(&[("error.rs", "use super::reader::Reader;")], "floor 0 imports `reader::Reader`");
    assert_one_fault(&[("de/key.rs", "use super::super::reader::Reader;")], "floor 3 imports");
    assert_one_fault(&[("error.rs", "use crate::{position::P, lazy::{L as N}, bits};")], "imports `lazy::L`");
    assert_one_fault(&[("lazy.rs", "use crate::Error;")], "`Error` is imported from the crate root");
    assert_one_fault(&[("lazy.rs", "use super::{error::Result, Error};")], "`Error` is imported from the crate root");
    assert_one_fault(&[("lazy.rs", "use crate::*;")], "`*` is imported from the crate root");
    assert_one_fault(&[("lazy.rs", "mod m { use super::super::Error; }")], "`Error` is imported from the crate root");
    assert_one_fault(&[("lazy.rs", "use crate::de;"), ("de/mod.rs", "use crate::lazy::L;")], "de -> lazy -> de");
    assert_one_fault(
        &[("de/a.rs", "use super::b::B;"), ("de/b.rs", "use crate::de::a::A;")],
        "de::a -> de::b -> de::a",
    );
    assert_one_fault(&[("lazy.rs", "fn f() { unsafe { g() } }")], "`unsafe` outside");
    assert_one_fault(&[("lazy.rs", "#[cfg(test)] mod tests { fn f() { unsafe {} } }")], "`unsafe` outside");
    assert_one_fault(&[("lazy.rs", "#![allow(unsafe_code)]")], "`unsafe_code` outside");
    assert_one_fault(&[("lazy.rs", "#[cfg(target_arch = \"x\")] mod m {}")], "`cfg(target_arch");
    assert_one_fault(&[("lazy.rs", "fn f() { if cfg!(test) {} }")], "`cfg!`");
    assert_one_fault(&[("lazy.rs", "fn f() { #[cfg(feature = \"f\")] g(); }")], "belongs at the door");
    assert_one_fault(&[("lazy.rs", &"fn f() {}\n\n// not this\n".repeat(601))], "601 lines of code");
    assert_eq!(faults(&[("lazy.rs", &"fn f() {}\n\n/// not this\n".repeat(600))]), Vec::<String>::new());
    // two imports, two faults, each on its line
    let two = faults(&[("bits.rs", "use crate::{\n    de::{A, B},\n};\nuse crate::lazy;")]);
    assert_eq!(two.len(), 3, "{two:?}");
}

/// The table of `tests/README.md` names, for each case, the files that have tests of its number, or says why there are none.
#[test]
fn the_forty_cases_are_where_the_table_says() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let folders = fs::read_dir(&tests).expect("the tests are there").map(|entry| entry.expect("an entry").path());
    for folder in folders.filter(|path| path.is_dir()).chain([tests.clone()]) {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let name = path.strip_prefix(&tests).expect("it is in there").to_string_lossy().replace('\\', "/");
            let source = fs::read_to_string(&path).expect("a source");
            for test in source.split("fn case_").skip(1) {
                if let Some(Ok(case)) = test.get(..2).map(str::parse) {
                    files.entry(case).or_default().insert(name.clone());
                }
            }
        }
    }
    let table = fs::read_to_string(tests.join("README.md")).expect("the table");
    let mut cases = 0..41;
    cases.next();
    for row in table.lines().filter(|row| row.starts_with("| ") && !row.starts_with("| case")) {
        let mut cells = row.trim_matches('|').split(" | ");
        let case: usize = cells.next().and_then(|cell| cell.trim().parse().ok()).expect("a number");
        assert_eq!(Some(case), cases.next());
        let place = cells.nth(1).expect("where it is proved");
        let named: BTreeSet<String> =
            place.split('`').filter(|name| name.ends_with(".rs")).map(str::to_owned).collect();
        assert_eq!(files.remove(&case).unwrap_or_default(), named, "case {case}");
        assert!(!named.is_empty() || place.len() > 10, "case {case} has no test, and no reason why");
    }
    assert_eq!((cases.next(), files), (None, BTreeMap::new()), "not in the table");
}

/// The most blocks, functions and impls that are `unsafe`.
const MAX_UNSAFE: usize = 60;

/// What is `unsafe` outside of tests: for each file and function (or `impl Trait for Type`) in it, how often.
fn unsafe_places(sources: &[(String, String)]) -> BTreeMap<(String, String), usize> {
    let mut places = BTreeMap::new();
    for file in sources.iter().map(|(path, source)| File::new(path, source)) {
        let code = &file.code;
        // where bodies are, and whose: `fn` by its name, `impl` by its type
        let (mut functions, mut impls) = (Vec::new(), Vec::new());
        for i in 0..code.len() {
            let is_item = i == 0 || matches!(&*code[i - 1].text, "}" | ";" | "]" | "{" | "unsafe");
            let bodies = match &*code[i].text {
                "fn" if code.get(i + 1).is_some_and(|t| t.text != "(") => &mut functions,
                "impl" if is_item => &mut impls,
                _ => continue,
            };
            let mut open = i + 1;
            while !matches!(code.get(open).map_or(";", |t| &*t.text), "{" | ";") {
                open = if matches!(&*code[open].text, "(" | "[") { behind_group(code, open) } else { open + 1 };
            }
            let name = match &*code[i].text {
                "fn" => code[i + 1].text.clone(),
                _ => impl_name(&code[i + 1..open]),
            };
            bodies.push((open, behind_group(code, open), name));
        }
        let innermost = |bodies: &[(usize, usize, String)], at: usize| {
            bodies.iter().rfind(|(open, end, _)| (*open..*end).contains(&at)).map(|(.., name)| name.clone())
        };
        for i in (0..code.len()).filter(|i| code[*i].text == "unsafe") {
            let of = innermost(&impls, i).and_then(|name| name.split(' ').next_back().map(str::to_owned));
            let name = match code.get(i + 1).map_or("", |t| &*t.text) {
                "impl" => vec![impls.iter().find(|(open, ..)| *open > i).map(|(.., name)| name.clone())],
                "fn" => vec![of, Some(code[i + 2].text.clone())],
                _ => vec![of, innermost(&functions, i)],
            };
            let name = name.into_iter().flatten().collect::<Vec<_>>().join("::");
            *places.entry((file.path.clone(), name)).or_default() += 1;
        }
    }
    places
}

/// `Type` or `Trait for Type`, from what stands between `impl` and its body.
fn impl_name(header: &[Token]) -> String {
    let (mut depth, mut names) = (0, Vec::new());
    for (i, token) in header.iter().enumerate() {
        match &*token.text {
            "<" => depth += 1,
            ">" if i > 0 && header[i - 1].text != "-" => depth -= 1,
            "where" => break,
            text if depth == 0 && text.starts_with(char::is_alphabetic) => names.push(text),
            _ => {}
        }
    }
    names.join(" ")
}

fn sources_below(folder: &str) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), "", &mut sources);
    sources
}

/// The table of `src/UNSAFE.md` has a row for each function that holds `unsafe`, with how often it does, and no other; and the
/// tests that it names are there.
#[test]
fn the_table_of_unsafe_code_is_whole() {
    let places = unsafe_places(&sources_below("src"));
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/UNSAFE.md")).expect("the table");
    let mut rows = BTreeMap::new();
    let tests = [sources_below("tests"), sources_below("src")].concat();
    for row in table.lines().filter(|row| row.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [file, name, count, .., caught] = &cells[..] else { panic!("too few cells: {row}") };
        assert_eq!(cells.len(), 6, "{row}");
        let place = (file.trim_matches('`').to_owned(), name.trim_matches('`').to_owned());
        let count: usize = count.parse().unwrap_or_else(|_| panic!("no number: {row}"));
        assert_eq!(rows.insert(place, count), None, "twice: {row}");
        for test in caught.split('`').skip(1).step_by(2) {
            let found = match test.split_once(": ") {
                Some((file, test)) => tests.iter().any(|(path, source)| {
                    format!("/{path}").ends_with(&format!("/{file}"))
                        && (source.contains(&format!("fn {test}(")) || source.contains(&format!("    {test}: ")))
                }),
                None => Path::new(env!("CARGO_MANIFEST_DIR")).join(test).exists(),
            };
            assert!(found, "there is no {test}: {row}");
        }
    }
    let missing: Vec<_> = places.iter().filter(|(place, count)| rows.get(place) != Some(count)).collect();
    let stale: Vec<_> = rows.iter().filter(|(place, count)| places.get(place) != Some(count)).collect();
    assert!(missing.is_empty() && stale.is_empty(), "in the sources: {missing:?}, in src/UNSAFE.md: {stale:?}");
    let all: usize = places.values().sum();
    assert!(all < MAX_UNSAFE, "{all}");
    let stated = format!("{all} in all");
    assert!(table.contains(&stated), "the table does not say {stated:?}");
}

/// Code that is compiled for a level runs only where `Level::available` has asked for each feature that the compiler may use.
#[test]
fn each_level_asks_for_all_that_it_enables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simd/x86_64.rs");
    let source = fs::read_to_string(path).expect("a source");
    let between = |text: &str, start: &str, end: &str| {
        let from = text.find(start).unwrap_or_else(|| panic!("there is no {start}")) + start.len();
        text[from..from + text[from..].find(end).expect("an end")].to_owned()
    };
    let mut every = Vec::new();
    for level in ["avx512", "avx2"] {
        let asked = between(&source, &format!("fn has_{level}()"), "\n}");
        let asked: BTreeSet<&str> = asked
            .split("is_x86_feature_detected!(\"")
            .skip(1)
            .map(|rest| &rest[..rest.find('"').unwrap_or(0)])
            .collect();
        let before = &source[..source.find(&format!("fn run_{level}<")).expect("the function")];
        let enabled = &before[before.rfind("enable = \"").expect("its features")..];
        let enabled = between(enabled, "enable = \"", "\"");
        assert_eq!(asked, enabled.split(',').collect(), "left: asked, right: enabled, for {level}");
        assert!(!between(&source, &format!("fn has_{level}()"), "\n}").contains("||"), "{level}: all of them");
        every.push(enabled.split(',').map(str::to_owned).collect::<BTreeSet<_>>());
    }
    assert!(every[0].is_superset(&every[1]), "values of `Avx512` make one of `Avx2`");
}

#[test]
fn unsafe_code_is_found_where_it_is() {
    let source = "
        // unsafe
        unsafe impl<'a> Send for At<'a> {}
        impl<T: Fn() -> u8> Walk<T> { fn a(self, b: &[u8; 2]) -> u8 { let f = |x| unsafe { x }; unsafe { f(b) } }
            /// unsafe
            unsafe fn c(self) { unsafe { d() } } fn e(f: unsafe_fn) { \"unsafe\"; } }
        impl Vector for Avx2 { fn load(p: impl Copy) { fn inner() { unsafe {} } } }
        fn free() { unsafe {} } #[cfg(test)] mod tests { fn t() { unsafe {} } }";
    let found = unsafe_places(&[("x.rs".to_owned(), source.to_owned())]);
    let found: Vec<(&str, usize)> = found.iter().map(|((_, name), count)| (&**name, *count)).collect();
    assert_eq!(found, [("Avx2::inner", 1), ("Send for At", 1), ("Walk::a", 2), ("Walk::c", 2), ("free", 1)]);
}
