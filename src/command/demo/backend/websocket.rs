//! The WebSocket side of an echo backend (RFC 6455): it greets, then sends back what it gets.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE,
};
use hyper::upgrade::OnUpgrade;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

/// Largest message that is echoed.
const MESSAGE_LIMIT: usize = 1 << 20;

/// On this path the server takes leave after its greeting, so that a client that speaks no
/// WebSocket, as curl, comes to an end.
const GREETING_ONLY: &str = "/hello";

/// The answer to a handshake, whose conversation then goes on beside it; none for other requests.
pub fn accept(
    name: &'static str,
    request: &mut Request<Incoming>,
) -> Option<Response<Full<Bytes>>> {
    let fields = request.headers();
    if !has_token(fields, &UPGRADE, "websocket") || !has_token(fields, &CONNECTION, "upgrade") {
        return None;
    }
    let key = derive_accept_key(fields.get(SEC_WEBSOCKET_KEY)?.as_bytes());
    let greeting_only = request.uri().path() == GREETING_ONLY;
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        if let Err(error) = converse(name, upgrade, greeting_only).await {
            tracing::debug!(backend = name, %error, "WebSocket of an echo backend ended");
        }
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = response.headers_mut();
    fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    fields.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(key).ok()?);
    Some(response)
}

async fn converse(name: &str, upgrade: OnUpgrade, greeting_only: bool) -> Result<(), Error> {
    let upgraded = upgrade.await.map_err(std::io::Error::other)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT));
    let io = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let greeting = format!("hello from {name}, over a WebSocket");
    socket.send(Message::text(greeting)).await?;
    if greeting_only {
        // Closing the connection without awaiting the client's own close frame.
        return socket.send(Message::Close(None)).await;
    }
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

fn has_token(fields: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let all = fields.get_all(name).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case(token))
}
