//! Where it goes: standard output through one buffer, or a new file.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Failure;
use crate::input::{Input, is_same};

pub type Stdout = BufWriter<StdoutLock<'static>>;

/// Standard output, locked: whole lines to a terminal, else as much as there is.
pub fn stdout() -> Stdout {
    let out = io::stdout().lock();
    let size = if io::stdout().is_terminal() { 0 } else { 256 << 10 };
    BufWriter::with_capacity(size, out)
}

/// A file that is there when all of it is, and not before: it is written under another name beside.
pub struct NewFile {
    path: PathBuf,
    temporary: NamedTempFile,
    replaces: bool,
}

impl NewFile {
    /// Refuses a path that is taken, unless it may be replaced and is no input.
    pub fn create(path: &Path, force: bool, input: &Input) -> Result<NewFile, Failure> {
        let failure = |error: &dyn std::fmt::Display| Failure::File(format!("{}: {error}", path.display()));
        // where a link leads to is replaced, not the link
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let old = match fs::symlink_metadata(&target) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failure(&format_args!("cannot create: {error}"))),
        };
        match &old {
            Some(old) if is_same(old, &input.metadata) || input.is_at(&target) => {
                return Err(failure(&"is the input; choose another OUT"));
            }
            Some(old) if !old.is_file() => return Err(failure(&"is there, and is no regular file")),
            Some(_) if !force => return Err(failure(&"is there already; --force replaces it")),
            _ => {}
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let create = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".jsonl-");
            #[cfg(unix)]
            let builder = {
                use std::os::unix::fs::PermissionsExt;
                // those of any new file, not of a private one
                builder.permissions(fs::Permissions::from_mode(0o666))
            };
            let temporary = builder.tempfile_in(folder)?;
            if let Some(old) = &old {
                temporary.as_file().set_permissions(old.permissions())?;
            }
            Ok(temporary)
        };
        let temporary = create().map_err(|error: io::Error| failure(&format_args!("cannot create: {error}")))?;
        Ok(NewFile { path: target, temporary, replaces: old.is_some() })
    }

    /// Gives the file its name, once it is on disk. Without this, dropping removes it.
    pub fn finish(self) -> io::Result<()> {
        self.temporary.as_file().sync_all()?;
        match self.replaces {
            true => self.temporary.persist(&self.path)?,
            // another one may have come to be there meanwhile
            false => self.temporary.persist_noclobber(&self.path)?,
        };
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}
