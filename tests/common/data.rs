//! Values of every sort that serde knows, made of bytes: for random tests, and for fuzzing.

#![allow(dead_code)]

use std::fmt::{self, Display};

use serde::ser::*;

/// A value of serde's data model: each variant is written by the method of its name.
#[derive(Clone, Debug)]
pub enum Data {
    Unit,
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(String),
    /// By `collect_str`, bit by bit.
    Pieces(Vec<String>),
    Bytes(Vec<u8>),
    None,
    Some(Box<Data>),
    UnitStruct,
    UnitVariant(&'static str),
    NewtypeStruct(Box<Data>),
    NewtypeVariant(&'static str, Box<Data>),
    /// With the length that is announced.
    Seq(Vec<Data>, Option<usize>),
    Tuple(Vec<Data>),
    TupleStruct(Vec<Data>),
    TupleVariant(&'static str, Vec<Data>),
    Map(Vec<(Data, Data)>, Option<usize>),
    Struct(Vec<Field>),
    StructVariant(&'static str, Vec<Field>),
}

/// A field, or one that is skipped.
pub type Field = (&'static str, Option<Data>);

/// Names of fields and variants: short, long, and with what must be escaped.
#[rustfmt::skip]
pub const NAMES: &[&str] = &[
    "a", "id", "", "name", "created_at", "é", "naïve", "日本", "😀", "\"", "\\", "a\"b", "a\\", "tab\t", "\n", "\u{0}", "\u{7f}",
    "\u{2028}", "/", "a key of 27 bytes, as it is", "a key of 28 bytes, as it is!", "a key of 29 bytes, as it is!!",
    "a key of 28 bytes, \"quoted\"!", "a key of 60 bytes, which is longer than most that one meets.",
    "a key of more than 128 bytes, with a \"quoted\" word in its middle and a backslash at its very end, so that each block of it has one\\",
];

/// How deep values nest. Each level is at most two brackets.
const MAX_DEPTH: usize = 40;

/// Bytes to make values of; zeros when they are used up.
pub struct Source<'a>(pub &'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    /// Any bits, or those of an edge.
    fn bits(&mut self) -> u128 {
        match self.byte() % 4 {
            0 => i128::from(self.byte() as i8) as u128,
            1 => (1 << (self.byte() & 127)) - u128::from(self.byte() & 1),
            _ => (0..16).fold(0, |bits, _| bits << 8 | u128::from(self.byte())),
        }
    }

    fn float(&mut self) -> f64 {
        match self.byte() % 4 {
            0 => f64::from(self.byte() as i8),
            1 => f64::from(self.bits() as i32) / f64::from(self.pick(&[1, 2, 10, 1000, 1 << 20])),
            2 => self.pick(&[
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                -0.0,
                f64::MAX,
                f64::MIN_POSITIVE,
                5e-324,
                1e16,
            ]),
            _ => f64::from_bits(self.bits() as u64),
        }
    }

    fn char(&mut self) -> char {
        match self.byte() {
            ascii @ 0..=0x7F => char::from(ascii),
            latin @ 0x80..=0xBF => char::from(latin),
            _ => self.pick(&['é', '\u{7ff}', '\u{800}', '日', '\u{2028}', '\u{feff}', '\u{ffff}', '😀', '\u{10ffff}']),
        }
    }

    fn string(&mut self) -> String {
        let len = self.byte() % 140;
        match self.byte() % 4 {
            // long ones of one character, of few bytes
            0 => self.char().to_string().repeat(len.into()),
            _ => (0..len).map_while(|_| (!self.0.is_empty()).then(|| self.char())).collect(),
        }
    }

    /// Several of what `make` makes, as long as there are bytes.
    fn several<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let len = self.byte() % 8;
        (0..len).map_while(|_| (!self.0.is_empty()).then(|| make(self))).collect()
    }

    fn fields(&mut self, depth: usize) -> Vec<Field> {
        self.several(|source| {
            let name = source.pick(NAMES);
            (name, (source.byte() % 8 != 0).then(|| source.data(depth)))
        })
    }

    /// A length to announce, which may be wrong. (After the announcement of none `serde_json` writes no JSON if there are some.)
    fn hint(&mut self, len: usize) -> Option<usize> {
        self.pick(&[None, Some(len), Some(len + 1), Some(len.min(1))])
    }

    /// A key, most of the time.
    fn key(&mut self, depth: usize) -> Data {
        match self.byte() % 16 {
            0..=7 => Data::Str(self.string()),
            8 => Data::I128(self.bits() as i128),
            9 => Data::U8(self.byte()),
            10 => Data::Char(self.char()),
            11 => Data::UnitVariant(self.pick(NAMES)),
            12 => Data::NewtypeStruct(Box::new(Data::Some(Box::new(Data::U64(self.bits() as u64))))),
            13 => Data::F64(self.float()),
            14 => Data::Pieces(self.several(Source::string)),
            _ => self.data(depth),
        }
    }

    /// The next value.
    pub fn value(&mut self) -> Data {
        self.data(0)
    }

    fn data(&mut self, depth: usize) -> Data {
        let sort = match self.byte() % 40 {
            sort if depth < MAX_DEPTH => sort,
            sort => sort % 18,
        };
        let depth = depth + 1;
        let boxed = |source: &mut Self| Box::new(source.data(depth));
        match sort {
            0 => Data::Unit,
            1 => Data::Bool(self.byte() % 2 == 1),
            2 => Data::I8(self.bits() as i8),
            3 => Data::I16(self.bits() as i16),
            4 => Data::I32(self.bits() as i32),
            5 => Data::I64(self.bits() as i64),
            6 => Data::I128(self.bits() as i128),
            7 => Data::U8(self.bits() as u8),
            8 => Data::U16(self.bits() as u16),
            9 => Data::U32(self.bits() as u32),
            10 => Data::U64(self.bits() as u64),
            11 => Data::U128(self.bits()),
            12 => Data::F32(self.float() as f32),
            13 => Data::F64(self.float()),
            14 => Data::Char(self.char()),
            15 => Data::UnitStruct,
            16 => Data::UnitVariant(self.pick(NAMES)),
            17 => Data::None,
            18 => Data::Pieces(self.several(Source::string)),
            19 => Data::Bytes(self.several(Source::byte)),
            20 => Data::Some(boxed(self)),
            21 => Data::NewtypeStruct(boxed(self)),
            22 => Data::NewtypeVariant(self.pick(NAMES), boxed(self)),
            23 => Data::Tuple(self.several(|source| source.data(depth))),
            24 => Data::TupleStruct(self.several(|source| source.data(depth))),
            25 => Data::TupleVariant(self.pick(NAMES), self.several(|source| source.data(depth))),
            26 => Data::StructVariant(self.pick(NAMES), self.fields(depth)),
            27..30 => {
                let all = self.several(|source| source.data(depth));
                let hint = self.hint(all.len());
                Data::Seq(all, hint)
            }
            30..33 => {
                let all = self.several(|source| (source.key(depth), source.data(depth)));
                let hint = self.hint(all.len());
                Data::Map(all, hint)
            }
            33..36 => Data::Struct(self.fields(depth)),
            _ => Data::Str(self.string()),
        }
    }
}

struct Pieces<'a>(&'a [String]);

impl Display for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| f.write_str(piece))
    }
}

