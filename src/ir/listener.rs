//! A listener of a bind: which hosts it takes, how it terminates TLS, which routes it serves.

use super::{Hostname, ListenerTls, Precedence, RuleId};
use serde::Serialize;
use std::sync::Arc;

/// Who asked for a listener; appears in logs, metrics and status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ListenerName {
    /// `Gateway` or `Ingress`.
    pub kind: Arc<str>,
    /// Empty for the one listener that stands for every Ingress.
    pub namespace: Arc<str>,
    /// Empty likewise.
    pub gateway: Arc<str>,
    /// The listener's (section) name: `http` or `https` for Ingress.
    pub listener: Arc<str>,
}

/// A listener as the data path sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listener {
    pub name: ListenerName,
    /// Counter slot, allotted by the control side before compilation.
    pub slot: u32,
    /// `None` takes every host that no more specific listener of the bind takes.
    pub hostname: Option<Hostname>,
    /// Present exactly on binds of protocol HTTPS.
    pub tls: Option<ListenerTls>,
    /// True for the Ingress listener: it is asked when no other listener without hostname routes
    /// the request (architecture decision 11).
    pub fallback: bool,
    /// The routes attached here.
    pub routes: Vec<RouteEntry>,
}

/// A route attached to a listener, with those of its hostnames that meet the listener's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteEntry {
    /// As the route wrote them, even where the listener's is narrower: among routes of a listener
    /// the longer hostname goes first (Gateway API `HTTPRouteSpec.hostnames`). The listener's own
    /// hostname bounds them all. Empty: every host the listener takes.
    pub hostnames: Vec<Hostname>,
    pub rules: Vec<RuleId>,
    /// Age and name of the route, the last tie-breakers (Gateway API `HTTPRouteRule.matches`).
    pub precedence: Precedence,
}
