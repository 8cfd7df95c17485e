//! Where something is in the input.

/// A place in the input: a byte and the line that it is on.
///
/// ```
/// use simd_jsonl::{JsonlSlice, Position};
///
/// let mut reader = JsonlSlice::new(b"{\"a\":1}\n{\"a\":2}\n");
/// assert_eq!(reader.position(), Position::default());
/// reader.next_record()?;
/// assert_eq!(reader.position(), Position { offset: 8, line: 2 });
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before it, counted from the start of the input.
    pub offset: u64,
    /// The line, counted from 1; blank lines count.
    pub line: u64,
}

impl Default for Position {
    /// The start of the input: offset 0, line 1.
    fn default() -> Self {
        Position { offset: 0, line: 1 }
    }
}
