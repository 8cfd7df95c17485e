//! The file that is appended to, under its lock.

use super::tail;
use crate::{os, position::Position};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io, mem,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Why a file could not be had.
pub(super) enum Refusal {
    Io(io::Error),
    /// The file, or the directory that it is in, could not be synced.
    Sync(io::Error),
    /// The file beside it that is locked for presence.
    LockFile(io::Error),
    /// Another appender has it.
    Locked,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Io(error)
    }
}

/// How long a shared appender tries before it believes that the file is held exclusively: others hold it for one record.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Target {
    pub(super) file: Arc<File>,
    /// Where it really is, behind symbolic links.
    pub(super) place: PathBuf,
    /// Where the next record begins, as far as this appender knows.
    pub(super) end: Position,
    /// Whether `end` is not where the file ends, because of bytes that could not be cut off again.
    has_fragment: bool,
    counts_lines: bool,
    /// A file that this appender wrote, until another process moved it.
    pub(super) left_behind: Option<Arc<File>>,
    /// When it was last tried to make a new file, since this one was moved. (Who shares a file looks for a new one each time.)
    moved: Option<Instant>,
    /// Held as long as a shared appender lives, so that nobody takes the file exclusively.
    presence: Option<File>,
}

impl Target {
    /// Opens the file at `path`, and takes it: exclusively for good, or shared for the moment, until [`unlock`](Self::unlock). Where
    /// it ends is found with [`catch_up`](Self::catch_up).
    pub(super) fn open(path: &Path, is_shared: bool, counts_lines: bool) -> Result<Target, Refusal> {
        let Opened { file, place } = open_or_create(path)?;
        let presence = if is_shared { Some(enter(&place, &file).map_err(Refusal::LockFile)?) } else { None };
        let mut target = Target {
            file: Arc::new(file),
            place,
            end: Position::default(),
            has_fragment: false,
            counts_lines,
            left_behind: None,
            moved: None,
            presence,
        };
        if is_shared {
            // a long file takes its time, in which others may write or repair: what is found now is not relied on
            let _ = target.catch_up();
            target.wait_for_lock(Some(PATIENCE))?;
        } else {
            target.wait_for_lock(Some(Duration::ZERO))?;
            if is_present(&target.place).map_err(Refusal::LockFile)? {
                return Err(Refusal::Locked);
            }
        }
        target.left_behind = None;
        // whoever has made it may not have done this; of one in which nothing is yet it is done already, or cannot be
        match tail::directory_of(&target.place) {
            Ok(directory) => directory.sync().map_err(Refusal::Sync)?,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error.into()),
        }
        Ok(target)
    }

    fn is_shared(&self) -> bool {
        self.presence.is_some()
    }

    /// Takes the file that is at its place now, for one record; nothing to do for who has it exclusively. A file that this appender
    /// wrote and that was moved meanwhile is left behind.
    pub(super) fn lock(&mut self) -> Result<(), Refusal> {
        if self.is_shared() {
            return self.wait_for_lock(None);
        }
        if self.moved.is_some_and(|last| last.elapsed() >= PATIENCE) {
            self.moved = Some(Instant::now());
            // as who opens the file does, and without waiting; what fails now is tried again
            let result = match is_present(&self.place) {
                Ok(false) => self.succeed(Duration::ZERO),
                Ok(true) => Err(Refusal::Locked),
                Err(error) => Err(Refusal::LockFile(error)),
            };
            match result {
                Ok(moved) => self.left_behind = Some(moved),
                Err(Refusal::Sync(error)) => return Err(Refusal::Sync(error)),
                Err(Refusal::Io(_) | Refusal::LockFile(_) | Refusal::Locked) => {}
            }
        }
        Ok(())
    }

    /// Takes the file that is at its place, waiting no longer than this for others to let it go.
    ///
    /// It tries again and again, because the file may be moved meanwhile, and who has it there may have it for good.
    fn wait_for_lock(&mut self, patience: Option<Duration>) -> Result<(), Refusal> {
        let (start, mut pause) = (Instant::now(), Duration::from_micros(10));
        loop {
            let is_free = match self.file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(error)) => return Err(error.into()),
            };
            match os::is_at(&self.file, &self.place) {
                Ok(true) if is_free => return Ok(()),
                Ok(true) if patience.is_some_and(|patience| start.elapsed() >= patience) => {
                    return Err(Refusal::Locked);
                }
                Ok(true) => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(1));
                    continue;
                }
                Ok(false) if is_free => self.file.unlock()?,
                Ok(false) => {}
                Err(error) if is_free => {
                    self.file.unlock()?;
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            }
            let file = self.open_next()?;
            let moved = self.replace(file);
            self.left_behind.get_or_insert(moved);
        }
    }

    /// Lets others write.
    pub(super) fn unlock(&self) -> io::Result<()> {
        if self.is_shared() { self.file.unlock() } else { Ok(()) }
    }

    /// Goes on in another file, from its beginning, and returns the one before.
    fn replace(&mut self, file: File) -> Arc<File> {
        self.end = Position::default();
        self.has_fragment = false;
        mem::replace(&mut self.file, Arc::new(file))
    }

    /// Moves the file to `to`, where there must be none, and goes on in a new one. The file is locked.
    ///
    /// # Errors
    /// If no new file can be made, the moved one is gone on with until one can.
    pub(super) fn rotate(&mut self, to: &Path) -> Result<(), Refusal> {
        let directory = tail::directory_of(to)?;
        // whose name is taken now cannot be overwritten
        File::create_new(to)?;
        let _door = self.move_to(to).inspect_err(|_| drop(fs::remove_file(to)))?;
        // the new name is to be durable before the old one can be gone, or be another file's
        directory.sync().map_err(Refusal::Sync)?;
        self.succeed(PATIENCE)?;
        Ok(())
    }

    fn move_to(&mut self, to: &Path) -> Result<Option<Door>, Refusal> {
        // who shares the file sees for themselves that it was moved, and none else comes in
        let door = if self.is_shared() { None } else { Some(Door::close(&self.place)?) };
        if self.moved.is_some() {
            self.succeed(PATIENCE)?;
        }
        fs::rename(&self.place, to)?;
        self.moved = Some(Instant::now()).filter(|_| !self.is_shared());
        Ok(door)
    }

    /// Whether the file was moved, and no new one could be made yet.
    pub(super) fn is_moved(&self) -> bool {
        self.moved.is_some()
    }

    /// Opens the file at its place, which is another one than this. A new one is like this one.
    fn open_next(&self) -> Result<File, Refusal> {
        let Opened { file, .. } = open_or_create(&self.place)?;
        if file.metadata()?.len() == 0 {
            match file.set_permissions(self.file.metadata()?.permissions()) {
                // another user's
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                result => result?,
            }
        }
        Ok(file)
    }

    /// Goes on in the file at its place, and returns the one before.
    fn succeed(&mut self, patience: Duration) -> Result<Arc<File>, Refusal> {
        let file = self.open_next()?;
        // who opens the file has it for a moment before they see that the door is closed
        if !self.is_shared() {
            lock_within(&file, patience)?;
        }
        self.moved = None;
        let before = self.replace(file);
        let _ = before.unlock();
        // somebody may have used the new one before; if that cannot be seen now, the next record sees to it
        self.has_fragment = self.catch_up().unwrap_or(true);
        Ok(before)
    }

    /// Writes `lines` whole lines, and returns where they begin. Before them, `text` has a line feed, which is written only if the
    /// file does not end in one. The file is locked.
    ///
    /// # Errors
    /// Then nothing of them is in the file, or a fragment that the next lines will not be part of.
    pub(super) fn append(&mut self, text: &[u8], lines: u64) -> io::Result<Position> {
        let is_behind_fragment = (self.is_shared() || self.has_fragment) && self.catch_up()?;
        let text = if is_behind_fragment { text } else { &text[1..] };
        let mut written = 0;
        while written < text.len() {
            let error = match os::append(&self.file, &text[written..]) {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                // mostly all of it. The rest of a short write is tried to learn what is wrong, and before anybody else writes
                Ok(n) => {
                    written += n;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            self.cut_back(written as u64);
            return Err(error);
        }
        self.has_fragment = false;
        self.end.offset += u64::from(is_behind_fragment);
        self.end.line += u64::from(is_behind_fragment);
        let start = self.end;
        self.end.offset += (text.len() - usize::from(is_behind_fragment)) as u64;
        self.end.line += lines;
        Ok(start)
    }

    /// Steps over what others have written. Whether it lacks a line feed at its end.
    pub(super) fn catch_up(&mut self) -> io::Result<bool> {
        let len = self.file.metadata()?.len();
        if len == self.end.offset && !self.has_fragment {
            return Ok(false);
        }
        if len < self.end.offset {
            self.end = Position::default();
        }
        if self.counts_lines {
            self.end.line += tail::count_lines(&self.file, self.end.offset, len)?;
        }
        self.end.offset = len;
        self.has_fragment = !tail::ends_line(&self.file, len)?;
        Ok(self.has_fragment)
    }

    /// Takes back what was written of lines that could not be written whole, unless something is behind it that is not ours.
    fn cut_back(&mut self, written: u64) {
        let start = self.end.offset;
        let is_clean = match self.file.metadata() {
            Ok(metadata) if metadata.len() == start => true,
            Ok(metadata) if metadata.len() == start + written => self.file.set_len(start).is_ok(),
            _ => false,
        };
        self.has_fragment |= !is_clean;
    }
}

/// `NAME.lock`, beside the file. Shared appenders hold it, shared, as long as they live; and an exclusive one that rotates, alone.
fn lock_file(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    place.with_file_name(name)
}

/// Opens it. Whoever may use the file may use it too.
fn open_lock_file(place: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let path = lock_file(place);
    match options.open(&path) {
        // enough to lock it
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => File::open(&path),
        result => result,
    }
}

/// Whether a shared appender lives, or an exclusive one rotates.
fn is_present(place: &Path) -> io::Result<bool> {
    match open_lock_file(place, File::options().read(true).write(true)) {
        Ok(presence) => match presence.try_lock() {
            Ok(()) => presence.unlock().map(|()| false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a shared appender holds.
fn enter(place: &Path, file: &File) -> io::Result<File> {
    loop {
        let presence = open_lock_file(place, File::options().read(true).write(true).create(true).truncate(false))?;
        let permissions = file.metadata()?.permissions();
        if presence.metadata()?.permissions() != permissions {
            let _ = presence.set_permissions(permissions);
        }
        continued(|| presence.lock_shared())?;
        // not one that a rotation has left behind
        if os::is_at(&presence, &lock_file(place))? {
            return Ok(presence);
        }
        presence.unlock()?;
    }
}

/// Keeps everybody who opens the file from having it, as long as it lives: between the moving of a file and the locking of a new
/// one, the file is nobody's.
struct Door {
    file: File,
    /// To be removed.
    path: Option<PathBuf>,
}

impl Door {
    fn close(place: &Path) -> Result<Door, Refusal> {
        let mut options = File::options();
        options.read(true).write(true);
        let door = match open_lock_file(place, options.clone().create_new(true)) {
            // where nobody can tell that it was removed, it stays
            Ok(file) => Door { file, path: Some(lock_file(place)).filter(|_| os::TELLS_FILES_APART) },
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Door { file: open_lock_file(place, &mut options).map_err(Refusal::LockFile)?, path: None }
            }
            Err(error) => return Err(Refusal::LockFile(error)),
        };
        // who opens the file shared holds it, until they see that they cannot have the file
        lock_within(&door.file, 2 * PATIENCE)?;
        Ok(door)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
        let _ = self.file.unlock();
    }
}

struct Opened {
    file: File,
    place: PathBuf,
}

/// Opens a file; if there is none, makes one. The name of a file in which nothing is yet becomes durable.
fn open_or_create(path: &Path) -> Result<Opened, Refusal> {
    loop {
        // others are not opened at all: that may have effects
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            let message = "it is no regular file; JsonlWriter can write to it";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message).into());
        }
        let file = os::append_options().create(true).open(path)?;
        let place = match fs::canonicalize(path) {
            Ok(place) => place,
            // it was moved just now
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        // whoever has made it may have died before this
        if file.metadata()?.len() == 0 {
            let directory = tail::directory_of(&place)?;
            file.sync_all().and_then(|()| directory.sync()).map_err(Refusal::Sync)?;
        }
        return Ok(Opened { file, place });
    }
}

/// Locks a file that others let go of soon, or else are to keep.
fn lock_within(file: &File, patience: Duration) -> Result<(), Refusal> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() >= patience => return Err(Refusal::Locked),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_micros(100)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

/// Goes on with what a signal has interrupted.
fn continued(mut run: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match run() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Drop for Target {
    /// Closing is not enough while a process that is being started still has a copy of the file.
    fn drop(&mut self) {
        let _ = self.file.unlock();
        if let Some(presence) = &self.presence {
            let _ = presence.unlock();
        }
    }
}
