//! What the log and the upstream are told.

use crate::scene::{HOST, Scene, scene, scene_with};
use crate::support::client::Request;
use crate::support::manifests::prefix;

/// The memory of an exchange is used again on its connection; what it knew of the request before is
/// not said of one that is refused.
#[test]
fn a_refused_request_is_logged_as_itself() {
    let flags = [
        "--trust-forwarded-from",
        "127.0.0.0/8,192.0.2.0/24",
        "--max-request-body",
        "10",
        "--header-read-timeout",
        "300ms",
    ];
    let direct = scene(&flags);
    assert_logged_alone(&direct, "", "127.0.0.1");
    let proxied = scene(&[&flags[..], &["--proxy-protocol-from", "127.0.0.1"]].concat());
    let preface = "PROXY TCP4 192.0.2.7 127.0.0.1 1234 80\r\n";
    assert_logged_alone(&proxied, preface, "192.0.2.7");
}

fn assert_logged_alone(scene: &Scene, preface: &str, peer: &str) {
    // What is sent, and what the log knows of its method, host and path.
    for (refused, status, bytes, known) in [
        (
            "bad_method",
            400,
            "\x16\x03\x01 / HTTP/1.1\r\n\r\n",
            ["", "", ""],
        ),
        (
            "bad_target",
            400,
            "PUT \x01 HTTP/1.1\r\n\r\n",
            ["PUT", "", ""],
        ),
        (
            "bad_percent_encoding",
            400,
            "PUT /a%41%zz HTTP/1.1\r\nHost: other\r\n\r\n",
            ["PUT", "", "/a%41%zz"],
        ),
        (
            "space_in_header_name",
            400,
            "PUT /b HTTP/1.1\r\nHost: other\r\na b: c\r\n\r\n",
            ["PUT", "", "/b"],
        ),
        (
            "header_read",
            408,
            "PUT /c HTTP/1.1\r\nHost: other\r\nX",
            ["PUT", "", "/c"],
        ),
        (
            "length_and_encoding",
            400,
            "POST /d HTTP/1.1\r\nHost: other\r\nContent-Length: 3\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            ["POST", "other", "/d"],
        ),
        (
            "request_body",
            413,
            "POST /e HTTP/1.1\r\nHost: other\r\nContent-Length: 11\r\n\r\n",
            ["POST", "other", "/e"],
        ),
    ] {
        let mut connection = scene.open();
        connection.send(preface.as_bytes());
        let good = Request::get("/good?q=1", HOST)
            .header("X-Forwarded-For", "198.51.100.7")
            .header("X-Request-Id", "of-the-good")
            .header("User-Agent", "good/1")
            .header("Referer", "http://good.test/");
        assert_eq!(connection.fetch(&good).status, 200);
        connection.send(bytes.as_bytes());
        let answer = connection.response("PUT").expect("an answer");
        assert_eq!(answer.status, status, "{refused}");
        let record = scene.record(&format!("\"refused\":\"{refused}\""));
        assert_eq!(record["status"], status, "{record}");
        assert_eq!(record["client"], peer, "{record}");
        let from = record["peer"].as_str().unwrap_or_default();
        assert!(from.starts_with(&format!("{peer}:")), "{record}");
        assert_eq!(record["conn_requests"], 1, "{record}");
        for (field, known) in ["method", "authority", "path"].into_iter().zip(known) {
            let said = record[field].as_str().unwrap_or_default();
            assert_eq!(said, known, "{field} of {record}");
        }
        for field in [
            "id",
            "query",
            "user_agent",
            "referer",
            "gateway",
            "listener",
            "route_kind",
            "route",
            "rule",
            "backend",
            "up_addr",
            "up_reused",
            "up_tries",
            "up_status",
            "choose_us",
            "ttfb_us",
        ] {
            assert!(record[field].is_null(), "{field} of {record}");
        }
    }
    let good = scene.record("\"path\":\"/good\"");
    assert_eq!(
        (&good["client"], &good["id"]),
        (&"198.51.100.7".into(), &"of-the-good".into())
    );
}

/// What a filter sets takes the place of what the gateway says by itself.
#[test]
fn a_filter_may_set_the_request_id() {
    let mut rule = prefix("/", "o");
    rule["filters"] = serde_json::json!([{
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "X-Request-Id", "value": "mine"}]},
    }]);
    let scene = scene_with(&[], rule);
    let echo = scene.open().fetch(&Request::get("/", HOST)).echo();
    assert_eq!(echo.header("x-request-id"), Some("mine"));
}

/// Who takes trailers says so on its own hop; the gateway does on its own.
#[test]
fn the_wish_for_trailers_goes_on() {
    let scene = scene(&[]);
    let wish = Request::get("/", HOST)
        .header("TE", "trailers, deflate")
        .header("Connection", "TE");
    let echo = scene.open().fetch(&wish).echo();
    assert_eq!(echo.header("te"), Some("trailers"));
    let options = echo.header("connection").unwrap_or_default();
    assert!(options.eq_ignore_ascii_case("te"), "{options:?}");
    let echo = scene.open().fetch(&Request::get("/", HOST)).echo();
    assert_eq!((echo.header("te"), echo.header("connection")), (None, None));
}

/// The log says what was negotiated, not what usually is.
#[test]
fn the_log_names_the_negotiated_protocol() {
    let mut scene = scene(&[]);
    scene.open_tls().fetch(&Request::get("/named", HOST));
    assert_eq!(scene.record("/named")["tls"]["alpn"], "http/1.1");
    let mut config = (*scene.tls.config).clone();
    config.alpn_protocols.clear();
    scene.tls.config = std::sync::Arc::new(config);
    scene.open_tls().fetch(&Request::get("/nameless", HOST));
    let record = scene.record("/nameless");
    assert!(record["tls"]["alpn"].is_null(), "{record}");
}