/// Writes fields by the trait that the container has.
macro_rules! fields {
    ($trait:ident, $container:expr, $fields:expr) => {{
        let mut container = $container;
        for (name, value) in $fields {
            match value {
                Some(value) => $trait::serialize_field(&mut container, name, value)?,
                None => $trait::skip_field(&mut container, name)?,
            }
        }
        container.end()
    }};
}

macro_rules! elements {
    ($method:ident, $container:expr, $all:expr) => {{
        let mut container = $container;
        $all.iter().try_for_each(|value| container.$method(value))?;
        container.end()
    }};
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::Unit => s.serialize_unit(),
            Data::Bool(x) => s.serialize_bool(*x),
            Data::I8(x) => s.serialize_i8(*x),
            Data::I16(x) => s.serialize_i16(*x),
            Data::I32(x) => s.serialize_i32(*x),
            Data::I64(x) => s.serialize_i64(*x),
            Data::I128(x) => s.serialize_i128(*x),
            Data::U8(x) => s.serialize_u8(*x),
            Data::U16(x) => s.serialize_u16(*x),
            Data::U32(x) => s.serialize_u32(*x),
            Data::U64(x) => s.serialize_u64(*x),
            Data::U128(x) => s.serialize_u128(*x),
            Data::F32(x) => s.serialize_f32(*x),
            Data::F64(x) => s.serialize_f64(*x),
            Data::Char(x) => s.serialize_char(*x),
            Data::Str(x) => s.serialize_str(x),
            Data::Pieces(all) => s.collect_str(&Pieces(all)),
            Data::Bytes(x) => s.serialize_bytes(x),
            Data::None => s.serialize_none(),
            Data::Some(x) => s.serialize_some(&**x),
            Data::UnitStruct => s.serialize_unit_struct("Name"),
            Data::UnitVariant(name) => s.serialize_unit_variant("Name", 0, name),
            Data::NewtypeStruct(x) => s.serialize_newtype_struct("Name", &**x),
            Data::NewtypeVariant(name, x) => s.serialize_newtype_variant("Name", 0, name, &**x),
            Data::Seq(all, hint) => elements!(serialize_element, s.serialize_seq(*hint)?, all),
            Data::Tuple(all) => elements!(serialize_element, s.serialize_tuple(all.len())?, all),
            Data::TupleStruct(all) => {
                elements!(serialize_field, s.serialize_tuple_struct("Name", all.len())?, all)
            }
            Data::TupleVariant(name, all) => {
                elements!(serialize_field, s.serialize_tuple_variant("Name", 0, name, all.len())?, all)
            }
            Data::Map(all, hint) => {
                let mut map = s.serialize_map(*hint)?;
                for (i, (key, value)) in all.iter().enumerate() {
                    // both ways that there are
                    if i % 2 == 0 {
                        map.serialize_entry(key, value)?;
                    } else {
                        map.serialize_key(key)?;
                        map.serialize_value(value)?;
                    }
                }
                map.end()
            }
            Data::Struct(all) => fields!(SerializeStruct, s.serialize_struct("Name", all.len())?, all),
            Data::StructVariant(name, all) => {
                fields!(SerializeStructVariant, s.serialize_struct_variant("Name", 0, name, all.len())?, all)
            }
        }
    }
}

impl Data {
    /// Whether there is a NaN or an infinity in it, for which JSON has no number.
    pub fn has_non_finite(&self) -> bool {
        let any = |all: &[Data]| all.iter().any(Data::has_non_finite);
        match self {
            Data::F32(x) => !x.is_finite(),
            Data::F64(x) => !x.is_finite(),
            Data::Some(x) | Data::NewtypeStruct(x) | Data::NewtypeVariant(_, x) => x.has_non_finite(),
            Data::Seq(all, _) | Data::Tuple(all) | Data::TupleStruct(all) | Data::TupleVariant(_, all) => any(all),
            Data::Map(all, _) => all.iter().any(|(key, value)| key.has_non_finite() || value.has_non_finite()),
            Data::Struct(all) | Data::StructVariant(_, all) => {
                all.iter().any(|(_, value)| value.as_ref().is_some_and(Data::has_non_finite))
            }
            _ => false,
        }
    }
}

/// JSON text with all characters beyond ASCII escaped. They occur in strings only.
pub fn in_ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
        }
    }
    out
}
