//! One monotonic clock for the process, in milliseconds and microseconds since its first reading.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds on the monotonic clock and since the Unix epoch at the first reading.
static START: OnceLock<(Instant, u64)> = OnceLock::new();

thread_local! {
    /// The last reading on this thread.
    static LAST_US: Cell<u64> = const { Cell::new(0) };
}

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
    let now = start().0.elapsed().as_micros() as u64;
    LAST_US.set(now);
    now
}

/// Milliseconds since the first reading of this clock.
#[inline]
pub fn now_ms() -> u64 {
    now_us() / 1_000
}

/// Milliseconds at the last reading on this thread: every exchange reads the clock, and the ticker
/// does ten times a second, so it is never far behind.
#[inline]
pub fn recent_ms() -> u64 {
    LAST_US.get() / 1_000
}

/// As [`recent_ms`], in microseconds.
#[inline]
pub fn recent_us() -> u64 {
    LAST_US.get()
}

/// Microseconds since the Unix epoch, for logs: the wall clock at the start plus what has passed,
/// so that a stepped wall clock never gives a negative duration.
pub fn unix_us(at_us: u64) -> u64 {
    start().1 + at_us
}
