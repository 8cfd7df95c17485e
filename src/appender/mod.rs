//! The appender: records into a file that survives crashes.

mod tail;
mod target;

pub use tail::Repaired;

use crate::{
    error::{Error, ErrorKind, Result},
    os,
    position::Position,
    raw::RawCheck,
    ser::{self, Format},
    simd::Level,
};
use serde::ser::Serialize;
use std::{
    fmt,
    fs::{self, File},
    io,
    ops::{Deref, DerefMut},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use target::{Refusal, Target};

/// When an appender waits for its records to be on disk.
///
/// Under every policy, a record whose `append` returned `Ok` survives the death of the process. The policy decides what
/// survives the death of the machine: a power failure, or a crash of the operating system.
///
/// | policy | a machine that dies takes with it | cost |
/// |---|---|---|
/// | `Os` | the last seconds: by Linux's defaults some 30 | none |
/// | `EachInterval(d)` | what was appended in the last `d`, and during two syncs | a thread, and a sync each `d` |
/// | `EachRecords(n)` | at most `n - 1` records, and what other threads append meanwhile | a sync each `n` records |
/// | `EachRecord` | nothing whose `append` returned | a sync each record; threads that wait at the same time share it |
///
/// A sync is an `fdatasync` (on Apple's systems `F_FULLFSYNC`) and takes as long as the drive takes: the README has figures of
/// one. What a drive loses although it said that it had it, no program can help.
///
/// ```
/// use simd_jsonl::{Durability, JsonlAppender};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("events.jsonl");
///
/// let appender = JsonlAppender::builder().durability(Durability::EachRecord).open(&path)?;
/// appender.append("this is on disk when append returns")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Left to the operating system.
    #[default]
    Os,
    /// Each append returns when its record is on disk.
    EachRecord,
    /// Each append that completes another so many records returns when all are on disk. 0 is taken for 1.
    EachRecords(u32),
    /// A thread syncs what is not on disk yet, each time that so much time has passed.
    EachInterval(Duration),
}

/// Configures appenders.
///
/// ```
/// use simd_jsonl::{AppenderBuilder, Durability};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("events.jsonl");
///
/// let appender = AppenderBuilder::new().durability(Durability::EachRecords(100)).shared(true).open(&path)?;
/// appender.append(&1)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AppenderBuilder {
    format: Format,
    durability: Durability,
    is_shared: bool,
    skips_lines: bool,
}

impl AppenderBuilder {
    /// The defaults.
    ///
    /// ```
    /// # use simd_jsonl::AppenderBuilder;
    /// let builder = AppenderBuilder::new();
    /// ```
    pub fn new() -> Self {
        AppenderBuilder::default()
    }

    /// When to wait for records to be on disk. Default: [`Durability::Os`], never.
    ///
    /// ```
    /// # use simd_jsonl::{AppenderBuilder, Durability};
    /// let builder = AppenderBuilder::new().durability(Durability::EachRecord).clone();
    /// ```
    pub fn durability(&mut self, durability: Durability) -> &mut Self {
        self.durability = durability;
        self
    }

