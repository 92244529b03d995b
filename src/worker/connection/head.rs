//! Reading the head of the next request.

use super::{Client, PATIENCE};
use crate::telemetry::names::Counter;
use crate::wire::h1::parse::{Parse, parse_request};
use crate::worker::buffer::{Buffer, LARGE};
use crate::worker::clock;
use crate::worker::exchange::{Account, Reply, Scratch, send_reply};
use crate::worker::fault::{Fault, Kind, Side};
use crate::worker::socket::Quiet;
use crate::worker::timers::Act;

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
            Quiet::Read(Ok(n)) if n > 0 => {}
            Quiet::Read(_) => return Head::Closed,
            Quiet::Quiet => return Head::Quiet,
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
        }
        let mut own = std::mem::replace(buffer, Buffer::none());
        own.compact();
        if own.room() == 0 {
            if own.size() >= LARGE {
                let fault = Fault::downstream(Kind::Limit("headers_size", 431));
                *buffer = own;
                return Head::Refused { fault, started_us };
            }
            own = client.ctx.buffers.enlarge(own);
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

async fn first_bytes(client: &mut Client, buffer: &mut Buffer) -> Quiet {
    let idle = client.ctx.settings.timeouts.idle;
    let patience = if idle.is_zero() {
        PATIENCE
    } else {
        PATIENCE.min(idle)
    };
    let own = std::mem::replace(buffer, Buffer::none());
    let (quiet, own) = client.reader.read_or_quiet(own, patience).await;
    *buffer = own;
    if matches!(quiet, Quiet::Quiet) && patience == idle {
        client.ctx.counters.count(Counter::ConnectionsIdleClosed);
        return Quiet::Read(Ok(0));
    }
    quiet
}

/// Answers a request that was not understood and ends the connection; nothing went upstream.
pub async fn refuse(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &mut Scratch,
    fault: Fault,
    started_us: u64,
) {
    let mut account = Account::new(started_us);
    account.refuse(fault);
    scratch.bytes.clear();
    scratch.bytes.extend_from_slice(buffer.filled());
    debug_assert_eq!(fault.side, Side::Downstream);
    account.status = fault.status().unwrap_or(400);
    let reply = Reply::new(account.status);
    if let Some(sent) = send_reply(client, &scratch.head, false, &reply).await {
        account.sent = sent;
        account.close(client, scratch);
        super::linger::close(client, buffer).await;
    } else {
        account.close(client, scratch);
    }
}
