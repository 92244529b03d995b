//! A histogram of what the control side itself takes time for.

use std::time::Duration;

/// Upper bounds of the buckets, in milliseconds; one more takes the rest.
pub const BOUNDS_MS: [u64; 9] = [1, 5, 10, 25, 50, 100, 500, 1_000, 10_000];

/// Counts of durations by bucket, not cumulated, with their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    pub buckets: [u64; BOUNDS_MS.len() + 1],
    pub sum: Duration,
}

impl Histogram {
    pub fn record(&mut self, took: Duration) {
        let fits = |bound: &u64| took <= Duration::from_millis(*bound);
        let bucket = BOUNDS_MS.iter().position(fits);
        // There is one bucket more than bounds.
        self.buckets[bucket.unwrap_or(BOUNDS_MS.len())] += 1;
        self.sum += took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        let mut histogram = Histogram::default();
        for ms in [0, 1, 2, 10_000, 10_001] {
            histogram.record(Duration::from_millis(ms));
        }
        assert_eq!(histogram.buckets, [2, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(histogram.sum, Duration::from_millis(20_004));
    }
}
