//! serde_json.

use std::io::BufRead;

use crate::tally::Sink;
use crate::text::Text;
use crate::types::Shape;

pub(super) fn slice<S: Shape, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    for line in text.lines() {
        let record: S::Record<'_> = serde_json::from_slice(line).expect("valid record");
        sink.take(&record);
    }
    sink
}

pub(super) fn stream<S: Shape, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    for record in serde_json::Deserializer::from_slice(text.bytes()).into_iter::<S::Record<'_>>() {
        let record = record.expect("valid record");
        sink.take(&record);
    }
    sink
}

pub(super) fn lines<S: Shape, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    for line in text.bytes().lines() {
        let line = line.expect("valid UTF-8");
        let record: S::Record<'_> = serde_json::from_str(&line).expect("valid record");
        sink.take(&record);
    }
    sink
}
