//! The same records from memory, from a file and through a pipe, as this crate reads them at its best level.

use std::fs::File;
use std::io::{PipeReader, Read, Write, pipe};
use std::{fmt, fs, thread};

use serde::de::DeserializeOwned;
use simd_jsonl::{JsonlReader, JsonlSlice, Mmap};
use tempfile::{NamedTempFile, TempPath};

use crate::tally::{Count, Sink, Tallied};
use crate::types::{Log, LogOwned, SmallOwned};
use crate::workload::Workload;

/// Where the bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// They are in memory.
    Slice,
    /// A file that is mapped into memory, opened anew every time.
    Mmap,
    /// A file that is read, opened anew every time.
    File,
    /// A pipe that another thread writes to.
    Pipe,
}

impl Transport {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Slice, Self::Mmap, Self::File, Self::Pipe];
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slice => "slice",
            Self::Mmap => "mmap",
            Self::File => "File",
            Self::Pipe => "pipe",
        })
    }
}

/// A workload, and how its records are taken.
#[derive(Clone, Copy, Debug)]
pub struct TransportCase {
    /// The name, as in the table.
    pub name: &'static str,
    workload: Workload,
    slice: fn(JsonlSlice<'_>) -> Count,
    file: fn(JsonlReader<File>) -> Count,
    pipe: fn(JsonlReader<PipeReader>) -> Count,
}

impl TransportCase {
    /// Each of them.
    pub const ALL: [Self; 3] = [
        Self {
            name: "small owned",
            workload: Workload::Small,
            slice: owned_slice::<SmallOwned>,
            file: owned::<SmallOwned, _>,
            pipe: owned::<SmallOwned, _>,
        },
        Self {
            name: "log owned",
            workload: Workload::Log,
            slice: owned_slice::<LogOwned>,
            file: owned::<LogOwned, _>,
            pipe: owned::<LogOwned, _>,
        },
        Self { name: "log lent", workload: Workload::Log, slice: lent_slice, file: lent, pipe: lent },
    ];

    /// Generates at least `size` bytes of records and writes them to a temporary file too.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn prepare(self, size: usize) -> TransportInput {
        let bytes = self.workload.generate(size);
        let path = NamedTempFile::new().expect("a temporary file").into_temp_path();
        fs::write(&path, &bytes).expect("the temporary file can be written");
        let records = Count(memchr::memchr_iter(b'\n', &bytes).count() as u64);
        TransportInput { bytes, path, records, case: self }
    }
}

/// The bytes of a case, in memory and in a file.
#[derive(Debug)]
pub struct TransportInput {
    bytes: Vec<u8>,
    path: TempPath,
    records: Count,
    case: TransportCase,
}

impl TransportInput {
    /// The size in bytes.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Reads it all once; this is the call to time.
    ///
    /// # Panics
    ///
    /// When a record is lost or made up, or the system does not play along.
    pub fn read(&self, transport: Transport) {
        let count = match transport {
            Transport::Slice => (self.case.slice)(JsonlSlice::new(&self.bytes)),
            Transport::Mmap => self.mapped(),
            Transport::File => (self.case.file)(JsonlReader::from_path(&self.path).expect("the file is there")),
            Transport::Pipe => self.piped(),
        };
        assert_eq!(count, self.records, "{transport}");
    }

    #[expect(unsafe_code, reason = "only the caller knows that nobody changes the file")]
    fn mapped(&self) -> Count {
        // SAFETY: the file is temporary, and nobody else knows of it.
        let map = unsafe { Mmap::open(&self.path) }.expect("the file is there");
        (self.case.slice)(JsonlSlice::new(&map))
    }

    fn piped(&self) -> Count {
        let (reader, mut writer) = pipe().expect("a pipe");
        thread::scope(|scope| {
            scope.spawn(move || writer.write_all(&self.bytes).expect("the pipe is read to its end"));
            (self.case.pipe)(JsonlReader::new(reader))
        })
    }
}

fn owned_slice<T: DeserializeOwned + Tallied>(reader: JsonlSlice<'_>) -> Count {
    count(reader.into_deserialize::<T>())
}

fn owned<T: DeserializeOwned + Tallied, R: Read>(reader: JsonlReader<R>) -> Count {
    count(reader.into_deserialize::<T>())
}

fn count<T: Tallied>(records: impl Iterator<Item = simd_jsonl::Result<T>>) -> Count {
    let mut sink = Count::default();
    for record in records {
        let record = record.expect("valid record");
        sink.take(&record);
    }
    sink
}

/// The loop over lent records, which no trait covers for both readers.
macro_rules! lent {
    ($reader:ident) => {{
        let mut sink = Count::default();
        while let Some(record) = $reader.next_record().expect("valid line") {
            let record: Log<'_> = record.deserialize().expect("valid record");
            sink.take(&record);
        }
        sink
    }};
}

fn lent_slice(mut reader: JsonlSlice<'_>) -> Count {
    lent!(reader)
}

fn lent<R: Read>(mut reader: JsonlReader<R>) -> Count {
    lent!(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_transports_bring_all_records() {
        for case in TransportCase::ALL {
            let input = case.prepare(300 << 10);
            Transport::ALL.iter().for_each(|&transport| input.read(transport));
        }
    }
}
