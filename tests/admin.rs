//! The control side over real sockets: pages, probes and statuses, with workers played by the
//! test through the same snapshots, acknowledgements and status words that real ones use.

mod support;

use ringress::control::{
    Control, Fleet, Pinning, Settings, Source, SourceEvent, SourceSender, StartError,
};
use ringress::ir::BindAddress;
use ringress::objects::Change;
use ringress::objects::manifest::{self, Limits};
use ringress::snapshot::{
    Ack, BindFailure, BindFailureKind, BindOutcome, ConnectionInfo, Delivery, FaultKind, Snapshot,
    Subscriber, WorkerCommand,
};
use ringress::telemetry::worker_status::{WorkerState, WorkerStatus};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use support::client::{Connection, Request, Response, fetch};
use support::{eventually, manifests};

/// A control side with two workers that do what the test says.
struct Scene {
    control: Control,
    source: SourceSender,
    workers: Vec<Worker>,
}

/// One end of the seam, without a thread.
struct Worker {
    number: usize,
    status: Arc<WorkerStatus>,
    subscriber: Subscriber<Snapshot>,
}

impl Scene {
    fn start(clock_ms: fn() -> u64, settings: Settings) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings {
            admin_address: Some(any),
            health_address: Some(any),
            ..settings
        };
        let statuses: Vec<Arc<WorkerStatus>> = vec![Arc::default(), Arc::default()];
        let fleet = Fleet {
            statuses: statuses.clone(),
            counters: vec![Arc::default(), Arc::default()],
            clock_ms,
            io_driver: "epoll".into(),
            io_driver_reason: "the test says so".into(),
            pinning: Pinning::new(|| "not pinned".into()),
        };
        let (source, receiver) = Source::channel();
        let control = Control::start(settings, fleet, receiver).unwrap();
        let worker = |(number, status)| Worker {
            number,
            status,
            subscriber: control.subscribe(number).unwrap(),
        };
        let workers = statuses.into_iter().enumerate().map(worker).collect();
        Scene {
            control,
            source,
            workers,
        }
    }

    fn get(&self, target: &str) -> Response {
        let address = self.control.admin_address().unwrap();
        fetch(address, &Request::get(target, "admin"))
    }

    fn health(&self, target: &str) -> Response {
        let address = self.control.health_address().unwrap();
        fetch(address, &Request::get(target, "health"))
    }

    fn json(&self, target: &str) -> Value {
        serde_json::from_slice(&self.get(target).body).unwrap()
    }

    /// What `/readyz` says, once it says so.
    fn await_ready(&self, status: u16, text: &str) {
        eventually(&format!("{status} {text}"), || {
            let answer = self.get("/readyz");
            (answer.status == status && answer.text().contains(text)).then_some(())
        });
    }

    fn say(&self, objects: &[Value]) {
        let name = Arc::from("test.yaml");
        let text = manifests::yaml(objects);
        let (entries, problems) = manifest::objects(&name, text.as_bytes(), &Limits::default());
        assert_eq!(problems, []);
        let changes = entries
            .into_iter()
            .map(|entry| Change::Apply(entry.object.unwrap()));
        assert!(self.source.send(SourceEvent::Changes(changes.collect())));
    }

    /// Both workers serve the next snapshot, every bind with this outcome.
    fn adopt(&self, result: &Result<Option<String>, BindFailure>) -> u64 {
        let revisions: Vec<u64> = self.workers.iter().map(|one| one.adopt(result)).collect();
        assert_eq!(revisions[0], revisions[1]);
        revisions[0]
    }
}

impl Worker {
    fn poll(&self) -> Option<Delivery<Snapshot>> {
        match self
            .subscriber
            .poll_next(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(delivery) => Some(delivery),
            Poll::Pending => None,
        }
    }

    fn command(&self) -> WorkerCommand {
        eventually("a command", || match self.poll() {
            Some(Delivery::Command(command)) => Some(command),
            _ => None,
        })
    }

