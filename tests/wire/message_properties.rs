//! Properties of messages that hold for all bytes.

use crate::{request_stream, response_stream};
use proptest::prelude::*;
use ringress::wire::h1::chunked::ChunkedDecoder;
use ringress::wire::h1::encode;
use ringress::wire::h1::parse::{Parse, parse_request, parse_response};
use ringress::wire::head::{RequestHead, ResponseHead};
use ringress::wire::limits::{ChunkLimits, HeadLimits};
use ringress::wire::proxy_protocol::{self, V2_MAX_DEFAULT};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9!#$%&'*+.^`|~-]{1,20}",
        Just("Accept".to_string()),
        Just("Cookie".to_string()),
        Just("x-request-id".to_string()),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![8 => 0x21_u8..0x7f, 1 => Just(b' '), 1 => Just(b'\t'), 1 => 0x80_u8..];
    proptest::collection::vec(octet, 0..60)
        .prop_map(|octets| octets.trim_ascii().to_vec())
        .prop_filter("white space at an end", |octets| {
            encode::is_field_value(octets)
        })
}

/// Fragments of messages, valid and not, so that random bytes get past the first line.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"GET / HTTP/1.1\r\n".to_vec()),
        Just(b"POST /a/%2e%2e/b?c HTTP/1.1\r\n".to_vec()),
        Just(b"GET http://h/ HTTP/1.0\r\n".to_vec()),
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"HTTP/1.1 101 x\r\n".to_vec()),
        Just(b"Host: h\r\n".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Connection: upgrade, x, close\r\nUpgrade: y\r\nx: 1\r\n".to_vec()),
        Just(b"Expect: 100-continue\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"3\r\nabc\r\n".to_vec()),
        Just(b"1;a=\"b\"\r\nx\r\n".to_vec()),
        Just(b"0\r\n".to_vec()),
        Just(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
        "[ -~]{0,8}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Cuts `bytes` at the given places, taken modulo its length.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places
        .iter()
        .map(|place| place % (bytes.len() + 1))
        .collect();
    places.push(bytes.len());
    places.sort_unstable();
    let mut start = 0;
    let pieces = places
        .into_iter()
        .map(|end| &bytes[std::mem::replace(&mut start, end)..end]);
    pieces.collect()
}

/// A decoder that knows the whole body and only the plain grammar.
fn naive_chunks(body: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut data = Vec::new();
    let mut at = 0;
    loop {
        let line = body[at..].windows(2).position(|two| two == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&body[at..at + line]).ok()?, 16).ok()?;
        at += line + 2;
        if size == 0 {
            return body[at..].starts_with(b"\r\n").then_some((data, at + 2));
        }
        data.extend_from_slice(body.get(at..at + size)?);
        at += size;
        if body.get(at..at + 2)? != b"\r\n" {
            return None;
        }
        at += 2;
    }
}

proptest! {
    #[test]
    fn a_request_written_anew_is_the_same_request(
        method in "[A-Z]{1,7}",
        path in "(/(%2[0f5]|%4[0-9a-f]|[a-z0-9._~;-]){0,4}){1,4}",
        query in proptest::option::of("[a-z0-9=&%?/]{0,12}"),
        host in "[a-zA-Z][a-z0-9-]{0,9}\\.?(:[1-9][0-9]{0,3})?",
        fields in proptest::collection::vec((name(), value()), 0..12),
    ) {
        let mut bytes = Vec::new();
        encode::request_line(&mut bytes, method.as_bytes(), path.as_bytes(), query.as_deref().map(str::as_bytes));
        encode::field(&mut bytes, b"Host", host.as_bytes());
        for (name, value) in &fields {
            encode::field(&mut bytes, name.as_bytes(), value);
        }
        encode::end_head(&mut bytes);
        let mut head = RequestHead::new();
        let parse = parse_request(&bytes, &HeadLimits::REQUEST, &mut head);
        // A path that climbs above the root is refused; the rest must survive.
        prop_assume!(parse.is_ok());
        prop_assert_eq!(parse, Ok(Parse::Complete { len: bytes.len() }));

        let mut again = Vec::new();
        encode::request_line(&mut again, head.method_name(&bytes), head.path(&bytes), head.query(&bytes));
        for field in &head.fields {
            encode::field(&mut again, field.name.of(&bytes), field.value.of(&bytes));
        }
        encode::end_head(&mut again);
        let mut second = RequestHead::new();
        let parse = parse_request(&again, &HeadLimits::REQUEST, &mut second);
        prop_assert_eq!(parse, Ok(Parse::Complete { len: again.len() }));
        prop_assert_eq!(second.method, head.method);
        prop_assert!(second.path_is_raw(), "a normal form is not its own normal form");
        prop_assert_eq!(second.path(&again), head.path(&bytes));
        prop_assert_eq!(second.query(&again), head.query(&bytes));
        prop_assert_eq!(second.host(&again), head.host(&bytes));
        prop_assert_eq!(second.hop_by_hop, head.hop_by_hop);
        prop_assert_eq!(second.fields.len(), fields.len() + 1);
        for (field, (name, value)) in second.fields.iter().skip(1).zip(&fields) {
            prop_assert_eq!(field.name.of(&again), name.as_bytes());
            prop_assert_eq!(field.value.of(&again), &value[..]);
        }
    }

    #[test]
    fn a_response_written_anew_is_the_same_response(
        status in 100_u16..600,
        fields in proptest::collection::vec((name(), value()), 0..12),
    ) {
        let mut bytes = Vec::new();
        encode::status_line(&mut bytes, status);
        for (name, value) in &fields {
            encode::field(&mut bytes, name.as_bytes(), value);
        }
        encode::content_length(&mut bytes, u64::from(status));
        encode::end_head(&mut bytes);
        let mut head = ResponseHead::new();
        let parse = parse_response(&bytes, &HeadLimits::RESPONSE, &mut head);
        prop_assert_eq!(parse, Ok(Parse::Complete { len: bytes.len() }));
        prop_assert_eq!(head.status, status);
        for (field, (name, value)) in head.fields.iter().zip(&fields) {
            prop_assert_eq!(field.name.of(&bytes), name.as_bytes());
            prop_assert_eq!(field.value.of(&bytes), &value[..]);
        }
    }

    #[test]
    fn chunks_written_are_chunks_read(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8),
        rest in proptest::collection::vec(any::<u8>(), 0..6),
        places in proptest::collection::vec(any::<usize>(), 0..6),
    ) {
        let mut bytes = Vec::new();
        for chunk in &chunks {
            encode::chunk_header(&mut bytes, chunk.len() as u64);
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(encode::CHUNK_END);
        }
        bytes.extend_from_slice(encode::CHUNKED_END);
        let body_len = bytes.len();
        bytes.extend_from_slice(&rest);
        prop_assert_eq!(naive_chunks(&bytes), Some((chunks.concat(), body_len)));

        let mut decoder = ChunkedDecoder::new(ChunkLimits::DEFAULT);
        let mut data = Vec::new();
        let mut consumed = 0;
        for piece in cut(&bytes, &places) {
            let mut buffer = piece.to_vec();
            let decoded = decoder.decode(&mut buffer).unwrap();
            prop_assert!(decoded.done || decoded.consumed == piece.len());
            data.extend_from_slice(&buffer[decoded.data]);
            consumed += decoded.consumed;
            if decoded.done {
                break;
            }
        }
        prop_assert!(decoder.is_done());
        prop_assert_eq!(data, chunks.concat());
        prop_assert_eq!(consumed, body_len);
    }

    #[test]
    fn what_the_decoder_takes_the_naive_one_takes_alike(body in "([0-9a-c]{1,2}\r\n|[a-c]{0,12}\r\n|0\r\n\r\n){0,8}") {
        let mut buffer = body.clone().into_bytes();
        let mut decoder = ChunkedDecoder::new(ChunkLimits::DEFAULT);
        if let Ok(decoded) = decoder.decode(&mut buffer)
            && decoded.done
            && decoder.trailers().1.is_empty()
        {
            let expected = naive_chunks(body.as_bytes());
            prop_assert_eq!(expected, Some((buffer[decoded.data].to_vec(), decoded.consumed)));
        }
    }

    #[test]
    fn no_cut_changes_what_a_client_said(bytes in fragments(), places in proptest::collection::vec(any::<usize>(), 0..6)) {
        prop_assert_eq!(request_stream::run(&[&bytes]), request_stream::run(&cut(&bytes, &places)));
    }

    #[test]
    fn no_cut_changes_what_an_upstream_said(bytes in fragments(), places in proptest::collection::vec(any::<usize>(), 0..6)) {
        prop_assert_eq!(response_stream::run("GET", &[&bytes]), response_stream::run("GET", &cut(&bytes, &places)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        request_stream::run(&[&bytes]);
        response_stream::run("GET", &[&bytes]);
        let _ = proxy_protocol::parse(&bytes, V2_MAX_DEFAULT);
        let mut version_2 = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
        version_2.extend_from_slice(&bytes);
        let _ = proxy_protocol::parse(&version_2, V2_MAX_DEFAULT);
        let mut buffer = bytes.clone();
        let _ = ChunkedDecoder::new(ChunkLimits::DEFAULT).decode(&mut buffer);
    }
}
