//! Writing: any value is written byte for byte as `serde_json` writes it, at every level, one record a line, and is read back as
//! that value; or it fails there too, and leaves nothing behind.
#![no_main]

#[path = "../../tests/common/data.rs"]
mod data;

use data::{Data, Source, in_ascii};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use simd_jsonl::{ErrorKind, Level, ReaderBuilder, WriterBuilder};

/// The lines of those values that can be written, and why the others cannot.
fn write(builder: &WriterBuilder, values: &[Data]) -> (String, Vec<Option<ErrorKind>>) {
    let mut writer = builder.from_writer(Vec::new());
    let errors = values.iter().map(|value| {
        let before = writer.position();
        let kind = writer.write(value).err().map(|error| error.kind());
        assert_eq!(kind.is_some(), writer.position() == before, "the position of {value:?}");
        kind
    });
    let errors = errors.collect();
    let out = writer.into_inner().expect("a vector takes all");
    (String::from_utf8(out).expect("UTF-8"), errors)
}

fuzz_target!(|input: &[u8]| {
    let mut source = Source(input);
    let mut values = Vec::new();
    while !source.0.is_empty() {
        values.push(source.value());
    }

    let want: Vec<Option<String>> = values.iter().map(|value| serde_json::to_string(value).ok()).collect();
    let lines: String = want.iter().flatten().map(|line| format!("{line}\n")).collect();
    let read: Vec<Value> = want.iter().flatten().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for level in Level::available() {
        let mut builder = WriterBuilder::new();
        builder.level(level).buffer_size(input.len() % 300);
        let (out, errors) = write(&builder, &values);
        assert_eq!(out, lines, "left: ours at {level}, right: serde_json's");
        for (error, want) in errors.iter().zip(&want) {
            let is_key = matches!(error, Some(ErrorKind::InvalidKey | ErrorKind::NonFiniteFloat));
            assert!(if want.is_some() { error.is_none() } else { is_key }, "{error:?} at {level}");
        }
        let (in_ascii_only, _) = write(builder.ascii_only(true), &values);
        assert_eq!(in_ascii_only, in_ascii(&lines), "left: ours at {level}, right: serde_json's");
        for text in [out, in_ascii_only] {
            let records = ReaderBuilder::new().level(level).strict(true).from_slice(text.as_bytes()).into_deserialize();
            let records: Result<Vec<Value>, _> = records.collect();
            assert_eq!(records.expect("JSON Lines"), read, "left: read back at {level}, right: by serde_json");
        }
        let (_, errors) = write(builder.reject_non_finite(true), &values);
        for ((error, value), want) in errors.iter().zip(&values).zip(&want) {
            let fails = want.is_none() || value.has_non_finite();
            assert_eq!(error.is_some(), fails, "{value:?} at {level}");
        }
    }
});
