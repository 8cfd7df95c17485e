//! What is made of bytes and what is written as bytes, which is where processors differ. One program, as what they share takes longer
//! to compile than they do; `cargo test --test bytes depth` runs those of `depth.rs`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/corpus.rs"]
mod corpus;
#[path = "../common/data.rs"]
mod data;
#[path = "../common/documents.rs"]
mod documents;
#[path = "../common/midway.rs"]
mod midway;
#[path = "../common/oracle.rs"]
mod oracle;
#[path = "../common/target.rs"]
mod target;
#[path = "../common/written.rs"]
mod written;

mod depth;
mod dialect;
mod differential;
mod errors;
mod escaping;
mod lazy;
mod limits;
mod lines;
mod numbers;
mod paths;
mod reading;
mod recognition;
mod round_trip;
mod serializing;
mod unchecked;
mod writing;
mod writing_raw;
