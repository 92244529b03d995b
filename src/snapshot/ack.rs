//! What a worker says after it adopted a snapshot.

use crate::ir::BindAddress;
use atomic_waker::AtomicWaker;
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Why a bind could not be listened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum BindFailureKind {
    /// EADDRINUSE: another process or socket holds it.
    InUse,
    /// EADDRNOTAVAIL: no interface of this host has the address.
    NotAvailable,
    /// EACCES: the port needs a privilege the process lacks.
    Denied,
    Other,
}

/// A failed bind, in words an operator can act on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BindFailure {
    pub kind: BindFailureKind,
    pub message: String,
}

/// The state of one bind on one worker. `Ok` may carry a note, such as the fall-back to IPv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindOutcome {
    pub address: BindAddress,
    pub result: Result<Option<String>, BindFailure>,
}

/// Sent after adoption, and again whenever a bind's outcome changes (retries with backoff).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    pub worker: usize,
    pub revision: u64,
    /// Every bind of the snapshot.
    pub binds: Vec<BindOutcome>,
}

/// The control side's end of the acknowledgements.
pub struct Acks {
    pub(super) receiver: Receiver<Ack>,
    pub(super) waker: Arc<AtomicWaker>,
}

impl Acks {
    /// The next acknowledgement; registers the waker of `cx` when there is none yet.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Ack> {
        if let Ok(ack) = self.receiver.try_recv() {
            return Poll::Ready(ack);
        }
        self.waker.register(cx.waker());
        match self.receiver.try_recv() {
            Ok(ack) => Poll::Ready(ack),
            Err(_) => Poll::Pending,
        }
    }
}

#[derive(Clone)]
pub(super) struct AckSender {
    pub(super) sender: Sender<Ack>,
    pub(super) waker: Arc<AtomicWaker>,
}

impl AckSender {
    pub(super) fn send(&self, ack: Ack) {
        // The receiver is gone only when the process ends.
        if self.sender.send(ack).is_ok() {
            self.waker.wake();
        }
    }
}
