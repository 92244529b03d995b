//! Every case of a response, end to end: what reaches the client, and whether the connection it
//! came on is used again.

use crate::case::{self, Case, escape};
use crate::stage::{Scene, Stage};
use crate::support::client::Request;
use crate::support::eventually;
use crate::support::message::Fault;
use crate::support::origin::Behaviour;

fn check(scene: &Scene, case: &Case, path: &str) -> Result<(), String> {
    let origin = scene.origin("a");
    let events = &case.expected;
    let has = |word: &str| events.iter().any(|line| line.starts_with(word));
    // The origin closes where the case is about the end of the bytes.
    let ends = has("partial") || has("body ends");
    origin.behave(
        path,
        Behaviour {
            raw: Some(case.bytes.clone()),
            quiet_close: ends,
            ..Behaviour::default()
        },
    );
    let mut client = scene.connect();
    let got = client.ask(&Request::new(&case.about, path, "h"));
    let first = &events[0];
    let status = |line: &str| line.get(..3).and_then(|code| code.parse::<u16>().ok());
    let last = events.iter().filter_map(|line| status(line)).next_back();
    let unasked = last == Some(101);
    let refused = first.starts_with("refused") || first == "partial head" || unasked;
    match got {
        // One that goes wrong before anything of it went out is replaced as a whole.
        Ok(answer) if (refused || has("refused")) && answer.status == 502 => {}
        Ok(answer) if refused => return Err(format!("answered {}", answer.status)),
        Err(Fault::Truncated(_) | Fault::Reset) if has("refused") || has("partial") => {}
        Ok(_) if has("refused") || has("partial") => return Err("a whole answer".to_owned()),
        Err(fault) => return Err(format!("no answer: {fault}")),
        Ok(answer) => {
            if Some(answer.status) != last {
                return Err(format!("status {}", answer.status));
            }
            let body = events.iter().find_map(|line| line.strip_prefix("body "));
            let body = body.filter(|text| *text != "ends with the connection");
            if escape(&answer.body) != body.unwrap_or_default() {
                return Err(format!("body {}", escape(&answer.body)));
            }
            for line in events
                .iter()
                .filter_map(|line| line.strip_prefix("forward "))
            {
                let (name, value) = line.split_once(": ").unwrap_or((line, ""));
                let interim = answer.interim.iter().map(|(_, headers)| headers);
                let mut all = interim.chain([&answer.headers]);
                if !all.any(|headers| headers.all(name).any(|got| got == value)) {
                    return Err(format!("{line} did not arrive"));
                }
            }
        }
    }
    // Whoever comes next gets an answer of its own, on a new connection where there is any doubt.
    let accepted = origin.accepted();
    let probe = scene.fetch(&Request::get("/probe", "h"));
    if probe.echo().text("target") != "/probe" {
        return Err("the next client got something else".to_owned());
    }
    let renewed = origin.accepted() > accepted;
    let spoiled = refused
        || ends
        || has("refused")
        || has("extra")
        || events
            .iter()
            .any(|line| status(line).is_some() && line.split(' ').any(|f| f == "close"));
    if renewed != spoiled {
        return Err(format!("connection used again: {}", !renewed));
    }
    Ok(())
}

#[test]
fn every_case_of_a_response_is_relayed_or_refused_end_to_end() {
    let scene = Stage::plain().start(&[]);
    let cases = case::read("responses.txt");
    let mut wrong = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        // An idle connection is there for each.
        scene.fetch(&Request::get("/before", "h"));
        if let Err(what) = check(&scene, case, &format!("/{index}")) {
            wrong.push(format!("responses.txt:{} {}: {what}", case.line, case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    for case in &cases {
        let refused = case
            .expected
            .iter()
            .find_map(|line| line.strip_prefix("refused 502 "));
        if let Some(reason) = refused {
            assert!(scene.refused(reason) >= 1.0, "{reason}");
        }
    }
}

#[test]
fn a_poisoned_queue_harms_nobody() {
    // Two answers to each request, under load from many clients at once.
    let scene = Stage::plain().start(&["--workers", "2"]);
    let victim = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison".to_vec();
    let two = [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..],
        &victim,
    ]
    .concat();
    scene.origin("a").behave("/attack", Behaviour::raw(&two));
    let address = scene.address;
    let clients: Vec<_> = (0..8)
        .map(|index| {
            std::thread::spawn(move || {
                let mut connection = crate::support::client::Connection::open(address);
                for round in 0..60 {
                    if index < 4 {
                        let answer = connection.fetch(&Request::get("/attack", "h"));
                        assert_eq!(answer.text(), "ok");
                    } else {
                        let target = format!("/{index}/{round}");
                        let answer = connection.fetch(&Request::get(&target, "h"));
                        assert_eq!(answer.echo().text("target"), target);
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("every client got its own answers");
    }
    eventually("spoiled connections to be gone", || {
        (scene.origin("a").open() <= 8).then_some(())
    });
}
