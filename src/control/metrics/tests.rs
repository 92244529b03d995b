//! The page as a whole.

use super::*;
use crate::control::Pinning;
use crate::control::slots::Slots;
use crate::ir::{
    Backend, BackendName, Balance, Bind, BindAddress, Listener, ListenerName, Protocol, RouteName,
    Rule, Timeouts, UpstreamProtocol,
};
use crate::telemetry::counters::{BackendCount, Counters, ListenerCount};
use crate::telemetry::names::Counter;
use crate::telemetry::worker_status::WorkerStatus;
use std::time::Duration;

fn rule(name: &str) -> Rule {
    Rule {
        route: RouteName {
            kind: "HTTPRoute".into(),
            namespace: "shop".into(),
            name: "web".into(),
        },
        name: name.into(),
        slot: 0,
        matches: Vec::new(),
        filters: Vec::new(),
        backends: Vec::new(),
        timeouts: Timeouts::default(),
    }
}

fn model(rules: &[&str]) -> Model {
    Model {
        binds: vec![Bind {
            address: BindAddress {
                ip: None,
                port: 8080,
            },
            protocol: Protocol::Http,
            listeners: vec![Listener {
                name: ListenerName {
                    kind: "Gateway".into(),
                    namespace: "infra".into(),
                    gateway: "public".into(),
                    listener: "http".into(),
                },
                slot: 0,
                hostname: None,
                tls: None,
                fallback: false,
                routes: Vec::new(),
            }],
        }],
        rules: rules.iter().map(|name| rule(name)).collect(),
        backends: vec![Backend {
            name: BackendName {
                namespace: "shop".into(),
                service: "web".into(),
                port: 80,
            },
            slot: 0,
            balance: Balance::default(),
            protocol: UpstreamProtocol::default(),
            endpoints: vec!["10.0.0.1:80".parse().unwrap()],
        }],
        certificates: Vec::new(),
    }
}

fn fleet() -> Fleet {
    let statuses: Vec<Arc<WorkerStatus>> = vec![Arc::default(), Arc::default()];
    statuses[0].set_core(Some(3));
    statuses[0].set_connections(5);
    statuses[0].stamp(9_500);
    statuses[1].stamp(10_000);
    statuses[1].count_rebuild();
    Fleet {
        statuses,
        counters: vec![Arc::default(), Arc::default()],
        clock_ms: || 10_000,
        io_driver: "io_uring".into(),
        io_driver_reason: "it works".into(),
        pinning: Pinning::new(|| "pinned".into()),
    }
}

fn example(slots: &mut Slots, fleet: &Fleet, rules: &[&str]) -> Scrape {
    let mut model = model(rules);
    slots.allot(&mut model, 1, &fleet.counters);
    let mut times = Histogram::default();
    times.record(Duration::from_millis(4));
    Scrape {
        facts: Facts {
            build: vec![("version", "1.2.3".into())],
            limits: vec![("headers_size", 32_768)],
        },
        fleet: fleet.clone(),
        views: slots.views(),
        model: Arc::new(model),
        now_ms: 10_000,
        revision: 7,
        revisions_live: 2,
        build_times: times,
        build_failures: 1,
        pages_displaced: 3,
        propagation_times: times,
        objects: vec![("Gateway", 1)],
        objects_refused: 2,
        source_problems: 3,
        binds_failed: 4,
    }
}

/// Lines of the page that begin with a family's name.
fn family<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    page.lines()
        .filter(|line| line.starts_with(name))
        .filter(|line| !line.contains("_bucket"))
        .collect()
}

fn traffic(counters: &[Arc<Counters>]) {
    counters[0].count(Counter::HandshakesTls13);
    counters[1].count(Counter::HandshakesTls13);
    counters[1].count(Counter::HandshakesTls12);
    counters[0].refuse("bad_host");
    counters[1].refuse("bad_host");
    counters[0].exchange(1, 200, 1_500, 10, 20);
    counters[1].exchange(1, 200, 500, 1, 2);
    counters[1].exchange(2, 503, 500, 0, 0);
    counters[0].exchange(0, 404, 500, 0, 0);
    counters[0].listener(1, ListenerCount::Accepted);
    counters[0].backend(1, BackendCount::Requests);
    counters[1].backend(1, BackendCount::Requests);
}

