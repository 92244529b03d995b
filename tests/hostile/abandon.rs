//! Clients that go away, and what is left behind.

use std::time::Duration;

use rustix::process::Signal;

use crate::scene::{HOST, scene};
use crate::support::client::{Connection, Request};
use crate::support::eventually;

/// Also when the request had a body, the upstream is not kept busy for nobody.
#[test]
fn a_client_that_leaves_after_its_upload_is_noticed() {
    let scene = scene(&[]);
    let mut connection = scene.open();
    connection.send(
        &Request::post("/gone", HOST, b"body".to_vec())
            .ask("delay=5000")
            .encode(),
    );
    eventually("the origin to have the request", || {
        scene.origin.requests().first().map(|_| ())
    });
    drop(connection);
    let record = scene.record("/gone");
    assert_eq!(record["status"], 499, "{record}");
    assert!(
        record["dur_us"].as_u64().expect("a number") < 3_000_000,
        "{record}"
    );
}

/// A worker's thread that ended holds nothing any more: its clients see the end and come again.
#[test]
fn the_connections_of_a_dead_worker_are_closed() {
    let scene = scene(&["--enable-fault-injection"]);
    let mut idle = scene.open();
    idle.fetch(&Request::get("/", HOST));
    let mut silent = scene.open();
    let mut busy = scene.open();
    busy.send(&Request::get("/", HOST).ask("delay=4000").encode());
    eventually("the request upstream", || {
        (scene.origin.accepted() >= 2 || scene.origin.requests().len() >= 2).then_some(())
    });
    let before = descriptors(&scene.gateway);
    let mut admin = Connection::open(scene.gateway.admin());
    let answer = admin.fetch(&Request::post(
        "/debug/fault?worker=0&kind=panic",
        "admin",
        Vec::new(),
    ));
    assert!(answer.status < 300, "{}", answer.text());
    for connection in [&mut idle, &mut silent, &mut busy] {
        connection.patience(Duration::from_secs(3));
        connection.expect_closed();
    }
    let status = eventually("the worker to be back", || {
        let mut connection = Connection::try_open(scene.plain, None).ok()?;
        connection.patience(Duration::from_secs(1));
        connection
            .ask(&Request::get("/", HOST))
            .ok()
            .map(|answer| answer.status)
    });
    assert_eq!(status, 200);
    eventually("the descriptors of the dead worker to be closed", || {
        (descriptors(&scene.gateway) <= before).then_some(())
    });
    scene.gateway.signal(Signal::TERM);
}

fn descriptors(gateway: &crate::support::process::Gateway) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", gateway.pid()))
        .expect("a process of ours")
        .count()
}
