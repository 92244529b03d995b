//! The head of a request.

use crate::wire::h1::{Scan, encode};
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
    /// The port that the authority names.
    pub port: Option<u16>,
    /// The field lines.
    pub fields: Fields,
    /// What the head says about its connection.
    pub connection: Connection,
    /// Indices of the fields that must not be forwarded. Host is not among them: the caller leaves
    /// it out and writes [`RequestHead::authority`], or what a rewrite made of it.
    pub hop_by_hop: FieldSet,
    /// Fields left out for a name with `_`.
    pub names_dropped: u16,
    pub(in crate::wire) path: Span,
    pub(in crate::wire) query: Option<Span>,
    normal_path: Vec<u8>,
    /// The authority as received: from an absolute-form target, else from Host.
    pub(in crate::wire) raw_authority: Span,
    /// The authority in normal form, where that is not what was received.
    normal_authority: Vec<u8>,
    /// The host is so many bytes at the front of the authority.
    host_len: u32,
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
        self.normal_authority.clear();
        self.host_len = 0;
        self.method = Method::Get;
        self.method_span = Span::default();
        self.version = Version::Http11;
        self.target_form = TargetForm::Origin;
        self.target = Span::default();
        self.raw_authority = Span::default();
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

    /// The authority in its normal form, from an absolute-form target or else from Host: the host in
    /// lower case without trailing dot, and the port if one was named. Empty only for an HTTP/1.0
    /// request without Host.
    #[inline]
    pub fn authority<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        if self.normal_authority.is_empty() {
            self.raw_authority.of(bytes)
        } else {
            &self.normal_authority
        }
    }

    /// The host alone; IPv6 in brackets.
    #[inline]
    pub fn host<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        let authority = self.authority(bytes);
        authority.get(..self.host_len as usize).unwrap_or_default()
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
            Err(error) => {
                // What was written until then is nobody's path.
                self.normal_path.clear();
                return Err(HeadError::Target(error));
            }
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
        self.raw_authority = span;
        self.port = authority.port;
        self.host_len = authority.host.len() as u32;
        self.normal_authority.clear();
        if !authority.is_normal {
            self.normal_authority.extend_from_slice(authority.host);
            self.normal_authority.make_ascii_lowercase();
            if let Some(port) = authority.port {
                self.normal_authority.push(b':');
                encode::decimal(&mut self.normal_authority, u64::from(port));
            }
        }
        Ok(())
    }

    /// Reads the connection facts once all fields are there.
    ///
    /// # Errors
    /// As [`Connection::read`] and [`Connection::read_expectation`].
    pub(in crate::wire) fn settle_connection(&mut self, bytes: &[u8]) -> Result<(), HeadError> {
        self.connection =
            Connection::read(bytes, &self.fields, self.version, &mut self.hop_by_hop)?;
        if self.version == Version::Http11 {
            self.connection.read_expectation(bytes, &self.fields)?;
        }
        Ok(())
    }
}
