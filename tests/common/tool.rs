//! Runs the example `jsonl`, and others.

#![allow(dead_code)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use tempfile::TempDir;

pub static JSONL: LazyLock<PathBuf> = LazyLock::new(|| example("jsonl"));

/// The example `name`, which `cargo test` builds beside the tests.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let profile = test.parent().and_then(Path::parent).expect("the test is in target/PROFILE/deps");
    let path = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let release = if profile.ends_with("release") { " --release" } else { "" };
    let build = format!("cargo build{release} --examples");
    let built = fs::metadata(&path).and_then(|built| built.modified());
    let built = built.unwrap_or_else(|error| panic!("{}: {error}; `{build}` makes it", path.display()));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut sources = vec![sources.join(format!("{name}.rs"))];
    if let Ok(folder) = fs::read_dir(sources[0].with_extension("")) {
        sources = folder.map(|source| source.expect("the sources are there").path()).collect();
    }
    for source in sources {
        let changed = fs::metadata(&source).and_then(|source| source.modified());
        let changed = changed.unwrap_or_else(|error| panic!("{}: {error}", source.display()));
        assert!(changed <= built, "{} is older than {}; `{build}` renews it", path.display(), source.display());
    }
    path
}

/// A folder with one file of each sort.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text).expect("there is room");
    }
    folder
}

pub const FILES: &[(&str, &str)] = &[
    ("good", "{\"a\":1}\n{\"a\":\"x\\ty\",\"b\":[1,{\"c\":null}]}\n[3]\n"),
    ("empty", ""),
    ("open", "{\"a\":1}\n{\"a\":2}"),
    ("crlf", "{\"a\": 1}\r\n\r\n{\"a\": 2}\r\n"),
    ("mark", "\u{feff}{\"a\":1}\n{\"a\":2}\n"),
    ("blank", "\n \t\n{\"a\":1}\n\n\n {\"a\":2}\n\n"),
    ("bad", "{\"a\":1}\n{\"a\":}\n{\"a\":\"\n{\"a\":4}\n"),
    ("torn", "{\"a\":1}\n{\"a\":"),
    ("array", "[\n  {\"a\": 1},\n  [ 2 ]\n]\n"),
    ("array_bad", "[1, 2 3]"),
];

pub fn file(name: &str) -> &'static [u8] {
    FILES.iter().find(|(of, _)| *of == name).expect("there is such a file").1.as_bytes()
}

#[derive(Debug, PartialEq)]
pub struct Done {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

/// The arguments of a command line in which `''` stands for an empty one.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace().map(|word| if word == "''" { "" } else { word })
}

pub fn start(folder: &Path, line: &str, stdin: Stdio) -> Child {
    Command::new(&*JSONL)
        .args(words(line))
        .current_dir(folder)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example can be run")
}

pub fn finish(child: Child) -> Done {
    let done = child.wait_with_output().expect("the example can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    Done { out: text(done.stdout), err: text(done.stderr), code: done.status.code() }
}

/// Runs it with `input` on a pipe.
pub fn run(folder: &Path, line: &str, input: &[u8]) -> Done {
    let mut child = start(folder, line, Stdio::piped());
    let mut stdin = child.stdin.take().expect("it is piped");
    thread::scope(|scope| {
        // it need not read all of it
        scope.spawn(move || stdin.write_all(input));
        finish(child)
    })
}

/// Command line, what is on the pipe, the output, words of the errors in order (none: no errors), exit code.
pub type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str], i32);

pub fn check(cases: &[Case]) {
    let folder = folder();
    for (line, input, out, err, code) in cases {
        let input = FILES.iter().find(|(name, _)| name == input).map_or(*input, |(_, text)| text);
        let done = run(folder.path(), line, input.as_bytes());
        assert_eq!(done.out, *out, "jsonl {line}: {}", done.err);
        assert_eq!(done.code, Some(*code), "jsonl {line}: {}", done.err);
        assert_eq!(done.err.is_empty(), err.is_empty(), "jsonl {line}: {}", done.err);
        let mut rest = &done.err[..];
        for word in *err {
            let (_, behind) =
                rest.split_once(word).unwrap_or_else(|| panic!("jsonl {line}: no {word} in {}", done.err));
            rest = behind;
        }
    }
}
