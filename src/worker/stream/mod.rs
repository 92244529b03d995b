//! A client connection, plain or TLS, as two directions that carry plaintext.

pub mod handshake;
mod records;
mod tls;

use super::buffer::{Buffer, Buffers, Outgoing};
use super::socket::{SocketReader, SocketWriter, Waiting};
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

    /// Reads bytes as they are on the wire, TLS or not, to be thrown away.
    pub async fn read_raw(&mut self, buffer: Buffer) -> BufResult<usize, Buffer> {
        match self {
            Reader::Plain(socket) => socket.read(buffer).await,
            Reader::Tls(tls) => tls.socket_mut().read(buffer).await,
        }
    }

    /// Begins the read of an idle connection; [`Reader::finish_idle`] takes what it brought. `None`
    /// when there is something to read already.
    pub fn begin_idle(&mut self, buffers: &Buffers) -> Option<Waiting> {
        match self {
            Reader::Plain(socket) => Some(socket.begin_read(buffers.tiny())),
            Reader::Tls(tls) => tls.begin_idle(buffers),
        }
    }

    /// Takes what the read of an idle connection brought into `buffer`; 0 is the end of the stream,
    /// `None` says that it was not enough for a byte of plaintext.
    ///
    /// # Errors
    /// A broken connection, or a broken TLS record.
    pub fn finish_idle(
        &mut self,
        (result, tiny): BufResult<usize, Buffer>,
        buffer: &mut Buffer,
        buffers: &Buffers,
    ) -> io::Result<Option<usize>> {
        match self {
            Reader::Plain(_) => {
                buffer.append(tiny.filled());
                buffers.give(tiny);
                result.map(Some)
            }
            Reader::Tls(tls) => {
                let result = result.and_then(|n| tls.finish_idle(n, tiny.filled(), buffer));
                buffers.give(tiny);
                result
            }
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

    /// Ends both directions.
    pub fn abort(&self) {
        self.socket().abort();
    }

    /// Cuts the connection by a reset, so that the peer cannot take what it got for the whole: not
    /// even a client of HTTP/1.0, for whom the close ends a body.
    pub fn cut(&self) {
        self.socket().reset();
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
    handshaken: handshake::Handshaken,
    buffers: &Rc<Buffers>,
) -> (Reader, Writer) {
    let (reader, writer) = tls::split(reader, writer, handshaken, buffers);
    (Reader::Tls(Box::new(reader)), Writer::Tls(Box::new(writer)))
}
