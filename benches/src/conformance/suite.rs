//! The cases of JSONTestSuite, in groups, and what this crate is to make of each.

use std::path::Path;
use std::{fs, io};

use serde::de::IgnoredAny;
use simd_jsonl::{ErrorKind, ReaderBuilder};

use super::readers::is_one_record;
use super::{Verdict, Way};

/// One file of the suite.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What is read.
    pub document: Vec<u8>,
}

impl Case {
    /// A `y_` document has no line feed left within: none of them stands in a string.
    pub fn new(name: &str, mut document: Vec<u8>) -> Self {
        if name.starts_with("y_") {
            let end = document.len() - usize::from(document.ends_with(b"\n"));
            document[..end].iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        }
        Self { name: name.to_owned(), document }
    }

    /// Every file of the suite below the folder `corpus`, by name.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or it is not the suite.
    pub fn all(corpus: &Path) -> io::Result<Vec<Self>> {
        let mut cases = Vec::new();
        for entry in fs::read_dir(corpus.join("json-test-suite/test_parsing"))? {
            let path = entry?.path();
            if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".json")) {
                cases.push(Self::new(name, fs::read(&path)?));
            }
        }
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        let other = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
        for group in Group::ALL {
            let found = cases.iter().filter(|case| group.has(&case.name)).count();
            if found != group.files {
                return Err(other(format!("{} files of the group \"{}\", not {}", found, group.name, group.files)));
            }
        }
        match cases.iter().find(|case| !Group::ALL.iter().any(|group| group.has(&case.name))) {
            Some(case) => Err(other(format!("{} is in no group", case.name))),
            None => Ok(cases),
        }
    }
}

/// Cases of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// What they have in common.
    pub name: &'static str,
    /// How many files there are.
    pub files: usize,
    /// Parts of their names, each with what else the name has.
    names: &'static [&'static str],
    value: Verdict,
    skip: Verdict,
}

impl Group {
    /// Every group: what must be accepted, what must be rejected, and what the suite leaves open.
    pub const ALL: [Self; 10] = [
        Self::new("`y_`: must be accepted", 95, &["y_"], Verdict::Accepts, Verdict::Accepts),
        Self::new("`n_`: must be rejected", 188, &["n_"], Verdict::Rejects, Verdict::Rejects),
        // An error only to who wants the number.
        Self::new("`i_`: numbers beyond `f64`", 5, &OVERFLOW, Verdict::Rejects, Verdict::Accepts),
        Self::new("`i_`: numbers near zero", 2, &UNDERFLOW, Verdict::Accepts, Verdict::Accepts),
        Self::new("`i_`: integers beyond 64 bits", 3, &BIG, Verdict::Accepts, Verdict::Accepts),
        Self::new("`i_`: lone surrogate escapes", 10, &SURROGATES, Verdict::Rejects, Verdict::Rejects),
        Self::new("`i_`: invalid UTF-8", 10, &UTF_8, Verdict::Rejects, Verdict::Rejects),
        Self::new("`i_`: UTF-16", 3, &UTF_16, Verdict::Rejects, Verdict::Rejects),
        Self::new("`i_`: 500 nested arrays", 1, &[DEEP], Verdict::Rejects, Verdict::Rejects),
        Self::new("`i_`: byte order mark", 1, &[MARK], Verdict::Accepts, Verdict::Accepts),
    ];

    const fn new(
        name: &'static str,
        files: usize,
        names: &'static [&'static str],
        value: Verdict,
        skip: Verdict,
    ) -> Self {
        Self { name, files, names, value, skip }
    }

    /// Whether a file belongs to it.
    pub fn has(&self, file: &str) -> bool {
        let is_it = |name: &&str| match name.strip_suffix('_') {
            Some(_) => file.starts_with(name),
            None => file.strip_suffix(".json") == Some(name),
        };
        self.names.iter().any(is_it)
    }

    /// What this crate is to make of each of its files.
    pub fn expected(&self, way: Way) -> Verdict {
        match way {
            Way::Value => self.value,
            Way::Skip => self.skip,
        }
    }
}

const OVERFLOW: [&str; 5] = [
    "i_number_huge_exp",
    "i_number_neg_int_huge_exp",
    "i_number_pos_double_huge_exp",
    "i_number_real_neg_overflow",
    "i_number_real_pos_overflow",
];
const UNDERFLOW: [&str; 2] = ["i_number_double_huge_neg_exp", "i_number_real_underflow"];
const BIG: [&str; 3] = ["i_number_too_big_neg_int", "i_number_too_big_pos_int", "i_number_very_big_negative_int"];
const SURROGATES: [&str; 10] = [
    "i_object_key_lone_2nd_surrogate",
    "i_string_1st_surrogate_but_2nd_missing",
    "i_string_1st_valid_surrogate_2nd_invalid",
    "i_string_incomplete_surrogate_and_escape_valid",
    "i_string_incomplete_surrogate_pair",
    "i_string_incomplete_surrogates_escape_valid",
    "i_string_invalid_lonely_surrogate",
    "i_string_invalid_surrogate",
    "i_string_inverted_surrogates_U+1D11E",
    "i_string_lone_second_surrogate",
];
const UTF_8: [&str; 10] = [
    "i_string_UTF-8_invalid_sequence",
    "i_string_UTF8_surrogate_U+D800",
    "i_string_invalid_utf-8",
    "i_string_iso_latin_1",
    "i_string_lone_utf8_continuation_byte",
    "i_string_not_in_unicode_range",
    "i_string_overlong_sequence_2_bytes",
    "i_string_overlong_sequence_6_bytes",
    "i_string_overlong_sequence_6_bytes_null",
    "i_string_truncated-utf-8",
];
const UTF_16: [&str; 3] = ["i_string_UTF-16LE_with_BOM", "i_string_utf16BE_no_BOM", "i_string_utf16LE_no_BOM"];
const DEEP: &str = "i_structure_500_nested_arrays";
const MARK: &str = "i_structure_UTF-8_BOM_empty_object";

