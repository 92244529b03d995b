//! Requests that hide others: each side must see the same ones.

use crate::puppet::Puppet;
use crate::stage::{Stage, to};
use crate::support::client::Request;
use crate::support::manifests::service;
use crate::support::message::Fault;

/// What the origin received, as `METHOD target`.
fn seen(scene: &crate::stage::Scene) -> Vec<String> {
    let all = scene.origin("a").requests();
    all.iter()
        .map(|request| format!("{} {}", request.head.method, request.head.target))
        .collect()
}

#[test]
fn bodies_are_bodies_whatever_they_look_like() {
    let scene = Stage::plain().start(&[]);
    let hidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";
    let length = hidden.len();
    let mut expected = Vec::new();
    for method in [
        "GET", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH", "CUSTOM",
    ] {
        let mut connection = scene.connect();
        let request = format!(
            "{method} /outer HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{hidden}"
        );
        connection.send(request.as_bytes());
        assert_eq!(connection.response(method).unwrap().status, 200);
        let next = connection.fetch(&Request::get("/next", "h"));
        assert_eq!(next.echo().text("target"), "/next");
        expected.extend([format!("{method} /outer"), "GET /next".to_owned()]);
        let chunked = format!(
            "{method} /chunked HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{hidden}\r\n0\r\n\r\n"
        );
        connection.send(chunked.as_bytes());
        assert_eq!(connection.response(method).unwrap().status, 200);
        expected.push(format!("{method} /chunked"));
    }
    assert_eq!(seen(&scene), expected);
}

#[test]
fn what_follows_a_body_is_the_same_clients_next_request() {
    let scene = Stage::plain().start(&[]);
    let mut attacker = scene.connect();
    // CL.0 as its senders hope that an origin reads it.
    attacker
        .send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nGET /b HTTP/1.1\r\nX: ");
    assert_eq!(attacker.response("POST").unwrap().status, 200);
    let victim = scene.fetch(&Request::get("/victim", "h"));
    assert_eq!(victim.echo().text("target"), "/victim");
    attacker.send(b"y\r\nHost: h\r\n\r\n");
    assert_eq!(
        attacker.response("GET").unwrap().echo().text("target"),
        "/b"
    );
    assert_eq!(seen(&scene), ["POST /a", "GET /victim", "GET /b"]);
}

#[test]
fn a_valid_request_before_a_bad_one_is_answered_and_the_bad_one_ends_it() {
    let scene = Stage::plain().start(&[]);
    for bad in [
        "POST /bad HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /bad HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
        "\x16\x03\x01\x02\x00",
        "GET /bad HTTP/1.1\nHost: h\n\n",
    ] {
        let before = seen(&scene).len();
        let mut connection = scene.connect();
        let mut bytes = Request::get("/good", "h").encode();
        bytes.extend(bad.as_bytes());
        bytes.extend(Request::get("/after", "h").encode());
        connection.send(&bytes);
        assert_eq!(
            connection.response("GET").unwrap().echo().text("target"),
            "/good"
        );
        assert_eq!(connection.response("GET").unwrap().status, 400);
        connection.expect_closed();
        assert_eq!(seen(&scene)[before..], ["GET /good"]);
    }
}

#[test]
fn an_early_answer_never_lets_the_rest_of_a_body_become_a_request() {
    // "0.CL": the origin answers before the body, on a connection that others would use next.
    let puppet = Puppet::start();
    let scene = Stage::new()
        .and(service("p", &[puppet.address()]))
        .route("r", &[], &[to("p")])
        .start(&[]);
    let mut attacker = scene.connect();
    attacker.send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\n");
    attacker.send(b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut line = puppet.accept();
    assert_eq!(line.head().target, "/a");
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
    let answer = attacker.response("POST").unwrap();
    assert_eq!(answer.text(), "early");
    assert!(!answer.keeps());
    attacker.send(b"GET /hidden2 HTTP/1.1\r\nHost: h\r\n\r\n");
    match attacker.response("GET") {
        Err(Fault::Closed | Fault::Reset) => {}
        other => panic!("an answer to a part of a body: {other:?}"),
    }
    let mut victim = scene.connect();
    victim.send(&Request::get("/victim", "h").encode());
    let mut other = puppet.accept();
    assert_eq!(other.head().target, "/victim");
    other.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(victim.response("GET").unwrap().text(), "ok");
}

#[test]
fn a_refused_expectation_leaves_nothing_on_the_connection() {
    let scene = Stage::plain().start(&[]);
    for (expect, status) in [("100-continue", 200), ("y 100-continue", 417), ("yes", 417)] {
        let mut connection = scene.connect();
        let request = format!(
            "POST /e HTTP/1.1\r\nHost: h\r\nExpect: {expect}\r\nContent-Length: 34\r\n\r\n\
             GET /hidden HTTP/1.1\r\nHost: hhh\r\n\r\n"
        );
        connection.send(request.as_bytes());
        assert_eq!(
            connection.response("POST").unwrap().status,
            status,
            "{expect}"
        );
    }
    assert_eq!(seen(&scene), ["POST /e"]);
}

#[test]
fn forwarding_writes_every_message_anew() {
    // Odd but legal: the origin must get the plain form of it.
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    connection.send(
        b"POST /x HTTP/1.1\r\nhOsT:\t h \t\r\nTRANSFER-encoding:\tChunked \r\nX-A:\t a  b\t\r\n\r\n\
          00005;ext=\"v\"\r\nhello\r\n000;last\r\n\r\n",
    );
    let echo = connection.response("POST").unwrap().echo();
    assert_eq!(echo.header("x-a"), Some("a  b"));
    assert_eq!(echo.0["body"]["length"], 5);
    let raw = scene.origin("a").raw().concat();
    let text = String::from_utf8_lossy(&raw).into_owned();
    assert!(
        text.starts_with("POST /x HTTP/1.1\r\nHost: h\r\n"),
        "{text}"
    );
    assert!(
        !text.contains("ext") && !text.contains('\t') && !text.contains("0000"),
        "{text}"
    );
}
