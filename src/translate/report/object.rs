//! What is reported on one object, in the shape of its kind's status.

use super::{Condition, Note, Refusal};
use crate::ir::BindAddress;
use crate::objects::ObjectKey;
use crate::objects::kinds::gateway::RouteGroupKind;
use crate::objects::kinds::reference::ParentRef;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::net::IpAddr;
use std::sync::Arc;

/// The report on one object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObjectReport {
    #[serde(serialize_with = "key")]
    pub object: ObjectKey,
    /// `metadata.generation` that was translated: `observedGeneration` of every condition.
    pub generation: i64,
    #[serde(skip_serializing_if = "ObjectStatus::is_none")]
    pub status: ObjectStatus,
    /// Sorted by severity, field and message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// The part of a status that translation decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ObjectStatus {
    GatewayClass(ClassReport),
    Gateway(GatewayReport),
    Route(RouteReport),
    Ingress(IngressReport),
    /// Something is noted, but the object's status is not ours to write: it has none, or another
    /// controller owns it.
    None,
}

impl ObjectStatus {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassReport {
    pub conditions: Vec<Condition>,
    /// Names of the Gateway API's features, in ascending order.
    pub supported_features: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayReport {
    /// Without `Programmed`, which follows from the binds.
    pub conditions: Vec<Condition>,
    pub addresses: Vec<AddressReport>,
    /// `spec.addresses` that cannot be listened on, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<String>,
    /// In the order of the spec.
    pub listeners: Vec<ListenerReport>,
}

/// An address the Gateway has as soon as its binds on `ip` listen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressReport {
    pub value: IpAddr,
    /// [`BindAddress::ip`] of the binds that serve it.
    pub ip: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerReport {
    pub name: Arc<str>,
    #[serde(serialize_with = "kinds")]
    pub supported_kinds: Vec<RouteGroupKind>,
    pub attached_routes: u32,
    /// Without `Programmed`.
    pub conditions: Vec<Condition>,
    /// Where the workers must listen for it; empty: it is not in the model.
    pub binds: Vec<BindAddress>,
    /// Why it is not in the model: reason and message of `Programmed` False.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Refusal>,
    /// Said beside `Programmed`: where a more specific address takes traffic of a wildcard bind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadows: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteReport {
    /// Whose entries these are.
    pub controller: Arc<str>,
    /// One for each `parentRefs[]` that names a Gateway of ours, in the order of the spec.
    pub parents: Vec<ParentReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentReport {
    #[serde(serialize_with = "parent")]
    pub parent_ref: ParentRef,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressReport {
    /// Ours: the status of an Ingress has no conditions.
    pub conditions: Vec<Condition>,
    pub addresses: Vec<AddressReport>,
    /// Where the workers must listen for it; empty: it is not in the model.
    pub binds: Vec<BindAddress>,
}

pub(super) fn key<S: Serializer>(key: &ObjectKey, to: S) -> Result<S::Ok, S::Error> {
    let mut out = to.serialize_struct("ObjectKey", 3)?;
    out.serialize_field("kind", key.kind.name())?;
    if let Some(namespace) = &key.namespace {
        out.serialize_field("namespace", namespace)?;
    }
    out.serialize_field("name", &key.name)?;
    out.end()
}

fn kinds<S: Serializer>(kinds: &[RouteGroupKind], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(kinds.iter().map(|kind| &kind.kind))
}

fn parent<S: Serializer>(parent: &ParentRef, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&super::ParentName(parent))
}
