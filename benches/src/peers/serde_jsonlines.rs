//! serde-jsonlines.

use serde::de::DeserializeOwned;
use serde_jsonlines::JsonLinesReader;

use crate::tally::{Sink, Tallied};
use crate::text::Text;

pub(crate) fn records<T: DeserializeOwned + Tallied, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    for record in JsonLinesReader::new(text.bytes()).read_all::<T>() {
        let record = record.expect("valid record");
        sink.take(&record);
    }
    sink
}
