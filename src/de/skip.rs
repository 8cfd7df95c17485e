//! Stepping over values that nobody reads.

use super::{digits::KEEP_LAST, number, string};
use crate::cursor::{At, Scalar, Walk};

/// The containers that are open, one bit each, 1 for an object. No recursion, so that depth costs no stack.
pub(super) struct Open {
    /// The innermost 63, below a bit that marks the end.
    bits: u64,
    spilt: Vec<u64>,
    depth: u32,
    max_depth: u32,
}

impl Open {
    pub(super) fn new(max_depth: u32) -> Open {
        Open { bits: 1, spilt: Vec::new(), depth: 0, max_depth }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, is_object: bool) -> Option<()> {
        self.depth += 1;
        if self.depth > self.max_depth {
            return None;
        }
        if self.bits >> 63 == 1 {
            self.spilt.push(std::mem::replace(&mut self.bits, 1));
        }
        self.bits = self.bits << 1 | u64::from(is_object);
        Some(())
    }

    #[inline(always)]
    pub(super) fn pop(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    /// Whether the innermost is an object; `None` if nothing is open.
    #[inline(always)]
    pub(super) fn innermost(&mut self) -> Option<bool> {
        if self.bits == 1 {
            self.bits = self.spilt.pop()?;
        }
        Some(self.bits & 1 == 1)
    }
}

/// Steps over the value at `at` and checks all of it but its characters, which stage 1 did. `None` if anything is wrong.
#[inline(never)]
pub(super) fn skip<'w>(walk: Walk<'w>, at: At<'w>, max_depth: u32) -> Option<At<'w>> {
    match walk.byte(at) {
        b'"' => skip_string(walk, at),
        b'{' | b'[' => skip_container(walk, at, max_depth),
        _ => skip_scalar(walk, at),
    }
}

/// In a function of its own, so that what a container needs is not set up for a word.
#[inline(never)]
fn skip_container<'w>(walk: Walk<'w>, mut at: At<'w>, max_depth: u32) -> Option<At<'w>> {
    let mut open = Open::new(max_depth);
    loop {
        // a value starts at `at`
        if let Some((_, after)) = walk.string(at) {
            at = after;
        } else {
            match walk.byte(at) {
                b'"' => at = string::skip_escaped(walk, at, false)?,
                bracket @ (b'{' | b'[') => {
                    let is_object = bracket == b'{';
                    open.push(is_object)?;
                    at = walk.open(at, bracket)?;
                    if walk.byte(at) != bracket + 2 {
                        if is_object {
                            at = skip_key(walk, at)?;
                        }
                        continue;
                    }
                }
                _ => at = skip_scalar(walk, at)?,
            }
        }
        // a value ended before `at`; what mostly follows is looked for first
        while let Some(is_object) = open.innermost() {
            if is_object {
                if let Some((_, value)) = walk.member(at) {
                    at = value;
                    break;
                }
            } else if walk.may_start_next_element(at) {
                break;
            }
            let closing = if is_object { b'}' } else { b']' };
            if walk.byte(at) == closing {
                at = walk.close(at, closing)?;
                open.pop();
                continue;
            }
            if !walk.follows_comma(at) {
                return None;
            }
            if is_object {
                at = skip_key_slow(walk, at)?;
            }
            break;
        }
        if open.is_empty() {
            return Some(at);
        }
    }
}

#[inline(always)]
fn skip_string<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    match walk.string(at) {
        Some((_, after)) => Some(after),
        None => string::skip_escaped(walk, at, false),
    }
}

/// The key at `at`, before which the separator is proved already.
#[inline(always)]
fn skip_key<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    match walk.key(at) {
        Some((_, value)) => Some(value),
        None => skip_key_slow(walk, at),
    }
}

#[inline(never)]
fn skip_key_slow<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    if walk.byte(at) != b'"' {
        return None;
    }
    match walk.has_escape(at) {
        true => string::skip_escaped(walk, at, true),
        false => walk.key_exact(at).map(|(_, value)| value),
    }
}

/// Steps over a scalar.
#[inline(always)]
fn skip_scalar<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    let scalar = walk.scalar(at);
    if is_short(scalar) { Some(scalar.after) } else { skip_scalar_slow(walk, at) }
}

/// Whether it is `true`, `false`, `null` or an integer of at most 8 digits. Arithmetic and one branch, since which of them
/// comes next is hard to predict.
#[inline(always)]
fn is_short(scalar: Scalar) -> bool {
    // the words, at the place that their first letter gives them
    const WORDS: &[(u64, u64); 4] = &[(last(b"false"), 5), (last(b"null"), 4), (last(b"true"), 4), (0, 0)];

    let Some(text) = scalar.last::<8>(0) else { return false };
    let (first, len) = (u64::from(scalar.first()), scalar.len() as u64);
    let keep = KEEP_LAST[scalar.len() & 15];
    let text = u64::from_le_bytes(*text) & keep;

    let (word, word_len) = WORDS[(first >> 3 & 3) as usize];
    let not_that_word = (text ^ word) | (len ^ word_len);

    let digits = text ^ (0x3030_3030_3030_3030 & keep);
    let other_than_digits = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let more = len.wrapping_sub(1); // than one digit, before which no zero may stand
    let leading_zero = more & u64::from(first == u64::from(b'0')).wrapping_neg();
    let no_integer = other_than_digits | leading_zero | more >> 3;

    let is_letter = u64::from(first >= 0x40).wrapping_neg();
    (not_that_word & is_letter) | (no_integer & !is_letter) == 0
}

/// A text as the last bytes of eight.
const fn last(text: &[u8]) -> u64 {
    let mut last = 0;
    let mut i = text.len();
    while i > 0 {
        i -= 1;
        last = last << 8 | text[i] as u64;
    }
    last << (64 - 8 * text.len())
}

#[inline(never)]
fn skip_scalar_slow<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    let scalar = walk.scalar(at);
    if number::is_valid(scalar) {
        return Some(scalar.after);
    }
    let scalar = walk.scalar_exact(at);
    let text = scalar.text();
    (matches!(text, b"true" | b"false" | b"null") || number::is_number(text)).then_some(scalar.after)
}

/// For each byte of an entry by how much it changes the depth.
const DEPTH_CHANGE: &[i8; 256] = &{
    let mut table = [0; 256];
    (table[b'{' as usize], table[b'[' as usize]) = (1, 1);
    (table[b'}' as usize], table[b']' as usize]) = (-1, -1);
    table
};

/// Steps over the value at `at` by its brackets alone. `None` if they are not balanced, or too many.
#[inline(never)]
pub(crate) fn skip_lax<'w>(walk: Walk<'w>, mut at: At<'w>, max_depth: u32) -> Option<At<'w>> {
    let mut depth = 0u32;
    loop {
        let byte = walk.byte(at);
        if byte == b'\n' {
            return None;
        }
        let change = if walk.is_escape(at) { 0 } else { DEPTH_CHANGE[byte as usize] };
        depth = depth.wrapping_add_signed(i32::from(change));
        if depth > max_depth {
            return None; // or below zero
        }
        at = walk.after(at);
        if depth == 0 {
            // a backslash behind anything but a string is garbage; before a newline one would never get past it
            while byte == b'"' && walk.is_escape(at) {
                at = walk.after(at);
            }
            return Some(at);
        }
    }
}
