//! What is measured of writing: the records of a workload, as text again.

mod writers;

use std::fmt;
use std::io::Write;

use serde::Serialize;
use simd_jsonl::JsonlSlice;

use crate::peers::{Peer, Task, Typed};
use crate::tally::{Agreement, Tally};
use crate::text::Text;
use crate::types::{Chat, Embedding, Event, Log, Metric, Shape, Small, Tiny, Tweet};
use crate::workload::Workload;
use writers::Discard;
pub use writers::Writer;

/// How much text the records make that are written over and over: more than the caches near the core hold, little enough
/// that there is room for the records.
const TEXT: usize = 4 << 20;

/// A workload and the type its records are written from.
#[derive(Clone, Copy, Debug)]
pub struct WriteCase {
    /// The name, as in the table and for the filter.
    pub name: &'static str,
    /// What the records are.
    pub about: &'static str,
    /// How many times as fast as that writer this crate is to be, besides [`WRITE_OVER_BEST`](crate::goals::WRITE_OVER_BEST).
    pub goal: Option<(Writer, f64)>,
    workload: Workload,
    generate: fn(Workload, usize) -> Vec<u8>,
    read: fn(&'static [u8]) -> Box<dyn Records>,
    tally: fn(Vec<u8>) -> Tally,
}

impl WriteCase {
    /// Every case there is.
    pub const ALL: [Self; 9] = [
        Self::new::<Small>("write small", "5 fields, 85 B", Workload::Small).goal(1.15, Writer::SonicRs),
        Self::new::<Log>("write log", "8 fields, 330 B", Workload::Log).goal(1.15, Writer::SonicRs),
        Self::new::<Chat>("write chat", "text with escapes, 1.5 kB", Workload::Chat).goal(1.15, Writer::SonicRs),
        Self::new::<Embedding>("write embeddings", "768 `f32`, 9 kB", Workload::Embeddings)
            .goal(1.5, Writer::SerdeJson),
        Self::new::<Event>("write github events", "8 fields, 190 B", Workload::GitHub),
        Self::new::<Tweet>("write tweets", "9 fields, Japanese, 370 B", Workload::Tweets),
        Self::new::<Metric>("write metrics", "10 `f64` with all digits, 310 B", Workload::Metrics),
        Self::new::<Tiny>("write tiny", "9 B", Workload::Tiny),
        Self::new::<serde_json::Value>("write Value, log", "`serde_json::Value`", Workload::Log),
    ];

    const fn new<S: Shape + 'static>(name: &'static str, about: &'static str, workload: Workload) -> Self
    where
        for<'a> S::Record<'a>: Serialize,
    {
        Self { name, about, goal: None, workload, generate: generate::<S>, read: read::<S>, tally: tally::<S> }
    }

    const fn goal(mut self, times: f64, rival: Writer) -> Self {
        self.goal = Some((rival, times));
        self
    }

    /// Reads `size` bytes of records or the first 4 MiB, which are then to be written so often that they make `size` bytes, and
    /// makes sure that all `writers` write the same.
    ///
    /// The text they are read from is leaked: they borrow from it.
    ///
    /// # Panics
    ///
    /// When this crate does not write byte for byte what `serde_json` writes, or when what another crate writes does not read
    /// back as the same records: then there is nothing to compare.
    pub fn prepare(self, writers: &[Writer], size: usize) -> WriteInput {
        let text: &'static [u8] = (self.generate)(self.workload, size.min(TEXT)).leak();
        let records = (self.read)(text);
        let mut checked = Vec::new();
        let mut wording = Vec::new();
        for &writer in writers {
            let mut bytes = Vec::with_capacity(text.len());
            records.write(writer, 1, &mut bytes);
            checked.push((writer, bytes.len() as u64));
            if bytes == text {
                continue;
            }
            assert!(!writer.is_ours(), "{}: {writer} does not write what serde_json writes", self.name);
            let per_mille = different_lines(text, &bytes);
            let agreement = (self.tally)(text.to_vec()).agreement(&(self.tally)(bytes));
            assert_eq!(agreement, Agreement::Full, "{}: what {writer} writes is something else", self.name);
            wording.push(Wording { writer, per_mille });
        }
        let times = size.div_ceil(text.len());
        WriteInput { len: text.len() * times, times, writers: checked, wording, records }
    }
}

/// A writer that writes some values differently, which read back as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The writer.
    pub writer: Writer,
    /// How many records, in parts of 1000, rounded up.
    pub per_mille: u64,
}

