//! The TLS handshake of a client: the configuration is chosen by the name in its ClientHello.

use super::records::Records;
use super::tls::{TlsFacts, feed, take_records};
use crate::worker::buffer::{Buffer, Buffers};
use crate::worker::socket::{SocketReader, SocketWriter};
use rustls::server::{Acceptor, ClientHello};
use rustls::{HandshakeKind, ServerConfig, ServerConnection};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Largest ClientHello in bytes; several records and every post-quantum key share fit.
const CLIENT_HELLO_MAX: usize = 64 * 1024;

/// Why a handshake did not come about.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The client left or the connection broke.
    #[error("connection: {0}")]
    Io(#[from] io::Error),
    /// The client broke the protocol, or nothing is spoken by both.
    #[error("tls: {0}")]
    Tls(#[from] rustls::Error),
    /// No listener takes the name the client asked for.
    #[error("no listener takes this name")]
    UnknownName,
    /// The ClientHello is larger than 64 KiB.
    #[error("client hello too large")]
    HelloTooLarge,
    /// A later message is larger than rustls takes.
    #[error("handshake message too large")]
    MessageTooLarge,
}

impl HandshakeError {
    /// Stable name for metric and log.
    pub fn reason(&self) -> &'static str {
        match self {
            HandshakeError::Io(_) => "tls_connection",
            HandshakeError::Tls(_) => "tls_protocol",
            HandshakeError::UnknownName => "tls_unknown_name",
            HandshakeError::HelloTooLarge => "tls_client_hello_size",
            HandshakeError::MessageTooLarge => "tls_message_size",
        }
    }
}

/// A finished handshake. `pending` holds ciphertext behind it.
pub struct Handshaken {
    pub session: ServerConnection,
    pub facts: TlsFacts,
    pub pending: Buffer,
    /// How far what was read before that has come.
    pub records: Records,
}

/// Runs the handshake. `pending` holds what was read from the client already; the caller's timer
/// on `reader` bounds the whole.
pub async fn accept(
    reader: &mut SocketReader,
    writer: &mut SocketWriter,
    mut pending: Buffer,
    buffers: &Rc<Buffers>,
    timeout: Duration,
    choose: impl FnOnce(&ClientHello<'_>) -> Option<Arc<ServerConfig>>,
) -> Result<Handshaken, HandshakeError> {
    let mut acceptor = Acceptor::default();
    let mut records = Records::default();
    let mut seen = 0;
    let accepted = loop {
        while !pending.is_empty() {
            let mut rest = pending.filled();
            let before = rest.len();
            acceptor.read_tls(&mut rest)?;
            let taken = before - rest.len();
            records.pass(pending.filled().get(..taken).unwrap_or_default());
            pending.consume(taken);
            if taken == 0 {
                return Err(HandshakeError::HelloTooLarge);
            }
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => break accepted,
            Ok(None) => {}
            Err((error, mut alert)) => {
                let mut out = buffers.text();
                alert.write_all(&mut out)?;
                refuse(writer, out, buffers, timeout).await;
                return Err(error.into());
            }
        }
        seen += read(reader, &mut pending).await?;
        if seen > CLIENT_HELLO_MAX {
            return Err(HandshakeError::HelloTooLarge);
        }
    };
    let hello = accepted.client_hello();
    let sni = hello.server_name().map(Box::<str>::from);
    let Some(config) = choose(&hello) else {
        refuse(writer, unrecognized_name(buffers), buffers, timeout).await;
        return Err(HandshakeError::UnknownName);
    };
    let mut session = match accepted.into_connection(config) {
        Ok(session) => session,
        Err((error, mut alert)) => {
            let mut out = buffers.text();
            alert.write_all(&mut out)?;
            refuse(writer, out, buffers, timeout).await;
            return Err(error.into());
        }
    };
    loop {
        flush(&mut session, writer, buffers, timeout).await?;
        if !session.is_handshaking() {
            break;
        }
        if pending.is_empty() {
            read(reader, &mut pending).await?;
        }
        let before = pending.len();
        if let Err(error) = feed(&mut session, &mut pending, &mut records) {
            let mut out = buffers.text();
            take_records(&mut session, &mut out)?;
            refuse(writer, out, buffers, timeout).await;
            return Err(error.into());
        }
        // What is not taken now never will be, and nothing here waits for anybody.
        if pending.len() == before && session.is_handshaking() {
            return Err(HandshakeError::MessageTooLarge);
        }
    }
    let facts = TlsFacts {
        version: session.protocol_version().map_or(0, u16::from),
        cipher: session
            .negotiated_cipher_suite()
            .map_or(0, |suite| u16::from(suite.suite())),
        sni,
        resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
        alpn: session.alpn_protocol().map(Box::from),
    };
    Ok(Handshaken {
        session,
        facts,
        pending,
        records,
    })
}

async fn read(reader: &mut SocketReader, pending: &mut Buffer) -> io::Result<usize> {
    let (result, buffer) = reader
        .read(std::mem::replace(pending, Buffer::none()))
        .await;
    *pending = buffer;
    match result? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        n => Ok(n),
    }
}

async fn flush(
    session: &mut ServerConnection,
    writer: &mut SocketWriter,
    buffers: &Rc<Buffers>,
    timeout: Duration,
) -> io::Result<()> {
    let mut out = buffers.text();
    take_records(session, &mut out)?;
    if out.is_empty() {
        buffers.give_text(out);
        return Ok(());
    }
    let (result, out) = writer.write_vec(out, timeout).await;
    buffers.give_text(out);
    result
}

/// Sends an alert; whether it arrives changes nothing.
async fn refuse(writer: &mut SocketWriter, out: Vec<u8>, buffers: &Rc<Buffers>, timeout: Duration) {
    let (result, out) = writer.write_vec(out, timeout).await;
    buffers.give_text(out);
    if result.is_ok() {
        writer.finish();
    }
}

/// A fatal `unrecognized_name` alert (RFC 6066 section 3) in a plaintext record.
fn unrecognized_name(buffers: &Rc<Buffers>) -> Vec<u8> {
    let mut out = buffers.text();
    out.extend_from_slice(&[21, 3, 3, 0, 2, 2, 112]);
    out
}
