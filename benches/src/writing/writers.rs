//! The writers under comparison. Each is written as its users write it.
//!
//! All hand chunks of 64 KiB to the same target, and allocate nothing once their buffers have grown: `JsonlWriter` has such a
//! buffer by default, serde-jsonlines writes through a `BufWriter` of that size, and the others into a `Vec` that is kept:
//! when it holds that much, it is handed over and cleared.

use std::fmt;
use std::hint::black_box;
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_jsonlines::JsonLinesWriter;
use simd_jsonl::{Level, WriterBuilder};

/// The buffer that `JsonlWriter` has by default.
const CHUNK: usize = 64 << 10;

/// A writer of JSON Lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// `JsonlWriter` of this crate, at one of the levels the machine has.
    SimdJsonl(Level),
    /// `serde_json::to_writer` into a `Vec` that is kept, and a line feed.
    SerdeJson,
    /// `JsonLinesWriter` of serde-jsonlines into a `BufWriter`.
    SerdeJsonlines,
    /// `sonic_rs::to_writer` into a `Vec` that is kept, and a line feed.
    SonicRs,
    /// `simd_json::to_writer` into a `Vec` that is kept, and a line feed.
    SimdJson,
}

impl Writer {
    /// Every writer: this crate at each level of this machine, from the fastest down, then the others.
    pub fn all() -> Vec<Self> {
        let ours = Level::available().into_iter().map(Self::SimdJsonl);
        ours.chain([Self::SerdeJson, Self::SerdeJsonlines, Self::SonicRs, Self::SimdJson]).collect()
    }

    /// Whether it is this crate.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::SimdJsonl(_))
    }

    /// Writes all `records`, `times` times over.
    pub(super) fn write<T: Serialize>(self, records: &[T], times: usize, target: &mut dyn Write) {
        match self {
            Self::SimdJsonl(level) => {
                let mut writer = WriterBuilder::new().level(level).from_writer(target);
                for _ in 0..times {
                    for record in records {
                        writer.write(record).expect("valid record");
                    }
                }
                writer.flush().expect("the target takes everything");
            }
            Self::SerdeJsonlines => {
                let mut writer = JsonLinesWriter::new(BufWriter::with_capacity(CHUNK, target));
                for _ in 0..times {
                    for record in records {
                        writer.write(record).expect("valid record");
                    }
                }
                writer.flush().expect("the target takes everything");
            }
            Self::SerdeJson => kept(records, times, target, |buffer, record| {
                serde_json::to_writer(buffer, record).expect("valid record");
            }),
            Self::SonicRs => kept(records, times, target, |buffer, record| {
                sonic_rs::to_writer(buffer, record).expect("valid record");
            }),
            Self::SimdJson => kept(records, times, target, |buffer, record| {
                simd_json::to_writer(buffer, record).expect("valid record");
            }),
        }
    }
}

/// Writes through a `Vec` that is kept.
fn kept<T>(records: &[T], times: usize, target: &mut dyn Write, write: impl Fn(&mut Vec<u8>, &T)) {
    let mut buffer = Vec::with_capacity(CHUNK);
    for _ in 0..times {
        for record in records {
            write(&mut buffer, record);
            buffer.push(b'\n');
            if buffer.len() >= CHUNK {
                target.write_all(&buffer).expect("the target takes everything");
                buffer.clear();
            }
        }
    }
    target.write_all(&buffer).expect("the target takes everything");
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SimdJsonl(level) => return write!(f, "simd-jsonl {}", level.name()),
            Self::SerdeJson => "serde_json",
            Self::SerdeJsonlines => "serde-jsonlines",
            Self::SonicRs => "sonic-rs",
            Self::SimdJson => "simd-json",
        })
    }
}

/// Takes each chunk, which the optimizer must have made, and drops it: the target to time with.
#[derive(Debug, Default)]
pub(super) struct Discard {
    /// How many bytes there were.
    pub(super) bytes: u64,
}

impl Write for Discard {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.bytes += black_box(chunk).len() as u64;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
