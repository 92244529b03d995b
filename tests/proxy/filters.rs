//! Filters of HTTPRoutes, as client and origin see them.

use serde_json::{Value, json};

use crate::puppet::Puppet;
use crate::scene::{Stage, filtered, rule, to};
use crate::support::client::Request;
use crate::support::manifests::service;

fn at(path: &str) -> Value {
    json!([{"path": {"type": "PathPrefix", "value": path}}])
}

#[test]
fn headers_are_set_added_and_removed_in_both_directions() {
    let edits = json!({
        "set": [{"name": "X-Set", "value": "new"}],
        "add": [{"name": "X-Add", "value": "more"}],
        "remove": ["X-Gone"],
    });
    let both = json!([
        {"type": "RequestHeaderModifier", "requestHeaderModifier": edits},
        {"type": "ResponseHeaderModifier", "responseHeaderModifier": edits},
    ]);
    let backend = json!([{
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "X-Backend", "value": "a"}]},
    }, {
        "type": "ResponseHeaderModifier",
        "responseHeaderModifier": {"add": [{"name": "X-Backend", "value": "a"}]},
    }]);
    let mut both_levels = filtered(to("a"), both);
    both_levels["backendRefs"][0]["filters"] = backend;
    let scene = Stage::new()
        .origin("a")
        .route("r", &[], &[both_levels])
        .start(&[]);
    let request = Request::get("/", "h")
        .header("x-set", "old")
        .header("X-SET", "older")
        .header("x-add", "one")
        .header("x-gone", "1")
        .header("X-Kept", "k")
        .ask("header=X-Set: old,header=X-Add: one,header=X-Gone: 1,header=X-Kept: k");
    let answer = scene.fetch(&request);
    let echo = answer.echo();
    assert_eq!(echo.all("x-set"), ["new"]);
    assert_eq!(echo.all("x-add"), ["one", "more"]);
    assert_eq!(echo.all("x-gone"), [""; 0]);
    assert_eq!(echo.header("x-kept"), Some("k"));
    assert_eq!(echo.header("x-backend"), Some("a"));
    let all = |name| answer.headers.all(name).collect::<Vec<_>>();
    assert_eq!(all("x-set"), ["new"]);
    assert_eq!(all("x-add"), ["one", "more"]);
    assert_eq!(all("x-gone"), [""; 0]);
    assert_eq!(all("x-kept"), ["k"]);
    assert_eq!(all("x-backend"), ["a"]);
}

#[test]
fn redirects_say_where_to_go() {
    let redirect = |path: &str, fields: Value| {
        let filter = json!([{"type": "RequestRedirect", "requestRedirect": fields}]);
        json!({"matches": at(path), "filters": filter})
    };
    let replace = |kind: &str, value: &str| match kind {
        "full" => json!({"path": {"type": "ReplaceFullPath", "replaceFullPath": value}}),
        _ => json!({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}}),
    };
    let scene = Stage::new()
        .route(
            "r",
            &["a.test"],
            &[
                redirect("/https", json!({"scheme": "https"})),
                redirect("/host", json!({"hostname": "b.test", "statusCode": 301})),
                redirect("/port", json!({"port": 8080, "statusCode": 307})),
                redirect(
                    "/well-known",
                    json!({"scheme": "https", "port": 443, "statusCode": 308}),
                ),
                redirect("/full", replace("full", "/new")),
                redirect("/prefix", replace("prefix", "/new")),
                redirect("/top", replace("prefix", "/")),
                redirect(
                    "/see-other",
                    json!({"hostname": "c.test", "statusCode": 303}),
                ),
            ],
        )
        .start(&[]);
    let port = scene.address.port();
    for (target, status, location) in [
        ("/https/x?q=1", 302, "https://a.test/https/x?q=1".to_owned()),
        ("/host", 301, format!("http://b.test:{port}/host")),
        ("/port", 307, "http://a.test:8080/port".to_owned()),
        ("/well-known", 308, "https://a.test/well-known".to_owned()),
        ("/full/x?q", 302, format!("http://a.test:{port}/new?q")),
        (
            "/prefix/x/y?q=1",
            302,
            format!("http://a.test:{port}/new/x/y?q=1"),
        ),
        ("/prefix", 302, format!("http://a.test:{port}/new")),
        ("/top/x", 302, format!("http://a.test:{port}/x")),
        ("/top", 302, format!("http://a.test:{port}/")),
        ("/see-other", 303, format!("http://c.test:{port}/see-other")),
    ] {
        let answer = scene.fetch(&Request::get(target, "a.test"));
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.header("location"), Some(&*location), "{target}");
    }
}

