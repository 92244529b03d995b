//! A client connection: its root task only waits and dispatches; what is busy is boxed for as long
//! as it is.

mod establish;
mod head;
mod linger;

use super::context::Context;
use super::exchange::{self, Account, After, Scratch};
use super::registry::{Doing, Presence};
use super::socket::Waiting;
use super::stream::{Reader, Writer};
use super::timers::Act;
use super::tunnel;
use super::view::View;
use super::{buffer::Buffer, clock};
use crate::ir::{BindAddress, ListenerName, Protocol};
use crate::table::{BindIndex, ListenerIndex};
use crate::telemetry::access_log::ResponseFlags;
use crate::telemetry::counters::ListenerCount;
use crate::telemetry::names::Counter;
use head::Head;
use monoio::BufResult;
use monoio::net::TcpStream;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// Quiet time after which a connection gives everything back but its read and a tiny buffer.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same on a worker with more than [`CROWD`] connections: what many hold for half a second is
/// memory that the process keeps.
const PATIENCE_IN_A_CROWD: Duration = Duration::from_millis(20);
/// As many as the free lists have buffers for.
const CROWD: u32 = 256;

/// A client connection that is established.
pub struct Client {
    pub ctx: Rc<Context>,
    pub reader: Reader,
    pub writer: Writer,
    pub presence: Rc<Presence>,
    /// The other end, or what the PROXY protocol said of it.
    pub peer: SocketAddr,
    pub bind: BindAddress,
    /// The listener that the server name chose; `None` on a plain bind.
    listener: Option<ListenerName>,
    listener_slot: u32,
    place: Option<(u64, Place)>,
    /// Bytes that came with the PROXY header.
    early: Buffer,
    /// The read of an idle connection, under way.
    waiting: Option<Waiting>,
    /// What it brought.
    brought: Option<BufResult<usize, Buffer>>,
    _present: establish::Present,
}

/// Where a connection stands in a table.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub bind: BindIndex,
    pub listener: Option<ListenerIndex>,
}

impl Client {
    /// Finds the connection's bind and listener in a revision; `None` when they are gone.
    pub fn place(&mut self, view: &View) -> Option<Place> {
        let snapshot = view.snapshot();
        if let Some((revision, place)) = self.place
            && revision == snapshot.revision
        {
            return Some(place);
        }
        let bind = snapshot.routes.bind(self.bind)?;
        // A bind may have changed its protocol: what came in plain text is not for a listener of
        // HTTPS.
        let spec = snapshot.binds.iter().find(|b| b.address == self.bind)?;
        if (spec.protocol == Protocol::Https) != self.listener.is_some() {
            return None;
        }
        let listener = match &self.listener {
            None => None,
            Some(name) => Some(snapshot.routes.listener_named(bind, name)?),
        };
        let place = Place { bind, listener };
        self.place = Some((snapshot.revision, place));
        Some(place)
    }

    /// How long the connection may be quiet before it gives its memory back.
    fn patience(&self) -> Duration {
        if self.ctx.registry.count() > CROWD {
            PATIENCE_IN_A_CROWD
        } else {
            PATIENCE
        }
    }

    /// How long it may still be idle; `None`: any time.
    fn idle_left(&self) -> Option<Duration> {
        let idle = self.ctx.settings.timeouts.idle;
        let quiet_ms = clock::recent_ms().saturating_sub(self.presence.idle_since_ms.get());
        (!idle.is_zero()).then(|| idle.saturating_sub(Duration::from_millis(quiet_ms)))
    }

    /// Whether the connection may carry another request after this one.
    pub fn may_stay(&self) -> bool {
        let limit = self.ctx.settings.limits.requests_per_connection;
        !self.ctx.leaving() && (limit == 0 || self.presence.requests.get() + 1 < limit)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.listener.is_some() {
            self.ctx
                .counters
                .listener(self.listener_slot, ListenerCount::Ended);
        }
    }
}

