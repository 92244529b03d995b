//! ReferenceGrant.

use crate::objects::parse::format::{DNS_LABEL, GROUP, KIND};
use crate::objects::parse::row::Check::{Form, Items, Length, Required};
use crate::objects::parse::row::{Row, at};

pub const ROWS: &[Row] = &[
    at("spec", &[Required]),
    at("spec.from", &[Required, Items(1, 16)]),
    at(
        "spec.from[].group",
        &[Required, Length(0, 253), Form(GROUP)],
    ),
    at("spec.from[].kind", &[Required, Length(1, 63), Form(KIND)]),
    at(
        "spec.from[].namespace",
        &[Required, Length(1, 63), Form(DNS_LABEL)],
    ),
    at("spec.to", &[Required, Items(1, 16)]),
    at("spec.to[].group", &[Required, Length(0, 253), Form(GROUP)]),
    at("spec.to[].kind", &[Required, Length(1, 63), Form(KIND)]),
    at("spec.to[].name", &[Length(1, 253)]),
];
