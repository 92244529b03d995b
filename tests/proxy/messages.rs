//! HTTP/1 between a client and an origin: framings, persistence, pipelining, interim answers.

use serde_json::json;

use crate::scene::Stage;
use crate::support::body::{checksum, pattern};
use crate::support::client::{Connection, Request};
use crate::support::eventually;
use crate::support::message::{Fault, Framing};
use crate::support::origin::Behaviour;

#[test]
fn one_connection_carries_many_exchanges() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    for index in 0..50 {
        let target = format!("/{index}");
        let answer = match index % 3 {
            0 => connection.fetch(&Request::get(&target, "h")),
            1 => connection.fetch(&Request::post(&target, "h", pattern(index * 100))),
            _ => connection.fetch(&Request::post(&target, "h", pattern(index * 100)).chunked(7)),
        };
        assert!(answer.keeps(), "{index}");
        assert_eq!(answer.echo().text("target"), target);
        assert!(connection.ahead().is_empty());
    }
    assert_eq!(scene.origin("a").accepted(), 1);
    scene.expect_count("connections_accepted", 1.0);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let scene = Stage::plain().start(&[]);
    let mut bytes = Vec::new();
    for index in 0..300 {
        let target = format!("/{index}");
        let request = if index % 2 == 0 {
            Request::get(&target, "h").ask(if index % 10 == 0 { "delay=2" } else { "" })
        } else {
            Request::post(&target, "h", pattern(index)).chunked(index.max(1))
        };
        bytes.extend(request.encode());
    }
    let mut connection = scene.connect();
    connection.send(&bytes);
    for index in 0..300 {
        let answer = connection.response("GET").unwrap();
        assert_eq!(answer.echo().text("target"), format!("/{index}"));
    }
    assert_eq!(scene.origin("a").requests().len(), 300);
}

#[test]
fn a_request_may_arrive_byte_by_byte() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    let bytes = Request::post("/x", "h", pattern(40)).chunked(16).encode();
    for byte in &bytes {
        connection.send(std::slice::from_ref(byte));
    }
    let echo = connection.response("POST").unwrap().echo();
    assert_eq!(echo.0["body"]["checksum"], checksum(&pattern(40)));
}

#[test]
fn answers_without_a_body_end_with_their_head() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    let head = connection.fetch(&Request::new("HEAD", "/bytes/5000", "h"));
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("5000"))
    );
    let chunked = connection.fetch(&Request::new("HEAD", "/", "h").ask("bytes=10,chunked"));
    assert_eq!((chunked.status, chunked.body.len()), (200, 0));
    for status in [204, 304] {
        let answer = connection.fetch(&Request::get("/", "h").ask(&format!("status={status}")));
        assert_eq!((answer.status, answer.body.len()), (status, 0));
        assert_eq!(answer.header("transfer-encoding"), None);
    }
    let last = connection.fetch(&Request::get("/last", "h"));
    assert_eq!(last.echo().text("target"), "/last");
}

#[test]
fn every_framing_of_an_answer_arrives_whole() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    for (ask, framing) in [
        ("bytes=100000", Framing::Length(100_000)),
        ("bytes=0", Framing::Length(0)),
        ("bytes=100000,chunked=999", Framing::Chunked),
        ("bytes=0,chunked", Framing::Chunked),
        ("bytes=100000,until-close", Framing::Chunked),
        ("bytes=0,until-close", Framing::Chunked),
        ("bytes=3000,http10", Framing::Length(3000)),
        ("bytes=3000,http10,until-close", Framing::Chunked),
        ("bytes=3000,close", Framing::Length(3000)),
    ] {
        let answer = connection.fetch(&Request::get("/", "h").ask(ask));
        assert_eq!(answer.version, "HTTP/1.1", "{ask}");
        assert_eq!(answer.framing, framing, "{ask}");
        assert_eq!(
            answer.header("x-checksum"),
            Some(&*checksum(&answer.body)),
            "{ask}"
        );
        assert!(answer.keeps(), "{ask}");
    }
}

