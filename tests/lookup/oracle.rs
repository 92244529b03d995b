//! The specification, slowly: every match of every route is held against the request, and the best
//! is taken. Shares no code with the table; the quotations are from the Gateway API's
//! `apis/v1/httproute_types.go`, GEP-3567 and the Ingress reference.

use crate::request::Request;
use regex_automata::meta::Regex;
use ringress::ir::{
    Bind, HeaderMatch, Hostname, Labels, Listener, Match, Model, PathMatch, Pattern, Precedence,
    QueryMatch,
};
use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

/// The oracle's answer; a listener is its position on the bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Rule {
        rule: u32,
        listener: usize,
        matched_prefix: usize,
    },
    NoRoute {
        listener: Option<usize>,
    },
    Misdirected,
}

/// Answers a request that came over the listener at position `tls`, or over a plain connection.
pub fn answer(model: &Model, bind: &Bind, tls: Option<usize>, request: &Request) -> Answer {
    let host = &request.host;
    let ordinary = |listener: &Listener| !(listener.fallback && listener.hostname.is_none());
    // "requests SHOULD match at most one Listener [...] the most specific match"
    let owner = (0..bind.listeners.len())
        .filter(|at| ordinary(&bind.listeners[*at]) && takes(&bind.listeners[*at].hostname, host))
        .max_by_key(|at| (specificity(&bind.listeners[*at].hostname), Reverse(*at)));
    // Ingress "takes part as one listener without hostname, after every Gateway listener".
    let fallback = bind
        .listeners
        .iter()
        .position(|listener| !ordinary(listener));
    let hostless = owner.is_none_or(|at| bind.listeners[at].hostname.is_none());
    let asked: Vec<usize> = owner
        .into_iter()
        .chain(fallback.filter(|_| hostless))
        .collect();
    let Some(first) = asked.first().copied() else {
        return Answer::NoRoute { listener: None };
    };
    if tls.is_some_and(|at| !asked.contains(&at)) {
        return Answer::Misdirected;
    }
    for at in asked {
        if let Some((rule, matched_prefix)) = best(model, &bind.listeners[at], request) {
            return Answer::Rule {
                rule,
                listener: at,
                matched_prefix,
            };
        }
    }
    Answer::NoRoute {
        listener: Some(first),
    }
}

fn takes(hostname: &Option<Hostname>, host: &str) -> bool {
    match hostname {
        None => true,
        Some(Hostname::Exact(name)) => **name == *host,
        Some(Hostname::Wildcard { suffix, labels }) => {
            let Some(front) = host.strip_suffix(&format!(".{suffix}")) else {
                return false;
            };
            !front.is_empty() && (*labels == Labels::Many || !front.contains('.'))
        }
    }
}

/// "Characters in a matching non-wildcard hostname. Characters in a matching hostname." A wildcard
/// of one label is narrower than an equal one of many, which the text does not know.
fn specificity(hostname: &Option<Hostname>) -> impl Ord + use<> {
    match hostname {
        None => (0, 0, false),
        Some(Hostname::Exact(name)) => (name.len(), name.len(), false),
        Some(Hostname::Wildcard { suffix, labels }) => {
            (0, suffix.len() + 2, *labels == Labels::One)
        }
    }
}

struct Found<'m> {
    hostname: Option<Hostname>,
    precedence: &'m Precedence,
    position: (usize, usize),
    rule: u32,
    matched: &'m Match,
    matched_prefix: usize,
}

fn best(model: &Model, listener: &Listener, request: &Request) -> Option<(u32, usize)> {
    let mut found = Vec::new();
    for entry in &listener.routes {
        let any = entry.hostnames.is_empty().then_some(None);
        for hostname in entry.hostnames.iter().cloned().map(Some).chain(any) {
            if !takes(&hostname, &request.host) {
                continue;
            }
            for (rule_position, id) in entry.rules.iter().enumerate() {
                let rule = &model.rules[id.0 as usize];
                for (match_position, matched) in rule.matches.iter().enumerate() {
                    if let Some(matched_prefix) = holds(matched, request) {
                        found.push(Found {
                            hostname: hostname.clone(),
                            precedence: &entry.precedence,
                            position: (rule_position, match_position),
                            rule: id.0,
                            matched,
                            matched_prefix,
                        });
                    }
                }
            }
        }
    }
    let best = found.into_iter().min_by(compare)?;
    Some((best.rule, best.matched_prefix))
}

