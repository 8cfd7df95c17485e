//! Prints what each reader makes of JSONTestSuite and of the float vectors, as Markdown tables.
//!
//! ```text
//! cargo run --release -p simd-jsonl-bench --bin conformance -- [--write]
//! ```
//!
//! It fails if this crate is not as it says it is. With `--write` it refreshes its section of RESULTS.md. The suite and the
//! vectors are looked for in the folder `SIMD_JSONL_CORPUS`, else in `../shared/corpus` beside the repository.

use std::error::Error;
use std::io;
use std::process::{Command, ExitCode};

use simd_jsonl_bench::conformance::{Case, Conformance, Reader, Row, Vectors, Way, answer, ask, beside, corpus};
use simd_jsonl_bench::{machine, results};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_writing = match &args[..] {
        [] => false,
        [arg] if arg == "--write" => true,
        [reader, way] => match (reader.parse(), way.parse()) {
            (Ok(reader), Ok(way)) => {
                answer(io::stdin().lock(), io::stdout().lock(), reader, way)?;
                return Ok(ExitCode::SUCCESS);
            }
            _ => return Ok(usage()),
        },
        _ => return Ok(usage()),
    };
    let conformance = find_out()?;
    println!("{}", conformance.section());
    if is_writing {
        results::write_section("conformance", &conformance.section())?;
    }
    let wrong = conformance.wrong();
    wrong.iter().for_each(|line| eprintln!("wrong: {line}"));
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn usage() -> ExitCode {
    eprintln!("usage: conformance [--write]");
    ExitCode::from(2)
}

fn find_out() -> Result<Conformance, Box<dyn Error>> {
    let corpus = corpus().ok_or("no corpus (set SIMD_JSONL_CORPUS)")?;
    let (cases, vectors) = (Case::all(&corpus)?, Vectors::all(&corpus)?);
    let program = std::env::current_exe()?;
    let mut rows = Vec::new();
    for reader in Reader::ALL {
        for way in Way::ALL {
            let verdicts = ask(|| Command::new(&program), reader, way, &cases)?;
            rows.push(Row { reader, way, verdicts });
        }
    }
    let floats = Reader::ALL.map(|reader| (reader, vectors.wide(reader), vectors.narrow(reader))).to_vec();
    let beside = beside(&cases);
    Ok(Conformance { cases, rows, beside, floats, machine: machine::description() })
}
