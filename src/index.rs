//! Stage 1: one pass over a window of whole lines that notes where everything is.
//!
//! The index is thin. It holds the places, ascending, of
//!
//! - the opening quote of each string,
//! - the byte behind each backslash inside a string, so that `byte[place - 1] == b'\\'` tells it from the rest,
//! - the first byte of each run of scalar characters: numbers, literals and all garbage,
//! - `{` `}` `[` `]`,
//! - each newline;
//!
//! not of commas, colons, closing quotes and white space. Stage 2 proves those in the gaps between two places, which is why
//! every byte up to 0x20 may count as white here.

use crate::{
    bits::EscapeScanner,
    simd::{Kernel, Level, Vector},
};

/// The structural index of one window.
#[derive(Default)]
pub(crate) struct StructuralIndex {
    /// The first `len` are the entries, then one that only serves to be looked at behind the last newline; the rest is room.
    entries: Vec<u32>,
    len: usize,
    /// Address and length of the window that was indexed last, if it was clean.
    window: (usize, usize),
}

/// A window that cannot be walked: in it is invalid UTF-8, a control character in a string, or a string that is not closed
/// on its line. One that has many lines is to be indexed line by line, so that only the bad ones are lost.
#[derive(Debug)]
pub(crate) struct Dirty;

impl StructuralIndex {
    /// Indexes `window`, which consists of whole lines, each with its newline.
    pub(crate) fn build(&mut self, level: Level, window: &[u8]) -> Result<(), Dirty> {
        assert!(window.last() == Some(&b'\n') && window.len() <= MAX_WINDOW, "whole lines, in 32 bits");
        self.clear();
        let found = level.run(Stage1 { window, entries: &mut self.entries });
        if found.broken_string || found.non_ascii && simdutf8::basic::from_utf8(window).is_err() {
            return Err(Dirty);
        }
        self.entries[found.len] = window.len() as u32;
        self.len = found.len;
        self.window = (window.as_ptr().addr(), window.len());
        Ok(())
    }

    /// Forgets the window.
    pub(crate) fn clear(&mut self) {
        (self.len, self.window) = (0, (0, 0));
    }

    /// Whether there is no window.
    pub(crate) fn is_clear(&self) -> bool {
        self.len == 0
    }

    /// The entries, of which the last is the last newline's.
    #[inline(always)]
    pub(crate) fn entries(&self) -> &[u32] {
        &self.entries[..self.len]
    }

    /// Where in memory the entries begin.
    #[inline(always)]
    pub(crate) fn address(&self) -> usize {
        self.entries.as_ptr().addr()
    }

    /// The entries from number `entry` on, and at least one more behind them, of the clean window that was indexed last; `None`
    /// if there is no such entry.
    ///
    /// # Panics
    /// If `window` is another one.
    #[inline(always)]
    pub(crate) fn entries_from(&self, window: &[u8], entry: usize) -> Option<&[u32]> {
        if entry >= self.len {
            return None;
        }
        assert!(self.window == (window.as_ptr().addr(), window.len()), "indexed and clean");
        self.entries.get(entry..)
    }
}

/// The longest window, in bytes: places are 32-bit, and one block more must not overflow them.
pub(crate) const MAX_WINDOW: usize = (u32::MAX as usize >> 1) - 64;

/// How many blocks of 64 bytes share one look at whether the entries have room.
const BLOCKS_A_STEP: usize = 256;

struct Stage1<'a> {
    window: &'a [u8],
    entries: &'a mut Vec<u32>,
}

struct Found {
    len: usize,
    broken_string: bool,
    non_ascii: bool,
}

impl Kernel for Stage1<'_> {
    type Output = Found;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Found {
        let Stage1 { window, entries } = self;
        let mut state = State::default();
        let mut seen = v.load(&[0; 64]);
        let mut len = 0;
        let (blocks, rest) = window.as_chunks::<64>();
        let mut last = [b' '; 64];
        last[..rest.len()].copy_from_slice(rest);
        let steps = blocks.chunks(BLOCKS_A_STEP).chain(std::iter::once(std::slice::from_ref(&last)));
        let mut base = 0;
        for step in steps {
            let room = len + step.len() * 64 + 1; // one more behind the last
            if entries.len() < room {
                grow(entries, room);
            }
            for block in step {
                v.prefetch(block);
                let loaded = v.load(block);
                seen = v.or(seen, loaded);
                let bits = state.entries(v, loaded);
                let out = entries[len..].first_chunk_mut().expect("room for a block");
                v.flatten(bits, base, out);
                len += bits.count_ones() as usize;
                base += 64;
            }
        }
        Found { len, broken_string: state.broken_string(), non_ascii: v.any_non_ascii(seen) }
    }
}

#[cold]
#[inline(never)]
fn grow(entries: &mut Vec<u32>, room: usize) {
    entries.resize(room.max(entries.len() * 2), 0);
}

