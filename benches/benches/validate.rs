//! Every case and validator of `compare`, and files with bad lines, under criterion's statistics.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use simd_jsonl_bench::validating::{FaultyCase, ValidateCase, ValidateInput, Validator};

/// More than the caches near the core hold, little enough for many samples.
const SIZE: usize = 16 << 20;

fn validate(criterion: &mut Criterion) {
    let validators = Validator::all();
    for case in ValidateCase::ALL {
        // The names begin with "validate".
        group(criterion, &case.name.replacen(' ', "/", 1), &case.prepare(SIZE), &validators);
    }
    for case in FaultyCase::all() {
        group(criterion, &case.to_string().replacen(' ', "/", 1), &case.prepare(SIZE), &FaultyCase::validators());
    }
}

fn group(criterion: &mut Criterion, name: &str, input: &ValidateInput, validators: &[Validator]) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(input.len() as u64));
    for &validator in validators {
        group.bench_function(validator.to_string(), |bencher| bencher.iter(|| input.validate(validator)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = validate
}
criterion_main!(benches);
