//! What a request must look like for a rule to take it.

use serde::Serialize;
use std::sync::Arc;

/// A literal or a regular expression (RE2-like syntax of the `regex` family, linear time, anchored
/// at both ends for headers and query parameters, at the start for paths).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Pattern {
    Exact(Arc<str>),
    Regex(Arc<str>),
}

/// Path condition, on the normalised path without query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum PathMatch {
    Exact(Arc<str>),
    /// Element-wise; stored without trailing slash, the root is the empty string.
    Prefix(Arc<str>),
    Regex(Arc<str>),
}

/// Condition on a request header; the name is lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HeaderMatch {
    pub name: Arc<str>,
    pub value: Pattern,
}

/// Condition on the first value of a query parameter; the name is case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct QueryMatch {
    pub name: Arc<str>,
    pub value: Pattern,
}

/// One match: every condition holds. A rule takes a request when any of its matches does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    pub path: PathMatch,
    /// Method name, case-sensitive (RFC 9110 section 9.1).
    pub method: Option<Arc<str>>,
    pub headers: Vec<HeaderMatch>,
    pub query: Vec<QueryMatch>,
    /// Ranks below every other match of the bind's hosts: an Ingress `defaultBackend`.
    pub default: bool,
}
