//! Endpoints come and go a thousand times; the idle connections of those that stay are kept, and
//! no counter falls.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::revision;
use crate::support::client::{Connection, Request};
use crate::support::manifests::{Manifests, gateway, http, http_route, prefix, service_of_ports};
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::{eventually, ports, scale};

/// Idle connections to the endpoint that stays.
const KEPT: usize = 8;

/// Every counter series of the metrics page, by name and labels.
fn counters(gateway: &Gateway) -> HashMap<String, f64> {
    let page = gateway.page("/metrics").text();
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .filter(|(series, _)| {
            let name = series.split('{').next().unwrap_or_default();
            name.ends_with("_total") || name.ends_with("_count") || name.ends_with("_bucket")
        })
        .map(|(series, value)| (series.to_owned(), value.parse().expect("a number")))
        .collect()
}

#[test]
fn endpoint_changes_leave_the_idle_connections_of_others_open_and_counters_monotonic() {
    let (stays, come, go) = (
        Origin::start("stays"),
        Origin::start("c"),
        Origin::start("d"),
    );
    let address = ports::local();
    let rules = [prefix("/stays", "stays"), prefix("/", "moves")];
    let manifests = Manifests::with(&[
        gateway("gw", &[http("web", address.port())]),
        http_route("r", "gw", &["a.test"], &rules),
    ]);
    let put = |number: usize| {
        let moving = if number.is_multiple_of(2) { &come } else { &go };
        let endpoints = [stays.address(), moving.address()];
        manifests.put("moves.yaml", &service_of_ports("moves", &endpoints));
        moving.name()
    };
    manifests.put("stays.yaml", &service_of_ports("stays", &[stays.address()]));
    put(0);
    let gateway = Gateway::builder(manifests.path())
        .args(&["--upstream-idle-timeout", "10m", "--idle-timeout", "10m"])
        .start();

    // So many exchanges at once need as many upstream connections, which are then idle.
    let request = Request::get("/stays", "a.test").ask("delay=300");
    let mut clients: Vec<Connection> = (0..KEPT).map(|_| Connection::open(address)).collect();
    clients
        .iter_mut()
        .for_each(|client| client.send(&request.encode()));
    for client in &mut clients {
        assert_eq!(client.response("GET").expect("an answer").status, 200);
    }
    let opened = stays.accepted();
    assert_eq!(opened, KEPT as u64, "one upstream connection each");

    let changes = scale::count(200, 1000);
    let began = Instant::now();
    let mut seen = counters(&gateway);
    let mut probe = Connection::open(address);
    let mut revision = revision::adopted(&gateway);
    for number in 1..=changes {
        let name = put(number);
        revision = revision::await_adopted(&gateway, revision);
        eventually(
            &format!("an answer of {name} after change {number}"),
            || {
                let answer = probe.fetch(&Request::get("/", "a.test"));
                let from = answer.echo().text("origin").to_owned();
                assert!(from == name || from == "stays", "{from} had left");
                (from == name).then_some(())
            },
        );
        if number % 10 == 0 {
            let now = counters(&gateway);
            for (series, before) in &seen {
                let value = now.get(series).copied();
                assert!(value >= Some(*before), "{series}: {before}, then {value:?}");
            }
            seen = now;
        }
    }
    println!(
        "figure: {changes} endpoint changes in {:?}; {} of {opened} idle connections kept, {} \
         series monotonic",
        began.elapsed(),
        stays.open(),
        seen.len()
    );
    assert_eq!(stays.accepted(), opened, "a connection was opened anew");
    assert_eq!(stays.open(), KEPT, "an idle connection was closed");
    let left = if changes.is_multiple_of(2) {
        &go
    } else {
        &come
    };
    crate::support::within(
        Duration::from_secs(5),
        "idle connections of the endpoint that left to close",
        || (left.open() == 0).then_some(()),
    );
}
