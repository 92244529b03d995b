//! A request as the origin received it, read strictly.

use std::io::Read;

use crate::support::message::{Fault, Framing, Headers, Reader, framing, token};

/// How much of a body is kept; its length and checksum cover all of it.
const KEPT: usize = 64 * 1024;

/// A request line and its field lines.
#[derive(Clone, Debug)]
pub struct Head {
    /// The method.
    pub method: String,
    /// The target as on the wire.
    pub target: String,
    /// `HTTP/1.1`, or `HTTP/1.0`.
    pub version: String,
    /// The field lines, in order.
    pub headers: Headers,
    /// How the body ends.
    pub framing: Framing,
}

/// A whole request.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which connection of this origin, from 1.
    pub connection: u64,
    /// Which request on that connection, from 1.
    pub index: u64,
    /// Its head.
    pub head: Head,
    /// The body's length, bytes.
    pub length: usize,
    /// The body's checksum.
    pub checksum: String,
    /// The body's beginning, at most 64 KiB.
    pub body: Vec<u8>,
    /// Field lines after a chunked body.
    pub trailers: Headers,
}

/// Field names that end at each hop: a proxy that lets one through is at fault. `Connection`,
/// `Upgrade`, `TE` and `Transfer-Encoding` are judged by their values.
const HOP_BY_HOP: [&str; 3] = ["keep-alive", "proxy-connection", "proxy-authorization"];

impl Head {
    /// Reads the next one; [`Fault::Malformed`] is a breach of the protocol by the gateway.
    pub fn read<S: Read>(reader: &mut Reader<S>) -> Result<Self, Fault> {
        if reader.ahead().is_empty() && !reader.fill()? {
            return Err(Fault::Closed);
        }
        let line = reader.line("a request line")?;
        let headers = reader.headers("a request head")?;
        let parts: Vec<&str> = line.split(' ').collect();
        let &[method, target, version] = parts.as_slice() else {
            return Err(Fault::Malformed(format!("request line {line:?}")));
        };
        let framing = framing(&headers)?.unwrap_or(Framing::Empty);
        let head = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: version.to_owned(),
            headers,
            framing,
        };
        match head.breach() {
            None => Ok(head),
            Some(breach) => Err(Fault::Malformed(breach)),
        }
    }

    /// What a strict server refuses.
    fn breach(&self) -> Option<String> {
        if self.method.is_empty() || !self.method.bytes().all(token) {
            return Some(format!("method {:?}", self.method));
        }
        if self.target.is_empty() || !self.target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(format!("target {:?}", self.target));
        }
        if self.version != "HTTP/1.1" {
            return Some(format!("version {:?}", self.version));
        }
        if self.headers.all("host").count() != 1 {
            return Some(format!("Host lines: {}", self.headers.all("host").count()));
        }
        for option in self
            .headers
            .all("connection")
            .flat_map(|value| value.split(','))
        {
            let option = option.trim().to_ascii_lowercase();
            if !matches!(option.as_str(), "close" | "keep-alive" | "upgrade" | "te") {
                return Some(format!("Connection option {option:?} passed on"));
            }
        }
        if self.headers.get("upgrade").is_some() && !self.headers.lists("connection", "upgrade") {
            return Some("Upgrade without Connection: upgrade".to_owned());
        }
        if self
            .headers
            .all("te")
            .any(|value| !value.eq_ignore_ascii_case("trailers"))
        {
            return Some("TE other than trailers passed on".to_owned());
        }
        let leaked = HOP_BY_HOP
            .iter()
            .find(|&&name| self.headers.get(name).is_some());
        leaked.map(|name| format!("hop-by-hop {name} passed on"))
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl Received {
    /// Reads the body that belongs to `head`.
    pub fn read<S: Read>(
        head: Head,
        reader: &mut Reader<S>,
        connection: u64,
        index: u64,
    ) -> Result<Self, Fault> {
        let (mut body, trailers) = reader.body(head.framing)?;
        let (length, checksum) = (body.len(), crate::support::body::checksum(&body));
        body.truncate(KEPT);
        Ok(Self {
            connection,
            index,
            head,
            length,
            checksum,
            body,
            trailers,
        })
    }

    /// The echo.
    pub fn json(&self, origin: &str) -> serde_json::Value {
        serde_json::json!({
            "origin": origin,
            "connection": self.connection,
            "request": self.index,
            "method": self.head.method,
            "target": self.head.target,
            "version": self.head.version,
            "headers": self.head.headers.0,
            "body": {"length": self.length, "checksum": self.checksum},
            "chunked": self.head.framing == Framing::Chunked,
            "trailers": self.trailers.0,
        })
    }
}
