//! serde_json.

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
