//! AVX-512 (with VBMI2), AVX2 with carry-less multiply, and the baseline that every x86-64 has, SSE2.

use super::{Kernel, PREFETCH_AHEAD, Vector};
use std::arch::x86_64::*;

pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("lzcnt")
}

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("lzcnt")
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512(()))
}

#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx2(()))
}

pub(super) fn run_sse2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Sse2(()))
}

/// For each low nibble the operator that has it, `| 0x20` (which makes `{` of `[` and `}` of `]`), else a byte that no byte
/// with this nibble can equal.
static OPERATORS: [u8; 64] = {
    let mut table = [0; 64];
    let mut i = 0;
    while i < 64 {
        table[i] = match i as u8 & 15 {
            10 => b':',
            11 => b'{',
            12 => b',',
            13 => b'}',
            nibble => nibble ^ 1,
        };
        i += 1;
    }
    table
};

static IOTA: [u8; 64] = {
    let mut table = [0; 64];
    let mut i = 0;
    while i < 64 {
        table[i] = i as u8;
        i += 1;
    }
    table
};

/// Carry-less multiplication by all ones is a running xor.
///
/// # Safety
/// The processor has `pclmulqdq`.
#[inline(always)]
unsafe fn prefix_xor_clmul(bits: u64) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1));
        _mm_cvtsi128_si64(product) as u64
    }
}

#[inline(always)]
fn prefetch_behind(block: &[u8; 64]) {
    let ahead = block.as_ptr().wrapping_add(PREFETCH_AHEAD).cast::<i8>();
    // SAFETY: a prefetch reads nothing; it may name any address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead) };
}

/// Proof that the processor has what `has_avx512` asks for; only `run_avx512` makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Vector for Avx512 {
    type Block = __m512i;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> __m512i {
        // SAFETY: `self` proves AVX-512; 64 bytes are there.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_or_si512(a, b) }
    }

    #[inline(always)]
    fn eq_masked(self, block: __m512i, mask: u8, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let masked = _mm512_and_si512(block, _mm512_set1_epi8(mask as i8));
            _mm512_cmpeq_epi8_mask(masked, _mm512_set1_epi8(byte as i8))
        }
    }

    #[inline(always)]
    fn le(self, block: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_cmple_epu8_mask(block, _mm512_set1_epi8(byte as i8)) }
    }

    #[inline(always)]
    fn operators(self, block: __m512i) -> u64 {
        let table = self.load(&OPERATORS);
        // SAFETY: `self` proves AVX-512.
        unsafe {
            _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, block), _mm512_or_si512(block, _mm512_set1_epi8(0x20)))
        }
    }

    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // SAFETY: `self` proves `pclmulqdq`.
        unsafe { prefix_xor_clmul(bits) }
    }

    /// One compression of the numbers 0 to 63 by the mask, then widened.
    #[inline(always)]
    fn flatten(self, bits: u64, base: u32, out: &mut [u32; 64]) {
        let iota = self.load(&IOTA);
        // SAFETY: `self` proves AVX-512; the four stores of 16 numbers fill `out` and no more.
        unsafe {
            let places = _mm512_maskz_compress_epi8(bits, iota);
            let base = _mm512_set1_epi32(base as i32);
            macro_rules! store {
                ($quarter:literal) => {
                    let wide = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32::<$quarter>(places));
                    _mm512_storeu_si512(out.as_mut_ptr().add(16 * $quarter).cast(), _mm512_add_epi32(wide, base));
                };
            }
            // the first two always: more than 16 is a coin toss on real data, more than 32 is rare
            store!(0);
            store!(1);
            if bits.count_ones() > 32 {
                store!(2);
                store!(3);
            }
        }
    }

    #[inline(always)]
    fn prefetch(self, block: &[u8; 64]) {
        prefetch_behind(block);
    }
}

/// Proof that the processor has what `has_avx2` asks for; only `run_avx2` makes one.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// A mask from the high bit of each byte of both halves.
    #[inline(always)]
    fn mask(self, block: [__m256i; 2], high: impl Fn(__m256i) -> __m256i) -> u64 {
        // SAFETY: `self` proves AVX2.
        let half = |half| unsafe { _mm256_movemask_epi8(high(half)) } as u32 as u64;
        half(block[0]) | half(block[1]) << 32
    }
}

impl Vector for Avx2 {
    type Block = [__m256i; 2];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [__m256i; 2] {
        let p = bytes.as_ptr().cast::<__m256i>();
        // SAFETY: `self` proves AVX2; twice 32 bytes are there.
        unsafe { [_mm256_loadu_si256(p), _mm256_loadu_si256(p.add(1))] }
    }

