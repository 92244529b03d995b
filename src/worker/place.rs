//! The core that a worker's thread stays on.

use super::affinity::{self, Pins};
use crate::telemetry::worker_status::WorkerStatus;
use std::cell::Cell;
use std::sync::Arc;

/// A worker's place on the machine: taken at its start, and again when the plan changes.
pub struct Place {
    pins: Arc<Pins>,
    worker: usize,
    /// The round of the plan that the thread follows.
    round: Cell<u32>,
    pinned: Cell<bool>,
}

impl Place {
    /// Pins the calling thread as the plan says.
    pub fn take(pins: Arc<Pins>, worker: usize, status: &WorkerStatus) -> Self {
        let place = Place {
            round: Cell::new(pins.round()),
            pins,
            worker,
            pinned: Cell::new(false),
        };
        place.settle(status);
        place
    }

    /// Follows a plan that changed. Call it from the thread that took the place.
    pub fn follow(&self, status: &WorkerStatus) {
        let round = self.pins.round();
        if self.round.replace(round) != round {
            self.settle(status);
        }
    }

    fn settle(&self, status: &WorkerStatus) {
        let core = self.pins.core(self.worker);
        let pinned = core.filter(|core| affinity::pin(*core));
        if pinned != core {
            tracing::warn!(worker = self.worker, ?core, "could not be pinned");
        }
        if pinned.is_none() && self.pinned.get() && !affinity::unpin(&self.pins.allowed()) {
            tracing::warn!(worker = self.worker, "could not be let go of its core");
        }
        self.pinned.set(pinned.is_some());
        status.set_core(pinned);
    }
}
