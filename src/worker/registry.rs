//! The client connections a worker holds: for drains, for limits and for `/debug/connections`.

use super::clock;
use super::socket::{reset_fd, shutdown_fd};
use crate::ir::BindAddress;
use crate::snapshot::ConnectionInfo;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::rc::{Rc, Weak};

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Handshake,
    Idle,
    Exchange,
    Tunnel,
}

impl Doing {
    fn name(self) -> &'static str {
        match self {
            Doing::Handshake => "handshake",
            Doing::Idle => "idle",
            Doing::Exchange => "exchange",
            Doing::Tunnel => "tunnel",
        }
    }
}

/// What the worker knows of one connection from outside its task.
pub struct Presence {
    pub peer: SocketAddr,
    pub bind: BindAddress,
    pub tls: bool,
    pub fd: RawFd,
    pub opened_ms: u64,
    pub doing: Cell<Doing>,
    pub requests: Cell<u64>,
    /// Since when it is idle.
    pub idle_since_ms: Cell<u64>,
    slot: Cell<usize>,
}

/// All connections of a worker.
#[derive(Default)]
pub struct Registry {
    entries: RefCell<Vec<Option<Weak<Presence>>>>,
    free: RefCell<Vec<usize>>,
    count: Cell<u32>,
}

impl Registry {
    /// Enters a connection; it leaves when [`Registry::leave`] is called.
    pub fn enter(&self, peer: SocketAddr, bind: BindAddress, tls: bool, fd: RawFd) -> Rc<Presence> {
        let now = clock::now_ms();
        let presence = Rc::new(Presence {
            peer,
            bind,
            tls,
            fd,
            opened_ms: now,
            doing: Cell::new(if tls { Doing::Handshake } else { Doing::Idle }),
            requests: Cell::new(0),
            idle_since_ms: Cell::new(now),
            slot: Cell::new(0),
        });
        let mut entries = self.entries.borrow_mut();
        let slot = match self.free.borrow_mut().pop() {
            Some(slot) => slot,
            None => {
                entries.push(None);
                entries.len() - 1
            }
        };
        presence.slot.set(slot);
        if let Some(entry) = entries.get_mut(slot) {
            *entry = Some(Rc::downgrade(&presence));
        }
        self.count.set(self.count.get() + 1);
        presence
    }

    pub fn leave(&self, presence: &Presence) {
        let slot = presence.slot.get();
        if let Some(entry) = self.entries.borrow_mut().get_mut(slot)
            && entry.take().is_some()
        {
            self.free.borrow_mut().push(slot);
            self.count.set(self.count.get().saturating_sub(1));
        }
    }

    /// Connections held now.
    pub fn count(&self) -> u32 {
        self.count.get()
    }

    fn each(&self, mut visit: impl FnMut(&Presence)) {
        for entry in self.entries.borrow().iter().flatten() {
            if let Some(presence) = entry.upgrade() {
                visit(&presence);
            }
        }
    }

    /// Ends every connection that is idle and has been for `grace_ms` since `began_ms`; its task
    /// sees the end of the stream and closes it.
    pub fn end_idle(&self, now_ms: u64, began_ms: u64, grace_ms: u64) {
        self.each(|presence| {
            let idle_ms = now_ms.saturating_sub(presence.idle_since_ms.get().max(began_ms));
            if presence.doing.get() == Doing::Idle && idle_ms >= grace_ms {
                shutdown_fd(presence.fd, libc::SHUT_RD);
            }
        });
    }

    /// Ends every connection with a reset.
    pub fn cut(&self) {
        self.each(|presence| reset_fd(presence.fd));
    }

    /// Up to `limit` connections, for the admin page.
    pub fn describe(&self, worker: usize, limit: usize) -> Vec<ConnectionInfo> {
        let now = clock::now_ms();
        let mut all = Vec::new();
        self.each(|presence| {
            if all.len() < limit {
                all.push(ConnectionInfo {
                    worker,
                    peer: presence.peer,
                    bind: presence.bind.to_string(),
                    state: presence.doing.get().name(),
                    age_ms: now.saturating_sub(presence.opened_ms),
                    requests: presence.requests.get(),
                    tls: presence.tls,
                });
            }
        });
        all
    }
}
