//! The end of a file whose writer may have died: what is behind the last LF.

use crate::{error::ErrorKind, options::Options, os, raw::RawCheck, simd::Level};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// What a repair found behind the last line feed of a file, and did about it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("events.jsonl");
/// std::fs::write(&path, "{\"id\":1}\n{\"id\":2,\"na")?; // its writer was killed
/// let repaired = simd_jsonl::repair(&path)?;
/// assert_eq!((repaired.kept, repaired.cut), (9, 11));
/// assert_eq!(std::fs::read(&path)?, b"{\"id\":1}\n");
/// assert_eq!(std::fs::read(repaired.saved_to.unwrap())?, b"{\"id\":2,\"na");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// How many bytes of the file were left as they were.
    pub kept: u64,
    /// How many bytes were cut off its end.
    pub cut: u64,
    /// The file that has those bytes now: `NAME.torn-OFFSET` beside the file, with the place where they began.
    pub saved_to: Option<PathBuf>,
    /// Whether the last record was whole and lacked only its line feed, which it has now.
    pub completed: bool,
}

impl Repaired {
    /// Whether there was anything to do.
    pub(super) fn anything(&self) -> bool {
        self.cut > 0 || self.completed
    }
}

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// Repairs the end of `file`, which is at `place` and which nobody else writes.
pub(super) fn repair(file: &File, place: &Path, level: Level) -> io::Result<Repaired> {
    let len = file.metadata()?.len();
    let start = behind_last_line_feed(file, len)?;
    if start == len {
        return Ok(Repaired { kept: len, cut: 0, saved_to: None, completed: false });
    }
    if is_whole(file, start, len, level)? {
        append_all(file, b"\n")?;
        file.sync_all()?;
        return Ok(Repaired { kept: len, cut: 0, saved_to: None, completed: true });
    }
    let saved_to = save(file, start, len, place)?;
    file.set_len(start)?;
    file.sync_all()?;
    Ok(Repaired { kept: start, cut: len - start, saved_to: Some(saved_to), completed: false })
}

/// What the file is if it cannot be JSON Lines, by its first bytes.
pub(super) fn foreign_format(file: &File, level: Level) -> io::Result<Option<crate::error::Error>> {
    let mut head = [0; 16];
    let n = read_at(file, 0, &mut head)?;
    let head = head[..n].split(|c| *c == b'\n').next().unwrap_or(&[]);
    let Err(error) = RawCheck::new(level).check(head) else { return Ok(None) };
    // of UTF-16 and UTF-32 only with a byte order mark: NUL bytes alone may be a damage
    let is_foreign = match error.kind() {
        ErrorKind::Compressed => true,
        ErrorKind::Encoding => matches!(head, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, 0, 0xFE, 0xFF, ..]),
        _ => false,
    };
    Ok(is_foreign.then_some(error))
}

/// How many line feeds there are from `start` to `end`.
pub(super) fn count_lines(file: &File, start: u64, end: u64) -> io::Result<u64> {
    let mut lines = 0;
    for_chunks(file, start, end, |chunk| {
        lines += memchr::memchr_iter(b'\n', chunk).count() as u64;
        Ok(())
    })?;
    Ok(lines)
}

/// Whether the byte before `end` is a line feed, or there is none.
pub(super) fn ends_line(file: &File, end: u64) -> io::Result<bool> {
    let Some(last) = end.checked_sub(1) else { return Ok(true) };
    let mut byte = [b'\n'];
    read_at(file, last, &mut byte)?;
    Ok(byte == *b"\n")
}

fn behind_last_line_feed(file: &File, len: u64) -> io::Result<u64> {
    let mut chunk = vec![0; len.min(CHUNK as u64) as usize];
    let mut end = len;
    while end > 0 {
        let start = end.saturating_sub(CHUNK as u64);
        let chunk = &mut chunk[..(end - start) as usize];
        if read_at(file, start, chunk)? < chunk.len() {
            return Err(changed());
        }
        if let Some(at) = memchr::memrchr(b'\n', chunk) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Whether the bytes from `start` on are one object, array or string. A number might go on, and a word is no more certain.
fn is_whole(file: &File, start: u64, end: u64, level: Level) -> io::Result<bool> {
    if end - start > Options::MAX_RECORD_LEN as u64 {
        return Ok(false);
    }
    let mut tail = vec![0; (end - start) as usize];
    if read_at(file, start, &mut tail)? < tail.len() {
        return Err(changed());
    }
    let mark = "\u{feff}".as_bytes();
    let text = if start == 0 { tail.strip_prefix(mark).unwrap_or(&tail) } else { &tail };
    let is_enclosed = matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
    Ok(is_enclosed && RawCheck::new(level).check(text).is_ok())
}

/// Copies the bytes from `start` on to a file beside, and makes that durable. What has them already is taken for the copy of
/// a repair that did not come to its end.
fn save(file: &File, start: u64, end: u64, place: &Path) -> io::Result<PathBuf> {
    for attempt in 0.. {
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(format!(".torn-{start}"));
        if attempt > 0 {
            name.push(format!("-{attempt}"));
        }
        let copy_place = place.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&copy_place) {
            Ok(mut copy) => {
                let mut fill = || {
                    copy.set_permissions(file.metadata()?.permissions())?;
                    for_chunks(file, start, end, |chunk| copy.write_all(chunk))?;
                    copy.sync_all()?;
                    directory_of(place)?.sync()
                };
                return match fill() {
                    Ok(()) => Ok(copy_place),
                    Err(error) => {
                        let _ = fs::remove_file(&copy_place);
                        Err(error)
                    }
                };
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if has_same(file, start, end, &copy_place)? {
                    os::append_options().open(&copy_place)?.sync_all()?;
                    directory_of(place)?.sync()?;
                    return Ok(copy_place);
                }
            }
            Err(error) => return Err(error),
        }
    }
    unreachable!("there are more names than files")
}

fn has_same(file: &File, start: u64, end: u64, copy: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(copy)?;
    if !metadata.is_file() || metadata.len() != end - start {
        return Ok(false);
    }
    let copy = File::open(copy)?;
    let (mut same, mut at) = (true, 0);
    let mut other = vec![0; CHUNK];
    for_chunks(file, start, end, |chunk| {
        let n = read_at(&copy, at, &mut other[..chunk.len()])?;
        same &= other[..n] == *chunk;
        at += chunk.len() as u64;
        Ok(())
    })?;
    Ok(same)
}

fn for_chunks(file: &File, start: u64, end: u64, mut run: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut chunk = vec![0; (end - start).min(CHUNK as u64) as usize];
    let mut at = start;
    while at < end {
        let chunk = &mut chunk[..(end - at).min(CHUNK as u64) as usize];
        if read_at(file, at, chunk)? < chunk.len() {
            return Err(changed());
        }
        run(chunk)?;
        at += chunk.len() as u64;
    }
    Ok(())
}

/// Fills `bytes` as far as the file goes.
fn read_at(mut file: &File, at: u64, bytes: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = 0;
    while read < bytes.len() {
        match file.read(&mut bytes[read..]) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn append_all(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match os::append(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The directory that a file is in.
pub(super) fn directory_of(place: &Path) -> io::Result<os::Directory> {
    os::Directory::open(place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

fn changed() -> io::Error {
    io::Error::other("the file became shorter meanwhile; something writes it that is no JsonlAppender")
}
