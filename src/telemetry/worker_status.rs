//! What a worker says of itself to everybody who asks: single-writer atomics.

use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};

/// Where a worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WorkerState {
    /// The thread is not up yet, or is being rebuilt.
    Starting = 0,
    Serving = 1,
    Draining = 2,
    /// The thread ended; the supervisor rebuilds it or gave up.
    Ended = 3,
}

/// Written by the worker (state also by its supervisor), read by peers at accept and by control.
#[derive(Debug)]
pub struct WorkerStatus {
    /// Milliseconds on the process's monotonic clock at the last stamp; stamped every 100 ms.
    heartbeat_ms: AtomicU64,
    state: AtomicU8,
    /// Client connections held now.
    connections: AtomicU32,
    /// Revision of the snapshot in use.
    revision: AtomicU64,
    /// Core the thread is pinned to, -1 for none.
    core: AtomicI32,
    /// Times the thread was rebuilt.
    rebuilds: AtomicU32,
    /// Idle upstream connections held now.
    pooled: AtomicU32,
}

impl Default for WorkerStatus {
    fn default() -> Self {
        WorkerStatus {
            heartbeat_ms: AtomicU64::new(0),
            state: AtomicU8::new(WorkerState::Starting as u8),
            connections: AtomicU32::new(0),
            revision: AtomicU64::new(0),
            core: AtomicI32::new(-1),
            rebuilds: AtomicU32::new(0),
            pooled: AtomicU32::new(0),
        }
    }
}

impl WorkerStatus {
    pub fn stamp(&self, now_ms: u64) {
        self.heartbeat_ms.store(now_ms, Ordering::Release);
    }

    pub fn heartbeat_ms(&self) -> u64 {
        self.heartbeat_ms.load(Ordering::Acquire)
    }

    pub fn state(&self) -> WorkerState {
        match self.state.load(Ordering::Acquire) {
            1 => WorkerState::Serving,
            2 => WorkerState::Draining,
            3 => WorkerState::Ended,
            _ => WorkerState::Starting,
        }
    }

    pub fn set_state(&self, state: WorkerState) {
        self.state.store(state as u8, Ordering::Release);
    }

    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    pub fn set_connections(&self, n: u32) {
        self.connections.store(n, Ordering::Relaxed);
    }

    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    pub fn set_revision(&self, revision: u64) {
        self.revision.store(revision, Ordering::Relaxed);
    }

    pub fn core(&self) -> Option<usize> {
        usize::try_from(self.core.load(Ordering::Relaxed)).ok()
    }

    pub fn set_core(&self, core: Option<usize>) {
        let core = core.and_then(|c| i32::try_from(c).ok()).unwrap_or(-1);
        self.core.store(core, Ordering::Relaxed);
    }

    pub fn rebuilds(&self) -> u32 {
        self.rebuilds.load(Ordering::Relaxed)
    }

    pub fn count_rebuild(&self) {
        self.rebuilds.fetch_add(1, Ordering::Relaxed);
    }

    pub fn pooled(&self) -> u32 {
        self.pooled.load(Ordering::Relaxed)
    }

    pub fn set_pooled(&self, n: u32) {
        self.pooled.store(n, Ordering::Relaxed);
    }
}
