//! Watching the workers: one that ended is rebuilt, one that is stuck ends the process
//! (architecture decision 13).

use super::affinity::{Machine, Pins};
use super::clock;
use super::start::{Plan, Start};
use crate::telemetry::worker_status::{WorkerState, WorkerStatus};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How often the workers are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Rebuilds within [`WINDOW`] after which a worker rests.
const REBUILDS: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
/// How often the cores of the process are read anew.
const MEASURE: Duration = Duration::from_secs(1);
/// Silence after which readiness is gone (said by control) and this logs it.
const SILENT_MS: u64 = 5_000;
/// Silence after which the process ends: a supervisor outside starts it anew.
const STUCK_MS: u64 = 30_000;
/// Between two looks: above this the whole process was stopped (a debugger, a freezer), and the
/// workers' silence is nobody's fault.
const STOPPED_MS: u64 = 1_000;

/// The workers of the process.
pub struct Workers {
    supervisor: JoinHandle<()>,
    ending: Sender<()>,
    done: Receiver<()>,
}

impl Workers {
    /// Starts every worker and their supervisor.
    ///
    /// # Errors
    /// When the system has no thread left; workers that did start end with the process.
    pub fn spawn(start: Start) -> io::Result<Self> {
        let plan = Arc::new(Plan::new(start));
        let threads: io::Result<Vec<_>> =
            (0..plan.workers()).map(|index| plan.spawn(index)).collect();
        let threads = threads?;
        let (ending, asked) = bounded(1);
        let (ended, done) = bounded(1);
        let supervisor = Builder::new()
            .name("supervisor".to_owned())
            .spawn(move || {
                supervise(&plan, threads, &asked);
                // Nobody may be waiting any more.
                drop(ended);
            })?;
        Ok(Workers {
            supervisor,
            ending,
            done,
        })
    }

    /// From now on a worker that ends was told to: none is rebuilt.
    pub fn expect_end(&self) {
        if self.ending.try_send(()).is_err() {
            tracing::debug!("the end of the workers was announced before, or has come");
        }
    }

    /// Waits until every worker has ended; says whether they did in time.
    pub fn join(self, deadline: Duration) -> bool {
        let ended = matches!(
            self.done.recv_timeout(deadline),
            Err(crossbeam_channel::RecvTimeoutError::Disconnected)
        );
        if ended && self.supervisor.join().is_err() {
            tracing::error!("the supervisor panicked");
        }
        ended
    }

    /// Whether every worker has ended.
    pub fn is_finished(&self) -> bool {
        self.supervisor.is_finished()
    }
}

/// One worker, as its supervisor sees it.
#[derive(Default)]
struct Watched {
    thread: Option<JoinHandle<bool>>,
    /// When it was rebuilt within [`WINDOW`].
    rebuilt: VecDeque<Instant>,
    silent: bool,
    /// That it stays down for a while was said.
    resting: bool,
}

fn supervise(plan: &Arc<Plan>, threads: Vec<JoinHandle<bool>>, asked: &Receiver<()>) {
    let mut ending = false;
    let mut workers: Vec<Watched> = threads
        .into_iter()
        .map(|thread| Watched {
            thread: Some(thread),
            ..Watched::default()
        })
        .collect();
    let mut silence = Silence::new(clock::now_ms());
    let mut measured = Instant::now();
    loop {
        if !ending && asked.recv_timeout(LOOK).is_ok() {
            ending = true;
        } else if ending {
            std::thread::park_timeout(LOOK);
        }
        silence.look(clock::now_ms());
        if measured.elapsed() >= MEASURE {
            measured = Instant::now();
            follow_machine(&plan.pins);
        }
        for (index, (worker, status)) in workers.iter_mut().zip(&plan.statuses).enumerate() {
            worker.look(index, status, &silence, ending);
            if worker.thread.is_none() && !ending {
                worker.rebuild(index, status, plan);
            }
        }
        if ending && workers.iter().all(|worker| worker.thread.is_none()) {
            return;
        }
    }
}

