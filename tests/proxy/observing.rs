//! What can be seen of the traffic: the access log and the metrics page.

use serde_json::json;

use crate::scene::{Stage, rule};
use crate::support::client::Request;
use crate::support::eventually;
use crate::support::manifests::prefix;

#[test]
fn a_record_has_every_field() {
    let mut named = rule(json!([{"path": {"value": "/x"}}]), "a");
    named["name"] = "first".into();
    let scene = Stage::new()
        .origin("a")
        .route("r", &["a.test"], &[named])
        .start(&[]);
    let request = Request::post("/x/y?q=1", "a.test", b"hello".to_vec())
        .header("User-Agent", "test/1")
        .header("Referer", "http://from.test/");
    let mut connection = scene.connect();
    connection.fetch(&Request::get("/x", "a.test"));
    let answer = connection.fetch(&request);
    let record = scene.record("/x/y");
    let endpoint = scene.origin("a").address().to_string();
    let bind = scene.address.to_string();
    for (field, value) in [
        ("proto", json!("HTTP/1.1")),
        ("scheme", json!("http")),
        ("method", json!("POST")),
        ("authority", json!("a.test")),
        ("query", json!("q=1")),
        ("status", json!(200)),
        ("flags", json!("-")),
        ("bytes_in", json!(5)),
        ("bytes_out", json!(answer.body.len())),
        ("backend", json!("default/a:80")),
        ("up_addr", json!(endpoint)),
        ("up_reused", json!(true)),
        ("up_tries", json!(1)),
        ("up_status", json!(200)),
        ("gateway", json!("default/gw")),
        ("listener", json!("web")),
        ("route_kind", json!("HTTPRoute")),
        ("route", json!("default/r")),
        ("rule", json!("first")),
        ("client", json!("127.0.0.1")),
        ("bind", json!(bind)),
        ("user_agent", json!("test/1")),
        ("referer", json!("http://from.test/")),
        ("conn_requests", json!(1)),
        ("worker", json!(0)),
    ] {
        assert_eq!(record[field], value, "{field} of {record}");
    }
    for field in ["dur_us", "head_us", "choose_us", "ttfb_us", "body_us"] {
        assert!(record[field].is_u64(), "{field} of {record}");
    }
    let parts = record["ttfb_us"].as_u64().unwrap() + record["body_us"].as_u64().unwrap();
    assert!(parts <= record["dur_us"].as_u64().unwrap(), "{record}");
    assert_eq!(answer.echo().header("x-request-id"), record["id"].as_str());
    assert!(record["ts"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn what_a_client_sends_cannot_break_a_line_of_the_log() {
    let scene = Stage::plain().start(&[]);
    let evil = "\"}\u{7f} {\"status\":1,\\u0000\t\u{1b}[31m";
    let agent: Vec<u8> = evil
        .bytes()
        .filter(|byte| *byte >= 0x20 && *byte != 0x7f)
        .collect();
    let mut bytes = b"GET /%22?a='%22%0D%0A HTTP/1.1\r\nHost: h\r\nUser-Agent: ".to_vec();
    bytes.extend_from_slice(&agent);
    bytes.extend_from_slice(b"\xff\xfe\x80\r\nReferer: \xe2\x80\xae\"\r\n\r\n");
    let mut connection = scene.connect();
    connection.send(&bytes);
    connection.response("GET").unwrap();
    let mut connection = scene.connect();
    connection.send(b"GET /bad\x01\"\n{\"status\":200} HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(connection.response("GET").unwrap().status, 400);
    // `records` parses every line: one that was broken would fail here.
    let records = eventually("two records", || {
        Some(scene.records()).filter(|all| all.len() == 2)
    });
    assert!(
        records[0]["user_agent"]
            .as_str()
            .unwrap()
            .contains("\"} {\"status\":1")
    );
    assert_eq!(records[1]["status"], 400);
    assert_eq!(records[1]["flags"], "DPE");
    let output = scene.gateway.output();
    assert!(
        output
            .bytes()
            .all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte) || byte >= 0x80)
    );
}

#[test]
fn refusals_are_recorded_with_what_refused_them() {
    let scene = Stage::new()
        .origin("a")
        .route("r", &[], &[prefix("/a", "a"), prefix("/m", "missing")])
        .start(&[]);
    scene.reached("/m", "h");
    scene.reached("/none", "h");
    for (path, status, reason, flags) in [
        ("/m", 500, "backend_invalid", "NC"),
        ("/none", 404, "no_route", "NR"),
    ] {
        let record = scene.record(path);
        assert_eq!(record["status"], status);
        assert_eq!(record["refused"], reason);
        assert_eq!(record["flags"], flags);
        assert!(record.get("up_addr").is_none() && record.get("up_status").is_none());
    }
}

#[test]
fn the_log_goes_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let stage = Stage::plain();
    let scene = stage.start_as(|builder| {
        builder
            .arg("--access-log")
            .arg(&file)
            .args(&["--access-log-format", "combined"])
    });
    scene.fetch(&Request::get("/one", "h").header("User-Agent", "x \"y\""));
    let line = eventually("a line", || {
        std::fs::read_to_string(&file)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    assert!(line.contains("\"GET /one HTTP/1.1\" 200 "), "{line}");
    assert!(!line.contains("x \"y\""), "{line}");
    // Rotation: the old file is moved away, the new one begins.
    let old = folder.path().join("access.log.1");
    std::fs::rename(&file, &old).unwrap();
    scene.gateway.signal(rustix::process::Signal::USR1);
    eventually("a new file", || file.exists().then_some(()));
    scene.fetch(&Request::get("/two", "h"));
    eventually("a line in it", || {
        std::fs::read_to_string(&file)
            .ok()
            .filter(|text| text.contains("/two"))
    });
    assert_eq!(std::fs::read_to_string(&old).unwrap(), line);
    let silent = Stage::plain().start(&["--access-log", "off"]);
    silent.fetch(&Request::get("/", "h"));
    assert!(silent.gateway.output().is_empty());
}

#[test]
fn the_metrics_page_tells_what_happened() {
    let scene = Stage::plain().start(&["--health-address", "127.0.0.1:0"]);
    let mut connection = scene.connect();
    for _ in 0..3 {
        connection.fetch(&Request::post("/", "h", vec![b'x'; 100]).ask("bytes=1000"));
    }
    connection.fetch(&Request::get("/", "h").ask("status=418"));
    let value = |name: &str, labels: &[&str]| scene.gateway.metric(name, labels);
    let rule = [
        "kind=\"HTTPRoute\"",
        "namespace=\"default\"",
        "route=\"all\"",
    ];
    let with = |more: &'static str| [&rule[..], &[more]].concat();
    eventually("every request to be counted", || {
        (value("ringress_request_duration_seconds_count", &rule) == 4.0).then_some(())
    });
    assert_eq!(
        value("ringress_requests_total", &with("class=\"2xx\"")),
        3.0
    );
    assert_eq!(
        value("ringress_requests_total", &with("class=\"4xx\"")),
        1.0
    );
    assert_eq!(value("ringress_request_duration_seconds_count", &rule), 4.0);
    assert_eq!(value("ringress_request_body_bytes_total", &rule), 300.0);
    assert!(value("ringress_response_body_bytes_total", &rule) > 3000.0);
    assert_eq!(value("ringress_responses_total", &["code=\"418\""]), 1.0);
    assert_eq!(
        value("ringress_backend_requests_total", &["service=\"a\""]),
        4.0
    );
    assert_eq!(value("ringress_worker_connections", &[]), 1.0);
    scene.expect_count("upstream_connects", 1.0);
    scene.expect_count("upstream_reused", 3.0);
    for name in [
        "ringress_build_info",
        "ringress_io_driver",
        "ringress_snapshot_revision",
        "ringress_worker_heartbeat_age_seconds",
        "ringress_limit",
        "ringress_objects",
    ] {
        assert!(
            scene.gateway.page("/metrics").text().contains(name),
            "{name}"
        );
    }
    drop(connection);
    eventually("the connection to be gone", || {
        (value("ringress_worker_connections", &[]) == 0.0).then_some(())
    });
    scene.expect_count("connections_ended", scene.count("connections_accepted"));
}
