//! ConfigMap (`v1`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::metadata::Metadata;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ConfigMap {
    pub metadata: Metadata,
    /// `binaryData` is not read: nothing that Ringress takes from a ConfigMap is binary.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
}
