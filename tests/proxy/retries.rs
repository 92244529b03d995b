//! What is tried again, where, and what is not; and the status when nothing helped.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::scene::{Stage, to};
use crate::support::client::Request;
use crate::support::manifests::service;
use crate::support::origin::Behaviour;
use crate::support::{eventually, ports};

/// Two origins behind one Service; `a` closes without an answer to `/dies`.
fn pair() -> Stage {
    Stage::new()
        .pair("s", ["a", "b"])
        .route("r", &[], &[to("s")])
}

#[test]
fn a_reused_connection_that_dies_before_its_answer_is_replaced_for_a_get_only() {
    for ask in ["no-answer", "no-answer-reset"] {
        let scene = pair().start(&["--balance", "round-robin"]);
        let dies = Behaviour::parse(ask).unwrap();
        scene.origin("a").behave("/dies", dies);
        let arrived = |name: &str| {
            let all = scene.origin(name).requests();
            let here = all.iter().filter(|request| request.head.target == "/dies");
            here.count() as f64
        };
        let mut connection = scene.connect();
        // One request to each in turn, so that both have an idle connection.
        let mut prime = || {
            for _ in 0..2 {
                connection.fetch(&Request::get("/", "h"));
            }
        };
        for _ in 0..4 {
            prime();
            let answer = scene.fetch(&Request::get("/dies", "h"));
            assert_eq!(answer.header("x-origin"), Some("b"), "{ask}");
        }
        let tried = arrived("a");
        assert!(tried > 0.0 && arrived("b") == 4.0, "{ask}");
        scene.expect_count("upstream_retries", tried);
        eventually("the record of two tries", || {
            let mut records = scene.records().into_iter();
            records.any(|record| record["up_tries"] == 2).then_some(())
        });

        // A request that may not be sent twice is not.
        let mut failed = 0.0;
        for _ in 0..4 {
            prime();
            let answer = scene.fetch(&Request::post("/dies", "h", b"once".to_vec()));
            if answer.status == 502 {
                failed += 1.0;
            }
        }
        assert!(failed > 0.0, "{ask}");
        assert_eq!(
            (arrived("a"), arrived("b")),
            (tried + failed, 8.0 - failed),
            "{ask}"
        );
        scene.expect_count("upstream_retries", tried);
    }
}

#[test]
fn a_fresh_connection_that_dies_is_the_answer() {
    let scene = Stage::plain().start(&[]);
    for (ask, status) in [("no-answer", 502), ("no-answer-reset", 502)] {
        let before = scene.origin("a").requests().len();
        let mut connection = scene.connect();
        let answer = connection.fetch(&Request::get("/", "h").ask(ask));
        assert_eq!(answer.status, status, "{ask}");
        assert_eq!(scene.origin("a").requests().len(), before + 1, "{ask}");
        // The client's connection is none the worse for it.
        assert!(answer.keeps());
        let half = b"HTTP/1.1 200 OK\r\nContent-Le";
        let half = crate::support::origin::raw(half);
        let answer = connection.fetch(&Request::get("/", "h").ask(&format!("{half},quiet-close")));
        assert_eq!(answer.status, 502);
    }
    // Counted right after the answer is out.
    eventually("four refusals", || {
        (scene.refused("upstream_closed") >= 4.0).then_some(())
    });
}

#[test]
fn a_request_on_a_connection_that_the_origin_closed_meanwhile_is_served() {
    let scene = Stage::plain().start(&[]);
    // Closed in the idle time: found out before anything is sent, so even a POST is safe.
    for method in ["GET", "POST", "PUT", "DELETE"] {
        scene.fetch(&Request::get("/", "h").ask("quiet-close"));
        eventually("the origin's close", || {
            (scene.origin("a").open() == 0).then_some(())
        });
        let answer = scene.fetch(&Request::new(method, "/again", "h"));
        assert_eq!(answer.status, 200, "{method}");
    }
    assert_eq!(scene.refused("upstream_closed"), 0.0);
}

#[test]
fn a_refused_connection_is_tried_elsewhere_whatever_the_method() {
    let scene = pair().start(&[]);
    scene.origin("a").refuse();
    for index in 0..20 {
        let answer = match index % 2 {
            0 => scene.fetch(&Request::get("/", "h")),
            _ => scene.fetch(&Request::post("/", "h", vec![b'x'; 100_000])),
        };
        assert_eq!(answer.header("x-origin"), Some("b"));
    }
    assert!(scene.count("upstream_retries") > 0.0);
    scene.origin("b").drain();
    let answer = scene.fetch(&Request::get("/none", "h"));
    assert_eq!(answer.status, 502);
    let record = scene.record("/none");
    assert_eq!(record["up_tries"], 2);
    assert_eq!(record["refused"], "upstream_connect");
    assert!(record["flags"].as_str().unwrap().contains("UF"), "{record}");
}

#[test]
fn an_endpoint_that_does_not_take_the_connection_is_given_up_in_time() {
    // A listener whose queue is full answers no SYN.
    let address: SocketAddr = ports::local();
    let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    // Connections of an earlier user of the port may linger on it.
    full.set_reuse_address(true).unwrap();
    full.bind(&address.into()).unwrap();
    full.listen(0).unwrap();
    let mut held = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200))
    {
        held.push(stream);
    }
    let scene = Stage::new()
        .and(service("full", &[address]))
        .route("r", &[], &[to("full")])
        .start(&["--connect-timeout", "300ms"]);
    let began = Instant::now();
    let answer = scene.fetch(&Request::get("/", "h"));
    assert_eq!(answer.status, 504);
    assert!(began.elapsed() >= Duration::from_millis(250));
    scene.expect_refused("upstream_connect_timeout", 1.0);
}

#[test]
fn an_origin_that_takes_a_connection_and_no_more_ends_by_timeout() {
    let listener = ports::listen(ports::local());
    let address = listener.local_addr().unwrap();
    let scene = Stage::new()
        .and(service("mute", &[address]))
        .route("r", &[], &[to("mute")])
        .start(&["--upstream-response-timeout", "300ms"]);
    let mut connection = scene.connect();
    let answer = connection.fetch(&Request::get("/", "h"));
    assert_eq!(answer.status, 504);
    assert!(answer.keeps());
    scene.expect_refused("upstream_timeout", 1.0);
    // The upload counts as life; only from its end on is silence measured.
    let mut slow = scene.connect();
    slow.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n");
    for _ in 0..12 {
        std::thread::sleep(Duration::from_millis(50));
        slow.send(b"x");
    }
    assert_eq!(slow.response("POST").unwrap().status, 504);
    drop(listener);
}

#[test]
fn an_origin_that_falls_silent_in_its_body_is_cut() {
    let scene = Stage::plain().start(&["--upstream-body-timeout", "300ms"]);
    let mut connection = scene.connect();
    let request = Request::get("/", "h").ask("bytes=2000,stall=1000:3000");
    let began = Instant::now();
    assert!(connection.ask(&request).is_err());
    assert!(began.elapsed() < Duration::from_secs(2));
    // A pause within the limit is none of our business.
    let answer = scene.fetch(&Request::get("/", "h").ask("bytes=2000,stall=1000:100"));
    assert_eq!(answer.body.len(), 2000);
}
