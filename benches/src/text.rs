//! The bytes to read.

/// Bytes behind the text that may be read too: simdjson asks for them.
const PADDING: usize = 64;

/// JSON Lines in memory, with room behind them.
#[derive(Debug)]
pub struct Text {
    padded: Vec<u8>,
    len: usize,
}

impl Text {
    /// Pads `bytes`.
    pub fn new(mut bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        bytes.resize(len + PADDING, b' ');
        Self { padded: bytes, len }
    }

    /// The text.
    pub fn bytes(&self) -> &[u8] {
        &self.padded[..self.len]
    }

    /// The text and what is behind it.
    pub fn padded(&self) -> &[u8] {
        &self.padded
    }

    /// The lines without their line feeds, as fast as a user of the other crates can have them.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let (bytes, mut start) = (self.bytes(), 0);
        memchr::memchr_iter(b'\n', bytes).map(move |end| &bytes[std::mem::replace(&mut start, end + 1)..end])
    }
}
