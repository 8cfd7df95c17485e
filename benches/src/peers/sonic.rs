//! sonic-rs.

use sonic_rs::{Deserializer, JsonValueTrait, LazyValue};

use crate::tally::Sink;
use crate::text::Text;
use crate::types::Shape;

pub(super) fn slice<S: Shape, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    for line in text.lines() {
        let record: S::Record<'_> = sonic_rs::from_slice(line).expect("valid record");
        sink.take(&record);
    }
    sink
}

pub(super) fn stream<S: Shape, K: Sink>(text: &Text) -> K {
    let mut sink = K::default();
    for record in Deserializer::from_slice(text.bytes()).into_stream::<S::Record<'_>>() {
        match record {
            Ok(record) => sink.take(&record),
            // The end of the input is an error to it.
            Err(error) if error.is_eof() => break,
            Err(error) => panic!("valid record: {error}"),
        }
    }
    sink
}

pub(super) fn lazy<K: Sink>(text: &Text, key: &str) -> K {
    let mut sink = K::default();
    for line in text.lines() {
        let record: LazyValue<'_> = sonic_rs::from_slice(line).expect("valid record");
        let value = record.get(key).expect("a member");
        sink.take(&value.as_str().expect("a string"));
    }
    sink
}

pub(super) fn get<K: Sink>(text: &Text, key: &str) -> K {
    gotten(text, |line| sonic_rs::get_from_slice(line, [key]))
}

#[expect(unsafe_code, reason = "the function is fast because it trusts its input")]
pub(super) fn get_unchecked<K: Sink>(text: &Text, key: &str) -> K {
    // SAFETY: the workloads hold nothing but valid JSON.
    gotten(text, |line| unsafe { sonic_rs::get_from_slice_unchecked(line, [key]) })
}

fn gotten<K: Sink>(text: &Text, get: impl Fn(&[u8]) -> sonic_rs::Result<LazyValue<'_>>) -> K {
    let mut sink = K::default();
    for line in text.lines() {
        let value = get(line).expect("valid record");
        sink.take(&value.as_str().expect("a string"));
    }
    sink
}
