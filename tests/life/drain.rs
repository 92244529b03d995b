//! SIGTERM behind a layer-4 balancer of two instances that believes `/readyz`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::support::client::Request;
use crate::support::l4::Balancer;
use crate::support::load::{Load, Plan, Shot};
use crate::support::manifests::{Manifests, gateway, http, http_route, prefix, service};
use crate::support::origin::Origin;
use crate::support::process::Gateway;
use crate::support::{eventually, ports, scale};

/// One of the two instances, started again each time it has ended.
struct Instance {
    manifests: Manifests,
    address: SocketAddr,
    admin: SocketAddr,
    gateway: Gateway,
}

impl Instance {
    fn new(origin: &Origin) -> Self {
        let (address, admin) = (ports::local(), ports::local());
        let mut objects = vec![
            gateway("gw", &[http("web", address.port())]),
            http_route("r", "gw", &["a.test"], &[prefix("/", "a")]),
        ];
        objects.extend(service("a", &[origin.address()]));
        let manifests = Manifests::with(&objects);
        let gateway = serve(&manifests, admin);
        Self {
            manifests,
            address,
            admin,
            gateway,
        }
    }
}

fn serve(manifests: &Manifests, admin: SocketAddr) -> Gateway {
    // The full run takes the defaults: 5 s each.
    let drain = if scale::full() { "5s" } else { "1s" };
    Gateway::builder(manifests.path())
        .admin(admin)
        .workers(2)
        .args(&["--drain-delay", drain, "--drain-idle", drain])
        .start()
}

/// At least 500 connections a second, each for one request: 8 at a time, about 15 ms each.
fn fresh(address: SocketAddr) -> Load {
    let get = Request::get("/", "a.test").header("Connection", "close");
    Plan::new(address, 8, vec![Shot::new(&get)])
        .close()
        .pause(Duration::from_millis(11))
        .start()
}

/// Connections that carry request after request, with answers that take a while among them.
fn kept(address: SocketAddr, count: usize) -> Load {
    let get = Shot::new(&Request::get("/", "a.test"));
    let slow = Shot::new(&Request::get("/", "a.test").ask("delay=120"));
    let large = Shot::new(&Request::get("/bytes/200000", "a.test"));
    Plan::new(address, count, vec![get, slow, large])
        .pause(Duration::from_millis(40))
        .start()
}

#[test]
fn a_drain_behind_a_balancer_loses_no_request() {
    let origin = Origin::start("a");
    let mut instances = [Instance::new(&origin), Instance::new(&origin)];
    let upstreams = [0, 1].map(|index: usize| (instances[index].address, instances[index].admin));
    let balancer = Balancer::start(&upstreams);
    let both = || (balancer.is_ready(0) && balancer.is_ready(1)).then_some(());
    eventually("both instances to be ready", both);

    let rounds = scale::count(3, 20);
    let kept = kept(balancer.address(), scale::count(32, 64));
    let fresh = fresh(balancer.address());
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let instance = &mut instances[round % 2];
        kept.await_more(40);
        fresh.await_more(40);
        let asked = Instant::now();
        instance.gateway.terminate();
        let exit = instance.gateway.await_exit(Duration::from_secs(30));
        slowest = slowest.max(asked.elapsed());
        assert_eq!(exit.code(), Some(0), "{}", instance.gateway.log());
        assert!(
            instance.gateway.log().contains("drained"),
            "{}",
            instance.gateway.log()
        );
        instance.gateway = serve(&instance.manifests, instance.admin);
        eventually("the instance to be back", both);
    }
    let took = began.elapsed();
    let (kept, fresh) = (kept.stop(), fresh.stop());
    println!(
        "figure: {rounds} drains, each within {slowest:?}; {:.0} new connections a second, {} \
         errors, {} wrong; {} requests on kept ones, {} errors, {} wrong, {} asked to close",
        fresh.opened as f64 / took.as_secs_f64(),
        fresh.errors,
        fresh.wrong,
        kept.right,
        kept.errors,
        kept.wrong,
        kept.asked_to_close
    );
    fresh.assert_clean();
    kept.assert_clean();
    assert!(kept.asked_to_close > 0, "no kept connection met a drain");
}