/// What else holds of the open cases with this crate, each sentence with whether it is so.
pub fn beside(cases: &[Case]) -> Vec<(&'static str, bool)> {
    let of = |names: &'static [&'static str]| {
        cases.iter().filter(|case| names.iter().any(|name| case.name.strip_suffix(".json") == Some(name)))
    };
    let all = |names, is_so: &dyn Fn(&[u8]) -> bool| of(names).all(|case| is_so(&case.document));
    let is_read = |builder: &ReaderBuilder, document: &[u8]| {
        Way::ALL.into_iter().all(|way| is_one_record(builder, way, document))
    };
    let is_refused = |builder: &ReaderBuilder, document: &[u8], kind| {
        let mut records = builder.from_slice(document).into_deserialize::<IgnoredAny>();
        matches!(records.next(), Some(Err(error)) if error.kind() == kind)
    };
    vec![
        (
            "The number beyond `f64` itself stays within reach, as raw text.",
            all(&OVERFLOW, &|document| {
                let mut reader = ReaderBuilder::new().from_slice(document);
                let Ok(Some(record)) = reader.next_record() else { return false };
                let Ok(Some(number)) = record.pointer("/0") else { return false };
                number.as_f64().is_none()
                    && number.raw().is_ok_and(|raw| format!("[{raw}]").as_bytes() == document.trim_ascii())
            }),
        ),
        (
            "A typed integer of 64 bits is reported as out of range.",
            all(&BIG, &|document| {
                let mut integers = ReaderBuilder::new().from_slice(document).into_deserialize::<(i64,)>();
                matches!(integers.next(), Some(Err(error)) if error.kind() == ErrorKind::NumberOutOfRange)
            }),
        ),
        (
            "UTF-16 is named.",
            all(&UTF_16, &|document| is_refused(&ReaderBuilder::new(), document, ErrorKind::Encoding)),
        ),
        (
            "500 nested arrays are accepted with `max_depth(500)`.",
            all(&[DEEP], &|document| is_read(ReaderBuilder::new().max_depth(500), document)),
        ),
        (
            "A byte order mark is rejected with `strict(true)`.",
            all(&[MARK], &|document| is_refused(ReaderBuilder::new().strict(true), document, ErrorKind::ByteOrderMark)),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{Reader, corpus};

    #[test]
    fn a_file_belongs_to_one_group() {
        let group = |name: &str| {
            let groups: Vec<_> = Group::ALL.iter().filter(|group| group.has(name)).map(|group| group.name).collect();
            assert!(groups.len() < 2, "{groups:?}");
            groups.first().copied()
        };
        assert_eq!(group("y_array_empty.json"), Some("`y_`: must be accepted"));
        assert_eq!(group("i_string_utf16LE_no_BOM.json"), Some("`i_`: UTF-16"));
        assert_eq!(group("i_string_overlong_sequence_6_bytes_null.json"), Some("`i_`: invalid UTF-8"));
        assert_eq!(group("i_new.json"), None);
        let open: usize =
            Group::ALL.iter().filter(|group| group.name.starts_with("`i_`")).map(|group| group.files).sum();
        assert_eq!(open, 35);
    }

    #[test]
    fn line_feeds_between_tokens_are_spaces() {
        assert_eq!(Case::new("y_a.json", b"[1\n,2]\n".to_vec()).document, b"[1 ,2]\n");
        assert_eq!(Case::new("n_a.json", b"[1\n,2".to_vec()).document, b"[1\n,2");
    }

    /// The whole suite, where it is at hand; `tests/conformance.rs` has it at every level.
    #[test]
    fn this_crate_does_as_it_says() {
        let Some(corpus) = corpus() else {
            assert!(std::env::var_os("CI").is_none(), "no corpus, which CI must have");
            return println!("SKIPPED: no corpus (set SIMD_JSONL_CORPUS)");
        };
        let cases = Case::all(&corpus).unwrap();
        for group in Group::ALL {
            for case in cases.iter().filter(|case| group.has(&case.name)) {
                for way in Way::ALL {
                    let verdict = Reader::SimdJsonl.read(way, &case.document);
                    assert_eq!(verdict, group.expected(way), "{}, {way}", case.name);
                }
            }
        }
        assert!(beside(&cases).iter().all(|(_, is_so)| *is_so), "{:?}", beside(&cases));
    }
}
