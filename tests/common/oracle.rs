//! What is expected of a line: `serde_json`'s verdict, but for the listed differences.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// What decoding `line` to a `T` should give: what `serde_json::from_str` gives, except that a record is JSON
/// throughout. A lone surrogate or a control character in a string fails it, even in a value that is skipped or taken
/// as bytes, where `serde_json` lets both through.
pub fn verdict<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(line).map_err(|e| e.to_string())?;
    let value = serde_json::from_str::<T>(text).map_err(|e| e.to_string())?;
    strings_are_proper(text)?;
    Ok(value)
}

/// Whether a line is JSON throughout.
#[allow(dead_code)]
pub fn well_formed(line: &[u8]) -> bool {
    verdict::<IgnoredAny>(line).is_ok()
}

/// Decodes each string of `text`, which is otherwise known to be well-formed.
fn strings_are_proper(text: &str) -> Result<(), String> {
    let (mut start, mut escaped) = (None, false);
    for (i, b) in text.bytes().enumerate() {
        match (start, b) {
            (None, b'"') => start = Some(i),
            (None, _) => {}
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(s), b'"') => {
                serde_json::from_str::<String>(&text[s..=i]).map_err(|e| e.to_string())?;
                start = None;
            }
            (Some(_), _) => {}
        }
    }
    Ok(())
}
