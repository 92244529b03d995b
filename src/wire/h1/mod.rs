//! HTTP/1.0 and HTTP/1.1 on a byte stream (RFC 9112), strictly.
//!
//! [`parse`] turns bytes into heads, [`framing`] says how long the body is and whether the
//! connection may go on, [`chunked`] takes chunked bodies apart, [`encode`] writes all of it.

pub mod chunked;
pub mod encode;
pub mod framing;
pub mod parse;

pub(in crate::wire) use parse::Scan;
