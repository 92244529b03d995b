//! Bodies that end too early, and answers that come too early.

use std::time::Duration;

use crate::scene::{HOST, scene};
use crate::support::client::Request;
use crate::support::message::Fault;
use crate::support::origin::{ASK, Behaviour};

/// To a client of HTTP/1.0 the end of the connection is the end of the body, so that a body that
/// broke off may not end in order.
#[test]
fn a_body_that_broke_off_is_no_whole_body_to_a_client_of_1_0() {
    let scene = scene(&[]);
    for ask in [
        "chunked,cut=3000,bytes=9000",
        "chunked,reset=3000,bytes=9000",
    ] {
        let mut connection = scene.open();
        connection
            .send(format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n{ASK}: {ask}\r\n\r\n").as_bytes());
        match connection.response("GET") {
            Err(Fault::Reset) => {}
            other => panic!("{ask}: {other:?}"),
        }
    }
}

/// Closing with unread bytes sends a reset, which takes what the client did not read yet.
#[test]
fn an_answer_amid_an_upload_arrives_whole() {
    let scene = scene(&[]);
    for (index, secure) in [false, true].into_iter().enumerate() {
        let mut connection = if secure {
            scene.open_tls()
        } else {
            scene.open()
        };
        let path = format!("/early-{index}");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000000\r\n\
             {ASK}: early-close,bytes=900000\r\n\r\n"
        );
        connection.send(head.as_bytes());
        // Some of it is on its way when the answer comes, some is sent after.
        for _ in 0..8 {
            connection.send(&[b'x'; 10_000]);
        }
        let head = connection.head("POST").expect("an answer");
        assert_eq!(head.status, 200);
        scene.record(&path);
        connection.send(&[b'x'; 10_000]);
        let body = connection.piece(900_000);
        assert!(body.is_ok(), "secure {secure}: {:?}", body.err());
    }
}

/// A 504 in the middle of an upload is given up with a read in flight.
#[test]
fn a_timeout_amid_an_upload_is_answered() {
    let mut rule = crate::support::manifests::prefix("/", "o");
    rule["timeouts"] = serde_json::json!({"request": "300ms"});
    let scene = crate::scene::scene_with(&[], rule);
    for secure in [false, true] {
        let mut connection = if secure {
            scene.open_tls()
        } else {
            scene.open()
        };
        let head = format!("POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9000000\r\n\r\n");
        connection.send(head.as_bytes());
        connection.send(&[b'x'; 10_000]);
        let answer = connection.head("POST").expect("an answer");
        connection.send(&[b'x'; 100_000]);
        assert_eq!(answer.status, 504);
        let length = answer.header("content-length").expect("a length");
        let body = connection.piece(length.parse().expect("a number"));
        assert!(body.is_ok(), "secure {secure}: {:?}", body.err());
    }
}

/// An HTTPRoute's timeouts override those of the flags, within the body too.
#[test]
fn the_timeouts_of_a_rule_hold_within_the_body() {
    let mut rule = crate::support::manifests::prefix("/", "o");
    rule["timeouts"] = serde_json::json!({"request": "0s"});
    let scene = crate::scene::scene_with(&["--upstream-body-timeout", "200ms"], rule);
    scene.origin.behave(
        "/slow",
        Behaviour {
            bytes: Some(2000),
            stall: Some((1000, Duration::from_millis(700))),
            ..Behaviour::default()
        },
    );
    let answer = scene.open().fetch(&Request::get("/slow", HOST));
    assert_eq!((answer.status, answer.body.len()), (200, 2000));
}
