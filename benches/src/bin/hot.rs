//! Loops over records as users write them, for `.ci/inline`, which looks at their machine code.
//!
//! Each has a function of its own, so that it can be found; they run once, so that they are there.

use std::hint::black_box;

use simd_jsonl::JsonlSlice;
use simd_jsonl_bench::types::{Embedding, Log, LogProjection, Small};
use simd_jsonl_bench::workload::Workload;

/// A function that reads every record as a `$record`.
macro_rules! typed {
    ($name:ident, $record:ty) => {
        #[inline(never)]
        fn $name(bytes: &[u8]) {
            for record in JsonlSlice::new(bytes).into_deserialize::<$record>() {
                black_box(record.unwrap());
            }
        }
    };
}
typed!(hot_small, Small);
typed!(hot_log, Log);
typed!(hot_projection, LogProjection);
typed!(hot_embeddings, Embedding);

#[inline(never)]
fn hot_get(bytes: &[u8]) {
    let mut reader = JsonlSlice::new(bytes);
    while let Some(record) = reader.next_record().unwrap() {
        black_box(record.get("level").unwrap().unwrap().as_str());
    }
}

fn main() {
    let generate = |workload: Workload| black_box(workload.generate(1 << 16));
    hot_small(&generate(Workload::Small));
    hot_log(&generate(Workload::Log));
    hot_projection(&generate(Workload::Log));
    hot_embeddings(&generate(Workload::Embeddings));
    hot_get(&generate(Workload::Log));
}
