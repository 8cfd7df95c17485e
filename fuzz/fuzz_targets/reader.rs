//! Transports: a slice and a stream that gives its bytes in pieces of any size, is interrupted and would block, hand out
//! the same records and the same errors, at every level.
//!
//! The input begins with a header: flags, record limit, buffer size, the number of sizes and the sizes; see `Plan`.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use simd_jsonl::{Error, ErrorKind, Level, Position, ReaderBuilder, Record};

/// How an input is to be read.
struct Plan<'a> {
    strict: bool,
    /// Decode as an iterator does, or take each record as it is lent.
    lent: bool,
    level: u8,
    max_record_len: Option<usize>,
    buffer_size: usize,
    /// How many bytes each read gives, in turn, over and over; see [`Pieces`].
    sizes: &'a [u8],
}

impl<'a> Plan<'a> {
    fn split(data: &'a [u8]) -> Option<(Plan<'a>, &'a [u8])> {
        let [flags, limit, buffer, sizes, rest @ ..] = data else { return None };
        let (sizes, input) = rest.split_at_checked(usize::from(sizes & 7))?;
        let plan = Plan {
            strict: flags & 1 != 0,
            lent: flags & 2 != 0,
            level: flags >> 2,
            max_record_len: (*limit < 128).then_some(usize::from(*limit)),
            buffer_size: usize::from(*buffer),
            sizes,
        };
        Some((plan, input))
    }
}

/// A stream in pieces.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: &'a [u8],
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // after all the sizes one byte, so that a plan of nothing but failures comes to an end too
        let size = self.sizes.get(self.turn).copied().unwrap_or(1);
        self.turn = if self.turn < self.sizes.len() { self.turn + 1 } else { 0 };
        let size = match size {
            255 => return Err(io::ErrorKind::Interrupted.into()),
            254 => return Err(io::ErrorKind::WouldBlock.into()),
            size => usize::from(size).max(1).min(buf.len()).min(self.rest.len()),
        };
        let (now, later) = self.rest.split_at(size);
        buf[..size].copy_from_slice(now);
        self.rest = later;
        Ok(size)
    }
}

/// A record that was lent, and what it decodes to.
type Lent = (Vec<u8>, Position, bool, Result<Value, Fault>);

#[derive(Debug, PartialEq)]
enum Item {
    Value(Value),
    Lent(Lent),
    Fault(Fault),
}

/// All of an error that can be compared.
type Fault = (ErrorKind, Position, u64);

fn fault(error: Error) -> Fault {
    (error.kind(), error.position(), error.column())
}

fn lent(record: Record<'_>) -> Item {
    let value = record.deserialize().map_err(fault);
    Item::Lent((record.as_bytes().to_vec(), record.position(), record.terminated(), value))
}

/// All that a reader hands out, each with the reader's position behind it.
macro_rules! items {
    ($reader:expr, $plan:expr, $most:expr) => {{
        let mut reader = $reader;
        let mut items = Vec::new();
        loop {
            let item = if $plan.lent {
                reader.next_record().map(|record| record.map(lent)).transpose()
            } else {
                reader.deserialize::<Value>().next().map(|record| record.map(Item::Value))
            };
            match item {
                None => break,
                Some(Err(e)) if e.kind() == ErrorKind::Io => {
                    assert_eq!(io::Error::from(e).kind(), io::ErrorKind::WouldBlock);
                    continue;
                }
                Some(item) => items.push((item.unwrap_or_else(|e| Item::Fault(fault(e))), reader.position())),
            }
            assert!(items.len() <= $most, "more records than lines");
        }
        items
    }};
}

fuzz_target!(|data: &[u8]| {
    let Some((plan, input)) = Plan::split(data) else { return };
    let levels = Level::available();
    let mut builder = ReaderBuilder::new();
    builder.strict(plan.strict).buffer_size(plan.buffer_size);
    if let Some(bytes) = plan.max_record_len {
        builder.max_record_len(bytes);
    }
    let most = input.iter().filter(|byte| **byte == b'\n').count() + 1;

    builder.level(levels[levels.len() - 1]);
    let from_slice = items!(builder.from_slice(input), plan, most);

    builder.level(levels[usize::from(plan.level) % levels.len()]);
    let stream = Pieces { rest: input, sizes: plan.sizes, turn: 0 };
    let from_stream = items!(builder.from_reader(stream), plan, most);
    assert_eq!(from_stream, from_slice, "left: stream, right: slice");
});
