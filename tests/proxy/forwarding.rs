//! What of a request and a response goes through, and what the gateway says itself.

use crate::scene::{Scene, Stage};
use crate::support::client::{Echo, Request};
use crate::support::eventually;

/// The echo of a GET with these field lines.
fn echo(scene: &Scene, target: &str, host: &str, headers: &[(&str, &str)]) -> Echo {
    let mut request = Request::get(target, host);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    scene.fetch(&request).echo()
}

#[test]
fn the_origin_gets_the_normal_form_of_the_target() {
    let scene = Stage::plain().start(&[]);
    for (target, seen) in [
        ("/", "/"),
        ("/a/b?x=1&y=%20", "/a/b?x=1&y=%20"),
        ("/a/./b/../c", "/a/c"),
        ("/a/%2e%2E/b", "/b"),
        ("/%61%7Eb", "/a~b"),
        ("/a%2fb%5cc", "/a%2Fb%5Cc"),
        ("/a//b/", "/a//b/"),
        ("/?", "/?"),
        ("/a;p=1/b", "/a;p=1/b"),
        ("http://h/abs/../x?q", "/x?q"),
        ("http://h", "/"),
    ] {
        assert_eq!(
            echo(&scene, target, "h", &[]).text("target"),
            seen,
            "{target}"
        );
    }
}

#[test]
fn host_and_end_to_end_fields_are_kept() {
    let scene = Stage::plain().start(&[]);
    let sent = [
        ("Accept", "a, b"),
        ("accept", "c"),
        ("Cookie", "k=v; l=w"),
        ("X-Empty", ""),
        ("X-Latin", "caf\u{e9}"),
        ("Authorization", "Basic eA=="),
    ];
    let echo = echo(&scene, "/", "shop.Test:8080", &sent);
    assert!(
        echo.header("host")
            .unwrap()
            .eq_ignore_ascii_case("shop.test:8080")
    );
    assert_eq!(echo.all("accept"), ["a, b", "c"]);
    assert_eq!(echo.header("cookie"), Some("k=v; l=w"));
    assert_eq!(echo.header("x-empty"), Some(""));
    assert_eq!(echo.header("authorization"), Some("Basic eA=="));
    // The request was sent as UTF-8, and the echo shows each byte as a character.
    assert_eq!(echo.header("x-latin"), Some("caf\u{c3}\u{a9}"));
    assert_eq!(echo.text("version"), "HTTP/1.1");
}

