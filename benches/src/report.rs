//! The figures, and the tables made of them.

use std::fmt::{Display, Write};

use simd_jsonl::Level;

use crate::case::Rounding;
use crate::goals::Goal;
use crate::machine::level_name;
use crate::peers::Peer;
use crate::results;
use crate::transport::Transport;
use crate::validating::Validation;
use crate::writing::{Wording, Writer};

/// How fast the peers are on one case.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub case: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What the ratios are to be.
    pub goal: Goal,
    /// The peers that can read it, with their GB/s.
    pub rates: Vec<(Peer, f64)>,
    /// Those that do not round every float correctly.
    pub rounding: Vec<Rounding>,
}

impl Row {
    /// The GB/s of a peer, if it can read the case.
    pub fn rate(&self, peer: Peer) -> Option<f64> {
        find(&self.rates, peer)
    }

    /// The fastest of the other crates.
    pub fn best_crate(&self) -> Option<(Peer, f64)> {
        best(&self.rates, Peer::is_other_crate)
    }
}

/// How fast the writers are on one case.
#[derive(Clone, Debug)]
pub struct WriteRow {
    /// Its name.
    pub case: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What the ratio over a certain writer is to be.
    pub goal: Option<(Writer, f64)>,
    /// The writers, with their GB/s.
    pub rates: Vec<(Writer, f64)>,
    /// Those that write some values differently.
    pub wording: Vec<Wording>,
}

impl WriteRow {
    /// The GB/s of a writer.
    pub fn rate(&self, writer: Writer) -> Option<f64> {
        find(&self.rates, writer)
    }

    /// The fastest of the other crates.
    pub fn best_crate(&self) -> Option<(Writer, f64)> {
        best(&self.rates, |writer| !writer.is_ours())
    }
}

pub(crate) fn find<P: Copy + PartialEq>(rates: &[(P, f64)], peer: P) -> Option<f64> {
    rates.iter().find(|(other, _)| *other == peer).map(|&(_, rate)| rate)
}

pub(crate) fn best<P: Copy>(rates: &[(P, f64)], is_in: impl Fn(P) -> bool) -> Option<(P, f64)> {
    rates.iter().copied().filter(|&(peer, _)| is_in(peer)).max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// How fast this crate is on one case, from each source.
#[derive(Clone, Debug)]
pub struct TransportRow {
    /// The name of the case.
    pub case: &'static str,
    /// The GB/s from each source.
    pub rates: Vec<(Transport, f64)>,
}

impl TransportRow {
    /// The speed of a file, in parts of that of memory.
    pub fn file_over_slice(&self) -> Option<f64> {
        Some(self.rate(Transport::File)? / self.rate(Transport::Slice)?)
    }

    fn rate(&self, transport: Transport) -> Option<f64> {
        find(&self.rates, transport)
    }
}

/// All that was measured.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The cases.
    pub rows: Vec<Row>,
    /// The sources.
    pub transports: Vec<TransportRow>,
    /// Validation.
    pub validation: Validation,
    /// The cases of writing.
    pub writes: Vec<WriteRow>,
    /// The level in force, for which the ratios are.
    pub level: Level,
    /// How it was measured: "best of 9 rounds over 64 MiB".
    pub method: String,
    /// On what, and with what.
    pub machine: String,
}

impl Figures {
    /// GB/s of every peer on every case.
    pub fn full_table(&self) -> String {
        let peers = self.peers();
        let mut table = Table::new("case", peers.iter().map(Peer::to_string));
        for row in &self.rows {
            table.row(row.case, peers.iter().map(|&peer| rate(row.rate(peer))));
        }
        table.text
    }

    /// GB/s of this crate at every level and of those that it is compared with, and the ratios.
    pub fn summary_table(&self) -> String {
        let peers = self.peers();
        let levels: Vec<_> = peers.iter().copied().filter(|peer| peer.is_ours()).collect();
        let has_simdjson = peers.contains(&Peer::Simdjson);
        let mut head = level_heads(levels.iter().filter_map(|peer| match peer {
            Peer::SimdJsonl(level) => Some(*level),
            _ => None,
        }));
        head.extend(["best other crate", "serde_json slice"].map(String::from));
        head.extend(has_simdjson.then(|| "simdjson C++".to_owned()));
        head.push("times the best crate".to_owned());
        head.extend(has_simdjson.then(|| "times simdjson".to_owned()));

        let mut table = Table::new("GB/s", head);
        for row in &self.rows {
            let ours = row.rate(Peer::SimdJsonl(self.level));
            let best = row.best_crate();
            let simdjson = row.rate(Peer::Simdjson);
            let mut cells: Vec<String> = levels.iter().map(|&peer| rate(row.rate(peer))).collect();
            cells.push(named(best));
            cells.push(rate(row.rate(Peer::SerdeJson)));
            cells.extend(has_simdjson.then(|| rate(simdjson)));
            cells.push(rate(ours.zip(best).map(|(ours, (_, best))| ours / best)));
            cells.extend(has_simdjson.then(|| rate(ours.zip(simdjson).map(|(ours, theirs)| ours / theirs))));
            table.row(&format!("{}: {}", row.case, row.about), cells);
        }
        table.text
    }

