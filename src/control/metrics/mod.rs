//! The metrics page: what the workers counted, summed, and what the control side knows.
//!
//! Counters are sums over all workers; a rebuilt worker goes on in its own counters, and a rule
//! that leaves the table keeps what it counted (see [`super::slots`]), so nothing ever falls.

mod certificates;
mod control;
mod family;
mod named;
mod workers;

use crate::control::admin::Page;
use crate::control::histogram::Histogram;
use crate::control::settings::Fleet;
use crate::control::slots::SlotViews;
use crate::control::state::State;
use crate::control::status::render::BindState;
use crate::ir::Model;
use crate::objects::{Kind, Severity};
use family::Families;
use hyper::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What does not change while the process runs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Labels of the build.
    pub build: Vec<(&'static str, String)>,
    /// Limits by name.
    pub limits: Vec<(&'static str, u64)>,
}

/// Everything that one scrape shows.
#[derive(Debug)]
struct Scrape {
    facts: Facts,
    fleet: Fleet,
    views: SlotViews,
    model: Arc<Model>,
    now_ms: u64,
    revision: u64,
    revisions_live: usize,
    build_times: Histogram,
    build_failures: u64,
    pages_displaced: u64,
    propagation_times: Histogram,
    objects: Vec<(&'static str, usize)>,
    objects_refused: usize,
    source_problems: usize,
    binds_failed: usize,
}

/// Renders the page and remembers that it was read.
pub fn page(state: &State, facts: &Facts) -> Page {
    match render(scrape(state, facts)) {
        Ok(text) => {
            let now_ms = (state.fleet.clock_ms)();
            state.shared.scraped_ms.store(now_ms, Ordering::Relaxed);
            Page::metrics(text)
        }
        Err(error) => Page::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

fn render(scrape: Scrape) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(scrape));
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families::new(encoder);
        workers::encode(self, &mut families)?;
        named::encode(self, &mut families)?;
        control::encode(self, &mut families)?;
        certificates::encode(self, &mut families)
    }
}

fn scrape(state: &State, facts: &Facts) -> Scrape {
    let failed = |bind: &&BindState| matches!(bind, BindState::Failed(_));
    let refused = state
        .report
        .objects
        .iter()
        .filter(|object| object.refused());
    let problems = state.objects.problems().iter();
    let refusals = problems.filter(|problem| problem.severity() == Severity::Refused);
    Scrape {
        facts: facts.clone(),
        fleet: state.fleet.clone(),
        views: state.views.clone(),
        model: Arc::clone(&state.model),
        now_ms: (state.fleet.clock_ms)(),
        revision: state.revision,
        revisions_live: state.shared.live(),
        build_times: state.build_times,
        build_failures: state.build_failures,
        pages_displaced: state.pages_displaced,
        propagation_times: state.propagation_times,
        objects: objects(state),
        objects_refused: refused.count(),
        source_problems: refusals.count(),
        binds_failed: state.binds.values().filter(failed).count(),
    }
}

/// Objects of each kind.
fn objects(state: &State) -> Vec<(&'static str, usize)> {
    let all = &state.objects;
    let count = |kind: Kind| match kind {
        Kind::Namespace => all.namespaces().len(),
        Kind::Secret => all.secrets().len(),
        Kind::ConfigMap => all.config_maps().len(),
        Kind::Service => all.services().len(),
        Kind::EndpointSlice => all.endpoint_slices().len(),
        Kind::ReferenceGrant => all.reference_grants().len(),
        Kind::GatewayClass => all.gateway_classes().len(),
        Kind::Gateway => all.gateways().len(),
        Kind::HttpRoute => all.http_routes().len(),
        Kind::IngressClass => all.ingress_classes().len(),
        Kind::Ingress => all.ingresses().len(),
    };
    Kind::ALL
        .iter()
        .map(|kind| (kind.info().name, count(*kind)))
        .collect()
}

#[cfg(test)]
mod tests;
