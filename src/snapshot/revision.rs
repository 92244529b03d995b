//! A snapshot: everything a worker needs to serve, of one revision.

use crate::ir::{BindAddress, Protocol};
use crate::table::{BackendShelf, CertShelf, RouteTable};
use std::sync::Arc;

/// Where to listen, and what is spoken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct BindSpec {
    pub address: BindAddress,
    pub protocol: Protocol,
}

/// One revision: immutable, read by every worker, replaced whole. Indices into one of its parts are
/// good for its other parts, and for no other snapshot. A part that a change left alone is the
/// previous snapshot's own: compare by [`Arc::ptr_eq`].
#[derive(Clone)]
pub struct Snapshot {
    /// Counts up by one with each published snapshot, from 1.
    pub revision: u64,
    /// Sorted by address; each exists once.
    pub binds: Arc<[BindSpec]>,
    pub routes: Arc<RouteTable>,
    pub backends: Arc<BackendShelf>,
    pub certs: Arc<CertShelf>,
}
