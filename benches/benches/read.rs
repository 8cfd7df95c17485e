//! Every case and reader of `compare`, under criterion's statistics.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use simd_jsonl_bench::case::Case;
use simd_jsonl_bench::peers::Peer;

/// More than the caches near the core hold, little enough for many samples.
const SIZE: usize = 16 << 20;

fn read(criterion: &mut Criterion) {
    let peers = Peer::all();
    for case in Case::ALL {
        let input = case.prepare(&peers, SIZE);
        let mut group = criterion.benchmark_group(format!("read/{}", case.name));
        group.throughput(Throughput::Bytes(input.len() as u64));
        for &peer in input.peers() {
            group.bench_function(peer.to_string(), |bencher| bencher.iter(|| input.read(peer)));
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
    targets = read
}
criterion_main!(benches);
