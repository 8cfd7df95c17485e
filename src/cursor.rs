//! The walk over the index: the one room of stage 2 that reads without checking bounds. `UNSAFE.md` lists where, and which test
//! fails if it should not.
//!
//! A [`Walk`] is a window that stage 1 found clean; an [`At`] is one of its entries, never the one behind the last newline.
//! From this follows all that the `SAFETY` comments here rely on:
//!
//! 1. Each entry's place is in the window, and places ascend. Behind each `At` there is one more entry: behind the last
//!    newline, one that names the window's length.
//! 2. The window ends in a newline, and strings are closed on their line. So the entry behind an opening quote is either an
//!    escape inside the string (a backslash stands before it) or lies behind the closing quote.
//! 3. Between the end of a value and the next entry are only white space, commas and colons: anything else would be an
//!    entry. So the last quote before the next entry is the closing one.
//! 4. The window is UTF-8, and what is lent begins and ends next to ASCII characters.
//!
//! What the bytes mean is checked by who reads them, under the invariant of strictness: *whoever consumes a value proves
//! that the gap to the next entry is white space with at most one comma; whoever starts on an entry proves the separator
//! before it.* Together every byte of the line is accounted for.
#![allow(unsafe_code)]

use crate::index::StructuralIndex;
use std::{marker::PhantomData, ptr::NonNull};

/// An entry of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At<'w>(NonNull<u32>, PhantomData<&'w u32>);

// SAFETY: it is a shared reference into the index, with the right to look at its neighbours.
unsafe impl Send for At<'_> {}
// SAFETY: likewise.
unsafe impl Sync for At<'_> {}

/// A clean window that can be walked.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'w> {
    window: &'w [u8],
}

/// Text inside a string, or of a whole value.
#[derive(Clone, Copy)]
pub(crate) struct Span<'w> {
    start: usize,
    end: usize,
    window: PhantomData<&'w [u8]>,
}

/// The end of a record.
#[derive(Clone, Copy)]
pub(crate) struct End {
    /// The place of its newline in the window.
    pub(crate) newline: usize,
    /// Where in memory that one's entry is.
    address: usize,
}

impl End {
    /// The number of its entry in `index`.
    #[inline(always)]
    pub(crate) fn entry_number(self, index: &StructuralIndex) -> usize {
        (self.address - index.address()) / size_of::<u32>()
    }
}

#[inline(always)]
pub(crate) fn is_white(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\r')
}

impl<'w> Walk<'w> {
    /// A walk over `window`, and its entry number `entry` if there is one.
    ///
    /// # Panics
    /// If there is, and `index` is not of this window.
    #[inline(always)]
    pub(crate) fn new(window: &'w [u8], index: &'w StructuralIndex, entry: usize) -> Option<(Walk<'w>, At<'w>)> {
        let entries = index.entries_from(window, entry)?;
        // a pointer with the right to all that follows
        Some((Walk { window }, At(NonNull::from(entries).cast(), PhantomData)))
    }

    /// The end of a record, `at`.
    #[inline(always)]
    pub(crate) fn end_at(self, at: At<'w>) -> End {
        End { newline: self.place(at), address: at.0.addr().get() }
    }

