//! From the start of the process to its end: drivers under security profiles, what the log says,
//! and drains.

mod support;

use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};
use support::client::{Connection, Request, fetch};
use support::manifests::{Manifests, gateway, http, http_route, prefix, service};
use support::origin::Origin;
use support::process::{self, Gateway};
use support::seccomp::{Profile, confine};
use support::{PATIENCE, eventually, ports};

/// A route to an origin, and the address it is served on.
struct Scene {
    origin: Origin,
    address: SocketAddr,
    manifests: Manifests,
}

impl Scene {
    fn new() -> Self {
        let (origin, address) = (Origin::start("a"), ports::local());
        let mut objects = vec![
            gateway("gw", &[http("web", address.port())]),
            http_route("r", "gw", &["a.test"], &[prefix("/", "a")]),
        ];
        objects.extend(service("a", &[origin.address()]));
        Self {
            origin,
            address,
            manifests: Manifests::with(&objects),
        }
    }

    /// A gateway with these flags, ready.
    fn serve(&self, flags: &[&str]) -> Gateway {
        Gateway::builder(self.manifests.path()).args(flags).start()
    }

    fn fetch(&self) -> u16 {
        fetch(self.address, &Request::get("/", "a.test")).status
    }

    /// A connection whose request the origin answers only after `ms`.
    fn slow(&self, ms: u32) -> Connection {
        let before = self.origin.requests().len();
        let mut connection = Connection::open(self.address);
        let request = Request::get("/", "a.test").ask(&format!("delay={ms}"));
        connection.send(&request.encode());
        eventually("the origin has the request", || {
            (self.origin.requests().len() > before).then_some(())
        });
        connection
    }
}

/// Profiles, and what is said of each.
const REFUSALS: [(Profile, &str); 2] = [
    (
        Profile::AllEperm,
        "io_uring_setup is refused by a seccomp profile (EPERM)",
    ),
    (
        Profile::EnterEperm,
        "io_uring_enter is refused by a seccomp profile (EPERM)",
    ),
];

/// From the start of the process to its first answer, where io_uring is refused. The one absolute
/// time here: it is promised.
const PROMISED: Duration = Duration::from_secs(1);

/// A gateway under a profile that has answered a request, and how long that took from its start.
fn serve_under(scene: &Scene, profile: Profile) -> (Gateway, Duration) {
    let auto = ["--io-driver", "auto", "--io-uring-mode", "auto"];
    let mut builder = Gateway::builder(scene.manifests.path()).args(&auto);
    confine(builder.command(), profile);
    let began = Instant::now();
    let gateway = builder.spawn();
    let status = eventually("the first answer", || {
        let mut connection = Connection::try_open(scene.address, None).ok()?;
        let answer = connection.ask(&Request::get("/", "a.test")).ok()?;
        Some(answer.status)
    });
    let took = began.elapsed();
    assert_eq!(status, 200, "{profile:?}");
    (gateway, took)
}

#[test]
fn where_io_uring_is_refused_epoll_serves_within_a_second_and_the_reason_is_said() {
    for (profile, why) in REFUSALS {
        let scene = Scene::new();
        // What else runs on this machine may slow one start down.
        let mut starts = (0..5).map(|_| serve_under(&scene, profile));
        let (mut gateway, _) = starts
            .find(|(_, took)| *took < PROMISED)
            .unwrap_or_else(|| panic!("{profile:?}: never within {PROMISED:?}"));
        gateway.await_ready();
        assert!(
            gateway.log().contains(why),
            "{profile:?}: {}",
            gateway.log()
        );
        let ready = gateway.page("/readyz?verbose").text();
        assert!(
            ready.contains("epoll") && ready.contains(why),
            "{profile:?}: {ready}"
        );
        assert_eq!(gateway.metric("ringress_io_driver", &["epoll"]), 1.0);
    }
}

