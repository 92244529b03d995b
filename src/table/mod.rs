//! The routing model, compiled: which rule takes a request, which certificate a handshake gets,
//! which endpoints a backend has.
//!
//! A [`RouteTable`] is built on the builder's thread and read by every worker: lookups take no
//! lock, allocate nothing and cost the same for ten routes and for a hundred thousand. What it
//! answers is defined by the oracle of `tests/lookup`, which reads the specification slowly and
//! literally; property tests hold the two together.

pub mod backends;
pub mod certs;
mod compile;
mod hosts;
mod lookup;
mod paths;
mod predicates;
mod request;
mod rule;
mod run_index;
mod scratch;

pub use backends::BackendShelf;
pub use certs::{CertProblem, CertShelf, TlsSettings, TlsVersion};
pub use lookup::{Hit, Outcome, RouteTable};
pub use request::RequestView;
pub use rule::{BindIndex, CompiledBackend, CompiledRule, ListenerEntry, ListenerIndex, RuleIndex};
pub use scratch::Scratch;
