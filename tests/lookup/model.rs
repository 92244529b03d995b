//! Short ways to write a model, and random ones.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use ringress::ir::{
    Bind, BindAddress, HeaderMatch, Hostname, Labels, Listener, ListenerName, ListenerTls, Match,
    Model, PathMatch, Pattern, Precedence, Protocol, QueryMatch, RouteEntry, RouteName, Rule,
    RuleId, Timeouts,
};
use std::sync::Arc;

pub const BIND: BindAddress = BindAddress {
    ip: None,
    port: 8080,
};

/// `*.x` covers many labels, `+.x` one.
pub fn hostname(text: &str) -> Hostname {
    let wildcard = |suffix: &str, labels| Hostname::Wildcard {
        suffix: suffix.into(),
        labels,
    };
    match (text.strip_prefix("*."), text.strip_prefix("+.")) {
        (Some(suffix), _) => wildcard(suffix, Labels::Many),
        (_, Some(suffix)) => wildcard(suffix, Labels::One),
        _ => Hostname::Exact(text.into()),
    }
}

/// `=/x` is exact, `~/x` a pattern, anything else a prefix.
pub fn on_path(text: &str) -> Match {
    let path = match (text.strip_prefix('='), text.strip_prefix('~')) {
        (Some(path), _) => PathMatch::Exact(path.into()),
        (_, Some(pattern)) => PathMatch::Regex(pattern.into()),
        _ => PathMatch::Prefix(text.trim_end_matches('/').into()),
    };
    Match {
        path,
        method: None,
        headers: Vec::new(),
        query: Vec::new(),
        default: false,
    }
}

/// `~x` is a pattern, anything else literal.
pub fn value(text: &str) -> Pattern {
    match text.strip_prefix('~') {
        Some(pattern) => Pattern::Regex(pattern.into()),
        None => Pattern::Exact(text.into()),
    }
}

pub fn header(name: &str, text: &str) -> HeaderMatch {
    HeaderMatch {
        name: name.into(),
        value: value(text),
    }
}

pub fn parameter(name: &str, text: &str) -> QueryMatch {
    QueryMatch {
        name: name.into(),
        value: value(text),
    }
}

/// A route as the tests write it: one rule for each list of matches.
#[derive(Clone, Debug)]
pub struct Route {
    pub hostnames: Vec<Hostname>,
    pub precedence: Precedence,
    pub rules: Vec<Vec<Match>>,
}

impl Route {
    pub fn new(hostnames: &[&str], rules: &[Match]) -> Self {
        Route {
            hostnames: hostnames.iter().map(|text| hostname(text)).collect(),
            precedence: Precedence {
                created: Some(0),
                namespace: "n".into(),
                name: "r".into(),
            },
            rules: rules.iter().map(|matched| vec![matched.clone()]).collect(),
        }
    }

    pub fn aged(mut self, created: Option<i64>, namespace: &str, name: &str) -> Self {
        self.precedence = Precedence {
            created,
            namespace: namespace.into(),
            name: name.into(),
        };
        self
    }
}

/// A listener as the tests write it.
#[derive(Clone, Debug)]
pub struct Site {
    pub hostname: Option<Hostname>,
    pub fallback: bool,
    pub routes: Vec<Route>,
}

impl Site {
    pub fn new(text: &str, routes: Vec<Route>) -> Self {
        let hostname = (!text.is_empty()).then(|| hostname(text));
        Site {
            hostname,
            fallback: false,
            routes,
        }
    }
}

/// A model of one bind. Rules are numbered in the order they are written.
pub fn model(protocol: Protocol, sites: Vec<Site>) -> Model {
    let mut rules = Vec::new();
    let mut listeners = Vec::new();
    for (index, site) in sites.into_iter().enumerate() {
        let routes = site
            .routes
            .into_iter()
            .map(|route| entry(route, &mut rules))
            .collect();
        listeners.push(Listener {
            name: ListenerName {
                kind: if site.fallback { "Ingress" } else { "Gateway" }.into(),
                namespace: "n".into(),
                gateway: "g".into(),
                listener: index.to_string().into(),
            },
            slot: 0,
            hostname: site.hostname,
            tls: (protocol == Protocol::Https).then(|| ListenerTls {
                certificates: Vec::new(),
            }),
            fallback: site.fallback,
            routes,
        });
    }
    Model {
        binds: vec![Bind {
            address: BIND,
            protocol,
            listeners,
        }],
        rules,
        ..Model::default()
    }
}

