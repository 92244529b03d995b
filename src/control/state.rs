//! What the control side knows at present: fed by its loop, read by the pages.

use super::SourceEvent;
use super::adoption::{Adoption, Vitality};
use super::build::{Built, Message, Shared};
use super::histogram::Histogram;
use super::settings::Fleet;
use super::slots::SlotViews;
use super::status::StatusKeeper;
use super::status::render::{BindState, Binds};
use crate::ir::{Bind, Model};
use crate::objects::{Objects, Relevance};
use crate::snapshot::{Ack, BindSpec};
use crate::table::CertProblem;
use crate::translate::Report;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// One word that other threads read.
#[derive(Debug, Default)]
pub struct Flags {
    /// The process is about to end; set by whoever drains.
    pub draining: AtomicBool,
    /// What `/readyz` answers.
    pub ready: AtomicBool,
}

/// Everything the loop gathers.
pub struct State {
    pub fleet: Fleet,
    pub shared: Arc<Shared>,
    pub flags: Arc<Flags>,
    pub objects: Objects,
    /// The source has said what existed at the start.
    pub synced: bool,
    /// The source ended, which none does while the process runs: nothing changes any more.
    pub source_gone: bool,
    /// The snapshot in use, 0 before the first.
    pub revision: u64,
    pub report: Arc<Report>,
    pub model: Arc<Model>,
    pub cert_problems: Vec<CertProblem>,
    pub views: SlotViews,
    /// Why the last build failed, when it did.
    pub build_failure: Option<String>,
    pub build_failures: u64,
    /// Connections for pages that gave way to others.
    pub pages_displaced: u64,
    pub build_times: Histogram,
    pub propagation_times: Histogram,
    pub adoption: Adoption,
    pub binds: Binds,
    pub statuses: StatusKeeper,
    /// Every live worker had adopted a snapshot once.
    served: bool,
    specs: Vec<BindSpec>,
    /// The statuses are not rendered from the present report and binds.
    stale: bool,
}

impl State {
    pub fn new(fleet: Fleet, shared: Arc<Shared>, flags: Arc<Flags>) -> Self {
        State {
            adoption: Adoption::new(fleet.statuses.len()),
            fleet,
            shared,
            flags,
            objects: Objects::default(),
            synced: false,
            source_gone: false,
            revision: 0,
            report: Arc::default(),
            model: Arc::default(),
            cert_problems: Vec::new(),
            views: SlotViews::default(),
            build_failure: None,
            build_failures: 0,
            pages_displaced: 0,
            build_times: Histogram::default(),
            propagation_times: Histogram::default(),
            binds: Binds::new(),
            statuses: StatusKeeper::default(),
            served: false,
            specs: Vec::new(),
            stale: true,
        }
    }

    /// Takes over what a source says; true when something is to be built.
    pub fn source(&mut self, event: SourceEvent) -> bool {
        match event {
            SourceEvent::Changes(changes) => {
                self.objects.apply_all(changes) > Relevance::Unchanged && self.synced
            }
            SourceEvent::Problems(problems) => self.objects.set_problems(problems) && self.synced,
            SourceEvent::Synced => !std::mem::replace(&mut self.synced, true),
        }
    }

    /// Takes over what the builder says.
    pub fn built(&mut self, message: Message) {
        match message {
            Message::Built(built) => self.take(*built),
            Message::Settled(views) => self.views = views,
            Message::Panicked(text) => {
                self.build_failure = Some(text);
                self.build_failures += 1;
            }
        }
    }

    fn take(&mut self, built: Built) {
        if built.published {
            self.adoption.published(built.revision, built.since);
        }
        let spec = |bind: &Bind| BindSpec {
            address: bind.address,
            protocol: bind.protocol,
        };
        self.specs = built.model.binds.iter().map(spec).collect();
        self.build_failure = None;
        self.build_times.record(built.took);
        self.revision = built.revision;
        self.stale |= !Arc::ptr_eq(&self.report, &built.report);
        self.report = built.report;
        self.model = built.model;
        self.cert_problems = built.cert_problems;
        self.views = built.views;
    }

    /// A worker spoke.
    pub fn acknowledged(&mut self, ack: Ack) {
        self.adoption.acknowledged(ack);
    }

    /// Draws the conclusions from what the workers said and from who of them lives.
    pub fn settle(&mut self, now: Instant) {
        let vitality = self.vitality();
        for took in self.adoption.propagated(&vitality, now) {
            self.propagation_times.record(took);
        }
        self.served |= self.adoption.revision(&vitality).is_some();
        let binds = self.adoption.binds(&self.specs, &vitality);
        if binds != self.binds {
            self.announce(&binds);
            self.binds = binds;
            self.stale = true;
        }
        let ready = self.readiness().is_ok();
        self.flags.ready.store(ready, Ordering::Release);
    }

    /// Says in the log what became of a bind.
    fn announce(&self, binds: &Binds) {
        for (address, state) in binds {
            if self.binds.get(address) == Some(state) {
                continue;
            }
            match state {
                BindState::Pending => {}
                BindState::Listening { note: None } => tracing::info!(%address, "listening"),
                BindState::Listening { note: Some(note) } => {
                    tracing::warn!(%address, %note, "listening");
                }
                BindState::Failed(failure) => {
                    tracing::error!(%address, error = %failure.message, "cannot listen");
                }
            }
        }
    }

    /// Renders the statuses when something in them changed.
    pub fn render(&mut self) {
        if !std::mem::replace(&mut self.stale, false) {
            return;
        }
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        self.statuses
            .update(&self.report, &self.binds, &now.to_string());
    }

    pub fn vitality(&self) -> Vec<Vitality> {
        let now_ms = (self.fleet.clock_ms)();
        let statuses = self.fleet.statuses.iter();
        statuses
            .map(|status| Vitality::of(status, now_ms))
            .collect()
    }

    /// Whether traffic may be sent here, or why not.
    ///
    /// # Errors
    /// The first reason, as `/readyz` says it.
    pub fn readiness(&self) -> Result<(), String> {
        if self.flags.draining.load(Ordering::Acquire) {
            return Err("draining".into());
        }
        let vitality = self.vitality();
        if let Some((worker, ms)) = silent(&vitality) {
            return Err(format!("worker {worker} is silent for {ms} ms"));
        }
        if !vitality.contains(&Vitality::Live) {
            return Err("no worker lives".into());
        }
        if !self.synced {
            return Err("the objects are not all read yet".into());
        }
        if !self.served {
            return Err("not every worker has adopted the first snapshot".into());
        }
        Ok(())
    }

    /// Whether the process is worth keeping, or why not.
    ///
    /// # Errors
    /// The reason, as `/livez` says it.
    pub fn liveness(&self) -> Result<(), String> {
        match silent(&self.vitality()) {
            Some((worker, ms)) if ms >= super::adoption::LOST_MS => {
                Err(format!("worker {worker} is silent for {ms} ms"))
            }
            _ => Ok(()),
        }
    }
}

/// The worker that is silent for the longest time, and for how long.
fn silent(vitality: &[Vitality]) -> Option<(usize, u64)> {
    let silent = vitality
        .iter()
        .enumerate()
        .filter_map(|(worker, one)| match one {
            Vitality::Silent { ms } => Some((worker, *ms)),
            _ => None,
        });
    silent.max_by_key(|(_, ms)| *ms)
}