    #[inline(always)]
    fn or(self, a: [__m256i; 2], b: [__m256i; 2]) -> [__m256i; 2] {
        // SAFETY: `self` proves AVX2.
        unsafe { [_mm256_or_si256(a[0], b[0]), _mm256_or_si256(a[1], b[1])] }
    }

    #[inline(always)]
    fn eq_masked(self, block: [__m256i; 2], mask: u8, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(block, |half| unsafe {
            _mm256_cmpeq_epi8(_mm256_and_si256(half, _mm256_set1_epi8(mask as i8)), _mm256_set1_epi8(byte as i8))
        })
    }

    #[inline(always)]
    fn le(self, block: [__m256i; 2], byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(block, |half| unsafe { _mm256_cmpeq_epi8(_mm256_min_epu8(half, _mm256_set1_epi8(byte as i8)), half) })
    }

    #[inline(always)]
    fn operators(self, block: [__m256i; 2]) -> u64 {
        let [table, _] = self.load(&OPERATORS);
        // SAFETY: `self` proves AVX2.
        self.mask(block, |half| unsafe {
            _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, half), _mm256_or_si256(half, _mm256_set1_epi8(0x20)))
        })
    }

    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // SAFETY: `self` proves `pclmulqdq`.
        unsafe { prefix_xor_clmul(bits) }
    }

    #[inline(always)]
    fn prefetch(self, block: &[u8; 64]) {
        prefetch_behind(block);
    }
}

/// SSE2 is part of x86-64, so that there is nothing to prove.
#[derive(Clone, Copy)]
pub(super) struct Sse2(());

impl Sse2 {
    #[inline(always)]
    fn mask(self, block: [__m128i; 4], high: impl Fn(__m128i) -> __m128i) -> u64 {
        // SAFETY: SSE2 is there.
        block.iter().rev().fold(0, |mask, part| mask << 16 | unsafe { _mm_movemask_epi8(high(*part)) } as u64)
    }
}

impl Vector for Sse2 {
    type Block = [__m128i; 4];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [__m128i; 4] {
        let p = bytes.as_ptr().cast::<__m128i>();
        // SAFETY: four times 16 bytes are there.
        std::array::from_fn(|i| unsafe { _mm_loadu_si128(p.add(i)) })
    }

    #[inline(always)]
    fn or(self, a: [__m128i; 4], b: [__m128i; 4]) -> [__m128i; 4] {
        // SAFETY: SSE2 is there.
        std::array::from_fn(|i| unsafe { _mm_or_si128(a[i], b[i]) })
    }

    #[inline(always)]
    fn eq_masked(self, block: [__m128i; 4], mask: u8, byte: u8) -> u64 {
        // SAFETY: SSE2 is there.
        self.mask(block, |part| unsafe {
            _mm_cmpeq_epi8(_mm_and_si128(part, _mm_set1_epi8(mask as i8)), _mm_set1_epi8(byte as i8))
        })
    }

    #[inline(always)]
    fn le(self, block: [__m128i; 4], byte: u8) -> u64 {
        // SAFETY: SSE2 is there.
        self.mask(block, |part| unsafe { _mm_cmpeq_epi8(_mm_min_epu8(part, _mm_set1_epi8(byte as i8)), part) })
    }

    #[inline(always)]
    fn prefetch(self, block: &[u8; 64]) {
        prefetch_behind(block);
    }
}

/// 16 bytes of a number's text, the first in lane 0.
#[derive(Clone, Copy)]
pub(crate) struct Text16(__m128i);

/// Keeps the last `n` of 16 bytes.
#[inline(always)]
fn keep_last(n: usize) -> __m128i {
    const KEEP_LAST: &[u8; 48] = &{
        let mut table = [0; 48];
        let mut i = 16;
        while i < 48 {
            table[i] = 0xFF;
            i += 1;
        }
        table
    };
    // SAFETY: 16 bytes from one of the first 32 on are there; SSE2 is too.
    unsafe { _mm_loadu_si128(KEEP_LAST.as_ptr().add(n & 31).cast()) }
}

impl Text16 {
    #[inline(always)]
    pub(crate) fn load(text: &[u8; 16]) -> Text16 {
        // SAFETY: 16 bytes are there.
        Text16(unsafe { _mm_loadu_si128(text.as_ptr().cast()) })
    }

