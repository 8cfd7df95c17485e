//! What is measured: a workload and what is done with each of its records.

use serde::de::IgnoredAny;

use crate::peers::{GetLevel, LaxTyped, Peer, Task, ToValue, Typed};
use crate::tally::{Agreement, Count, Tally};
use crate::text::Text;
use crate::types::{
    Chat, Embedding, Event, Huge, Log, LogOwned, LogProjection, Metric, Small, SmallOwned, Tiny, Tweet,
};
use crate::workload::{Workload, spaced};

/// A workload and what is done with each of its records.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The name, as in the table and for the filter.
    pub name: &'static str,
    workload: Workload,
    spaced: bool,
    tally: fn(Peer, &Text) -> Option<Tally>,
    count: fn(Peer, &Text) -> Option<Count>,
}

impl Case {
    /// Every case there is.
    pub const ALL: [Self; 18] = [
        Self::new::<Typed<Small>>("small borrowed", Workload::Small),
        Self::new::<Typed<Log>>("log borrowed", Workload::Log),
        Self::new::<Typed<LogProjection>>("log projection", Workload::Log),
        Self::new::<LaxTyped<LogProjection>>("log projection, lax_skip", Workload::Log),
        Self::new::<Typed<Chat>>("chat", Workload::Chat),
        Self::new::<Typed<Embedding>>("embeddings", Workload::Embeddings),
        Self::new::<Typed<SmallOwned>>("small owned", Workload::Small),
        Self::new::<Typed<LogOwned>>("log owned", Workload::Log),
        Self::new::<Typed<Event>>("github events", Workload::GitHub),
        Self::new::<Typed<Tweet>>("tweets", Workload::Tweets),
        Self::new::<Typed<Metric>>("metrics", Workload::Metrics),
        Self::new::<GetLevel>("get one field", Workload::Log),
        Self::new::<ToValue>("Value, log", Workload::Log),
        Self::new::<ToValue>("Value, tweets", Workload::Tweets),
        Self::new::<Typed<IgnoredAny>>("IgnoredAny", Workload::Log),
        Self::new::<Typed<Log>>("log spaced", Workload::Log).spaced(),
        Self::new::<Typed<Tiny>>("tiny", Workload::Tiny),
        Self::new::<Typed<Huge>>("huge", Workload::Huge),
    ];

    const fn new<T: Task>(name: &'static str, workload: Workload) -> Self {
        Self { name, workload, spaced: false, tally: T::run::<Tally>, count: T::run::<Count> }
    }

    const fn spaced(self) -> Self {
        Self { spaced: true, ..self }
    }

    /// Generates at least `size` bytes of records and makes sure that all `peers` that can read them read the same.
    ///
    /// # Panics
    ///
    /// When two peers disagree by more than the rounding of floats, for then there is nothing to compare.
    pub fn prepare(self, peers: &[Peer], size: usize) -> Input {
        let mut bytes = self.workload.generate(size);
        if self.spaced {
            bytes = spaced(&bytes);
        }
        let text = Text::new(bytes);
        let reference = Peer::reference();
        let expected = (self.tally)(reference, &text).expect("this crate can do everything");
        let mut input =
            Input { text, records: expected.result().0, peers: Vec::new(), rounding: Vec::new(), count: self.count };
        for &peer in peers {
            let Some(tally) = (self.tally)(peer, &input.text) else { continue };
            match expected.agreement(&tally) {
                Agreement::Full => {}
                Agreement::Rounding { per_mille, ulps } if !peer.is_ours() => {
                    input.rounding.push(Rounding { peer, per_mille, ulps });
                }
                _ => panic!("{}: {peer} does not read what {reference} reads", self.name),
            }
            input.peers.push(peer);
        }
        input
    }
}

/// A peer that rounds some floats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// The peer.
    pub peer: Peer,
    /// How many floats, in parts of 1000, rounded up.
    pub per_mille: u64,
    /// By how many units in the last place, at most.
    pub ulps: u64,
}

/// The bytes of a case on which all peers agree.
#[derive(Debug)]
pub struct Input {
    text: Text,
    records: u64,
    peers: Vec<Peer>,
    rounding: Vec<Rounding>,
    count: fn(Peer, &Text) -> Option<Count>,
}

impl Input {
    /// The size in bytes.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.text.bytes().len()
    }

    /// Those of the peers that can read it.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// Those of the peers that do not round every float correctly.
    pub fn rounding(&self) -> &[Rounding] {
        &self.rounding
    }

    /// Reads it all once; this is the call to time.
    ///
    /// # Panics
    ///
    /// When the peer loses a record or makes one up, or is none of [`peers`](Self::peers).
    pub fn read(&self, peer: Peer) {
        let count = (self.count)(peer, &self.text);
        assert_eq!(count, Some(Count(self.records)), "{peer}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_peers_agree() {
        let peers = Peer::all();
        for case in Case::ALL {
            let input = case.prepare(&peers, 256 << 10);
            input.peers().iter().for_each(|&peer| input.read(peer));
            assert!(input.rounding().is_empty() || case.name == "metrics", "{}: {:?}", case.name, input.rounding());
        }
    }

    #[test]
    fn tally_sees_the_last_digit() {
        let read = |bytes: &[u8]| {
            let text = Text::new(bytes.to_vec());
            Typed::<LogProjection>::run::<Tally>(Peer::SerdeJson, &text).unwrap().result()
        };
        let expected = read(b"{\"level\":\"INFO\",\"dur_ms\":1.001}\n");
        assert_eq!(expected, read(b"{\"dur_ms\":1.001,\"level\":\"INFO\"}\n"));
        assert_ne!(expected, read(b"{\"level\":\"INFO\",\"dur_ms\":1.002}\n"));
        assert_ne!(expected, read(b"{\"level\":\"WARN\",\"dur_ms\":1.001}\n"));
    }
}
