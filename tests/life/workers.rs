//! A worker ended by a panic, then one stuck in a loop, both injected, beside one that serves on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::client::{Connection, Request, fetch};
use crate::support::manifests::{Manifests, gateway, http, http_route, prefix, service};
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::{eventually, ports, scale, within};

/// Enough that every worker has some.
const CONNECTIONS: usize = 24;

fn workers(gateway: &Gateway) -> Vec<Value> {
    let page = gateway.page("/debug/workers").json();
    page["workers"].as_array().expect("a list").clone()
}

/// How many connections each worker holds.
fn held(gateway: &Gateway) -> Vec<u64> {
    workers(gateway)
        .iter()
        .map(|worker| worker["connections"].as_u64().expect("a number"))
        .collect()
}

/// Opens a connection that has carried a request, and says which worker has it. `live` are open
/// besides: one that was closed just now may still be counted.
fn open(gateway: &Gateway, address: SocketAddr, live: usize) -> (usize, Connection) {
    let before = eventually("the workers to count what is open", || {
        let now = held(gateway);
        (now.iter().sum::<u64>() == live as u64).then_some(now)
    });
    let mut connection = Connection::open(address);
    assert_eq!(connection.fetch(&Request::get("/", "a.test")).status, 200);
    let worker = eventually("a worker to count its connection", || {
        let now = held(gateway);
        (0..now.len()).find(|&index| now[index] > before[index])
    });
    (worker, connection)
}

/// Connections of one worker under load, each of which must outlive the other worker.
struct Survivors {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Survivors {
    fn load(connections: Vec<Connection>) -> Self {
        let (stop, answers) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let threads = connections
            .into_iter()
            .map(|mut connection| {
                let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
                std::thread::spawn(move || {
                    let request = Request::get("/", "a.test");
                    while !stop.load(Ordering::Relaxed) {
                        let answer = connection.fetch(&request);
                        assert!(answer.status == 200 && answer.keeps(), "{answer:?}");
                        answers.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(2));
                    }
                })
            })
            .collect();
        Self {
            stop,
            answers,
            threads,
        }
    }

    fn await_more(&self, count: u64) {
        let until = self.answers.load(Ordering::Relaxed) + count;
        eventually("the survivors to be served", || {
            (self.answers.load(Ordering::Relaxed) >= until).then_some(())
        });
    }

    /// Ends them; panics when one of them lost anything.
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a survivor that lost nothing");
        }
        self.answers.load(Ordering::Relaxed)
    }
}

/// The connections of each of two workers.
fn connections(gateway: &Gateway, address: SocketAddr) -> [Vec<Connection>; 2] {
    let mut all = [Vec::new(), Vec::new()];
    for live in 0..CONNECTIONS {
        let (worker, connection) = open(gateway, address, live);
        all[worker].push(connection);
    }
    assert!(
        all.iter().all(|its| its.len() > 1),
        "every worker has some: {} and {}",
        all[0].len(),
        all[1].len()
    );
    all
}

fn inject(gateway: &Gateway, worker: usize, kind: &str) {
    let target = format!("/debug/fault?worker={worker}&kind={kind}");
    let answer = fetch(gateway.admin(), &Request::new("POST", &target, "admin"));
    assert_eq!(answer.status, 202, "{}", answer.text());
}

#[test]
fn a_worker_that_ends_is_back_and_one_that_sticks_is_reported_while_others_serve() {
    let (origin, address) = (Origin::start("a"), ports::local());
    let mut objects = vec![
        gateway("gw", &[http("web", address.port())]),
        http_route("r", "gw", &["a.test"], &[prefix("/", "a")]),
    ];
    objects.extend(service("a", &[origin.address()]));
    let manifests = Manifests::with(&objects);
    let mut gateway = Gateway::builder(manifests.path())
        .workers(2)
        .arg("--enable-fault-injection")
        .start();

    // Worker 0 ends.
    let [mut lost, others] = connections(&gateway, address);
    let live = others.len();
    let others = Survivors::load(others);
    others.await_more(50);
    inject(&gateway, 0, "panic");
    let asked = Instant::now();
    lost[0].expect_closed();
    within(Duration::from_secs(1), "worker 0 to be rebuilt", || {
        let first = workers(&gateway).swap_remove(0);
        let back = first["rebuilds"] == 1 && first["state"] == "serving";
        (back && first["live"] == true).then_some(())
    });
    let back = asked.elapsed();
    // It serves: new connections reach it again.
    eventually("a connection to the rebuilt worker", || {
        (open(&gateway, address, live).0 == 0).then_some(())
    });
    others.await_more(50);
    println!(
        "figure: worker 0 serves again {back:?} after its panic; {} answers of worker 1, none lost",
        others.stop()
    );
    assert_eq!(gateway.page("/readyz").status, 200);
    drop(lost);

    // Worker 1 sticks.
    let [others, _stuck] = connections(&gateway, address);
    let others = Survivors::load(others);
    others.await_more(50);
    inject(&gateway, 1, "spin");
    let asked = Instant::now();
    eventually("the stuck worker to be reported", || {
        (gateway.page("/readyz").status == 503).then_some(())
    });
    let reported = asked.elapsed();
    assert!(
        reported >= Duration::from_secs(4),
        "a short stop is no stuck worker"
    );
    let page = gateway.page("/readyz?verbose").text();
    assert!(page.contains("worker"), "{page}");
    assert_eq!(gateway.page("/livez").status, 200);
    gateway.await_log("a worker is stuck");
    others.await_more(50);
    println!(
        "figure: a stuck worker reported after {reported:?}; {} answers of worker 0, none lost",
        others.stop()
    );
    if scale::full() {
        let exit = gateway.await_exit(Duration::from_secs(40));
        assert_eq!(exit.code(), None, "ended by a signal: {exit}");
        println!(
            "figure: ended by itself after {:?}: {exit}",
            asked.elapsed()
        );
        assert!(
            gateway.log().contains("stuck for too long"),
            "{}",
            gateway.log()
        );
    }
}
