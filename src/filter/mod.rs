//! Edits to heads: what the filters of a rule do to a request and to its response.
//!
//! A filter never touches the bytes that arrived. It notes its edits in a [`HeadEdits`], and the
//! encoder writes the head anew from both. The filters of a backend come after those of its rule,
//! on the same edits.

mod edits;
mod headers;
mod location;
mod path;

pub use edits::HeadEdits;

use crate::ir::{Filter, Rewrite, Scheme};
use crate::wire::head::{Fields, RequestHead};

/// What follows from the filters of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Forward it, with the edits.
    Continue,
    /// Answer it.
    Reply(Reply),
}

/// An answer of our own, without content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// `Location` of a redirect.
    pub location: Option<Vec<u8>>,
}

/// Where a request arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub scheme: Scheme,
    /// The listener's port.
    pub port: u16,
    /// Bytes of the path that the rule's match covers.
    pub matched_prefix: usize,
}

/// Applies the request filters of a rule or of a backend, in order.
pub fn apply_request(
    filters: &[Filter],
    bytes: &[u8],
    head: &RequestHead,
    arrival: &Arrival,
    edits: &mut HeadEdits,
) -> Verdict {
    for filter in filters {
        match filter {
            Filter::RequestHeaders(edit) => headers::apply(edit, bytes, &head.fields, edits),
            Filter::Redirect(redirect) => {
                return Verdict::Reply(Reply {
                    status: redirect.status,
                    location: Some(location::build(redirect, bytes, head, arrival)),
                });
            }
            Filter::Rewrite(rewrite) => {
                if !apply_rewrite(rewrite, bytes, head, arrival, edits) {
                    return Verdict::Reply(Reply {
                        status: 500,
                        location: None,
                    });
                }
            }
            // Edits the other head; see `apply_response`.
            Filter::ResponseHeaders(_) => {}
        }
    }
    Verdict::Continue
}

/// Applies the response filters of a rule or of a backend, in order, to a response that arrived or
/// to a reply of our own.
pub fn apply_response(filters: &[Filter], bytes: &[u8], fields: &Fields, edits: &mut HeadEdits) {
    for filter in filters {
        if let Filter::ResponseHeaders(edit) = filter {
            headers::apply(edit, bytes, fields, edits);
        }
    }
}

/// `false` when no path comes of it that may be sent.
fn apply_rewrite(
    rewrite: &Rewrite,
    bytes: &[u8],
    head: &RequestHead,
    arrival: &Arrival,
    edits: &mut HeadEdits,
) -> bool {
    if let Some(hostname) = &rewrite.hostname {
        edits.set_host(hostname.as_bytes());
    }
    match &rewrite.path {
        Some(edit) => edits.write_path(|out, spare| {
            path::replace(edit, head.path(bytes), arrival.matched_prefix, spare);
            path::settle(spare, out)
        }),
        None => true,
    }
}

#[cfg(test)]
mod tests;
