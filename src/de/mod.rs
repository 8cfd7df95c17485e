//! Stage 2: a serde `Deserializer` that walks the index and looks at no byte that it does not need.
//!
//! Two habits here are worth a tenth of the speed each, and easily undone:
//!
//! - The place travels by value, from key to value, and is stored once a field.
//! - Nothing touches a result behind the visitor that made it: a result that is looked at is written to a temporary and
//!   copied, and a copy of stores just made stalls. So a visitor is called in tail position, from one place in each
//!   function so that it is inlined, and a container's closing bracket is proved by its accessor.

mod access;
mod diagnose;
mod digits;
mod enums;
mod field;
mod float;
mod grammar;
mod key;
mod number;
mod recognize;
mod skip;
mod string;
#[cfg(feature = "value")]
mod value;

pub(crate) use diagnose::{Failure, Origin};
pub(crate) use grammar::expected;
pub(crate) use skip::skip_lax;
pub(crate) use string::decode;
#[cfg(feature = "value")]
pub(crate) use value::Dynamic;

use crate::{
    cursor::{At, Cursor, End, Scalar},
    error::{Error, Result},
};
use access::{Elements, Members};
use digits::KEEP_LAST;
use number::Number;
use serde::de::{self, Deserializer, Expected, Unexpected, Visitor};
use string::Text;

/// The name by which `serde_json::value::RawValue` asks for a value's text, as a newtype struct and then as the one key of a
/// map.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// One value to be deserialized, the one at `at`.
pub(crate) struct Value<'c, 'de, 'w> {
    pub(crate) cursor: &'c mut Cursor<'de, 'w>,
    pub(crate) at: At<'w>,
}

impl<'de, 'w> Cursor<'de, 'w> {
    /// The error of a value at `at` that the visitor does not want.
    #[cold]
    #[inline(never)]
    fn unexpected(&self, at: At<'w>, expected: &dyn Expected) -> Error {
        let found = match self.walk.byte(at) {
            b'"' => match self.walk.string(at) {
                Some((span, _)) => Unexpected::Str(self.lend(span)),
                None => Unexpected::Other("string"),
            },
            b'{' => Unexpected::Map,
            b'[' => Unexpected::Seq,
            _ => match self.walk.scalar_exact(at).text() {
                b"true" => Unexpected::Bool(true),
                b"false" => Unexpected::Bool(false),
                b"null" => Unexpected::Unit,
                text => match number::parse(text) {
                    Some(Number::Unsigned(n)) => Unexpected::Unsigned(n),
                    Some(Number::Negative(n)) => Unexpected::Signed(n),
                    Some(Number::Float(n) | Number::BigInteger(n)) => Unexpected::Float(n),
                    None => return Error::syntax(),
                },
            },
        };
        let error: Error = de::Error::invalid_type(found, expected);
        error.at_offset(self.walk.place(at))
    }

    #[inline(always)]
    fn null(&mut self, at: At<'w>) -> Result<()> {
        let scalar = self.walk.scalar(at);
        if scalar.text() == b"null" || self.walk.scalar_exact(at).text() == b"null" {
            self.at = scalar.after;
            return Ok(());
        }
        Err(Error::syntax())
    }

    /// Enters the container at `at`.
    #[inline(always)]
    fn open(&mut self, at: At<'w>, bracket: u8) -> Result<()> {
        match self.walk.open(at, bracket) {
            Some(inside) if self.depth > 0 => {
                self.depth -= 1;
                self.at = inside;
                Ok(())
            }
            _ => Err(Error::syntax()),
        }
    }

    /// Leaves the container whose closing bracket is next.
    #[inline(always)]
    fn close(&mut self, bracket: u8) -> Result<()> {
        match self.walk.close(self.at, bracket) {
            Some(after) => {
                self.depth += 1;
                self.at = after;
                Ok(())
            }
            None => Err(Error::syntax()),
        }
    }

    /// Steps over the value at `at`.
    #[inline(always)]
    fn skip(&mut self, at: At<'w>) -> Result<()> {
        let after = if let Some((_, after)) = self.walk.string(at) {
            Some(after)
        } else if self.limits.lax_skip {
            skip_lax(self.walk, at, self.depth)
        } else {
            skip::skip(self.walk, at, self.depth)
        };
        self.at = after.ok_or_else(Error::syntax)?;
        Ok(())
    }

