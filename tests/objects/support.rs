//! Valid manifests to start from, and one change to them at a time.

use ringress::objects::parse::{Parsed, parse};
use ringress::objects::{Cause, Severity};
use serde_json::{Value, json};

/// One change to a valid manifest, and the one refusal it must bring.
pub struct Refusal {
    /// JSON pointer of what is set; objects on the way are made.
    pub at: &'static str,
    /// JSON, or empty to take the field out.
    pub value: &'static str,
    /// The field the fault must name.
    pub field: &'static str,
    /// What its message must contain.
    pub says: &'static str,
}

/// A row of a table of refusals.
pub const fn row(
    at: &'static str,
    value: &'static str,
    field: &'static str,
    says: &'static str,
) -> Refusal {
    Refusal {
        at,
        value,
        field,
        says,
    }
}

/// Checks that the base is faultless and that each change brings exactly its refusal.
pub fn check_refusals(base: &Value, rows: &[Refusal]) {
    let parsed = parse(base.clone());
    assert!(
        parsed.object.is_some() && parsed.faults.is_empty(),
        "the base: {:?}",
        parsed.faults
    );
    for Refusal {
        at,
        value,
        field,
        says,
    } in rows
    {
        let mut manifest = base.clone();
        set(&mut manifest, at, value);
        let parsed = parse(manifest);
        let refusals = refusals(&parsed);
        let case = format!("{at} = {value}");
        let [(at_field, message)] = &refusals[..] else {
            panic!("{case}: not one refusal but {refusals:#?}");
        };
        assert_eq!(at_field, field, "{case}: {message}");
        assert!(message.contains(says), "{case}: {message}");
        assert!(parsed.object.is_none(), "{case}: the object must not count");
    }
}

/// Checks refusals of the one rule of [`route`]; pointers and fields begin at the rule.
pub fn check_rule(rows: &[(&'static str, &'static str, &'static str, &'static str)]) {
    let rows: Vec<Refusal> = rows
        .iter()
        .map(|(at, value, field, says)| {
            let dot = if field.is_empty() || field.starts_with('[') {
                ""
            } else {
                "."
            };
            let at = format!("/spec/rules/0{at}").leak();
            row(at, value, format!("spec.rules[0]{dot}{field}").leak(), says)
        })
        .collect();
    check_refusals(&route(), &rows);
}

/// Checks that each change to the base is taken without any fault.
pub fn check_accepted(base: &Value, rows: &[(&str, &str)]) {
    for (at, value) in rows {
        let mut manifest = base.clone();
        set(&mut manifest, at, value);
        let parsed = parse(manifest);
        assert!(
            parsed.object.is_some(),
            "{at} = {value}: {:?}",
            parsed.faults
        );
        assert!(
            parsed.faults.is_empty(),
            "{at} = {value}: {:?}",
            parsed.faults
        );
    }
}

/// Field and message of what refuses an object.
pub fn refusals(parsed: &Parsed) -> Vec<(String, String)> {
    let refuse = parsed
        .faults
        .iter()
        .filter(|fault| fault.cause.severity() == Severity::Refused);
    refuse
        .map(|fault| (fault.field.to_string(), fault.message.clone()))
        .collect()
}

/// The fields that are reported as unknown.
pub fn unknown(parsed: &Parsed) -> Vec<String> {
    let unknown = parsed
        .faults
        .iter()
        .filter(|fault| fault.cause == Cause::UnknownField);
    unknown.map(|fault| fault.field.to_string()).collect()
}

/// Sets what a JSON pointer names; an empty value takes it out.
pub fn set(value: &mut Value, pointer: &str, json: &str) {
    let (owner, member) = pointer.rsplit_once('/').expect("a pointer begins with '/'");
    let mut at = value;
    for step in owner.split('/').skip(1) {
        let step = step.replace("~1", "/");
        at = match at {
            Value::Array(elements) => &mut elements[step.parse::<usize>().expect("an index")],
            Value::Object(members) => members.entry(step).or_insert_with(|| json!({})),
            other => panic!("{pointer}: {other} has no members"),
        };
    }
    let member = member.replace("~1", "/");
    match at {
        Value::Object(members) if json.is_empty() => {
            members.remove(&member);
        }
        Value::Object(members) => {
            members.insert(member, serde_json::from_str(json).expect(json));
        }
        Value::Array(elements) => {
            elements[member.parse::<usize>().expect("an index")] =
                serde_json::from_str(json).expect(json);
        }
        other => panic!("{pointer}: {other} has no members"),
    }
}

/// A Gateway with one of everything.
pub fn gateway() -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "edge", "namespace": "infra"},
        "spec": {
            "gatewayClassName": "ringress",
            "addresses": [{"type": "IPAddress", "value": "10.0.0.1"}, {"value": "10.0.0.2"}],
            "listeners": [
                {"name": "http", "port": 80, "protocol": "HTTP", "hostname": "*.example.com"},
                {"name": "https", "port": 443, "protocol": "HTTPS",
                 "tls": {"certificateRefs": [{"name": "cert"}]}},
                {"name": "tls", "port": 8443, "protocol": "TLS", "tls": {"mode": "Passthrough"}},
                {"name": "tcp", "port": 9000, "protocol": "TCP"},
            ],
            "infrastructure": {
                "labels": {"a": "b"},
                "parametersRef": {"group": "", "kind": "ConfigMap", "name": "p"},
            },
            "tls": {
                "backend": {"clientCertificateRef": {"name": "client"}},
                "frontend": {
                    "default": {"validation": {"caCertificateRefs": [
                        {"group": "", "kind": "ConfigMap", "name": "ca"}]}},
                    "perPort": [{"port": 443, "tls": {}}],
                },
            },
            "allowedListeners": {"namespaces": {"from": "Same"}},
        },
    })
}

/// An HTTPRoute with one of everything that may stand together.
pub fn route() -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "shop"},
        "spec": {
            "parentRefs": [{"name": "edge", "namespace": "infra", "sectionName": "http"}],
            "hostnames": ["shop.example.com"],
            "rules": [{
                "name": "main",
                "matches": [{
                    "path": {"type": "PathPrefix", "value": "/a"},
                    "headers": [{"name": "x-a", "value": "1"}],
                    "queryParams": [{"name": "q", "value": "1"}],
                    "method": "GET",
                }],
                "filters": [
                    {"type": "RequestHeaderModifier", "requestHeaderModifier": {
                        "set": [{"name": "a", "value": "b"}], "remove": ["c"]}},
                    {"type": "RequestMirror", "requestMirror": {
                        "backendRef": {"name": "copy", "port": 80}, "percent": 5}},
                    {"type": "CORS", "cors": {"allowOrigins": ["https://a.b"]}},
                    {"type": "ExtensionRef", "extensionRef": {
                        "group": "x.y", "kind": "Z", "name": "z"}},
                    {"type": "ExternalAuth", "externalAuth": {"protocol": "HTTP",
                        "http": {"path": "/auth"}, "backendRef": {"name": "auth", "port": 80}}},
                    {"type": "URLRewrite", "urlRewrite": {"path": {
                        "type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}}},
                ],
                "backendRefs": [
                    {"name": "v1", "port": 80, "weight": 9},
                    {"name": "v2", "port": 80, "filters": [{"type": "ResponseHeaderModifier",
                        "responseHeaderModifier": {"add": [{"name": "a", "value": "b"}]}}]},
                ],
                "timeouts": {"request": "10s", "backendRequest": "2s"},
                "retry": {"attempts": 2, "codes": [500, 503], "backoff": "100ms"},
                "sessionPersistence": {"sessionName": "s"},
            }],
        },
    })
}
