//! Options of accepted and opened connections, and connecting within its time, on both drivers.

use std::net::TcpListener;

use super::*;
use crate::worker::driver::{Chosen, IoDriver, Rung, block_on};
use crate::worker::listen::tests::closes_on_exec;
use crate::worker::listen::{Claims, ListenSettings, open};
use crate::worker::socket::close_on_exec;
use crate::worker::syn_filter;

fn drivers() -> [Chosen; 2] {
    [IoDriver::Epoll, IoDriver::Uring(Rung::Plain)].map(|driver| Chosen {
        driver,
        entries: 256,
        reason: String::new(),
        single_issuer: false,
    })
}

fn assert_tuned(stream: &TcpStream, what: &str) {
    let descriptor = borrow::stream(stream);
    let socket = SockRef::from(&descriptor);
    assert!(socket.tcp_nodelay().unwrap(), "{what}");
    assert!(socket.keepalive().unwrap(), "{what}");
    assert_eq!(
        socket.tcp_keepalive_time().unwrap(),
        Duration::from_secs(60),
        "{what}"
    );
    assert_eq!(
        socket.tcp_keepalive_interval().unwrap(),
        Duration::from_secs(10),
        "{what}"
    );
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3, "{what}");
    assert_eq!(
        socket.tcp_user_timeout().unwrap(),
        Some(Duration::from_secs(30)),
        "{what}"
    );
}

#[test]
fn both_ends_have_their_options() {
    for chosen in drivers() {
        let settings = ListenSettings::default();
        let claimed = Claims::default()
            .claim("127.0.0.1:0".parse().unwrap(), &settings)
            .unwrap();
        let listener = open(&claimed, &settings, chosen.driver).unwrap();
        block_on(&chosen, || async {
            let listener = monoio::net::TcpListener::from_std(listener).unwrap();
            let opened = connect(claimed.address, Duration::from_secs(5), &settings.stream)
                .await
                .unwrap();
            let (accepted, _) = listener.accept().await.unwrap();
            assert_tuned(&opened, "opened");
            assert_tuned(&accepted, "accepted, from its listener");
            assert!(closes_on_exec(&opened));
            // Once this fails, monoio does it by itself, and the call below is one too many.
            assert_eq!(closes_on_exec(&accepted), !chosen.driver.is_uring());
            close_on_exec(&accepted).unwrap();
            assert!(closes_on_exec(&accepted));
        })
        .unwrap();
    }
}

#[test]
fn a_refused_connection_says_so() {
    for chosen in drivers() {
        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let error = block_on(&chosen, || async {
            connect(closed, Duration::from_secs(5), &StreamSettings::default())
                .await
                .err()
        });
        assert!(
            matches!(error.unwrap(), Some(ConnectError::Refused { address, .. }) if address == closed)
        );
    }
}

#[test]
fn a_silent_endpoint_is_given_up_in_time_and_leaves_no_socket() {
    for chosen in drivers() {
        let settings = ListenSettings::default();
        let claimed = Claims::default()
            .claim("127.0.0.1:0".parse().unwrap(), &settings)
            .unwrap();
        let listener = open(&claimed, &settings, chosen.driver).unwrap();
        block_on(&chosen, || async {
            let listener = monoio::net::TcpListener::from_std(listener).unwrap();
            syn_filter::refuse_handshakes(&listener).unwrap();
            let allowed = Duration::from_millis(30);
            let error = connect(claimed.address, allowed, &settings.stream)
                .await
                .err();
            assert!(
                matches!(error, Some(ConnectError::TimedOut { .. })),
                "{}",
                chosen.driver
            );
            while sockets_to(claimed.address.port()) > 0 {
                monoio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .unwrap();
    }
}

/// Sockets of this machine whose peer has the port (proc_net_tcp.rst).
fn sockets_to(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let peers = table
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2));
    peers
        .filter(|peer| peer.ends_with(&format!(":{port:04X}")))
        .count()
}