    /// The visitor returned and the closing bracket is not consumed: a tuple, which stops by itself, or an error.
    #[cold]
    #[inline(never)]
    fn left_open(&mut self, bracket: u8) {
        // while errors pass through, nothing moves between one accessor's end and the next; keep where the first was
        if self.unclosed.to != Some(self.at) {
            self.unclosed.from = Some(self.at);
        }
        if self.close(bracket).is_err() {
            self.unclosed.overrun = self.unclosed.overrun.or(Some(self.at)); // `is_whole` reports it
        }
        self.unclosed.to = Some(self.at);
    }

    /// Whether the record's value was read, all of it, and nothing stands behind it.
    #[inline(always)]
    pub(crate) fn is_whole(&self) -> bool {
        self.walk.is_end(self.at) && self.unclosed.overrun.is_none()
    }

    /// The end of the record, which was read whole.
    #[inline(always)]
    pub(crate) fn end(&self) -> End {
        self.walk.end_at(self.at)
    }

    /// What is known of why the record whose value is at `first` was not read, or not whole.
    #[cold]
    #[inline(never)]
    pub(crate) fn failure(&self, error: Option<Error>, first: At<'w>) -> Failure {
        let noted = match &self.unclosed {
            unclosed if unclosed.to == Some(self.at) => unclosed.from.unwrap_or(self.at),
            _ => self.at,
        };
        let overrun = self.unclosed.overrun.filter(|_| error.as_ref().is_none_or(Error::is_undiagnosed));
        let place = match (error.as_ref().and_then(Error::offset), overrun) {
            (Some(place), _) => place,
            (None, Some(at)) => self.walk.place(at),
            (None, None) => self.walk.place(self.walk.before(noted, first)),
        };
        let error = error.map(|error| error.of_value(self.walk.place(first)));
        Failure { error, place, overrun: overrun.is_some() }
    }
}

impl<'c, 'de, 'w> Value<'c, 'de, 'w> {
    #[inline(always)]
    fn byte(&self) -> u8 {
        self.cursor.walk.byte(self.at)
    }

    #[inline(always)]
    fn unexpected<T>(self, expected: &dyn Expected) -> Result<T> {
        Err(self.cursor.unexpected(self.at, expected))
    }

    #[inline(always)]
    fn seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.byte() != b'[' {
            return self.unexpected(&visitor);
        }
        self.cursor.open(self.at, b'[')?;
        visitor.visit_seq(Elements::new(self.cursor, self.at))
    }

    #[inline(always)]
    fn map<V: Visitor<'de>, const IS_STRUCT: bool>(self, visitor: V) -> Result<V::Value> {
        if self.byte() != b'{' {
            return self.no_map::<V, IS_STRUCT>(visitor);
        }
        self.cursor.open(self.at, b'{')?;
        visitor.visit_map(Members::<IS_STRUCT>::new(self.cursor))
    }

    #[cold]
    #[inline(never)]
    fn no_map<V: Visitor<'de>, const IS_STRUCT: bool>(self, visitor: V) -> Result<V::Value> {
        if IS_STRUCT { self.seq(visitor) } else { self.unexpected(&visitor) }
    }

    #[cold]
    #[inline(never)]
    fn raw_value<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.cursor.at = self.at;
        // what is kept as text is not lax: it is checked whole
        let after = skip::skip(self.cursor.walk, self.at, self.cursor.depth).ok_or_else(Error::syntax)?;
        let text = self.cursor.lend(self.cursor.walk.value(self.at, after));
        self.cursor.at = after;
        visitor.visit_map(key::RawValueAccess::new(text))
    }
}

#[inline(always)]
fn boolean(scalar: Scalar) -> Option<bool> {
    let len = scalar.len();
    // one branch for both, since on real data the value is a coin toss
    let expected = if len == 4 { u64::from_le_bytes(*b"\0\0\0\0true") } else { u64::from_le_bytes(*b"\0\0\0false") };
    let text = u64::from_le_bytes(*scalar.last::<8>(0)?) & KEEP_LAST[len & 15];
    (len & !1 == 4 && text == expected).then_some(len == 4)
}

macro_rules! integers {
    ($($name:ident)*) => {$(
        #[inline(always)]
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.cursor.unsigned_or_any(self.at, visitor)
        }
    )*};
}

