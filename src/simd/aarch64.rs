//! NEON, which every AArch64 has.

use super::{Kernel, Test, Vector};
use std::arch::aarch64::*;

pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Neon(()))
}

/// NEON is part of AArch64, so that its instructions need no proof.
#[derive(Clone, Copy)]
pub(super) struct Neon(());

/// The bit that each lane of 16 contributes to its byte of the mask.
static LANE_BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

impl Vector for Neon {
    type Block = [uint8x16_t; 4];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [uint8x16_t; 4] {
        let (parts, _) = bytes.as_chunks::<16>();
        // SAFETY: NEON is there, and so are 16 bytes of each part.
        std::array::from_fn(|i| unsafe { vld1q_u8(parts[i].as_ptr()) })
    }

    #[inline(always)]
    fn or(self, a: [uint8x16_t; 4], b: [uint8x16_t; 4]) -> [uint8x16_t; 4] {
        // SAFETY: NEON is there.
        std::array::from_fn(|i| unsafe { vorrq_u8(a[i], b[i]) })
    }

    /// A mask from lanes that are all ones or all zeros: each keeps its own bit, then three pairwise additions gather them.
    #[inline(always)]
    fn find(self, mut block: [uint8x16_t; 4], test: Test) -> u64 {
        // SAFETY: NEON is there; `LANE_BITS` holds 16 bytes.
        unsafe {
            let bits = vld1q_u8(LANE_BITS.as_ptr());
            for part in &mut block {
                let found = match test {
                    Test::Equal { mask, byte } => vceqq_u8(vandq_u8(*part, vdupq_n_u8(mask)), vdupq_n_u8(byte)),
                    Test::AtMost(byte) => vcleq_u8(*part, vdupq_n_u8(byte)),
                    Test::Separator => vorrq_u8(vceqq_u8(*part, vdupq_n_u8(b',')), vceqq_u8(*part, vdupq_n_u8(b':'))),
                };
                *part = vandq_u8(found, bits);
            }
            let sum = vpaddq_u8(vpaddq_u8(block[0], block[1]), vpaddq_u8(block[2], block[3]));
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)))
        }
    }
}
