//! AVX-512 (with VBMI2), AVX2 with carry-less multiply, and the baseline that every x86-64 has, SSE2.

use super::{Kernel, PREFETCH_AHEAD, Test, Vector};
use std::arch::x86_64::*;

pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("avx2")
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

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
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
    fn find(self, block: __m512i, test: Test) -> u64 {
        let table = self.load(&OPERATORS);
        // SAFETY: `self` proves AVX-512.
        unsafe {
            match test {
                Test::Equal { mask, byte } => {
                    let masked = _mm512_and_si512(block, _mm512_set1_epi8(mask as i8));
                    _mm512_cmpeq_epi8_mask(masked, _mm512_set1_epi8(byte as i8))
                }
                Test::AtMost(byte) => _mm512_cmple_epu8_mask(block, _mm512_set1_epi8(byte as i8)),
                Test::Separator => {
                    let lower_case = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
                    _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, block), lower_case)
                }
            }
        }
    }

    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // what proves AVX-512 proves all that `Avx2` does
        Avx2(()).prefix_xor(bits)
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

/// Proof that the processor has what `has_avx2` asks for; only `run_avx2` makes one, and [`Avx512`], whose proof includes it.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline(always)]
    fn find_half(self, half: __m256i, test: Test) -> u32 {
        let [table, _] = self.load(&OPERATORS);
        // SAFETY: `self` proves AVX2.
        unsafe {
            let (left, right) = match test {
                Test::Equal { mask, byte } => {
                    (_mm256_and_si256(half, _mm256_set1_epi8(mask as i8)), _mm256_set1_epi8(byte as i8))
                }
                Test::AtMost(byte) => (_mm256_min_epu8(half, _mm256_set1_epi8(byte as i8)), half),
                Test::Separator => (_mm256_shuffle_epi8(table, half), _mm256_or_si256(half, _mm256_set1_epi8(0x20))),
            };
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(left, right)) as u32
        }
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
    fn find(self, block: [__m256i; 2], test: Test) -> u64 {
        u64::from(self.find_half(block[0], test)) | u64::from(self.find_half(block[1], test)) << 32
    }

    /// Carry-less multiplication by all ones is a running xor.
    #[inline(always)]
    fn prefix_xor(self, bits: u64) -> u64 {
        // SAFETY: `self` proves `pclmulqdq`.
        unsafe {
            let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1));
            _mm_cvtsi128_si64(product) as u64
        }
    }

    #[inline(always)]
    fn prefetch(self, block: &[u8; 64]) {
        prefetch_behind(block);
    }
}

/// SSE2 is part of x86-64, so that there is nothing to prove.
#[derive(Clone, Copy)]
pub(super) struct Sse2(());

impl Vector for Sse2 {
    type Block = [Text16; 4];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [Text16; 4] {
        let (parts, _) = bytes.as_chunks::<16>();
        std::array::from_fn(|i| Text16::load(&parts[i]))
    }

    #[inline(always)]
    fn or(self, a: [Text16; 4], b: [Text16; 4]) -> [Text16; 4] {
        // SAFETY: SSE2 is there.
        std::array::from_fn(|i| Text16(unsafe { _mm_or_si128(a[i].0, b[i].0) }))
    }

