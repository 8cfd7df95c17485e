//! The float vectors: decimals, and the bits that they are rounded to.

use std::path::Path;
use std::{fs, io};

use super::Reader;

/// The vectors that are JSON numbers, each once, as arrays of one number on a line.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    lines: String,
    f64_bits: Vec<u64>,
    f32_bits: Vec<u32>,
}

/// How a reader does on the vectors of one width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FloatScore {
    /// Numbers within the range of the type.
    pub numbers: usize,
    /// Those that were read to the last bit.
    pub exact: usize,
    /// Those that were read, but not to the last bit.
    pub inexact: usize,
    /// Those that were rejected.
    pub rejected: usize,
    /// Numbers beyond the range.
    pub beyond: usize,
    /// Those that were rejected, rather than made infinite.
    pub beyond_rejected: usize,
}

impl FloatScore {
    /// Whether every number is read to the last bit, and none made infinite.
    pub fn is_full(self) -> bool {
        self.exact == self.numbers && self.beyond_rejected == self.beyond
    }
}

impl Vectors {
    /// Every file of vectors below the folder `corpus`: lines of `f16 f32 f64 decimal`, the first three in hexadecimal.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or contradict the standard library.
    pub fn all(corpus: &Path) -> io::Result<Self> {
        let mut lines: Vec<String> = Vec::new();
        for entry in fs::read_dir(corpus.join("float-vectors"))? {
            lines.extend(fs::read_to_string(entry?.path())?.lines().map(str::to_owned));
        }
        lines.sort();
        lines.dedup();
        let mut vectors = Self::default();
        for line in &lines {
            vectors.add(line).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, line.clone()))?;
        }
        Ok(vectors)
    }

    /// Adds a line, if its decimal is a JSON number; `None` if it is wrong.
    fn add(&mut self, line: &str) -> Option<()> {
        let [_, f32_bits, f64_bits, decimal] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        if is_json_number(decimal) {
            let f32_bits = u32::from_str_radix(f32_bits, 16).ok()?;
            let f64_bits = u64::from_str_radix(f64_bits, 16).ok()?;
            let agrees =
                decimal.parse().map(f32::to_bits) == Ok(f32_bits) && decimal.parse().map(f64::to_bits) == Ok(f64_bits);
            if !agrees {
                return None;
            }
            self.lines.extend(["[", decimal, "]\n"]);
            self.f32_bits.push(f32_bits);
            self.f64_bits.push(f64_bits);
        }
        Some(())
    }

    /// How a reader does with `f64` as the target.
    pub fn wide(&self, reader: Reader) -> FloatScore {
        let expected = self.f64_bits.iter().map(|&bits| (bits, f64::from_bits(bits).is_finite()));
        let read = reader.numbers::<f64>(&self.lines).into_iter().map(|number| number.map(f64::to_bits));
        score(expected, read)
    }

    /// How a reader does with `f32` as the target.
    pub fn narrow(&self, reader: Reader) -> FloatScore {
        let expected = self.f32_bits.iter().map(|&bits| (bits, f32::from_bits(bits).is_finite()));
        let read = reader.numbers::<f32>(&self.lines).into_iter().map(|number| number.map(f32::to_bits));
        score(expected, read)
    }
}

/// # Panics
///
/// If not every number was answered.
fn score<B: PartialEq>(
    expected: impl ExactSizeIterator<Item = (B, bool)>,
    read: impl ExactSizeIterator<Item = Option<B>>,
) -> FloatScore {
    assert_eq!(expected.len(), read.len(), "one answer for each number");
    let mut score = FloatScore::default();
    for ((bits, is_finite), read) in expected.zip(read) {
        match (is_finite, read) {
            (true, Some(read)) if read == bits => score.exact += 1,
            (true, Some(_)) => score.inexact += 1,
            (true, None) => score.rejected += 1,
            (false, Some(_)) => score.beyond += 1,
            (false, None) => (score.beyond, score.beyond_rejected) = (score.beyond + 1, score.beyond_rejected + 1),
        }
    }
    score.numbers = score.exact + score.inexact + score.rejected;
    score
}

/// Whether a decimal is a number in JSON: some vectors are `.5`, `1.` or `+1`.
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_are_told_from_others() {
        assert!(["0", "-0", "1.50", "1e5", "-1.5E-07", "10", "1E+2"].into_iter().all(is_json_number));
        assert!(!["", "-", ".5", "1.", "+1", "01", "1e", "1e+", "nan", "0x1", "1 "].into_iter().any(is_json_number));
    }

    #[test]
    fn vectors_are_scored() {
        let mut vectors = Vectors::default();
        vectors.add("3C00 3F800000 3FF0000000000000 1").unwrap();
        vectors.add("2E66 3DCCCCCD 3FB999999999999A 0.1").unwrap();
        vectors.add("7C00 7F800000 7FF0000000000000 1e400").unwrap();
        // No JSON, and wrong.
        vectors.add("3C00 3F800000 3FF0000000000000 1.").unwrap();
        assert_eq!(vectors.add("3C00 3F800000 3FF0000000000001 1"), None);
        assert_eq!(vectors.lines, "[1]\n[0.1]\n[1e400]\n");
        let score = vectors.wide(Reader::SimdJsonl);
        assert_eq!((score.numbers, score.exact, score.beyond, score.is_full()), (2, 2, 1, true));
        assert!(vectors.narrow(Reader::SimdJsonl).is_full());
    }

    #[test]
    fn every_answer_counts_once() {
        let expected = [(1, true), (2, true), (3, true), (4, false), (5, false)];
        let read = [Some(1), Some(1), None, None, Some(5)];
        let score = score(expected.into_iter(), read.into_iter());
        let expected = FloatScore { numbers: 3, exact: 1, inexact: 1, rejected: 1, beyond: 2, beyond_rejected: 1 };
        assert_eq!(score, expected);
        assert!(!score.is_full());
    }
}
