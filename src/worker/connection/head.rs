//! Reading the head of the next request.

use super::Client;
use crate::telemetry::names::Counter;
use crate::wire::h1::parse::{Parse, parse_request};
use crate::worker::buffer::Buffer;
use crate::worker::clock;
use crate::worker::exchange::{Account, Reply, Scratch, send_reply};
use crate::worker::fault::{Fault, Kind, Side};
use crate::worker::registry::Doing;
use crate::worker::socket::Waiting;
use crate::worker::timers::Act;
use monoio::BufResult;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

/// What came.
pub enum Head {
    /// A request's head, parsed, in the first `len` bytes of the buffer.
    Complete { len: usize, started_us: u64 },
    /// Nothing for a while: the buffer is better used elsewhere.
    Quiet,
    /// The client is done.
    Closed,
    /// Something that is no request, or is none in time.
    Refused { fault: Fault, started_us: u64 },
}

/// Reads until a head is complete.
pub async fn read(client: &mut Client, buffer: &mut Buffer, scratch: &mut Scratch) -> Head {
    scratch.head.reset();
    if buffer.is_empty() {
        match first_bytes(client, buffer).await {
            First::Bytes => {}
            First::Closed => return Head::Closed,
            First::Quiet => return Head::Quiet,
        }
    }
    let started_us = clock::now_us();
    let mut timed = false;
    loop {
        match parse_request(
            buffer.filled(),
            &client.ctx.request_limits,
            &mut scratch.head,
        ) {
            Ok(Parse::Complete { len }) => {
                if timed {
                    client.reader.timer().disarm();
                }
                return Head::Complete { len, started_us };
            }
            Ok(Parse::Partial) => {}
            Err(error) => {
                return Head::Refused {
                    fault: error.into(),
                    started_us,
                };
            }
        }
        if !timed {
            // One deadline for the whole head: bytes that drip in do not move it.
            let limit = client.ctx.settings.timeouts.header_read;
            client.reader.timer().arm(limit, Act::ShutdownRead);
            timed = true;
            // No drain takes it for idle.
            client.presence.doing.set(Doing::Exchange);
        }
        let mut own = std::mem::replace(buffer, Buffer::none());
        own.compact();
        if own.room() == 0 {
            // The parser holds to its limit, so this ends.
            own = client.ctx.buffers.grow(own);
        }
        let (result, own) = client.reader.read(own).await;
        *buffer = own;
        match result {
            Ok(n) if n > 0 => {}
            _ if client.reader.timer().fired() => {
                let fault = Fault::downstream(Kind::Limit("header_read", 408));
                return Head::Refused { fault, started_us };
            }
            // Half a request is nobody's request.
            _ => return Head::Closed,
        }
    }
}

/// The first bytes of a request.
enum First {
    Bytes,
    Closed,
    Quiet,
}

/// Reads into a tiny buffer, so that a connection that turns out to be idle holds no more than that;
/// the read itself is never given up.
async fn first_bytes(client: &mut Client, buffer: &mut Buffer) -> First {
    loop {
        let brought = match client.brought.take() {
            Some(brought) => brought,
            None => match client.reader.begin_idle(&client.ctx.buffers) {
                Some(waiting) => match wait(client, waiting).await {
                    Some(brought) => brought,
                    None => return First::Quiet,
                },
                None => return first_record(client, buffer).await,
            },
        };
        let buffers = &client.ctx.buffers;
        match client.reader.finish_idle(brought, buffer, buffers) {
            Ok(Some(n)) if n > 0 => return First::Bytes,
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return First::Closed,
        }
        // Part of a record, as is found next; or a whole one that holds no data, such as a key
        // update, which begins no request and does not prolong the wait for one.
        if client.idle_left() == Some(Duration::ZERO) {
            client.ctx.counters.count(Counter::ConnectionsIdleClosed);
            return First::Closed;
        }
        client.reader.socket().turn().await;
    }
}

/// Reads plaintext of which part of a TLS record is here. That is part of a request, and has its
/// time.
async fn first_record(client: &mut Client, buffer: &mut Buffer) -> First {
    let limit = client.ctx.settings.timeouts.header_read;
    client.reader.timer().arm(limit, Act::ShutdownRead);
    client.presence.doing.set(Doing::Exchange);
    let own = std::mem::replace(buffer, Buffer::none());
    let (result, own) = client.reader.read(own).await;
    *buffer = own;
    if client.reader.timer().fired() {
        client.ctx.counters.refuse("header_read");
    }
    client.reader.timer().disarm();
    match result {
        Ok(n) if n > 0 => First::Bytes,
        _ => First::Closed,
    }
}

/// Waits for the read, but not longer than is worth holding a task's memory for.
async fn wait(client: &mut Client, mut waiting: Waiting) -> Option<BufResult<usize, Buffer>> {
    client.reader.timer().arm(client.patience(), Act::Wake);
    let brought = poll_fn(|cx| match waiting.as_mut().poll(cx) {
        Poll::Ready(brought) => Poll::Ready(Some(brought)),
        Poll::Pending => client.reader.timer().poll_wait(cx).map(|()| None),
    })
    .await;
    client.reader.timer().disarm();
    if brought.is_none() {
        client.waiting = Some(waiting);
    }
    brought
}

/// Answers a request that was not understood and ends the connection; nothing went upstream.
pub async fn refuse(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &mut Scratch,
    fault: Fault,
    started_us: u64,
) {
    let mut account = Account::new(started_us, client.ctx.logs());
    account.refuse(fault);
    scratch.forget_client();
    scratch.bytes.clear();
    scratch.bytes.extend_from_slice(buffer.filled());
    debug_assert_eq!(fault.side, Side::Downstream);
    account.status = fault.status().unwrap_or(400);
    let reply = Reply::new(account.status);
    match send_reply(client, &scratch.head, false, &reply).await {
        Ok(sent) => {
            account.sent = sent;
            account.close(client, scratch);
            super::linger::close(client, buffer).await;
        }
        Err(fault) => {
            account.flag(fault.flags());
            account.close(client, scratch);
        }
    }
}
