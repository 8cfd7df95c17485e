//! The appender, within one process. One program, as what they share takes longer
//! to compile than they do; `cargo test --test appending appending` runs those of `appending.rs`.

#[path = "../common/appended.rs"]
mod appended;
#[path = "../common/midway.rs"]
mod midway;
#[path = "../common/target.rs"]
mod target;

mod appending;
mod durability;
mod failing_targets;
mod opening;
mod repairing;
mod rotating;
mod sharing;
