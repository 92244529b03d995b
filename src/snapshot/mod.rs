//! The seam between the builder and the workers: immutable snapshots one way, acknowledgements the
//! other.
//!
//! Names neither runtime: wake-ups are plain [`std::task::Waker`]s. A worker never frees a
//! snapshot: the [`Publisher`] keeps every live one and drops it on its own thread when no worker
//! holds it any more.

mod ack;
mod command;
mod publish;
mod revision;

pub use ack::{Ack, Acks, BindFailure, BindFailureKind, BindOutcome};
pub use command::{ConnectionInfo, FaultKind, WorkerCommand};
pub use publish::{Delivery, Publisher, Subscriber};
pub use revision::{BindSpec, Snapshot};
