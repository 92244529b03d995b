//! The answer of an upstream: its head is read, filtered and written anew, its body relayed.

use super::Scratch;
use super::account::Account;
use super::response_head::{encode_interim, encode_response, encode_switch};
use super::route::Plan;
use crate::filter::apply_response;
use crate::telemetry::names::Counter;
use crate::wire::h1::framing::{ResponseLength, response_body, response_persistent};
use crate::wire::h1::parse::{Parse, parse_response};
use crate::wire::head::{FieldName, Version};
use crate::worker::buffer::Buffer;
use crate::worker::context::Context;
use crate::worker::fault::{Fault, Kind, Side};
use crate::worker::h1::{COPIED, Framing, Outbound, Sink, Source, pump};
use crate::worker::stream::{Reader, Writer};
use crate::worker::timers::Act;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// What it takes to receive an answer.
pub struct Receiving<'a> {
    pub ctx: &'a Context,
    pub patience: Patience,
    /// The routing decision: dropped, and its snapshot with it, once the head is relayed.
    pub held: &'a RefCell<Option<Plan>>,
    /// The client's connection may stay.
    pub may_stay: bool,
}

/// How long the upstream may be silent; zero: any time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before the response's head, from the moment the request is sent.
    pub head: Duration,
    /// Within its body.
    pub body: Duration,
}

/// How far a request has gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    Sending,
    Whole,
    /// The upstream took no more of it.
    Broken,
}

/// What the two directions of an exchange know of each other.
pub struct Progress {
    pub upload: Cell<Upload>,
    /// The response's head is on its way to the client.
    pub answering: Cell<bool>,
}

impl Progress {
    pub fn new(upload: Upload) -> Self {
        Progress {
            upload: Cell::new(upload),
            answering: Cell::new(false),
        }
    }
}

/// An answer that was relayed whole.
pub enum Answered {
    Whole {
        /// The upstream's connection may carry another request.
        upstream_clean: bool,
        /// The client's connection stays.
        persist: bool,
        leftover: Buffer,
    },
    /// 101: both sides speak another protocol now; `leftover` is what the upstream said already.
    Switched { leftover: Buffer },
}

