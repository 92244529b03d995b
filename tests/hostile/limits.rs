//! Limits: each at its edge and one beyond, by default and by flag, with its name in the metrics.

use std::time::{Duration, Instant};

use crate::stage::Stage;
use crate::support::client::{Connection, Request};
use crate::support::manifests::prefix;
use crate::support::message::Fault;
use crate::support::stream::Stream;
use crate::support::{eventually, origin};

/// The status that these bytes get on a connection of their own.
fn status(address: std::net::SocketAddr, bytes: &[u8]) -> u16 {
    let mut connection = Connection::open(address);
    connection.send(bytes);
    connection
        .response("GET")
        .unwrap_or_else(|fault| panic!("{fault}"))
        .status
}

fn head(lines: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: h\r\n{lines}\r\n").into_bytes()
}

#[test]
fn heads_may_be_so_large_and_no_larger() {
    let scene = Stage::plain().start(&[]);
    let at = scene.address;
    let line = |length: usize| {
        let target = "a".repeat(length - "GET / HTTP/1.1".len());
        format!("GET /{target} HTTP/1.1\r\nHost: h\r\n\r\n").into_bytes()
    };
    assert_eq!(status(at, &line(8192)), 200);
    assert_eq!(status(at, &line(8193)), 414);
    let fields = |count: usize| head(&"X: y\r\n".repeat(count));
    assert_eq!(status(at, &fields(99)), 200);
    assert_eq!(status(at, &fields(100)), 431);
    let one = |length: usize| head(&format!("X: {}\r\n", "a".repeat(length)));
    assert_eq!(status(at, &one(16_000)), 200);
    assert_eq!(status(at, &one(16_400)), 431);
    let many = |count: usize| head(&format!("X: {}\r\n", "a".repeat(10_000)).repeat(count));
    assert_eq!(status(at, &many(3)), 200);
    assert_eq!(status(at, &many(4)), 431);
    for (reason, times) in [
        ("request_line", 1.0),
        ("header_count", 1.0),
        ("header_size", 1.0),
        ("headers_size", 1.0),
    ] {
        scene.expect_refused(reason, times);
    }
    assert_eq!(scene.origin("a").requests().len(), 4);
    let flags = [
        ("--max-request-line", "100"),
        ("--max-headers", "3"),
        ("--max-header-size", "100"),
        ("--max-headers-size", "150"),
    ];
    let scene = Stage::plain().start(&flags.map(|(name, value)| [name, value]).concat());
    let at = scene.address;
    assert_eq!(status(at, &line(100)), 200);
    assert_eq!(status(at, &line(101)), 414);
    assert_eq!(status(at, &fields(2)), 200);
    assert_eq!(status(at, &fields(3)), 431);
    assert_eq!(status(at, &one(110)), 431);
    assert_eq!(
        status(at, &head(&format!("X: {}\r\n", "a".repeat(70)).repeat(2))),
        431
    );
}

#[test]
fn an_endless_head_is_refused_without_being_kept() {
    let scene = Stage::plain().start(&[]);
    let endless = |start: &str| {
        let mut connection = scene.connect();
        connection.send(start.as_bytes());
        for _ in 0..64 {
            if connection.try_send(&[b'a'; 65_536]).is_err() {
                break;
            }
        }
        connection.rest().ok();
    };
    let starts = [
        "GET /",
        "GET / HTTP/1.1\r\nHost: h\r\nX: ",
        "GET / HTTP/1.1\r\nX",
    ];
    starts.iter().for_each(|start| endless(start));
    let before = crate::support::measure::rss(scene.gateway.pid());
    for _ in 0..5 {
        starts.iter().for_each(|start| endless(start));
    }
    let grown = crate::support::measure::rss(scene.gateway.pid()).saturating_sub(before);
    assert!(grown < 6 << 20, "{grown}");
    assert!(scene.origin("a").raw().is_empty());
}

