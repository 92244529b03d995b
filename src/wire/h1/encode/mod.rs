//! Heads and chunks to bytes.
//!
//! Everything is appended to a vector that the caller reuses. Names and values come from parsed
//! spans or from configuration that was checked with [`is_token`] and [`is_field_value`] when it was
//! read, so nothing is checked again here, except by debug assertions.

mod reason;

pub use reason::reason_phrase;

use crate::wire::head::{Field, Span};
use crate::wire::octet;

/// Whether `text` may be a field name or method (RFC 9110 section 5.6.2).
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && octet::all(text, octet::TOKEN)
}

/// Whether `text` may be a field value: no control but HTAB, no white space at its ends. It may be
/// empty.
pub fn is_field_value(text: &[u8]) -> bool {
    octet::all(text, octet::VALUE) && octet::trim(text).len() == text.len()
}

/// Appends a request line in origin-form, or `*`.
pub fn request_line(out: &mut Vec<u8>, method: &[u8], path: &[u8], query: Option<&[u8]>) {
    debug_assert!(is_token(method), "method {method:?}");
    debug_assert!(path.starts_with(b"/") || path == b"*", "path {path:?}");
    out.extend_from_slice(method);
    out.push(b' ');
    out.extend_from_slice(path);
    if let Some(query) = query {
        out.push(b'?');
        out.extend_from_slice(query);
    }
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

/// Appends a status line with the standard reason phrase.
pub fn status_line(out: &mut Vec<u8>, status: u16) {
    debug_assert!((100..1000).contains(&status), "status {status}");
    if status == 200 {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        return;
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    decimal(out, u64::from(status));
    out.push(b' ');
    out.extend_from_slice(reason_phrase(status).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Appends a field line.
#[inline]
pub fn field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    debug_assert!(is_token(name), "name {name:?}");
    debug_assert!(is_field_value(value), "value {value:?}");
    out.reserve(name.len() + value.len() + 4);
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Appends the lines of a parsed head over `bytes`. Neighbours that lie there to the byte as they
/// would be written are copied together.
#[inline]
pub fn fields<'a>(out: &mut Vec<u8>, bytes: &[u8], fields: impl Iterator<Item = &'a Field>) {
    let (mut start, mut end) = (0, 0);
    for one in fields {
        debug_assert!(!one.as_written || lies_as_written(one, bytes));
        if one.as_written && one.name.start == end {
            end = one.value.end + 2;
            continue;
        }
        out.extend_from_slice(Span { start, end }.of(bytes));
        (start, end) = if one.as_written {
            (one.name.start, one.value.end + 2)
        } else {
            field(out, one.name.of(bytes), one.value.of(bytes));
            (0, 0)
        };
    }
    out.extend_from_slice(Span { start, end }.of(bytes));
}

/// Whether the line that a field was parsed from is what [`field`] makes of it.
fn lies_as_written(field: &Field, bytes: &[u8]) -> bool {
    let line = field.name.start as usize..field.value.end as usize + 2;
    let parts = [field.name.of(bytes), b": ", field.value.of(bytes), b"\r\n"];
    bytes.get(line) == Some(&parts.concat())
}

/// Appends `content-length`.
pub fn content_length(out: &mut Vec<u8>, length: u64) {
    out.extend_from_slice(b"content-length: ");
    decimal(out, length);
    out.extend_from_slice(b"\r\n");
}

/// Appends `transfer-encoding: chunked`.
pub fn transfer_encoding_chunked(out: &mut Vec<u8>) {
    out.extend_from_slice(b"transfer-encoding: chunked\r\n");
}

/// Appends the empty line that ends a head.
pub fn end_head(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
}

/// Appends `number` in decimal.
pub fn decimal(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// Bytes that the longest chunk header takes: 16 digits and CRLF.
pub const CHUNK_HEADROOM: usize = 18;

/// What follows the data of a chunk.
pub const CHUNK_END: &[u8; 2] = b"\r\n";

/// Writes the header of a chunk of `size` bytes at the end of `headroom`, so that it touches data
/// that lies behind it; returns where it begins. `size` is not zero: that would end the body.
pub fn chunk_header_before(headroom: &mut [u8; CHUNK_HEADROOM], mut size: u64) -> usize {
    debug_assert_ne!(size, 0);
    let mut first = CHUNK_HEADROOM - 2;
    let [digits @ .., cr, lf] = headroom;
    *cr = b'\r';
    *lf = b'\n';
    for slot in digits.iter_mut().rev() {
        *slot = b"0123456789abcdef"[(size & 15) as usize];
        size >>= 4;
        first -= 1;
        if size == 0 {
            break;
        }
    }
    first
}

/// Appends the header of a chunk of `size` bytes, which is not zero.
pub fn chunk_header(out: &mut Vec<u8>, size: u64) {
    let mut headroom = [0; CHUNK_HEADROOM];
    let first = chunk_header_before(&mut headroom, size);
    out.extend_from_slice(headroom.get(first..).unwrap_or_default());
}

/// Appends the last chunk; trailer fields and [`end_head`] must follow.
pub fn last_chunk(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n");
}

/// The end of a chunked body without trailers.
pub const CHUNKED_END: &[u8; 5] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::{field, fields};
    use crate::wire::h1::parse::parse_request;
    use crate::wire::head::RequestHead;
    use crate::wire::limits::HeadLimits;

    /// However a line was sent, and whichever of its neighbours go with it, it is written anew.
    #[test]
    fn lines_copied_together_are_the_lines_written_one_by_one() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB:\t2\r\nC: 3 \r\nD:4\r\nE:  5\r\n\
            F: 6\r\nG: 7\r\nH:\r\nI: \r\nJ: 8\r\n\r\n";
        let mut head = RequestHead::new();
        parse_request(bytes, &HeadLimits::REQUEST, &mut head).unwrap();
        let all: Vec<_> = head.fields.iter().collect();
        assert_eq!(all.len(), 11);
        for chosen in 0..1_u32 << all.len() {
            let kept = || {
                all.iter()
                    .enumerate()
                    .filter(move |(at, _)| chosen >> at & 1 == 1)
            };
            let (mut together, mut apart) = (Vec::new(), Vec::new());
            fields(&mut together, bytes, kept().map(|(_, one)| *one));
            for (_, one) in kept() {
                field(&mut apart, one.name.of(bytes), one.value.of(bytes));
            }
            assert_eq!(together, apart, "{chosen:b}");
        }
    }
}