/// Receives the answer and relays it. While the request is still going out the upstream has no
/// reason to answer yet.
///
/// # Errors
/// The fault of the side that failed.
pub async fn receive(
    receiving: Receiving<'_>,
    reader: &mut Reader,
    writer: &mut Writer,
    scratch: &mut Scratch,
    account: &mut Account,
    progress: &Progress,
) -> Result<Answered, Fault> {
    let ctx = receiving.ctx;
    let mut buffer = ctx.buffers.small();
    let mut interim = 0;
    let (head_len, length) = loop {
        let head_len = read_head(&receiving, reader, scratch, &mut buffer, progress).await?;
        if account.first_byte_us.is_none() {
            account.first_byte_us = account.stamp();
        }
        let bytes = buffer.filled().get(..head_len).unwrap_or_default();
        let length = response_body(&scratch.response, bytes, scratch.head.method)?;
        if length != ResponseLength::Interim {
            break (head_len, length);
        }
        interim += 1;
        if interim > ctx.settings.limits.interim_responses {
            return Err(Fault::upstream(Kind::Protocol("interim_responses")));
        }
        // Given up in its middle, it leaves no room for another answer.
        account.head_relayed = true;
        relay_interim(ctx, scratch, bytes, writer).await?;
        account.head_relayed = false;
        buffer.consume(head_len);
    };
    let bytes = buffer.filled().get(..head_len).unwrap_or_default();
    account.upstream_status = scratch.response.status;
    filter(&receiving, scratch, bytes);
    if length == ResponseLength::Upgrade {
        return switch(ctx, scratch, account, writer, buffer, head_len).await;
    }
    let mut out = ctx.buffers.text();
    // A request that is still going out is not made to stop by an answer, but what is left of it
    // would be in the way of the next one, on either side.
    let early = progress.upload.get() != Upload::Whole;
    let may_stay = receiving.may_stay && !ctx.leaving() && !early;
    let framed = encode_response(ctx, scratch, bytes, length, may_stay, &mut out);
    let upstream_persistent = response_persistent(&scratch.response, length)
        && !early
        && scratch.head.connection.upgrade.is_none();
    let declared = declared_trailers(scratch, bytes);
    buffer.consume(head_len);
    account.status = scratch.response.status;
    let timeouts = &ctx.settings.timeouts;
    let mut framing = Framing::response(length);
    // A short body that came whole with its head goes out with it.
    let at_once = match framing {
        Framing::Fixed(n) if n <= buffer.len().min(COPIED) as u64 => n as usize,
        _ => 0,
    };
    if at_once > 0 {
        out.extend_from_slice(buffer.filled().get(..at_once).unwrap_or_default());
        buffer.consume(at_once);
        framing = Framing::Done;
    }
    if framing.is_long(buffer.size()) && matches!(framing, Framing::Fixed(_)) {
        buffer = ctx.buffers.enlarge(buffer);
    }
    let mut source = Source::new(reader, framing, Side::Upstream, receiving.patience.body);
    if let Some(declared) = declared {
        source = source.with_trailers(declared);
    }
    let mut sink = Sink::new(
        writer,
        out,
        framed.outbound,
        Side::Downstream,
        timeouts.client_write,
    );
    // From here on there is no other answer to give.
    account.head_relayed = true;
    progress.answering.set(true);
    let relayed = if source.is_done() || length == ResponseLength::Empty {
        receiving.held.take();
        sink.flush().await
    } else {
        // A body that is on its way is worth one write with its head; one that may be long in
        // coming must not hold the head back.
        let flushed = if buffer.is_empty() {
            sink.flush().await
        } else {
            Ok(())
        };
        receiving.held.take();
        match flushed {
            Ok(()) => pump(&mut source, &mut sink, &mut buffer, &ctx.buffers).await,
            Err(fault) => Err(fault),
        }
    };
    account.sent = at_once as u64 + sink.sent();
    ctx.counters
        .add(Counter::TrailersDropped, source.trailers_dropped());
    // As long as nothing of it went out, a failed answer can still be replaced by one of ours.
    account.head_relayed = relayed.is_ok() || sink.begun();
    sink.release(&ctx.buffers);
    relayed?;
    let upstream_clean = upstream_persistent && buffer.is_empty();
    Ok(Answered::Whole {
        upstream_clean,
        persist: framed.persist,
        leftover: buffer,
    })
}

/// Reads until a head is complete; its length.
async fn read_head(
    receiving: &Receiving<'_>,
    reader: &mut Reader,
    scratch: &mut Scratch,
    buffer: &mut Buffer,
    progress: &Progress,
) -> Result<usize, Fault> {
    let ctx = receiving.ctx;
    scratch.response.reset();
    loop {
        if !buffer.is_empty() {
            let limits = &ctx.response_limits;
            match parse_response(buffer.filled(), limits, &mut scratch.response)? {
                Parse::Complete { len } => {
                    reader.timer().disarm();
                    return Ok(len);
                }
                Parse::Partial => {}
            }
        }
        let mut own = std::mem::replace(buffer, Buffer::none());
        if own.room() == 0 {
            // The parser holds to its limit, so this ends.
            own = ctx.buffers.grow(own);
        }
        let (result, own) = read_patiently(receiving.patience.head, reader, own, progress).await;
        *buffer = own;
        let timed_out = reader.timer().fired();
        match result {
            Ok(n) if n > 0 && !timed_out => {}
            _ => return Err(Fault::io(Side::Upstream, timed_out)),
        }
    }
}

