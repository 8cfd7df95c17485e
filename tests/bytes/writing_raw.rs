//! Text that is JSON already. A raw value is written as it is, unless it would split its record. `write_raw` takes exactly
//! what a strict reader takes as one record, at every level.

use std::cmp::Reverse;

use crate::common::{Fault, show};
use crate::documents::{line, tree};
use crate::written::{Pairs, refused_by, same, same_alone, written, written_by};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::json;
use serde_json::value::RawValue;
use simd_jsonl::{Error, ErrorKind, JsonlWriter, Level, Position, ReaderBuilder, WriterBuilder};

/// What `serde_json` has checked.
fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).expect("JSON")
}

#[test]
fn raw_values_are_written_as_they_are() {
    #[derive(Serialize)]
    struct Row<'a> {
        id: u8,
        #[serde(borrow)]
        raw: &'a RawValue,
        more: Vec<Box<RawValue>>,
        none: Option<&'a RawValue>,
    }
    #[derive(Serialize)]
    #[serde(tag = "t", content = "c")]
    enum Tagged {
        New(Box<RawValue>),
        Struct { raw: Box<RawValue> },
    }
    // which serde keeps in between as a value of its own
    #[derive(Serialize)]
    #[serde(tag = "t")]
    enum Buffered {
        New(Outer),
    }
    #[derive(Serialize)]
    enum Outer {
        Tuple(Box<RawValue>, u8),
        Struct { raw: Box<RawValue> },
    }
    let texts = ["null", "0", "-1.50e+10", "1e999", "\"\\u00e9é\"", "[1, 2 ,\t3]", "{ }", "{\"a\":\r[ ]}", "\"\\/\""];
    for text in texts {
        let value = raw(text);
        assert_eq!(same_alone(&value), text);
        same(&value);
        same(&Row { id: 1, raw: &value, more: vec![], none: None });
        same(&Row { id: 1, raw: &value, more: vec![value.clone(), value.clone()], none: Some(&value) });
        same(&Pairs(vec![("a", &value), ("b", &value)]));
        same(&[Tagged::New(value.clone()), Tagged::Struct { raw: value.clone() }]);
        let outer = [Outer::Tuple(value.clone(), 1), Outer::Struct { raw: value.clone() }];
        same(&outer.map(Buffered::New));
    }
}

/// A raw value that spans lines would split its record. (A CR alone does not.)
#[test]
fn case_34_a_raw_value_that_holds_a_newline_is_refused() {
    let pretty = serde_json::to_string_pretty(&json!({"a": [1, {"b": "c"}]})).expect("JSON");
    for text in [&pretty, "[1,\n2]", "[\n]", "{\"a\"\n:1}", "[1,\r\n2]", "[1 ,2\n]"] {
        let value = raw(text);
        for builder in [WriterBuilder::new(), WriterBuilder::new().ascii_only(true).clone()] {
            refused_by(&builder, &value, ErrorKind::LineBreak);
            refused_by(&builder, &Some(&value), ErrorKind::LineBreak);
            refused_by(&builder, &Pairs(vec![("before", &raw("1")), ("k", &value)]), ErrorKind::LineBreak);
        }
        // where the value would have been
        let error = written_by(&WriterBuilder::new(), &(1, &value)).expect_err("a line break");
        assert_eq!(error.column(), "[1,".len() as u64 + 1, "{error}");
    }
    // white space around it is no part of a raw value
    assert_eq!(same_alone(&raw("\n 1 \r\n")), "1");
    for text in ["[1,\r2]", "[\r]", "[1\r,2\r]"] {
        assert_eq!(same_alone(&raw(text)), text);
        same(&(1, raw(text)));
    }
}

/// What poses as one of `serde_json`'s own types: a raw value, or a number of its feature `arbitrary_precision`.
#[test]
fn values_that_come_as_text() {
    struct Posing<T>(&'static str, T);
    impl<T: Serialize> Serialize for Posing<T> {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            let mut fields = s.serialize_struct(self.0, 1)?;
            fields.serialize_field(self.0, &self.1)?;
            fields.end()
        }
    }
    for name in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
        let number = "123456789012345678901234567890.50e1";
        assert_eq!(written(&Posing(name, number)), number);
        assert_eq!(written(&[Some(Posing(name, number)), None]), format!("[{number},null]"));
        assert_eq!(written(&Pairs(vec![("a", Posing(name, "1")), ("b", Posing(name, "2"))])), "{\"a\":1,\"b\":2}");
        let strange =
            [json!(null), json!(true), json!(1), json!(-1), json!(0.5), json!([]), json!(["1"]), json!({"a": "1"})];
        for value in strange {
            refused_by(&WriterBuilder::new(), &Posing(name, value), ErrorKind::Custom);
        }
        refused_by(&WriterBuilder::new(), &Posing(name, "\n1"), ErrorKind::LineBreak);
        refused_by(&WriterBuilder::new(), &Posing(name, Some("1")), ErrorKind::Custom);
        refused_by(&WriterBuilder::new(), &Posing(name, ("1", 2)), ErrorKind::Custom);
        refused_by(&WriterBuilder::new(), &Posing(name, Reverse('1')), ErrorKind::Custom);
        refused_by(&WriterBuilder::new(), &Posing(name, Ok::<_, ()>("1")), ErrorKind::Custom);
    }
    let near = Posing("$serde_json::private::Numbers", "1");
    same(&near);
}

