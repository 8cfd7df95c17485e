//! Stepping over values that nobody reads.

use super::{number, string};
use crate::cursor::{At, Walk};

/// The containers that are open, one bit each, 1 for an object. No recursion, so that depth costs no stack.
struct Open {
    /// The innermost 63, below a bit that marks the end.
    bits: u64,
    spilt: Vec<u64>,
    depth: u32,
    max_depth: u32,
}

impl Open {
    fn new(max_depth: u32) -> Open {
        Open { bits: 1, spilt: Vec::new(), depth: 0, max_depth }
    }

    #[inline(always)]
    fn push(&mut self, is_object: bool) -> Option<()> {
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
    fn pop(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.depth == 0
    }

    /// Whether the innermost is an object; `None` if nothing is open.
    #[inline(always)]
    fn innermost(&mut self) -> Option<bool> {
        if self.bits == 1 {
            self.bits = self.spilt.pop()?;
        }
        Some(self.bits & 1 == 1)
    }
}

/// Steps over the value at `at` and checks all of it but its characters, which stage 1 did. `None` if anything is wrong.
#[inline(never)]
pub(super) fn skip<'w>(walk: Walk<'w>, mut at: At<'w>, max_depth: u32) -> Option<At<'w>> {
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

#[inline(always)]
fn skip_scalar<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    let scalar = walk.scalar(at);
    let valid = match scalar.first() {
        b't' | b'f' | b'n' => matches!(scalar.text(), b"true" | b"false" | b"null"),
        b'-' | b'0'..=b'9' => number::is_valid(scalar),
        _ => return None,
    };
    if valid { Some(scalar.after) } else { skip_scalar_slow(walk, at) }
}

#[cold]
#[inline(never)]
fn skip_scalar_slow<'w>(walk: Walk<'w>, at: At<'w>) -> Option<At<'w>> {
    let scalar = walk.scalar_exact(at);
    let text = scalar.text();
    (matches!(text, b"true" | b"false" | b"null") || number::is_number(text)).then_some(scalar.after)
}

/// Steps over the value at `at` by its brackets alone. `None` if they are not balanced, or too many.
#[inline(never)]
pub(crate) fn skip_lax<'w>(walk: Walk<'w>, mut at: At<'w>, max_depth: u32) -> Option<At<'w>> {
    let mut depth = 0u32;
    loop {
        let byte = walk.byte(at);
        if byte == b'\n' {
            return None;
        }
        let is_escape = walk.is_escape(at);
        at = walk.after(at);
        if is_escape {
            continue;
        }
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > max_depth {
                    return None;
                }
            }
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            // a backslash behind anything but a string is garbage; before a newline one would never get past it
            while byte == b'"' && walk.is_escape(at) {
                at = walk.after(at);
            }
            return Some(at);
        }
    }
}
