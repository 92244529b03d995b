//! What the control side may ask of a worker besides adopting a snapshot.

use crossbeam_channel::Sender;
use std::net::SocketAddr;

/// One client connection as `/debug/connections` shows it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ConnectionInfo {
    pub worker: usize,
    pub peer: SocketAddr,
    pub bind: String,
    /// `idle`, `handshake`, `exchange`, `tunnel`.
    pub state: &'static str,
    pub age_ms: u64,
    pub requests: u64,
    pub tls: bool,
}

/// Faults a test may inject where the process was started with `--enable-fault-injection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The worker's thread panics.
    Panic,
    /// The worker's thread spins for ever.
    Spin,
    /// The next connection's task panics.
    ConnectionPanic,
}

/// A command to one worker.
#[derive(Clone, Debug)]
pub enum WorkerCommand {
    /// Readiness is gone: answers carry `Connection: close`, connections are still accepted.
    Announce,
    /// Stop listening without losing the accept queues, close idle connections after their grace,
    /// let exchanges and tunnels finish; the worker's thread ends when nothing is left.
    Drain,
    /// End at once.
    Stop,
    /// Describe up to `limit` connections.
    Connections {
        limit: usize,
        answer: Sender<Vec<ConnectionInfo>>,
    },
    Fault(FaultKind),
}