macro_rules! integers_128 {
    ($($name:ident $visit:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let scalar = self.cursor.walk.scalar_exact(self.at);
            match number::parse_128(scalar.text()) {
                Some(Ok(n)) => {
                    self.cursor.at = scalar.after;
                    visitor.$visit(n)
                }
                Some(Err(_)) => Err(self.cursor.out_of_range(self.at, &visitor)),
                None => self.cursor.number_slow(self.at, true, visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, 'de, '_> {
    type Error = Error;

    #[inline(never)]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.byte() {
            b'{' => self.map::<V, false>(visitor),
            b'[' => self.seq(visitor),
            _ => self.scalar(visitor),
        }
    }

    integers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    }
    integers_128! { deserialize_u128 visit_u128 deserialize_i128 visit_i128 }

    #[inline(always)]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let scalar = self.cursor.walk.scalar(self.at);
        match float::unit_f64(scalar).or_else(|| float::any_f64(self.cursor.walk, self.at)) {
            Some(n) => {
                self.cursor.at = scalar.after;
                visitor.visit_f64(n)
            }
            None => self.cursor.number_slow(self.at, false, visitor),
        }
    }

    #[inline(always)]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let scalar = self.cursor.walk.scalar(self.at);
        if let Some(n) = float::unit_f64(scalar).and_then(float::narrow_short) {
            self.cursor.at = scalar.after;
            return visitor.visit_f32(n);
        }
        self.cursor.float32(self.at, visitor)
    }

    #[inline(always)]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let scalar = self.cursor.walk.scalar(self.at);
        match boolean(scalar) {
            Some(value) => {
                self.cursor.at = scalar.after;
                visitor.visit_bool(value)
            }
            None => self.bool_slow(visitor),
        }
    }

    #[inline(always)]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.cursor.string(self.at, visitor)
    }

    #[inline(always)]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.byte() {
            b'"' => match self.cursor.text(self.at) {
                Some(Text::Lent(text)) => visitor.visit_borrowed_bytes(text.as_bytes()),
                Some(Text::Decoded) => visitor.visit_bytes(self.cursor.scratch.as_bytes()),
                Some(Text::Owned(text)) => visitor.visit_byte_buf(text.into_bytes()),
                None => Err(Error::syntax()),
            },
            _ => self.seq(visitor),
        }
    }

    #[inline(always)]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.byte() == b'n' {
            self.cursor.null(self.at)?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.byte() != b'n' {
            return self.unexpected(&visitor);
        }
        self.cursor.null(self.at)?;
        visitor.visit_unit()
    }

    #[inline(always)]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == RAW_VALUE {
            return self.raw_value(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    #[inline(always)]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.seq(visitor)
    }

    #[inline(always)]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.map::<V, false>(visitor)
    }

    #[inline(always)]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.map::<V, true>(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.byte() {
            b'"' => visitor.visit_enum(enums::UnitVariant::new(self)),
            b'{' => {
                self.cursor.open(self.at, b'{')?;
                let value = visitor.visit_enum(enums::Variant::new(self.cursor))?;
                if let Err(error) = self.cursor.close(b'}') {
                    // a second member, perhaps, which is no error of grammar
                    self.cursor.unclosed.overrun = Some(self.cursor.at);
                    return Err(error);
                }
                Ok(value)
            }
            _ => self.unexpected(&visitor),
        }
    }

    #[inline(always)]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.cursor.skip(self.at)?;
        visitor.visit_unit()
    }

    #[inline(always)]
    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.seq(visitor)
    }

    #[inline(always)]
    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value> {
        self.seq(visitor)
    }

    #[inline(always)]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    #[inline(always)]
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    #[inline(always)]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    #[inline(always)]
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }
}

impl<'de> Value<'_, 'de, '_> {
    /// Whatever is no container. Out of line, to keep it off the stack of recursive types.
    #[inline(never)]
    fn scalar<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.byte() {
            b'"' => self.cursor.string(self.at, visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => {
                self.cursor.null(self.at)?;
                visitor.visit_unit()
            }
            _ => self.cursor.any_number(self.at, visitor),
        }
    }

    #[cold]
    #[inline(never)]
    fn bool_slow<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let scalar = self.cursor.walk.scalar_exact(self.at);
        let value = match scalar.text() {
            b"true" => true,
            b"false" => false,
            _ => return self.unexpected(&visitor),
        };
        self.cursor.at = scalar.after;
        visitor.visit_bool(value)
    }
}
