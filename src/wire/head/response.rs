//! The head of a response.

use crate::wire::h1::Scan;
use crate::wire::head::{
    Connection, FieldName, FieldSet, Fields, HeadError, Span, Values, Version,
};

/// A response head, as spans over bytes that the caller keeps, and what follows from them.
///
/// Reused like [`crate::wire::head::RequestHead`].
#[derive(Clone, Debug, Default)]
pub struct ResponseHead {
    /// The status, 100 to 599.
    pub status: u16,
    /// The reason phrase as received. Not forwarded: we write the standard one.
    pub reason: Span,
    /// The version of the message.
    pub version: Version,
    /// The field lines.
    pub fields: Fields,
    /// What the head says about its connection.
    pub connection: Connection,
    /// Indices of the fields that must not be forwarded.
    pub hop_by_hop: FieldSet,
    /// Fields left out for a name with `_`.
    pub names_dropped: u16,
    pub(in crate::wire) scan: Scan,
}

impl ResponseHead {
    /// An empty head.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the message and keeps the memory.
    pub fn reset(&mut self) {
        self.fields.clear();
        self.status = 0;
        self.reason = Span::default();
        self.version = Version::Http11;
        self.connection = Connection::default();
        self.hop_by_hop = FieldSet::default();
        self.names_dropped = 0;
        self.scan = Scan::default();
    }

    /// Whether it is an interim response: 1xx except 101, which is final on its connection.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// Whether a field of this known name is present.
    #[inline]
    pub fn has(&self, id: FieldName) -> bool {
        self.fields.has(id)
    }

    /// The values of a known name, in order.
    pub fn values<'a>(&'a self, bytes: &'a [u8], id: FieldName) -> Values<'a> {
        self.fields.values(bytes, id)
    }

    /// The values of a name in any case, in order.
    pub fn values_by_name<'a>(&'a self, bytes: &'a [u8], name: &'a [u8]) -> Values<'a> {
        self.fields.values_by_name(bytes, name)
    }

    /// Reads the connection facts once all fields are there.
    ///
    /// # Errors
    /// As [`Connection::read`].
    pub(in crate::wire) fn settle_connection(&mut self, bytes: &[u8]) -> Result<(), HeadError> {
        self.connection =
            Connection::read(bytes, &self.fields, self.version, &mut self.hop_by_hop)?;
        Ok(())
    }
}
