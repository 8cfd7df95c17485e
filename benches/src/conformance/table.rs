//! What was found, the tables made of it, and where it is not as it should be.

use std::fmt::Write;

use super::{Case, FloatScore, Group, Reader, Verdict, Way};
use crate::report::Table;

/// All that was found.
#[derive(Clone, Debug)]
pub struct Conformance {
    /// The cases of the suite.
    pub cases: Vec<Case>,
    /// What each reader makes of each, in each way.
    pub rows: Vec<Row>,
    /// What else holds of this crate, each with whether it is so.
    pub beside: Vec<(&'static str, bool)>,
    /// The readers with `f64` and with `f32` as the target.
    pub floats: Vec<(Reader, FloatScore, FloatScore)>,
    /// On what, and with what.
    pub machine: String,
}

/// What one reader makes of the cases.
#[derive(Clone, Debug)]
pub struct Row {
    /// The reader.
    pub reader: Reader,
    /// What it is to make of them.
    pub way: Way,
    /// In the order of the cases.
    pub verdicts: Vec<Verdict>,
}

impl Conformance {
    /// Where this crate is not as it says it is.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in self.rows.iter().filter(|row| row.reader.is_ours()) {
            for group in Group::ALL {
                let expected = group.expected(row.way);
                let others = self.of(row, group).filter(|(_, verdict)| *verdict != expected);
                wrong.extend(others.map(|(case, verdict)| format!("{verdict}, {}: {}", row.way, case.name)));
            }
        }
        wrong.extend(self.beside.iter().filter(|(_, is_so)| !is_so).map(|(sentence, _)| format!("not so: {sentence}")));
        for (reader, wide, narrow) in self.floats.iter().filter(|(reader, ..)| reader.is_ours()) {
            let bad = [("f64", wide), ("f32", narrow)].into_iter().filter(|(_, score)| !score.is_full());
            wrong.extend(bad.map(|(name, score)| format!("{reader}, {name}: {score:?}")));
        }
        wrong
    }

    /// The section of RESULTS.md.
    pub fn section(&self) -> String {
        let Self { machine, .. } = self;
        let (suite, notes, floats) = (self.suite_table(), self.notes(), self.float_table());
        let beside: String =
            self.beside.iter().filter(|(_, is_so)| *is_so).map(|(line, _)| format!("- {line}\n")).collect();
        format!(
            "\
## Conformance

JSONTestSuite, each file as one document; the suite leaves open what becomes of the `i_` files. \"Value\" is each crate's own
dynamic value, \"skipped\" is serde's `IgnoredAny`, which is what becomes of a field that the target type does not have.
\"Aborts\" is the end of the process. This command fails if simd-jsonl differs from its column:

```sh
{REFRESH}
```

{suite}
{notes}
Besides, of simd-jsonl:

{beside}
Decimals of parse-number-fxx-test-data that are JSON numbers, each against its bits:

{floats}
serde_json has its default features; its `float_roundtrip` rounds `f64` correctly. Measured on {machine}
"
        )
    }

    /// What each reader makes of each group.
    pub fn suite_table(&self) -> String {
        let heads = self.rows.iter().map(|row| match row.way {
            Way::Value => format!("{} value", row.reader),
            Way::Skip => "skipped".to_owned(),
        });
        let mut table = Table::new("cases", std::iter::once("files".to_owned()).chain(heads));
        for group in Group::ALL {
            let cells = self.rows.iter().map(|row| verdicts(self.of(row, group).map(|(_, verdict)| verdict)));
            table.row(group.name, std::iter::once(group.files.to_string()).chain(cells));
        }
        table.text
    }

    /// How many decimals each reader reads to the last bit.
    pub fn float_table(&self) -> String {
        let mut table = Table::new("decimals", self.floats.iter().map(|(reader, ..)| reader.to_string()));
        let mut rows = |name: &str, of: &dyn Fn(&(Reader, FloatScore, FloatScore)) -> FloatScore| {
            let scores: Vec<_> = self.floats.iter().map(of).collect();
            let Some(first) = scores.first() else { return };
            let mut row = |what: String, count: fn(&FloatScore) -> usize| {
                table.row(&format!("`{name}`: {what}"), scores.iter().map(|score| count(score).to_string()));
            };
            row(format!("exact, of {}", first.numbers), |score| score.exact);
            row("read as another number".to_owned(), |score| score.inexact);
            row("rejected".to_owned(), |score| score.rejected);
            row(format!("made infinite, of {} beyond its range", first.beyond), |score| {
                score.beyond - score.beyond_rejected
            });
        };
        rows("f64", &|(_, wide, _)| *wide);
        rows("f32", &|(.., narrow)| *narrow);
        table.text
    }

    /// Which files the readers err on, where the suite leaves no choice, and which they do not survive.
    pub fn notes(&self) -> String {
        let mut notes = String::new();
        for row in &self.rows {
            for group in Group::ALL {
                let is_open = group.name.starts_with("`i_`");
                for verdict in [Verdict::Accepts, Verdict::Rejects, Verdict::Aborts] {
                    let is_fine = is_open && verdict != Verdict::Aborts || verdict == group.expected(row.way);
                    let of_it = self.of(row, group).filter(|(_, other)| *other == verdict);
                    let names: Vec<_> =
                        of_it.map(|(case, _)| format!("`{}`", case.name.trim_end_matches(".json"))).collect();
                    if !is_fine && !names.is_empty() {
                        writeln!(notes, "- {}, {}, {verdict}: {}", row.reader, row.way, names.join(", "))
                            .expect("writing to a String does not fail");
                    }
                }
            }
        }
        notes
    }

    fn of(&self, row: &Row, group: Group) -> impl Iterator<Item = (&Case, Verdict)> {
        let verdicts = row.verdicts.clone();
        self.cases.iter().zip(verdicts).filter(move |(case, _)| group.has(&case.name))
    }
}

