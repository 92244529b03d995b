//! What a source says about one object, and how much of the routing depends on it.

use super::key::ObjectKey;
use super::object::Object;

/// One step from the objects that were to the objects that are.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The object exists and is now this.
    Apply(Object),
    Delete(ObjectKey),
}

impl Change {
    /// The object that changes.
    pub fn key(&self) -> ObjectKey {
        match self {
            Self::Apply(object) => object.key(),
            Self::Delete(key) => key.clone(),
        }
    }
}

/// How much must be built again after a change. Ordered: the greater includes the smaller, so a
/// batch asks for the `max` of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relevance {
    /// Nothing that is read differs: a status, a resourceVersion, managed fields.
    #[default]
    Unchanged,
    /// Only EndpointSlices differ: routes, conditions and certificates stand.
    EndpointsOnly,
    /// Anything may follow.
    Full,
}
