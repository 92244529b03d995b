//! TLS: which certificate for which name, versions, resumption, live certificates, and requests
//! that belong to another name.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustls::HandshakeKind;
use serde_json::json;

use crate::scene::{Scene, Stage, to};
use crate::support::body::{checksum, pattern};
use crate::support::client::{Connection, Request};
use crate::support::eventually;
use crate::support::manifests::{http_route, https, set, tls_secret};
use crate::support::message::Fault;
use crate::support::pki::{Authority, Leaf};
use crate::support::ports;
use crate::support::stream::Tls;

/// One HTTPS listener for `a.test` and origin `a`.
pub fn stage() -> (Authority, SocketAddr, Stage) {
    let authority = Authority::new("root");
    let address = ports::local();
    let listeners = [https("web", address.port(), "a.test", "cert")];
    let stage = Stage::with_listeners(address, &listeners)
        .origin("a")
        .route("all", &[], &[to("a")])
        .and([tls_secret("cert", &authority.leaf(&["a.test"]))]);
    (authority, address, stage)
}

/// The certificate that a server shows, DER.
fn shown(connection: &mut Connection) -> Vec<u8> {
    let session = connection.stream().session().expect("TLS");
    session.peer_certificates().expect("a certificate")[0].to_vec()
}

fn open(scene: &Scene, tls: &Tls) -> Connection {
    Connection::open_tls(scene.address, tls)
}

#[test]
fn the_name_chooses_listener_and_certificate() {
    let authority = Authority::new("root");
    let address = ports::local();
    let port = address.port();
    let leaves: Vec<Leaf> = [&["x.a.test"][..], &["*.a.test"], &["other.test", "z.test"]]
        .iter()
        .map(|names| authority.leaf(names))
        .collect();
    let on = |name: &str, section: &str| {
        let route = http_route(name, "gw", &[], &[to(name)]);
        set(route, "/spec/parentRefs/0/sectionName", json!(section))
    };
    let scene = Stage::with_listeners(
        address,
        &[
            https("exact", port, "x.a.test", "c0"),
            https("wild", port, "*.a.test", "c1"),
            https("rest", port, "", "c2"),
        ],
    )
    .origin("r0")
    .origin("r1")
    .origin("r2")
    .and([on("r0", "exact"), on("r1", "wild"), on("r2", "rest")])
    .and(
        leaves
            .iter()
            .enumerate()
            .map(|(n, leaf)| tls_secret(&format!("c{n}"), leaf)),
    )
    .start(&[]);
    for (name, leaf) in [
        ("x.a.test", 0),
        ("y.a.test", 1),
        ("other.test", 2),
        ("z.test", 2),
    ] {
        for tls in [
            authority.client_tls12(name, &[]),
            authority.client_tls13(name, &[]),
        ] {
            let mut connection = open(&scene, &tls);
            assert_eq!(shown(&mut connection), leaves[leaf].der, "{name}");
            let answer = connection.fetch(&Request::get("/", name));
            assert_eq!(
                answer.header("x-origin"),
                Some(&*format!("r{leaf}")),
                "{name}"
            );
        }
    }
    scene.expect_count("tls_handshakes", 8.0);

    // Requests whose Host belongs elsewhere (GEP-3567): another listener would take it, 421.
    for (name, host, status) in [
        ("x.a.test", "y.a.test", 421),
        ("x.a.test", "other.test", 421),
        ("y.a.test", "x.a.test", 421),
        ("y.a.test", "q.a.test", 200),
        ("other.test", "x.a.test", 421),
        ("other.test", "unknown.test", 200),
        ("x.a.test", "X.A.TEST:443", 200),
    ] {
        let mut connection = open(&scene, &authority.client(name, &[]));
        let answer = connection.fetch(&Request::get("/", host));
        assert_eq!(answer.status, status, "{name} {host}");
    }
    scene.expect_refused("misdirected", 4.0);
}

#[test]
fn a_name_that_no_listener_has_gets_no_handshake_and_its_host_404() {
    let (authority, _, stage) = stage();
    let scene = stage.start(&[]);
    let stranger = authority.client("b.test", &[]);
    assert!(Connection::try_open(scene.address, Some(&stranger)).is_err());
    scene.expect_refused("tls_unknown_name", 1.0);
    let mut connection = open(&scene, &authority.client("a.test", &[]));
    assert_eq!(connection.fetch(&Request::get("/", "b.test")).status, 404);
    assert_eq!(connection.fetch(&Request::get("/", "a.test")).status, 200);
}

