//! What an idle connection costs.
//!
//! Built for the release binary; a step of the run calls it.
mod support;

use std::net::SocketAddr;
use std::time::Duration;

use support::client::{Connection, Request};
use support::manifests::{Manifests, gateway, http, http_route, prefix, service};
use support::origin::Origin;
use support::process::{Driver, Gateway};
use support::{eventually, measure, ports, within};

const CONNECTIONS: usize = 5_000;
/// Bytes of process memory that one may cost.
const BUDGET: u64 = 4096;

/// Opens them one after the other, each for one request, and keeps them.
fn open(address: SocketAddr) -> Vec<Connection> {
    let request = Request::get("/", "a.test");
    let mut all = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address);
        let answer = connection.fetch(&request);
        assert!(answer.status == 200 && answer.keeps(), "{answer:?}");
        all.push(connection);
    }
    all
}

/// Opens them and waits until each costs its budget at most; says what they cost.
fn hold(gateway: &Gateway, address: SocketAddr, when: &str) -> Vec<Connection> {
    let before = measure::pss(gateway.pid());
    let connections = open(address);
    let cost = || measure::pss(gateway.pid()).saturating_sub(before) / CONNECTIONS as u64;
    let first = cost();
    // Memory is given back after a quiet moment, which is up to the gateway.
    let mut least = first;
    let limit = Duration::from_secs(15);
    let what = format!("{BUDGET} bytes a connection, {when} (at first {first})");
    within(limit, &what, || {
        least = cost();
        (least <= BUDGET).then_some(())
    });
    println!("figure: {when}: {first} bytes a connection at first, {least} when quiet");
    connections
}

fn cost(driver: Driver) {
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limits.maximum,
        ..limits
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).expect("our own limit");
    let (origin, address) = (Origin::start("a"), ports::local());
    let mut objects = vec![
        gateway("gw", &[http("web", address.port())]),
        http_route("r", "gw", &["a.test"], &[prefix("/", "a")]),
    ];
    objects.extend(service("a", &[origin.address()]));
    let manifests = Manifests::with(&objects);
    let gateway = Gateway::builder(manifests.path())
        .driver(driver)
        .args(&["--idle-timeout", "10m"])
        .start();

    let held = || gateway.metric("ringress_worker_connections", &[]);
    let fresh = measure::pss(gateway.pid());
    let connections = hold(&gateway, address, "cold");
    drop(connections);
    eventually("the warm-up's connections to end", || {
        (held() == 0.0).then_some(())
    });
    let mut connections = hold(&gateway, address, "warm");
    assert_eq!(held(), CONNECTIONS as f64, "all of them are held");
    println!(
        "figure: {driver:?}: {} KiB before any connection",
        fresh / 1024
    );
    // They are still good.
    for connection in connections.iter_mut().step_by(500) {
        assert_eq!(connection.fetch(&Request::get("/", "a.test")).status, 200);
    }
}

#[test]
fn five_thousand_on_epoll_cost_a_page_each_at_most() {
    cost(Driver::Epoll);
}

#[test]
fn five_thousand_on_io_uring_cost_a_page_each_at_most() {
    cost(Driver::Uring("auto"));
}
