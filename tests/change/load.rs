//! Keep-alive load while one manifest changes ten times a second.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::revision;
use crate::support::client::{Connection, Request};
use crate::support::load::{Plan, Shot};
use crate::support::manifests::{
    Manifests, gateway, http, http_route, prefix, service, service_of_ports,
};
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::{ports, scale};

const PERIOD: Duration = Duration::from_millis(100);
const CONNECTIONS: usize = 16;

/// Everything that changes, in one file: weights, the set of rules, filters and endpoints.
fn changing(number: usize, [a, b, c]: [SocketAddr; 3]) -> Vec<Value> {
    let weight = 1 + number as u64 % 10;
    let mut rules = vec![revision::rule(
        "/",
        &[("a", weight), ("b", 11 - weight)],
        number,
    )];
    for extra in 0..number % 4 {
        rules.push(prefix(&format!("/extra/{extra}"), "b"));
    }
    let mut objects = vec![http_route("r", "gw", &["a.test"], &rules)];
    objects.extend(match number % 2 {
        0 => service_of_ports("a", &[a]),
        _ => service_of_ports("a", &[a, c]),
    });
    objects.extend(service("b", &[b]));
    objects
}

#[test]
fn ten_changes_a_second_are_each_seen_and_disturb_nobody() {
    let origins = ["a", "b", "c"].map(Origin::start);
    let addresses = [0, 1, 2].map(|index: usize| origins[index].address());
    let address = ports::local();
    let manifests = Manifests::with(&[gateway("gw", &[http("web", address.port())])]);
    manifests.put("changing.yaml", &changing(0, addresses));
    let gateway = Gateway::builder(manifests.path()).workers(2).start();
    let mut probe = Connection::open(address);
    revision::await_shown(&mut probe, "/", 0);

    let shot = |path: &str| {
        Shot::new(&Request::get(path, "a.test")).check(|answer| revision::of(answer).map(drop))
    };
    let posted = Request::post("/b", "a.test", crate::support::body::pattern(3000));
    let posted = Shot::new(&posted).check(|answer| revision::of(answer).map(drop));
    let load = Plan::new(address, CONNECTIONS, vec![shot("/"), shot("/a"), posted])
        .pause(Duration::from_millis(2))
        .start();
    load.await_more(100);

    let changes = usize::try_from(scale::time().as_millis() / PERIOD.as_millis()).expect("small");
    let mut delays = Vec::new();
    let mut tick = Instant::now();
    for number in 1..=changes {
        let written = Instant::now();
        manifests.put("changing.yaml", &changing(number, addresses));
        revision::await_shown(&mut probe, "/", number);
        delays.push(written.elapsed());
        // The rate is the subject here: the next change is due when its time has come.
        tick += PERIOD;
        std::thread::sleep(tick.saturating_duration_since(Instant::now()));
    }
    let tally = load.stop();
    delays.sort();
    let p99 = delays[(delays.len() * 99).div_ceil(100) - 1];
    println!(
        "figure: {changes} changes seen, median {:?}, p99 {p99:?}; {} requests, {} wrong, {} \
         errors, p99 {} us",
        delays[delays.len() / 2],
        tally.right,
        tally.wrong,
        tally.errors,
        tally.percentile(0.99)
    );
    tally.assert_clean();
    assert_eq!(
        tally.opened, CONNECTIONS as u64,
        "a change closed a connection"
    );
    assert_eq!(tally.asked_to_close, 0, "a change asked a client to go");
    assert!(p99 <= Duration::from_millis(100), "{p99:?}");
    let live = gateway.metric("ringress_snapshot_revisions_live", &[]);
    assert!((1.0..=8.0).contains(&live), "{live} live revisions");
}
