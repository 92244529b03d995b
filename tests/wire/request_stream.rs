//! A client's connection, read as the data path reads it: heads, bodies, one after another.
//!
//! The outcome, a line for each event:
//! - `GET /path?query host [facts...]`: a head; the facts that are not the usual ones.
//! - `forward name: value`: a field that goes on.
//! - `body text`, `trailer name: value`: a body that is not empty, once it is whole; a trailer that
//!   goes on.
//! - `refused 400 reason`: nothing after it is looked at.
//! - `partial head`, `partial body`: where the bytes ran out, if inside a message.

use crate::case::escape;
use ringress::wire::h1::chunked::{ChunkError, ChunkedDecoder, may_forward};
use ringress::wire::h1::framing::{BodyLength, request_body, request_persistent};
use ringress::wire::h1::parse::{Parse, parse_request};
use ringress::wire::head::{FieldName, HeadError, RequestHead, Version};
use ringress::wire::limits::{ChunkLimits, HeadLimits};

enum Reading {
    Head,
    Fixed(u64),
    Chunked,
    Refused,
}

struct Stream {
    buffer: Vec<u8>,
    head: RequestHead,
    /// What `Trailer` announced.
    declared: Vec<Vec<u8>>,
    decoder: ChunkedDecoder,
    reading: Reading,
    body: Vec<u8>,
    events: Vec<String>,
}

/// Reads the pieces and says what happened.
pub fn run(pieces: &[&[u8]]) -> Vec<String> {
    let mut stream = Stream {
        buffer: Vec::new(),
        head: RequestHead::new(),
        declared: Vec::new(),
        decoder: ChunkedDecoder::new(ChunkLimits::DEFAULT),
        reading: Reading::Head,
        body: Vec::new(),
        events: Vec::new(),
    };
    for piece in pieces {
        stream.buffer.extend_from_slice(piece);
        while stream.advance() {}
    }
    match stream.reading {
        Reading::Head if !stream.buffer.is_empty() => stream.events.push("partial head".into()),
        Reading::Fixed(_) | Reading::Chunked => stream.events.push("partial body".into()),
        Reading::Head | Reading::Refused => {}
    }
    stream.events
}

impl Stream {
    /// Makes one step; whether there may be another.
    fn advance(&mut self) -> bool {
        match self.reading {
            Reading::Refused => false,
            Reading::Head => match self.read_head() {
                Ok(more) => more,
                Err(error) => {
                    self.refuse(error.status(), error.reason());
                    false
                }
            },
            Reading::Fixed(left) => {
                let here = self
                    .buffer
                    .len()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                self.body.extend(self.buffer.drain(..here));
                let left = left - here as u64;
                self.reading = Reading::Fixed(left);
                left == 0 && self.end_body()
            }
            Reading::Chunked => match self.read_chunks() {
                Ok(done) => done,
                Err(error) => {
                    self.refuse(error.status(), error.reason());
                    false
                }
            },
        }
    }

    fn read_head(&mut self) -> Result<bool, HeadError> {
        let bytes = &self.buffer;
        let Parse::Complete { len } = parse_request(bytes, &HeadLimits::REQUEST, &mut self.head)?
        else {
            return Ok(false);
        };
        let length = request_body(&self.head, bytes)?;
        self.events.extend(describe(&self.head, bytes, length));
        let declared = self
            .head
            .values(bytes, FieldName::Trailer)
            .map(<[u8]>::to_vec);
        self.declared = declared.collect();
        self.buffer.drain(..len);
        self.decoder.reset();
        self.reading = match length {
            BodyLength::Empty => Reading::Head,
            BodyLength::Fixed(length) => Reading::Fixed(length),
            BodyLength::Chunked => Reading::Chunked,
        };
        Ok(true)
    }

    fn read_chunks(&mut self) -> Result<bool, ChunkError> {
        let decoded = self.decoder.decode(&mut self.buffer)?;
        self.body.extend_from_slice(&self.buffer[decoded.data]);
        self.buffer.drain(..decoded.consumed);
        if !decoded.done {
            assert!(self.buffer.is_empty(), "left bytes of an unfinished body");
            return Ok(false);
        }
        Ok(self.end_body())
    }

    fn end_body(&mut self) -> bool {
        self.events.push(format!("body {}", escape(&self.body)));
        self.body.clear();
        if let Reading::Chunked = self.reading {
            let (bytes, fields) = self.decoder.trailers();
            for field in fields {
                let name = field.name.of(bytes);
                if may_forward(name, self.declared.iter().map(Vec::as_slice)) {
                    let value = escape(field.value.of(bytes));
                    self.events
                        .push(format!("trailer {}: {value}", escape(name)));
                }
            }
        }
        self.reading = Reading::Head;
        true
    }

    fn refuse(&mut self, status: u16, reason: &str) {
        self.events.push(format!("refused {status} {reason}"));
        self.reading = Reading::Refused;
    }
}

fn describe(head: &RequestHead, bytes: &[u8], length: BodyLength) -> Vec<String> {
    let mut line = format!(
        "{} {}",
        escape(head.method_name(bytes)),
        escape(head.path(bytes))
    );
    if let Some(query) = head.query(bytes) {
        line += &format!("?{}", escape(query));
    }
    line += &format!(" {}", escape(head.host(bytes)));
    let mut fact = |holds: bool, text: String| {
        if holds {
            line += " ";
            line += &text;
        }
    };
    fact(
        head.port.is_some(),
        format!("port={}", head.port.unwrap_or_default()),
    );
    fact(head.version == Version::Http10, "http/1.0".into());
    fact(!request_persistent(head), "close".into());
    fact(head.connection.te_trailers, "te-trailers".into());
    fact(head.connection.expect_continue, "expect".into());
    let upgrade = head.connection.upgrade.map(|span| escape(span.of(bytes)));
    fact(
        upgrade.is_some(),
        format!("upgrade={}", upgrade.unwrap_or_default()),
    );
    fact(
        head.names_dropped > 0,
        format!("dropped={}", head.names_dropped),
    );
    match length {
        BodyLength::Empty => {}
        BodyLength::Fixed(length) => fact(true, format!("length={length}")),
        BodyLength::Chunked => fact(true, "chunked".into()),
    }
    let forwarded =
        head.fields.iter().enumerate().filter(|(index, field)| {
            !head.hop_by_hop.contains(*index) && field.id != FieldName::Host
        });
    let forwarded = forwarded.map(|(_, field)| {
        format!(
            "forward {}: {}",
            escape(field.name.of(bytes)),
            escape(field.value.of(bytes))
        )
    });
    std::iter::once(line).chain(forwarded).collect()
}
