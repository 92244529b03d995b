//! A backend is replaced as Kubernetes does it: the new endpoint ready, the old one terminating and
//! still serving, then gone, then its process ends.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::revision;
use crate::support::client::Request;
use crate::support::load::{Plan, Shot};
use crate::support::manifests::{
    Manifests, gateway, http, http_route, prefix, service, set, slice,
};
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::{eventually, ports, scale};

/// The slice of one pod; those of a Service differ in port here.
fn pod(address: SocketAddr, terminating: bool) -> Value {
    let name = format!("s-{}", address.port());
    let conditions = json!({"ready": !terminating, "serving": true, "terminating": terminating});
    set(
        slice(&name, "s", &[address]),
        "/endpoints/0/conditions",
        conditions,
    )
}

#[test]
fn a_rolling_replacement_fails_no_request() {
    let address = ports::local();
    let mut old = Origin::start("0");
    let manifests = Manifests::with(&[
        gateway("gw", &[http("web", address.port())]),
        http_route("r", "gw", &["a.test"], &[prefix("/", "s")]),
        service("s", &[old.address()])[0].clone(),
    ]);
    manifests.put("pods.yaml", &[pod(old.address(), false)]);
    let gateway = Gateway::builder(manifests.path()).workers(2).start();
    let get = Shot::new(&Request::get("/", "a.test"));
    let slow = Shot::new(&Request::get("/", "a.test").ask("delay=30"));
    let post = Shot::new(&Request::post(
        "/",
        "a.test",
        crate::support::body::pattern(2000),
    ));
    let load = Plan::new(address, 16, vec![get, slow, post])
        .pause(Duration::from_millis(2))
        .start();
    load.await_more(50);

    let rounds = scale::count(4, 20);
    for round in 1..=rounds {
        let new = Origin::start(&round.to_string());
        let at = revision::adopted(&gateway);
        let put = |pods: &[Value]| manifests.put("pods.yaml", pods);
        put(&[pod(old.address(), false), pod(new.address(), false)]);
        eventually("the new pod to be used", || {
            (new.answered() > 0).then_some(())
        });
        let at = revision::await_adopted(&gateway, at);
        // Others are ready, so that this one is used no more.
        put(&[pod(old.address(), true), pod(new.address(), false)]);
        revision::await_adopted(&gateway, at);
        load.await_more(20);
        if round % 2 == 0 {
            // A pod that ends while its slice still says terminating.
            old.drain();
            put(&[pod(new.address(), false)]);
        } else {
            put(&[pod(new.address(), false)]);
            eventually("connections to the old pod to close", || {
                (old.open() == 0).then_some(())
            });
            old.drain();
        }
        load.await_more(20);
        old = new;
    }
    let tally = load.stop();
    println!(
        "figure: {rounds} rolling replacements, {} requests, {} wrong, {} errors",
        tally.right, tally.wrong, tally.errors
    );
    tally.assert_clean();
    assert_eq!(
        tally.opened, 16,
        "a replacement closed a client's connection"
    );
}
