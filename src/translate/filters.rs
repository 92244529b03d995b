//! Filters of an HTTPRoute's rule or backend, validated.

use super::path;
use super::report::Refusal;
use crate::ir::{Filter, HeaderEdit, PathEdit, Redirect, Rewrite, Scheme};
use crate::objects::kinds::http_filter::{
    HeaderModifier, HeaderValue, HttpFilter, PathModifier, RequestRedirect, UrlRewrite,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The filters of a rule, in its order; `field` is the path of the list.
pub(super) fn of_rule(filters: &[HttpFilter], field: &str) -> Result<Vec<Filter>, Refusal> {
    let redirects = filters.iter().any(is_redirect);
    let rewrites = filters
        .iter()
        .any(|filter| matches!(filter, HttpFilter::UrlRewrite(_)));
    if redirects && rewrites {
        let message = format!("{field}: RequestRedirect and URLRewrite exclude each other");
        return Err(Refusal::new("IncompatibleFilters", message));
    }
    each(filters, field, |_| None)
}

/// The filters of a backend: of those, only edits to headers are supported.
pub(super) fn of_backend(filters: &[HttpFilter], field: &str) -> Result<Vec<Filter>, Refusal> {
    each(filters, field, |filter| match filter {
        HttpFilter::RequestRedirect(_) | HttpFilter::UrlRewrite(_) => Some(format!(
            "{} is not supported on a backend, put it on the rule",
            filter.type_name()
        )),
        _ => None,
    })
}

fn is_redirect(filter: &HttpFilter) -> bool {
    matches!(filter, HttpFilter::RequestRedirect(_))
}

fn each(
    filters: &[HttpFilter],
    field: &str,
    exclude: impl Fn(&HttpFilter) -> Option<String>,
) -> Result<Vec<Filter>, Refusal> {
    let mut kinds = BTreeSet::new();
    let mut out = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let unsupported = |message| Refusal::new("UnsupportedValue", message).at(&field);
        if let Some(reason) = exclude(filter) {
            return Err(unsupported(reason));
        }
        if !kinds.insert(filter.type_name()) {
            let message = format!("{field}: {} occurs twice", filter.type_name());
            return Err(Refusal::new("IncompatibleFilters", message));
        }
        out.push(one(filter).map_err(unsupported)?);
    }
    Ok(out)
}

fn one(filter: &HttpFilter) -> Result<Filter, String> {
    match filter {
        HttpFilter::RequestHeaderModifier(edit) => headers(edit).map(Filter::RequestHeaders),
        HttpFilter::ResponseHeaderModifier(edit) => headers(edit).map(Filter::ResponseHeaders),
        HttpFilter::RequestRedirect(spec) => redirect(spec).map(Filter::Redirect),
        HttpFilter::UrlRewrite(spec) => rewrite(spec).map(Filter::Rewrite),
        HttpFilter::ExtensionRef(reference) => Err(format!(
            "ExtensionRef {} {} is not known, no extension is supported; remove it",
            reference.kind, reference.name
        )),
        HttpFilter::RequestMirror(_) | HttpFilter::Cors(_) | HttpFilter::ExternalAuth(_) => {
            Err(format!(
                "filter {} is not supported yet; remove it",
                filter.type_name()
            ))
        }
    }
}

fn headers(edit: &HeaderModifier) -> Result<HeaderEdit, String> {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let set = pairs(&edit.set, "set", &mut used)?;
    let add = pairs(&edit.add, "add", &mut used)?;
    let mut remove: Vec<Arc<str>> = Vec::new();
    for (index, name) in edit.remove.iter().enumerate() {
        let lower = check_name(name).map_err(|reason| format!("remove[{index}]: {reason}"))?;
        if remove
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&lower))
        {
            continue;
        }
        if !used.insert(lower) {
            return Err(twice(name));
        }
        remove.push(name.as_str().into());
    }
    Ok(HeaderEdit { set, add, remove })
}

/// A header's name and value.
type Pair = (Arc<str>, Arc<str>);

/// The names and values of one action. Of equivalent names only the first counts (Gateway API
/// `HTTPHeader.name`); a name that another action has too makes the filter invalid.
fn pairs(
    values: &[HeaderValue],
    action: &str,
    used: &mut BTreeSet<String>,
) -> Result<Vec<Pair>, String> {
    let mut own = BTreeSet::new();
    let mut out: Vec<Pair> = Vec::new();
    for (index, header) in values.iter().enumerate() {
        let at = |reason| format!("{action}[{index}]: {reason}");
        let lower = check_name(&header.name).map_err(at)?;
        if !own.insert(lower.clone()) {
            continue;
        }
        if !used.insert(lower) {
            return Err(twice(&header.name));
        }
        let value = header.value.trim_matches([' ', '\t']);
        if value
            .bytes()
            .any(|byte| byte.is_ascii_control() && byte != b'\t')
        {
            return Err(at("the value holds a control character".to_owned()));
        }
        out.push((header.name.as_str().into(), value.into()));
    }
    Ok(out)
}

fn twice(name: &str) -> String {
    format!("header {name} has more than one action, one is allowed")
}

/// The name in lower case, or why it may not be edited.
fn check_name(name: &str) -> Result<String, String> {
    // A token of RFC 9110 section 5.6.2.
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(format!("{name:?} is no header name"));
    }
    let lower = name.to_ascii_lowercase();
    match HeaderEdit::reserved(&lower) {
        true if lower == "host" => Err("header Host is set by URLRewrite.hostname".to_owned()),
        true => Err(format!(
            "header {name} belongs to the gateway, no filter may edit it"
        )),
        false => Ok(lower),
    }
}

fn redirect(spec: &RequestRedirect) -> Result<Redirect, String> {
    let scheme = match spec.scheme.as_deref() {
        None => None,
        Some("http") => Some(Scheme::Http),
        Some("https") => Some(Scheme::Https),
        Some(other) => return Err(format!("scheme {other:?} is neither http nor https")),
    };
    if !matches!(spec.status_code, 301 | 302 | 303 | 307 | 308) {
        return Err(format!(
            "statusCode {} is none of 301, 302, 303, 307 and 308",
            spec.status_code
        ));
    }
    Ok(Redirect {
        scheme,
        hostname: spec.hostname.as_deref().map(lower),
        port: spec.port,
        path: spec.path.as_ref().map(path_edit).transpose()?,
        status: spec.status_code,
    })
}

fn rewrite(spec: &UrlRewrite) -> Result<Rewrite, String> {
    Ok(Rewrite {
        hostname: spec.hostname.as_deref().map(lower),
        path: spec.path.as_ref().map(path_edit).transpose()?,
    })
}

fn lower(name: &str) -> Arc<str> {
    name.to_ascii_lowercase().into()
}

/// The schema bounds only the length of a replacement; what would make it more or less than a
/// path is refused here.
fn path_edit(spec: &PathModifier) -> Result<PathEdit, String> {
    let checked = |text: &str| match text.contains("//") {
        true => Err(format!("{text:?} holds an empty segment")),
        false => Ok(()),
    };
    match spec {
        PathModifier::ReplaceFullPath(text) => {
            checked(text)?;
            path::exact(text).map(PathEdit::Full)
        }
        PathModifier::ReplacePrefixMatch(text) if text.is_empty() => {
            Ok(PathEdit::Prefix("".into()))
        }
        PathModifier::ReplacePrefixMatch(text) => {
            checked(text)?;
            path::prefix(text).map(PathEdit::Prefix)
        }
    }
    .map_err(|reason| format!("path: {reason}"))
}
