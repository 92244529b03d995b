//! The order of matches, each case named by the line of text it shows.

use crate::agreement::agree;
use crate::model::{Route, Site, header, model, on_path, parameter};
use crate::oracle::Answer;
use crate::request::Request;
use ringress::ir::{Match, Protocol};
use ringress::table::RouteTable;

/// The rule that oracle and table agree on.
fn rule(sites: Vec<Site>, request: Request) -> Option<u32> {
    let model = model(Protocol::Http, sites);
    match agree(
        &model,
        &RouteTable::compile(&model, None, 1),
        None,
        &request,
    ) {
        Answer::Rule { rule, .. } => Some(rule),
        _ => None,
    }
}

fn one(routes: Vec<Route>) -> Vec<Site> {
    vec![Site::new("", routes)]
}

fn with(path: &str, change: impl FnOnce(&mut Match)) -> Match {
    let mut matched = on_path(path);
    change(&mut matched);
    matched
}

/// `HTTPRouteRule.matches`: each pair is written with the loser first, so that order in the list
/// cannot be what decides.
#[test]
fn across_all_rules_precedence_must_be_given_to_the_match_having() {
    let get = |m: &mut Match| m.method = Some("GET".into());
    let a = |m: &mut Match| m.headers = vec![header("x-a", "1")];
    let ab = |m: &mut Match| m.headers = vec![header("x-a", "1"), header("x-b", "1")];
    let q = |m: &mut Match| m.query = vec![parameter("q", "1")];
    let qr = |m: &mut Match| m.query = vec![parameter("q", "1"), parameter("r", "1")];
    let cases: Vec<(&str, Match, Match)> = vec![
        (
            "\"Exact\" path match.",
            with("/a/b", ab),
            with("=/a/b", |_| ()),
        ),
        (
            "\"Prefix\" path match with largest number of characters.",
            with("/a", ab),
            with("/a/b", |_| ()),
        ),
        ("Method match.", with("/a", ab), with("/a", get)),
        (
            "Largest number of header matches.",
            with("/a", a),
            with("/a", ab),
        ),
        (
            "Header matches before query param matches.",
            with("/a", qr),
            with("/a", a),
        ),
        (
            "Largest number of query param matches.",
            with("/a", q),
            with("/a", qr),
        ),
        (
            "RegularExpression is implementation-specific: after Exact",
            with("~/a/b", ab),
            with("=/a/b", |_| ()),
        ),
        (
            "RegularExpression is implementation-specific: before Prefix",
            with("/a/b", ab),
            with("~/a", |_| ()),
        ),
        (
            "RegularExpression is implementation-specific: the longest first",
            with("~/a", ab),
            with("~/a.*", |_| ()),
        ),
    ];
    for (text, loser, winner) in cases {
        let request = || {
            Request::get("h", "/a/b?q=1&r=1")
                .header("x-a", "1")
                .header("x-b", "1")
        };
        let within = one(vec![Route::new(&[], &[loser.clone(), winner.clone()])]);
        assert_eq!(rule(within, request()), Some(1), "within a route: {text}");
        let old = Route::new(&[], &[loser]).aged(Some(1), "a", "a");
        let young = Route::new(&[], &[winner]).aged(Some(2), "b", "b");
        assert_eq!(
            rule(one(vec![old, young]), request()),
            Some(1),
            "across routes: {text}"
        );
    }
}

#[test]
fn if_ties_still_exist_across_multiple_routes() {
    let route =
        |created, namespace, name| Route::new(&[], &[on_path("/a")]).aged(created, namespace, name);
    let cases = [
        (
            "The oldest Route based on creation timestamp.",
            route(Some(2), "a", "a"),
            route(Some(1), "b", "b"),
        ),
        (
            "A Route without timestamp counts as the oldest.",
            route(Some(0), "a", "a"),
            route(None, "b", "b"),
        ),
        (
            "The Route appearing first in alphabetical order by \"{namespace}/{name}\".",
            route(Some(1), "a", "z"),
            // '-' sorts before '/'
            route(Some(1), "a-b", "a"),
        ),
        (
            "The Route appearing first in alphabetical order: the name",
            route(Some(1), "a", "z"),
            route(Some(1), "a", "y"),
        ),
    ];
    for (text, loser, winner) in cases {
        let got = rule(one(vec![loser, winner]), Request::get("h", "/a"));
        assert_eq!(got, Some(1), "{text}");
    }
}

