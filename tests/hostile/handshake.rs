//! TLS clients that break off or stop.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use crate::scene::{HOST, Scene, scene};
use crate::support::client::Request;
use crate::support::stream::Stream;

/// A ClientHello of TLS 1.2, as bytes.
fn client_hello(scene: &Scene) -> Vec<u8> {
    let name = ServerName::try_from(HOST).expect("a name");
    let tls = scene.authority.client_tls12(HOST, &["http/1.1"]);
    let mut session = ClientConnection::new(Arc::clone(&tls.config), name).expect("a session");
    let mut hello = Vec::new();
    session.write_tls(&mut hello).expect("memory takes it");
    hello
}

/// A message that does not fit into what rustls buffers is taken no further, neither by it nor by
/// us: what is left must not be offered to it for ever.
#[test]
fn a_handshake_message_that_never_fits_does_not_hold_the_worker() {
    let scene = scene(&[]);
    let mut socket = TcpStream::connect(scene.secure).expect("a listener");
    socket.write_all(&client_hello(&scene)).expect("room");
    let mut first = [0; 5];
    socket.read_exact(&mut first).expect("a server's answer");
    // A ClientKeyExchange of 65535 bytes in records of 16384 each.
    let mut records = Vec::new();
    let mut message = vec![16, 0, 0xff, 0xff];
    message.resize(5 << 14, 0);
    for piece in message.chunks(1 << 14) {
        records.extend([22, 3, 3, 0x40, 0]);
        records.extend(piece);
    }
    // The gateway may well close before it has taken all of it.
    socket.write_all(&records).ok();
    let mut other = scene.open();
    other.patience(Duration::from_secs(5));
    assert_eq!(other.fetch(&Request::get("/", HOST)).status, 200);
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a time");
    let mut rest = Vec::new();
    if let Err(error) = socket.read_to_end(&mut rest) {
        let kind = error.kind();
        assert_eq!(kind, ErrorKind::ConnectionReset, "not closed");
    }
}

/// Part of a record is part of a request, and has its time.
#[test]
fn a_record_that_never_ends_is_timed_out() {
    let scene = scene(&["--header-read-timeout", "300ms"]);
    for asked_before in [false, true] {
        let mut connection = scene.open_tls();
        if asked_before {
            connection.fetch(&Request::get("/", HOST));
        }
        let Stream::Tls(tls) = connection.stream() else {
            panic!("TLS was asked for")
        };
        tls.sock.write_all(&[23, 3, 3, 0]).expect("room");
        connection.expect_closed();
    }
    assert!(
        scene
            .gateway
            .metric("ringress_refused_total", &["reason=\"header_read\""])
            >= 2.0
    );
}

/// A key update is no part of a request, and neither hurries nor prolongs the wait for one.
#[test]
fn a_record_without_data_begins_no_request() {
    let patient = scene(&["--header-read-timeout", "300ms"]);
    for asked_before in [false, true] {
        let mut connection = patient.open_tls();
        if asked_before {
            connection.fetch(&Request::get("/", HOST));
        }
        update_keys(connection.stream());
        let Stream::Tls(tls) = connection.stream() else {
            panic!("TLS was asked for")
        };
        let wait = |time| Some(Duration::from_millis(time));
        tls.sock.set_read_timeout(wait(600)).expect("above zero");
        let error = tls.read(&mut [0]).expect_err("nothing is said");
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
        tls.sock.set_read_timeout(wait(10_000)).expect("above zero");
        assert_eq!(connection.fetch(&Request::get("/", HOST)).status, 200);
    }
    let brief = scene(&["--idle-timeout", "900ms"]);
    let mut connection = brief.open_tls();
    connection.patience(Duration::from_millis(100));
    let ended = (0..25).any(|_| {
        update_keys(connection.stream());
        let Stream::Tls(tls) = connection.stream() else {
            panic!("TLS was asked for")
        };
        !matches!(tls.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    });
    assert!(ended, "kept by records that hold nothing");
}

/// Sends a record of TLS 1.3 that says nothing to HTTP.
fn update_keys(stream: &mut Stream) {
    let Stream::Tls(tls) = stream else {
        panic!("TLS was asked for")
    };
    tls.conn.refresh_traffic_keys().expect("TLS 1.3");
    // The gateway may have closed.
    tls.conn.write_tls(&mut tls.sock).ok();
}
