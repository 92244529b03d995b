//! A client connection, plain or TLS, as two directions that carry plaintext.

pub mod handshake;
mod tls;

use super::buffer::{Buffer, Buffers, Outgoing};
use super::socket::{Quiet, SocketReader, SocketWriter};
use super::timers::Timer;
use monoio::BufResult;
use std::io;
use std::rc::Rc;
use std::time::Duration;
pub use tls::{TlsFacts, TlsReader, TlsWriter};

/// The reading direction.
pub enum Reader {
    Plain(SocketReader),
    Tls(Box<TlsReader>),
}

/// The writing direction.
pub enum Writer {
    Plain(SocketWriter),
    Tls(Box<TlsWriter>),
}

impl Reader {
    pub fn socket(&self) -> &SocketReader {
        match self {
            Reader::Plain(socket) => socket,
            Reader::Tls(tls) => tls.socket(),
        }
    }

    pub fn timer(&self) -> &Timer {
        self.socket().timer()
    }

    /// Reads plaintext into the room of `buffer`; 0 is the end of the stream.
    pub async fn read(&mut self, buffer: Buffer) -> BufResult<usize, Buffer> {
        match self {
            Reader::Plain(socket) => socket.read(buffer).await,
            Reader::Tls(tls) => tls.read(buffer).await,
        }
    }

    /// As [`SocketReader::read_or_quiet`].
    pub async fn read_or_quiet(&mut self, buffer: Buffer, patience: Duration) -> (Quiet, Buffer) {
        match self {
            Reader::Plain(socket) => socket.read_or_quiet(buffer, patience).await,
            Reader::Tls(tls) => tls.read_or_quiet(buffer, patience).await,
        }
    }

    /// Waits until a read would find something, holding no buffer.
    pub async fn readable(&mut self) -> io::Result<()> {
        match self {
            Reader::Plain(socket) => socket.readable().await,
            Reader::Tls(tls) => tls.readable().await,
        }
    }

    /// What is known of the TLS session.
    pub fn tls(&self) -> Option<&Rc<TlsFacts>> {
        match self {
            Reader::Plain(_) => None,
            Reader::Tls(tls) => Some(tls.facts()),
        }
    }

    /// Gives memory back that an idle connection does not need.
    pub fn shrink(&mut self) {
        if let Reader::Tls(tls) = self {
            tls.shrink();
        }
    }
}

impl Writer {
    pub fn socket(&self) -> &SocketWriter {
        match self {
            Writer::Plain(socket) => socket,
            Writer::Tls(tls) => tls.socket(),
        }
    }

    /// Writes all of `out`; `timeout` for each write that takes bytes.
    pub async fn write_all(&mut self, out: Outgoing, timeout: Duration) -> BufResult<(), Outgoing> {
        match self {
            Writer::Plain(socket) => socket.write_all(out, timeout).await,
            Writer::Tls(tls) => {
                let result = tls.write_all(out.bytes(), timeout).await;
                (result, out)
            }
        }
    }

    /// Writes all of `out`.
    pub async fn write_vec(&mut self, out: Vec<u8>, timeout: Duration) -> BufResult<(), Vec<u8>> {
        match self {
            Writer::Plain(socket) => socket.write_vec(out, timeout).await,
            Writer::Tls(tls) => {
                let result = tls.write_all(&out, timeout).await;
                (result, out)
            }
        }
    }

    /// Ends our direction cleanly (TLS: close_notify first).
    pub async fn finish(&mut self, timeout: Duration) {
        match self {
            Writer::Plain(socket) => socket.finish(),
            Writer::Tls(tls) => tls.finish(timeout).await,
        }
    }

    /// Cuts the connection, so that the peer cannot take what it got for the whole.
    pub fn abort(&self) {
        self.socket().abort();
    }
}

/// Makes the two directions of a plain connection.
pub fn plain(reader: SocketReader, writer: SocketWriter) -> (Reader, Writer) {
    (Reader::Plain(reader), Writer::Plain(writer))
}

/// Makes the two directions of a TLS connection after its handshake.
pub fn tls(
    reader: SocketReader,
    writer: SocketWriter,
    session: rustls::ServerConnection,
    facts: TlsFacts,
    pending: Buffer,
    buffers: &Rc<Buffers>,
) -> (Reader, Writer) {
    let (reader, writer) = tls::split(reader, writer, session, facts, pending, buffers);
    (Reader::Tls(Box::new(reader)), Writer::Tls(Box::new(writer)))
}
