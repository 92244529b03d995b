//! Limits and times at their edges.

use crate::scene::{HOST, scene};
use crate::support::client::Request;
use crate::support::manifests::{http_route, prefix};
use crate::support::origin::Behaviour;
use std::time::Duration;

/// `0` switches a timeout off; it is not a time of nothing.
#[test]
fn connecting_may_take_any_time() {
    let scene = scene(&["--connect-timeout", "0s"]);
    assert_eq!(scene.open().fetch(&Request::get("/", HOST)).status, 200);
}

/// The limit of a head is the flag's, whatever buffers hold.
#[test]
fn a_limit_above_the_buffers_is_the_limit() {
    let scene = scene(&[
        "--max-response-headers-size",
        "400KiB",
        "--max-headers-size",
        "400KiB",
        "--max-header-size",
        "300KiB",
    ]);
    scene.origin.behave(
        "/large",
        Behaviour {
            headers: vec![("X-Large".to_owned(), "r".repeat(250_000))],
            ..Behaviour::default()
        },
    );
    let request = Request::get("/large", HOST).header("X-Large", &"q".repeat(250_000));
    let answer = scene.open().fetch(&request);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-large").map(str::len), Some(250_000));
}

/// Long bodies on connections that were used before hold no table.
#[test]
fn a_long_body_holds_no_revision() {
    let scene = scene(&[]);
    scene.origin.behave(
        "/long",
        Behaviour {
            bytes: Some(50_000),
            stall: Some((10_000, Duration::from_secs(20))),
            ..Behaviour::default()
        },
    );
    let mut held = Vec::new();
    for round in 0..12 {
        // Fills the pool, so that the long one takes a used connection.
        scene.open().fetch(&Request::get("/", HOST));
        let mut long = scene.open();
        long.send(&Request::get("/long", HOST).encode());
        assert_eq!(long.head("GET").expect("a head").status, 200);
        held.push(long);
        let path = format!("/{round}");
        let route = http_route("more", "gw", &["more.test"], &[prefix(&path, "o")]);
        scene.manifests.put("more.yaml", &[route]);
        crate::support::eventually("the new route", || {
            let answer = scene.open().fetch(&Request::get(&path, "more.test"));
            (answer.status == 200).then_some(())
        });
    }
    let live = scene
        .gateway
        .metric("ringress_snapshot_revisions_live", &[]);
    assert!((1.0..=4.0).contains(&live), "{live} revisions live");
}
