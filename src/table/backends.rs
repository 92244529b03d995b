//! The backends of a snapshot, apart from the routes: endpoints change far more often.

use crate::ir::{Backend, BackendId, Model};
use foldhash::fast::FixedState;
use hashbrown::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

/// Every backend with its endpoints, and the set of all endpoints.
#[derive(Debug, Default)]
pub struct BackendShelf {
    backends: Vec<Backend>,
    endpoints: HashSet<SocketAddr, FixedState>,
}

impl BackendShelf {
    /// The shelf of a model; `previous` itself where nothing changed.
    pub fn compile(model: &Model, previous: Option<&Arc<BackendShelf>>) -> Arc<BackendShelf> {
        if let Some(previous) = previous
            && previous.backends == model.backends
        {
            return Arc::clone(previous);
        }
        Arc::new(BackendShelf {
            backends: model.backends.clone(),
            endpoints: model
                .backends
                .iter()
                .flat_map(|b| &b.endpoints)
                .copied()
                .collect(),
        })
    }

    /// The backend of a rule of the same model.
    pub fn get(&self, id: BackendId) -> Option<&Backend> {
        self.backends.get(id.0 as usize)
    }

    /// All of them, in the order of [`BackendId`].
    pub fn backends(&self) -> &[Backend] {
        &self.backends
    }

    /// Whether any backend has this endpoint: one that left the table closes its idle connections.
    pub fn has_endpoint(&self, endpoint: SocketAddr) -> bool {
        self.endpoints.contains(&endpoint)
    }

    /// Number of distinct endpoints.
    pub fn endpoints(&self) -> usize {
        self.endpoints.len()
    }
}
