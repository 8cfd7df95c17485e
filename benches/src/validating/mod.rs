//! What is measured of validation: every line is to be one JSON value in valid UTF-8; nothing is kept of it.

mod faults;
mod faulty;
pub(crate) mod tables;
mod validators;

use crate::text::Text;
use crate::workload::Workload;
pub use faults::Misses;
pub use faulty::{FaultyCase, Spoiled};
pub use tables::{FaultyRow, ValidateRow, Validation};
pub use validators::{Validator, Verdict};

/// A workload whose lines are validated.
#[derive(Clone, Copy, Debug)]
pub struct ValidateCase {
    /// The name, as in the table and for the filter.
    pub name: &'static str,
    /// What the records are.
    pub about: &'static str,
    workload: Workload,
}

impl ValidateCase {
    /// Every case there is.
    pub const ALL: [Self; 5] = [
        Self::new("validate small", "5 fields, 85 B", Workload::Small),
        Self::new("validate log", "8 fields, 330 B", Workload::Log),
        Self::new("validate chat", "text with escapes, 1.5 kB", Workload::Chat),
        Self::new("validate github events", "nested, 2 kB", Workload::GitHub),
        Self::new("validate tweets", "Japanese, 2.5 kB", Workload::Tweets),
    ];

    const fn new(name: &'static str, about: &'static str, workload: Workload) -> Self {
        Self { name, about, workload }
    }

    /// Generates at least `size` bytes of records, all of them valid.
    pub fn prepare(self, size: usize) -> ValidateInput {
        let text = Text::new(self.workload.generate(size));
        let expected = Verdict { valid: text.lines().count() as u64, invalid: 0 };
        ValidateInput { text, expected }
    }
}

/// The bytes of a case, and what they are.
#[derive(Debug)]
pub struct ValidateInput {
    text: Text,
    expected: Verdict,
}

impl ValidateInput {
    /// The size in bytes.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.text.bytes().len()
    }

    /// Validates it all once; this is the call to time.
    ///
    /// # Panics
    ///
    /// When the validator comes to another verdict.
    pub fn validate(&self, validator: Validator) {
        assert_eq!(validator.validate(&self.text), self.expected, "{validator}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_validators_agree() {
        for case in ValidateCase::ALL {
            let input = case.prepare(256 << 10);
            Validator::all().into_iter().for_each(|validator| input.validate(validator));
        }
    }
}
