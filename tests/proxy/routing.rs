//! Which origin a request reaches, by everything that an HTTPRoute can match on.

use serde_json::json;

use crate::scene::{Stage, rule, to};
use crate::support::client::Request;
use crate::support::eventually;
use crate::support::manifests::{gateway, http, http_route, prefix, set};
use crate::support::origin::Origin;

#[test]
fn hosts_reach_the_most_specific_route() {
    let scene = Stage::new()
        .origin("exact")
        .origin("wild")
        .origin("any")
        .route("exact", &["a.test"], &[to("exact")])
        .route("wild", &["*.w.test"], &[to("wild")])
        .route("any", &[], &[to("any")])
        .start(&[]);
    for (host, origin) in [
        ("a.test", "exact"),
        ("A.Test", "exact"),
        ("a.test.", "exact"),
        ("a.test:1234", "exact"),
        ("x.w.test", "wild"),
        ("x.y.w.test", "wild"),
        ("w.test", "any"),
        ("xw.test", "any"),
        ("b.a.test", "any"),
        ("127.0.0.1:80", "any"),
        ("[::1]", "any"),
    ] {
        assert_eq!(scene.reached("/", host), (200, origin.to_owned()), "{host}");
    }
}

#[test]
fn paths_reach_the_longest_match_after_normalisation() {
    let path = |kind: &str, value: &str, origin: &str| {
        rule(json!([{"path": {"type": kind, "value": value}}]), origin)
    };
    let scene = Stage::new()
        .origin("exact")
        .origin("short")
        .origin("long")
        .origin("regex")
        .route(
            "r",
            &["a.test"],
            &[
                path("PathPrefix", "/p", "short"),
                path("PathPrefix", "/p/q", "long"),
                path("Exact", "/p/q/r", "exact"),
                path("RegularExpression", "/n/[0-9]+", "regex"),
            ],
        )
        .start(&[]);
    for (target, status, origin) in [
        ("/p", 200, "short"),
        ("/p/", 200, "short"),
        ("/p?q=/p/q/r", 200, "short"),
        ("/p/qq", 200, "short"),
        ("/p/q", 200, "long"),
        ("/p/q/", 200, "long"),
        ("/p/q/r/", 200, "long"),
        ("/p/q/r", 200, "exact"),
        ("/p/q/./r", 200, "exact"),
        ("/x/../p/q/r", 200, "exact"),
        ("/p/%71/r", 200, "exact"),
        ("/p/q%2Fr", 200, "short"),
        ("/P/q/r", 404, "-"),
        ("/pq", 404, "-"),
        ("//p", 404, "-"),
        ("/", 404, "-"),
        ("/n/42", 200, "regex"),
        // A pattern covers the beginning of a path.
        ("/n/42x", 200, "regex"),
        ("/m/n/42", 404, "-"),
    ] {
        let expected = (status, origin.to_owned());
        assert_eq!(scene.reached(target, "a.test"), expected, "{target}");
    }
}

#[test]
fn methods_headers_and_queries_decide_in_the_specified_order() {
    let scene = Stage::new()
        .origin("post")
        .origin("header")
        .origin("two")
        .origin("query")
        .origin("rest")
        .route(
            "r",
            &["a.test"],
            &[
                to("rest"),
                rule(json!([{"queryParams": [{"name": "q", "value": "1"}]}]), "query"),
                rule(json!([{"headers": [{"name": "X-V", "value": "1"}]}]), "header"),
                rule(
                    json!([{"headers": [{"name": "x-v", "value": "1"}, {"name": "x-w", "value": "2"}]}]),
                    "two",
                ),
                rule(json!([{"method": "POST"}]), "post"),
            ],
        )
        .start(&[]);
    type Fields = &'static [(&'static str, &'static str)];
    let cases: [(&str, &str, Fields, &str); 10] = [
        ("GET", "/", &[], "rest"),
        ("POST", "/", &[], "post"),
        ("POST", "/?q=1", &[("x-v", "1")], "post"),
        ("post", "/", &[], "rest"),
        ("GET", "/", &[("X-v", "1")], "header"),
        ("GET", "/", &[("x-v", "11")], "rest"),
        ("GET", "/?q=1", &[("x-v", "1"), ("X-W", "2")], "two"),
        ("GET", "/?q=1", &[("x-v", "1")], "header"),
        ("GET", "/?a=b&q=1", &[], "query"),
        ("GET", "/?q=2&q=1", &[], "rest"),
    ];
    for (method, target, headers, origin) in cases {
        let mut request = Request::new(method, target, "a.test");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = scene.fetch(&request);
        assert_eq!(
            answer.header("x-origin"),
            Some(origin),
            "{method} {target} {headers:?}"
        );
    }
}

