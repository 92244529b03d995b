//! WebSocket clients by a real implementation of RFC 6455, one or many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tungstenite::client::{ClientRequestBuilder, client};
use tungstenite::handshake::HandshakeError;
use tungstenite::{Message, WebSocket};

use super::body::pattern;
use super::stream::{Stream, Tls};

/// An open WebSocket.
pub struct Socket {
    inner: WebSocket<Stream>,
    origin: String,
}

impl Socket {
    /// Opens one; panics when the handshake is refused.
    pub fn open(address: SocketAddr, tls: Option<&Tls>, host: &str, path: &str) -> Self {
        Self::try_open(address, tls, host, path)
            .unwrap_or_else(|what| panic!("no WebSocket on {host}{path}: {what}"))
    }

    /// Opens one, and says why not.
    pub fn try_open(
        address: SocketAddr,
        tls: Option<&Tls>,
        host: &str,
        path: &str,
    ) -> Result<Self, String> {
        let stream =
            Stream::connect(address, tls, super::PATIENCE).map_err(|error| error.to_string())?;
        let uri = format!("ws://{host}{path}")
            .parse()
            .map_err(|error| format!("{error}"))?;
        let (inner, response) =
            client(ClientRequestBuilder::new(uri), stream).map_err(|error| match error {
                HandshakeError::Failure(error) => error.to_string(),
                HandshakeError::Interrupted(_) => "timed out".to_owned(),
            })?;
        let origin = response
            .headers()
            .get("x-origin")
            .and_then(|name| name.to_str().ok());
        Ok(Self {
            inner,
            origin: origin.unwrap_or_default().to_owned(),
        })
    }

    /// The name of the origin that accepted it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The stream below.
    pub fn stream(&mut self) -> &mut Stream {
        self.inner.get_mut()
    }

    /// Sends a binary message and wants it back unchanged.
    pub fn echo(&mut self, bytes: &[u8]) -> Result<(), String> {
        let message = Message::binary(bytes.to_vec());
        self.inner
            .send(message.clone())
            .map_err(|error| error.to_string())?;
        loop {
            match self.inner.read().map_err(|error| error.to_string())? {
                Message::Ping(_) | Message::Pong(_) => {}
                back if back == message => return Ok(()),
                back => return Err(format!("{} bytes came back as another message", back.len())),
            }
        }
    }

    /// Closes in order: both close frames pass.
    pub fn close(mut self) -> Result<(), String> {
        self.inner.close(None).map_err(|error| error.to_string())?;
        loop {
            match self.inner.read() {
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

/// Many sockets that echo until stopped.
pub struct Chatter {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<u64, String>>>,
}

impl Chatter {
    /// Opens `count` sockets, each of which sends messages of 1 to `largest` bytes in turn.
    pub fn start(
        address: SocketAddr,
        tls: Option<&Tls>,
        host: &str,
        path: &str,
        count: usize,
        largest: usize,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..count)
            .map(|index| {
                let mut socket = Socket::open(address, tls, host, path);
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || {
                    let bytes = pattern(largest);
                    let mut rounds = 0_u64;
                    let mut size = index;
                    while !stop.load(Ordering::Relaxed) {
                        size = (size * 7 + 13) % largest.max(1);
                        socket
                            .echo(&bytes[..=size])
                            .map_err(|what| format!("{rounds}: {what}"))?;
                        rounds += 1;
                    }
                    socket.close()?;
                    Ok(rounds)
                })
            })
            .collect();
        Self { stop, threads }
    }

    /// Ends them in order: the number of echoes, or the first fault.
    pub fn stop(mut self) -> Result<u64, String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut echoes = 0;
        for thread in self.threads.drain(..) {
            echoes += thread.join().expect("a chatter thread")?;
        }
        Ok(echoes)
    }
}

impl Drop for Chatter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
