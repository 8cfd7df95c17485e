//! The readers under comparison. Each is written as its users write it and deserializes every line into the same type.

use std::fmt;

use simd_json::Buffers;
use simd_jsonl::{JsonlSlice, Level};

use crate::tally::Sink;
use crate::types::Shape;

/// A reader of JSON Lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// This crate, at one of the levels the machine has.
    SimdJsonl(Level),
    /// `sonic_rs::from_slice` on each line.
    SonicRs,
    /// simd-json with its buffers kept, on a copy of each line: it parses in place and so needs `&mut [u8]`.
    SimdJson,
    /// `serde_json::from_slice` on each line.
    SerdeJson,
}

impl Peer {
    /// Every peer that runs on this machine: this crate from its fastest level down, then the others.
    pub fn all() -> Vec<Self> {
        let ours = Level::available().into_iter().map(Self::SimdJsonl);
        ours.chain([Self::SonicRs, Self::SimdJson, Self::SerdeJson]).collect()
    }

    /// Whether it is this crate.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::SimdJsonl(_))
    }

    /// Deserializes every line of `bytes` and hands the records to a new sink.
    ///
    /// # Panics
    ///
    /// When a line does not deserialize: the workloads hold none such.
    pub fn read<S: Shape, K: Sink>(self, bytes: &[u8]) -> K {
        match self {
            Self::SimdJsonl(level) => simd_jsonl::<S, K>(bytes, level),
            Self::SonicRs => sonic_rs::<S, K>(bytes),
            Self::SimdJson => simd_json::<S, K>(bytes),
            Self::SerdeJson => serde_json::<S, K>(bytes),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SimdJsonl(level) => write!(f, "simd-jsonl {}", level.name()),
            Self::SonicRs => f.write_str("sonic-rs"),
            Self::SimdJson => f.write_str("simd-json"),
            Self::SerdeJson => f.write_str("serde_json"),
        }
    }
}

fn simd_jsonl<S: Shape, K: Sink>(bytes: &[u8], level: Level) -> K {
    let mut sink = K::default();
    for record in JsonlSlice::builder().level(level).from_slice(bytes).into_deserialize::<S::Record<'_>>() {
        let record = record.expect("valid record");
        sink.take(&record);
    }
    sink
}

fn sonic_rs<S: Shape, K: Sink>(bytes: &[u8]) -> K {
    let mut sink = K::default();
    for line in lines(bytes) {
        let record: S::Record<'_> = sonic_rs::from_slice(line).expect("valid record");
        sink.take(&record);
    }
    sink
}

fn simd_json<S: Shape, K: Sink>(bytes: &[u8]) -> K {
    let mut sink = K::default();
    let mut copy = Vec::new();
    let mut buffers = Buffers::default();
    for line in lines(bytes) {
        copy.clear();
        copy.extend_from_slice(line);
        let record: S::Record<'_> =
            simd_json::serde::from_slice_with_buffers(&mut copy, &mut buffers).expect("valid record");
        sink.take(&record);
    }
    sink
}

fn serde_json<S: Shape, K: Sink>(bytes: &[u8]) -> K {
    let mut sink = K::default();
    for line in lines(bytes) {
        let record: S::Record<'_> = serde_json::from_slice(line).expect("valid record");
        sink.take(&record);
    }
    sink
}

/// The lines of `bytes` without their line feeds, as fast as a user of the other crates can have them.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', bytes).map(move |end| &bytes[std::mem::replace(&mut start, end + 1)..end])
}
