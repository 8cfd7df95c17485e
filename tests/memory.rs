//! Memory stays bounded, whatever the input: measured by an allocator that counts.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde::de::IgnoredAny;
use simd_jsonl::{ErrorKind, ReaderBuilder, array_to_jsonl, jsonl_to_array, normalize};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// One measurement at a time.
static TURN: Mutex<()> = Mutex::new(());

fn count(more: usize, less: usize) {
    let before = NOW.fetch_add(more, Relaxed);
    PEAK.fetch_max(before + more, Relaxed);
    NOW.fetch_sub(less, Relaxed);
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size.saturating_sub(layout.size()), layout.size().saturating_sub(new_size));
        // SAFETY: the caller's promise.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `run` allocates at its peak, beyond what was there before.
fn peak_of(run: impl FnOnce()) -> usize {
    let _turn = TURN.lock().unwrap_or_else(|e| e.into_inner());
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    run();
    PEAK.load(Relaxed) - before
}

/// `head`, then `len` times `fill`, then `tail`.
struct Long {
    head: &'static [u8],
    fill: u8,
    len: usize,
    tail: &'static [u8],
}

impl Read for Long {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.head.is_empty() {
            return self.head.read(buf);
        }
        if self.len > 0 {
            let n = self.len.min(buf.len());
            buf[..n].fill(self.fill);
            self.len -= n;
            return Ok(n);
        }
        self.tail.read(buf)
    }
}

/// The bytes that a function gives, until it gives none.
struct Bytes<F>(F);

impl<F: FnMut() -> Option<u8>> Read for Bytes<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(buf.iter_mut().map_while(|place| (self.0)().map(|byte| *place = byte)).count())
    }
}

const MIB: usize = 1 << 20;
const LIMIT: usize = MIB;
const BUFFER: usize = 64 << 10;
/// The record up to its limit, twice over since a vector grows by doubling, and what a buffer's worth of it needs.
const BOUND: usize = 2 * LIMIT + 8 * BUFFER;

fn builder() -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.max_record_len(LIMIT).buffer_size(BUFFER);
    builder
}

#[test]
fn case_19_one_line_of_300_mb() {
    let peak = peak_of(|| {
        let source = Long { head: b"1\n\"", fill: b'x', len: 300 * MIB, tail: b"\"\n2\n" };
        let got: Vec<_> = builder()
            .from_reader(source)
            .into_deserialize::<u32>()
            .map(|r| r.map_err(|e| (e.kind(), e.position().line)))
            .collect();
        assert_eq!(got, [Ok(1), Err((ErrorKind::RecordTooLong, 2)), Ok(2)]);
    });
    assert!(peak <= BOUND, "{peak} bytes");
}

#[test]
fn case_19_a_line_that_never_ends() {
    for fill in [b'x', b' ', b'[', b'"', b'\\', 0, 0xFF] {
        let peak = peak_of(|| {
            let source = Long { head: b"1\n", fill, len: 12 * MIB, tail: b"" };
            let mut reader = builder().from_reader(source);
            assert_eq!(reader.deserialize::<u32>().next().unwrap().unwrap(), 1);
            let e = reader.next_record().map(|_| ()).unwrap_err();
            assert_eq!((e.kind(), e.position().line), (ErrorKind::RecordTooLong, 2), "filled with {fill:#x}");
            assert!(reader.next_record().unwrap().is_none(), "filled with {fill:#x}");
        });
        assert!(peak <= BOUND, "{peak} bytes, filled with {fill:#x}");
    }
}

#[test]
fn case_19_raw_lines_are_bounded_too() {
    let peak = peak_of(|| {
        let source = Long { head: b"1\n", fill: b'x', len: 12 * MIB, tail: b"\n2\n" };
        let mut reader = builder().from_reader(source);
        let got: Vec<_> = reader.lines().map(|line| line.map_err(|e| e.kind())).collect();
        assert_eq!(got, [Ok(b"1".to_vec()), Err(ErrorKind::RecordTooLong), Ok(b"2".to_vec())]);
    });
    assert!(peak <= BOUND, "{peak} bytes");
}

