//! TLS of a Gateway: per listener, and towards clients and backends of the whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::reference::ObjectRef;

/// `listeners[].tls`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerTls {
    pub mode: TlsMode,
    #[serde(default)]
    pub certificate_refs: Vec<ObjectRef>,
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TlsMode {
    Terminate,
    Passthrough,
}

/// `spec.tls`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GatewayTls {
    pub backend: Option<BackendTls>,
    pub frontend: Option<FrontendTls>,
}

/// What the Gateway presents to TLS backends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendTls {
    pub client_certificate_ref: Option<ObjectRef>,
}

/// How clients of HTTPS listeners are validated.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendTls {
    pub default: FrontendTlsConfig,
    /// Overrides the default for all listeners of a port.
    #[serde(default)]
    pub per_port: Vec<FrontendTlsOfPort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FrontendTlsOfPort {
    pub port: u16,
    pub tls: FrontendTlsConfig,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FrontendTlsConfig {
    pub validation: Option<FrontendValidation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendValidation {
    /// 1 to 16.
    pub ca_certificate_refs: Vec<ObjectRef>,
    pub mode: FrontendValidationMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum FrontendValidationMode {
    AllowValidOnly,
    AllowInsecureFallback,
}
