//! The Rust types the workloads are read into and written from: borrowed, projected and owned.
#![expect(missing_docs, reason = "the fields are the workload's")]

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::peers::serde_jsonlines;
use crate::tally::{Sink, Tallied, Tally};
use crate::text::Text;

/// A record type with its lifetime left open: a peer that parses in a buffer of its own lends it for one line only.
pub trait Shape {
    /// The type of one record that borrows for `'a`.
    type Record<'a>: Deserialize<'a> + Tallied;

    /// Reads with serde-jsonlines, which knows no types that borrow: `None` for those.
    fn read_owned<K: Sink>(_text: &Text) -> Option<K> {
        None
    }
}

/// Opens the lifetime that a type does not have.
macro_rules! owned {
    ($name:ty) => {
        impl Shape for $name {
            type Record<'a> = $name;

            fn read_owned<K: Sink>(text: &Text) -> Option<K> {
                Some(serde_jsonlines::records::<Self, K>(text))
            }
        }
    };
}
owned!(IgnoredAny);
owned!(serde_json::Value);

impl Shape for sonic_rs::Value {
    type Record<'a> = Self;
}

/// Tallies a struct field by field, and opens its lifetime.
macro_rules! record {
    ($name:ident<'_> { $($field:ident),* }) => {
        impl Shape for $name<'static> {
            type Record<'a> = $name<'a>;
        }
        record!(@fields $name<'_> { $($field),* });
    };
    ($name:ident { $($field:ident),* }) => {
        owned!($name);
        record!(@fields $name { $($field),* });
    };
    (@fields $name:ty { $($field:ident),* }) => {
        impl Tallied for $name {
            fn add_to(&self, tally: &mut Tally) {
                $(self.$field.add_to(tally);)*
            }
        }
    };
}

/// A record of `Workload::Small`.
#[derive(Deserialize, Serialize)]
pub struct Small<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub email: Cow<'a, str>,
    pub age: u32,
    pub active: bool,
}
record!(Small<'_> { id, name, email, age, active });

/// A record of `Workload::Log`.
#[derive(Deserialize, Serialize)]
pub struct Log<'a> {
    pub ts: &'a str,
    pub level: &'a str,
    pub service: &'a str,
    #[serde(borrow)]
    pub msg: Cow<'a, str>,
    #[serde(borrow)]
    pub req: Request<'a>,
    pub dur_ms: f64,
    pub bytes: u64,
    #[serde(borrow)]
    pub tags: Vec<&'a str>,
}
record!(Log<'_> { ts, level, service, msg, req, dur_ms, bytes, tags });

/// The request in a [`Log`].
#[derive(Deserialize, Serialize)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub status: u16,
    pub ua: &'a str,
    pub ip: &'a str,
}
record!(Request<'_> { method, path, status, ua, ip });

/// Two of the eight fields of `Workload::Log`: what an aggregation reads.
#[derive(Deserialize, Serialize)]
pub struct LogProjection<'a> {
    pub level: &'a str,
    pub dur_ms: f64,
}
record!(LogProjection<'_> { level, dur_ms });

/// A record of `Workload::Chat`.
#[derive(Deserialize, Serialize)]
pub struct Chat<'a> {
    #[serde(borrow)]
    pub messages: Vec<Message<'a>>,
}
record!(Chat<'_> { messages });

/// One message of a [`Chat`].
#[derive(Deserialize, Serialize)]
pub struct Message<'a> {
    pub role: &'a str,
    #[serde(borrow)]
    pub content: Cow<'a, str>,
}
record!(Message<'_> { role, content });

/// A record of `Workload::Embeddings`.
#[derive(Deserialize, Serialize)]
pub struct Embedding<'a> {
    pub id: &'a str,
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    pub embedding: Vec<f32>,
    pub model: &'a str,
}
record!(Embedding<'_> { id, text, embedding, model });

/// A record of `Workload::GitHub`.
#[derive(Deserialize, Serialize)]
pub struct Event<'a> {
    pub id: &'a str,
    #[serde(rename = "type")]
    pub kind: &'a str,
    #[serde(borrow)]
    pub actor: Actor<'a>,
    #[serde(borrow)]
    pub repo: Repo<'a>,
    pub public: bool,
    pub created_at: &'a str,
}
record!(Event<'_> { id, kind, actor, repo, public, created_at });

/// Who caused an [`Event`].
#[derive(Deserialize, Serialize)]
pub struct Actor<'a> {
    pub id: u64,
    pub login: &'a str,
}
record!(Actor<'_> { id, login });

/// Where an [`Event`] happened.
#[derive(Deserialize, Serialize)]
pub struct Repo<'a> {
    pub id: u64,
    pub name: &'a str,
}
record!(Repo<'_> { id, name });

/// A record of `Workload::Tweets`.
#[derive(Deserialize, Serialize)]
pub struct Tweet<'a> {
    pub created_at: &'a str,
    pub id: u64,
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    #[serde(borrow)]
    pub user: User<'a>,
    pub retweet_count: u64,
    pub favorite_count: u64,
    pub lang: &'a str,
}
record!(Tweet<'_> { created_at, id, text, user, retweet_count, favorite_count, lang });

/// Who wrote a [`Tweet`].
#[derive(Deserialize, Serialize)]
pub struct User<'a> {
    pub id: u64,
    pub screen_name: &'a str,
    pub followers_count: u64,
}
record!(User<'_> { id, screen_name, followers_count });

/// A record of `Workload::Metrics`.
#[derive(Deserialize, Serialize)]
pub struct Metric<'a> {
    pub ts: i64,
    pub host: &'a str,
    pub name: &'a str,
    pub value: f64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    pub stddev: f64,
    pub delta: i64,
    pub quantiles: Vec<f64>,
}
record!(Metric<'_> { ts, host, name, value, min, max, mean, stddev, delta, quantiles });

/// A record of `Workload::Tiny`.
#[derive(Deserialize, Serialize)]
pub struct Tiny {
    pub a: u32,
}
record!(Tiny { a });

/// A record of `Workload::Huge`.
#[derive(Deserialize, Serialize)]
pub struct Huge<'a> {
    #[serde(borrow)]
    pub rows: Vec<Log<'a>>,
}
record!(Huge<'_> { rows });

/// [`Small`] with strings of its own.
#[derive(Deserialize, Serialize)]
pub struct SmallOwned {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub age: u32,
    pub active: bool,
}
record!(SmallOwned { id, name, email, age, active });

/// [`Log`] with strings of its own.
#[derive(Deserialize, Serialize)]
pub struct LogOwned {
    pub ts: String,
    pub level: String,
    pub service: String,
    pub msg: String,
    pub req: RequestOwned,
    pub dur_ms: f64,
    pub bytes: u64,
    pub tags: Vec<String>,
}
record!(LogOwned { ts, level, service, msg, req, dur_ms, bytes, tags });

/// [`Request`] with strings of its own.
#[derive(Deserialize, Serialize)]
pub struct RequestOwned {
    pub method: String,
    pub path: String,
    pub status: u16,
    pub ua: String,
    pub ip: String,
}
record!(RequestOwned { method, path, status, ua, ip });
