//! Objects of very many members, and arrays of very many elements.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ways::decode;
use super::{Attack, Input, Scale, Way, fill};

const GROUP: &str = "many members";

/// All members but the last are unknown.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Unknown {
    #[serde(default)]
    z: u64,
}

/// Members of which the last counts, by a derive that buffers the others.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Flattened {
    #[serde(default)]
    z: u64,
    #[serde(flatten)]
    rest: HashMap<String, IgnoredAny>,
}

const WAYS: [Way; 9] = [
    Way::SKIP,
    Way::STREAM,
    decode!("typed, keys unknown", Unknown),
    decode!("typed, keys flattened", Flattened).keeps(),
    decode!("`HashMap`", HashMap<String, u64>).keeps(),
    decode!("`BTreeMap`", BTreeMap<String, u64>).keeps(),
    Way::VALUE,
    Way::VALIDATE,
    Way::GET,
];

/// How many members a tame object has.
const FEW: usize = 16;

/// One object, and the same members in objects of a few.
fn attack(name: &str, member: fn(usize) -> String) -> Attack {
    Attack::new(
        GROUP,
        name,
        move |size| Input::good(format!("{{{}}}\n", fill(size, ",", member)).into_bytes()),
        move |size| {
            let object = |i| format!("{{{}}}\n", (i * FEW..(i + 1) * FEW).map(member).collect::<Vec<_>>().join(","));
            Input::good(fill(size, "", object).into_bytes())
        },
    )
    .scale(Scale::Times(4))
    .ways(WAYS)
}

/// A number for each, in no order: the multiplication can be undone.
fn mixed(i: usize) -> u32 {
    (i as u32).wrapping_mul(0x9e37_79b1)
}

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        attack("distinct keys", |i| format!("\"{:08x}\":1", mixed(i))),
        attack("keys in order", |i| format!("\"{i:08}\":1")),
        attack("one key over and over", |_| "\"aaaaaaaa\":1".to_owned()),
        // For what compares keys, or hashes only their ends.
        attack("long keys that differ in the middle", |i| {
            let (head, tail) = ("a".repeat(32), "z".repeat(32));
            format!("\"{head}{:08x}{tail}\":1", mixed(i))
        }),
        attack("keys of escapes", |i| {
            let escapes: String = format!("{i:06}").bytes().map(|digit| format!("\\u00{digit:02x}")).collect();
            format!("\"{escapes}\":1")
        }),
    ]
}
