//! What the figures were measured on, and with what.

use std::fs;

use simd_jsonl::Level;

/// The lock file has the versions that were built.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The crates that are compared with.
const CRATES: [&str; 4] = ["serde_json", "serde-jsonlines", "sonic-rs", "simd-json"];

/// The processor, the level in force and the versions of all readers, as one sentence.
pub fn description() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = field(&cpuinfo, "model name").unwrap_or("unknown processor");
    let crates: Vec<_> = CRATES.iter().map(|name| format!("{name} {}", version(LOCK, name).unwrap_or("?"))).collect();
    let all =
        [crates.join(", "), simdjson()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    format!("{cpu}, {}; {all}.", level_name(Level::detect()))
}

/// A level as it is called in text.
pub fn level_name(level: Level) -> &'static str {
    match level.name() {
        "avx512" => "AVX-512",
        "avx2" => "AVX2",
        "sse2" => "SSE2",
        "neon" => "NEON",
        _ => "portable",
    }
}

#[cfg(feature = "simdjson")]
fn simdjson() -> String {
    crate::simdjson::description()
}

#[cfg(not(feature = "simdjson"))]
fn simdjson() -> String {
    String::new()
}

fn field<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    let is_it = |line: &&str| line.starts_with(name);
    cpuinfo.lines().find(is_it)?.split_once(": ").map(|(_, value)| value.trim())
}

fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found() {
        let lock =
            "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.1.0\"\n";
        assert_eq!(version(lock, "a"), Some("2.1.0"));
        assert_eq!(version(lock, "b"), None);
        assert!(CRATES.iter().all(|name| version(LOCK, name).is_some()));
    }

    #[test]
    fn processor_is_found() {
        assert_eq!(field("vendor_id\t: X\nmodel name\t: X One\nmodel name\t: X One\n", "model name"), Some("X One"));
        assert_eq!(field("", "model name"), None);
    }
}
