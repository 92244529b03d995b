//! WebSocket and other upgrades: what opens a tunnel, what does not, and how it carries bytes.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::puppet::{Line, Puppet, push};
use crate::scene::{Scene, Stage, to};
use crate::support::body::{checksum, pattern};
use crate::support::client::{Connection, Request};
use crate::support::eventually;
use crate::support::manifests::service;
use crate::support::measure::rss;
use crate::support::message::Fault;
use crate::support::origin;
use crate::support::websocket::Socket;

/// A request to switch to a protocol.
fn switch(protocol: &str) -> Request {
    Request::get("/switch", "h")
        .header("Connection", "Upgrade")
        .header("Upgrade", protocol)
}

/// A scene with a puppet as its origin.
fn puppet(flags: &[&str]) -> (Puppet, Scene) {
    let puppet = Puppet::start();
    let scene = Stage::new()
        .and(service("p", &[puppet.address()]))
        .route("r", &[], &[to("p")])
        .start(flags);
    (puppet, scene)
}

/// An open tunnel, both ends.
fn tunnel(puppet: &Puppet, scene: &Scene) -> (Connection, Line) {
    let mut client = scene.connect();
    client.send(&switch("demo/1").encode());
    let mut line = puppet.accept();
    let head = line.head();
    assert_eq!(head.headers.get("upgrade"), Some("demo/1"));
    assert!(head.headers.lists("connection", "upgrade"));
    line.say("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: demo/1\r\n\r\n");
    let answer = client.response("GET").unwrap();
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("upgrade"), Some("demo/1"));
    (client, line)
}

#[test]
fn a_websocket_echoes_messages_of_every_size() {
    let scene = Stage::plain().start(&[]);
    let mut socket = Socket::open(scene.address, None, "h", "/chat");
    assert_eq!(socket.origin(), "a");
    for size in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        socket.echo(&pattern(size)).unwrap();
    }
    socket.close().unwrap();
    eventually("the tunnel to end", || {
        (scene.count("tunnels_ended") == 1.0).then_some(())
    });
    let record = scene.record("/chat");
    assert_eq!(record["status"], 101);
    assert!(
        record["bytes_out"].as_u64().unwrap() > 1_100_000,
        "{record}"
    );
}

#[test]
fn a_websocket_passes_over_tls() {
    let (authority, address, stage) = crate::tls::stage();
    let scene = stage.start(&[]);
    let tls = authority.client("a.test", &["http/1.1"]);
    let mut socket = Socket::open(address, Some(&tls), "a.test", "/chat");
    for size in [1, 20_000, 300_000] {
        socket.echo(&pattern(size)).unwrap();
    }
    socket.close().unwrap();
    drop(scene);
}

#[test]
fn nothing_goes_up_before_the_switch_and_everything_after_it() {
    let (puppet, scene) = puppet(&[]);
    let mut client = scene.connect();
    let mut bytes = switch("demo/1").encode();
    bytes.extend_from_slice(b"early");
    client.send(&bytes);
    let mut line = puppet.accept();
    line.head();
    assert!(
        line.is_silent(Duration::from_millis(200)),
        "bytes before the answer"
    );
    line.say("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: DEMO/1\r\n\r\nhello");
    assert_eq!(client.response("GET").unwrap().status, 101);
    assert_eq!(client.piece(5).unwrap(), b"hello");
    assert_eq!(line.piece(5), b"early");
    client.send(b"more");
    assert_eq!(line.piece(4), b"more");
}

#[test]
fn each_direction_ends_on_its_own() {
    let (puppet, scene) = puppet(&[]);
    let (mut client, mut line) = tunnel(&puppet, &scene);
    client.send(b"last words");
    client.finish();
    assert_eq!(line.rest(), b"last words");
    line.say(pattern(100_000));
    line.finish();
    assert_eq!(
        checksum(&client.rest().unwrap()),
        checksum(&pattern(100_000))
    );
    let (mut client, mut line) = tunnel(&puppet, &scene);
    line.finish();
    assert!(client.rest().unwrap().is_empty());
    client.send(&pattern(100_000));
    client.finish();
    assert_eq!(checksum(&line.rest()), checksum(&pattern(100_000)));
    eventually("both tunnels to end", || {
        (scene.count("tunnels_ended") == 2.0).then_some(())
    });
    // A reset on one side is felt on the other.
    let (mut client, line) = tunnel(&puppet, &scene);
    line.reset();
    client.rest().ok();
    eventually("the third to end", || {
        (scene.count("tunnels_ended") == 3.0).then_some(())
    });
}

