//! HTTP/1 on sockets: bodies read off one connection and written to another.
//!
//! The bytes are understood by `wire::h1`; here they are moved.

mod framing;
mod sink;
mod source;

pub use framing::Framing;
pub use sink::{COPIED, Outbound, Sink};
pub use source::{Source, UploadLimits};

use super::buffer::{Buffer, Buffers};
use super::fault::Fault;

/// Moves a body from `source` to `sink`, as fast as both allow and no faster: a piece is read when
/// the one before it is written. `buffer` holds what of the body was read with the head, and in the
/// end what follows it. Returns the bytes of payload moved.
///
/// # Errors
/// The fault of the side that failed; the other one is as it was.
pub async fn pump(
    source: &mut Source<'_>,
    sink: &mut Sink<'_>,
    buffer: &mut Buffer,
    buffers: &Buffers,
) -> Result<(), Fault> {
    loop {
        let piece = source.next(buffer, buffers).await?;
        let done = piece.done;
        if done {
            let trailers = source.trailers();
            sink.last(buffer, &piece, trailers.as_deref()).await?;
        } else {
            sink.piece(buffer, &piece).await?;
        }
        buffer.consume(piece.consumed);
        if done {
            return Ok(());
        }
    }
}
