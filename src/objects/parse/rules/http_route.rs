//! HTTPRoute.

use serde_json::Value;

use super::http_filter::{FILTER, FILTERS};
use super::path::{CLEAN, is_clean_match, is_path_match};
use super::reference::{TO_BACKEND, TO_PARENT, parents_differ, parents_told_apart};
use crate::objects::kinds::duration;
use crate::objects::parse::format::{DNS_SUBDOMAIN, DURATION, HEADER_VALUE, HOSTNAME, TOKEN};
use crate::objects::parse::row::Check::{
    Default, Form, Items, Law, Length, OneOf, Range, Required, Rows, Set, Unique, Unread,
};
use crate::objects::parse::row::{Row, at, has, list, text};

pub const ROWS: &[Row] = &[
    at("", &[Unread(&["status"])]),
    at("spec", &[Required]),
    at("spec.parentRefs", &[Items(0, 32)]),
    at("spec.parentRefs[]", &[Rows(TO_PARENT)]),
    at(
        "spec.parentRefs",
        &[
            Law(
                parents_told_apart,
                "sectionName or port must be set on all references to the same parent, or on none",
            ),
            Law(
                parents_differ,
                "sectionName or port must differ between references to the same parent",
            ),
        ],
    ),
    at("spec.hostnames", &[Items(0, 16)]),
    at("spec.hostnames[]", &[Length(1, 253), Form(HOSTNAME)]),
    at("spec.useDefaultGateways", &[OneOf(&["All", "None"])]),
    at(
        "spec.rules",
        &[
            Default(r#"[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}]}]"#),
            Items(1, 16),
        ],
    ),
    at("spec.rules[]", &[Rows(RULE)]),
    at(
        "spec.rules",
        &[
            Law(
                matches_are_few,
                "has more than 128 matches in all its rules together",
            ),
            Law(names_differ, "rule names must be unique within the route"),
        ],
    ),
];

const RULE: &[Row] = &[
    at("name", &[Length(1, 253), Form(DNS_SUBDOMAIN)]),
    at(
        "matches",
        &[
            Default(r#"[{"path":{"type":"PathPrefix","value":"/"}}]"#),
            Items(0, 64),
        ],
    ),
    at("matches[]", &[Rows(MATCH)]),
    at("filters", &[Rows(FILTERS)]),
    at("filters[]", &[Rows(FILTER)]),
    at("backendRefs", &[Items(0, 16)]),
    at("backendRefs[]", &[Rows(TO_BACKEND)]),
    at("backendRefs[].weight", &[Default("1"), Range(0, 1_000_000)]),
    at("backendRefs[].filters", &[Rows(FILTERS)]),
    at("backendRefs[].filters[]", &[Rows(FILTER)]),
    at("retry.attempts", &[Range(1, i64::MAX)]),
    at("retry.backoff", &[Form(DURATION)]),
    at("retry.codes", &[Set]),
    at("retry.codes[]", &[Range(400, 599)]),
    at("sessionPersistence.absoluteTimeout", &[Form(DURATION)]),
    at("sessionPersistence.sessionName", &[Length(0, 128)]),
    at(
        "sessionPersistence.type",
        &[Default(r#""Cookie""#), OneOf(&["Cookie", "Header"])],
    ),
    at(
        "sessionPersistence.cookieConfig.lifetimeType",
        &[Default(r#""Session""#), OneOf(&["Permanent", "Session"])],
    ),
    at(
        "sessionPersistence",
        &[
            Law(
                permanent_ends,
                "absoluteTimeout is required where cookieConfig.lifetimeType is Permanent",
            ),
            Law(
                cookie_has_use,
                "cookieConfig must not be set unless type is Cookie",
            ),
        ],
    ),
    at("timeouts.request", &[Form(DURATION)]),
    at("timeouts.backendRequest", &[Form(DURATION)]),
    at(
        "timeouts",
        &[Law(
            try_fits_request,
            "backendRequest must not be longer than request",
        )],
    ),
    at(
        "",
        &[
            Law(
                redirect_has_no_backend,
                "a RequestRedirect filter excludes backendRefs",
            ),
            Law(
                |rule| prefix_is_one(rule, redirect_of(list(rule, "filters"))),
                "RequestRedirect with path.replacePrefixMatch needs exactly one match, a PathPrefix",
            ),
            Law(
                |rule| prefix_is_one(rule, rewrite_of(list(rule, "filters"))),
                "URLRewrite with path.replacePrefixMatch needs exactly one match, a PathPrefix",
            ),
            Law(
                |rule| prefix_is_one(rule, of_one_backend(rule, redirect_of)),
                "RequestRedirect with path.replacePrefixMatch in backendRefs needs exactly one match, a PathPrefix",
            ),
            Law(
                |rule| prefix_is_one(rule, of_one_backend(rule, rewrite_of)),
                "URLRewrite with path.replacePrefixMatch in backendRefs needs exactly one match, a PathPrefix",
            ),
        ],
    ),
];

const MATCH: &[Row] = &[
    at("path", &[Default(r#"{"type":"PathPrefix","value":"/"}"#)]),
    at(
        "path.type",
        &[
            Default(r#""PathPrefix""#),
            OneOf(&["Exact", "PathPrefix", "RegularExpression"]),
        ],
    ),
    at("path.value", &[Default(r#""/""#), Length(0, 1024)]),
    at(
        "path",
        &[
            Law(is_clean_match, CLEAN),
            Law(
                is_path_match,
                "must have only letters, digits, %XX and any of -/._~!$&'()*+,;=:@",
            ),
        ],
    ),
    at("headers", &[Items(0, 16), Unique(&["name"])]),
    at(
        "headers[].type",
        &[
            Default(r#""Exact""#),
            OneOf(&["Exact", "RegularExpression"]),
        ],
    ),
    at("headers[].name", &[Required, Length(1, 256), Form(TOKEN)]),
    at(
        "headers[].value",
        &[Required, Length(1, 4096), Form(HEADER_VALUE)],
    ),
    at("queryParams", &[Items(0, 16), Unique(&["name"])]),
    at(
        "queryParams[].type",
        &[
            Default(r#""Exact""#),
            OneOf(&["Exact", "RegularExpression"]),
        ],
    ),
    at(
        "queryParams[].name",
        &[Required, Length(1, 256), Form(TOKEN)],
    ),
    at("queryParams[].value", &[Required, Length(1, 1024)]),
    at(
        "method",
        &[OneOf(&[
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
        ])],
    ),
];

fn matches_are_few(rules: &Value) -> bool {
    let rules = rules.as_array().map(Vec::as_slice).unwrap_or_default();
    rules
        .iter()
        .map(|rule| list(rule, "matches").len())
        .sum::<usize>()
        <= 128
}

fn names_differ(rules: &Value) -> bool {
    let rules = rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<&str> = rules
        .iter()
        .map(|rule| text(rule, "name"))
        .filter(|name| !name.is_empty())
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() == count
}

fn redirect_has_no_backend(rule: &Value) -> bool {
    list(rule, "backendRefs").is_empty()
        || !list(rule, "filters")
            .iter()
            .any(|filter| has(filter, "requestRedirect"))
}

/// Whether exactly one of the filters redirects by the matched prefix.
fn redirect_of(filters: &[Value]) -> bool {
    replaces_prefix(filters, "requestRedirect")
}

/// Whether exactly one of the filters rewrites the matched prefix.
fn rewrite_of(filters: &[Value]) -> bool {
    replaces_prefix(filters, "urlRewrite")
}

fn replaces_prefix(filters: &[Value], member: &str) -> bool {
    let replaces = |filter: &&Value| {
        let path = filter.get(member).and_then(|settings| settings.get("path"));
        path.is_some_and(|path| {
            text(path, "type") == "ReplacePrefixMatch" && has(path, "replacePrefixMatch")
        })
    };
    filters.iter().filter(replaces).count() == 1
}

/// The schema asks for exactly one such backend: two of them escape its rule.
fn of_one_backend(rule: &Value, replaces: fn(&[Value]) -> bool) -> bool {
    let backends = list(rule, "backendRefs").iter();
    backends
        .filter(|backend| replaces(list(backend, "filters")))
        .count()
        == 1
}

fn prefix_is_one(rule: &Value, replaces_prefix: bool) -> bool {
    let is_prefix = |rule_match: &Value| {
        rule_match
            .pointer("/path/type")
            .is_some_and(|kind| kind == "PathPrefix")
    };
    !replaces_prefix || matches!(list(rule, "matches"), [rule_match] if is_prefix(rule_match))
}

fn permanent_ends(persistence: &Value) -> bool {
    let lifetime = persistence.pointer("/cookieConfig/lifetimeType");
    lifetime.is_none_or(|lifetime| lifetime != "Permanent") || has(persistence, "absoluteTimeout")
}

fn cookie_has_use(persistence: &Value) -> bool {
    !has(persistence, "cookieConfig") || text(persistence, "type") == "Cookie"
}

fn try_fits_request(timeouts: &Value) -> bool {
    let of = |member| duration::parse(text(timeouts, member));
    match (of("request"), of("backendRequest")) {
        (Some(request), Some(one_try)) => request.is_zero() || one_try <= request,
        _ => true,
    }
}