#[test]
fn if_ties_still_exist_within_an_httproute_the_first_matching_rule_in_list_order() {
    let headers = |name: &str| with("/a", |m| m.headers = vec![header(name, "1")]);
    let routes = vec![Route::new(
        &[],
        &[headers("x-b"), headers("x-a"), on_path("/a")],
    )];
    let request = Request::get("h", "/a")
        .header("x-a", "1")
        .header("x-b", "1");
    assert_eq!(rule(one(routes.clone()), request), Some(0));
    assert_eq!(
        rule(one(routes), Request::get("h", "/a").header("x-a", "1")),
        Some(1)
    );
}

/// `HTTPRouteSpec.hostnames`.
#[test]
fn precedence_must_be_given_to_rules_from_the_httproute_with_the_largest_number_of() {
    let cases = [
        (
            "Characters in a matching non-wildcard hostname.",
            vec!["*.a.b"],
            vec!["x.a.b"],
        ),
        (
            "Characters in a matching hostname.",
            vec!["*.b"],
            vec!["*.a.b"],
        ),
        (
            "Characters in a matching hostname: none has no characters",
            vec![],
            vec!["*.b"],
        ),
        (
            "A wildcard of one label is narrower",
            vec!["*.a.b"],
            vec!["+.a.b"],
        ),
    ];
    for (text, loser, winner) in cases {
        let loser = Route::new(&loser, &[on_path("=/a")]).aged(None, "a", "a");
        let winner = Route::new(&winner, &[on_path("/")]).aged(Some(9), "b", "b");
        let got = rule(one(vec![loser, winner]), Request::get("x.a.b", "/a"));
        assert_eq!(got, Some(1), "{text}");
    }
}

#[test]
fn rules_of_a_less_specific_hostname_are_asked_when_none_of_the_more_specific_one_match() {
    let routes = vec![
        Route::new(&["x.a.b"], &[on_path("/only-exact")]),
        Route::new(&["*.a.b"], &[on_path("/only-wildcard")]),
        Route::new(&[], &[on_path("/")]),
    ];
    for (path, expected) in [("/only-exact", 0), ("/only-wildcard", 1), ("/x", 2)] {
        assert_eq!(
            rule(one(routes.clone()), Request::get("x.a.b", path)),
            Some(expected)
        );
    }
}

/// `HTTPPathMatch` and the Ingress reference's table of path examples.
#[test]
fn paths_match_element_by_element() {
    let cases = [
        ("/", "/", true),
        ("/", "/any", true),
        ("=/foo", "/foo", true),
        ("=/foo", "/bar", false),
        ("=/foo", "/foo/", false),
        ("=/foo/", "/foo", false),
        ("=/foo", "/FOO", false),
        ("/foo", "/foo", true),
        ("/foo", "/foo/", true),
        ("/foo/", "/foo", true),
        ("/foo/", "/foo/", true),
        ("/foo", "/foobar", false),
        ("/aaa/bb", "/aaa/bbb", false),
        ("/aaa/bbb", "/aaa/bbb", true),
        ("/aaa/bbb/", "/aaa/bbb", true),
        ("/aaa/bbb", "/aaa/bbb/", true),
        ("/aaa/bbb", "/aaa/bbb/ccc", true),
        ("/aaa/bbb", "/aaa/bbbxyz", false),
        ("/foo", "//foo", false),
        ("/foo", "/foo//bar", true),
        ("/a", "/a%2Fb", false),
    ];
    for (path, request, expected) in cases {
        let sites = one(vec![Route::new(&[], &[on_path(path)])]);
        let got = rule(sites, Request::get("h", request)).is_some();
        assert_eq!(got, expected, "{path} on {request}");
    }
}

#[test]
fn a_longer_prefix_that_does_not_take_the_request_gives_way_to_a_shorter_one() {
    let posts = with("/a/b", |m| m.method = Some("POST".into()));
    let deep = with("=/a/b/c", |m| m.headers = vec![header("x-a", "1")]);
    let routes = vec![Route::new(&[], &[deep, posts, on_path("/a"), on_path("/")])];
    for (request, expected) in [
        (Request::get("h", "/a/b/c").header("x-a", "1"), 0),
        (Request::get("h", "/a/b/c").method("POST"), 1),
        (Request::get("h", "/a/b/c"), 2),
        (Request::get("h", "/ab"), 3),
    ] {
        assert_eq!(rule(one(routes.clone()), request), Some(expected));
    }
}

