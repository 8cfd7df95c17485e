//! What a run over the bytes leaves behind: proof of the work when it is checked, next to nothing when it is timed.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;

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

/// A checksum over every field of every record, in order.
#[derive(Debug, Default)]
pub struct Tally {
    records: u64,
    hash: DefaultHasher,
}

impl Tally {
    /// The number of records and the checksum over them: equal when two peers read the same.
    pub fn result(&self) -> (u64, u64) {
        (self.records, self.hash.finish())
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

macro_rules! hashed {
    ($($type:ty),*) => {$(
        impl Tallied for $type {
            fn add_to(&self, tally: &mut Tally) {
                self.hash(&mut tally.hash);
            }
        }
    )*};
}
hashed!(bool, u16, u32, u64, &str, Cow<'_, str>, String);

// Floats to the last bit: the workloads' have few enough digits that all peers round them correctly.
impl Tallied for f64 {
    fn add_to(&self, tally: &mut Tally) {
        self.to_bits().hash(&mut tally.hash);
    }
}

impl Tallied for f32 {
    fn add_to(&self, tally: &mut Tally) {
        self.to_bits().hash(&mut tally.hash);
    }
}

impl<T: Tallied> Tallied for Vec<T> {
    fn add_to(&self, tally: &mut Tally) {
        self.len().hash(&mut tally.hash);
        self.iter().for_each(|item| item.add_to(tally));
    }
}
