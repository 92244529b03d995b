//! IngressClass.

use serde_json::Value;

use crate::objects::parse::format::{CONTROLLER_NAME, DNS_LABEL, GROUP};
use crate::objects::parse::row::Check::{Default, Form, Law, Length, OneOf, Required};
use crate::objects::parse::row::{Row, at, has, text};

pub const ROWS: &[Row] = &[
    at("spec", &[Required]),
    at(
        "spec.controller",
        &[Required, Length(1, 250), Form(CONTROLLER_NAME)],
    ),
    at("spec.parameters.apiGroup", &[Form(GROUP)]),
    at("spec.parameters.kind", &[Required, Length(1, usize::MAX)]),
    at("spec.parameters.name", &[Required, Length(1, usize::MAX)]),
    at("spec.parameters.namespace", &[Form(DNS_LABEL)]),
    at(
        "spec.parameters.scope",
        &[Default(r#""Cluster""#), OneOf(&["Cluster", "Namespace"])],
    ),
    at(
        "spec.parameters",
        &[Law(
            scope_fits,
            "namespace is required where scope is Namespace, and must not be set where it is Cluster",
        )],
    ),
];

fn scope_fits(parameters: &Value) -> bool {
    (text(parameters, "scope") == "Namespace") == has(parameters, "namespace")
}
