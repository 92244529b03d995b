//! Every case of a request, end to end: what is forwarded, what is refused and by which name, and
//! that of a refused request nothing arrives.

use std::collections::BTreeMap;

use crate::case::{self, Case, escape};
use crate::stage::{Scene, Stage};
use crate::support::client::Connection;
use crate::support::message::Fault;
use crate::support::origin::Received;

/// What a case says of one request.
#[derive(Debug, Default)]
struct Expected {
    method: String,
    target: String,
    host: String,
    facts: Vec<String>,
    forward: Vec<String>,
    body: String,
    trailers: Vec<String>,
    whole: bool,
}

/// How a case ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With the last request.
    Plain,
    Refused(u16, String),
    PartialHead,
    PartialBody,
}

impl Expected {
    fn has(&self, fact: &str) -> bool {
        self.facts.iter().any(|one| one == fact)
    }
}

fn read(case: &Case) -> (Vec<Expected>, End) {
    let mut requests: Vec<Expected> = Vec::new();
    for line in &case.expected {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "forward" => last(&mut requests).forward.push(rest.to_owned()),
            "trailer" => last(&mut requests).trailers.push(rest.to_owned()),
            "body" => {
                let request = last(&mut requests);
                (request.body, request.whole) = (rest.to_owned(), true);
            }
            "refused" => {
                let (status, reason) = rest.split_once(' ').expect("status and reason");
                let status = status.parse().expect("a status");
                return (requests, End::Refused(status, reason.to_owned()));
            }
            "partial" if rest == "head" => return (requests, End::PartialHead),
            "partial" => return (requests, End::PartialBody),
            method => {
                let mut words = rest.split(' ').map(str::to_owned);
                let (target, host) = (words.next(), words.next());
                let facts: Vec<String> = words.collect();
                let bodiless = |fact: &String| fact != "chunked" && !fact.starts_with("length=");
                requests.push(Expected {
                    method: method.to_owned(),
                    target: target.expect("a target"),
                    host: host.expect("a host"),
                    whole: facts.iter().all(bodiless),
                    facts,
                    ..Expected::default()
                });
            }
        }
    }
    (requests, End::Plain)
}

fn last(requests: &mut [Expected]) -> &mut Expected {
    requests.last_mut().expect("a request before")
}

/// Sends the case and says what is wrong with what came of it.
fn check(scene: &Scene, case: &Case, piece: usize) -> Result<(), String> {
    let (requests, end) = read(case);
    let origin = scene.origin("a");
    let before = origin.requests().len();
    let (raw, mut connection) = (origin.raw(), scene.connect());
    for bytes in case.bytes.chunks(piece) {
        connection.send(bytes);
    }
    let whole: Vec<&Expected> = requests.iter().filter(|request| request.whole).collect();
    for request in &whole {
        let answer = connection.response(&request.method);
        let answer = answer.map_err(|fault| format!("no answer to {}: {fault}", request.target))?;
        // The asterisk is no path, so no route has it.
        let status = if request.target == "*" { 404 } else { 200 };
        if answer.status != status {
            return Err(format!("status {} for {}", answer.status, request.target));
        }
        if answer.keeps() == request.has("close") {
            return Err(format!("keeps: {}", answer.keeps()));
        }
    }
    finish(&mut connection, &requests, &end)?;
    let received = origin.requests()[before..].to_vec();
    let forwarded: Vec<_> = whole.into_iter().filter(|one| one.target != "*").collect();
    if received.len() != forwarded.len() {
        return Err(format!("{} requests at the origin", received.len()));
    }
    if forwarded.is_empty() && requests.iter().all(|one| one.whole) && origin.raw() != raw {
        return Err("bytes at the origin".to_owned());
    }
    forwarded
        .iter()
        .zip(&received)
        .try_for_each(|(expected, got)| compare(scene, expected, got))
}

