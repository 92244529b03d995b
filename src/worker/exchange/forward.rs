//! Forwarding: tries at a backend until one answers or none may be made any more.

use super::account::Account;
use super::answer::Patience;
use super::attempt::{attempt, draw};
use super::converse::{Conversation, Outcome, converse};
use super::reply::Reply;
use super::request_head::encode_request;
use super::route::Plan;
use super::{After, Scratch, unread};
use crate::ir::Timeouts;
use crate::telemetry::access_log::ResponseFlags;
use crate::telemetry::counters::BackendCount;
use crate::telemetry::names::Counter;
use crate::worker::buffer::Buffer;
use crate::worker::connection::Client;
use crate::worker::fault::{Fault, Kind, Side};
use crate::worker::h1::Framing;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

/// Tries at most: the first and one more.
const TRIES: u8 = 2;

/// Forwards the request and relays the answer, or answers why not.
pub async fn run(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &mut Scratch,
    account: &mut Account,
    plan: Plan,
    mut body: Framing,
) -> After {
    let ctx = Rc::clone(&client.ctx);
    let timeouts = plan.view.snapshot().routes.rule(plan.hit.rule).timeouts;
    let result = {
        // Pinned here, so that so large a future is never moved.
        let tries = pin!(try_backends(
            client, buffer, scratch, account, plan, &mut body
        ));
        match timeouts.request.filter(|limit| !limit.is_zero()) {
            // The whole exchange has a deadline: what is in flight then is given up, and with it
            // the upstream's connection.
            Some(limit) => match monoio::time::timeout(limit, tries).await {
                Ok(result) => result,
                Err(_) => Err(Fault::upstream(Kind::Timeout)),
            },
            None => tries.await,
        }
    };
    match result {
        Ok(after) => after,
        Err(fault) => {
            account.refuse(fault);
            if fault.side == Side::Upstream {
                account.count_backend(&ctx, BackendCount::Faults);
            }
            give_up(client, buffer, scratch, account, &mut body, fault).await
        }
    }
}

/// Ends an exchange that failed: with an answer where there is somebody to answer and nothing was
/// answered yet, else by cutting the connection, never with a clean end.
async fn give_up(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &Scratch,
    account: &mut Account,
    body: &mut Framing,
    fault: Fault,
) -> After {
    // The exchange may have been given up with a timer running.
    client.reader.timer().disarm();
    let status = fault.status();
    if fault == Fault::downstream(Kind::Closed) {
        client.ctx.counters.count(Counter::ClientAborts);
    }
    let Some(status) = status.filter(|_| !account.head_relayed) else {
        if account.status == 0 {
            account.status = status.unwrap_or(499);
        }
        return After::Cut;
    };
    if fault.side == Side::Downstream {
        account.persist = false;
    }
    unread::answer(client, scratch, account, &Reply::new(status), buffer, body).await
}

async fn try_backends(
    client: &mut Client,
    buffer: &mut Buffer,
    scratch: &mut Scratch,
    account: &mut Account,
    plan: Plan,
    body: &mut Framing,
) -> Result<After, Fault> {
    let ctx = Rc::clone(&client.ctx);
    let timeouts = plan.view.snapshot().routes.rule(plan.hit.rule).timeouts;
    let patience = Patience {
        head: silence(&timeouts, ctx.settings.timeouts.upstream_response),
        body: silence(&timeouts, ctx.settings.timeouts.upstream_body),
    };
    // Emptied when the response's head is relayed: then there is no other try, and the snapshot
    // must not be held any longer.
    let held = RefCell::new(Some(plan));
    // HTTP/1.0 names no host where it does not want to, HTTP/1.1 always does (RFC 9112 section 3.2).
    // What the request came in on is the authority it can have meant (section 3.3).
    let own = match scratch.head.authority(&scratch.bytes) {
        [] => client.reader.socket().local_addr().ok(),
        _ => None,
    };
    let mut avoid: Option<SocketAddr> = None;
    let mut fresh = false;
    loop {
        let drawn = match &*held.borrow() {
            Some(plan) => plan
                .view
                .snapshot()
                .backends
                .get(plan.backend)
                .map(|backend| {
                    account.backend_slot = backend.slot;
                    draw(&ctx, backend, avoid)
                }),
            None => None,
        };
        let Some(drawn) = drawn else {
            return Err(Fault::upstream(Kind::Limit("backend_unknown", 500)));
        };
        let Some(address) = drawn else {
            account.flag(ResponseFlags::NO_ENDPOINT);
            account.count_backend(&ctx, BackendCount::NoEndpoint);
            return Err(Fault::upstream(Kind::Limit("no_endpoint", 503)));
        };
        if account.tries > 0 {
            ctx.counters.count(Counter::UpstreamRetries);
            account.count_backend(&ctx, BackendCount::Retries);
        }
        let attempt = match attempt(&ctx, address, fresh, account).await {
            Ok(attempt) => attempt,
            Err(fault) if fault.nothing_sent() && account.tries < TRIES => {
                avoid = Some(address);
                continue;
            }
            Err(fault) => return Err(fault),
        };
        let reused = attempt.reused;
        let mut head = ctx.buffers.text();
        encode_request(scratch, own, body, &mut head);
        let conversation = Conversation {
            attempt,
            head,
            patience,
            held: &held,
        };
        let outcome = {
            let talk = pin!(converse(
                client,
                buffer,
                scratch,
                account,
                conversation,
                body
            ));
            match timeouts.backend_request.filter(|limit| !limit.is_zero()) {
                Some(limit) => match monoio::time::timeout(limit, talk).await {
                    Ok(outcome) => outcome,
                    Err(_) => Outcome::Failed {
                        fault: Fault::upstream(Kind::Timeout),
                        again: false,
                    },
                },
                None => talk.await,
            }
        };
        match outcome {
            Outcome::Done(after) => return Ok(after),
            Outcome::Failed { fault, again } => {
                if !(again && reused && account.tries < TRIES) {
                    return Err(fault);
                }
                ctx.counters.count(Counter::UpstreamStale);
                avoid = Some(address);
                fresh = true;
                account.connected_us = account.stamp();
            }
        }
    }
}

/// How long an upstream may be silent: the rule's own time where it has one, which bounds the whole
/// as well; zero disables.
fn silence(timeouts: &Timeouts, default: Duration) -> Duration {
    timeouts
        .backend_request
        .or(timeouts.request)
        .unwrap_or(default)
}