#[test]
fn where_io_uring_is_refused_and_asked_for_the_process_ends_and_says_why() {
    let scene = Scene::new();
    for (profile, why) in REFUSALS {
        let mut command = process::command();
        command.args(["run", "--io-driver", "uring", "--manifests"]);
        command.arg(scene.manifests.path());
        confine(&mut command, profile);
        let output = command.output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{profile:?}: {error}");
        assert!(
            error.contains("--io-driver") && error.contains(why),
            "{error}"
        );
    }
}

#[test]
fn an_admin_address_that_is_taken_is_a_failure_that_names_it() {
    let scene = Scene::new();
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = holder.local_addr().expect("a port");
    let mut gateway = Gateway::builder(scene.manifests.path())
        .admin(taken)
        .spawn();
    let exit = gateway.await_exit(PATIENCE);
    assert_eq!(exit.code(), Some(1));
    gateway.await_log(&taken.to_string());
}

#[test]
fn the_log_is_json_where_asked_and_names_variables_that_no_flag_has() {
    let scene = Scene::new();
    let gateway = Gateway::builder(scene.manifests.path())
        .args(&["--log-format", "json"])
        .env("RINGRESS_WORKERZ", "1")
        .start();
    gateway.await_log("RINGRESS_WORKERZ");
    for line in gateway.log().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn the_access_log_is_opened_anew_on_sigusr1() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().expect("a folder");
    let (path, moved) = (folder.path().join("log"), folder.path().join("log.1"));
    let gateway = scene.serve(&["--access-log", path.to_str().expect("UTF-8")]);
    let lines = |path: &Path| fs::read_to_string(path).unwrap_or_default().lines().count();
    let await_lines = |path: &Path, count: usize| {
        eventually("the lines", || (lines(path) == count).then_some(()));
    };
    assert_eq!(scene.fetch(), 200);
    await_lines(&path, 1);
    fs::rename(&path, &moved).expect("a writable folder");
    assert_eq!(scene.fetch(), 200);
    await_lines(&moved, 2);
    gateway.signal(Signal::USR1);
    eventually("the new file", || path.exists().then_some(()));
    assert_eq!(scene.fetch(), 200);
    await_lines(&path, 1);
    assert_eq!(lines(&moved), 2);
}

#[test]
fn clients_that_say_nothing_keep_nobody_from_the_pages() {
    const SILENT: usize = 200;
    const PLACES: usize = 64;
    let scene = Scene::new();
    let gateway = scene.serve(&[]);
    let connect = |_| TcpStream::connect(gateway.admin()).expect("the admin address");
    let mut silent: Vec<TcpStream> = (0..SILENT).map(connect).collect();
    assert_eq!(gateway.page("/livez").status, 200);
    let displaced = gateway.metric("ringress_page_connections_displaced_total", &[]);
    assert!(displaced >= (SILENT - PLACES) as f64, "{displaced}");
    silent[0]
        .set_read_timeout(Some(PATIENCE))
        .expect("a socket");
    assert_eq!(
        silent[0].read(&mut [0]).unwrap_or(0),
        0,
        "the oldest gave way"
    );
}

