//! How far a body has come.

use crate::wire::h1::chunked::{ChunkError, ChunkedDecoder};
use crate::wire::h1::framing::{BodyLength, ResponseLength};
use crate::wire::limits::ChunkLimits;
use std::ops::Range;

/// What is left of a body.
pub enum Framing {
    /// Nothing.
    Done,
    /// So many bytes.
    Fixed(u64),
    Chunked(Box<ChunkedDecoder>),
    /// Everything until the peer closes.
    UntilClose,
}

/// A piece of a body, lying in a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where the payload is in the filled part.
    pub data: Range<usize>,
    /// Bytes of the filled part that are dealt with.
    pub consumed: usize,
    /// The body ends with this piece.
    pub done: bool,
}

impl Framing {
    pub fn request(length: BodyLength) -> Self {
        match length {
            BodyLength::Empty => Framing::Done,
            BodyLength::Fixed(n) => Framing::Fixed(n),
            BodyLength::Chunked => {
                Framing::Chunked(Box::new(ChunkedDecoder::new(ChunkLimits::DEFAULT)))
            }
        }
    }

    pub fn response(length: ResponseLength) -> Self {
        match length {
            ResponseLength::Empty | ResponseLength::Interim | ResponseLength::Upgrade => {
                Framing::Done
            }
            ResponseLength::Fixed(n) => Framing::Fixed(n),
            ResponseLength::Chunked => {
                Framing::Chunked(Box::new(ChunkedDecoder::new(ChunkLimits::DEFAULT)))
            }
            ResponseLength::UntilClose => Framing::UntilClose,
        }
    }

    pub fn is_done(&self) -> bool {
        match self {
            Framing::Done | Framing::Fixed(0) => true,
            Framing::Chunked(decoder) => decoder.is_done(),
            Framing::Fixed(_) | Framing::UntilClose => false,
        }
    }

    /// Takes what of the body lies in `bytes`.
    ///
    /// # Errors
    /// Bad chunk framing.
    pub fn take(&mut self, bytes: &mut [u8]) -> Result<Piece, ChunkError> {
        Ok(match self {
            Framing::Done => Piece {
                data: 0..0,
                consumed: 0,
                done: true,
            },
            Framing::Fixed(left) => {
                let n = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= n as u64;
                Piece {
                    data: 0..n,
                    consumed: n,
                    done: *left == 0,
                }
            }
            Framing::Chunked(decoder) => {
                let decoded = decoder.decode(bytes)?;
                Piece {
                    data: decoded.data,
                    consumed: decoded.consumed,
                    done: decoded.done,
                }
            }
            Framing::UntilClose => Piece {
                data: 0..bytes.len(),
                consumed: bytes.len(),
                done: false,
            },
        })
    }

    /// The peer closed: whether that is the proper end of the body.
    pub fn ends_by_close(&self) -> bool {
        matches!(self, Framing::UntilClose)
    }

    /// Whether more is to come than a small buffer holds.
    pub fn is_long(&self, small: usize) -> bool {
        match self {
            Framing::Fixed(left) => *left > small as u64,
            Framing::Done => false,
            Framing::Chunked(_) | Framing::UntilClose => true,
        }
    }
}
