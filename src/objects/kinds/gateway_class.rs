//! GatewayClass (`gateway.networking.k8s.io`).

use serde::Deserialize;

use super::metadata::Metadata;
use super::reference::ObjectRef;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GatewayClass {
    pub metadata: Metadata,
    pub spec: GatewayClassSpec,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayClassSpec {
    /// Who manages the Gateways of this class, `domain/path`.
    pub controller_name: String,
    pub parameters_ref: Option<ObjectRef>,
    pub description: Option<String>,
}
