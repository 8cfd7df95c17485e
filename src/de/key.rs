//! An object's key as a deserializer: a string, or whatever its text can be read as. As in serde_json, a number or boolean
//! must be written without escapes.

use super::{
    RAW_VALUE,
    number::{self, Number},
};
use crate::error::{Error, ErrorKind, Result};
use serde::de::{
    self, DeserializeSeed, IntoDeserializer, MapAccess, Unexpected, Visitor, value::BorrowedStrDeserializer,
};

/// A key. In a struct it is only looked up, so that nothing of it is ever borrowed.
pub(super) struct Key<'k, 'de, const IS_STRUCT: bool> {
    pub(super) text: &'k str,
    /// The same text, where the caller may keep it.
    pub(super) lent: Option<&'de str>,
}

impl<'de, const IS_STRUCT: bool> Key<'_, 'de, IS_STRUCT> {
    fn invalid_type<T>(&self, expected: &dyn de::Expected) -> Result<T> {
        Err(de::Error::invalid_type(Unexpected::Str(self.text), expected))
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.lent.and_then(|text| number::parse(text.as_bytes())) {
            Some(Number::Unsigned(n)) => visitor.visit_u64(n),
            Some(Number::Negative(n)) => visitor.visit_i64(n),
            Some(Number::Float(n) | Number::BigInteger(n)) if n.is_finite() => visitor.visit_f64(n),
            Some(_) => Err(self.out_of_range(&visitor)),
            None => self.invalid_type(&visitor),
        }
    }

    fn out_of_range(&self, expected: &dyn de::Expected) -> Error {
        Error::new(
            ErrorKind::NumberOutOfRange,
            format!("number out of range: {:?}, expected {expected}", self.text),
            None,
        )
    }
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.number(visitor)
        }
    )*};
}

macro_rules! numbers_128 {
    ($($name:ident $visit:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.lent.and_then(|text| number::parse_128(text.as_bytes())) {
                Some(Ok(n)) => visitor.$visit(n),
                Some(Err(_)) => Err(self.out_of_range(&visitor)),
                None => self.invalid_type(&visitor),
            }
        }
    )*};
}

impl<'de, const IS_STRUCT: bool> de::Deserializer<'de> for Key<'_, 'de, IS_STRUCT> {
    type Error = Error;

    #[inline(always)]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.lent {
            Some(text) => visitor.visit_borrowed_str(text),
            None => visitor.visit_str(self.text),
        }
    }

    #[inline(always)]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if IS_STRUCT { visitor.visit_str(self.text) } else { self.deserialize_any(visitor) }
    }

    numbers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_f64
    }
    numbers_128! { deserialize_u128 visit_u128 deserialize_i128 visit_i128 }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.lent.and_then(|text| number::parse_f32(text.as_bytes())) {
            Some(n) if n.is_finite() => visitor.visit_f32(n),
            Some(_) => Err(self.out_of_range(&visitor)),
            None => self.invalid_type(&visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.lent {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => self.invalid_type(&visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.lent {
            Some(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            None => visitor.visit_bytes(self.text.as_bytes()),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    /// A key is never null.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == RAW_VALUE {
            return self.invalid_type(&visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let variant: de::value::StrDeserializer<'_, Error> = self.text.into_deserializer();
        variant.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}

/// A value's text in the form that `serde_json::value::RawValue` asks for: a map with one member of an agreed name.
pub(super) struct RawValueAccess<'de> {
    text: Option<&'de str>,
}

impl<'de> RawValueAccess<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        RawValueAccess { text: Some(text) }
    }
}

impl<'de> MapAccess<'de> for RawValueAccess<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.text.is_none() {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new(RAW_VALUE)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(BorrowedStrDeserializer::new(self.text.take().unwrap_or_default()))
    }
}
