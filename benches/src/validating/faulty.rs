//! Files with bad lines among the good ones: what a fault costs.

use std::fmt;

use simd_jsonl::Level;

use super::{ValidateInput, Validator, Verdict};
use crate::text::Text;
use crate::workload::Workload;

/// What is wrong with the bad lines, near their end: who stops at the fault gains little by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoiled {
    /// The last quote is missing.
    UnclosedString,
    /// There is a comma before the last bracket.
    TrailingComma,
    /// A byte of the last string is none of UTF-8.
    InvalidUtf8,
}

impl Spoiled {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::UnclosedString, Self::TrailingComma, Self::InvalidUtf8];

    /// Spoils a line with an object that has a string.
    fn spoil(self, line: &mut Vec<u8>) {
        let quote = line.iter().rposition(|&byte| byte == b'"').expect("there is a string");
        match self {
            Self::UnclosedString => drop(line.remove(quote)),
            Self::TrailingComma => line.insert(line.len() - 1, b','),
            Self::InvalidUtf8 => line[quote - 1] = 0xff,
        }
    }
}

impl fmt::Display for Spoiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnclosedString => "unclosed string",
            Self::TrailingComma => "trailing comma",
            Self::InvalidUtf8 => "invalid UTF-8",
        })
    }
}

/// Records, some of them bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultyCase {
    /// What the records are.
    pub workload: Workload,
    /// What is wrong with them.
    pub spoiled: Spoiled,
    /// How many of a hundred.
    pub percent: usize,
}

impl FaultyCase {
    /// Every case there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |workload, spoiled, percents: &'static [usize]| {
            percents.iter().map(move |&percent| Self { workload, spoiled, percent })
        };
        let logs = Spoiled::ALL.into_iter().flat_map(move |spoiled| of(Workload::Log, spoiled, &[0, 1, 10, 100]));
        // What is around a bad line costs most where lines are short.
        logs.chain(of(Workload::Tiny, Spoiled::InvalidUtf8, &[0, 1]))
    }

    /// Validators that see these faults and go on behind them: this crate at its best level, and the fastest ways of serde_json
    /// and sonic-rs.
    pub fn validators() -> [Validator; 3] {
        [Validator::SimdJsonl(Level::detect()), Validator::SerdeJsonStr, Validator::SonicRsValue]
    }

    /// Generates at least `size` bytes of records, the bad ones at equal distances.
    pub fn prepare(self, size: usize) -> ValidateInput {
        let good = Text::new(self.workload.generate(size));
        let mut bytes = Vec::with_capacity(good.bytes().len() + size / 64);
        let mut expected = Verdict::default();
        for (i, line) in good.lines().enumerate() {
            let mut line = line.to_vec();
            // The last of every hundred, or of every ten.
            if (i + 1) * self.percent / 100 > i * self.percent / 100 {
                self.spoiled.spoil(&mut line);
                expected.invalid += 1;
            } else {
                expected.valid += 1;
            }
            line.push(b'\n');
            bytes.append(&mut line);
        }
        ValidateInput { text: Text::new(bytes), expected }
    }
}

impl fmt::Display for FaultyCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workload = format!("{:?}", self.workload).to_lowercase();
        write!(f, "faulty {workload}, {} in {} %", self.spoiled, self.percent)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use simd_jsonl::JsonlSlice;

    use super::*;

    #[test]
    fn lines_are_bad_as_they_should_be() {
        for (spoiled, code) in Spoiled::ALL.into_iter().zip(["unclosed-string", "trailing-comma", "invalid-utf8"]) {
            let input = FaultyCase { workload: Workload::Log, spoiled, percent: 10 }.prepare(100 << 10);
            let errors = JsonlSlice::new(input.text.bytes()).into_deserialize::<IgnoredAny>().filter_map(Result::err);
            let errors: Vec<_> = errors.collect();
            assert!(
                errors.len() > 20 && errors.iter().all(|error| error.kind().code() == code),
                "{spoiled}: {errors:?}"
            );
        }
    }

    #[test]
    fn every_bad_line_is_seen() {
        for case in FaultyCase::all() {
            let input = case.prepare(100 << 10);
            let lines = input.expected.valid + input.expected.invalid;
            assert_eq!(input.expected.invalid, lines * case.percent as u64 / 100, "{case}");
            FaultyCase::validators().into_iter().for_each(|validator| input.validate(validator));
        }
    }
}
