//! Limits and dialect, shared by all readers.

use crate::{cursor::Limits, policy::ErrorPolicy, simd::Level, window::MAX_RECORD_LEN};

/// What a reader accepts, and how it works.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) strict: bool,
    pub(crate) limits: Limits,
    /// At most [`MAX_RECORD_LEN`].
    pub(crate) max_record_len: usize,
    pub(crate) buffer_size: usize,
    pub(crate) level: Level,
    pub(crate) policy: ErrorPolicy,
}

impl Options {
    pub(crate) const MAX_DEPTH: u32 = 128;
    pub(crate) const MAX_RECORD_LEN: usize = 256 << 20;
    pub(crate) const BUFFER_SIZE: usize = 128 << 10;

    pub(crate) fn set_max_record_len(&mut self, bytes: usize) {
        self.max_record_len = bytes.min(MAX_RECORD_LEN);
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            strict: false,
            limits: Limits { max_depth: Options::MAX_DEPTH, lax_skip: false },
            max_record_len: Options::MAX_RECORD_LEN,
            buffer_size: Options::BUFFER_SIZE,
            level: Level::detect(),
            policy: ErrorPolicy::default(),
        }
    }
}
