//! Input that is made to be slow or large, against tame input of the same kind: time is to grow with the bytes and no faster,
//! and memory is to stay within what the longest record takes.

mod depth;
mod keys;
mod lines;
mod numbers;
pub mod table;
mod ways;

use std::fmt;

pub use table::{Attacks, Row};
pub use ways::{Count, Limits, Source, Way};

/// The sizes of an input, in parts of the smallest.
pub const SIZES: [usize; 3] = [1, 4, 16];

/// What is read.
#[derive(Debug)]
pub struct Input {
    /// JSON Lines.
    pub bytes: Vec<u8>,
    /// How many of them are bad whoever reads them.
    pub bad: u64,
    /// How many there are.
    pub records: u64,
    /// The bytes of the longest.
    pub longest: usize,
}

impl Input {
    /// Lines that are good.
    pub fn good(bytes: Vec<u8>) -> Self {
        Self::with_bad(bytes, 0)
    }

    /// Lines of which some are bad.
    pub fn with_bad(bytes: Vec<u8>, bad: u64) -> Self {
        let lines = || bytes.split_inclusive(|&byte| byte == b'\n');
        let (records, longest) = (lines().count() as u64, lines().map(<[u8]>::len).max().unwrap_or(0));
        Self { bytes, bad, records, longest }
    }

    /// Lines that are bad, all of them.
    pub fn bad(bytes: Vec<u8>) -> Self {
        let mut input = Self::good(bytes);
        input.bad = input.records;
        input
    }
}

type Make = Box<dyn Fn(usize) -> Input>;

/// A kind of input, with its tame counterpart, and who reads it.
pub struct Attack {
    /// What is attacked.
    pub group: &'static str,
    /// What the input is.
    pub name: String,
    /// What the sizes are of it.
    pub scale: Scale,
    /// The limits that are not the defaults, for an input of this size.
    pub limits: fn(usize) -> Limits,
    make: Make,
    make_tame: Make,
    /// Who reads it.
    pub ways: Vec<Way>,
}

/// How large an input is, in parts of what the command is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// So many times as large.
    Times(usize),
    /// So many times as small.
    Over(usize),
}

impl Attack {
    fn new(
        group: &'static str,
        name: impl Into<String>,
        make: impl Fn(usize) -> Input + 'static,
        make_tame: impl Fn(usize) -> Input + 'static,
    ) -> Self {
        let (make, make_tame) = (Box::new(make), Box::new(make_tame));
        Self {
            group,
            name: name.into(),
            scale: Scale::Times(1),
            limits: |_| Limits::default(),
            make,
            make_tame,
            ways: Vec::new(),
        }
    }

    fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    fn limits(mut self, limits: fn(usize) -> Limits) -> Self {
        self.limits = limits;
        self
    }

    fn ways(mut self, ways: impl IntoIterator<Item = Way>) -> Self {
        self.ways = ways.into_iter().collect();
        self
    }

    /// Every attack there is.
    pub fn all() -> Vec<Self> {
        [depth::attacks(), lines::long(), keys::attacks(), numbers::attacks(), lines::dirty(), lines::other_scripts()]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The smallest size in bytes, about.
    pub fn base(&self, unit: usize) -> usize {
        match self.scale {
            Scale::Times(times) => unit * times,
            Scale::Over(parts) => unit / parts,
        }
    }

    /// The input, and the tame one, of about `size` bytes.
    pub fn prepare(&self, size: usize) -> (Input, Input) {
        ((self.make)(size), (self.make_tame)(size))
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.group, self.name)
    }
}

/// Reads all of `input` in one way, and makes sure that it is as good and as bad as it should be; this is the call to time.
///
/// # Panics
///
/// When other records are good.
pub fn read(way: &Way, limits: &Limits, input: &Input, is_tame: bool) {
    let expected = match way.rejects && !is_tame {
        true => Count { good: 0, bad: input.records },
        false => Count { good: input.records - input.bad, bad: input.bad },
    };
    assert_eq!((way.run)(limits, &input.bytes), expected, "{}", way.name);
}

/// The same by `serde_json`, which need not come to the same verdict; `None` if there is no such way.
pub fn read_by_peer(way: &Way, input: &Input) -> Option<Count> {
    way.peer.map(|peer| peer(&input.bytes))
}

/// `unit` over and over, with `separator` between, in about `size` bytes.
fn fill(size: usize, separator: &str, mut unit: impl FnMut(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 1024);
    for i in 0.. {
        text += &unit(i);
        if text.len() >= size {
            break;
        }
        text += separator;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each attack hits what it aims at, and its tame counterpart does not.
    #[test]
    fn verdicts_are_as_expected() {
        let check = || {
            for attack in Attack::all() {
                let size = attack.base(32 << 10).min(32 << 10);
                let (input, tame) = attack.prepare(size);
                assert!(input.bytes.len().abs_diff(tame.bytes.len()) <= size / 4 + 2048, "{attack}");
                let limits = (attack.limits)(size);
                for way in &attack.ways {
                    read(way, &limits, &input, false);
                    read(way, &limits, &tame, true);
                    read_by_peer(way, &tame);
                }
            }
        };
        std::thread::Builder::new().stack_size(1 << 30).spawn(check).unwrap().join().unwrap();
    }
}
