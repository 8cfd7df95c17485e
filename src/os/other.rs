//! What the standard library does not offer on every system, where there is nothing better.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

/// How to open a file that is appended to, read and cut.
pub(crate) fn append_options() -> OpenOptions {
    // on Windows, what is opened to append only cannot be cut
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// Writes at the end of a file that was opened with [`append_options`]. The caller has the file's lock.
pub(crate) fn append(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.seek(SeekFrom::End(0))?;
    file.write(bytes)
}

/// Whether `path` still leads to `file`, which the standard library cannot tell.
pub(crate) fn is_at(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// A directory, which is not synced here.
pub(crate) struct Directory;

impl Directory {
    pub(crate) fn open(_path: &Path) -> io::Result<Directory> {
        Ok(Directory)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether [`is_at`] knows.
pub(crate) const TELLS_FILES_APART: bool = false;
