//! Adoption: what the workers have acknowledged, taken together.
//!
//! Pure: told acks, the time and which workers live. A worker that is dead or stuck is not waited
//! for, and its old word does not count.

use crate::control::status::render::{BindState, Binds};
use crate::ir::BindAddress;
use crate::snapshot::{Ack, BindFailure, BindSpec};
use crate::telemetry::worker_status::{WorkerState, WorkerStatus};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Silence after which a worker counts as stuck, in milliseconds.
pub const SILENT_MS: u64 = 5_000;
/// Silence after which the process is given up, in milliseconds.
pub const LOST_MS: u64 = 30_000;

/// How a worker stands, as far as the others are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vitality {
    /// Its acknowledgements are awaited.
    Live,
    /// It is being rebuilt or ended; the others serve.
    Absent,
    /// It has not stamped its heartbeat for this many milliseconds.
    Silent { ms: u64 },
}

impl Vitality {
    /// Reads a worker's status at a time of the workers' clock.
    pub fn of(status: &WorkerStatus, now_ms: u64) -> Self {
        match status.state() {
            WorkerState::Ended => Vitality::Absent,
            // At the start of the process there is nobody who serves in its place.
            WorkerState::Starting if status.rebuilds() > 0 => Vitality::Absent,
            WorkerState::Starting => Vitality::Live,
            WorkerState::Serving | WorkerState::Draining => {
                let ms = now_ms.saturating_sub(status.heartbeat_ms());
                match ms >= SILENT_MS {
                    true => Vitality::Silent { ms },
                    false => Vitality::Live,
                }
            }
        }
    }
}

/// The acknowledgements so far.
#[derive(Debug)]
pub struct Adoption {
    /// By worker.
    acks: Vec<Option<Ack>>,
    /// Published revisions that not every live worker has adopted, with the time of the change
    /// they come from; oldest first.
    underway: VecDeque<(u64, Instant)>,
}

impl Adoption {
    pub fn new(workers: usize) -> Self {
        Adoption {
            acks: vec![None; workers],
            underway: VecDeque::new(),
        }
    }

    /// A revision was published.
    pub fn published(&mut self, revision: u64, since: Instant) {
        self.underway.push_back((revision, since));
    }

    /// A worker spoke.
    pub fn acknowledged(&mut self, ack: Ack) {
        if let Some(place) = self.acks.get_mut(ack.worker) {
            *place = Some(ack);
        }
    }

    /// The revision that every live worker has adopted; `None` while one has none, or none lives.
    pub fn revision(&self, vitality: &[Vitality]) -> Option<u64> {
        let live = self.live(vitality);
        let revisions = live.map(|ack| ack.map(|ack| ack.revision));
        revisions.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// How long each revision took that every live worker has adopted by now.
    pub fn propagated(&mut self, vitality: &[Vitality], now: Instant) -> Vec<Duration> {
        let adopted = self.revision(vitality).unwrap_or(0);
        let done = self.underway.partition_point(|(r, _)| *r <= adopted);
        let times = self.underway.drain(..done);
        times.map(|(_, since)| now.duration_since(since)).collect()
    }

    /// The state of each bind: every live worker listens on it, or one cannot, or not all have
    /// answered.
    pub fn binds(&self, specs: &[BindSpec], vitality: &[Vitality]) -> Binds {
        let state = |spec: &BindSpec| (spec.address, self.bind(spec.address, vitality));
        specs.iter().map(state).collect()
    }

    fn bind(&self, address: BindAddress, vitality: &[Vitality]) -> BindState {
        let mut note = None;
        let mut answers = 0;
        let mut pending = false;
        for ack in self.live(vitality) {
            match ack.and_then(|ack| outcome(ack, address)) {
                None => pending = true,
                Some(Err(failure)) => return BindState::Failed(failure.clone()),
                Some(Ok(said)) => {
                    answers += 1;
                    note = note.or_else(|| said.clone());
                }
            }
        }
        match pending || answers == 0 {
            true => BindState::Pending,
            false => BindState::Listening { note },
        }
    }

    fn live(&self, vitality: &[Vitality]) -> impl Iterator<Item = Option<&Ack>> {
        let pairs = self.acks.iter().zip(vitality);
        pairs
            .filter(|(_, vitality)| **vitality == Vitality::Live)
            .map(|(ack, _)| ack.as_ref())
    }
}

fn outcome(ack: &Ack, address: BindAddress) -> Option<&Result<Option<String>, BindFailure>> {
    let outcome = ack.binds.iter().find(|bind| bind.address == address)?;
    Some(&outcome.result)
}

#[cfg(test)]
mod tests;
