//! Heads written anew, against an oracle that reads the bytes slowly and writes every line by
//! itself: whatever is sent, in whatever pieces, the other side gets what the oracle writes.

mod lines;
mod oracle;

use super::Scratch;
use super::request_head::encode_request;
use super::response_head::{encode_interim, encode_switch};
use crate::filter::{Arrival, apply_request, apply_response};
use crate::ir::{Filter, HeaderEdit, Scheme};
use crate::wire::forwarded::{Facts, ForwardedPolicy};
use crate::wire::h1::framing::request_body;
use crate::wire::h1::parse::{Parse, parse_request, parse_response};
use crate::wire::head::{FieldSet, HeadError, RequestHead, ResponseHead};
use crate::wire::limits::{HeadLimits, Limit, UnderscoreNames};
use crate::worker::h1::Framing;
use lines::{limits, line, way};
use oracle::{Line, Way, ends_here, is_one_of, read_slowly, request_slowly, write};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a head says, for comparison.
fn facts(head: &RequestHead) -> impl PartialEq + std::fmt::Debug {
    let fields: Vec<_> = head.fields.iter().copied().collect();
    let parts = (head.target, head.version, head.method_span, head.port);
    (
        fields,
        head.hop_by_hop,
        head.connection,
        head.names_dropped,
        parts,
    )
}

/// Parses what arrived up to each of these places, and then all of it.
fn in_pieces(
    bytes: &[u8],
    places: impl IntoIterator<Item = usize>,
    limits: &HeadLimits,
) -> (Result<Parse, HeadError>, RequestHead) {
    let mut head = RequestHead::new();
    for place in places.into_iter().chain([bytes.len()]) {
        let parse = parse_request(&bytes[..place], limits, &mut head);
        if parse != Ok(Parse::Partial) {
            return (parse, head);
        }
    }
    (Ok(Parse::Partial), head)
}

