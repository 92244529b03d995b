//! Our own TLS stream over rustls: records coalesced to large writes, no buffer held while idle.

use super::handshake::Handshaken;
use super::records::Records;
use crate::worker::buffer::{Buffer, Buffers};
use crate::worker::socket::{SocketReader, SocketWriter, Waiting};
use monoio::BufResult;
use rustls::ServerConnection;
use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read, Write};
use std::rc::Rc;
use std::time::Duration;

/// Plaintext handed to rustls at a time; what it makes of it leaves in one write.
const PIECE: usize = 64 * 1024;

/// What the access log says of a session.
#[derive(Clone, Debug)]
pub struct TlsFacts {
    /// Protocol version as on the wire (RFC 8446 section 4.1.2).
    pub version: u16,
    /// IANA number of the cipher suite.
    pub cipher: u16,
    /// The name the client asked for.
    pub sni: Option<Box<str>>,
    pub resumed: bool,
    /// The protocol that was negotiated by ALPN (RFC 7301).
    pub alpn: Option<Box<[u8]>>,
}

struct Session {
    connection: RefCell<ServerConnection>,
    /// The peer said close_notify.
    closed: Cell<bool>,
    facts: Rc<TlsFacts>,
    buffers: Rc<Buffers>,
}

/// The reading direction.
pub struct TlsReader {
    socket: SocketReader,
    session: Rc<Session>,
    /// Ciphertext that rustls did not take yet; without memory while there is none.
    ciphertext: Buffer,
    /// How far what it took has come.
    records: Records,
}

/// The writing direction.
pub struct TlsWriter {
    socket: SocketWriter,
    session: Rc<Session>,
}

/// Splits a session.
pub fn split(
    reader: SocketReader,
    writer: SocketWriter,
    handshaken: Handshaken,
    buffers: &Rc<Buffers>,
) -> (TlsReader, TlsWriter) {
    let Handshaken {
        session: connection,
        facts,
        pending,
        records,
    } = handshaken;
    let session = Rc::new(Session {
        connection: RefCell::new(connection),
        closed: Cell::new(false),
        facts: Rc::new(facts),
        buffers: Rc::clone(buffers),
    });
    let reader = TlsReader {
        socket: reader,
        session: Rc::clone(&session),
        ciphertext: pending,
        records,
    };
    (
        reader,
        TlsWriter {
            socket: writer,
            session,
        },
    )
}

/// Feeds ciphertext to a connection until it is used up or the connection takes no more.
///
/// # Errors
/// What the peer did wrong.
pub fn feed(
    connection: &mut ServerConnection,
    ciphertext: &mut Buffer,
    records: &mut Records,
) -> Result<(), rustls::Error> {
    while !ciphertext.is_empty() {
        let mut rest = ciphertext.filled();
        let before = rest.len();
        // An error here means that the plaintext buffer is full: it is read first.
        let taken = match connection.read_tls(&mut rest) {
            Ok(_) => before - rest.len(),
            Err(_) => 0,
        };
        if taken == 0 {
            break;
        }
        records.pass(ciphertext.filled().get(..taken).unwrap_or_default());
        ciphertext.consume(taken);
        connection.process_new_packets()?;
    }
    Ok(())
}

/// Moves what the connection wants to send into `out`.
pub fn take_records(connection: &mut ServerConnection, out: &mut Vec<u8>) -> io::Result<()> {
    while connection.wants_write() {
        connection.write_tls(out)?;
    }
    Ok(())
}

impl TlsReader {
    pub fn socket(&self) -> &SocketReader {
        &self.socket
    }

    pub fn socket_mut(&mut self) -> &mut SocketReader {
        &mut self.socket
    }

    pub fn facts(&self) -> &Rc<TlsFacts> {
        &self.session.facts
    }

