//! Message heads: tables of spans over bytes that somebody else holds.
//!
//! A head never borrows the bytes it describes; its methods take them. Both heads are made to be
//! reused: resetting one keeps its allocations.

mod connection;
mod error;
mod field;
mod method;
mod name;
mod request;
mod response;
mod span;

pub use connection::Connection;
pub use error::{HeadError, ResponseError};
pub use field::{Field, FieldSet, Fields, Values};
pub use method::Method;
pub use name::FieldName;
pub use request::{RequestHead, TargetForm};
pub use response::ResponseHead;
pub use span::Span;

/// The HTTP versions spoken on a byte stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0: no persistence unless asked for, no chunked coding.
    Http10,
    /// HTTP/1.1.
    #[default]
    Http11,
}