#[test]
fn requests_and_bodies_pass_as_they_do_without_tls() {
    let (authority, _, stage) = stage();
    let scene = stage.start(&[]);
    for tls in [
        authority.client_tls12("a.test", &[]),
        authority.client_tls13("a.test", &[]),
    ] {
        let mut connection = open(&scene, &tls);
        for size in [0, 1, 16_384, 16_385, 300_000, 1_048_576] {
            let body = pattern(size);
            let ask = format!("bytes={size},chunked=5000");
            let answer = connection.fetch(&Request::post("/", "a.test", body.clone()).ask(&ask));
            let sum = checksum(&body);
            assert_eq!(answer.header("x-received-checksum"), Some(&*sum));
            assert_eq!(checksum(&answer.body), sum);
        }
        // Pipelined in one record.
        let three: Vec<u8> = (0..3)
            .flat_map(|n| Request::get(&format!("/{n}"), "a.test").encode())
            .collect();
        connection.send(&three);
        for n in 0..3 {
            let echo = connection.response("GET").unwrap().echo();
            assert_eq!(echo.text("target"), format!("/{n}"));
            assert_eq!(echo.header("x-forwarded-proto"), Some("https"));
        }
        let last = connection.fetch(&Request::get("/", "a.test").header("Connection", "close"));
        assert!(!last.keeps());
        // An orderly end has a close_notify: without one this would be an error.
        assert!(connection.rest().unwrap().is_empty());
        // A cut answer has none.
        let mut connection = open(&scene, &tls);
        let request = Request::get("/", "a.test").ask("bytes=100000,chunked,cut=50000");
        let fault = connection.ask(&request).unwrap_err();
        assert!(
            matches!(fault, Fault::Truncated(_) | Fault::Reset),
            "{fault}"
        );
    }
    let record = scene.record("/2");
    assert_eq!(record["scheme"], "https");
    assert_eq!(record["tls"]["sni"], "a.test");
    assert_eq!(record["tls"]["version"], "TLSv1.2");
}

#[test]
fn the_least_version_is_a_flag() {
    let (authority, _, stage) = stage();
    let scene = stage.start(&["--tls-min-version", "1.3"]);
    let old = authority.client_tls12("a.test", &[]);
    assert!(Connection::try_open(scene.address, Some(&old)).is_err());
    let new = authority.client_tls13("a.test", &[]);
    assert_eq!(
        open(&scene, &new)
            .fetch(&Request::get("/", "a.test"))
            .status,
        200
    );
    scene.expect_count("tls_handshakes_failed", 1.0);
}

#[test]
fn alpn_agrees_on_http_1_1_or_on_nothing() {
    let (authority, _, stage) = stage();
    let scene = stage.start(&[]);
    for (offered, chosen) in [
        (&[][..], None),
        (&["http/1.1"], Some("http/1.1")),
        (&["h2", "http/1.1"], Some("http/1.1")),
    ] {
        let mut connection = open(&scene, &authority.client("a.test", offered));
        let got = connection.stream().session().unwrap().alpn_protocol();
        assert_eq!(
            got.map(|p| String::from_utf8_lossy(p).into_owned())
                .as_deref(),
            chosen
        );
        assert_eq!(connection.fetch(&Request::get("/", "a.test")).status, 200);
    }
    let only_h2 = authority.client("a.test", &["h2"]);
    assert!(Connection::try_open(scene.address, Some(&only_h2)).is_err());
}

#[test]
fn a_session_resumes_on_whichever_worker_it_comes_to() {
    let (authority, _, stage) = stage();
    let scene = stage.start(&["--workers", "2"]);
    for tls in [
        authority.client_tls12("a.test", &[]),
        authority.client_tls13("a.test", &[]),
    ] {
        let mut first = open(&scene, &tls);
        // The answer brings the tickets of TLS 1.3 along.
        assert_eq!(first.fetch(&Request::get("/first", "a.test")).status, 200);
        let mut held = Vec::new();
        for _ in 0..12 {
            let mut connection = open(&scene, &tls);
            connection.fetch(&Request::get("/", "a.test"));
            let kind = connection.stream().session().unwrap().handshake_kind();
            assert_eq!(kind, Some(HandshakeKind::Resumed));
            held.push(connection);
        }
    }
    scene.expect_count("tls_handshakes_resumed", 24.0);
    eventually("resumed sessions on both workers", || {
        let records = scene.records();
        let on = |worker: u64| {
            records
                .iter()
                .any(|r| r["worker"] == worker && r["tls"]["resumed"] == true)
        };
        (on(0) && on(1)).then_some(())
    });
}

