//! The processors' instructions.
//!
//! An algorithm is written once, as a [`Kernel`] over [`Vector`]; each processor's file holds the primitives and the one
//! function that compiles the kernel for it. A `Vector` is a proof, not data: it exists only inside that function, so its
//! methods can be safe. (`#[target_feature]` is a barrier to inlining, which is why everything below that function is
//! `#[inline(always)]`.) `../UNSAFE.md` lists what is unsafe nonetheless.
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod fallback;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use crate::bits;
use std::{fmt, sync::OnceLock};

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use fallback::{Text16, digits12};
pub(crate) use fallback::{decimal8, escapes8};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{Text16, digits12};

/// What a byte is tested for. Always a constant, so that nothing is left of the choice.
#[derive(Clone, Copy)]
pub(crate) enum Test {
    /// It equals `byte` in the bits of `mask`.
    Equal { mask: u8, byte: u8 },
    /// It is this byte or below, which is at most 0x7F.
    AtMost(u8),
    /// It is a comma or a colon; where that is cheaper, also a bracket, its [alias](Vector::brackets) or a byte below 0x20.
    Separator,
}

/// What an algorithm needs of a processor: blocks of 64 bytes turned into masks of 64 bits, the first byte in the lowest bit.
pub(crate) trait Vector: Copy {
    /// 64 bytes.
    type Block: Copy;

    fn load(self, bytes: &[u8; 64]) -> Self::Block;
    fn or(self, a: Self::Block, b: Self::Block) -> Self::Block;
    /// The bytes of which `test` holds.
    fn find(self, block: Self::Block, test: Test) -> u64;

    /// The bytes equal to `byte`.
    #[inline(always)]
    fn eq(self, block: Self::Block, byte: u8) -> u64 {
        self.eq_masked(block, 0xFF, byte)
    }

    /// The bytes equal to `byte` in the bits of `mask`.
    #[inline(always)]
    fn eq_masked(self, block: Self::Block, mask: u8, byte: u8) -> u64 {
        self.find(block, Test::Equal { mask, byte })
    }

    /// The bytes that are `byte` or below, which is at most 0x7F.
    #[inline(always)]
    fn le(self, block: Self::Block, byte: u8) -> u64 {
        self.find(block, Test::AtMost(byte))
    }

    /// Whether any byte is 0x80 or above.
    #[inline(always)]
    fn any_non_ascii(self, block: Self::Block) -> bool {
        self.le(block, 0x7F) != !0
    }

    /// The brackets, with their aliases, commas and colons; possibly some bytes below 0x20 too.
    #[inline(always)]
    fn operators(self, block: Self::Block) -> u64 {
        self.brackets(block) | self.find(block, Test::Separator)
    }

    /// The bytes `[ ] { }`, and the four others that differ from them only in the bits left out: `Y _ y DEL`.
    #[inline(always)]
    fn brackets(self, block: Self::Block) -> u64 {
        self.eq_masked(block, 0xD9, 0x59)
    }

    /// See [`bits::prefix_xor`].
    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        bits::prefix_xor(bits)
    }

    /// See [`bits::flatten`].
    #[inline(always)]
    fn flatten(self, bits: u64, base: u32, out: &mut [u32; 64]) {
        bits::flatten(bits, base, out);
    }

    /// Asks for what lies some 4 KiB behind `block`, in the input or not.
    ///
    /// The hardware's own prefetcher stops at each page of 4 KiB. 2 to 8 KiB ahead are equally good; without it, input that is
    /// not in the L2 cache costs stage 1 a third of its speed.
    #[inline(always)]
    fn prefetch(self, block: &[u8; 64]) {
        let _ = block;
    }
}

/// How far ahead [`Vector::prefetch`] asks, in bytes.
#[allow(dead_code)] // not every processor's file can ask
const PREFETCH_AHEAD: usize = 4096;

/// An algorithm over any [`Vector`]; `run` and all that it calls must be `#[inline(always)]`.
pub(crate) trait Kernel {
    type Output;
    fn run<V: Vector>(self, vector: V) -> Self::Output;
}

/// The instructions that the hot path uses, from the fastest that this machine has down to portable code.
///
/// The level is chosen once, at run time; results never depend on it. Values exist only for what the machine supports.
/// The environment variable `SIMD_JSONL_LEVEL`, set to a level's name when the program starts, lowers it.
///
/// ```
/// use simd_jsonl::Level;
///
/// println!("reading with {}", Level::detect());
/// assert_eq!(Level::available().last().unwrap().name(), "fallback");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Level(Isa);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Fallback,
}

impl Level {
    /// The fastest level of this machine, or the one named by `SIMD_JSONL_LEVEL` if that is no higher. An unknown name, or one
    /// that the machine does not support, changes nothing.
    ///
    /// ```
    /// # use simd_jsonl::Level;
    /// assert!(Level::available().contains(&Level::detect()));
    /// ```
    pub fn detect() -> Level {
        static DETECTED: OnceLock<Level> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let available = Level::available();
            let named = std::env::var("SIMD_JSONL_LEVEL").unwrap_or_default();
            available.iter().find(|level| level.name() == named).copied().unwrap_or(available[0])
        })
    }

    /// All levels of this machine, the fastest first, `fallback` last. For tests and benchmarks.
    ///
    /// ```
    /// # use simd_jsonl::{JsonlSlice, Level};
    /// for level in Level::available() {
    ///     let mut reader = JsonlSlice::builder().level(level).from_slice(b"[1]\n[2]\n");
    ///     assert_eq!(reader.deserialize::<[u8; 1]>().count(), 2, "{level}");
    /// }
    /// ```
    pub fn available() -> Vec<Level> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if x86_64::has_avx512() {
                levels.push(Level(Isa::Avx512));
            }
            if x86_64::has_avx2() {
                levels.push(Level(Isa::Avx2));
            }
            levels.push(Level(Isa::Sse2));
        }
        #[cfg(target_arch = "aarch64")]
        levels.push(Level(Isa::Neon));
        levels.push(Level(Isa::Fallback));
        levels
    }

    /// The name: `avx512`, `avx2`, `sse2`, `neon` or `fallback`.
    ///
    /// ```
    /// # use simd_jsonl::Level;
    /// assert!(["avx512", "avx2", "sse2", "neon", "fallback"].contains(&Level::detect().name()));
    /// ```
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => "sse2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => "neon",
            Isa::Fallback => "fallback",
        }
    }

    /// Runs `kernel` with this level's instructions.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: this value exists only if `has_avx512` said yes.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { x86_64::run_avx512(kernel) },
            // SAFETY: this value exists only if `has_avx2` said yes.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { x86_64::run_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => x86_64::run_sse2(kernel),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => aarch64::run(kernel),
            Isa::Fallback => fallback::run(kernel),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Level({self})")
    }
}

#[cfg(test)]
mod tests;
