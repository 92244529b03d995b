//! The built binary as a child process.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::client::{Connection, Request, Response};
use super::{PATIENCE, ports, within};

/// Which I/O driver the workers shall use. The step of the run that is under way chooses the
/// default by `RINGRESS_TEST_IO_DRIVER` and `RINGRESS_TEST_IO_URING_MODE`, so that one suite
/// serves every rung of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// What the environment of this run says, else the binary's own choice.
    Default,
    /// epoll.
    Epoll,
    /// io_uring, on a rung: `auto`, `defer`, `coop` or `plain`.
    Uring(&'static str),
}

/// The path of the binary under test: `RINGRESS_BIN`, else the one Cargo built beside this test.
pub fn binary() -> PathBuf {
    let given = std::env::var_os("RINGRESS_BIN").filter(|path| !path.is_empty());
    given.map_or_else(|| env!("CARGO_BIN_EXE_ringress").into(), PathBuf::from)
}

/// Runs the binary to its end: for `check`, `version`, `--help` and refused command lines.
pub fn output(args: &[&str]) -> Output {
    command()
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// The binary with no `RINGRESS_*` variable of the outer environment.
pub fn command() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RINGRESS_") {
            command.env_remove(name);
        }
    }
    command
}

/// What to start.
#[derive(Debug)]
pub struct Builder {
    command: Command,
    admin: SocketAddr,
}

/// A running gateway; killed when dropped, its log printed when that happens in a panic.
pub struct Gateway {
    child: Child,
    admin: SocketAddr,
    log: Arc<Mutex<Vec<u8>>>,
    output: Arc<Mutex<Vec<u8>>>,
    ended: Option<ExitStatus>,
}

impl Builder {
    /// One more argument.
    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// More arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// A variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Where its admin pages shall be; the default is a free port of 127.0.0.1.
    pub fn admin(mut self, address: SocketAddr) -> Self {
        self.admin = address;
        self
    }

    /// How many workers; the default is 1.
    pub fn workers(self, count: usize) -> Self {
        self.arg("--workers").arg(count.to_string())
    }

    /// The I/O driver.
    pub fn driver(self, driver: Driver) -> Self {
        match driver {
            Driver::Default => self,
            Driver::Epoll => self.args(&["--io-driver", "epoll", "--io-uring-mode", "auto"]),
            Driver::Uring(mode) => self.args(&["--io-driver", "uring", "--io-uring-mode", mode]),
        }
    }

    /// The command itself, for what has no method here (`pre_exec`, a working folder).
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Starts it, and waits until `/readyz` answers 200.
    pub fn start(self) -> Gateway {
        let mut gateway = self.spawn();
        gateway.await_ready();
        gateway
    }

    /// Starts it and waits for nothing.
    pub fn spawn(mut self) -> Gateway {
        self.command
            .arg("--admin-address")
            .arg(self.admin.to_string());
        let mut child = self.command.spawn().expect("the binary starts");
        let log = collect(child.stderr.take().expect("a pipe"));
        let output = collect(child.stdout.take().expect("a pipe"));
        Gateway {
            child,
            admin: self.admin,
            log,
            output,
            ended: None,
        }
    }
}

/// Gathers a pipe's bytes on a thread of its own until it ends.
fn collect(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&all);
    std::thread::spawn(move || {
        let mut piece = [0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut piece) {
            into.lock()
                .expect("no panic under the lock")
                .extend_from_slice(&piece[..count]);
        }
    });
    all
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().expect("no panic under the lock")).into_owned()
}

impl Gateway {
    /// `ringress run` over a folder of manifests: loopback only, admin on a free port.
    pub fn builder(manifests: &Path) -> Builder {
        let admin = ports::local();
        let mut command = command();
        command.arg("run").arg("--manifests").arg(manifests);
        command.args(["--listen-address", "127.0.0.1"]);
        for name in ["IO_DRIVER", "IO_URING_MODE"] {
            let wanted = std::env::var_os(format!("RINGRESS_TEST_{name}"));
            if let Some(value) = wanted.filter(|value| !value.is_empty()) {
                command.env(format!("RINGRESS_{name}"), value);
            }
        }
        command.env("RINGRESS_WORKERS", "1");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Builder { command, admin }
    }

    /// Starts it over a folder of manifests with everything at its default.
    pub fn start(manifests: &Path) -> Self {
        Self::builder(manifests).start()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its admin pages are.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// What it wrote to stdout so far.
    pub fn output(&self) -> String {
        text(&self.output)
    }

    /// Waits until `/readyz` answers 200; panics with the log when it ends or does not.
    pub fn await_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self
            .try_page("/readyz")
            .is_none_or(|answer| answer.status != 200)
        {
            if let Some(status) = self.poll_exit() {
                panic!("ended with {status} before it was ready:\n{}", self.log());
            }
            assert!(
                Instant::now() < deadline,
                "not ready in {PATIENCE:?}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// An admin page, if it answers.
    pub fn try_page(&self, target: &str) -> Option<Response> {
        let mut connection = Connection::try_open(self.admin, None).ok()?;
        connection
            .ask(&Request::get(target, "admin").header("Connection", "close"))
            .ok()
    }

    /// An admin page; panics when there is no answer.
    pub fn page(&self, target: &str) -> Response {
        self.try_page(target)
            .unwrap_or_else(|| panic!("no answer to {target}:\n{}", self.log()))
    }

    /// The sum over all series of a metric whose labels contain every one of `labels`
    /// (`name="value"`); 0 when there is none.
    pub fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let page = self.page("/metrics").text();
        page.lines()
            .filter_map(|line| line.strip_prefix(name))
            .filter(|rest| rest.starts_with(['{', ' ']))
            .filter(|rest| labels.iter().all(|label| rest.contains(label)))
            .filter_map(|rest| rest.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(pid, signal).expect("a process of our own");
    }

    /// Asks it to drain and end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Its exit status, if it ended.
    pub fn poll_exit(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("a child of ours");
        }
        self.ended
    }

    /// Waits for its end; panics after `limit`.
    pub fn await_exit(&mut self, limit: Duration) -> ExitStatus {
        within(limit, "the gateway's end", || self.poll_exit())
    }

    /// Waits until the log has a line with `needle`.
    pub fn await_log(&self, needle: &str) {
        within(PATIENCE, &format!("{needle:?} in the log"), || {
            self.log().contains(needle).then_some(())
        });
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if self.poll_exit().is_none() {
            self.child.kill().ok();
            self.child.wait().ok();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- the gateway's log, last lines ---");
            for line in &lines[lines.len().saturating_sub(40)..] {
                eprintln!("{line}");
            }
        }
    }
}
