//! What workers count by name: rules, listeners, backends.

use super::Scrape;
use super::family::{Buckets, Families, Labels};
use crate::control::slots::RuleName;
use crate::ir::{BackendName, ListenerName};
use crate::telemetry::counters::{
    BACKEND_BLOCK, BackendCount, DURATION_BOUNDS_US, LISTENER_BLOCK, ListenerCount, RULE_BLOCK,
    RuleCounts,
};
use crate::telemetry::names;
use std::fmt;

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

pub fn encode(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    rules(scrape, families)?;
    listeners(scrape, families)?;
    backends(scrape, families)
}

/// What has no series of its own: more names than the cap, and requests that no rule took.
fn overflow() -> Labels {
    vec![("overflow", "true".to_owned())]
}

fn rules(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let counters = &scrape.fleet.counters;
    let view = &scrape.views.rules;
    let shown = view
        .shown(counters)
        .map(|(name, block)| (rule(name), block));
    let all: Vec<(Labels, RuleCounts)> = shown
        .chain([(overflow(), view.overflow(counters))])
        .map(|(labels, block): (Labels, [u64; RULE_BLOCK])| (labels, RuleCounts::from(block)))
        .collect();
    let classes = all.iter().flat_map(|(labels, counts)| {
        CLASSES.iter().zip(counts.classes).map(|(class, count)| {
            let mut labels = labels.clone();
            labels.push(("class", (*class).to_owned()));
            (labels, count)
        })
    });
    families.counter(
        names::REQUESTS,
        "Requests answered, by rule and class of status code.",
        classes,
    )?;
    let met = || all.iter().filter(|(_, counts)| counts.classes != [0; 5]);
    families.histogram(
        names::REQUEST_DURATION,
        "Time from the first byte of a request to the last byte of its answer.",
        met().map(|(labels, counts)| (labels.clone(), durations(counts))),
    )?;
    families.counter(
        names::REQUEST_BODY_BYTES,
        "Body bytes received from clients.",
        met().map(|(labels, counts)| (labels.clone(), counts.received)),
    )?;
    families.counter(
        names::RESPONSE_BODY_BYTES,
        "Body bytes sent to clients.",
        met().map(|(labels, counts)| (labels.clone(), counts.sent)),
    )?;
    families.gauge(
        names::ROUTE_SERIES_OVERFLOW,
        "Rules in the table that share the overflow's series.",
        [(Labels::new(), view.crowded() as f64)],
    )
}

fn rule(name: &RuleName) -> Labels {
    let route = &name.route;
    vec![
        ("kind", route.kind.to_string()),
        ("namespace", route.namespace.to_string()),
        ("route", route.name.to_string()),
        ("rule", name.rule.to_string()),
    ]
}

fn durations(counts: &RuleCounts) -> Buckets {
    let bounds = DURATION_BOUNDS_US.iter().map(|us| *us as f64 / 1e6);
    Buckets {
        buckets: bounds.chain([f64::INFINITY]).zip(counts.buckets).collect(),
        sum: counts.duration_us as f64 / 1e6,
    }
}

fn listeners(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let counters = &scrape.fleet.counters;
    let view = &scrape.views.listeners;
    let all: Vec<(Labels, [u64; LISTENER_BLOCK])> = view
        .shown(counters)
        .map(|(name, block)| (listener(name), block))
        .collect();
    let pick = |what: ListenerCount, label: Option<&'static str>| {
        all.iter().filter_map(move |(labels, block)| {
            let mut labels = labels.clone();
            labels.extend(label.map(|result| ("result", result.to_owned())));
            Some((labels, *block.get(what as usize)?))
        })
    };
    families.counter(
        names::LISTENER_CONNECTIONS,
        "Client connections accepted.",
        pick(ListenerCount::Accepted, None),
    )?;
    families.counter(
        names::LISTENER_HANDSHAKES,
        "TLS handshakes, by result.",
        pick(ListenerCount::Handshakes, Some("ok"))
            .chain(pick(ListenerCount::HandshakesFailed, Some("failed"))),
    )
}

fn listener(name: &ListenerName) -> Labels {
    vec![
        ("kind", name.kind.to_string()),
        ("namespace", name.namespace.to_string()),
        ("gateway", name.gateway.to_string()),
        ("listener", name.listener.to_string()),
    ]
}

fn backends(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let counters = &scrape.fleet.counters;
    let view = &scrape.views.backends;
    let mut all: Vec<(Labels, [u64; BACKEND_BLOCK])> = view
        .shown(counters)
        .map(|(name, block)| (backend(name), block))
        .collect();
    let rest = view.overflow(counters);
    if rest != [0; BACKEND_BLOCK] {
        all.push((overflow(), rest));
    }
    for (name, help, what) in [
        (
            names::BACKEND_REQUESTS,
            "Requests sent, every try.",
            BackendCount::Requests,
        ),
        (
            names::BACKEND_RETRIES,
            "Tries after the first.",
            BackendCount::Retries,
        ),
        (
            names::BACKEND_CONNECTS,
            "Connections opened.",
            BackendCount::Connects,
        ),
        (
            names::BACKEND_CONNECT_ERRORS,
            "Connections that could not be opened.",
            BackendCount::ConnectErrors,
        ),
        (
            names::BACKEND_FAULTS,
            "Exchanges that failed after the connection stood.",
            BackendCount::Faults,
        ),
        (
            names::BACKEND_NO_ENDPOINT,
            "Requests that found no endpoint.",
            BackendCount::NoEndpoint,
        ),
    ] {
        let pick = |(labels, block): &(Labels, [u64; BACKEND_BLOCK])| {
            Some((labels.clone(), *block.get(what as usize)?))
        };
        families.counter(name, help, all.iter().filter_map(pick))?;
    }
    let endpoints = scrape.model.backends.iter();
    families.gauge(
        names::BACKEND_ENDPOINTS,
        "Endpoints that may take traffic now.",
        endpoints.map(|one| (backend(&one.name), one.endpoints.len() as f64)),
    )
}

fn backend(name: &BackendName) -> Labels {
    vec![
        ("namespace", name.namespace.to_string()),
        ("service", name.service.to_string()),
        ("port", name.port.to_string()),
    ]
}