    /// Whether other appenders, in this process or in others, may append to the same file at the same time; all of them must
    /// say so. Default: no, the file is this appender's alone.
    ///
    /// The file is then locked for each record, and a file `NAME.lock` beside it, which stays there, tells exclusive appenders
    /// that somebody is in. (An exclusive one makes it only while it [rotates](JsonlAppender::rotate).)
    ///
    /// What a process that was killed has left of a record is closed with a line feed by the next record, and so becomes a bad
    /// line; of a bare number, `12` of `123`, it becomes another number. Objects, arrays and strings cannot be mistaken so.
    ///
    /// ```
    /// # use simd_jsonl::AppenderBuilder;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let first = AppenderBuilder::new().shared(true).open(&path)?;
    /// let second = AppenderBuilder::new().shared(true).open(&path)?;
    /// first.append(&1)?;
    /// second.append(&2)?;
    /// assert_eq!(std::fs::read(&path)?, b"1\n2\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shared(&mut self, yes: bool) -> &mut Self {
        self.is_shared = yes;
        self
    }

    /// Whether opening counts the lines that the file has, so that the positions that `append` returns have the right line. It
    /// reads the whole file for that. Default: yes. If not, lines count from 1 where the file ended when it was opened; offsets
    /// are always those of the file.
    ///
    /// ```
    /// # use simd_jsonl::{AppenderBuilder, Position};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// std::fs::write(&path, "1\n2\n")?;
    /// let appender = AppenderBuilder::new().open(&path)?;
    /// assert_eq!(appender.append(&3)?, Position { offset: 4, line: 3 });
    /// appender.close()?;
    /// let appender = AppenderBuilder::new().count_lines(false).open(&path)?;
    /// assert_eq!(appender.append(&4)?, Position { offset: 6, line: 1 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_lines(&mut self, yes: bool) -> &mut Self {
        self.skips_lines = !yes;
        self
    }

    /// As [`WriterBuilder::ascii_only`](crate::WriterBuilder::ascii_only).
    ///
    /// ```
    /// # use simd_jsonl::AppenderBuilder;
    /// let builder = AppenderBuilder::new().ascii_only(true).clone();
    /// ```
    pub fn ascii_only(&mut self, yes: bool) -> &mut Self {
        self.format.ascii_only = yes;
        self
    }

    /// As [`WriterBuilder::reject_non_finite`](crate::WriterBuilder::reject_non_finite).
    ///
    /// ```
    /// # use simd_jsonl::AppenderBuilder;
    /// let builder = AppenderBuilder::new().reject_non_finite(true).clone();
    /// ```
    pub fn reject_non_finite(&mut self, yes: bool) -> &mut Self {
        self.format.reject_non_finite = yes;
        self
    }

    /// The processor instructions to use. Default: [`Level::detect`]. For tests and benchmarks.
    ///
    /// ```
    /// # use simd_jsonl::{AppenderBuilder, Level};
    /// let builder = AppenderBuilder::new().level(Level::detect()).clone();
    /// ```
    pub fn level(&mut self, level: Level) -> &mut Self {
        self.format.level = level;
        self
    }

    /// Opens the file at `path`, or creates it; see [`JsonlAppender::open`].
    ///
    /// # Errors
    /// As [`JsonlAppender::open`].
    ///
    /// ```
    /// # use simd_jsonl::AppenderBuilder;
    /// assert!(AppenderBuilder::new().open("/no/such/folder/file.jsonl").is_err());
    /// ```
    pub fn open(&self, path: impl AsRef<Path>) -> Result<JsonlAppender> {
        let path: Arc<Path> = path.as_ref().into();
        let target = Target::open(&path, self.is_shared, !self.skips_lines);
        let mut target = target.map_err(|refusal| refused(refusal, self.is_shared, "cannot open", &path))?;
        let repaired = make_ready(&mut target, self.format.level, &path)?;
        let inner = Arc::new(Inner {
            path,
            format: self.format,
            durability: self.durability,
            is_shared: self.is_shared,
            repaired: Some(repaired).filter(Repaired::anything),
            log: Mutex::new(Log { target, records: 0 }),
            progress: Mutex::default(),
            progressed: Condvar::new(),
            disk: Mutex::default(),
            failure: OnceLock::new(),
            desks: Mutex::default(),
        });
        let syncer = match self.durability {
            Durability::EachInterval(interval) => Some(Inner::start_syncer(&inner, interval)?),
            _ => None,
        };
        Ok(JsonlAppender { inner, syncer })
    }
}

/// Repairs the end of the file, and finds it.
fn make_ready(target: &mut Target, level: Level, path: &Arc<Path>) -> Result<Repaired> {
    let cannot = |what| move |error| Error::from_open(what, error, Some(path));
    if let Some(mut error) = tail::foreign_format(&target.file, level).map_err(cannot("cannot read"))? {
        error.set_path(path);
        return Err(error);
    }
    let repaired = tail::repair(&target.file, &target.place, level).map_err(cannot("cannot repair"))?;
    target.catch_up().and_then(|_| target.unlock()).map_err(cannot("cannot read"))?;
    Ok(repaired)
}

