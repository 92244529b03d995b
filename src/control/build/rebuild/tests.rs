//! Which parts of a snapshot a change leaves alone.

use super::*;
use crate::ir::{
    Backend, BackendId, BackendName, Balance, BindAddress, Listener, ListenerName, Match,
    PathMatch, Precedence, Protocol, RouteEntry, RouteName, Rule, RuleId, Target, Timeouts,
    UpstreamProtocol, WeightedBackend,
};

fn model(port: u16, path: &str, endpoint: &str) -> Model {
    let rule = Rule {
        route: RouteName {
            kind: "HTTPRoute".into(),
            namespace: "shop".into(),
            name: "web".into(),
        },
        name: "0".into(),
        slot: 0,
        matches: vec![Match {
            path: PathMatch::Prefix(path.into()),
            method: None,
            headers: Vec::new(),
            query: Vec::new(),
            default: false,
        }],
        filters: Vec::new(),
        backends: vec![WeightedBackend {
            weight: 1,
            target: Target::Backend(BackendId(0)),
            filters: Vec::new(),
        }],
        timeouts: Timeouts::default(),
    };
    let listener = Listener {
        name: ListenerName {
            kind: "Gateway".into(),
            namespace: "infra".into(),
            gateway: "public".into(),
            listener: "http".into(),
        },
        slot: 0,
        hostname: None,
        tls: None,
        fallback: false,
        routes: vec![RouteEntry {
            hostnames: Vec::new(),
            rules: vec![RuleId(0)],
            precedence: Precedence {
                created: None,
                namespace: "shop".into(),
                name: "web".into(),
            },
        }],
    };
    Model {
        binds: vec![Bind {
            address: BindAddress { ip: None, port },
            protocol: Protocol::Http,
            listeners: vec![listener],
        }],
        rules: vec![rule],
        backends: vec![Backend {
            name: BackendName {
                namespace: "shop".into(),
                service: "web".into(),
                port: 80,
            },
            slot: 0,
            balance: Balance::default(),
            protocol: UpstreamProtocol::default(),
            endpoints: vec![endpoint.parse().unwrap()],
        }],
        certificates: Vec::new(),
    }
}

fn rebuild() -> Rebuild {
    Rebuild::new(TlsSettings::default(), 10, vec![Arc::default()], 1)
}

/// Which of binds, routes, backends and certs the second snapshot shares with the first.
fn shared(one: &Snapshot, other: &Snapshot) -> [bool; 4] {
    [
        Arc::ptr_eq(&one.binds, &other.binds),
        Arc::ptr_eq(&one.routes, &other.routes),
        Arc::ptr_eq(&one.backends, &other.backends),
        Arc::ptr_eq(&one.certs, &other.certs),
    ]
}

#[test]
fn a_change_rebuilds_what_it_touches_and_shares_the_rest() {
    let cases = [
        (
            "endpoints",
            model(80, "/a", "10.0.0.2:8080"),
            [true, true, false, true],
        ),
        (
            "a rule",
            model(80, "/b", "10.0.0.1:8080"),
            [true, false, true, true],
        ),
        (
            "a bind",
            model(81, "/a", "10.0.0.1:8080"),
            [false, false, true, false],
        ),
    ];
    for (name, next, expected) in cases {
        let mut rebuild = rebuild();
        let first = rebuild.compile(model(80, "/a", "10.0.0.1:8080")).unwrap();
        let second = rebuild.compile(next).unwrap();
        assert_eq!((first.revision, second.revision), (1, 2), "{name}");
        assert_eq!(shared(&first, &second), expected, "{name}");
    }
}

#[test]
fn endpoints_alone_make_a_revision_that_shares_the_rest_and_keeps_every_name() {
    let mut rebuild = rebuild();
    let first = rebuild.compile(model(80, "/a", "10.0.0.1:8080")).unwrap();
    let now = vec!["10.0.0.2:8080".parse().unwrap()];
    let second = rebuild.endpoints(vec![now.clone()]).unwrap();
    assert_eq!((second.revision, rebuild.revision()), (2, 2));
    assert_eq!(shared(&first, &second), [true, true, false, true]);
    assert_eq!(second.backends.get(BackendId(0)).unwrap().endpoints, now);
    assert!(second.backends.has_endpoint(now[0]));
    assert_eq!(rebuild.model().unwrap().backends[0].endpoints, now);
    assert!(rebuild.endpoints(vec![now]).is_none(), "the same again");
    // Long after every scrape the names of the table are still in it.
    rebuild.settle(2, 1_000_000, 2_000_000);
    assert!(!rebuild.unsettled());
    // What is translated whole next is compared with what is served.
    assert!(rebuild.compile(model(80, "/a", "10.0.0.2:8080")).is_none());
}

#[test]
fn the_same_model_is_no_new_revision() {
    let mut rebuild = rebuild();
    assert!(rebuild.compile(model(80, "/a", "10.0.0.1:8080")).is_some());
    assert!(rebuild.compile(model(80, "/a", "10.0.0.1:8080")).is_none());
    assert_eq!(rebuild.revision(), 1);
}

#[test]
fn an_empty_model_is_a_first_revision_too() {
    let snapshot = rebuild().compile(Model::default()).unwrap();
    assert_eq!((snapshot.revision, snapshot.binds.len()), (1, 0));
}

#[test]
fn rules_listeners_and_backends_get_slots_that_last() {
    let mut rebuild = rebuild();
    let first = rebuild.compile(model(80, "/a", "10.0.0.1:8080")).unwrap();
    let second = rebuild.compile(model(81, "/b", "10.0.0.2:8080")).unwrap();
    let slots = |snapshot: &Snapshot| {
        let backend = snapshot.backends.get(BackendId(0)).unwrap().slot;
        (snapshot.routes.rules()[0].slot, backend)
    };
    assert_eq!(slots(&first), (1, 1));
    assert_eq!(slots(&second), (1, 1));
    let listener = |model: &Model| model.binds[0].listeners[0].slot;
    assert_eq!(rebuild.model().map(|model| listener(model)), Some(1));
}

#[test]
fn a_build_that_serves_nothing_new_keeps_no_name_alive() {
    let mut rebuild = rebuild();
    assert!(rebuild.compile(model(80, "/a", "10.0.0.1:8080")).is_some());
    assert!(rebuild.compile(model(80, "/a", "10.0.0.1:8080")).is_none());
    rebuild.settle(1, 1_000, 0);
    assert!(!rebuild.unsettled());
    // Every name leaves.
    assert!(rebuild.compile(Model::default()).is_some());
    assert_eq!(rebuild.revision(), 2);
    rebuild.settle(2, 2_000, 0);
    assert!(rebuild.unsettled());
}
