//! ReferenceGrant (`gateway.networking.k8s.io`): leave to be referred to from other namespaces.

use serde::Deserialize;

use super::metadata::Metadata;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReferenceGrant {
    pub metadata: Metadata,
    pub spec: ReferenceGrantSpec,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReferenceGrantSpec {
    /// 1 to 16: who may refer.
    pub from: Vec<GrantFrom>,
    /// 1 to 16: to what, in the grant's own namespace.
    pub to: Vec<GrantTo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GrantFrom {
    pub group: String,
    pub kind: String,
    pub namespace: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GrantTo {
    /// Empty is the core group.
    pub group: String,
    pub kind: String,
    /// Absent: every object of the kind.
    pub name: Option<String>,
}
