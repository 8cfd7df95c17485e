//! Values that come as text: `serde_json::value::RawValue`, and `serde_json::Number` with its feature
//! `arbitrary_precision`. Both pose as structs of an agreed name with one string in them.

use super::Serializer;
use crate::error::{Error, ErrorKind, Result};
use serde::ser::{self, Impossible, Serialize};

pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";
pub(super) const NUMBER: &str = "$serde_json::private::Number";

/// Takes the string, and writes it as it is.
pub(super) struct Raw<'s, 'o>(pub(super) &'s mut Serializer<'o>);

#[cold]
fn not_text<T>() -> Result<T> {
    Err(ser::Error::custom("the text of a raw value must be a string"))
}

macro_rules! refused {
    ($($name:ident($($type:ty),*) -> $result:ty;)*) => {$(
        fn $name(self, $(_: $type),*) -> Result<$result> {
            not_text()
        }
    )*};
}

type No = Impossible<(), Error>;

impl ser::Serializer for Raw<'_, '_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    fn serialize_str(self, text: &str) -> Result<()> {
        if memchr::memchr(b'\n', text.as_bytes()).is_some() {
            let message = "a raw value holds a line break, which would split the record; write it compact";
            return Err(Error::new(ErrorKind::LineBreak, message, None));
        }
        self.0.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<()> {
        not_text()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        not_text()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<()> {
        not_text()
    }

    refused! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}
