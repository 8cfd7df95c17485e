//! Where records come from: files and standard input, with a progress bar.

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Read};
#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(windows)]
use std::os::windows::io::AsHandle;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{Failure, Outcome, say};

/// The inputs of a command, each opened when its turn comes.
pub struct Inputs {
    files: Vec<PathBuf>,
    /// Whether records go to standard output, where a bar would be in their way if that is a terminal.
    prints: bool,
}

impl Inputs {
    pub fn new(mut files: Vec<PathBuf>, prints: bool) -> Inputs {
        if files.is_empty() {
            files.push("-".into());
        }
        Inputs { files, prints }
    }

    pub fn are_many(&self) -> bool {
        self.files.len() > 1
    }

    /// Hands out each input in turn. One that fails is reported, and the next has its turn; a failing output is the end.
    pub fn each(
        self,
        worst: &mut Outcome,
        mut run: impl FnMut(Input, &mut Outcome) -> Result<(), Failure>,
    ) -> io::Result<()> {
        for path in &self.files {
            match Input::open(path, self.prints).and_then(|input| run(input, worst)) {
                Ok(()) => {}
                Err(Failure::File(message)) => {
                    say(message);
                    worst.worsen(Outcome::Failed);
                }
                Err(Failure::Output(error)) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A file, or standard input as one.
pub struct Input {
    path: PathBuf,
    pub name: String,
    pub file: File,
    pub metadata: Metadata,
    pub progress: Progress,
}

impl Input {
    pub fn open(path: &Path, prints: bool) -> Result<Input, Failure> {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { "standard input".to_string() } else { path.display().to_string() };
        let open = || {
            let file = if is_stdin { standard_input()? } else { File::open(path)? };
            let metadata = file.metadata()?;
            Ok((file, metadata))
        };
        let (file, metadata) =
            open().map_err(|error: io::Error| Failure::File(format!("{name}: cannot open: {error}")))?;
        if standard_output().is_ok_and(|output| is_same(&metadata, &output)) {
            return Err(Failure::File(format!("{name}: is the output too")));
        }
        let wanted = !(prints && io::stdout().is_terminal());
        let progress = Progress::new(&name, metadata.is_file().then_some(metadata.len()), wanted);
        Ok(Input { path: path.to_owned(), name, file, metadata, progress })
    }

    /// Whether it was opened by a path that leads to this one.
    pub fn is_at(&self, path: &Path) -> bool {
        self.path.canonicalize().is_ok_and(|own| own == path)
    }

    /// A failure of this input.
    pub fn failure(&self, error: impl std::fmt::Display) -> Failure {
        Failure::File(format!("{}: {error}", self.name))
    }

    /// The same if the system gives the reason.
    pub fn unreadable(&self, error: io::Error) -> Failure {
        self.failure(format_args!("cannot read: {error}"))
    }

    /// Steps over a byte order mark at the start; what was read instead if there is none, at most 3 bytes. Reads no further
    /// than it must, so that a first line that is short is not kept waiting.
    pub fn skip_mark(&mut self) -> Result<Vec<u8>, Failure> {
        let mark = "\u{feff}".as_bytes();
        let mut start = Vec::new();
        while start.len() < mark.len() && mark.starts_with(&start) {
            match self.fill(&mut [0; 3][start.len()..])? {
                [] => break,
                more => start.extend_from_slice(more),
            }
        }
        if start == mark {
            start.clear();
        }
        Ok(start)
    }

    /// Reads once; what came, nothing at the end.
    pub fn fill<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], Failure> {
        loop {
            match self.read(buffer) {
                Ok(n) => return Ok(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.unreadable(error)),
            }
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.progress.add(n);
        Ok(n)
    }
}

/// Bytes, rate and the time that is left, on standard error if that is a terminal, and only if it takes a while.
pub struct Progress {
    pub bar: ProgressBar,
    start: Instant,
    is_due: bool,
}

impl Progress {
    const DELAY: Duration = Duration::from_secs(1);

    fn new(name: &str, len: Option<u64>, wanted: bool) -> Progress {
        let template = match len {
            Some(_) => "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left",
            None => "{msg} {spinner} {decimal_bytes}, {decimal_bytes_per_sec}",
        };
        let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::hidden())
            .with_style(ProgressStyle::with_template(template).expect("the template is valid"))
            .with_message(name.to_owned());
        Progress { bar, start: Instant::now(), is_due: wanted }
    }

    fn add(&mut self, bytes: usize) {
        self.bar.inc(bytes as u64);
        if self.is_due && self.start.elapsed() >= Progress::DELAY {
            self.is_due = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether both are the same regular file, as far as the system tells.
#[cfg(unix)]
pub fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    a.is_file() && b.is_file() && (a.dev(), a.ino()) == (b.dev(), b.ino())
}
#[cfg(not(unix))]
pub fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}
#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// What standard output is.
#[cfg(unix)]
pub fn standard_output() -> io::Result<Metadata> {
    File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata()
}
#[cfg(windows)]
pub fn standard_output() -> io::Result<Metadata> {
    File::from(io::stdout().as_handle().try_clone_to_owned()?).metadata()
}
