//! A client that sends exactly the bytes it is given and reads exactly one answer.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::message::{Fault, Framing, Headers, Reader, framing};
use super::stream::{Stream, Tls};

/// A request to be written out plainly; for anything odd, send raw bytes.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunk: Option<usize>,
}

impl Request {
    /// Any method.
    pub fn new(method: &str, target: &str, host: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![("Host".to_owned(), host.to_owned())],
            body: Vec::new(),
            chunk: None,
        }
    }

    /// `GET target` of `host`.
    pub fn get(target: &str, host: &str) -> Self {
        Self::new("GET", target, host)
    }

    /// `POST target` of `host` with a body of known length.
    pub fn post(target: &str, host: &str, body: Vec<u8>) -> Self {
        Self::new("POST", target, host).body(body)
    }

    /// One more field line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the origin shall do; see [`super::origin::Behaviour`].
    pub fn ask(self, directives: &str) -> Self {
        self.header(super::origin::ASK, directives)
    }

    /// A body with its `Content-Length`.
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// Sends the body in chunks of `size` bytes instead.
    pub fn chunked(mut self, size: usize) -> Self {
        self.chunk = Some(size.max(1));
        self
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The body, if there is one.
    pub fn content(&self) -> Option<&[u8]> {
        Some(self.body.as_slice()).filter(|body| !body.is_empty())
    }

    /// The bytes on the wire.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        match self.chunk {
            Some(size) => {
                bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                for piece in self.body.chunks(size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                    bytes.extend_from_slice(piece);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
            None => {
                if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT") {
                    let length = self.body.len();
                    bytes.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
                }
                bytes.extend_from_slice(b"\r\n");
                bytes.extend_from_slice(&self.body);
            }
        }
        bytes
    }
}

/// One whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub version: String,
    /// The status code.
    pub status: u16,
    /// The reason phrase, as sent.
    pub reason: String,
    /// Its field lines.
    pub headers: Headers,
    /// Its content, chunks joined.
    pub body: Vec<u8>,
    /// Field lines after the last chunk.
    pub trailers: Headers,
    /// How the body ended.
    pub framing: Framing,
    /// The 1xx answers before it.
    pub interim: Vec<(u16, Headers)>,
}

impl Response {
    /// The first value under `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    /// What the origin says that it received: the JSON of its echo.
    pub fn echo(&self) -> Echo {
        assert_eq!(self.status, 200, "no echo but: {}", self.text());
        Echo(self.json())
    }

    /// Whether the connection may carry another request after this answer.
    pub fn keeps(&self) -> bool {
        self.framing != Framing::Close
            && !self.headers.lists("connection", "close")
            && (self.version == "HTTP/1.1" || self.headers.lists("connection", "keep-alive"))
    }
}

/// What an origin says that it received.
#[derive(Clone, Debug)]
pub struct Echo(pub serde_json::Value);

impl Echo {
    /// A text field: `origin`, `method`, `target`, `version`.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// Every value received under a header's name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.0["headers"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        lines
            .iter()
            .filter(|line| {
                line[0]
                    .as_str()
                    .is_some_and(|n| n.eq_ignore_ascii_case(name))
            })
            .filter_map(|line| line[1].as_str())
            .collect()
    }

    /// The one value under a header's name; `None` when absent, a panic when there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(
            all.len() <= 1,
            "{name} received {} times: {all:?}",
            all.len()
        );
        all.first().copied()
    }

    /// Which of the origin's connections carried it.
    pub fn connection(&self) -> u64 {
        self.0["connection"].as_u64().unwrap_or_default()
    }
}

/// A connection to the gateway.
pub struct Connection {
    reader: Reader<Stream>,
}

