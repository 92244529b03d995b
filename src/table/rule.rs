//! Rules and listeners as the data path uses them.

use crate::ir::{
    BackendId, Filter, ListenerName, RouteName, Rule, Target, Timeouts, WeightedBackend,
};
use std::sync::Arc;

/// A rule of a [`RouteTable`](super::RouteTable), its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u32);

/// A bind of a table. Means nothing to another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindIndex(pub u32);

/// A listener of a table and of the [`CertShelf`](super::certs::CertShelf) compiled from the same
/// model. Means nothing to another revision: a connection that outlives one keeps the listener's
/// name and asks [`RouteTable::listener_named`](super::RouteTable::listener_named) again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerIndex(pub u32);

/// A listener, for logs and counters.
#[derive(Clone, Debug)]
pub struct ListenerEntry {
    pub name: ListenerName,
    pub slot: u32,
}

/// One rule, ready to be carried out.
#[derive(Debug)]
pub struct CompiledRule {
    pub route: RouteName,
    pub name: Arc<str>,
    pub slot: u32,
    /// Edits of the request, and redirects, in order: no [`Filter::ResponseHeaders`].
    pub request: Box<[Filter]>,
    /// Only [`Filter::ResponseHeaders`], in order.
    pub response: Box<[Filter]>,
    pub timeouts: Timeouts,
    pub backends: Box<[CompiledBackend]>,
}

/// A weighted share of a rule.
#[derive(Debug)]
pub struct CompiledBackend {
    /// The sum of the weights up to and including this one.
    pub cumulative: u64,
    pub target: Target,
    /// As [`CompiledRule::request`], applied after it.
    pub request: Box<[Filter]>,
    /// As [`CompiledRule::response`], applied after it.
    pub response: Box<[Filter]>,
}

impl CompiledRule {
    pub(super) fn new(rule: &Rule) -> Self {
        let (request, response) = split(&rule.filters);
        let mut cumulative = 0;
        CompiledRule {
            route: rule.route.clone(),
            name: Arc::clone(&rule.name),
            slot: rule.slot,
            request,
            response,
            timeouts: rule.timeouts,
            backends: rule
                .backends
                .iter()
                .map(|backend| {
                    cumulative += u64::from(backend.weight);
                    CompiledBackend::new(backend, cumulative)
                })
                .collect(),
        }
    }
}

impl CompiledBackend {
    fn new(backend: &WeightedBackend, cumulative: u64) -> Self {
        let (request, response) = split(&backend.filters);
        CompiledBackend {
            cumulative,
            target: backend.target.clone(),
            request,
            response,
        }
    }

    /// The backend, unless this share is invalid.
    pub fn backend(&self) -> Option<BackendId> {
        match self.target {
            Target::Backend(id) => Some(id),
            Target::Invalid { .. } => None,
        }
    }
}

/// Parts filters by the head they edit.
fn split(filters: &[Filter]) -> (Box<[Filter]>, Box<[Filter]>) {
    let (response, request): (Vec<_>, Vec<_>) = filters
        .iter()
        .cloned()
        .partition(|filter| matches!(filter, Filter::ResponseHeaders(_)));
    (request.into(), response.into())
}
