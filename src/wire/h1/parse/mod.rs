//! Heads from bytes, in one pass that can stop and go on anywhere.
//!
//! The caller reads into one growing buffer and calls again with all of it; the scan goes on where
//! it stopped, so a head that arrives byte by byte costs what one in a piece costs, and both are
//! accepted or refused alike: an error is found at its own byte, never by looking ahead of it.
//! Lines end in CRLF; a lone CR or LF is refused when seen (RFC 9112 section 2.2 lets us).

mod fields;
mod request;
mod response;
mod scan;
#[cfg(test)]
mod tests;

pub(in crate::wire) use fields::scan_fields;
pub use request::parse_request;
pub use response::parse_response;
pub(in crate::wire) use scan::{Phase, Scan};

/// How far a head has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parse {
    /// More bytes are needed.
    Partial,
    /// The head is complete.
    Complete {
        /// Its length in bytes, the empty lines before it and the one after it included. What
        /// follows is body, or the next message.
        len: usize,
    },
}
