//! Every default of every schema, by leaving the field out.

use std::time::Duration;

use ringress::objects::Object;
use ringress::objects::kinds::endpoint_slice::EndpointSlice;
use ringress::objects::kinds::gateway::Gateway;
use ringress::objects::kinds::gateway_tls::{FrontendValidationMode, TlsMode};
use ringress::objects::kinds::http_filter::HttpFilter;
use ringress::objects::kinds::http_route::{
    CookieLifetime, HttpRoute, PathMatchKind, SessionPersistenceKind, ValueMatchKind,
};
use ringress::objects::kinds::selector::From;
use ringress::objects::kinds::service::{Protocol, Service, ServiceKind};
use ringress::objects::parse::parse;
use serde_json::{Value, json};

use crate::support::{gateway, refusals, route, set};

fn read(value: Value) -> Object {
    let parsed = parse(value);
    assert_eq!(refusals(&parsed), [], "must be valid");
    parsed.object.expect("an object without refusals")
}

fn read_route(value: Value) -> HttpRoute {
    match read(value) {
        Object::HttpRoute(route) => HttpRoute::clone(&route),
        other => panic!("{other:?}"),
    }
}

fn read_gateway(value: Value) -> Gateway {
    match read(value) {
        Object::Gateway(gateway) => Gateway::clone(&gateway),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_route_without_rules_matches_everything() {
    let mut manifest = route();
    set(&mut manifest, "/spec/rules", "");
    let route = read_route(manifest);
    let [rule] = &route.spec.rules[..] else {
        panic!("{:?}", route.spec.rules)
    };
    let [rule_match] = &rule.matches[..] else {
        panic!("{:?}", rule.matches)
    };
    assert_eq!(rule_match.path.kind, PathMatchKind::PathPrefix);
    assert_eq!(rule_match.path.value, "/");
    assert!(rule.backend_refs.is_empty());
}

#[test]
fn matches_get_their_path_from_the_part_that_is_missing() {
    for (given, kind, value) in [
        ("", PathMatchKind::PathPrefix, "/"),
        (r#"[{"method":"GET"}]"#, PathMatchKind::PathPrefix, "/"),
        (r#"[{"path":{}}]"#, PathMatchKind::PathPrefix, "/"),
        (r#"[{"path":null}]"#, PathMatchKind::PathPrefix, "/"),
        (
            r#"[{"path":{"value":"/x"}}]"#,
            PathMatchKind::PathPrefix,
            "/x",
        ),
        (r#"[{"path":{"type":"Exact"}}]"#, PathMatchKind::Exact, "/"),
    ] {
        let mut manifest = route();
        set(&mut manifest, "/spec/rules/0/filters", "");
        set(&mut manifest, "/spec/rules/0/matches", given);
        let path = &read_route(manifest).spec.rules[0].matches[0].path;
        assert_eq!((path.kind, path.value.as_str()), (kind, value), "{given}");
    }
    let mut manifest = route();
    set(&mut manifest, "/spec/rules/0/filters", "");
    set(&mut manifest, "/spec/rules/0/matches", "[]");
    assert!(
        read_route(manifest).spec.rules[0].matches.is_empty(),
        "an empty list stays empty"
    );
}

#[test]
fn parts_of_a_route_have_their_defaults() {
    let route = read_route(route());
    assert_eq!(route.metadata.namespace.as_deref(), Some("default"));
    let parent = &route.spec.parent_refs[0];
    assert_eq!(
        (parent.group.as_str(), parent.kind.as_str()),
        ("gateway.networking.k8s.io", "Gateway")
    );
    let rule = &route.spec.rules[0];
    let rule_match = &rule.matches[0];
    assert_eq!(rule_match.headers[0].kind, ValueMatchKind::Exact);
    assert_eq!(rule_match.query_params[0].kind, ValueMatchKind::Exact);
    let backend = &rule.backend_refs[1];
    assert_eq!(
        (
            backend.group.as_str(),
            backend.kind.as_str(),
            backend.weight
        ),
        ("", "Service", 1)
    );
    let persistence = rule.session_persistence.as_ref().expect("as given");
    assert_eq!(persistence.kind, SessionPersistenceKind::Cookie);
    let timeouts = rule.timeouts.as_ref().expect("as given");
    assert_eq!(timeouts.request, Some(Duration::from_secs(10)));
    for filter in &rule.filters {
        match filter {
            HttpFilter::RequestMirror(mirror) => assert_eq!(mirror.backend_ref.kind, "Service"),
            HttpFilter::Cors(cors) => assert_eq!(cors.max_age, 5),
            HttpFilter::ExternalAuth(auth) => assert_eq!(auth.backend_ref.group, ""),
            _ => {}
        }
    }
}

#[test]
fn optional_parts_of_a_route_have_their_defaults() {
    let mut manifest = route();
    set(&mut manifest, "/spec/rules/0/backendRefs", "");
    set(
        &mut manifest,
        "/spec/rules/0/filters",
        r#"[{"type":"RequestRedirect","requestRedirect":{}},
            {"type":"RequestMirror","requestMirror":{"backendRef":{"name":"m","port":1},"fraction":{"numerator":7}}}]"#,
    );
    set(
        &mut manifest,
        "/spec/rules/0/sessionPersistence",
        r#"{"cookieConfig":{}}"#,
    );
    let route = read_route(manifest);
    let rule = &route.spec.rules[0];
    let [
        HttpFilter::RequestRedirect(redirect),
        HttpFilter::RequestMirror(mirror),
    ] = &rule.filters[..]
    else {
        panic!("{:?}", rule.filters)
    };
    assert_eq!(redirect.status_code, 302);
    assert_eq!(
        mirror
            .fraction
            .as_ref()
            .map(|fraction| fraction.denominator),
        Some(100)
    );
    let cookie = rule
        .session_persistence
        .as_ref()
        .and_then(|session| session.cookie_config.as_ref());
    assert_eq!(
        cookie.map(|cookie| cookie.lifetime_type),
        Some(CookieLifetime::Session)
    );
}

#[test]
fn parts_of_a_gateway_have_their_defaults() {
    let gateway = read_gateway(gateway());
    assert_eq!(gateway.spec.addresses[1].kind, "IPAddress");
    let https = &gateway.spec.listeners[1];
    assert_eq!(https.allowed_routes.namespaces.from, From::Same);
    assert!(https.allowed_routes.kinds.is_empty());
    let tls = https.tls.as_ref().expect("as given");
    assert_eq!(tls.mode, TlsMode::Terminate);
    let certificate = &tls.certificate_refs[0];
    assert_eq!(
        (certificate.group.as_str(), certificate.kind.as_str()),
        ("", "Secret")
    );
    let tls = gateway.spec.tls.as_ref().expect("as given");
    let frontend = tls.frontend.as_ref().expect("as given");
    let validation = frontend.default.validation.as_ref().expect("as given");
    assert_eq!(validation.mode, FrontendValidationMode::AllowValidOnly);
    let client = tls
        .backend
        .as_ref()
        .and_then(|backend| backend.client_certificate_ref.as_ref());
    assert_eq!(client.map(|client| client.kind.as_str()), Some("Secret"));
}

#[test]
fn choices_of_namespaces_default_at_every_depth() {
    for given in [
        "",
        "{}",
        r#"{"namespaces":{}}"#,
        r#"{"kinds":[{"kind":"HTTPRoute"}]}"#,
    ] {
        let mut manifest = gateway();
        set(&mut manifest, "/spec/listeners/0/allowedRoutes", given);
        let allowed = &read_gateway(manifest).spec.listeners[0].allowed_routes;
        assert_eq!(allowed.namespaces.from, From::Same, "{given}");
        let group = allowed.kinds.first().map(|kind| kind.group.as_str());
        assert!(
            group.is_none_or(|group| group == "gateway.networking.k8s.io"),
            "{given}"
        );
    }
    for given in ["{}", r#"{"namespaces":{}}"#] {
        let mut manifest = gateway();
        set(&mut manifest, "/spec/allowedListeners", given);
        let allowed = read_gateway(manifest)
            .spec
            .allowed_listeners
            .expect("as given");
        assert_eq!(allowed.namespaces.from, From::None, "{given}");
    }
}

#[test]
fn native_kinds_have_the_defaults_of_the_api_server() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 80}]}});
    let Object::Service(service) = read(service) else {
        panic!("a Service")
    };
    let Service { spec, .. } = &*service;
    assert_eq!(
        (spec.kind, spec.ports[0].protocol),
        (ServiceKind::ClusterIP, Protocol::Tcp)
    );
    assert!(!spec.publish_not_ready_addresses && spec.ports[0].name.is_empty());

    let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
    "metadata": {"name": "s"}, "addressType": "IPv4", "ports": [{"port": 80}],
    "endpoints": [
        {"addresses": ["10.0.0.1"]},
        {"addresses": ["10.0.0.2"], "conditions": {"ready": false}},
        {"addresses": ["10.0.0.3"], "conditions": {"ready": false, "serving": true, "terminating": true}},
    ]});
    let Object::EndpointSlice(slice) = read(slice) else {
        panic!("an EndpointSlice")
    };
    let EndpointSlice {
        endpoints, ports, ..
    } = &*slice;
    assert_eq!(ports[0].protocol, Protocol::Tcp);
    let conditions = endpoints.iter().map(|endpoint| {
        let conditions = endpoint.conditions;
        (
            conditions.is_ready(),
            conditions.is_serving(),
            conditions.is_terminating(),
        )
    });
    assert_eq!(
        conditions.collect::<Vec<_>>(),
        [
            (true, true, false),
            (false, false, false),
            (false, true, true)
        ]
    );

    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    let Object::Secret(secret) = read(secret) else {
        panic!("a Secret")
    };
    assert_eq!(secret.kind, "Opaque");

    let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {"name": "c"}, "spec": {"controller": "a.b/c",
        "parameters": {"kind": "P", "name": "p"}}});
    let Object::IngressClass(class) = read(class) else {
        panic!("an IngressClass")
    };
    assert_eq!(
        class.spec.parameters.as_ref().map(|of| of.scope.as_str()),
        Some("Cluster")
    );
}