fn refused(refusal: Refusal, is_shared: bool, what: &str, path: &Arc<Path>) -> Error {
    let who = match (refusal, is_shared) {
        (Refusal::Io(error) | Refusal::Sync(error), _) => return Error::from_open(what.to_owned(), error, Some(path)),
        (Refusal::LockFile(error), _) => {
            return Error::from_open(format!("{what}, because of the file NAME.lock beside it"), error, Some(path));
        }
        (Refusal::Locked, false) => {
            "another JsonlAppender has the file, in this process or in another; \
             close it, or open all of them with AppenderBuilder::shared(true)"
        }
        (Refusal::Locked, true) => {
            "a JsonlAppender that is not shared has the file, in this process or in another; \
             close it, or open it with AppenderBuilder::shared(true) too"
        }
    };
    Error::from_file(ErrorKind::Locked, format!("{what}: {who}"), path)
}

/// Repairs the end of a file that no appender has open: what is behind its last line feed.
///
/// If that is one whole object, array or string, it gets its line feed. Anything else is the beginning of a record whose
/// writing was cut off, or may be (`12` can be all that is left of `123`): it is saved to a file beside, `NAME.torn-OFFSET`,
/// and then cut off. Nothing else is touched, whatever is in it; reading tells which lines are damaged. A second repair finds
/// nothing to do.
///
/// [`JsonlAppender::open`] does the same; this is for a file that is only to be read.
///
/// # Errors
/// If the file is not there, cannot be written, or an appender has it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("events.jsonl");
/// std::fs::write(&path, "{\"id\":1}\n{\"id\":2}")?;
/// let repaired = simd_jsonl::repair(&path)?;
/// assert!(repaired.completed);
/// assert_eq!(std::fs::read(&path)?, b"{\"id\":1}\n{\"id\":2}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn repair(path: impl AsRef<Path>) -> Result<Repaired> {
    let path: Arc<Path> = path.as_ref().into();
    let open = || {
        fs::metadata(&path)?; // opening would create it
        Target::open(&path, false, false)
    };
    let mut target = open().map_err(|refusal| match refusal {
        Refusal::Locked => {
            let message = "cannot repair: a JsonlAppender has the file, in this process or in another, be it shared(true) or not; \
                           it has repaired it when it was opened";
            Error::from_file(ErrorKind::Locked, message, &path)
        }
        refusal => refused(refusal, false, "cannot open", &path),
    })?;
    make_ready(&mut target, Level::detect(), &path)
}

/// Appends records to a file that services can trust.
///
/// - **Nothing is lost.** Each record is one write of the whole line. If the process is killed, at most the record that was
///   being written is torn; the next opening repairs that, as [`repair`] does, and [`repaired`](Self::repaired) tells. If the
///   disk is full, the part of the record that went through is cut off again, and the error says why.
/// - **On disk when you say.** [`Durability`] has the policies. Threads that wait for the disk share one sync.
/// - **No other appender writes.** The file is locked. A second appender, in this process or in another, is refused, unless all
///   of them are [`shared`](AppenderBuilder::shared).
///
/// All methods take `&self`: threads share an appender by reference or in an `Arc`.
///
/// The lock is that of [`File::lock`]: it binds those who ask for it, on Unix. On Windows it keeps everybody else from reading
/// too, for as long as it is held. There and wherever the standard library cannot tell whether a file was moved, a shared
/// appender cannot [`rotate`](Self::rotate), and directories are not synced: a new file may be gone after a power failure.
///
/// Do not move, cut or delete the file from outside while an exclusive appender has it: it would go on in the file that it has.
///
/// # Which writer?
///
/// | | [`JsonlWriter`](crate::JsonlWriter) | `JsonlAppender` | `JsonlAppender`, shared |
/// |---|---|---|---|
/// | for | files made in one go, pipes, sockets, compressors | the log of one service | one log of several processes |
/// | a file that is there | emptied (`from_path`) | kept, repaired | kept, repaired |
/// | writes | 64 KiB at once | each record | each record, under a lock |
/// | a killed process loses | what was not flushed | nothing | nothing |
/// | from several threads | behind a lock of your own | yes | yes |
///
/// ```
/// use serde::Serialize;
/// use simd_jsonl::{Durability, JsonlAppender};
///
/// #[derive(Serialize)]
/// struct Event<'a> { id: u64, what: &'a str }
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("events.jsonl");
///
/// let appender = JsonlAppender::builder().durability(Durability::EachRecord).open(&path)?;
/// std::thread::scope(|scope| {
///     for id in 0..4 {
///         let appender = &appender;
///         scope.spawn(move || appender.append(&Event { id, what: "login" }).expect("the disk has room"));
///     }
/// });
/// appender.close()?;
/// # assert_eq!(std::fs::read(&path)?.split(|c| *c == b'\n').count(), 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JsonlAppender {
    inner: Arc<Inner>,
    syncer: Option<JoinHandle<()>>,
}

