//! Matches of an HTTPRoute's rule.

use super::path;
use super::patterns::Patterns;
use super::report::Refusal;
use crate::ir::{HeaderMatch, Match, PathMatch, Pattern, QueryMatch};
use crate::objects::kinds::http_route::{
    HttpRouteMatch, HttpRouteRule, PathMatchKind, ValueMatch, ValueMatchKind,
};
use std::collections::BTreeSet;

/// The matches of a rule that can be read, and why another cannot; `field` is the rule's path. A
/// rule without matches takes everything.
pub(super) fn translate(
    rule: &HttpRouteRule,
    field: &str,
    patterns: &mut Patterns,
) -> (Vec<Match>, Option<Refusal>) {
    if rule.matches.is_empty() {
        return (vec![everything()], None);
    }
    let mut read = Vec::new();
    let mut refused = None;
    for (index, spec) in rule.matches.iter().enumerate() {
        match one(spec, &format!("{field}.matches[{index}]"), patterns) {
            Ok(one) => read.push(one),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    (read, refused)
}

/// The match that every request fulfils.
pub(super) fn everything() -> Match {
    Match {
        path: PathMatch::Prefix("".into()),
        method: None,
        headers: Vec::new(),
        query: Vec::new(),
        default: false,
    }
}

fn one(spec: &HttpRouteMatch, field: &str, patterns: &mut Patterns) -> Result<Match, Refusal> {
    let value = spec.path.value.as_str();
    let unsupported = |message: String| Refusal::new("UnsupportedValue", message);
    let path = match spec.path.kind {
        PathMatchKind::Exact => path::exact(value).map(PathMatch::Exact),
        PathMatchKind::PathPrefix => path::prefix(value).map(PathMatch::Prefix),
        PathMatchKind::RegularExpression => patterns.check(value).map(PathMatch::Regex),
    };
    let path = path.map_err(|reason| unsupported(format!("{field}.path.value: {reason}")))?;
    let mut seen = BTreeSet::new();
    let mut headers = Vec::new();
    for (index, header) in spec.headers.iter().enumerate() {
        // Of equivalent names only the first counts (Gateway API `HTTPHeaderMatch.name`).
        let name = header.name.to_ascii_lowercase();
        if seen.insert(name.clone()) {
            headers.push(HeaderMatch {
                name: name.into(),
                value: value_of(header, &format!("{field}.headers[{index}]"), patterns)?,
            });
        }
    }
    let mut seen = BTreeSet::new();
    let mut query = Vec::new();
    for (index, parameter) in spec.query_params.iter().enumerate() {
        if seen.insert(parameter.name.as_str()) {
            query.push(QueryMatch {
                name: parameter.name.as_str().into(),
                value: value_of(
                    parameter,
                    &format!("{field}.queryParams[{index}]"),
                    patterns,
                )?,
            });
        }
    }
    Ok(Match {
        path,
        method: spec.method.as_deref().map(Into::into),
        headers,
        query,
        default: false,
    })
}

fn value_of(spec: &ValueMatch, field: &str, patterns: &mut Patterns) -> Result<Pattern, Refusal> {
    match spec.kind {
        ValueMatchKind::Exact => Ok(Pattern::Exact(spec.value.as_str().into())),
        ValueMatchKind::RegularExpression => patterns
            .check(&spec.value)
            .map(Pattern::Regex)
            .map_err(|reason| Refusal::new("UnsupportedValue", format!("{field}.value: {reason}"))),
    }
}

/// Methods that the gateway answers with 405 itself, so that a match on them takes nothing.
pub(super) fn is_never_routed(method: &str) -> bool {
    matches!(method, "CONNECT" | "TRACE")
}
