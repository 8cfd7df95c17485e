//! Serializing: a serde `Serializer` that appends compact JSON to a vector, byte for byte what `serde_json` writes.
//!
//! Every element and every member is written behind a comma; when its container ends, the first comma becomes the opening
//! bracket. So nothing asks whether an element is the first, and a field's comma, key and colon are one constant.

mod float32;
mod key;
mod number;
mod raw;
mod string;

use crate::{
    error::{Error, ErrorKind, Result},
    position::Position,
    simd::Level,
};
use key::Key;
use raw::{NUMBER, RAW_VALUE, Raw};
use serde::ser::{self, Serialize};
use std::fmt::{self, Display, Write};

/// How values are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) level: Level,
    /// Characters beyond ASCII as `\u` escapes.
    pub(crate) ascii_only: bool,
    /// NaN and the infinities are errors, and not `null`.
    pub(crate) reject_non_finite: bool,
}

impl Default for Format {
    fn default() -> Self {
        Format { level: Level::detect(), ascii_only: false, reject_non_finite: false }
    }
}

/// Appends `value` to `out`. An error leaves there what was written before it.
#[inline]
pub(crate) fn serialize<T: Serialize + ?Sized>(value: &T, format: Format, out: &mut Vec<u8>) -> Result<()> {
    value.serialize(&mut Serializer { out, format })
}

/// The error of a record of which `text` is what was written before it, and which was to begin at `start`.
#[cold]
pub(crate) fn explain(mut error: Error, text: &mut [u8], start: Position) -> Error {
    open_brackets(text);
    error.locate(text.len(), text, start);
    error
}

/// Makes opening brackets of the commas that stand for them, as far as the text shows which.
fn open_brackets(text: &mut [u8]) {
    let behind_string = |text: &[u8], start: usize| {
        let mut end = start + 1;
        while end < text.len() && text[end] != b'"' {
            end += if text[end] == b'\\' { 2 } else { 1 };
        }
        end + 1
    };
    let (mut at, mut is_before_value) = (0, true);
    while at < text.len() {
        let byte = text[at];
        if byte == b',' && is_before_value {
            let has_key = text.get(at + 1) == Some(&b'"') && text.get(behind_string(text, at + 1)) == Some(&b':');
            text[at] = if has_key { b'{' } else { b'[' };
        }
        is_before_value = matches!(byte, b',' | b':' | b'[' | b'{');
        at = if byte == b'"' { behind_string(text, at) } else { at + 1 };
    }
}

pub(crate) struct Serializer<'o> {
    out: &'o mut Vec<u8>,
    format: Format,
}

impl<'o> Serializer<'o> {
    /// A comma, a key that is known when its caller is compiled, and a colon.
    #[inline(always)]
    fn field(&mut self, key: &'static str) {
        const ROOM: usize = 32;
        if key.len() <= ROOM - 4 {
            let mut member = [b' '; ROOM];
            member[2..2 + key.len()].copy_from_slice(key.as_bytes());
            if string::is_plain(&member) {
                (member[0], member[1]) = (b',', b'"');
                (member[2 + key.len()], member[3 + key.len()]) = (b'"', b':');
                // more than is needed: a copy of constant length is a move or two
                self.out.extend_from_slice(&member);
                self.out.truncate(self.out.len() - ROOM + key.len() + 4);
                return;
            }
        }
        self.field_slow(key);
    }

    #[inline(never)]
    fn field_slow(&mut self, key: &str) {
        self.out.push(b',');
        self.string(key);
        self.out.push(b':');
    }

    #[inline(always)]
    fn string(&mut self, text: &str) {
        string::write(text, self.format, self.out);
    }

    /// Opens an object with one member, whose value is to follow.
    #[inline(always)]
    fn variant(&mut self, name: &'static str) {
        let start = self.out.len();
        self.field(name);
        self.out[start] = b'{';
    }

    #[inline(always)]
    fn container(&mut self) -> Container<'_, 'o> {
        Container { start: self.out.len(), serializer: self }
    }

