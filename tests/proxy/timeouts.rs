//! Timeouts of HTTPRoutes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scene::{Stage, rule};
use crate::support::client::Request;
use crate::support::message::Fault;

fn timed(path: &str, timeouts: Value) -> Value {
    let mut rule = rule(
        json!([{"path": {"type": "PathPrefix", "value": path}}]),
        "a",
    );
    rule["timeouts"] = timeouts;
    rule
}

#[test]
fn a_rule_has_its_own_patience() {
    let scene = Stage::new()
        .origin("a")
        .route(
            "r",
            &[],
            &[
                timed("/request", json!({"request": "300ms"})),
                timed(
                    "/backend",
                    json!({"request": "5s", "backendRequest": "300ms"}),
                ),
                timed("/never", json!({"request": "0s"})),
                rule(json!([{"path": {"value": "/default"}}]), "a"),
            ],
        )
        .start(&["--upstream-response-timeout", "600ms"]);
    for (path, delay, status) in [
        ("/request", 0, 200),
        ("/request", 2000, 504),
        ("/backend", 0, 200),
        ("/backend", 2000, 504),
        ("/never", 900, 200),
        ("/default", 2000, 504),
    ] {
        let mut connection = scene.connect();
        let began = Instant::now();
        let ask = format!("delay={delay}");
        let answer = connection.fetch(&Request::get(path, "h").ask(&ask));
        assert_eq!(answer.status, status, "{path} {delay}");
        assert!(
            began.elapsed() < Duration::from_millis(1900),
            "{path} {delay}"
        );
        assert!(answer.keeps(), "{path} {delay}");
    }
    scene.expect_refused("upstream_timeout", 3.0);
    let record = scene.record("/request");
    assert_eq!(
        (&record["status"], &record["flags"]),
        (&json!(200), &json!("-"))
    );
    let late = scene
        .records()
        .into_iter()
        .find(|r| r["path"] == "/backend" && r["status"] == 504);
    assert_eq!(late.expect("a record")["flags"], "UT");
}

#[test]
fn a_deadline_within_the_body_cuts_the_answer() {
    let scene = Stage::new()
        .origin("a")
        .route("r", &[], &[timed("/", json!({"request": "400ms"}))])
        .start(&[]);
    let mut connection = scene.connect();
    connection.send(
        &Request::get("/", "h")
            .ask("bytes=2000,stall=1000:3000")
            .encode(),
    );
    let began = Instant::now();
    let head = connection.head("GET").unwrap();
    assert_eq!(head.status, 200);
    let fault = connection.piece(2000).unwrap_err();
    assert!(
        matches!(fault, Fault::Truncated(_) | Fault::Reset),
        "{fault}"
    );
    assert!(began.elapsed() < Duration::from_secs(2));
}