    #[inline(always)]
    fn find(self, block: [Text16; 4], test: Test) -> u64 {
        block.iter().rev().fold(0, |mask, part| mask << 16 | u64::from(part.find([test])))
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
fn keep_last(n: usize) -> Text16 {
    const KEEP_LAST: &[u8; 48] = &{
        let mut table = [0; 48];
        let mut i = 16;
        while i < 48 {
            table[i] = 0xFF;
            i += 1;
        }
        table
    };
    // of the table's last 17 bytes at the least, so that no check is left
    Text16::load(KEEP_LAST[n & 31..].first_chunk().expect("16 bytes"))
}

impl Text16 {
    #[inline(always)]
    pub(crate) fn load(text: &[u8; 16]) -> Text16 {
        // SAFETY: SSE2 is there, and so are 16 bytes.
        Text16(unsafe { _mm_loadu_si128(text.as_ptr().cast()) })
    }

    /// One bit for each byte of which any of the tests holds.
    #[inline(always)]
    fn find<const N: usize>(self, tests: [Test; N]) -> u32 {
        // SAFETY: SSE2 is there.
        unsafe {
            let mut found = _mm_setzero_si128();
            for test in tests {
                let more = match test {
                    Test::Equal { mask, byte } => {
                        let masked = _mm_and_si128(self.0, _mm_set1_epi8(mask as i8));
                        _mm_cmpeq_epi8(masked, _mm_set1_epi8(byte as i8))
                    }
                    Test::AtMost(byte) => _mm_cmpeq_epi8(_mm_min_epu8(self.0, _mm_set1_epi8(byte as i8)), self.0),
                    Test::Separator => {
                        let comma = _mm_cmpeq_epi8(self.0, _mm_set1_epi8(b',' as i8));
                        _mm_or_si128(comma, _mm_cmpeq_epi8(self.0, _mm_set1_epi8(b':' as i8)))
                    }
                };
                found = _mm_or_si128(found, more);
            }
            _mm_movemask_epi8(found) as u32
        }
    }

    /// One bit for each byte up to 0x1F, quote and backslash.
    #[inline(always)]
    pub(crate) fn escapes(self) -> u32 {
        let [quote, backslash] = [b'"', b'\\'].map(|byte| Test::Equal { mask: 0xFF, byte });
        self.find([Test::AtMost(0x1F), quote, backslash])
    }

    /// One bit for each dot.
    #[inline(always)]
    pub(crate) fn dots(self) -> u32 {
        self.find([Test::Equal { mask: 0xFF, byte: b'.' }])
    }

    /// The last `n` bytes, behind the first `16 - n` bytes of `front`; `n` is at most 16.
    #[inline(always)]
    pub(crate) fn behind(self, front: Text16, n: usize) -> Text16 {
        let Text16(keep) = keep_last(n);
        // SAFETY: SSE2 is there.
        Text16(unsafe { _mm_xor_si128(front.0, _mm_and_si128(_mm_xor_si128(self.0, front.0), keep)) })
    }

    /// The decimal number that the last `n` bytes write, all of them if `n` is more than 16, unless they are not all digits; `n`
    /// is at most 31.
    #[inline(always)]
    pub(crate) fn decimal(self, n: usize) -> Option<u64> {
        let Eights { bits, .. } = self.eights(n)?;
        Some((bits & 0xFFFF_FFFF) * 100_000_000 + (bits >> 32))
    }

    /// The same plus `leading`; exact where both and their sum are integers up to 2^53.
    ///
    /// It does not go through general registers, which would take three times as long.
    #[inline(always)]
    pub(crate) fn decimal_f64(self, n: usize, leading: f64) -> Option<f64> {
        let Eights { high, low, .. } = self.eights(n)?;
        Some(high * 1e8 + (low + leading))
    }

    /// The decimal number that the last `n` bytes write as two of 8 digits.
    #[inline(always)]
    fn eights(self, n: usize) -> Option<Eights> {
        let Text16(keep) = keep_last(n);
        // SAFETY: SSE2 is there.
        unsafe {
            let digits = _mm_and_si128(_mm_sub_epi8(self.0, _mm_set1_epi8(b'0' as i8)), keep);
            // from 10 on, this is at least 128
            if _mm_movemask_epi8(_mm_adds_epu8(digits, _mm_set1_epi8(118))) != 0 {
                return None;
            }
            // to numbers of 2, 4 and 8 digits; of the product's upper byte, 10 times the lower digit plus the upper one
            let twos = _mm_srli_epi16::<8>(_mm_mullo_epi16(digits, _mm_set1_epi16(10 << 8 | 1)));
            let fours = _mm_madd_epi16(twos, _mm_set1_epi32(100 | 1 << 16));
            let fours = _mm_packs_epi32(fours, fours);
            let eights = _mm_madd_epi16(fours, _mm_set1_epi32(10_000 | 1 << 16));
            let floats = _mm_cvtepi32_pd(eights);
            let (high, low) = (_mm_cvtsd_f64(floats), _mm_cvtsd_f64(_mm_unpackhi_pd(floats, floats)));
            Some(Eights { bits: _mm_cvtsi128_si64(eights) as u64, high, low })
        }
    }
}

/// Two numbers of 8 digits, in two forms, of which nobody needs both: what is not used is not computed.
struct Eights {
    /// The higher one in the lower half.
    bits: u64,
    high: f64,
    low: f64,
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