/// What the root task does next.
enum Next {
    /// Wait in the read that is under way, holding nothing else.
    Park,
    End,
}

/// A connection as it was accepted.
pub struct Accepted {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub bind: BindAddress,
    pub protocol: Protocol,
}

/// Serves a connection to its end.
pub async fn serve(ctx: Rc<Context>, accepted: Accepted) {
    let Some(mut client) = Box::pin(establish::establish(ctx, accepted)).await else {
        return;
    };
    loop {
        match Box::pin(busy(&mut client)).await {
            Next::End => return,
            Next::Park => {}
        }
        // The read goes on; what it brings is taken by the next turn.
        if let Some(waiting) = client.waiting.take() {
            if let Some(left) = client.idle_left() {
                let left = left.max(Duration::from_millis(1));
                client.reader.timer().arm(left, Act::ShutdownRead);
            }
            let brought = waiting.await;
            if client.reader.timer().fired() {
                client.ctx.counters.count(Counter::ConnectionsIdleClosed);
            }
            client.reader.timer().disarm();
            client.brought = Some(brought);
        }
    }
}

/// Carries exchanges until the connection is quiet or ends.
async fn busy(client: &mut Client) -> Next {
    let ctx = Rc::clone(&client.ctx);
    if ctx.panic_next.replace(false) {
        injected_panic();
    }
    let mut scratch = ctx.scratch();
    let mut buffer = std::mem::replace(&mut client.early, Buffer::none());
    if buffer.size() == 0 {
        buffer = ctx.buffers.small();
    }
    let next = exchanges(client, &mut buffer, &mut scratch).await;
    ctx.buffers.give(buffer);
    ctx.give_scratch(scratch);
    next
}

/// A panic that a test asked for (`--enable-fault-injection`).
fn injected_panic() {
    // tidy: allow panic: this is the fault that the test injects.
    panic!("injected by a test");
}

async fn exchanges(client: &mut Client, buffer: &mut Buffer, scratch: &mut Scratch) -> Next {
    loop {
        client.reader.socket().turn().await;
        client.presence.doing.set(Doing::Idle);
        let (len, started_us) = match head::read(client, buffer, scratch).await {
            Head::Complete { len, started_us } => (len, started_us),
            Head::Quiet => return Next::Park,
            Head::Closed => {
                // Over TLS the end is said, or it could be anybody's.
                if client.reader.tls().is_some() {
                    let timeout = client.ctx.settings.timeouts.client_write;
                    client.writer.finish(timeout).await;
                }
                return Next::End;
            }
            Head::Refused { fault, started_us } => {
                head::refuse(client, buffer, scratch, fault, started_us).await;
                return Next::End;
            }
        };
        client.presence.doing.set(Doing::Exchange);
        let mut account = Account::new(started_us, client.ctx.logs());
        let after = pin!(exchange::run(client, buffer, len, scratch, &mut account)).await;
        if client.ctx.leaving() {
            account.flag(ResponseFlags::DRAINED);
        }
        if let After::Tunnel(tunnel) = after {
            client.presence.doing.set(Doing::Tunnel);
            let from_client = std::mem::replace(buffer, Buffer::none());
            let carried = Box::pin(tunnel::run(client, *tunnel, from_client)).await;
            (account.received, account.sent) = (carried.received, carried.sent);
            if carried.idle {
                account.flag(ResponseFlags::IDLE_TIMEOUT);
            }
            account.close(client, scratch);
            return Next::End;
        }
        account.close(client, scratch);
        client
            .presence
            .requests
            .set(client.presence.requests.get() + 1);
        client.presence.idle_since_ms.set(clock::recent_ms());
        match after {
            After::KeepAlive => {}
            After::Close => {
                linger::close(client, buffer).await;
                return Next::End;
            }
            After::Cut | After::Tunnel(_) => {
                client.writer.cut();
                return Next::End;
            }
        }
    }
}
