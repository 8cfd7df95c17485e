//! simd-json.

use simd_json::Buffers;

use crate::tally::Sink;
use crate::text::Text;
use crate::types::Shape;

pub(super) fn records<S: Shape, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    let mut copy = Vec::new();
    let mut buffers = Buffers::default();
    for line in text.lines() {
        copy.clear();
        copy.extend_from_slice(line);
        let record: S::Record<'_> =
            simd_json::serde::from_slice_with_buffers(&mut copy, &mut buffers).expect("valid record");
        sink.take(&record);
    }
    sink
}

pub(super) fn values<K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    let mut copy = Vec::new();
    let mut buffers = Buffers::default();
    for line in text.lines() {
        copy.clear();
        copy.extend_from_slice(line);
        let value = simd_json::to_borrowed_value_with_buffers(&mut copy, &mut buffers).expect("valid record");
        sink.take(&value);
    }
    sink
}
