//! Dynamic values, one kind of each crate, and how they are tallied: alike, whatever order a crate keeps members in.

use serde_json::Value as SerdeValue;
use simd_json::{BorrowedValue, StaticNode};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value as SonicValue};

use crate::tally::{Tallied, Tally};

/// In the place of a `null`; no number of the workloads is that large.
const NULL: u64 = u64::MAX - 1;

impl Tallied for SerdeValue {
    fn add_to(&self, tally: &mut Tally) {
        match self {
            Self::Null => NULL.add_to(tally),
            Self::Bool(value) => value.add_to(tally),
            Self::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => value.add_to(tally),
                (None, Some(value)) => value.add_to(tally),
                (None, None) => number.as_f64().expect("a number of 64 bits").add_to(tally),
            },
            Self::String(text) => text.add_to(tally),
            Self::Array(items) => items.add_to(tally),
            Self::Object(members) => tally.members(members.iter().map(|(key, value)| (key.as_str(), value))),
        }
    }
}

impl Tallied for BorrowedValue<'_> {
    fn add_to(&self, tally: &mut Tally) {
        match self {
            Self::Static(StaticNode::Null) => NULL.add_to(tally),
            Self::Static(StaticNode::Bool(value)) => value.add_to(tally),
            Self::Static(StaticNode::U64(value)) => value.add_to(tally),
            Self::Static(StaticNode::I64(value)) => value.add_to(tally),
            Self::Static(StaticNode::F64(value)) => value.add_to(tally),
            Self::String(text) => text.add_to(tally),
            Self::Array(items) => items.as_slice().add_to(tally),
            Self::Object(members) => {
                let members: Vec<_> = members.iter().map(|(key, value)| (&**key, value)).collect();
                tally.members(members.into_iter());
            }
        }
    }
}

impl Tallied for SonicValue {
    fn add_to(&self, tally: &mut Tally) {
        match self.get_type() {
            JsonType::Null => NULL.add_to(tally),
            JsonType::Boolean => self.as_bool().expect("a boolean").add_to(tally),
            JsonType::Number => match (self.as_u64(), self.as_i64()) {
                (Some(value), _) => value.add_to(tally),
                (None, Some(value)) => value.add_to(tally),
                (None, None) => self.as_f64().expect("a number of 64 bits").add_to(tally),
            },
            JsonType::String => self.as_str().expect("a string").add_to(tally),
            JsonType::Array => self.as_array().expect("an array").as_slice().add_to(tally),
            JsonType::Object => {
                let members: Vec<_> = self.as_object().expect("an object").iter().collect();
                tally.members(members.into_iter());
            }
        }
    }
}
