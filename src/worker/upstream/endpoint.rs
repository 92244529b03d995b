//! One endpoint as one worker knows it: its exchanges in flight and its idle connections.

use crate::worker::socket::Silence;
use crate::worker::stream::{Reader, Writer};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A connection to an endpoint. It holds no buffer while idle.
pub struct UpstreamConnection {
    pub reader: Reader,
    pub writer: Writer,
    /// Exchanges it carried.
    pub requests: u64,
    /// When it became idle, in milliseconds of the worker's clock.
    pub(super) idle_since_ms: u64,
}

impl UpstreamConnection {
    /// Boxed, since it goes from hand to hand in every exchange.
    pub fn new(reader: Reader, writer: Writer) -> Box<Self> {
        Box::new(UpstreamConnection {
            reader,
            writer,
            requests: 0,
            idle_since_ms: 0,
        })
    }
}

/// What the pool had for an exchange.
pub enum Checkout {
    /// A connection that is open and silent.
    Reused(Box<UpstreamConnection>),
    /// None; `stale` of them were found closed or speaking out of turn and were dropped.
    Empty,
}

/// State kept by the endpoint's address, across revisions.
pub struct Endpoint {
    in_flight: Cell<u32>,
    #[expect(clippy::vec_box, reason = "boxed wherever it is, not only here")]
    pub(super) idle: RefCell<Vec<Box<UpstreamConnection>>>,
    /// Whether the table still has it; when not, nothing goes back to the pool.
    pub(super) wanted: Cell<bool>,
}

impl Endpoint {
    pub(super) fn new(wanted: bool) -> Rc<Self> {
        Rc::new(Endpoint {
            in_flight: Cell::new(0),
            idle: RefCell::default(),
            wanted: Cell::new(wanted),
        })
    }

    /// Exchanges this worker has on it now.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.get()
    }

    /// Counts an exchange as long as the lease lives.
    pub fn lease(self: &Rc<Self>) -> Lease {
        self.in_flight.set(self.in_flight.get() + 1);
        Lease {
            endpoint: Rc::clone(self),
        }
    }

    /// The most recently used idle connection that is still silent. `stale` counts those that were
    /// found closed or speaking out of turn: bytes that nobody asked for must never be taken for
    /// the next answer.
    pub fn checkout(&self, stale: &mut u64) -> Checkout {
        loop {
            let Some(connection) = self.idle.borrow_mut().pop() else {
                return Checkout::Empty;
            };
            match connection.reader.socket().silence() {
                Silence::Silent => return Checkout::Reused(connection),
                Silence::Bytes | Silence::Closed => *stale += 1,
            }
        }
    }
}

/// One exchange in flight on an endpoint; a drop guard, so that no way out forgets it.
pub struct Lease {
    endpoint: Rc<Endpoint>,
}

impl Lease {
    pub fn endpoint(&self) -> &Rc<Endpoint> {
        &self.endpoint
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.endpoint
            .in_flight
            .set(self.endpoint.in_flight.get().saturating_sub(1));
    }
}
