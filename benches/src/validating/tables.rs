//! The figures of validation, and the tables made of them.

use std::fmt::Write;

use simd_jsonl::Level;

use super::{FaultyCase, Misses, Validator};
use crate::report::{Table, best, find, level_heads, named, rate};

/// Behind the names of those that miss faults.
const MARK: &str = " †";

/// All that was measured of validation.
#[derive(Clone, Debug, Default)]
pub struct Validation {
    /// The cases.
    pub rows: Vec<ValidateRow>,
    /// The files with bad lines.
    pub faulty: Vec<FaultyRow>,
    /// Where each validator errs.
    pub misses: Vec<Misses>,
}

/// How fast the validators are on one case.
#[derive(Clone, Debug)]
pub struct ValidateRow {
    /// Its name.
    pub case: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The validators, with their GB/s.
    pub rates: Vec<(Validator, f64)>,
}

impl ValidateRow {
    /// The GB/s of a validator.
    pub fn rate(&self, validator: Validator) -> Option<f64> {
        find(&self.rates, validator)
    }

    /// The fastest of all others, of those too that miss faults.
    pub fn best_other(&self) -> Option<(Validator, f64)> {
        best(&self.rates, |validator| !validator.is_ours())
    }

    fn best_crate(&self) -> Option<(Validator, f64)> {
        best(&self.rates, Validator::is_other_crate)
    }

    fn simdjson(&self) -> Option<(Validator, f64)> {
        best(&self.rates, Validator::is_simdjson)
    }
}

/// How fast some validators are on one file with bad lines.
#[derive(Clone, Debug)]
pub struct FaultyRow {
    /// The file.
    pub case: FaultyCase,
    /// The validators, with their GB/s; this crate is the first.
    pub rates: Vec<(Validator, f64)>,
}

impl FaultyRow {
    /// The GB/s of this crate.
    pub fn ours(&self) -> f64 {
        self.rates[0].1
    }
}

