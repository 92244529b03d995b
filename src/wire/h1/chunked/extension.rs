//! The grammar of chunk extensions (RFC 9112 section 7.1.1), without its "bad" white space.

use super::ChunkError;
use crate::wire::octet;

/// Where in a list of extensions a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    /// At the `;` of the first one.
    Semicolon,
    /// After `;`.
    NameStart,
    Name,
    /// After `=`.
    ValueStart,
    Value,
    /// Inside the quotes.
    Quoted,
    /// After a backslash inside the quotes.
    Escaped,
    /// After the closing quote.
    QuotedEnd,
}

impl Extension {
    pub const START: Self = Self::Semicolon;

    /// Takes the next byte; none at the CR that ends the line.
    pub fn step(self, b: u8) -> Result<Option<Self>, ChunkError> {
        if b == b'\n' {
            return Err(ChunkError::BareLf);
        }
        let token = octet::is(b, octet::TOKEN);
        let next = match (self, b) {
            (Self::Name | Self::Value | Self::QuotedEnd, b'\r') => return Ok(None),
            (Self::Semicolon | Self::Name | Self::Value | Self::QuotedEnd, b';') => Self::NameStart,
            (Self::NameStart | Self::Name, _) if token => Self::Name,
            (Self::Name, b'=') => Self::ValueStart,
            (Self::ValueStart | Self::Value, _) if token => Self::Value,
            (Self::ValueStart, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::QuotedEnd,
            (Self::Quoted, b'\\') => Self::Escaped,
            (Self::Quoted | Self::Escaped, _) if octet::is(b, octet::VALUE) => Self::Quoted,
            _ => return Err(ChunkError::BadExtension),
        };
        Ok(Some(next))
    }
}
