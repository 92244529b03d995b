//! One connection of the origin: request, behaviour, answer, and again.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use socket2::SockRef;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocket};

use super::behaviour::{Behaviour, Break, Framing};
use super::request::{Head, Received};
use super::{ASK, REQUESTS_KEPT, Shared};
use crate::support::body;
use crate::support::message::{Fault, Reader};

/// A socket that keeps what it reads.
struct Tee {
    socket: TcpStream,
    shared: Arc<Shared>,
    connection: u64,
}

impl Read for Tee {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.read(into)?;
        self.shared.record(self.connection, &into[..count]);
        Ok(count)
    }
}

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// Whether the connection lives on after an answer.
#[derive(PartialEq, Eq)]
enum Next {
    Keep,
    Close,
}

/// Serves a connection to its end.
pub fn serve(shared: &Arc<Shared>, socket: TcpStream, connection: u64) {
    socket.set_nodelay(true).ok();
    // A peer that never ends its connection must not hold a thread for ever.
    socket
        .set_write_timeout(Some(Duration::from_secs(120)))
        .ok();
    let mut reader = Reader::new(Tee {
        socket,
        shared: Arc::clone(shared),
        connection,
    });
    let mut index = 0;
    loop {
        let head = match Head::read(&mut reader) {
            Ok(head) => head,
            Err(Fault::Malformed(what)) => {
                shared.breach(what);
                let refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
                reader.stream.write_all(refusal).ok();
                return;
            }
            Err(_) => return,
        };
        shared.busy(connection, true);
        index += 1;
        match exchange(shared, &mut reader, head, connection, index) {
            Ok(Next::Keep) => shared.busy(connection, false),
            Ok(Next::Close) => break,
            Err(Fault::Malformed(what)) => return shared.breach(what),
            Err(_) => return,
        }
        if shared.draining.load(Ordering::Acquire) {
            break;
        }
    }
    // An orderly end: FIN, then read to the peer's so that nothing unread turns it into a RST.
    reader.stream.socket.shutdown(Shutdown::Write).ok();
    reader
        .stream
        .socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .ok();
    reader.rest().ok();
}

