//! The limits of this layer, with the stable names by which metrics and logs speak of them.

use crate::wire::head::FieldSet;

/// A limit that a message can hit. [`Limit::name`] is stable: it is a metric label and a log field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`HeadLimits::request_line`].
    RequestLine,
    /// [`HeadLimits::field_name`].
    HeaderName,
    /// [`HeadLimits::field_line`].
    HeaderSize,
    /// [`HeadLimits::head_bytes`].
    HeadersSize,
    /// [`HeadLimits::fields`].
    HeaderCount,
    /// More connection options than any honest sender names.
    ConnectionOptions,
    /// [`ChunkLimits::line_extension`] or [`ChunkLimits::body_extensions`].
    ChunkExtension,
    /// [`ChunkLimits::trailer_bytes`].
    TrailerSize,
    /// [`ChunkLimits::trailer_fields`].
    TrailerCount,
    /// Longest PROXY protocol header accepted.
    ProxyHeader,
}

impl Limit {
    /// Every limit, for registering one metric series each.
    pub const ALL: [Self; 10] = [
        Self::RequestLine,
        Self::HeaderName,
        Self::HeaderSize,
        Self::HeadersSize,
        Self::HeaderCount,
        Self::ConnectionOptions,
        Self::ChunkExtension,
        Self::TrailerSize,
        Self::TrailerCount,
        Self::ProxyHeader,
    ];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestLine => "request_line",
            Self::HeaderName => "header_name",
            Self::HeaderSize => "header_size",
            Self::HeadersSize => "headers_size",
            Self::HeaderCount => "header_count",
            Self::ConnectionOptions => "connection_options",
            Self::ChunkExtension => "chunk_extension",
            Self::TrailerSize => "trailer_size",
            Self::TrailerCount => "trailer_count",
            Self::ProxyHeader => "proxy_header",
        }
    }
}

/// What becomes of a field whose name contains `_`.
///
/// Many origins fold `_` and `-` together (CGI variables), so that such a name can impersonate one
/// that the gateway owns: `X_Forwarded_For`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnderscoreNames {
    /// Left out of the head and counted in `names_dropped`.
    #[default]
    Drop,
    /// The message is refused with 400.
    Reject,
    /// Kept like any other.
    Allow,
}

/// Limits on one message head. All sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Longest request or status line, without its CRLF. Exceeded: 414.
    pub request_line: usize,
    /// Longest field name. Exceeded: 400.
    pub field_name: usize,
    /// Longest field line (name, colon and value), without its CRLF. Exceeded: 431.
    pub field_line: usize,
    /// Longest head from its first byte, without the closing empty line. Exceeded: 431.
    pub head_bytes: usize,
    /// Most field lines, dropped ones included; at most [`FieldSet::CAPACITY`] is honoured. Exceeded: 431.
    pub fields: usize,
    /// Names with `_`.
    pub underscore: UnderscoreNames,
}

impl HeadLimits {
    /// The defaults for requests.
    pub const REQUEST: Self = Self {
        request_line: 8 << 10,
        field_name: 128,
        field_line: 16 << 10,
        head_bytes: 32 << 10,
        fields: 100,
        underscore: UnderscoreNames::Drop,
    };

    /// The defaults for responses, which come from upstreams that the operator chose. Exceeded: 502.
    pub const RESPONSE: Self = Self {
        request_line: 8 << 10,
        field_name: 128,
        field_line: 64 << 10,
        head_bytes: 64 << 10,
        fields: FieldSet::CAPACITY,
        underscore: UnderscoreNames::Allow,
    };
}

/// Limits on the framing of one chunked body. All sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLimits {
    /// Extensions of one chunk, from the first `;`.
    pub line_extension: usize,
    /// Extensions of all chunks of a body together.
    pub body_extensions: usize,
    /// The whole trailer section, without the closing empty line.
    pub trailer_bytes: usize,
    /// Trailer fields.
    pub trailer_fields: usize,
}

impl ChunkLimits {
    /// The defaults, for both directions.
    pub const DEFAULT: Self = Self {
        line_extension: 256,
        body_extensions: 16 << 10,
        trailer_bytes: 16 << 10,
        trailer_fields: 64,
    };
}

impl Default for ChunkLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
