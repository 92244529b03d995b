//! Gateway (`gateway.networking.k8s.io`), whole as of Gateway API v1.6.1.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::gateway_tls::{GatewayTls, ListenerTls};
use super::metadata::Metadata;
use super::reference::LocalRef;
use super::selector::Namespaces;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Gateway {
    pub metadata: Metadata,
    pub spec: GatewaySpec,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewaySpec {
    pub gateway_class_name: String,
    /// 1 to 64, their names unique.
    pub listeners: Vec<Listener>,
    #[serde(default)]
    pub addresses: Vec<GatewayAddress>,
    pub infrastructure: Option<Infrastructure>,
    /// Which ListenerSets may attach; absent is none.
    pub allowed_listeners: Option<AllowedListeners>,
    pub tls: Option<GatewayTls>,
    /// `All` or `None`; experimental channel (GEP-3793).
    pub default_scope: Option<String>,
}

/// An address the Gateway asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GatewayAddress {
    /// `IPAddress`, `Hostname`, `NamedAddress` or `domain/path`; any other text is possible, since
    /// the schema's pattern is not anchored.
    #[serde(rename = "type")]
    pub kind: String,
    /// Absent or empty: any address of this type will do.
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Infrastructure {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub parameters_ref: Option<LocalRef>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AllowedListeners {
    pub namespaces: Namespaces,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    pub name: String,
    /// Exact or with a leading `*.`; absent matches every name.
    pub hostname: Option<String>,
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP` or an extension's word.
    pub protocol: String,
    pub tls: Option<ListenerTls>,
    pub allowed_routes: AllowedRoutes,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AllowedRoutes {
    pub namespaces: Namespaces,
    /// Empty: every kind that fits the protocol.
    #[serde(default)]
    pub kinds: Vec<RouteGroupKind>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct RouteGroupKind {
    pub group: String,
    pub kind: String,
}