/// What the appender and its syncing thread share.
struct Inner {
    path: Arc<Path>,
    format: Format,
    durability: Durability,
    is_shared: bool,
    repaired: Option<Repaired>,
    log: Mutex<Log>,
    progress: Mutex<Progress>,
    /// When a sync has ended, or the appender is to be closed.
    progressed: Condvar,
    /// Held for each sync until its result is noted: of two that run at once only one learns of a failure. Whoever holds it takes
    /// no other lock but that of `progress`.
    disk: Mutex<()>,
    /// Why a sync failed.
    failure: OnceLock<io::Error>,
    desks: Mutex<Vec<Desk>>,
}

struct Log {
    target: Target,
    /// How many were appended.
    records: u64,
}

/// How far the disk is.
#[derive(Default)]
struct Progress {
    /// How many of the records that were appended are known to be on disk.
    synced: u64,
    is_syncing: bool,
    is_closing: bool,
}

/// A sync failed, now or before.
struct Failed;

/// The same error once more.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// Where one thread at a time makes a record ready.
struct Desk {
    /// A line feed, then records, each with its own.
    text: Vec<u8>,
    check: Option<Box<RawCheck>>,
}

impl Default for Desk {
    fn default() -> Self {
        Desk { text: vec![b'\n'], check: None }
    }
}

impl Desk {
    /// What is kept of the memory that a long record took.
    const MAX_KEPT: usize = 1 << 20;
}

/// A desk that comes back to where it was taken from.
struct Taken<'i> {
    desk: Option<Desk>,
    desks: &'i Mutex<Vec<Desk>>,
}