    /// GB/s of this crate from each source.
    pub fn transport_table(&self) -> String {
        let head = Transport::ALL.iter().map(Transport::to_string).chain(["File / slice".to_owned()]);
        let mut table = Table::new("GB/s", head);
        for row in &self.transports {
            let rates = Transport::ALL.iter().map(|&transport| row.rate(transport)).chain([row.file_over_slice()]);
            table.row(row.case, rates.map(rate));
        }
        table.text
    }

    /// GB/s of every writer on every case.
    pub fn full_write_table(&self) -> String {
        let writers = self.writers();
        let mut table = Table::new("case", writers.iter().map(Writer::to_string));
        for row in &self.writes {
            table.row(row.case, writers.iter().map(|&writer| rate(row.rate(writer))));
        }
        table.text
    }

    /// GB/s of this crate at every level and of those that it is compared with, and the ratio, for writing.
    pub fn write_table(&self) -> String {
        let writers = self.writers();
        let columns: Vec<_> = writers.iter().copied().filter(|&writer| writer != Writer::SerdeJsonlines).collect();
        let mut head = level_heads(columns.iter().filter_map(|writer| match writer {
            Writer::SimdJsonl(level) => Some(*level),
            _ => None,
        }));
        head.extend(columns.iter().filter(|writer| !writer.is_ours()).map(Writer::to_string));
        head.extend(["best other crate", "times the best crate"].map(String::from));

        let mut table = Table::new("GB/s", head);
        for row in &self.writes {
            let best = row.best_crate();
            let mut cells: Vec<String> = columns.iter().map(|&writer| rate(row.rate(writer))).collect();
            cells.push(named(best));
            let ours = row.rate(Writer::SimdJsonl(self.level));
            cells.push(rate(ours.zip(best).map(|(ours, (_, best))| ours / best)));
            table.row(&format!("{}: {}", row.case, row.about), cells);
        }
        table.text
    }

    /// A line for each case on which peers round some floats differently.
    pub fn notes(&self) -> String {
        let mut notes = String::new();
        for Row { case, rounding, .. } in self.rows.iter().filter(|row| !row.rounding.is_empty()) {
            let peers: Vec<_> = rounding.iter().map(|rounding| rounding.peer.to_string()).collect();
            let per_mille = rounding.iter().map(|rounding| rounding.per_mille).max().unwrap_or(0);
            let ulps = rounding.iter().map(|rounding| rounding.ulps).max().unwrap_or(0);
            let (peers, share) = (peers.join(", "), per_mille as f64 / 10.0);
            writeln!(
                notes,
                "On {case}, these round some floats differently (up to {share:.1} % of them, by at most {ulps} ULP): {peers}."
            )
            .expect("writing to a String does not fail");
        }
        notes
    }

    /// A line for each case on which writers write some values differently.
    pub fn write_notes(&self) -> String {
        let mut notes = String::new();
        for WriteRow { case, wording, .. } in self.writes.iter().filter(|row| !row.wording.is_empty()) {
            let writers: Vec<_> = wording.iter().map(|wording| wording.writer.to_string()).collect();
            let per_mille = wording.iter().map(|wording| wording.per_mille).max().unwrap_or(0);
            let (writers, share) = (writers.join(", "), per_mille as f64 / 10.0);
            writeln!(
                notes,
                "On {case}, these write some values differently, which read back the same (in up to {share:.1} % of the records): {writers}."
            )
            .expect("writing to a String does not fail");
        }
        notes
    }