#[test]
fn an_origin_may_say_so_much_before_its_body() {
    let scene = Stage::plain().start(&["--max-response-headers-size", "4KiB"]);
    let answer = |length: usize| {
        let value = "a".repeat(length);
        origin::raw(
            format!("HTTP/1.1 200 OK\r\nX: {value}\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        )
    };
    let mut connection = scene.connect();
    let ask = |words: &str| Request::get("/", "h").ask(words);
    scene.origin("a").behave(
        "/big",
        crate::support::origin::Behaviour::parse(&answer(5000)).unwrap(),
    );
    scene.origin("a").behave(
        "/fits",
        crate::support::origin::Behaviour::parse(&answer(3900)).unwrap(),
    );
    assert_eq!(connection.fetch(&Request::get("/fits", "h")).status, 200);
    assert_eq!(connection.fetch(&Request::get("/big", "h")).status, 502);
    assert_eq!(connection.fetch(&ask("")).status, 200);
    scene.expect_refused("headers_size", 1.0);
    // The default: 64 KiB.
    let scene = Stage::plain().start(&[]);
    scene.origin("a").behave(
        "/big",
        crate::support::origin::Behaviour::parse(&answer(66_000)).unwrap(),
    );
    assert_eq!(scene.fetch(&Request::get("/big", "h")).status, 502);
}

#[test]
fn a_listener_takes_so_many_connections_and_the_rest_wait() {
    let scene = Stage::plain().start(&["--max-connections-per-listener", "3"]);
    let mut held: Vec<_> = (0..3).map(|_| scene.connect()).collect();
    for connection in &mut held {
        assert_eq!(connection.fetch(&Request::get("/", "h")).status, 200);
    }
    let mut waiting = scene.connect();
    waiting.send(&Request::get("/", "h").encode());
    eventually("accepting to pause", || {
        (scene.count("accept_pauses") > 0.0).then_some(())
    });
    assert!(scene.gateway.metric("ringress_worker_connections", &[]) <= 4.0);
    assert_eq!(scene.origin("a").requests().len(), 3);
    drop(held.pop());
    assert_eq!(waiting.response("GET").unwrap().status, 200);
}

#[test]
fn a_client_that_asks_without_reading_is_not_served_without_end() {
    let scene = Stage::plain().start(&["--client-write-timeout", "2s"]);
    let ask = Request::get("/", "h").ask("bytes=20000").encode();
    let flood = ask.repeat(200);
    // Warm: what one client may hold is held once.
    let mut sockets = Vec::new();
    let mut taken = 0;
    let mut before = 0;
    for round in 0..4 {
        let connection = scene.connect();
        let (mut stream, _) = connection.into_stream();
        let crate::support::stream::Stream::Plain(socket) = &mut stream else {
            unreachable!("plain was asked for")
        };
        for _ in 0..200 {
            let count = crate::puppet::push(socket, &flood, Duration::from_millis(200));
            taken += count;
            if count < flood.len() {
                break;
            }
        }
        sockets.push(stream);
        if round == 0 {
            before = crate::support::measure::rss(scene.gateway.pid());
        }
    }
    let grown = crate::support::measure::rss(scene.gateway.pid()).saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more");
    let asked = taken / ask.len();
    let served = scene.origin("a").answered() as usize;
    assert!(
        served < asked / 2,
        "{served} of {asked} were served to nobody"
    );
    // Each is ended, and not for having sent nothing.
    scene.expect_refused("client_write_timeout", 4.0);
    drop(sockets);
    assert_eq!(scene.fetch(&Request::get("/", "h")).status, 200);
}

#[test]
fn a_client_that_reads_no_refusal_is_cut_for_it() {
    let scene = Stage::new()
        .origin("a")
        .route("r", &[], &[prefix("/a", "a")])
        .start(&["--client-write-timeout", "2s"]);
    // Small from the start: of a window that shrinks later, TCP drops what acknowledges our own bytes.
    let tcp = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    tcp.set_recv_buffer_size(4096).unwrap();
    tcp.connect(&scene.address.into()).unwrap();
    let mut socket = std::net::TcpStream::from(tcp);
    let reading = socket.try_clone().unwrap();
    reading
        .set_read_timeout(Some(crate::support::PATIENCE))
        .unwrap();
    let mut connection = Connection::over(Stream::Plain(reading));
    let flood = Request::get("/none", "h").encode().repeat(200);
    let mut sent = 0;
    eventually("the gateway to give up", || {
        let mut taken = flood.len();
        while taken == flood.len() {
            taken = crate::puppet::push(&mut socket, &flood[sent..], Duration::from_millis(100));
            taken += std::mem::take(&mut sent);
        }
        sent = taken;
        // All is written long before the gateway gives up: the reset is for the read below. One that
        // was only slow is asked on.
        let deadline = Instant::now() + Duration::from_secs(4);
        while Instant::now() < deadline {
            if scene.refused("client_write_timeout") > 0.0 {
                return Some(());
            }
        }
        None
    });
    scene.expect_refused("client_write_timeout", 1.0);
    assert!(scene.refused("no_route") > 0.0);
    let fault = connection.rest().unwrap_err();
    assert!(matches!(fault, Fault::Reset), "{fault}");
}

#[test]
fn descriptors_run_out_gracefully() {
    // Of 256 descriptors 90 % may be used; each exchange takes two of them.
    let scene = Stage::plain().start_as(|mut builder| {
        limit_descriptors(builder.command(), 256);
        builder
    });
    let mut clients: Vec<_> = (0..300).map(|_| scene.connect()).collect();
    for client in &mut clients {
        client.send(&Request::get("/", "h").encode());
    }
    eventually("accepting to pause", || {
        (scene.count("accept_pauses") > 0.0).then_some(())
    });
    let served = crate::support::measure::processor_time(scene.gateway.pid());
    std::thread::sleep(std::time::Duration::from_millis(300));
    let spent = crate::support::measure::processor_time(scene.gateway.pid()) - served;
    assert!(
        spent < 150_000_000,
        "{spent} ns while nothing could be done"
    );
    // As clients go, the others come in: nobody is lost.
    for (answered, mut client) in clients.into_iter().enumerate() {
        let answer = client
            .response("GET")
            .unwrap_or_else(|fault| panic!("{answered}: {fault}"));
        assert_eq!(answer.status, 200, "{answered}");
    }
}

/// Lowers RLIMIT_NOFILE of a command, soft and hard.
fn limit_descriptors(command: &mut std::process::Command, count: u64) {
    use std::os::unix::process::CommandExt;
    let limit = libc::rlimit {
        rlim_cur: count,
        rlim_max: count,
    };
    let lower = move || {
        // SAFETY: the pointer is to a live value of the right type.
        match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: between fork and exec the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(lower) };
}
