//! Benchmarks of simd-jsonl against the other JSON readers and writers of the ecosystem.
//!
//! `cargo run --release -p simd-jsonl-bench --bin compare` prints tables, and with `-- --write` puts them into the README;
//! `cargo bench -p simd-jsonl-bench` runs the same cases under criterion, and what is below them: lines, and the structure
//! of records. The feature `simdjson` adds the C++ library to both; it needs a C++ compiler and CMake.
//!
//! `--bin conformance` prints what each crate makes of JSONTestSuite and of the float vectors, and `--bin attack` what hostile
//! input costs; both put their tables into RESULTS.md with `-- --write`.
//!
//! Both use the plain release profile, as most programs do. Set `CARGO_PROFILE_RELEASE_LTO=fat` and
//! `CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1` to see the peers at their best as well: sonic-rs relies on link-time
//! optimization to inline its reader, and gains up to 1.8 times from it.

pub mod attack;
pub mod case;
pub mod chart;
pub mod conformance;
pub mod goals;
pub mod machine;
pub mod memory;
pub mod peers;
pub mod race;
pub mod report;
pub mod results;
#[cfg(feature = "simdjson")]
pub mod simdjson;
pub mod tally;
pub mod text;
pub mod transport;
pub mod types;
pub mod validating;
mod value;
pub mod workload;
pub mod writing;