impl Watched {
    /// Finds out whether it ended or is stuck.
    fn look(&mut self, index: usize, status: &WorkerStatus, silence: &Silence, ending: bool) {
        if let Some(thread) = self.thread.take_if(|thread| thread.is_finished()) {
            let panicked = thread.join().unwrap_or(true);
            status.set_state(WorkerState::Ended);
            status.set_connections(0);
            if !ending {
                tracing::error!(worker = index, panicked, "a worker ended");
            }
        } else if self.thread.is_some() {
            let silent_ms = silence.since(status.heartbeat_ms());
            watch_heartbeat(index, silent_ms, &mut self.silent);
        }
    }

    /// Starts it again, unless that was done too often of late: then a later look will.
    fn rebuild(&mut self, index: usize, status: &WorkerStatus, plan: &Arc<Plan>) {
        if !may_rebuild(&mut self.rebuilt) {
            if !std::mem::replace(&mut self.resting, true) {
                tracing::error!(worker = index, "rebuilt too often: it rests for a while");
            }
            return;
        }
        self.resting = false;
        status.count_rebuild();
        status.set_state(WorkerState::Starting);
        status.stamp(clock::now_ms());
        match plan.spawn(index) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => {
                status.set_state(WorkerState::Ended);
                tracing::error!(worker = index, %error, "cannot rebuild a worker");
            }
        }
    }
}

/// What counts as a worker's silence.
struct Silence {
    /// Silence before this does not count.
    from_ms: u64,
    looked_ms: u64,
}

impl Silence {
    fn new(now_ms: u64) -> Self {
        Silence {
            from_ms: now_ms,
            looked_ms: now_ms,
        }
    }

    /// Notes a look at the workers.
    fn look(&mut self, now_ms: u64) {
        if now_ms.saturating_sub(self.looked_ms) > STOPPED_MS {
            self.from_ms = now_ms;
        }
        self.looked_ms = now_ms;
    }

    /// Milliseconds of silence since a stamp, as of the last look.
    fn since(&self, stamped_ms: u64) -> u64 {
        self.looked_ms.saturating_sub(stamped_ms.max(self.from_ms))
    }
}

/// Whoever runs the process may move it to other cores at any time.
fn follow_machine(pins: &Pins) {
    match Machine::read() {
        Ok(machine) => {
            if pins.follow(&machine) {
                tracing::info!(cores = %machine.cores, pinning = %pins.reason(), "the cores of the process changed");
            }
        }
        Err(error) => tracing::debug!(%error, "the cores of the process cannot be read"),
    }
}

fn may_rebuild(history: &mut VecDeque<Instant>) -> bool {
    while history.front().is_some_and(|at| at.elapsed() > WINDOW) {
        history.pop_front();
    }
    if history.len() >= REBUILDS {
        return false;
    }
    history.push_back(Instant::now());
    true
}

fn watch_heartbeat(index: usize, silent_ms: u64, was_silent: &mut bool) {
    let is_silent = silent_ms >= SILENT_MS;
    if is_silent != *was_silent {
        *was_silent = is_silent;
        if is_silent {
            tracing::error!(worker = index, silent_ms, "a worker is stuck");
        } else {
            tracing::warn!(worker = index, "a stuck worker moves again");
        }
    }
    if silent_ms >= STUCK_MS {
        let backtrace = std::backtrace::Backtrace::force_capture();
        tracing::error!(worker = index, silent_ms, %backtrace, "stuck for too long: the process ends");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_stopped_finds_no_worker_stuck() {
        let mut silence = Silence::new(1_000);
        for now in (1_050..40_000).step_by(50) {
            silence.look(now);
        }
        assert_eq!(silence.since(39_900), 50);
        assert!(silence.since(5_000) > STUCK_MS);
        silence.look(90_000);
        assert_eq!(silence.since(39_900), 0);
        silence.look(90_050);
        assert_eq!(silence.since(39_900), 50);
    }

    #[test]
    fn a_worker_is_rebuilt_five_times_a_minute_and_no_more() {
        let mut history = VecDeque::new();
        assert!((0..REBUILDS).all(|_| may_rebuild(&mut history)));
        assert!(!may_rebuild(&mut history));
        if let Some(earlier) = Instant::now().checked_sub(WINDOW + Duration::from_secs(1)) {
            history.iter_mut().for_each(|at| *at = earlier);
            assert!(may_rebuild(&mut history));
        }
    }
}
