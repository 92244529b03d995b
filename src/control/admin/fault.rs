//! `POST /debug/fault?worker=N&kind=panic|spin|connection-panic`: faults for tests. Served only
//! where the process was started with fault injection.

use super::page::Page;
use super::router::Query;
use crate::control::state::State;
use crate::snapshot::{FaultKind, WorkerCommand};
use hyper::StatusCode;

pub fn page(state: &State, query: Query<'_>) -> Page {
    let kind = match query.value("kind") {
        Some("panic") => FaultKind::Panic,
        Some("spin") => FaultKind::Spin,
        Some("connection-panic") => FaultKind::ConnectionPanic,
        _ => return Page::bad_request("kind: panic, spin or connection-panic\n"),
    };
    let mut publisher = state.shared.publisher();
    let worker = query.value("worker").and_then(|text| text.parse().ok());
    let Some(worker) = worker.filter(|worker| *worker < publisher.workers()) else {
        let last = publisher.workers().saturating_sub(1);
        return Page::bad_request(format!("worker: a number from 0 to {last}\n"));
    };
    tracing::warn!(worker, ?kind, "a fault is injected");
    publisher.command(worker, WorkerCommand::Fault(kind));
    Page::text(StatusCode::ACCEPTED, "asked for\n")
}
