//! An origin that does what the test does, step by step.
#![allow(dead_code, reason = "each suite uses its own part")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use crate::support::message::{Fault, Reader};
use crate::support::origin::Head;
use crate::support::{PATIENCE, eventually, ports};

/// A listener whose connections the test takes by hand.
pub struct Puppet {
    listener: TcpListener,
}

impl Puppet {
    /// Listens on a free port of 127.0.0.1.
    pub fn start() -> Self {
        let listener = ports::listen(ports::local());
        listener.set_nonblocking(true).expect("a socket of our own");
        Self { listener }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("it listens")
    }

    /// The next connection of the gateway.
    pub fn accept(&self) -> Line {
        let socket = eventually("a connection of the gateway", || {
            self.listener.accept().ok()
        });
        let (socket, _) = socket;
        socket.set_nonblocking(false).expect("a socket of our own");
        socket.set_read_timeout(Some(PATIENCE)).expect("above zero");
        socket.set_nodelay(true).expect("a socket of our own");
        Line {
            reader: Reader::new(socket),
        }
    }
}

/// A connection of the gateway.
pub struct Line {
    reader: Reader<TcpStream>,
}

impl Line {
    /// The head of the next request.
    pub fn head(&mut self) -> Head {
        Head::read(&mut self.reader).unwrap_or_else(|fault| panic!("no request: {fault}"))
    }

    /// Exactly so many bytes.
    pub fn piece(&mut self, count: usize) -> Vec<u8> {
        self.reader
            .exact(count, "bytes waited for")
            .unwrap_or_else(|fault| panic!("{count} bytes: {fault}"))
    }

    /// Everything to the gateway's end.
    pub fn rest(&mut self) -> Vec<u8> {
        self.reader
            .rest()
            .unwrap_or_else(|fault| panic!("no end: {fault}"))
    }

    /// Waits for the gateway to end; a panic when it says anything before.
    pub fn expect_end(&mut self) {
        match self.reader.rest() {
            Ok(bytes) if bytes.is_empty() => {}
            // Reset, since it did not read everything that was said.
            Err(Fault::Reset) => {}
            other => panic!("no end: {other:?}"),
        }
    }

    /// Whether nothing comes for a moment. A pause proves an absence only ever for its length.
    pub fn is_silent(&mut self, time: Duration) -> bool {
        if !self.reader.ahead().is_empty() {
            return false;
        }
        let socket = &mut self.reader.stream;
        socket.set_read_timeout(Some(time)).expect("above zero");
        let result = socket.read(&mut [0; 1]);
        socket.set_read_timeout(Some(PATIENCE)).expect("above zero");
        result.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Says exactly this.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.reader
            .stream
            .write_all(bytes.as_ref())
            .expect("the gateway reads");
    }

    /// Says it as far as the gateway takes it within the time; how much that was.
    pub fn say_while_taken(&mut self, bytes: &[u8], time: Duration) -> usize {
        push(&mut self.reader.stream, bytes, time)
    }

    /// Ends our direction.
    pub fn finish(&self) {
        self.reader.stream.shutdown(std::net::Shutdown::Write).ok();
    }

    /// Ends with a reset.
    pub fn reset(self) {
        SockRef::from(&self.reader.stream)
            .set_linger(Some(Duration::ZERO))
            .ok();
    }
}

/// Writes until a write does not go on for `time`; how many bytes were taken.
pub fn push(socket: &mut TcpStream, bytes: &[u8], time: Duration) -> usize {
    socket.set_write_timeout(Some(time)).expect("above zero");
    let mut taken = 0;
    while taken < bytes.len() {
        match socket.write(&bytes[taken..]) {
            Ok(count @ 1..) => taken += count,
            _ => break,
        }
    }
    socket
        .set_write_timeout(Some(PATIENCE))
        .expect("above zero");
    taken
}
