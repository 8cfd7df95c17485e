//! Lines without JSON: what lies between two newlines.

use std::iter::FusedIterator;

/// The lines of a byte slice, from both ends. Lines end in LF or CR LF; nothing else ends one, not even a bare CR. Blank lines
/// are lines too. Nothing is copied, and nothing but newlines is looked at.
///
/// ```
/// use simd_jsonl::Lines;
///
/// let mut lines = Lines::new(b"{\"a\":1}\r\n\n[2]");
/// assert_eq!(lines.next().unwrap().as_bytes(), b"{\"a\":1}");
/// let last = lines.next_back().unwrap();
/// assert_eq!((last.as_bytes(), last.offset(), last.terminated()), (&b"[2]"[..], 10, false));
/// assert_eq!(lines.next().unwrap().as_bytes(), b"");
/// assert!(lines.next().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    /// Where `rest` begins in the input.
    offset: u64,
}

/// One line of the input, whatever is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    bytes: &'a [u8],
    offset: u64,
    terminated: bool,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`.
    ///
    /// ```
    /// # use simd_jsonl::Lines;
    /// assert_eq!(Lines::new(b"1\n2\n3").count(), 3);
    /// assert_eq!(Lines::new(b"").count(), 0);
    /// ```
    pub fn new(bytes: &'a [u8]) -> Self {
        Lines::starting_at(bytes, 0)
    }

    /// The lines of `rest`, which begins at `offset` of the input.
    pub(crate) fn starting_at(rest: &'a [u8], offset: u64) -> Self {
        Lines { rest, offset }
    }
}

impl<'a> Line<'a> {
    /// A line from its bytes, newline included if it has one.
    #[inline]
    pub(crate) fn new(line: &'a [u8], offset: u64) -> Self {
        let (bytes, terminated) = match line {
            [bytes @ .., b'\r', b'\n'] | [bytes @ .., b'\n'] => (bytes, true),
            bytes => (bytes, false),
        };
        Line { bytes, offset, terminated }
    }

    /// The line without its LF or CR LF.
    ///
    /// ```
    /// # use simd_jsonl::Lines;
    /// assert_eq!(Lines::new(b"[1]\r\n").next().unwrap().as_bytes(), b"[1]");
    /// ```
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the line begins, in bytes from the start of the input. (For a line's number, `enumerate` the lines.)
    ///
    /// ```
    /// # use simd_jsonl::Lines;
    /// assert_eq!(Lines::new(b"[1]\n[2]\n").last().unwrap().offset(), 4);
    /// ```
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the line ends in a newline. Only the last one may not; that may mean that its writer was cut off.
    ///
    /// ```
    /// # use simd_jsonl::Lines;
    /// assert!(!Lines::new(b"[1]\n[2").last().unwrap().terminated());
    /// ```
    pub fn terminated(&self) -> bool {
        self.terminated
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |newline| newline + 1);
        let (line, rest) = self.rest.split_at(end);
        let line = Line::new(line, self.offset);
        (self.rest, self.offset) = (rest, self.offset + end as u64);
        Some(line)
    }

    /// Counts newlines without splitting at them, which is several times faster.
    fn count(self) -> usize {
        memchr::memchr_iter(b'\n', self.rest).count() + usize::from(self.rest.last().is_some_and(|c| *c != b'\n'))
    }
}

impl DoubleEndedIterator for Lines<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let (_, before_last) = self.rest.split_last()?;
        let start = memchr::memrchr(b'\n', before_last).map_or(0, |newline| newline + 1);
        let (rest, line) = self.rest.split_at(start);
        self.rest = rest;
        Some(Line::new(line, self.offset + start as u64))
    }
}

impl FusedIterator for Lines<'_> {}
