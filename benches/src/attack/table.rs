//! The figures, and the tables made of them.

use std::fmt::Write;

use super::{Input, SIZES, Source, Way};
use crate::report::Table;

/// What an input may cost, in parts of a tame one of its size.
pub const TIMES_TAME: f64 = 3.0;

/// What a byte may cost in 4 times the input, both times: with the square of the input it would be 4. What leaves the caches, or
/// takes memory that is fresh from the system, jumps only once.
pub const GROWTH: f64 = 2.0;

/// The buffer of a stream that holds no longer record.
const BUFFER: usize = 128 << 10;

/// What a window takes.
const WINDOW: usize = 64 << 10;

/// All that was measured.
#[derive(Clone, Debug)]
pub struct Attacks {
    /// The attacks, in their order.
    pub rows: Vec<Row>,
    /// How it was measured.
    pub method: String,
    /// On what, and with what.
    pub machine: String,
}

/// One attack on one way of reading.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is attacked.
    pub group: &'static str,
    /// What the input is.
    pub attack: String,
    /// Who reads it.
    pub way: Way,
    /// Nanoseconds a byte at each of [`SIZES`].
    pub nanos: [f64; SIZES.len()],
    /// The same of the tame input.
    pub tame: [f64; SIZES.len()],
    /// Those of `serde_json` on the largest.
    pub peer: Option<f64>,
    /// Bytes taken at the peak, on the largest.
    pub peak: usize,
    /// Bytes of the largest input.
    pub bytes: usize,
    /// Bytes of its longest record that are kept: at most the limit.
    pub kept: usize,
}

impl Row {
    /// What a byte of the largest input costs, in parts of a byte of the smallest.
    pub fn growth(&self) -> f64 {
        self.nanos[SIZES.len() - 1] / self.nanos[0]
    }

    /// What the input costs, in parts of the tame one, at the size where that is most.
    pub fn times_tame(&self) -> f64 {
        self.nanos.iter().zip(self.tame).map(|(nanos, tame)| nanos / tame).fold(0.0, f64::max)
    }

    /// How much memory the reader may take, unless the target keeps what it reads: the index, of four bytes for each of at most
    /// as many places as bytes, and twice that as it grows; a stream's buffer, which grows likewise; and of a slice a last line
    /// without LF, or a decoded string.
    pub fn bound(&self) -> Option<usize> {
        let index = 8 * (self.kept.max(WINDOW) + WINDOW / 4);
        let buffer = if self.way.source == Source::Stream { 2 * self.kept.max(BUFFER) } else { self.kept };
        (!self.way.keeps).then_some(index + buffer)
    }

    /// Whether it takes more memory than that.
    pub fn is_large(&self) -> bool {
        self.bound().is_some_and(|bound| self.peak > bound)
    }

    /// Whether time grows faster than the input, to more than the tame input takes and `serde_json` into the same target, which
    /// may be a map that leaves the caches.
    pub fn is_growing(&self) -> bool {
        let (nanos, tame, last) = (self.nanos, self.tame, SIZES.len() - 1);
        let grows = |i: usize| nanos[i] / nanos[i - 1] > GROWTH * (tame[i] / tame[i - 1]).max(1.0);
        (1..SIZES.len()).all(grows) && nanos[last] > tame[last] && self.peer.is_none_or(|peer| nanos[last] > 1.5 * peer)
    }

    /// Whether it is slow against the tame input.
    pub fn is_slow(&self) -> bool {
        self.times_tame() > TIMES_TAME
    }

    /// How much of the longest record is kept, if records may have `limit` bytes.
    pub fn kept(input: &Input, limit: Option<usize>) -> usize {
        input.longest.min(limit.unwrap_or(usize::MAX))
    }
}

impl Attacks {
    /// A table for each group: a line for each attack, and a column for each way.
    pub fn tables(&self) -> String {
        self.groups().map(|rows| compact(rows) + "\n").collect()
    }

    /// The same with a line for each attack on each way, and all there is about it.
    pub fn full_tables(&self) -> String {
        self.groups().map(|rows| full(rows) + "\n").collect()
    }

