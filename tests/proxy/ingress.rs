//! Ingress: paths, hosts, default backends, TLS, classes.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::scene::{Scene, Stage};
use crate::support::client::{Connection, Request, fetch};
use crate::support::eventually;
use crate::support::manifests::tls_secret;
use crate::support::pki::Authority;
use crate::support::ports;

/// An Ingress of our class.
fn ingress(name: &str, spec: Value) -> Value {
    let mut spec = spec;
    spec["ingressClassName"] = "ringress".into();
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    })
}

fn class() -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {"name": "ringress"},
        "spec": {"controller": "ringress.dev/ingress-controller"},
    })
}

fn backend(service: &str) -> Value {
    json!({"service": {"name": service, "port": {"number": 80}}})
}

fn path(kind: &str, path: &str, service: &str) -> Value {
    json!({"path": path, "pathType": kind, "backend": backend(service)})
}

/// The scene with its two ports of Ingress.
fn start(stage: Stage, flags: &[&str]) -> (Scene, SocketAddr, SocketAddr) {
    let (http, https) = (ports::local(), ports::local());
    let scene = stage.and([class()]).start_as(|builder| {
        builder
            .args(&["--ingress-address", "127.0.0.1"])
            .args(&["--ingress-http-port", &http.port().to_string()])
            .args(&["--ingress-https-port", &https.port().to_string()])
            .args(flags)
    });
    (scene, http, https)
}

fn reached(address: SocketAddr, target: &str, host: &str) -> (u16, String) {
    let answer = fetch(address, &Request::get(target, host));
    (
        answer.status,
        answer.header("x-origin").unwrap_or("-").to_owned(),
    )
}

#[test]
fn paths_and_hosts_follow_the_rules_of_ingress() {
    let spec = json!({
        "defaultBackend": backend("default"),
        "rules": [
            {"host": "a.test", "http": {"paths": [
                path("Prefix", "/foo", "prefix"),
                path("Exact", "/foo", "exact"),
                path("Prefix", "/foo/bar/", "longer"),
                path("ImplementationSpecific", "/impl", "prefix"),
            ]}},
            {"host": "*.w.test", "http": {"paths": [path("Prefix", "/", "wild")]}},
        ],
    });
    let stage = Stage::new()
        .origin("default")
        .origin("prefix")
        .origin("exact")
        .origin("longer")
        .origin("wild")
        .and([ingress("i", spec)]);
    let (scene, http, _) = start(stage, &[]);
    for (target, host, origin) in [
        ("/foo", "a.test", "exact"),
        ("/foo/", "a.test", "prefix"),
        ("/foo/x", "a.test", "prefix"),
        ("/foo/bar", "a.test", "longer"),
        ("/foo/bar/x", "a.test", "longer"),
        ("/foo/barx", "a.test", "prefix"),
        ("/foox", "a.test", "default"),
        ("/impl/x", "a.test", "prefix"),
        ("/", "a.test", "default"),
        ("/", "x.w.test", "wild"),
        // One label, unlike the Gateway API's wildcard.
        ("/", "x.y.w.test", "default"),
        ("/", "w.test", "default"),
        ("/", "other.test", "default"),
    ] {
        let expected = (200, origin.to_owned());
        assert_eq!(reached(http, target, host), expected, "{host}{target}");
    }
    drop(scene);
}

#[test]
fn what_no_path_takes_goes_to_the_default_of_the_ingress_that_names_the_host() {
    let of = |host: &str, default: &str| {
        json!({
            "defaultBackend": backend(default),
            "rules": [{"host": host, "http": {"paths": [path("Prefix", "/app", "app")]}}],
        })
    };
    let stage = Stage::new()
        .origin("app")
        .origin("first")
        .origin("second")
        .and([
            ingress("a", of("a.test", "first")),
            ingress("b", of("*.test", "second")),
        ]);
    let (scene, http, _) = start(stage, &[]);
    for (target, host, origin) in [
        ("/app", "a.test", "app"),
        ("/app", "b.test", "app"),
        ("/other", "a.test", "first"),
        ("/other", "b.test", "second"),
        // Nobody names it: the first Ingress, by age and then by name, has the rest.
        ("/app", "a.example", "first"),
    ] {
        let expected = (200, origin.to_owned());
        assert_eq!(reached(http, target, host), expected, "{host}{target}");
    }
    drop(scene);
}

#[test]
fn tls_of_ingress_has_its_certificates_and_a_fallback() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&["a.test"]);
    let spec = json!({
        "tls": [{"hosts": ["a.test"], "secretName": "cert"}, {"hosts": ["b.test"]}],
        "rules": [
            {"host": "a.test", "http": {"paths": [path("Prefix", "/", "a")]}},
            {"host": "b.test", "http": {"paths": [path("Prefix", "/", "a")]}},
        ],
    });
    let stage = Stage::new().origin("a").and([
        ingress("i", spec),
        tls_secret("cert", &leaf),
        tls_secret("spare", &authority.leaf(&["b.test"])),
    ]);
    let (scene, http, https) = start(stage, &["--default-certificate", "default/spare"]);
    for host in ["a.test", "b.test"] {
        let mut connection = Connection::open_tls(https, &authority.client(host, &[]));
        let answer = connection.fetch(&Request::get("/", host));
        assert_eq!(
            answer.echo().header("x-forwarded-proto"),
            Some("https"),
            "{host}"
        );
    }
    assert_eq!(reached(http, "/", "a.test"), (200, "a".to_owned()));
    drop(scene);
}

#[test]
fn only_ingresses_of_our_class_are_served_and_only_then_is_there_a_bind() {
    let rules = json!({"rules": [{"http": {"paths": [path("Prefix", "/", "a")]}}]});
    let mut foreign = ingress("foreign", rules.clone());
    foreign["spec"]["ingressClassName"] = "nginx".into();
    let mut classless = ingress("classless", rules.clone());
    classless["spec"]
        .as_object_mut()
        .unwrap()
        .remove("ingressClassName");
    let stage = Stage::new().origin("a").and([foreign, classless]);
    let (mut scene, http, _) = start(stage, &[]);
    assert!(Connection::try_open(http, None).is_err());
    scene.replace(ingress("ours", rules));
    eventually("the bind", || Connection::try_open(http, None).ok());
    assert_eq!(reached(http, "/", "any.test"), (200, "a".to_owned()));
    scene.remove("Ingress", "ours");
    eventually("the bind to go", || Connection::try_open(http, None).err());
}
