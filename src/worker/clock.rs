//! One monotonic clock for the process, in milliseconds and microseconds since its first reading.

use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The first reading, in microseconds of the kernel's monotonic clock.
static START_US: OnceLock<u64> = OnceLock::new();
/// Microseconds since the Unix epoch at the first reading, as the wall clock tells it now.
static EPOCH_US: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The last reading on this thread.
    static LAST_US: Cell<u64> = const { Cell::new(0) };
}

#[inline]
fn start_us() -> u64 {
    *START_US.get_or_init(|| {
        EPOCH_US.store(wall_us(), Ordering::Relaxed);
        monotonic_us()
    })
}

/// What an `Instant` reads too, without its arithmetic: every exchange reads the clock twice.
#[inline]
fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1_000
}

fn wall_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as u64)
}

/// Follows the wall clock, which is corrected at times, and goes on while the machine sleeps.
pub fn anchor() {
    let now_us = now_us();
    EPOCH_US.store(wall_us().saturating_sub(now_us), Ordering::Relaxed);
}

/// Microseconds since the first reading of this clock.
#[inline]
pub fn now_us() -> u64 {
    let start_us = start_us();
    let now = monotonic_us().saturating_sub(start_us);
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

/// A time of this clock in microseconds since the Unix epoch, for `Date` and logs. Durations are
/// differences of this clock, so that a stepped wall clock never makes one negative.
pub fn unix_us(at_us: u64) -> u64 {
    start_us();
    EPOCH_US.load(Ordering::Relaxed) + at_us
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_is_followed() {
        let right = |us: u64| us.abs_diff(wall_us()) < 60_000_000;
        assert!(right(unix_us(now_us())));
        // As if the machine had slept for a day, which the monotonic clock does not count.
        EPOCH_US.fetch_sub(86_400_000_000, Ordering::Relaxed);
        assert!(!right(unix_us(now_us())));
        anchor();
        assert!(right(unix_us(now_us())));
    }
}
