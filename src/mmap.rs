//! Files in memory, as the operating system maps them.
#![allow(unsafe_code)]

use crate::error::{Error, Result};
use std::{
    fs::File,
    io::{self, Read},
    ops::Deref,
    path::Path,
};

/// A file as a byte slice, for [`JsonlSlice`](crate::JsonlSlice): mapped into memory where that can be done, else read whole.
///
/// A map costs no copy, and lets records borrow from the file for as long as the map lives.
///
/// ```
/// use simd_jsonl::{JsonlSlice, Mmap};
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/events.jsonl");
///
/// // SAFETY: nobody changes this file while it is mapped.
/// let file = unsafe { Mmap::open(path)? };
/// assert!(JsonlSlice::new(&file).lines().count() > 100);
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[derive(Debug)]
pub struct Mmap(Bytes);

#[derive(Debug)]
enum Bytes {
    Mapped(memmap2::Mmap),
    Read(Vec<u8>),
}

impl Mmap {
    /// Opens the file at `path` and maps it. An empty file, one that is no regular file (a pipe, `/proc`), and one that the
    /// system refuses to map are read into memory instead.
    ///
    /// # Safety
    ///
    /// As long as the map lives, nobody, in this process or another, may truncate or change the mapped part of the file:
    /// what was validated would no longer hold, and beyond a truncated file's new end lie NUL bytes up to the end of the
    /// page, and then `SIGBUS`. Neither can be caught as an error. For a file that others may change, use
    /// [`JsonlReader`](crate::JsonlReader). Appending is harmless, and not seen.
    ///
    /// # Errors
    /// If the file cannot be opened or read.
    ///
    /// ```
    /// # use simd_jsonl::Mmap;
    /// // SAFETY: there is no such file.
    /// let error = unsafe { Mmap::open("/no/such/file.jsonl") }.unwrap_err();
    /// assert!(error.is_io());
    /// ```
    pub unsafe fn open(path: impl AsRef<Path>) -> Result<Mmap> {
        let path = path.as_ref();
        let open = || {
            let mut file = File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_file() && metadata.len() > 0 {
                // SAFETY: the caller's promise.
                if let Ok(map) = unsafe { memmap2::Mmap::map(&file) } {
                    return Ok(Mmap(Bytes::Mapped(map)));
                }
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(Mmap(Bytes::Read(bytes)))
        };
        open().map_err(|error: io::Error| Error::from_open("cannot open", error, Some(&path.into())))
    }

    /// Whether the file is mapped, and not read into memory.
    ///
    /// ```
    /// # use simd_jsonl::Mmap;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    /// // SAFETY: nobody changes this file while it is mapped.
    /// println!("mapped: {}", unsafe { Mmap::open(path)? }.is_mapped());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_mapped(&self) -> bool {
        matches!(self.0, Bytes::Mapped(_))
    }
}

impl Deref for Mmap {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Mapped(map) => map,
            Bytes::Read(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Mmap {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
