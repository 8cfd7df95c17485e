//! What is done to whole files of good and bad records. One program, as what they share takes longer
//! to compile than they do; `cargo test --test files converting` runs those of `converting.rs`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/documents.rs"]
mod documents;
#[path = "../common/oracle.rs"]
mod oracle;
#[path = "../common/target.rs"]
mod target;
#[path = "../common/verdicts.rs"]
mod verdicts;

mod converting;
mod policies;
mod quarantine;
