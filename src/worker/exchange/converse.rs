//! The conversation with one upstream connection: the request goes out while the answer may
//! already come in.

use super::account::Account;
use super::answer::{self, Answered, Patience, Progress, Receiving, Upload};
use super::attempt::Attempt;
use super::route::Plan;
use super::watch::client_gone;
use super::{After, Scratch};
use crate::telemetry::names::Counter;
use crate::wire::h1::encode;
use crate::wire::head::FieldName;
use crate::worker::buffer::Buffer;
use crate::worker::clock;
use crate::worker::connection::Client;
use crate::worker::fault::{Fault, Kind, Side};
use crate::worker::h1::{Framing, Outbound, Sink, Source, UploadLimits, pump};
use crate::worker::tunnel::Tunnel;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// What a conversation is about.
pub struct Conversation<'a> {
    pub attempt: Attempt,
    /// The request's head, encoded.
    pub head: Vec<u8>,
    pub patience: Patience,
    /// The routing decision, until the response's head is relayed.
    pub held: &'a RefCell<Option<Plan>>,
}

/// How it ended.
pub enum Outcome {
    Done(After),
    /// `again`: nothing was sent that may not be sent twice.
    Failed {
        fault: Fault,
        again: bool,
    },
}

/// Sends the request, relays the answer, and gives the upstream's connection back to the pool when
/// both are whole and nothing else was said.
pub async fn converse(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &mut Scratch,
    account: &mut Account,
    conversation: Conversation<'_>,
    body: &mut Framing,
) -> Outcome {
    let ctx = Rc::clone(&client.ctx);
    let Conversation {
        attempt,
        head,
        patience,
        held,
    } = conversation;
    let Attempt {
        lease,
        mut connection,
        reused: _,
    } = attempt;
    let receiving = Receiving {
        ctx: &ctx,
        patience,
        held,
        may_stay: account.persist,
    };
    let write_timeout = ctx.settings.timeouts.upstream_body;
    let replayable = body.is_done() && scratch.head.method.is_idempotent();
    let result = if body.is_done() {
        let mut sink = Sink::new(
            &mut connection.writer,
            head,
            Outbound::Identity,
            Side::Upstream,
            write_timeout,
        );
        let sent = sink.flush().await;
        sink.release(&ctx.buffers);
        match sent {
            Ok(()) => {
                let progress = Progress::new(Upload::Whole);
                let mut gone = pin!(client_gone(&mut client.reader));
                let mut answer = pin!(answer::receive(
                    receiving,
                    &mut connection.reader,
                    &mut client.writer,
                    scratch,
                    account,
                    &progress,
                ));
                let result = poll_fn(|cx| {
                    if let Poll::Ready(answered) = answer.as_mut().poll(cx) {
                        return Poll::Ready(answered);
                    }
                    match gone.as_mut().poll(cx) {
                        Poll::Ready(Err(fault)) => Poll::Ready(Err(fault)),
                        _ => Poll::Pending,
                    }
                })
                .await;
                result.map(|answered| (answered, true))
            }
            Err(fault) => Err(fault),
        }
    } else {
        with_body(
            client,
            buffer,
            scratch,
            account,
            &mut connection,
            head,
            receiving,
            body,
            write_timeout,
        )
        .await
    };
    client.reader.timer().disarm();
    match result {
        Ok((answered, request_whole)) => {
            let now = clock::recent_ms();
            match answered {
                Answered::Whole {
                    upstream_clean,
                    persist,
                    leftover,
                } => {
                    ctx.buffers.give(leftover);
                    if upstream_clean
                        && request_whole
                        && !ctx.pool.put(lease.endpoint(), connection, now)
                    {
                        ctx.counters.count(Counter::UpstreamPoolFull);
                    }
                    let stays = persist && request_whole;
                    Outcome::Done(if stays {
                        After::KeepAlive
                    } else {
                        After::Close
                    })
                }
                Answered::Switched { leftover } => {
                    let tunnel = Tunnel {
                        upstream: connection,
                        lease,
                        from_upstream: leftover,
                        idle: ctx.settings.timeouts.tunnel_idle,
                    };
                    Outcome::Done(After::Tunnel(Box::new(tunnel)))
                }
            }
        }
        Err(fault) => {
            let untouched = !account.head_relayed && account.upstream_status == 0;
            // A pooled connection that was closed, or on which something was said out of turn that
            // arrived only after it was looked at.
            let stale = fault.side == Side::Upstream
                && matches!(fault.kind, Kind::Closed | Kind::Protocol(_));
            Outcome::Failed {
                fault,
                again: replayable && untouched && stale,
            }
        }
    }
}

