//! References from one object to another.

use serde::Deserialize;

/// From a route to what it attaches to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    pub group: String,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
    /// A listener's name.
    pub section_name: Option<String>,
    /// A listener's port.
    pub port: Option<u16>,
}

/// To something that takes traffic, without a weight: of mirrors and external authorization.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct BackendRef {
    /// Empty is the core group.
    pub group: String,
    pub kind: String,
    pub name: String,
    pub namespace: Option<String>,
    /// Always present where the target is a Service.
    pub port: Option<u16>,
}

/// To an object that may live in another namespace: a Secret with a certificate, a ConfigMap
/// with CAs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct ObjectRef {
    pub group: String,
    pub kind: String,
    pub name: String,
    pub namespace: Option<String>,
}

/// To an object of the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct LocalRef {
    pub group: String,
    pub kind: String,
    pub name: String,
}
