//! HTTPRoute (`gateway.networking.k8s.io`), whole as of Gateway API v1.6.1, experimental fields
//! included so that each can be refused by name.

use std::time::Duration;

use serde::Deserialize;

use super::duration;
use super::http_filter::HttpFilter;
use super::metadata::Metadata;
use super::reference::ParentRef;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HttpRoute {
    pub metadata: Metadata,
    pub spec: HttpRouteSpec,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteSpec {
    #[serde(default)]
    pub parent_refs: Vec<ParentRef>,
    /// Exact or with a leading `*.`; empty matches every name its listeners take.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// 1 to 16.
    pub rules: Vec<HttpRouteRule>,
    /// `All` or `None`; experimental channel (GEP-3793).
    pub use_default_gateways: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteRule {
    pub name: Option<String>,
    /// Any one of them suffices. A manifest that says `matches: []` gets no default: the schema
    /// lets it be, and the specification then reads it as "everything".
    #[serde(default)]
    pub matches: Vec<HttpRouteMatch>,
    #[serde(default)]
    pub filters: Vec<HttpFilter>,
    #[serde(default)]
    pub backend_refs: Vec<HttpBackendRef>,
    pub timeouts: Option<HttpRouteTimeouts>,
    pub retry: Option<HttpRouteRetry>,
    pub session_persistence: Option<SessionPersistence>,
}

/// All parts must hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteMatch {
    pub path: PathMatch,
    /// Names are compared without case; of several entries equal so, only the first counts.
    #[serde(default)]
    pub headers: Vec<ValueMatch>,
    #[serde(default)]
    pub query_params: Vec<ValueMatch>,
    /// One of the nine methods of RFC 9110 and RFC 5789, upper case.
    pub method: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PathMatch {
    #[serde(rename = "type")]
    pub kind: PathMatchKind,
    /// Begins with `/` and is clean (no `//`, `/./`, `/../`, `%2f`, `#`) unless a regular
    /// expression.
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum PathMatchKind {
    Exact,
    PathPrefix,
    RegularExpression,
}

/// A header or a query parameter that must have a value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ValueMatch {
    #[serde(rename = "type")]
    pub kind: ValueMatchKind,
    pub name: String,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ValueMatchKind {
    Exact,
    RegularExpression,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HttpBackendRef {
    /// Empty is the core group.
    pub group: String,
    pub kind: String,
    pub name: String,
    pub namespace: Option<String>,
    /// Always present where the target is a Service.
    pub port: Option<u16>,
    /// 0 to 1 000 000; a share of the sum over the rule.
    pub weight: u32,
    #[serde(default)]
    pub filters: Vec<HttpFilter>,
}

/// Zero disables (GEP-1742).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteTimeouts {
    /// The whole exchange with the client.
    #[serde(deserialize_with = "duration::optional")]
    pub request: Option<Duration>,
    /// One try with a backend; never longer than `request` unless that is zero.
    #[serde(deserialize_with = "duration::optional")]
    pub backend_request: Option<Duration>,
}

/// Experimental channel (GEP-1731).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HttpRouteRetry {
    /// Status codes, 400 to 599, unique.
    pub codes: Vec<u16>,
    /// At least 1.
    pub attempts: Option<u32>,
    #[serde(deserialize_with = "duration::optional")]
    pub backoff: Option<Duration>,
}

/// Experimental channel (GEP-1619).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionPersistence {
    pub session_name: Option<String>,
    #[serde(default, deserialize_with = "duration::optional")]
    pub absolute_timeout: Option<Duration>,
    #[serde(rename = "type")]
    pub kind: SessionPersistenceKind,
    pub cookie_config: Option<CookieConfig>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SessionPersistenceKind {
    Cookie,
    Header,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CookieConfig {
    pub lifetime_type: CookieLifetime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum CookieLifetime {
    Permanent,
    Session,
}
