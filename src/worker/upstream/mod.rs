//! The upstream side of a worker: connections to endpoints, pooled per endpoint.

mod endpoint;
mod pool;
mod positions;

pub use endpoint::{Checkout, Lease, UpstreamConnection};
pub use pool::{Pool, PoolLimits};
pub use positions::Positions;
