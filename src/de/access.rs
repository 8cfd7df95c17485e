//! The elements of an array and the members of an object.

use super::{Value, key::Key};
use crate::{
    cursor::{At, Cursor},
    error::{Error, Result},
};
use serde::de::{Deserialize, DeserializeSeed, MapAccess, SeqAccess};
use std::marker::PhantomData;

/// The elements of an array. Proves the separators and the closing bracket.
pub(super) struct Elements<'c, 'de, 'w> {
    cursor: &'c mut Cursor<'de, 'w>,
    /// The last element, or the opening bracket.
    last: At<'w>,
    /// The closing bracket is consumed.
    closed: bool,
}

impl<'c, 'de, 'w> Elements<'c, 'de, 'w> {
    /// The opening bracket, at `open`, is consumed.
    #[inline(always)]
    pub(super) fn new(cursor: &'c mut Cursor<'de, 'w>, open: At<'w>) -> Self {
        Elements { cursor, last: open, closed: false }
    }
}

/// A tuple's visitor stops before the closing bracket, which must then be next. In a destructor, because behind the visitor
/// nothing may stand (see `de`).
impl Drop for Elements<'_, '_, '_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.closed {
            self.cursor.left_open(b']');
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de, '_> {
    type Error = Error;

    #[inline(always)]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.closed {
            return Ok(None);
        }
        let at = self.cursor.at;
        // an element that was not read is not there again
        if at == std::mem::replace(&mut self.last, at) {
            return Err(Error::syntax());
        }
        // behind a comma any start of a value will do: the value itself refuses `]`
        if !self.cursor.walk.may_start_next_element(at) {
            if self.cursor.walk.byte(at) == b']' && !self.cursor.walk.follows_comma(at) {
                self.cursor.close(b']')?;
                self.closed = true;
                return Ok(None);
            }
            if !self.cursor.walk.may_start_element(at) {
                return Err(Error::syntax());
            }
        }
        seed.deserialize(Value { cursor: self.cursor, at }).map(Some)
    }

    /// For the memory to begin with; not exact.
    #[inline(always)]
    fn size_hint(&self) -> Option<usize> {
        Some(self.cursor.walk.elements_ahead(self.cursor.at))
    }

    // serde's own are only hinted to be inlined
    #[inline(always)]
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>> {
        self.next_element_seed(PhantomData)
    }
}

/// The members of an object. Proves the separators and the closing bracket.
pub(super) struct Members<'c, 'de, 'w, const IS_STRUCT: bool> {
    cursor: &'c mut Cursor<'de, 'w>,
    /// The value of the key that was read last.
    value: At<'w>,
    /// The closing bracket is consumed.
    closed: bool,
}

impl<'c, 'de, 'w, const IS_STRUCT: bool> Members<'c, 'de, 'w, IS_STRUCT> {
    /// The opening bracket is consumed.
    #[inline(always)]
    pub(super) fn new(cursor: &'c mut Cursor<'de, 'w>) -> Self {
        let value = cursor.at;
        Members { cursor, value, closed: false }
    }
}

impl<const IS_STRUCT: bool> Drop for Members<'_, '_, '_, IS_STRUCT> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.closed {
            self.cursor.left_open(b'}');
        }
    }
}

impl<'de, const IS_STRUCT: bool> MapAccess<'de> for Members<'_, 'de, '_, IS_STRUCT> {
    type Error = Error;

    #[inline(always)]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.closed {
            return Ok(None);
        }
        let at = self.cursor.at;
        // one call of the visitor for all cases, so that it is inlined
        let lent = match self.cursor.walk.member(at) {
            Some((span, value)) => {
                self.value = value;
                Some(self.cursor.lend(span))
            }
            None if self.cursor.walk.byte(at) == b'}' => {
                self.cursor.close(b'}')?;
                self.closed = true;
                return Ok(None);
            }
            None => {
                let (lent, value) = self.cursor.member_slow(at).ok_or_else(Error::syntax)?;
                self.value = value;
                lent
            }
        };
        self.cursor.at = self.value; // only a visitor that never asks for the value reads this
        let text = lent.unwrap_or(self.cursor.scratch);
        seed.deserialize(Key::<IS_STRUCT> { text, lent }).map(Some)
    }

    #[inline(always)]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(Value { cursor: self.cursor, at: self.value })
    }

    #[inline(always)]
    fn next_key<K: Deserialize<'de>>(&mut self) -> Result<Option<K>> {
        self.next_key_seed(PhantomData)
    }

    #[inline(always)]
    fn next_value<V: Deserialize<'de>>(&mut self) -> Result<V> {
        V::deserialize(Value { cursor: self.cursor, at: self.value })
    }
}
