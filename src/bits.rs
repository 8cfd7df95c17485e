//! Arithmetic on the 64-bit masks of a block: one bit for each byte, the first byte in the lowest bit.

/// For each bit the parity of the bits up to and including it: from the quotes, what is inside a string.
#[inline(always)]
pub(crate) fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ (bits << 32)
}

/// Finds the bytes that a backslash escapes, from block to block.
///
/// The subtraction-based scanner of simdjson (J. Keiser, `json_escape_scanner.h`): in a run of backslashes every other one
/// escapes its successor, and a subtraction finds where each run started without a loop.
#[derive(Default)]
pub(crate) struct EscapeScanner {
    /// 1 if the block's first byte is escaped by the last byte of the one before.
    carry: u64,
}

impl EscapeScanner {
    /// From the backslashes of the next block, the bytes that are escaped.
    #[inline(always)]
    pub(crate) fn next(&mut self, backslash: u64) -> u64 {
        const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        let potential = backslash & !self.carry;
        let code = (((potential << 1) | ODD).wrapping_sub(potential)) ^ ODD;
        let escaped = code ^ (backslash | self.carry);
        self.carry = (code & backslash) >> 63;
        escaped
    }
}

/// Writes `base` plus the place of each set bit of `bits`, ascending, to the front of `out`; what lies behind the last one
/// written is unspecified.
///
/// Eight at a time without looking at the count, as simdjson does: a loop over single bits mispredicts at its end each time.
#[inline(always)]
pub(crate) fn flatten(mut bits: u64, base: u32, out: &mut [u32; 64]) {
    let count = bits.count_ones() as usize;
    let mut from = 0;
    loop {
        let next: &mut [u32; 8] = (&mut out[from..from + 8]).try_into().expect("eight of them");
        for slot in next {
            *slot = base.wrapping_add(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        }
        from += 8;
        if from >= count {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Backslash runs of every length at every place across the edge of two blocks, against the definition.
    #[test]
    fn escapes_equal_the_definition() {
        for start in 0..128 {
            for len in 0..=(128 - start) {
                for skip in [1, 2, 3, 7, 200] {
                    let is_backslash = |i: usize| {
                        (start..start + len).contains(&i) && !(i + 1 - start).is_multiple_of(skip)
                            || skip == 200 && i == 3
                    };
                    let (mut want, mut escaped) = ([0u64; 2], false);
                    for i in 0..128 {
                        want[i / 64] |= (escaped as u64) << (i % 64);
                        escaped = is_backslash(i) && !escaped;
                    }
                    let mut scanner = EscapeScanner::default();
                    for (block, want) in want.iter().enumerate() {
                        let mask = (0..64).fold(0, |m, i| m | (is_backslash(block * 64 + i) as u64) << i);
                        assert_eq!(
                            scanner.next(mask),
                            *want,
                            "start {start}, length {len}, skip {skip}, block {block}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn prefix_xor_is_a_running_parity() {
        let mut x = 0x9E37_79B9_7F4A_7C15u64;
        for _ in 0..1000 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let want = (0..64).fold(0, |m, i| m | ((x & (!0 >> (63 - i))).count_ones() as u64 & 1) << i);
            assert_eq!(prefix_xor(x), want, "{x:#x}");
        }
    }

    #[test]
    fn flatten_lists_the_set_bits() {
        let mut x = 1u64;
        for round in 0..1000u64 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let bits = match round % 4 {
                0 => x,
                1 => x & x.rotate_left(13) & x.rotate_left(31),
                2 => x | x.rotate_left(7),
                _ => [0, !0, 1, 1 << 63][(round / 4 % 4) as usize],
            };
            let mut out = [0; 64];
            flatten(bits, 1000, &mut out);
            let want: Vec<u32> = (0..64).filter(|i| bits >> i & 1 == 1).map(|i| 1000 + i).collect();
            assert_eq!(&out[..want.len()], want, "{bits:#x}");
        }
    }
}
