//! Numbers of very many digits.

use super::ways::decode;
use super::{Attack, Input, Scale, Way, fill};

const GROUP: &str = "long numbers";

const F64: Way = decode!("`f64`", Vec<f64>).keeps();
const F32: Way = decode!("`f32`", Vec<f32>).keeps();
const U64: Way = decode!("`u64`", Vec<u64>).keeps();
const SKIPPED: [Way; 3] = [Way::SKIP, Way::STREAM, Way::VALIDATE];

fn array(numbers: &str) -> Input {
    Input::good(format!("[{numbers}]\n").into_bytes())
}

/// Numbers with as many digits as an `f64` has.
fn tame_floats(size: usize) -> Input {
    array(&fill(size, ",", |i| format!("0.{:017}", (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 10u64.pow(17))))
}

fn tame_integers(size: usize) -> Input {
    array(&fill(size, ",", |i| format!("1{:018}", (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 10u64.pow(18))))
}

fn digits(len: usize) -> String {
    "1234567890".repeat(len.div_ceil(10))
}

/// Just above the middle between two floats, which only the last digit tells.
fn halfway(len: usize) -> String {
    format!("9007199254740993.{}1", "0".repeat(len.saturating_sub(18)))
}

pub(super) fn attacks() -> Vec<Attack> {
    let float = |name: &str, number: fn(usize) -> String| {
        Attack::new(GROUP, name, move |size| array(&number(size)), tame_floats).scale(Scale::Over(4))
    };
    let good = || SKIPPED.into_iter().chain([F64, F32, Way::VALUE]);
    // Beyond the range of a float: only who skips it accepts it.
    let beyond = || SKIPPED.into_iter().chain([F64.rejects(), F32.rejects(), Way::VALUE.rejects()]);
    vec![
        float("digits", digits).ways(beyond()),
        Attack::new(GROUP, "digits, of an integer", |size| array(&digits(size)), tame_integers)
            .scale(Scale::Over(4))
            .ways([U64.rejects()]),
        float("a fraction", |len| format!("0.{}", digits(len))).ways(good()),
        float("zeros before a digit", |len| format!("0.{}1", "0".repeat(len))).ways(good()),
        float("digits, and an exponent that takes half of them back", |len| {
            // An exponent of more than 655,359 is not what `str::parse` takes it for.
            format!("{}e-{}", digits(len / 2) + "." + &digits(len / 2), len / 2)
        })
        .ways(good()),
        float("just above halfway between two floats", halfway).ways(good()),
        float("an exponent of zeros", |len| format!("1e{}5", "0".repeat(len))).ways(good()),
        float("an exponent of nines", |len| format!("1e{}", "9".repeat(len))).ways(beyond()),
        float("a negative exponent of nines", |len| format!("1e-{}", "9".repeat(len))).ways(good()),
        Attack::new(
            GROUP,
            "800 digits each, just above halfway",
            |size| array(&fill(size, ",", |_| halfway(800))),
            tame_floats,
        )
        .scale(Scale::Over(4))
        .ways(good()),
        Attack::new(
            GROUP,
            "30 digits each, just above halfway",
            |size| array(&fill(size, ",", |_| halfway(30))),
            tame_floats,
        )
        .scale(Scale::Over(4))
        .ways(good()),
    ]
}