#[test]
fn a_drain_serves_on_then_closes_and_loses_nothing() {
    let scene = Scene::new();
    let mut gateway = scene.serve(&["--drain-delay", "3s", "--drain-idle", "0"]);
    let mut slow = scene.slow(3500);
    gateway.terminate();
    eventually("not ready", || {
        (gateway.try_page("/readyz")?.status == 503).then_some(())
    });
    // New connections are still served, and told to go.
    let answer = fetch(scene.address, &Request::get("/", "a.test"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"));
    eventually("the listener closes", || {
        TcpStream::connect(scene.address).err()
    });
    let answer = slow
        .response("GET")
        .expect("the answer of a request under way");
    assert_eq!(answer.status, 200);
    assert_eq!(gateway.await_exit(PATIENCE).code(), Some(0));
}

#[test]
fn a_drain_ends_at_its_limit_with_requests_unfinished() {
    let scene = Scene::new();
    let mut gateway = scene.serve(&["--drain-delay", "0", "--drain-timeout", "200ms"]);
    let mut slow = scene.slow(60_000);
    gateway.signal(Signal::INT);
    assert_eq!(gateway.await_exit(PATIENCE).code(), Some(0));
    assert!(
        gateway.log().contains("not everything finished"),
        "{}",
        gateway.log()
    );
    assert!(slow.response("GET").is_err(), "no answer was made up");
}

#[test]
fn a_second_signal_ends_at_once() {
    let scene = Scene::new();
    let mut gateway = scene.serve(&["--drain-delay", "60s"]);
    gateway.terminate();
    gateway.await_log("still serving");
    gateway.terminate();
    assert_eq!(gateway.await_exit(PATIENCE).code(), Some(1));
}

#[test]
fn a_panic_of_a_connection_ends_it_alone_and_is_logged_with_its_backtrace() {
    let scene = Scene::new();
    let gateway = scene.serve(&["--enable-fault-injection"]);
    let mut kept = Connection::open(scene.address);
    let asked = kept.ask(&Request::get("/", "a.test")).expect("an answer");
    assert_eq!(asked.status, 200);
    let fault = Request::new(
        "POST",
        "/debug/fault?worker=0&kind=connection-panic",
        "admin",
    );
    assert_eq!(fetch(gateway.admin(), &fault).status, 202);
    let panics = || gateway.metric("ringress_connection_panics_total", &[]);
    eventually("a panic", || {
        // The next connection meets it; the worker hears of the fault on its own time.
        if let Ok(mut unlucky) = Connection::try_open(scene.address, None) {
            unlucky.patience(Duration::from_secs(5));
            unlucky.ask(&Request::get("/", "a.test")).ok();
        }
        (panics() > 0.0).then_some(())
    });
    gateway.await_log("panicked: ");
    assert!(
        gateway.log().contains("ringress::worker"),
        "a backtrace: {}",
        gateway.log()
    );
    let again = kept.ask(&Request::get("/", "a.test")).expect("an answer");
    assert_eq!(again.status, 200, "the connection beside it goes on");
    assert_eq!(panics(), 1.0);
}

#[test]
fn workers_follow_the_cores_that_the_process_may_use() {
    let scene = Scene::new();
    let gateway = scene.serve(&["--workers", "1", "--pin", "always"]);
    let (pid, all) = (gateway.pid(), allowed(gateway.pid()));
    let thread = thread_named(pid, "worker-0");
    assert_eq!(allowed(thread), all[..1], "pinned to the first core");
    for core in [all[all.len() - 1], all[0]] {
        // As `taskset -p`, or a kubelet that gives a core to another pod.
        confine_to(pid, &[core]);
        eventually("the worker to move", || {
            (allowed(thread) == [core]).then_some(())
        });
        eventually("its core to be said", || {
            let page = gateway.page("/debug/workers").json();
            (page["workers"][0]["core"] == core).then_some(())
        });
        assert_eq!(scene.fetch(), 200);
    }
    assert!(gateway.log().contains("the cores of the process changed"));
}

fn pid_of(id: u32) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(id.cast_signed()).expect("not 0")
}

/// The cores that a thread may run on.
fn allowed(id: u32) -> Vec<usize> {
    let mask = rustix::thread::sched_getaffinity(Some(pid_of(id))).expect("a thread");
    let all = 0..rustix::thread::CpuSet::MAX_CPU;
    all.filter(|core| mask.is_set(*core)).collect()
}

fn confine_to(id: u32, cores: &[usize]) {
    let mut mask = rustix::thread::CpuSet::new();
    cores.iter().for_each(|core| mask.set(*core));
    rustix::thread::sched_setaffinity(Some(pid_of(id)), &mask).expect("our own process");
}

/// The thread of a process that has this name.
fn thread_named(pid: u32, name: &str) -> u32 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("a process");
    threads
        .flatten()
        .find(|thread| {
            let comm = std::fs::read_to_string(thread.path().join("comm"));
            comm.is_ok_and(|comm| comm.trim_end() == name)
        })
        .and_then(|thread| thread.file_name().to_str()?.parse().ok())
        .expect("a thread of this name")
}
