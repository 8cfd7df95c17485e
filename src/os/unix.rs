//! What the standard library does not offer on every system, on Unix.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

/// How to open a file that is appended to, read and cut. Each write goes to the file's end, wherever that is by then.
pub(crate) fn append_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    options
}

/// Writes at the end of a file that was opened with [`append_options`].
pub(crate) fn append(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.write(bytes)
}

/// Whether `path` still leads to `file`.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let here = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A directory whose names are to be made durable.
pub(crate) struct Directory(File);

impl Directory {
    pub(crate) fn open(path: &Path) -> io::Result<Directory> {
        File::open(path).map(Directory)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        match self.0.sync_all() {
            // a file system that has no such thing
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }
}

/// Whether [`is_at`] knows.
pub(crate) const TELLS_FILES_APART: bool = true;
