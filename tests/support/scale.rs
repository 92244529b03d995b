//! How long and how often the long suites do what they do: `RINGRESS_LOAD_SECONDS` is the time of
//! one load, 4 s where it is not set; from 30 s on, counts are those of the full run.

use std::time::Duration;

const DEFAULT: u64 = 4;
const FULL: u64 = 30;

fn wanted() -> u64 {
    let given = std::env::var("RINGRESS_LOAD_SECONDS").unwrap_or_default();
    if given.is_empty() {
        return DEFAULT;
    }
    given.parse().expect("RINGRESS_LOAD_SECONDS: whole seconds")
}

/// The time of one load.
pub fn time() -> Duration {
    Duration::from_secs(wanted().max(1))
}

/// Whether this is the full run.
pub fn full() -> bool {
    wanted() >= FULL
}

/// A count of the short run and of the full one.
pub fn count(short: usize, full_run: usize) -> usize {
    if full() { full_run } else { short }
}
