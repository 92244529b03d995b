//! Bytes to messages and back, sans I/O.
//!
//! Everything here is a function of the bytes it is given: no socket, clock, dice or thread, and no
//! other layer is named. What is parsed is left where it lies: a head is a table of [`head::Span`]s
//! over the caller's buffer, so the rest of the program needs only `(bytes, head)`, and an HTTP/2
//! stream can later fill the same head over an arena of its own.
//!
//! Three rules hold everywhere in this layer:
//! - A doubt about framing is an error, never a repair (RFC 9112 section 11.2).
//! - The outcome does not depend on how the bytes were cut into pieces, and the work is linear in
//!   their number however they arrive.
//! - Nothing that arrives is copied raw to the other side: heads are written anew from their parts.

pub mod forwarded;
pub mod h1;
pub mod head;
pub mod limits;
mod octet;
pub mod proxy_protocol;
pub mod target;
