//! Where the public test suites and real data are, which the project does not carry itself.

use std::path::PathBuf;

/// The folder `SIMD_JSONL_CORPUS`, else `../shared/corpus` beside the package; `None` after having said that it is
/// missing.
///
/// # Panics
///
/// If it is missing and `CI` is set.
pub fn folder() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let path = std::env::var_os("SIMD_JSONL_CORPUS").map_or_else(default, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "no corpus at {}, which CI must have", path.display());
    println!("SKIPPED: no corpus at {} (set SIMD_JSONL_CORPUS)", path.display());
    None
}
