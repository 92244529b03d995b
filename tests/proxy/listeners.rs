//! Listeners: isolation by name, by port, and binds that come and go.

use std::net::SocketAddr;

use serde_json::json;

use crate::scene::{Stage, to};
use crate::support::client::{Connection, Request, fetch};
use crate::support::eventually;
use crate::support::manifests::{gateway, http, http_route, set};
use crate::support::ports;

#[test]
fn a_listener_serves_only_what_is_attached_to_it() {
    let (address, other) = (ports::local(), ports::local());
    let named = |name: &str, port: u16, host: &str| {
        let mut listener = http(name, port);
        if !host.is_empty() {
            listener["hostname"] = host.into();
        }
        listener
    };
    let listeners = [
        named("any", address.port(), ""),
        named("wild", address.port(), "*.a.test"),
        named("exact", address.port(), "x.a.test"),
        named("port", other.port(), ""),
    ];
    let on = |name: &str, section: &str, origin: &str| {
        let route = http_route(name, "gw", &[], &[to(origin)]);
        set(route, "/spec/parentRefs/0/sectionName", json!(section))
    };
    let by_port = set(
        http_route("by-port", "gw", &["p.test"], &[to("port")]),
        "/spec/parentRefs/0/port",
        json!(other.port()),
    );
    let scene = Stage::with_listeners(address, &listeners)
        .origin("any")
        .origin("wild")
        .origin("port")
        .and([on("r1", "any", "any"), on("r2", "wild", "wild"), by_port])
        .start(&[]);
    assert_eq!(scene.reached("/", "b.test").1, "any");
    assert_eq!(scene.reached("/", "y.a.test").1, "wild");
    assert_eq!(scene.reached("/", "y.z.a.test").1, "wild");
    // The most specific listener takes the host, and nothing is attached to that one.
    assert_eq!(scene.reached("/", "x.a.test").0, 404);
    assert_eq!(scene.reached("/", "p.test").1, "any");
    let on_port = fetch(other, &Request::get("/", "p.test"));
    assert_eq!(on_port.header("x-origin"), Some("port"));
    assert_eq!(fetch(other, &Request::get("/", "b.test")).status, 404);
}

#[test]
fn a_bind_comes_and_goes_without_losing_a_connection() {
    let mut scene = Stage::plain().start(&[]);
    let added = ports::local();
    let first = http("web", scene.address.port());
    assert!(Connection::try_open(added, None).is_err());
    scene.replace(gateway("gw", &[first.clone(), http("more", added.port())]));
    eventually("the new bind to listen", || {
        Connection::try_open(added, None).ok()
    });
    assert_eq!(fetch(added, &Request::get("/", "h")).status, 200);

    // Clients keep on coming while the bind goes: each is served, or is never let in.
    let mut kept = Connection::open(added);
    kept.fetch(&Request::get("/", "h"));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(move || {
                let mut served = 0;
                loop {
                    let Ok(mut connection) = Connection::try_open(added, None) else {
                        return served;
                    };
                    let request = Request::get("/", "h").header("Connection", "close");
                    let answer = connection
                        .ask(&request)
                        .expect("an answer to whoever got in");
                    assert!(matches!(answer.status, 200 | 404), "{}", answer.status);
                    served += 1;
                }
            })
        })
        .collect();
    scene.replace(gateway("gw", &[first]));
    for client in clients {
        assert!(client.join().expect("no client lost a request") > 0);
    }
    // What was connected is asked to go with its next answer.
    let last = kept.fetch(&Request::get("/", "h"));
    assert_eq!(last.status, 404);
    assert!(last.headers.lists("connection", "close"));
    kept.expect_closed();
    assert_eq!(scene.reached("/", "h").0, 200);
}

#[test]
fn an_address_of_its_own_is_the_only_one_that_a_gateway_listens_on() {
    let port = ports::free();
    let at = |last: u8| SocketAddr::from(([127, 0, 0, last], port));
    let own = |name: &str, last: u8| {
        let gateway = gateway(name, &[http("web", port)]);
        let addresses = json!([{"type": "IPAddress", "value": at(last).ip().to_string()}]);
        set(gateway, "/spec/addresses", addresses)
    };
    let mut stage = Stage::with_listeners(at(2), &[])
        .origin("two")
        .origin("three");
    stage.objects.remove(0);
    let scene = stage
        .and([
            own("g2", 2),
            own("g3", 3),
            http_route("r2", "g2", &[], &[to("two")]),
            http_route("r3", "g3", &[], &[to("three")]),
        ])
        .start(&[]);
    for (last, origin) in [(2, "two"), (3, "three")] {
        let answer = fetch(at(last), &Request::get("/", "h"));
        assert_eq!(answer.header("x-origin"), Some(origin));
    }
    assert!(Connection::try_open(at(1), None).is_err());
    drop(scene);
}
