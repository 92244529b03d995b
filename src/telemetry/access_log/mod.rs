//! The access log on the worker's side: one borrowed [`Record`] an exchange, copied into a bounded
//! ring of bytes. Names are resolved, escaped and written by whoever reads the ring.
//!
//! Writing allocates nothing and never waits: a full ring loses the record and says so.

mod codec;
mod flags;
mod ring;

pub use codec::{
    LIMIT_AGENT, LIMIT_ALPN, LIMIT_HOST, LIMIT_METHOD, LIMIT_NAME, LIMIT_PATH, LIMIT_QUERY,
    LIMIT_REFERER, LIMIT_REFUSED, LIMIT_REQUEST_ID, RECORD_MAX,
};
pub use flags::ResponseFlags;
pub use ring::{AccessLogReader, AccessLogWriter, CAPACITY, Ring};

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What the client believes it speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    #[default]
    Http,
    Https,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// Protocol version of the exchange towards the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    Http10,
    #[default]
    Http11,
    Http2,
}

impl HttpVersion {
    pub fn as_str(self) -> &'static str {
        match self {
            HttpVersion::Http10 => "HTTP/1.0",
            HttpVersion::Http11 => "HTTP/1.1",
            HttpVersion::Http2 => "HTTP/2",
        }
    }
}

/// How long the parts of an exchange took, in microseconds. A part that did not happen is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// First byte of the request to last byte of the answer, or to the end of the tunnel.
    pub total: u64,
    /// First byte of the request to its complete head.
    pub head: Option<u64>,
    /// Complete head to chosen endpoint, retries included.
    pub choose: Option<u64>,
    /// Opening the upstream connection; absent when one was reused.
    pub connect: Option<u64>,
    /// Request sent to head of the upstream's answer.
    pub first_byte: Option<u64>,
    /// Head of the upstream's answer to its last byte.
    pub body: Option<u64>,
}

/// The TLS session a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tls<'a> {
    /// Protocol version as on the wire (RFC 8446 section 4.1.2): `0x0303`, `0x0304`.
    pub version: u16,
    /// IANA number of the cipher suite.
    pub cipher: u16,
    pub sni: &'a [u8],
    pub alpn: &'a [u8],
    pub resumed: bool,
}

/// One exchange, or one request that was refused before it became one. Byte fields are as the
/// client sent them: nothing here is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Microseconds since the Unix epoch at the first byte of the request.
    pub time: u64,
    pub timings: Timings,
    /// The other end of the connection, or what the PROXY protocol said of it.
    pub peer: SocketAddr,
    /// The client after the trusted hops of `X-Forwarded-For`.
    pub client: IpAddr,
    /// `None`: the bind listens on every address.
    pub bind_ip: Option<IpAddr>,
    pub bind_port: u16,
    pub scheme: Scheme,
    pub version: HttpVersion,
    pub method: &'a [u8],
    pub host: &'a [u8],
    /// As received, without query.
    pub path: &'a [u8],
    /// Without question mark; `None` when the target had none.
    pub query: Option<&'a [u8]>,
    /// Sent to the client; 0 when it got no answer.
    pub status: u16,
    /// Got from the upstream; 0 when it gave none.
    pub upstream_status: u16,
    /// Body bytes from the client.
    pub received: u64,
    /// Body bytes to the client.
    pub sent: u64,
    pub user_agent: &'a [u8],
    pub referer: &'a [u8],
    pub request_id: &'a [u8],
    /// Counter slots; 0 for none.
    pub rule_slot: u32,
    pub listener_slot: u32,
    pub backend_slot: u32,
    /// The endpoint of the last try.
    pub upstream: Option<SocketAddr>,
    /// Tries at an upstream, 0 when none was asked.
    pub tries: u8,
    pub flags: ResponseFlags,
    /// The rule or limit that refused the request; empty when none did.
    pub refused: &'a str,
    pub tls: Option<Tls<'a>>,
    pub worker: u16,
    /// Requests that came before this one on the client's connection.
    pub request_index: u32,
    /// The upstream connection came from the pool.
    pub upstream_reused: bool,
}

impl Default for Record<'_> {
    fn default() -> Self {
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Record {
            time: 0,
            timings: Timings::default(),
            peer: SocketAddr::new(nowhere, 0),
            client: nowhere,
            bind_ip: None,
            bind_port: 0,
            scheme: Scheme::default(),
            version: HttpVersion::default(),
            method: b"",
            host: b"",
            path: b"",
            query: None,
            status: 0,
            upstream_status: 0,
            received: 0,
            sent: 0,
            user_agent: b"",
            referer: b"",
            request_id: b"",
            rule_slot: 0,
            listener_slot: 0,
            backend_slot: 0,
            upstream: None,
            tries: 0,
            flags: ResponseFlags::default(),
            refused: "",
            tls: None,
            worker: 0,
            request_index: 0,
            upstream_reused: false,
        }
    }
}