    fn groups(&self) -> impl Iterator<Item = &[Row]> {
        self.rows.chunk_by(|a, b| a.group == b.group)
    }

    /// A line for each row that is slow, growing or large.
    pub fn findings(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let Row { group, attack, way, .. } = row;
            let what = [
                row.is_slow().then(|| format!("{:.1} times the tame input", row.times_tame())),
                row.is_growing()
                    .then(|| format!("a byte costs {:.1} times as much in 16 times the input", row.growth())),
                row.is_large().then(|| format!("{} of memory", mib(row.peak))),
            ];
            let what: Vec<_> = what.into_iter().flatten().collect();
            if !what.is_empty() {
                writeln!(text, "- {group}, {attack}, {}: {}", way.name, what.join(", "))
                    .expect("writing to a String does not fail");
            }
        }
        text
    }

    /// Whether time grows faster than the input somewhere, or memory beyond its bound.
    pub fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| row.is_growing() || row.is_large())
    }

    /// The section of RESULTS.md.
    pub fn section(&self) -> String {
        let Self { method, machine, .. } = self;
        let tables = self.tables();
        format!(
            "\
## Limits under attack

Input that is made to be slow or large, read by simd-jsonl in several ways: nanoseconds a byte, and behind the stroke how many times
as much as with tame input of the same kind and size, at the worst of three sizes, bold if more than {TIMES_TAME}. \"Growth\" is what a byte
costs in the largest input, in parts of one in an input of a 16th, at the worst; with the square it would be 16; it is
bold if it is more than twice what it is of the tame input at both steps, and slower than `serde_json` too. \"Memory\" is what is
allocated at the peak by those who keep nothing, the input not counted, a stream's buffer counted; bold if above its bound. {method};
bad records are only counted. This command writes the section, and prints all figures:

```sh
{REFRESH}
```

{tables}Measured on {machine}
"
        )
    }
}

const REFRESH: &str = "cargo run --release -p simd-jsonl-bench --bin attack -- --write";

fn compact(rows: &[Row]) -> String {
    let mut ways: Vec<&str> = Vec::new();
    for row in rows {
        if !ways.contains(&row.way.name) {
            ways.push(row.way.name);
        }
    }
    let others = ["serde_json, skipped", "size", "growth", "memory"];
    let mut table = Table::new(rows[0].group, ways.iter().chain(&others).map(|head| (*head).to_owned()));
    for rows in rows.chunk_by(|a, b| a.attack == b.attack) {
        let of = |name: &str| rows.iter().find(|row| row.way.name == name);
        let cell = |row: &Row| {
            let times = marked(row.is_slow(), format!("{:.1}", row.times_tame()));
            format!("{} / {times}", nanos(row.nanos[SIZES.len() - 1]))
        };
        let mut cells: Vec<_> = ways.iter().map(|name| of(name).map_or("-".to_owned(), cell)).collect();
        cells.push(of(Way::SKIP.name).and_then(|row| row.peer).map_or("-".to_owned(), nanos));
        cells.push(mib(rows[0].bytes));
        let growth = rows.iter().map(Row::growth).fold(0.0, f64::max);
        cells.push(marked(rows.iter().any(Row::is_growing), format!("{growth:.1}")));
        let peak = rows.iter().filter(|row| !row.way.keeps).map(|row| row.peak).max();
        cells.push(peak.map_or("-".to_owned(), |peak| marked(rows.iter().any(Row::is_large), mib(peak))));
        table.row(&rows[0].attack, cells);
    }
    table.text
}

fn full(rows: &[Row]) -> String {
    let heads = [
        "read",
        "size",
        "ns/B at 1/16",
        "at 1/4",
        "at full size",
        "growth",
        "tame",
        "times tame",
        "serde_json",
        "peak",
    ];
    let mut table = Table::new(rows[0].group, heads.map(str::to_owned));
    let mut last = "";
    for row in rows {
        let name = if row.attack == last { "" } else { &row.attack };
        last = &row.attack;
        let mut cells = vec![row.way.name.to_owned(), mib(row.bytes)];
        cells.extend(row.nanos.map(nanos));
        cells.push(marked(row.is_growing(), format!("{:.1}", row.growth())));
        cells.push(nanos(row.tame[SIZES.len() - 1]));
        cells.push(marked(row.is_slow(), format!("{:.1}", row.times_tame())));
        cells.push(row.peer.map_or("-".to_owned(), nanos));
        cells.push(marked(row.is_large(), mib(row.peak)));
        table.row(name, cells);
    }
    table.text
}

