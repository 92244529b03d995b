//! The field names that the gateway itself looks at, as a small number each.
//!
//! A name is recognised once, when its line is parsed; from then on it is compared as one byte and
//! its presence in a head is one bit.

macro_rules! names {
    ($($variant:ident = $text:literal,)*) => {
        /// A field name known to the gateway, or [`FieldName::Other`].
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum FieldName {
            /// Any name that is not listed here.
            #[default]
            Other,
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl FieldName {
            /// Every known name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in lower case; empty for [`FieldName::Other`].
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::Other => "",
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

names! {
    Host = "host",
    Connection = "connection",
    ContentLength = "content-length",
    TransferEncoding = "transfer-encoding",
    KeepAlive = "keep-alive",
    ProxyConnection = "proxy-connection",
    Te = "te",
    Trailer = "trailer",
    Upgrade = "upgrade",
    Expect = "expect",
    ProxyAuthenticate = "proxy-authenticate",
    ProxyAuthorization = "proxy-authorization",
    ProxyAuthenticationInfo = "proxy-authentication-info",
    Http2Settings = "http2-settings",
    Authorization = "authorization",
    Cookie = "cookie",
    SetCookie = "set-cookie",
    WwwAuthenticate = "www-authenticate",
    Via = "via",
    Forwarded = "forwarded",
    XForwardedFor = "x-forwarded-for",
    XForwardedProto = "x-forwarded-proto",
    XForwardedHost = "x-forwarded-host",
    XForwardedPort = "x-forwarded-port",
    XForwardedPrefix = "x-forwarded-prefix",
    XForwardedClientCert = "x-forwarded-client-cert",
    XForwardedServer = "x-forwarded-server",
    XForwardedScheme = "x-forwarded-scheme",
    XRealIp = "x-real-ip",
    XRequestId = "x-request-id",
    Traceparent = "traceparent",
    Tracestate = "tracestate",
    ContentType = "content-type",
    ContentEncoding = "content-encoding",
    ContentRange = "content-range",
    CacheControl = "cache-control",
    Date = "date",
    Server = "server",
    Location = "location",
    Vary = "vary",
    Etag = "etag",
    LastModified = "last-modified",
    UserAgent = "user-agent",
    Referer = "referer",
    Accept = "accept",
    AcceptEncoding = "accept-encoding",
    AcceptLanguage = "accept-language",
    Origin = "origin",
    Range = "range",
    IfMatch = "if-match",
    IfNoneMatch = "if-none-match",
    IfModifiedSince = "if-modified-since",
    AccessControlRequestMethod = "access-control-request-method",
    AccessControlRequestHeaders = "access-control-request-headers",
    SecWebsocketKey = "sec-websocket-key",
    SecWebsocketVersion = "sec-websocket-version",
    SecWebsocketAccept = "sec-websocket-accept",
    SecWebsocketProtocol = "sec-websocket-protocol",
    SecWebsocketExtensions = "sec-websocket-extensions",
}

// Presence in a head is a bit in a `u64`.
const _: () = assert!(FieldName::ALL.len() < 64);

const SLOTS: usize = 256;

/// Known names by hash, with linear probing; `Other` marks an empty slot.
static TABLE: [FieldName; SLOTS] = table();

const fn table() -> [FieldName; SLOTS] {
    let mut slots = [FieldName::Other; SLOTS];
    let mut next = 0;
    while next < FieldName::ALL.len() {
        let id = FieldName::ALL[next];
        let name = id.as_str().as_bytes();
        let mut slot = hash(
            name.len(),
            name[name.len() / 2],
            name[name.len() - 2],
            name[name.len() - 1],
        );
        while !matches!(slots[slot as usize], FieldName::Other) {
            slot = slot.wrapping_add(1);
        }
        slots[slot as usize] = id;
        next += 1;
    }
    slots
}

/// Length, middle and last two octets tell all listed names apart. Case is folded by setting bit 5.
const fn hash(len: usize, middle: u8, last_but_one: u8, last: u8) -> u8 {
    let sum = len
        .wrapping_mul(215)
        .wrapping_add((last_but_one | 0x20) as usize * 218)
        .wrapping_add((last | 0x20) as usize * 78)
        .wrapping_add((middle | 0x20) as usize * 84);
    sum as u8
}

impl FieldName {
    /// The names of [`FieldName::is_hop_by_hop`], as a mask.
    pub(crate) const HOP_BY_HOP: u64 = Self::Connection.bit()
        | Self::ContentLength.bit()
        | Self::TransferEncoding.bit()
        | Self::KeepAlive.bit()
        | Self::ProxyConnection.bit()
        | Self::Te.bit()
        | Self::Trailer.bit()
        | Self::Upgrade.bit()
        | Self::Expect.bit()
        | Self::ProxyAuthenticate.bit()
        | Self::ProxyAuthorization.bit()
        | Self::ProxyAuthenticationInfo.bit()
        | Self::Http2Settings.bit();

    /// Which name this is, whatever its case.
    #[inline]
    pub fn from_bytes(name: &[u8]) -> Self {
        let [.., last_but_one, last] = *name else {
            return Self::Other;
        };
        let Some(&middle) = name.get(name.len() / 2) else {
            return Self::Other;
        };
        let mut slot = hash(name.len(), middle, last_but_one, last);
        loop {
            let id = TABLE[slot as usize];
            if id == Self::Other || same(id.as_str().as_bytes(), name) {
                return id;
            }
            slot = slot.wrapping_add(1);
        }
    }

    /// Its bit in a mask of names. [`FieldName::Other`] has one too.
    #[inline]
    pub const fn bit(self) -> u64 {
        1 << self as u8
    }

    /// Whether fields of this name belong to the connection they came on, or are written anew by
    /// us, and so are never forwarded: RFC 9110 section 7.6.1, RFC 9112 section 9, RFC 7540 section
    /// 3.2.1. `Content-Length` is here because our framing is our own, `Expect` because we answer
    /// it ourselves.
    #[inline]
    pub const fn is_hop_by_hop(self) -> bool {
        self.bit() & Self::HOP_BY_HOP != 0
    }

    /// Whether `Connection` may nominate it: a name that we know is one that origins or we depend
    /// on, so nobody on the way may have it removed (CVE-2021-32813).
    #[inline]
    pub const fn may_be_nominated(self) -> bool {
        matches!(self, Self::Other) || self.is_hop_by_hop()
    }
}

/// Whether the token `name` is the lower-case `known`. Setting bit 5 folds letters and, in a token,
/// makes no other octet equal to a letter, a digit or `-`.
#[inline]
fn same(known: &[u8], name: &[u8]) -> bool {
    known.len() == name.len() && known.iter().zip(name).all(|(&k, &n)| k == n | 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_in_any_case() {
        for &id in FieldName::ALL {
            let text = id.as_str();
            assert_eq!(FieldName::from_bytes(text.as_bytes()), id, "{text}");
            assert_eq!(
                FieldName::from_bytes(text.to_uppercase().as_bytes()),
                id,
                "{text}"
            );
        }
    }

    #[test]
    fn neighbours_are_other() {
        for text in [
            "",
            "x",
            "te2",
            "hosts",
            "hos",
            "x_forwarded_for",
            "content-length ",
            "x-forwarded-fos",
        ] {
            assert_eq!(
                FieldName::from_bytes(text.as_bytes()),
                FieldName::Other,
                "{text}"
            );
        }
    }
}