fn exchange(
    shared: &Arc<Shared>,
    reader: &mut Reader<Tee>,
    head: Head,
    connection: u64,
    index: u64,
) -> Result<Next, Fault> {
    let set = shared.state().paths.get(head.path()).cloned();
    let mut behaviour = match set {
        Some(behaviour) => behaviour,
        None => match Behaviour::parse(head.headers.get(ASK).unwrap_or_default()) {
            Ok(behaviour) => behaviour,
            Err(what) => panic!("a test asked {} for: {what}", shared.name),
        },
    };
    if let Some(count) = head
        .path()
        .strip_prefix("/bytes/")
        .and_then(|n| n.parse().ok())
    {
        behaviour.bytes = Some(count);
    }
    let plain = behaviour.raw.is_none() && behaviour.status.is_none();
    if plain && head.headers.lists("upgrade", "websocket") {
        return upgrade(shared, reader, &head);
    }
    if head.headers.lists("expect", "100-continue") && !behaviour.no_continue && !early(&behaviour)
    {
        reader.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    if early(&behaviour) {
        let unread = Received {
            connection,
            index,
            head,
            length: 0,
            checksum: body::checksum(b""),
            body: Vec::new(),
            trailers: Default::default(),
        };
        let next = answer(shared, reader, &behaviour, &unread)?;
        if behaviour.early_close {
            return Ok(Next::Close);
        }
        let received = Received::read(unread.head, reader, connection, index)?;
        keep(shared, received);
        return Ok(next);
    }
    let received = Received::read(head, reader, connection, index)?;
    keep(shared, received.clone());
    answer(shared, reader, &behaviour, &received)
}

fn early(behaviour: &Behaviour) -> bool {
    behaviour.early || behaviour.early_close
}

fn keep(shared: &Shared, received: Received) {
    let mut state = shared.state();
    if state.requests.len() < REQUESTS_KEPT {
        state.requests.push(received);
    }
}

fn answer(
    shared: &Shared,
    reader: &mut Reader<Tee>,
    behaviour: &Behaviour,
    received: &Received,
) -> Result<Next, Fault> {
    let out = &mut reader.stream;
    for status in &behaviour.interim {
        write!(
            out,
            "HTTP/1.1 {status} Interim\r\nX-Interim: {status}\r\n\r\n"
        )?;
    }
    std::thread::sleep(behaviour.delay);
    shared.answered.fetch_add(1, Ordering::Relaxed);
    match behaviour.breaks {
        Some(Break::Silent) => return Ok(Next::Close),
        Some(Break::SilentReset) => return reset(&out.socket),
        _ => {}
    }
    let closing = behaviour.close
        || behaviour.framing == Framing::Close
        || shared.draining.load(Ordering::Acquire);
    if let Some(raw) = &behaviour.raw {
        out.write_all(raw)?;
    } else if let Some(next) = message(shared, out, behaviour, received, closing)? {
        return Ok(next);
    }
    if let Some((pause, bytes)) = &behaviour.extra {
        std::thread::sleep(*pause);
        out.write_all(bytes)?;
    }
    Ok(if closing || behaviour.quiet_close {
        Next::Close
    } else {
        Next::Keep
    })
}

/// Writes head and body; `Some` when it broke off on purpose.
fn message(
    shared: &Shared,
    out: &mut Tee,
    behaviour: &Behaviour,
    received: &Received,
    closing: bool,
) -> Result<Option<Next>, Fault> {
    let content = match behaviour.bytes {
        Some(count) => body::pattern(count),
        None => received.json(&shared.name).to_string().into_bytes(),
    };
    let status = behaviour.status.unwrap_or(200);
    let mut head = head(shared, behaviour, received, &content, status);
    if closing {
        head.push_str("Connection: close\r\n");
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    if received.head.method == "HEAD" || matches!(status, 204 | 304) {
        out.write_all(&bytes)?;
        return Ok(None);
    }
    let stop = match behaviour.breaks {
        Some(Break::Cut(at) | Break::Reset(at)) => Some(at),
        _ => None,
    };
    let pieces = |content: &[u8]| -> Vec<u8> {
        match behaviour.framing {
            Framing::Chunked(size) => content
                .chunks(size)
                .flat_map(|piece| {
                    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
                })
                .collect(),
            _ => content.to_vec(),
        }
    };
    let mut from = 0;
    if let Some((at, pause)) = behaviour.stall.filter(|(at, _)| *at < content.len()) {
        bytes.extend(pieces(&content[..at]));
        out.write_all(&std::mem::take(&mut bytes))?;
        std::thread::sleep(pause);
        from = at;
    }
    let until = stop.unwrap_or(content.len()).clamp(from, content.len());
    bytes.extend(pieces(&content[from..until]));
    if stop.is_none() && matches!(behaviour.framing, Framing::Chunked(_)) {
        bytes.extend_from_slice(b"0\r\n");
        if behaviour.trailers {
            let sum = body::checksum(&content);
            bytes.extend_from_slice(format!("X-Trailer: yes\r\nX-Sum: {sum}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
    }
    out.write_all(&bytes)?;
    match behaviour.breaks {
        Some(Break::Reset(_)) => reset(&out.socket).map(Some),
        Some(Break::Cut(_)) => Ok(Some(Next::Close)),
        _ => Ok(None),
    }
}

fn head(
    shared: &Shared,
    behaviour: &Behaviour,
    received: &Received,
    content: &[u8],
    status: u16,
) -> String {
    let version = if behaviour.http10 {
        "HTTP/1.0"
    } else {
        "HTTP/1.1"
    };
    let kind = if behaviour.bytes.is_some() {
        "application/octet-stream"
    } else {
        "application/json"
    };
    let mut head = format!(
        "{version} {status} Origin\r\nX-Origin: {}\r\nX-Origin-Connection: {}\r\n\
         X-Received-Length: {}\r\nX-Received-Checksum: {}\r\nX-Checksum: {}\r\n",
        shared.name,
        received.connection,
        received.length,
        received.checksum,
        body::checksum(content),
    );
    for (name, value) in &behaviour.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if matches!(status, 204 | 304) {
        return head;
    }
    head.push_str(&format!("Content-Type: {kind}\r\n"));
    match behaviour.framing {
        Framing::Length => head.push_str(&format!("Content-Length: {}\r\n", content.len())),
        Framing::Chunked(_) => {
            head.push_str("Transfer-Encoding: chunked\r\n");
            if behaviour.trailers {
                head.push_str("Trailer: X-Trailer, X-Sum\r\n");
            }
        }
        Framing::Close => {}
    }
    head
}

/// Closes with a RST: the twin's descriptor is shut too, or the socket would live on.
fn reset(socket: &TcpStream) -> Result<Next, Fault> {
    SockRef::from(socket).set_linger(Some(Duration::ZERO))?;
    Err(Fault::Reset)
}

/// A WebSocket that echoes, by a real implementation of RFC 6455.
fn upgrade(shared: &Shared, reader: &mut Reader<Tee>, head: &Head) -> Result<Next, Fault> {
    let Some(key) = head.headers.get("sec-websocket-key") else {
        return Err(Fault::Malformed(
            "a WebSocket handshake without key".to_owned(),
        ));
    };
    let accept = derive_accept_key(key.as_bytes());
    write!(
        reader.stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nX-Origin: {}\r\n\r\n",
        shared.name
    )?;
    shared.answered.fetch_add(1, Ordering::Relaxed);
    let ahead = reader.ahead().to_vec();
    let mut socket = WebSocket::from_partially_read(&mut reader.stream, ahead, Role::Server, None);
    loop {
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => {
                if socket.send(message).is_err() {
                    return Ok(Next::Close);
                }
            }
            Ok(_) => {}
            Err(_) => return Ok(Next::Close),
        }
    }
}
