//! Namespace (`v1`): read for its labels.

use serde::Deserialize;

use super::metadata::Metadata;

/// The label every namespace has; its value is the namespace's name.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Namespace {
    pub metadata: Metadata,
}
