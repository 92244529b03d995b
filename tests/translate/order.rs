//! A thousand objects in any order; grants given and revoked.

use super::{BASE, bytes, read, translated};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ringress::objects::{Change, Kind, Object, ObjectKey, Objects};
use ringress::translate::{Settings, translate};
use std::fmt::Write as _;

/// A thousand routes that want the same host and path, of a few ages, in ten namespaces.
fn rivals() -> Vec<Object> {
    let mut text = BASE.to_owned();
    for number in 0..1000 {
        let (namespace, year) = (number % 10, 2010 + number % 7);
        write!(
            text,
            r#"
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: r{number}, namespace: n{namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec:
  hostnames: [shop.example.com]
  parentRefs: [{{name: web, namespace: infra}}]
  rules: [{{matches: [{{path: {{value: /pay}}}}], backendRefs: [{{name: app, port: 80}}]}}]
"#
        )
        .expect("text");
    }
    read(&text)
}

#[test]
fn a_thousand_rivals_give_one_table_in_any_order() {
    let rivals = rivals();
    let (model, report) = translated(&rivals);
    let routes = &model.binds[0].listeners[0].routes;
    assert_eq!(routes.len(), 1000);
    // Of 2010 (numbers divisible by 7) the first by namespace, then name.
    assert_eq!(
        (
            &*routes[0].precedence.namespace,
            &*routes[0].precedence.name
        ),
        ("n0", "r0")
    );
    assert_eq!(&*routes[1].precedence.name, "r140");
    let winner = ObjectKey::namespaced(Kind::HttpRoute, "n0", "r0");
    let told = report.objects.iter().filter(|report| {
        let said = report
            .notes
            .iter()
            .any(|note| note.message.contains("HTTPRoute n0/r0"));
        report.object.kind == Kind::HttpRoute && said
    });
    assert_eq!(told.count(), 999, "every loser is told who won");
    assert!(report.object(&winner).expect("a report").notes.is_empty());

    let expected = bytes(&rivals);
    let mut runner = TestRunner::new(Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&Just(rivals).prop_shuffle(), |shuffled| {
            prop_assert_eq!(&bytes(&shuffled), &expected);
            Ok(())
        })
        .expect("one table");
}

#[test]
fn a_grant_that_is_revoked_is_as_if_it_had_never_been() {
    let route = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: infra}
spec:
  parentRefs: [{name: web}]
  rules: [{backendRefs: [{name: app, namespace: shop, port: 80}]}]
"#;
    let grant = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: infra}]
  to: [{group: "", kind: Service}]
"#;
    let mut store = Objects::default();
    let apply = |store: &mut Objects, text: &str| {
        store.apply_all(read(text).into_iter().map(Change::Apply));
        translate(store, &Settings::default())
    };
    let without = apply(&mut store, &format!("{BASE}---{route}"));
    assert_eq!(without.0.backends.len(), 0);
    let with = apply(&mut store, grant);
    assert_eq!(with.0.backends.len(), 1);
    let grant = ObjectKey::namespaced(Kind::ReferenceGrant, "shop", "g");
    store.apply(Change::Delete(grant));
    assert_eq!(translate(&store, &Settings::default()), without);
}