/// Sends head and body while the answer is awaited. An answer that comes first is delivered whole;
/// then the request is not `whole`.
#[expect(
    clippy::too_many_arguments,
    reason = "both directions of both connections"
)]
async fn with_body(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &mut Scratch,
    account: &mut Account,
    connection: &mut crate::worker::upstream::UpstreamConnection,
    head: Vec<u8>,
    receiving: Receiving<'_>,
    body: &mut Framing,
    write_timeout: Duration,
) -> Result<(Answered, bool), Fault> {
    let ctx = Rc::clone(&client.ctx);
    if scratch.head.connection.expect_continue && buffer.is_empty() {
        // Given up in its middle, it leaves no room for another answer.
        account.head_relayed = true;
        invite(client).await?;
        account.head_relayed = false;
    }
    // Unless it is sent whole, what is left of it is unknown and the connection ends after this.
    let framing = std::mem::replace(body, Framing::UntilClose);
    let outbound = if matches!(framing, Framing::Chunked(_)) {
        Outbound::Chunked
    } else {
        Outbound::Identity
    };
    let limits = UploadLimits {
        bytes: ctx.settings.limits.request_body,
        rate: ctx.settings.limits.body_min_rate,
    };
    let declared = declared_trailers(scratch);
    let timeout = ctx.settings.timeouts.request_body;
    let mut source = Source::new(&mut client.reader, framing, Side::Downstream, timeout)
        .limited(limits)
        .with_trailers(declared);
    let mut sink = Sink::new(
        &mut connection.writer,
        head,
        outbound,
        Side::Upstream,
        write_timeout,
    );
    let progress = Progress::new(Upload::Sending);
    let mut broken = None;
    let result = {
        // A body that is here already is worth one write with the head; one that may be long in
        // coming must not hold it back: the origin may have something to say before.
        let mut upload = pin!(async {
            if buffer.is_empty() {
                sink.flush().await?;
            }
            pump(&mut source, &mut sink, buffer, &ctx.buffers).await?;
            progress.upload.set(Upload::Whole);
            client_gone(source.reader()).await
        });
        let mut answer = pin!(answer::receive(
            receiving,
            &mut connection.reader,
            &mut client.writer,
            scratch,
            account,
            &progress,
        ));
        poll_fn(|cx| {
            if broken.is_none()
                && let Poll::Ready(Err(fault)) = upload.as_mut().poll(cx)
            {
                // A client that is gone takes no answer, one that failed gets ours unless there is
                // another one already.
                let gone = fault == Fault::downstream(Kind::Closed);
                if fault.side == Side::Downstream && (gone || !progress.answering.get()) {
                    return Poll::Ready(Err(fault));
                }
                // The upstream gets no more; it may have answered before.
                progress.upload.set(Upload::Broken);
                broken = Some(fault);
            }
            answer.as_mut().poll(cx)
        })
        .await
    };
    account.received = source.received();
    ctx.counters
        .add(Counter::TrailersDropped, source.trailers_dropped());
    let whole = progress.upload.get() == Upload::Whole;
    if whole {
        *body = Framing::Done;
    }
    sink.release(&ctx.buffers);
    match (result, broken) {
        (Ok(answered), _) => Ok((answered, whole)),
        (Err(fault), Some(write)) if fault == Fault::upstream(Kind::Closed) => Err(write),
        (Err(fault), _) => Err(fault),
    }
}

/// Answers `Expect: 100-continue` ourselves (RFC 9110 section 10.1.1).
async fn invite(client: &mut Client) -> Result<(), Fault> {
    let mut out = client.ctx.buffers.text();
    encode::status_line(&mut out, 100);
    encode::end_head(&mut out);
    let timeout = client.ctx.settings.timeouts.client_write;
    let (result, out) = client.writer.write_vec(out, timeout).await;
    client.ctx.buffers.give_text(out);
    result.map_err(|_| Fault::write(Side::Downstream, client.writer.socket().timer().fired()))
}

/// The names that the request's `Trailer` fields announce.
fn declared_trailers(scratch: &Scratch) -> Box<[u8]> {
    let values: Vec<&[u8]> = scratch
        .head
        .values(&scratch.bytes, FieldName::Trailer)
        .collect();
    values.join(&b","[..]).into()
}
