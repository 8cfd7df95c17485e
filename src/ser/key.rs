//! An object's keys: strings, and what `serde_json` makes strings of.

use super::Serializer;
use crate::error::{Error, ErrorKind, Result};
use serde::ser::{self, Impossible, Serialize};
use std::fmt::Display;

pub(super) struct Key<'s, 'o>(pub(super) &'s mut Serializer<'o>);

impl Key<'_, '_> {
    /// A number or a word, quoted.
    fn quote<T: Serialize>(self, value: T) -> Result<()> {
        self.0.out.push(b'"');
        value.serialize(&mut *self.0)?;
        self.0.out.push(b'"');
        Ok(())
    }

    fn float(self, value: impl Into<f64> + Serialize + Copy) -> Result<()> {
        match value.into().is_finite() {
            true => self.quote(value),
            false => Err(Error::new(ErrorKind::NonFiniteFloat, "a key cannot be NaN or infinite", None)),
        }
    }
}

#[cold]
fn not_a_string<T>() -> Result<T> {
    Err(Error::new(ErrorKind::InvalidKey, "a key must be a string, a number or a boolean", None))
}

macro_rules! quoted {
    ($($name:ident($type:ty);)*) => {$(
        fn $name(self, value: $type) -> Result<()> {
            self.quote(value)
        }
    )*};
}

impl ser::Serializer for Key<'_, '_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        self.0.string(value);
        Ok(())
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
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<()> {
        self.0.collect_str(value)
    }

    quoted! {
        serialize_bool(bool);
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

    fn serialize_f32(self, value: f32) -> Result<()> {
        self.float(value)
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.0.serialize_char(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<()> {
        not_a_string()
    }

    fn serialize_none(self) -> Result<()> {
        not_a_string()
    }

    fn serialize_unit(self) -> Result<()> {
        not_a_string()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        not_a_string()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        not_a_string()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Impossible<(), Error>> {
        not_a_string()
    }

    fn serialize_tuple(self, _: usize) -> Result<Impossible<(), Error>> {
        not_a_string()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Impossible<(), Error>> {
        not_a_string()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>> {
        not_a_string()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Impossible<(), Error>> {
        not_a_string()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Impossible<(), Error>> {
        not_a_string()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>> {
        not_a_string()
    }
}
