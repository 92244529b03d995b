//! `ringress demo` keeps its word: every command that it prints works as printed.

mod support;

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use support::process;

/// What each stop of the tour must print: all of these.
const EXPECTED: [(&str, &[&str]); 14] = [
    (
        "host routing",
        &[
            "backend: shop\n",
            "request: GET /\n",
            "x-forwarded-for: 127.0.0.1",
        ],
    ),
    (
        "path routing",
        &["backend: api\n", "request: GET /api/items\n"],
    ),
    (
        "method routing",
        &["backend: api\n", "request: POST /orders\n", "one book"],
    ),
    ("header routing", &["backend: shop-next\n", "x-tester: yes"]),
    (
        "query routing",
        &["backend: shop-next\n", "request: GET /?version=next\n"],
    ),
    (
        "weighted split",
        &["backend: shop\n", "backend: shop-next\n"],
    ),
    ("redirect", &["301 http://shop.example:", "/new/shoes\n"]),
    (
        "rewrite",
        &[
            "backend: api\n",
            "request: GET /api/v2/items/shoes\n",
            "host: shop.internal",
        ],
    ),
    ("Ingress", &["backend: api\n", "host: classic.example"]),
    ("HTTPS", &["backend: shop\n", "x-forwarded-proto: https"]),
    (
        "WebSocket",
        &[
            "101 Switching Protocols",
            "hello from chat, over a WebSocket",
        ],
    ),
    ("live edit", &["backend: shop\n", "request: GET /after\n"]),
    ("status", &["\"Accepted\"", "\"Programmed\"", "HTTPRoute"]),
    ("metrics", &["ringress_connections_accepted_total"]),
];

/// How long the demo may take to serve, on a debug build and a busy machine.
const START: Duration = Duration::from_secs(30);

/// One demo at a time, since they want the same ports.
static ALONE: Mutex<()> = Mutex::new(());

struct Demo {
    _alone: MutexGuard<'static, ()>,
    child: Child,
    lines: Receiver<String>,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = process::command()
            .arg("demo")
            .args(arguments)
            .env("RINGRESS_WORKERS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = lines(child.stdout.take().expect("a pipe"));
        Self {
            _alone: alone,
            child,
            lines,
        }
    }

    /// The stops of the tour, what they show and their commands; and every comment.
    fn tour(&self) -> (Vec<(String, String)>, Vec<String>) {
        let mut stops = Vec::new();
        let mut comments: Vec<String> = Vec::new();
        while stops.len() < EXPECTED.len() {
            let line = self.lines.recv_timeout(START).expect("the demo goes on");
            match line.strip_prefix("# ") {
                Some(text) => comments.push(text.to_owned()),
                None if line.is_empty() => {}
                None => {
                    let shown = comments.last().expect("a comment stands above");
                    stops.push((shown.clone(), line));
                }
            }
        }
        (stops, comments)
    }

    /// Asks it to end, and expects that it does so well.
    fn end(mut self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::INT).expect("a process of our own");
        let exit = support::eventually("the demo's end", || {
            self.child.try_wait().expect("a child of ours")
        });
        assert_eq!(exit.code(), Some(0));
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Already ended where the test went well.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn lines(pipe: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

#[test]
fn every_printed_command_works_as_printed_and_ctrl_c_ends_it_well() {
    // A name with a space: printed commands must quote it.
    let parent = tempfile::TempDir::with_prefix("ringress demo ").expect("a temporary folder");
    let folder: PathBuf = parent.path().join("manifests");
    let demo = Demo::start(&["--folder", folder.to_str().expect("UTF-8")]);
    for ((shown, command), (name, expected)) in demo.tour().0.iter().zip(EXPECTED) {
        assert!(shown.starts_with(name), "{shown} where {name} was expected");
        let output = Command::new("bash")
            .args(["-c", command])
            .stdin(Stdio::null())
            .output()
            .expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{name}: {command}\n{text}\n{problem}"
        );
        for part in expected {
            assert!(
                text.contains(part),
                "{name}: no {part:?}\n{command}\n{text}\n{problem}"
            );
        }
    }
    demo.end();
    assert!(
        folder.join("shop.yaml").exists(),
        "a folder that was named stays"
    );
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::TempDir::with_prefix("ringress-demo-").expect("a temporary folder");
    std::fs::write(folder.path().join("mine.txt"), "mine").expect("a folder of our own");
    let path = folder.path().to_str().expect("UTF-8");
    let output = process::output(&["demo", "--folder", path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--folder"));
    let files = std::fs::read_dir(folder.path()).expect("a folder of our own");
    assert_eq!(files.count(), 1);
}

#[test]
fn a_port_that_is_taken_is_replaced_and_a_folder_of_its_own_goes_with_it() {
    // Taken by this listener, or by somebody else already.
    let _holder = TcpListener::bind("127.0.0.1:8080");
    let demo = Demo::start(&[]);
    let (stops, comments) = demo.tour();
    let said = comments
        .iter()
        .any(|comment| comment.starts_with("Port 8080 is taken: "));
    assert!(said, "{comments:?}");
    assert!(!stops[0].1.contains(":8080/"), "{stops:?}");
    let manifests = comments
        .iter()
        .find_map(|comment| comment.strip_prefix("Manifests: "));
    let (folder, _) = manifests
        .and_then(|rest| rest.split_once(": "))
        .expect("the folder is said");
    let folder = PathBuf::from(folder);
    assert!(folder.join("shop.yaml").exists());
    demo.end();
    assert!(!folder.exists(), "{}", folder.display());
}
