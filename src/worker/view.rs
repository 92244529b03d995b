//! A worker's local handle on a snapshot: cloning it costs no atomic operation.

use crate::snapshot::Snapshot;
use std::sync::Arc;

/// The snapshot as this worker holds it. The publisher holds it longer, so that dropping this never
/// frees the tables on a worker.
pub struct View {
    snapshot: Arc<Snapshot>,
}

impl View {
    pub fn new(snapshot: Arc<Snapshot>) -> Self {
        View { snapshot }
    }

    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}
