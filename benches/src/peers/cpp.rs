//! simdjson, whose code for each case is written in C++.

use crate::text::Text;
use crate::validating::Verdict;

/// The number of records and the checksum over them, which is 0 unless it is asked for; `None` if there is no code for the
/// case.
#[cfg(feature = "simdjson")]
pub(crate) fn read(case: &str, text: &Text, check: bool) -> Option<(u64, u64)> {
    use crate::simdjson::{Query, read};
    let query = match case {
        "small borrowed" => Query::Small,
        "log borrowed" | "log spaced" => Query::Log,
        "log projection" | "log projection, lax_skip" => Query::LogProjection,
        "chat" => Query::Chat,
        "embeddings" => Query::Embeddings,
        "github events" => Query::GitHub,
        "tweets" => Query::Tweets,
        "metrics" => Query::Metrics,
        "get one field" => Query::GetLevel,
        "tiny" => Query::Tiny,
        "huge" => Query::Huge,
        _ => return None,
    };
    Some(read(query, text.padded(), text.bytes().len(), check))
}

#[cfg(not(feature = "simdjson"))]
pub(crate) fn read(_case: &str, _text: &Text, _check: bool) -> Option<(u64, u64)> {
    None
}

/// Validates with the DOM: the text as a whole, up to the first fault, or line by line.
#[cfg(feature = "simdjson")]
pub(crate) fn validate(text: &Text, by_line: bool) -> Verdict {
    crate::simdjson::validate(text.padded(), text.bytes().len(), by_line)
}

#[cfg(not(feature = "simdjson"))]
pub(crate) fn validate(_text: &Text, _by_line: bool) -> Verdict {
    unreachable!("not among those that there are without the feature")
}
