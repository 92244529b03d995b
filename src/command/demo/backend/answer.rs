//! What an echo backend answers: its own name, and the request as it arrived.

use super::websocket;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode};
use std::convert::Infallible;
use std::fmt::Write;

/// Largest request body that is echoed.
const BODY_LIMIT: usize = 1 << 20;

/// Answers one request; a WebSocket handshake with 101.
pub async fn answer(
    name: &'static str,
    mut request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(accepted) = websocket::accept(name, &mut request) {
        return Ok(accepted);
    }
    let (head, body) = request.into_parts();
    let mut text = format!("backend: {name}\nrequest: {} {}\n", head.method, head.uri);
    push_fields(&mut text, &head.headers);
    let (status, body) = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => (StatusCode::OK, body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            (StatusCode::PAYLOAD_TOO_LARGE, Bytes::new())
        }
        Err(_) => (StatusCode::BAD_REQUEST, Bytes::new()),
    };
    let mut text = text.into_bytes();
    if !body.is_empty() {
        text.push(b'\n');
        text.extend_from_slice(&body);
        if !body.ends_with(b"\n") {
            text.push(b'\n');
        }
    }
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    Ok(response)
}

fn push_fields(text: &mut String, fields: &HeaderMap) {
    for (name, value) in fields {
        let value = String::from_utf8_lossy(value.as_bytes());
        // tidy: a String takes every write
        if writeln!(text, "{name}: {value}").is_err() {
            return;
        }
    }
}
