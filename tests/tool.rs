//! The example `jsonl` as its users run it: arguments, files and pipes in, output and exit code out. `tests/tool_lines.rs` has
//! the commands that need no JSON.

#[path = "common/tool.rs"]
mod tool;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tool::{JSONL, check, example, file, finish, folder, run, start, words};

#[test]
fn get_prints_the_values_of_each_record() {
    check(&[
        ("get /a -f good", "", "1\n\"x\\ty\"\nnull\n", &[], 0),
        ("get /a", "good", "1\n\"x\\ty\"\nnull\n", &[], 0),
        ("get /a -f -", "good", "1\n\"x\\ty\"\nnull\n", &[], 0),
        ("get /b/1/c /a -f good", "", "[null,1]\n[null,\"x\\ty\"]\n[null,null]\n", &[], 0),
        ("get '' -f good", "", "{\"a\":1}\n{\"a\":\"x\\ty\",\"b\":[1,{\"c\":null}]}\n[3]\n", &[], 0),
        ("get -r /a -f good", "", "1\nx\ty\nnull\n", &[], 0),
        ("get --raw /a /b -f good", "", "1\tnull\nx\ty\t[1,{\"c\":null}]\nnull\tnull\n", &[], 0),
        ("get /0 --file good --file open", "", "null\nnull\n3\nnull\nnull\n", &[], 0),
        ("get /a -f empty", "", "", &[], 0),
        ("get /a -f open", "", "1\n2\n", &[], 0),
        ("get /a -f crlf", "", "1\n2\n", &[], 0),
        ("get '' -f crlf", "", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("get /a -f mark", "", "1\n2\n", &[], 0),
        ("get '' -f blank", "", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("get /a~1b/m~0n", "{\"a/b\":{\"m~n\": [ 1 , \" \\\" \" ] }}", "[1,\" \\\" \"]\n", &[], 0),
        ("get /", "{\"\":\"\\u00e9 \\\\\"}", "\"\\u00e9 \\\\\"\n", &[], 0),
        ("get -r /", "{\"\":\"\\u00e9 \\\\\"}", "é \\\n", &[], 0),
        ("get ''", "1.50e+0\n true \n\"a b\"", "1.50e+0\ntrue\n\"a b\"\n", &[], 0),
        ("get /a/b/c", "{\"a\":{\"b\":[]}}", "null\n", &[], 0),
        // a bad record costs itself
        (
            "get /a -f bad",
            "",
            "1\n4\n",
            &["bad: line 2, column 6", "[expected-value]", "bad: line 3, column 6", "[unclosed-string]"],
            1,
        ),
        ("get /a", "torn", "1\n", &["standard input: line 2", "[unexpected-end]"], 1),
        (
            "get /a",
            "{\"a\":1}{\"a\":2}\n[1,2",
            "",
            &["line 1, column 8", "[trailing-characters]", "line 2", "[unexpected-end]"],
            1,
        ),
        ("get --lax /a", "{\"a\":1}{\"a\":2}\n[1,2", "1\n", &["line 2", "[unexpected-end]"], 1),
        ("get /a /b", "{\"a\":1,\"b\":tru}\n{\"a\":1}", "[1,null]\n", &["line 1, column 12", "[invalid-literal]"], 1),
        (
            "get -r /a",
            "{\"a\":\"\\x\"}\n{\"a\":\"\\ud800\"}\n1",
            "null\n",
            &["[invalid-escape]", "[lone-surrogate]"],
            1,
        ),
        ("get '' -f array", "", "[2]\n", &["line 1, column 1", "[not-json-lines]", "line 2", "line 4"], 1),
        ("get /a -f bad -f none -f open", "", "1\n4\n1\n2\n", &["bad: line 2", "bad: line 3", "none: cannot open"], 2),
        ("get /a -f .", "", "", &[".: "], 2),
        ("get", "", "", &["<POINTER>"], 2),
        ("get a", "", "", &["begins with /", "-f"], 2),
        ("get /a~b", "", "", &["~0"], 2),
        ("get /a~", "", "", &["~0"], 2),
        ("get /a good", "", "", &["'good'", "-f"], 2),
    ]);
}

#[test]
fn get_reports_ten_bad_records_and_counts_the_others() {
    let folder = folder();
    for (number, more) in [(10, None), (11, Some("and 1 more")), (500, Some("and 490 more"))] {
        let done = run(folder.path(), "get /a", "{\"a\":}\n{\"a\":7}\n".repeat(number).as_bytes());
        assert_eq!(done.out, "7\n".repeat(number));
        assert_eq!(done.err.matches("[expected-value]").count(), number.min(10));
        assert_eq!(done.err.lines().count(), number.min(11));
        assert!(more.is_none_or(|more| done.err.contains(more)), "{}", done.err);
        assert_eq!(done.code, Some(1));
    }
}

/// Of a file of another format, all lines are bad, and for the same reason.
#[test]
fn validate_ends_where_it_sees_that_the_format_is_another() {
    let folder = folder();
    for file in [&b"SQLite format 3\0\n?\n?\n"[..], b"\x1F\x8B\n?\n?\n", b"\xFF\xFE1\0\n\0?\n"] {
        let done = run(folder.path(), "validate", file);
        assert_eq!((done.code, done.out.lines().count()), (Some(1), 1), "{}", done.out);
        assert_eq!(done.err, "jsonl: standard input: the rest was not read\n");
    }
}

#[test]
fn the_whole_record_is_what_normalize_makes_of_it() {
    let folder = folder();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/events.jsonl");
    let sample = fs::read(sample).expect("the sample is there");
    let events = run(folder.path(), "get ''", &sample).out; // but for the bad record that it has
    assert_eq!(events.lines().count() + 1, sample.split(|c| *c == b'\n').count() - 1);
    let spaced = events.replace(',', " ,  ").replace(':', " :  ").replace('}', " }").replace('[', "[ ");
    for text in [&events, &spaced] {
        let (get, normal) =
            (run(folder.path(), "get ''", text.as_bytes()), run(folder.path(), "normalize", text.as_bytes()));
        assert_eq!((&normal.err[..], normal.out.lines().count()), ("", events.lines().count()));
        assert_eq!(get, normal);
    }
    assert_eq!(run(folder.path(), "normalize", events.as_bytes()).out, events);
}

#[test]
fn validate_tells_each_fault_and_the_sums() {
    const BAD: &str = "bad: line 2, column 6 (byte 13): expected a value, found '}', near `{\"a\":}` [expected-value]
bad: line 3, column 6 (byte 20): a string is not closed on its line; it opens here, near `{\"a\":\"` [unclosed-string]\n";
    let first = BAD.split_inclusive('\n').next().expect("there are two");
    let blank = "crlf: line 2, column 1 (byte 10): blank line, which strict mode does not allow [blank-line]\n";
    let mark = "standard input: line 1, column 1 (byte 0): expected a value, found a byte order mark";
    check(&[
        ("validate good", "", "", &["good: 3 records, 0 errors"], 0),
        ("validate", "good", "", &["standard input: 3 records, 0 errors"], 0),
        ("validate -", "open", "", &["standard input: 2 records, 0 errors"], 0),
        ("validate empty", "", "", &["empty: 0 records, 0 errors"], 0),
        ("validate", "", "", &["standard input: 0 records, 0 errors"], 0),
        ("validate crlf", "", blank, &["crlf: 2 records, 1 error"], 1),
        ("validate --lenient crlf blank mark", "", "", &["crlf: 2 rec", "blank: 2 rec", "mark: 2 rec"], 0),
        ("validate bad", "", BAD, &["bad: 2 records, 2 errors"], 1),
        ("validate --max-errors 2 bad", "", BAD, &["bad: 2 records, 2 errors"], 1),
        ("validate --max-errors 1 bad", "", first, &["bad: and 1 more", "bad: 2 records, 2 errors"], 1),
        ("validate --max-errors=0 bad", "", "", &["bad: and 2 more", "bad: 2 records, 2 errors"], 1),
        ("validate good bad open", "", BAD, &["good: 3 records", "bad: 2 records", "open: 2 records"], 1),
        ("validate bad none open", "", BAD, &["bad: 2 records", "none: cannot open", "open: 2 records"], 2),
        ("validate . good", "", "", &[".: ", "good: 3 records"], 2),
        ("validate --max-errors x", "", "", &["invalid value 'x'"], 2),
    ]);
    let folder = folder();
    let done = run(folder.path(), "validate", file("mark"));
    assert_eq!((done.out.contains(mark), done.code), (true, Some(1)), "{}", done.out);
    let many = run(folder.path(), "validate", "?\n1\n".repeat(1000).as_bytes());
    assert_eq!((many.out.lines().count(), many.code), (100, Some(1)));
    assert!(many.err.contains("and 900 more") && many.err.contains("1000 records, 1000 errors"), "{}", many.err);
}

#[test]
fn convert_and_normalize_write_what_the_library_writes() {
    check(&[
        ("convert array", "", "{\"a\":1}\n[2]\n", &[], 0),
        ("convert", "array", "{\"a\":1}\n[2]\n", &[], 0),
        ("convert -", "array", "{\"a\":1}\n[2]\n", &[], 0),
        ("convert - -o -", "array", "{\"a\":1}\n[2]\n", &[], 0),
        ("convert --to jsonl", "[]", "", &[], 0),
        ("convert --to array open", "", "[\n{\"a\":1},\n{\"a\":2}\n]\n", &[], 0),
        ("convert --to array", "", "[]\n", &[], 0),
        ("normalize crlf", "", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("normalize", "mark", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("normalize -", "blank", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("normalize empty", "", "", &[], 0),
        ("normalize open", "", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        // what came before is written
        ("convert array_bad", "", "1\n2\n", &["array_bad: line 1, column 7", "[expected-comma]"], 1),
        ("normalize bad", "", "{\"a\":1}\n", &["bad: line 2, column 6", "[expected-value]"], 1),
        ("convert good", "", "", &["good: line 1", "already"], 1),
        ("convert empty", "", "", &["empty: line 1", "[unexpected-end]"], 1),
        ("convert none", "", "", &["none: cannot open"], 2),
        ("normalize .", "", "", &[".: "], 2),
        ("convert --to yaml", "", "", &["yaml", "jsonl", "array"], 2),
        ("convert --force array", "", "", &["--output"], 2),
        ("convert array good", "", "", &["good"], 2),
    ]);
}

/// The names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("it can be read").file_name().into_string();
    let mut names: Vec<_> = entries.map(|entry| name(entry).expect("a name is UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn out_is_there_when_all_of_it_is() {
    let folder = folder();
    let (path, before) = (folder.path(), names(folder.path()));
    // the line, its code, a word of the error, and what OUT is then
    let cases: &[(&str, i32, &str, Option<&str>)] = &[
        ("convert array_bad -o new", 1, "[expected-comma]", None),
        ("normalize bad --output new", 1, "[expected-value]", None),
        ("normalize . -o new", 2, ".: ", None),
        ("normalize none -o new", 2, "none: cannot open", None),
        ("convert array -o new", 0, "", Some("{\"a\":1}\n[2]\n")),
        ("normalize open -o new", 2, "new: is there already", Some("{\"a\":1}\n[2]\n")),
        ("normalize bad -o new --force", 1, "[expected-value]", Some("{\"a\":1}\n[2]\n")),
        ("normalize new -o new --force", 2, "new: is the input", Some("{\"a\":1}\n[2]\n")),
        ("normalize open -o new --force", 0, "", Some("{\"a\":1}\n{\"a\":2}\n")),
        ("convert --to array -o new --force open", 0, "", Some("[\n{\"a\":1},\n{\"a\":2}\n]\n")),
        ("normalize -o ./new --force new", 2, "new: is the input", Some("[\n{\"a\":1},\n{\"a\":2}\n]\n")),
    ];
    for (line, code, word, out) in cases {
        let done = run(path, line, b"");
        assert_eq!((done.code, done.out), (Some(*code), String::new()), "jsonl {line}: {}", done.err);
        assert!(done.err.contains(word) && (word.is_empty() == done.err.is_empty()), "jsonl {line}: {}", done.err);
        assert_eq!(fs::read_to_string(path.join("new")).ok().as_deref(), *out, "jsonl {line}");
        let names: Vec<_> = names(path).into_iter().filter(|name| name != "new").collect();
        assert_eq!(names, before, "jsonl {line}");
    }
    for line in ["normalize open -o no/new", "normalize open -o . --force"] {
        let done = run(path, line, b"");
        assert_eq!((done.code, done.err.is_empty()), (Some(2), false), "jsonl {line}");
    }
}

#[cfg(unix)]
#[test]
fn out_keeps_links_and_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder();
    let path = folder.path();
    let mode = |name: &str| fs::metadata(path.join(name)).expect("it is there").permissions().mode() & 0o777;

    assert_eq!(run(path, "normalize open -o new", b"").code, Some(0));
    assert_eq!(mode("new"), mode("open"), "a new file is like any other");

    fs::set_permissions(path.join("new"), fs::Permissions::from_mode(0o640)).expect("it is ours");
    symlink("new", path.join("link")).expect("links are there");
    let done = run(path, "normalize crlf -o link --force", b"");
    assert_eq!((done.code, mode("new")), (Some(0), 0o640), "{}", done.err);
    assert!(fs::symlink_metadata(path.join("link")).expect("it is there").is_symlink());
    assert_eq!(fs::read(path.join("new")).expect("it is there"), b"{\"a\":1}\n{\"a\":2}\n");

    // the input by another name, a pipe, and nothing where a link leads to
    fs::hard_link(path.join("good"), path.join("other")).expect("links are there");
    let done = run(path, "normalize good -o other --force", b"");
    assert!(done.code == Some(2) && done.err.contains("is the input"), "{}", done.err);
    symlink("nowhere", path.join("astray")).expect("links are there");
    for out in ["/dev/null", "astray"] {
        let done = run(path, &format!("normalize good -o {out} --force"), b"");
        assert!(done.code == Some(2) && done.err.contains("no regular file"), "{}", done.err);
    }
}

#[cfg(unix)]
#[test]
fn no_file_is_read_and_written_at_once() {
    let folder = folder();
    let path = folder.path().join("good");
    for line in [
        "head good",
        "tail good",
        "get /a -f good",
        "normalize good",
        "count good",
        "validate good",
        "repair good",
        "normalize",
    ] {
        let append = || fs::OpenOptions::new().append(true).open(&path).expect("it is there");
        let mut child = Command::new(&*JSONL);
        child.args(words(line)).current_dir(folder.path()).stdout(append()).stderr(Stdio::piped());
        let done = finish(child.stdin(fs::File::open(&path).expect("it is there")).spawn().expect("it can be run"));
        assert!(done.code == Some(2) && done.err.contains("is the output too"), "jsonl {line}: {}", done.err);
        assert_eq!(fs::read(&path).expect("it is there"), file("good"), "jsonl {line}");
    }
}

#[test]
fn repair_says_what_it_did() {
    check(&[
        ("repair good", "", "good: nothing to repair\n", &[], 0),
        ("repair empty bad", "", "empty: nothing to repair\nbad: nothing to repair\n", &[], 0),
        ("repair open", "", "open: the last record got its line feed\n", &[], 0),
        ("head open", "", "{\"a\":1}\n{\"a\":2}\n", &[], 0),
        ("repair open", "", "open: nothing to repair\n", &[], 0),
        ("repair none good", "", "good: nothing to repair\n", &["none"], 2),
        ("repair - good", "", "good: nothing to repair\n", &["standard input"], 2),
        ("repair", "", "", &["<FILE>"], 2),
    ]);
    let folder = folder();
    let done = run(folder.path(), "repair torn", b"");
    assert_eq!((done.err.as_str(), done.code), ("", Some(0)));
    assert!(
        done.out.starts_with("torn: a torn record of 5 bytes was moved to ") && done.out.ends_with("torn.torn-8\n")
    );
    assert_eq!(run(folder.path(), "tail torn torn.torn-8", b"").out, "{\"a\":1}\n{\"a\":");
}

const COMMANDS: [&str; 8] = ["count", "head", "tail", "get", "validate", "convert", "normalize", "repair"];

#[test]
fn each_command_has_help_and_a_version() {
    let folder = folder();
    let run = |line: &str| run(folder.path(), line, b"");
    let all = run("--help").out;
    for command in COMMANDS {
        let help = run(&format!("{command} --help"));
        assert!(help.code == Some(0) && help.err.is_empty(), "{}", help.err);
        for word in [&format!("Example: jsonl {command} "), "Usage: jsonl ", "Exit codes: 0 ", ", 2 "] {
            assert!(help.out.contains(word), "jsonl {command} --help has no {word}: {}", help.out);
        }
        assert_eq!(help.out, run(&format!("{command} -h")).out);
        let sentence = help.out.lines().next().expect("there is one");
        assert!(all.contains(&format!("{command} ")) && all.contains(sentence), "{all}");
        let version = run(&format!("{command} --version"));
        assert_eq!(version.out, format!("jsonl-{command} {}\n", env!("CARGO_PKG_VERSION")));
    }
    assert!(all.contains("Exit codes: 0 "), "{all}");
    assert_eq!(run("--version").out, format!("jsonl {}\n", env!("CARGO_PKG_VERSION")));
    for line in ["", "unknown", "count --unknown", "get -f good"] {
        let done = run(line);
        assert!(
            done.code == Some(2) && done.out.is_empty() && done.err.contains("jsonl"),
            "jsonl {line}: {}",
            done.err
        );
    }
}

#[test]
fn a_closed_output_is_a_quiet_end() {
    let folder = folder();
    let lines: String = (0..300_000).map(|n| format!("{{\"a\": {n}}}\n")).collect();
    let array = format!("[{}1]", "{\"a\": 1},\n".repeat(300_000));
    fs::write(folder.path().join("lines"), lines).expect("there is room");
    fs::write(folder.path().join("array"), array).expect("there is room");
    for line in [
        "head -n 300000 lines",
        "tail -n 300000 lines",
        "get '' -f lines -f lines",
        "get -r /a -f lines",
        "normalize lines",
        "convert array",
        "convert --to array lines",
        "validate --max-errors 300000 array",
    ] {
        let mut child = start(folder.path(), line, Stdio::null());
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let first = out.by_ref().lines().next().expect("there is a line");
        assert!(first.is_ok_and(|first| !first.is_empty()), "jsonl {line}");
        drop(out);
        let done = finish(child);
        let code = if line.starts_with("validate") { 1 } else { 0 };
        assert_eq!(done.code, Some(code), "jsonl {line}: {}", done.err);
        assert!(code == 1 || done.err.is_empty(), "jsonl {line}: {}", done.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_output_is_a_failure() {
    let folder = folder();
    for line in [
        "count good",
        "head good",
        "tail good",
        "get /a -f good",
        "validate bad",
        "convert array",
        "convert --to array good",
        "normalize good",
        "repair good",
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let mut child = Command::new(&*JSONL);
        child.args(words(line)).current_dir(folder.path()).stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
        let done = finish(child.spawn().expect("it can be run"));
        assert_eq!(done.code, Some(2), "jsonl {line}: {}", done.err);
        assert!(done.err.contains("cannot write to standard output: No space left"), "jsonl {line}: {}", done.err);
    }
}

#[test]
fn a_slow_pipe_is_read_to_its_end() {
    let folder = folder();
    for (line, expected) in [
        ("count", "2 standard input\n"),
        ("head -n 1", "{\"a\":1}\n"),
        ("tail -n 2", "{\"a\":1}\n{\"a\":2}\n"),
        ("get /a", "1\n2\n"),
        ("normalize", "{\"a\":1}\n{\"a\":2}\n"),
        ("validate --lenient", ""),
    ] {
        let mut child = start(folder.path(), line, Stdio::piped());
        let mut stdin = child.stdin.take().expect("it is piped");
        let writer = thread::spawn(move || {
            for byte in file("mark") {
                // it need not read all of it
                if stdin.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(2));
            }
        });
        let done = finish(child);
        writer.join().expect("writing does not panic");
        assert_eq!((&*done.out, done.code), (expected, Some(0)), "jsonl {line}: {}", done.err);
    }
}

#[test]
fn check_finetuning_names_the_lines_at_fault() {
    let check = |args: &[&OsStr]| {
        finish(
            Command::new(example("check_finetuning"))
                .args(args)
                .current_dir(std::env::temp_dir())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the example can be run"),
        )
    };
    let sample = check(&[]);
    assert_eq!((sample.code, sample.out.lines().count()), (Some(0), 1), "{} {}", sample.out, sample.err);

    let user = r#"{"role":"user","content":"?"}"#;
    let answer = r#"{"role":"assistant","content":"!"}"#;
    let call = r#"{"role":"assistant","content":null,"tool_calls":[{}]}"#;
    let nothing = r#"{"role":"assistant"}"#;
    let nobody = r#"{"role":"nobody","content":"!"}"#;
    let cases = [
        (format!("{{\"messages\":[{user},{answer}]}}"), None),
        (format!("{{\"messages\":[{user},{call}]}}"), None),
        (format!("{{\"messages\":[{answer},{user}]}}"), Some("assistant")),
        ("{\"messages\":[]}".to_owned(), Some("no messages")),
        (format!("{{\"messages\":[{user},{nothing}]}}"), Some("message 2")),
        (format!("{{\"messages\":[{nobody},{answer}]}}"), Some("nobody")),
        (format!("{{\"conversation\":[{user},{answer}]}}"), Some("missing field `messages`")),
        (format!("{{\"messages\":[{user},{answer}]"), Some("end of the record")),
        (String::new(), Some("blank line")),
        (format!("{{\"messages\":[{user},{answer}],\"tools\":[]}}"), None),
    ];
    let file = tempfile::NamedTempFile::new().expect("there is room");
    fs::write(file.path(), cases.each_ref().map(|(line, _)| format!("{line}\n")).concat()).expect("there is room");
    let done = check(&[file.path().as_os_str()]);
    let mut faults = done.out.lines();
    for (number, (line, word)) in (1..).zip(&cases) {
        if let Some(word) = word {
            let fault = faults.next().unwrap_or_else(|| panic!("no fault of {line}"));
            assert!(fault.contains(&format!("line {number},")) && fault.contains(word), "{line}: {fault}");
        }
    }
    assert_eq!((faults.count(), done.code), (1, Some(1)), "the sums: {}", done.out);
    assert_eq!(check(&["no such file".as_ref()]).code, Some(2));
}
