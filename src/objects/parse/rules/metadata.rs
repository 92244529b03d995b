//! `metadata` of every kind.

use serde_json::Value;

use crate::objects::parse::format::{
    DNS_1035_LABEL, DNS_LABEL, DNS_SUBDOMAIN, LABEL_KEY, LABEL_VALUE,
};
use crate::objects::parse::row::Check::{Form, Keys, Law, Length, Required, Rows, Unread};
use crate::objects::parse::row::{Row, at};

/// For the kinds whose names are DNS names.
pub const NAMED_BY_SUBDOMAIN: &[Row] = &[
    at("name", &[Required, Length(1, 253), Form(DNS_SUBDOMAIN)]),
    at("", &[Rows(SHARED)]),
];

/// For the kinds whose names are one label of a DNS name.
pub const NAMED_BY_LABEL: &[Row] = &[
    at("name", &[Required, Form(DNS_LABEL)]),
    at("", &[Rows(SHARED)]),
];

/// For Services.
pub const NAMED_BY_1035_LABEL: &[Row] = &[
    at("name", &[Required, Form(DNS_1035_LABEL)]),
    at("", &[Rows(SHARED)]),
];

const SHARED: &[Row] = &[
    at(
        "",
        &[Unread(&[
            "deletionGracePeriodSeconds",
            "finalizers",
            "generateName",
            "managedFields",
            "ownerReferences",
            "resourceVersion",
            "selfLink",
        ])],
    ),
    // A copy of the whole manifest, which `kubectl apply` keeps for itself.
    at(
        "annotations",
        &[Unread(&[
            "kubectl.kubernetes.io/last-applied-configuration",
        ])],
    ),
    at("namespace", &[Form(DNS_LABEL)]),
    at("labels", &[Keys(LABEL_KEY)]),
    at("labels{}", &[Form(LABEL_VALUE)]),
    at(
        "annotations",
        &[
            Keys(LABEL_KEY),
            Law(is_small, "is larger than 256 KiB altogether"),
        ],
    ),
];

fn is_small(annotations: &Value) -> bool {
    const MOST: usize = 256 * 1024;
    let sizes = annotations.as_object().into_iter().flatten();
    sizes
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum::<usize>()
        <= MOST
}
