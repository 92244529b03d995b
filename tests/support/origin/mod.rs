//! A real, strict, recording HTTP/1.1 origin.
//!
//! Strict: what the gateway sends must be what RFC 9112 demands; a breach is answered 400, kept as
//! a [`Origin::breaches`] and asserted to be absent when the origin is dropped. Recording: the raw
//! bytes of each connection and each request parsed. Its behaviour is chosen by the request; see
//! [`Behaviour`].

mod answer;
mod behaviour;
mod request;

use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

pub use behaviour::{Behaviour, Break, Framing, raw};
pub use request::{Head, Received};

use super::ports;

/// The header by which a request says what it wants.
pub const ASK: &str = "X-Ask";

/// How many requests are kept; load tests send far more.
const REQUESTS_KEPT: usize = 20_000;
/// How many raw bytes are kept of each connection.
const BYTES_KEPT: usize = 1 << 20;

/// A listening origin; closes everything when dropped.
pub struct Origin {
    shared: Arc<Shared>,
    tolerant: bool,
}

struct Shared {
    name: String,
    address: SocketAddr,
    /// Set while the listener shall take no more.
    refusing: AtomicBool,
    /// Set while answers shall say `Connection: close`.
    draining: AtomicBool,
    accepted: AtomicU64,
    answered: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Live>,
    raw: Vec<Vec<u8>>,
    requests: Vec<Received>,
    breaches: Vec<String>,
    paths: HashMap<String, Behaviour>,
}

struct Live {
    socket: TcpStream,
    busy: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under the lock")
    }

    fn record(&self, connection: u64, bytes: &[u8]) {
        let mut state = self.state();
        let Some(raw) = usize::try_from(connection - 1)
            .ok()
            .and_then(|i| state.raw.get_mut(i))
        else {
            return;
        };
        let room = BYTES_KEPT.saturating_sub(raw.len());
        raw.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn busy(&self, connection: u64, busy: bool) {
        if let Some(live) = self.state().open.get_mut(&connection) {
            live.busy = busy;
        }
    }

    fn breach(&self, what: String) {
        self.state().breaches.push(what);
    }
}

impl Origin {
    /// Starts one on a free port of 127.0.0.1.
    pub fn start(name: &str) -> Self {
        Self::start_on(name, ports::local())
    }

    /// Starts one on an address of loopback.
    pub fn start_on(name: &str, address: SocketAddr) -> Self {
        let listener = ports::listen(address);
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            address,
            refusing: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            state: Mutex::new(State::default()),
        });
        let its = Arc::clone(&shared);
        std::thread::spawn(move || accept(&its, &listener));
        Self {
            shared,
            tolerant: false,
        }
    }

    /// Does not panic on drop when the gateway broke the protocol: for tests that cut requests off.
    pub fn tolerant(mut self) -> Self {
        self.tolerant = true;
        self
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Its name, sent as `X-Origin`.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Sets the behaviour for a path, whatever the request asks.
    pub fn behave(&self, path: &str, behaviour: Behaviour) {
        self.shared.state().paths.insert(path.to_owned(), behaviour);
    }

    /// The whole requests received so far, in the order of their ends.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.state().requests.clone()
    }

    /// The raw bytes of each connection so far, in the order of acceptance.
    pub fn raw(&self) -> Vec<Vec<u8>> {
        self.shared.state().raw.clone()
    }

    /// What the gateway sent that RFC 9112 forbids.
    pub fn breaches(&self) -> Vec<String> {
        self.shared.state().breaches.clone()
    }

    /// How many connections were accepted.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.shared.state().open.len()
    }

    /// How many answers were begun.
    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// Closes the listener: a connection attempt is refused. What is open goes on.
    pub fn refuse(&self) {
        if !self.shared.refusing.swap(true, Ordering::AcqRel) {
            // Wakes the accept; it may have ended by itself.
            TcpStream::connect(self.address()).ok();
            super::eventually("the origin's listener to close", || {
                TcpStream::connect(self.address()).is_err().then_some(())
            });
        }
    }

    /// Ends as a well-behaved server does: no new connection, answers under way say
    /// `Connection: close`, idle connections are closed.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::Release);
        self.refuse();
        for live in self.shared.state().open.values().filter(|live| !live.busy) {
            live.socket.shutdown(Shutdown::Both).ok();
        }
    }

    /// Ends at once: no new connection, and every open one is shut.
    pub fn kill(&self) {
        self.shared.draining.store(true, Ordering::Release);
        self.refuse();
        for live in self.shared.state().open.values() {
            live.socket.shutdown(Shutdown::Both).ok();
        }
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        let breaches = self.breaches();
        self.kill();
        if !self.tolerant && !breaches.is_empty() && !std::thread::panicking() {
            panic!("origin {} was sent: {breaches:#?}", self.shared.name);
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    while let Ok((socket, _)) = listener.accept() {
        if shared.refusing.load(Ordering::Acquire) {
            return;
        }
        let connection = shared.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        let Ok(twin) = socket.try_clone() else {
            continue;
        };
        {
            let mut state = shared.state();
            state.open.insert(
                connection,
                Live {
                    socket: twin,
                    busy: false,
                },
            );
            state.raw.push(Vec::new());
        }
        let its = Arc::clone(shared);
        let serve = move || {
            answer::serve(&its, socket, connection);
            its.state().open.remove(&connection);
        };
        // Thousands of connections are usual here; bodies live on the heap.
        let spawned = std::thread::Builder::new()
            .stack_size(256 * 1024)
            .spawn(serve);
        spawned.expect("a thread");
    }
}