/// RFC 9110 section 5.3; CVE-2026-26308.
#[test]
fn a_header_that_comes_twice_is_matched_by_value_and_as_a_list() {
    for (expected, lines, holds) in [
        ("1", vec!["1"], true),
        ("1", vec!["2"], false),
        ("1", vec!["2", "1"], true),
        ("1", vec!["1", "2"], true),
        ("2,1", vec!["2", "1"], true),
        ("2, 1", vec!["2", "1"], true),
        ("1, 2", vec!["2", "1"], false),
        ("2", vec!["2, 1"], false),
        ("~2.*1", vec!["2", "1"], true),
        ("~[12]", vec!["3", "1"], true),
        ("~1", vec!["11"], false),
        ("~.*", vec![], false),
    ] {
        let matched = with("/", |m| m.headers = vec![header("x-a", expected)]);
        let request = lines
            .iter()
            .fold(Request::get("h", "/"), |r, line| r.header("x-a", line));
        let got = rule(one(vec![Route::new(&[], &[matched])]), request).is_some();
        assert_eq!(got, holds, "{expected} on {lines:?}");
    }
}

#[test]
fn a_default_backend_comes_last_whatever_its_host() {
    let default = |path: &str| with(path, |m| m.default = true);
    let sites = one(vec![
        Route::new(&["a.b"], &[default("/")]).aged(None, "a", "a"),
        Route::new(&[], &[on_path("/x")]).aged(Some(9), "b", "b"),
        Route::new(&[], &[default("/")]).aged(Some(9), "b", "b"),
    ]);
    for (host, path, expected) in [("a.b", "/x", 1), ("a.b", "/y", 0), ("c", "/y", 2)] {
        assert_eq!(
            rule(sites.clone(), Request::get(host, path)),
            Some(expected)
        );
    }
}

/// Listener isolation: "requests for `foo.example.com` SHOULD only be routed using routes attached
/// to the `foo.example.com` Listener (and not the `*.example.com` Listener)."
#[test]
fn a_request_is_served_by_the_most_specific_listener_alone() {
    let sites = || {
        let named = |path: &str| vec![Route::new(&[], &[on_path(path)])];
        let ingress = Site {
            fallback: true,
            ..Site::new("", named("/ingress"))
        };
        vec![
            Site::new("", named("/none")),
            Site::new("*.b", named("/wide")),
            Site::new("*.a.b", named("/narrow")),
            Site::new("x.a.b", named("/exact")),
            ingress,
        ]
    };
    let cases = [
        ("x.a.b", "/exact", Some(3)),
        ("x.a.b", "/narrow", None),
        ("x.a.b", "/none", None),
        ("x.a.b", "/ingress", None),
        ("y.a.b", "/narrow", Some(2)),
        ("y.a.b", "/wide", None),
        ("c.b", "/wide", Some(1)),
        ("b", "/none", Some(0)),
        ("b", "/ingress", Some(4)),
    ];
    for (host, path, expected) in cases {
        assert_eq!(
            rule(sites(), Request::get(host, path)),
            expected,
            "{host}{path}"
        );
    }
    let mut without = sites();
    without.remove(0);
    assert_eq!(rule(without, Request::get("b", "/ingress")), Some(3));
}

/// GEP-3567: connection coalescing on one port.
#[test]
fn a_request_on_another_listeners_connection_is_misdirected() {
    let route = || vec![Route::new(&[], &[on_path("/")])];
    let sites = vec![
        Site::new("*.a.b", route()),
        Site::new("x.a.b", route()),
        Site::new("c.b", route()),
    ];
    let (wide, exact, other) = (0, 1, 2);
    let model = model(Protocol::Https, sites.clone());
    let table = RouteTable::compile(&model, None, 1);
    let rule = |rule: u32, listener| Answer::Rule {
        rule,
        listener,
        matched_prefix: 0,
    };
    for (text, sni, host, expected) in [
        ("its own", wide, "y.a.b", rule(0, wide)),
        (
            "another is a more specific match",
            wide,
            "x.a.b",
            Answer::Misdirected,
        ),
        (
            "no match here, another matches",
            exact,
            "y.a.b",
            Answer::Misdirected,
        ),
        (
            "no match here, another matches",
            other,
            "x.a.b",
            Answer::Misdirected,
        ),
        (
            "no listener matches",
            exact,
            "d.b",
            Answer::NoRoute { listener: None },
        ),
    ] {
        assert_eq!(
            agree(&model, &table, Some(sni), &Request::get(host, "/")),
            expected,
            "{text}"
        );
    }
    let mut sites = sites;
    sites.push(Site::new("", vec![]));
    sites.push(Site {
        fallback: true,
        ..Site::new("", route())
    });
    let model = crate::model::model(Protocol::Https, sites);
    let table = RouteTable::compile(&model, None, 1);
    // Both listeners without hostname take the same hosts, so either connection will do.
    for (sni, host, expected) in [
        (3, "d", rule(3, 4)),
        (4, "d", rule(3, 4)),
        (0, "d", Answer::Misdirected),
        (4, "x.a.b", Answer::Misdirected),
    ] {
        assert_eq!(
            agree(&model, &table, Some(sni), &Request::get(host, "/")),
            expected
        );
    }
}
