//! What the log and the upstream are told.

use crate::scene::{HOST, scene, scene_with};
use crate::support::client::Request;
use crate::support::manifests::prefix;

/// The memory of an exchange is used again; what it knew of somebody else is not.
#[test]
fn a_refused_request_is_not_logged_as_somebody_elses() {
    let scene = scene(&["--trust-forwarded-from", "127.0.0.0/8"]);
    let known = Request::get("/known", HOST)
        .header("X-Forwarded-For", "198.51.100.7")
        .header("X-Request-Id", "of-the-known");
    scene.open().fetch(&known);
    assert_eq!(scene.record("/known")["client"], "198.51.100.7");
    for (name, bytes) in [
        (
            "bad_header_name",
            "GET /unknown HTTP/1.1\r\nHost: h\r\na b: c\r\n\r\n",
        ),
        (
            "length_and_encoding",
            "POST /framing HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
    ] {
        let name = if name == "bad_header_name" {
            "space_in_header_name"
        } else {
            name
        };
        let mut connection = scene.open();
        connection.send(bytes.as_bytes());
        assert_eq!(connection.response("GET").expect("an answer").status, 400);
        let record = scene.record(&format!("\"refused\":\"{name}\""));
        assert_eq!(record["client"], "127.0.0.1", "{record}");
        assert!(record["id"].as_str() != Some("of-the-known"), "{record}");
    }
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
