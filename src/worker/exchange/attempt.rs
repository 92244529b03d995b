//! One try at a backend: an endpoint is drawn, a connection taken from the pool or opened.

use super::account::Account;
use crate::balance::least_of_two;
use crate::ir::{Backend, Balance};
use crate::telemetry::counters::BackendCount;
use crate::telemetry::names::Counter;
use crate::worker::context::Context;
use crate::worker::fault::{Fault, Kind};
use crate::worker::listen::{ConnectError, connect};
use crate::worker::socket;
use crate::worker::stream;
use crate::worker::upstream::{Checkout, Lease, UpstreamConnection};
use std::net::SocketAddr;

/// A connection to an endpoint, and the count of the exchange on it.
pub struct Attempt {
    pub lease: Lease,
    pub connection: Box<UpstreamConnection>,
    pub reused: bool,
}

/// Draws an endpoint, another than `avoid` where there is one. `None` without endpoints.
pub fn draw(ctx: &Context, backend: &Backend, avoid: Option<SocketAddr>) -> Option<SocketAddr> {
    let endpoints = &backend.endpoints;
    if let [only] = endpoints[..] {
        return Some(only);
    }
    let avoid = avoid.and_then(|address| endpoints.iter().position(|e| *e == address));
    let index = match backend.balance {
        Balance::LeastOfTwo => least_of_two(endpoints.len(), avoid, ctx.dice.roll(), |index| {
            endpoints
                .get(index)
                .map_or(u32::MAX, |address| ctx.pool.in_flight(*address))
        }),
        Balance::RoundRobin => ctx.positions.next(backend, avoid, || ctx.dice.roll()),
    };
    index.and_then(|index| endpoints.get(index)).copied()
}

/// Takes an idle connection to the endpoint, or opens one. `fresh` leaves the pool aside.
///
/// # Errors
/// The fault of a connection that could not be opened; nothing was sent.
pub async fn attempt(
    ctx: &Context,
    address: SocketAddr,
    fresh: bool,
    account: &mut Account,
) -> Result<Attempt, Fault> {
    account.upstream = Some(address);
    account.tries = account.tries.saturating_add(1);
    account.chosen_us = account.stamp();
    account.count_backend(ctx, BackendCount::Requests);
    let wanted = || ctx.has_endpoint(address);
    let lease = ctx.pool.endpoint(address, wanted).lease();
    if !fresh {
        let mut stale = 0;
        let checkout = lease.endpoint().checkout(&mut stale);
        ctx.counters.add(Counter::UpstreamStale, stale);
        if let Checkout::Reused(connection) = checkout {
            ctx.counters.count(Counter::UpstreamReused);
            account.connected_us = account.chosen_us;
            account.reused = true;
            return Ok(Attempt {
                lease,
                connection,
                reused: true,
            });
        }
    }
    account.reused = false;
    let timeout = ctx.settings.timeouts.connect;
    match connect(address, timeout, &ctx.upstream_options).await {
        Ok(tcp) => {
            account.connected_us = account.stamp();
            ctx.counters.count(Counter::UpstreamConnects);
            account.count_backend(ctx, BackendCount::Connects);
            let (reader, writer) = socket::split(tcp, &ctx.timers);
            let (reader, writer) = stream::plain(reader, writer);
            let connection = UpstreamConnection::new(reader, writer);
            Ok(Attempt {
                lease,
                connection,
                reused: false,
            })
        }
        Err(error) => {
            ctx.counters.count(Counter::UpstreamConnectErrors);
            account.count_backend(ctx, BackendCount::ConnectErrors);
            Err(Fault::upstream(match error {
                ConnectError::TimedOut { .. } => Kind::ConnectTimeout,
                ConnectError::Refused { .. } => Kind::Connect,
            }))
        }
    }
}
