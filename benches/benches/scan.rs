//! What comes before any record is decoded: lines, and the structure of the records (stage 1).

use std::hint::black_box;
use std::io::BufRead;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use simd_jsonl::{JsonlSlice, Level, Lines};
use simd_jsonl_bench::text::Text;
use simd_jsonl_bench::workload::{Workload, wide};

/// More than the caches near the core hold, little enough for many samples.
const SIZE: usize = 16 << 20;

fn lines(criterion: &mut Criterion) {
    let text = Text::new(Workload::Log.generate(SIZE));
    let mut group = criterion.benchmark_group("scan/lines");
    group.throughput(Throughput::Bytes(text.bytes().len() as u64));
    group.bench_function("Lines", |bencher| {
        bencher.iter(|| Lines::new(text.bytes()).for_each(|line| _ = black_box(line.as_bytes())));
    });
    group.bench_function("memchr", |bencher| bencher.iter(|| text.lines().for_each(|line| _ = black_box(line))));
    group.bench_function("BufRead::lines", |bencher| {
        bencher.iter(|| text.bytes().lines().for_each(|line| _ = black_box(line.expect("valid UTF-8"))));
    });
    group.finish();
}

/// There is no way to call stage 1 alone: this is `next_record` over records of 64 KiB, which is stage 1 and little more.
fn stage1(criterion: &mut Criterion) {
    let bytes = wide(SIZE, 64 << 10);
    let mut group = criterion.benchmark_group("scan/stage 1");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    for level in Level::available() {
        group.bench_function(level.name(), |bencher| {
            bencher.iter(|| {
                let mut reader = JsonlSlice::builder().level(level).from_slice(&bytes);
                while let Some(record) = reader.next_record().expect("valid line") {
                    black_box(&record);
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = lines, stage1
}
criterion_main!(benches);