#[test]
fn a_client_of_http_1_0_is_served_as_one() {
    let scene = Stage::plain().start(&[]);
    let ask = |connection: &mut Connection, extra: &str| {
        connection.send(format!("GET / HTTP/1.0\r\nHost: h\r\n{extra}\r\n").as_bytes());
        connection.response("GET").unwrap()
    };
    let mut connection = scene.connect();
    let kept = ask(
        &mut connection,
        "Connection: keep-alive\r\nX-Ask: bytes=10\r\n",
    );
    assert!(kept.keeps() && kept.framing == Framing::Length(10));
    assert_eq!(kept.header("connection"), Some("keep-alive"));
    // No chunks for it: the close ends the body.
    let closed = ask(
        &mut connection,
        "Connection: keep-alive\r\nX-Ask: bytes=5000,chunked\r\n",
    );
    assert_eq!((closed.framing, closed.body.len()), (Framing::Close, 5000));
    assert_eq!(closed.header("x-checksum"), Some(&*checksum(&closed.body)));
    let mut plain = scene.connect();
    let answer = ask(&mut plain, "X-Ask: bytes=10,interim=103\r\n");
    assert!(answer.interim.is_empty() && answer.body.len() == 10);
    plain.expect_closed();
    // Without Host: the route without host names takes it.
    let mut bare = scene.connect();
    bare.send(b"GET /bare HTTP/1.0\r\n\r\n");
    let echo = bare.response("GET").unwrap().echo();
    assert_eq!(echo.text("target"), "/bare");
    // The origin, of 1.1, is told where the request came in: it must be told something.
    assert_eq!(echo.header("host"), Some(&*scene.address.to_string()));
    assert_eq!(echo.header("x-forwarded-host"), None);
    let seen = scene.origin("a").requests();
    assert!(
        seen.iter()
            .all(|request| request.head.version == "HTTP/1.1")
    );
}

#[test]
fn close_is_obeyed_and_said() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    let request = Request::get("/", "h").header("Connection", "close");
    let answer = connection.fetch(&request);
    assert_eq!(answer.header("connection"), Some("close"));
    connection.expect_closed();
    // The origin's connection is another matter: it is kept.
    let next = scene.fetch(&Request::get("/", "h"));
    assert_eq!(next.echo().connection(), 1);
    let limited = Stage::plain().start(&["--max-requests-per-connection", "2"]);
    let mut connection = limited.connect();
    assert!(connection.fetch(&Request::get("/", "h")).keeps());
    assert!(!connection.fetch(&Request::get("/", "h")).keeps());
    connection.expect_closed();
}

#[test]
fn trailers_pass_where_they_were_announced() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    connection.send(
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
          5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\nGrpc-Status: 0\r\nContent-Length: 9\r\n\
          Authorization: x\r\n\r\n",
    );
    let echo = connection.response("POST").unwrap().echo();
    assert_eq!(
        echo.0["trailers"],
        json!([["X-Sum", "1"], ["Grpc-Status", "0"]])
    );
    scene.expect_count("trailers_dropped", 3.0);

    let request = Request::get("/", "h").ask("bytes=3000,trailers");
    let with = connection.fetch(&request.clone().header("TE", "trailers"));
    assert_eq!(with.trailers.get("x-sum"), Some(&*checksum(&with.body)));
    assert_eq!(with.trailers.get("x-trailer"), Some("yes"));
    let without = connection.fetch(&request);
    assert_eq!(without.body.len(), 3000);
    assert!(without.trailers.0.is_empty());
}

#[test]
fn expect_is_answered_by_the_gateway() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    for ask in ["", "no-continue"] {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\
             X-Ask: {ask}\r\n\r\n"
        );
        connection.send(head.as_bytes());
        assert_eq!(
            connection.piece(25).unwrap(),
            b"HTTP/1.1 100 Continue\r\n\r\n"
        );
        connection.send(b"hello");
        let answer = connection.response("POST").unwrap();
        assert!(answer.interim.is_empty());
        let echo = answer.echo();
        assert_eq!(echo.header("expect"), None);
        assert_eq!(echo.0["body"]["length"], 5);
    }
    // A body that came along needs no invitation.
    let mut bytes = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n".to_vec();
    bytes.extend(b"Content-Length: 5\r\n\r\nhello");
    connection.send(&bytes);
    let answer = connection.response("POST").unwrap();
    assert_eq!(answer.echo().0["body"]["length"], 5);
    // What is refused is refused without inviting the body.
    let refusing = Stage::new().start(&[]);
    let mut connection = refusing.connect();
    connection
        .send(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let answer = connection.response("POST").unwrap();
    assert_eq!((answer.status, answer.interim.len()), (404, 0));
    connection.expect_closed();
}

