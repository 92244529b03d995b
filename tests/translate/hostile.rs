//! Nonsense in every field that takes free text: it ends as a literal or as a refusal, and what
//! others have is byte for byte what it was.

use super::{BASE, read, translated};
use ringress::ir::Model;
use serde_json::{Value, json};

/// Texts that broke other gateways: configuration syntax, shell, controls, direction marks, size.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\n}\nlua_init_by_lua_block { os.execute() }",
        "#;",
        "${jndi:ldap://x}",
        "`id`",
        "$(id)",
        "a\r\nX-Injected: 1",
        "a\u{0}b",
        "\u{202e}gpj.exe",
        "*",
        "../../etc/passwd",
        "/%2e%2e/%2e%2e",
        "//evil.example",
        "http://evil.example/",
        "((((((((((((((((a*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*",
        "(a{1000}){1000}",
        "",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(1 << 20));
    texts
}

/// Objects with `text` in one field each.
fn hostile(text: &str) -> Vec<Value> {
    let route = |name: &str, rule: Value, hostnames: Value| {
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": { "name": name, "namespace": "evil" },
            "spec": {
                "hostnames": hostnames,
                "parentRefs": [{ "name": "web", "namespace": "infra" }],
                "rules": [rule],
            },
        })
    };
    let evil = json!(["evil.example.com"]);
    let path = |kind: &str| json!({ "matches": [{ "path": { "type": kind, "value": text } }] });
    let value = |part: &str, kind: &str, name: &str| json!({ "matches": [{ part: [{ "type": kind, "name": name, "value": text }] }] });
    let edit = |name: &str, value: &str| {
        let edit = json!({ "set": [{ "name": name, "value": value }] });
        let filter = json!({ "type": "RequestHeaderModifier", "requestHeaderModifier": edit });
        json!({ "filters": [filter] })
    };
    let replace = |member: &str, kind: &str, replace: &str| {
        let kind = json!({ "type": kind, replace: text });
        let filter = if member == "urlRewrite" {
            "URLRewrite"
        } else {
            "RequestRedirect"
        };
        json!({ "filters": [{ "type": filter, member: { "path": kind } }] })
    };
    let ingress = |name: &str, path: Value, annotations: Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": { "name": name, "namespace": "evil", "annotations": annotations },
            "spec": { "ingressClassName": "ringress", "rules": [{
                "host": "evil.example.com",
                "http": { "paths": [{
                    "path": path,
                    "pathType": "ImplementationSpecific",
                    "backend": { "service": { "name": text, "port": { "name": text } } },
                }] },
            }] },
        })
    };
    vec![
        route("exact", path("Exact"), evil.clone()),
        route("prefix", path("PathPrefix"), evil.clone()),
        route("regex", path("RegularExpression"), evil.clone()),
        route("header", value("headers", "Exact", "x"), evil.clone()),
        route(
            "header-regex",
            value("headers", "RegularExpression", "x"),
            evil.clone(),
        ),
        route(
            "query",
            value("queryParams", "RegularExpression", "x"),
            evil.clone(),
        ),
        route("set-value", edit("x-a", text), evil.clone()),
        route("set-name", edit(text, "a"), evil.clone()),
        route(
            "full",
            replace("urlRewrite", "ReplaceFullPath", "replaceFullPath"),
            evil.clone(),
        ),
        route(
            "location",
            replace(
                "requestRedirect",
                "ReplacePrefixMatch",
                "replacePrefixMatch",
            ),
            evil,
        ),
        route("hostname", json!({}), json!([text])),
        ingress("path", json!(text), json!({})),
        ingress(
            "annotation",
            json!("/a"),
            json!({ "nginx.ingress.kubernetes.io/configuration-snippet": text }),
        ),
    ]
}

/// What the shop has: its route entries, their rules and backends, without numbers that shift.
fn of_the_shop(model: &Model) -> String {
    let mut parts = Vec::new();
    for bind in &model.binds {
        for listener in &bind.listeners {
            for entry in &listener.routes {
                if &*entry.precedence.namespace != "shop" {
                    continue;
                }
                parts.push(format!(
                    "{} {:?} {:?}",
                    bind.address, listener.name, entry.hostnames
                ));
                for rule in &entry.rules {
                    let rule = &model.rules[rule.0 as usize];
                    parts.push(format!(
                        "{:?} {:?} {:?}",
                        rule.name, rule.matches, rule.filters
                    ));
                }
            }
        }
    }
    for backend in &model.backends {
        if &*backend.name.namespace == "shop" {
            parts.push(format!("{backend:?}"));
        }
    }
    parts.join("\n")
}

const SHOP: &str = r#"---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  hostnames: [shop.example.com]
  parentRefs: [{name: web, namespace: infra}]
  rules: [{matches: [{path: {value: /pay}}], backendRefs: [{name: app, port: 80}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: shop}
spec:
  ingressClassName: ringress
  defaultBackend: {service: {name: app, port: {number: 80}}}
"#;

#[test]
fn nonsense_changes_nothing_for_others() {
    let base = read(&format!("{BASE}{SHOP}"));
    let before = of_the_shop(&translated(&base).0);
    assert!(
        before.contains("/pay") && before.contains("10.0.0.1:8080"),
        "{before}"
    );
    let mut accepted = 0;
    for text in texts() {
        for object in hostile(&text) {
            let mut objects = base.clone();
            let read = read(&object.to_string());
            accepted += read.len();
            objects.extend(read);
            let (model, report) = translated(&objects);
            let name = &object["metadata"]["name"];
            let shown: String = text.chars().take(40).collect();
            assert_eq!(of_the_shop(&model), before, "{name} with {shown:?}");
            for line in report.lines() {
                assert!(
                    line.condition.message.len() < 16 * 1024,
                    "{name} with {shown:?}"
                );
            }
            no_controls(&model, &format!("{name} with {shown:?}"));
        }
    }
    assert!(
        accepted > 40,
        "most of it never reached translation: {accepted}"
    );
}

/// No edit to a head may hold what would end a line.
fn no_controls(model: &Model, what: &str) {
    for rule in &model.rules {
        let text = serde_json::to_string(&rule.filters).expect("plain data");
        for escape in ["\\r", "\\n", "\\u0000"] {
            assert!(!text.contains(escape), "{what}: {text}");
        }
    }
}