    /// Plaintext that is there already; `None` when the socket must be read.
    fn plaintext(&mut self, buffer: &mut Buffer) -> Option<io::Result<usize>> {
        loop {
            let mut connection = self.session.connection.borrow_mut();
            match buffer.fill_from(|room| connection.reader().read(room)) {
                Ok(0) => {
                    self.session.closed.set(true);
                    return Some(Ok(0));
                }
                Ok(n) => return Some(Ok(n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // The peer closed without close_notify: the end of the stream all the same, and
                // the framing of HTTP says whether anything is missing.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Some(Ok(0)),
                Err(error) => return Some(Err(error)),
            }
            if self.ciphertext.is_empty() {
                return None;
            }
            let before = self.ciphertext.len();
            if let Err(error) = feed(&mut connection, &mut self.ciphertext, &mut self.records) {
                return Some(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
            }
            if self.ciphertext.len() == before {
                return None;
            }
        }
    }

    fn room(&mut self) -> Buffer {
        if self.ciphertext.size() == 0 {
            return self.session.buffers.small();
        }
        let mut ciphertext = std::mem::replace(&mut self.ciphertext, Buffer::none());
        ciphertext.compact();
        ciphertext
    }

    pub async fn read(&mut self, mut buffer: Buffer) -> BufResult<usize, Buffer> {
        loop {
            if let Some(result) = self.plaintext(&mut buffer) {
                self.shrink();
                return (result, buffer);
            }
            let room = self.room();
            let (result, ciphertext) = self.socket.read(room).await;
            self.ciphertext = ciphertext;
            match result {
                Ok(0) => {
                    self.shrink();
                    return (Ok(0), buffer);
                }
                Ok(_) => {}
                Err(error) => return (Err(error), buffer),
            }
        }
    }

    /// As [`Reader::begin_idle`](super::Reader::begin_idle): ciphertext is waited for.
    pub fn begin_idle(&mut self, buffers: &Buffers) -> Option<Waiting> {
        let decrypted = self
            .session
            .connection
            .borrow_mut()
            .reader()
            .fill_buf()
            .is_ok();
        if decrypted || !self.ciphertext.is_empty() || !self.records.are_whole() {
            return None;
        }
        Some(self.socket.begin_read(buffers.tiny()))
    }

    /// As [`Reader::finish_idle`](super::Reader::finish_idle).
    pub fn finish_idle(
        &mut self,
        read: usize,
        ciphertext: &[u8],
        buffer: &mut Buffer,
    ) -> io::Result<Option<usize>> {
        if read == 0 {
            return Ok(Some(0));
        }
        if self.ciphertext.size() == 0 {
            self.ciphertext = self.session.buffers.small();
        }
        self.ciphertext.append(ciphertext);
        let result = self.plaintext(buffer).transpose();
        self.shrink();
        result
    }

    pub async fn readable(&mut self) -> io::Result<()> {
        let decrypted = self
            .session
            .connection
            .borrow_mut()
            .reader()
            .fill_buf()
            .is_ok();
        if decrypted || !self.ciphertext.is_empty() {
            return Ok(());
        }
        self.socket.readable().await
    }

    /// Gives the ciphertext buffer back while it is empty.
    fn shrink(&mut self) {
        if self.ciphertext.is_empty() && self.ciphertext.size() > 0 {
            let buffer = std::mem::replace(&mut self.ciphertext, Buffer::none());
            self.session.buffers.give(buffer);
        }
    }
}

impl Drop for TlsReader {
    fn drop(&mut self) {
        let buffer = std::mem::replace(&mut self.ciphertext, Buffer::none());
        self.session.buffers.give(buffer);
    }
}

impl TlsWriter {
    pub fn socket(&self) -> &SocketWriter {
        &self.socket
    }

    pub async fn write_all(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            let mut rest = piece;
            while !rest.is_empty() {
                let mut records = self.session.buffers.text();
                {
                    let mut connection = self.session.connection.borrow_mut();
                    let taken = connection.writer().write(rest)?;
                    rest = &rest[taken..];
                    take_records(&mut connection, &mut records)?;
                    if taken == 0 && records.is_empty() {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                }
                self.flush(records, timeout).await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self, records: Vec<u8>, timeout: Duration) -> io::Result<()> {
        let (result, records) = self.socket.write_vec(records, timeout).await;
        self.session.buffers.give_text(records);
        result
    }

    pub async fn finish(&mut self, timeout: Duration) {
        let mut records = self.session.buffers.text();
        let taken = {
            let mut connection = self.session.connection.borrow_mut();
            connection.send_close_notify();
            take_records(&mut connection, &mut records)
        };
        if taken.is_ok() && self.flush(records, timeout).await.is_ok() {
            self.socket.finish();
        }
    }
}