#[test]
fn interim_answers_pass_and_their_number_is_limited() {
    let scene = Stage::plain().start(&["--max-interim-responses", "3"]);
    let mut connection = scene.connect();
    let answer = connection.fetch(&Request::get("/", "h").ask("interim=103*2,interim=102"));
    let interim: Vec<_> = answer.interim.iter().map(|(status, _)| *status).collect();
    assert_eq!((answer.status, interim), (200, vec![103, 103, 102]));
    assert_eq!(answer.interim[0].1.get("x-interim"), Some("103"));
    let flooded = connection.fetch(&Request::get("/", "h").ask("interim=103*4"));
    assert_eq!(flooded.status, 502);
    scene.expect_refused("interim_responses", 1.0);
    // 100 is ours to say.
    let hundred = connection.fetch(&Request::get("/", "h").ask("interim=100"));
    assert_eq!((hundred.status, hundred.interim.len()), (200, 0));
}

#[test]
fn an_answer_before_the_end_of_the_request_is_delivered_whole() {
    let scene = Stage::plain().start(&[]);
    for ask in [
        "early,bytes=300000",
        "early-close,bytes=300000",
        "early,bytes=300000,chunked",
    ] {
        let mut connection = scene.connect();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\nX-Ask: {ask}\r\n\r\n"
        );
        connection.send(head.as_bytes());
        connection.send(&pattern(1000));
        let answer = connection.response("POST").unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, 300_000), "{ask}");
        assert_eq!(answer.header("x-checksum"), Some(&*checksum(&answer.body)));
        // What is left of the request would be in the way of the next one.
        assert!(!answer.keeps(), "{ask}");
        drop(connection);
        let next = scene.fetch(&Request::get("/next", "h"));
        assert_eq!(next.echo().text("target"), "/next");
    }
    // The origin's connections, left in the middle of a request, were never used again.
    let requests = scene.origin("a").requests();
    assert!(
        requests
            .iter()
            .all(|request| request.index == 1 || request.head.target == "/next")
    );
}

#[test]
fn an_origin_that_dies_in_its_answer_is_not_given_a_clean_end() {
    let scene = Stage::plain().start(&[]);
    for ask in [
        "bytes=100000,cut=50000",
        "bytes=100000,reset=50000",
        "bytes=100000,chunked,cut=50000",
        "bytes=100000,chunked,reset=50000",
        "bytes=100000,chunked,cut=0",
        "bytes=100000,until-close,reset=50000",
    ] {
        let mut connection = scene.connect();
        let fault = connection
            .ask(&Request::get("/", "h").ask(ask))
            .unwrap_err();
        assert!(
            matches!(fault, Fault::Truncated(_) | Fault::Reset),
            "{ask}: {fault}"
        );
    }
    // A client of 1.0, for whom the close ends the body, gets a reset.
    for ask in [
        "bytes=100000,chunked,cut=50000",
        "bytes=100000,until-close,reset=50000",
    ] {
        let mut connection = scene.connect();
        connection.send(format!("GET / HTTP/1.0\r\nHost: h\r\nX-Ask: {ask}\r\n\r\n").as_bytes());
        let fault = connection.response("GET").unwrap_err();
        assert!(matches!(fault, Fault::Reset), "{ask}: {fault}");
    }
}

#[test]
fn a_client_that_goes_away_cancels_its_exchange() {
    let scene = Stage::plain().start(&[]);
    let patient = Behaviour::parse("delay=3000").unwrap();
    scene.origin("a").behave("/slow", patient);
    let mut connection = scene.connect();
    connection.send(&Request::get("/slow", "h").encode());
    eventually("the request at the origin", || {
        (scene.origin("a").requests().len() == 1).then_some(())
    });
    drop(connection);
    let record = scene.record("/slow");
    assert_eq!(record["status"], 499);
    assert_eq!(record["flags"], "DC");
    scene.expect_count("client_aborts", 1.0);
    assert!(record["dur_us"].as_u64().unwrap() < 2_500_000, "{record}");
}