/// One read, under the upstream's patience from the moment the request is sent.
async fn read_patiently(
    patience: Duration,
    reader: &mut Reader,
    buffer: Buffer,
    progress: &Progress,
) -> monoio::BufResult<usize, Buffer> {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    if progress.upload.get() != Upload::Sending {
        reader.timer().arm(patience, Act::ShutdownBoth);
        return reader.read(buffer).await;
    }
    let timer = reader.timer().handle();
    let mut armed = false;
    let mut read = pin!(reader.read(buffer));
    poll_fn(|cx| {
        // The upload is polled before this in the same task, so its end is seen here.
        if !armed && progress.upload.get() != Upload::Sending {
            timer.arm(patience, Act::ShutdownBoth);
            armed = true;
        }
        read.as_mut().poll(cx)
    })
    .await
}

/// Applies the response filters of the rule, then of the share that was drawn.
fn filter(receiving: &Receiving<'_>, scratch: &mut Scratch, bytes: &[u8]) {
    scratch.response_edits.clear();
    let held = receiving.held.borrow();
    let Some(plan) = &*held else { return };
    let rule = plan.view.snapshot().routes.rule(plan.hit.rule);
    let fields = &scratch.response.fields;
    apply_response(&rule.response, bytes, fields, &mut scratch.response_edits);
    if let Some(share) = rule.backends.get(plan.share) {
        apply_response(&share.response, bytes, fields, &mut scratch.response_edits);
    }
}

/// Passes an interim response on. 100 is ours to send, and a client of 1.0 knows none.
async fn relay_interim(
    ctx: &Context,
    scratch: &Scratch,
    bytes: &[u8],
    writer: &mut Writer,
) -> Result<(), Fault> {
    if scratch.response.status == 100 || scratch.head.version == Version::Http10 {
        return Ok(());
    }
    ctx.counters.count(Counter::InterimResponses);
    let mut out = ctx.buffers.text();
    encode_interim(scratch, bytes, &mut out);
    let timeout = ctx.settings.timeouts.client_write;
    let mut sink = Sink::new(writer, out, Outbound::Identity, Side::Downstream, timeout);
    let result = sink.flush().await;
    sink.release(&ctx.buffers);
    result
}

/// Opens the tunnel, if the upstream switched to what the client asked for and nothing else.
async fn switch(
    ctx: &Context,
    scratch: &Scratch,
    account: &mut Account,
    writer: &mut Writer,
    mut buffer: Buffer,
    head_len: usize,
) -> Result<Answered, Fault> {
    let bytes = buffer.filled().get(..head_len).unwrap_or_default();
    let asked = scratch
        .head
        .connection
        .upgrade
        .map(|span| span.of(&scratch.bytes));
    let answered = scratch
        .response
        .connection
        .upgrade
        .map(|span| span.of(bytes));
    let protocol = match (asked, answered) {
        (Some(asked), Some(answered)) if asked.eq_ignore_ascii_case(answered) => asked,
        _ => return Err(Fault::upstream(Kind::Protocol("unasked_upgrade"))),
    };
    let mut out = ctx.buffers.text();
    encode_switch(scratch, bytes, protocol, &mut out);
    buffer.consume(head_len);
    account.status = 101;
    account.head_relayed = true;
    let timeout = ctx.settings.timeouts.client_write;
    let mut sink = Sink::new(writer, out, Outbound::Identity, Side::Downstream, timeout);
    let result = sink.flush().await;
    sink.release(&ctx.buffers);
    result?;
    Ok(Answered::Switched { leftover: buffer })
}

/// The trailers that may be passed on, where the client takes any (RFC 9110 section 6.5.1).
fn declared_trailers(scratch: &Scratch, bytes: &[u8]) -> Option<Box<[u8]>> {
    if !scratch.head.connection.te_trailers {
        return None;
    }
    let values: Vec<&[u8]> = scratch.response.values(bytes, FieldName::Trailer).collect();
    Some(values.join(&b","[..]).into())
}
