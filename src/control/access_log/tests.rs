//! Records in, lines out.

use super::*;
use crate::control::slots::{RuleName, Slots};
use crate::ir::{
    Backend, Balance, Bind, BindAddress, Listener, Match, Model, PathMatch, Protocol, Rule,
    Timeouts, UpstreamProtocol,
};
use crate::ir::{BackendName, ListenerName, RouteName};
use crate::telemetry::access_log::{HttpVersion, ResponseFlags, Scheme, Timings, Tls};
use serde_json::{Value, json};

fn record() -> Record<'static> {
    Record {
        time: 1_700_000_000_123_456,
        timings: Timings {
            total: 1234,
            head: Some(1),
            choose: Some(2),
            connect: None,
            first_byte: Some(3),
            body: Some(4),
        },
        peer: "10.0.0.9:4711".parse().unwrap(),
        client: "192.0.2.7".parse().unwrap(),
        bind_port: 8443,
        scheme: Scheme::Https,
        version: HttpVersion::Http11,
        method: b"GET",
        host: b"shop.example",
        path: b"/a\"\r\nb",
        query: Some(b"q=1"),
        status: 200,
        upstream_status: 200,
        received: 5,
        sent: 6,
        user_agent: b"curl/8",
        request_id: b"r-1",
        rule_slot: 1,
        listener_slot: 1,
        backend_slot: 1,
        upstream: Some("10.1.0.1:8080".parse().unwrap()),
        tries: 2,
        flags: ResponseFlags::UPSTREAM_CONNECT,
        tls: Some(Tls {
            version: 0x0304,
            cipher: 0x1301,
            sni: b"shop.example",
            alpn: b"http/1.1",
            resumed: true,
        }),
        worker: 3,
        request_index: 8,
        upstream_reused: true,
        ..Record::default()
    }
}

fn names() -> SlotViews {
    let route = RouteName {
        kind: "HTTPRoute".into(),
        namespace: "shop".into(),
        name: "web".into(),
    };
    let mut model = Model {
        binds: vec![Bind {
            address: BindAddress {
                ip: None,
                port: 8443,
            },
            protocol: Protocol::Https,
            listeners: vec![Listener {
                name: ListenerName {
                    kind: "Gateway".into(),
                    namespace: "infra".into(),
                    gateway: "public".into(),
                    listener: "https".into(),
                },
                slot: 0,
                hostname: None,
                tls: None,
                fallback: false,
                routes: Vec::new(),
            }],
        }],
        rules: vec![Rule {
            route: route.clone(),
            name: "0".into(),
            slot: 0,
            matches: vec![Match {
                path: PathMatch::Prefix("".into()),
                method: None,
                headers: Vec::new(),
                query: Vec::new(),
                default: false,
            }],
            filters: Vec::new(),
            backends: Vec::new(),
            timeouts: Timeouts::default(),
        }],
        backends: vec![Backend {
            name: BackendName {
                namespace: "shop".into(),
                service: "web".into(),
                port: 80,
            },
            slot: 0,
            balance: Balance::default(),
            protocol: UpstreamProtocol::default(),
            endpoints: Vec::new(),
        }],
        certificates: Vec::new(),
    };
    let mut slots = Slots::new(10);
    slots.allot(&mut model, 1, &[]);
    let views = slots.views();
    let name = RuleName {
        route,
        rule: "0".into(),
    };
    assert_eq!(views.rules.name(1), Some(&name));
    views
}

