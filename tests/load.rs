//! Load of every kind on every driver, with a client that checks each answer: no error, nothing
//! wrong, and a second round that leaves no more behind than the first.
//!
//! Built for the release binary; a step of the run calls it.
mod support;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use support::body::pattern;
use support::client::Request;
use support::load::{Plan, Shot};
use support::manifests::{
    Manifests, gateway, http, http_route, https, prefix, service, tls_secret,
};
use support::origin::Origin;
use support::pki::Authority;
use support::process::{Driver, Gateway};
use support::stream::Tls;
use support::websocket::Chatter;
use support::{eventually, measure, ports, scale, within};

const MIB: usize = 1 << 20;
/// Memory rests when it fell by no more than this for so long.
const SETTLED: u64 = 64 << 10;
const QUIET: Duration = Duration::from_secs(3);

/// A gateway before two origins, plain and over TLS.
struct Scene {
    gateway: Gateway,
    origins: [Origin; 2],
    plain: SocketAddr,
    secure: SocketAddr,
    tls: Tls,
    _manifests: Manifests,
}

impl Scene {
    fn new(driver: Driver, workers: usize) -> Self {
        let origins = ["a", "b"].map(Origin::start);
        let (plain, secure) = (ports::local(), ports::local());
        let authority = Authority::new("load");
        let listeners = [
            http("web", plain.port()),
            https("secure", secure.port(), "", "tls"),
        ];
        let mut objects = vec![
            gateway("gw", &listeners),
            tls_secret("tls", &authority.leaf(&["a.test"])),
            http_route(
                "r",
                "gw",
                &["a.test"],
                &[prefix("/a", "a"), prefix("/b", "b")],
            ),
        ];
        for origin in &origins {
            objects.extend(service(origin.name(), &[origin.address()]));
        }
        let manifests = Manifests::with(&objects);
        let gateway = Gateway::builder(manifests.path())
            .driver(driver)
            .workers(workers)
            // What a round leaves in the pool shall be gone at its end.
            .args(&["--upstream-idle-timeout", "1s"])
            .start();
        Self {
            gateway,
            origins,
            plain,
            secure,
            tls: authority.client("a.test", &["http/1.1"]),
            _manifests: manifests,
        }
    }

    /// One load: the checking client, beside `wrk` where it is installed.
    fn load(&self, name: &str, plan: Plan, wrk: Option<&[&str]>) {
        let time = scale::time() / if scale::full() { 1 } else { 4 };
        let beside = wrk.and_then(|args| start_wrk(time, args));
        let tally = plan.run_for(time);
        let beside = beside.map(|child| judge_wrk(child, name));
        println!(
            "figure: {name}: {} right, {} wrong, {} errors; wrk: {}",
            tally.right,
            tally.wrong,
            tally.errors,
            beside.as_deref().unwrap_or("none")
        );
        tally.assert_clean();
        assert_eq!(tally.asked_to_close, 0, "{name}: asked to close");
    }

    fn round(&self) {
        let shot = |path: &str, origin: &str| {
            Shot::new(&Request::get(path, "a.test")).header("X-Origin", origin)
        };
        let kept = || vec![shot("/a", "a"), shot("/b", "b")];
        let closing = || {
            ["a", "b"]
                .map(|origin| {
                    let request = Request::get(&format!("/{origin}"), "a.test");
                    Shot::new(&request.header("Connection", "close")).header("X-Origin", origin)
                })
                .to_vec()
        };
        let (plain, secure) = (self.plain, self.secure);
        let http = format!("http://{plain}/a");
        let https = format!("https://{secure}/b");
        let host = "Host: a.test";
        let close = "Connection: close";
        self.load(
            "keep-alive",
            Plan::new(plain, 8, kept()),
            Some(&["-H", host, &http]),
        );
        self.load(
            "Connection: close",
            Plan::new(plain, 8, closing()).close(),
            Some(&["-H", host, "-H", close, &http]),
        );
        let tls = || self.tls.clone();
        self.load(
            "keep-alive over TLS",
            Plan::new(secure, 8, kept()).tls(tls()),
            Some(&["-H", host, &https]),
        );
        self.load(
            "Connection: close over TLS",
            Plan::new(secure, 8, closing()).tls(tls()).close(),
            Some(&["-H", host, "-H", close, &https]),
        );
        // 1 MiB both ways, of known length and in chunks.
        let upload = Request::post("/a", "a.test", pattern(MIB)).ask(&format!("bytes={MIB}"));
        let chunked = Request::post("/b", "a.test", pattern(MIB))
            .ask(&format!("bytes={MIB},chunked=30000"))
            .chunked(50_000);
        let large = vec![
            Shot::new(&upload).header("X-Origin", "a"),
            Shot::new(&chunked).header("X-Origin", "b"),
        ];
        self.load("1 MiB both ways", Plan::new(plain, 8, large.clone()), None);
        self.load(
            "1 MiB both ways over TLS",
            Plan::new(secure, 8, large).tls(tls()),
            None,
        );
        for (name, address, tls) in [
            ("WebSockets", plain, None),
            ("WebSockets over TLS", secure, Some(&self.tls)),
        ] {
            let count = scale::count(40, 200);
            let chatter = Chatter::start(address, tls, "a.test", "/b/socket", count, 20_000);
            // Keep-alive requests beside them, for as long.
            self.load(
                &format!("keep-alive beside {count} {name}"),
                Plan::new(plain, 2, kept()),
                None,
            );
            let echoes = chatter
                .stop()
                .unwrap_or_else(|what| panic!("{name}: {what}"));
            println!("figure: {count} {name}: {echoes} echoes, none lost");
            assert!(echoes >= count as u64, "{echoes} echoes");
        }
    }

