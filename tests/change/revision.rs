//! Revisions that an answer shows: two filters of one rule carry the same number, one to the client
//! and one to the origin, so that an answer made of two revisions is seen as one.

use serde_json::{Value, json};

use crate::support::client::{Connection, Request, Response};
use crate::support::process::Gateway;

/// Added to the answer.
pub const SHOWN: &str = "X-Revision";
/// Added to the request; the origin's echo has it.
const SENT: &str = "X-Sent-Revision";

/// A rule for a path prefix, weighted services and a number.
pub fn rule(path: &str, services: &[(&str, u64)], number: usize) -> Value {
    let set = |name: &str| json!({"set": [{"name": name, "value": number.to_string()}]});
    let backends: Vec<Value> = services
        .iter()
        .map(|(name, weight)| json!({"name": name, "port": 80, "weight": weight}))
        .collect();
    json!({
        "matches": [{"path": {"type": "PathPrefix", "value": path}}],
        "filters": [
            {"type": "RequestHeaderModifier", "requestHeaderModifier": set(SENT)},
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": set(SHOWN)},
        ],
        "backendRefs": backends,
    })
}

/// The number of an answer; an error when its two halves differ.
pub fn of(answer: &Response) -> Result<usize, String> {
    let shown = answer.header(SHOWN).unwrap_or("none");
    let echo = answer.echo();
    let sent = echo.header(SENT).unwrap_or("none");
    if shown != sent {
        return Err(format!("revision {sent} on the way in, {shown} out"));
    }
    shown.parse().map_err(|_| format!("revision {shown:?}"))
}

/// Asks on a connection of its own, which must outlive every change, until `number` is shown.
pub fn await_shown(probe: &mut Connection, path: &str, number: usize) {
    crate::support::eventually(&format!("revision {number} on {path}"), || {
        let answer = probe.fetch(&Request::get(path, "a.test"));
        assert!(answer.keeps(), "the probe's connection is closed");
        let seen = of(&answer).unwrap_or_else(|what| panic!("{what}"));
        (seen == number).then_some(())
    });
}

/// Waits until every worker uses the newest snapshot, and that one is newer than `before`.
pub fn await_adopted(gateway: &Gateway, before: u64) -> u64 {
    crate::support::eventually("every worker to adopt a newer snapshot", || {
        let lowest = adopted(gateway);
        (lowest > before).then_some(lowest)
    })
}

/// The oldest snapshot that a worker uses.
pub fn adopted(gateway: &Gateway) -> u64 {
    let page = gateway.page("/debug/workers").json();
    let workers = page["workers"].as_array().expect("a list");
    let revisions = workers
        .iter()
        .map(|worker| worker["revision"].as_u64().expect("a number"));
    revisions.min().expect("a worker")
}