#[test]
fn weights_share_the_requests_and_a_share_without_a_backend_fails_alone() {
    let share = |name: &str, weight: u32| json!({"name": name, "port": 80, "weight": weight});
    let scene = Stage::new()
        .origin("a")
        .origin("b")
        .origin("never")
        .route(
            "r",
            &[],
            &[
                json!({"backendRefs": [share("a", 3), share("b", 1), share("never", 0)]}),
                json!({
                    "matches": [{"path": {"value": "/half"}}],
                    "backendRefs": [share("a", 1), share("missing", 1)],
                }),
            ],
        )
        .start(&[]);
    let mut connection = scene.connect();
    let mut count = |target: &str| {
        let mut counts = [0, 0, 0];
        for _ in 0..400 {
            let answer = connection.fetch(&Request::get(target, "h"));
            match (answer.status, answer.header("x-origin")) {
                (200, Some("a")) => counts[0] += 1,
                (200, Some("b")) => counts[1] += 1,
                (500, None) => counts[2] += 1,
                other => panic!("{other:?}"),
            }
        }
        counts
    };
    // Six standard deviations on either side of the mean: a wrong answer once in 10^9 runs.
    let [a, b, none] = count("/");
    assert!((248..=352).contains(&a) && none == 0, "{a} {b} {none}");
    let [a, b, none] = count("/half");
    assert!((140..=260).contains(&a) && b == 0, "{a} {b} {none}");
    scene.expect_refused("backend_invalid", f64::from(none));
}

#[test]
fn what_cannot_be_served_says_why_by_its_status() {
    let closed = Origin::start("closed");
    let scene = Stage::new()
        .origin("a")
        .and(crate::support::manifests::service(
            "closed",
            &[closed.address()],
        ))
        .keep(closed)
        .and([json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "empty", "namespace": "default"},
            "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 1}]},
        })])
        .route(
            "r",
            &["a.test"],
            &[
                prefix("/a", "a"),
                prefix("/empty", "empty"),
                prefix("/missing", "missing"),
                prefix("/closed", "closed"),
                json!({"matches": [{"path": {"value": "/nothing"}}]}),
            ],
        )
        .start(&[]);
    scene.origin("closed").refuse();
    for (target, host, status, reason) in [
        ("/other", "a.test", 404, "no_route"),
        ("/a", "b.test", 404, "no_route"),
        ("/missing", "a.test", 500, "backend_invalid"),
        ("/nothing", "a.test", 500, "no_backend"),
        ("/empty", "a.test", 503, "no_endpoint"),
        ("/closed", "a.test", 502, "upstream_connect"),
    ] {
        let before = scene.refused(reason);
        let mut connection = scene.connect();
        let answer = connection.fetch(&Request::get(target, host));
        assert_eq!(answer.status, status, "{host}{target}");
        assert_eq!(answer.header("server"), Some("ringress"));
        assert!(answer.header("date").is_some());
        scene.expect_refused(reason, before + 1.0);
        // Such an answer leaves the connection as it was.
        let next = connection.fetch(&Request::get("/a", "a.test"));
        assert_eq!(next.header("x-origin"), Some("a"));
    }
}

#[test]
fn a_reference_into_another_namespace_needs_a_grant() {
    let elsewhere = |object| set(object, "/metadata/namespace", json!("other"));
    let origin = Origin::start("a");
    let service = crate::support::manifests::service("a", &[origin.address()]).map(elsewhere);
    let rule = json!({"backendRefs": [{"name": "a", "namespace": "other", "port": 80}]});
    let mut scene = Stage::new()
        .and(service)
        .keep(origin)
        .route("r", &[], &[rule])
        .start(&[]);
    assert_eq!(scene.reached("/", "h").0, 500);
    scene.replace(json!({
        "apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": "other"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "default"}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }));
    assert_eq!(scene.reached("/", "h"), (200, "a".to_owned()));
    scene.remove("ReferenceGrant", "g");
    assert_eq!(scene.reached("/", "h").0, 500);
}

#[test]
fn the_older_route_wins_and_then_the_name() {
    let dated = |name: &str, origin: &str, time: &str| {
        let route = http_route(name, "gw", &["a.test"], &[to(origin)]);
        set(route, "/metadata/creationTimestamp", json!(time))
    };
    let mut scene = Stage::new()
        .origin("old")
        .origin("new")
        .and([
            dated("a", "new", "2026-02-02T00:00:00Z"),
            dated("z", "old", "2026-01-01T00:00:00Z"),
        ])
        .start(&[]);
    assert_eq!(scene.reached("/", "a.test").1, "old");
    scene.replace(dated("z", "old", "2026-02-02T00:00:00Z"));
    assert_eq!(scene.reached("/", "a.test").1, "new");
}

#[test]
fn two_gateways_share_a_port_and_the_older_keeps_a_host() {
    let address = crate::support::ports::local();
    let listener = |host: &str| {
        let mut listener = http("web", address.port());
        listener["hostname"] = host.into();
        listener
    };
    let dated = |name: &str, host: &str, time: &str| {
        set(
            gateway(name, &[listener(host)]),
            "/metadata/creationTimestamp",
            json!(time),
        )
    };
    let mut stage = Stage::with_listeners(address, &[])
        .origin("one")
        .origin("two");
    stage.objects.remove(0);
    let scene = stage
        .and([
            dated("g1", "a.test", "2026-01-01T00:00:00Z"),
            dated("g2", "b.test", "2026-01-02T00:00:00Z"),
            dated("g3", "a.test", "2026-01-03T00:00:00Z"),
            http_route("r1", "g1", &[], &[to("one")]),
            http_route("r2", "g2", &[], &[to("two")]),
            http_route("r3", "g3", &[], &[prefix("/", "two")]),
        ])
        .start(&[]);
    assert_eq!(scene.reached("/", "a.test"), (200, "one".to_owned()));
    assert_eq!(scene.reached("/", "b.test"), (200, "two".to_owned()));
    assert_eq!(scene.reached("/", "c.test").0, 404);
    eventually("the condition of the third", || {
        let page = scene.gateway.page("/debug/status").text();
        page.contains("HostnameConflict").then_some(())
    });
}