/// Holds what is sent on to what the oracle writes of the lines it read.
fn sent_as_told(
    head: RequestHead,
    bytes: &[u8],
    slow: &[Line],
    way: Way,
) -> Result<(), TestCaseError> {
    let mut scratch = Scratch {
        head,
        bytes: bytes.to_vec(),
        ..Scratch::default()
    };
    let Ok(length) = request_body(&scratch.head, &scratch.bytes) else {
        return Ok(());
    };
    let policy = ForwardedPolicy {
        trusted: vec!["10.0.0.0/8".parse().unwrap()],
        ..ForwardedPolicy::default()
    };
    let peer = if way.trusted {
        [10, 0, 0, 1]
    } else {
        [192, 0, 2, 1]
    };
    let facts = Facts {
        peer: peer.into(),
        tls: true,
        port: 443,
    };
    scratch
        .forwarding
        .compute(&policy, &facts, &scratch.head, &scratch.bytes);
    scratch.request_id = b"id".to_vec();
    let filters: Vec<_> = way
        .edit
        .clone()
        .map(Filter::RequestHeaders)
        .into_iter()
        .collect();
    let arrival = Arrival {
        scheme: Scheme::Https,
        port: 443,
        matched_prefix: 0,
    };
    apply_request(
        &filters,
        &scratch.bytes,
        &scratch.head,
        &arrival,
        &mut scratch.edits,
    );
    let mut written = Vec::new();
    encode_request(&scratch, None, &Framing::request(length), &mut written);
    let expected = request_slowly(&scratch, slow, &way, length);
    prop_assert_eq!(
        written.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(700))]

    #[test]
    fn a_request_goes_on_as_the_oracle_writes_it(
        start in select(&["GET /a?b HTTP/1.1", "POST /%61/../b HTTP/1.1", "PUT http://h/x HTTP/1.1",
            "GET / HTTP/1.0", "\r\nDELETE /.x HTTP/1.1"][..]),
        lines in vec(line(), 0..9),
        rest in select(&["", "body", "\r\n", "X: y\r\n\r\n"][..]),
        (limits, (trusted, edit)) in (limits(), way()),
    ) {
        let bytes = [start.as_bytes(), b"\r\nHost: H\r\n", &lines.concat(), b"\r\n", rest.as_bytes()].concat();
        let (parse, head) = in_pieces(&bytes, [], &limits);
        for place in 0..bytes.len() {
            let (again, other) = in_pieces(&bytes, [place], &limits);
            prop_assert_eq!(again, parse, "cut at {}", place);
            if parse.is_ok() {
                prop_assert_eq!(facts(&other), facts(&head), "cut at {}", place);
            }
        }
        let (again, other) = in_pieces(&bytes, 0..bytes.len(), &limits);
        prop_assert_eq!(again, parse, "octet by octet");
        let Ok(Parse::Complete { len }) = parse else { return Ok(()) };
        prop_assert_eq!(facts(&other), facts(&head), "octet by octet");
        let slow = read_slowly(&bytes, len);
        prop_assert!(slow.is_some(), "accepted what is no head");
        let slow = slow.unwrap_or_default();
        let underscores = slow.iter().filter(|(name, _)| name.contains(&b'_')).count();
        prop_assert!(limits.underscore != UnderscoreNames::Reject || underscores == 0);
        let dropped = if limits.underscore == UnderscoreNames::Drop { underscores } else { 0 };
        prop_assert_eq!(head.fields.len() + dropped, slow.len());
        prop_assert!(slow.len() <= limits.fields && len <= limits.head_bytes + 2);
        sent_as_told(head, &bytes[..len], &slow, Way { trusted, edit, underscore: limits.underscore })?;
    }

    #[test]
    fn a_response_goes_on_as_the_oracle_writes_it(
        start in select(&["HTTP/1.1 103 x", "HTTP/1.1 103", "HTTP/1.0 103 \u{ff}~"][..]),
        lines in vec(line(), 0..9),
        edited in any::<bool>(),
    ) {
        let bytes = [start.as_bytes(), b"\r\n", &lines.concat(), b"\r\nrest"].concat();
        let limits = HeadLimits::RESPONSE;
        let mut scratch = Scratch::default();
        let parse = parse_response(&bytes, &limits, &mut scratch.response);
        let mut slowly = ResponseHead::new();
        for place in 0..=bytes.len() {
            let mut other = ResponseHead::new();
            let mut again = parse_response(&bytes[..place], &limits, &mut other);
            if again == Ok(Parse::Partial) {
                again = parse_response(&bytes, &limits, &mut other);
            }
            prop_assert_eq!(again, parse, "cut at {}", place);
            prop_assert!(parse.is_err() || other.fields.iter().eq(scratch.response.fields.iter()));
            if parse_response(&bytes[..place], &limits, &mut slowly) != Ok(Parse::Partial) {
                break;
            }
        }
        prop_assert!(parse.is_err() || slowly.fields.iter().eq(scratch.response.fields.iter()));
        let Ok(Parse::Complete { len }) = parse else { return Ok(()) };
        let slow = read_slowly(&bytes, len);
        prop_assert!(slow.is_some(), "accepted what is no head");
        let slow = slow.unwrap_or_default();
        let edit = HeaderEdit { remove: vec!["x-a".into(), "VIA".into()], ..HeaderEdit::default() };
        if edited {
            let filters = [Filter::ResponseHeaders(edit)];
            apply_response(&filters, &bytes, &scratch.response.fields, &mut scratch.response_edits);
        }
        let mut expected = Vec::new();
        for (name, value) in &slow {
            let removed = edited && is_one_of(name, &["x-a", "via"]);
            if !removed && !ends_here(&slow, name) {
                write(&mut expected, name, value);
            }
        }
        let mut written = Vec::new();
        let start: &[u8] = if edited {
            write(&mut expected, b"Connection", b"Upgrade");
            write(&mut expected, b"Upgrade", b"p");
            encode_switch(&scratch, &bytes, b"p", &mut written);
            b"HTTP/1.1 101 Switching Protocols\r\n"
        } else {
            encode_interim(&scratch, &bytes, &mut written);
            b"HTTP/1.1 103 Early Hints\r\n"
        };
        let expected = [start, &expected, b"\r\n"].concat();
        prop_assert_eq!(written.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Sets of fields have their edges at 64 and at 256.
    #[test]
    fn as_many_fields_as_there_may_be_go_on_as_well(
        lines in vec(line(), 60..320),
        (trusted, edit) in way(),
    ) {
        let limits = HeadLimits {
            head_bytes: 1 << 20,
            fields: FieldSet::CAPACITY,
            underscore: UnderscoreNames::Allow,
            ..HeadLimits::REQUEST
        };
        // Those that may stand in one head, one by one.
        let fits = |line: &&Vec<u8>| {
            let head = [b"GET / HTTP/1.1\r\nHost: H\r\n", &line[..], b"\r\n"].concat();
            in_pieces(&head, [], &limits).0 == Ok(Parse::Complete { len: head.len() })
                && !is_one_of(line.split(|b| *b == b':').next().unwrap(), &["content-length", "transfer-encoding"])
        };
        let lines: Vec<_> = lines.iter().filter(fits).take(limits.fields - 1).cloned().collect();
        let bytes = [b"GET / HTTP/1.1\r\nHost: H\r\n", &lines.concat()[..], b"\r\n"].concat();
        let (parse, head) = in_pieces(&bytes, [], &limits);
        let Ok(Parse::Complete { len }) = parse else {
            // All they may not be together is options of one connection.
            prop_assert_eq!(parse, Err(HeadError::TooLarge(Limit::ConnectionOptions)));
            return Ok(());
        };
        let (again, other) = in_pieces(&bytes, (0..bytes.len()).step_by(7), &limits);
        prop_assert_eq!(again, parse);
        prop_assert_eq!(facts(&other), facts(&head));
        let slow = read_slowly(&bytes, len).unwrap_or_default();
        prop_assert_eq!(slow.len(), lines.len() + 1);
        sent_as_told(head, &bytes, &slow, Way { trusted, edit, underscore: limits.underscore })?;
    }
}
