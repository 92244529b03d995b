//! Answers of our own.

use super::After;
use super::account::Account;
use crate::filter;
use crate::wire::h1::encode;
use crate::wire::head::{Method, RequestHead, Version};
use crate::worker::clock;
use crate::worker::connection::Client;
use crate::worker::context::Context;
use crate::worker::fault::{Fault, Side};

/// An answer without a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub location: Option<Vec<u8>>,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Reply {
            status,
            location: None,
        }
    }
}

impl From<filter::Reply> for Reply {
    fn from(reply: filter::Reply) -> Self {
        Reply {
            status: reply.status,
            location: reply.location,
        }
    }
}

/// Methods that are served, for the `Allow` of a 405 (RFC 9110 section 15.5.6).
const ALLOW: &[u8] = b"GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";

/// Sends the reply and says what becomes of the connection.
pub async fn answer(
    client: &mut Client,
    head: &RequestHead,
    account: &mut Account,
    reply: &Reply,
) -> After {
    account.status = reply.status;
    let persist = account.persist;
    match send(client, head, persist, reply).await {
        Ok(sent) => {
            account.head_relayed = true;
            account.sent = sent;
            if persist {
                After::KeepAlive
            } else {
                After::Close
            }
        }
        Err(fault) => {
            // The log has one reason, that of the reply; the metric has both.
            if !account.refused.is_empty() {
                client.ctx.counters.refuse(fault.reason());
            }
            account.refuse(fault);
            After::Cut
        }
    }
}

/// Sends the reply; the bytes of its body.
///
/// # Errors
/// The fault of a client that is gone, or takes nothing.
pub async fn send(
    client: &mut Client,
    head: &RequestHead,
    persist: bool,
    reply: &Reply,
) -> Result<u64, Fault> {
    let mut out = client.ctx.buffers.text();
    let body = encode_reply(&client.ctx, head, persist, reply, &mut out);
    let timeout = client.ctx.settings.timeouts.client_write;
    let (result, out) = client.writer.write_vec(out, timeout).await;
    client.ctx.buffers.give_text(out);
    match result {
        Ok(()) => Ok(body),
        Err(_) => {
            let timer = client.writer.socket().timer();
            timer.stop();
            Err(Fault::write(Side::Downstream, timer.fired()))
        }
    }
}

fn encode_reply(
    ctx: &Context,
    head: &RequestHead,
    persist: bool,
    reply: &Reply,
    out: &mut Vec<u8>,
) -> u64 {
    encode::status_line(out, reply.status);
    // The reason phrase is the text as well: the status line without version and line end.
    let phrase = out
        .get(9..out.len().saturating_sub(2))
        .unwrap_or_default()
        .to_vec();
    if let Some(server) = &ctx.settings.forwarding.server {
        encode::field(out, b"Server", server.as_bytes());
    }
    ctx.date.with(clock::recent_us(), |date| {
        encode::field(out, b"Date", date.as_bytes())
    });
    if let Some(location) = &reply.location {
        encode::field(out, b"Location", location);
    }
    if reply.status == 405 {
        encode::field(out, b"Allow", ALLOW);
    }
    encode::field(out, b"Content-Type", b"text/plain; charset=utf-8");
    encode::content_length(out, phrase.len() as u64 + 1);
    encode_connection(out, head.version, persist);
    encode::end_head(out);
    if head.method == Method::Head {
        return 0;
    }
    out.extend_from_slice(&phrase);
    out.push(b'\n');
    phrase.len() as u64 + 1
}

/// Says whether the connection stays, where the version does not say it by itself.
pub fn encode_connection(out: &mut Vec<u8>, version: Version, persist: bool) {
    match (version, persist) {
        (Version::Http11, true) => {}
        (Version::Http10, true) => encode::field(out, b"Connection", b"keep-alive"),
        (_, false) => encode::field(out, b"Connection", b"close"),
    }
}