fn entry(route: Route, rules: &mut Vec<Rule>) -> RouteEntry {
    let first = rules.len();
    for (position, matches) in route.rules.into_iter().enumerate() {
        rules.push(Rule {
            route: RouteName {
                kind: "HTTPRoute".into(),
                namespace: Arc::clone(&route.precedence.namespace),
                name: Arc::clone(&route.precedence.name),
            },
            name: position.to_string().into(),
            slot: 0,
            matches,
            filters: Vec::new(),
            backends: Vec::new(),
            timeouts: Timeouts::default(),
        });
    }
    RouteEntry {
        hostnames: route.hostnames,
        rules: (first..rules.len())
            .map(|index| RuleId(index as u32))
            .collect(),
        precedence: route.precedence,
    }
}

// Few words, so that things meet.

pub const HOSTS: [&str; 9] = [
    "a.b", "x.a.b", "y.x.a.b", "c.b", "b", "xa.b", "a", "[::1]", "x.c.b",
];
const HOSTNAMES: [&str; 13] = [
    "a.b", "x.a.b", "y.x.a.b", "c.b", "b", "*.b", "+.b", "*.a.b", "+.a.b", "*.x.a.b", "+.x.a.b",
    "*.c.b", "a",
];
const ELEMENTS: [&str; 5] = ["a", "b", "", "A", "a%2Fb"];
const PATTERNS: [&str; 6] = ["/a", "/[ab]", "/a/.*", "/(a|b)/b", "/.*b$", "/"];
pub const METHODS: [&str; 3] = ["GET", "POST", "PUT"];
pub const HEADERS: [&str; 3] = ["x-a", "accept", "x-b"];
const VALUES: [&str; 8] = ["1", "2", "1, 2", "1,2", "1,1", "~[12]", "~1.*", "~.*"];
pub const PARAMETERS: [&str; 3] = ["q", "a", "Q"];
const PARAMETER_VALUES: [&str; 6] = ["1", "2", "", "a 1", "~[12]", "~.*"];

pub fn path() -> impl Strategy<Value = String> {
    vec(select(&ELEMENTS), 1..4).prop_map(|elements| format!("/{}", elements.join("/")))
}

fn path_match() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => path().prop_map(|path| format!("={path}")),
        4 => path(),
        1 => Just("/".to_owned()),
        1 => select(&PATTERNS).prop_map(|pattern| format!("~{pattern}")),
    ]
}

fn any_match() -> impl Strategy<Value = Match> {
    let headers = vec((select(&HEADERS), select(&VALUES)), 0..3);
    let query = vec((select(&PARAMETERS), select(&PARAMETER_VALUES)), 0..2);
    let method = option::weighted(0.3, select(&METHODS));
    (
        path_match(),
        method,
        headers,
        query,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(path, method, headers, query, default)| Match {
            method: method.map(Arc::from),
            headers: headers
                .iter()
                .map(|(name, text)| header(name, text))
                .collect(),
            query: query
                .iter()
                .map(|(name, text)| parameter(name, text))
                .collect(),
            default,
            ..on_path(&path)
        })
}

fn route() -> impl Strategy<Value = Route> {
    let names = (select(&["n", "n-1"]), select(&["r", "r-1"]));
    let created = option::weighted(0.8, 0..3i64);
    let rules = vec(vec(any_match(), 1..4), 1..4);
    (vec(select(&HOSTNAMES), 0..3), created, names, rules).prop_map(
        |(hostnames, created, (namespace, name), rules)| Route {
            rules,
            ..Route::new(&hostnames, &[]).aged(created, namespace, name)
        },
    )
}

/// Listeners that are unique by hostname, some of them with an Ingress listener at the end.
pub fn sites() -> impl Strategy<Value = Vec<Site>> {
    let hostnames = proptest::sample::subsequence(
        ["", "a.b", "x.a.b", "*.b", "*.a.b", "*.x.a.b", "+.b", "c.b"].to_vec(),
        0..5,
    );
    let routes = vec(vec(route(), 0..6), 6);
    (hostnames.prop_shuffle(), routes, any::<bool>()).prop_map(
        |(hostnames, mut routes, ingress)| {
            let mut sites: Vec<Site> = hostnames
                .iter()
                .map(|text| Site::new(text, routes.pop().unwrap_or_default()))
                .collect();
            if ingress {
                let routes = routes.pop().unwrap_or_default();
                sites.push(Site {
                    fallback: true,
                    ..Site::new("", routes)
                });
            }
            sites
        },
    )
}
