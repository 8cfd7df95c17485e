#![doc = include_str!("../README.md")]

mod appender;
mod bits;
mod convert;
mod cursor;
mod de;
mod error;
mod index;
mod lazy;
mod lines;
#[cfg(feature = "mmap")]
mod mmap;
mod options;
#[cfg_attr(unix, path = "os/unix.rs")]
#[cfg_attr(not(unix), path = "os/other.rs")]
mod os;
mod policy;
mod position;
mod raw;
mod reader;
mod record;
mod report;
mod ser;
mod simd;
mod validate;
mod window;
mod writer;

pub use appender::{AppenderBuilder, Durability, JsonlAppender, Repaired, repair};
pub use convert::{Converted, array_to_jsonl, jsonl_to_array, normalize};
pub use error::{Error, ErrorKind, Result};
pub use lazy::{Elements, LazyValue, Members};
pub use lines::{Line, Lines};
#[cfg(feature = "mmap")]
pub use mmap::Mmap;
pub use policy::ErrorPolicy;
pub use position::Position;
pub use reader::{
    IntoRecords, JsonlReader, JsonlSlice, ReaderBuilder, ReaderLines, Records, SliceIntoRecords, SliceRecords,
};
pub use record::Record;
pub use report::ReadReport;
pub use simd::Level;
pub use validate::{Report, Validator, validate};
pub use writer::{IntoInnerError, JsonlWriter, WriterBuilder};

/// The crate whose `BorrowedValue` [`Record::to_value`] returns, in the version that fits.
#[cfg(feature = "value")]
pub use simd_json;
