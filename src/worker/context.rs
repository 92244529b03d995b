//! Everything one worker owns, shared by its tasks through an `Rc`.

use super::buffer::Buffers;
use super::date::Date;
use super::descriptors::DescriptorGuard;
use super::dice::Dice;
use super::exchange::Scratch;
use super::listen::StreamSettings;
use super::log_writer;
use super::registry::Registry;
use super::settings::Settings;
use super::timers::Timers;
use super::upstream::{Pool, Positions};
use super::view::View;
use crate::table;
use crate::telemetry::access_log::Record;
use crate::telemetry::counters::Counters;
use crate::telemetry::names::Counter;
use crate::telemetry::worker_status::WorkerStatus;
use crate::wire::forwarded::ForwardedPolicy;
use crate::wire::limits::HeadLimits;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

/// How far the end of the worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Serving,
    /// Answers ask the client to go elsewhere; connections are still accepted.
    Announced,
    /// Nothing is accepted any more; idle connections have their grace.
    Draining,
}

/// A worker's own world.
pub struct Context {
    pub index: usize,
    pub settings: Arc<Settings>,
    pub request_limits: HeadLimits,
    pub response_limits: HeadLimits,
    pub forwarded: ForwardedPolicy,
    pub upstream_options: StreamSettings,
    pub counters: Arc<Counters>,
    pub status: Arc<WorkerStatus>,
    pub timers: Rc<Timers>,
    pub buffers: Rc<Buffers>,
    pub pool: Pool,
    pub dice: Dice,
    pub date: Date,
    pub registry: Registry,
    /// Connections from their acceptance on. Behind it, the registry counts those whose tasks have
    /// begun: of many accepted in one turn, none yet.
    pub taken: Rc<Cell<u32>>,
    pub guard: DescriptorGuard,
    /// Scratch space for matching; used between two awaits only.
    pub lookup: RefCell<table::Scratch>,
    pub positions: Positions,
    pub phase: Cell<Phase>,
    /// Tests only: the next connection's task panics.
    pub panic_next: Cell<bool>,
    view: RefCell<Option<Rc<View>>>,
    #[expect(
        clippy::vec_box,
        reason = "boxes are lent whole, so that none is moved or made anew"
    )]
    scratches: RefCell<Vec<Box<Scratch>>>,
}

/// Scratch boxes a worker keeps for later.
const SCRATCHES: usize = 256;

impl Context {
    pub fn new(
        index: usize,
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        status: Arc<WorkerStatus>,
        pool: Pool,
        upstream_options: StreamSettings,
        guard: DescriptorGuard,
    ) -> Rc<Self> {
        Rc::new(Context {
            index,
            request_limits: settings.request_limits(),
            response_limits: settings.response_limits(),
            forwarded: settings.forwarded_policy(),
            upstream_options,
            counters,
            status,
            timers: Rc::default(),
            buffers: Rc::default(),
            pool,
            dice: Dice::new(),
            date: Date::default(),
            registry: Registry::default(),
            taken: Rc::default(),
            guard,
            lookup: RefCell::default(),
            positions: Positions::default(),
            phase: Cell::new(Phase::Serving),
            panic_next: Cell::new(false),
            view: RefCell::new(None),
            scratches: RefCell::default(),
            settings,
        })
    }

    /// The snapshot in use, once there is one.
    pub fn view(&self) -> Option<Rc<View>> {
        self.view.borrow().clone()
    }

    /// Takes a snapshot into use; exchanges that began on the old one keep it until their response
    /// head is relayed.
    pub fn adopt(&self, view: View) {
        let revision = view.snapshot().revision;
        let old = self.view.borrow_mut().replace(Rc::new(view));
        self.status.set_revision(revision);
        self.counters.count(Counter::SnapshotsAdopted);
        let shelf = |view: &Rc<View>| Arc::clone(&view.snapshot().backends);
        let new = self.view.borrow().as_ref().map(shelf);
        if let Some(new) = new
            && old
                .as_ref()
                .is_none_or(|old| !Arc::ptr_eq(&old.snapshot().backends, &new))
        {
            let closed = self.pool.retain(|endpoint| new.has_endpoint(endpoint));
            self.counters.add(Counter::UpstreamIdleClosed, closed);
            self.positions.retain(new.backends());
        }
    }

    /// Whether the snapshot in use has this endpoint.
    pub fn has_endpoint(&self, address: SocketAddr) -> bool {
        let view = self.view();
        view.is_some_and(|view| view.snapshot().backends.has_endpoint(address))
    }

    pub fn scratch(&self) -> Box<Scratch> {
        self.scratches.borrow_mut().pop().unwrap_or_default()
    }

    pub fn give_scratch(&self, scratch: Box<Scratch>) {
        let mut scratches = self.scratches.borrow_mut();
        if scratches.len() < SCRATCHES && scratch.is_usual() {
            scratches.push(scratch);
        }
    }

    /// Whether an access log is kept.
    pub fn logs(&self) -> bool {
        self.settings.access_log
    }

    pub fn log(&self, record: &Record<'_>) {
        if !log_writer::write(record) {
            self.counters.count(Counter::AccessLogDropped);
        }
    }

    /// Whether connections should be asked to go.
    pub fn leaving(&self) -> bool {
        self.phase.get() != Phase::Serving
    }
}
