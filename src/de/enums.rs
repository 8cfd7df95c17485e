//! Enums: `"Variant"` or `{"Variant":value}`.

use super::{Value, key::Key};
use crate::{
    cursor::{At, Cursor},
    error::{Error, Result},
};
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, Unexpected, VariantAccess, Visitor};

/// A variant that is only named.
pub(super) struct UnitVariant<'c, 'de, 'w>(Value<'c, 'de, 'w>);

impl<'c, 'de, 'w> UnitVariant<'c, 'de, 'w> {
    /// From the string that names it.
    pub(super) fn new(name: Value<'c, 'de, 'w>) -> Self {
        UnitVariant(name)
    }
}

impl<'de> EnumAccess<'de> for UnitVariant<'_, 'de, '_> {
    type Error = Error;
    type Variant = NoContent;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, NoContent)> {
        Ok((seed.deserialize(self.0)?, NoContent))
    }
}

/// The missing content of a variant that is only named.
pub(super) struct NoContent;

impl<'de> VariantAccess<'de> for NoContent {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value> {
        Err(de::Error::invalid_type(Unexpected::UnitVariant, &"newtype variant"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value> {
        Err(de::Error::invalid_type(Unexpected::UnitVariant, &"tuple variant"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _fields: &'static [&'static str], _visitor: V) -> Result<V::Value> {
        Err(de::Error::invalid_type(Unexpected::UnitVariant, &"struct variant"))
    }
}

/// A variant with content: the one member of an object.
pub(super) struct Variant<'c, 'de, 'w> {
    cursor: &'c mut Cursor<'de, 'w>,
    value: At<'w>,
}

impl<'c, 'de, 'w> Variant<'c, 'de, 'w> {
    /// The opening bracket is consumed.
    pub(super) fn new(cursor: &'c mut Cursor<'de, 'w>) -> Self {
        let value = cursor.at;
        Variant { cursor, value }
    }
}

impl<'c, 'de, 'w> EnumAccess<'de> for Variant<'c, 'de, 'w> {
    type Error = Error;
    type Variant = Value<'c, 'de, 'w>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Value<'c, 'de, 'w>)> {
        let at = self.value;
        if self.cursor.walk.byte(at) == b'}' {
            let error: Error = de::Error::invalid_value(Unexpected::Map, &"an object with one member, the variant");
            return Err(error.at_offset(self.cursor.walk.place(at)));
        }
        let (lent, value) = self.cursor.key(at).ok_or_else(Error::syntax)?;
        let text = lent.unwrap_or(self.cursor.scratch);
        let variant = seed.deserialize(Key::<true> { text, lent })?;
        Ok((variant, Value { cursor: self.cursor, at: value }))
    }
}

impl<'de> VariantAccess<'de> for Value<'_, 'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.deserialize_struct("", fields, visitor)
    }
}
