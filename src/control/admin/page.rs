//! A page: a status, a type, a body.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde_json::Value;

/// What is answered.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    content_type: &'static str,
    body: String,
    allow: Option<&'static str>,
}

impl Page {
    pub fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Page::new(status, "text/plain; charset=utf-8", body.into())
    }

    pub fn html(body: String) -> Self {
        Page::new(StatusCode::OK, "text/html; charset=utf-8", body)
    }

    pub fn json(value: &Value) -> Self {
        Page::new(StatusCode::OK, "application/json", format!("{value:#}\n"))
    }

    /// Metrics as the OpenMetrics text format has them.
    pub fn metrics(body: String) -> Self {
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        Page::new(StatusCode::OK, content_type, body)
    }

    pub fn not_found() -> Self {
        Page::text(StatusCode::NOT_FOUND, "no such page\n")
    }

    pub fn bad_request(why: impl Into<String>) -> Self {
        Page::text(StatusCode::BAD_REQUEST, why)
    }

    /// The page exists, but not for this method.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Page {
            allow: Some(allow),
            ..Page::text(status, format!("use {allow}\n"))
        }
    }

    fn new(status: StatusCode, content_type: &'static str, body: String) -> Self {
        Page {
            status,
            content_type,
            body,
            allow: None,
        }
    }
}

impl From<Page> for Response<Full<Bytes>> {
    fn from(page: Page) -> Self {
        let mut response = Response::new(Full::new(page.body.into()));
        *response.status_mut() = page.status;
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        set(CONTENT_TYPE, page.content_type);
        set(CACHE_CONTROL, "no-store");
        set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        );
        if let Some(allow) = page.allow {
            set(ALLOW, allow);
        }
        response
    }
}
