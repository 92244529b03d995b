//! SIGTERM at inconvenient moments.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::scene::{HOST, scene};
use crate::support::client::{Connection, Request};

/// A full listener does not accept, and a drain must not wait for it to.
#[test]
fn a_full_listener_drains() {
    let mut scene = scene(&[
        "--max-connections-per-listener",
        "1",
        "--drain-idle",
        "100ms",
        "--drain-timeout",
        "0s",
    ]);
    let mut held = scene.open();
    held.fetch(&Request::get("/", HOST));
    let mut queued = scene.open();
    queued.send(&Request::get("/", HOST).encode());
    scene.gateway.await_log("accepting pauses at a limit");
    scene.gateway.terminate();
    assert_eq!(queued.response("GET").expect("an answer").status, 200);
    assert!(scene.gateway.await_exit(Duration::from_secs(10)).success());
}

/// A head that has begun to arrive is a request under way, not an idle connection.
#[test]
fn half_a_head_is_waited_for() {
    let mut scene = scene(&["--drain-idle", "100ms"]);
    let mut slow = scene.open();
    let request = Request::get("/", HOST).encode();
    slow.send(&request[..10]);
    let mut idle = scene.open();
    idle.fetch(&Request::get("/", HOST));
    scene.gateway.terminate();
    idle.expect_closed();
    slow.send(&request[10..]);
    let answer = slow.response("GET").expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(!answer.keeps());
    slow.expect_closed();
    assert!(scene.gateway.await_exit(Duration::from_secs(10)).success());
}

/// Who was accepted last has its grace like everybody else.
#[test]
fn a_connection_accepted_by_a_drain_has_its_grace() {
    let mut scene = scene(&["--drain-idle", "150ms"]);
    let mut early = scene.open();
    early.fetch(&Request::get("/", HOST));
    scene.gateway.terminate();
    // New handshakes still end on loopback, and each keeps the listener from being quiet.
    let mut late: Vec<Connection> = Vec::new();
    for _ in 0..8 {
        match Connection::try_open(scene.plain, None) {
            Ok(mut connection) => {
                connection.send(&Request::get("/", HOST).ask("delay=20").encode());
                late.push(connection);
            }
            Err(_) => break,
        }
    }
    for connection in &mut late {
        assert_eq!(connection.response("GET").expect("an answer").status, 200);
    }
    assert!(scene.gateway.await_exit(Duration::from_secs(10)).success());
}

/// Time in which a handshake was waited for is no idle time: the request behind it has its grace.
#[test]
fn a_slow_handshake_is_not_idle() {
    let mut scene = scene(&["--drain-idle", "1s"]);
    let name = ServerName::try_from(HOST).expect("a name");
    let config = Arc::clone(&scene.tls.config);
    let mut session = ClientConnection::new(config, name).expect("a session");
    let mut socket = TcpStream::connect(scene.secure).expect("a listener");
    session.write_tls(&mut socket).expect("room");
    let mut idle = scene.open();
    idle.fetch(&Request::get("/", HOST));
    scene.gateway.terminate();
    // Here the grace of those who were idle is over.
    idle.expect_closed();
    while session.is_handshaking() {
        session.complete_io(&mut socket).expect("a handshake");
    }
    let wait = |time| Some(Duration::from_millis(time));
    socket.set_read_timeout(wait(100)).expect("above zero");
    let mut tls = StreamOwned::new(session, socket);
    let error = tls
        .read(&mut [0])
        .expect_err("nothing is said, and it is open");
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
    tls.sock.set_read_timeout(wait(10_000)).expect("above zero");
    tls.write_all(&Request::get("/", HOST).encode())
        .expect("room");
    let mut status = [0; 12];
    tls.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
    drop(tls);
    assert!(scene.gateway.await_exit(Duration::from_secs(10)).success());
}
