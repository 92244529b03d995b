//! The pool of a worker: endpoints by address, idle connections by endpoint.

use super::endpoint::{Endpoint, UpstreamConnection};
use crate::worker::socket::Silence;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

/// This worker's share of the pool's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Idle connections kept per endpoint.
    pub idle_per_endpoint: usize,
    /// How long one may be idle, in milliseconds; 0: for ever.
    pub idle_ms: u64,
    /// Exchanges one may carry; 0: any number.
    pub requests: u64,
}

/// Endpoints and their idle connections.
pub struct Pool {
    endpoints: RefCell<HashMap<SocketAddr, Rc<Endpoint>, RandomState>>,
    limits: PoolLimits,
    idle: Cell<u32>,
}

impl Pool {
    pub fn new(limits: PoolLimits) -> Self {
        Pool {
            endpoints: RefCell::default(),
            limits,
            idle: Cell::new(0),
        }
    }

    /// The state of an endpoint, made on first use; `wanted` is asked then: an exchange that began on
    /// an earlier revision may be the first to try an endpoint that the table has no more.
    pub fn endpoint(&self, address: SocketAddr, wanted: impl FnOnce() -> bool) -> Rc<Endpoint> {
        let mut endpoints = self.endpoints.borrow_mut();
        let state = endpoints.entry(address);
        Rc::clone(state.or_insert_with(|| Endpoint::new(wanted())))
    }

    /// Exchanges in flight on an endpoint, without making its state.
    pub fn in_flight(&self, address: SocketAddr) -> u32 {
        self.endpoints
            .borrow()
            .get(&address)
            .map_or(0, |endpoint| endpoint.in_flight())
    }

    /// Takes a connection back whose exchange ended clean (architecture decision 9); says whether
    /// there was room for it.
    pub fn put(
        &self,
        endpoint: &Endpoint,
        mut connection: Box<UpstreamConnection>,
        now_ms: u64,
    ) -> bool {
        connection.requests += 1;
        let spent = self.limits.requests != 0 && connection.requests >= self.limits.requests;
        let mut idle = endpoint.idle.borrow_mut();
        if spent || !endpoint.wanted.get() {
            return true;
        }
        if idle.len() >= self.limits.idle_per_endpoint {
            return false;
        }
        connection.idle_since_ms = now_ms;
        connection.reader.timer().disarm();
        idle.push(connection);
        true
    }

    /// Idle connections held now.
    pub fn idle(&self) -> u32 {
        self.idle.get()
    }

    /// Forgets endpoints that `wanted` no longer knows: their idle connections close now, their
    /// busy ones when they are done. Returns how many were closed.
    pub fn retain(&self, wanted: impl Fn(SocketAddr) -> bool) -> u64 {
        let mut closed = 0;
        self.endpoints.borrow_mut().retain(|address, endpoint| {
            let keep = wanted(*address);
            endpoint.wanted.set(keep);
            if keep {
                return true;
            }
            closed += endpoint.idle.take().len() as u64;
            endpoint.in_flight() > 0
        });
        closed
    }

    /// Closes what was idle for too long and what the other side closed; drops the state of
    /// endpoints that hold nothing. Returns how many connections were closed.
    pub fn sweep(&self, now_ms: u64) -> u64 {
        let (mut closed, mut idle) = (0, 0);
        self.endpoints.borrow_mut().retain(|_, endpoint| {
            let mut connections = endpoint.idle.borrow_mut();
            let before = connections.len();
            connections.retain(|connection| {
                let idle_ms = now_ms.saturating_sub(connection.idle_since_ms);
                let expired = self.limits.idle_ms != 0 && idle_ms >= self.limits.idle_ms;
                !expired && connection.reader.socket().silence() == Silence::Silent
            });
            closed += (before - connections.len()) as u64;
            idle += connections.len() as u32;
            !connections.is_empty() || endpoint.in_flight() > 0
        });
        self.idle.set(idle);
        closed
    }

    /// Closes every idle connection: the worker drains.
    pub fn clear(&self) -> u64 {
        self.endpoints
            .borrow()
            .values()
            .map(|e| e.idle.take().len() as u64)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_first_tried_when_the_table_has_it_no_more_keeps_no_connections() {
        let pool = Pool::new(PoolLimits {
            idle_per_endpoint: 1,
            idle_ms: 0,
            requests: 0,
        });
        let address = ([127, 0, 0, 1], 80).into();
        let late = pool.endpoint(address, || false).lease();
        assert!(!late.endpoint().wanted.get());
        assert!(Rc::ptr_eq(
            late.endpoint(),
            &pool.endpoint(address, || true)
        ));
        // A later table has it again.
        pool.retain(|_| true);
        assert!(late.endpoint().wanted.get());
    }
}
