//! Benchmarks of simd-jsonl against the other JSON readers of the ecosystem.
//!
//! `cargo run --release -p simd-jsonl-bench --bin compare` prints a table; `cargo bench -p simd-jsonl-bench` runs the
//! same cases under criterion.
//!
//! Both use the plain release profile, as most programs do. Set `CARGO_PROFILE_RELEASE_LTO=fat` and
//! `CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1` to see the peers at their best as well: sonic-rs relies on link-time
//! optimization to inline its reader, and gains up to 1.8 times from it.

pub mod case;
pub mod peers;
#[cfg(feature = "simdjson")]
pub mod simdjson;
pub mod tally;
pub mod types;
pub mod workload;
