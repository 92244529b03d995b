//! Precedence between routes: the order on each listener, and what is lost to an older route.
//!
//! Two routes with an equal match for the same host both stay accepted; the older one gets the
//! requests (Gateway API `HTTPRouteRule.matches`). Its owner should know.

use super::gateway::GatewayDraft;
use super::report::Note;
use super::{Context, Shelves};
use crate::ir::{HeaderMatch, Hostname, Match, PathMatch, QueryMatch, RouteEntry, RouteName, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Puts the routes of every listener in order and says what never gets a request.
pub(super) fn settle(
    context: Context<'_>,
    gateways: &mut [GatewayDraft<'_>],
    shelves: &mut Shelves<'_>,
) {
    let mut losses = BTreeSet::new();
    for listener in gateways
        .iter_mut()
        .flat_map(|gateway| &mut gateway.listeners)
    {
        listener
            .routes
            .sort_by(|one, other| one.precedence.cmp(&other.precedence));
        lost(&listener.routes, &shelves.rules, &mut losses);
    }
    for loss in losses {
        let routes = context.objects.http_routes();
        if let Some(route) = routes.get(&loss.loser.namespace, &loss.loser.name) {
            let RouteName {
                kind,
                namespace,
                name,
            } = &loss.winner;
            let message = format!(
                "an equal match for the same host belongs to {kind} {namespace}/{name}, which comes \
                 first and gets the requests"
            );
            let note = Note::warning(format!("spec.rules[{}].matches", loss.rule), message);
            shelves.reports.note(&**route, note);
        }
    }
}

/// A rule one of whose matches belongs to an older route.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Loss {
    loser: RouteName,
    /// Name of the rule.
    rule: std::sync::Arc<str>,
    winner: RouteName,
}

/// A match in a form in which equal conditions are equal.
type Key<'a> = (
    Option<&'a Hostname>,
    &'a PathMatch,
    Option<&'a str>,
    Vec<&'a HeaderMatch>,
    Vec<&'a QueryMatch>,
);

fn key<'a>(hostname: Option<&'a Hostname>, matched: &'a Match) -> Key<'a> {
    let mut headers: Vec<&HeaderMatch> = matched.headers.iter().collect();
    let mut query: Vec<&QueryMatch> = matched.query.iter().collect();
    headers.sort();
    query.sort();
    (
        hostname,
        &matched.path,
        matched.method.as_deref(),
        headers,
        query,
    )
}

/// Finds what routes lose to older ones on one listener; the routes are in order.
fn lost(routes: &[RouteEntry], rules: &[Rule], losses: &mut BTreeSet<Loss>) {
    let mut taken: BTreeMap<Key<'_>, &RouteName> = BTreeMap::new();
    for entry in routes {
        let every = std::iter::once(None).filter(|_| entry.hostnames.is_empty());
        let hostnames: Vec<Option<&Hostname>> =
            every.chain(entry.hostnames.iter().map(Some)).collect();
        for rule in entry.rules.iter().filter_map(|id| rules.get(id.0 as usize)) {
            for matched in &rule.matches {
                for hostname in &hostnames {
                    let winner = *taken.entry(key(*hostname, matched)).or_insert(&rule.route);
                    if *winner != rule.route {
                        losses.insert(Loss {
                            loser: rule.route.clone(),
                            rule: rule.name.clone(),
                            winner: winner.clone(),
                        });
                    }
                }
            }
        }
    }
}