#[test]
fn a_redirect_skips_the_body_of_its_request() {
    let filter = json!([{"type": "RequestRedirect", "requestRedirect": {"hostname": "b.test"}}]);
    let scene = Stage::new()
        .origin("a")
        .route(
            "r",
            &[],
            &[to("a"), json!({"matches": at("/r"), "filters": filter})],
        )
        .start(&[]);
    let mut connection = scene.connect();
    // Both at once: the body of the first must not be taken for the second.
    let mut bytes = Request::post("/r", "h", b"GET /smuggled HTTP/1.1\r\n\r\n".to_vec()).encode();
    bytes.extend(Request::get("/next", "h").encode());
    connection.send(&bytes);
    assert_eq!(connection.response("POST").unwrap().status, 302);
    assert_eq!(
        connection.response("GET").unwrap().echo().text("target"),
        "/next"
    );
    assert_eq!(scene.origin("a").requests().len(), 1);
}

#[test]
fn rewrites_change_what_the_origin_sees() {
    let rewrite = |path: &str, fields: Value| {
        let filter = json!([{"type": "URLRewrite", "urlRewrite": fields}]);
        filtered(rule(at(path), "a"), filter)
    };
    let prefix =
        |value: &str| json!({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}});
    let scene = Stage::new()
        .origin("a")
        .route(
            "r",
            &["a.test"],
            &[
                rewrite("/host", json!({"hostname": "b.test"})),
                rewrite(
                    "/full",
                    json!({"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x/y"}}),
                ),
                rewrite("/prefix", prefix("/x")),
                rewrite("/strip", prefix("/")),
                rewrite("/deep/er", prefix("/x/")),
            ],
        )
        .start(&[]);
    for (target, host, seen) in [
        ("/host/x?q", "b.test", "/host/x?q"),
        ("/full/z?q=1", "a.test", "/x/y?q=1"),
        ("/prefix", "a.test", "/x"),
        ("/prefix/", "a.test", "/x/"),
        ("/prefix/y/z?q", "a.test", "/x/y/z?q"),
        ("/strip", "a.test", "/"),
        ("/strip/y", "a.test", "/y"),
        // What could be read as an authority is not sent.
        ("/strip//y", "a.test", "/y"),
        ("/deep/er/y", "a.test", "/x/y"),
    ] {
        let answer = scene.fetch(&Request::get(target, "a.test"));
        let echo = answer.echo();
        assert_eq!(echo.text("target"), seen, "{target}");
        assert_eq!(echo.header("host"), Some(host), "{target}");
        assert_eq!(echo.header("x-forwarded-host"), Some("a.test"), "{target}");
    }
}

/// The gateway dates an answer that has no date, but not beside a filter that does.
#[test]
fn a_date_that_a_filter_sets_is_the_only_one() {
    let puppet = Puppet::start();
    let date = "Tue, 24 Nov 2026 00:00:00 GMT";
    let edit = json!([{
        "type": "ResponseHeaderModifier",
        "responseHeaderModifier": {"set": [{"name": "date", "value": date}]},
    }]);
    let scene = Stage::new()
        .and(service("p", &[puppet.address()]))
        .route("r", &[], &[filtered(to("p"), edit)])
        .start(&[]);
    let mut client = scene.connect();
    client.send(&Request::get("/", "h").encode());
    let mut line = puppet.accept();
    line.head();
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let answer = client.response("GET").unwrap();
    assert_eq!(answer.headers.all("date").collect::<Vec<_>>(), [date]);
}

#[test]
fn a_filter_that_would_frame_a_message_spoils_its_rule_and_no_other() {
    let names = [
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "TE",
        "Trailer",
    ];
    let mut rules = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let lie = json!([{"name": name, "value": "7"}]);
        for (word, edit) in [
            ("set", json!({"set": lie})),
            ("add", json!({"add": lie})),
            ("remove", json!({"remove": [name]})),
        ] {
            let request = json!([
                {"type": "RequestHeaderModifier", "requestHeaderModifier": edit},
            ]);
            let response = json!([
                {"type": "ResponseHeaderModifier", "responseHeaderModifier": edit},
            ]);
            for (way, filters) in [("in", request), ("out", response)] {
                let path = format!("/{word}/{way}/{index}");
                rules.push(filtered(rule(at(&path), "a"), filters));
            }
        }
    }
    // A route has 16 rules at most, and stands as long as one of them does.
    let mut stage = Stage::new().origin("a");
    for (index, rules) in rules.chunks(15).enumerate() {
        let rules = [&[to("a")], rules].concat();
        stage = stage.route(&format!("r{index}"), &[], &rules);
    }
    let scene = stage.start(&[]);
    for index in 0..names.len() {
        for word in ["set", "add", "remove"] {
            for way in ["in", "out"] {
                let path = format!("/{word}/{way}/{index}");
                let answer = scene.fetch(&Request::post(&path, "h", vec![b'x'; 3]));
                assert_eq!(answer.status, 500, "{path}");
            }
        }
    }
    assert!(scene.origin("a").requests().is_empty());
    assert_eq!(scene.reached("/", "h"), (200, "a".to_owned()));
}
