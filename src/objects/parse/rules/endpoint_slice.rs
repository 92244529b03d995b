//! EndpointSlice. Loopback and link-local addresses, which a cluster forbids, are left to whoever
//! knows where the object came from: in a folder they are useful.

use serde_json::Value;

use crate::objects::parse::format::{DNS_LABEL, Format, LABEL_KEY, is_endpoint_address};
use crate::objects::parse::row::Check::{
    Default, Form, Items, Law, OneOf, Range, Required, Unique, Unread,
};
use crate::objects::parse::row::{Row, at, list, text};

pub const ROWS: &[Row] = &[
    at("addressType", &[Required, OneOf(&["IPv4", "IPv6", "FQDN"])]),
    at("endpoints", &[Items(0, 1000)]),
    at(
        "endpoints[]",
        &[Unread(&[
            "deprecatedTopology",
            "hints",
            "hostname",
            "targetRef",
        ])],
    ),
    at("endpoints[].addresses", &[Required, Items(1, 100)]),
    at(
        "",
        &[Law(
            addresses_fit,
            "every address of an endpoint must be valid and of addressType",
        )],
    ),
    at("ports[].name", &[Form(OPTIONAL_LABEL)]),
    at(
        "ports[].protocol",
        &[Default(r#""TCP""#), OneOf(&["TCP", "UDP", "SCTP"])],
    ),
    at("ports[].port", &[Range(1, 65_535)]),
    at("ports[].appProtocol", &[Form(LABEL_KEY)]),
    at("ports", &[Items(0, 20_000), Unique(&["name"])]),
];

const OPTIONAL_LABEL: Format = Format {
    holds: |text| text.is_empty() || (DNS_LABEL.holds)(text),
    ..DNS_LABEL
};

fn addresses_fit(slice: &Value) -> bool {
    let kind = text(slice, "addressType");
    let fits = |address: &Value| {
        address
            .as_str()
            .is_none_or(|address| is_endpoint_address(kind, address))
    };
    list(slice, "endpoints")
        .iter()
        .all(|endpoint| list(endpoint, "addresses").iter().all(fits))
}
