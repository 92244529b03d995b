//! Kubernetes objects as plain data: the kinds that Ringress reads, how their manifests become
//! typed and valid, and the store that translation reads.
//!
//! Pure: bytes and values in, objects and [`Problem`]s out. Nothing here knows a cluster, a file
//! system or a clock. Defaults and refusals are those of the API server and of the Gateway API
//! v1.6.1 schemas, so that a folder serves exactly what a cluster would accept.

pub mod change;
pub mod field;
pub mod key;
pub mod kinds;
pub mod manifest;
pub mod object;
pub mod parse;
pub mod printable;
pub mod problem;
pub mod shelf;
pub mod store;

pub use change::{Change, Relevance};
pub use key::{Kind, ObjectKey};
pub use object::{Object, Resource};
pub use printable::printable;
pub use problem::{Cause, Origin, Problem, Severity};
pub use shelf::Shelf;
pub use store::Objects;
