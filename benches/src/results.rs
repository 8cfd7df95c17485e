//! Sections of text files that commands write, between markers such as `<!-- figures -->` and `<!-- /figures -->`.

use std::path::PathBuf;
use std::{fs, io};

/// Sections of RESULTS.md that have commands of their own.
pub const OWN: [&str; 2] = ["conformance", "attack"];

/// Where RESULTS.md is.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md")
}

/// Replaces the section `name` of RESULTS.md.
///
/// # Errors
///
/// If the file cannot be read or written, or has no such section.
pub fn write_section(name: &str, section: &str) -> io::Result<()> {
    let text = fs::read_to_string(path())?;
    let missing = || io::Error::new(io::ErrorKind::InvalidData, format!("no markers for the section {name}"));
    fs::write(path(), replace(&text, name, section).ok_or_else(missing)?)
}

/// `new` with what stands in the sections of `old` that have commands of their own.
pub fn keep_own(old: &str, new: &str) -> String {
    OWN.into_iter().fold(new.to_owned(), |text, name| {
        let kept = find(old, name).and_then(|(start, end)| replace(&text, name, &old[start..end]));
        kept.unwrap_or(text)
    })
}

/// The markers of a section with nothing between them.
pub fn empty(name: &str) -> String {
    format!("<!-- {name} -->\n<!-- /{name} -->\n")
}

/// `text` with another section between the markers of that name; `None` if they are not there.
pub fn replace(text: &str, name: &str, section: &str) -> Option<String> {
    let (start, end) = find(text, name)?;
    Some(format!("{}{section}{}", &text[..start], &text[end..]))
}

/// Where a section starts and ends.
fn find(text: &str, name: &str) -> Option<(usize, usize)> {
    let first = format!("<!-- {name} -->\n");
    let start = text.find(&first)? + first.len();
    Some((start, start + text[start..].find(&format!("<!-- /{name} -->"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_is_replaced() {
        let text = "a\n<!-- figures -->\nold\n<!-- /figures -->\nb\n";
        let expected = "a\n<!-- figures -->\nnew\n<!-- /figures -->\nb\n";
        assert_eq!(replace(text, "figures", "new\n").as_deref(), Some(expected));
        assert_eq!(replace("a\n<!-- /figures -->\n<!-- figures -->\n", "figures", "new\n"), None);
        assert_eq!(replace(text, "others", "new\n"), None);
    }

    #[test]
    fn sections_of_other_commands_are_kept() {
        let old = ["old\n".to_owned(), replace(&empty("attack"), "attack", "kept\n").unwrap()].concat();
        let new = ["new\n".to_owned(), empty("conformance"), empty("attack")].concat();
        let expected = "new\n<!-- conformance -->\n<!-- /conformance -->\n<!-- attack -->\nkept\n<!-- /attack -->\n";
        assert_eq!(keep_own(&old, &new), expected);
        assert_eq!(keep_own("", &new), new);
    }

    #[test]
    fn the_sections_are_there() {
        let results = include_str!("../RESULTS.md");
        assert!(OWN.into_iter().all(|name| find(results, name).is_some()));
        assert!(find(include_str!("../../README.md"), "figures").is_some());
    }
}
