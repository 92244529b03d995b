//! Turns: a task that never has to wait must let the others run all the same.
//!
//! On epoll an operation that is ready completes within the poll that began it, so that a
//! connection whose peer is always ahead would keep its worker for ever, and with it the timers
//! and the heartbeat. A waker called from within its own task is no way out: monoio 0.2.4 runs
//! such a task again before any other.

use super::clock;
use std::cell::Cell;
use std::time::Duration;

/// Pieces of work in a row, none of which had to wait, after which others come first.
const IN_A_ROW: u8 = 32;
/// Age of the last heartbeat above which the runtime must come to its timers, which it looks at
/// only when no task is ready.
const LATE_MS: u64 = 200;

thread_local! {
    static BEAT_MS: Cell<u64> = const { Cell::new(0) };
}

/// Notes that the timers run.
pub fn beat(now_ms: u64) {
    BEAT_MS.set(now_ms);
}

/// Counts pieces of work that did not wait.
#[derive(Debug, Default)]
pub struct Turns(Cell<u8>);

impl Turns {
    /// Notes a wait: others had their turn.
    #[inline]
    pub fn waited(&self) {
        self.0.set(0);
    }

    /// Notes a piece of work; says whether it is time to [`pause`].
    #[inline]
    pub fn worked(&self) -> bool {
        let worked = self.0.get() + 1;
        self.0.set(worked % IN_A_ROW);
        worked == IN_A_ROW
    }
}

/// Lets every other task that is ready run, and, when they are late, the timers.
pub async fn pause() {
    if clock::now_ms().saturating_sub(BEAT_MS.get()) > LATE_MS {
        monoio::time::sleep(Duration::from_millis(1)).await;
    } else {
        // It queues up behind the others and wakes this one when its turn comes.
        monoio::spawn(async {}).await;
    }
}
