//! The readers under comparison. Each is written as its users write it.

pub(crate) mod cpp;
mod ours;
mod serde_json;
pub(crate) mod serde_jsonlines;
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
    /// `serde_json::from_slice` on each line.
    SerdeJson,
    /// `serde_json::Deserializer::from_slice` over all lines.
    SerdeJsonStream,
    /// `serde_json::from_str` on each of `BufRead::lines`.
    SerdeJsonLines,
    /// `JsonLinesReader` of serde-jsonlines, which knows no types that borrow: it is left out where there is one.
    SerdeJsonlines,
    /// `sonic_rs::from_slice` on each line.
    SonicRs,
    /// `sonic_rs::Deserializer::from_slice` over all lines.
    SonicRsStream,
    /// `sonic_rs::from_slice::<LazyValue>` on each line, which checks the whole of it, and `get`.
    SonicRsLazy,
    /// `sonic_rs::get_from_slice` on each line, which looks at nothing behind the member.
    SonicRsGet,
    /// `sonic_rs::get_from_slice_unchecked` on each line, likewise, and which trusts what stands before it.
    SonicRsGetUnchecked,
    /// simd-json with its buffers kept, on a copy of each line: it parses in place and so needs `&mut [u8]`.
    SimdJson,
    /// simdjson, the C++ library: On-Demand, `iterate_many`, one thread. Without the feature `simdjson` it can
    /// do nothing.
    Simdjson,
}

impl Peer {
    /// Every peer: this crate at each level of this machine, from the fastest down, then the others.
    pub fn all() -> Vec<Self> {
        let ours = Level::available().into_iter().map(Self::SimdJsonl);
        let serde_json = [Self::SerdeJson, Self::SerdeJsonStream, Self::SerdeJsonLines, Self::SerdeJsonlines];
        let sonic_rs = [Self::SonicRs, Self::SonicRsStream, Self::SonicRsLazy];
        let sonic_rs_get = [Self::SonicRsGet, Self::SonicRsGetUnchecked];
        let simd_json = [Self::SimdJson, Self::Simdjson];
        ours.chain(serde_json).chain(sonic_rs).chain(sonic_rs_get).chain(simd_json).collect()
    }

    /// This crate in portable code: what the others must agree with.
    pub fn reference() -> Self {
        Self::SimdJsonl(*Level::available().last().expect("the portable level is everywhere"))
    }

    /// Whether it is this crate.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::SimdJsonl(_))
    }

    /// Whether it is another crate.
    pub fn is_other_crate(self) -> bool {
        !self.is_ours() && self != Self::Simdjson
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SimdJsonl(level) => return write!(f, "simd-jsonl {}", level.name()),
            Self::SerdeJson => "serde_json slice",
            Self::SerdeJsonStream => "serde_json stream",
            Self::SerdeJsonLines => "serde_json lines",
            Self::SerdeJsonlines => "serde-jsonlines",
            Self::SonicRs => "sonic-rs slice",
            Self::SonicRsStream => "sonic-rs stream",
            Self::SonicRsLazy => "sonic-rs LazyValue",
            Self::SonicRsGet => "sonic-rs get",
            Self::SonicRsGetUnchecked => "sonic-rs get_unchecked",
            Self::SimdJson => "simd-json",
            Self::Simdjson => "simdjson C++",
        })
    }
}

/// What is done with every record.
pub trait Task {
    /// Lets `peer` do it and hand the results to a new sink; `None` if the peer cannot. [`Peer::Simdjson`] can do nothing
    /// here: its code is written for each [`Case`](crate::case::Case) anew.
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
        match peer {
            Peer::SimdJsonl(level) => Some(ours::records::<S, K>(text, level, false)),
            Peer::SerdeJson => Some(serde_json::slice::<S, K>(text)),
            Peer::SerdeJsonStream => Some(serde_json::stream::<S, K>(text)),
            Peer::SerdeJsonLines => Some(serde_json::lines::<S, K>(text)),
            Peer::SerdeJsonlines => S::read_owned(text),
            Peer::SonicRs => Some(sonic::slice::<S, K>(text)),
            Peer::SonicRsStream => Some(sonic::stream::<S, K>(text)),
            Peer::SimdJson => Some(simd_json::records::<S, K>(text)),
            Peer::SonicRsLazy | Peer::SonicRsGet | Peer::SonicRsGetUnchecked | Peer::Simdjson => None,
        }
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
            Peer::SonicRsLazy => Some(sonic::lazy(text, "level")),
            Peer::SonicRsGet => Some(sonic::get(text, "level")),
            Peer::SonicRsGetUnchecked => Some(sonic::get_unchecked(text, "level")),
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
            // Its time was measured to grow with the square of the input.
            Peer::SonicRsStream => None,
            Peer::SimdJson => Some(simd_json::values(text)),
            _ => Typed::<::serde_json::Value>::run(peer, text),
        }
    }
}
