//! What the process thinks, as JSON.

use super::page::Page;
use crate::control::adoption::Vitality;
use crate::control::state::State;
use crate::ir::Backend;
use crate::telemetry::counters::BackendCount;
use crate::telemetry::worker_status::WorkerState;
use serde_json::{Value, json};

/// `/debug/routes`: binds, listeners and rules as translation made them.
pub fn routes(state: &State) -> Page {
    let model = &state.model;
    let certificate_problems = state.cert_problems.iter().map(|problem| {
        json!({
            "bind": problem.bind.to_string(),
            "listener": problem.listener,
            "certificate": problem.certificate,
            "reason": problem.reason,
        })
    });
    Page::json(&json!({
        "revision": state.revision,
        "binds": model.binds,
        "rules": model.rules,
        "certificates": model.certificates,
        "certificate_problems": certificate_problems.collect::<Vec<_>>(),
    }))
}

/// `/debug/backends`: every backend with its endpoints and its counts over all workers.
pub fn backends(state: &State) -> Page {
    let backend = |backend: &Backend| {
        let slots = &state.views.backends;
        let counts = slots.counts(backend.slot, &state.fleet.counters);
        let count = |what: BackendCount| counts?.get(what as usize).copied();
        json!({
            "name": backend.name,
            "balance": backend.balance,
            "protocol": backend.protocol,
            "endpoints": backend.endpoints,
            "requests": count(BackendCount::Requests),
            "retries": count(BackendCount::Retries),
            "connects": count(BackendCount::Connects),
            "connect_errors": count(BackendCount::ConnectErrors),
            "faults": count(BackendCount::Faults),
            "no_endpoint": count(BackendCount::NoEndpoint),
        })
    };
    Page::json(&json!({
        "revision": state.revision,
        "backends": state.model.backends.iter().map(backend).collect::<Vec<_>>(),
    }))
}

/// `/debug/workers`.
pub fn workers(state: &State) -> Page {
    let fleet = &state.fleet;
    let now_ms = (fleet.clock_ms)();
    let vitality = state.vitality();
    let worker = |(worker, status): (usize, &std::sync::Arc<_>)| {
        worker_json(worker, status, vitality.get(worker).copied(), now_ms)
    };
    let workers = fleet.statuses.iter().enumerate().map(worker);
    Page::json(&json!({
        "io_driver": fleet.io_driver,
        "io_driver_reason": fleet.io_driver_reason,
        "pinning": fleet.pinning.to_string(),
        "workers": workers.collect::<Vec<_>>(),
    }))
}

fn worker_json(
    worker: usize,
    status: &crate::telemetry::worker_status::WorkerStatus,
    vitality: Option<Vitality>,
    now_ms: u64,
) -> Value {
    let state = match status.state() {
        WorkerState::Starting => "starting",
        WorkerState::Serving => "serving",
        WorkerState::Draining => "draining",
        WorkerState::Ended => "ended",
    };
    json!({
        "worker": worker,
        "state": state,
        "live": vitality == Some(Vitality::Live),
        "heartbeat_age_ms": now_ms.saturating_sub(status.heartbeat_ms()),
        "revision": status.revision(),
        "connections": status.connections(),
        "pooled": status.pooled(),
        "core": status.core(),
        "rebuilds": status.rebuilds(),
    })
}

/// `/debug/status`: the status of every object, as it would stand in a cluster.
pub fn status(state: &State) -> Page {
    Page::json(&state.statuses.document(state.objects.problems()))
}
