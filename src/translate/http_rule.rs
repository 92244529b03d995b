//! Rules of an HTTPRoute: what each becomes in the model, and what is wrong with it.

use super::grants::{self, Referent, Referrer};
use super::http_route::KIND;
use super::report::{Note, Refusal};
use super::{Context, Shelves, filters, matches};
use crate::ir::{
    Filter, Match, NO_SLOT, PathEdit, PathMatch, RouteName, Rule, RuleId, Target, Timeouts,
    WeightedBackend,
};
use crate::objects::kinds::http_route::{HttpBackendRef, HttpRoute, HttpRouteRule};
use crate::objects::kinds::ingress::ServicePortRef;

/// The rules of one route.
pub(super) struct RouteRules {
    rules: Vec<Rule>,
    /// Index of a rule that is refused, and why.
    refused: Vec<(usize, Refusal)>,
    /// References that do not resolve.
    unresolved: Vec<Refusal>,
}

/// Messages list no more than so many faults of one kind.
const LISTED: usize = 8;

impl RouteRules {
    /// Why no rule at all can be served.
    pub fn refused_whole(&self) -> Option<&Refusal> {
        let all = self.refused.len() == self.rules.len();
        self.refused
            .first()
            .filter(|_| all)
            .map(|(_, refusal)| refusal)
    }

    /// `PartiallyInvalid`, when some rules are served and some are not. Requests that a dropped
    /// rule would take are answered with 500: to hand them to a broader rule would skip what its
    /// owner asked for (Gateway API `HTTPRouteFilter.type`).
    pub fn dropped(&self) -> Option<Refusal> {
        let (_, first) = self.refused.first()?;
        let said = join(self.refused.iter().map(|(_, refusal)| refusal));
        let word = match self.refused.len() {
            1 => "Dropped Rule",
            _ => "Dropped Rules",
        };
        let message = format!("{word} (what it matches answers 500): {said}");
        Some(Refusal::new(first.reason, message))
    }

    /// `ResolvedRefs`, when it is False: the reason is that of the first fault.
    pub fn unresolved(&self) -> Option<Refusal> {
        let first = self.unresolved.first()?;
        Some(Refusal::new(first.reason, join(self.unresolved.iter())))
    }

    /// Puts the rules into the model.
    pub fn publish(&self, rules: &mut Vec<Rule>) -> Vec<RuleId> {
        let first = rules.len() as u32;
        // A refused rule none of whose matches can be read takes nothing.
        let readable = self.rules.iter().filter(|rule| !rule.matches.is_empty());
        rules.extend(readable.cloned());
        (first..rules.len() as u32).map(RuleId).collect()
    }
}

fn join<'a>(refusals: impl ExactSizeIterator<Item = &'a Refusal>) -> String {
    let more = refusals.len().saturating_sub(LISTED);
    let mut listed: Vec<String> = refusals
        .take(LISTED)
        .map(|refusal| refusal.message.clone())
        .collect();
    if more > 0 {
        listed.push(format!("and {more} more"));
    }
    listed.join("; ")
}

/// Translates every rule of a route.
pub(super) fn translate<'a>(
    context: Context<'a>,
    route: &HttpRoute,
    shelves: &mut Shelves<'a>,
) -> RouteRules {
    let metadata = &route.metadata;
    let name = RouteName {
        kind: KIND.into(),
        namespace: metadata.namespace_or_empty().into(),
        name: metadata.name.as_str().into(),
    };
    let mut out = RouteRules {
        rules: Vec::new(),
        refused: Vec::new(),
        unresolved: Vec::new(),
    };
    shelves.patterns.begin_route();
    for (index, spec) in route.spec.rules.iter().enumerate() {
        let field = format!("spec.rules[{index}]");
        never_routed(context, route, spec, &field, shelves);
        let backends = backends(context, route, spec, &field, &mut out.unresolved, shelves);
        let (matches, refusal) = matches::translate(spec, &field, &mut shelves.patterns);
        let filters = match refusal {
            Some(refusal) => Err(refusal),
            None => filters(spec, &matches, &field),
        };
        let (filters, backends) = match filters.and_then(|filters| Ok((filters, backends?))) {
            Ok(both) => both,
            Err(refusal) => {
                let target = Target::Invalid {
                    reason: refusal.reason,
                };
                out.refused.push((index, refusal));
                let share = WeightedBackend {
                    weight: 1,
                    target,
                    filters: Vec::new(),
                };
                (Vec::new(), vec![share])
            }
        };
        let timeouts = spec.timeouts.clone().unwrap_or_default();
        out.rules.push(Rule {
            route: name.clone(),
            name: match &spec.name {
                Some(name) => name.as_str().into(),
                None => unnamed(route, index).into(),
            },
            slot: NO_SLOT,
            matches,
            filters,
            backends,
            timeouts: Timeouts {
                request: timeouts.request,
                backend_request: timeouts.backend_request,
            },
        });
    }
    out
}

/// What a rule without name is called: its index, unless another rule has that for a name. Counters
/// and logs tell rules by it.
fn unnamed(route: &HttpRoute, index: usize) -> String {
    let number = index.to_string();
    let mut rules = route.spec.rules.iter();
    match rules.any(|rule| rule.name.as_ref() == Some(&number)) {
        true => format!("rules[{index}]"),
        false => number,
    }
}

