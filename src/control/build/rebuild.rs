//! From a model to the next snapshot, sharing every part that did not change.

use crate::control::slots::{Settlement, SlotViews, Slots};
use crate::ir::{Backend, Bind, Model};
use crate::snapshot::{BindSpec, Snapshot};
use crate::table::{BackendShelf, CertShelf, RouteTable, TlsSettings};
use crate::telemetry::counters::Counters;
use std::net::SocketAddr;
use std::sync::Arc;

/// What the last build left behind.
struct Last {
    model: Arc<Model>,
    snapshot: Snapshot,
}

/// Compiles one model after another.
pub struct Rebuild {
    tls: TlsSettings,
    counters: Vec<Arc<Counters>>,
    /// Makes this process's hash tables unlike those of others.
    seed: u64,
    slots: Slots,
    last: Option<Last>,
}

impl Rebuild {
    pub fn new(
        tls: TlsSettings,
        route_series: usize,
        counters: Vec<Arc<Counters>>,
        seed: u64,
    ) -> Self {
        Rebuild {
            tls,
            counters,
            seed,
            slots: Slots::new(route_series),
            last: None,
        }
    }

    /// Compiles a model; `None` when it serves nothing that the last snapshot does not.
    pub fn compile(&mut self, mut model: Model) -> Option<Snapshot> {
        let revision = self.last.as_ref().map_or(1, |l| l.snapshot.revision + 1);
        self.slots.allot(&mut model, revision, &self.counters);
        let snapshot = match &self.last {
            None => self.first(&model, revision),
            Some(last) => self.next(last, &model, revision),
        };
        let same = self
            .last
            .as_ref()
            .is_some_and(|last| same_parts(&last.snapshot, &snapshot));
        if same {
            // The names are those of the snapshot that stays, and so they leave with it.
            let stays = revision - 1;
            self.slots.carry(revision, stays);
            return None;
        }
        self.last = Some(Last {
            model: Arc::new(model),
            snapshot: snapshot.clone(),
        });
        Some(snapshot)
    }

    /// Puts other endpoints into the last model, in the order of its backends; `None` when they are
    /// the same. Every other part of the last snapshot goes into the next.
    pub fn endpoints(&mut self, endpoints: Vec<Vec<SocketAddr>>) -> Option<Snapshot> {
        let last = self.last.as_mut()?;
        let same = |(backend, new): (&Backend, &Vec<SocketAddr>)| backend.endpoints == *new;
        if last.model.backends.iter().zip(&endpoints).all(same) {
            return None;
        }
        let model = Arc::make_mut(&mut last.model);
        for (backend, new) in model.backends.iter_mut().zip(endpoints) {
            backend.endpoints = new;
        }
        let backends = BackendShelf::compile(&last.model, Some(&last.snapshot.backends));
        let revision = last.snapshot.revision + 1;
        self.slots.carry(last.snapshot.revision, revision);
        last.snapshot = Snapshot {
            revision,
            backends,
            ..last.snapshot.clone()
        };
        Some(last.snapshot.clone())
    }

    fn first(&self, model: &Model, revision: u64) -> Snapshot {
        Snapshot {
            revision,
            binds: binds(model),
            routes: Arc::new(RouteTable::compile(model, None, self.seed)),
            backends: BackendShelf::compile(model, None),
            certs: Arc::new(CertShelf::compile(model, &self.tls, None, self.seed)),
        }
    }

    fn next(&self, last: &Last, model: &Model, revision: u64) -> Snapshot {
        let Last {
            model: before,
            snapshot: old,
        } = last;
        let mut binds = binds(model);
        if binds == old.binds {
            binds = Arc::clone(&old.binds);
        }
        let routes = match RouteTable::same_routes(before, model) {
            true => Arc::clone(&old.routes),
            false => Arc::new(RouteTable::compile(model, Some(&old.routes), self.seed)),
        };
        let certs = match same_certs(before, model) {
            true => Arc::clone(&old.certs),
            false => Arc::new(CertShelf::compile(
                model,
                &self.tls,
                Some(&old.certs),
                self.seed,
            )),
        };
        Snapshot {
            revision,
            binds,
            routes,
            backends: BackendShelf::compile(model, Some(&old.backends)),
            certs,
        }
    }

    /// The model of the last snapshot.
    pub fn model(&self) -> Option<&Arc<Model>> {
        self.last.as_ref().map(|last| &last.model)
    }

    /// The revision of the last snapshot, 0 before the first.
    pub fn revision(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.snapshot.revision)
    }

    /// Looks at the names that left the table.
    pub fn settle(&mut self, oldest_live: u64, now_ms: u64, scraped_ms: u64) {
        self.slots.settle(Settlement {
            latest: self.revision(),
            oldest_live,
            now_ms,
            scraped_ms,
        });
    }

    /// Whether [`Self::settle`] has something left to do.
    pub fn unsettled(&self) -> bool {
        self.slots.unsettled()
    }

    pub fn views(&mut self) -> SlotViews {
        self.slots.views()
    }
}

fn binds(model: &Model) -> Arc<[BindSpec]> {
    let spec = |bind: &Bind| BindSpec {
        address: bind.address,
        protocol: bind.protocol,
    };
    model.binds.iter().map(spec).collect()
}

fn same_parts(one: &Snapshot, other: &Snapshot) -> bool {
    Arc::ptr_eq(&one.binds, &other.binds)
        && Arc::ptr_eq(&one.routes, &other.routes)
        && Arc::ptr_eq(&one.backends, &other.backends)
        && Arc::ptr_eq(&one.certs, &other.certs)
}

/// Whether the certificates compiled from one model serve the other: the same listeners, in the
/// same places, with the same TLS.
fn same_certs(one: &Model, other: &Model) -> bool {
    let listeners = |model: &Model| {
        let of_bind = |bind: &Bind| {
            let tls = bind.listeners.iter().map(|l| {
                (
                    l.name.clone(),
                    l.hostname.clone(),
                    l.fallback,
                    l.tls.clone(),
                )
            });
            (bind.address, bind.protocol, tls.collect::<Vec<_>>())
        };
        model.binds.iter().map(of_bind).collect::<Vec<_>>()
    };
    one.certificates == other.certificates && listeners(one) == listeners(other)
}

#[cfg(test)]
mod tests;
