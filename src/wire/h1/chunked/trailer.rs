//! The trailer section, and which of its fields may go on.

use super::ChunkError;
use crate::wire::h1::parse::{Phase, Scan, scan_fields};
use crate::wire::head::{FieldName, Fields, HeadError};
use crate::wire::limits::{ChunkLimits, HeadLimits, Limit, UnderscoreNames};
use crate::wire::octet;

/// Trailer fields, gathered into bytes of their own because they may arrive in pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Trailers {
    bytes: Vec<u8>,
    fields: Fields,
    scan: Scan,
    dropped: u16,
}

impl Trailers {
    pub fn reset(&mut self) {
        self.bytes.clear();
        self.fields.clear();
        self.scan = Scan::default();
        self.dropped = 0;
    }

    pub fn parts(&self) -> (&[u8], &Fields) {
        (&self.bytes, &self.fields)
    }

    /// Takes what belongs to the section from the front of `rest`: how many bytes, and whether it
    /// is complete.
    pub fn take(&mut self, rest: &[u8], limits: &ChunkLimits) -> Result<(usize, bool), ChunkError> {
        if self.bytes.is_empty() && rest.starts_with(b"\r\n") {
            return Ok((2, true));
        }
        if self.bytes.is_empty() {
            self.scan.phase = Phase::Line;
        }
        // Never more than is needed to see the limit hit.
        let room = limits
            .trailer_bytes
            .saturating_add(4)
            .saturating_sub(self.bytes.len());
        let taken = rest.get(..room).unwrap_or(rest);
        let before = self.bytes.len();
        self.bytes.extend_from_slice(taken);
        let within = HeadLimits {
            request_line: 0,
            field_name: HeadLimits::REQUEST.field_name,
            field_line: limits.trailer_bytes,
            head_bytes: limits.trailer_bytes,
            fields: limits.trailer_fields,
            underscore: UnderscoreNames::Drop,
        };
        let scanned = scan_fields(
            &self.bytes,
            &within,
            &mut self.scan,
            &mut self.fields,
            &mut self.dropped,
        );
        match scanned.map_err(refused)? {
            None => Ok((taken.len(), false)),
            Some(len) => {
                self.bytes.truncate(len);
                Ok((len.saturating_sub(before), true))
            }
        }
    }
}

fn refused(error: HeadError) -> ChunkError {
    match error {
        HeadError::TooLarge(Limit::HeaderCount) => ChunkError::TooLarge(Limit::TrailerCount),
        HeadError::TooLarge(Limit::HeaderName) => ChunkError::TooLarge(Limit::HeaderName),
        HeadError::TooLarge(_) => ChunkError::TooLarge(Limit::TrailerSize),
        error => ChunkError::Trailer(error),
    }
}

/// Prefixes of names that say how to read, route or authorise the message and so come too late in a
/// trailer (RFC 9110 section 6.5.1), beyond those that the gateway knows by name.
const DENIED_PREFIXES: [&str; 8] = [
    "content-",
    "proxy-",
    "x-forwarded-",
    "x-original-",
    "x-real-",
    "sec-",
    "if-",
    "access-control-",
];
const DENIED: [&str; 5] = ["age", "expires", "max-forwards", "pragma", "warning"];

/// Whether the trailer field `name` may be passed on: `grpc-*` always; others if `declared`, the
/// values of the message's `Trailer` fields, name them and they are harmless.
pub fn may_forward<'a>(name: &[u8], declared: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let begins = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if begins("grpc-") {
        return true;
    }
    if FieldName::from_bytes(name) != FieldName::Other
        || DENIED_PREFIXES.into_iter().any(begins)
        || DENIED
            .iter()
            .any(|denied| name.eq_ignore_ascii_case(denied.as_bytes()))
    {
        return false;
    }
    declared
        .into_iter()
        .flat_map(octet::list)
        .any(|listed| listed.eq_ignore_ascii_case(name))
}
