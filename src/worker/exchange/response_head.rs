//! The response's head as the client gets it.

use super::Scratch;
use super::reply::encode_connection;
use super::request_head::may_add;
use crate::wire::h1::encode;
use crate::wire::h1::framing::{ResponseLength, declared_length};
use crate::wire::head::{FieldName, FieldSet, Method, ResponseHead, Version};
use crate::worker::clock;
use crate::worker::context::Context;
use crate::worker::h1::Outbound;

/// How the response goes out.
pub struct Framed {
    pub outbound: Outbound,
    /// The connection stays.
    pub persist: bool,
}

/// Writes the head of the final response in `scratch`, with the filters' edits.
pub fn encode_response(
    ctx: &Context,
    scratch: &Scratch,
    bytes: &[u8],
    length: ResponseLength,
    mut persist: bool,
    out: &mut Vec<u8>,
) -> Framed {
    let (request, head, edits) = (&scratch.head, &scratch.response, &scratch.response_edits);
    encode::status_line(out, head.status);
    encode_kept(head, edits.removed(), bytes, out);
    for (name, value) in edits.added() {
        if may_add(name) {
            encode::field(out, name, value);
        }
    }
    if !head.has(FieldName::Date) && !edits.overrides(b"date") {
        ctx.date.with(clock::recent_us(), |date| {
            encode::field(out, b"Date", date.as_bytes())
        });
    }
    if let Some(via) = &ctx.settings.forwarding.via {
        encode::field(out, b"Via", format!("1.1 {via}").as_bytes());
    }
    let outbound = match length {
        ResponseLength::Fixed(n) => {
            encode::content_length(out, n);
            Outbound::Identity
        }
        ResponseLength::Empty | ResponseLength::Interim | ResponseLength::Upgrade => {
            encode_empty(scratch, bytes, out);
            Outbound::Identity
        }
        ResponseLength::Chunked | ResponseLength::UntilClose => match request.version {
            Version::Http11 => {
                encode::transfer_encoding_chunked(out);
                Outbound::Chunked
            }
            // A client of 1.0 knows no chunks: the close ends the body.
            Version::Http10 => {
                persist = false;
                Outbound::Identity
            }
        },
    };
    encode_connection(out, request.version, persist);
    encode::end_head(out);
    Framed { outbound, persist }
}

/// Writes the fields that are forwarded: neither hop-by-hop, as those of framing are too, nor removed
/// by a filter.
fn encode_kept(head: &ResponseHead, removed: &FieldSet, bytes: &[u8], out: &mut Vec<u8>) {
    let mut left_out = head.hop_by_hop;
    left_out.extend(removed);
    let kept = head.fields.iter().enumerate();
    let kept = kept.filter(|(index, _)| !left_out.contains(*index));
    encode::fields(out, bytes, kept.map(|(_, field)| field));
}

/// A response without a body: what its length would be is repeated where that is allowed.
fn encode_empty(scratch: &Scratch, bytes: &[u8], out: &mut Vec<u8>) {
    let status = scratch.response.status;
    let declared = declared_length(&scratch.response, bytes);
    match status {
        204 => {}
        304 => {
            if let Some(n) = declared {
                encode::content_length(out, n);
            }
        }
        _ if scratch.head.method == Method::Head => {
            if let Some(n) = declared {
                encode::content_length(out, n);
            }
        }
        _ => encode::content_length(out, 0),
    }
}

/// Writes an interim response (1xx) to pass on.
pub fn encode_interim(scratch: &Scratch, bytes: &[u8], out: &mut Vec<u8>) {
    let head = &scratch.response;
    encode::status_line(out, head.status);
    encode_kept(head, &FieldSet::default(), bytes, out);
    encode::end_head(out);
}

/// Writes the 101 that opens a tunnel for `protocol`.
pub fn encode_switch(scratch: &Scratch, bytes: &[u8], protocol: &[u8], out: &mut Vec<u8>) {
    let (head, edits) = (&scratch.response, &scratch.response_edits);
    encode::status_line(out, 101);
    encode_kept(head, edits.removed(), bytes, out);
    for (name, value) in edits.added() {
        if may_add(name) {
            encode::field(out, name, value);
        }
    }
    encode::field(out, b"Connection", b"Upgrade");
    encode::field(out, b"Upgrade", protocol);
    encode::end_head(out);
}
