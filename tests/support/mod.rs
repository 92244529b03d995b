//! What the suites stand on: the built binary as a process, real peers on both sides of it, and
//! manifests, keys and ports to set the scene with.
//!
//! Everything is `std` threads and blocking sockets with a timeout on each: a test reads top-down,
//! and a hang is a failure that names what it waited for. Nothing here sleeps to wait for
//! something; [`eventually`] polls a condition under a deadline.
//!
//! ```text
//! client::Connection  load::Load  websocket::Socket          origin::Origin
//!          \             |          /                            /
//!           (l4::Balancer over two) ---> process::Gateway ------+
//!                                          ^ manifests, pki, ports
//! ```
//!
//! A suite includes it by `#[path = "../support/mod.rs"] mod support;` (from `tests/NAME/main.rs`)
//! or `mod support;` (from `tests/NAME.rs`).
#![allow(dead_code, unused_imports, reason = "each suite uses its own part")]

use std::time::{Duration, Instant};

pub mod body;
pub mod client;
pub mod l4;
pub mod load;
pub mod manifests;
pub mod measure;
pub mod message;
pub mod origin;
pub mod pki;
pub mod ports;
pub mod process;
pub mod scale;
pub mod seccomp;
pub mod stream;
pub mod websocket;

/// How long a condition may take before a test gives up on it: generous, since it is only ever
/// waited out by a failing test.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Polls `probe` every few milliseconds until it yields a value.
///
/// Panics after [`PATIENCE`], naming `what` it waited for.
pub fn eventually<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, probe)
}

/// As [`eventually`], under a limit of one's own.
pub fn within<T>(limit: Duration, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "waited {limit:?} in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(3));
    }
}