#[test]
fn counts_are_summed_over_workers_and_told_by_name() {
    let (fleet, mut slots) = (fleet(), Slots::new(1));
    let scrape = example(&mut slots, &fleet, &["a", "b"]);
    traffic(&fleet.counters);
    let page = render(scrape).unwrap();
    let web = r#"kind="HTTPRoute",namespace="shop",route="web",rule="a""#;
    let cases: &[(&str, &[String])] = &[
        (
            "ringress_tls_handshakes_total",
            &[
                r#"ringress_tls_handshakes_total{version="TLSv1.2"} 1"#.into(),
                r#"ringress_tls_handshakes_total{version="TLSv1.3"} 2"#.into(),
            ],
        ),
        ("ringress_refused_total", &[r#"ringress_refused_total{reason="bad_host"} 2"#.into()]),
        (
            "ringress_responses_total",
            &[
                r#"ringress_responses_total{code="200"} 2"#.into(),
                r#"ringress_responses_total{code="404"} 1"#.into(),
                r#"ringress_responses_total{code="503"} 1"#.into(),
            ],
        ),
        (
            // Rule b is beyond the cap of one: it counts with the requests that no rule took.
            "ringress_requests_total",
            &[
                format!(r#"ringress_requests_total{{{web},class="1xx"}} 0"#),
                format!(r#"ringress_requests_total{{{web},class="2xx"}} 2"#),
                format!(r#"ringress_requests_total{{{web},class="3xx"}} 0"#),
                format!(r#"ringress_requests_total{{{web},class="4xx"}} 0"#),
                format!(r#"ringress_requests_total{{{web},class="5xx"}} 0"#),
                r#"ringress_requests_total{overflow="true",class="1xx"} 0"#.into(),
                r#"ringress_requests_total{overflow="true",class="2xx"} 0"#.into(),
                r#"ringress_requests_total{overflow="true",class="3xx"} 0"#.into(),
                r#"ringress_requests_total{overflow="true",class="4xx"} 1"#.into(),
                r#"ringress_requests_total{overflow="true",class="5xx"} 1"#.into(),
            ],
        ),
        (
            "ringress_request_duration_seconds_",
            &[
                format!("ringress_request_duration_seconds_sum{{{web}}} 0.002"),
                format!("ringress_request_duration_seconds_count{{{web}}} 2"),
                r#"ringress_request_duration_seconds_sum{overflow="true"} 0.001"#.into(),
                r#"ringress_request_duration_seconds_count{overflow="true"} 2"#.into(),
            ],
        ),
        (
            "ringress_response_body_bytes_total{k",
            &[format!("ringress_response_body_bytes_total{{{web}}} 22")],
        ),
        ("ringress_route_series_overflow ", &["ringress_route_series_overflow 1".into()]),
        (
            "ringress_listener_connections_total",
            &[r#"ringress_listener_connections_total{kind="Gateway",namespace="infra",gateway="public",listener="http"} 1"#.into()],
        ),
        (
            "ringress_backend_requests_total",
            &[r#"ringress_backend_requests_total{namespace="shop",service="web",port="80"} 2"#.into()],
        ),
        (
            "ringress_backend_endpoints{",
            &[r#"ringress_backend_endpoints{namespace="shop",service="web",port="80"} 1"#.into()],
        ),
        (
            "ringress_worker_heartbeat_age_seconds{",
            &[
                r#"ringress_worker_heartbeat_age_seconds{worker="0"} 0.5"#.into(),
                r#"ringress_worker_heartbeat_age_seconds{worker="1"} 0"#.into(),
            ],
        ),
        (
            "ringress_worker_pinned_core{",
            &[
                r#"ringress_worker_pinned_core{worker="0"} 3"#.into(),
                r#"ringress_worker_pinned_core{worker="1"} -1"#.into(),
            ],
        ),
        ("ringress_io_driver{", &[r#"ringress_io_driver{driver="io_uring"} 1"#.into()]),
        ("ringress_snapshot_revision ", &["ringress_snapshot_revision 7".into()]),
        ("ringress_snapshot_revisions_live ", &["ringress_snapshot_revisions_live 2".into()]),
        (
            "ringress_snapshot_build_seconds_",
            &[
                "ringress_snapshot_build_seconds_sum 0.004".into(),
                "ringress_snapshot_build_seconds_count 1".into(),
            ],
        ),
        ("ringress_snapshot_build_failures_total", &["ringress_snapshot_build_failures_total 1".into()]),
        (
            "ringress_page_connections_displaced_total",
            &["ringress_page_connections_displaced_total 3".into()],
        ),
        ("ringress_objects{", &[r#"ringress_objects{kind="Gateway"} 1"#.into()]),
        ("ringress_binds_failed ", &["ringress_binds_failed 4".into()]),
        ("ringress_limit{", &[r#"ringress_limit{limit="headers_size"} 32768"#.into()]),
        ("ringress_build_info{", &[r#"ringress_build_info{version="1.2.3"} 1"#.into()]),
    ];
    for (name, expected) in cases {
        assert_eq!(family(&page, name), *expected, "{name}");
    }
    let bucket = format!(r#"ringress_request_duration_seconds_bucket{{le="0.0025",{web}}} 2"#);
    assert!(page.contains(&bucket), "{page}");
    assert!(
        page.contains(r#"_bucket{le="+Inf",overflow="true"} 2"#),
        "{page}"
    );
    assert!(page.ends_with("# EOF\n"));
}

/// Every series of a page with its value.
fn series(page: &str) -> Vec<(&str, f64)> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.rsplit_once(' '));
    pairs
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

#[test]
fn no_series_appears_twice_and_every_family_is_described() {
    let (fleet, mut slots) = (fleet(), Slots::new(10));
    let scrape = example(&mut slots, &fleet, &["a", "b"]);
    traffic(&fleet.counters);
    let page = render(scrape).unwrap();
    let mut names: Vec<&str> = series(&page).into_iter().map(|(name, _)| name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    let mut families: Vec<&str> = page
        .lines()
        .filter_map(|l| l.strip_prefix("# TYPE "))
        .collect();
    let described = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), described);
}

#[test]
fn counters_never_fall_when_tables_change_or_workers_are_rebuilt() {
    let (fleet, mut slots) = (fleet(), Slots::new(1));
    let mut before: Vec<(String, f64)> = Vec::new();
    for rules in [
        &["a", "b"][..],
        &["b"],
        &["b", "c"],
        &["a", "b", "c"],
        &["a"],
    ] {
        traffic(&fleet.counters);
        let page = render(example(&mut slots, &fleet, rules)).unwrap();
        let now = series(&page);
        for (name, value) in &before {
            let later = now.iter().find(|(other, _)| other == name);
            assert!(
                later.is_some_and(|(_, later)| later >= value),
                "{name} {value}: {later:?}"
            );
        }
        let counters = now.iter().filter(|(name, _)| name.contains("_total"));
        before = counters
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect();
    }
}