/// The filters of a rule, and everything else in it that may be refused.
fn filters(spec: &HttpRouteRule, matches: &[Match], field: &str) -> Result<Vec<Filter>, Refusal> {
    let later = |name: &str, gep: &str| {
        let message = format!("{field}.{name}: not supported yet ({gep}); remove it");
        Err(Refusal::new("UnsupportedValue", message))
    };
    match (&spec.retry, &spec.session_persistence) {
        (Some(_), _) => later("retry", "GEP-1731"),
        (_, Some(_)) => later("sessionPersistence", "GEP-1619"),
        _ => {
            let filters = filters::of_rule(&spec.filters, &format!("{field}.filters"))?;
            prefixed(matches, filters, field)
        }
    }
}

/// ReplacePrefixMatch needs a prefix to replace: exactly one match, of type PathPrefix (schema).
fn prefixed(matches: &[Match], filters: Vec<Filter>, field: &str) -> Result<Vec<Filter>, Refusal> {
    let path = |filter: &Filter| match filter {
        Filter::Redirect(redirect) => redirect.path.clone(),
        Filter::Rewrite(rewrite) => rewrite.path.clone(),
        _ => None,
    };
    let replaces = |filter: &Filter| matches!(path(filter), Some(PathEdit::Prefix(_)));
    let fits = matches!(matches, [one] if matches!(one.path, PathMatch::Prefix(_)));
    if filters.iter().any(replaces) && !fits {
        let message = format!(
            "{field}.filters: ReplacePrefixMatch needs exactly one match, of type PathPrefix"
        );
        return Err(Refusal::new("UnsupportedValue", message));
    }
    Ok(filters)
}

/// Says which matches can never take a request.
fn never_routed(
    context: Context<'_>,
    route: &HttpRoute,
    spec: &HttpRouteRule,
    field: &str,
    shelves: &mut Shelves<'_>,
) {
    let dropped = |name: &str| name.contains('_') && !context.settings.underscore_headers;
    for (index, spec) in spec.matches.iter().enumerate() {
        let field = format!("{field}.matches[{index}]");
        let headers = spec.headers.iter().enumerate();
        for (number, header) in headers.filter(|(_, header)| dropped(&header.name)) {
            let message = format!(
                "{}: header fields with an underscore in their name never reach a route \
                 (--underscore-headers), so no request fulfils this match",
                header.name
            );
            let note = Note::warning(format!("{field}.headers[{number}].name"), message);
            shelves.reports.note(route, note);
        }
        if let Some(method) = spec
            .method
            .as_deref()
            .filter(|name| matches::is_never_routed(name))
        {
            let message = format!("the gateway answers {method} with 405, no route gets it");
            let note = Note::warning(format!("{field}.method"), message);
            shelves.reports.note(route, note);
        }
    }
}

/// The backends of a rule. A reference that does not resolve is a share that answers 500; a filter
/// that is not supported refuses the rule.
fn backends<'a>(
    context: Context<'a>,
    route: &HttpRoute,
    spec: &HttpRouteRule,
    field: &str,
    unresolved: &mut Vec<Refusal>,
    shelves: &mut Shelves<'a>,
) -> Result<Vec<WeightedBackend>, Refusal> {
    let mut out = Vec::new();
    let mut refused = None;
    for (index, reference) in spec.backend_refs.iter().enumerate() {
        let field = format!("{field}.backendRefs[{index}]");
        let target = match target(context, route, reference, shelves) {
            Ok(target) => target,
            Err(refusal) => {
                let reason = refusal.reason;
                unresolved.push(refusal.at(&field));
                Target::Invalid { reason }
            }
        };
        match filters::of_backend(&reference.filters, &format!("{field}.filters")) {
            Ok(filters) => out.push(WeightedBackend {
                weight: reference.weight,
                target,
                filters,
            }),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        Some(refusal) => Err(refusal),
        None => Ok(out),
    }
}

fn target<'a>(
    context: Context<'a>,
    route: &HttpRoute,
    reference: &HttpBackendRef,
    shelves: &mut Shelves<'a>,
) -> Result<Target, Refusal> {
    let own = route.metadata.namespace_or_empty();
    let namespace = reference.namespace.as_deref().unwrap_or(own);
    if !reference.group.is_empty() || reference.kind != "Service" {
        let message = format!(
            "kind {} of group {:?} is not supported, use a Service of the core group",
            reference.kind, reference.group
        );
        return Err(Refusal::new("InvalidKind", message));
    }
    let from = Referrer {
        kind: KIND,
        namespace: own,
    };
    let to = Referent {
        kind: "Service",
        namespace,
        name: &reference.name,
    };
    if !grants::permits(context.objects, from, to) {
        return Err(Refusal::new("RefNotPermitted", grants::missing(from, to)));
    }
    let Some(port) = reference.port else {
        let message = format!("Service {namespace}/{} needs a port", reference.name);
        return Err(Refusal::new("BackendNotFound", message));
    };
    let port = ServicePortRef::Number(port);
    let id = shelves
        .backends
        .resolve(namespace, &reference.name, &port)?;
    Ok(Target::Backend(id))
}
