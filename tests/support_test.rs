//! The suites' own tools, tested against each other with no gateway between: a checker that finds
//! nothing wrong proves nothing unless it is seen to find what is.

mod support;

use std::time::Duration;

use support::body::{checksum, pattern};
use support::client::{Connection, Request, fetch};
use support::l4::Balancer;
use support::load::{Plan, Shot};
use support::message::{Fault, Framing};
use support::origin::{Behaviour, Origin, raw};
use support::pki::Authority;
use support::websocket::{Chatter, Socket};
use support::{eventually, ports, process};

#[test]
fn an_echo_tells_what_was_received() {
    let origin = Origin::start("a");
    let request = Request::post("/x?y=1", "h.test", pattern(70_000)).header("X-Two", "1");
    let echo = fetch(origin.address(), &request.header("X-Two", "2")).echo();
    assert_eq!(
        (echo.text("method"), echo.text("target")),
        ("POST", "/x?y=1")
    );
    assert_eq!(echo.all("x-two"), ["1", "2"]);
    assert_eq!(echo.0["body"]["length"], 70_000);
    assert_eq!(
        echo.0["body"]["checksum"],
        checksum(&pattern(70_000)).as_str()
    );
    assert!(origin.raw()[0].starts_with(b"POST /x?y=1 HTTP/1.1\r\nHost: h.test\r\n"));
}

#[test]
fn every_framing_carries_the_same_body() {
    let origin = Origin::start("a");
    let mut connection = Connection::open(origin.address());
    for (words, framing) in [
        ("bytes=5000", Framing::Length(5000)),
        ("bytes=5000,chunked=7", Framing::Chunked),
        ("bytes=5000,stall=100:1,trailers", Framing::Chunked),
        ("bytes=5000,http10,until-close", Framing::Close),
    ] {
        let answer = connection.fetch(&Request::get("/", "h").ask(words));
        assert_eq!(
            (answer.framing, &answer.body),
            (framing, &pattern(5000)),
            "{words}"
        );
        assert_eq!(
            answer.trailers.get("x-sum").is_some(),
            words.contains("trailers")
        );
    }
    connection.expect_closed();
    assert_eq!(origin.accepted(), 1);
}

#[test]
fn bodiless_answers_keep_the_connection() {
    let origin = Origin::start("a");
    let mut connection = Connection::open(origin.address());
    for status in [204, 304] {
        let words = format!("status={status},interim=103*2");
        let answer = connection.fetch(&Request::get("/", "h").ask(&words));
        assert_eq!((answer.status, answer.interim.len()), (status, 2));
    }
    let head = connection.fetch(&Request::new("HEAD", "/bytes/10", "h"));
    assert_eq!(
        (head.header("content-length"), head.body.len()),
        (Some("10"), 0)
    );
    assert_eq!(origin.accepted(), 1);
    assert_eq!(origin.requests().len(), 3);
}

#[test]
fn a_broken_answer_is_seen_as_broken() {
    let origin = Origin::start("a");
    let ask = |words: &str| {
        Connection::open(origin.address())
            .ask(&Request::get("/", "h").ask(words))
            .unwrap_err()
    };
    assert!(matches!(
        ask("bytes=100,cut=10"),
        Fault::Truncated("a body")
    ));
    assert!(matches!(
        ask("bytes=100,chunked,cut=10"),
        Fault::Truncated(_)
    ));
    assert!(matches!(ask("bytes=100,reset=10"), Fault::Reset));
    assert!(matches!(ask("no-answer"), Fault::Closed));
    assert!(matches!(ask("no-answer-reset"), Fault::Reset));
    assert!(matches!(
        ask(&raw(b"HTTP/1.1 200 OK\nA: b\r\n\r\n")),
        Fault::Malformed(_)
    ));
    let double = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx");
    assert!(matches!(ask(&double), Fault::Malformed(_)));
}

#[test]
fn an_early_answer_comes_before_the_body() {
    let origin = Origin::start("a").tolerant();
    let mut connection = Connection::open(origin.address());
    let request = Request::post("/", "h", pattern(10))
        .ask("early,status=413")
        .encode();
    connection.send(&request[..request.len() - 1]);
    assert_eq!(connection.response("POST").unwrap().status, 413);
    connection.send(&request[request.len() - 1..]);
    assert_eq!(connection.fetch(&Request::get("/", "h")).status, 200);
}

#[test]
fn a_breach_by_the_sender_is_kept() {
    let origin = Origin::start("a").tolerant();
    for bad in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\r\nKeep-Alive: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: x-mine\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ] {
        let before = origin.breaches().len();
        let mut connection = Connection::open(origin.address());
        connection.send(bad.as_bytes());
        eventually("the breach", || {
            (origin.breaches().len() > before).then_some(())
        });
    }
}

