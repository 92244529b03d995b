//! `/debug/connections`: asks the workers for their clients.

use super::page::Page;
use super::router::Query;
use crate::control::state::State;
use crate::snapshot::{ConnectionInfo, WorkerCommand};
use crossbeam_channel::{Receiver, bounded};
use serde_json::json;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Connections shown of each worker, unless `?limit=N` says otherwise, and at most.
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 10_000;
/// A worker that has not answered by then is named as silent.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often answers are looked for: workers cannot wake this side.
const LOOK_EVERY: Duration = Duration::from_millis(2);

pub async fn page(state: &RefCell<State>, query: Query<'_>) -> Page {
    let limit = match query.value("limit").map(str::parse) {
        None => LIMIT,
        Some(Ok(limit)) if limit <= LIMIT_MAX => limit,
        Some(_) => {
            return Page::bad_request(format!("limit: a number up to {LIMIT_MAX}\n"));
        }
    };
    let mut waiting = ask(&state.borrow(), limit);
    let mut connections = Vec::new();
    let until = Instant::now() + PATIENCE;
    loop {
        waiting.retain(|(_, answer)| match answer.try_recv() {
            Ok(mut some) => {
                connections.append(&mut some);
                false
            }
            Err(_) => true,
        });
        if waiting.is_empty() || Instant::now() >= until {
            break;
        }
        sleep(LOOK_EVERY).await;
    }
    connections.sort_by_key(|connection| (connection.worker, std::cmp::Reverse(connection.age_ms)));
    Page::json(&json!({
        "limit_per_worker": limit,
        "silent_workers": waiting.iter().map(|(worker, _)| worker).collect::<Vec<_>>(),
        "connections": connections,
    }))
}

fn ask(state: &State, limit: usize) -> Vec<(usize, Receiver<Vec<ConnectionInfo>>)> {
    let mut publisher = state.shared.publisher();
    let workers = publisher.workers();
    let ask = |worker| {
        let (answer, inbox) = bounded(1);
        publisher.command(worker, WorkerCommand::Connections { limit, answer });
        (worker, inbox)
    };
    (0..workers).map(ask).collect()
}
