//! IngressClass (`networking.k8s.io/v1`).

use serde::Deserialize;

use super::metadata::Metadata;

/// Its value `true` makes a class the one of Ingresses that name none.
pub const IS_DEFAULT_ANNOTATION: &str = "ingressclass.kubernetes.io/is-default-class";

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IngressClass {
    pub metadata: Metadata,
    #[serde(default)]
    pub spec: IngressClassSpec,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IngressClassSpec {
    /// Who serves the Ingresses of this class, `domain/path`.
    pub controller: String,
    pub parameters: Option<IngressClassParameters>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressClassParameters {
    /// Absent is the core group.
    pub api_group: Option<String>,
    pub kind: String,
    pub name: String,
    /// `Cluster` or `Namespace`.
    pub scope: String,
    pub namespace: Option<String>,
}

impl IngressClass {
    /// Whether Ingresses without a class belong to this one.
    pub fn is_default(&self) -> bool {
        self.metadata.annotation(IS_DEFAULT_ANNOTATION) == Some("true")
    }
}
