//! A rule: matches, filters, weighted backends, timeouts.

use super::{BackendId, Filter, Match};
use serde::Serialize;
use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

/// Index of a rule in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RuleId(pub u32);

/// The object a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RouteName {
    /// `HTTPRoute` or `Ingress`.
    pub kind: Arc<str>,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

/// The last tie-breakers between equal matches: older first, then by the text `namespace/name`, in
/// which `a-b/x` comes before `a/x` (Gateway API `HTTPRouteRule.matches`), then position.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Precedence {
    /// `metadata.creationTimestamp` in seconds since the epoch; absent ranks as oldest.
    pub created: Option<i64>,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl Ord for Precedence {
    fn cmp(&self, other: &Self) -> Ordering {
        self.created
            .cmp(&other.created)
            .then_with(|| self.full_name().cmp(other.full_name()))
    }
}

impl PartialOrd for Precedence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Precedence {
    /// The bytes of `namespace/name`.
    fn full_name(&self) -> impl Iterator<Item = u8> {
        let name = self.name.bytes();
        self.namespace.bytes().chain([b'/']).chain(name)
    }
}

/// Where a share of a rule's traffic goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Target {
    Backend(BackendId),
    /// Unresolved, not permitted or unsupported: this share answers 500. The word is the reason of
    /// the route's `ResolvedRefs` condition.
    Invalid {
        reason: &'static str,
    },
}

/// A backend reference with its weight and its own filters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightedBackend {
    /// 0 to 1,000,000 (Gateway API `BackendRef.weight`).
    pub weight: u32,
    pub target: Target,
    pub filters: Vec<Filter>,
}

/// Timeouts of a rule (GEP-1742). `None`: the gateway's own; zero: disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    /// From the request's head to the last byte of the response.
    pub request: Option<Duration>,
    /// One attempt at a backend.
    pub backend_request: Option<Duration>,
}

/// One rule of one route. A rule without backends and without a redirect answers 500.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    pub route: RouteName,
    /// `rules[].name`, or the index in the object as decimal digits (`rules[0]` where another rule of
    /// the route has these for a name). Unique within the route.
    pub name: Arc<str>,
    /// Counter slot, allotted by the control side before compilation.
    pub slot: u32,
    /// Never empty: a rule without matches got the default `PathPrefix /`.
    pub matches: Vec<Match>,
    pub filters: Vec<Filter>,
    pub backends: Vec<WeightedBackend>,
    pub timeouts: Timeouts,
}
