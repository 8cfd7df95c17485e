//! Every case and writer of `compare`, under criterion's statistics.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use simd_jsonl_bench::writing::{WriteCase, Writer};

/// Several times the text that is in memory.
const SIZE: usize = 16 << 20;

fn write(criterion: &mut Criterion) {
    let writers = Writer::all();
    for case in WriteCase::ALL {
        let input = case.prepare(&writers, SIZE);
        // The names begin with "write".
        let mut group = criterion.benchmark_group(case.name.replacen(' ', "/", 1));
        group.throughput(Throughput::Bytes(input.len() as u64));
        for &writer in &writers {
            group.bench_function(writer.to_string(), |bencher| bencher.iter(|| input.write(writer)));
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = write
}
criterion_main!(benches);
