//! What a validator must see, and what it must not object to.

use super::Validator;
use crate::text::Text;

/// Lines that are not one JSON value in valid UTF-8, each with the name of its fault. What is wrong stands where a reader of
/// other fields would skip it.
const FAULTS: [(&str, &[u8]); 30] = [
    ("unclosed strings", br#"{"a":"b}"#),
    ("unclosed keys", br#"{"a:1}"#),
    ("invalid UTF-8", b"{\"a\":\"\xff\"}"),
    ("invalid UTF-8", b"{\"a\":\"\xc0\x80\"}"),
    ("invalid UTF-8", b"{\"a\":\"\xed\xa0\x80\"}"),
    ("lone surrogates", br#"{"a":"\ud800"}"#),
    ("lone surrogates", br#"{"a":"\ud800\u0061"}"#),
    ("lone surrogates", br#"{"a":"\udc00"}"#),
    ("control characters", b"{\"a\":\"\x01\"}"),
    ("control characters", b"{\"a\":\"\t\"}"),
    ("escapes such as `\\x`", br#"{"a":"\x"}"#),
    ("escapes such as `\\u12g4`", br#"{"a":"\u12g4"}"#),
    ("numbers such as `01`", br#"{"a":01}"#),
    ("numbers such as `1.`", br#"{"a":1.}"#),
    ("numbers such as `1e`", br#"{"a":1e}"#),
    ("numbers such as `-`", br#"{"a":-}"#),
    ("numbers such as `+1`", br#"{"a":+1}"#),
    ("unknown words", br#"{"a":tru}"#),
    ("unknown words", br#"{"a":nulls}"#),
    ("unknown words", br#"{"a":NaN}"#),
    ("trailing commas", br#"{"a":1,}"#),
    ("trailing commas", br#"[1,]"#),
    ("missing commas", br#"{"a":1 "b":2}"#),
    ("missing colons", br#"{"a" 1}"#),
    ("missing values", br#"{"a":}"#),
    ("keys that are no strings", br#"{1:1}"#),
    ("mixed brackets", br#"{"a":[1}]"#),
    ("unclosed brackets", br#"{"a":[1]"#),
    ("two values on a line", br#"{"a":1} {"a":2}"#),
    ("values on two lines", b"{\"a\":\n1}"),
];

/// JSON knows no limit, but a reader without one is at the mercy of its input.
const TOO_DEEP: (&str, usize) = ("nesting of 2000 levels", 2000);

/// Lines that are one JSON value.
const VALID: [(&str, &[u8]); 15] = [
    ("numbers beyond `f64`", b"{\"a\":1e999}"),
    ("integers beyond 64 bits", b"{\"a\":123456789012345678901234567890}"),
    ("numbers near zero", b"{\"a\":1e-999}"),
    ("negative zero", b"{\"a\":-0}"),
    ("long fractions", b"{\"a\":0.1234567890123456789012345678901234567890}"),
    ("escapes", br#"{"a":"\"\\\/\b\f\n\r\t\u0000\uffff"}"#),
    ("surrogate pairs", br#"{"a":"\ud83d\ude00"}"#),
    ("text that is not ASCII", "{\"a\":\"é日😀\u{2028}\u{ffff}\u{7f}\"}".as_bytes()),
    ("empty keys", br#"{"":1}"#),
    ("keys that come twice", br#"{"a":1,"a":2}"#),
    ("white space", b" { \"a\" :\t[ ] } \r"),
    ("scalars", b"1"),
    ("scalars", b"\"a\""),
    ("scalars", b"null"),
    ("empty brackets", b"[{},[]]"),
];

const DEEP: (&str, usize) = ("nesting of 100 levels", 100);

/// Where a validator errs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misses {
    /// The validator.
    pub validator: Validator,
    /// The faults that it does not see.
    pub faults: Vec<&'static str>,
    /// What it refuses though it is valid.
    pub refused: Vec<&'static str>,
}

impl Misses {
    /// Finds out where the validator errs.
    pub fn of(validator: Validator) -> Self {
        let passes = |line: &[u8]| {
            // Between others, as lines are. Some validators would go on, and others end at the first fault.
            let text = [b"{\"a\":1}\n", line, b"\n{\"a\":2}\n"].concat();
            validator.validate(&Text::new(text)).invalid == 0
        };
        let nested = |(name, depth): (&'static str, usize)| (name, ["[".repeat(depth), "]".repeat(depth)].concat());
        let (deep, too_deep) = (nested(DEEP), nested(TOO_DEEP));
        let faults = FAULTS.into_iter().chain([(too_deep.0, too_deep.1.as_bytes())]);
        let valid = VALID.into_iter().chain([(deep.0, deep.1.as_bytes())]);
        Self {
            validator,
            faults: names(faults.filter(|(_, line)| passes(line))),
            refused: names(valid.filter(|(_, line)| !passes(line))),
        }
    }

    /// Whether there is a fault that it does not see: then it does less work than the others.
    pub fn is_lax(&self) -> bool {
        !self.faults.is_empty()
    }
}

/// Each name once.
fn names<'a>(lines: impl Iterator<Item = (&'static str, &'a [u8])>) -> Vec<&'static str> {
    let mut names: Vec<_> = lines.map(|(name, _)| name).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_crate_sees_every_fault_and_refuses_nothing() {
        for validator in Validator::all().into_iter().filter(|validator| validator.is_ours()) {
            let misses = Misses::of(validator);
            assert_eq!((misses.faults, misses.refused), (vec![], vec![]), "{validator}");
        }
    }

    #[test]
    fn others_agree_on_what_is_a_fault() {
        use Validator::{SerdeJsonVisit, SimdJson, SimdjsonDom, SimdjsonDomLines};
        let strict = [SerdeJsonVisit, SimdJson, SimdjsonDom, SimdjsonDomLines];
        for validator in Validator::all().into_iter().filter(|validator| strict.contains(validator)) {
            assert_eq!(Misses::of(validator).faults, [""; 0], "{validator}");
        }
        // Only one of those that do not: deep nesting overflows the stack of sonic-rs in a debug build.
        assert!(Misses::of(Validator::SerdeJson).is_lax());
    }
}