    /// Descriptors and bytes once the round's connections are gone, on both sides.
    fn rest(&self) -> (usize, u64) {
        eventually("every connection to end", || {
            let held = self.gateway.metric("ringress_worker_connections", &[]);
            let open: usize = self.origins.iter().map(Origin::open).sum();
            (held == 0.0 && open == 0).then_some(())
        });
        let pid = self.gateway.pid();
        // The page asked for a moment ago may still hold a descriptor of its own.
        let mut last = 0;
        eventually("descriptors to settle", || {
            let before = std::mem::replace(&mut last, measure::descriptors(pid));
            (before == last).then_some(())
        });
        // Memory is given back after a quiet moment: at rest is what falls no further.
        let (mut least, mut since) = (u64::MAX, Instant::now());
        within(3 * support::PATIENCE, "memory to settle", || {
            let now = measure::pss(pid);
            if now < least.saturating_sub(SETTLED) {
                (least, since) = (now, Instant::now());
            }
            (since.elapsed() >= QUIET).then_some(())
        });
        (last, least)
    }
}

fn start_wrk(time: Duration, args: &[&str]) -> Option<std::process::Child> {
    let child = Command::new("wrk")
        .args(["-t1", "-c64", "--timeout", "10s"])
        .arg(format!("-d{}s", time.as_secs().max(1)))
        .args(args)
        .stdout(std::process::Stdio::piped())
        .spawn();
    match child {
        Ok(child) => Some(child),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("wrk: {error}"),
    }
}

/// Its requests a second; panics on an error that it names.
fn judge_wrk(child: std::process::Child, name: &str) -> String {
    let output = child.wait_with_output().expect("a child of ours");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {text}");
    for fault in ["Socket errors", "Non-2xx"] {
        assert!(!text.contains(fault), "{name}: {text}");
    }
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    format!("{} requests a second", rate.expect("a rate").trim())
}

fn two_rounds(driver: Driver, workers: usize) {
    let scene = Scene::new(driver, workers);
    scene.round();
    let (descriptors, memory) = scene.rest();
    scene.round();
    let (descriptors_after, memory_after) = scene.rest();
    println!(
        "figure: {driver:?}, {workers} workers: {descriptors} then {descriptors_after} \
         descriptors, {} then {} KiB",
        memory / 1024,
        memory_after / 1024
    );
    assert_eq!(descriptors_after, descriptors, "descriptors are left");
    let allowed = memory + memory / 20 + (4 << 20);
    assert!(
        memory_after <= allowed,
        "{memory} bytes, then {memory_after}"
    );
}

#[test]
fn epoll_with_one_worker() {
    two_rounds(Driver::Epoll, 1);
}

#[test]
fn epoll_with_two_workers() {
    two_rounds(Driver::Epoll, 2);
}

#[test]
fn io_uring_with_one_worker() {
    two_rounds(Driver::Uring("auto"), 1);
}

#[test]
fn io_uring_with_two_workers() {
    two_rounds(Driver::Uring("auto"), 2);
}