/// The records of a case, on which all writers agree.
pub struct WriteInput {
    len: usize,
    times: usize,
    /// With the bytes that each writes for all records, once.
    writers: Vec<(Writer, u64)>,
    wording: Vec<Wording>,
    records: Box<dyn Records>,
}

impl WriteInput {
    /// The size in bytes of what is written, as `serde_json` writes it: the same for all, so that a writer of needless digits
    /// gains nothing by them.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The writers that were checked.
    pub fn writers(&self) -> Vec<Writer> {
        self.writers.iter().map(|&(writer, _)| writer).collect()
    }

    /// Those of the writers that write some values differently.
    pub fn wording(&self) -> &[Wording] {
        &self.wording
    }

    /// Writes it all once; this is the call to time.
    ///
    /// # Panics
    ///
    /// When the writer loses a byte or makes one up, or is none of [`writers`](Self::writers).
    pub fn write(&self, writer: Writer) {
        let mut discard = Discard::default();
        self.records.write(writer, self.times, &mut discard);
        let expected =
            self.writers.iter().find(|(other, _)| *other == writer).map(|(_, bytes)| bytes * self.times as u64);
        assert_eq!(Some(discard.bytes), expected, "{writer}");
    }
}

impl fmt::Debug for WriteInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteInput").field("len", &self.len).field("writers", &self.writers).finish_non_exhaustive()
    }
}

/// Records of some type.
trait Records {
    fn write(&self, writer: Writer, times: usize, target: &mut dyn Write);
}

impl<T: Serialize> Records for Vec<T> {
    fn write(&self, writer: Writer, times: usize, target: &mut dyn Write) {
        writer.write(self, times, target);
    }
}

/// Records of the workload as `serde_json` writes them from the type, until they fill `size` bytes: the type may have but a
/// few of the fields.
fn generate<S: Shape + 'static>(workload: Workload, size: usize) -> Vec<u8>
where
    for<'a> S::Record<'a>: Serialize,
{
    let mut generated = size;
    loop {
        let bytes = workload.generate(generated);
        let mut text = Vec::new();
        Writer::SerdeJson.write(&records::<S>(&bytes), 1, &mut text);
        let end = text.get(size..).and_then(|rest| memchr::memchr(b'\n', rest));
        if let Some(end) = end {
            text.truncate(size + end + 1);
            return text;
        }
        generated *= (size + 1).div_ceil(text.len());
    }
}

fn read<S: Shape + 'static>(text: &'static [u8]) -> Box<dyn Records>
where
    for<'a> S::Record<'a>: Serialize,
{
    Box::new(records::<S>(text))
}

fn records<S: Shape>(text: &[u8]) -> Vec<S::Record<'_>> {
    JsonlSlice::new(text).into_deserialize().collect::<Result<_, _>>().expect("valid records")
}

fn tally<S: Shape + 'static>(text: Vec<u8>) -> Tally {
    Typed::<S>::run(Peer::reference(), &Text::new(text)).expect("this crate can do everything")
}

/// How many of the lines differ, in parts of 1000, rounded up.
fn different_lines(expected: &[u8], bytes: &[u8]) -> u64 {
    let lines = |bytes| <[u8]>::split(bytes, |&byte| byte == b'\n');
    let all = lines(expected).count() as u64 - 1;
    let different = lines(expected).zip(lines(bytes)).filter(|(a, b)| a != b).count() as u64;
    (different * 1000).div_ceil(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_lines_are_counted() {
        assert_eq!(different_lines(b"1\n2\n3\n", b"1\n2\n3\n"), 0);
        assert_eq!(different_lines(b"1\n2\n3\n", b"1\n2.0\n3\n"), 334);
        assert_eq!(different_lines(b"1\n", b"1.0\n"), 1000);
    }

    #[test]
    fn all_writers_agree() {
        let writers = Writer::all();
        for case in WriteCase::ALL {
            let input = case.prepare(&writers, 256 << 10);
            assert_eq!(input.writers(), writers);
            assert!((256 << 10..300 << 10).contains(&input.len()), "{}: {}", case.name, input.len());
            writers.iter().for_each(|&writer| input.write(writer));
            let worded: Vec<_> = input.wording().iter().map(|wording| wording.writer).collect();
            let floats = ["write embeddings", "write metrics"].contains(&case.name);
            assert_eq!(worded, [Writer::SimdJson][usize::from(!floats)..], "{}", case.name);
        }
    }
}