#[test]
fn a_tunnel_pushes_back() {
    let (puppet, scene) = puppet(&[]);
    let (mut client, mut line) = tunnel(&puppet, &scene);
    let body = pattern(32 << 20);
    let before = rss(scene.gateway.pid());
    let down = line.say_while_taken(&body, Duration::from_millis(300));
    let mut socket = client.stream().tcp().try_clone().unwrap();
    let up = push(&mut socket, &body, Duration::from_millis(300));
    assert!(
        down < body.len() && up < body.len(),
        "swallowed {down} down, {up} up"
    );
    let grown = rss(scene.gateway.pid()).saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more");
    let (rest, sum) = (body[up..].to_vec(), checksum(&body));
    let sending = std::thread::spawn(move || socket.write_all(&rest).unwrap());
    assert_eq!(checksum(&line.piece(body.len())), sum);
    sending.join().unwrap();
    let rest = body[down..].to_vec();
    let saying = std::thread::spawn(move || line.say(rest));
    assert_eq!(checksum(&client.piece(body.len()).unwrap()), sum);
    saying.join().unwrap();
}

#[test]
fn silence_on_both_sides_ends_a_tunnel_and_words_on_one_do_not() {
    let (puppet, scene) = puppet(&["--tunnel-idle-timeout", "400ms"]);
    let (mut client, mut line) = tunnel(&puppet, &scene);
    let began = Instant::now();
    for _ in 0..8 {
        std::thread::sleep(Duration::from_millis(100));
        line.say("x");
        assert_eq!(client.piece(1).unwrap(), b"x");
    }
    client.rest().ok();
    assert!(
        began.elapsed() > Duration::from_millis(1100),
        "{:?}",
        began.elapsed()
    );
    line.expect_end();

    assert_eq!(scene.record("/switch")["flags"], "SI");
}

#[test]
fn a_switch_that_was_not_asked_for_is_a_bad_gateway() {
    let (puppet, scene) = puppet(&[]);
    let unasked = "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: demo/1\r\n\r\nsecret";
    let other = "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: demo/2\r\n\r\nsecret";
    let nameless = "HTTP/1.1 101 X\r\n\r\nsecret";
    for (request, answer) in [
        (Request::get("/", "h"), unasked),
        (switch("demo/1"), other),
        (switch("demo/1"), nameless),
        (
            switch("h2c"),
            "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nsecret",
        ),
    ] {
        let mut client = scene.connect();
        client.send(&request.encode());
        let mut line = puppet.accept();
        line.head();
        line.say(answer);
        let got = client.response("GET").unwrap();
        assert_eq!(got.status, 502, "{answer}");
        assert!(!got.text().contains("secret"));
        line.expect_end();
    }
    scene.expect_refused("unasked_upgrade", 4.0);
    assert_eq!(scene.count("tunnels_opened"), 0.0);
}

#[test]
fn an_ordinary_answer_to_a_switch_is_ordinary() {
    let scene = Stage::plain().start(&[]);
    let raw = origin::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let upgrade_required = origin::raw(
        b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
          Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
    );
    for (ask, status) in [(raw, 200), (upgrade_required, 426)] {
        let mut connection = scene.connect();
        let mut bytes = switch("websocket")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-WebSocket-Version", "99")
            .ask(&ask)
            .encode();
        // If the answer opened a tunnel, this would reach the origin as it stands.
        bytes.extend(Request::get("/next", "h").encode());
        connection.send(&bytes);
        assert_eq!(connection.response("GET").unwrap().status, status);
        // What a client says behind a switch that it took for granted is no request of HTTP: the
        // way back is a new connection.
        connection.expect_closed();
        let requests = scene.origin("a").requests();
        assert!(
            requests
                .iter()
                .all(|request| request.head.target != "/next")
        );
    }
    assert_eq!(scene.count("tunnels_opened"), 0.0);
}

#[test]
fn a_switch_with_a_body_is_refused_and_h2c_is_not_passed_on() {
    let scene = Stage::plain().start(&[]);
    let mut connection = scene.connect();
    connection.send(&switch("websocket").body(b"x".to_vec()).encode());
    assert_eq!(connection.response("GET").unwrap().status, 400);
    connection.expect_closed();
    assert!(scene.origin("a").raw().is_empty());
    let request = Request::get("/", "h")
        .header("Connection", "Upgrade, HTTP2-Settings")
        .header("Upgrade", "h2c")
        .header("HTTP2-Settings", "AAMAAABkAAQAAP__");
    let echo = scene.fetch(&request).echo();
    assert_eq!(
        (echo.header("upgrade"), echo.header("http2-settings")),
        (None, None)
    );
}

#[test]
fn an_origin_that_refuses_or_dies_instead_of_switching_is_reported() {
    let (puppet, scene) = puppet(&[]);
    let mut client = scene.connect();
    client.send(&switch("demo/1").encode());
    let mut line = puppet.accept();
    line.head();
    line.finish();
    assert_eq!(client.response("GET").unwrap().status, 502);
    // One that dies right behind its 101 leaves a tunnel that ends.
    let (mut client, line) = tunnel(&puppet, &scene);
    drop(line);
    match client.rest() {
        Ok(bytes) => assert!(bytes.is_empty()),
        Err(fault) => assert!(matches!(fault, Fault::Reset), "{fault}"),
    }
}
