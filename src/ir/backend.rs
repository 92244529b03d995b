//! A backend: a Service port with the endpoints that may take traffic now.

use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;

/// Index of a backend in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BackendId(pub u32);

/// The stable name of a backend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BackendName {
    pub namespace: Arc<str>,
    pub service: Arc<str>,
    /// The Service's port, not the endpoint's.
    pub port: u16,
}

/// How an endpoint of a backend is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Balance {
    /// Power of two choices on requests in flight.
    #[default]
    LeastOfTwo,
    RoundRobin,
}

/// What is spoken to the endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum UpstreamProtocol {
    /// HTTP/1.1, WebSocket included.
    #[default]
    Http1,
}

/// A backend with the endpoints chosen by translation: the ready ones, or, when none is ready, the
/// terminating ones that still serve (KEP-1669). Empty answers 503.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Backend {
    pub name: BackendName,
    /// Counter slot, allotted by the control side before compilation.
    pub slot: u32,
    pub balance: Balance,
    pub protocol: UpstreamProtocol,
    /// Sorted, without duplicates.
    pub endpoints: Vec<SocketAddr>,
}
