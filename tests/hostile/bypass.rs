//! Paths and hosts written oddly do not get around a route.

use serde_json::json;

use crate::stage::{Stage, rule, to};
use crate::support::client::Request;
use crate::support::manifests::prefix;

/// What an origin that is too kind might make of a target: decoded twice, dots resolved,
/// backslashes turned, parameters cut off, case folded.
fn kindly(target: &str) -> String {
    let mut path = target
        .split('?')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    for _ in 0..2 {
        for (from, into) in [
            ("%2e", "."),
            ("%61", "a"),
            ("%2f", "/"),
            ("%5c", "/"),
            ("%25", "%"),
        ] {
            path = path.replace(from, into);
        }
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[test]
fn a_path_that_names_a_guarded_one_reaches_its_guard_or_nobody() {
    let scene = Stage::new()
        .origin("public")
        .origin("admin")
        .route("r", &[], &[to("public"), prefix("/admin", "admin")])
        .start(&[]);
    for target in [
        "/admin",
        "/admin/x",
        "/%61dmin",
        "/%61%64%6d%69%6e/",
        "/./admin",
        "/x/../admin",
        "/x/%2e%2e/admin",
        "/x/.%2E/admin",
        "/x/y/../../admin/z",
        "http://h/admin",
        "http://h/x/../admin",
    ] {
        assert_eq!(
            scene.reached(target, "h"),
            (200, "admin".to_owned()),
            "{target}"
        );
    }
    for target in [
        "/../admin",
        "/x/../../admin",
        "/%2e%2e/admin",
        "/admin%00",
        "/admin\\x",
        "/admin%zz",
        "/admin%",
        "/admin#x",
        "admin",
        "\\admin",
    ] {
        assert_eq!(scene.reached(target, "h").0, 400, "{target}");
    }
    // Other paths by every specification; what goes on must be the form that was matched.
    for target in [
        "//admin",
        "/x//..//admin",
        "/Admin",
        "/%2561dmin",
        "/x%2f..%2fadmin",
        "/..;/admin",
    ] {
        let (status, origin) = scene.reached(target, "h");
        assert!(
            status == 400 || origin == "public",
            "{target}: {status} {origin}"
        );
    }
    for request in scene.origin("admin").requests() {
        assert!(
            request.head.target.starts_with("/admin"),
            "{}",
            request.head.target
        );
    }
    for request in scene.origin("public").requests() {
        let target = &request.head.target;
        assert!(
            !target.contains("/../") && !target.contains("/./"),
            "{target}"
        );
    }
    assert_eq!(kindly("/x/%2e%2e/%61dmin"), "/admin");
}

#[test]
fn a_rewrite_never_leaves_its_prefix() {
    let mut strip = rule(
        json!([{"path": {"type": "PathPrefix", "value": "/strip"}}]),
        "a",
    );
    strip["filters"] = json!([{
        "type": "URLRewrite",
        "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/safe"}},
    }]);
    let scene = Stage::new()
        .origin("a")
        .route("r", &[], &[strip])
        .start(&[]);
    for target in [
        "/strip/../x",
        "/strip/..",
        "/strip/%2e%2e/x",
        "/strip/./../x",
        "/strip//../x",
        "/strip/..;/x",
        "/strip/%2e%2e%2fx",
        "/strip//evil.test/",
        "/strip/http://evil.test/",
        "/strip?/../x",
    ] {
        scene.fetch(&Request::get(target, "h"));
    }
    for request in scene.origin("a").requests() {
        let target = &request.head.target;
        assert!(
            target == "/safe" || target.starts_with("/safe/") || target.starts_with("/safe?"),
            "{target}"
        );
    }
    assert!(!scene.origin("a").requests().is_empty());
}

#[test]
fn a_host_written_oddly_is_the_same_host_or_none() {
    let scene = Stage::new()
        .origin("any")
        .origin("guarded")
        .route("g", &["secret.test"], &[to("guarded")])
        .route("r", &[], &[to("any")])
        .start(&[]);
    for host in [
        "secret.test",
        "SECRET.test",
        "secret.test.",
        "secret.test:1",
        "Secret.Test.:65535",
    ] {
        assert_eq!(
            scene.reached("/", host),
            (200, "guarded".to_owned()),
            "{host}"
        );
    }
    for host in [
        "secret.test,x",
        "secret.test/",
        "secret.test:",
        "secret.test:0",
        "secret.test:99999",
        "x@secret.test",
        "secret.test..",
        ".secret.test",
        "secret..test",
        "secret%2etest",
        "s\u{e9}cret.test",
        "secret.test secret.test",
        "[secret.test]",
        "",
    ] {
        assert_eq!(scene.reached("/", host).0, 400, "{host:?}");
    }
    for (target, host, status) in [
        ("http://secret.test/", "secret.test", 200),
        ("http://secret.test/", "other.test", 400),
        ("http://other.test/", "secret.test", 400),
        ("https://x@secret.test/", "secret.test", 400),
    ] {
        assert_eq!(scene.reached(target, host).0, status, "{target} {host}");
    }
    let requests = scene.origin("guarded").requests();
    for request in requests {
        let host = request
            .head
            .headers
            .get("host")
            .unwrap_or_default()
            .to_ascii_lowercase();
        assert!(host.starts_with("secret.test"), "{host}");
    }
}