/// Many records, blank lines or bad lines: memory does not depend on how many.
#[test]
fn case_19_a_long_stream_needs_a_buffer_and_no_more() {
    let repeat = |line: &'static [u8], many: usize| {
        let mut bytes = std::iter::repeat_n(line, many).flatten();
        Bytes(move || bytes.next().copied())
    };
    for (line, many) in [
        (&b"{\"a\":[1,2,3],\"b\":\"text\"}\n"[..], 100_000),
        (b"\n", 3_000_000),
        (b"{\"a\":\"open\n", 30_000),
        (b"\"\xFF\"\n", 30_000),
        (b"[[[[[[[[[[[[[[[[\n", 30_000),
    ] {
        let mut count = 0;
        let peak = peak_of(|| {
            let mut reader = builder().from_reader(repeat(line, many));
            count = reader.deserialize::<IgnoredAny>().count();
        });
        assert_eq!(count, if line == b"\n" { 0 } else { many }, "{}", line.escape_ascii());
        assert!(peak <= 16 * BUFFER, "{peak} bytes for many of {}", line.escape_ascii());
    }
}

/// Arrays of any length, long white space in them, and their way back: memory does not depend on how much there is.
#[test]
fn conversions_need_a_few_buffers_and_no_more() {
    const BUFFERS: usize = 16 * BUFFER;
    let element = format!("\n  {{\"a\": \"{}\", \"b\": [1, 2]}} ,", "x y ".repeat(1000));
    let compact = element.trim_matches(['\n', ' ', ',']).replace("\": ", "\":").replace(", ", ",") + "\n";
    let many = 64 * MIB / element.len();
    let elements = Repeat { text: element.as_bytes(), at: 0, left: many };
    let mut records = 0;
    let peak = peak_of(|| {
        let array = (&b"["[..]).chain(elements).chain(&b"0]\n"[..]);
        records = array_to_jsonl(array, io::sink()).unwrap().records;
    });
    assert_eq!(records, many as u64 + 1);
    assert!(peak <= BUFFERS, "{peak} bytes for an array");

    type Convert = fn(Repeat<'_>) -> u64;
    let back: [Convert; 2] = [
        |lines| jsonl_to_array(lines, io::sink()).unwrap().bytes_written,
        |lines| normalize(lines, io::sink()).unwrap().bytes_written,
    ];
    for convert in back {
        let lines = Repeat { text: compact.as_bytes(), at: 0, left: many / 4 };
        let len = many / 4 * compact.len();
        let peak = peak_of(|| assert!(convert(lines) >= len as u64));
        assert!(peak <= BUFFERS, "{peak} bytes for lines");
    }

    for white in [b' ', b'\n'] {
        for (head, tail) in [(&b""[..], &b"[1]"[..]), (b"[", b"1]"), (b"[1", b"]"), (b"[1,", b"2]"), (b"[1]", b"")] {
            let peak = peak_of(|| {
                let done = array_to_jsonl(Long { head, fill: white, len: 4 * MIB, tail }, io::sink()).unwrap();
                assert_eq!(done.bytes_read as usize, head.len() + 4 * MIB + tail.len());
            });
            assert!(peak <= BUFFERS, "{peak} bytes for white space behind {}", head.escape_ascii());
        }
    }
    // what never gets better is not waited for
    for (head, fill) in [(&b"["[..], b'['), (b"[\"", b'\n'), (b"[1,", b','), (b"[]", b'1')] {
        let peak = peak_of(|| {
            let endless = Long { head, fill, len: usize::MAX, tail: b"" };
            assert!(!array_to_jsonl(endless, io::sink()).unwrap_err().is_io());
        });
        assert!(peak <= BUFFERS, "{peak} bytes for an endless fault behind {}", head.escape_ascii());
    }
}

/// A text, over and over.
struct Repeat<'a> {
    text: &'a [u8],
    at: usize,
    left: usize,
}

impl Read for Repeat<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let n = (&self.text[self.at..]).read(buf)?;
        self.at += n;
        if self.at == self.text.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(n)
    }
}
