//! Stage 1: at every level the index of a window is that of its lines by the definition, wherever the input is split into
//! windows, wherever a window lies in memory, and not one byte behind it is read.
//!
//! The input begins with a header: how many times the lines are repeated, an alignment, and how many lines each window has;
//! see `Plan`. The index is private, so its source is compiled into this target.
#![no_main]

#[allow(dead_code)]
#[path = "../../src/bits.rs"]
mod bits;
#[allow(dead_code)]
#[path = "../../src/index.rs"]
mod index;
#[allow(dead_code, unused_imports)]
#[path = "../../src/simd/mod.rs"]
mod simd;

use std::cell::RefCell;

use index::{MAX_WINDOW, StructuralIndex};
use libfuzzer_sys::fuzz_target;
use simd::Level;

/// How an input is laid out and cut.
struct Plan<'a> {
    /// How often the lines follow one another, so that few bytes make long windows.
    copies: usize,
    /// Where the windows begin that do not end at the end of their memory: so many bytes behind a page's start.
    alignment: usize,
    /// How many lines more than one each window has, in turn, over and over.
    cuts: &'a [u8],
}

impl<'a> Plan<'a> {
    fn split(data: &'a [u8]) -> Option<(Plan<'a>, &'a [u8])> {
        let [copies, alignment, cuts, rest @ ..] = data else { return None };
        let (cuts, input) = rest.split_at_checked(usize::from(cuts & 7))?;
        // one is the rule: more of them are slow
        let copies = usize::from(copies.saturating_sub(191)).max(1).min(LONGEST / (input.len() + 1));
        Some((Plan { copies, alignment: usize::from(alignment & 127), cuts }, input))
    }
}

/// The longest input, in bytes: several steps of stage 1, each of 16 KiB.
const LONGEST: usize = 128 << 10;

/// The entries of one line by the definition, or of none if it is dirty; `start` is its place in the window.
fn naive(line: &[u8], start: usize, entries: &mut Vec<u32>) -> bool {
    let (mut in_string, mut escaped, mut scalar) = (false, false, false);
    for (i, byte) in line.iter().enumerate() {
        let place = (start + i) as u32;
        let (was_escaped, was_scalar) = (escaped, scalar);
        escaped = *byte == b'\\' && !was_escaped;
        scalar = false;
        let quote = *byte == b'"' && !was_escaped;
        match byte {
            _ if in_string => {
                if *byte < 0x20 {
                    return false;
                }
                in_string = !quote;
                if was_escaped {
                    entries.push(place);
                }
            }
            b'"' if quote => {
                in_string = true;
                entries.push(place);
            }
            // the last four differ from brackets in bits that no level looks at
            b'{' | b'}' | b'[' | b']' | b'\n' | b'Y' | b'_' | b'y' | 0x7F => entries.push(place),
            b',' | b':' | 0..=0x20 => {}
            _ => {
                scalar = true;
                if !was_scalar {
                    entries.push(place);
                }
            }
        }
    }
    !in_string && std::str::from_utf8(line).is_ok()
}

/// The same of a window: it is dirty if any of its lines is.
fn naive_window(window: &[u8]) -> Option<Vec<u32>> {
    let (mut entries, mut start) = (Vec::new(), 0);
    for line in window.split_inclusive(|byte| *byte == b'\n') {
        if !naive(line, start, &mut entries) {
            return None;
        }
        start += line.len();
    }
    Some(entries)
}

/// Memory with a page in front and one behind that cannot be accessed; AddressSanitizer does not look at all vector loads.
struct Guarded {
    base: *mut libc::c_void,
    page: usize,
    room: usize,
}

impl Guarded {
    fn new(room: usize) -> Guarded {
        // SAFETY: asking for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let room = room.next_multiple_of(page);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh anonymous mapping, at no fixed address, touches nothing that exists.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), room + 2 * page, libc::PROT_NONE, flags, -1, 0) };
        assert_ne!(base, libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
        // SAFETY: the pages between the first and the last of the mapping made above.
        let done = unsafe { libc::mprotect(base.byte_add(page), room, libc::PROT_READ | libc::PROT_WRITE) };
        assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
        Guarded { base, page, room }
    }

    /// The bytes, copied to the place `at`.
    fn put(&mut self, at: usize, bytes: &[u8]) -> &[u8] {
        // SAFETY: these pages are mapped for reading and writing, initialized by the system, and lent with `self` alone.
        let all = unsafe { std::slice::from_raw_parts_mut(self.base.byte_add(self.page).cast(), self.room) };
        let place: &mut [u8] = &mut all[at..][..bytes.len()];
        place.copy_from_slice(bytes);
        place
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, which nothing refers to any more.
        unsafe { libc::munmap(self.base, self.room + 2 * self.page) };
    }
}

thread_local! {
    static MEMORY: RefCell<Guarded> = RefCell::new(Guarded::new(LONGEST));
}

/// The entries that `index` has of a clean window.
fn build(index: &mut StructuralIndex, level: Level, window: &[u8]) -> Option<Vec<u32>> {
    let result = index.build(level, window);
    assert_eq!(index.is_clear(), result.is_err(), "cleared at {level}");
    result.ok()?;
    let entries = index.entries().to_vec();
    assert_eq!(entries.last(), Some(&(window.len() as u32 - 1)), "the last entry at {level}");
    // what may be looked at behind it
    let last = index.entries_from(window, entries.len() - 1).expect("an entry");
    assert_eq!(last.get(1), Some(&(window.len() as u32)), "behind the last entry at {level}");
    assert!(index.entries_from(window, entries.len()).is_none(), "entries without end at {level}");
    Some(entries)
}

/// One window, at two places in memory, with an index that other windows have been in.
fn check(window: &[u8], alignment: usize, indexes: &mut [(Level, StructuralIndex)], memory: &mut Guarded) {
    assert!(window.len() <= MAX_WINDOW);
    let want = naive_window(window);
    let at_end = memory.room - window.len();
    for at in [alignment.min(at_end), at_end] {
        let window = memory.put(at, window);
        for (level, index) in indexes.iter_mut() {
            let got = build(index, *level, window);
            assert_eq!(got, want, "left: {level}, right: by the definition; {}", window.escape_ascii());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((plan, input)) = Plan::split(data) else { return };
    let mut text = input.to_vec();
    if text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
    let text = text.repeat(plan.copies.max(1));
    let mut indexes: Vec<_> = Level::available().into_iter().map(|level| (level, StructuralIndex::default())).collect();
    MEMORY.with_borrow_mut(|memory| {
        if memory.room < text.len() {
            *memory = Guarded::new(text.len());
        }
        let (mut rest, mut turn) = (&text[..], 0);
        while !rest.is_empty() {
            let lines = plan.cuts.get(turn % plan.cuts.len().max(1)).map_or(usize::MAX, |cut| usize::from(*cut) + 1);
            turn += 1;
            let mut newlines = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(i, _)| i + 1);
            let end = newlines.nth(lines - 1).unwrap_or(rest.len());
            let (window, behind) = rest.split_at(end);
            check(window, plan.alignment, &mut indexes, memory);
            rest = behind;
        }
    });
});
