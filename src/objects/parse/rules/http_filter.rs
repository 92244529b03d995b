//! Filters of an HTTPRoute's rules and backends.

use serde_json::Value;

use super::reference::{EXPLICIT, TO_BACKEND};
use crate::objects::parse::format::{DNS_SUBDOMAIN, HEADER_VALUE, ORIGIN, PATH, TOKEN};
use crate::objects::parse::row::Check::{
    Default, Form, Items, Law, Length, OneOf, OneOfNumbers, Range, Required, Rows, Set, Union,
    Unique,
};
use crate::objects::parse::row::{Row, at, has, text};

/// The list as a whole.
pub const FILTERS: &[Row] = &[at(
    "",
    &[
        Items(0, 16),
        Law(
            |filters| count(filters, "RequestRedirect") == 0 || count(filters, "URLRewrite") == 0,
            "RequestRedirect and URLRewrite exclude each other",
        ),
        Law(
            |filters| count(filters, "CORS") <= 1,
            "CORS must not be repeated",
        ),
        Law(
            |filters| count(filters, "RequestHeaderModifier") <= 1,
            "RequestHeaderModifier must not be repeated",
        ),
        Law(
            |filters| count(filters, "ResponseHeaderModifier") <= 1,
            "ResponseHeaderModifier must not be repeated",
        ),
        Law(
            |filters| count(filters, "RequestRedirect") <= 1,
            "RequestRedirect must not be repeated",
        ),
        Law(
            |filters| count(filters, "URLRewrite") <= 1,
            "URLRewrite must not be repeated",
        ),
    ],
)];

/// One filter.
pub const FILTER: &[Row] = &[
    at("type", &[Required, OneOf(TYPES)]),
    at(
        "",
        &[Union {
            tag: "type",
            members: MEMBERS,
        }],
    ),
    at("requestHeaderModifier", &[Rows(MODIFIER)]),
    at("responseHeaderModifier", &[Rows(MODIFIER)]),
    at("requestMirror", &[Rows(MIRROR)]),
    at("requestRedirect", &[Rows(REDIRECT)]),
    at(
        "urlRewrite.hostname",
        &[Length(1, 253), Form(DNS_SUBDOMAIN)],
    ),
    at("urlRewrite.path", &[Rows(PATH_MODIFIER)]),
    at("cors", &[Rows(CORS)]),
    at("externalAuth", &[Rows(EXTERNAL_AUTH)]),
    at("extensionRef", &[Rows(EXPLICIT)]),
];

const TYPES: &[&str] = &[
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestMirror",
    "RequestRedirect",
    "URLRewrite",
    "ExtensionRef",
    "CORS",
    "ExternalAuth",
];

const MEMBERS: &[(&str, &str)] = &[
    ("RequestHeaderModifier", "requestHeaderModifier"),
    ("ResponseHeaderModifier", "responseHeaderModifier"),
    ("RequestMirror", "requestMirror"),
    ("RequestRedirect", "requestRedirect"),
    ("URLRewrite", "urlRewrite"),
    ("ExtensionRef", "extensionRef"),
    ("CORS", "cors"),
    ("ExternalAuth", "externalAuth"),
];

const MODIFIER: &[Row] = &[
    at("set", &[Items(0, 16), Unique(&["name"])]),
    at("set[]", &[Rows(HEADER)]),
    at("add", &[Items(0, 16), Unique(&["name"])]),
    at("add[]", &[Rows(HEADER)]),
    at("remove", &[Items(0, 16), Set]),
];

const HEADER: &[Row] = &[
    at("name", &[Required, Length(1, 256), Form(TOKEN)]),
    at("value", &[Required, Length(1, 4096), Form(HEADER_VALUE)]),
];

const MIRROR: &[Row] = &[
    at("backendRef", &[Required, Rows(TO_BACKEND)]),
    at("percent", &[Range(0, 100)]),
    at("fraction.numerator", &[Required, Range(0, i32::MAX as i64)]),
    at(
        "fraction.denominator",
        &[Default("100"), Range(1, i32::MAX as i64)],
    ),
    at(
        "fraction",
        &[Law(
            is_fraction,
            "numerator must not be greater than denominator",
        )],
    ),
    at(
        "",
        &[Law(
            |mirror| !(has(mirror, "percent") && has(mirror, "fraction")),
            "percent and fraction exclude each other",
        )],
    ),
];

const REDIRECT: &[Row] = &[
    at("scheme", &[OneOf(&["http", "https"])]),
    at("hostname", &[Length(1, 253), Form(DNS_SUBDOMAIN)]),
    at("path", &[Rows(PATH_MODIFIER)]),
    at("port", &[Range(1, 65_535)]),
    at(
        "statusCode",
        &[Default("302"), OneOfNumbers(&[301, 302, 303, 307, 308])],
    ),
];

const PATH_MODIFIER: &[Row] = &[
    at(
        "type",
        &[Required, OneOf(&["ReplaceFullPath", "ReplacePrefixMatch"])],
    ),
    at("replaceFullPath", &[Length(0, 1024)]),
    at("replacePrefixMatch", &[Length(0, 1024)]),
    at(
        "",
        &[Union {
            tag: "type",
            members: &[
                ("ReplaceFullPath", "replaceFullPath"),
                ("ReplacePrefixMatch", "replacePrefixMatch"),
            ],
        }],
    ),
];

const CORS: &[Row] = &[
    at(
        "allowOrigins",
        &[Items(0, 64), Set, Law(star_is_alone, STAR)],
    ),
    at("allowOrigins[]", &[Length(1, 253), Form(ORIGIN)]),
    at(
        "allowMethods",
        &[Items(0, 9), Set, Law(star_is_alone, STAR)],
    ),
    at(
        "allowMethods[]",
        &[OneOf(&[
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*",
        ])],
    ),
    at(
        "allowHeaders",
        &[Items(0, 64), Set, Law(star_is_alone, STAR)],
    ),
    at("allowHeaders[]", &[Length(1, 256), Form(TOKEN)]),
    at("exposeHeaders", &[Items(0, 64), Set]),
    at("exposeHeaders[]", &[Length(1, 256), Form(TOKEN)]),
    at("maxAge", &[Default("5"), Range(1, i32::MAX as i64)]),
];

const STAR: &str = "'*' must stand alone";

const EXTERNAL_AUTH: &[Row] = &[
    at("backendRef", &[Required, Rows(TO_BACKEND)]),
    at("protocol", &[Required, OneOf(&["HTTP", "GRPC"])]),
    at(
        "",
        &[Union {
            tag: "protocol",
            members: &[("HTTP", "http"), ("GRPC", "grpc")],
        }],
    ),
    at("grpc.allowedHeaders", &[Items(0, 64), Set]),
    at("http.allowedHeaders", &[Items(0, 64), Set]),
    at("http.allowedResponseHeaders", &[Items(0, 64), Set]),
    at("http.path", &[Length(0, 1024), Form(PATH)]),
];

fn count(filters: &Value, of_type: &str) -> usize {
    let filters = filters.as_array().map(Vec::as_slice).unwrap_or_default();
    filters
        .iter()
        .filter(|filter| text(filter, "type") == of_type)
        .count()
}

fn is_fraction(fraction: &Value) -> bool {
    let of = |member| fraction.get(member).and_then(Value::as_i64);
    match (of("numerator"), of("denominator")) {
        (Some(numerator), Some(denominator)) => numerator <= denominator,
        _ => true,
    }
}

fn star_is_alone(words: &Value) -> bool {
    let words = words.as_array().map(Vec::as_slice).unwrap_or_default();
    words.len() <= 1 || !words.iter().any(|word| word == "*")
}
