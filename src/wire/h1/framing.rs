//! How long a body is, and whether the connection may carry another message (RFC 9112 sections 6
//! and 9.3), without a single benefit of the doubt.

use crate::wire::head::{
    FieldName, Fields, HeadError, Method, RequestHead, ResponseError, ResponseHead, Version,
};
use crate::wire::octet;

/// How long the body of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// There is none.
    Empty,
    /// So many bytes, at least one.
    Fixed(u64),
    /// In chunks.
    Chunked,
}

/// How long the body of a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseLength {
    /// There is none. For an answer to HEAD and for 304, [`declared_length`] says what it would be.
    Empty,
    /// So many bytes, at least one.
    Fixed(u64),
    /// In chunks.
    Chunked,
    /// Until the upstream closes; whether it is whole cannot be known.
    UntilClose,
    /// 1xx other than 101: no body, and another head follows.
    Interim,
    /// 101: what follows is not HTTP. Whether the switch was asked for is the caller's to check.
    Upgrade,
}

/// The length of a request's body.
///
/// # Errors
/// [`HeadError`] for everything that two parties could read differently.
pub fn request_body(head: &RequestHead, bytes: &[u8]) -> Result<BodyLength, HeadError> {
    let length = match message_length(&head.fields, bytes, head.version)? {
        // A request without either field has no body: it is never delimited by close.
        None | Some(Declared::Length(0)) => BodyLength::Empty,
        Some(Declared::Length(length)) => BodyLength::Fixed(length),
        Some(Declared::Chunked) => BodyLength::Chunked,
    };
    // What follows an accepted upgrade is not HTTP; a body in between would be read as either.
    if head.connection.upgrade.is_some() && length != BodyLength::Empty {
        return Err(HeadError::UpgradeWithBody);
    }
    Ok(length)
}

/// The length of the body of a response to a request of method `request`.
///
/// # Errors
/// [`ResponseError`], also where the fields have no say (HEAD, 304): who frames badly there is not
/// to be trusted with the next answer.
pub fn response_body(
    head: &ResponseHead,
    bytes: &[u8],
    request: Method,
) -> Result<ResponseLength, ResponseError> {
    let declared = message_length(&head.fields, bytes, head.version).map_err(ResponseError)?;
    Ok(match (head.status, declared) {
        (101, _) => ResponseLength::Upgrade,
        (100..200, _) => ResponseLength::Interim,
        (204 | 304, _) => ResponseLength::Empty,
        _ if request == Method::Head => ResponseLength::Empty,
        (_, None) => ResponseLength::UntilClose,
        (_, Some(Declared::Length(0))) => ResponseLength::Empty,
        (_, Some(Declared::Length(length))) => ResponseLength::Fixed(length),
        (_, Some(Declared::Chunked)) => ResponseLength::Chunked,
    })
}

/// The Content-Length of a response, valid or absent: what an answer to HEAD and a 304 repeat.
pub fn declared_length(head: &ResponseHead, bytes: &[u8]) -> Option<u64> {
    match message_length(&head.fields, bytes, head.version) {
        Ok(Some(Declared::Length(length))) => Some(length),
        _ => None,
    }
}

/// Whether the client's connection may carry another request after this one.
pub fn request_persistent(head: &RequestHead) -> bool {
    persistent(
        head.version,
        head.connection.close,
        head.connection.keep_alive,
    )
}

/// Whether the upstream's connection may carry another request after this response.
pub fn response_persistent(head: &ResponseHead, length: ResponseLength) -> bool {
    !matches!(length, ResponseLength::UntilClose | ResponseLength::Upgrade)
        && persistent(
            head.version,
            head.connection.close,
            head.connection.keep_alive,
        )
}