impl Deref for Taken<'_> {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        self.desk.as_ref().expect("it comes back at the end")
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut Desk {
        self.desk.as_mut().expect("it comes back at the end")
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let Some(mut desk) = self.desk.take() else { return };
        if desk.text.len() > Desk::MAX_KEPT {
            desk.check = None;
        }
        desk.text.truncate(1);
        desk.text.shrink_to(Desk::MAX_KEPT);
        lock(self.desks).push(desk);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // whoever panicked in the middle of this has left nothing half done
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl JsonlAppender {
    /// Opens the file at `path`, or creates it, with the defaults: exclusively, and leaving it to the operating system when
    /// records get to disk. If its last writer was killed, its end is repaired, as [`repair`] does.
    ///
    /// # Errors
    /// If the file cannot be opened, read or repaired, is no regular file, is compressed or in UTF-16, or another appender has it
    /// ([`ErrorKind::Locked`]).
    ///
    /// ```
    /// # use simd_jsonl::{ErrorKind, JsonlAppender};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let appender = JsonlAppender::open(&path)?;
    /// assert_eq!(JsonlAppender::open(&path).unwrap_err().kind(), ErrorKind::Locked);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<JsonlAppender> {
        AppenderBuilder::new().open(path)
    }

    /// The same as [`AppenderBuilder::new`].
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// let builder = JsonlAppender::builder();
    /// ```
    pub fn builder() -> AppenderBuilder {
        AppenderBuilder::new()
    }

    /// Appends a record, and returns where it begins in the file. When it returns depends on the [`Durability`].
    ///
    /// # Errors
    /// If it cannot be written as JSON, or the file cannot be written: then the record is not in the file, and the next one can be
    /// appended. (Unless the part that was written could not be cut off again. The next record closes it then, so that it is a
    /// bad line, or a whole one if only its line feed was missing.)
    ///
    /// [`ErrorKind::Poisoned`] if a sync fails, now or before: then nobody knows which records since the last sync that succeeded
    /// are on disk, and trying again would not tell. The appender refuses all that follows.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlAppender, JsonlReader, Position};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let appender = JsonlAppender::open(&path)?;
    /// appender.append("one")?;
    /// let position = appender.append("two")?;
    /// assert_eq!(position, Position { offset: 6, line: 2 });
    ///
    /// let mut reader = JsonlReader::from_path(&path)?;
    /// reader.seek(position)?;
    /// assert_eq!(reader.deserialize::<String>().next().unwrap()?, "two");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append<T: Serialize + ?Sized>(&self, record: &T) -> Result<Position> {
        let mut desk = self.inner.desk();
        self.inner.write(record, &mut desk.text)?;
        self.inner.append(desk, 1)
    }

    /// Appends a record that is JSON text already, as it is, with or without its LF or CR LF. It is validated.
    ///
    /// # Errors
    /// If it is not exactly one record of strict JSON Lines, on one line, within the limits that readers have by default; and as
    /// [`append`](Self::append).
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let appender = JsonlAppender::open(&path)?;
    /// appender.append_raw(b"{\"a\": 1}")?;
    /// assert!(appender.append_raw(b"{\"a\":").unwrap_err().is_eof());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append_raw(&self, record: &[u8]) -> Result<Position> {
        let mut desk = self.inner.desk();
        let Desk { text, check } = &mut *desk;
        let check = check.get_or_insert_with(|| Box::new(RawCheck::new(self.inner.format.level)));
        let record = check.check(record).map_err(|error| self.inner.named(error.relocate(self.position())))?;
        text.extend_from_slice(record);
        text.push(b'\n');
        self.inner.append(desk, 1)
    }

    /// Appends several records by one write, and returns where the first begins: all of them or, if there is an error, none.
    /// (A process that is killed in the middle of the write leaves the first of them, and so does a disk that is full and cannot
    /// even be freed of what was written.)
    ///
    /// # Errors
    /// As [`append`](Self::append).
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let appender = JsonlAppender::open(&path)?;
    /// appender.append_batch(["one", "two"])?;
    /// assert_eq!(std::fs::read(&path)?, b"\"one\"\n\"two\"\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append_batch<I>(&self, records: I) -> Result<Position>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let mut desk = self.inner.desk();
        let mut count = 0;
        for record in records {
            self.inner.write(&record, &mut desk.text)?;
            count += 1;
        }
        if count == 0 {
            self.inner.check()?;
            return Ok(self.position());
        }
        self.inner.append(desk, count)
    }

    /// Returns when all that this appender has appended is on disk.
    ///
    /// # Errors
    /// If the sync fails, now or before.
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let appender = JsonlAppender::open(&path)?;
    /// appender.append("important")?;
    /// appender.sync()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sync(&self) -> Result<()> {
        self.inner.check()?;
        let records = lock(&self.inner.log).records;
        self.inner.sync_up_to(records)
    }

    /// Moves the file to `to`, where there must be none yet, and goes on in a new file. What was appended is on disk then. No
    /// record is split, and appends of other threads and shared appenders wait so long.
    ///
    /// # Errors
    /// If there is something at `to`, or it is on another file system, nothing has changed. If the new file cannot be made, the
    /// error says that the file was moved; the appender goes on in that until it can make a new one. A process that is killed
    /// just before the file is moved may leave an empty file at `to`, which has to be removed before `to` can be used again.
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let (path, old) = (folder.path().join("events.jsonl"), folder.path().join("events.1.jsonl"));
    /// let appender = JsonlAppender::open(&path)?;
    /// appender.append("before")?;
    /// appender.rotate(&old)?;
    /// appender.append("after")?;
    /// assert_eq!(std::fs::read(&old)?, b"\"before\"\n");
    /// assert_eq!(std::fs::read(&path)?, b"\"after\"\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rotate(&self, to: impl AsRef<Path>) -> Result<()> {
        let (inner, to) = (&*self.inner, to.as_ref());
        // most of it before others have to wait
        self.sync()?;
        let mut log = lock(&inner.log);
        inner.take(&mut log)?;
        let result = inner.rotate(&mut log, to);
        inner.release(&log)?;
        result
    }

    /// Where the next record will begin, as far as this appender knows: shared ones do not know what others have appended since.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlAppender, Position};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// assert_eq!(JsonlAppender::open(&path)?.position(), Position::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn position(&self) -> Position {
        self.inner.end()
    }

    /// The path that it was opened with.
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// assert_eq!(JsonlAppender::open(&path)?.path(), path);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What opening the file had to repair, if anything.
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// std::fs::write(&path, "{\"id\":1}\n{\"id\":")?;
    /// assert_eq!(JsonlAppender::open(&path)?.repaired().unwrap().cut, 6);
    /// assert_eq!(JsonlAppender::open(&path)?.repaired(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn repaired(&self) -> Option<&Repaired> {
        self.inner.repaired.as_ref()
    }

    /// Syncs what was appended, under every policy, and lets go of the file. Dropping the appender does the same, but hides the
    /// error, and under [`Durability::Os`] leaves the sync to the operating system.
    ///
    /// # Errors
    /// If the sync fails, now or before.
    ///
    /// ```
    /// # use simd_jsonl::JsonlAppender;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("events.jsonl");
    /// let appender = JsonlAppender::open(&path)?;
    /// appender.append(&1)?;
    /// appender.close()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(self) -> Result<()> {
        self.sync()
    }
}

