//! Changes while requests run: nothing fails, nothing closes, and nothing is a mix of two revisions.

use serde_json::{Value, json};

use crate::scene::{Stage, filtered, to};
use crate::support::client::Request;
use crate::support::eventually;
use crate::support::load::{Plan, Shot};
use crate::support::manifests::{http_route, prefix, service};
use crate::support::origin::Origin;

/// A route on which request and response carry the same revision.
fn marked(revision: usize, weights: [u32; 2]) -> Value {
    let set = json!({"set": [{"name": "X-Revision", "value": revision.to_string()}]});
    let filters = json!([
        {"type": "RequestHeaderModifier", "requestHeaderModifier": set},
        {"type": "ResponseHeaderModifier", "responseHeaderModifier": set},
    ]);
    let mut rule = filtered(to("a"), filters);
    rule["backendRefs"] = json!([
        {"name": "a", "port": 80, "weight": weights[0]},
        {"name": "b", "port": 80, "weight": weights[1]},
    ]);
    http_route("r", "gw", &[], &[rule])
}

#[test]
fn routes_change_under_load_without_a_failure_or_a_close() {
    let mut scene = Stage::new()
        .origin("a")
        .origin("b")
        .and([marked(0, [1, 1])])
        .start(&["--workers", "2"]);
    let consistent = |answer: &crate::support::client::Response| {
        let sent = answer.header("x-revision").map(str::to_owned);
        let seen = answer.json()["headers"]
            .as_array()
            .and_then(|lines| lines.iter().find(|line| line[0] == "X-Revision").cloned());
        let seen = seen.and_then(|line| line[1].as_str().map(str::to_owned));
        if sent.is_some() && sent == seen {
            return Ok(());
        }
        Err(format!("request of {seen:?}, response of {sent:?}"))
    };
    let shots = vec![
        Shot::new(&Request::get("/", "h")).check(consistent),
        Shot::new(&Request::post("/", "h", vec![b'x'; 3000])).check(consistent),
    ];
    let load = Plan::new(scene.address, 8, shots).start();
    load.await_more(50);
    let mut probe = scene.connect();
    for revision in 1..=40 {
        // Rules, weights, filters: everything changes each time.
        scene.replace(marked(revision, [revision as u32 % 3, 1]));
        // Once every worker has it, every request sees it.
        let answer = probe.fetch(&Request::get("/", "h"));
        assert_eq!(answer.header("x-revision"), Some(&*revision.to_string()));
    }
    load.await_more(50);
    let tally = load.stop();
    tally.assert_clean();
    assert_eq!((tally.opened, tally.asked_to_close), (8, 0));
    // Connections to origins outlive revisions as well.
    let accepted = scene.origin("a").accepted() + scene.origin("b").accepted();
    assert!(accepted <= 18 * 2, "{accepted} connections to origins");
    assert!(
        scene
            .gateway
            .metric("ringress_snapshot_revisions_live", &[])
            <= 8.0
    );
}

#[test]
fn endpoints_change_under_load_without_a_failure() {
    let mut scene = Stage::new()
        .pair("s", ["a", "b"])
        .route("r", &[], &[to("s")])
        .start(&["--workers", "2"]);
    let objects = scene.objects.clone();
    let load = Plan::new(
        scene.address,
        8,
        vec![
            Shot::new(&Request::get("/", "h")),
            Shot::new(&Request::post("/", "h", vec![b'x'; 20_000])),
        ],
    )
    .start();
    for round in 0..30 {
        load.await_more(10);
        let leaving = format!("s-{}", round % 2);
        scene.objects = objects.clone();
        scene
            .objects
            .retain(|object| object["metadata"]["name"] != *leaving);
        scene.publish();
    }
    let tally = load.stop();
    tally.assert_clean();
    assert_eq!((tally.opened, tally.asked_to_close), (8, 0));
}

#[test]
fn rolling_replacements_of_a_backend_lose_nothing() {
    let first = Origin::start("0");
    let mut scene = Stage::new()
        .and(service("s", &[first.address()]))
        .route("r", &[], &[to("s")])
        .start(&["--workers", "2"]);
    let load = Plan::new(
        scene.address,
        6,
        vec![
            Shot::new(&Request::get("/", "h")),
            Shot::new(&Request::post("/", "h", vec![b'x'; 20_000])),
        ],
    )
    .start();
    let mut serving = first;
    for round in 1..=10 {
        load.await_more(10);
        let next = Origin::start(&round.to_string());
        scene
            .objects
            .retain(|object| !matches!(object["kind"].as_str(), Some("Service" | "EndpointSlice")));
        scene.objects.extend(service("s", &[next.address()]));
        scene.publish();
        // As Kubernetes does it: out of the endpoints first, then the process is asked to end.
        let old = std::mem::replace(&mut serving, next);
        eventually("the old one to be left alone", || {
            (old.open() == 0).then_some(())
        });
        old.drain();
    }
    load.await_more(10);
    load.stop().assert_clean();
}