/// What a strict reader finds: of each record, whether it is good.
fn read(level: Level, text: &[u8]) -> Vec<Result<(), Error>> {
    let mut reader = ReaderBuilder::new().strict(true).level(level).from_slice(text);
    let next = || match reader.next_record() {
        Ok(None) => None,
        Ok(Some(record)) => Some(record.deserialize::<IgnoredAny>().map(|_| ())),
        Err(e) => Some(Err(e)),
    };
    std::iter::from_fn(next).collect()
}

/// What is wrong with a record that ends without an LF, and in which words.
fn fault(level: Level, record: &[u8]) -> (Fault, String) {
    let fault = |kind, offset: usize| Fault { kind, offset: offset as u64, line: 1, column: offset as u64 + 1 };
    if let Some(newline) = record.iter().position(|byte| *byte == b'\n') {
        return (fault(ErrorKind::LineBreak, newline), "line break".into());
    }
    match read(level, record).pop() {
        None => (fault(ErrorKind::BlankLine, 0), "blank".into()),
        Some(Ok(())) => panic!("it is good: {}", show(record)),
        Some(Err(e)) => {
            let words = e.to_string().split("): ").skip(1).collect::<Vec<_>>().join("): ");
            (Fault::from(&e), words.split(", near `").next().expect("words").to_owned())
        }
    }
}

/// A writer, and what it should have written.
struct Checked {
    level: Level,
    writer: JsonlWriter<Vec<u8>>,
    want: Vec<u8>,
}

impl Checked {
    fn new(level: Level) -> Checked {
        Checked { level, writer: WriterBuilder::new().level(level).from_writer(Vec::new()), want: Vec::new() }
    }

    fn position(&self) -> Position {
        let lines = self.want.iter().filter(|byte| **byte == b'\n').count() as u64;
        Position { offset: self.want.len() as u64, line: 1 + lines }
    }

    /// Writes `text`, and asserts that it is taken or refused as a strict reader takes or refuses it.
    fn write_raw(&mut self, text: &[u8]) {
        let (at, level) = (self.position(), self.level);
        let record = text.strip_suffix(b"\r\n").or(text.strip_suffix(b"\n")).unwrap_or(text);
        let result = self.writer.write_raw(text);
        let is_good = matches!(read(level, text)[..], [Ok(())]);
        assert_eq!(result.is_ok(), is_good, "left: written, right: read; {} at {level}: {result:?}", show(text));
        match result {
            Ok(()) => {
                self.want.extend_from_slice(record);
                self.want.push(b'\n');
            }
            Err(got) => {
                let (want, words) = fault(level, record);
                let want = Fault { offset: at.offset + want.offset, line: at.line, ..want };
                assert_eq!(Fault::from(&got), want, "{got}; {} at {level}", show(text));
                assert!(got.to_string().contains(&words), "{got}, expected {words}; {} at {level}", show(text));
            }
        }
        assert_eq!(self.writer.position(), self.position(), "{} at {level}", show(text));
    }

    /// A record of the other sort in between.
    fn write(&mut self) {
        self.writer.write(&[1]).expect("an array");
        self.want.extend_from_slice(b"[1]\n");
    }

    fn finish(self) {
        let out = self.writer.into_inner().expect("a vector takes all");
        assert_eq!(out, self.want, "left: {}, right: {} at {}", show(&out), show(&self.want), self.level);
    }
}

/// What may follow a record; not all of it makes it another.
const ENDS: [&[u8]; 8] = [b"", b"\n", b"\r\n", b"\r", b" ", b"\n\n", b"\r\r\n", b"\n\r\n"];