    fn adopt(&self, result: &Result<Option<String>, BindFailure>) -> u64 {
        let snapshot = eventually("a snapshot", || match self.poll() {
            Some(Delivery::Snapshot(snapshot)) => Some(snapshot),
            _ => None,
        });
        self.status.set_state(WorkerState::Serving);
        self.status.set_revision(snapshot.revision);
        let outcome = |address: BindAddress| BindOutcome {
            address,
            result: result.clone(),
        };
        self.subscriber.ack(Ack {
            worker: self.number,
            revision: snapshot.revision,
            binds: snapshot
                .binds
                .iter()
                .map(|bind| outcome(bind.address))
                .collect(),
        });
        snapshot.revision
    }
}

fn still() -> u64 {
    0
}

#[test]
fn each_address_has_its_pages_and_no_others() {
    let scene = Scene::start(still, Settings::default());
    let cases = [
        ("/livez", 200, 200),
        ("/readyz", 503, 503),
        ("/metrics", 200, 200),
        ("/", 200, 404),
        ("/debug/routes", 200, 404),
        ("/debug/backends", 200, 404),
        ("/debug/workers", 200, 404),
        ("/debug/status", 200, 404),
        ("/debug/fault", 404, 404),
        ("/debug", 404, 404),
        ("/readyz/", 404, 404),
    ];
    for (target, admin, health) in cases {
        assert_eq!(scene.get(target).status, admin, "admin {target}");
        assert_eq!(scene.health(target).status, health, "health {target}");
    }
    // The reasons behind readiness are for the admin address alone.
    assert!(
        !scene
            .health("/readyz?verbose")
            .text()
            .contains("the test says so")
    );
}

#[test]
fn ready_is_who_serves_speaks_and_does_not_drain() {
    static NOW: AtomicU64 = AtomicU64::new(0);
    let scene = Scene::start(|| NOW.load(Ordering::Relaxed), Settings::default());
    let at = |ms: u64, stamps: &[usize]| {
        NOW.store(ms, Ordering::Relaxed);
        for worker in stamps {
            scene.workers[*worker].status.stamp(ms);
        }
    };
    scene.await_ready(503, "the objects are not all read yet");
    assert!(scene.source.send(SourceEvent::Synced));
    scene.await_ready(503, "not every worker has adopted the first snapshot");
    scene.workers[0].adopt(&Ok(None));
    assert!(!scene.control.ready());
    scene.workers[1].adopt(&Ok(None));
    scene.await_ready(200, "ok");
    eventually("the handle says so too", || {
        scene.control.ready().then_some(())
    });
    assert_eq!(scene.health("/readyz").status, 200);

    at(4_999, &[1]);
    scene.await_ready(200, "ok");
    at(5_000, &[1]);
    scene.await_ready(503, "worker 0 is silent for 5000 ms");
    assert_eq!(scene.get("/livez").status, 200);
    at(30_000, &[1]);
    assert_eq!(scene.get("/livez").status, 503);
    assert_eq!(
        scene.health("/livez").text(),
        "worker 0 is silent for 30000 ms\n"
    );
    at(30_000, &[0, 1]);
    scene.await_ready(200, "ok");

    // The other one serves while a dead one is rebuilt.
    scene.workers[0].status.set_state(WorkerState::Ended);
    scene.await_ready(200, "ok");
    scene.workers[1].status.set_state(WorkerState::Ended);
    scene.await_ready(503, "no worker lives");
    for worker in &scene.workers {
        worker.status.set_state(WorkerState::Serving);
    }

    scene.control.announce();
    scene.await_ready(503, "draining");
    assert!(!scene.control.ready());
    scene.control.drain();
    for worker in &scene.workers {
        assert!(matches!(worker.command(), WorkerCommand::Announce));
        assert!(matches!(worker.command(), WorkerCommand::Drain));
    }

    // Whoever has nobody to tell it what changes says so.
    drop(scene.source);
    let admin = scene.control.admin_address().unwrap();
    eventually("the source is gone", || {
        let answer = fetch(admin, &Request::get("/readyz?verbose", "admin"));
        answer.text().contains("[-] source: gone").then_some(())
    });
}

#[test]
fn a_rebuilt_worker_gets_the_latest_snapshot_and_only_new_commands() {
    let mut scene = Scene::start(still, Settings::default());
    assert!(scene.source.send(SourceEvent::Synced));
    assert_eq!(scene.adopt(&Ok(None)), 1);
    scene.control.command(0, WorkerCommand::Stop);
    scene.workers[0].subscriber = scene.control.subscribe(0).unwrap();
    assert_eq!(scene.workers[0].adopt(&Ok(None)), 1);
    assert!(scene.workers[0].poll().is_none());
    assert!(scene.control.subscribe(2).is_none());
}