const REFRESH: &str = "cargo run --release -p simd-jsonl-bench --bin conformance -- --write";

/// "accepts", or how many of each.
fn verdicts(all: impl Iterator<Item = Verdict>) -> String {
    let all: Vec<_> = all.collect();
    let mut parts = Vec::new();
    for verdict in [Verdict::Accepts, Verdict::Rejects, Verdict::Aborts] {
        match all.iter().filter(|other| **other == verdict).count() {
            0 => {}
            count if count == all.len() => return verdict.to_string(),
            count => parts.push(format!("{verdict} {count}")),
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conformance() -> Conformance {
        use Verdict::{Aborts, Accepts, Rejects};
        let case = |name: &str| Case::new(name, Vec::new());
        let row = |reader, way, verdicts: &[Verdict]| Row { reader, way, verdicts: verdicts.to_vec() };
        let full = FloatScore { numbers: 9, exact: 9, beyond: 1, beyond_rejected: 1, ..FloatScore::default() };
        let poor = FloatScore { numbers: 9, exact: 6, inexact: 2, rejected: 1, beyond: 1, beyond_rejected: 0 };
        Conformance {
            cases: [case("n_a.json"), case("n_b.json"), case("y_a.json"), case("i_number_huge_exp.json")].to_vec(),
            rows: vec![
                row(Reader::SimdJsonl, Way::Value, &[Rejects, Rejects, Accepts, Rejects]),
                row(Reader::SimdJsonl, Way::Skip, &[Rejects, Rejects, Accepts, Accepts]),
                row(Reader::SonicRs, Way::Skip, &[Accepts, Aborts, Rejects, Accepts]),
            ],
            beside: vec![("So it is.", true)],
            floats: vec![(Reader::SimdJsonl, full, full), (Reader::SonicRs, full, poor)],
            machine: "a machine.".to_owned(),
        }
    }

    #[test]
    fn groups_are_summed_up() {
        let table = conformance().suite_table();
        let head = "| cases | files | simd-jsonl value | skipped | skipped |\n";
        assert!(table.starts_with(head), "{table}");
        for line in [
            "| `y_`: must be accepted | 95 | accepts | accepts | rejects |\n",
            "| `n_`: must be rejected | 188 | rejects | rejects | accepts 1, aborts 1 |\n",
            "| `i_`: numbers beyond `f64` | 5 | rejects | accepts | accepts |\n",
        ] {
            assert!(table.contains(line), "{table}");
        }
    }

    #[test]
    fn errors_are_named() {
        let expected = "\
- sonic-rs, skipped, rejects: `y_a`
- sonic-rs, skipped, accepts: `n_a`
- sonic-rs, skipped, aborts: `n_b`
";
        assert_eq!(conformance().notes(), expected);
        assert!(conformance().section().contains(expected));
    }

    #[test]
    fn floats_are_counted() {
        let expected = "\
| `f32`: exact, of 9 | 9 | 6 |
| `f32`: read as another number | 0 | 2 |
| `f32`: rejected | 0 | 1 |
| `f32`: made infinite, of 1 beyond its range | 0 | 1 |
";
        let table = conformance().float_table();
        assert!(table.ends_with(expected), "{table}");
    }

    #[test]
    fn this_crate_is_held_to_its_word() {
        let mut conformance = conformance();
        assert_eq!(conformance.wrong(), [""; 0]);
        conformance.rows[0].verdicts[0] = Verdict::Accepts;
        conformance.rows[1].verdicts[3] = Verdict::Rejects;
        conformance.beside[0].1 = false;
        conformance.floats[0].2.beyond_rejected = 0;
        let wrong = conformance.wrong();
        assert_eq!(
            wrong[..3],
            [
                "accepts, value: n_a.json".to_owned(),
                "rejects, skipped: i_number_huge_exp.json".to_owned(),
                "not so: So it is.".to_owned(),
            ]
        );
        assert!(wrong[3].starts_with("simd-jsonl, f32: ") && wrong.len() == 4, "{wrong:?}");
    }
}
