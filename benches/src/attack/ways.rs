//! Who reads the input.

use std::hint::black_box;

use serde::Deserialize;
use serde::de::IgnoredAny;
use simd_jsonl::{ErrorPolicy, LazyValue, ReaderBuilder, Validator};

/// Limits that are not the defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// How deep.
    pub max_depth: Option<usize>,
    /// How long.
    pub max_record_len: Option<usize>,
}

impl Limits {
    /// Bad records are only counted.
    fn builder(&self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder.on_error(ErrorPolicy::skip());
        self.max_depth.map(|levels| builder.max_depth(levels));
        self.max_record_len.map(|bytes| builder.max_record_len(bytes));
        builder
    }
}

/// How many records were good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// So many.
    pub good: u64,
    /// And so many were not.
    pub bad: u64,
}

impl Count {
    fn of<T, E>(records: impl Iterator<Item = Result<T, E>>) -> Self {
        let mut count = Self::default();
        for record in records {
            match black_box(record) {
                Ok(_) => count.good += 1,
                Err(_) => count.bad += 1,
            }
        }
        count
    }

    fn and_bad(self, bad: u64) -> Self {
        Self { bad: self.bad + bad, ..self }
    }
}

/// Where the bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Memory, borrowed.
    Slice,
    /// A `Read`, through the reader's buffer.
    Stream,
}

type Run = fn(&Limits, &[u8]) -> Count;

/// A way to read JSON Lines.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// What it does.
    pub name: &'static str,
    /// What it reads from.
    pub source: Source,
    /// Whether the target keeps what it reads, so that its memory is its own affair.
    pub keeps: bool,
    /// Whether all records of the attack are bad to it.
    pub rejects: bool,
    /// Reads all.
    pub run: Run,
    /// `serde_json` from a slice, line by line, into the same target.
    pub peer: Option<fn(&[u8]) -> Count>,
}

impl Way {
    const fn new(name: &'static str, run: Run) -> Self {
        Self { name, source: Source::Slice, keeps: false, rejects: false, run, peer: None }
    }

    /// With `serde_json` beside it.
    pub(super) const fn typed(name: &'static str, run: Run, peer: fn(&[u8]) -> Count) -> Self {
        Self { peer: Some(peer), ..Self::new(name, run) }
    }

    /// Its memory is its own affair.
    pub(super) const fn keeps(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// All records of the attack are bad to it.
    pub(super) const fn rejects(mut self) -> Self {
        self.rejects = true;
        self
    }

    /// `IgnoredAny`: what becomes of a field that the target type does not have.
    pub(super) const SKIP: Self = decode!("skipped", IgnoredAny);

    /// The same from a stream.
    pub(super) const STREAM: Self = Self {
        source: Source::Stream,
        ..Self::new("skipped, from a stream", |limits, bytes| {
            let mut records = limits.builder().from_reader(bytes).into_deserialize::<IgnoredAny>();
            let count = Count::of(records.by_ref());
            count.and_bad(records.reader().report().errors)
        })
    };

    /// A dynamic value.
    pub(super) const VALUE: Self = Self::typed(
        "value",
        |limits, bytes| {
            let mut reader = limits.builder().from_slice(bytes);
            let values = std::iter::from_fn(|| {
                let record = reader.next_record().expect("errors are counted")?;
                Some(record.to_value().map(black_box).map(drop))
            });
            let count = Count::of(values);
            count.and_bad(reader.report().errors)
        },
        |bytes| by_serde_json::<serde_json::Value>(bytes),
    )
    .keeps();

    /// `Validator`.
    pub(super) const VALIDATE: Self = Self::new("validated", |limits, bytes| {
        let mut validator = Validator::new();
        validator.keep_errors(10);
        limits.max_depth.map(|levels| validator.max_depth(levels));
        limits.max_record_len.map(|bytes| validator.max_record_len(bytes));
        let summary = validator.validate_slice(bytes).summary;
        Count { good: summary.records, bad: summary.errors }
    });

    /// `Record::get` of a member `z`, which comes last or not at all.
    pub(super) const GET: Self = Self::new("`get(\"z\")`", |limits, bytes| {
        lent(limits, bytes, |value| value.get("z").map(|value| value.and_then(|value| value.as_u64())).is_ok())
    });

    /// Every value within, by [`LazyValue`].
    pub(super) const WALK: Self = Self::new("lazy, all of it", |limits, bytes| lent(limits, bytes, walk));
}

/// A way that decodes into a type.
macro_rules! decode {
    ($name:literal, $type:ty) => {
        $crate::attack::ways::Way::typed(
            $name,
            |limits, bytes| $crate::attack::ways::by_us::<$type>(limits, bytes),
            |bytes| $crate::attack::ways::by_serde_json::<$type>(bytes),
        )
    };
}
pub(super) use decode;

pub(super) fn by_us<'a, T: Deserialize<'a>>(limits: &Limits, bytes: &'a [u8]) -> Count {
    let mut records = limits.builder().from_slice(bytes).into_deserialize::<T>();
    let count = Count::of(records.by_ref());
    count.and_bad(records.reader().report().errors)
}

pub(super) fn by_serde_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Count {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    Count::of(lines.map(|line| serde_json::from_slice::<T>(line)))
}

fn lent(limits: &Limits, bytes: &[u8], is_good: impl Fn(LazyValue<'_>) -> bool) -> Count {
    let mut reader = limits.builder().from_slice(bytes);
    let mut count = Count::default();
    while let Some(record) = reader.next_record().expect("errors are counted") {
        match black_box(is_good(record.as_lazy())) {
            true => count.good += 1,
            false => count.bad += 1,
        }
    }
    count.and_bad(reader.report().errors)
}

/// Whether all within is valid.
fn walk(value: LazyValue<'_>) -> bool {
    if value.is_array() {
        return value.array().is_ok_and(|mut elements| elements.all(|element| element.is_ok_and(walk)));
    }
    if value.is_object() {
        let is_good = |member: simd_jsonl::Result<(_, LazyValue<'_>)>| member.is_ok_and(|(_, value)| walk(value));
        return value.object().is_ok_and(|mut members| members.all(is_good));
    }
    black_box(value.as_u64());
    true
}
