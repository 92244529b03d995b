//! What plain connections are held to, over TLS: half-close, back-pressure, timeouts, cuts.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::puppet::{Line, Puppet};
use crate::scene::{Scene, Stage, to};
use crate::support::body::{checksum, pattern};
use crate::support::client::{Connection, Request};
use crate::support::eventually;
use crate::support::manifests::{https, service, tls_secret};
use crate::support::measure::rss;
use crate::support::message::Fault;
use crate::support::pki::Authority;
use crate::support::ports;
use crate::support::stream::Tls;

/// A scene with a puppet as its origin and TLS before it; clients of both versions.
fn puppet(flags: &[&str]) -> (Puppet, Scene, [Tls; 2]) {
    let puppet = Puppet::start();
    let authority = Authority::new("root");
    let address = ports::local();
    let listeners = [https("web", address.port(), "", "cert")];
    let scene = Stage::with_listeners(address, &listeners)
        .and(service("p", &[puppet.address()]))
        .and([tls_secret("cert", &authority.leaf(&["h"]))])
        .route("r", &[], &[to("p")])
        .start(flags);
    let clients = [
        authority.client_tls12("h", &[]),
        authority.client_tls13("h", &[]),
    ];
    (puppet, scene, clients)
}

/// An open tunnel, both ends.
fn tunnel(puppet: &Puppet, scene: &Scene, tls: &Tls) -> (Connection, Line) {
    let mut client = Connection::open_tls(scene.address, tls);
    let request = Request::get("/switch", "h")
        .header("Connection", "Upgrade")
        .header("Upgrade", "demo/1");
    client.send(&request.encode());
    let mut line = puppet.accept();
    line.head();
    line.say("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: demo/1\r\n\r\n");
    assert_eq!(client.response("GET").unwrap().status, 101);
    (client, line)
}

/// A first transfer of 1 MiB each way has the allocator take its pages, which come by 2 MiB where
/// the kernel has huge ones: what grows after it is held for the second.
fn warm(puppet: &Puppet, scene: &Scene, tls: &Tls) {
    const SIZE: usize = 1 << 20;
    let mut client = Connection::open_tls(scene.address, tls);
    let upload = std::thread::spawn(move || {
        client.send(&Request::post("/", "h", pattern(SIZE)).encode());
        client.response("POST").unwrap().body.len()
    });
    let mut line = puppet.accept();
    line.head();
    line.piece(SIZE);
    line.say(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\nConnection: close\r\n\r\n"
    ));
    line.say(pattern(SIZE));
    assert_eq!(upload.join().unwrap(), SIZE);
}

#[test]
fn each_direction_of_a_tunnel_ends_on_its_own() {
    let (puppet, scene, clients) = puppet(&[]);
    for tls in &clients {
        let (mut client, mut line) = tunnel(&puppet, &scene, tls);
        client.send(&pattern(100_000));
        client.finish();
        assert_eq!(checksum(&line.rest()), checksum(&pattern(100_000)));
        line.say(pattern(200_000));
        line.finish();
        // Its end has a close_notify: a cut would be an error here.
        let got = client.rest().unwrap();
        assert_eq!(checksum(&got), checksum(&pattern(200_000)));
        let (mut client, mut line) = tunnel(&puppet, &scene, tls);
        line.finish();
        assert!(client.rest().unwrap().is_empty());
        client.send(&pattern(100_000));
        client.finish();
        assert_eq!(checksum(&line.rest()), checksum(&pattern(100_000)));
    }
    scene.expect_count("tunnels_ended", 4.0);
}