impl Inner {
    fn end(&self) -> Position {
        lock(&self.log).target.end
    }

    fn desk(&self) -> Taken<'_> {
        Taken { desk: Some(lock(&self.desks).pop().unwrap_or_default()), desks: &self.desks }
    }

    /// Writes a record and its line feed behind `text`.
    fn write<T: Serialize + ?Sized>(&self, record: &T, text: &mut Vec<u8>) -> Result<()> {
        let start = text.len();
        ser::serialize(record, self.format, text).map_err(|error| {
            // behind the records of the same batch
            let Position { offset, line } = self.end();
            let lines = memchr::memchr_iter(b'\n', &text[1..start]).count();
            let start_of_record = Position { offset: offset + (start - 1) as u64, line: line + lines as u64 };
            self.named(ser::explain(error, &mut text[start..], start_of_record))
        })?;
        text.push(b'\n');
        Ok(())
    }

    /// Appends the records that are ready, and waits as the policy has it.
    fn append(&self, desk: Taken<'_>, count: u64) -> Result<Position> {
        let (result, records) = {
            let mut log = lock(&self.log);
            self.take(&mut log)?;
            let result = log.target.append(&desk.text, count);
            let result = result.map_err(|error| Error::from_write(error, log.target.end, Some(&self.path)));
            let released = self.release(&log);
            if result.is_ok() {
                log.records += count;
            }
            // a record that is written is written, even if the lock could not be let go
            (result.and_then(|position| released.map(|()| position)), log.records)
        };
        drop(desk); // others need not wait for the disk
        let position = result?;
        match self.durability {
            Durability::EachRecord => self.sync_up_to(records)?,
            Durability::EachRecords(n) => {
                let n = u64::from(n.max(1));
                if records / n > (records - count) / n {
                    self.sync_up_to(records)?;
                }
            }
            Durability::Os | Durability::EachInterval(_) => {}
        }
        Ok(position)
    }

    /// Takes the file for a write.
    fn take(&self, log: &mut Log) -> Result<()> {
        self.check()?;
        let locked = log.target.lock();
        if let Some(moved) = log.target.left_behind.take() {
            // whoever moved it may not have synced it
            if let Err(Failed) = self.sync(&moved, log.records) {
                let _ = self.release(log);
                return self.check();
            }
        }
        locked.map_err(|refusal| self.refused(refusal, "cannot lock"))
    }

    fn release(&self, log: &Log) -> Result<()> {
        log.target.unlock().map_err(|error| Error::from_open("cannot unlock", error, Some(&self.path)))
    }

    fn rotate(&self, log: &mut Log, to: &Path) -> Result<()> {
        let cannot = || format!("cannot rotate to {}", to.display());
        if self.is_shared && !os::TELLS_FILES_APART {
            let error = io::ErrorKind::Unsupported.into();
            return Err(Error::from_open(cannot(), error, Some(&self.path)));
        }
        if self.is_shared || lock(&self.progress).synced < log.records {
            self.sync(&log.target.file, log.records).or_else(|Failed| self.check())?;
        }
        log.target.rotate(to).map_err(|refusal| {
            let what = match &refusal {
                _ if log.target.is_moved() => "the file was moved, but a new one cannot be made yet".to_owned(),
                Refusal::Io(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                    format!("{}, which is on another file system", cannot())
                }
                _ => cannot(),
            };
            self.refused(refusal, &what)
        })
    }

    fn refused(&self, refusal: Refusal, what: &str) -> Error {
        if let Refusal::Sync(error) = &refusal {
            self.fail(again(error));
            return self.check().expect_err("a sync has failed");
        }
        refused(refusal, self.is_shared, what, &self.path)
    }

    /// Returns when the first `records` records are on disk.
    fn sync_up_to(&self, records: u64) -> Result<()> {
        self.share_sync(records).or_else(|Failed| self.check())
    }

    /// The same. One thread syncs for all that wait.
    fn share_sync(&self, records: u64) -> Result<(), Failed> {
        let mut progress = lock(&self.progress);
        while progress.synced < records {
            if self.failure.get().is_some() {
                return Err(Failed);
            }
            if progress.is_syncing {
                progress = self.progressed.wait(progress).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            progress.is_syncing = true;
            drop(progress);
            let (file, records) = {
                let log = lock(&self.log);
                (log.target.file.clone(), log.records)
            };
            let result = self.sync(&file, records);
            progress = lock(&self.progress);
            progress.is_syncing = false;
            self.progressed.notify_all();
            result?;
        }
        Ok(())
    }

    /// Syncs a file, after which the first `records` records are on disk.
    fn sync(&self, file: &File, records: u64) -> Result<(), Failed> {
        let _disk = lock(&self.disk);
        if self.failure.get().is_some() {
            return Err(Failed);
        }
        match file.sync_data() {
            Ok(()) => {
                let mut progress = lock(&self.progress);
                progress.synced = progress.synced.max(records);
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Starts the thread that syncs at intervals. It ends when the appender is closed, or with the first sync that fails.
    fn start_syncer(inner: &Arc<Inner>, interval: Duration) -> Result<JoinHandle<()>> {
        let syncing = inner.clone();
        let run = move || {
            let interval = interval.max(Duration::from_millis(1));
            loop {
                let start = Instant::now();
                let mut progress = lock(&syncing.progress);
                while !progress.is_closing
                    && let Some(left) = interval.checked_sub(start.elapsed())
                {
                    (progress, _) =
                        syncing.progressed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner);
                }
                let is_closing = progress.is_closing;
                drop(progress);
                let records = lock(&syncing.log).records;
                if syncing.share_sync(records).is_err() || is_closing {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("jsonl-sync".to_owned()).spawn(run);
        thread.map_err(|error| Error::from_open("cannot start the thread that syncs", error, Some(&inner.path)))
    }

    #[cold]
    fn fail(&self, error: io::Error) -> Failed {
        let _ = self.failure.set(error);
        Failed
    }

    /// Whether no sync has failed.
    fn check(&self) -> Result<()> {
        let Some(error) = self.failure.get() else { return Ok(()) };
        let message = "cannot sync, so that nobody knows what is on disk of what was appended since the last sync that succeeded; \
                       open the file anew, and append that again";
        Err(Error::from_poison(message, again(error), &self.path))
    }

    fn named(&self, mut error: Error) -> Error {
        error.set_path(&self.path);
        error
    }
}

impl Drop for JsonlAppender {
    fn drop(&mut self) {
        if let Some(syncer) = self.syncer.take() {
            lock(&self.inner.progress).is_closing = true;
            self.inner.progressed.notify_all();
            let _ = syncer.join();
        }
        if self.inner.durability != Durability::Os {
            let _ = self.sync();
        }
    }
}

impl fmt::Debug for JsonlAppender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonlAppender")
            .field("path", &self.inner.path)
            .field("durability", &self.inner.durability)
            .field("shared", &self.inner.is_shared)
            .field("position", &self.position())
            .finish()
    }
}
