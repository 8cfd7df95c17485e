//! Values whose serialization fails or panics midway.

#![allow(dead_code)]

use serde::ser::*;

/// How a value ends that is inside others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Text(&'static str),
    Error,
    Panic,
    /// After it has written something.
    LateError,
    LatePanic,
}

/// A panic without a message on the standard error.
fn quiet_panic() -> ! {
    std::panic::resume_unwind(Box::new("no such colour"))
}

impl From<Result<&'static str, ()>> for End {
    fn from(result: Result<&'static str, ()>) -> End {
        result.map_or(End::Error, End::Text)
    }
}

/// A value inside others of every sort.
pub struct Deep {
    pub depth: usize,
    /// Of the outermost one; the next ones are of the next sorts.
    pub sort: usize,
    pub end: End,
}

/// How many sorts there are.
pub const SORTS: usize = 12;

impl Serialize for Deep {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Deep { depth, sort, end } = *self;
        if depth == 0 {
            return match end {
                End::Text(text) => s.serialize_str(text),
                End::Error => Err(S::Error::custom("no such colour")),
                End::Panic => quiet_panic(),
                End::LateError => s.serialize_str("12").and(Err(S::Error::custom("no such colour"))),
                End::LatePanic => match s.serialize_str("12") {
                    Ok(_) => quiet_panic(),
                    error => error,
                },
            };
        }
        let inner = &Deep { depth: depth - 1, sort: sort + 1, end };
        macro_rules! elements {
            ($container:expr, $method:ident) => {{
                let mut container = $container;
                container.$method(&1)?;
                container.$method(inner)?;
                container.$method("never written, if it fails")?;
                container.end()
            }};
        }
        macro_rules! fields {
            ($container:expr) => {{
                let mut container = $container;
                container.serialize_field("a", &1)?;
                container.serialize_field("a \"long\" name, which is not written in one go", inner)?;
                container.serialize_field("b", "never written, if it fails")?;
                container.end()
            }};
        }
        match sort % SORTS {
            0 => elements!(s.serialize_seq(None)?, serialize_element),
            1 => elements!(s.serialize_tuple(3)?, serialize_element),
            2 => elements!(s.serialize_tuple_struct("Name", 3)?, serialize_field),
            3 => elements!(s.serialize_tuple_variant("Name", 0, "Variant", 3)?, serialize_field),
            4 => s.collect_map([("a", None), ("b", Some(inner)), ("c", None)]),
            5 => fields!(s.serialize_struct("Name", 3)?),
            6 => fields!(s.serialize_struct_variant("Name", 0, "Variant", 3)?),
            7 => s.serialize_newtype_struct("Name", inner),
            8 => s.serialize_newtype_variant("Name", 0, "Variant", inner),
            9 => s.serialize_some(inner),
            // as a key, if it can be one
            10 if depth == 1 => {
                let mut map = s.serialize_map(None)?;
                map.serialize_entry("a", &1)?;
                map.serialize_entry(inner, &2)?;
                map.end()
            }
            _ => s.collect_seq([Some(inner), None]),
        }
    }
}

/// Values that fail or panic midway: of every sort, at every depth.
pub fn midway(mut check: impl FnMut(&Deep, &str)) {
    for end in [End::Error, End::Panic, End::LateError, End::LatePanic] {
        for depth in 0..=SORTS {
            for sort in 0..SORTS {
                // where it is, if it does not fail
                let text = serde_json::to_string(&Deep { depth, sort, end: End::Text("here") }).expect("JSON");
                let at = text.find("\"here\"").expect("the text in it");
                let before = match end {
                    End::LateError | End::LatePanic => text[..at].to_owned() + "\"12\"",
                    _ => text[..at].to_owned(),
                };
                check(&Deep { depth, sort, end }, &before);
            }
        }
    }
}
