//! Dynamic values: simd-json's, built by our deserializer. (Its own `Deserialize` cannot take a key that has escapes.)

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use simd_json::{
    BorrowedValue, StaticNode,
    borrowed::{Array, Object},
};
use std::{borrow::Cow, fmt};

/// A dynamic value that borrows its strings from the record.
pub(crate) struct Dynamic<'de>(pub(crate) BorrowedValue<'de>);

impl<'de> Deserialize<'de> for Dynamic<'de> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DynamicVisitor)
    }
}

struct DynamicVisitor;

macro_rules! nodes {
    ($($name:ident($type:ty) => $node:ident;)*) => {$(
        #[inline]
        fn $name<E>(self, value: $type) -> Result<Dynamic<'de>, E> {
            Ok(Dynamic(BorrowedValue::Static(StaticNode::$node(value.into()))))
        }
    )*};
}

impl<'de> Visitor<'de> for DynamicVisitor {
    type Value = Dynamic<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    nodes! {
        visit_bool(bool) => Bool;
        visit_i64(i64) => I64;
        visit_u64(u64) => U64;
        visit_f64(f64) => F64;
    }

    #[inline]
    fn visit_unit<E>(self) -> Result<Dynamic<'de>, E> {
        Ok(Dynamic(BorrowedValue::Static(StaticNode::Null)))
    }

    #[inline]
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Dynamic<'de>, E> {
        Ok(Dynamic(BorrowedValue::String(Cow::Borrowed(text))))
    }

    #[inline]
    fn visit_str<E>(self, text: &str) -> Result<Dynamic<'de>, E> {
        Ok(Dynamic(BorrowedValue::String(Cow::Owned(text.to_owned()))))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Dynamic<'de>, A::Error> {
        let mut array = Array::new();
        while let Some(Dynamic(value)) = elements.next_element()? {
            array.push(value);
        }
        Ok(Dynamic(BorrowedValue::Array(Box::new(array))))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Dynamic<'de>, A::Error> {
        let mut object = Object::default();
        while let Some((key, Dynamic(value))) = members.next_entry_seed(Key, std::marker::PhantomData)? {
            object.insert(key, value);
        }
        Ok(Dynamic(BorrowedValue::Object(Box::new(object))))
    }
}

/// A key, borrowed unless it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    #[inline]
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    #[inline]
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
