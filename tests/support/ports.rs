//! Ports that nobody else uses, across the threads and processes of a test run.
//!
//! Taken from below the kernel's ephemeral range, so that no outgoing connection of the same
//! machine lands on one between its choice and its use.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 12_000;
const COUNT: u32 = 19_000;

/// Where claims are held: a loopback address that nothing else uses.
const CLAIMS: Ipv4Addr = Ipv4Addr::new(127, 83, 83, 83);

static NEXT: AtomicU32 = AtomicU32::new(0);
static CLAIMED: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

/// A TCP port free on every address, and claimed by this process until it ends.
pub fn free() -> u16 {
    let start = std::process::id().wrapping_mul(97);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + start.wrapping_add(step) % COUNT).expect("below 65536");
        let Ok(claim) = UdpSocket::bind((CLAIMS, port)) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            CLAIMED.lock().expect("no panic under the lock").push(claim);
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}

/// A listener on an address of which the port is ours. A program that another thread is just starting
/// may hold a copy of the probe's socket until it runs.
pub fn listen(address: SocketAddr) -> TcpListener {
    super::eventually("the port to be free", || match TcpListener::bind(address) {
        Ok(listener) => Some(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => None,
        Err(error) => panic!("{address}: {error}"),
    })
}

/// A free port on 127.0.0.1.
pub fn local() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free()))
}
