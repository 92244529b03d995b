//! Starting workers: one named thread each, pinned where the plan says so, with its own runtime.

use super::affinity::Pins;
use super::binds::{Binds, ProcessBinds};
use super::context::Context;
use super::descriptors::{DescriptorGuard, DescriptorLimit, open_now};
use super::driver::{Chosen, block_on};
use super::guarded::guarded;
use super::listen::{Keepalive, ListenSettings, StreamSettings};
use super::log_writer::{self, LogSlot};
use super::peers::{Doors, Peers};
use super::place::Place;
use super::run::{let_go, run};
use super::settings::Settings;
use super::upstream::{Pool, PoolLimits};
use crate::snapshot::{Snapshot, Subscriber};
use crate::telemetry::access_log::AccessLogWriter;
use crate::telemetry::counters::Counters;
use crate::telemetry::worker_status::{WorkerState, WorkerStatus};
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

/// Gives a worker, or a rebuilt one, its end of the snapshots.
pub type Subscribe = Box<dyn Fn(usize) -> Option<Subscriber<Snapshot>> + Send + Sync>;

/// What all workers are made from.
pub struct Start {
    pub settings: Arc<Settings>,
    pub chosen: Chosen,
    /// How many workers there are, and on which cores.
    pub pins: Arc<Pins>,
    pub statuses: Vec<Arc<WorkerStatus>>,
    pub counters: Vec<Arc<Counters>>,
    /// One writer each; taken by the first thread of a worker and handed back when it ends.
    pub access_log: Vec<Option<AccessLogWriter>>,
    pub subscribe: Subscribe,
}

/// The makings of workers, kept for rebuilding them.
pub(super) struct Plan {
    pub(super) settings: Arc<Settings>,
    chosen: Chosen,
    pub(super) pins: Arc<Pins>,
    pub(super) statuses: Vec<Arc<WorkerStatus>>,
    counters: Vec<Arc<Counters>>,
    access_log: Vec<LogSlot>,
    subscribe: Subscribe,
    doors: Arc<Doors>,
    binds: Arc<ProcessBinds>,
    guard: DescriptorGuard,
}

impl Plan {
    pub(super) fn new(start: Start) -> Self {
        let workers = start.pins.workers();
        let limit = DescriptorLimit::raise().map_or(1024, |limit| limit.soft);
        let base = open_now().unwrap_or(64);
        Plan {
            doors: Doors::new(&start.statuses),
            binds: Arc::default(),
            guard: DescriptorGuard::new(
                limit,
                base,
                workers,
                start.settings.limits.descriptors_percent,
            ),
            settings: start.settings,
            chosen: start.chosen,
            pins: start.pins,
            statuses: start.statuses,
            counters: start.counters,
            access_log: start
                .access_log
                .into_iter()
                .map(|w| Arc::new(Mutex::new(w)))
                .collect(),
            subscribe: start.subscribe,
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.statuses.len()
    }

    /// Starts the thread of a worker.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn spawn(self: &Arc<Self>, index: usize) -> io::Result<JoinHandle<bool>> {
        let plan = Arc::clone(self);
        Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || plan.work(index))
    }

    /// The body of a worker's thread; whether it panicked.
    fn work(&self, index: usize) -> bool {
        let (Some(status), Some(counters)) = (self.statuses.get(index), self.counters.get(index))
        else {
            return false;
        };
        let place = Place::take(Arc::clone(&self.pins), index, status);
        let Some(subscriber) = (self.subscribe)(index) else {
            tracing::error!(worker = index, "no snapshots for this worker");
            return false;
        };
        if let Some(slot) = self.access_log.get(index) {
            log_writer::take(slot);
        }
        let ran = block_on(&self.chosen, || {
            let ctx = Context::new(
                index,
                Arc::clone(&self.settings),
                Arc::clone(counters),
                Arc::clone(status),
                Pool::new(pool_limits(&self.settings, self.workers())),
                stream_settings(&self.settings),
                self.guard,
            );
            let peers = Rc::new(Peers::new(Arc::clone(&self.doors), index));
            let binds = Binds::new(
                Rc::clone(&ctx),
                self.chosen.driver,
                listen_settings(&self.settings),
                Rc::clone(&peers),
                Arc::clone(&self.binds),
                self.workers(),
            );
            async move {
                let life = run(Rc::clone(&ctx), subscriber, Rc::clone(&binds), peers, place);
                let panicked = guarded(life).await;
                let_go(&ctx, &binds).await;
                panicked
            }
        });
        status.set_connections(0);
        status.set_state(WorkerState::Ended);
        ran.unwrap_or_else(|error| {
            tracing::error!(worker = index, %error, "the worker could not start");
            false
        })
    }
}

fn pool_limits(settings: &Settings, workers: usize) -> PoolLimits {
    PoolLimits {
        idle_per_endpoint: settings
            .upstream
            .pool_per_endpoint
            .div_ceil(workers.max(1) as u32) as usize,
        idle_ms: settings.timeouts.upstream_idle.as_millis() as u64,
        requests: settings.upstream.requests_per_connection,
    }
}

fn stream_settings(settings: &Settings) -> StreamSettings {
    let (idle, interval, probes) = settings.upstream.keepalive;
    StreamSettings {
        nodelay: true,
        keepalive: (!idle.is_zero()).then_some(Keepalive {
            idle,
            interval,
            probes,
        }),
        user_timeout: (!settings.upstream.user_timeout.is_zero())
            .then_some(settings.upstream.user_timeout),
    }
}

fn listen_settings(settings: &Settings) -> ListenSettings {
    ListenSettings {
        backlog: i32::try_from(settings.backlog).unwrap_or(i32::MAX),
        share_ports: settings.share_ports,
        v6_only: false,
        stream: stream_settings(settings),
    }
}
