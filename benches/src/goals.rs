//! How fast this crate is to be, as ratios: they carry over to other machines.

use simd_jsonl::Level;

use crate::peers::Peer;
use crate::report::{Figures, Row, WriteRow};
use crate::validating::{ValidateRow, Validator};
use crate::writing::Writer;

/// What the ratios are to be with AVX-512.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The crate to compare with; `None` is the fastest.
    pub rival: Option<Peer>,
    /// Over that crate.
    pub over_rust: Option<f64>,
    /// Over simdjson.
    pub over_simdjson: Option<f64>,
}

impl Goal {
    /// None at all.
    pub const NONE: Self = Self { rival: None, over_rust: None, over_simdjson: None };
}

/// What a file is to reach of the speed of the same bytes in memory.
pub const FILE_OVER_SLICE: f64 = 0.88;

/// What writing is to reach of the speed of the fastest other crate, on every case: never behind.
pub const WRITE_OVER_BEST: f64 = 1.0;

/// What validation is to reach of the speed of the fastest other validator, even of one that misses faults.
pub const VALIDATE_OVER_BEST: f64 = 1.5;

/// What validation of a file with bad lines is to reach of the speed of the same file without.
pub const FAULTY_OVER_CLEAN: f64 = 1.0 / 3.0;

/// The part of a goal of reading that holds for `level`; the lower levels have no goals.
fn scale(level: Level) -> Option<f64> {
    match level.name() {
        "avx512" => Some(1.0),
        "avx2" => Some(0.78),
        _ => None,
    }
}

/// Goals that were tried for and are still far off. To miss one is said, and is no failure.
const FAR_OFF: [&str; 4] = [
    "tiny over simdjson C++",
    "faulty log, unclosed string in 100 %, over clean",
    "faulty log, trailing comma in 100 %, over clean",
    "faulty log, invalid UTF-8 in 100 %, over clean",
];

/// How the figures compare with their goals.
#[derive(Debug, PartialEq)]
pub struct Check {
    /// How many goals there are: fewer without simdjson, none at the lower levels.
    pub goals: usize,
    /// Each ratio that is too low, described.
    pub missed: Vec<String>,
    /// The same for those that are known to be.
    pub far_off: Vec<String>,
}

/// Finds the ratios of the level in force that are below `fraction` of their goal.
pub fn check(figures: &Figures, fraction: f64) -> Check {
    let mut check = Check { goals: 0, missed: Vec::new(), far_off: Vec::new() };
    let Some(scale) = scale(figures.level) else { return check };
    let ratios = figures.rows.iter().flat_map(|row| ratios(row, figures.level));
    let validation = &figures.validation;
    let validates = validation.rows.iter().filter_map(|row| validate_ratio(row, figures.level));
    let ratios = ratios.chain(validates).map(|(name, ratio, goal)| (name, ratio, goal * scale));
    // Writing has the same goals with AVX2 as with AVX-512.
    let writes = figures.writes.iter().flat_map(|row| write_ratios(row, figures.level));
    // How a file compares with memory does not depend on the level.
    let files = figures
        .transports
        .iter()
        .filter_map(|row| Some((format!("{}, File over slice", row.case), row.file_over_slice()?, FILE_OVER_SLICE)));
    let faulty =
        validation.over_clean().map(|(row, ratio)| (format!("{}, over clean", row.case), ratio, FAULTY_OVER_CLEAN));
    for (name, ratio, goal) in ratios.chain(writes).chain(files).chain(faulty) {
        check.goals += 1;
        if ratio < goal * fraction {
            let known = FAR_OFF.contains(&name.as_str());
            let list = if known { &mut check.far_off } else { &mut check.missed };
            list.push(format!("{name}: {ratio:.2}, and the goal is {goal:.2}"));
        }
    }
    check
}

/// Each ratio that has a goal, with its name and the goal.
fn ratios(row: &Row, level: Level) -> impl Iterator<Item = (String, f64, f64)> {
    let ours = row.rate(Peer::SimdJsonl(level));
    let ratio = move |rival: Option<(Peer, f64)>, goal: Option<f64>| {
        let (peer, theirs) = rival?;
        Some((format!("{} over {peer}", row.case), ours? / theirs, goal?))
    };
    let rival = match row.goal.rival {
        Some(peer) => row.rate(peer).map(|rate| (peer, rate)),
        None => row.best_crate(),
    };
    let simdjson = row.rate(Peer::Simdjson).map(|rate| (Peer::Simdjson, rate));
    [ratio(rival, row.goal.over_rust), ratio(simdjson, row.goal.over_simdjson)].into_iter().flatten()
}