    /// The section of the README.
    pub fn readme(&self) -> String {
        let Self { method, machine, .. } = self;
        let (summary, transports, writes) = (self.summary_table(), self.transport_table(), self.write_table());
        let (notes, write_notes) = (paragraph(&self.notes()), paragraph(&self.write_notes()));
        let (validation, faulty) = (self.validation.summary_table(self.level), self.validation.faulty_table());
        let validation_notes = paragraph(&self.validation.notes());
        format!(
            "\
## How fast

simd-jsonl decodes every record and validates every byte, of skipped fields too (but for `lax_skip` and `get`). The others
have the same results; simdjson checks skipped fields by their brackets alone, and the `get` of sonic-rs does not look
behind its field. One thread, generated records, default release build, {method}, all in turn.
Only the ratios carry over to other machines.

![Bar chart of the table below](benches/compare.svg)

{summary}
{notes}The same from memory, from a file, and through a pipe from another thread:

{transports}
Validation: each line is to be one JSON value in valid UTF-8, and nothing is kept. Each crate has several ways to find out;
those marked † do not see every fault:

{validation}
{validation_notes}Files with bad lines; for each, simd-jsonl makes an error with its line, column and an excerpt:

{faulty}
Records in memory, written as text again, byte for byte what `serde_json` writes. `JsonlWriter` has its own buffer, the
`to_writer` of the others a `Vec` that is kept; all hand chunks of 64 KiB to the same target, which drops them. GB/s are over
the bytes of `serde_json`:

{writes}
{write_notes}Measured on {machine}

`cargo run --release -p simd-jsonl-bench --bin compare` measures on your machine, after checking that all read and write the
same. [benches/RESULTS.md](benches/RESULTS.md) has every reader and every writer. This refreshes both, and the chart; it
needs a C++ compiler and CMake:

```sh
{REFRESH}
```
"
        )
    }

    /// The file with every reader and every writer.
    pub fn results(&self) -> String {
        let Self { method, machine, .. } = self;
        let (full, transports, writes) = (self.full_table(), self.transport_table(), self.full_write_table());
        let (notes, write_notes) = (paragraph(&self.notes()), paragraph(&self.write_notes()));
        let (validation, faulty) = (self.validation.full_table(), self.validation.faulty_table());
        let validation_notes = paragraph(&self.validation.notes());
        let others = results::OWN.map(results::empty).join("\n");
        format!(
            "\
# Every reader and every writer on every case

GB/s of one thread, {method}, all in turn. A reader that cannot do a case has a `-`.
This command writes the file:

```sh
{REFRESH}
```

{full}
{notes}## Sources

{transports}
## Validation

{validation}
{validation_notes}{faulty}
## Writing

Records in memory, written as text again. GB/s are over the bytes that `serde_json` writes.

{writes}
{write_notes}Measured on {machine}

{others}"
        )
    }

    /// The peers that can read anything, in their order.
    fn peers(&self) -> Vec<Peer> {
        Peer::all().into_iter().filter(|&peer| self.rows.iter().any(|row| row.rate(peer).is_some())).collect()
    }

    /// The writers, in their order.
    fn writers(&self) -> Vec<Writer> {
        let has = |writer: &Writer| self.writes.iter().any(|row| row.rate(*writer).is_some());
        Writer::all().into_iter().filter(has).collect()
    }
}

/// The heads of the columns of this crate.
pub(crate) fn level_heads(levels: impl Iterator<Item = Level>) -> Vec<String> {
    let mut heads: Vec<String> = levels.map(|level| level_name(level).to_owned()).collect();
    if let Some(first) = heads.first_mut() {
        first.insert_str(0, "simd-jsonl, ");
    }
    heads
}

const REFRESH: &str = "cargo run --release -p simd-jsonl-bench --features simdjson --bin compare -- --write";

/// A Markdown table.
pub(crate) struct Table {
    pub(crate) text: String,
}

impl Table {
    pub(crate) fn new(first: &str, head: impl IntoIterator<Item = String>) -> Self {
        let mut table = Self { text: String::new() };
        let head: Vec<_> = head.into_iter().collect();
        let rule = format!("|---|{}\n", "---:|".repeat(head.len()));
        table.row(first, head);
        table.text.push_str(&rule);
        table
    }

    pub(crate) fn row(&mut self, first: &str, cells: impl IntoIterator<Item = String>) {
        let cells: String = cells.into_iter().map(|cell| format!(" {cell} |")).collect();
        writeln!(self.text, "| {first} |{cells}").expect("writing to a String does not fail");
    }
}

