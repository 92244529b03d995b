//! The PROXY protocol: required where it is announced, refused elsewhere.

use std::io::Write;
use std::net::TcpStream;

use crate::scene::Stage;
use crate::support::client::{Connection, Request};
use crate::support::stream::Stream;

/// A v2 header for a TCP/IPv4 connection from 192.0.2.7:1234 (`proxy-protocol.txt` 2.2), with
/// extensions of so many bytes.
fn v2(command: u8, extensions: usize) -> Vec<u8> {
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    let length = u16::try_from(12 + extensions).unwrap();
    bytes.extend([0x20 | command, 0x11]);
    bytes.extend(length.to_be_bytes());
    bytes.extend([192, 0, 2, 7, 127, 0, 0, 1, 0x04, 0xd2, 0, 80]);
    if extensions >= 3 {
        let value = u16::try_from(extensions - 3).unwrap();
        bytes.push(0x04);
        bytes.extend(value.to_be_bytes());
        bytes.resize(bytes.len() + usize::from(value), 0);
    }
    bytes
}

const V1: &[u8] = b"PROXY TCP4 192.0.2.7 127.0.0.1 1234 80\r\n";

#[test]
fn the_client_that_the_header_names_is_the_client() {
    let scene = Stage::plain().start(&["--proxy-protocol-from", "127.0.0.0/8"]);
    for (header, client) in [
        (V1.to_vec(), "192.0.2.7"),
        (v2(1, 0), "192.0.2.7"),
        (v2(1, 100), "192.0.2.7"),
        (v2(0, 0), "127.0.0.1"),
        (b"PROXY UNKNOWN\r\n".to_vec(), "127.0.0.1"),
        (
            b"PROXY TCP6 2001:db8::7 ::1 1 2\r\n".to_vec(),
            "2001:db8::7",
        ),
    ] {
        // With the request in one piece, and byte by byte.
        for pieces in [usize::MAX, 1] {
            let mut connection = scene.connect();
            let request = Request::get("/", "h").encode();
            for piece in [header.clone(), request].concat().chunks(pieces) {
                connection.send(piece);
            }
            let answer = connection.response("GET").unwrap();
            assert_eq!(answer.echo().header("x-forwarded-for"), Some(client));
            let again = connection.fetch(&Request::get("/2", "h"));
            assert_eq!(again.echo().header("x-forwarded-for"), Some(client));
        }
    }
    assert!(
        scene
            .records()
            .iter()
            .any(|r| r["peer"] == "192.0.2.7:1234")
    );
}

#[test]
fn who_must_send_a_header_and_does_not_is_not_served() {
    let scene = Stage::plain().start(&[
        "--proxy-protocol-from",
        "127.0.0.1",
        "--proxy-protocol-timeout",
        "300ms",
    ]);
    let long = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat();
    let mut short = v2(1, 0);
    short[15] = 11;
    for bytes in [
        Request::get("/", "h").encode(),
        b"PROXY TCP4 1.2.3.4\r\n".to_vec(),
        b"PROXY TCP4 256.2.3.4 1.1.1.1 1 2\r\n".to_vec(),
        b"proxy TCP4 1.2.3.4 1.1.1.1 1 2\r\n".to_vec(),
        long,
        short,
        // Says nothing, or half of it: closed in time.
        b"".to_vec(),
        V1[..20].to_vec(),
    ] {
        let mut connection = scene.connect();
        connection.send(&bytes);
        connection.expect_closed();
    }
    scene.expect_refused("proxy_protocol_timeout", 2.0);
    assert!(scene.origin("a").raw().is_empty());
}

#[test]
fn who_is_not_allowed_to_send_a_header_is_refused() {
    let scene = Stage::plain().start(&["--proxy-protocol-from", "10.0.0.0/8"]);
    for header in [V1.to_vec(), v2(1, 0)] {
        let mut connection = scene.connect();
        connection.send(&[header, Request::get("/", "h").encode()].concat());
        assert_eq!(connection.response("GET").unwrap().status, 400);
        connection.expect_closed();
    }
    assert!(scene.origin("a").raw().is_empty());
    assert_eq!(scene.fetch(&Request::get("/", "h")).status, 200);
}

#[test]
fn the_header_comes_before_tls() {
    let (authority, address, stage) = crate::tls::stage();
    let scene = stage.start(&["--proxy-protocol-from", "127.0.0.1"]);
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(crate::support::PATIENCE))
        .unwrap();
    tcp.write_all(V1).unwrap();
    let stream = Stream::handshake(tcp, &authority.client("a.test", &[])).unwrap();
    let answer = Connection::over(stream).fetch(&Request::get("/", "a.test"));
    let echo = answer.echo();
    assert_eq!(echo.header("x-forwarded-for"), Some("192.0.2.7"));
    assert_eq!(echo.header("x-forwarded-proto"), Some("https"));
    drop(scene);
}
