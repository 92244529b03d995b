//! What comes before the first request: the PROXY protocol, where it is required, then TLS.

use super::{Accepted, Client, Place};
use crate::ir::{BindAddress, ListenerName, Protocol};
use crate::telemetry::counters::ListenerCount;
use crate::telemetry::names::Counter;
use crate::wire::forwarded::is_trusted;
use crate::wire::proxy_protocol::{self, ProxyHeader, ProxyParse, V2_MAX_DEFAULT};
use crate::worker::buffer::Buffer;
use crate::worker::clock;
use crate::worker::context::Context;
use crate::worker::registry::{Doing, Presence};
use crate::worker::socket::{self, SocketReader, SocketWriter};
use crate::worker::stream::{self, handshake};
use crate::worker::timers::Act;
use rustls::server::ClientHello;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::rc::Rc;

/// A connection's place in the registry, taken back when it ends, however it ends.
pub struct Present {
    ctx: Rc<Context>,
    presence: Rc<Presence>,
}

impl Present {
    fn enter(ctx: &Rc<Context>, presence: &Rc<Presence>) -> Self {
        ctx.counters.count(Counter::ConnectionsAccepted);
        ctx.status.set_connections(ctx.registry.count());
        Present {
            ctx: Rc::clone(ctx),
            presence: Rc::clone(presence),
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.ctx.registry.leave(&self.presence);
        self.ctx.counters.count(Counter::ConnectionsEnded);
        self.ctx.status.set_connections(self.ctx.registry.count());
    }
}

/// Makes a client of an accepted connection; `None` when it does not come about.
pub async fn establish(ctx: Rc<Context>, accepted: Accepted) -> Option<Box<Client>> {
    let Accepted {
        stream,
        peer,
        bind,
        protocol,
    } = accepted;
    let tls = protocol == Protocol::Https;
    let peer = canonical(peer);
    let presence = ctx.registry.enter(peer, bind, tls, stream.as_raw_fd());
    let present = Present::enter(&ctx, &presence);
    let (mut reader, writer) = socket::split(stream, &ctx.timers);
    let mut writer = writer.cut_when_stalled();
    let mut early = Buffer::none();
    let mut client = peer;
    if is_trusted(peer.ip(), &ctx.settings.proxy_protocol_from) {
        early = ctx.buffers.small();
        client = read_proxy_header(&ctx, &mut reader, &mut early, peer).await?;
    }
    let (mut listener, mut listener_slot, mut place) = (None, 0, None);
    let (reader, writer) = if tls {
        if early.size() == 0 {
            early = ctx.buffers.small();
        }
        let secured = secure(&ctx, &mut reader, &mut writer, early, bind).await?;
        early = Buffer::none();
        (listener, listener_slot, place) =
            (Some(secured.listener), secured.slot, Some(secured.place));
        stream::tls(reader, writer, secured.handshaken, &ctx.buffers)
    } else {
        stream::plain(reader, writer)
    };
    presence.doing.set(Doing::Idle);
    // A handshake is no idle time: a drain has not waited for the request yet.
    presence.idle_since_ms.set(clock::now_ms());
    Some(Box::new(Client {
        reader,
        writer,
        early,
        waiting: None,
        brought: None,
        presence,
        peer: client,
        bind,
        listener,
        listener_slot,
        place,
        ctx,
        _present: present,
    }))
}

/// A finished handshake and the listener it was made with.
struct Secured {
    handshaken: handshake::Handshaken,
    listener: ListenerName,
    slot: u32,
    place: (u64, Place),
}

async fn secure(
    ctx: &Rc<Context>,
    reader: &mut SocketReader,
    writer: &mut SocketWriter,
    early: Buffer,
    bind: BindAddress,
) -> Option<Secured> {
    let mut chosen = None;
    let timeout = ctx.settings.timeouts.tls_handshake;
    reader.timer().arm(timeout, Act::ShutdownBoth);
    // The tables of the moment in which the name is known; a slow handshake holds none.
    let choose = |hello: &ClientHello<'_>| {
        let view = ctx.view()?;
        let snapshot = view.snapshot();
        let bind = snapshot.routes.bind(bind)?;
        let name = hello.server_name().map(str::as_bytes);
        let (index, config) = snapshot.certs.select(bind, name)?;
        let listener = snapshot.routes.listener(index);
        let place = Place {
            bind,
            listener: Some(index),
        };
        chosen = Some((
            listener.name.clone(),
            listener.slot,
            (snapshot.revision, place),
        ));
        Some(config)
    };
    let result = handshake::accept(reader, writer, early, &ctx.buffers, timeout, choose).await;
    let timed_out = reader.timer().fired();
    reader.timer().disarm();
    let slot = chosen.as_ref().map_or(0, |(_, slot, _)| *slot);
    match (result, chosen) {
        (Ok(handshaken), Some((listener, slot, place))) => {
            let facts = &handshaken.facts;
            ctx.counters.count(match facts.version {
                0x0303 => Counter::HandshakesTls12,
                _ => Counter::HandshakesTls13,
            });
            if facts.resumed {
                ctx.counters.count(Counter::HandshakesResumed);
            }
            ctx.counters.listener(slot, ListenerCount::Handshakes);
            ctx.counters.listener(slot, ListenerCount::Accepted);
            Some(Secured {
                handshaken,
                listener,
                slot,
                place,
            })
        }
        (Err(error), _) => {
            ctx.counters.count(Counter::HandshakesFailed);
            ctx.counters.listener(slot, ListenerCount::HandshakesFailed);
            ctx.counters.refuse(if timed_out {
                "tls_handshake"
            } else {
                error.reason()
            });
            None
        }
        (Ok(_), None) => None,
    }
}

/// Reads the PROXY protocol header that this peer owes; the client it names.
async fn read_proxy_header(
    ctx: &Context,
    reader: &mut SocketReader,
    early: &mut Buffer,
    peer: SocketAddr,
) -> Option<SocketAddr> {
    reader
        .timer()
        .arm(ctx.settings.timeouts.proxy_protocol, Act::ShutdownBoth);
    let client = loop {
        match proxy_protocol::parse(early.filled(), V2_MAX_DEFAULT) {
            Ok(ProxyParse::Complete { len, header }) => {
                early.consume(len);
                break match header {
                    ProxyHeader::Proxied { source, .. } => canonical(source),
                    ProxyHeader::Local | ProxyHeader::Unaddressed => peer,
                };
            }
            Ok(ProxyParse::Partial) => {}
            Err(error) => {
                ctx.counters.refuse(error.reason());
                return None;
            }
        }
        let (result, buffer) = reader.read(std::mem::replace(early, Buffer::none())).await;
        *early = buffer;
        match result {
            Ok(n) if n > 0 => {}
            _ => {
                if reader.timer().fired() {
                    ctx.counters.refuse("proxy_protocol_timeout");
                }
                return None;
            }
        }
    };
    reader.timer().disarm();
    Some(client)
}

/// An IPv4 client of a dual-stack socket is an IPv4 client.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
