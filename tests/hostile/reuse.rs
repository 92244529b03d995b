//! Connections that must not carry another exchange, and those that must.

use crate::scene::{HOST, scene};
use crate::support::client::{Connection, Request};
use crate::support::manifests::{gateway, https};
use crate::support::origin::ASK;

/// What follows a refused upgrade may be the other protocol: neither side is used again
/// (CVE-2026-2833 and its kin).
#[test]
fn a_refused_upgrade_ends_both_connections() {
    let scene = scene(&[]);
    let mut connection = scene.open();
    let upgrade = Request::get("/", HOST)
        .header("Connection", "Upgrade")
        .header("Upgrade", "foo")
        .ask("status=426,bytes=3");
    let answer = connection.fetch(&upgrade);
    assert_eq!(answer.status, 426);
    assert!(!answer.keeps(), "{:?}", answer.headers);
    connection.expect_closed();
    let echo = scene.open().fetch(&Request::get("/", HOST)).echo();
    assert_eq!(
        echo.connection(),
        2,
        "the origin's connection was used again"
    );
}

/// An answer that came before its request was whole says nothing of where the next one begins.
#[test]
fn an_early_answer_ends_the_upstream_connection() {
    let scene = scene(&[]);
    let mut connection = scene.open();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5\r\n{ASK}: early,bytes=200000,stall=1000:400\r\n\r\n"
    );
    connection.send(head.as_bytes());
    let answer = connection.head("POST").expect("an answer");
    connection.send(b"12345");
    connection.piece(200_000).expect("the body");
    assert_eq!(answer.status, 200);
    let echo = scene.open().fetch(&Request::get("/", HOST)).echo();
    assert_eq!(
        echo.connection(),
        2,
        "the origin's connection was used again"
    );
}

/// `--max-body-drain`: a body that is small enough is read away for the next request's sake.
#[test]
fn the_body_of_a_refused_request_is_read_away() {
    let scene = scene(&["--max-body-drain", "1KiB"]);
    let mut connection = scene.open();
    for (length, kept) in [(1000, true), (5000, false)] {
        let head =
            format!("POST / HTTP/1.1\r\nHost: nowhere.test\r\nContent-Length: {length}\r\n\r\n");
        connection.send(head.as_bytes());
        let answer = connection.response("POST").expect("an answer");
        assert_eq!(answer.status, 404);
        assert_eq!(answer.keeps(), kept, "{length}");
        connection.send(&vec![b'x'; length]);
        if kept {
            assert_eq!(connection.fetch(&Request::get("/", HOST)).status, 200);
        }
    }
    connection.expect_closed();
}

/// A port that turned from HTTP to HTTPS does not serve its routes in plain text to who was there
/// before.
#[test]
fn a_connection_does_not_outlive_the_protocol_of_its_port() {
    let scene = scene(&[]);
    let mut connection = scene.open();
    assert_eq!(connection.fetch(&Request::get("/", HOST)).status, 200);
    let turned = gateway("gw", &[https("web", scene.plain.port(), "", "cert")]);
    scene.manifests.put("z-gateway.yaml", &[turned]);
    scene.manifests.put("objects.yaml", &scene.objects[1..]);
    crate::support::eventually("TLS on the port", || {
        Connection::try_open(scene.plain, Some(&scene.tls)).ok()
    });
    let answer = connection.fetch(&Request::get("/", HOST));
    assert_eq!(answer.status, 404);
    assert!(!answer.keeps());
    connection.expect_closed();
}