fn finish(connection: &mut Connection, requests: &[Expected], end: &End) -> Result<(), String> {
    if let End::Refused(status, _) = end {
        let answer = connection.response("GET");
        let answer = answer.map_err(|fault| format!("no refusal: {fault}"))?;
        if (answer.status, answer.header("connection")) != (*status, Some("close")) {
            let connection = answer.header("connection");
            return Err(format!(
                "refused with {}, connection {connection:?}",
                answer.status
            ));
        }
    } else {
        connection.finish();
    }
    let said = match connection.rest() {
        Ok(said) => said,
        Err(Fault::Reset) => Vec::new(),
        Err(fault) => return Err(format!("not closed: {fault}")),
    };
    let invited = requests.last().is_some_and(|request| request.has("expect"));
    if said.is_empty() || (invited && said == b"HTTP/1.1 100 Continue\r\n\r\n") {
        return Ok(());
    }
    Err(format!("said more: {}", escape(&said)))
}

fn compare(scene: &Scene, expected: &Expected, got: &Received) -> Result<(), String> {
    let headers = &got.head.headers;
    let host = headers.get("host").unwrap_or_default();
    let port = expected
        .facts
        .iter()
        .find_map(|fact| fact.strip_prefix("port="));
    let wanted = match port {
        Some(port) => format!("{}:{port}", expected.host),
        // HTTP/1.0 may name none; upstream it is where the request came in.
        None if expected.host.is_empty() => scene.address.to_string(),
        None => expected.host.clone(),
    };
    let wrong = |what: &str, got: &str| Err(format!("{what} at the origin: {got:?}"));
    if got.head.method != expected.method {
        return wrong("method", &got.head.method);
    }
    if escape(got.head.target.as_bytes()) != expected.target {
        return wrong("target", &got.head.target);
    }
    if !host.eq_ignore_ascii_case(&wanted) {
        return wrong("host", host);
    }
    // The origin shows each byte as one character.
    let bytes = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    for line in &expected.forward {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        if !headers
            .all(name)
            .any(|got| escape(&bytes(got)) == value.trim_end())
        {
            return wrong(
                name,
                &format!("{:?}", headers.all(name).collect::<Vec<_>>()),
            );
        }
    }
    if escape(&got.body) != expected.body {
        return wrong("body", &escape(&got.body));
    }
    let line = |(name, value): &(String, String)| format!("{name}: {value}");
    let trailers: Vec<String> = got.trailers.0.iter().map(line).collect();
    if trailers != expected.trailers {
        return wrong("trailers", &trailers.join(", "));
    }
    Ok(())
}

#[test]
fn every_case_of_a_request_is_served_or_refused_end_to_end() {
    // Of a request that breaks off in its body, a part is at the origin sooner or later. Such cases
    // have a gateway and an origin of their own, where nobody asserts that nothing comes.
    let scenes = [Stage::plain().start(&[]), Stage::plain().start(&[])];
    let (mut wrong, mut count, mut reasons) = (Vec::new(), 0, BTreeMap::new());
    for file in [
        "requests.txt",
        "names_and_values.txt",
        "bodies.txt",
        "targets.txt",
    ] {
        for case in case::read(file) {
            let (requests, end) = read(&case);
            // Opened tunnels are another subject: `tests/proxy/upgrades.rs`.
            if requests
                .iter()
                .any(|request| request.has("upgrade=websocket"))
            {
                continue;
            }
            for piece in [usize::MAX, 1] {
                if piece == 1 && case.bytes.len() > 600 {
                    continue;
                }
                count += 1;
                let broken = requests.iter().any(|request| !request.whole);
                let place = usize::from(broken);
                if let Err(what) = check(&scenes[place], &case, piece) {
                    wrong.push(format!(
                        "{file}:{} {} ({piece}): {what}",
                        case.line, case.name
                    ));
                }
                if let End::Refused(_, reason) = &end {
                    *reasons.entry((place, reason.clone())).or_insert(0.0) += 1.0;
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 200, "only {count} cases");
    // Each refusal was counted under its own name.
    for ((place, reason), times) in reasons {
        scenes[place].expect_refused(&reason, times);
    }
    for scene in scenes {
        assert_eq!(scene.count("connection_panics"), 0.0);
    }
}