impl Validation {
    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.faulty.is_empty()
    }

    /// Each file with bad lines, with the speed of this crate in parts of that on the same file without.
    pub fn over_clean(&self) -> impl Iterator<Item = (&FaultyRow, f64)> {
        let is_clean_of = |row: &FaultyRow, other: &FaultyRow| {
            other.case == FaultyCase { percent: 0, ..row.case } && row.case.percent > 0
        };
        self.faulty.iter().filter_map(move |row| {
            let clean = self.faulty.iter().find(|other| is_clean_of(row, other))?;
            Some((row, row.ours() / clean.ours()))
        })
    }

    /// GB/s of every validator on every case.
    pub fn full_table(&self) -> String {
        let validators: Vec<_> = Validator::all().into_iter().filter(|&validator| self.has(validator)).collect();
        let mut table = Table::new("case", validators.iter().map(|&validator| self.marked(validator)));
        for row in &self.rows {
            table.row(row.case, validators.iter().map(|&validator| rate(row.rate(validator))));
        }
        table.text
    }

    /// GB/s of this crate at every level and of those that it is compared with, and the ratios for `level`.
    pub fn summary_table(&self, level: Level) -> String {
        let levels: Vec<_> =
            Level::available().into_iter().filter(|&level| self.has(Validator::SimdJsonl(level))).collect();
        let has_simdjson = self.rows.iter().any(|row| row.simdjson().is_some());
        let mut head = level_heads(levels.iter().copied());
        head.extend(["best other crate", "best that sees every fault"].map(String::from));
        head.extend(has_simdjson.then(|| "simdjson C++, DOM".to_owned()));
        head.push("times the best crate".to_owned());
        head.extend(has_simdjson.then(|| "times simdjson".to_owned()));

        let mut table = Table::new("GB/s", head);
        for row in &self.rows {
            let ours = row.rate(Validator::SimdJsonl(level));
            let over = |rival: Option<(Validator, f64)>| rate(ours.zip(rival).map(|(ours, (_, theirs))| ours / theirs));
            let (crates, simdjson) = (row.best_crate(), row.simdjson());
            let strict = best(&row.rates, |validator| validator.is_other_crate() && !self.is_lax(validator));
            let mut cells: Vec<String> =
                levels.iter().map(|&level| rate(row.rate(Validator::SimdJsonl(level)))).collect();
            cells.push(named(crates.map(|(validator, rate)| (self.marked(validator), rate))));
            cells.push(named(strict));
            cells.extend(has_simdjson.then(|| rate(simdjson.map(|(_, rate)| rate))));
            cells.push(over(crates));
            cells.extend(has_simdjson.then(|| over(simdjson)));
            table.row(&format!("{}: {}", row.case, row.about), cells);
        }
        table.text
    }

    /// A line for each set of faults that some validators do not see, and for what some refuse though it is valid.
    pub fn notes(&self) -> String {
        let mut notes = String::new();
        for (names, faults) in self.grouped(|misses| &misses.faults) {
            writeln!(notes, "{} Not seen by {names}: {faults}.", MARK.trim())
                .expect("writing to a String does not fail");
        }
        for (names, refused) in self.grouped(|misses| &misses.refused) {
            writeln!(notes, "Refused by {names}, though valid: {refused}.").expect("writing to a String does not fail");
        }
        notes
    }

    /// GB/s on the files with bad lines.
    pub fn faulty_table(&self) -> String {
        let validators = self.faulty.first().map(|row| row.rates.iter().map(|&(validator, _)| validator));
        let validators: Vec<_> = validators.into_iter().flatten().collect();
        let head =
            validators.iter().map(|&validator| self.marked(validator)).chain(["times the clean file".to_owned()]);
        let mut table = Table::new("GB/s", head);
        for row in &self.faulty {
            let over_clean = self.over_clean().find(|(other, _)| other.case == row.case).map(|(_, ratio)| ratio);
            let rates = validators.iter().map(|&validator| find(&row.rates, validator)).chain([over_clean]);
            table.row(&row.case.to_string(), rates.map(rate));
        }
        table.text
    }

    fn has(&self, validator: Validator) -> bool {
        self.rows.iter().any(|row| row.rate(validator).is_some())
    }

    fn is_lax(&self, validator: Validator) -> bool {
        self.misses.iter().any(|misses| misses.validator == validator && misses.is_lax())
    }

    fn marked(&self, validator: Validator) -> String {
        format!("{validator}{}", if self.is_lax(validator) { MARK } else { "" })
    }

    /// The validators that err alike, and how they err.
    fn grouped<'a>(&'a self, errors: impl Fn(&'a Misses) -> &'a Vec<&'static str>) -> Vec<(String, String)> {
        let mut groups: Vec<(&Vec<&str>, Vec<String>)> = Vec::new();
        for misses in self.misses.iter().filter(|misses| !errors(misses).is_empty()) {
            let name = misses.validator.to_string();
            match groups.iter_mut().find(|(other, _)| *other == errors(misses)) {
                Some((_, names)) => names.push(name),
                None => groups.push((errors(misses), vec![name])),
            }
        }
        groups.into_iter().map(|(errors, names)| (names.join(", "), errors.join(", "))).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::validating::Spoiled;
    use crate::workload::Workload;

    /// Fixed figures at a level.
    pub(crate) fn validation(level: Level) -> Validation {
        let ours = Validator::SimdJsonl(level);
        let rates = vec![
            (ours, 3.0),
            (Validator::SerdeJson, 1.5),
            (Validator::SerdeJsonStr, 1.25),
            (Validator::SimdJson, 1.0),
            (Validator::SimdjsonDomLines, 2.0),
        ];
        let misses = |validator, faults: &[&'static str], refused: &[&'static str]| Misses {
            validator,
            faults: faults.to_vec(),
            refused: refused.to_vec(),
        };
        let faulty = [(0, 3.0), (10, 1.5)].map(|(percent, rate)| FaultyRow {
            case: FaultyCase { workload: Workload::Log, spoiled: Spoiled::TrailingComma, percent },
            rates: vec![(ours, rate), (Validator::SerdeJsonStr, 1.0)],
        });
        Validation {
            rows: vec![ValidateRow { case: "validate log", about: "about", rates }],
            faulty: faulty.to_vec(),
            misses: vec![
                misses(ours, &[], &[]),
                misses(Validator::SerdeJson, &["one", "two"], &[]),
                misses(Validator::SerdeJsonStr, &["one", "two"], &[]),
                misses(Validator::SimdJson, &[], &["three"]),
            ],
        }
    }

    fn portable() -> Level {
        *Level::available().last().expect("the portable level is everywhere")
    }

    #[test]
    fn those_that_miss_faults_are_marked() {
        let expected = "\
| GB/s | simd-jsonl, portable | best other crate | best that sees every fault | simdjson C++, DOM | times the best crate | times simdjson |
|---|---:|---:|---:|---:|---:|---:|
| validate log: about | 3.00 | 1.50 serde_json slice † | 1.00 simd-json tape | 2.00 | 2.00 | 1.50 |
";
        assert_eq!(validation(portable()).summary_table(portable()), expected);
        let expected = "\
| case | simd-jsonl fallback | serde_json slice † | serde_json str † | simd-json tape |
|---|---:|---:|---:|---:|
| validate log | 3.00 | 1.50 | 1.25 | 1.00 |
";
        let mut validation = validation(portable());
        validation.rows[0].rates.pop();
        assert_eq!(validation.full_table(), expected);
    }

    #[test]
    fn errors_are_noted() {
        let expected = "\
† Not seen by serde_json slice, serde_json str: one, two.
Refused by simd-json tape, though valid: three.
";
        assert_eq!(validation(portable()).notes(), expected);
    }

    #[test]
    fn faulty_files_are_compared_with_clean_ones() {
        let expected = "\
| GB/s | simd-jsonl fallback | serde_json str † | times the clean file |
|---|---:|---:|---:|
| faulty log, trailing comma in 0 % | 3.00 | 1.00 | - |
| faulty log, trailing comma in 10 % | 1.50 | 1.00 | 0.50 |
";
        assert_eq!(validation(portable()).faulty_table(), expected);
    }
}
