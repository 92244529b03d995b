//! Why a head was refused.

use crate::wire::limits::Limit;
use crate::wire::target::TargetError;
use std::fmt;

/// Why a request head was refused. The connection is closed after the answer: after any of these,
/// where the next message begins is in doubt, or the sender is not one to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeadError {
    /// CR without LF.
    BareCr,
    /// LF without CR.
    BareLf,
    /// More empty lines before the request than anybody sends.
    BlankLines,
    /// The method is no token.
    BadMethod,
    /// A method that is understood and never served: CONNECT, TRACE.
    MethodRefused,
    /// No target after the method.
    MissingTarget,
    /// The target holds a byte that no target may hold, or has no known form.
    BadTarget,
    /// The target cannot be normalised, or must not be.
    Target(TargetError),
    /// The request line ends without a version (HTTP/0.9).
    MissingVersion,
    /// The third part is not `HTTP/` digit `.` digit, or more follows.
    BadVersion,
    /// A well-formed version other than 1.0 and 1.1.
    UnknownVersion,
    /// The status line is malformed.
    BadStatusLine,
    /// The status is outside 100 to 599.
    BadStatus,
    /// A line begins with white space: obsolete line folding, or white space before the first field.
    ObsFold,
    /// A field line begins with its colon.
    EmptyName,
    /// A field name holds a byte that is no token character, or its line has no colon.
    BadName,
    /// White space in a name, or between it and its colon.
    SpaceInName,
    /// A name with `_`, where these are rejected.
    UnderscoreName,
    /// A field value holds a control character.
    BadValue,
    /// A limit was hit.
    TooLarge(Limit),
    /// HTTP/1.1 without Host.
    HostMissing,
    /// More than one Host, equal or not.
    HostTwice,
    /// Host or the target's authority is no `host [":" port]`.
    HostBad,
    /// Host and the authority of an absolute-form target differ.
    HostMismatch,
    /// Content-Length is not a plain decimal number without leading zeros.
    BadContentLength,
    /// More than one Content-Length, equal or not.
    ContentLengthTwice,
    /// Transfer-Encoding is no list of plain codings that ends in one `chunked`.
    BadTransferEncoding,
    /// More than one Transfer-Encoding.
    TransferEncodingTwice,
    /// A well-formed transfer coding other than `chunked`.
    UnknownTransferEncoding,
    /// Transfer-Encoding in an HTTP/1.0 message.
    TransferEncodingInHttp10,
    /// Content-Length and Transfer-Encoding together.
    LengthAndEncoding,
    /// A body on a request that asks to upgrade.
    UpgradeWithBody,
    /// An expectation other than `100-continue`.
    UnknownExpectation,
}

impl HeadError {
    /// The status to answer with.
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLarge(Limit::RequestLine) => 414,
            Self::TooLarge(Limit::HeaderSize | Limit::HeadersSize | Limit::HeaderCount) => 431,
            Self::MethodRefused => 405,
            Self::UnknownVersion => 505,
            Self::UnknownTransferEncoding => 501,
            Self::UnknownExpectation => 417,
            _ => 400,
        }
    }

    /// The stable snake_case name for metric and log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BareCr => "bare_cr",
            Self::BareLf => "bare_lf",
            Self::BlankLines => "blank_lines",
            Self::BadMethod => "bad_method",
            Self::MethodRefused => "method_refused",
            Self::MissingTarget => "missing_target",
            Self::BadTarget => "bad_target",
            Self::Target(error) => error.reason(),
            Self::MissingVersion => "missing_version",
            Self::BadVersion => "bad_version",
            Self::UnknownVersion => "unknown_version",
            Self::BadStatusLine => "bad_status_line",
            Self::BadStatus => "bad_status",
            Self::ObsFold => "obs_fold",
            Self::EmptyName => "empty_header_name",
            Self::BadName => "bad_header_name",
            Self::SpaceInName => "space_in_header_name",
            Self::UnderscoreName => "underscore_name",
            Self::BadValue => "bad_header_value",
            Self::TooLarge(limit) => limit.name(),
            Self::HostMissing => "host_missing",
            Self::HostTwice => "host_twice",
            Self::HostBad => "bad_host",
            Self::HostMismatch => "host_mismatch",
            Self::BadContentLength => "bad_content_length",
            Self::ContentLengthTwice => "content_length_twice",
            Self::BadTransferEncoding => "bad_transfer_encoding",
            Self::TransferEncodingTwice => "transfer_encoding_twice",
            Self::UnknownTransferEncoding => "unknown_transfer_encoding",
            Self::TransferEncodingInHttp10 => "transfer_encoding_http10",
            Self::LengthAndEncoding => "length_and_encoding",
            Self::UpgradeWithBody => "upgrade_with_body",
            Self::UnknownExpectation => "unknown_expectation",
        }
    }

    /// The limit that was hit, if it was one.
    pub const fn limit(self) -> Option<Limit> {
        match self {
            Self::TooLarge(limit) => Some(limit),
            _ => None,
        }
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for HeadError {}

/// Why a response head was refused. The client gets 502 and the upstream connection is closed.
///
/// A type of its own, so that an upstream's fault cannot be answered as if it were the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{0}")]
pub struct ResponseError(pub HeadError);

impl ResponseError {
    /// The status to answer with: always 502.
    pub const fn status(self) -> u16 {
        502
    }

    /// The stable snake_case name for metric and log.
    pub const fn reason(self) -> &'static str {
        self.0.reason()
    }

    /// The limit that was hit, if it was one.
    pub const fn limit(self) -> Option<Limit> {
        self.0.limit()
    }
}
