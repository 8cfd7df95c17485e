//! What a run over the bytes leaves behind: proof of the work when it is checked, next to nothing when it is timed.

use std::borrow::Cow;
use std::hint::black_box;

use serde::de::IgnoredAny;

/// Takes the records of one run.
pub trait Sink: Default {
    /// Takes one record; it is dropped afterwards.
    fn take<R: Tallied>(&mut self, record: &R);
}

/// The number of records, each of which the optimizer must have built: the sink to time with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count(pub u64);

impl Sink for Count {
    fn take<R: Tallied>(&mut self, record: &R) {
        black_box(record);
        self.0 += 1;
    }
}

/// FNV-1a with 64 bits that takes a word in one step: short enough to be written again in other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x100_0000_01b3);
    }
}

/// A checksum over every field of every record, in order.
///
/// Integers and `bool` are widened to 64 bits and hashed as one word each, floats as their bits; strings and vectors as
/// their length and then each byte or element.
#[derive(Debug, Default)]
pub struct Tally {
    records: u64,
    all: Fnv,
    /// All but the floats.
    others: Fnv,
    /// The bits of the floats.
    floats: Vec<u64>,
}

/// How well two tallies agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// To the last bit.
    Full,
    /// But for some floats, which one of the two does not round correctly.
    Rounding {
        /// How many differ, in parts of 1000, rounded up.
        per_mille: u64,
        /// By how many units in the last place, at most.
        ulps: u64,
    },
    /// Not at all.
    None,
}

/// The most that a float which is only rounded incorrectly may be off, in units in the last place.
const ROUNDING: u64 = 4;

impl Tally {
    /// The number of records and the checksum over them: equal when two peers read the same.
    pub fn result(&self) -> (u64, u64) {
        (self.records, self.all.0)
    }

    /// Compares with what another peer read.
    pub fn agreement(&self, other: &Self) -> Agreement {
        if self.result() == other.result() {
            return Agreement::Full;
        }
        if (self.records, self.others, self.floats.len()) != (other.records, other.others, other.floats.len()) {
            return Agreement::None;
        }
        let distances = || self.floats.iter().zip(&other.floats).map(|(a, b)| a.abs_diff(*b)).filter(|&ulps| ulps > 0);
        let per_mille = (distances().count() as u64 * 1000).div_ceil(self.floats.len() as u64);
        match distances().max() {
            Some(ulps) if ulps <= ROUNDING => Agreement::Rounding { per_mille, ulps },
            _ => Agreement::None,
        }
    }

    fn word(&mut self, word: u64) {
        self.all.word(word);
        self.others.word(word);
    }

    fn float(&mut self, bits: u64) {
        self.all.word(bits);
        self.floats.push(bits);
    }

    /// Adds the members of an object, whose order does not count: some dynamic values do not keep it.
    pub(crate) fn members<'v, V: Tallied + 'v>(&mut self, members: impl ExactSizeIterator<Item = (&'v str, &'v V)>) {
        (members.len()).add_to(self);
        let hash = |(key, value): (&str, &V)| {
            let mut member = Self::default();
            key.add_to(&mut member);
            value.add_to(&mut member);
            member.all.0
        };
        self.word(members.map(hash).fold(0, u64::wrapping_add));
    }
}

impl Sink for Tally {
    fn take<R: Tallied>(&mut self, record: &R) {
        self.records += 1;
        record.add_to(self);
    }
}

/// A value that goes into a [`Tally`].
pub trait Tallied {
    /// Adds the value and everything in it.
    fn add_to(&self, tally: &mut Tally);
}

macro_rules! words {
    ($($type:ty),*) => {$(
        impl Tallied for $type {
            fn add_to(&self, tally: &mut Tally) {
                tally.word(*self as u64);
            }
        }
    )*};
}
words!(bool, u16, u32, u64, i64, usize);

impl Tallied for f64 {
    fn add_to(&self, tally: &mut Tally) {
        tally.float(self.to_bits());
    }
}

impl Tallied for f32 {
    fn add_to(&self, tally: &mut Tally) {
        tally.float(self.to_bits().into());
    }
}

impl Tallied for &str {
    fn add_to(&self, tally: &mut Tally) {
        self.len().add_to(tally);
        self.bytes().for_each(|byte| tally.word(byte.into()));
    }
}

impl Tallied for Cow<'_, str> {
    fn add_to(&self, tally: &mut Tally) {
        (&**self).add_to(tally);
    }
}

impl Tallied for String {
    fn add_to(&self, tally: &mut Tally) {
        self.as_str().add_to(tally);
    }
}

impl<T: Tallied> Tallied for Vec<T> {
    fn add_to(&self, tally: &mut Tally) {
        self.as_slice().add_to(tally);
    }
}

impl<T: Tallied> Tallied for [T] {
    fn add_to(&self, tally: &mut Tally) {
        self.len().add_to(tally);
        self.iter().for_each(|item| item.add_to(tally));
    }
}

/// Only the number of records is left of it.
impl Tallied for IgnoredAny {
    fn add_to(&self, _tally: &mut Tally) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally<T: Tallied>(records: &[T]) -> Tally {
        let mut tally = Tally::default();
        records.iter().for_each(|record| tally.take(record));
        tally
    }

    #[test]
    fn words_are_hashed_as_fnv_1a_does() {
        // What FNV-1a makes of the bytes "a" and "foobar": a byte here is a word of its own.
        assert_eq!(tally(&[0x61_u64]).result(), (1, 0xaf63_dc4c_8601_ec8c));
        let bytes: Vec<u64> = b"foobar".iter().map(|&byte| byte.into()).collect();
        assert_eq!(tally(&bytes).result(), (6, 0x8594_4171_f739_67e8));
        assert_eq!(tally(&["a"]).result().1, tally(&[1_u64, 0x61]).result().1);
        assert_eq!(tally(&[-1_i64]).result(), tally(&[u64::MAX]).result());
        assert_eq!(tally(&[vec![1.5_f64]]).result().1, tally(&[1, 1.5_f64.to_bits()]).result().1);
    }

    #[test]
    fn rounding_is_told_from_error() {
        let next = f64::from_bits(0.1_f64.to_bits() + 1);
        let expected = tally(&[vec![0.1, 2.0]]);
        assert_eq!(expected.agreement(&tally(&[vec![0.1, 2.0]])), Agreement::Full);
        assert_eq!(expected.agreement(&tally(&[vec![next, 2.0]])), Agreement::Rounding { per_mille: 500, ulps: 1 });
        assert_eq!(expected.agreement(&tally(&[vec![0.1, -2.0]])), Agreement::None);
        assert_eq!(expected.agreement(&tally(&[vec![0.1, 2.0, 3.0]])), Agreement::None);
        assert_eq!(tally(&[1_u64]).agreement(&tally(&[2_u64])), Agreement::None);
    }

    #[test]
    fn order_of_members_does_not_count() {
        let members = |members: &[(&'static str, u64)]| {
            let mut tally = Tally::default();
            tally.members(members.iter().map(|(key, value)| (*key, value)));
            tally.result()
        };
        assert_eq!(members(&[("a", 1), ("b", 2)]), members(&[("b", 2), ("a", 1)]));
        assert_ne!(members(&[("a", 1), ("b", 2)]), members(&[("a", 2), ("b", 1)]));
    }
}