#[test]
fn a_status_is_programmed_when_every_worker_listens() {
    let scene = Scene::start(still, Settings::default());
    scene.say(&[
        manifests::gateway_class(),
        manifests::gateway("web", &[manifests::http("http", 8080)]),
    ]);
    assert!(scene.source.send(SourceEvent::Synced));
    let programmed = || {
        let status = scene.json("/debug/status");
        let gateway = status["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["kind"] == "Gateway")?;
        let conditions = gateway["status"]["conditions"].as_array()?;
        let found = conditions.iter().find(|one| one["type"] == "Programmed")?;
        let time = found["lastTransitionTime"].as_str().unwrap();
        assert!(
            time.len() == "2026-01-01T00:00:00Z".len() && time.ends_with('Z'),
            "{time}"
        );
        Some((found["status"].clone(), found["reason"].clone()))
    };
    let await_programmed = |status: &str, reason: &str| {
        eventually(&format!("Programmed {status} {reason}"), || {
            (programmed()? == (json!(status), json!(reason))).then_some(())
        });
    };
    await_programmed("False", "Pending");
    scene.workers[0].adopt(&Ok(None));
    let taken = BindFailure {
        kind: BindFailureKind::InUse,
        message: "another process holds it".into(),
    };
    scene.workers[1].adopt(&Err(taken));
    await_programmed("False", "AddressNotUsable");
    let verbose = scene.get("/readyz?verbose").text();
    assert!(
        verbose.contains("[-] bind *:8080: another process holds it"),
        "{verbose}"
    );
    let index = scene.get("/").text();
    assert!(index.contains("another process holds it"), "{index}");
    let metrics = scene.get("/metrics").text();
    assert!(metrics.contains("\nringress_binds_failed 1\n"), "{metrics}");

    // The worker tries again, and says so.
    scene.workers[1].subscriber.ack(Ack {
        worker: 1,
        revision: 1,
        binds: vec![BindOutcome {
            address: BindAddress {
                ip: None,
                port: 8080,
            },
            result: Ok(None),
        }],
    });
    await_programmed("True", "Programmed");
}

#[test]
fn changes_become_revisions_and_what_changes_nothing_does_not() {
    let scene = Scene::start(still, Settings::default());
    assert!(scene.source.send(SourceEvent::Synced));
    assert_eq!(scene.adopt(&Ok(None)), 1);
    let gateway = |port| manifests::gateway("web", &[manifests::http("http", port)]);
    scene.say(&[manifests::gateway_class(), gateway(8080)]);
    assert_eq!(scene.adopt(&Ok(None)), 2);
    scene.say(&[gateway(8080)]);
    scene.say(&[gateway(8081)]);
    assert_eq!(scene.adopt(&Ok(None)), 3);
    let routes = scene.json("/debug/routes");
    assert_eq!(routes["revision"], 3);
    assert_eq!(routes["binds"][0]["address"]["port"], 8081);
    eventually("every revision to have been timed", || {
        let metrics = scene.get("/metrics").text();
        metrics
            .contains("\nringress_snapshot_propagation_seconds_count 3\n")
            .then_some(())
    });
}

#[test]
fn pages_are_for_reading() {
    let scene = Scene::start(still, Settings::default());
    let admin = scene.control.admin_address().unwrap();
    let head = fetch(admin, &Request::new("HEAD", "/metrics", "admin"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = fetch(admin, &Request::new(method, "/metrics", "admin"));
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
    let metrics = scene.get("/metrics");
    assert_eq!(
        metrics.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(metrics.text().ends_with("# EOF\n"));
    let index = scene.get("/");
    assert_eq!(
        index.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(index.header("content-security-policy").is_some());
    for page in ["/metrics", "/debug/status", "/debug/routes"] {
        assert!(index.text().contains(page), "{page}");
    }
}

#[test]
fn a_head_that_is_too_large_is_refused_and_a_connection_serves_one_request() {
    let scene = Scene::start(still, Settings::default());
    let admin = scene.control.admin_address().unwrap();
    let large = Request::get("/livez", "admin").header("X-Large", &"x".repeat(40_000));
    let mut connection = Connection::open(admin);
    // The answer may come before the whole head is sent.
    let refused = connection.ask(&large);
    assert!(refused.is_err() || refused.is_ok_and(|answer| answer.status == 431));
    let mut connection = Connection::open(admin);
    assert_eq!(
        connection.fetch(&Request::get("/livez", "admin")).status,
        200
    );
    connection.expect_closed();
}

#[test]
fn faults_exist_only_where_they_are_allowed() {
    let settings = Settings {
        fault_injection: true,
        ..Settings::default()
    };
    let scene = Scene::start(still, settings);
    let admin = scene.control.admin_address().unwrap();
    let ask = |method: &str, query: &str| {
        let target = format!("/debug/fault{query}");
        fetch(admin, &Request::new(method, &target, "admin")).status
    };
    assert_eq!(ask("GET", "?worker=1&kind=panic"), 405);
    for query in [
        "",
        "?worker=1",
        "?kind=panic",
        "?worker=2&kind=panic",
        "?worker=1&kind=x",
    ] {
        assert_eq!(ask("POST", query), 400, "{query}");
    }
    let health = scene.control.health_address().unwrap();
    let elsewhere = Request::new("POST", "/debug/fault?worker=1&kind=panic", "health");
    assert_eq!(fetch(health, &elsewhere).status, 404);
    for (word, kind) in [
        ("panic", FaultKind::Panic),
        ("spin", FaultKind::Spin),
        ("connection-panic", FaultKind::ConnectionPanic),
    ] {
        assert_eq!(ask("POST", &format!("?worker=1&kind={word}")), 202);
        assert!(matches!(scene.workers[1].command(), WorkerCommand::Fault(asked) if asked == kind));
    }
    assert!(scene.workers[0].poll().is_none());
}

#[test]
fn connections_are_those_the_workers_tell_and_the_silent_are_named() {
    let scene = Scene::start(still, Settings::default());
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            let WorkerCommand::Connections { limit, answer } = scene.workers[1].command() else {
                panic!("another command");
            };
            let info = ConnectionInfo {
                worker: 1,
                peer: "192.0.2.1:4711".parse().unwrap(),
                bind: "*:8080".into(),
                state: "idle",
                age_ms: 12,
                requests: limit as u64,
                tls: false,
            };
            answer.send(vec![info]).unwrap();
        });
        scene.json("/debug/connections?limit=7")
    });
    assert_eq!(answer["silent_workers"], json!([0]));
    assert_eq!(answer["connections"][0]["peer"], "192.0.2.1:4711");
    assert_eq!(answer["connections"][0]["requests"], 7);
    assert_eq!(scene.get("/debug/connections?limit=x").status, 400);
}

#[test]
fn workers_are_described() {
    let scene = Scene::start(|| 250, Settings::default());
    scene.workers[0].status.stamp(100);
    scene.workers[0].status.set_core(Some(3));
    scene.workers[0].status.set_state(WorkerState::Serving);
    let page = scene.json("/debug/workers");
    assert_eq!(page["io_driver"], "epoll");
    let first = json!({
        "worker": 0, "state": "serving", "live": true, "heartbeat_age_ms": 150, "revision": 0,
        "connections": 0, "pooled": 0, "core": 3, "rebuilds": 0,
    });
    assert_eq!(page["workers"][0], first);
    assert_eq!(page["workers"][1]["state"], "starting");
    let verbose = scene.get("/readyz?verbose").text();
    assert!(
        verbose.contains("[+] io driver: epoll: the test says so\n"),
        "{verbose}"
    );
}

#[test]
fn an_address_that_is_taken_is_named() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let settings = Settings {
        health_address: Some(address),
        ..Settings::default()
    };
    let fleet = Fleet {
        statuses: Vec::new(),
        counters: Vec::new(),
        clock_ms: still,
        io_driver: String::new(),
        io_driver_reason: String::new(),
        pinning: Pinning::new(String::new),
    };
    let (_source, receiver) = Source::channel();
    let error = Control::start(settings, fleet, receiver).err().unwrap();
    assert!(matches!(error, StartError::Listen { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot serve the health pages on {address}: ")),
        "{text}"
    );
}
