//! Every primitive of every level against its definition, byte by byte.

use super::*;

/// Blocks with every byte value at every place among them.
fn blocks() -> Vec<[u8; 64]> {
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 56) as u8
    };
    let mut blocks: Vec<[u8; 64]> = (0..=255).map(|byte| [byte; 64]).collect();
    blocks.extend((0..=255u8).map(|byte| std::array::from_fn(|i| byte.wrapping_add(i as u8))));
    blocks.extend((0..500).map(|_| std::array::from_fn(|_| random())));
    blocks
}

struct Primitives;

impl Kernel for Primitives {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self, v: V) {
        for bytes in blocks() {
            let block = v.load(&bytes);
            let mask = |test: &dyn Fn(u8) -> bool| (0..64).fold(0, |m, i| m | u64::from(test(bytes[i])) << i);
            assert_eq!(v.any_non_ascii(block), bytes.iter().any(|c| *c >= 0x80), "{bytes:?}");
            assert_eq!(v.any_non_ascii(v.or(block, v.load(&[0x41; 64]))), bytes.iter().any(|c| *c >= 0x80));
            // each bit that only one of the two has, from either side
            for other in [[0x41; 64], std::array::from_fn(|i| !bytes[i])] {
                let [one, two] = [v.or(block, v.load(&other)), v.or(v.load(&other), block)];
                for byte in [0x41, 0x5F, 0xFF] {
                    let want = (0..64).fold(0, |m, i| m | u64::from(bytes[i] | other[i] == byte) << i);
                    assert_eq!((v.eq(one, byte), v.eq(two, byte)), (want, want), "{byte} in {bytes:?} or {other:?}");
                }
            }
            for byte in [0, 1, b'"', b'\\', b'\n', b',', b':', b'{', 0x7F, 0x80, 0xFF] {
                assert_eq!(v.eq(block, byte), mask(&|c| c == byte), "{byte} in {bytes:?}");
                assert_eq!(v.eq_masked(block, 0xD9, byte), mask(&|c| c & 0xD9 == byte), "{byte} in {bytes:?}");
            }
            for byte in [0, 0x1F, 0x20, 0x40] {
                assert_eq!(v.le(block, byte), mask(&|c| c <= byte), "{byte} in {bytes:?}");
            }
            assert_eq!(v.brackets(block), mask(&|c| b"[]{}Y_y\x7f".contains(&c)), "{bytes:?}");
            let (got, want) = (v.operators(block), mask(&|c| b"[]{},:Y_y\x7f".contains(&c)));
            let exact = mask(&|c| b"[]{},:".contains(&c));
            assert_eq!(got & exact, exact, "{bytes:?}");
            assert_eq!(got & !want & !mask(&|c| c < 0x20), 0, "{bytes:?}");
            for pair in bytes.as_chunks::<8>().0 {
                let bits = u64::from_le_bytes(*pair);
                assert_eq!(v.prefix_xor(bits), bits::prefix_xor(bits));
                for bits in [bits, bits & bits << 13 & bits >> 5, bits | bits << 7, 0, !0, 1 << 63] {
                    let mut out = [7; 64];
                    v.flatten(bits, 100, &mut out);
                    let want: Vec<u32> = (0..64).filter(|i| bits >> i & 1 == 1).map(|i| 100 + i).collect();
                    assert_eq!(&out[..want.len()], want, "{bits:#x}");
                }
            }
            v.prefetch(&bytes);
        }
    }
}

#[test]
fn primitives_equal_their_definitions_at_every_level() {
    for level in Level::available() {
        println!("{level}");
        level.run(Primitives);
    }
}

macro_rules! text16 {
    ($($name:ident: $text16:ty;)*) => {$(
        #[test]
        fn $name() {
            let texts: [&[u8; 16]; 9] = [b"0123456789012345", b"9999999999999999", b"12.4567890123456", b"0000000000000000",
                b"/:0123456789/:./", b"................", b"12345678901\xff\x80e-9", b"012345678901234:", b"/123456789012345"];
            for text in texts {
                let loaded = <$text16>::load(text);
                let dots = (0..16).fold(0, |m, i| m | u32::from(text[i] == b'.') << i);
                assert_eq!(loaded.dots(), dots);
                for n in 0..=16 {
                    let tail = &text[16 - n..];
                    let want = tail.iter().all(u8::is_ascii_digit).then(|| {
                        tail.iter().fold(0, |sum, c| sum * 10 + u64::from(c - b'0'))
                    });
                    assert_eq!(loaded.decimal(n), want, "{tail:?}");
                    if n <= 14 {
                        assert_eq!(loaded.decimal_f64(n, 5e14), want.map(|n| n as f64 + 5e14), "{tail:?}");
                    }
                    assert_eq!(loaded.decimal(16 + n.min(15)), loaded.decimal(16), "{text:?}");
                    let front = <$text16>::load(b"1111111111111111");
                    let mut mixed = *b"1111111111111111";
                    mixed[16 - n..].copy_from_slice(tail);
                    assert_eq!(loaded.behind(front, n).dots(), <$text16>::load(&mixed).dots());
                    assert_eq!(loaded.behind(front, n).decimal(16), <$text16>::load(&mixed).decimal(16));
                }
            }
        }
    )*};
}

text16! {
    text16_of_this_processor: Text16;
    text16_of_the_fallback: fallback::Text16;
}

#[test]
fn escapes_equal_their_definition() {
    let definition = |bytes: &[u8]| {
        let test = |c: u8| c < 0x20 || c == b'"' || c == b'\\';
        bytes.iter().enumerate().fold(0, |mask, (i, c)| mask | u32::from(test(*c)) << i)
    };
    for bytes in blocks().as_flattened().as_chunks::<16>().0 {
        let expected = definition(bytes);
        assert_eq!(Text16::load(bytes).escapes(), expected, "{bytes:?}");
        assert_eq!(fallback::Text16::load(bytes).escapes(), expected, "{bytes:?}");
        for eight in bytes.as_chunks::<8>().0 {
            assert_eq!(escapes8(u64::from_le_bytes(*eight)), definition(eight), "{eight:?}");
        }
    }
}

#[test]
fn digits_are_those_that_are_printed() {
    let check = |numbers: [u32; 3]| {
        let printed: String = numbers.iter().map(|number| format!("{number:04}")).collect();
        let count = printed.trim_end_matches('0').len().max(1);
        for (text, significant) in [digits12(numbers), fallback::digits12(numbers)] {
            assert_eq!((&text[..12], significant), (printed.as_bytes(), count), "{numbers:?}");
        }
    };
    for number in 0..10_000 {
        let other = number * 7919 % 10_000;
        [[number, 0, 0], [0, number, 0], [0, 0, number], [number, number, number], [other, number, 9999 - number]]
            .into_iter()
            .for_each(check);
    }
}
