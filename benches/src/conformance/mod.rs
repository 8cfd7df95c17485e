//! What this crate and the others accept and reject: JSONTestSuite and the float vectors, the same cases for all.
//!
//! Each file of the suite is one document, and each reader gets it whole. To this crate it is a file of JSON Lines: the two
//! `y_` files with line feeds between their tokens have spaces there instead, for all readers, and of the three `n_`
//! files with line feeds one record must fail, as nobody could accept all of them. A file of white space has no record,
//! which is as good as an error.
//!
//! Some readers overflow the stack on deep nesting, which ends the process: all work in a process of their own.

mod child;
mod floats;
mod readers;
mod suite;
mod table;

use std::path::PathBuf;

pub use child::{answer, ask};
pub use floats::{FloatScore, Vectors};
pub use readers::{Reader, Verdict, Way};
pub use suite::{Case, Group, beside};
pub use table::{Conformance, Row};

/// The folder `SIMD_JSONL_CORPUS`, else `../shared/corpus` beside the repository; `None` if it is not there.
pub fn corpus() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let path = std::env::var_os("SIMD_JSONL_CORPUS").map_or_else(default, PathBuf::from);
    path.is_dir().then_some(path)
}