#[test]
fn the_load_client_finds_what_is_wrong() {
    let origin = Origin::start("a");
    let run =
        |shot: Shot| Plan::new(origin.address(), 2, vec![shot]).run_for(Duration::from_millis(100));
    let get = |words: &str| Request::get("/", "h").ask(words);
    run(Shot::new(&get("bytes=90000")).header("x-origin", "a")).assert_clean();
    run(Shot::new(&Request::post("/", "h", pattern(90_000)))).assert_clean();
    let wrong = [
        Shot::new(&get("")).header("x-origin", "b"),
        Shot::new(&get("status=500")),
        Shot::new(&get("extra=x")),
        Shot::new(&get(&raw(
            b"HTTP/1.1 200 OK\r\nX-Checksum: 0\r\nContent-Length: 1\r\n\r\nx",
        ))),
        Shot::new(&get("")).check(|_| Err("no".to_owned())),
    ];
    for shot in wrong {
        assert!(run(shot).wrong > 0);
    }
    for words in ["quiet-close", "bytes=9,cut=1", "bytes=9,reset=1"] {
        assert!(run(Shot::new(&get(words))).errors > 0, "{words}");
    }
    let polite = run(Shot::new(&get("close")));
    assert!(polite.asked_to_close > 0 && polite.errors == 0);
}

#[test]
fn websockets_echo_one_and_many() {
    let origin = Origin::start("a");
    let mut socket = Socket::open(origin.address(), None, "h.test", "/chat");
    socket.echo(&pattern(100_000)).unwrap();
    assert_eq!(socket.origin(), "a");
    socket.close().unwrap();
    let chatter = Chatter::start(origin.address(), None, "h.test", "/", 20, 3000);
    std::thread::sleep(Duration::from_millis(50));
    assert!(chatter.stop().unwrap() >= 20);
    assert!(Socket::try_open(origin.address(), None, "h", "/x").is_ok());
    origin.behave(
        "/x",
        Behaviour {
            status: Some(403),
            ..Behaviour::default()
        },
    );
    assert!(Socket::try_open(origin.address(), None, "h", "/x").is_err());
}

#[test]
fn a_drained_origin_ends_politely_and_a_killed_one_does_not() {
    let origin = Origin::start("a");
    let mut idle = Connection::open(origin.address());
    idle.fetch(&Request::get("/", "h"));
    let mut busy = Connection::open(origin.address());
    busy.send(&Request::get("/", "h").ask("delay=100").encode());
    eventually("two connections", || {
        (origin.requests().len() == 2).then_some(())
    });
    origin.drain();
    idle.expect_closed();
    assert!(
        busy.response("GET")
            .unwrap()
            .headers
            .lists("connection", "close")
    );
    assert!(Connection::try_open(origin.address(), None).is_err());
    let other = Origin::start("b");
    let mut cut = Connection::open(other.address());
    cut.fetch(&Request::get("/", "h"));
    other.kill();
    cut.expect_closed();
}

#[test]
fn the_balancer_follows_readiness() {
    let (a, b) = (Origin::start("a"), Origin::start("b"));
    let pairs = [(a.address(), a.address()), (b.address(), b.address())];
    let balancer = Balancer::start(&pairs);
    eventually("both ready", || {
        (balancer.is_ready(0) && balancer.is_ready(1)).then_some(())
    });
    let shot = || Shot::new(&Request::get("/bytes/20000", "h").header("Connection", "close"));
    Plan::new(balancer.address(), 4, vec![shot()])
        .close()
        .run_for(Duration::from_millis(100))
        .assert_clean();
    assert!(balancer.given(0) > 0 && balancer.given(1) > 0);
    b.behave(
        "/readyz",
        Behaviour {
            status: Some(503),
            ..Behaviour::default()
        },
    );
    eventually("b to be taken out", || {
        (!balancer.is_ready(1)).then_some(())
    });
    let before = balancer.given(1);
    Plan::new(balancer.address(), 4, vec![shot()])
        .close()
        .run_for(Duration::from_millis(50))
        .assert_clean();
    assert_eq!(balancer.given(1), before);
}

#[test]
fn ports_are_given_once() {
    let mut ports: Vec<u16> = (0..50).map(|_| ports::free()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 50);
}

#[test]
fn a_tls_client_trusts_its_authority_and_no_other() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};
    use std::io::Write;

    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let leaf = ours.leaf(&["a.test", "*.b.test"]);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(leaf.der.clone())],
            PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).unwrap(),
        )
        .unwrap();
    let config = std::sync::Arc::new(config);
    let address = ports::local();
    let listener = support::ports::listen(address);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let session = ServerConnection::new(std::sync::Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, socket);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            // A client that refuses the certificate ends the handshake here.
            if stream.write_all(answer).is_ok() {
                stream.conn.send_close_notify();
                stream.flush().ok();
            }
        }
    });
    for tls in [
        ours.client_tls12("a.test", &[]),
        ours.client_tls13("x.b.test", &[]),
    ] {
        let mut connection = Connection::open_tls(address, &tls);
        assert_eq!(connection.response("GET").unwrap().text(), "ok");
        let session = connection.stream().session().unwrap();
        assert_eq!(session.peer_certificates().unwrap()[0].as_ref(), leaf.der);
        connection.expect_closed();
    }
    for tls in [ours.client("c.test", &[]), other.client("a.test", &[])] {
        assert!(Connection::try_open(address, Some(&tls)).is_err());
    }
}

#[test]
fn the_binary_runs_to_its_end() {
    let version = process::output(&["version"]);
    assert!(version.status.success() && !version.stdout.is_empty());
    assert_eq!(
        process::output(&["run", "--no-such-flag"]).status.code(),
        Some(2)
    );
}
