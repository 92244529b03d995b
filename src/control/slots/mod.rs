//! Counter slots: the small numbers under which workers count for a rule, a listener or a backend.
//!
//! A name keeps its slot for as long as there are slots to spare, so that a rule that goes and
//! comes back goes on counting where it was. A slot is given to another name only when there is no
//! unused one, no live snapshot names the old one and its last counts were scraped, or lay unread for
//! long; and then the one that was left longest ago. Counters
//! have one writer, the worker: nothing is ever zeroed here. Instead a slot remembers what its
//! counters showed when the name got it, and readers subtract.

mod book;
mod view;

pub use book::{SlotBook, SlotKind};
pub use view::SlotView;

use crate::ir::{BackendName, ListenerName, Model, RouteName};
use crate::telemetry::counters::{BACKEND_BLOCK, Counters, LISTENER_BLOCK, RULE_BLOCK};
use std::sync::Arc;

/// The stable name of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleName {
    pub route: RouteName,
    pub rule: Arc<str>,
}

impl SlotKind<RULE_BLOCK> for RuleName {
    fn read(counters: &Counters, slot: u32) -> [u64; RULE_BLOCK] {
        counters.read_rule_block(slot)
    }
}

impl SlotKind<LISTENER_BLOCK> for ListenerName {
    fn read(counters: &Counters, slot: u32) -> [u64; LISTENER_BLOCK] {
        counters.read_listener_block(slot)
    }
}

impl SlotKind<BACKEND_BLOCK> for BackendName {
    fn read(counters: &Counters, slot: u32) -> [u64; BACKEND_BLOCK] {
        counters.read_backend_block(slot)
    }
}

/// The slots of everything that is counted by name.
pub struct Slots {
    rules: SlotBook<RuleName, RULE_BLOCK>,
    listeners: SlotBook<ListenerName, LISTENER_BLOCK>,
    backends: SlotBook<BackendName, BACKEND_BLOCK>,
}

/// What slots mean at present; shared with the readers of counters and logs.
#[derive(Clone, Debug, Default)]
pub struct SlotViews {
    pub rules: Arc<SlotView<RuleName, RULE_BLOCK>>,
    pub listeners: Arc<SlotView<ListenerName, LISTENER_BLOCK>>,
    pub backends: Arc<SlotView<BackendName, BACKEND_BLOCK>>,
}

/// What decides whether names that left the table may be forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Settlement {
    /// The revision built last.
    pub latest: u64,
    /// The oldest revision that a worker may still count for.
    pub oldest_live: u64,
    /// Milliseconds on the control side's clock: now, and at the end of the last scrape.
    pub now_ms: u64,
    pub scraped_ms: u64,
}

impl SlotViews {
    /// Whether both are the very same.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.rules, &other.rules)
            && Arc::ptr_eq(&self.listeners, &other.listeners)
            && Arc::ptr_eq(&self.backends, &other.backends)
    }
}

impl Slots {
    /// At most `route_series` rules have series of their own; the others share the overflow's.
    pub fn new(route_series: usize) -> Self {
        Slots {
            rules: SlotBook::new(route_series),
            listeners: SlotBook::new(usize::MAX),
            backends: SlotBook::new(route_series),
        }
    }

    /// Writes the slot of every rule, listener and backend into the model of a revision.
    pub fn allot(&mut self, model: &mut Model, revision: u64, counters: &[Arc<Counters>]) {
        for rule in &mut model.rules {
            let name = RuleName {
                route: rule.route.clone(),
                rule: Arc::clone(&rule.name),
            };
            rule.slot = self.rules.slot(&name, revision, counters);
        }
        for listener in model.binds.iter_mut().flat_map(|bind| &mut bind.listeners) {
            listener.slot = self.listeners.slot(&listener.name, revision, counters);
        }
        for backend in &mut model.backends {
            backend.slot = self.backends.slot(&backend.name, revision, counters);
        }
    }

    /// Says that a revision has the names, and so the slots, of the one before it.
    pub fn carry(&mut self, before: u64, revision: u64) {
        self.rules.carry(before, revision);
        self.listeners.carry(before, revision);
        self.backends.carry(before, revision);
    }

    /// Looks at the names that left the table.
    pub fn settle(&mut self, settlement: Settlement) {
        self.rules.settle(settlement);
        self.listeners.settle(settlement);
        self.backends.settle(settlement);
    }

    /// Whether a name left the table whose counts are still on show.
    pub fn unsettled(&self) -> bool {
        self.rules.unsettled() || self.listeners.unsettled() || self.backends.unsettled()
    }

    pub fn views(&mut self) -> SlotViews {
        SlotViews {
            rules: self.rules.view(),
            listeners: self.listeners.view(),
            backends: self.backends.view(),
        }
    }
}