    /// NaN or an infinity.
    #[cold]
    #[inline(never)]
    fn non_finite(&mut self, value: f64) -> Result<()> {
        if self.format.reject_non_finite {
            let message = format!("JSON has no number for {value}");
            return Err(Error::new(ErrorKind::NonFiniteFloat, message, None));
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }
}

macro_rules! numbers {
    ($($name:ident($type:ty);)*) => {$(
        #[inline]
        fn $name(self, value: $type) -> Result<()> {
            number::write_integer(value, self.out);
            Ok(())
        }
    )*};
}

impl<'s, 'o> ser::Serializer for &'s mut Serializer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Container<'s, 'o>;
    type SerializeTuple = Container<'s, 'o>;
    type SerializeTupleStruct = Container<'s, 'o>;
    type SerializeTupleVariant = Container<'s, 'o>;
    type SerializeMap = Container<'s, 'o>;
    type SerializeStruct = Struct<'s, 'o>;
    type SerializeStructVariant = Container<'s, 'o>;

    numbers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<()> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<()> {
        if number::write_f32(value, self.out) { Ok(()) } else { self.non_finite(value.into()) }
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<()> {
        if number::write_f64(value, self.out) { Ok(()) } else { self.non_finite(value) }
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        self.string(value);
        Ok(())
    }

    /// An array of numbers.
    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        use ser::SerializeSeq;
        let mut array = self.container();
        value.iter().try_for_each(|byte| array.serialize_element(byte))?;
        SerializeSeq::end(array)
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Container<'s, 'o>> {
        Ok(self.container())
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Container<'s, 'o>> {
        Ok(self.container())
    }

    #[inline]
    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Container<'s, 'o>> {
        Ok(self.container())
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Container<'s, 'o>> {
        self.variant(variant);
        Ok(self.container())
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Container<'s, 'o>> {
        Ok(self.container())
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Struct<'s, 'o>> {
        let is_raw = name == RAW_VALUE || name == NUMBER;
        Ok(Struct { object: self.container(), is_raw })
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Container<'s, 'o>> {
        self.variant(variant);
        Ok(self.container())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<()> {
        self.out.push(b'"');
        let failed = |_| -> Error { ser::Error::custom("an implementation of Display failed") };
        write!(Text(self), "{value}").map_err(failed)?;
        self.out.push(b'"');
        Ok(())
    }
}

/// The inside of a string that is written bit by bit.
struct Text<'s, 'o>(&'s mut Serializer<'o>);

impl Write for Text<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        string::write_inside(text, self.0.format, self.0.out);
        Ok(())
    }
}

/// An array or an object that is being written, from `start` on.
pub(crate) struct Container<'s, 'o> {
    serializer: &'s mut Serializer<'o>,
    start: usize,
}

impl Container<'_, '_> {
    #[inline(always)]
    fn close<const N: usize>(self, open: u8, close: &[u8; N]) -> Result<()> {
        let out = &mut *self.serializer.out;
        match out.get_mut(self.start) {
            Some(comma) => *comma = open,
            None => out.push(open),
        }
        out.extend_from_slice(close);
        Ok(())
    }

    #[inline(always)]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.serializer.out.push(b',');
        value.serialize(&mut *self.serializer)
    }

    #[inline(always)]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.serializer.field(key);
        value.serialize(&mut *self.serializer)
    }
}

macro_rules! arrays {
    ($($trait:ident::$element:ident, $close:literal;)*) => {$(
        impl ser::$trait for Container<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline(always)]
            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            #[inline(always)]
            fn end(self) -> Result<()> {
                self.close(b'[', $close)
            }
        }
    )*};
}

arrays! {
    SerializeSeq::serialize_element, b"]";
    SerializeTuple::serialize_element, b"]";
    SerializeTupleStruct::serialize_field, b"]";
    SerializeTupleVariant::serialize_field, b"]}";
}

impl ser::SerializeMap for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.serializer.out.push(b',');
        key.serialize(Key(&mut *self.serializer))?;
        self.serializer.out.push(b':');
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.serializer)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.close(b'{', b"}")
    }
}

impl ser::SerializeStructVariant for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.field(key, value)
    }

    #[inline(always)]
    fn end(self) -> Result<()> {
        self.close(b'{', b"}}")
    }
}

/// A struct that is being written, or the text of a value that poses as one.
pub(crate) struct Struct<'s, 'o> {
    object: Container<'s, 'o>,
    is_raw: bool,
}

impl ser::SerializeStruct for Struct<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        match self.is_raw {
            false => self.object.field(key, value),
            true => value.serialize(Raw(&mut *self.object.serializer)),
        }
    }

    #[inline(always)]
    fn end(self) -> Result<()> {
        match self.is_raw {
            false => self.object.close(b'{', b"}"),
            true => Ok(()),
        }
    }
}