/// The text and a blank line behind it, if there is any text.
fn paragraph(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

pub(crate) fn named<P: Display>(rate: Option<(P, f64)>) -> String {
    rate.map_or("-".to_owned(), |(peer, rate)| format!("{rate:.2} {peer}"))
}

pub(crate) fn rate(rate: Option<f64>) -> String {
    rate.map_or("-".to_owned(), |rate| format!("{rate:.2}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::validating::tables::tests::validation;

    /// Fixed figures at the portable level, the one that every machine has.
    pub(crate) fn figures() -> Figures {
        let Peer::SimdJsonl(level) = Peer::reference() else { unreachable!() };
        let ours = Peer::reference();
        let row = |case, rates| Row { case, about: "about", goal: Goal::NONE, rates, rounding: Vec::new() };
        let rounding = Rounding { peer: Peer::SerdeJson, per_mille: 15, ulps: 1 };
        let first = vec![(ours, 1.5), (Peer::SerdeJson, 0.25), (Peer::SimdJson, 0.5), (Peer::Simdjson, 2.0)];
        let rates =
            vec![(Transport::Slice, 1.0), (Transport::Mmap, 0.9), (Transport::File, 0.8), (Transport::Pipe, 0.5)];
        Figures {
            rows: vec![
                Row { rounding: vec![rounding], ..row("log borrowed", first) },
                row("get one field", vec![(ours, 3.0), (Peer::SonicRsGet, 1.0)]),
            ],
            transports: vec![TransportRow { case: "log owned", rates }],
            validation: validation(level),
            writes: vec![WriteRow {
                case: "write log",
                about: "about",
                goal: None,
                rates: vec![(Writer::SimdJsonl(level), 2.5), (Writer::SonicRs, 1.25), (Writer::SerdeJson, 0.5)],
                wording: vec![Wording { writer: Writer::SonicRs, per_mille: 15 }],
            }],
            level,
            method: "best of 9 rounds over 64 MiB".to_owned(),
            machine: "a machine.".to_owned(),
        }
    }

    #[test]
    fn every_peer_has_a_column() {
        let expected = "\
| case | simd-jsonl fallback | serde_json slice | sonic-rs get | simd-json |
|---|---:|---:|---:|---:|
| log borrowed | 1.50 | 0.25 | - | 0.50 |
| get one field | 3.00 | - | 1.00 | - |
";
        let mut figures = figures();
        figures.rows[0].rates.retain(|(peer, _)| *peer != Peer::Simdjson);
        assert_eq!(figures.full_table(), expected);
    }

    #[test]
    fn summary_has_ratios() {
        let expected = "\
| GB/s | simd-jsonl, portable | best other crate | serde_json slice | simdjson C++ | times the best crate | times simdjson |
|---|---:|---:|---:|---:|---:|---:|
| log borrowed: about | 1.50 | 0.50 simd-json | 0.25 | 2.00 | 3.00 | 0.75 |
| get one field: about | 3.00 | 1.00 sonic-rs get | - | - | 3.00 | - |
";
        assert_eq!(figures().summary_table(), expected);
    }

    #[test]
    fn sources_are_compared() {
        let expected = "\
| GB/s | slice | mmap | File | pipe | File / slice |
|---|---:|---:|---:|---:|---:|
| log owned | 1.00 | 0.90 | 0.80 | 0.50 | 0.80 |
";
        assert_eq!(figures().transport_table(), expected);
    }

    #[test]
    fn writers_are_compared() {
        let expected = "\
| GB/s | simd-jsonl, portable | serde_json | sonic-rs | best other crate | times the best crate |
|---|---:|---:|---:|---:|---:|
| write log: about | 2.50 | 0.50 | 1.25 | 1.25 sonic-rs | 2.00 |
";
        assert_eq!(figures().write_table(), expected);
        assert!(figures().readme().contains(expected));
        let expected = "\
| case | simd-jsonl fallback | serde_json | serde-jsonlines | sonic-rs |
|---|---:|---:|---:|---:|
| write log | 2.50 | 0.50 | 0.75 | 1.25 |
";
        let mut figures = figures();
        figures.writes[0].rates.push((Writer::SerdeJsonlines, 0.75));
        assert_eq!(figures.full_write_table(), expected);
        assert!(figures.results().contains(expected));
    }

    #[test]
    fn other_wording_is_noted() {
        let expected = "On write log, these write some values differently, which read back the same (in up to 1.5 % of the records): sonic-rs.\n";
        assert_eq!(figures().write_notes(), expected);
        assert!(figures().results().contains(expected));
    }

    #[test]
    fn rounding_is_noted() {
        let expected = "On log borrowed, these round some floats differently (up to 1.5 % of them, by at most 1 ULP): serde_json slice.\n";
        assert_eq!(figures().notes(), expected);
        assert!(figures().results().contains(expected));
    }

    #[test]
    fn validation_is_there() {
        let (figures, readme, results) = (figures(), figures().readme(), figures().results());
        let validation = &figures.validation;
        assert!(
            readme.contains(&validation.summary_table(figures.level)) && results.contains(&validation.full_table())
        );
        assert!([readme, results].iter().all(|text| text.contains(&validation.faulty_table())));
    }

    #[test]
    fn results_have_room_for_other_commands() {
        assert!(results::OWN.into_iter().all(|name| figures().results().contains(&results::empty(name))));
    }
}
