//! The one list of Kubernetes kinds that Ringress reads, and a file of serde types for each.
//!
//! The types hold exactly the fields that are read; `objects::parse` applies the defaults of the
//! schemas before it fills them, so a field that always has a value is not an `Option` here.
//! The RBAC rules in `deploy/` and the watches of cluster mode follow [`Kind::ALL`].

pub mod config_map;
pub mod duration;
pub mod endpoint_slice;
pub mod gateway;
pub mod gateway_class;
pub mod gateway_tls;
pub mod http_filter;
pub mod http_route;
pub mod ingress;
pub mod ingress_class;
pub mod metadata;
pub mod namespace;
pub mod reference;
pub mod reference_grant;
pub mod secret;
pub mod selector;
pub mod service;

use std::fmt;

/// The group of the Gateway API.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";

/// A kind that Ringress reads.
///
/// The order is that of dependence (what others refer to comes first), so that a deterministic
/// walk over kinds is also a natural one to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Namespace,
    Secret,
    ConfigMap,
    Service,
    EndpointSlice,
    ReferenceGrant,
    GatewayClass,
    Gateway,
    HttpRoute,
    IngressClass,
    Ingress,
}

/// What the API server knows about a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// As in `kind:`.
    pub name: &'static str,
    /// As in `apiVersion: group/version`; the core group is empty.
    pub group: &'static str,
    /// Versions that are read, the preferred one first.
    pub versions: &'static [&'static str],
    /// The last path segment of the kind's API, as in RBAC rules.
    pub plural: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Whether Ringress writes its `status`.
    pub status: bool,
}

const GATEWAY_VERSIONS: &[&str] = &["v1", "v1beta1"];

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 11] = [
        Self::Namespace,
        Self::Secret,
        Self::ConfigMap,
        Self::Service,
        Self::EndpointSlice,
        Self::ReferenceGrant,
        Self::GatewayClass,
        Self::Gateway,
        Self::HttpRoute,
        Self::IngressClass,
        Self::Ingress,
    ];

    /// The row of this kind in the list.
    pub const fn info(self) -> KindInfo {
        match self {
            Self::Namespace => row("Namespace", "", &["v1"], "namespaces", CLUSTER, READ),
            Self::Secret => row("Secret", "", &["v1"], "secrets", NAMESPACED, READ),
            Self::ConfigMap => row("ConfigMap", "", &["v1"], "configmaps", NAMESPACED, READ),
            Self::Service => row("Service", "", &["v1"], "services", NAMESPACED, READ),
            Self::EndpointSlice => {
                let group = "discovery.k8s.io";
                row(
                    "EndpointSlice",
                    group,
                    &["v1"],
                    "endpointslices",
                    NAMESPACED,
                    READ,
                )
            }
            Self::ReferenceGrant => gateway("ReferenceGrant", "referencegrants", NAMESPACED, READ),
            Self::GatewayClass => gateway("GatewayClass", "gatewayclasses", CLUSTER, STATUS),
            Self::Gateway => gateway("Gateway", "gateways", NAMESPACED, STATUS),
            Self::HttpRoute => gateway("HTTPRoute", "httproutes", NAMESPACED, STATUS),
            Self::IngressClass => {
                let group = "networking.k8s.io";
                row(
                    "IngressClass",
                    group,
                    &["v1"],
                    "ingressclasses",
                    CLUSTER,
                    READ,
                )
            }
            Self::Ingress => {
                let group = "networking.k8s.io";
                row("Ingress", group, &["v1"], "ingresses", NAMESPACED, STATUS)
            }
        }
    }

    /// The kind's name as manifests write it, for instance `HTTPRoute`.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The kind called `name` in `group`, whatever the version.
    pub fn find(group: &str, name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name && kind.info().group == group)
    }
}

const CLUSTER: bool = false;
const NAMESPACED: bool = true;
const READ: bool = false;
const STATUS: bool = true;

const fn row(
    name: &'static str,
    group: &'static str,
    versions: &'static [&'static str],
    plural: &'static str,
    namespaced: bool,
    status: bool,
) -> KindInfo {
    KindInfo {
        name,
        group,
        versions,
        plural,
        namespaced,
        status,
    }
}

const fn gateway(
    name: &'static str,
    plural: &'static str,
    namespaced: bool,
    status: bool,
) -> KindInfo {
    row(
        name,
        GATEWAY_GROUP,
        GATEWAY_VERSIONS,
        plural,
        namespaced,
        status,
    )
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