fn line(kind: AccessLogFormat, record: &Record<'_>, cut: bool) -> String {
    let mut out = Vec::new();
    format(kind, record, cut, &names(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_json_line_has_every_field_under_its_name() {
    let line = line(AccessLogFormat::Json, &record(), false);
    assert_eq!(line.matches('\n').count(), 1);
    let value: Value = serde_json::from_str(&line).unwrap();
    let expected = json!({
        "ts": "2023-11-14T22:13:20.123456Z", "id": "r-1", "proto": "HTTP/1.1",
        "scheme": "https", "method": "GET", "authority": "shop.example",
        "path": "/a\"\r\nb", "query": "q=1", "status": 200, "flags": "UF",
        "bytes_in": 5, "bytes_out": 6, "dur_us": 1234, "head_us": 1, "choose_us": 2,
        "ttfb_us": 3, "body_us": 4, "backend": "shop/web:80", "up_addr": "10.1.0.1:8080",
        "up_reused": true, "up_tries": 2, "up_status": 200, "gateway": "infra/public",
        "listener": "https", "route_kind": "HTTPRoute", "route": "shop/web", "rule": "0",
        "client": "192.0.2.7", "peer": "10.0.0.9:4711", "bind": "*:8443",
        "user_agent": "curl/8",
        "tls": {
            "version": "TLSv1.3", "cipher": "TLS13_AES_128_GCM_SHA256",
            "sni": "shop.example", "alpn": "http/1.1", "resumed": true,
        },
        "conn_requests": 8, "worker": 3,
    });
    assert_eq!(value, expected);
}

#[test]
fn a_record_without_route_or_upstream_says_what_refused_it() {
    let refused = Record {
        refused: "header_size",
        status: 431,
        rule_slot: 0,
        backend_slot: 0,
        upstream: None,
        tries: 0,
        upstream_status: 0,
        ..record()
    };
    let value: Value = serde_json::from_str(&line(AccessLogFormat::Json, &refused, true)).unwrap();
    assert_eq!(value["refused"], "header_size");
    assert_eq!(value["cut"], true);
    for absent in [
        "route",
        "rule",
        "backend",
        "up_addr",
        "up_tries",
        "up_status",
    ] {
        assert_eq!(value.get(absent), None, "{absent}");
    }
}

#[test]
fn a_combined_line_is_what_log_readers_know() {
    assert_eq!(
        line(AccessLogFormat::Combined, &record(), false),
        "192.0.2.7 - - [14/Nov/2023:22:13:20 +0000] \
         \"GET /a\\x22\\x0D\\x0Ab?q=1 HTTP/1.1\" 200 6 \"-\" \"curl/8\"\n"
    );
    // Of a request line that was refused, what was understood.
    let half = Record {
        path: b"",
        query: None,
        ..record()
    };
    let written = line(AccessLogFormat::Combined, &half, false);
    assert!(written.contains("\"GET - HTTP/1.1\" 200"), "{written}");
}

#[test]
fn lines_are_written_by_names_of_their_time_and_to_the_file_that_is_there() {
    let folder = std::env::temp_dir().join(format!("ringress-access-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (path, moved) = (folder.join("log"), folder.join("log.1"));
    let log = AccessLog::start(AccessLogTarget::File(path.clone()), AccessLogFormat::Json)
        .unwrap()
        .unwrap();
    log.names(names());
    let mut first = log.writer();
    assert!(first.write(&record()));
    drop(first);
    while std::fs::read_to_string(&path).unwrap().is_empty() {
        std::thread::yield_now();
    }
    std::fs::rename(&path, &moved).unwrap();
    log.reopen();
    while !path.exists() {
        std::thread::yield_now();
    }
    let mut second = log.writer();
    for _ in 0..1000 {
        assert!(second.write(&record()));
    }
    assert!(log.stop(Duration::from_secs(30)));
    let lines = |path| std::fs::read_to_string(path).unwrap();
    assert_eq!(lines(&moved).lines().count(), 1);
    assert!(lines(&moved).contains("\"route\":\"shop/web\""));
    assert_eq!(lines(&path).lines().count(), 1000);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_log_that_is_off_has_no_thread_and_no_ring() {
    let log = AccessLog::start(AccessLogTarget::Off, AccessLogFormat::Json).unwrap();
    assert!(log.is_none());
}
