//! The same records from memory, from a file and through a pipe.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use simd_jsonl_bench::transport::{Transport, TransportCase};

/// More than the caches near the core hold, little enough for many samples.
const SIZE: usize = 16 << 20;

fn transport(criterion: &mut Criterion) {
    for case in TransportCase::ALL {
        let input = case.prepare(SIZE);
        let mut group = criterion.benchmark_group(format!("transport/{}", case.name));
        group.throughput(Throughput::Bytes(input.len() as u64));
        for transport in Transport::ALL {
            group.bench_function(transport.to_string(), |bencher| bencher.iter(|| input.read(transport)));
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
    targets = transport
}
criterion_main!(benches);
