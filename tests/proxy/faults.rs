//! Faults injected: a connection, a worker that dies, a worker that sticks.

use std::time::Duration;

use crate::scene::{Scene, Stage};
use crate::support::client::{Connection, Request};
use crate::support::measure::threads;
use crate::support::message::Fault;
use crate::support::{eventually, within};

/// Asks for a fault on a worker.
fn inject(scene: &Scene, worker: usize, kind: &str) {
    let target = format!("/debug/fault?worker={worker}&kind={kind}");
    let mut connection = Connection::open(scene.gateway.admin());
    let answer = connection.fetch(&Request::new("POST", &target, "admin"));
    assert_eq!(answer.status, 202, "{}", answer.text());
}

/// A client connection that the worker serves.
fn on_worker(scene: &Scene, worker: u64) -> Connection {
    eventually("a connection on that worker", || {
        let mut connection = scene.connect();
        let id = connection.fetch(&Request::get("/whose", "h"));
        let id = id.echo().header("x-request-id").unwrap().to_owned();
        let record = eventually("its record", || {
            scene
                .records()
                .into_iter()
                .find(|record| record["id"] == *id)
        });
        (record["worker"] == worker).then_some(connection)
    })
}

#[test]
fn faults_are_served_only_where_they_are_allowed() {
    let scene = Stage::plain().start(&[]);
    let mut connection = Connection::open(scene.gateway.admin());
    let target = "/debug/fault?worker=0&kind=panic";
    assert_eq!(
        connection
            .fetch(&Request::new("POST", target, "admin"))
            .status,
        404
    );
}

#[test]
fn a_panic_in_a_connection_ends_that_connection_alone() {
    let scene = Stage::plain().start(&["--enable-fault-injection"]);
    let mut kept = scene.connect();
    kept.fetch(&Request::get("/", "h"));
    let mut busy = scene.connect();
    busy.send(
        &Request::get("/", "h")
            .ask("bytes=2000,stall=1000:500")
            .encode(),
    );
    busy.head("GET").unwrap();
    inject(&scene, 0, "connection-panic");
    // Whoever comes once the worker has heard of it.
    let fault = eventually("a victim", || {
        scene.connect().ask(&Request::get("/v", "h")).err()
    });
    assert!(matches!(fault, Fault::Closed | Fault::Reset), "{fault}");
    scene.expect_count("connection_panics", 1.0);
    scene.gateway.await_log("injected by a test");
    assert_eq!(busy.piece(2000).unwrap().len(), 2000);
    assert_eq!(kept.fetch(&Request::get("/", "h")).status, 200);
    assert_eq!(scene.fetch(&Request::get("/", "h")).status, 200);
    assert_eq!(
        scene.gateway.metric("ringress_worker_rebuilds_total", &[]),
        0.0
    );
    drop((kept, busy));
    // What it held was given back.
    eventually("no connection to be left", || {
        (scene.gateway.metric("ringress_worker_connections", &[]) == 0.0).then_some(())
    });
}

#[test]
fn a_worker_that_dies_is_back_within_a_second_and_the_other_loses_nothing() {
    let scene = Stage::plain().start(&["--workers", "2", "--enable-fault-injection"]);
    let mut survivor = on_worker(&scene, 0);
    let mut victim = on_worker(&scene, 1);
    let mut long = scene.connect();
    drop(std::mem::replace(&mut long, on_worker(&scene, 0)));
    long.send(
        &Request::get("/", "h")
            .ask("bytes=200000,stall=1000:1500")
            .encode(),
    );
    long.head("GET").unwrap();
    inject(&scene, 1, "panic");
    victim.expect_closed();
    let rebuilt = || {
        scene
            .gateway
            .metric("ringress_worker_rebuilds_total", &["worker=\"1\""])
    };
    within(Duration::from_secs(2), "the rebuilt worker", || {
        (rebuilt() == 1.0).then_some(())
    });
    let mut again = within(Duration::from_secs(2), "a connection on it", || {
        let mut connection = Connection::try_open(scene.address, None).ok()?;
        connection.patience(Duration::from_millis(500));
        let answer = connection.ask(&Request::get("/again", "h")).ok()?;
        let id = answer.echo().header("x-request-id")?.to_owned();
        let record = eventually("its record", || {
            scene
                .records()
                .into_iter()
                .find(|record| record["id"] == *id)
        });
        (record["worker"] == 1).then_some(connection)
    });
    assert_eq!(again.fetch(&Request::get("/", "h")).status, 200);
    assert_eq!(survivor.fetch(&Request::get("/", "h")).status, 200);
    assert_eq!(long.piece(200_000).unwrap().len(), 200_000);
    eventually("to be ready again", || {
        (scene.gateway.page("/readyz").status == 200).then_some(())
    });
    assert_eq!(
        threads(scene.gateway.pid())
            .iter()
            .filter(|n| n.starts_with("worker"))
            .count(),
        2
    );
}

#[test]
fn a_rebuilt_worker_follows_changes_and_drains() {
    let mut scene = Stage::plain().start(&["--enable-fault-injection", "--drain-delay", "0s"]);
    inject(&scene, 0, "panic");
    eventually("the rebuilt worker", || {
        (scene.gateway.metric("ringress_worker_rebuilds_total", &[]) == 1.0).then_some(())
    });
    eventually("to be ready", || {
        (scene.gateway.page("/readyz").status == 200).then_some(())
    });
    assert_eq!(scene.reached("/", "h").0, 200);
    scene.remove("HTTPRoute", "all");
    assert_eq!(scene.reached("/", "h").0, 404);
    scene.gateway.terminate();
    assert!(scene.gateway.await_exit(Duration::from_secs(5)).success());
}

#[test]
fn a_worker_that_sticks_is_reported_and_ends_the_process_in_the_end() {
    let mut scene = Stage::plain().start(&["--workers", "2", "--enable-fault-injection"]);
    let mut other = on_worker(&scene, 0);
    inject(&scene, 1, "spin");
    within(Duration::from_secs(9), "not to be ready", || {
        (scene.gateway.page("/readyz").status == 503).then_some(())
    });
    assert_eq!(scene.gateway.page("/livez").status, 200);
    assert_eq!(other.fetch(&Request::get("/", "h")).status, 200);
    // It gives the stuck one nothing, though that one looks idle.
    let handed_over = scene.count("connections_handed_over");
    let held: Vec<_> = (0..30).map(|_| scene.connect()).collect();
    assert_eq!(other.fetch(&Request::get("/", "h")).status, 200);
    scene.expect_count("connections_handed_over", handed_over);
    drop(held);
    let status = scene.gateway.await_exit(Duration::from_secs(40));
    assert!(!status.success(), "{status}");
    assert!(
        scene.gateway.log().contains("silent"),
        "{}",
        scene.gateway.log()
    );
}
