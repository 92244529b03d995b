//! `metadata`, as every kind has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The part of `ObjectMeta` that decides anything.
///
/// `resourceVersion`, `managedFields` and their like are absent on purpose: two versions of an
/// object that differ only there are equal, hence irrelevant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub name: String,
    /// Always present on a namespaced kind once parsed, never on another.
    pub namespace: Option<String>,
    pub uid: Option<String>,
    /// Kubernetes' count of changes to the spec; 0 where a manifest does not say.
    pub generation: i64,
    /// None (a manifest rarely says) counts as older than any time; ties go to namespace/name.
    #[serde(deserialize_with = "time")]
    pub creation_timestamp: Option<Timestamp>,
    /// Set while the object is on its way out but held by finalizers.
    #[serde(deserialize_with = "time")]
    pub deletion_timestamp: Option<Timestamp>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

impl Metadata {
    /// The namespace, empty for a cluster-wide object.
    pub fn namespace_or_empty(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(String::as_str)
    }

    /// What conflicts between objects are decided by: the smaller one is older and wins.
    ///
    /// Creation time first (an unknown one counts as oldest), then the text `namespace/name`, which
    /// is the Gateway API's rule for every conflict between routes, listeners and policies.
    pub fn age(&self) -> (Option<Timestamp>, String) {
        let full_name = format!("{}/{}", self.namespace_or_empty(), self.name);
        (self.creation_timestamp, full_name)
    }
}

/// RFC 3339, as `metav1.Time` writes it; null is absent.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| D::Error::custom(format_args!("{text:?} is not a time in RFC 3339 form")))
}