/// `Less` when `a` is to be preferred.
fn compare(a: &Found<'_>, b: &Found<'_>) -> Ordering {
    let path = |found: &Found<'_>| match &found.matched.path {
        PathMatch::Exact(_) => (0, Reverse(0)),
        PathMatch::Regex(pattern) => (1, Reverse(pattern.len())),
        PathMatch::Prefix(prefix) => (2, Reverse(prefix.len())),
    };
    let name =
        |found: &Found<'_>| format!("{}/{}", found.precedence.namespace, found.precedence.name);
    // An Ingress's default backend comes last on its listener, whatever its host.
    (a.matched.default.cmp(&b.matched.default))
        .then_with(|| specificity(&b.hostname).cmp(&specificity(&a.hostname)))
        .then_with(|| path(a).cmp(&path(b)))
        .then_with(|| b.matched.method.is_some().cmp(&a.matched.method.is_some()))
        .then_with(|| b.matched.headers.len().cmp(&a.matched.headers.len()))
        .then_with(|| b.matched.query.len().cmp(&a.matched.query.len()))
        .then_with(|| a.precedence.created.cmp(&b.precedence.created))
        .then_with(|| name(a).cmp(&name(b)))
        .then_with(|| a.position.cmp(&b.position))
        .then_with(|| a.rule.cmp(&b.rule))
}

/// How much of the path the match covers, if it takes the request.
fn holds(matched: &Match, request: &Request) -> Option<usize> {
    let covered = match &matched.path {
        PathMatch::Exact(path) => (**path == *request.path).then_some(request.path.len()),
        PathMatch::Prefix(prefix) => under(prefix, &request.path).then_some(prefix.len()),
        PathMatch::Regex(pattern) => find(&format!("^(?:{pattern})"), &request.path),
    }?;
    let method = matched
        .method
        .as_deref()
        .is_none_or(|method| method == request.method);
    let headers = matched
        .headers
        .iter()
        .all(|header| header_holds(header, request));
    let query = matched
        .query
        .iter()
        .all(|parameter| query_holds(parameter, request));
    (method && headers && query).then_some(covered)
}

/// "Matches based on a URL path prefix split by `/`. Matching is case-sensitive and done on a path
/// element by element basis. [...] a trailing slash is ignored."
fn under(prefix: &str, path: &str) -> bool {
    let mut elements = path.split('/');
    prefix
        .split('/')
        .all(|element| elements.next() == Some(element))
}

/// A header that comes several times is held against each value and against the list of them (RFC
/// 9110 section 5.3: "separated by a comma" and "optional whitespace").
fn header_holds(header: &HeaderMatch, request: &Request) -> bool {
    let values: Vec<&str> = request
        .headers
        .iter()
        .filter(|(name, _)| *name == &*header.name)
        .map(|(_, value)| &**value)
        .collect();
    if values.is_empty() {
        return false;
    }
    let texts = values
        .iter()
        .map(|value| (*value).to_owned())
        .chain([values.join(", ")]);
    match &header.value {
        Pattern::Exact(expected) => texts
            .chain([values.join(",")])
            .any(|text| text == **expected),
        Pattern::Regex(pattern) => texts.into_iter().any(|text| whole(pattern, &text)),
    }
}

/// The first value of a name, both as a form encodes them.
fn query_holds(parameter: &QueryMatch, request: &Request) -> bool {
    let query = request.query.as_deref().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let value = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(name, _)| decode(name) == *parameter.name)
        .map(|(_, value)| decode(value));
    match (&parameter.value, value) {
        (_, None) => false,
        (Pattern::Exact(expected), Some(value)) => value == **expected,
        (Pattern::Regex(pattern), Some(value)) => whole(pattern, &value),
    }
}

fn whole(pattern: &str, text: &str) -> bool {
    find(&format!("^(?:{pattern})$"), text).is_some()
}

/// Where the first match of a pattern ends. Compiling takes a debug build so long that it is done
/// once for each pattern.
fn find(pattern: &str, text: &str) -> Option<usize> {
    thread_local!(static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        let compiled = || Regex::new(pattern).expect("a pattern of the tests");
        let regex = known.entry(pattern.to_owned()).or_insert_with(compiled);
        regex.find(text).map(|found| found.end())
    })
}

/// The tests encode nothing but a space and `a`.
fn decode(text: &str) -> String {
    text.replace('+', " ")
        .replace("%20", " ")
        .replace("%61", "a")
}
