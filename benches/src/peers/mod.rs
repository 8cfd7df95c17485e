//! The readers under comparison. Each is written as its users write it.

mod ours;
mod serde_json;
mod simd_json;
mod sonic;

use std::fmt;

use simd_jsonl::Level;

use crate::tally::Sink;
use crate::text::Text;
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

    /// This crate in portable code: what the others must agree with.
    pub fn reference() -> Self {
        Self::SimdJsonl(*Level::available().last().expect("the portable level is everywhere"))
    }

    /// Whether it is this crate.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::SimdJsonl(_))
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

/// What is done with every record.
pub trait Task {
    /// Lets `peer` do it and hand the results to a new sink; `None` if the peer cannot.
    ///
    /// # Panics
    ///
    /// When a line cannot be read: the workloads hold none such.
    fn run<K: Sink>(peer: Peer, text: &Text) -> Option<K>;
}

/// Decodes it into a type.
pub struct Typed<S>(S);

impl<S: Shape> Task for Typed<S> {
    fn run<K: Sink>(peer: Peer, text: &Text) -> Option<K> {
        Some(match peer {
            Peer::SimdJsonl(level) => ours::records::<S, K>(text, level, false),
            Peer::SonicRs => sonic::slice::<S, K>(text),
            Peer::SimdJson => simd_json::records::<S, K>(text),
            Peer::SerdeJson => serde_json::slice::<S, K>(text),
        })
    }
}

/// Decodes it into a type, and validates as little of the rest as the peer allows.
pub struct LaxTyped<S>(S);

impl<S: Shape> Task for LaxTyped<S> {
    fn run<K: Sink>(peer: Peer, text: &Text) -> Option<K> {
        match peer {
            Peer::SimdJsonl(level) => Some(ours::records::<S, K>(text, level, true)),
            _ => Typed::<S>::run(peer, text),
        }
    }
}

/// Finds the member `level` and decodes it; the rest is not looked at.
pub struct GetLevel;

impl Task for GetLevel {
    fn run<K: Sink>(peer: Peer, text: &Text) -> Option<K> {
        match peer {
            Peer::SimdJsonl(level) => Some(ours::get(text, level, "level")),
            _ => None,
        }
    }
}

/// Decodes it into the peer's own type of dynamic values.
pub struct ToValue;

impl Task for ToValue {
    fn run<K: Sink>(peer: Peer, text: &Text) -> Option<K> {
        match peer {
            Peer::SimdJsonl(level) => Some(ours::values(text, level)),
            Peer::SonicRs => Typed::<::sonic_rs::Value>::run(peer, text),
            Peer::SimdJson => Some(simd_json::values(text)),
            Peer::SerdeJson => Typed::<::serde_json::Value>::run(peer, text),
        }
    }
}
