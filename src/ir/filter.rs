//! Filters: edits to heads, and redirects.

use serde::Serialize;
use std::sync::Arc;

/// One filter, applied in the order of the object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Filter {
    RequestHeaders(HeaderEdit),
    ResponseHeaders(HeaderEdit),
    Redirect(Redirect),
    Rewrite(Rewrite),
}

/// Set, add, remove, in this order (Gateway API `HTTPHeaderFilter`). Names keep the case the owner
/// wrote and are compared without case; names and values were validated by translation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HeaderEdit {
    pub set: Vec<(Arc<str>, Arc<str>)>,
    pub add: Vec<(Arc<str>, Arc<str>)>,
    pub remove: Vec<Arc<str>>,
}

impl HeaderEdit {
    /// Whether a name is not a filter's to touch, in any case: it frames the message or belongs to
    /// the connection (RFC 9110 section 7.6.1), or is Host, which `URLRewrite` edits. Translation
    /// refuses such a filter by name; the data path leaves the field alone.
    pub fn reserved(name: &str) -> bool {
        const RESERVED: [&str; 14] = [
            "connection",
            "content-length",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ];
        RESERVED
            .iter()
            .any(|reserved| reserved.eq_ignore_ascii_case(name))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Scheme {
    Http,
    Https,
}

/// How a path is replaced; already normalised by translation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum PathEdit {
    /// Replaces the whole path.
    Full(Arc<str>),
    /// Replaces the matched prefix; stored without trailing slash, the root is the empty string.
    Prefix(Arc<str>),
}

/// `RequestRedirect`: an absent part stays as the request has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    pub scheme: Option<Scheme>,
    pub hostname: Option<Arc<str>>,
    pub port: Option<u16>,
    pub path: Option<PathEdit>,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// `URLRewrite`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rewrite {
    pub hostname: Option<Arc<str>>,
    pub path: Option<PathEdit>,
}
