//! An upstream's connection after one request, read as the data path reads it.
//!
//! `about` is the method of the request. The outcome, a line for each event:
//! - `200 [facts...]`, `forward name: value`, `body text`: as for requests.
//! - `extra text`: bytes after a finished response, for which nobody asked.
//! - `tunnel text`: what follows a 101.
//! - `refused 502 reason`, `partial head`, `partial body`, `body ends with the connection`.

use crate::case::escape;
use ringress::wire::h1::chunked::ChunkedDecoder;
use ringress::wire::h1::framing::{
    ResponseLength, declared_length, response_body, response_persistent,
};
use ringress::wire::h1::parse::{Parse, parse_response};
use ringress::wire::head::{Method, ResponseHead, Version};
use ringress::wire::limits::{ChunkLimits, HeadLimits};

/// Reads the pieces and says what happened.
pub fn run(method: &str, pieces: &[&[u8]]) -> Vec<String> {
    let method = Method::from_bytes(method.as_bytes());
    let mut events = Vec::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut head = ResponseHead::new();
    let mut decoder = ChunkedDecoder::new(ChunkLimits::DEFAULT);
    let mut body = Vec::new();
    let mut length = None;
    let mut done = false;
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while length.is_none() {
            match parse_response(&buffer, &HeadLimits::RESPONSE, &mut head) {
                Ok(Parse::Partial) => break,
                Ok(Parse::Complete { len }) => {
                    let found = match response_body(&head, &buffer, method) {
                        Ok(found) => found,
                        Err(error) => {
                            events.push(format!("refused {} {}", error.status(), error.reason()));
                            return events;
                        }
                    };
                    events.extend(describe(&head, &buffer, found));
                    buffer.drain(..len);
                    if found != ResponseLength::Interim {
                        length = Some(found);
                    }
                }
                Err(error) => {
                    events.push(format!("refused {} {}", error.status(), error.reason()));
                    return events;
                }
            }
        }
        match length {
            Some(ResponseLength::Fixed(total)) if !done => {
                let here = buffer.len().min(total as usize - body.len());
                body.extend(buffer.drain(..here));
                done = body.len() as u64 == total;
            }
            Some(ResponseLength::Chunked) if !done => match decoder.decode(&mut buffer) {
                Ok(decoded) => {
                    body.extend_from_slice(&buffer[decoded.data]);
                    buffer.drain(..decoded.consumed);
                    done = decoded.done;
                }
                Err(error) => {
                    events.push(format!("refused 502 {}", error.reason()));
                    return events;
                }
            },
            _ => {}
        }
    }
    match length {
        None if buffer.is_empty() => {}
        None => events.push("partial head".into()),
        Some(ResponseLength::Fixed(_) | ResponseLength::Chunked) if !done => {
            events.push("partial body".into());
        }
        Some(ResponseLength::Fixed(_) | ResponseLength::Chunked) => {
            events.push(format!("body {}", escape(&body)));
        }
        Some(ResponseLength::UntilClose) => {
            events.push(format!("body {}", escape(&buffer)));
            events.push("body ends with the connection".into());
            buffer.clear();
        }
        Some(ResponseLength::Upgrade) => {
            events.push(format!("tunnel {}", escape(&buffer)));
            buffer.clear();
        }
        Some(ResponseLength::Empty | ResponseLength::Interim) => {}
    }
    if length.is_some() && !buffer.is_empty() {
        events.push(format!("extra {}", escape(&buffer)));
    }
    events
}

fn describe(head: &ResponseHead, bytes: &[u8], length: ResponseLength) -> Vec<String> {
    let mut line = head.status.to_string();
    let mut fact = |holds: bool, text: String| {
        if holds {
            line += " ";
            line += &text;
        }
    };
    fact(head.version == Version::Http10, "http/1.0".into());
    let reusable = length == ResponseLength::Interim || response_persistent(head, length);
    fact(!reusable, "close".into());
    let upgrade = head.connection.upgrade.map(|span| escape(span.of(bytes)));
    fact(
        upgrade.is_some(),
        format!("upgrade={}", upgrade.unwrap_or_default()),
    );
    fact(head.is_interim(), "interim".into());
    match length {
        ResponseLength::Fixed(length) => fact(true, format!("length={length}")),
        ResponseLength::Chunked => fact(true, "chunked".into()),
        ResponseLength::Empty => {
            let declared = declared_length(head, bytes);
            fact(
                declared.is_some(),
                format!("declared={}", declared.unwrap_or_default()),
            );
        }
        _ => {}
    }
    let forwarded = head.fields.iter().enumerate();
    let forwarded = forwarded
        .filter(|(index, _)| !head.hop_by_hop.contains(*index))
        .map(|(_, field)| {
            format!(
                "forward {}: {}",
                escape(field.name.of(bytes)),
                escape(field.value.of(bytes))
            )
        });
    std::iter::once(line).chain(forwarded).collect()
}
