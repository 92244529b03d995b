//! Connections to origins: kept where that is safe, and only there.

use serde_json::json;

use crate::puppet::Puppet;
use crate::scene::{Stage, to};
use crate::support::client::Request;
use crate::support::eventually;
use crate::support::manifests::{service, service_of_ports, set, slice};
use crate::support::origin::{self, Origin};

#[test]
fn a_clean_connection_is_kept_and_a_doubtful_one_is_not() {
    let scene = Stage::plain().start(&[]);
    let on = |ask: &str, method: &str| {
        let request = Request::new(method, "/", "h").ask(ask);
        let answer = scene.fetch(&request);
        assert_eq!(answer.status / 100, 2, "{ask}");
        answer
            .header("x-origin-connection")
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let mut last = on("", "GET");
    for (ask, method) in [
        ("", "GET"),
        ("bytes=100000", "GET"),
        ("bytes=100000,chunked", "GET"),
        ("bytes=1000,trailers", "GET"),
        ("status=204", "GET"),
        ("", "HEAD"),
        ("interim=103", "GET"),
        ("", "POST"),
    ] {
        assert_eq!(on(ask, method), last, "{method} {ask}");
    }
    // Each of these spoils the connection for whoever comes next.
    let with = |stray: &str| {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok{stray}");
        origin::raw(answer.as_bytes())
    };
    let after_none = origin::raw(b"HTTP/1.1 204 No Content\r\n\r\nx");
    let after_chunks =
        origin::raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx");
    for ask in [
        "close",
        "until-close",
        "http10",
        "quiet-close",
        &with("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
        &with("x"),
        &with("\r\n"),
        &after_none,
        &after_chunks,
    ] {
        let answer = scene.fetch(&Request::get("/", "h").ask(ask));
        assert_eq!(answer.status / 100, 2, "{ask}");
        let next = on("", "GET");
        assert!(next > last, "{ask}");
        last = next;
    }
}

#[test]
fn what_an_origin_says_out_of_turn_reaches_nobody() {
    let puppet = Puppet::start();
    let scene = Stage::new()
        .and(service("p", &[puppet.address()]))
        .route("r", &[], &[to("p")])
        .start(&[]);
    let mut client = scene.connect();
    client.send(&Request::get("/first", "h").encode());
    let mut line = puppet.accept();
    line.head();
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(client.response("GET").unwrap().text(), "ok");
    // Now it is idle in the pool, and speaks: on loopback these bytes lie in the gateway's socket
    // when the write returns.
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    client.send(&Request::get("/second", "h").encode());
    let mut other = puppet.accept();
    assert_eq!(other.head().target, "/second");
    other.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    assert_eq!(client.response("GET").unwrap().text(), "no");
    line.expect_end();
}

#[test]
fn a_connection_is_used_as_often_as_allowed_and_dropped_when_idle() {
    let scene = Stage::plain().start(&[
        "--upstream-requests-per-connection",
        "2",
        "--upstream-idle-timeout",
        "150ms",
    ]);
    let on = || scene.fetch(&Request::get("/", "h")).echo().connection();
    assert_eq!([on(), on(), on(), on()], [1, 1, 2, 2]);
    assert_eq!(on(), 3);
    eventually("the idle connection to be closed", || {
        (scene.origin("a").open() == 0).then_some(())
    });
    assert_eq!(on(), 4);
}

#[test]
fn the_pool_has_a_size() {
    let scene = Stage::plain().start(&["--upstream-pool", "2"]);
    let clients: Vec<_> = (0..6)
        .map(|_| {
            let mut connection = scene.connect();
            connection.send(&Request::get("/", "h").ask("delay=200").encode());
            connection
        })
        .collect();
    for mut client in clients {
        assert_eq!(client.response("GET").unwrap().status, 200);
    }
    assert_eq!(scene.origin("a").accepted(), 6);
    eventually("what is too many to be closed", || {
        (scene.origin("a").open() == 2).then_some(())
    });
    scene.expect_count("upstream_pool_full", 4.0);
}

#[test]
fn an_endpoint_that_leaves_loses_its_idle_connections_and_finishes_its_busy_ones() {
    let (a, b) = (Origin::start("a"), Origin::start("b"));
    let (here, there) = (a.address(), b.address());
    let both = service_of_ports("s", &[here, there]);
    let mut scene = Stage::new()
        .and(both)
        .keep(a)
        .keep(b)
        .route("r", &[], &[to("s")])
        .start(&["--balance", "round-robin"]);
    // Three connections to each: two idle, one busy.
    let mut slow: Vec<_> = (0..6).map(|_| scene.connect()).collect();
    for connection in &mut slow {
        connection.send(&Request::get("/", "h").ask("delay=50").encode());
    }
    for connection in &mut slow {
        assert_eq!(connection.response("GET").unwrap().status, 200);
    }
    assert_eq!((scene.origin("a").open(), scene.origin("b").open()), (3, 3));
    for connection in &mut slow[..2] {
        connection.send(
            &Request::get("/busy", "h")
                .ask("bytes=2000,stall=1000:600")
                .encode(),
        );
        connection.head("GET").unwrap();
    }
    scene
        .objects
        .retain(|object| object["metadata"]["name"] != "s-1");
    scene.publish();
    eventually("the idle connections to close", || {
        (scene.origin("b").open() == 1).then_some(())
    });
    assert_eq!(scene.origin("a").open(), 3);
    for connection in &mut slow[..2] {
        assert_eq!(connection.piece(2000).unwrap().len(), 2000);
    }
    eventually("the busy one to close when done", || {
        (scene.origin("b").open() == 0).then_some(())
    });
    for _ in 0..6 {
        assert_eq!(scene.reached("/", "h").1, "a");
    }
}

#[test]
fn terminating_endpoints_serve_only_when_nothing_else_does() {
    let (a, b) = (Origin::start("a"), Origin::start("b"));
    let (here, there) = (a.address(), b.address());
    let terminating = json!({"ready": false, "serving": true, "terminating": true});
    let ending = |name: &str, address| {
        set(
            slice(name, "s", &[address]),
            "/endpoints/0/conditions",
            terminating.clone(),
        )
    };
    let mut scene = Stage::new()
        .and([
            service("s", &[here])[0].clone(),
            slice("s-a", "s", &[here]),
            ending("s-b", there),
        ])
        .keep(a)
        .keep(b)
        .route("r", &[], &[to("s")])
        .start(&[]);
    for _ in 0..10 {
        assert_eq!(scene.reached("/", "h").1, "a");
    }
    scene.replace(ending("s-a", here));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        seen.insert(scene.reached("/", "h").1);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    let gone = json!({"ready": false, "serving": false, "terminating": true});
    for (name, address) in [("s-a", here), ("s-b", there)] {
        scene.replace(set(
            slice(name, "s", &[address]),
            "/endpoints/0/conditions",
            gone.clone(),
        ));
    }
    assert_eq!(scene.reached("/", "h").0, 503);
}
