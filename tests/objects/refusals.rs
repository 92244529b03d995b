//! Kinds that are not read, fields that no schema has, and Secrets that stay secret.

use ringress::objects::parse::parse;
use ringress::objects::{Cause, Object};
use serde_json::{Value, json};

use crate::support::{gateway, refusals, route, set, unknown};

#[test]
fn kinds_that_are_not_read_are_named() {
    for (api_version, kind, cause) in [
        (
            "gateway.networking.k8s.io/v1",
            "TLSRoute",
            Cause::UnsupportedKind,
        ),
        (
            "gateway.networking.k8s.io/v1",
            "GRPCRoute",
            Cause::UnsupportedKind,
        ),
        (
            "gateway.networking.k8s.io/v1",
            "BackendTLSPolicy",
            Cause::UnsupportedKind,
        ),
        (
            "gateway.networking.k8s.io/v1",
            "ListenerSet",
            Cause::UnsupportedKind,
        ),
        (
            "gateway.networking.x-k8s.io/v1alpha1",
            "XBackendTrafficPolicy",
            Cause::UnsupportedKind,
        ),
        (
            "gateway.networking.k8s.io/v1alpha2",
            "HTTPRoute",
            Cause::UnsupportedKind,
        ),
        ("extensions/v1beta1", "Ingress", Cause::ForeignKind),
        (
            "networking.k8s.io/v1beta1",
            "Ingress",
            Cause::UnsupportedKind,
        ),
        ("networking.k8s.io/v1", "NetworkPolicy", Cause::ForeignKind),
        ("apps/v1", "Deployment", Cause::ForeignKind),
        ("v1", "Pod", Cause::ForeignKind),
        ("example.com/v1", "Gateway", Cause::ForeignKind),
    ] {
        let parsed =
            parse(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}));
        let [fault] = &parsed.faults[..] else {
            panic!("{kind}: {:?}", parsed.faults)
        };
        assert_eq!(
            fault.cause, cause,
            "{api_version} {kind}: {}",
            fault.message
        );
        assert!(fault.message.contains(kind), "{}", fault.message);
        assert!(parsed.object.is_none());
    }
}

#[test]
fn what_is_no_object_is_said_to_be_none() {
    for (value, field, says) in [
        (json!([1]), "", "an object with apiVersion and kind"),
        (json!("text"), "", "an object with apiVersion and kind"),
        (json!({"kind": "Gateway"}), "apiVersion", "is required"),
        (json!({"apiVersion": "v1"}), "kind", "is required"),
        (
            json!({"apiVersion": 1, "kind": "Service"}),
            "apiVersion",
            "a text is required",
        ),
        (
            json!({"apiVersion": "v1", "kind": "Service", "metadata": "x"}),
            "metadata",
            "an object",
        ),
    ] {
        let parsed = parse(value.clone());
        let found = refusals(&parsed);
        assert!(
            found
                .iter()
                .any(|(at, message)| at == field && message.contains(says)),
            "{value}: {found:?}"
        );
        assert!(parsed.object.is_none(), "{value}");
    }
}

#[test]
fn unknown_fields_are_named_and_the_rest_counts() {
    for (base, at, field) in [
        (gateway(), "/spec/listener", "spec.listener"),
        (
            gateway(),
            "/spec/listeners/0/hostName",
            "spec.listeners[0].hostName",
        ),
        (
            gateway(),
            "/spec/listeners/0/allowedRoutes/namespaces/form",
            "spec.listeners[0].allowedRoutes.namespaces.form",
        ),
        (
            route(),
            "/spec/rules/0/matches/0/path/regex",
            "spec.rules[0].matches[0].path.regex",
        ),
        (
            route(),
            "/spec/rules/0/filters/0/requestHeaderModifier/put",
            "spec.rules[0].filters[0].requestHeaderModifier.put",
        ),
        (
            route(),
            "/spec/rules/0/filters/5/urlRewrite/path/typ",
            "spec.rules[0].filters[5].urlRewrite.path.typ",
        ),
        (
            route(),
            "/spec/rules/0/backendRefs/0/wieght",
            "spec.rules[0].backendRefs[0].wieght",
        ),
        (route(), "/metadata/lables", "metadata.lables"),
        (route(), "/sepc", "sepc"),
    ] {
        let mut manifest = base;
        set(&mut manifest, at, r#""x""#);
        let parsed = parse(manifest);
        assert_eq!(unknown(&parsed), [field]);
        assert!(parsed.object.is_some(), "{at}");
    }
}

#[test]
fn every_fault_of_an_object_is_found_at_once() {
    let mut manifest = gateway();
    set(&mut manifest, "/spec/gatewayClassName", "");
    set(&mut manifest, "/spec/listeners/0/port", "0");
    set(&mut manifest, "/spec/listeners/1/protocol", "7");
    set(&mut manifest, "/spec/listeners/0/hotsname", r#""x""#);
    let parsed = parse(manifest);
    let fields: Vec<String> = refusals(&parsed)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    for field in [
        "spec.gatewayClassName",
        "spec.listeners[0].port",
        "spec.listeners[1].protocol",
    ] {
        assert!(
            fields.iter().any(|found| found == field),
            "{field} in {fields:?}"
        );
    }
    assert_eq!(unknown(&parsed), ["spec.listeners[0].hotsname"]);
    assert_eq!(
        parsed.key.map(|key| key.to_string()).as_deref(),
        Some("Gateway infra/edge")
    );
}

#[test]
fn secrets_are_shown_nowhere() {
    let secret = |data: Value| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "data": data, "stringData": {"plain": "hush-hush", "both": "hush-new"}})
    };
    let parsed = parse(secret(
        json!({"both": "aHVzaC1vbGQ=", "coded": "aHVzaC1odXNo"}),
    ));
    let Some(Object::Secret(object)) = &parsed.object else {
        panic!("{:?}", parsed.faults)
    };
    let values: Vec<_> = object.data.values().map(|value| value.expose()).collect();
    assert_eq!(
        values,
        [&b"hush-new"[..], b"hush-hush", b"hush-hush"],
        "stringData wins"
    );
    assert!(!format!("{parsed:?}").contains("hush"), "{parsed:?}");
    let shown = serde_json::to_string(&object.data).expect("it serialises");
    assert!(
        !shown.contains("hush") && shown.contains("9 secret bytes"),
        "{shown}"
    );

    for data in [
        json!("hush-hush"),
        json!({"a": "hush-hush"}),
        json!({"a": ["hush-hush"]}),
    ] {
        let parsed = parse(secret(data.clone()));
        assert!(parsed.object.is_none(), "{data}");
        assert!(
            !format!("{:?}", parsed.faults).contains("hush"),
            "{:?}",
            parsed.faults
        );
    }
}
