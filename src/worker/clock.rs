//! One monotonic clock for the process, in milliseconds and microseconds since its start.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

static START: OnceLock<(Instant, u64)> = OnceLock::new();

fn start() -> &'static (Instant, u64) {
    START.get_or_init(|| {
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        (Instant::now(), unix.as_micros() as u64)
    })
}

/// Microseconds since the first reading of this clock.
#[inline]
pub fn now_us() -> u64 {
    start().0.elapsed().as_micros() as u64
}

/// Milliseconds since the first reading of this clock.
#[inline]
pub fn now_ms() -> u64 {
    now_us() / 1_000
}

/// Microseconds since the Unix epoch, for logs: the wall clock at the start plus what has passed,
/// so that a stepped wall clock never gives a negative duration.
pub fn unix_us(at_us: u64) -> u64 {
    start().1 + at_us
}
