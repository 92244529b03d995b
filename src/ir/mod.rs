//! The routing model (IR) as plain data: what translation produces and what `table` compiles.
//!
//! Names nobody, does nothing, holds no handle: two equal sets of objects give two equal models,
//! byte for byte. Indices (`RuleId`, `BackendId`, `CertificateId`) point into the vectors of the
//! same [`Model`] and mean nothing outside it; state that must outlive a revision is kept by the
//! stable names found here (rule name, backend name, endpoint address), never by an index.

mod backend;
mod bind;
mod filter;
mod hostname;
mod listener;
mod matcher;
pub mod pattern;
mod rule;
mod tls;

pub use backend::{Backend, BackendId, BackendName, Balance, UpstreamProtocol};
pub use bind::{Bind, BindAddress, Protocol};
pub use filter::{Filter, HeaderEdit, PathEdit, Redirect, Rewrite, Scheme};
pub use hostname::{Hostname, Labels};
pub use listener::{Listener, ListenerName, RouteEntry};
pub use matcher::{HeaderMatch, Match, PathMatch, Pattern, QueryMatch};
pub use rule::{Precedence, RouteName, Rule, RuleId, Target, Timeouts, WeightedBackend};
pub use tls::{Certificate, CertificateBinding, CertificateId, ListenerTls, Secret};

/// A counter slot that has not been allotted: counts under the overflow label.
pub const NO_SLOT: u32 = 0;

/// Everything the data path needs to know, before compilation.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Model {
    /// Sorted by address, then port; each address exists once.
    pub binds: Vec<Bind>,
    /// Pointed at by [`RuleId`].
    pub rules: Vec<Rule>,
    /// Sorted by name, so that an endpoints-only change leaves every [`BackendId`] as it was.
    pub backends: Vec<Backend>,
    /// Pointed at by [`CertificateId`]; one entry per distinct Secret in use.
    pub certificates: Vec<Certificate>,
}
