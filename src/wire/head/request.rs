//! The head of a request.

use crate::wire::h1::Scan;
use crate::wire::head::{
    Connection, FieldName, FieldSet, Fields, HeadError, Method, Span, Values, Version,
};
use crate::wire::target::{self, Authority, Normal};

/// The forms of a request target (RFC 9112 section 3.2). The fourth, authority-form, belongs to
/// CONNECT alone, which is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// `/path?query`
    #[default]
    Origin,
    /// `http://host/path?query`
    Absolute,
    /// `*`, of OPTIONS alone
    Asterisk,
}

/// A request head, as spans over bytes that the caller keeps, and what follows from them.
///
/// Reused from request to request: [`RequestHead::reset`] keeps the memory. Every method that
/// returns bytes takes the buffer that was parsed, from the first byte of the message.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// Its text.
    pub method_span: Span,
    /// The version of the message.
    pub version: Version,
    /// Which form the target has.
    pub target_form: TargetForm,
    /// The target as received. To forward, write path and query.
    pub target: Span,
    /// The authority as received: from an absolute-form target, else from Host. Empty only for an
    /// HTTP/1.0 request without Host.
    pub authority: Span,
    /// The port that the authority names.
    pub port: Option<u16>,
    /// The field lines.
    pub fields: Fields,
    /// What the head says about its connection.
    pub connection: Connection,
    /// Indices of the fields that must not be forwarded. Host is not among them; the authority is
    /// what is sent as Host, and it is the caller's to write.
    pub hop_by_hop: FieldSet,
    /// Fields left out for a name with `_`.
    pub names_dropped: u16,
    pub(in crate::wire) path: Span,
    pub(in crate::wire) query: Option<Span>,
    normal_path: Vec<u8>,
    /// Where the host lies, for as long as it needs no folding.
    host: Span,
    folded_host: Vec<u8>,
    pub(in crate::wire) scan: Scan,
}

impl RequestHead {
    /// An empty head.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the message and keeps the memory.
    pub fn reset(&mut self) {
        self.fields.clear();
        self.normal_path.clear();
        self.folded_host.clear();
        self.host = Span::default();
        self.method = Method::Get;
        self.method_span = Span::default();
        self.version = Version::Http11;
        self.target_form = TargetForm::Origin;
        self.target = Span::default();
        self.authority = Span::default();
        self.port = None;
        self.connection = Connection::default();
        self.hop_by_hop = FieldSet::default();
        self.names_dropped = 0;
        self.path = Span::default();
        self.query = None;
        self.scan = Scan::default();
    }

    /// The method's text.
    pub fn method_name<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        match self.method.name() {
            Some(name) => name.as_bytes(),
            None => self.method_span.of(bytes),
        }
    }

    /// The path in its normal form: what is matched, authorised, logged and forwarded. Begins with
    /// `/`, except that [`TargetForm::Asterisk`] has `*`.
    #[inline]
    pub fn path<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        if !self.normal_path.is_empty() {
            &self.normal_path
        } else if self.path.is_empty() {
            b"/"
        } else {
            self.path.of(bytes)
        }
    }

    /// Whether the path was sent in its normal form.
    pub fn path_is_raw(&self) -> bool {
        self.normal_path.is_empty()
    }

    /// The query without its `?`, as received; none is not the same as an empty one.
    #[inline]
    pub fn query<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        self.query.map(|span| span.of(bytes))
    }

    /// The target as received.
    pub fn raw_target<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        self.target.of(bytes)
    }

    /// The authority as received, with its port: what goes upstream as Host.
    #[inline]
    pub fn authority<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        self.authority.of(bytes)
    }

    /// The host in lower case, without port and trailing dot; IPv6 in brackets. Empty for an
    /// HTTP/1.0 request without Host.
    #[inline]
    pub fn host<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        if self.folded_host.is_empty() {
            self.host.of(bytes)
        } else {
            &self.folded_host
        }
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

    /// Puts the path into its normal form. `plain` vouches that it holds no `%` and no segment that
    /// begins with a dot, which is then all there is to do.
    ///
    /// # Errors
    /// [`HeadError::Target`].
    pub(in crate::wire) fn settle_path(
        &mut self,
        bytes: &[u8],
        plain: bool,
    ) -> Result<(), HeadError> {
        self.normal_path.clear();
        if plain || self.path.is_empty() {
            return Ok(());
        }
        match target::normalise(self.path.of(bytes), &mut self.normal_path) {
            Ok(Normal::AsIs) => self.normal_path.clear(),
            Ok(Normal::Written) => {}
            Err(error) => return Err(HeadError::Target(error)),
        }
        Ok(())
    }

    /// Takes `span` as the authority: validates it, folds the host, keeps the port.
    ///
    /// # Errors
    /// [`HeadError::HostBad`].
    pub(in crate::wire) fn settle_authority(
        &mut self,
        bytes: &[u8],
        span: Span,
    ) -> Result<(), HeadError> {
        let authority = Authority::parse(span.of(bytes)).ok_or(HeadError::HostBad)?;
        self.authority = span;
        self.port = authority.port;
        // The host is the front of the authority.
        self.host = Span {
            start: span.start,
            end: span.start + authority.host.len() as u32,
        };
        self.folded_host.clear();
        if !authority.is_lower {
            self.folded_host.extend_from_slice(authority.host);
            self.folded_host.make_ascii_lowercase();
        }
        Ok(())
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
