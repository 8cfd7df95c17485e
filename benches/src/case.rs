//! What is measured: a workload and what is done with each of its records.

use serde::de::IgnoredAny;

use crate::goals::Goal;
use crate::peers::{GetLevel, LaxTyped, Peer, Task, ToValue, Typed, cpp};
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
    /// What the records are, or what is done with them.
    pub about: &'static str,
    /// What the ratios are to be.
    pub goal: Goal,
    workload: Workload,
    spaced: bool,
    tally: fn(Peer, &Text) -> Option<Tally>,
    count: fn(Peer, &Text) -> Option<Count>,
}

impl Case {
    /// Every case there is.
    pub const ALL: [Self; 18] = [
        Self::new::<Typed<Small>>("small borrowed", "5 fields, 85 B", Workload::Small).goals(3.0, 1.2),
        Self::new::<Typed<Log>>("log borrowed", "8 fields, 330 B", Workload::Log).goals(3.0, 1.2),
        Self::new::<Typed<LogProjection>>("log projection", "2 of 8 fields", Workload::Log).goals(3.2, 0.9),
        Self::new::<LaxTyped<LogProjection>>("log projection, lax_skip", "the rest not validated", Workload::Log)
            .goals(4.0, 1.1),
        Self::new::<Typed<Chat>>("chat", "text with escapes, 1.5 kB", Workload::Chat).goals(1.8, 1.2),
        Self::new::<Typed<Embedding>>("embeddings", "768 `f32`, 9 kB", Workload::Embeddings).goals(3.0, 2.2),
        Self::new::<Typed<SmallOwned>>("small owned", "`String`s", Workload::Small).goal(2.1),
        Self::new::<Typed<LogOwned>>("log owned", "`String`s", Workload::Log).goal(2.1),
        Self::new::<Typed<Event>>("github events", "8 fields of 2 kB", Workload::GitHub).goals(2.5, 1.0),
        Self::new::<Typed<Tweet>>("tweets", "9 fields of 2.5 kB, Japanese", Workload::Tweets).goals(2.5, 1.0),
        Self::new::<Typed<Metric>>("metrics", "10 `f64` with all digits, 310 B", Workload::Metrics).goals(2.0, 1.5),
        Self::new::<GetLevel>("get one field", "lazy, log", Workload::Log).goals(2.5, 1.0).over(Peer::SonicRsLazy),
        Self::new::<ToValue>("Value, log", "dynamic", Workload::Log).goal(1.3).over(Peer::SimdJson),
        Self::new::<ToValue>("Value, tweets", "dynamic", Workload::Tweets).goal(1.3).over(Peer::SimdJson),
        Self::new::<Typed<IgnoredAny>>("IgnoredAny", "log, validated only", Workload::Log),
        Self::new::<Typed<Log>>("log spaced", "spaces after `,` and `:`", Workload::Log).spaced(),
        Self::new::<Typed<Tiny>>("tiny", "9 B", Workload::Tiny).goals(1.0, 1.0),
        Self::new::<Typed<Huge>>("huge", "log records in an array, 10 MB", Workload::Huge).goals(1.0, 1.0),
    ];

    const fn new<T: Task>(name: &'static str, about: &'static str, workload: Workload) -> Self {
        let (tally, count) = (T::run::<Tally>, T::run::<Count>);
        Self { name, about, goal: Goal::NONE, workload, spaced: false, tally, count }
    }

    const fn goal(mut self, over_rust: f64) -> Self {
        self.goal.over_rust = Some(over_rust);
        self
    }

    const fn goals(mut self, over_rust: f64, over_simdjson: f64) -> Self {
        self.goal.over_simdjson = Some(over_simdjson);
        self.goal(over_rust)
    }

    const fn over(mut self, rival: Peer) -> Self {
        self.goal.rival = Some(rival);
        self
    }

    const fn spaced(mut self) -> Self {
        self.spaced = true;
        self
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
        let (mut able, mut rounding) = (Vec::new(), Vec::new());
        for &peer in peers {
            let agreement = match peer {
                Peer::Simdjson => cpp::read(self.name, &text, true).map(|result| match result == expected.result() {
                    true => Agreement::Full,
                    false => Agreement::None,
                }),
                _ => (self.tally)(peer, &text).map(|tally| expected.agreement(&tally)),
            };
            match agreement {
                None => continue,
                Some(Agreement::Full) => {}
                Some(Agreement::Rounding { per_mille, ulps }) if !peer.is_ours() => {
                    rounding.push(Rounding { peer, per_mille, ulps });
                }
                Some(_) => panic!("{}: {peer} does not read what {reference} reads", self.name),
            }
            able.push(peer);
        }
        Input { case: self.name, text, records: expected.result().0, peers: able, rounding, count: self.count }
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
    case: &'static str,
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
        let count = match peer {
            Peer::Simdjson => cpp::read(self.case, &self.text, false).map(|(records, _)| Count(records)),
            _ => (self.count)(peer, &self.text),
        };
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