#[test]
fn what_an_untrusted_client_says_of_itself_is_replaced() {
    let scene = Stage::plain().start(&[]);
    let lies = [
        ("X-Forwarded-For", "1.1.1.1"),
        ("x-forwarded-for", "2.2.2.2"),
        ("X_Forwarded_For", "3.3.3.3"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Prefix", "/evil"),
        ("X-Forwarded-Client-Cert", "evil"),
        ("Forwarded", "for=1.1.1.1"),
        ("X-Real-IP", "1.1.1.1"),
        ("X-Original-URL", "/admin"),
        ("X-Original-Host", "evil"),
        ("X-Request-Id", "mine"),
        // Must not take what the gateway sets out again.
        ("Connection", "x-forwarded-for, x-request-id, host"),
    ];
    let echo = echo(&scene, "/", "h:81", &lies);
    assert_eq!(echo.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(echo.header("x-forwarded-proto"), Some("http"));
    assert_eq!(echo.header("x-forwarded-host"), Some("h:81"));
    let port = scene.address.port().to_string();
    assert_eq!(echo.header("x-forwarded-port"), Some(&*port));
    let gone = [
        "x_forwarded_for",
        "x-forwarded-prefix",
        "x-forwarded-client-cert",
        "forwarded",
        "x-real-ip",
        "x-original-url",
        "x-original-host",
    ];
    for name in gone {
        assert_eq!(echo.header(name), None, "{name}");
    }
    let id = echo.header("x-request-id").unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
    scene.expect_count("underscore_fields_dropped", 1.0);
    assert_eq!(scene.record("/")["id"], id);
}

#[test]
fn a_trusted_proxy_is_believed() {
    let scene = Stage::plain().start(&[
        "--trust-forwarded-from",
        "127.0.0.0/8,10.0.0.0/8",
        "--send-forwarded",
        "--send-real-ip",
        "--via",
        "edge",
    ]);
    let said = [
        ("X-Forwarded-For", "9.9.9.9, 8.8.8.8, 10.1.1.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "shop.test"),
        ("X-Request-Id", "kept-1"),
    ];
    let echo = echo(&scene, "/", "h", &said);
    assert_eq!(
        echo.header("x-forwarded-for"),
        Some("9.9.9.9, 8.8.8.8, 10.1.1.1, 127.0.0.1")
    );
    assert_eq!(echo.header("x-forwarded-proto"), Some("https"));
    assert_eq!(echo.header("x-forwarded-host"), Some("shop.test"));
    assert_eq!(echo.header("x-request-id"), Some("kept-1"));
    assert_eq!(echo.header("x-real-ip"), Some("8.8.8.8"));
    assert!(echo.header("forwarded").unwrap().contains("for=127.0.0.1"));
    assert_eq!(echo.header("via"), Some("1.1 edge"));
    assert_eq!(scene.record("/")["client"], "8.8.8.8");
}

#[test]
fn what_belongs_to_one_connection_ends_there() {
    // The origin itself refuses what may never arrive; here are the fields that depend on others.
    let scene = Stage::plain().start(&[]);
    let sent = [
        ("Connection", "X-Private, Authorization, keep-alive"),
        ("X-Private", "1"),
        ("Authorization", "Basic eA=="),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authorization", "Basic eA=="),
        ("TE", "trailers, gzip"),
        ("Trailer", "X-Sum"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
    ];
    let echo = echo(&scene, "/", "h", &sent);
    assert_eq!(echo.header("x-private"), None);
    assert_eq!(echo.header("authorization"), Some("Basic eA=="));
    for name in [
        "keep-alive",
        "upgrade",
        "proxy-authorization",
        "trailer",
        "http2-settings",
    ] {
        assert_eq!(echo.header(name), None, "{name}");
    }
    let answer = scene.fetch(&Request::get("/2", "h").ask(
        "header=Connection: X-Mine,header=X-Mine: 1,header=Keep-Alive: timeout=1,\
         header=Proxy-Authenticate: Basic,header=Set-Cookie: a=b,header=Set-Cookie: c=d,\
         header=Server: origin/1,header=x_under: 1,header=Upgrade: h2c",
    ));
    for name in [
        "connection",
        "x-mine",
        "keep-alive",
        "proxy-authenticate",
        "upgrade",
    ] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(
        answer.headers.all("set-cookie").collect::<Vec<_>>(),
        ["a=b", "c=d"]
    );
    assert_eq!(answer.header("server"), Some("origin/1"));
    assert_eq!(answer.header("x_under"), Some("1"));
    assert!(answer.header("date").is_some());
}

#[test]
fn names_with_an_underscore_follow_their_flag() {
    let request = Request::get("/", "h").header("x_a", "1");
    for (what, status, seen) in [
        ("drop", 200, None),
        ("allow", 200, Some("1")),
        ("reject", 400, None),
    ] {
        let scene = Stage::plain().start(&["--underscore-headers", what]);
        let answer = scene.fetch(&request);
        assert_eq!(answer.status, status, "{what}");
        if status == 200 {
            assert_eq!(answer.echo().header("x_a"), seen, "{what}");
        } else {
            assert!(scene.origin("a").raw().is_empty());
        }
    }
}

#[test]
fn answers_of_our_own_are_signed_as_told() {
    for (flag, server) in [("edge/2", Some("edge/2")), ("off", None)] {
        let scene = Stage::new().start(&["--server-header", flag]);
        let answer = scene.fetch(&Request::get("/", "h"));
        assert_eq!((answer.status, answer.header("server")), (404, server));
        let head = scene.fetch(&Request::new("HEAD", "/", "h"));
        assert_eq!((head.status, head.body.len()), (404, 0));
        assert_eq!(
            head.header("content-length"),
            answer.header("content-length")
        );
    }
}

#[test]
fn request_ids_differ() {
    let scene = Stage::plain().start(&["--workers", "2"]);
    for _ in 0..50 {
        scene.fetch(&Request::get("/", "h"));
    }
    let requests = eventually("all requests", || {
        Some(scene.origin("a").requests()).filter(|all| all.len() == 50)
    });
    let mut ids: Vec<_> = requests
        .iter()
        .filter_map(|request| request.head.headers.get("x-request-id"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 50);
}
