//! Peers that are slow on purpose.

use std::time::{Duration, Instant};

use crate::stage::Stage;
use crate::support::client::Request;
use crate::support::eventually;

#[test]
fn a_head_has_one_deadline_that_drops_do_not_move() {
    let scene = Stage::plain().start(&["--header-read-timeout", "500ms"]);
    let mut connection = scene.connect();
    let began = Instant::now();
    let bytes = Request::get("/", "h")
        .header("X-Long", &"a".repeat(200))
        .encode();
    for byte in &bytes[..100] {
        if connection.try_send(std::slice::from_ref(byte)).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        if began.elapsed() > Duration::from_millis(900) {
            break;
        }
    }
    let answer = connection.response("GET").unwrap();
    assert_eq!(answer.status, 408);
    assert!(!answer.keeps());
    connection.expect_closed();
    scene.expect_refused("header_read", 1.0);
    // The same for a later request of a connection.
    let mut connection = scene.connect();
    connection.fetch(&Request::get("/", "h"));
    connection.send(&bytes[..20]);
    assert_eq!(connection.response("GET").unwrap().status, 408);
    assert_eq!(scene.origin("a").requests().len(), 1);
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let scene = Stage::plain().start(&["--idle-timeout", "700ms"]);
    let mut fresh = scene.connect();
    let mut used = scene.connect();
    used.fetch(&Request::get("/", "h"));
    let began = Instant::now();
    fresh.expect_closed();
    used.expect_closed();
    assert!(
        began.elapsed() > Duration::from_millis(400),
        "{:?}",
        began.elapsed()
    );
    eventually("both to be counted", || {
        (scene.count("connections_idle_closed") == 2.0).then_some(())
    });
    // One that asks now and then stays.
    let mut lively = scene.connect();
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(300));
        assert!(lively.fetch(&Request::get("/", "h")).keeps());
    }
}

#[test]
fn a_body_keeps_to_a_minimum_rate() {
    // The first 10 seconds are free, so this test takes longer than they do.
    let scene = Stage::plain().start(&["--min-request-body-rate", "1000"]);
    let mut slow = scene.connect();
    let mut quick = scene.connect();
    let head =
        |path: &str| format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n");
    slow.send(head("/slow").as_bytes());
    quick.send(head("/quick").as_bytes());
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < Duration::from_millis(11_500) {
        slow.send(b"x");
        if sent < 39_000 {
            quick.send(&[b'x'; 500]);
            sent += 500;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let answer = slow.response("POST").unwrap();
    assert_eq!(answer.status, 408);
    scene.expect_refused("body_min_rate", 1.0);
    quick.send(&vec![b'x'; 40_000 - sent]);
    assert_eq!(quick.response("POST").unwrap().status, 200);
    assert_eq!(scene.origin("a").requests().len(), 1);
}

#[test]
fn many_half_open_requests_leave_room_for_whole_ones() {
    let scene = Stage::plain().start(&["--header-read-timeout", "1s"]);
    let mut held: Vec<_> = (0..300).map(|_| scene.connect()).collect();
    for connection in &mut held {
        connection.send(b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ");
    }
    for _ in 0..50 {
        assert_eq!(scene.fetch(&Request::get("/", "h")).status, 200);
    }
    eventually("all of them to be refused", || {
        (scene.refused("header_read") == 300.0).then_some(())
    });
    assert_eq!(scene.origin("a").requests().len(), 50);
}