    /// One bit for each byte up to 0x1F, quote and backslash.
    #[inline(always)]
    pub(crate) fn escapes(self) -> u32 {
        // SAFETY: SSE2 is there.
        unsafe {
            let is = |byte: u8| _mm_cmpeq_epi8(self.0, _mm_set1_epi8(byte as i8));
            let control = _mm_cmpeq_epi8(_mm_min_epu8(self.0, _mm_set1_epi8(0x1F)), self.0);
            _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(is(b'"'), is(b'\\')))) as u32
        }
    }

    /// One bit for each dot.
    #[inline(always)]
    pub(crate) fn dots(self) -> u32 {
        // SAFETY: SSE2 is there.
        unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(self.0, _mm_set1_epi8(b'.' as i8))) as u32 }
    }

    /// The last `n` bytes, behind the first `16 - n` bytes of `front`; `n` is at most 16.
    #[inline(always)]
    pub(crate) fn behind(self, front: Text16, n: usize) -> Text16 {
        let keep = keep_last(n);
        // SAFETY: SSE2 is there.
        Text16(unsafe { _mm_xor_si128(front.0, _mm_and_si128(_mm_xor_si128(self.0, front.0), keep)) })
    }

    /// The decimal number that the last `n` bytes write, all of them if `n` is more than 16, unless they are not all digits; `n`
    /// is at most 31.
    #[inline(always)]
    pub(crate) fn decimal(self, n: usize) -> Option<u64> {
        let eights = self.eights(n)?;
        // SAFETY: SSE2 is there.
        let eights = unsafe { _mm_cvtsi128_si64(eights) } as u64;
        Some((eights & 0xFFFF_FFFF) * 100_000_000 + (eights >> 32))
    }

    /// The same plus `leading`; exact where both and their sum are integers up to 2^53.
    ///
    /// It does not go through general registers, which would take three times as long.
    #[inline(always)]
    pub(crate) fn decimal_f64(self, n: usize, leading: f64) -> Option<f64> {
        let eights = self.eights(n)?;
        // SAFETY: SSE2 is there.
        let (high, low) = unsafe {
            let eights = _mm_cvtepi32_pd(eights);
            (_mm_cvtsd_f64(eights), _mm_cvtsd_f64(_mm_unpackhi_pd(eights, eights)))
        };
        Some(high * 1e8 + (low + leading))
    }

    /// The decimal number that the last `n` bytes write as two of 8 digits, the higher one in the lowest lane of 32 bits.
    #[inline(always)]
    fn eights(self, n: usize) -> Option<__m128i> {
        // SAFETY: SSE2 is there.
        unsafe {
            let digits = _mm_and_si128(_mm_sub_epi8(self.0, _mm_set1_epi8(b'0' as i8)), keep_last(n));
            // from 10 on, this is at least 128
            if _mm_movemask_epi8(_mm_adds_epu8(digits, _mm_set1_epi8(118))) != 0 {
                return None;
            }
            // to numbers of 2, 4 and 8 digits; of the product's upper byte, 10 times the lower digit plus the upper one
            let twos = _mm_srli_epi16::<8>(_mm_mullo_epi16(digits, _mm_set1_epi16(10 << 8 | 1)));
            let fours = _mm_madd_epi16(twos, _mm_set1_epi32(100 | 1 << 16));
            let fours = _mm_packs_epi32(fours, fours);
            Some(_mm_madd_epi16(fours, _mm_set1_epi32(10_000 | 1 << 16)))
        }
    }
}

/// Three numbers below 10^4 in four decimal digits each, then something, and how many characters are left of the twelve without
/// zeros at the end; at least one.
#[inline(always)]
pub(crate) fn digits12([a, b, c]: [u32; 3]) -> ([u8; 16], usize) {
    let mut text = [0; 16];
    // SAFETY: SSE2 is there; `text` has 16 bytes.
    let significant = unsafe {
        let numbers = _mm_set_epi32(0, c as i32, b as i32, a as i32);
        // a hundredth by a product and a shift, exact below 10^4; then a tenth, exact below 100
        let hundreds = _mm_srli_epi16::<3>(_mm_mulhi_epu16(numbers, _mm_set1_epi16(5243)));
        let rest = _mm_sub_epi16(numbers, _mm_mullo_epi16(hundreds, _mm_set1_epi16(100)));
        let pairs = _mm_or_si128(hundreds, _mm_slli_epi32::<16>(rest));
        let tens = _mm_mulhi_epu16(pairs, _mm_set1_epi16(6554));
        let rest = _mm_sub_epi16(pairs, _mm_mullo_epi16(tens, _mm_set1_epi16(10)));
        let digits = _mm_or_si128(tens, _mm_slli_epi16::<8>(rest));
        _mm_storeu_si128(text.as_mut_ptr().cast(), _mm_or_si128(digits, _mm_set1_epi8(b'0' as i8)));
        _mm_movemask_epi8(_mm_cmpgt_epi8(digits, _mm_setzero_si128())) as u32
    };
    (text, (32 - (significant | 1).leading_zeros()) as usize)
}
