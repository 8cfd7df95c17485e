//! What serde's types become, and what is said where they do not fit. One program, as what they share takes longer
//! to compile than they do; `cargo test --test types error_codes` runs those of `error_codes.rs`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/oracle.rs"]
mod oracle;

mod error_codes;
mod fields;
mod serde_types;
