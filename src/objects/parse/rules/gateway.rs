//! Gateway.

use std::net::IpAddr;

use serde_json::Value;

use super::reference::{EXPLICIT, SELECTOR, TO_SECRET};
use crate::objects::parse::format::{
    ADDRESS_TYPE, DNS_SUBDOMAIN, GROUP, HOSTNAME, KIND, LABEL_KEY, LABEL_VALUE, PROTOCOL,
};
use crate::objects::parse::row::Check::{
    Default, Entries, Form, Items, Keys, Law, Length, OneOf, Range, Required, Rows, Unique, Unread,
};
use crate::objects::parse::row::{Row, at, has, text};

pub const ROWS: &[Row] = &[
    at("", &[Unread(&["status"])]),
    at("spec", &[Required]),
    at("spec.gatewayClassName", &[Required, Length(1, 253)]),
    at("spec.addresses", &[Items(0, 16)]),
    at("spec.addresses[]", &[Rows(ADDRESS)]),
    at(
        "spec.addresses",
        &[
            Law(
                |list| values_differ(list, "IPAddress"),
                "IPAddress values must be unique",
            ),
            Law(
                |list| values_differ(list, "Hostname"),
                "Hostname values must be unique",
            ),
        ],
    ),
    at("spec.listeners", &[Required, Items(1, 64)]),
    at("spec.listeners[]", &[Rows(LISTENER)]),
    at(
        "spec.listeners",
        &[Unique(&["name"]), Unique(&["port", "protocol", "hostname"])],
    ),
    at(
        "spec.allowedListeners.namespaces",
        &[Default(r#"{"from":"None"}"#)],
    ),
    at(
        "spec.allowedListeners.namespaces.from",
        &[
            Default(r#""None""#),
            OneOf(&["All", "Selector", "Same", "None"]),
        ],
    ),
    at(
        "spec.allowedListeners.namespaces.selector",
        &[Rows(SELECTOR)],
    ),
    at("spec.defaultScope", &[OneOf(&["All", "None"])]),
    at(
        "spec.infrastructure.annotations",
        &[Entries(16), Keys(LABEL_KEY)],
    ),
    at("spec.infrastructure.annotations{}", &[Length(0, 4096)]),
    at("spec.infrastructure.labels", &[Entries(8), Keys(LABEL_KEY)]),
    at(
        "spec.infrastructure.labels{}",
        &[Length(0, 63), Form(LABEL_VALUE)],
    ),
    at("spec.infrastructure.parametersRef", &[Rows(EXPLICIT)]),
    at("spec.tls.backend.clientCertificateRef", &[Rows(TO_SECRET)]),
    at("spec.tls.frontend.default", &[Required, Rows(FRONTEND)]),
    at(
        "spec.tls.frontend.perPort",
        &[Items(0, 64), Unique(&["port"])],
    ),
    at(
        "spec.tls.frontend.perPort[].port",
        &[Required, Range(1, 65_535)],
    ),
    at(
        "spec.tls.frontend.perPort[].tls",
        &[Required, Rows(FRONTEND)],
    ),
];

const ADDRESS: &[Row] = &[
    at(
        "type",
        &[
            Default(r#""IPAddress""#),
            Length(1, 253),
            Form(ADDRESS_TYPE),
        ],
    ),
    at("value", &[Length(0, 253)]),
    at(
        "",
        &[
            Law(
                ip_is_valid,
                "value must be an IPv4 or IPv6 address where type is IPAddress",
            ),
            Law(
                hostname_is_valid,
                "value must be a DNS name where type is Hostname",
            ),
        ],
    ),
];

const LISTENER: &[Row] = &[
    at("name", &[Required, Length(1, 253), Form(DNS_SUBDOMAIN)]),
    at("hostname", &[Length(1, 253), Form(HOSTNAME)]),
    at("port", &[Required, Range(1, 65_535)]),
    at("protocol", &[Required, Length(1, 255), Form(PROTOCOL)]),
    at("tls", &[Rows(TLS)]),
    at(
        "allowedRoutes",
        &[Default(r#"{"namespaces":{"from":"Same"}}"#)],
    ),
    at("allowedRoutes.namespaces", &[Default(r#"{"from":"Same"}"#)]),
    at(
        "allowedRoutes.namespaces.from",
        &[Default(r#""Same""#), OneOf(&["All", "Selector", "Same"])],
    ),
    at("allowedRoutes.namespaces.selector", &[Rows(SELECTOR)]),
    at("allowedRoutes.kinds", &[Items(0, 8)]),
    at(
        "allowedRoutes.kinds[].group",
        &[
            Default(r#""gateway.networking.k8s.io""#),
            Length(0, 253),
            Form(GROUP),
        ],
    ),
    at(
        "allowedRoutes.kinds[].kind",
        &[Required, Length(1, 63), Form(KIND)],
    ),
    at(
        "",
        &[
            Law(
                tls_has_use,
                "tls must not be set where protocol is HTTP, TCP or UDP",
            ),
            Law(
                https_terminates,
                "tls.mode must be Terminate where protocol is HTTPS",
            ),
            Law(
                tls_is_set,
                "tls with a mode is required where protocol is TLS",
            ),
            Law(
                hostname_has_use,
                "hostname must not be set where protocol is TCP or UDP",
            ),
        ],
    ),
];

const TLS: &[Row] = &[
    at(
        "mode",
        &[
            Default(r#""Terminate""#),
            OneOf(&["Terminate", "Passthrough"]),
        ],
    ),
    at("certificateRefs", &[Items(0, 64)]),
    at("certificateRefs[]", &[Rows(TO_SECRET)]),
    at("options", &[Entries(16)]),
    at("options{}", &[Length(0, 4096)]),
    at(
        "",
        &[Law(
            has_certificate,
            "certificateRefs or options are required where mode is Terminate",
        )],
    ),
];

const FRONTEND: &[Row] = &[
    at("validation.caCertificateRefs", &[Required, Items(1, 16)]),
    at("validation.caCertificateRefs[]", &[Rows(EXPLICIT)]),
    at(
        "validation.mode",
        &[
            Default(r#""AllowValidOnly""#),
            OneOf(&["AllowValidOnly", "AllowInsecureFallback"]),
        ],
    ),
];

fn values_differ(addresses: &Value, of_type: &str) -> bool {
    let mut values: Vec<&str> = addresses
        .as_array()
        .into_iter()
        .flatten()
        .filter(|address| text(address, "type") == of_type && has(address, "value"))
        .map(|address| text(address, "value"))
        .collect();
    let count = values.len();
    values.sort_unstable();
    values.dedup();
    values.len() == count
}

fn ip_is_valid(address: &Value) -> bool {
    text(address, "type") != "IPAddress"
        || !has(address, "value")
        || text(address, "value").parse::<IpAddr>().is_ok()
}

fn hostname_is_valid(address: &Value) -> bool {
    text(address, "type") != "Hostname"
        || !has(address, "value")
        || (HOSTNAME.holds)(text(address, "value"))
}

fn tls_has_use(listener: &Value) -> bool {
    !matches!(text(listener, "protocol"), "HTTP" | "TCP" | "UDP") || !has(listener, "tls")
}

fn https_terminates(listener: &Value) -> bool {
    text(listener, "protocol") != "HTTPS"
        || listener
            .get("tls")
            .is_none_or(|tls| text(tls, "mode") == "Terminate")
}

fn tls_is_set(listener: &Value) -> bool {
    text(listener, "protocol") != "TLS"
        || listener
            .get("tls")
            .is_some_and(|tls| !text(tls, "mode").is_empty())
}

fn hostname_has_use(listener: &Value) -> bool {
    !matches!(text(listener, "protocol"), "TCP" | "UDP") || text(listener, "hostname").is_empty()
}

fn has_certificate(tls: &Value) -> bool {
    let some = |member: &str| match tls.get(member) {
        Some(Value::Array(elements)) => !elements.is_empty(),
        Some(Value::Object(entries)) => !entries.is_empty(),
        _ => false,
    };
    text(tls, "mode") != "Terminate" || some("certificateRefs") || some("options")
}
