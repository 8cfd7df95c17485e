//! What is measured: a workload read into a type.

use crate::peers::Peer;
use crate::tally::{Count, Tally};
use crate::types::{Chat, Embedding, Log, LogOwned, LogProjection, Shape, Small, SmallOwned};
use crate::workload::Workload;

/// A workload and the type it is read into.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The name, as in the table and for the filter.
    pub name: &'static str,
    workload: Workload,
    tally: fn(Peer, &[u8]) -> Tally,
    count: fn(Peer, &[u8]) -> Count,
}

impl Case {
    /// Every case there is.
    pub const ALL: [Self; 7] = [
        Self::new::<Small>("small borrowed", Workload::Small),
        Self::new::<Log>("log borrowed", Workload::Log),
        Self::new::<LogProjection>("log projection", Workload::Log),
        Self::new::<Chat>("chat", Workload::Chat),
        Self::new::<Embedding>("embeddings", Workload::Embeddings),
        Self::new::<SmallOwned>("small owned", Workload::Small),
        Self::new::<LogOwned>("log owned", Workload::Log),
    ];

    const fn new<S: Shape>(name: &'static str, workload: Workload) -> Self {
        Self { name, workload, tally: Peer::read::<S, Tally>, count: Peer::read::<S, Count> }
    }

    /// Generates at least `size` bytes of records and makes sure that all `peers` read the same from them.
    ///
    /// # Panics
    ///
    /// When two peers disagree, for then there is nothing to compare.
    pub fn prepare(self, peers: &[Peer], size: usize) -> Input {
        let bytes = self.workload.generate(size);
        let expected = (self.tally)(Peer::SerdeJson, &bytes).result();
        for &peer in peers {
            let result = (self.tally)(peer, &bytes).result();
            assert_eq!(result, expected, "{}: {peer} does not read what {} reads", self.name, Peer::SerdeJson);
        }
        Input { bytes, records: expected.0, count: self.count }
    }
}

/// The bytes of a case on which all peers agree.
#[derive(Debug)]
pub struct Input {
    bytes: Vec<u8>,
    records: u64,
    count: fn(Peer, &[u8]) -> Count,
}

impl Input {
    /// The size in bytes.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Reads it all once; this is the call to time.
    ///
    /// # Panics
    ///
    /// When the peer loses a record or makes one up.
    pub fn read(&self, peer: Peer) {
        let count = (self.count)(peer, &self.bytes);
        assert_eq!(count, Count(self.records), "{peer}");
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
            peers.iter().for_each(|&peer| input.read(peer));
        }
    }

    #[test]
    fn tally_sees_the_last_digit() {
        let read = |bytes: &[u8]| Peer::SerdeJson.read::<LogProjection, Tally>(bytes).result();
        let expected = read(b"{\"level\":\"INFO\",\"dur_ms\":1.001}\n");
        assert_eq!(expected, read(b"{\"dur_ms\":1.001,\"level\":\"INFO\"}\n"));
        assert_ne!(expected, read(b"{\"level\":\"INFO\",\"dur_ms\":1.002}\n"));
        assert_ne!(expected, read(b"{\"level\":\"WARN\",\"dur_ms\":1.001}\n"));
    }
}