/// What one block leaves for the next.
#[derive(Default)]
struct State {
    escapes: EscapeScanner,
    /// All ones while a string is open.
    in_string: u64,
    /// 1 if the last byte was scalar.
    scalar: u64,
    /// Control characters inside strings.
    control: u64,
}

impl State {
    /// The entries of the next block.
    ///
    /// Free of branches on purpose: with one between a movemask and its use, LLVM undoes the movemask.
    #[inline(always)]
    fn entries<V: Vector>(&mut self, v: V, block: V::Block) -> u64 {
        let newline = v.eq(block, b'\n');
        let escaped = self.escapes.next(v.eq(block, b'\\'));
        let quote = v.eq(block, b'"') & !escaped;
        // with the opening quote, without the closing one
        let inside = v.prefix_xor(quote) ^ self.in_string;
        self.in_string = ((inside as i64) >> 63) as u64;
        self.control |= inside & v.le(block, 0x1F);

        let outside = !(inside | quote);
        // with the aliases of the brackets, which are no operators at some levels and must be the same at all
        let brackets = v.brackets(block);
        let scalar = outside & !(v.operators(block) | brackets | v.le(block, 0x20));
        let start = scalar & !(scalar << 1 | self.scalar);
        self.scalar = scalar >> 63;
        (inside & (quote | escaped)) | (outside & brackets) | start | newline
    }

    /// Whether any string held a control character, a newline among them, or is still open.
    #[inline(always)]
    fn broken_string(&self) -> bool {
        (self.control | self.in_string) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, byte by byte.
    fn naive(window: &[u8]) -> Option<Vec<u32>> {
        let (mut entries, mut in_string, mut escaped, mut scalar) = (vec![], false, false, false);
        for (i, c) in window.iter().enumerate() {
            let was_escaped = escaped;
            escaped = *c == b'\\' && !was_escaped;
            let (was_scalar, quote) = (std::mem::replace(&mut scalar, false), *c == b'"' && !was_escaped);
            if in_string {
                if *c < 0x20 {
                    return None;
                }
                in_string = !quote;
                if was_escaped {
                    entries.push(i as u32);
                }
            } else if quote || b"{}[]\nY_y\x7f".contains(c) {
                in_string = quote;
                entries.push(i as u32);
            } else if *c > 0x20 && !b",:".contains(c) {
                scalar = true;
                if !was_scalar {
                    entries.push(i as u32);
                }
            }
        }
        (!in_string && std::str::from_utf8(window).is_ok()).then_some(entries)
    }

    fn check(window: &[u8], what: &str) {
        let want = naive(window);
        let mut index = StructuralIndex::default();
        for level in Level::available() {
            let got =
                index.build(level, window).ok().map(|()| index.entries_from(window, 0).unwrap()[..index.len].to_vec());
            assert_eq!(got, want, "{level}, {what}: {:?}", String::from_utf8_lossy(window));
        }
    }

    /// Every length from 1 to 300 at every alignment, filled from several alphabets.
    #[test]
    fn stage_1_equals_the_naive_scan() {
        let alphabets: [&[u8]; 7] = [
            b"\"\\",
            b"\"\\n a",
            b"{}[]:, \t\r1a\"\"",
            b"abc,:1 ",
            b"\"\\\n{,a",
            "aé日😀\"\n\\".as_bytes(),
            b"Y_y\x7f[]{}xz\x19\x1f\x0c\x1a",
        ];
        let mut seed = 7u64;
        let mut random = move |n: usize| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as usize % n
        };
        for len in 1..=300 {
            for round in 0..(if cfg!(miri) { 1 } else { 64 }) {
                let alphabet = alphabets[round % alphabets.len()];
                let mut buffer: Vec<u8> = (0..round + len).map(|_| alphabet[random(alphabet.len())]).collect();
                *buffer.last_mut().unwrap() = b'\n';
                check(&buffer[round..], "random");
            }
        }
    }

    /// Valid lines of many shapes, so that most windows are clean, across the edges of blocks and of steps.
    #[test]
    fn stage_1_equals_the_naive_scan_on_valid_lines() {
        let lines = [
            r#"{"a":1,"b":[true,null,"x"],"c":"\"\\\\\"é"}"#,
            r#"[]"#,
            r#"   "日本\\"  "#,
            "",
            r#"{"k" : -1.5e3 , "l": {}}"#,
            r#"\\\"#,
        ];
        for pad in 0..130 {
            let mut window = vec![b' '; pad];
            for i in 0..60 {
                window.extend_from_slice(lines[(i * 7 + pad) % lines.len()].as_bytes());
                window.push(b'\n');
            }
            check(&window, "lines");
        }
        let long = r#"{"a":1,"b":[true,null,"x"],"c":"\"\\\\\"é"}"#.repeat(2000) + "\n";
        check(long.as_bytes(), "long");
        check(&[b"[".repeat(70_000), b"\n".to_vec()].concat(), "brackets");
    }
}
