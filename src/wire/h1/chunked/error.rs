//! Why a chunked body was refused.

use crate::wire::head::HeadError;
use crate::wire::limits::Limit;

/// Why a chunked body was refused. From a client: 400 if nothing was answered yet; from an upstream:
/// 502, or the client's connection is cut. The connection it came on is closed either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.reason())]
pub enum ChunkError {
    /// The size is empty, has other characters than hexadecimal digits, or does not fit.
    BadSize,
    /// An extension is not `;name`, `;name=token` or `;name="quoted"`.
    BadExtension,
    /// The data does not end where its size says.
    DataTooLong,
    /// CR without LF.
    BareCr,
    /// LF without CR.
    BareLf,
    /// A trailer field is malformed.
    Trailer(HeadError),
    /// A limit was hit.
    TooLarge(Limit),
}

impl ChunkError {
    /// The stable snake_case name for metric and log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadSize => "bad_chunk_size",
            Self::BadExtension => "bad_chunk_extension",
            Self::DataTooLong => "bad_chunk_end",
            Self::BareCr => "chunk_bare_cr",
            Self::BareLf => "chunk_bare_lf",
            Self::Trailer(_) => "bad_trailer",
            Self::TooLarge(limit) => limit.name(),
        }
    }

    /// The status to answer a client with.
    pub const fn status(self) -> u16 {
        400
    }

    /// The limit that was hit, if it was one.
    pub const fn limit(self) -> Option<Limit> {
        match self {
            Self::TooLarge(limit) => Some(limit),
            _ => None,
        }
    }
}
