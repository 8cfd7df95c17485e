//! Prints Markdown tables of how fast each reader and each writer is on each case.
//!
//! ```text
//! cargo run --release -p simd-jsonl-bench --features simdjson --bin compare -- [OPTIONS]
//! ```
//!
//! With `--write` this command refreshes the README's figures, RESULTS.md and the chart.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use simd_jsonl::Level;
use simd_jsonl_bench::case::Case;
use simd_jsonl_bench::peers::Peer;
use simd_jsonl_bench::race::rates;
use simd_jsonl_bench::report::{Figures, Row, TransportRow, WriteRow};
use simd_jsonl_bench::transport::{Transport, TransportCase};
use simd_jsonl_bench::validating::{FaultyCase, FaultyRow, Misses, ValidateCase, ValidateRow, Validation, Validator};
use simd_jsonl_bench::writing::{WriteCase, Writer};
use simd_jsonl_bench::{chart, goals, machine, results};

const USAGE: &str = "\
usage: compare [--quick] [--rounds N] [--mib N] [--filter NAME] [--write] [--check FRACTION]
  --quick            3 rounds over 8 MiB (default: 9 rounds over 64 MiB)
  --rounds N         the best of N rounds counts
  --mib N            MiB of data for each case
  --filter NAME      only the cases whose name contains NAME
  --write            refresh README.md, benches/RESULTS.md and benches/compare.svg; not with --filter
  --check FRACTION   fail if a ratio is below FRACTION of its goal";

struct Options {
    rounds: usize,
    mib: usize,
    filter: String,
    write: bool,
    check: Option<f64>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(options) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let figures = measure(&options);
    print(&figures);
    if options.write {
        write(&figures)?;
    }
    let Some(fraction) = options.check else { return Ok(ExitCode::SUCCESS) };
    let check = goals::check(&figures, fraction);
    println!("\n{} of {} ratios are below {fraction} of their goal.", check.missed.len(), check.goals);
    check.missed.iter().for_each(|missed| println!("{missed}"));
    check.far_off.iter().for_each(|known| println!("Known to be far off: {known}"));
    Ok(if check.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints all that was measured: with a filter, that is not every table.
fn print(figures: &Figures) {
    let Figures { rows, transports, validation, writes, method, machine, .. } = figures;
    println!("GB/s of one thread, {method}.\n");
    if !rows.is_empty() {
        println!("{}\n{}\n{}", figures.full_table(), figures.summary_table(), figures.notes());
    }
    if !transports.is_empty() {
        println!("{}", figures.transport_table());
    }
    if !validation.rows.is_empty() {
        let summary = validation.summary_table(figures.level);
        println!("{}\n{summary}\n{}", validation.full_table(), validation.notes());
    }
    if !validation.faulty.is_empty() {
        println!("{}", validation.faulty_table());
    }
    if !writes.is_empty() {
        println!("{}\n{}\n{}", figures.full_write_table(), figures.write_table(), figures.write_notes());
    }
    println!("{machine}");
}

fn measure(options: &Options) -> Figures {
    let peers = Peer::all();
    let size = options.mib << 20;
    let mut rows = Vec::new();
    for case in Case::ALL.into_iter().filter(|case| case.name.contains(&options.filter)) {
        eprintln!("{}", case.name);
        let input = case.prepare(&peers, size);
        let rates = rates(input.peers(), options.rounds, input.len(), |peer| input.read(peer));
        let rounding = input.rounding().to_vec();
        rows.push(Row { case: case.name, about: case.about, goal: case.goal, rates, rounding });
    }
    let mut transports = Vec::new();
    for case in TransportCase::ALL.into_iter().filter(|case| case.name.contains(&options.filter)) {
        eprintln!("{}, all sources", case.name);
        let input = case.prepare(size);
        let rates = rates(&Transport::ALL, options.rounds, input.len(), |transport| input.read(transport));
        transports.push(TransportRow { case: case.name, rates });
    }
    let writers = Writer::all();
    let mut writes = Vec::new();
    for case in WriteCase::ALL.into_iter().filter(|case| case.name.contains(&options.filter)) {
        eprintln!("{}", case.name);
        let input = case.prepare(&writers, size);
        let rates = rates(&writers, options.rounds, input.len(), |writer| input.write(writer));
        let wording = input.wording().to_vec();
        writes.push(WriteRow { case: case.name, about: case.about, goal: case.goal, rates, wording });
    }
    let method = format!("best of {} rounds over {} MiB", options.rounds, options.mib);
    let validation = measure_validation(options);
    Figures { rows, transports, validation, writes, level: Level::detect(), method, machine: machine::description() }
}

fn measure_validation(options: &Options) -> Validation {
    let size = options.mib << 20;
    let mut validation = Validation::default();
    let validators = Validator::all();
    for case in ValidateCase::ALL.into_iter().filter(|case| case.name.contains(&options.filter)) {
        eprintln!("{}", case.name);
        let input = case.prepare(size);
        let rates = rates(&validators, options.rounds, input.len(), |validator| input.validate(validator));
        validation.rows.push(ValidateRow { case: case.name, about: case.about, rates });
    }
    for case in FaultyCase::all().filter(|case| case.to_string().contains(&options.filter)) {
        eprintln!("{case}");
        let input = case.prepare(size);
        let validators = FaultyCase::validators();
        let rates = rates(&validators, options.rounds, input.len(), |validator| input.validate(validator));
        validation.faulty.push(FaultyRow { case, rates });
    }
    if !validation.is_empty() {
        validation.misses = validators.into_iter().map(Misses::of).collect();
    }
    validation
}

fn write(figures: &Figures) -> Result<(), Box<dyn Error>> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = benches.join("../README.md");
    let text = results::replace(&fs::read_to_string(&readme)?, "figures", &figures.readme());
    fs::write(readme, text.ok_or("README.md has no markers for the figures")?)?;
    let old = fs::read_to_string(results::path())?;
    fs::write(results::path(), results::keep_own(&old, &figures.results()))?;
    fs::write(benches.join("compare.svg"), chart::svg(figures)?)?;
    Ok(())
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut quick, mut rounds, mut mib) = (false, None, None);
    let (mut filter, mut write, mut check) = (String::new(), false, None);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--rounds" => rounds = Some(positive(args.next())?),
            "--mib" => mib = Some(positive(args.next())?),
            "--filter" => filter = args.next()?,
            "--write" => write = true,
            "--check" => check = Some(args.next()?.parse().ok()?),
            _ => return None,
        }
    }
    let (default_rounds, default_mib) = if quick { (3, 8) } else { (9, 64) };
    let (rounds, mib) = (rounds.unwrap_or(default_rounds), mib.unwrap_or(default_mib));
    (!write || filter.is_empty()).then_some(Options { rounds, mib, filter, write, check })
}

fn positive(arg: Option<String>) -> Option<usize> {
    arg?.parse().ok().filter(|&n| n > 0)
}
