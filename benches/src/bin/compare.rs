//! Prints a Markdown table of how fast each reader is on each case.
//!
//! ```text
//! cargo run --release -p simd-jsonl-bench --bin compare -- [--quick] [--rounds N] [--mib N] [--filter NAME]
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};

use simd_jsonl_bench::case::{Case, Input};
use simd_jsonl_bench::peers::Peer;

const USAGE: &str = "\
usage: compare [--quick] [--rounds N] [--mib N] [--filter NAME]
  --quick         3 rounds over 8 MiB (default: 9 rounds over 64 MiB)
  --rounds N      the best of N rounds counts
  --mib N         MiB of data for each case
  --filter NAME   only the cases whose name contains NAME";

struct Options {
    rounds: usize,
    mib: usize,
    filter: String,
}

fn main() -> ExitCode {
    let Some(options) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let peers = Peer::all();

    println!("GB/s, one thread, best of {} rounds over {} MiB;", options.rounds, options.mib);
    println!("in brackets: times the best of the other readers.\n");
    println!("| case |{}", peers.iter().map(|peer| format!(" {peer} |")).collect::<String>());
    println!("|---|{}", "---|".repeat(peers.len()));
    for case in Case::ALL.iter().filter(|case| case.name.contains(&options.filter)) {
        let input = case.prepare(&peers, options.mib << 20);
        let best = race(&input, options.rounds);
        println!("| {} |{}", case.name, row(&peers, &input, &best));
        for rounding in input.rounding() {
            eprintln!("{}: {} rounds some floats differently", case.name, rounding.peer);
        }
    }
    ExitCode::SUCCESS
}

/// Runs the peers in turn, so that a disturbance of the machine hits all alike, and takes the best time of each.
fn race(input: &Input, rounds: usize) -> Vec<(Peer, Duration)> {
    let mut best: Vec<_> = input.peers().iter().map(|&peer| (peer, Duration::MAX)).collect();
    for _ in 0..rounds {
        for (peer, best) in &mut best {
            let start = Instant::now();
            input.read(*peer);
            *best = start.elapsed().min(*best);
        }
    }
    best
}

fn row(peers: &[Peer], input: &Input, best: &[(Peer, Duration)]) -> String {
    let to_beat = best.iter().filter(|(peer, _)| !peer.is_ours()).map(|&(_, time)| time).min();
    let cell = |column: &Peer| {
        let Some((peer, time)) = best.iter().find(|(peer, _)| peer == column) else { return " - |".to_owned() };
        let rate = input.len() as f64 / time.as_secs_f64() / 1e9;
        match to_beat {
            Some(to_beat) if peer.is_ours() => {
                format!(" {rate:.2} ({:.1}x) |", to_beat.as_secs_f64() / time.as_secs_f64())
            }
            _ => format!(" {rate:.2} |"),
        }
    };
    peers.iter().map(cell).collect()
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut quick, mut rounds, mut mib, mut filter) = (false, None, None, String::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--rounds" => rounds = Some(positive(args.next())?),
            "--mib" => mib = Some(positive(args.next())?),
            "--filter" => filter = args.next()?,
            _ => return None,
        }
    }
    let (default_rounds, default_mib) = if quick { (3, 8) } else { (9, 64) };
    Some(Options { rounds: rounds.unwrap_or(default_rounds), mib: mib.unwrap_or(default_mib), filter })
}

fn positive(arg: Option<String>) -> Option<usize> {
    arg?.parse().ok().filter(|&n| n > 0)
}
