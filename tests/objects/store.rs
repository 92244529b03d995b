//! The store: what changes matter, and that order does not.

use ringress::objects::parse::parse;
use ringress::objects::{Change, Kind, Object, ObjectKey, Objects, Relevance};
use serde_json::{Value, json};

use crate::support::{gateway, route, set};

fn object(value: Value) -> Object {
    let parsed = parse(value);
    parsed
        .object
        .unwrap_or_else(|| panic!("{:?}", parsed.faults))
}

fn apply(value: Value) -> Change {
    Change::Apply(object(value))
}

fn slice(name: &str, service: &str, address: &str) -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "endpoints": [{"addresses": [address]}], "ports": [{"port": 80}]})
}

fn slices_of(objects: &Objects, service: &str) -> Vec<String> {
    let slices = objects.endpoint_slices_of("default", service);
    slices.map(|slice| slice.metadata.name.clone()).collect()
}

#[test]
fn only_what_is_read_is_relevant() {
    let mut objects = Objects::default();
    assert_eq!(objects.apply(apply(route())), Relevance::Full);
    assert_eq!(objects.apply(apply(route())), Relevance::Unchanged);
    for (at, value, relevance) in [
        ("/status", r#"{"parents":[]}"#, Relevance::Unchanged),
        ("/metadata/resourceVersion", r#""7""#, Relevance::Unchanged),
        ("/metadata/managedFields", r#"[{}]"#, Relevance::Unchanged),
        (
            "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
            r#""{}""#,
            Relevance::Unchanged,
        ),
        ("/metadata/annotations", r#"{"a":"b"}"#, Relevance::Full),
        (
            "/spec/hostnames",
            r#"["other.example.com"]"#,
            Relevance::Full,
        ),
    ] {
        let mut objects = objects.clone();
        let mut changed = route();
        set(&mut changed, at, value);
        assert_eq!(objects.apply(apply(changed)), relevance, "{at}");
    }
    let key = ObjectKey::namespaced(Kind::HttpRoute, "default", "shop");
    assert_eq!(key.to_string(), "HTTPRoute default/shop");
    assert_eq!(objects.apply(Change::Delete(key.clone())), Relevance::Full);
    assert_eq!(objects.apply(Change::Delete(key)), Relevance::Unchanged);
    assert_eq!(objects, Objects::default(), "nothing stays behind");
}

#[test]
fn slices_change_endpoints_only_and_are_found_by_service() {
    let mut objects = Objects::default();
    let batch = [
        slice("s-2", "s", "10.0.0.2"),
        slice("s-1", "s", "10.0.0.1"),
        slice("t-1", "t", "10.0.0.3"),
    ];
    assert_eq!(
        objects.apply_all(batch.map(apply)),
        Relevance::EndpointsOnly
    );
    assert_eq!(slices_of(&objects, "s"), ["s-1", "s-2"]);
    let before = objects.clone();

    assert_eq!(
        objects.apply(apply(slice("s-1", "t", "10.0.0.1"))),
        Relevance::EndpointsOnly
    );
    assert_eq!(
        (slices_of(&objects, "s"), slices_of(&objects, "t").len()),
        (vec!["s-2".into()], 2)
    );
    assert_eq!(
        slices_of(&before, "s"),
        ["s-1", "s-2"],
        "a clone is a snapshot"
    );

    let key = ObjectKey::namespaced(Kind::EndpointSlice, "default", "s-2");
    assert_eq!(objects.apply(Change::Delete(key)), Relevance::EndpointsOnly);
    assert!(slices_of(&objects, "s").is_empty());
    let mixed = [apply(slice("s-1", "s", "10.0.0.1")), apply(gateway())];
    assert_eq!(objects.apply_all(mixed), Relevance::Full);
}

#[test]
fn the_order_of_changes_leaves_no_trace() {
    let mut changes = vec![
        apply(route()),
        apply(gateway()),
        apply(slice("s-1", "s", "10.0.0.1")),
        apply(slice("s-2", "s", "10.0.0.2")),
    ];
    let mut one = Objects::default();
    one.apply_all(changes.clone());
    changes.reverse();
    let mut other = Objects::default();
    other.apply(apply(slice("s-1", "gone", "10.0.0.9")));
    other.apply_all(changes);
    assert_eq!(one, other);
}
