//! The probes: `/livez` and `/readyz`.

use super::page::Page;
use crate::control::adoption::Vitality;
use crate::control::state::State;
use crate::control::status::render::BindState;
use hyper::StatusCode;

/// Whether the process is worth keeping.
pub fn live(state: &State) -> Page {
    answer(state.liveness())
}

/// Whether traffic may be sent here.
pub fn ready(state: &State) -> Page {
    answer(state.readiness())
}

fn answer(result: Result<(), String>) -> Page {
    match result {
        Ok(()) => Page::text(StatusCode::OK, "ok\n"),
        Err(why) => Page::text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

/// `/readyz?verbose`: the answer with everything it depends on, a line each; `[+]` is good, `[-]`
/// is not, and only what keeps the process from being ready is said in the last line.
pub fn verbose(state: &State) -> Page {
    let mut lines = Vec::new();
    let followed = state.synced && !state.source_gone;
    lines.push(line(followed, "source", source(state)));
    lines.push(line(state.revision > 0, "snapshot", snapshot(state)));
    lines.push(match &state.build_failure {
        None => line(true, "builder", "idle or building".into()),
        Some(why) => line(
            false,
            "builder",
            format!("panicked, the last snapshot serves: {why}"),
        ),
    });
    for (worker, vitality) in state.vitality().iter().enumerate() {
        let (good, text) = vitality_text(*vitality);
        lines.push(line(good, &format!("worker {worker}"), text));
    }
    for (address, bind) in &state.binds {
        let (good, text) = bind_text(bind);
        lines.push(line(good, &format!("bind {address}"), text));
    }
    let fleet = &state.fleet;
    let driver = format!("{}: {}", fleet.io_driver, fleet.io_driver_reason);
    lines.push(line(true, "io driver", driver));
    lines.push(line(true, "pinning", fleet.pinning.to_string()));
    let result = state.readiness();
    let status = match result {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let verdict = match result {
        Ok(()) => "ready".to_owned(),
        Err(why) => format!("not ready: {why}"),
    };
    Page::text(status, format!("{}{verdict}\n", lines.concat()))
}

fn line(good: bool, what: &str, text: String) -> String {
    let mark = if good { '+' } else { '-' };
    format!("[{mark}] {what}: {text}\n")
}

fn source(state: &State) -> String {
    let problems = state.objects.problems().len();
    match (state.source_gone, state.synced) {
        (true, _) => "gone, so nothing changes any more; what is served stays".into(),
        (false, true) => format!("synced, {problems} problems with what was read"),
        (false, false) => "not all read yet".into(),
    }
}

fn snapshot(state: &State) -> String {
    let live = state.shared.live();
    format!("revision {}, {live} in use", state.revision)
}

fn vitality_text(vitality: Vitality) -> (bool, String) {
    match vitality {
        Vitality::Live => (true, "live".into()),
        Vitality::Absent => (false, "being rebuilt, or ended".into()),
        Vitality::Silent { ms } => (false, format!("silent for {ms} ms")),
    }
}

pub(super) fn bind_text(bind: &BindState) -> (bool, String) {
    match bind {
        BindState::Pending => (false, "waiting for every worker to listen".into()),
        BindState::Listening { note: None } => (true, "listening".into()),
        BindState::Listening { note: Some(note) } => (true, format!("listening; {note}")),
        BindState::Failed(failure) => (false, failure.message.clone()),
    }
}