/// The same for validation.
fn validate_ratio(row: &ValidateRow, level: Level) -> Option<(String, f64, f64)> {
    let (validator, theirs) = row.best_other()?;
    let ratio = row.rate(Validator::SimdJsonl(level))? / theirs;
    Some((format!("{} over {validator}", row.case), ratio, VALIDATE_OVER_BEST))
}

/// The same for writing.
fn write_ratios(row: &WriteRow, level: Level) -> impl Iterator<Item = (String, f64, f64)> {
    let ours = row.rate(Writer::SimdJsonl(level));
    let ratio = move |(writer, theirs): (Writer, f64), goal: f64| {
        Some((format!("{} over {writer}", row.case), ours? / theirs, goal))
    };
    let rival = row.goal.and_then(|(writer, goal)| ratio((writer, row.rate(writer)?), goal));
    let best = row.best_crate().and_then(|best| ratio(best, WRITE_OVER_BEST));
    [rival, best].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::figures;
    use crate::validating::Validation;
    use crate::validating::tables::tests::validation;

    #[test]
    fn missed_goals_are_named() {
        let Some(level) = Level::available().into_iter().find(|level| level.name() == "avx2") else { return };
        let mut figures = Figures { level, validation: Validation::default(), ..figures() };
        figures.rows[0].rates.push((Peer::SimdJsonl(level), 1.5));
        // 1.5 over 0.5 and over 2.0; the file reaches 0.8.
        figures.rows[0].goal = Goal { rival: None, over_rust: Some(5.0), over_simdjson: Some(1.0) };
        let [rust, simdjson, file] = [
            "log borrowed over simd-json: 3.00, and the goal is 3.90",
            "log borrowed over simdjson C++: 0.75, and the goal is 0.78",
            "log owned, File over slice: 0.80, and the goal is 0.88",
        ];
        assert_eq!(check(&figures, 1.0).missed, [rust, simdjson, file]);
        assert_eq!(check(&figures, 0.93).missed, [rust, file]);
        figures.rows[0].goal.rival = Some(Peer::SerdeJson);
        assert_eq!(check(&figures, 0.9), Check { goals: 3, missed: Vec::new(), far_off: Vec::new() });
    }

    #[test]
    fn missed_goals_of_writing_are_named() {
        let Some(level) = Level::available().into_iter().find(|level| level.name() == "avx2") else { return };
        let mut figures =
            Figures { level, rows: Vec::new(), transports: Vec::new(), validation: Validation::default(), ..figures() };
        // 1.5 over 1.25 and over 0.5; no part of a goal is let off.
        figures.writes[0].rates.push((Writer::SimdJsonl(level), 1.5));
        assert_eq!(check(&figures, 1.0), Check { goals: 1, missed: Vec::new(), far_off: Vec::new() });
        figures.writes[0].goal = Some((Writer::SerdeJson, 3.5));
        let rival = "write log over serde_json: 3.00, and the goal is 3.50";
        assert_eq!(check(&figures, 1.0), Check { goals: 2, missed: vec![rival.to_owned()], far_off: Vec::new() });
        figures.writes[0].rates[1].1 = 2.0;
        let best = "write log over sonic-rs: 0.75, and the goal is 1.00";
        assert_eq!(check(&figures, 1.0).missed, [rival, best]);
        assert_eq!(check(&figures, 0.8).missed, [best]);
    }

    #[test]
    fn missed_goals_of_validation_are_named() {
        let Some(level) = Level::available().into_iter().find(|level| level.name() == "avx2") else { return };
        let validation = validation(level);
        let mut figures =
            Figures { level, rows: Vec::new(), transports: Vec::new(), writes: Vec::new(), validation, ..figures() };
        // 3.0 over 2.0, and 1.5 over 3.0.
        assert_eq!(check(&figures, 1.0), Check { goals: 2, missed: Vec::new(), far_off: Vec::new() });
        figures.validation.rows[0].rates[0].1 = 2.0;
        figures.validation.faulty[1].rates[0].1 = 0.75;
        let [best, clean] = [
            "validate log over simdjson DOM lines: 1.00, and the goal is 1.17",
            "faulty log, trailing comma in 10 %, over clean: 0.25, and the goal is 0.33",
        ];
        assert_eq!(check(&figures, 1.0).missed, [best, clean]);
        assert_eq!(check(&figures, 0.8).missed, [clean]);
    }

    #[test]
    fn lower_levels_have_no_goals() {
        let mut figures = figures();
        figures.rows[0].goal = Goal { rival: None, over_rust: Some(100.0), over_simdjson: None };
        figures.writes[0].goal = Some((Writer::SonicRs, 100.0));
        assert_eq!(check(&figures, 1.0), Check { goals: 0, missed: Vec::new(), far_off: Vec::new() });
    }
}