/// Whether a response opens the tunnel that its request asked for with the protocol `asked`: a 101
/// that switches to this protocol and to no other. Anything else is an ordinary response, or, as a
/// 101, a fault of the upstream.
pub fn upgrade_accepted(asked: &[u8], head: &ResponseHead, bytes: &[u8]) -> bool {
    head.status == 101
        && head
            .connection
            .upgrade
            .is_some_and(|named| named.of(bytes).eq_ignore_ascii_case(asked))
}

fn persistent(version: Version, close: bool, keep_alive: bool) -> bool {
    !close && (version == Version::Http11 || keep_alive)
}

/// What the fields declare.
enum Declared {
    Length(u64),
    Chunked,
}

fn message_length(
    fields: &Fields,
    bytes: &[u8],
    version: Version,
) -> Result<Option<Declared>, HeadError> {
    let length = fields.has(FieldName::ContentLength);
    let coding = fields.has(FieldName::TransferEncoding);
    match (length, coding) {
        (false, false) => Ok(None),
        (true, true) => Err(HeadError::LengthAndEncoding),
        (true, false) => content_length(fields, bytes).map(|length| Some(Declared::Length(length))),
        (false, true) if version == Version::Http10 => Err(HeadError::TransferEncodingInHttp10),
        (false, true) => transfer_encoding(fields, bytes).map(|()| Some(Declared::Chunked)),
    }
}

fn content_length(fields: &Fields, bytes: &[u8]) -> Result<u64, HeadError> {
    if fields.has_twice(FieldName::ContentLength) {
        return Err(HeadError::ContentLengthTwice);
    }
    match fields.first(bytes, FieldName::ContentLength) {
        Some(b"0") => Ok(0),
        Some(value) if value.first() != Some(&b'0') => octet::decimal(value, 19)
            // Some parties count in signed numbers.
            .filter(|&length| i64::try_from(length).is_ok())
            .ok_or(HeadError::BadContentLength),
        _ => Err(HeadError::BadContentLength),
    }
}

/// Accepts one `chunked` in any case and nothing else.
fn transfer_encoding(fields: &Fields, bytes: &[u8]) -> Result<(), HeadError> {
    if fields.has_twice(FieldName::TransferEncoding) {
        return Err(HeadError::TransferEncodingTwice);
    }
    let value = fields
        .first(bytes, FieldName::TransferEncoding)
        .unwrap_or_default();
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = octet::list(value).peekable();
    while let Some(coding) = codings.next() {
        if coding.is_empty() || !octet::all(coding, octet::TOKEN) {
            return Err(HeadError::BadTransferEncoding);
        }
        let last = codings.peek().is_none();
        if coding.eq_ignore_ascii_case(b"chunked") && !last {
            return Err(HeadError::BadTransferEncoding);
        }
    }
    Err(HeadError::UnknownTransferEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::h1::parse::{Parse, parse_response};
    use crate::wire::limits::HeadLimits;

    #[test]
    fn only_a_101_to_the_protocol_asked_for_opens_a_tunnel() {
        let cases = [
            ("101 x\r\nConnection: upgrade\r\nUpgrade: WebSocket", true),
            ("101 x\r\nConnection: upgrade\r\nUpgrade: foo", false),
            (
                "101 x\r\nConnection: upgrade\r\nUpgrade: websocket, foo",
                false,
            ),
            ("101 x\r\nUpgrade: websocket", false),
            ("101 x\r\nConnection: upgrade", false),
            ("200 x\r\nConnection: upgrade\r\nUpgrade: websocket", false),
            ("426 x\r\nConnection: upgrade\r\nUpgrade: websocket", false),
        ];
        for (head_text, expected) in cases {
            let text = format!("HTTP/1.1 {head_text}\r\n\r\n");
            let bytes = text.as_bytes();
            let mut head = ResponseHead::new();
            let parse = parse_response(bytes, &HeadLimits::RESPONSE, &mut head);
            assert_eq!(parse, Ok(Parse::Complete { len: bytes.len() }));
            assert_eq!(
                upgrade_accepted(b"websocket", &head, bytes),
                expected,
                "{head_text}"
            );
        }
    }
}