#[test]
fn a_certificate_is_replaced_under_living_connections() {
    let (authority, _, stage) = stage();
    let mut scene = stage.start(&[]);
    let client = || authority.client("a.test", &[]);
    let mut old = open(&scene, &client());
    old.fetch(&Request::get("/", "a.test"));
    let first = shown(&mut old);
    let leaf = authority.leaf(&["a.test"]);
    scene.replace(tls_secret("cert", &leaf));
    let mut new = open(&scene, &client());
    assert_eq!(shown(&mut new), leaf.der);
    assert_ne!(first, leaf.der);
    // The old connection is none the worse.
    assert!(old.fetch(&Request::get("/", "a.test")).keeps());
    // A Secret that is no good, or gone, leaves no way in, and what is open gets no route.
    scene.remove("Secret", "cert");
    assert!(Connection::try_open(scene.address, Some(&client())).is_err());
    eventually("the condition of the listener", || {
        let page = scene.gateway.page("/debug/status").text();
        page.contains("InvalidCertificateRef").then_some(())
    });
}

#[test]
fn a_handshake_takes_no_longer_than_allowed() {
    let (_, _, stage) = stage();
    let scene = stage.start(&["--tls-handshake-timeout", "300ms"]);
    let hello = client_hello("a.test");
    for bytes in [&b""[..], &hello[..1], &hello[..hello.len() - 1]] {
        let mut connection = scene.connect();
        let began = Instant::now();
        connection.send(bytes);
        connection.rest().ok();
        let took = began.elapsed();
        assert!(
            took > Duration::from_millis(200) && took < Duration::from_secs(3),
            "{took:?}"
        );
    }
    scene.expect_refused("tls_handshake", 3.0);
    scene.expect_count("tls_handshakes_failed", 3.0);
}

/// The bytes of a ClientHello.
fn client_hello(name: &str) -> Vec<u8> {
    let config = Authority::new("any").client(name, &[]).config;
    let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
    let mut session = rustls::ClientConnection::new(config, name).unwrap();
    let mut bytes = Vec::new();
    session.write_tls(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_hello_may_come_in_pieces_and_nonsense_may_not_come_at_all() {
    use std::io::Read;
    let (_, _, stage) = stage();
    let scene = stage.start(&[]);
    let hello = client_hello("a.test");
    let mut drip = scene.connect();
    for byte in &hello {
        drip.send(std::slice::from_ref(byte));
    }
    // A ServerHello comes back: a handshake record.
    let mut first = [0; 1];
    drip.stream().read_exact(&mut first).unwrap();
    assert_eq!(first, [22]);

    let mut oversized = vec![22, 3, 1, 0xff, 0xff, 1, 0, 0xff, 0xff];
    oversized.resize(70_000, 0);
    for nonsense in [
        Request::get("/", "a.test").encode(),
        b"\x16\x03\x01\x00\x05hello".to_vec(),
        b"\x80\x2e\x01\x03\x01".to_vec(),
        vec![0xff; 100_000],
        oversized,
    ] {
        let mut connection = scene.connect();
        connection.send(&nonsense);
        connection.finish();
        let said = connection.rest().unwrap_or_default();
        // At most an alert, never an answer.
        assert!(said.is_empty() || said[0] == 21, "{said:?}");
    }
    assert!(scene.count("tls_handshakes_failed") >= 5.0);
    assert!(scene.origin("a").raw().is_empty());
    assert_eq!(scene.count("connection_panics"), 0.0);
}

#[test]
fn openssl_and_curl_are_served() {
    let (authority, address, stage) = stage();
    let scene = stage.start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, authority.pem()).unwrap();
    for (version, ok) in [("-tls1_3", true), ("-tls1_2", true), ("-tls1_1", false)] {
        let output = Command::new("openssl")
            .args([
                "s_client",
                "-connect",
                &address.to_string(),
                "-servername",
                "a.test",
            ])
            .args([
                "-verify_return_error",
                "-brief",
                "-cipher",
                "ALL@SECLEVEL=0",
                version,
            ])
            .arg("-CAfile")
            .arg(&root)
            .stdin(Stdio::null())
            .output()
            .expect("openssl runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.contains("Verification: OK"), ok, "{version}: {said}");
    }
    let resolve = format!("a.test:{}:127.0.0.1", address.port());
    let url = format!("https://a.test:{}/bytes/200000", address.port());
    for versions in [
        ["--tlsv1.2", "--tls-max", "1.2"],
        ["--tlsv1.3", "--tls-max", "1.3"],
    ] {
        let output = Command::new("curl")
            .args(["-sS", "--fail", "--resolve", &resolve, "--cacert"])
            .arg(&root)
            .args(versions)
            .arg(&url)
            .output()
            .expect("curl runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{versions:?}: {said}");
        assert_eq!(checksum(&output.stdout), checksum(&pattern(200_000)));
    }
    drop(scene);
}