fn marked(is_found: bool, text: String) -> String {
    if is_found { format!("**{text}**") } else { text }
}

fn nanos(nanos: f64) -> String {
    if nanos < 10.0 { format!("{nanos:.2}") } else { format!("{nanos:.0}") }
}

fn mib(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(attack: &str, nanos: [f64; 3], tame: [f64; 3], peak: usize) -> Row {
        let (bytes, kept) = (16 << 20, 1 << 20);
        Row {
            group: "group",
            attack: attack.to_owned(),
            way: Way::SKIP,
            nanos,
            tame,
            peer: Some(20.0),
            peak,
            bytes,
            kept,
        }
    }

    fn attacks(rows: Vec<Row>) -> Attacks {
        Attacks { rows, method: "Best of 3 rounds".to_owned(), machine: "a machine.".to_owned() }
    }

    #[test]
    fn what_is_slow_is_marked() {
        let stream = Row { way: Way::STREAM, peer: None, ..row("one", [3.5, 1.0, 1.0], [1.0; 3], 2 << 20) };
        let attacks = attacks(vec![row("one", [1.0, 1.0, 2.0], [1.0; 3], 1 << 20), stream]);
        let full = "\
| group | read | size | ns/B at 1/16 | at 1/4 | at full size | growth | tame | times tame | serde_json | peak |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
| one | skipped | 16.0 MiB | 1.00 | 1.00 | 2.00 | 2.0 | 1.00 | 2.0 | 20 | 1.0 MiB |
|  | skipped, from a stream | 16.0 MiB | 3.50 | 1.00 | 1.00 | 0.3 | 1.00 | **3.5** | - | 2.0 MiB |

";
        let compact = "\
| group | skipped | skipped, from a stream | serde_json, skipped | size | growth | memory |
|---|---:|---:|---:|---:|---:|---:|
| one | 2.00 / 2.0 | 1.00 / **3.5** | 20 | 16.0 MiB | 2.0 | 2.0 MiB |

";
        assert_eq!((&*attacks.full_tables(), &*attacks.tables()), (full, compact));
        assert_eq!(attacks.findings(), "- group, one, skipped, from a stream: 3.5 times the tame input\n");
        assert!(!attacks.has_failed());
        assert!(attacks.section().contains(compact));
    }

    #[test]
    fn what_grows_is_a_failure() {
        let growing = |row: Row| (row.is_growing(), attacks(vec![row]).has_failed());
        assert_eq!(growing(row("square", [10.0, 40.0, 160.0], [10.0; 3], 0)), (true, true));
        assert_eq!(growing(row("map", [1.0, 4.0, 16.0], [1.0; 3], 0)), (false, false));
        // The tame input has the same reason.
        assert_eq!(growing(row("caches", [10.0, 40.0, 80.0], [10.0, 15.0, 20.0], 0)), (false, false));
        assert_eq!(growing(row("fresh memory", [10.0, 10.0, 80.0], [10.0; 3], 0)), (false, false));
        let large = row("memory", [1.0; 3], [1.0; 3], 20 << 20);
        assert!(large.is_large() && attacks(vec![large]).has_failed());
    }

    #[test]
    fn each_group_has_a_table() {
        let other = Row { group: "other", ..row("two", [1.0; 3], [1.0; 3], 0) };
        let tables = attacks(vec![row("one", [1.0; 3], [1.0; 3], 0), other]).tables();
        assert!(tables.contains("| group | skipped |") && tables.contains("| other | skipped |"), "{tables}");
    }

    #[test]
    fn who_keeps_has_no_bound() {
        let mut row = row("one", [1.0; 3], [1.0; 3], usize::MAX);
        assert!(row.is_large());
        row.way.keeps = true;
        assert!(!row.is_large());
    }
}
