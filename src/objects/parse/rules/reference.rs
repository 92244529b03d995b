//! References and selectors, as several kinds hold them.

use serde_json::Value;

use crate::objects::parse::format::{DNS_LABEL, DNS_SUBDOMAIN, GROUP, KIND};
use crate::objects::parse::row::Check::{Default, Form, Law, Length, Range, Required};
use crate::objects::parse::row::{Row, at, has, text};

/// A reference that says its group and kind.
pub const EXPLICIT: &[Row] = &[
    at("group", &[Required, Length(0, 253), Form(GROUP)]),
    at("kind", &[Required, Length(1, 63), Form(KIND)]),
    at("name", &[Required, Length(1, 253)]),
    at("namespace", &[Length(1, 63), Form(DNS_LABEL)]),
];

/// A reference to a Secret, unless it says otherwise.
pub const TO_SECRET: &[Row] = &[
    at("group", &[Default(r#""""#), Length(0, 253), Form(GROUP)]),
    at("kind", &[Default(r#""Secret""#), Length(1, 63), Form(KIND)]),
    at("name", &[Required, Length(1, 253)]),
    at("namespace", &[Length(1, 63), Form(DNS_LABEL)]),
];

/// A reference to a Service, unless it says otherwise.
pub const TO_BACKEND: &[Row] = &[
    at("group", &[Default(r#""""#), Length(0, 253), Form(GROUP)]),
    at(
        "kind",
        &[Default(r#""Service""#), Length(1, 63), Form(KIND)],
    ),
    at("name", &[Required, Length(1, 253)]),
    at("namespace", &[Length(1, 63), Form(DNS_LABEL)]),
    at("port", &[Range(1, 65_535)]),
    at(
        "",
        &[Law(
            service_has_port,
            "port is required where the reference is to a Service",
        )],
    ),
];

/// A route's reference to what it attaches to.
pub const TO_PARENT: &[Row] = &[
    at(
        "group",
        &[
            Default(r#""gateway.networking.k8s.io""#),
            Length(0, 253),
            Form(GROUP),
        ],
    ),
    at(
        "kind",
        &[Default(r#""Gateway""#), Length(1, 63), Form(KIND)],
    ),
    at("name", &[Required, Length(1, 253)]),
    at("namespace", &[Length(1, 63), Form(DNS_LABEL)]),
    at("sectionName", &[Length(1, 253), Form(DNS_SUBDOMAIN)]),
    at("port", &[Range(1, 65_535)]),
];

/// `metav1.LabelSelector`. The schema leaves operators, keys and values free.
pub const SELECTOR: &[Row] = &[
    at("matchExpressions[].key", &[Required]),
    at("matchExpressions[].operator", &[Required]),
];

fn service_has_port(reference: &Value) -> bool {
    !text(reference, "group").is_empty()
        || text(reference, "kind") != "Service"
        || has(reference, "port")
}

/// Several references to one parent all say a section or none does, and so for ports.
pub fn parents_told_apart(parents: &Value) -> bool {
    pairs(parents).all(|(one, other)| {
        !same_parent(one, other)
            || (has(one, "sectionName") == has(other, "sectionName")
                && has(one, "port") == has(other, "port"))
    })
}

/// No two references are the same.
pub fn parents_differ(parents: &Value) -> bool {
    pairs(parents).all(|(one, other)| {
        !same_parent(one, other)
            || text(one, "sectionName") != text(other, "sectionName")
            || one.get("port") != other.get("port")
    })
}

/// Every two elements of a list, once; at most 32 of them count, which is all there may be.
fn pairs(list: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let list = list.get(..32).unwrap_or(list);
    let others = |(index, one)| list.iter().skip(index + 1).map(move |other| (one, other));
    list.iter().enumerate().flat_map(others)
}

fn same_parent(one: &Value, other: &Value) -> bool {
    ["group", "kind", "name", "namespace"]
        .iter()
        .all(|member| text(one, member) == text(other, member))
}
