//! Service (`v1`).

use serde::Deserialize;

use super::metadata::Metadata;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Service {
    pub metadata: Metadata,
    pub spec: ServiceSpec,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSpec {
    #[serde(rename = "type")]
    pub kind: ServiceKind,
    /// `None` (the text) makes the Service headless.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: Option<String>,
    /// Only for `ExternalName`.
    pub external_name: Option<String>,
    #[serde(default)]
    pub ports: Vec<ServicePort>,
    /// Endpoints count even when they are not ready.
    #[serde(default)]
    pub publish_not_ready_addresses: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ServiceKind {
    ClusterIP,
    NodePort,
    LoadBalancer,
    ExternalName,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Empty where the Service has one port only; EndpointSlices carry the same name.
    #[serde(default)]
    pub name: String,
    pub protocol: Protocol,
    pub port: u16,
    /// The endpoints' port by number or by name; absent is the same number. Slices say the number
    /// in force.
    pub target_port: Option<IntOrString>,
    /// For instance `kubernetes.io/h2c` or `kubernetes.io/ws` (KEP-3726).
    pub app_protocol: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "must be the number or the name of a port")]
pub enum IntOrString {
    Int(u16),
    String(String),
}

impl Service {
    /// Whether the Service has no virtual address of its own.
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip.as_deref() == Some("None")
    }
}