    #[inline(always)]
    pub(crate) fn window(self) -> &'w [u8] {
        self.window
    }

    /// The entry and the one behind it; behind the last newline, the window's length.
    #[inline(always)]
    fn entries(self, at: At<'w>) -> &'w [u32; 2] {
        // SAFETY: (1), and nobody writes to the index as long as it is lent
        unsafe { at.0.cast().as_ref() }
    }

    /// # Safety
    /// `i` and `i + 1` are in the window.
    #[inline(always)]
    unsafe fn pair(self, i: usize) -> [u8; 2] {
        debug_assert!(i + 1 < self.window.len());
        // SAFETY: the caller's; an array of bytes has no alignment.
        unsafe { *self.window.as_ptr().add(i).cast() }
    }

    /// # Safety
    /// `i` is in the window.
    #[inline(always)]
    unsafe fn get(self, i: usize) -> u8 {
        debug_assert!(i < self.window.len());
        // SAFETY: the caller's.
        unsafe { *self.window.get_unchecked(i) }
    }

    /// Where the entry is in the window.
    #[inline(always)]
    pub(crate) fn place(self, at: At<'w>) -> usize {
        self.entries(at)[0] as usize
    }

    /// Where the entry behind it is; behind the last newline, the window's length.
    #[inline(always)]
    fn next_place(self, at: At<'w>) -> usize {
        self.entries(at)[1] as usize
    }

    /// The byte at the entry.
    #[inline(always)]
    pub(crate) fn byte(self, at: At<'w>) -> u8 {
        // SAFETY: (1)
        unsafe { self.get(self.place(at)) }
    }

    /// The entry behind `at`; behind a newline there is nothing to walk to, so that it stays.
    #[inline(always)]
    pub(crate) fn after(self, at: At<'w>) -> At<'w> {
        if self.byte(at) == b'\n' {
            return stay(at);
        }
        // SAFETY: (1), and it is not the last newline
        At(unsafe { at.0.add(1) }, PhantomData)
    }

    /// The entry behind `at`, if `byte` stands there. Where that is a constant, nothing is left of the look for a newline.
    #[inline(always)]
    fn after_byte(self, at: At<'w>, byte: u8) -> Option<At<'w>> {
        if self.byte(at) != byte || byte == b'\n' {
            return None;
        }
        // SAFETY: (1), and it is not the last newline
        Some(At(unsafe { at.0.add(1) }, PhantomData))
    }

    /// The entry of the value or key before `at`, a closing bracket if it ends in one; not before `first`.
    pub(crate) fn before(self, at: At<'w>, first: At<'w>) -> At<'w> {
        let (mut value, mut entry) = (first, first);
        while entry.0 < at.0 && self.byte(entry) != b'\n' {
            if !self.is_escape(entry) {
                value = entry;
            }
            entry = self.after(entry);
        }
        value
    }

    /// Whether the entry is the byte behind a backslash in a string.
    #[inline(always)]
    pub(crate) fn is_escape(self, at: At<'w>) -> bool {
        self.window.get(self.place(at).wrapping_sub(1)) == Some(&b'\\')
    }

    /// Whether the string that opens at `at` has an escape in it.
    #[inline(always)]
    pub(crate) fn has_escape(self, at: At<'w>) -> bool {
        self.window.get(self.next_place(at).wrapping_sub(1)) == Some(&b'\\')
    }

    // ---- gaps behind a value

    /// Where the value at `at`, of one entry, ends: before `,` or `, ` or the next entry. Other gaps are left on the value,
    /// whose own check then refuses it; see `end_exact`.
    #[inline(always)]
    fn end(self, at: At<'w>) -> usize {
        let next = self.next_place(at);
        debug_assert!(self.place(at) < next && next <= self.window.len());
        // SAFETY: places ascend, and an entry is never a space: if there is one before the next, the entry lies before that
        unsafe {
            let last = self.get(next - 1);
            if last == b',' {
                next - 1
            } else if last == b' ' && self.get(next - 2) == b',' {
                next - 2
            } else {
                next
            }
        }
    }

    /// The general form of `end`, for a value that ends before the entry at place `next`: white space, at most one comma,
    /// white space. It stops at the entry before at the latest, which is neither.
    #[cold]
    #[inline(never)]
    fn end_exact(self, next: usize) -> usize {
        let trim = |mut end: usize| {
            while end > 0 && is_white(self.window[end - 1]) {
                end -= 1;
            }
            end
        };
        let end = trim(next);
        if end > 0 && self.window[end - 1] == b',' { trim(end - 1) } else { end }
    }

    /// The last byte before `at` that is not white: a separator, if all is well. `at` is not the record's first entry.
    #[inline(always)]
    fn separator(self, at: At<'w>) -> u8 {
        let place = self.place(at);
        debug_assert!(place > 0 && (place > 1 || self.window[0] != b' '));
        // SAFETY: the record's first entry lies before, and if a space does, then the entry lies before that
        unsafe {
            match self.get(place - 1) {
                b' ' if self.get(place - 2) > b' ' => self.get(place - 2),
                last if last > b' ' => last,
                _ => self.separator_exact(place),
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn separator_exact(self, place: usize) -> u8 {
        self.window[..place].iter().rev().copied().find(|c| !is_white(*c)).unwrap_or(b' ')
    }

    /// Whether a comma stands before `at`, which is not the record's first entry.
    #[inline(always)]
    pub(crate) fn follows_comma(self, at: At<'w>) -> bool {
        self.separator(at) == b','
    }

    /// Whether between the value before `at`, whatever it is, and `at` is a proper gap: white space with at most one comma.
    #[inline]
    pub(crate) fn follows_value(self, at: At<'w>) -> bool {
        let is_text = |c: u8| c > b' ' && c != b',' && c != b':';
        match self.window[..self.place(at)] {
            [.., last, b','] if is_text(last) => true,
            [.., last] if is_text(last) => true,
            _ => self.window[..self.end_exact(self.place(at))].last().copied().is_some_and(is_text),
        }
    }

    /// Whether `,` or `, ` stands before `at`, which lies behind the opening bracket.
    #[inline(always)]
    pub(crate) fn may_start_next_element(self, at: At<'w>) -> bool {
        let place = self.place(at);
        debug_assert!(place > 0 && (place > 1 || self.window[0] != b' '));
        // SAFETY: the opening bracket lies before, and if a space does, then the bracket lies before that
        unsafe {
            let last = self.get(place - 1);
            last == b',' || (last == b' ' && self.get(place - 2) == b',')
        }
    }

    /// Whether an element of an array may start at `at`, which lies behind the opening bracket: after a comma or that.
    #[inline(always)]
    pub(crate) fn may_start_element(self, at: At<'w>) -> bool {
        matches!(self.separator(at), b',' | b'[')
    }

    /// How many elements of an array there are from `at` on, up to its end, the next container or the 16th, whichever comes first.
    #[inline(always)]
    pub(crate) fn elements_ahead(self, at: At<'w>) -> usize {
        let (mut at, mut count) = (at, 0);
        while count < 16 && !matches!(self.byte(at), b']' | b'[' | b'{' | b'}' | b'\n') {
            count += usize::from(!self.is_escape(at));
            at = self.after(at);
        }
        count
    }

    /// The entry behind the opening bracket at `at`, if `at` is that and only white space lies between.
    #[inline(always)]
    pub(crate) fn open(self, at: At<'w>, bracket: u8) -> Option<At<'w>> {
        let inside = self.after_byte(at, bracket)?;
        let (place, next) = (self.place(at), self.next_place(at));
        (next == place + 1 || self.is_blank(place + 1, next)).then_some(inside)
    }

    #[cold]
    #[inline(never)]
    fn is_blank(self, from: usize, to: usize) -> bool {
        self.window[from..to].iter().all(|c| is_white(*c))
    }

    /// The entry behind the closing bracket at `at`, if `at` is that, no comma stands before it, and behind it is a proper gap.
    #[inline(always)]
    pub(crate) fn close(self, at: At<'w>, bracket: u8) -> Option<At<'w>> {
        let after = self.after_byte(at, bracket)?;
        if self.follows_comma(at) {
            return None;
        }
        let (end, next) = (self.place(at) + 1, self.next_place(at));
        // SAFETY: places ascend: before the next entry, at `end`, is a byte
        let ends_well =
            next == end || (next == end + 1 && unsafe { self.get(end) } == b',') || self.end_exact(next) == end;
        ends_well.then_some(after)
    }

    /// The newline that ends the record in which `at` is.
    #[inline(always)]
    pub(crate) fn record_end(self, at: At<'w>) -> At<'w> {
        let mut at = at;
        while self.byte(at) != b'\n' {
            at = self.after(at);
        }
        at
    }

    /// Whether the record ends at `at`, which is not its first entry: a newline, and no comma before it.
    #[inline(always)]
    pub(crate) fn is_end(self, at: At<'w>) -> bool {
        self.byte(at) == b'\n' && !self.follows_comma(at)
    }

    // ---- strings and keys

    /// The text of the string at `at` and the entry behind it, if it is one without escapes and with nothing behind it but
    /// perhaps a comma.
    #[inline(always)]
    pub(crate) fn string(self, at: At<'w>) -> Option<(Span<'w>, At<'w>)> {
        let after = self.after_byte(at, b'"')?;
        let (start, next) = (self.place(at) + 1, self.next_place(at));
        // SAFETY: (2): the next entry lies behind `start`; if there is a space before it, that is not the closing quote, and
        // there are at least three bytes
        let end = unsafe {
            if self.pair(next - 2) == *b"\"," {
                next - 2
            } else if self.get(next - 1) == b'"' {
                next - 1
            } else if self.get(next - 1) == b' ' && self.pair(next - 3) == *b"\"," {
                next - 3
            } else {
                return None;
            }
        };
        // (3): it is the closing quote, since an escape's entry has a backslash before it
        Some((Span { start, end, window: PhantomData }, after))
    }

    /// The text of the string at `at` and the entry behind it, if it is one without escapes, whatever the white space.
    #[inline(never)]
    pub(crate) fn string_exact(self, at: At<'w>) -> Option<(Span<'w>, At<'w>)> {
        let after = self.after_byte(at, b'"').filter(|_| !self.has_escape(at))?;
        let (start, end) = (self.place(at) + 1, self.end_exact(self.next_place(at)) - 1);
        (end >= start && self.window[end] == b'"').then_some((Span { start, end, window: PhantomData }, after))
    }

    /// Whether the string whose last escape, or else opening quote, lies before the entry at `at` ends properly there:
    /// where its closing quote is.
    #[inline(always)]
    pub(crate) fn closing_quote(self, at: At<'w>, is_key: bool) -> Option<usize> {
        let next = self.place(at);
        if is_key {
            return self.key_end(next);
        }
        match self.window[..next] {
            [.., b'"', b','] => return Some(next - 2),
            [.., b'"'] => return Some(next - 1),
            _ => {}
        }
        let end = self.end_exact(next);
        (end > 0 && self.window[end - 1] == b'"').then(|| end - 1)
    }

    /// Whether a member of an object may start at `at`, which lies behind the opening bracket: a quote, and before it a comma
    /// or that.
    #[inline(never)]
    pub(crate) fn is_key(self, at: At<'w>) -> bool {
        self.byte(at) == b'"' && matches!(self.separator(at), b',' | b'{')
    }

    /// The text of the key at `at`, which lies behind the opening bracket, and the entry of its value; in the common forms
    /// only: before the key stands that bracket, `,` or `, `, and behind it `:` or `: `.
    #[inline(always)]
    pub(crate) fn member(self, at: At<'w>) -> Option<(Span<'w>, At<'w>)> {
        let place = self.place(at);
        debug_assert!(place > 0);
        // SAFETY: the opening bracket lies before, and if a space does, then the bracket lies before that
        let is_key = unsafe {
            let pair = self.pair(place - 1);
            pair == *b",\"" || pair == *b"{\"" || (pair == *b" \"" && self.get(place - 2) == b',')
        };
        // SAFETY: a quote stands at the entry
        if is_key { unsafe { self.key_at(at) } } else { None }
    }

    /// The text of the key at `at` and the entry of its value, if the key has no escapes and `:` or `: ` behind it.
    #[inline(always)]
    pub(crate) fn key(self, at: At<'w>) -> Option<(Span<'w>, At<'w>)> {
        // SAFETY: a quote stands at the entry
        if self.byte(at) == b'"' { unsafe { self.key_at(at) } } else { None }
    }

    /// # Safety
    /// A quote stands at `at`.
    #[inline(always)]
    unsafe fn key_at(self, at: At<'w>) -> Option<(Span<'w>, At<'w>)> {
        let (start, next) = (self.place(at) + 1, self.next_place(at));
        // SAFETY: (2): the next entry lies behind `start`; if there is a space before it, that is not the closing quote, and
        // there are at least three bytes
        let end = unsafe {
            if self.pair(next - 2) == *b"\":" {
                next - 2
            } else if self.get(next - 1) == b' ' && self.pair(next - 3) == *b"\":" {
                next - 3
            } else {
                return None;
            }
        };
        // SAFETY: (1), and it is no newline; for the span (3)
        Some((Span { start, end, window: PhantomData }, At(unsafe { at.0.add(1) }, PhantomData)))
    }

    /// The general form of `key`, for keys without escapes.
    #[inline(never)]
    pub(crate) fn key_exact(self, at: At<'w>) -> Option<(Span<'w>, At<'w>)> {
        if self.byte(at) != b'"' || self.has_escape(at) {
            return None;
        }
        let (start, end) = (self.place(at) + 1, self.key_end(self.next_place(at))?);
        (end >= start).then(|| (Span { start, end, window: PhantomData }, self.after(at)))
    }

    /// Where the closing quote of the key is whose value is at place `value`: quote, white space, colon, white space.
    #[inline(never)]
    fn key_end(self, value: usize) -> Option<usize> {
        let trim = |end: usize| self.window[..end].iter().rposition(|c| !is_white(*c));
        let colon = trim(value).filter(|i| self.window[*i] == b':')?;
        trim(colon).filter(|i| self.window[*i] == b'"')
    }

    /// The whole text of the value that starts at `at` and behind which `after` is the next entry.
    pub(crate) fn value(self, at: At<'w>, after: At<'w>) -> Span<'w> {
        let (start, end) = (self.place(at), self.end_exact(self.place(after)));
        Span { start, end: end.max(start), window: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn text(self, span: Span<'w>) -> &'w str {
        debug_assert!(span.start <= span.end && span.end <= self.window.len());
        // SAFETY: the span is in the window, which is UTF-8 (4)
        unsafe { std::str::from_utf8_unchecked(self.window.get_unchecked(span.start..span.end)) }
    }

    /// A string with room for `n` bytes that [`append`](Self::append) adds.
    pub(crate) fn string_for(self, n: usize) -> String {
        String::with_capacity(n + LONG_COPY)
    }

    /// Appends the text from `from` to `to`, both next to an ASCII character.
    ///
    /// Rounds the length of the copy up where that is in bounds: much faster than `memcpy` on the short stretches between two
    /// escapes. (A loop would be: LLVM makes a call of `memcpy` of it.)
    #[inline(always)]
    pub(crate) fn append(self, out: &mut String, from: usize, to: usize) {
        let n = self.window[from..to].len();
        debug_assert!(std::str::from_utf8(&self.window[from..to]).is_ok());
        // SAFETY: what is added is UTF-8 (4). The room is there, rounded up; the text is in the window, rounded up too where that
        // is done
        unsafe {
            let out = out.as_mut_vec();
            if out.capacity() - out.len() < n + LONG_COPY {
                reserve(out, n + LONG_COPY);
            }
            let (source, target) = (self.window.as_ptr().add(from), out.as_mut_ptr().add(out.len()));
            if n > LONG_COPY || from + LONG_COPY > self.window.len() {
                std::ptr::copy_nonoverlapping(source, target, n);
            } else if n > SHORT_COPY {
                std::ptr::copy_nonoverlapping(source, target, LONG_COPY);
            } else {
                std::ptr::copy_nonoverlapping(source, target, SHORT_COPY);
            }
            out.set_len(out.len() + n);
        }
    }

    /// The scalar at `at`; its text is exact in the common forms of the gap behind it, too long in others.
    #[inline(always)]
    pub(crate) fn scalar(self, at: At<'w>) -> Scalar<'w> {
        let after = self.after(at);
        Scalar { window: self.window, start: self.place(at), end: self.end(at), after }
    }

    /// The scalar at `at`, its text exact.
    pub(crate) fn scalar_exact(self, at: At<'w>) -> Scalar<'w> {
        let (start, after) = (self.place(at), self.after(at));
        Scalar { window: self.window, start, end: self.end_exact(self.next_place(at)).max(start), after }
    }
}

/// How many bytes [`Walk::append`] copies at least, so that the number is a constant.
const SHORT_COPY: usize = 32;
const LONG_COPY: usize = 128;

/// Out of line, so that nobody makes a conditional move of the branch to it: all that is read from the entries on would then
/// wait for the byte at each.
#[cold]
#[inline(never)]
fn stay(at: At<'_>) -> At<'_> {
    at
}

#[cold]
#[inline(never)]
fn reserve(out: &mut Vec<u8>, n: usize) {
    out.reserve(n);
}

/// The text of a number or literal: never empty, in the window, and at least one byte of the window lies behind it unless it
/// is the last newline. So `start < end <= window.len()`, or `start <= end` where there is nothing but a gap.
#[derive(Clone, Copy)]
pub(crate) struct Scalar<'w> {
    window: &'w [u8],
    start: usize,
    end: usize,
    /// The entry behind it.
    pub(crate) after: At<'w>,
}

impl<'w> Scalar<'w> {
    #[inline(always)]
    pub(crate) fn text(self) -> &'w [u8] {
        &self.window[self.start..self.end]
    }

    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.end - self.start
    }

    #[inline(always)]
    pub(crate) fn first(self) -> u8 {
        self.leading(0)
    }

    /// The same without its last `n` bytes, if it has more.
    #[inline(always)]
    pub(crate) fn without_last(self, n: usize) -> Option<Scalar<'w>> {
        (self.len() > n).then(|| Scalar { end: self.end - n, ..self })
    }

    /// The first byte, or the second behind `skip` of 1, a minus sign.
    #[inline(always)]
    pub(crate) fn leading(self, skip: usize) -> u8 {
        debug_assert!(self.start + (skip & 1) < self.window.len() && (skip & 1 == 0 || self.first() == b'-'));
        // SAFETY: the start is an entry's place, and a minus sign is not the window's last byte, which is a newline
        unsafe { *self.window.get_unchecked(self.start + (skip & 1)) }
    }

    /// The `N` bytes that end `back` bytes before its end, if the window has that many; they may begin before the scalar.
    #[inline(always)]
    pub(crate) fn last<const N: usize>(self, back: usize) -> Option<&'w [u8; N]> {
        debug_assert!(self.end <= self.window.len());
        if self.end < N + back {
            return None;
        }
        // SAFETY: just checked
        Some(unsafe { &*self.window.as_ptr().add(self.end - N - back).cast() })
    }
}

/// What stage 2 is allowed to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many containers may be open at once.
    pub(crate) max_depth: u32,
    /// Step over unread values by brackets alone.
    pub(crate) lax_skip: bool,
}

/// One record being read: a walk with a place in it.
pub(crate) struct Cursor<'de, 'w> {
    pub(crate) walk: Walk<'w>,
    pub(crate) at: At<'w>,
    /// The same bytes as the window's, as long as the caller may keep what is lent. Another copy of them only for a last line
    /// without newline, whose window is a copy with one.
    lend: &'de [u8],
    pub(crate) limits: Limits,
    /// How many more containers may be opened.
    pub(crate) depth: u32,
    pub(crate) unclosed: Unclosed<'w>,
    pub(crate) scratch: &'w mut String,
}

/// What became of a container whose visitor returned before its closing bracket.
pub(crate) struct Unclosed<'w> {
    /// Where the innermost of a chain of such visitors returned, and where the chain has got to.
    pub(crate) from: Option<At<'w>>,
    pub(crate) to: Option<At<'w>>,
    /// Where, first of all, a closing bracket had to be next and was not.
    pub(crate) overrun: Option<At<'w>>,
}

impl<'de, 'w> Cursor<'de, 'w> {
    /// # Panics
    /// If `lend` is not as long as the window, at most its last newline aside.
    #[inline(always)]
    pub(crate) fn new(walk: Walk<'w>, at: At<'w>, lend: &'de [u8], limits: Limits, scratch: &'w mut String) -> Self {
        assert!(lend.len() + 1 >= walk.window.len(), "what is lent is what is walked");
        let unclosed = Unclosed { from: None, to: None, overrun: None };
        Cursor { walk, at, lend, limits, depth: limits.max_depth, unclosed, scratch }
    }

    #[inline(always)]
    pub(crate) fn lend(&self, span: Span<'w>) -> &'de str {
        debug_assert!(span.start <= span.end && span.end <= self.lend.len());
        debug_assert_eq!(self.lend[span.start..span.end], self.walk.window[span.start..span.end]);
        // SAFETY: the span is in the window, its last newline aside, and the window is UTF-8 (4)
        unsafe { std::str::from_utf8_unchecked(self.lend.get_unchecked(span.start..span.end)) }
    }
}
