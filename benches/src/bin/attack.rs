//! Prints Markdown tables of what hostile input costs.
//!
//! ```text
//! cargo run --release -p simd-jsonl-bench --bin attack -- [OPTIONS]
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::thread;

use simd_jsonl_bench::attack::table::TIMES_TAME;
use simd_jsonl_bench::attack::{Attack, Attacks, Row, SIZES, read, read_by_peer};
use simd_jsonl_bench::memory::{Counting, peak_of};
use simd_jsonl_bench::race::race;
use simd_jsonl_bench::{machine, results};

const USAGE: &str = "\
usage: attack [--quick] [--rounds N] [--kib N] [--filter NAME] [--write] [--check]
  --quick            3 rounds over 32, 128 and 512 KiB (default: 3 rounds over 256 KiB, 1 and 4 MiB); many members and long
                     records take more, long numbers less
  --rounds N         the best of N rounds counts, and of 4 times as many where the input is not at full size
  --kib N            KiB of the smallest input
  --filter NAME      only the attacks whose name contains NAME
  --write            refresh the section of benches/RESULTS.md; not with --filter
  --check            fail if time grows faster than the input, or memory beyond its bound";

/// What recurses over a raised limit takes stack.
const STACK: usize = 1 << 30;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Options {
    rounds: usize,
    kib: usize,
    filter: String,
    write: bool,
    check: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(options) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let attacks = thread::scope(|scope| {
        let measure = || measure(&options);
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, measure)?;
        thread.join().map_err(|_| "a reader is wrong").map_err(Box::<dyn Error>::from)
    })?;
    println!("{}\n{}", attacks.full_tables(), attacks.section());
    println!("Over {TIMES_TAME} times the tame input, growing, or large:\n\n{}", attacks.findings());
    if options.write {
        results::write_section("attack", &attacks.section())?;
    }
    Ok(if options.check && attacks.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measure(options: &Options) -> Attacks {
    let unit = options.kib << 10;
    let mut rows = Vec::new();
    for attack in Attack::all().into_iter().filter(|attack| attack.to_string().contains(&options.filter)) {
        eprintln!("{attack}");
        let sizes = SIZES.map(|times| attack.base(unit) * times);
        let inputs = sizes.map(|size| attack.prepare(size));
        let limits = sizes.map(|size| (attack.limits)(size));
        let last = SIZES.len() - 1;
        for way in &attack.ways {
            let run = |size: usize, is_tame: bool| {
                let (input, tame) = &inputs[size];
                read(way, &limits[size], if is_tame { tame } else { input }, is_tame);
            };
            // The small ones are over quickly, and what disturbs them weighs more.
            let best = (0..SIZES.len()).flat_map(|size| {
                let rounds = options.rounds * (SIZES[last] / SIZES[size]).min(4);
                race(&[(size, false), (size, true)], rounds, |(size, is_tame)| run(size, is_tame))
            });
            let (mut nanos, mut tame) = ([0.0; SIZES.len()], [0.0; SIZES.len()]);
            for ((size, is_tame), time) in best {
                let (input, other) = &inputs[size];
                let (bytes, place) = if is_tame { (other, &mut tame) } else { (input, &mut nanos) };
                place[size] = time.as_nanos() as f64 / bytes.bytes.len() as f64;
            }
            let input = &inputs[last].0;
            let peer = way.peer.map(|_| {
                let best = race(&[()], options.rounds.min(3), |()| {
                    read_by_peer(way, input);
                });
                best[0].1.as_nanos() as f64 / input.bytes.len() as f64
            });
            let peak = peak_of(|| run(last, false));
            let kept = Row::kept(input, limits[last].max_record_len);
            let (group, name, bytes) = (attack.group, attack.name.clone(), input.bytes.len());
            rows.push(Row { group, attack: name, way: *way, nanos, tame, peer, peak, bytes, kept });
        }
    }
    let most = options.rounds * (SIZES[SIZES.len() - 1] / SIZES[0]).min(4);
    let method =
        format!("Best of {} rounds, of {most} for what is smaller, each in turn with the tame input", options.rounds);
    Attacks { rows, method, machine: machine::description() }
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<Options> {
    let (mut quick, mut rounds, mut kib) = (false, None, None);
    let (mut filter, mut write, mut check) = (String::new(), false, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--rounds" => rounds = Some(positive(args.next())?),
            "--kib" => kib = Some(positive(args.next())?),
            "--filter" => filter = args.next()?,
            "--write" => write = true,
            "--check" => check = true,
            _ => return None,
        }
    }
    let (default_rounds, default_kib) = if quick { (3, 32) } else { (3, 256) };
    let (rounds, kib) = (rounds.unwrap_or(default_rounds), kib.unwrap_or(default_kib));
    (!write || filter.is_empty()).then_some(Options { rounds, kib, filter, write, check })
}

fn positive(arg: Option<String>) -> Option<usize> {
    arg?.parse().ok().filter(|&n| n > 0)
}
