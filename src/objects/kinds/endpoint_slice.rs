//! EndpointSlice (`discovery.k8s.io/v1`).

use serde::Deserialize;

use super::metadata::Metadata;
use super::service::Protocol;

/// The label that says whose endpoints these are.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSlice {
    pub metadata: Metadata,
    pub address_type: AddressType,
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Of every endpoint here.
    #[serde(default)]
    pub ports: Vec<EndpointPort>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum AddressType {
    IPv4,
    IPv6,
    /// Deprecated, and understood by few consumers.
    #[serde(rename = "FQDN")]
    Fqdn,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// 1 to 100, of the slice's type; all lead to the same pod, consumers use the first.
    pub addresses: Vec<String>,
    #[serde(default)]
    pub conditions: EndpointConditions,
    pub node_name: Option<String>,
    pub zone: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    ready: Option<bool>,
    serving: Option<bool>,
    terminating: Option<bool>,
}

impl EndpointConditions {
    /// Whether traffic should go there; unknown counts as yes.
    pub fn is_ready(self) -> bool {
        self.ready.unwrap_or(true)
    }

    /// Whether it answers, on its way out or not; unknown counts as readiness does.
    pub fn is_serving(self) -> bool {
        self.serving.unwrap_or_else(|| self.is_ready())
    }

    /// Whether it is on its way out; unknown counts as no.
    pub fn is_terminating(self) -> bool {
        self.terminating.unwrap_or(false)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointPort {
    /// The name of the Service's port; empty for one without.
    #[serde(default)]
    pub name: String,
    pub protocol: Protocol,
    /// Absent: all ports, which no proxy can use.
    pub port: Option<u16>,
    pub app_protocol: Option<String>,
}

impl EndpointSlice {
    /// The name of the Service whose endpoints these are.
    pub fn service_name(&self) -> Option<&str> {
        self.metadata
            .labels
            .get(SERVICE_NAME_LABEL)
            .map(String::as_str)
    }
}