#[test]
fn a_reader_that_pauses_holds_the_origin_back_and_gets_everything() {
    const SIZE: usize = 32 << 20;
    let (puppet, scene, clients) = puppet(&[]);
    warm(&puppet, &scene, &clients[0]);
    for tls in &clients {
        let mut client = Connection::open_tls(scene.address, tls);
        client.send(&Request::get("/", "h").encode());
        let mut line = puppet.accept();
        line.head();
        let before = rss(scene.gateway.pid());
        line.say(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\nConnection: close\r\n\r\n"
        ));
        let body = pattern(SIZE);
        let taken = line.say_while_taken(&body, Duration::from_millis(300));
        assert!(taken < SIZE, "everything was swallowed");
        let grown = rss(scene.gateway.pid()).saturating_sub(before);
        assert!(grown < 4 << 20, "{grown} bytes more for {taken} on the way");
        let rest = body[taken..].to_vec();
        let saying = std::thread::spawn(move || line.say(rest));
        let answer = client.response("GET").unwrap();
        saying.join().unwrap();
        assert_eq!(checksum(&answer.body), checksum(&body));
    }
}

#[test]
fn an_origin_that_pauses_holds_the_client_back_and_gets_everything() {
    const SIZE: usize = 32 << 20;
    let (puppet, scene, clients) = puppet(&[]);
    warm(&puppet, &scene, &clients[0]);
    for tls in &clients {
        let mut client = Connection::open_tls(scene.address, tls);
        let before = rss(scene.gateway.pid());
        client.send(
            format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {SIZE}\r\n\r\n").as_bytes(),
        );
        let mut line = puppet.accept();
        line.head();
        let sent = Arc::new(AtomicUsize::new(0));
        let progress = Arc::clone(&sent);
        let sending = std::thread::spawn(move || {
            for piece in pattern(SIZE).chunks(16_384) {
                client.stream().write_all(piece).unwrap();
                progress.fetch_add(piece.len(), Ordering::Relaxed);
            }
            client.response("POST").unwrap().status
        });
        // The origin reads nothing: at some point there is no progress any more.
        eventually("the client to be held back", || {
            let before = sent.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(300));
            (before > 0 && before == sent.load(Ordering::Relaxed)).then_some(())
        });
        assert!(
            sent.load(Ordering::Relaxed) < SIZE,
            "everything was swallowed"
        );
        let grown = rss(scene.gateway.pid()).saturating_sub(before);
        assert!(grown < 4 << 20, "{grown} bytes more");
        assert_eq!(checksum(&line.piece(SIZE)), checksum(&pattern(SIZE)));
        line.say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        assert_eq!(sending.join().unwrap(), 204);
    }
}

#[test]
fn slow_clients_meet_the_same_deadlines() {
    let (puppet, scene, clients) = puppet(&[
        "--header-read-timeout",
        "300ms",
        "--idle-timeout",
        "700ms",
        "--request-body-timeout",
        "300ms",
        "--client-write-timeout",
        "400ms",
    ]);
    for tls in &clients {
        let open = || Connection::open_tls(scene.address, tls);
        let mut half = open();
        half.send(b"GET / HTTP/1.1\r\nHost");
        assert_eq!(half.response("GET").unwrap().status, 408);
        assert!(half.rest().unwrap().is_empty());
        let mut idle = open();
        let began = Instant::now();
        idle.rest().ok();
        assert!(began.elapsed() > Duration::from_millis(400));
        let mut body = open();
        body.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf");
        assert_eq!(body.response("POST").unwrap().status, 408);
        let line = puppet.accept();
        drop(line);
        let mut deaf = open();
        deaf.send(&Request::get("/deaf", "h").encode());
        let mut line = puppet.accept();
        line.head();
        line.say("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n");
        line.say_while_taken(&pattern(50_000_000), Duration::from_secs(2));
        let fault = deaf.response("GET").unwrap_err();
        assert!(
            matches!(fault, Fault::Truncated(_) | Fault::Reset),
            "{fault}"
        );
    }
    scene.expect_refused("header_read", 2.0);
    scene.expect_refused("request_timeout", 2.0);
    scene.expect_refused("client_write_timeout", 2.0);
    scene.expect_count("connections_idle_closed", 2.0);
}
