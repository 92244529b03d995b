//! ReferenceGrants: which references may cross namespaces.

use crate::objects::Objects;
use crate::objects::kinds::GATEWAY_GROUP;

/// Who refers: a kind of the Gateway API and its namespace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Referrer<'a> {
    pub kind: &'a str,
    pub namespace: &'a str,
}

/// What is referred to: an object of the core group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Referent<'a> {
    pub kind: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// Whether the reference is allowed: it stays in its namespace, or a grant beside the referent
/// names both ends (Gateway API `ReferenceGrant`: entries are combined by or).
pub(super) fn permits(objects: &Objects, from: Referrer<'_>, to: Referent<'_>) -> bool {
    if from.namespace == to.namespace {
        return true;
    }
    let grants = objects.reference_grants().of_namespace(to.namespace);
    grants.into_iter().any(|grant| {
        let allowed_from = grant.spec.from.iter().any(|entry| {
            entry.group == GATEWAY_GROUP
                && entry.kind == from.kind
                && entry.namespace == from.namespace
        });
        allowed_from
            && grant.spec.to.iter().any(|entry| {
                let named = entry.name.as_deref().filter(|name| !name.is_empty());
                entry.group.is_empty()
                    && entry.kind == to.kind
                    && named.is_none_or(|name| name == to.name)
            })
    })
}

/// What is missing, in words: the cure of a `RefNotPermitted`.
pub(super) fn missing(from: Referrer<'_>, to: Referent<'_>) -> String {
    format!(
        "{} {}/{} is in another namespace; a ReferenceGrant in namespace {} must allow it from \
         kind {} of namespace {}",
        to.kind, to.namespace, to.name, to.namespace, from.kind, from.namespace
    )
}
