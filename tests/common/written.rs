//! One value, written: at every level, between two other records, and as `serde_json` writes it.

#![allow(dead_code)]

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use simd_jsonl::{Error, ErrorKind, JsonlWriter, Level, Position, Result, WriterBuilder};

/// What writes a value. It hides the type, so that all that follows is compiled once.
type Write<'a> = &'a dyn Fn(&mut JsonlWriter<Vec<u8>>) -> Result<()>;

/// The record that the writers of `builder` make of a value, without its LF: the same at every level, between two other
/// records. If it fails, it fails alike at all of them, and leaves nothing behind.
pub fn written_by<T: Serialize + ?Sized>(builder: &WriterBuilder, value: &T) -> Result<String> {
    at_all_levels(builder, &|writer| writer.write(value))
}

fn at_all_levels(builder: &WriterBuilder, write: Write<'_>) -> Result<String> {
    let mut all = Level::available().into_iter().map(|level| (level, at_level(level, builder, write)));
    let (first, want) = all.next().expect("one level at least");
    for (level, got) in all {
        match (&got, &want) {
            (Ok(got), Ok(want)) => assert_eq!(got, want, "left: {level}, right: {first}"),
            (Err(got), Err(want)) => assert_eq!(got.to_string(), want.to_string(), "left: {level}, right: {first}"),
            _ => panic!("{got:?} at {level}, {want:?} at {first}"),
        }
    }
    want
}

fn at_level(level: Level, builder: &WriterBuilder, write: Write<'_>) -> Result<String> {
    let mut writer = builder.clone().level(level).from_writer(Vec::new());
    writer.write("before").expect("a string");
    let before = writer.position();
    let result = write(&mut writer);
    let after = writer.position();
    writer.write("after").expect("a string");
    let out = writer.into_inner().expect("a vector takes all");
    let out = String::from_utf8(out).unwrap_or_else(|e| panic!("not UTF-8 at {level}: {e}"));
    let record = out.strip_prefix("\"before\"\n").and_then(|out| out.strip_suffix("\"after\"\n"));
    let record = record.unwrap_or_else(|| panic!("the records around it at {level}: {out:?}"));
    let len = record.len() as u64;
    match result {
        Ok(()) => {
            assert_eq!(after, Position { offset: before.offset + len, line: before.line + 1 }, "at {level}: {out:?}");
            let record = record.strip_suffix('\n').unwrap_or_else(|| panic!("no LF at {level}: {out:?}"));
            assert!(!record.is_empty() && !record.contains('\n'), "not one line at {level}: {out:?}");
            Ok(record.to_owned())
        }
        Err(e) => {
            assert_eq!((record, after), ("", before), "{e} at {level}: {out:?}");
            assert!(e.is_data() && e.path().is_none(), "{e:?} at {level}");
            assert_eq!(e.position().line, before.line, "{e} at {level}");
            assert_eq!(e.column(), e.position().offset - before.offset + 1, "{e} at {level}");
            Err(e)
        }
    }
}

/// The same, with the defaults, of a value that can be written.
pub fn written<T: Serialize + ?Sized>(value: &T) -> String {
    written_by(&WriterBuilder::new(), value).unwrap_or_else(|e| panic!("{}: {e}", std::any::type_name::<T>()))
}

/// An object of any keys and values, in this order.
pub struct Pairs<K, V>(pub Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(k, v)| (k, v)))
    }
}

/// Asserts that a value is written as `serde_json` writes it: alone, in arrays and in an object.
pub fn same<T: Serialize + ?Sized>(value: &T) {
    same_alone(value);
    same_alone(&([value; 2], BTreeMap::from([("k", value), ("l", value)])));
}

/// The same, alone; it returns the text.
pub fn same_alone<T: Serialize + ?Sized>(value: &T) -> String {
    let name = std::any::type_name::<T>();
    let want = serde_json::to_string(value).unwrap_or_else(|e| panic!("serde_json refuses this {name}: {e}"));
    let got = written(value);
    assert_eq!(got, want, "left: ours, right: serde_json's; {name}");
    got
}

/// Asserts that a value is refused, alone and within others, for this reason, and by `serde_json` too.
pub fn refused<T: Serialize + ?Sized>(value: &T, kind: ErrorKind) {
    let name = std::any::type_name::<T>();
    assert!(serde_json::to_vec(value).is_err(), "serde_json takes this {name}");
    refused_by(&WriterBuilder::new(), value, kind);
}

/// The same, by a writer with options.
pub fn refused_by<T: Serialize + ?Sized>(builder: &WriterBuilder, value: &T, kind: ErrorKind) {
    let alone = at_all_levels(builder, &|writer| writer.write(value));
    let inside = at_all_levels(builder, &|writer| writer.write(&BTreeMap::from([("k", [value])])));
    let error = |result: Result<String>| -> Error {
        result.err().unwrap_or_else(|| panic!("this {} is written", std::any::type_name::<T>()))
    };
    let (alone, inside) = (error(alone), error(inside));
    // what is written before it moves it, and nothing else
    assert_eq!((alone.kind(), inside.kind()), (kind, kind), "{alone}; {inside}");
    assert_eq!(inside.column(), alone.column() + r#"{"k":["#.len() as u64, "{alone}; {inside}");
}
