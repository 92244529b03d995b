//! Filters of an HTTPRoute's rule or backend.
//!
//! The schema holds a filter as a `type` and one optional member for each type; its rules make
//! exactly the named member present, so here a filter is an enum.

use serde::Deserialize;

use super::reference::{BackendRef, LocalRef};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub enum HttpFilter {
    RequestHeaderModifier(HeaderModifier),
    ResponseHeaderModifier(HeaderModifier),
    RequestMirror(RequestMirror),
    RequestRedirect(RequestRedirect),
    UrlRewrite(UrlRewrite),
    Cors(Cors),
    /// Experimental channel (GEP-1494).
    ExternalAuth(ExternalAuth),
    ExtensionRef(LocalRef),
}

impl HttpFilter {
    /// The filter's `type`, as manifests write it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::RequestHeaderModifier(_) => "RequestHeaderModifier",
            Self::ResponseHeaderModifier(_) => "ResponseHeaderModifier",
            Self::RequestMirror(_) => "RequestMirror",
            Self::RequestRedirect(_) => "RequestRedirect",
            Self::UrlRewrite(_) => "URLRewrite",
            Self::Cors(_) => "CORS",
            Self::ExternalAuth(_) => "ExternalAuth",
            Self::ExtensionRef(_) => "ExtensionRef",
        }
    }
}

/// The schema's shape.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    request_header_modifier: Option<HeaderModifier>,
    response_header_modifier: Option<HeaderModifier>,
    request_mirror: Option<RequestMirror>,
    request_redirect: Option<RequestRedirect>,
    url_rewrite: Option<UrlRewrite>,
    cors: Option<Cors>,
    external_auth: Option<ExternalAuth>,
    extension_ref: Option<LocalRef>,
}

impl TryFrom<Raw> for HttpFilter {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let filter = match raw.kind.as_str() {
            "RequestHeaderModifier" => raw.request_header_modifier.map(Self::RequestHeaderModifier),
            "ResponseHeaderModifier" => raw
                .response_header_modifier
                .map(Self::ResponseHeaderModifier),
            "RequestMirror" => raw.request_mirror.map(Self::RequestMirror),
            "RequestRedirect" => raw.request_redirect.map(Self::RequestRedirect),
            "URLRewrite" => raw.url_rewrite.map(Self::UrlRewrite),
            "CORS" => raw.cors.map(Self::Cors),
            "ExternalAuth" => raw.external_auth.map(Self::ExternalAuth),
            "ExtensionRef" => raw.extension_ref.map(Self::ExtensionRef),
            other => return Err(format!("{other:?} is no type of filter")),
        };
        filter.ok_or_else(|| format!("a filter of type {} lacks its settings", raw.kind))
    }
}

/// Order: set, then add, then remove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HeaderModifier {
    pub set: Vec<HeaderValue>,
    pub add: Vec<HeaderValue>,
    pub remove: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HeaderValue {
    /// A token (RFC 9110, section 5.6.2), compared without case.
    pub name: String,
    /// Visible ASCII with single blanks between.
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestMirror {
    pub backend_ref: BackendRef,
    /// 0 to 100; exclusive with `fraction`; neither means all.
    pub percent: Option<u8>,
    pub fraction: Option<Fraction>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fraction {
    /// At most the denominator.
    pub numerator: u32,
    /// At least 1.
    pub denominator: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRedirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    pub hostname: Option<String>,
    pub path: Option<PathModifier>,
    pub port: Option<u16>,
    /// 301, 302, 303, 307 or 308.
    pub status_code: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct UrlRewrite {
    pub hostname: Option<String>,
    pub path: Option<PathModifier>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawPathModifier")]
pub enum PathModifier {
    ReplaceFullPath(String),
    /// Only on a rule whose one match is a PathPrefix.
    ReplacePrefixMatch(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPathModifier {
    #[serde(rename = "type")]
    kind: String,
    replace_full_path: Option<String>,
    replace_prefix_match: Option<String>,
}

impl TryFrom<RawPathModifier> for PathModifier {
    type Error = String;

    fn try_from(raw: RawPathModifier) -> Result<Self, String> {
        match (
            raw.kind.as_str(),
            raw.replace_full_path,
            raw.replace_prefix_match,
        ) {
            ("ReplaceFullPath", Some(path), None) => Ok(Self::ReplaceFullPath(path)),
            ("ReplacePrefixMatch", None, Some(path)) => Ok(Self::ReplacePrefixMatch(path)),
            (other, ..) => Err(format!("a path modifier of type {other} lacks its path")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    #[serde(default)]
    pub allow_origins: Vec<String>,
    #[serde(default)]
    pub allow_credentials: bool,
    #[serde(default)]
    pub allow_methods: Vec<String>,
    #[serde(default)]
    pub allow_headers: Vec<String>,
    #[serde(default)]
    pub expose_headers: Vec<String>,
    /// Seconds, at least 1.
    pub max_age: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalAuth {
    /// `HTTP` or `GRPC`.
    pub protocol: String,
    pub backend_ref: BackendRef,
    pub grpc: Option<ExternalAuthGrpc>,
    pub http: Option<ExternalAuthHttp>,
    pub forward_body: Option<ForwardBody>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalAuthGrpc {
    pub allowed_headers: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalAuthHttp {
    pub path: Option<String>,
    pub allowed_headers: Vec<String>,
    pub allowed_response_headers: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForwardBody {
    /// Bytes.
    pub max_size: Option<u64>,
}
