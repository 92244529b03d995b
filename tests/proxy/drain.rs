//! From SIGTERM to the end of the process.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::scene::Stage;
use crate::support::client::{Connection, Request};
use crate::support::eventually;
use crate::support::l4::Balancer;
use crate::support::load::{Plan, Shot};
use crate::support::manifests::Manifests;
use crate::support::message::Fault;
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::websocket::Socket;

#[test]
fn a_drain_goes_step_by_step() {
    let mut scene = Stage::plain().start(&["--drain-delay", "1s", "--drain-idle", "3s"]);
    let mut idle = scene.connect();
    idle.fetch(&Request::get("/", "h"));
    let mut next = scene.connect();
    next.fetch(&Request::get("/", "h"));
    let mut socket = Socket::open(scene.address, None, "h", "/chat");
    let mut slow = scene.connect();
    slow.send(
        &Request::get("/slow", "h")
            .ask("bytes=2000,stall=1000:4500")
            .encode(),
    );
    slow.head("GET").unwrap();

    let began = Instant::now();
    scene.gateway.terminate();
    eventually("not to be ready", || {
        (scene.gateway.page("/readyz").status == 503).then_some(())
    });
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(scene.gateway.page("/livez").status, 200);
    // New connections are served for the delay, and asked not to come back.
    let mut late = scene.connect();
    let answer = late.fetch(&Request::get("/", "h"));
    assert_eq!(answer.status, 200);
    assert!(answer.headers.lists("connection", "close"));
    late.expect_closed();
    eventually("the listener to close", || {
        Connection::try_open(scene.address, None).err()
    });
    assert!(
        began.elapsed() > Duration::from_millis(900),
        "{:?}",
        began.elapsed()
    );
    // A kept connection has one more answer; an idle one goes on its own.
    let answer = next.fetch(&Request::get("/", "h"));
    assert!(answer.status == 200 && answer.headers.lists("connection", "close"));
    next.expect_closed();
    idle.expect_closed();
    // What is under way finishes, tunnels too.
    assert_eq!(slow.piece(2000).unwrap().len(), 2000);
    socket.echo(b"to the end").unwrap();
    assert!(scene.gateway.poll_exit().is_none());
    socket.close().unwrap();
    let status = scene.gateway.await_exit(Duration::from_secs(5));
    assert!(status.success(), "{status}");
}

#[test]
fn a_drain_ends_at_its_timeout() {
    let mut scene = Stage::plain().start(&["--drain-delay", "0s", "--drain-timeout", "500ms"]);
    let mut socket = Socket::open(scene.address, None, "h", "/chat");
    let began = Instant::now();
    scene.gateway.terminate();
    let status = scene.gateway.await_exit(Duration::from_secs(5));
    assert!(status.success(), "{status}");
    assert!(began.elapsed() > Duration::from_millis(450));
    assert!(socket.echo(b"gone").is_err());
}

#[test]
fn a_second_signal_ends_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut scene = Stage::plain().start(&[]);
        let _socket = Socket::open(scene.address, None, "h", "/chat");
        let began = Instant::now();
        scene.gateway.signal(signal);
        eventually("not to be ready", || {
            (scene.gateway.page("/readyz").status == 503).then_some(())
        });
        scene.gateway.signal(signal);
        let status = scene.gateway.await_exit(Duration::from_secs(3));
        assert!(began.elapsed() < Duration::from_secs(3));
        assert!(!status.success(), "cut short: {status}");
    }
}

#[test]
fn a_drain_without_clients_is_short_and_clean() {
    let mut scene = Stage::plain().start(&["--drain-delay", "0s", "--workers", "2"]);
    scene.fetch(&Request::get("/", "h"));
    scene.gateway.terminate();
    let status = scene.gateway.await_exit(Duration::from_secs(2));
    assert_eq!(status.code(), Some(0));
    // The log was written to its end.
    eventually("the record", || (scene.records().len() == 1).then_some(()));
}

#[test]
fn no_client_of_a_balancer_notices_a_drain() {
    let origin = Origin::start("a");
    let start = || {
        let stage = Stage::new()
            .and(crate::support::manifests::service("a", &[origin.address()]))
            .route("r", &[], &[crate::scene::to("a")]);
        let address = stage.address;
        let manifests = Manifests::with(&stage.objects);
        let gateway = Gateway::builder(manifests.path())
            .args(&["--drain-delay", "600ms", "--drain-idle", "1s"])
            .start();
        (gateway, address, manifests)
    };
    let (mut one, two) = (start(), start());
    let pairs = [(one.1, one.0.admin()), (two.1, two.0.admin())];
    let balancer = Balancer::start(&pairs);
    eventually("both to be ready", || {
        (balancer.is_ready(0) && balancer.is_ready(1)).then_some(())
    });
    let kept = Shot::new(&Request::get("/bytes/3000", "h"));
    let closing = Shot::new(&Request::get("/bytes/300", "h").header("Connection", "close"));
    let long = Plan::new(balancer.address(), 8, vec![kept])
        .pause(Duration::from_millis(5))
        .start();
    let short = Plan::new(balancer.address(), 4, vec![closing])
        .close()
        .pause(Duration::from_millis(8))
        .start();
    short.await_more(20);
    one.0.terminate();
    let status = one.0.await_exit(Duration::from_secs(8));
    assert!(status.success(), "{status}");
    short.await_more(20);
    short.stop().assert_clean();
    let tally = long.stop();
    tally.assert_clean();
    assert!(tally.asked_to_close > 0, "nobody was asked to go");
}

#[test]
fn connections_that_wait_to_be_accepted_are_not_lost() {
    // Many at once, right before and during the close of the listeners.
    let mut scene = Stage::plain().start(&["--drain-delay", "0s", "--workers", "2"]);
    let address = scene.address;
    let clients: Vec<_> = (0..16)
        .map(|_| {
            std::thread::spawn(move || {
                let mut served = 0;
                loop {
                    let Ok(mut connection) = Connection::try_open(address, None) else {
                        return (served, None);
                    };
                    match connection.ask(&Request::get("/", "h").header("Connection", "close")) {
                        Ok(answer) if answer.status == 200 => served += 1,
                        Ok(answer) => return (served, Some(format!("status {}", answer.status))),
                        Err(Fault::Timeout) => return (served, Some("timeout".to_owned())),
                        Err(fault) => return (served, Some(fault.to_string())),
                    }
                }
            })
        })
        .collect();
    eventually("the load", || {
        (scene.count("connections_accepted") > 50.0).then_some(())
    });
    scene.gateway.terminate();
    let status = scene.gateway.await_exit(Duration::from_secs(10));
    assert!(status.success(), "{status}");
    let ends: Vec<_> = clients
        .into_iter()
        .map(|client| client.join().unwrap())
        .collect();
    let lost: Vec<_> = ends.iter().filter_map(|(_, fault)| fault.clone()).collect();
    assert!(lost.is_empty(), "{lost:?}");
}
