//! Binds against real sockets on loopback.

use std::net::{IpAddr, TcpStream};

use socket2::SockRef;

use super::*;
use crate::worker::driver::Rung;

const URING: IoDriver = IoDriver::Uring(Rung::Plain);

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn claim(text: &str) -> Claimed {
    Claims::default()
        .claim(address(text), &ListenSettings::default())
        .unwrap()
}

#[test]
fn workers_share_what_the_process_claimed() {
    let settings = ListenSettings::default();
    let claimed = claim("127.0.0.1:0");
    assert_ne!(
        claimed.address.port(),
        0,
        "port 0 becomes a real one, the same for every worker"
    );
    let first = open(&claimed, &settings, IoDriver::Epoll).unwrap();
    let second = open(&claimed, &settings, URING).unwrap();
    assert_eq!(first.local_addr().unwrap(), second.local_addr().unwrap());
}

#[test]
fn another_holder_is_an_error_naming_the_bind() {
    let settings = ListenSettings::default();
    let claimed = claim("127.0.0.1:0");
    let _other_process = open(&claimed, &settings, IoDriver::Epoll).unwrap();
    let error = Claims::default()
        .claim(claimed.address, &settings)
        .unwrap_err();
    assert_eq!(
        (error.address, error.kind),
        (claimed.address, BindErrorKind::InUse)
    );
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {}: another process listens there",
            claimed.address
        )
    );
    let wildcard = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), claimed.address.port());
    assert_eq!(
        Claims::default()
            .claim(wildcard, &settings)
            .unwrap_err()
            .kind,
        BindErrorKind::InUse
    );

    let sharing = ListenSettings {
        share_ports: true,
        ..settings
    };
    let shared = Claims::default().claim(claimed.address, &sharing).unwrap();
    open(&shared, &sharing, IoDriver::Epoll).unwrap();
}

#[test]
fn a_bind_released_can_be_claimed_by_another() {
    let settings = ListenSettings::default();
    let mut ours = Claims::default();
    let asked = address("127.0.0.1:0");
    let claimed = ours.claim(asked, &settings).unwrap();
    let listener = open(&claimed, &settings, IoDriver::Epoll).unwrap();
    // A connection that was served and is in TIME_WAIT on our side.
    let client = TcpStream::connect(claimed.address).unwrap();
    listener.set_nonblocking(false).unwrap();
    drop(listener.accept().unwrap());
    drop(client);
    assert_eq!(
        ours.claim(asked, &settings).unwrap(),
        claimed,
        "held already"
    );
    drop(listener);
    ours.release(asked);
    let theirs = Claims::default().claim(claimed.address, &settings).unwrap();
    open(&theirs, &settings, IoDriver::Epoll).unwrap();
}

#[test]
fn own_binds_may_overlap() {
    let settings = ListenSettings::default();
    let mut claims = Claims::default();
    let wildcard = claims.claim(address("[::]:0"), &settings).unwrap();
    let _wide = open(&wildcard, &settings, IoDriver::Epoll).unwrap();
    let narrow = SocketAddr::new(address("127.0.0.1:0").ip(), wildcard.address.port());
    let claimed = claims.claim(narrow, &settings).unwrap();
    assert_eq!(
        claimed,
        Claimed {
            address: narrow,
            note: Some(ListenNote::Unprobed)
        }
    );
    open(&claimed, &settings, IoDriver::Epoll).unwrap();
}

#[test]
fn kinds_of_trouble() {
    let settings = ListenSettings::default();
    let error = Claims::default()
        .claim(address("198.51.100.1:0"), &settings)
        .unwrap_err();
    assert_eq!(error.kind, BindErrorKind::NotAvailable, "{error}");
    for (errno, kind) in [
        (libc::EACCES, BindErrorKind::Denied),
        (libc::EPERM, BindErrorKind::Denied),
        (libc::EMFILE, BindErrorKind::Other),
        (libc::EAFNOSUPPORT, BindErrorKind::NotAvailable),
    ] {
        let error = BindError::new(
            address("0.0.0.0:80"),
            &std::io::Error::from_raw_os_error(errno),
        );
        assert_eq!(error.kind, kind, "{error}");
    }
}

#[test]
fn the_wildcard_is_dual_stack_unless_split() {
    for (v6_only, v4_reaches) in [(false, true), (true, false)] {
        let settings = ListenSettings {
            v6_only,
            ..ListenSettings::default()
        };
        let claimed = Claims::default()
            .claim(address("[::]:0"), &settings)
            .unwrap();
        let _listener = open(&claimed, &settings, IoDriver::Epoll).unwrap();
        let port = claimed.address.port();
        assert!(TcpStream::connect(("::1", port)).is_ok());
        assert_eq!(
            TcpStream::connect(("127.0.0.1", port)).is_ok(),
            v4_reaches,
            "v6_only {v6_only}"
        );
    }
}

#[test]
fn descriptors_suit_the_driver_and_close_on_exec() {
    let settings = ListenSettings::default();
    let claimed = claim("127.0.0.1:0");
    for (driver, nonblocking) in [(IoDriver::Epoll, true), (URING, false)] {
        let listener = open(&claimed, &settings, driver).unwrap();
        let socket = SockRef::from(&listener);
        assert_eq!(socket.nonblocking().unwrap(), nonblocking, "{driver}");
        assert!(closes_on_exec(&listener));
    }
}

/// Whether O_CLOEXEC is set, by what the kernel shows of the descriptor.
pub(super) fn closes_on_exec(descriptor: &impl std::os::fd::AsRawFd) -> bool {
    let shown = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", descriptor.as_raw_fd()));
    let flags = shown
        .unwrap()
        .lines()
        .find_map(|line| line.strip_prefix("flags:").map(str::to_owned));
    let flags = i32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
    flags & libc::O_CLOEXEC != 0
}
