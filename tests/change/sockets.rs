//! WebSockets opened on successive revisions of a large table: none of them holds its table.

use std::time::Instant;

use crate::revision;
use crate::support::client::Connection;
use crate::support::manifests::{Manifests, gateway, http, http_route, prefix, service};
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::websocket::Socket;
use crate::support::{measure, ports, scale};

const ROUTES: usize = 5_000;
/// Rules of one HTTPRoute: the specification's most.
const RULES: usize = 16;
/// Revisions after which the allocator has its working set: tables of the old and the new one, in
/// pieces of all sizes.
const WARM_UP: usize = 200;
/// What an open tunnel may cost beside the table: buffers of two directions.
const TUNNEL: u64 = 64 * 1024;

#[test]
fn tunnels_of_many_revisions_pin_no_table() {
    let origin = Origin::start("a");
    let address = ports::local();
    let mut objects = vec![gateway("gw", &[http("web", address.port())])];
    for route in 0..ROUTES.div_ceil(RULES) {
        let rules: Vec<_> = (0..RULES)
            .map(|rule| prefix(&format!("/table/{route}/{rule}"), "a"))
            .collect();
        let host = format!("h{route}.test");
        objects.push(http_route(&format!("t{route}"), "gw", &[&host], &rules));
    }
    objects.extend(service("a", &[origin.address()]));
    let manifests = Manifests::with(&objects);
    let put = |number: usize| {
        let rule = revision::rule("/", &[("a", 1)], number);
        manifests.put(
            "changing.yaml",
            &[http_route("r", "gw", &["a.test"], &[rule])],
        );
    };
    put(0);
    let gateway = Gateway::start(manifests.path());
    let mut probe = Connection::open(address);
    revision::await_shown(&mut probe, "/", 0);

    for number in 1..=WARM_UP {
        put(number);
        revision::await_shown(&mut probe, "/", number);
    }
    let count = scale::count(200, 1000);
    let half = count / 2;
    let began = Instant::now();
    let (mut sockets, mut most_live, mut before) = (Vec::new(), 0.0_f64, 0);
    for number in 1..=count {
        put(WARM_UP + number);
        revision::await_shown(&mut probe, "/", WARM_UP + number);
        let mut socket = Socket::open(address, None, "a.test", "/socket");
        socket.echo(b"opened").expect("an echo");
        sockets.push(socket);
        most_live = most_live.max(gateway.metric("ringress_snapshot_revisions_live", &[]));
        if number == half {
            before = measure::pss(gateway.pid());
        }
    }
    let after = measure::pss(gateway.pid());
    println!(
        "figure: {count} WebSockets on {count} revisions of {ROUTES} routes in {:?}: at most \
         {most_live} live revisions, {} KiB after {half}, {} KiB at the end",
        began.elapsed(),
        before / 1024,
        after / 1024
    );
    assert!(
        (1.0..=8.0).contains(&most_live),
        "{most_live} live revisions"
    );
    let allowed = before + before / 20 + (4 << 20) + (count - half) as u64 * TUNNEL;
    assert!(after <= allowed, "{before} bytes, then {after}");
    for socket in &mut sockets {
        socket.echo(b"still open").expect("an echo");
    }
}
