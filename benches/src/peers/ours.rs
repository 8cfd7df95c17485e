//! simd-jsonl.

use simd_jsonl::{JsonlSlice, Level};

use crate::tally::Sink;
use crate::text::Text;
use crate::types::Shape;

pub(super) fn records<S: Shape, K: Sink>(text: &Text, level: Level, lax: bool) -> K {
    let mut sink = K::default();
    let reader = JsonlSlice::builder().level(level).lax_skip(lax).from_slice(text.bytes());
    for record in reader.into_deserialize::<S::Record<'_>>() {
        let record = record.expect("valid record");
        sink.take(&record);
    }
    sink
}

pub(super) fn get<K: Sink>(text: &Text, level: Level, key: &str) -> K {
    let mut sink = K::default();
    let mut reader = JsonlSlice::builder().level(level).from_slice(text.bytes());
    while let Some(record) = reader.next_record().expect("valid line") {
        let value = record.get(key).expect("valid record").and_then(|value| value.as_str()).expect("a string");
        sink.take(&value);
    }
    sink
}

pub(super) fn values<K: Sink>(text: &Text, level: Level) -> K {
    let mut sink = K::default();
    let mut reader = JsonlSlice::builder().level(level).from_slice(text.bytes());
    while let Some(record) = reader.next_record().expect("valid line") {
        let value = record.to_value().expect("valid record");
        sink.take(&value);
    }
    sink
}
