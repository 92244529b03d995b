//! A small layer-4 balancer, as a cluster has one before its gateways: it believes `/readyz`, asks
//! every 200 ms, and never retries a connection for its client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use socket2::SockRef;

use super::client::{Connection, Request};
use super::{eventually, ports, stream::Stream};

/// How often each upstream is asked.
const PERIOD: Duration = Duration::from_millis(200);
/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_millis(150);

/// A running balancer; ends when dropped.
pub struct Balancer {
    shared: Arc<Shared>,
    address: SocketAddr,
}

struct Shared {
    upstreams: Vec<Upstream>,
    turn: AtomicUsize,
    stop: AtomicBool,
}

struct Upstream {
    traffic: SocketAddr,
    health: SocketAddr,
    ready: AtomicBool,
    given: AtomicUsize,
}

impl Balancer {
    /// Balances over pairs of (traffic address, address of `/readyz`), and waits until one is ready.
    pub fn start(upstreams: &[(SocketAddr, SocketAddr)]) -> Self {
        let upstreams = upstreams
            .iter()
            .map(|&(traffic, health)| Upstream {
                traffic,
                health,
                ready: AtomicBool::new(false),
                given: AtomicUsize::new(0),
            })
            .collect();
        let shared = Arc::new(Shared {
            upstreams,
            turn: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let address = ports::local();
        let listener = ports::listen(address);
        for index in 0..shared.upstreams.len() {
            let its = Arc::clone(&shared);
            std::thread::spawn(move || its.watch(index));
        }
        let its = Arc::clone(&shared);
        std::thread::spawn(move || its.accept(&listener));
        let balancer = Self { shared, address };
        eventually("an upstream of the balancer to be ready", || {
            balancer.ready(0..).then_some(())
        });
        balancer
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the upstream of that index is believed ready.
    pub fn is_ready(&self, index: usize) -> bool {
        self.shared.upstreams[index].ready.load(Ordering::Acquire)
    }

    /// How many connections the upstream of that index was given.
    pub fn given(&self, index: usize) -> usize {
        self.shared.upstreams[index].given.load(Ordering::Relaxed)
    }

    fn ready(&self, range: std::ops::RangeFrom<usize>) -> bool {
        self.shared.upstreams[range]
            .iter()
            .any(|up| up.ready.load(Ordering::Acquire))
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // Wakes the accept.
        TcpStream::connect(self.address).ok();
    }
}

impl Shared {
    fn watch(&self, index: usize) {
        let upstream = &self.upstreams[index];
        while !self.stop.load(Ordering::Acquire) {
            upstream
                .ready
                .store(probe(upstream.health), Ordering::Release);
            std::thread::sleep(PERIOD);
        }
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while let Ok((client, _)) = listener.accept() {
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let ready: Vec<&Upstream> = self
                .upstreams
                .iter()
                .filter(|up| up.ready.load(Ordering::Acquire))
                .collect();
            // With none ready the client's connection is dropped, as a balancer would.
            let Some(upstream) = ready.get(turn % ready.len().max(1)) else {
                continue;
            };
            upstream.given.fetch_add(1, Ordering::Relaxed);
            let traffic = upstream.traffic;
            let relay = move || {
                if let Ok(server) = TcpStream::connect(traffic) {
                    join(client, server).ok();
                }
            };
            let spawned = std::thread::Builder::new()
                .stack_size(128 * 1024)
                .spawn(relay);
            spawned.expect("a thread");
        }
    }
}

fn probe(health: SocketAddr) -> bool {
    let Ok(stream) = Stream::connect(health, None, TIMEOUT) else {
        return false;
    };
    let request = Request::get("/readyz", "balancer").header("Connection", "close");
    Connection::over(stream)
        .ask(&request)
        .is_ok_and(|answer| answer.status == 200)
}

/// Relays both ways until both ends are done; a reset is passed on as one.
fn join(client: TcpStream, server: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let up = std::thread::Builder::new()
        .stack_size(128 * 1024)
        .spawn(move || copy(from_client, to_server))?;
    copy(server, client);
    up.join().ok();
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = vec![0; 32 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => {
                to.shutdown(Shutdown::Write).ok();
                return;
            }
            Ok(count) if to.write_all(&piece[..count]).is_ok() => {}
            _ => {
                SockRef::from(&to).set_linger(Some(Duration::ZERO)).ok();
                to.shutdown(Shutdown::Both).ok();
                from.shutdown(Shutdown::Both).ok();
                return;
            }
        }
    }
}
