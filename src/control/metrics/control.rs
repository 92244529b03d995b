//! What the control side knows of itself.

use super::Scrape;
use super::family::{Buckets, Families, Labels};
use crate::control::histogram::{BOUNDS_MS, Histogram};
use crate::telemetry::names;
use std::fmt;

pub fn encode(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    snapshots(scrape, families)?;
    objects(scrape, families)?;
    families.counter(
        names::PAGES_DISPLACED,
        "Connections for pages that gave way, since there were too many.",
        [(Labels::new(), scrape.pages_displaced)],
    )?;
    let limits = scrape.facts.limits.iter();
    families.gauge(
        names::LIMIT,
        "Limits in force.",
        limits.map(|(name, value)| (vec![("limit", (*name).to_owned())], *value as f64)),
    )?;
    families.gauge(
        names::BUILD_INFO,
        "What is running.",
        [(scrape.facts.build.clone(), 1.0)],
    )
}

fn snapshots(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let one = |value: f64| [(Labels::new(), value)];
    families.gauge(
        names::REVISION,
        "The snapshot that was published last.",
        one(scrape.revision as f64),
    )?;
    families.gauge(
        names::REVISIONS_LIVE,
        "Snapshots that are in use.",
        one(scrape.revisions_live as f64),
    )?;
    families.histogram(
        names::SNAPSHOT_BUILD,
        "Time to translate and compile.",
        [(Labels::new(), durations(&scrape.build_times))],
    )?;
    families.counter(
        names::SNAPSHOT_BUILD_FAILURES,
        "Builds that ended by a panic and changed nothing.",
        [(Labels::new(), scrape.build_failures)],
    )?;
    families.histogram(
        names::SNAPSHOT_PROPAGATION,
        "Time from a change to its adoption by every worker.",
        [(Labels::new(), durations(&scrape.propagation_times))],
    )
}

fn durations(histogram: &Histogram) -> Buckets {
    let bounds = BOUNDS_MS.iter().map(|ms| *ms as f64 / 1e3);
    Buckets {
        buckets: bounds
            .chain([f64::INFINITY])
            .zip(histogram.buckets)
            .collect(),
        sum: histogram.sum.as_secs_f64(),
    }
}

fn objects(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let kinds = scrape.objects.iter();
    families.gauge(
        names::OBJECTS,
        "Objects that are known.",
        kinds.map(|(kind, count)| (vec![("kind", (*kind).to_owned())], *count as f64)),
    )?;
    for (name, help, value) in [
        (
            names::OBJECTS_REFUSED,
            "Objects of which something is refused.",
            scrape.objects_refused,
        ),
        (
            names::SOURCE_PROBLEMS,
            "Manifests, or parts of them, that do not count.",
            scrape.source_problems,
        ),
        (
            names::BINDS_FAILED,
            "Addresses and ports that cannot be listened on.",
            scrape.binds_failed,
        ),
    ] {
        families.gauge(name, help, [(Labels::new(), value as f64)])?;
    }
    Ok(())
}
