//! Accepting: connections go to the least loaded worker before a byte is read.

use super::connection::{Accepted, serve};
use super::context::Context;
use super::driver::IoDriver;
use super::guarded::guarded;
use super::intake::Intake;
use super::peers::{Handed, Peers};
use super::socket::close_on_exec;
use crate::ir::{BindAddress, Protocol};
use crate::telemetry::names::Counter;
use monoio::net::TcpStream;
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// How long accepting pauses at a limit before it looks again.
const PAUSE: Duration = Duration::from_millis(10);
/// Descriptors a connection may take: its own and its upstream's.
const DESCRIPTORS: u64 = 2;

/// One bind as a worker accepts on it.
pub struct Acceptor {
    pub ctx: Rc<Context>,
    pub bind: BindAddress,
    pub protocol: Protocol,
    pub driver: IoDriver,
    pub peers: Rc<Peers>,
    /// Connections of this bind on this worker.
    pub open: Rc<Cell<u32>>,
    /// This worker's share of the limit per listener.
    pub limit: u32,
}

impl Acceptor {
    /// Accepts until the intake is drained.
    pub async fn run(&self, intake: &Intake) {
        loop {
            self.wait_for_room(intake).await;
            match intake.next().await {
                Ok(Some((stream, peer))) => self.take(stream, peer),
                Ok(None) => return,
                Err(error) => self.rest(&error).await,
            }
        }
    }

    /// Rests at a limit. What a listener that goes away has in its queue is served all the same:
    /// there will be no other listener for it.
    async fn wait_for_room(&self, intake: &Intake) {
        let full = |open: u64| self.ctx.guard.must_pause(open) || self.open.get() >= self.limit;
        if !intake.is_open() || !full(self.descriptors()) {
            return;
        }
        self.ctx.counters.count(Counter::ConnectionsPaused);
        let reason = if self.open.get() >= self.limit {
            "connections_per_listener"
        } else {
            "descriptors"
        };
        self.ctx.counters.refuse(reason);
        tracing::warn!(bind = %self.bind, limit = reason, "accepting pauses at a limit");
        loop {
            monoio::time::sleep(PAUSE).await;
            let resumes =
                self.ctx.guard.may_resume(self.descriptors()) && self.open.get() < self.limit;
            if resumes || !intake.is_open() {
                return;
            }
        }
    }

    fn descriptors(&self) -> u64 {
        u64::from(self.ctx.taken.get()) * DESCRIPTORS + u64::from(self.ctx.pool.idle())
    }

    /// An accept that failed: out of descriptors it rests, so that the loop never spins.
    async fn rest(&self, error: &io::Error) {
        if matches!(
            error.raw_os_error(),
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
        ) {
            self.ctx.counters.count(Counter::ConnectionsPaused);
            self.ctx.counters.refuse("descriptors");
        }
        tracing::warn!(bind = %self.bind, %error, "accept failed");
        monoio::time::sleep(PAUSE).await;
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr) {
        if self.driver.is_uring()
            && let Err(error) = close_on_exec(&stream)
        {
            tracing::debug!(%error, "close-on-exec was refused");
        }
        let Some(to) = self.peers.lighter(self.ctx.taken.get()) else {
            return self.spawn(stream, peer);
        };
        let handed = Handed {
            peer,
            bind: self.bind,
            protocol: self.protocol,
        };
        match self.peers.hand_over(to, stream, handed) {
            Ok(()) => self.ctx.counters.count(Counter::ConnectionsHandedOver),
            Err(stream) => self.spawn(stream, peer),
        }
    }

    /// Serves a connection here.
    pub fn spawn(&self, stream: TcpStream, peer: SocketAddr) {
        let accepted = Accepted {
            stream,
            peer,
            bind: self.bind,
            protocol: self.protocol,
        };
        spawn_connection(&self.ctx, accepted, Rc::clone(&self.open));
    }
}

/// Starts the task of a connection. A panic in it ends this connection alone.
pub fn spawn_connection(ctx: &Rc<Context>, accepted: Accepted, open: Rc<Cell<u32>>) {
    let ctx = Rc::clone(ctx);
    let counted = [Counted::new(open), Counted::new(Rc::clone(&ctx.taken))];
    monoio::spawn(root(ctx, accepted, counted));
}

/// The root task of a connection: all that an idle one keeps but for its client and its read.
async fn root(ctx: Rc<Context>, accepted: Accepted, counted: [Counted; 2]) {
    // Pinned here: moved into the guard, it would have its room twice.
    let panicked = guarded(pin!(serve(Rc::clone(&ctx), accepted))).await;
    drop(counted);
    if panicked {
        ctx.counters.count(Counter::ConnectionPanics);
    }
}

/// Counts a connection as long as it lives.
struct Counted(Rc<Cell<u32>>);

impl Counted {
    fn new(count: Rc<Cell<u32>>) -> Self {
        count.set(count.get() + 1);
        Counted(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, C, F: Future>(_: impl FnOnce(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_root_future_of_a_connection_is_small() {
        let bytes = size(root);
        assert!(bytes <= 512, "{bytes}");
    }
}
