//! What a lookup sees of a request.

use crate::wire::head::{Fields, RequestHead};

/// A request as the table reads it: parts of its normalised head, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    /// Host in lower case, without port and without trailing dot.
    pub host: &'a [u8],
    /// Normalised path; begins with `/`, or matches nothing.
    pub path: &'a [u8],
    /// What follows the first `?`, as received.
    pub query: Option<&'a [u8]>,
    pub method: &'a [u8],
    /// The buffer that `fields` describes.
    pub bytes: &'a [u8],
    pub fields: &'a Fields,
}

impl<'a> RequestView<'a> {
    /// The view of a head that was parsed from `bytes`.
    pub fn of(bytes: &'a [u8], head: &'a RequestHead) -> Self {
        RequestView {
            host: head.host(bytes),
            path: head.path(bytes),
            query: head.query(bytes),
            method: head.method_name(bytes),
            bytes,
            fields: &head.fields,
        }
    }
}
