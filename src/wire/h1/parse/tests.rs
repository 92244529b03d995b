//! The shape of a parsed head; the cases of refusal are in `tests/wire`.

use super::*;
use crate::wire::head::{
    FieldName, HeadError, Method, RequestHead, ResponseHead, TargetForm, Version,
};
use crate::wire::limits::{HeadLimits, Limit};

fn request(bytes: &[u8]) -> (RequestHead, usize) {
    let mut head = RequestHead::new();
    match parse_request(bytes, &HeadLimits::REQUEST, &mut head) {
        Ok(Parse::Complete { len }) => (head, len),
        other => panic!("{other:?}"),
    }
}

fn refusal(bytes: &[u8], limits: &HeadLimits) -> HeadError {
    parse_request(bytes, limits, &mut RequestHead::new()).unwrap_err()
}

#[test]
fn origin_form() {
    let bytes =
        b"GET /a/./%62?x=1 HTTP/1.1\r\nHost: Example.COM.:8080\r\nAccept: \t a b \t\r\n\r\nrest";
    let (head, len) = request(bytes);
    assert_eq!(&bytes[len..], b"rest");
    assert_eq!(head.method, Method::Get);
    assert_eq!(head.version, Version::Http11);
    assert_eq!(head.path(bytes), b"/a/b");
    assert_eq!(head.query(bytes), Some(&b"x=1"[..]));
    assert_eq!(head.host(bytes), b"example.com");
    assert_eq!(head.authority(bytes), b"example.com:8080");
    assert_eq!(head.port, Some(8080));
    assert_eq!(
        head.fields.first(bytes, FieldName::Accept),
        Some(&b"a b"[..])
    );
    assert_eq!(head.values_by_name(bytes, b"aCCEPT").count(), 1);
}

#[test]
fn absolute_form() {
    let bytes = b"GET http://h?q HTTP/1.1\r\nHost: h:80\r\n\r\n";
    let (head, _) = request(bytes);
    assert_eq!(head.target_form, TargetForm::Absolute);
    assert_eq!(head.path(bytes), b"/");
    assert_eq!(head.query(bytes), Some(&b"q"[..]));
    assert_eq!(head.host(bytes), b"h");
}

#[test]
fn one_head_serves_one_message_after_another() {
    let bytes = b"GET /%61 HTTP/1.1\r\nHost: a\r\nConnection: x\r\nX: 1\r\n\r\n";
    let next = b"OPTIONS * HTTP/1.0\r\n\r\n";
    let (mut head, _) = request(bytes);
    assert!(head.hop_by_hop.contains(1) && head.hop_by_hop.contains(2));
    let parse = parse_request(next, &HeadLimits::REQUEST, &mut head);
    assert_eq!(parse, Ok(Parse::Complete { len: next.len() }));
    assert_eq!(head.path(next), b"*");
    assert_eq!(head.host(next), b"");
    assert!(head.hop_by_hop.is_empty() && head.fields.is_empty());
}

#[test]
fn limits_hold_to_the_byte() {
    let limits = HeadLimits {
        request_line: 14,
        field_line: 8,
        ..HeadLimits::REQUEST
    };
    let fits = b"GET / HTTP/1.1\r\nHost: ab\r\n\r\n";
    assert!(parse_request(fits, &limits, &mut RequestHead::new()).is_ok());
    let long = b"GET /x HTTP/1.1\r\n";
    assert_eq!(
        refusal(long, &limits),
        HeadError::TooLarge(Limit::RequestLine)
    );
    let wide = b"GET / HTTP/1.1\r\nHost: abc\r\n\r\n";
    assert_eq!(
        refusal(wide, &limits),
        HeadError::TooLarge(Limit::HeaderSize)
    );
    let few = HeadLimits {
        fields: 1,
        ..HeadLimits::REQUEST
    };
    let two = b"GET / HTTP/1.1\r\nHost: a\r\nX_y: 1\r\n\r\n";
    assert_eq!(refusal(two, &few), HeadError::TooLarge(Limit::HeaderCount));
    let small = HeadLimits {
        head_bytes: 23,
        ..HeadLimits::REQUEST
    };
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n";
    assert_eq!(
        refusal(head, &small),
        HeadError::TooLarge(Limit::HeadersSize)
    );
}

#[test]
fn response() {
    let bytes = b"HTTP/1.1 404 Not \xffFound\r\nConnection: close\r\n\r\n";
    let mut head = ResponseHead::new();
    let parse = parse_response(bytes, &HeadLimits::RESPONSE, &mut head);
    assert_eq!(parse, Ok(Parse::Complete { len: bytes.len() }));
    assert_eq!(head.status, 404);
    assert_eq!(head.reason.of(bytes), b"Not \xffFound");
    assert!(head.connection.close);
    for short in [&b"HTTP/1.1 200\r\n\r\n"[..], b"HTTP/1.1 200 \r\n\r\n"] {
        let parse = parse_response(short, &HeadLimits::RESPONSE, &mut head);
        assert_eq!(parse, Ok(Parse::Complete { len: short.len() }));
    }
}
