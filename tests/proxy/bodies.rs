//! Bodies: every size and framing in both directions, back-pressure, and limits.

use std::io::Write;
use std::time::Duration;

use crate::puppet::{Puppet, push};
use crate::scene::{Stage, to};
use crate::support::body::{checksum, pattern};
use crate::support::client::Request;
use crate::support::manifests::service;
use crate::support::measure::rss;
use crate::support::message::Fault;

/// Around every buffer size on the way.
const SIZES: [usize; 17] = [
    0, 1, 2, 15, 16, 1000, 4095, 4096, 4097, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537,
    131_073, 1_048_576,
];

#[test]
fn every_size_arrives_unchanged_in_both_directions() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    for size in SIZES {
        let body = pattern(size);
        for chunk in [None, Some(1000), Some(16_384), Some(100_000)] {
            let mut request = Request::post("/", "h", body.clone());
            let mut ask = format!("bytes={size}");
            if let Some(chunk) = chunk {
                request = request.chunked(chunk);
                ask.push_str(&format!(",chunked={chunk}"));
            }
            let answer = connection.fetch(&request.ask(&ask));
            let sum = checksum(&body);
            let sent = answer.header("x-received-checksum");
            assert_eq!(sent, Some(&*sum), "up {size} {chunk:?}");
            assert_eq!(checksum(&answer.body), sum, "down {size} {chunk:?}");
        }
    }
    assert_eq!(scene.origin("a").accepted(), 1);
}

#[test]
fn tiny_chunks_are_joined_and_none_is_lost() {
    let scene = Stage::plain().start(&[]);
    let body = pattern(20_000);
    let request = Request::post("/", "h", body.clone()).chunked(1);
    let answer = scene.fetch(&request.ask("bytes=20000,chunked=1"));
    assert_eq!(
        answer.header("x-received-checksum"),
        Some(&*checksum(&body))
    );
    assert_eq!(checksum(&answer.body), checksum(&body));
}

#[test]
fn a_reader_that_pauses_holds_the_origin_back_and_gets_everything() {
    const SIZE: usize = 48 << 20;
    let puppet = Puppet::start();
    let scene = Stage::new()
        .and(service("p", &[puppet.address()]))
        .route("r", &[], &[to("p")])
        .start(&[]);
    let mut client = scene.connect();
    // A first download has the allocator take its pages, which come by 2 MiB where the kernel has
    // huge ones: what grows after it is held for the second.
    const FIRST: usize = 1 << 20;
    client.send(&Request::get("/", "h").encode());
    let mut line = puppet.accept();
    line.head();
    line.say(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {FIRST}\r\n\r\n"
    ));
    let saying = std::thread::spawn(move || {
        line.say(pattern(FIRST));
        line
    });
    assert_eq!(client.response("GET").unwrap().body.len(), FIRST);
    let mut line = saying.join().unwrap();
    client.send(&Request::get("/", "h").encode());
    line.head();
    let before = rss(scene.gateway.pid());
    line.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"));
    let body = pattern(SIZE);
    let taken = line.say_while_taken(&body, Duration::from_millis(300));
    // What lies in socket buffers is the kernel's; the gateway holds a buffer or two.
    assert!(taken < SIZE, "everything was swallowed");
    let grown = rss(scene.gateway.pid()).saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more for {taken} on the way");
    let rest = body[taken..].to_vec();
    let saying = std::thread::spawn(move || line.say(rest));
    let answer = client.response("GET").unwrap();
    saying.join().unwrap();
    assert_eq!(checksum(&answer.body), checksum(&body));
}

#[test]
fn an_origin_that_pauses_holds_the_client_back_and_gets_everything() {
    const SIZE: usize = 48 << 20;
    let puppet = Puppet::start();
    let scene = Stage::new()
        .and(service("p", &[puppet.address()]))
        .route("r", &[], &[to("p")])
        .start(&[]);
    let mut client = scene.connect();
    let head =
        |size: usize| format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n");
    // A first upload has the allocator take its pages, which come by 2 MiB where the kernel has
    // huge ones: what grows after it is held for the second.
    const FIRST: usize = 1 << 20;
    client.send(head(FIRST).as_bytes());
    let mut line = puppet.accept();
    line.head();
    client.send(&pattern(FIRST));
    line.piece(FIRST);
    line.say("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(client.response("POST").unwrap().status, 204);
    let before = rss(scene.gateway.pid());
    client.send(head(SIZE).as_bytes());
    line.head();
    let body = pattern(SIZE);
    let mut socket = client.stream().tcp().try_clone().unwrap();
    let taken = push(&mut socket, &body, Duration::from_millis(300));
    assert!(taken < SIZE, "everything was swallowed");
    let grown = rss(scene.gateway.pid()).saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more for {taken} on the way");
    let rest = body[taken..].to_vec();
    let sending = std::thread::spawn(move || socket.write_all(&rest).unwrap());
    assert_eq!(checksum(&line.piece(SIZE)), checksum(&body));
    sending.join().unwrap();
    line.say("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(client.response("POST").unwrap().status, 204);
}

#[test]
fn a_body_above_its_limit_is_refused() {
    let scene = Stage::plain().start(&["--max-request-body", "10000"]);
    let fits = scene.fetch(&Request::post("/", "h", pattern(10_000)));
    assert_eq!(fits.status, 200);
    let fits = scene.fetch(&Request::post("/", "h", pattern(10_000)).chunked(999));
    assert_eq!(fits.status, 200);
    let raw = scene.origin("a").raw();
    // Known beforehand: nothing goes to the origin.
    let mut connection = scene.connect();
    let answer = connection.fetch(&Request::post("/", "h", pattern(10_001)));
    assert_eq!(answer.status, 413);
    assert!(!answer.keeps());
    connection.expect_closed();
    assert_eq!(scene.origin("a").raw(), raw);
    // Found out on the way: the origin never gets an end.
    let mut connection = scene.connect();
    let answer = connection.fetch(&Request::post("/", "h", pattern(50_000)).chunked(5000));
    assert_eq!(answer.status, 413);
    connection.expect_closed();
    assert_eq!(scene.origin("a").requests().len(), 2);
    scene.expect_refused("request_body", 2.0);
}

#[test]
fn a_client_that_stops_in_its_body_is_told_so() {
    let scene = Stage::plain().start(&["--request-body-timeout", "300ms"]);
    let mut connection = scene.connect();
    connection.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    let answer = connection.response("POST").unwrap();
    assert_eq!(answer.status, 408);
    assert!(!answer.keeps());
    scene.expect_refused("request_timeout", 1.0);
    assert!(scene.origin("a").requests().is_empty());
    // One that leaves in the middle leaves nothing behind either.
    let mut connection = scene.connect();
    connection
        .send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    connection.finish();
    connection.rest().ok();
    crate::support::eventually("the origin's connections to end", || {
        (scene.origin("a").open() == 0).then_some(())
    });
    assert!(scene.origin("a").requests().is_empty());
}

#[test]
fn a_client_that_takes_nothing_is_cut() {
    let scene = Stage::plain().start(&["--client-write-timeout", "400ms"]);
    let mut connection = scene.connect();
    connection.send(&Request::get("/bytes/50000000", "h").encode());
    let record = scene.record("/bytes/50000000");
    assert_eq!(record["flags"], "DT");
    assert_eq!(record["refused"], "client_write_timeout");
    let fault = connection.response("GET").unwrap_err();
    assert!(
        matches!(fault, Fault::Truncated(_) | Fault::Reset),
        "{fault}"
    );
}
