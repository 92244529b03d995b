//! Hostnames of listeners, routes and certificates.

use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// How many labels a wildcard covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Labels {
    /// Exactly one (Ingress v1, certificates by RFC 6125).
    One,
    /// One or more (Gateway API `Hostname`).
    Many,
}

/// A hostname in lower case without trailing dot. "Any host" is the absence of a hostname.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Hostname {
    Exact(Arc<str>),
    /// `suffix` without the star and its dot: `*.example.com` is `example.com`.
    Wildcard {
        suffix: Arc<str>,
        labels: Labels,
    },
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hostname::Exact(name) => f.write_str(name),
            Hostname::Wildcard { suffix, .. } => write!(f, "*.{suffix}"),
        }
    }
}