/// Records of every sort, good and bad.
#[rustfmt::skip]
const TEXTS: &[&[u8]] = &[
    b"1", b"-0.0", b"1e999", b"\"\"", b"\"\\u00e9\\n\"", "\"é\u{2028}\u{85}😀\"".as_bytes(), b"null", b"[]", b"{}", b" [ 1 ,\t2 ] ",
    b"{\"a\": {\"a\":\r1}, \"a\":2}", b"[1,\r2]", b"123456789012345678901234567890", b"\"\x7f\"",
    b"", b" ", b"\t\r ", b"1 2", b"{} {}", b"1,", b"[1,]", b"[1 2]", b"{\"a\" 1}", b"{a:1}", b"{\"a\":1,}", b"[", b"{\"a\":", b"[1}",
    b"\"", b"\"a", b"\"a\\\"", b"tru", b"NaN", b"Infinity", b"01", b"1.", b"-", b"+1", b"'a'", b"1 // one", b"#", b"\"\\x\"",
    b"\"\\ud800\"", b"\"\\udc00\\ud800\"", b"\"\t\"", b"\"\0\"", b"\0", b"1\0", b"\x0b1", b"\xef\xbb\xbf1", b"1\xef\xbb\xbf", b"\xef\xbb\xbf",
    b"\"\xff\"", b"\"\xc3\"", b"\"\xed\xa0\x80\"", b"\xff", b"[1]\xc2\xa0", b"\xff\xfe1\0", b"\xfe\xff\x001", b"1\0\0\0", b"\x1f\x8b\x08\0",
    b"\x28\xb5\x2f\xfd\0", b"BZh91AY", b"a\nb", b"1\n2", b"\n1", b"\r\n1", b"{\n\"a\":1}", b"[\n]", b"\"a\nb\"", b"\n \n",
];

#[test]
fn write_raw_takes_what_a_strict_reader_takes() {
    for level in Level::available() {
        let mut checked = Checked::new(level);
        for text in TEXTS {
            for end in ENDS {
                checked.write_raw(&[text, end].concat());
            }
            checked.write();
        }
        checked.finish();
        // as the first record, and after another
        for text in TEXTS {
            for times in 1..3 {
                let mut checked = Checked::new(level);
                (0..times).for_each(|_| checked.write_raw(text));
                checked.write();
                checked.write_raw(b"{}");
                checked.finish();
            }
        }
    }
}

#[test]
fn write_raw_has_the_depth_limit_of_readers() {
    let nested = |open: &str, close: &str, n: usize| [open.repeat(n), close.repeat(n)].concat();
    for level in Level::available() {
        let mut checked = Checked::new(level);
        for n in [127, 128, 129, 1000, 100_000] {
            let texts =
                [nested("[", "]", n), nested("{\"a\":[", "]}", n / 2), nested("{\"a\":", "}", n), "[".repeat(n)];
            texts.iter().for_each(|text| checked.write_raw(text.as_bytes()));
        }
        checked.finish();
        let mut writer = WriterBuilder::new().level(level).from_writer(Vec::new());
        writer.write_raw(nested("[", "]", 128).as_bytes()).expect("the limit");
        let error = writer.write_raw(nested("[", "]", 129).as_bytes()).expect_err("beyond the limit");
        assert_eq!((error.kind(), error.column()), (ErrorKind::DepthLimit, 129), "at {level}");
    }
}

/// Longer than all buffers: good, and with a fault at the very end.
#[test]
fn write_raw_of_long_records() {
    for level in Level::available() {
        let mut checked = Checked::new(level);
        for len in [60_000, 200_000] {
            let text = format!("[\"{}\",1]", "long \\\" text".repeat(len / 12));
            checked.write_raw(text.as_bytes());
            for (from, to) in [("1]", "1}"), ("1]", "1]1"), ("1]", "1"), ("\",1]", "\\\",1]"), ("1]", "1]\n1")] {
                checked.write_raw(text.replacen(from, to, 1).as_bytes());
            }
            checked.write();
            checked.write_raw((text + "\r\n").as_bytes());
        }
        checked.finish();
    }
}

/// The options are about values; what is text already is written as it is.
#[test]
fn write_raw_copies_byte_for_byte() {
    let mut builder = WriterBuilder::new();
    builder.ascii_only(true).reject_non_finite(true);
    for level in Level::available() {
        let mut writer = builder.clone().level(level).from_writer(Vec::new());
        let text = "  { \"é\\u00e9\" : [ 1.50E+2,\t-0 ,1e999 ]\r, \"\u{2028}😀\":\"\\/\" } \t";
        writer.write_raw(text.as_bytes()).expect("a record");
        writer.write_raw(format!("{text}\n").as_bytes()).expect("a record");
        writer.write_raw(format!("{text}\r\n").as_bytes()).expect("a record");
        let out = writer.into_inner().expect("a vector takes all");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), format!("{text}\n").repeat(3), "at {level}");
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A line, good or bad, with some end; and sometimes an LF in its midst.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let newline = prop_oneof![6 => Just(None), 1 => any::<Index>().prop_map(Some)];
    (line(tree()), select(&ENDS[..]), newline).prop_map(|(mut text, end, newline)| {
        text.extend_from_slice(end);
        if let Some(at) = newline {
            text.insert(at.index(text.len() + 1), b'\n');
        }
        text
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn write_raw_of_any_text(texts in vec(text(), 1..20)) {
        for level in Level::available() {
            let mut checked = Checked::new(level);
            texts.iter().for_each(|text| checked.write_raw(text));
            checked.write();
            checked.finish();
        }
    }
}
