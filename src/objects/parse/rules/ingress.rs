//! Ingress, as the API server validates it on creation.

use serde_json::Value;

use super::path::{CLEAN, is_clean};
use crate::objects::parse::format::{
    DNS_1035_LABEL, DNS_SUBDOMAIN, Format, GROUP, INGRESS_HOST, PORT_NAME,
};
use crate::objects::parse::row::Check::{
    Form, Items, Law, Length, OneOf, Range, Required, Rows, Unread,
};
use crate::objects::parse::row::{Row, at, has, list, text};

pub const ROWS: &[Row] = &[
    at("", &[Unread(&["status"])]),
    at(
        "spec",
        &[
            Required,
            Law(has_backend, "defaultBackend or rules is required"),
        ],
    ),
    at("spec.ingressClassName", &[Form(DNS_SUBDOMAIN)]),
    at("", &[Law(class_is_said_once, CLASS_TWICE)]),
    at("spec.defaultBackend", &[Rows(BACKEND)]),
    at("spec.tls[].hosts[]", &[Form(INGRESS_HOST)]),
    at("spec.tls[].secretName", &[Form(OPTIONAL_SUBDOMAIN)]),
    at("spec.rules[].host", &[Form(OPTIONAL_HOST)]),
    at("spec.rules[].http.paths", &[Required, Items(1, usize::MAX)]),
    at("spec.rules[].http.paths[]", &[Rows(PATH)]),
];

const PATH: &[Row] = &[
    at(
        "pathType",
        &[
            Required,
            OneOf(&["Exact", "Prefix", "ImplementationSpecific"]),
        ],
    ),
    at(
        "",
        &[
            Law(is_clean_or_free, CLEAN),
            Law(
                is_absolute_or_empty,
                "path must begin with '/' where it is not empty",
            ),
        ],
    ),
    at("backend", &[Required, Rows(BACKEND)]),
];

const BACKEND: &[Row] = &[
    at(
        "",
        &[Law(
            is_one,
            "either service or resource is required, and not both",
        )],
    ),
    at("service.name", &[Required, Form(DNS_1035_LABEL)]),
    at("service.port.name", &[Form(PORT_NAME)]),
    at("service.port.number", &[Range(1, 65_535)]),
    at(
        "service",
        &[Law(
            port_is_one,
            "either port.name or port.number is required, and not both",
        )],
    ),
    at("resource.apiGroup", &[Form(GROUP)]),
    at("resource.kind", &[Required, Length(1, usize::MAX)]),
    at("resource.name", &[Required, Length(1, usize::MAX)]),
];

const CLASS_TWICE: &str =
    "spec.ingressClassName excludes the older annotation kubernetes.io/ingress.class";

const OPTIONAL_SUBDOMAIN: Format = Format {
    holds: |text| text.is_empty() || (DNS_SUBDOMAIN.holds)(text),
    ..DNS_SUBDOMAIN
};

const OPTIONAL_HOST: Format = Format {
    holds: |text| text.is_empty() || (INGRESS_HOST.holds)(text),
    ..INGRESS_HOST
};

fn has_backend(spec: &Value) -> bool {
    has(spec, "defaultBackend") || !list(spec, "rules").is_empty()
}

fn class_is_said_once(ingress: &Value) -> bool {
    let annotations = ingress.pointer("/metadata/annotations");
    ingress.pointer("/spec/ingressClassName").is_none()
        || annotations.is_none_or(|annotations| !has(annotations, "kubernetes.io/ingress.class"))
}

fn is_clean_or_free(path: &Value) -> bool {
    !matches!(text(path, "pathType"), "Exact" | "Prefix") || is_clean(text(path, "path"))
}

fn is_absolute_or_empty(path: &Value) -> bool {
    text(path, "pathType") != "ImplementationSpecific"
        || text(path, "path").is_empty()
        || text(path, "path").starts_with('/')
}

fn is_one(backend: &Value) -> bool {
    has(backend, "service") != has(backend, "resource")
}

fn port_is_one(service: &Value) -> bool {
    let port = service.get("port");
    let named = port.is_some_and(|port| !text(port, "name").is_empty());
    let numbered = port
        .and_then(|port| port.get("number"))
        .is_some_and(|number| *number != 0);
    named != numbered
}
