//! What the API server refuses of the native kinds.

use serde_json::json;

use crate::support::{check_accepted, check_refusals, row};

#[test]
fn ingresses_are_refused_as_the_api_server_refuses_them() {
    let base = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop"},
        "spec": {
            "ingressClassName": "ringress",
            "defaultBackend": {"resource": {"apiGroup": "a.b", "kind": "C", "name": "d"}},
            "tls": [{"hosts": ["shop.example.com"], "secretName": "cert"}],
            "rules": [{"host": "shop.example.com", "http": {"paths": [{
                "path": "/a", "pathType": "Prefix",
                "backend": {"service": {"name": "s", "port": {"number": 80}}},
            }]}}],
        },
    });
    let path = "spec.rules[0].http.paths[0]";
    check_refusals(
        &base,
        &[
            row("/spec", "{}", "spec", "defaultBackend or rules is required"),
            row(
                "/spec/ingressClassName",
                r#""A""#,
                "spec.ingressClassName",
                "DNS name",
            ),
            row(
                "/metadata/annotations",
                r#"{"kubernetes.io/ingress.class":"nginx"}"#,
                "",
                "excludes the older annotation",
            ),
            row(
                "/spec/rules/0/host",
                r#""10.0.0.1""#,
                "spec.rules[0].host",
                "no IP address",
            ),
            row("/spec/rules/0/host", r#""*""#, "spec.rules[0].host", "'*.'"),
            row(
                "/spec/rules/0/http/paths",
                "",
                "spec.rules[0].http.paths",
                "is required",
            ),
            row(
                "/spec/rules/0/http/paths",
                "[]",
                "spec.rules[0].http.paths",
                "at least 1",
            ),
            row(
                "/spec/rules/0/http/paths/0/pathType",
                "",
                "spec.rules[0].http.paths[0].pathType",
                "is required",
            ),
            row(
                "/spec/rules/0/http/paths/0/pathType",
                r#""Regex""#,
                "spec.rules[0].http.paths[0].pathType",
                "Exact, Prefix, ImplementationSpecific",
            ),
            row(
                "/spec/rules/0/http/paths/0/path",
                "",
                path,
                "must begin with '/'",
            ),
            row(
                "/spec/rules/0/http/paths/0/path",
                r#""a""#,
                path,
                "must begin with '/'",
            ),
            row(
                "/spec/rules/0/http/paths/0/path",
                r#""/a//b""#,
                path,
                "must not contain //",
            ),
            row("/spec/rules/0/http/paths/0/path", r#""/%2F""#, path, "%2F"),
            row(
                "/spec/rules/0/http/paths/0",
                r#"{"path":"a","pathType":"ImplementationSpecific","backend":{"service":{"name":"s","port":{"number":1}}}}"#,
                path,
                "where it is not empty",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend",
                "",
                "spec.rules[0].http.paths[0].backend",
                "is required",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend",
                "{}",
                "spec.rules[0].http.paths[0].backend",
                "either service or resource",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/resource",
                r#"{"kind":"A","name":"b"}"#,
                "spec.rules[0].http.paths[0].backend",
                "and not both",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/name",
                r#""A""#,
                "spec.rules[0].http.paths[0].backend.service.name",
                "DNS label",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/port/name",
                r#""http""#,
                "spec.rules[0].http.paths[0].backend.service",
                "and not both",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/port",
                "",
                "spec.rules[0].http.paths[0].backend.service",
                "port.name or port.number",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/port",
                r#"{"number":65536}"#,
                "spec.rules[0].http.paths[0].backend.service.port.number",
                "from 1 to 65535",
            ),
            row(
                "/spec/defaultBackend/resource/kind",
                "",
                "spec.defaultBackend.resource.kind",
                "is required",
            ),
            row(
                "/spec/tls/0/hosts",
                r#"["a_b"]"#,
                "spec.tls[0].hosts[0]",
                "DNS name",
            ),
            row(
                "/spec/tls/0/secretName",
                r#""A""#,
                "spec.tls[0].secretName",
                "DNS name",
            ),
        ],
    );
    check_accepted(
        &base,
        &[
            ("/spec/rules", ""),
            ("/spec/rules/0/http", ""),
            ("/spec/rules/0/host", r#""*.example.com""#),
            ("/spec/rules/0/host", r#""""#),
            ("/spec/tls", r#"[{}]"#),
            (
                "/spec/rules/0/http/paths/0",
                r#"{"pathType":"ImplementationSpecific","backend":{"service":{"name":"s","port":{"name":"web"}}}}"#,
            ),
        ],
    );
}

#[test]
fn services_are_refused_as_the_api_server_refuses_them() {
    let base = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {
            "ports": [
                {"name": "a", "port": 80, "targetPort": "http", "appProtocol": "kubernetes.io/h2c"},
                {"name": "b", "port": 81, "targetPort": 8081, "nodePort": 30000},
                {"name": "c", "port": 82, "targetPort": 0},
                {"name": "d", "port": 83, "targetPort": ""},
            ],
            "selector": {"app": "s"},
            "clusterIP": "10.1.2.3",
            "sessionAffinity": "None",
        },
    });
    check_refusals(
        &base,
        &[
            row(
                "/metadata/name",
                r#""1a""#,
                "metadata.name",
                "begins with a letter",
            ),
            row("/spec/ports", "", "spec", "ports is required"),
            row("/spec/ports/0/name", "", "spec", "every port needs a name"),
            row(
                "/spec/ports/0/name",
                r#""b""#,
                "spec.ports",
                "the same name",
            ),
            row(
                "/spec/ports/0/name",
                r#""A""#,
                "spec.ports[0].name",
                "DNS label",
            ),
            row(
                "/spec/ports/0/port",
                "81",
                "spec.ports",
                "the same protocol, port",
            ),
            row(
                "/spec/ports/0/port",
                "",
                "spec.ports[0].port",
                "is required",
            ),
            row("/spec/ports/0/port", "0", "spec.ports[0].port", "from 1"),
            row(
                "/spec/ports/0/protocol",
                r#""HTTP""#,
                "spec.ports[0].protocol",
                "TCP, UDP, SCTP",
            ),
            row(
                "/spec/ports/0/targetPort",
                "65536",
                "spec.ports[0].targetPort",
                "from 0",
            ),
            row(
                "/spec/ports/0/targetPort",
                r#""80""#,
                "spec.ports[0].targetPort",
                "port name",
            ),
            row(
                "/spec/ports/0/targetPort",
                "true",
                "spec.ports[0].targetPort",
                "number or the name",
            ),
            row(
                "/spec/ports/0/appProtocol",
                r#""a b""#,
                "spec.ports[0].appProtocol",
                "63 letters",
            ),
            row("/spec/type", r#""Internal""#, "spec.type", "ExternalName"),
            row(
                "/spec",
                r#"{"type":"ExternalName"}"#,
                "spec",
                "externalName must be",
            ),
            row(
                "/spec",
                r#"{"type":"ExternalName","externalName":"a.b","clusterIP":"10.0.0.1"}"#,
                "spec",
                "clusterIP must not be set",
            ),
        ],
    );
    check_accepted(
        &base,
        &[
            ("/spec", r#"{"type":"ExternalName","externalName":"a.b."}"#),
            ("/spec", r#"{"clusterIP":"None"}"#),
            (
                "/spec",
                r#"{"ports":[{"port":53,"name":"u","protocol":"UDP"},{"port":53,"name":"t"}]}"#,
            ),
        ],
    );
}

#[test]
fn endpoint_slices_are_refused_as_the_api_server_refuses_them() {
    let base = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "s", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": true},
            "targetRef": {"kind": "Pod", "name": "p"}, "nodeName": "n", "hints": {}}],
        "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}],
    });
    check_refusals(
        &base,
        &[
            row("/addressType", "", "addressType", "is required"),
            row(
                "/addressType",
                r#""IPv5""#,
                "addressType",
                "IPv4, IPv6, FQDN",
            ),
            row("/addressType", r#""IPv6""#, "", "of addressType"),
            row(
                "/endpoints/0/addresses",
                "",
                "endpoints[0].addresses",
                "is required",
            ),
            row(
                "/endpoints/0/addresses",
                "[]",
                "endpoints[0].addresses",
                "at least 1",
            ),
            row("/endpoints/0/addresses", r#"["a.b"]"#, "", "must be valid"),
            row(
                "/endpoints/0/addresses",
                r#"["0.0.0.0"]"#,
                "",
                "must be valid",
            ),
            row(
                "/endpoints/0/conditions/ready",
                r#""yes""#,
                "endpoints[0].conditions.ready",
                "boolean",
            ),
            row("/ports/0/name", r#""b""#, "ports", "the same name"),
            row("/ports/0/name", r#""A""#, "ports[0].name", "DNS label"),
            row("/ports/0/port", "0", "ports[0].port", "from 1"),
            row("/ports/0/protocol", r#""tcp""#, "ports[0].protocol", "TCP"),
        ],
    );
    check_accepted(
        &base,
        &[
            ("/ports", r#"[{"name":"","port":80}]"#),
            ("/ports", r#"[{}]"#),
            ("/endpoints", "null"),
            ("/endpoints", "[]"),
        ],
    );
}

#[test]
fn plain_kinds_are_refused_as_the_api_server_refuses_them() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
        "type": "kubernetes.io/tls", "data": {"tls.crt": "YQ==", "tls.key": "Yg=="}});
    check_refusals(
        &secret,
        &[
            row("/data/tls.key", "", "", "tls.crt and tls.key are required"),
            row("/data/a b", r#""YQ==""#, "data", "file name"),
            row(
                "/data/tls.crt",
                r#""hush-hush""#,
                "data[tls.crt]",
                "not valid base64",
            ),
            row(
                "/data/tls.crt",
                "5",
                "data[tls.crt]",
                "a base64 text is required",
            ),
            row("/data", r#""hush-hush""#, "data", "must be an object"),
            row(
                "/stringData",
                r#"{"a":7}"#,
                "stringData.a",
                "a text is required",
            ),
        ],
    );
    check_accepted(
        &secret,
        &[
            ("/immutable", "true"),
            ("/stringData", r#"{"a":"b"}"#),
            ("/data/tls.crt", r#""""#),
        ],
    );
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"},
        "data": {"ca.crt": "x"}, "binaryData": {"b": "YQ=="}});
    check_refusals(
        &map,
        &[
            row("/data", r#"{"b":"c"}"#, "", "a key in common"),
            row("/data", r#"{"..":"c"}"#, "data", "file name"),
            row("/data", r#"{"a":true}"#, "data.a", "must be a text"),
        ],
    );
    let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {"name": "c"}, "spec": {"controller": "ringress.dev/ingress-controller"}});
    check_refusals(
        &class,
        &[
            row("/spec/controller", "", "spec.controller", "is required"),
            row(
                "/spec/controller",
                r#""x""#,
                "spec.controller",
                "a domain and a path",
            ),
            row(
                "/spec/parameters",
                r#"{"kind":"A"}"#,
                "spec.parameters.name",
                "is required",
            ),
            row(
                "/spec/parameters",
                r#"{"kind":"A","name":"b","scope":"Namespace"}"#,
                "spec.parameters",
                "namespace is required",
            ),
            row(
                "/spec/parameters",
                r#"{"kind":"A","name":"b","namespace":"c"}"#,
                "spec.parameters",
                "must not be set",
            ),
        ],
    );
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"},
        "spec": {"finalizers": ["kubernetes"]}});
    check_refusals(
        &namespace,
        &[row(
            "/metadata/name",
            r#""a.b""#,
            "metadata.name",
            "DNS label",
        )],
    );
}
