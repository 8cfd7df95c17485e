//! The validators under comparison: each crate's ways to find whether a line is one JSON value, with nothing kept of it.
//!
//! Which ways are fast and which see everything differs from crate to crate, so each has several; what one does not see
//! is found out by [`Misses`](super::Misses).

use std::fmt;
use std::io::BufRead;
use std::str;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use simd_json::{Buffers, Tape};
use simd_jsonl::Level;
use sonic_rs::LazyValue;

use crate::peers::cpp;
use crate::text::Text;

/// A way to validate JSON Lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validator {
    /// `Validator` of this crate, at one of the levels the machine has.
    SimdJsonl(Level),
    /// `serde_json::from_slice::<IgnoredAny>` on each line.
    SerdeJson,
    /// `str::from_utf8` and `serde_json::from_str::<IgnoredAny>` on each line.
    SerdeJsonStr,
    /// `serde_json::from_slice` on each line, into a type that visits every value and keeps none.
    SerdeJsonVisit,
    /// `serde_json::Deserializer::from_slice` over all lines, for `IgnoredAny`.
    SerdeJsonStream,
    /// `serde_json::from_str::<IgnoredAny>` on each of `BufRead::lines`.
    SerdeJsonLines,
    /// `sonic_rs::from_slice::<IgnoredAny>` on each line.
    SonicRs,
    /// `sonic_rs::from_slice::<LazyValue>` on each line.
    SonicRsLazy,
    /// `sonic_rs::from_slice::<Value>` on each line.
    SonicRsValue,
    /// The tape of simd-json, with its buffers kept, on a copy of each line: it parses in place and so needs `&mut [u8]`.
    SimdJson,
    /// The DOM of simdjson, the C++ library: `parse_many`, one thread. Its On-Demand API is no validator: it checks what is
    /// skipped by the brackets alone.
    SimdjsonDom,
    /// The same with `parse` on each line.
    SimdjsonDomLines,
}

impl Validator {
    /// Every validator: this crate at each level of this machine, from the fastest down, then the others.
    pub fn all() -> Vec<Self> {
        let ours = Level::available().into_iter().map(Self::SimdJsonl);
        let serde_json = [Self::SerdeJson, Self::SerdeJsonStr, Self::SerdeJsonVisit];
        let serde_json_all = [Self::SerdeJsonStream, Self::SerdeJsonLines];
        let sonic_rs = [Self::SonicRs, Self::SonicRsLazy, Self::SonicRsValue];
        let simdjson = [Self::SimdjsonDom, Self::SimdjsonDomLines];
        let simdjson = simdjson.into_iter().filter(|_| cfg!(feature = "simdjson"));
        let rust = serde_json.into_iter().chain(serde_json_all).chain(sonic_rs).chain([Self::SimdJson]);
        ours.chain(rust).chain(simdjson).collect()
    }

    /// Whether it is this crate.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::SimdJsonl(_))
    }

    /// Whether it is the C++ library.
    pub fn is_simdjson(self) -> bool {
        matches!(self, Self::SimdjsonDom | Self::SimdjsonDomLines)
    }

    /// Whether it is another crate.
    pub fn is_other_crate(self) -> bool {
        !self.is_ours() && !self.is_simdjson()
    }

    /// Validates all of the text. Those that work on the whole of it, not on its lines, may end at the first fault.
    pub fn validate(self, text: &Text) -> Verdict {
        match self {
            Self::SimdJsonl(level) => ours(text, level),
            Self::SerdeJson => lines(text, |line| serde_json::from_slice::<IgnoredAny>(line).is_ok()),
            Self::SerdeJsonStr => lines(text, |line| {
                str::from_utf8(line).is_ok_and(|line| serde_json::from_str::<IgnoredAny>(line).is_ok())
            }),
            Self::SerdeJsonVisit => lines(text, |line| serde_json::from_slice::<Visited>(line).is_ok()),
            Self::SerdeJsonStream => verdict(
                serde_json::Deserializer::from_slice(text.bytes())
                    .into_iter::<IgnoredAny>()
                    .map(|record| record.is_ok()),
            ),
            Self::SerdeJsonLines => verdict(
                text.bytes()
                    .lines()
                    .map(|line| line.is_ok_and(|line| serde_json::from_str::<IgnoredAny>(&line).is_ok())),
            ),
            Self::SonicRs => lines(text, |line| sonic_rs::from_slice::<IgnoredAny>(line).is_ok()),
            Self::SonicRsLazy => lines(text, |line| sonic_rs::from_slice::<LazyValue<'_>>(line).is_ok()),
            Self::SonicRsValue => lines(text, |line| sonic_rs::from_slice::<sonic_rs::Value>(line).is_ok()),
            Self::SimdJson => simd_json(text),
            Self::SimdjsonDom | Self::SimdjsonDomLines => cpp::validate(text, self == Self::SimdjsonDomLines),
        }
    }
}

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SimdJsonl(level) => return write!(f, "simd-jsonl {}", level.name()),
            Self::SerdeJson => "serde_json slice",
            Self::SerdeJsonStr => "serde_json str",
            Self::SerdeJsonVisit => "serde_json visitor",
            Self::SerdeJsonStream => "serde_json stream",
            Self::SerdeJsonLines => "serde_json lines",
            Self::SonicRs => "sonic-rs slice",
            Self::SonicRsLazy => "sonic-rs LazyValue",
            Self::SonicRsValue => "sonic-rs Value",
            Self::SimdJson => "simd-json tape",
            Self::SimdjsonDom => "simdjson DOM",
            Self::SimdjsonDomLines => "simdjson DOM lines",
        })
    }
}

/// What a validator says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Verdict {
    /// How many records are valid.
    pub valid: u64,
    /// How many are not.
    pub invalid: u64,
}

fn verdict(records: impl Iterator<Item = bool>) -> Verdict {
    let mut verdict = Verdict::default();
    for is_valid in records {
        match is_valid {
            true => verdict.valid += 1,
            false => verdict.invalid += 1,
        }
    }
    verdict
}

fn lines(text: &Text, is_valid: impl Fn(&[u8]) -> bool) -> Verdict {
    verdict(text.lines().map(is_valid))
}

fn ours(text: &Text, level: Level) -> Verdict {
    let report = simd_jsonl::Validator::new().level(level).validate_slice(text.bytes());
    Verdict { valid: report.summary.records, invalid: report.summary.errors }
}

fn simd_json(text: &Text) -> Verdict {
    let mut copy = Vec::new();
    let mut buffers = Buffers::default();
    let mut kept = Some(Tape::null());
    verdict(text.lines().map(|line| {
        copy.clear();
        copy.extend_from_slice(line);
        let mut tape = kept.take().unwrap_or_else(Tape::null).reset();
        let is_valid = simd_json::fill_tape(&mut copy, &mut buffers, &mut tape).is_ok();
        kept = Some(tape.reset());
        is_valid
    }))
}

/// Any value, looked at by serde from end to end: strings are decoded and numbers read, but nothing is kept.
struct Visited;

impl<'de> Deserialize<'de> for Visited {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Visited {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _value: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}
