//! Service.

use serde_json::Value;

use crate::objects::parse::format::{DNS_LABEL, DNS_SUBDOMAIN, Format, LABEL_KEY, PORT_NAME};
use crate::objects::parse::row::Check::{
    Default, Form, Items, Law, OneOf, Range, Required, Rows, Unique, Unread,
};
use crate::objects::parse::row::{Row, at, has, list, text};

pub const ROWS: &[Row] = &[
    at("", &[Unread(&["status"])]),
    at("spec", &[Required, Unread(UNREAD)]),
    at(
        "spec.type",
        &[
            Default(r#""ClusterIP""#),
            OneOf(&["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
        ],
    ),
    at("spec.ports[]", &[Rows(PORT)]),
    at(
        "spec.ports",
        &[
            Items(0, 100),
            Unique(&["name"]),
            Unique(&["protocol", "port"]),
        ],
    ),
    at(
        "spec",
        &[
            Law(
                has_ports,
                "ports is required unless clusterIP is None or type is ExternalName",
            ),
            Law(
                ports_are_named,
                "every port needs a name where there are several",
            ),
            Law(
                external_is_named,
                "externalName must be a DNS name where type is ExternalName",
            ),
            Law(
                external_has_no_ip,
                "clusterIP must not be set where type is ExternalName",
            ),
        ],
    ),
];

const PORT: &[Row] = &[
    at("", &[Unread(&["nodePort"])]),
    at("name", &[Form(DNS_LABEL)]),
    at(
        "protocol",
        &[Default(r#""TCP""#), OneOf(&["TCP", "UDP", "SCTP"])],
    ),
    at("port", &[Required, Range(1, 65_535)]),
    // 0 and the empty name are the API server's ways of writing that it is the same as `port`.
    at("targetPort", &[Range(0, 65_535), Form(OPTIONAL_PORT_NAME)]),
    at("appProtocol", &[Form(LABEL_KEY)]),
];

const OPTIONAL_PORT_NAME: Format = Format {
    holds: |text| text.is_empty() || (PORT_NAME.holds)(text),
    ..PORT_NAME
};

/// How a Service is reached otherwise than by its endpoints, which is how a gateway reaches it.
const UNREAD: &[&str] = &[
    "allocateLoadBalancerNodePorts",
    "clusterIPs",
    "externalIPs",
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "internalTrafficPolicy",
    "ipFamilies",
    "ipFamilyPolicy",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "selector",
    "sessionAffinity",
    "sessionAffinityConfig",
    "topologyKeys",
    "trafficDistribution",
];

fn has_ports(spec: &Value) -> bool {
    !list(spec, "ports").is_empty()
        || text(spec, "clusterIP") == "None"
        || text(spec, "type") == "ExternalName"
}

fn ports_are_named(spec: &Value) -> bool {
    let ports = list(spec, "ports");
    ports.len() <= 1 || ports.iter().all(|port| !text(port, "name").is_empty())
}

fn external_is_named(spec: &Value) -> bool {
    let name = text(spec, "externalName");
    text(spec, "type") != "ExternalName"
        || (DNS_SUBDOMAIN.holds)(name.strip_suffix('.').unwrap_or(name))
}

fn external_has_no_ip(spec: &Value) -> bool {
    text(spec, "type") != "ExternalName"
        || !has(spec, "clusterIP")
        || text(spec, "clusterIP").is_empty()
}
