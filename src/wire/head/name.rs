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
            #[inline]
            pub const fn as_str(self) -> &'static str {
                const TEXTS: &[&str] = &["", $($text,)*];
                TEXTS[self as usize]
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

/// A place in the table of known names.
#[derive(Clone, Copy)]
struct Slot {
    /// The first eight octets of the name; 0 where it is shorter.
    head: u64,
    /// The last eight octets of the name, or all of it.
    tail: u64,
    len: u8,
    /// [`FieldName::Other`] in an empty slot.
    id: FieldName,
}

/// Known names by hash, with linear probing.
static TABLE: [Slot; SLOTS] = table();

const fn table() -> [Slot; SLOTS] {
    let mut slots = [Slot {
        head: 0,
        tail: 0,
        len: 0,
        id: FieldName::Other,
    }; SLOTS];
    let mut next = 0;
    while next < FieldName::ALL.len() {
        let id = FieldName::ALL[next];
        let name = id.as_str().as_bytes();
        let mut tail = 0;
        let mut at = name.len().saturating_sub(8);
        let mut shift = 0;
        while at < name.len() {
            tail |= (name[at] as u64) << shift;
            shift += 8;
            at += 1;
        }
        let mut slot = hash(tail, name.len());
        while !matches!(slots[slot as usize].id, FieldName::Other) {
            slot = slot.wrapping_add(1);
        }
        let head = match name.first_chunk() {
            Some(first) => u64::from_le_bytes(*first),
            None => 0,
        };
        let len = name.len() as u8;
        slots[slot as usize] = Slot {
            head,
            tail,
            len,
            id,
        };
        next += 1;
    }
    slots
}

/// The multiplier was found by trying: it gives every listed name a slot of its own.
const fn hash(tail: u64, len: usize) -> u8 {
    const FOLD: u64 = u64::from_ne_bytes([0x20; 8]);
    let key = (tail | FOLD).wrapping_add(len as u64);
    (key.wrapping_mul(0x87f5_3ddd_4e14_d571) >> 56) as u8
}

/// The last eight octets of `name`, or all of it, as a little-endian number.
#[inline]
fn tail(name: &[u8]) -> u64 {
    if let Some(last) = name.last_chunk::<8>() {
        return u64::from_le_bytes(*last);
    }
    if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (name.len() - 4));
    }
    name.iter()
        .rev()
        .fold(0, |tail, &b| tail << 8 | u64::from(b))
}

/// Whether the octets of `known` and `name` are the same but for the case of letters. Only where
/// `known` has bit 6, which lower-case letters have and `-` and digits have not, may bit 5 differ.
#[inline]
const fn same(known: u64, name: u64) -> bool {
    const LETTER: u64 = u64::from_ne_bytes([0x40; 8]);
    (known ^ name) & !((known & LETTER) >> 1) == 0
}

/// As [`same`], for what lies between the first and the last eight octets of two names as long as
/// each other.
#[inline]
fn same_middle(known: &[u8], name: &[u8]) -> bool {
    let mut words = known.as_chunks::<8>().0.iter().zip(name.as_chunks::<8>().0);
    words.all(|(k, n)| same(u64::from_le_bytes(*k), u64::from_le_bytes(*n)))
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
    #[inline(always)]
    pub fn from_bytes(name: &[u8]) -> Self {
        let end = tail(name);
        let mut slot = hash(end, name.len());
        loop {
            let known = TABLE[slot as usize];
            if known.id == Self::Other {
                return Self::Other;
            }
            if usize::from(known.len) == name.len() && same(known.tail, end) {
                // Two words tell all of up to sixteen octets.
                let all = match name.first_chunk() {
                    None => true,
                    Some(first) => {
                        same(known.head, u64::from_le_bytes(*first))
                            && (name.len() <= 16 || same_middle(known.id.as_str().as_bytes(), name))
                    }
                };
                if all {
                    return known.id;
                }
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
    fn nothing_else_is_found() {
        for &id in FieldName::ALL {
            let text = id.as_str().as_bytes();
            for at in 0..text.len() {
                for octet in 0..=255 {
                    let mut name = text.to_vec();
                    name[at] = octet;
                    let expected = if octet.eq_ignore_ascii_case(&text[at]) {
                        id
                    } else {
                        FieldName::Other
                    };
                    // Two listed names may differ in one octet; none do today.
                    assert_eq!(
                        FieldName::from_bytes(&name),
                        expected,
                        "{}",
                        name.escape_ascii()
                    );
                }
            }
            for name in [
                &text[1..],
                &text[..text.len() - 1],
                &[text, b"s"].concat(),
                &[b"x", text].concat(),
            ] {
                assert_eq!(
                    FieldName::from_bytes(name),
                    FieldName::Other,
                    "{}",
                    name.escape_ascii()
                );
            }
        }
        assert_eq!(FieldName::from_bytes(b""), FieldName::Other);
    }

    #[test]
    fn every_name_has_its_own_slot() {
        for &id in FieldName::ALL {
            let name = id.as_str().as_bytes();
            assert_eq!(
                TABLE[hash(tail(name), name.len()) as usize].id,
                id,
                "find another multiplier"
            );
        }
    }
}
