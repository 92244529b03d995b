//! The request's head as the upstream gets it: written anew from parsed parts. Bytes that arrived
//! are copied only where they are what would be written.

use super::Scratch;
use crate::wire::h1::encode;
use crate::wire::head::FieldName;
use crate::worker::h1::Framing;
use std::net::SocketAddr;

/// Writes the head of the request in `scratch`, with the filters' edits. `own` is where the request
/// came in, for one that names no host.
pub fn encode_request(
    scratch: &Scratch,
    own: Option<SocketAddr>,
    body: &Framing,
    out: &mut Vec<u8>,
) {
    let (head, bytes, edits) = (&scratch.head, &scratch.bytes[..], &scratch.edits);
    let path = edits.path().unwrap_or_else(|| head.path(bytes));
    encode::request_line(out, head.method_name(bytes), path, head.query(bytes));
    let host = edits.host().unwrap_or_else(|| head.authority(bytes));
    match own.filter(|_| host.is_empty()) {
        None => encode::field(out, b"Host", host),
        Some(own) => encode::field(out, b"Host", own.to_string().as_bytes()),
    }
    let mut left_out = head.hop_by_hop;
    left_out.extend(scratch.forwarding.replaced());
    left_out.extend(edits.removed());
    let kept = head.fields.iter().enumerate().filter(|(index, field)| {
        let ours = matches!(field.id, FieldName::Host | FieldName::XRequestId);
        !ours && !left_out.contains(*index)
    });
    encode::fields(out, bytes, kept.map(|(_, field)| field));
    // A filter that sets or removes one of these names has the last word.
    if edits.overrides_none() {
        out.extend_from_slice(scratch.forwarding.lines());
    } else {
        for (name, value) in scratch.forwarding.fields() {
            if !edits.overrides(name.as_bytes()) {
                encode::field(out, name.as_bytes(), value);
            }
        }
    }
    if !edits.overrides(b"x-request-id") {
        encode::field(out, b"x-request-id", &scratch.request_id);
    }
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
    let te = head.connection.te_trailers;
    if te {
        encode::field(out, b"TE", b"trailers");
    }
    if let Some(protocol) = head.connection.upgrade {
        let options: &[u8] = if te { b"Upgrade, TE" } else { b"Upgrade" };
        encode::field(out, b"Connection", options);
        encode::field(out, b"Upgrade", protocol.of(bytes));
    } else if te {
        encode::field(out, b"Connection", b"TE");
    }
    encode::end_head(out);
}

/// Whether a filter may add a field of this name: framing and the connection are not its to change.
pub fn may_add(name: &[u8]) -> bool {
    let id = FieldName::from_bytes(name);
    !id.is_hop_by_hop() && id != FieldName::Host && id != FieldName::ContentLength
}

#[cfg(test)]
mod tests {
    use super::{Scratch, encode_request};
    use crate::filter::{Arrival, apply_request};
    use crate::ir::{Filter, HeaderEdit, PathEdit, Rewrite, Scheme};
    use crate::wire::forwarded::{Facts, ForwardedPolicy};
    use crate::wire::h1::parse::parse_request;
    use crate::wire::limits::HeadLimits;
    use crate::worker::h1::Framing;

    const HEAD: &str = "GET /a?q HTTP/1.1\r\nHost: H:1\r\nX-Forwarded-Proto: ftp\r\nx-a: 1\r\n\r\n";

    /// The lines that go upstream.
    fn sent(filters: &[Filter]) -> Vec<String> {
        sent_of(HEAD, filters)
    }

    fn sent_of(head: &str, filters: &[Filter]) -> Vec<String> {
        let mut scratch = Scratch {
            bytes: head.into(),
            ..Scratch::default()
        };
        parse_request(&scratch.bytes, &HeadLimits::REQUEST, &mut scratch.head).unwrap();
        let facts = Facts {
            peer: [192, 0, 2, 1].into(),
            tls: true,
            port: 443,
        };
        let (policy, head) = (ForwardedPolicy::default(), &scratch.head);
        scratch
            .forwarding
            .compute(&policy, &facts, head, &scratch.bytes);
        scratch.request_id = b"id".to_vec();
        let arrival = Arrival {
            scheme: Scheme::Https,
            port: 443,
            matched_prefix: 2,
        };
        apply_request(filters, &scratch.bytes, head, &arrival, &mut scratch.edits);
        let mut out = Vec::new();
        let own = "[2001:db8::1]:8443".parse().ok();
        encode_request(&scratch, own, &Framing::Done, &mut out);
        let text = String::from_utf8(out).unwrap().to_lowercase();
        text.trim_end().split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_filter_has_the_last_word_on_the_gateways_own_fields() {
        let count = |lines: &[String], start: &str| {
            lines.iter().filter(|line| line.starts_with(start)).count()
        };
        let plain = sent(&[]);
        assert!(
            plain.contains(&"x-forwarded-proto: https".to_owned()),
            "{plain:?}"
        );
        assert_eq!(count(&plain, "x-forwarded-proto:"), 1);
        let edit = HeaderEdit {
            set: vec![("X-Forwarded-Proto".into(), "wss".into())],
            add: Vec::new(),
            remove: vec!["X-Request-ID".into(), "x-a".into()],
        };
        let edited = sent(&[Filter::RequestHeaders(edit)]);
        assert!(
            edited.contains(&"x-forwarded-proto: wss".to_owned()),
            "{edited:?}"
        );
        for (start, times) in [("x-forwarded-proto:", 1), ("x-request-id:", 0), ("x-a:", 0)] {
            assert_eq!(count(&edited, start), times, "{edited:?}");
        }
    }

    #[test]
    fn host_and_path_are_the_rewritten_ones_and_the_query_stays() {
        assert_eq!(sent(&[])[..2], ["get /a?q http/1.1", "host: h:1"]);
        let path = Some(PathEdit::Prefix("/b".into()));
        let rewrite = Rewrite {
            hostname: Some("other".into()),
            path,
        };
        assert_eq!(
            sent(&[Filter::Rewrite(rewrite)])[..2],
            ["get /b?q http/1.1", "host: other"]
        );
    }

    #[test]
    fn who_names_no_host_asks_for_where_the_request_came_in() {
        let bare = "GET /a HTTP/1.0\r\n\r\n";
        assert_eq!(
            sent_of(bare, &[])[..2],
            ["get /a http/1.1", "host: [2001:db8::1]:8443"]
        );
        let named = Filter::Rewrite(Rewrite {
            hostname: Some("other".into()),
            path: None,
        });
        assert_eq!(sent_of(bare, &[named])[1], "host: other");
        assert_eq!(sent(&[])[1], "host: h:1");
        // The gateway says nothing of a host that nobody named.
        let lines = sent_of(bare, &[]);
        let told = |line: &&String| line.starts_with("x-forwarded-host");
        assert_eq!(lines.iter().find(told), None);
    }
}
