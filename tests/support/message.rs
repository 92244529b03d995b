//! HTTP/1.1 messages as a strict peer reads them (RFC 9112), for the client and the origin alike.
//!
//! Independent of `ringress::wire` on purpose: a fault there must not be judged by itself.

use std::fmt;
use std::io::{self, Read};

/// Longest line accepted, bytes.
const LINE_MAX: usize = 256 * 1024;

/// Why a message could not be read.
#[derive(Debug)]
pub enum Fault {
    /// The peer ended cleanly before the first byte of a message.
    Closed,
    /// The peer ended within a message; names the part.
    Truncated(&'static str),
    /// Nothing came within the socket's timeout.
    Timeout,
    /// The peer reset the connection.
    Reset,
    /// Any other failure of the socket.
    Io(io::Error),
    /// The bytes break the grammar; says how.
    Malformed(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => write!(to, "closed before a message"),
            Self::Truncated(part) => write!(to, "closed within {part}"),
            Self::Timeout => write!(to, "timed out"),
            Self::Reset => write!(to, "reset by peer"),
            Self::Io(error) => write!(to, "{error}"),
            Self::Malformed(what) => write!(to, "malformed: {what}"),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            // rustls: TCP ended without close_notify.
            io::ErrorKind::UnexpectedEof => Self::Truncated("the TLS stream"),
            _ => Self::Io(error),
        }
    }
}

fn malformed<T>(what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Malformed(what.into()))
}

/// Field lines in the order received, names as received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The first value under `name`, any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Every value under `name`, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Whether a comma-separated list under `name` holds `token`, any case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    Empty,
    /// `Content-Length` of that many bytes.
    Length(usize),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The end of the connection (responses only).
    Close,
}

/// Reads messages off a stream, keeping what was read ahead.
pub struct Reader<S> {
    /// The stream below; write to it directly.
    pub stream: S,
    ahead: Vec<u8>,
    taken: usize,
}

impl<S: Read> Reader<S> {
    /// Nothing read yet.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            taken: 0,
        }
    }

    /// Bytes received and not consumed.
    pub fn ahead(&self) -> &[u8] {
        &self.ahead[self.taken..]
    }

    /// Reads once; false at the end of the stream.
    pub fn fill(&mut self) -> Result<bool, Fault> {
        if self.taken > 0 {
            self.ahead.drain(..self.taken);
            self.taken = 0;
        }
        let mut piece = [0; 16 * 1024];
        let count = loop {
            match self.stream.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.ahead.extend_from_slice(&piece[..count]);
        Ok(count > 0)
    }

    /// The next line without its CRLF; a bare CR or LF is malformed.
    pub fn line(&mut self, part: &'static str) -> Result<String, Fault> {
        let mut seen = 0;
        loop {
            let ahead = self.ahead();
            if let Some(at) = memchr::memchr(b'\n', &ahead[seen..]).map(|at| at + seen) {
                let Some(line) = ahead[..at].strip_suffix(b"\r") else {
                    return malformed(format!("bare LF in {part}"));
                };
                if line.iter().any(|byte| matches!(byte, b'\r' | 0)) {
                    return malformed(format!("bare CR or NUL in {part}"));
                }
                // Latin-1, so that every byte stays visible.
                let line = line.iter().map(|&byte| char::from(byte)).collect();
                self.taken += at + 1;
                return Ok(line);
            }
            seen = ahead.len();
            if seen > LINE_MAX {
                return malformed(format!("endless {part}"));
            }
            if !self.fill()? {
                return Err(Fault::Truncated(part));
            }
        }
    }

    /// The next `count` bytes.
    pub fn exact(&mut self, count: usize, part: &'static str) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::with_capacity(count);
        loop {
            let ahead = self.ahead();
            let piece = ahead.len().min(count - bytes.len());
            bytes.extend_from_slice(&ahead[..piece]);
            self.taken += piece;
            if bytes.len() == count {
                return Ok(bytes);
            }
            if !self.fill()? {
                return Err(Fault::Truncated(part));
            }
        }
    }

    /// Everything up to the end of the stream.
    pub fn rest(&mut self) -> Result<Vec<u8>, Fault> {
        while self.fill()? {}
        let bytes = self.ahead().to_vec();
        self.taken = self.ahead.len();
        Ok(bytes)
    }

    /// Field lines up to and with the empty line.
    pub fn headers(&mut self, part: &'static str) -> Result<Headers, Fault> {
        let mut headers = Headers::default();
        loop {
            let line = self.line(part)?;
            if line.is_empty() {
                return Ok(headers);
            }
            let Some((name, value)) = line.split_once(':') else {
                return malformed(format!("field line without colon: {line:?}"));
            };
            if name.is_empty() || !name.bytes().all(token) {
                return malformed(format!("field name {name:?}"));
            }
            let value = value.trim_matches([' ', '\t']);
            if let Some(odd) = value
                .bytes()
                .find(|&b| (b < 0x20 && b != b'\t') || b == 0x7f)
            {
                return malformed(format!("control byte {odd:#04x} in the value of {name}"));
            }
            headers.0.push((name.to_owned(), value.to_owned()));
        }
    }

    /// A body, and its trailers where it was chunked.
    pub fn body(&mut self, framing: Framing) -> Result<(Vec<u8>, Headers), Fault> {
        match framing {
            Framing::Empty => Ok((Vec::new(), Headers::default())),
            Framing::Length(length) => Ok((self.exact(length, "a body")?, Headers::default())),
            Framing::Close => Ok((self.rest()?, Headers::default())),
            Framing::Chunked => self.chunks(),
        }
    }

    fn chunks(&mut self) -> Result<(Vec<u8>, Headers), Fault> {
        let mut body = Vec::new();
        loop {
            let line = self.line("a chunk size")?;
            let digits = line.split(';').next().unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return malformed(format!("chunk size {line:?}"));
            }
            let Ok(size) = usize::from_str_radix(digits, 16) else {
                return malformed(format!("chunk size {line:?}"));
            };
            if size == 0 {
                return Ok((body, self.headers("trailers")?));
            }
            body.extend_from_slice(&self.exact(size, "a chunk")?);
            if self.exact(2, "a chunk's end")? != b"\r\n" {
                return malformed("chunk not ended by CRLF");
            }
        }
    }
}

/// How a message's body ends by its field lines alone; doubt is malformed (RFC 9112 section 6.3).
pub fn framing(headers: &Headers) -> Result<Option<Framing>, Fault> {
    let lengths: Vec<&str> = headers.all("content-length").collect();
    let codings: Vec<&str> = headers.all("transfer-encoding").collect();
    match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => Ok(None),
        ([length], []) => match length.parse() {
            Ok(count) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Some(Framing::Length(count)))
            }
            _ => malformed(format!("Content-Length {length:?}")),
        },
        ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => Ok(Some(Framing::Chunked)),
        _ => malformed(format!(
            "Content-Length {lengths:?} with Transfer-Encoding {codings:?}"
        )),
    }
}

/// Whether a byte may stand in a token (RFC 9110 section 5.6.2).
pub fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
