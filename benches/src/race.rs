//! Timing.

use std::time::{Duration, Instant};

/// Lets the runners run in turn, so that a disturbance of the machine hits all alike, and returns the best time of each.
pub fn race<T: Copy>(runners: &[T], rounds: usize, run: impl Fn(T)) -> Vec<(T, Duration)> {
    let mut best: Vec<_> = runners.iter().map(|&runner| (runner, Duration::MAX)).collect();
    for _ in 0..rounds {
        for (runner, best) in &mut best {
            let start = Instant::now();
            run(*runner);
            *best = start.elapsed().min(*best);
        }
    }
    best
}

/// [`race`], in GB/s over `bytes` bytes.
pub fn rates<T: Copy>(runners: &[T], rounds: usize, bytes: usize, run: impl Fn(T)) -> Vec<(T, f64)> {
    let rate = |(runner, time): (T, Duration)| (runner, bytes as f64 / time.as_secs_f64() / 1e9);
    race(runners, rounds, run).into_iter().map(rate).collect()
}
