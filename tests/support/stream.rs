//! One byte stream, plain or TLS, with the timeouts set.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// A client's end of a connection.
pub enum Stream {
    /// TCP alone.
    Plain(TcpStream),
    /// TLS over TCP; the handshake is complete.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// How to speak TLS to a server.
#[derive(Clone)]
pub struct Tls {
    /// Trust, versions, ALPN and client certificate; see [`super::pki`].
    pub config: Arc<ClientConfig>,
    /// The name for SNI and verification.
    pub name: String,
}

impl Stream {
    /// Connects, and with `tls` completes the handshake.
    pub fn connect(address: SocketAddr, tls: Option<&Tls>, timeout: Duration) -> io::Result<Self> {
        let tcp = TcpStream::connect_timeout(&address, timeout)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(timeout))?;
        tcp.set_write_timeout(Some(timeout))?;
        match tls {
            None => Ok(Self::Plain(tcp)),
            Some(tls) => Self::handshake(tcp, tls),
        }
    }

    /// Speaks TLS over a connection that is already open (for instance behind a PROXY header).
    pub fn handshake(mut tcp: TcpStream, tls: &Tls) -> io::Result<Self> {
        let name = ServerName::try_from(tls.name.clone()).map_err(io::Error::other)?;
        let mut session =
            ClientConnection::new(Arc::clone(&tls.config), name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut tcp)?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(session, tcp))))
    }

    /// The socket below.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => &tls.sock,
        }
    }

    /// The TLS session, if it is one.
    pub fn session(&self) -> Option<&ClientConnection> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => Some(&tls.conn),
        }
    }

    /// Ends our direction: close_notify where there is TLS, then FIN.
    pub fn finish(&mut self) -> io::Result<()> {
        if let Self::Tls(tls) = self {
            tls.conn.send_close_notify();
            tls.flush()?;
        }
        self.tcp().shutdown(Shutdown::Write)
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(into),
            Self::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