impl Connection {
    /// Connects over plain TCP; panics when refused.
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address, None)
            .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"))
    }

    /// Connects over TLS; panics when refused or when the handshake fails.
    pub fn open_tls(address: SocketAddr, tls: &Tls) -> Self {
        Self::try_open(address, Some(tls))
            .unwrap_or_else(|error| panic!("no TLS for {} with {address}: {error}", tls.name))
    }

    /// Connects, and says why not.
    pub fn try_open(address: SocketAddr, tls: Option<&Tls>) -> io::Result<Self> {
        Ok(Self::over(Stream::connect(address, tls, super::PATIENCE)?))
    }

    /// Speaks over a stream that is already open.
    pub fn over(stream: Stream) -> Self {
        Self {
            reader: Reader::new(stream),
        }
    }

    /// The stream below.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.reader.stream
    }

    /// Gives the stream up, with the bytes that were read ahead.
    pub fn into_stream(self) -> (Stream, Vec<u8>) {
        let ahead = self.reader.ahead().to_vec();
        (self.reader.stream, ahead)
    }

    /// How long a read may wait from now on.
    pub fn patience(&mut self, limit: Duration) {
        self.stream()
            .tcp()
            .set_read_timeout(Some(limit))
            .expect("a timeout above zero");
    }

    /// Sends bytes as they are. An error is not reported here but by the read that follows: an
    /// early answer with a close is a legal reply to half a request.
    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).ok();
    }

    /// Sends bytes as they are.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream().write_all(bytes)?;
        self.stream().flush()
    }

    /// Ends our direction.
    pub fn finish(&mut self) {
        self.stream().finish().ok();
    }

    /// The next answer, whole. `method` is the request's: a HEAD's answer has no body.
    pub fn response(&mut self, method: &str) -> Result<Response, Fault> {
        let mut response = self.head(method)?;
        let (body, trailers) = self.reader.body(response.framing)?;
        response.body = body;
        response.trailers = trailers;
        Ok(response)
    }

    /// The next answer up to its body; read that by [`Self::piece`] and [`Self::rest`].
    pub fn head(&mut self, method: &str) -> Result<Response, Fault> {
        let mut interim = Vec::new();
        loop {
            if self.reader.ahead().is_empty() && !self.reader.fill()? {
                return Err(Fault::Closed);
            }
            let (version, status, reason) = status_line(&self.reader.line("a status line")?)?;
            let headers = self.reader.headers("a response head")?;
            if (100..200).contains(&status) && status != 101 {
                interim.push((status, headers));
                continue;
            }
            let empty = method == "HEAD" || matches!(status, 101 | 204 | 304);
            let framing = match framing(&headers)? {
                _ if empty => Framing::Empty,
                _ if method == "CONNECT" && status / 100 == 2 => Framing::Empty,
                Some(framing) => framing,
                None => Framing::Close,
            };
            let (body, trailers) = (Vec::new(), Headers::default());
            return Ok(Response {
                version,
                status,
                reason,
                headers,
                body,
                trailers,
                framing,
                interim,
            });
        }
    }

    /// Exactly `count` further bytes, raw.
    pub fn piece(&mut self, count: usize) -> Result<Vec<u8>, Fault> {
        self.reader.exact(count, "bytes waited for")
    }

    /// Everything up to the end of the connection, raw.
    pub fn rest(&mut self) -> Result<Vec<u8>, Fault> {
        self.reader.rest()
    }

    /// Sends a request and reads its answer.
    pub fn ask(&mut self, request: &Request) -> Result<Response, Fault> {
        self.send(&request.encode());
        self.response(request.method())
    }

    /// As [`Self::ask`]; panics on a fault.
    pub fn fetch(&mut self, request: &Request) -> Response {
        self.ask(request)
            .unwrap_or_else(|fault| panic!("{} {}: {fault}", request.method, request.target))
    }

    /// Bytes received and not read; after a whole answer there should be none.
    pub fn ahead(&self) -> &[u8] {
        self.reader.ahead()
    }

    /// Waits for the gateway to close; panics when it sends anything or keeps the connection.
    pub fn expect_closed(&mut self) {
        match self.reader.rest() {
            Ok(bytes) if bytes.is_empty() => {}
            Err(Fault::Reset) => {}
            Ok(bytes) => panic!(
                "bytes before the end: {:?}",
                String::from_utf8_lossy(&bytes)
            ),
            Err(fault) => panic!("not closed: {fault}"),
        }
    }
}

fn status_line(line: &str) -> Result<(String, u16, String), Fault> {
    let bad = || Fault::Malformed(format!("status line {line:?}"));
    let (version, rest) = line.split_once(' ').ok_or_else(bad)?;
    let (code, reason) = rest.split_once(' ').ok_or_else(bad)?;
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") || code.len() != 3 {
        return Err(bad());
    }
    let status = code.parse().map_err(|_| bad())?;
    Ok((version.to_owned(), status, reason.to_owned()))
}

/// One request on a connection of its own; panics on a fault.
pub fn fetch(address: SocketAddr, request: &Request) -> Response {
    Connection::open(address).fetch(request)
}
