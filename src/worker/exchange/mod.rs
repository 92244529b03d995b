//! One request with its response: routed, forwarded, answered, accounted for.
//!
//! An exchange is decided wholly on the revision it began on and holds it until its response head
//! is relayed; after that it lives on its own [`Account`], so that a long body or a tunnel pins no
//! table. The client's side is HTTP/1 here; what comes from it is a head over bytes, a body source
//! and a sink, so that an HTTP/2 stream can take its place.

mod account;
mod answer;
mod attempt;
mod converse;
mod forward;
mod reply;
mod request_head;
mod response_head;
mod route;
mod unread;
mod watch;

#[cfg(test)]
mod tests;

pub use account::Account;
pub use reply::{Reply, send as send_reply};

use super::buffer::{Buffer, SMALL};
use super::connection::Client;
use super::fault::{Fault, Kind};
use super::h1::Framing;
use super::tunnel::Tunnel;
use crate::filter::HeadEdits;
use crate::wire::forwarded::Forwarding;
use crate::wire::h1::framing::{BodyLength, request_body, request_persistent};
use crate::wire::head::{RequestHead, ResponseHead};
use std::pin::pin;

/// Memory that an exchange works in, reused from exchange to exchange.
#[derive(Default)]
pub struct Scratch {
    /// The request's head.
    pub head: RequestHead,
    /// Its bytes: the connection's buffer goes on to the body.
    pub bytes: Vec<u8>,
    pub forwarding: Forwarding,
    pub edits: HeadEdits,
    pub response: ResponseHead,
    pub response_edits: HeadEdits,
    /// `X-Request-Id`.
    pub request_id: Vec<u8>,
}

impl Scratch {
    /// Whether it is no larger than heads commonly make it: others are not kept, or one burst of huge
    /// heads would be paid for ever.
    pub fn is_usual(&self) -> bool {
        self.bytes.capacity() <= SMALL
    }

    /// Forgets whom the last exchange was with, where this one is refused before it is known.
    pub fn forget_client(&mut self) {
        self.request_id.clear();
        self.forwarding = Forwarding::default();
    }
}

/// What becomes of the client's connection.
pub enum After {
    /// It carries the next request.
    KeepAlive,
    /// It ends cleanly; what the client still sends is read away for a moment, so that our answer
    /// is not lost to a reset.
    Close,
    /// It is cut, so that the client cannot take what it got for the whole.
    Cut,
    /// It is a tunnel from now on.
    Tunnel(Box<Tunnel>),
}

/// Runs the exchange whose head lies complete in the first `head_len` bytes of `buffer` and is
/// parsed in `scratch.head`.
pub async fn run(
    client: &mut Client,
    buffer: &mut Buffer,
    head_len: usize,
    scratch: &mut Scratch,
    account: &mut Account,
) -> After {
    scratch.bytes.clear();
    scratch
        .bytes
        .extend_from_slice(buffer.filled().get(..head_len).unwrap_or_default());
    buffer.consume(head_len);
    let names_dropped = u64::from(scratch.head.names_dropped);
    if names_dropped > 0 {
        use crate::telemetry::names::Counter;
        client
            .ctx
            .counters
            .add(Counter::UnderscoreFieldsDropped, names_dropped);
    }
    let length = match request_body(&scratch.head, &scratch.bytes) {
        Ok(length) => length,
        Err(error) => return refuse(client, scratch, account, error.into()).await,
    };
    // What follows an upgrade that was asked for may not be HTTP, whatever the answer: from there
    // back to HTTP there is no way but the close.
    account.persist = request_persistent(&scratch.head)
        && scratch.head.connection.upgrade.is_none()
        && client.may_stay();
    let limit = client.ctx.settings.limits.request_body;
    if let (BodyLength::Fixed(n), Some(limit)) = (length, limit)
        && n > limit
    {
        let fault = Fault::downstream(Kind::Limit("request_body", 413));
        return refuse(client, scratch, account, fault).await;
    }
    let mut body = Framing::request(length);
    match route::decide(client, scratch, account) {
        route::Decision::Reply(reply) => {
            unread::answer(client, scratch, account, &reply, buffer, &mut body).await
        }
        route::Decision::Forward(plan) => {
            pin!(forward::run(client, buffer, scratch, account, plan, body)).await
        }
    }
}

/// Answers a request that is refused for its framing or size; the connection ends.
async fn refuse(
    client: &mut Client,
    scratch: &mut Scratch,
    account: &mut Account,
    fault: Fault,
) -> After {
    scratch.forget_client();
    account.refuse(fault);
    account.persist = false;
    let reply = Reply::new(fault.status().unwrap_or(400));
    reply::answer(client, &scratch.head, account, &reply).await
}
