//! What the schemas of GatewayClass, Gateway and ReferenceGrant refuse.

use serde_json::json;

use crate::support::{check_accepted, check_refusals, gateway, row};

#[test]
fn gateways_are_refused_as_the_schema_refuses_them() {
    let name_254 = "a".repeat(254);
    let name_254: &'static str = format!("\"{name_254}\"").leak();
    let listeners_65: Vec<_> = (1..=65)
        .map(|port| json!({"name": format!("l{port}"), "port": port, "protocol": "HTTP"}))
        .collect();
    let listeners_65: &'static str = json!(listeners_65).to_string().leak();
    check_refusals(
        &gateway(),
        &[
            row("/spec", "", "spec", "is required"),
            row(
                "/spec/gatewayClassName",
                "",
                "spec.gatewayClassName",
                "is required",
            ),
            row(
                "/spec/gatewayClassName",
                r#""""#,
                "spec.gatewayClassName",
                "at least 1",
            ),
            row(
                "/spec/gatewayClassName",
                name_254,
                "spec.gatewayClassName",
                "at most 253",
            ),
            row(
                "/spec/gatewayClassName",
                "7",
                "spec.gatewayClassName",
                "must be a text",
            ),
            row("/spec/listeners", "", "spec.listeners", "is required"),
            row("/spec/listeners", "[]", "spec.listeners", "at least 1"),
            row("/spec/listeners", "{}", "spec.listeners", "must be a list"),
            row(
                "/spec/listeners",
                listeners_65,
                "spec.listeners",
                "at most 64",
            ),
            row(
                "/spec/listeners/0/name",
                "",
                "spec.listeners[0].name",
                "is required",
            ),
            row(
                "/spec/listeners/0/name",
                r#""A""#,
                "spec.listeners[0].name",
                "DNS name",
            ),
            row(
                "/spec/listeners/0/name",
                r#""tcp""#,
                "spec.listeners",
                "items 0 and 3 have the same name",
            ),
            row(
                "/spec/listeners/0/port",
                "",
                "spec.listeners[0].port",
                "is required",
            ),
            row(
                "/spec/listeners/0/port",
                "0",
                "spec.listeners[0].port",
                "from 1 to 65535",
            ),
            row(
                "/spec/listeners/0/port",
                "65536",
                "spec.listeners[0].port",
                "from 1 to 65535",
            ),
            row(
                "/spec/listeners/0/port",
                r#""80""#,
                "spec.listeners[0].port",
                "must be a whole number",
            ),
            row(
                "/spec/listeners/0/port",
                "80.5",
                "spec.listeners[0].port",
                "must be a whole number",
            ),
            row(
                "/spec/listeners/0/protocol",
                "",
                "spec.listeners[0].protocol",
                "is required",
            ),
            row(
                "/spec/listeners/0/protocol",
                r#""a b""#,
                "spec.listeners[0].protocol",
                "protocol",
            ),
            row(
                "/spec/listeners/0/hostname",
                r#""""#,
                "spec.listeners[0].hostname",
                "at least 1",
            ),
            row(
                "/spec/listeners/0/hostname",
                r#""*""#,
                "spec.listeners[0].hostname",
                "'*.'",
            ),
            row(
                "/spec/listeners/0/hostname",
                r#""a.*.b""#,
                "spec.listeners[0].hostname",
                "'*.'",
            ),
            row(
                "/spec/listeners/0/hostname",
                r#""A.b""#,
                "spec.listeners[0].hostname",
                "'*.'",
            ),
            row(
                "/spec/listeners/3",
                r#"{"name":"http2","port":80,"protocol":"HTTP","hostname":"*.example.com"}"#,
                "spec.listeners",
                "items 0 and 3 have the same port, protocol, hostname",
            ),
            row(
                "/spec/listeners/0/tls",
                r#"{"certificateRefs":[{"name":"a"}]}"#,
                "spec.listeners[0]",
                "tls must not be set",
            ),
            row(
                "/spec/listeners/1/tls/mode",
                r#""Passthrough""#,
                "spec.listeners[1]",
                "must be Terminate",
            ),
            row(
                "/spec/listeners/1/tls/mode",
                r#""Other""#,
                "spec.listeners[1].tls.mode",
                "one of Terminate, Passthrough",
            ),
            row(
                "/spec/listeners/1/tls/certificateRefs",
                "",
                "spec.listeners[1].tls",
                "certificateRefs or options",
            ),
            row(
                "/spec/listeners/1/tls/certificateRefs",
                "[]",
                "spec.listeners[1].tls",
                "certificateRefs or options",
            ),
            row(
                "/spec/listeners/1/tls/certificateRefs/0/name",
                "",
                "spec.listeners[1].tls.certificateRefs[0].name",
                "is required",
            ),
            row(
                "/spec/listeners/1/tls/certificateRefs/0/kind",
                r#""1""#,
                "spec.listeners[1].tls.certificateRefs[0].kind",
                "a kind",
            ),
            row(
                "/spec/listeners/1/tls/certificateRefs/0/namespace",
                r#""a.b""#,
                "spec.listeners[1].tls.certificateRefs[0].namespace",
                "DNS label",
            ),
            row(
                "/spec/listeners/2/tls",
                "",
                "spec.listeners[2]",
                "tls with a mode is required",
            ),
            row(
                "/spec/listeners/3/hostname",
                r#""a.b""#,
                "spec.listeners[3]",
                "hostname must not be set",
            ),
            row(
                "/spec/listeners/0/allowedRoutes",
                r#"{"namespaces":{"from":"None"}}"#,
                "spec.listeners[0].allowedRoutes.namespaces.from",
                "one of All, Selector, Same",
            ),
            row(
                "/spec/listeners/0/allowedRoutes",
                r#"{"namespaces":{"from":"Selector","selector":{"matchExpressions":[{"key":"a"}]}}}"#,
                "spec.listeners[0].allowedRoutes.namespaces.selector.matchExpressions[0].operator",
                "is required",
            ),
            row(
                "/spec/listeners/0/allowedRoutes",
                r#"{"kinds":[{"group":"a.b"}]}"#,
                "spec.listeners[0].allowedRoutes.kinds[0].kind",
                "is required",
            ),
            row(
                "/spec/addresses/0/value",
                r#""10.0.0.256""#,
                "spec.addresses[0]",
                "IPv4 or IPv6",
            ),
            row(
                "/spec/addresses/0/value",
                r#""""#,
                "spec.addresses[0]",
                "IPv4 or IPv6",
            ),
            row(
                "/spec/addresses/0/value",
                r#""10.0.0.2""#,
                "spec.addresses",
                "IPAddress values must be unique",
            ),
            row(
                "/spec/addresses",
                r#"[{"type":"Hostname","value":"a b"}]"#,
                "spec.addresses[0]",
                "DNS name",
            ),
            row(
                "/spec/addresses",
                r#"[{"type":"Hostname","value":"a"},{"type":"Hostname","value":"a"}]"#,
                "spec.addresses",
                "Hostname values must be unique",
            ),
            row(
                "/spec/addresses/0/type",
                r#""Other""#,
                "spec.addresses[0].type",
                "NamedAddress",
            ),
            row(
                "/spec/infrastructure/labels",
                r#"{"a b":"c"}"#,
                "spec.infrastructure.labels",
                "the key \"a b\"",
            ),
            row(
                "/spec/infrastructure/labels",
                r#"{"a.b/c":"d e"}"#,
                "spec.infrastructure.labels[a.b/c]",
                "63 letters",
            ),
            row(
                "/spec/infrastructure/parametersRef/kind",
                "",
                "spec.infrastructure.parametersRef.kind",
                "is required",
            ),
            row(
                "/spec/allowedListeners/namespaces/from",
                r#""Some""#,
                "spec.allowedListeners.namespaces.from",
                "None",
            ),
            row(
                "/spec/tls/frontend/default",
                "",
                "spec.tls.frontend.default",
                "is required",
            ),
            row(
                "/spec/tls/frontend/default/validation/caCertificateRefs",
                "[]",
                "spec.tls.frontend.default.validation.caCertificateRefs",
                "at least 1",
            ),
            row(
                "/spec/tls/frontend/default/validation/caCertificateRefs/0/group",
                "",
                "spec.tls.frontend.default.validation.caCertificateRefs[0].group",
                "is required",
            ),
            row(
                "/spec/tls/frontend/perPort",
                r#"[{"port":1,"tls":{}},{"port":1,"tls":{}}]"#,
                "spec.tls.frontend.perPort",
                "the same port",
            ),
            row(
                "/spec/defaultScope",
                r#""Some""#,
                "spec.defaultScope",
                "one of All, None",
            ),
            row("/metadata/name", "", "metadata.name", "is required"),
            row("/metadata/name", r#""Edge""#, "metadata.name", "DNS name"),
            row(
                "/metadata/namespace",
                r#""a.b""#,
                "metadata.namespace",
                "DNS label",
            ),
            row(
                "/metadata/labels",
                r#"{"a":"-"}"#,
                "metadata.labels.a",
                "63 letters",
            ),
            row(
                "/metadata/labels",
                r#"{"a":true}"#,
                "metadata.labels.a",
                "must be a text",
            ),
            row(
                "/metadata/creationTimestamp",
                r#""yesterday""#,
                "metadata.creationTimestamp",
                "RFC 3339",
            ),
            row(
                "/apiVersion",
                r#""gateway.networking.k8s.io/v1alpha2""#,
                "apiVersion",
                "one of v1, v1beta1",
            ),
        ],
    );
}

#[test]
fn gateways_are_taken_as_the_schema_takes_them() {
    check_accepted(
        &gateway(),
        &[
            ("/apiVersion", r#""gateway.networking.k8s.io/v1beta1""#),
            (
                "/spec/addresses",
                r#"[{"type":"Hostname","value":"*.a.b"},{"type":"IPAddress"}]"#,
            ),
            (
                "/spec/addresses",
                r#"[{"type":"example.com/pool","value":"x"},{"value":"::1"}]"#,
            ),
            ("/spec/listeners/1/tls", r#"{"options":{"a":"b"}}"#),
            ("/spec/listeners/1/tls", ""),
            ("/spec/listeners/0/protocol", r#""example.com/quic""#),
            ("/spec/listeners/0/hostname", ""),
            ("/spec/defaultScope", r#""All""#),
            ("/status", r#"{"anything":[1,2]}"#),
            ("/metadata/creationTimestamp", r#""2024-05-06T07:08:09Z""#),
            ("/metadata/managedFields", r#"[{"manager":"kubectl"}]"#),
            ("/metadata/namespace", r#""""#),
            ("/spec/infrastructure", "null"),
        ],
    );
}

#[test]
fn gateway_classes_are_refused_as_the_schema_refuses_them() {
    let base = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "ringress"},
        "spec": {
            "controllerName": "ringress.dev/gateway-controller",
            "parametersRef": {"group": "a.b", "kind": "C", "name": "d"},
        },
    });
    let long: &'static str = format!("\"{}\"", "x".repeat(65)).leak();
    check_refusals(
        &base,
        &[
            row(
                "/spec/controllerName",
                "",
                "spec.controllerName",
                "is required",
            ),
            row(
                "/spec/controllerName",
                r#""ringress""#,
                "spec.controllerName",
                "a domain and a path",
            ),
            row(
                "/spec/parametersRef/group",
                "",
                "spec.parametersRef.group",
                "is required",
            ),
            row(
                "/spec/parametersRef/name",
                r#""""#,
                "spec.parametersRef.name",
                "at least 1",
            ),
            row("/spec/description", long, "spec.description", "at most 64"),
            row(
                "/metadata/namespace",
                r#""a""#,
                "metadata.namespace",
                "live in no namespace",
            ),
        ],
    );
    check_accepted(&base, &[("/spec/parametersRef/namespace", r#""infra""#)]);
}

#[test]
fn reference_grants_are_refused_as_the_schema_refuses_them() {
    let base = json!({
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": "b"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "a"}],
            "to": [{"group": "", "kind": "Service"}],
        },
    });
    check_refusals(
        &base,
        &[
            row("/spec/from", "", "spec.from", "is required"),
            row("/spec/from", "[]", "spec.from", "at least 1"),
            row(
                "/spec/from/0/namespace",
                "",
                "spec.from[0].namespace",
                "is required",
            ),
            row(
                "/spec/from/0/namespace",
                r#""*""#,
                "spec.from[0].namespace",
                "DNS label",
            ),
            row(
                "/spec/from/0/group",
                r#""A""#,
                "spec.from[0].group",
                "API group",
            ),
            row("/spec/to", "[]", "spec.to", "at least 1"),
            row("/spec/to/0/kind", "", "spec.to[0].kind", "is required"),
            row("/spec/to/0/name", r#""""#, "spec.to[0].name", "at least 1"),
        ],
    );
    check_accepted(
        &base,
        &[("/apiVersion", r#""gateway.networking.k8s.io/v1""#)],
    );
}
