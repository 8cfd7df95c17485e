//! The readers under test, and how each takes one document.

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, IgnoredAny};
use simd_json::OwnedValue;
use simd_jsonl::{JsonlSlice, ReaderBuilder};

/// Whose reader it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// This crate, at the level in force.
    SimdJsonl,
    /// `serde_json::from_slice`.
    SerdeJson,
    /// `simd_json::serde::from_slice`, on a copy: it parses in place and so needs `&mut [u8]`.
    SimdJson,
    /// `sonic_rs::from_slice`.
    SonicRs,
}

/// What is made of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The crate's own dynamic value: every number is converted, every string decoded.
    Value,
    /// `IgnoredAny`: what becomes of a field that the target type does not have.
    Skip,
}

/// What a reader makes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is one JSON value.
    Accepts,
    /// It is not.
    Rejects,
    /// The process is dead.
    Aborts,
}

impl Reader {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::SimdJsonl, Self::SerdeJson, Self::SimdJson, Self::SonicRs];

    /// Whether it is this crate.
    pub fn is_ours(self) -> bool {
        self == Self::SimdJsonl
    }

    /// Reads one document.
    pub fn read(self, way: Way, document: &[u8]) -> Verdict {
        let is_accepted = match (self, way) {
            (Self::SimdJsonl, _) => is_one_record(&ReaderBuilder::new(), way, document),
            (Self::SerdeJson, Way::Value) => serde_json::from_slice::<serde_json::Value>(document).is_ok(),
            (Self::SerdeJson, Way::Skip) => serde_json::from_slice::<IgnoredAny>(document).is_ok(),
            (Self::SimdJson, Way::Value) => in_place::<OwnedValue>(document),
            (Self::SimdJson, Way::Skip) => in_place::<IgnoredAny>(document),
            (Self::SonicRs, Way::Value) => sonic_rs::from_slice::<sonic_rs::Value>(document).is_ok(),
            (Self::SonicRs, Way::Skip) => sonic_rs::from_slice::<IgnoredAny>(document).is_ok(),
        };
        if is_accepted { Verdict::Accepts } else { Verdict::Rejects }
    }

    /// Reads arrays of one number, each on a line of its own: the numbers, and `None` for what was rejected.
    pub fn numbers<T: DeserializeOwned>(self, lines: &str) -> Vec<Option<T>> {
        if self.is_ours() {
            let numbers = JsonlSlice::new(lines.as_bytes()).into_deserialize::<(T,)>();
            return numbers.map(|number| number.ok().map(|(number,)| number)).collect();
        }
        let read = |line: &str| match self {
            Self::SimdJsonl => None,
            Self::SerdeJson => serde_json::from_slice::<(T,)>(line.as_bytes()).ok(),
            Self::SimdJson => simd_json::serde::from_slice::<(T,)>(&mut line.as_bytes().to_vec()).ok(),
            Self::SonicRs => sonic_rs::from_slice::<(T,)>(line.as_bytes()).ok(),
        };
        lines.lines().map(|line| read(line).map(|(number,)| number)).collect()
    }
}

/// Whether a document is one good record and no other.
pub(super) fn is_one_record(builder: &ReaderBuilder, way: Way, document: &[u8]) -> bool {
    let mut reader = builder.from_slice(document);
    let (mut good, mut bad) = (0, 0);
    loop {
        let is_good = match reader.next_record() {
            Ok(None) => return (good, bad) == (1, 0),
            Ok(Some(record)) if way == Way::Value => record.to_value().is_ok(),
            Ok(Some(record)) => record.deserialize::<IgnoredAny>().is_ok(),
            Err(_) => false,
        };
        *(if is_good { &mut good } else { &mut bad }) += 1;
    }
}

fn in_place<T: DeserializeOwned>(document: &[u8]) -> bool {
    simd_json::serde::from_slice::<T>(&mut document.to_vec()).is_ok()
}

impl Way {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Value, Self::Skip];
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SimdJsonl => "simd-jsonl",
            Self::SerdeJson => "serde_json",
            Self::SimdJson => "simd-json",
            Self::SonicRs => "sonic-rs",
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::Skip => "skipped",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepts => "accepts",
            Self::Rejects => "rejects",
            Self::Aborts => "aborts",
        })
    }
}

/// From what `Display` writes.
macro_rules! from_str {
    ($type:ty, $all:expr) => {
        impl FromStr for $type {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                $all.into_iter().find(|value| value.to_string() == text).ok_or(())
            }
        }
    };
}
from_str!(Reader, Reader::ALL);
from_str!(Way, Way::ALL);
from_str!(Verdict, [Verdict::Accepts, Verdict::Rejects, Verdict::Aborts]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_tells_good_from_bad() {
        for reader in Reader::ALL {
            for way in Way::ALL {
                assert_eq!(reader.read(way, b"{\"a\":[1]}\n"), Verdict::Accepts, "{reader}, {way}");
                for document in [&b"{\"a\":[1}"[..], b"", b" ", b"1\n2\n"] {
                    assert_eq!(reader.read(way, document), Verdict::Rejects, "{reader}, {way}");
                }
            }
            assert_eq!(reader.numbers::<f64>("[1.5]\n[?]\n[-2e3]\n"), [Some(1.5), None, Some(-2000.0)], "{reader}");
        }
    }

    #[test]
    fn names_are_read_again() {
        assert_eq!("serde_json".parse(), Ok(Reader::SerdeJson));
        assert_eq!("skipped".parse(), Ok(Way::Skip));
        assert_eq!("aborts".parse(), Ok(Verdict::Aborts));
        assert_eq!("".parse::<Reader>(), Err(()));
    }
}
