//! What workers count without names, and how they stand.

use super::Scrape;
use super::family::{Families, Labels};
use crate::telemetry::counters::Counters;
use crate::telemetry::names::{self, Exposed, TABLE};
use crate::telemetry::worker_status::WorkerStatus;
use std::collections::BTreeMap;
use std::fmt;

pub fn encode(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    plain(scrape, families)?;
    families.counter(
        names::RESPONSES,
        "Responses sent, by status code.",
        codes(scrape),
    )?;
    families.counter(
        names::REFUSED,
        "Requests, messages and connections refused, by the rule or limit that refused them.",
        reasons(scrape),
    )?;
    standing(scrape, families)
}

fn sum(scrape: &Scrape, read: impl Fn(&Counters) -> u64) -> u64 {
    scrape.fleet.counters.iter().map(|one| read(one)).sum()
}

/// The table of plain counters, family by family.
fn plain(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    for rows in TABLE.chunk_by(|one, next| one.name == next.name) {
        let Some(first) = rows.first() else { continue };
        let series = |row: &Exposed| {
            let labels = row.label.map(|(name, value)| (name, value.to_owned()));
            let value = sum(scrape, |counters| counters.read(row.counter));
            (labels.into_iter().collect(), value)
        };
        families.counter(first.name, first.help, rows.iter().map(series))?;
    }
    Ok(())
}

fn codes(scrape: &Scrape) -> Vec<(Labels, u64)> {
    let count = |code: u16| {
        let count = sum(scrape, |counters| counters.read_code(code));
        (vec![("code", code.to_string())], count)
    };
    (100..600)
        .map(count)
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn reasons(scrape: &Scrape) -> Vec<(Labels, u64)> {
    let mut reasons = BTreeMap::new();
    for counters in &scrape.fleet.counters {
        for (reason, count) in counters.read_reasons() {
            *reasons.entry(reason).or_insert(0) += count;
        }
    }
    let series = |(reason, count): (&str, u64)| (vec![("reason", reason.to_owned())], count);
    reasons.into_iter().map(series).collect()
}

fn standing(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let each = |value: &dyn Fn(&WorkerStatus) -> f64| {
        let statuses = scrape.fleet.statuses.iter().enumerate();
        let series = |(worker, status): (usize, &std::sync::Arc<WorkerStatus>)| {
            (vec![("worker", worker.to_string())], value(status))
        };
        statuses.map(series).collect::<Vec<_>>()
    };
    families.gauge(
        names::WORKER_CONNECTIONS,
        "Client connections held now.",
        each(&|status| f64::from(status.connections())),
    )?;
    families.gauge(
        names::WORKER_HEARTBEAT_AGE,
        "Time since the worker last said that it lives.",
        each(&|status| scrape.now_ms.saturating_sub(status.heartbeat_ms()) as f64 / 1e3),
    )?;
    families.gauge(
        names::WORKER_PINNED,
        "Core that the worker is pinned to; -1 for none.",
        each(&|status| status.core().map_or(-1.0, |core| core as f64)),
    )?;
    let rebuilds = scrape
        .fleet
        .statuses
        .iter()
        .enumerate()
        .map(|(worker, status)| {
            (
                vec![("worker", worker.to_string())],
                u64::from(status.rebuilds()),
            )
        });
    families.counter(
        names::WORKER_REBUILDS,
        "Times the worker's thread was started anew.",
        rebuilds,
    )?;
    families.gauge(
        names::IO_DRIVER,
        "How workers do I/O.",
        [(vec![("driver", scrape.fleet.io_driver.clone())], 1.0)],
    )
}
