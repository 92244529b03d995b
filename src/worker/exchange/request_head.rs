//! The request's head as the upstream gets it: written anew from parsed parts, never copied raw.

use super::Scratch;
use crate::wire::h1::encode;
use crate::wire::head::FieldName;
use crate::worker::h1::Framing;

/// Writes the head of the request in `scratch`, with the filters' edits.
pub fn encode_request(scratch: &Scratch, body: &Framing, out: &mut Vec<u8>) {
    let (head, bytes, edits) = (&scratch.head, &scratch.bytes[..], &scratch.edits);
    let path = edits.path().unwrap_or_else(|| head.path(bytes));
    encode::request_line(out, head.method_name(bytes), path, head.query(bytes));
    let added_host = edits
        .added()
        .find(|(name, _)| FieldName::from_bytes(name) == FieldName::Host)
        .map(|(_, value)| value);
    let host = edits
        .host()
        .or(added_host)
        .unwrap_or_else(|| head.authority(bytes));
    encode::field(out, b"Host", host);
    let replaced = scratch.forwarding.replaced();
    for (index, field) in head.fields.iter().enumerate() {
        let ours = matches!(
            field.id,
            FieldName::Host | FieldName::Expect | FieldName::XRequestId | FieldName::ContentLength
        );
        if ours
            || head.hop_by_hop.contains(index)
            || replaced.contains(index)
            || edits.is_removed(index)
        {
            continue;
        }
        encode::field(out, field.name.of(bytes), field.value.of(bytes));
    }
    for (name, value) in scratch.forwarding.fields() {
        encode::field(out, name.as_bytes(), value);
    }
    encode::field(out, b"x-request-id", &scratch.request_id);
    for (name, value) in edits.added() {
        if may_add(name) {
            encode::field(out, name, value);
        }
    }
    match body {
        Framing::Fixed(length) => encode::content_length(out, *length),
        Framing::Chunked(_) => encode::transfer_encoding_chunked(out),
        Framing::Done | Framing::UntilClose => {
            // Some origins want a length where a body is usual (RFC 9110 section 8.6).
            if head.fields.has(FieldName::ContentLength) {
                encode::content_length(out, 0);
            }
        }
    }
    if let Some(protocol) = head.connection.upgrade {
        encode::field(out, b"Connection", b"Upgrade");
        encode::field(out, b"Upgrade", protocol.of(bytes));
    }
    encode::end_head(out);
}

/// Whether a filter may add a field of this name: framing and the connection are not its to change.
pub fn may_add(name: &[u8]) -> bool {
    let id = FieldName::from_bytes(name);
    !id.is_hop_by_hop() && id != FieldName::Host && id != FieldName::ContentLength
}
