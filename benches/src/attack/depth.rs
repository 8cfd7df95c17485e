//! Nesting, within the limit and beyond.

use serde::Deserialize;

use super::ways::decode;
use super::{Attack, Input, Limits, Scale, Way, fill};

const GROUP: &str = "depth";

/// Arrays within arrays, decoded.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Arrays {
    a: Nest,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Nest(Vec<Nest>);

/// The nest is skipped.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is only decoded")]
struct Behind {
    z: u64,
}

const SKIPPED_FIELD: Way = decode!("a skipped field", Behind);
const ARRAYS: Way = decode!("typed", Arrays).keeps();
const LIMIT: usize = 128;

/// What is opened, what stands in the middle, what is closed.
type Bracket = (&'static str, &'static str, &'static str);
const ARRAY: Bracket = ("[", "", "]");
const OBJECT: Bracket = ("{\"a\":", "1", "}");
const BOTH: Bracket = ("[{\"a\":", "1", "}]");

fn nest((open, inner, close): Bracket, depth: usize) -> String {
    [&open.repeat(depth), inner, &close.repeat(depth)].concat()
}

/// In a member, with another behind it.
fn record(nest: &str) -> String {
    format!("{{\"a\":{nest},\"z\":1}}\n")
}

/// Nests of 4 levels beside each other, in about as many bytes.
fn flat(bracket: Bracket, size: usize) -> String {
    record(&format!("[{}]", fill(size, ",", |_| nest(bracket, 4))))
}

pub(super) fn attacks() -> Vec<Attack> {
    let raised = |_| Limits { max_depth: Some(usize::MAX), max_record_len: None };
    let ways = [Way::SKIP, SKIPPED_FIELD, Way::STREAM, Way::VALUE, Way::VALIDATE, Way::GET, Way::WALK];
    let mut attacks = Vec::new();
    for (name, bracket, levels) in [("arrays", ARRAY, 1), ("objects", OBJECT, 1), ("both in turn", BOTH, 2)] {
        let (width, per_record) = (bracket.0.len() + bracket.2.len(), (LIMIT - 1) / levels);
        // Within the limit: many records, each as deep as may be.
        let attack = Attack::new(
            GROUP,
            format!("{name}, {LIMIT} levels"),
            move |size| Input::good(fill(size, "", |_| record(&nest(bracket, per_record))).into_bytes()),
            move |size| Input::good(fill(size, "", |_| flat(bracket, width * per_record)).into_bytes()),
        );
        let typed = (bracket == ARRAY).then_some(ARRAYS);
        attacks.push(attack.ways(ways.into_iter().chain(typed)));
        // Beyond it: one record that opens and opens.
        let ways = [Way::SKIP, SKIPPED_FIELD, Way::STREAM, Way::VALUE, Way::VALIDATE, Way::GET];
        let beyond = Attack::new(
            GROUP,
            format!("{name}, opened without end"),
            move |size| Input::bad(format!("{{\"a\":{}\n", bracket.0.repeat(size / bracket.0.len())).into_bytes()),
            move |size| Input::good(flat(bracket, size).into_bytes()),
        );
        attacks.push(beyond.ways(ways.into_iter().chain(typed)));
        // The limit raised: one record, closed again. Nothing recursive yet.
        let deep = move |size: usize| Input::good(record(&nest(bracket, size / width)).into_bytes());
        let tame = move |size| Input::good(flat(bracket, size).into_bytes());
        let ways = [Way::SKIP, SKIPPED_FIELD, Way::STREAM, Way::VALIDATE, Way::GET];
        let attack = Attack::new(GROUP, format!("{name}, one nest, the limit raised"), deep, tame);
        attacks.push(attack.limits(raised).ways(ways.map(|way| Way { peer: None, ..way })));
        // What recurses takes stack.
        let attack = Attack::new(GROUP, format!("{name}, one nest, the limit raised, recursion"), deep, tame);
        let ways = [Way::VALUE].into_iter().chain(typed).map(|way| Way { peer: None, ..way });
        attacks.push(attack.scale(Scale::Over(16)).limits(raised).ways(ways));
    }
    attacks
}
