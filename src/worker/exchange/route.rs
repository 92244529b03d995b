//! Where a request goes: the table is asked, the filters are applied, a backend is drawn. Nothing
//! here waits.

use super::Scratch;
use super::account::Account;
use super::reply::Reply;
use crate::balance::weighted;
use crate::filter::{Arrival, Verdict, apply_request};
use crate::ir::{BackendId, Scheme, Target};
use crate::table::{Hit, Outcome, RequestView};
use crate::telemetry::access_log::ResponseFlags;
use crate::wire::forwarded::Facts;
use crate::wire::head::FieldName;
use crate::worker::connection::Client;
use crate::worker::dice::request_id;
use crate::worker::view::View;
use std::rc::Rc;

/// What is to be done with a request.
pub enum Decision {
    /// Answered by ourselves.
    Reply(Reply),
    Forward(Plan),
}

/// A request on its way to a backend. Holds the snapshot.
pub struct Plan {
    pub view: Rc<View>,
    pub hit: Hit,
    /// The share of the rule that was drawn.
    pub share: usize,
    pub backend: BackendId,
}

/// Decides on the snapshot in use.
pub fn decide(client: &mut Client, scratch: &mut Scratch, account: &mut Account) -> Decision {
    let ctx = Rc::clone(&client.ctx);
    let facts = Facts {
        peer: client.peer.ip(),
        tls: client.reader.tls().is_some(),
        port: client.bind.port,
    };
    scratch
        .forwarding
        .compute(&ctx.forwarded, &facts, &scratch.head, &scratch.bytes);
    choose_request_id(client, scratch);
    scratch.edits.clear();
    let Some(view) = ctx.view() else {
        return refuse(account, 404, "no_route", ResponseFlags::NO_ROUTE);
    };
    let Some(place) = client.place(&view) else {
        // The listener this connection was made to is gone.
        account.persist = false;
        return refuse(account, 404, "listener_removed", ResponseFlags::NO_ROUTE);
    };
    let (head, bytes) = (&scratch.head, &scratch.bytes[..]);
    let request = RequestView {
        host: head.host(bytes),
        path: head.path(bytes),
        query: head.query(bytes),
        method: head.method_name(bytes),
        bytes,
        fields: &head.fields,
    };
    let snapshot = view.snapshot();
    let outcome = snapshot.routes.lookup(
        place.bind,
        place.listener,
        &request,
        &mut ctx.lookup.borrow_mut(),
    );
    let hit = match outcome {
        Outcome::Rule(hit) => hit,
        Outcome::NoRoute { listener } => {
            if let Some(listener) = listener {
                account.listener_slot = snapshot.routes.listener(listener).slot;
            }
            return refuse(account, 404, "no_route", ResponseFlags::NO_ROUTE);
        }
        Outcome::Misdirected => {
            return refuse(account, 421, "misdirected", ResponseFlags::NO_ROUTE);
        }
    };
    let rule = snapshot.routes.rule(hit.rule);
    account.rule_slot = rule.slot;
    account.listener_slot = snapshot.routes.listener(hit.listener).slot;
    let arrival = Arrival {
        scheme: if facts.tls {
            Scheme::Https
        } else {
            Scheme::Http
        },
        port: client.bind.port,
        matched_prefix: hit.matched_prefix,
    };
    if let Verdict::Reply(reply) =
        apply_request(&rule.request, bytes, head, &arrival, &mut scratch.edits)
    {
        return Decision::Reply(reply.into());
    }
    let sums = rule.backends.iter().map(|share| share.cumulative);
    let Some(share) = weighted(sums, ctx.dice.roll()) else {
        return refuse(account, 500, "no_backend", ResponseFlags::BACKEND_INVALID);
    };
    let Some(drawn) = rule.backends.get(share) else {
        return refuse(account, 500, "no_backend", ResponseFlags::BACKEND_INVALID);
    };
    let backend = match drawn.target {
        Target::Backend(id) => id,
        Target::Invalid { .. } => {
            return refuse(
                account,
                500,
                "backend_invalid",
                ResponseFlags::BACKEND_INVALID,
            );
        }
    };
    if let Verdict::Reply(reply) =
        apply_request(&drawn.request, bytes, head, &arrival, &mut scratch.edits)
    {
        return Decision::Reply(reply.into());
    }
    Decision::Forward(Plan {
        view,
        hit,
        share,
        backend,
    })
}

fn refuse(
    account: &mut Account,
    status: u16,
    reason: &'static str,
    flag: ResponseFlags,
) -> Decision {
    account.refused = reason;
    account.flag(flag);
    Decision::Reply(Reply::new(status))
}

/// The request's id: a trusted peer's own, else a new one.
fn choose_request_id(client: &Client, scratch: &mut Scratch) {
    scratch.request_id.clear();
    if scratch.forwarding.peer_trusted()
        && let Some(id) = scratch
            .head
            .values(&scratch.bytes, FieldName::XRequestId)
            .next()
        && !id.is_empty()
    {
        scratch.request_id.extend_from_slice(id);
        return;
    }
    scratch
        .request_id
        .extend_from_slice(&request_id(&client.ctx.dice));
}