#[test]
fn a_document_that_is_no_good_takes_nothing_down() {
    let mut scene = Stage::plain().start(&[]);
    let good = crate::support::manifests::yaml(&scene.objects);
    let check = |scene: &crate::scene::Scene| {
        assert_eq!(scene.reached("/", "h"), (200, "a".to_owned()));
    };
    for bad in [
        "kind: [",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: all, namespace: default}\nspec: {rules: 7}\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: x, name: y}\n",
        "\u{0}",
    ] {
        scene.manifests.put_text("bad.yaml", bad);
        eventually("the problem to be said", || {
            (scene.gateway.metric("ringress_source_problems", &[]) > 0.0).then_some(())
        });
        check(&scene);
        assert_eq!(scene.gateway.page("/readyz").status, 200);
        scene.manifests.remove("bad.yaml");
        eventually("the problem to be gone", || {
            (scene.gateway.metric("ringress_source_problems", &[]) == 0.0).then_some(())
        });
    }
    // The last good version of an object that became unreadable goes on.
    let broken = good.replace("gatewayClassName", "gatewayClassNam\u{7}");
    assert_ne!(broken, good);
    scene.manifests.put_text("objects.yaml", &broken);
    eventually("the problem to be said", || {
        (scene.gateway.metric("ringress_source_problems", &[]) > 0.0).then_some(())
    });
    check(&scene);
    scene.manifests.put_text("objects.yaml", &good);
    eventually("the problem to be gone", || {
        (scene.gateway.metric("ringress_source_problems", &[]) == 0.0).then_some(())
    });
    // And changes go on being taken.
    scene.replace(http_route("all", "gw", &[], &[prefix("/only", "a")]));
    assert_eq!(scene.reached("/", "h").0, 404);
    assert_eq!(scene.reached("/only", "h").0, 200);
}

#[test]
fn exchanges_and_tunnels_under_way_outlive_the_removal_of_their_route() {
    use crate::support::websocket::Socket;
    let mut scene = Stage::plain().start(&[]);
    let mut socket = Socket::open(scene.address, None, "h", "/chat");
    let mut slow = scene.connect();
    slow.send(
        &Request::get("/", "h")
            .ask("bytes=200000,stall=100000:800")
            .encode(),
    );
    assert_eq!(slow.head("GET").unwrap().status, 200);
    scene.remove("HTTPRoute", "all");
    assert_eq!(scene.reached("/", "h").0, 404);
    socket.echo(b"still here").unwrap();
    assert_eq!(slow.piece(200_000).unwrap().len(), 200_000);
    socket.close().unwrap();
    // Neither pins the revision it began on.
    assert!(
        scene
            .gateway
            .metric("ringress_snapshot_revisions_live", &[])
            <= 2.0
    );
}

#[test]
fn counters_never_fall_when_tables_change() {
    let mut scene = Stage::new()
        .origin("a")
        .route("one", &["one.test"], &[to("a")])
        .route("two", &["two.test"], &[to("a")])
        .start(&["--workers", "2"]);
    let total = |scene: &crate::scene::Scene| scene.gateway.metric("ringress_requests_total", &[]);
    let of = |scene: &crate::scene::Scene, route: &str| {
        scene
            .gateway
            .metric("ringress_requests_total", &[&format!("route=\"{route}\"")])
    };
    for host in ["one.test", "two.test"] {
        for _ in 0..5 {
            scene.reached("/", host);
        }
    }
    eventually("every request to be counted", || {
        ((of(&scene, "one"), of(&scene, "two")) == (5.0, 5.0)).then_some(())
    });
    let mut last = total(&scene);
    for round in 0..5 {
        let kept = if round % 2 == 0 { "two" } else { "one" };
        scene.replace(http_route(
            kept,
            "gw",
            &[&format!("{kept}.test")],
            &[to("a"), prefix(&format!("/{round}"), "a")],
        ));
        let now = total(&scene);
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
    let before = of(&scene, "two");
    scene.remove("HTTPRoute", "one");
    scene.reached("/", "two.test");
    eventually("the request to be counted", || {
        (of(&scene, "two") == before + 1.0).then_some(())
    });
}
