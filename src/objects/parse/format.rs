//! What a text must look like: the patterns of the schemas, as functions.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::objects::kinds::duration;

/// A form that a text may have.
#[derive(Clone, Copy)]
pub struct Format {
    /// Whether a text has the form.
    pub holds: fn(&str) -> bool,
    /// Completes "must be ...".
    pub expects: &'static str,
}

/// Declares formats.
macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident: $holds:expr, $expects:literal;)+) => {
        $($(#[$doc])* pub const $name: Format = Format { holds: $holds, expects: $expects };)+
    };
}

formats! {
    /// RFC 1123 label, lower case, at most 63 characters.
    DNS_LABEL: |text| text.len() <= 63 && is_label(text.as_bytes()),
        "a DNS label: lower case letters, digits and '-', at most 63 characters, starting and ending with a letter or digit";
    /// RFC 1035 label: as above, beginning with a letter.
    DNS_1035_LABEL: |text| (DNS_LABEL.holds)(text) && !text.starts_with(|c: char| c.is_ascii_digit()),
        "a DNS label that begins with a letter: lower case letters, digits and '-', at most 63 characters";
    /// RFC 1123 subdomain, lower case, at most 253 characters.
    DNS_SUBDOMAIN: |text| text.len() <= 253 && is_subdomain(text),
        "a DNS name: lower case letters, digits, '-' and '.', at most 253 characters, each part starting and ending with a letter or digit";
    /// Subdomain, perhaps after `*.`.
    HOSTNAME: |text| is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
        "a DNS name in lower case, which may begin with '*.'";
    /// [`HOSTNAME`], and no IP address: of an Ingress' host.
    INGRESS_HOST: |text| text.len() <= 253 && (HOSTNAME.holds)(text) && text.parse::<Ipv4Addr>().is_err(),
        "a DNS name in lower case (no IP address), which may begin with '*.'";
    /// Subdomain or, for the core group, nothing.
    GROUP: |text| text.is_empty() || is_subdomain(text),
        "an API group: a DNS name in lower case, or empty for the core group";
    KIND: |text| is_word(text.as_bytes(), u8::is_ascii_alphabetic, |byte| byte.is_ascii_alphanumeric() || *byte == b'-', u8::is_ascii_alphanumeric),
        "a kind: letters, digits and '-', beginning with a letter";
    /// Domain, `/`, path (RFC 3986 characters).
    CONTROLLER_NAME: |text| is_domain_path(text, is_path_byte),
        "a domain and a path, as example.com/controller";
    /// The schema's pattern is not anchored within its alternatives; so neither is this.
    ADDRESS_TYPE: |text| text.starts_with("Hostname") || text.contains("IPAddress")
            || text.contains("NamedAddress") || ends_with_domain_path(text, is_path_byte),
        "IPAddress, Hostname, NamedAddress or domain/path";
    /// A word, or domain and word; the second alternative is not anchored at its start.
    PROTOCOL: |text| is_word(text.as_bytes(), u8::is_ascii_alphanumeric, |byte| byte.is_ascii_alphanumeric() || *byte == b'-', u8::is_ascii_alphanumeric)
            || ends_with_domain_path(text, |byte| byte.is_ascii_alphanumeric()),
        "a protocol: letters, digits and '-', or domain/protocol";
    /// RFC 9110, section 5.6.2.
    TOKEN: |text| !text.is_empty() && text.bytes().all(is_token_byte),
        "a header name: letters, digits and any of !#$%&'*+-.^_`|~";
    /// Visible ASCII with single blanks or tabs between.
    HEADER_VALUE: is_header_value,
        "printable ASCII without blanks at its ends or two in a row";
    /// GEP-2257.
    DURATION: |text| duration::parse(text).is_some(),
        "a duration such as 10s, 1m30s or 500ms (units h, m, s, ms; at most four parts of five digits)";
    /// `*`, or scheme, host (perhaps `*` or after `*.`) and perhaps port.
    ORIGIN: is_origin,
        "'*' or an origin such as https://example.com, http://*.example.com:8080";
    /// RFC 3986 path characters.
    PATH: |text| !text.is_empty() && is_path(text.as_bytes()),
        "a path of letters, digits, %XX and any of -/._~!$&'()*+,;=:@";
    /// Qualified name: perhaps a DNS name and '/', then up to 63 characters.
    LABEL_KEY: is_label_key,
        "a name of at most 63 letters, digits, '-', '_' and '.', which may follow a DNS name and '/'";
    LABEL_VALUE: |text| text.is_empty() || (text.len() <= 63 && is_name(text.as_bytes())),
        "empty or at most 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit";
    /// Key of a Secret's or a ConfigMap's data.
    DATA_KEY: |text| (1..=253).contains(&text.len()) && text != "." && !text.starts_with("..")
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')),
        "a file name of letters, digits, '-', '_' and '.', at most 253 characters";
    /// IANA service name (RFC 6335, section 5.1), lower case.
    PORT_NAME: is_port_name,
        "a port name: at most 15 lower case letters, digits and single '-', with at least one letter";
}

fn is_word(
    text: &[u8],
    first: fn(&u8) -> bool,
    middle: fn(&u8) -> bool,
    last: fn(&u8) -> bool,
) -> bool {
    match text {
        [] => false,
        [only] => first(only),
        [start, between @ .., end] => first(start) && last(end) && between.iter().all(middle),
    }
}

fn is_lower(byte: &u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &[u8]) -> bool {
    is_word(
        text,
        is_lower,
        |byte| is_lower(byte) || *byte == b'-',
        is_lower,
    )
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(|label| is_label(label.as_bytes()))
}

fn is_name(text: &[u8]) -> bool {
    let middle = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    is_word(
        text,
        u8::is_ascii_alphanumeric,
        middle,
        u8::is_ascii_alphanumeric,
    )
}

fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    prefix.is_none_or(DNS_SUBDOMAIN.holds) && name.len() <= 63 && is_name(name.as_bytes())
}

fn is_path_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(byte)
}

fn is_domain_path(text: &str, tail: fn(&u8) -> bool) -> bool {
    text.split_once('/').is_some_and(|(domain, path)| {
        is_subdomain(domain) && !path.is_empty() && path.as_bytes().iter().all(tail)
    })
}

/// Whether some end of the text is a domain, a slash and a tail.
fn ends_with_domain_path(text: &str, tail: fn(&u8) -> bool) -> bool {
    text.match_indices('/').any(|(slash, _)| {
        let before = text.as_bytes().get(..slash).and_then(<[u8]>::last);
        let path = text.as_bytes().get(slash + 1..).unwrap_or_default();
        before.is_some_and(is_lower) && !path.is_empty() && path.iter().all(tail)
    })
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_header_value(text: &str) -> bool {
    let blank = |byte: u8| matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    let edges_visible = [bytes.first(), bytes.last()]
        .into_iter()
        .all(|edge| edge.is_some_and(|byte| byte.is_ascii_graphic()));
    edges_visible
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_graphic() || blank(*byte))
        && bytes
            .windows(2)
            .all(|pair| !pair.iter().all(|byte| blank(*byte)))
}

fn is_origin(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let Some(rest) = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"))
    else {
        return false;
    };
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let name = host.strip_prefix("*.").unwrap_or(host);
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (host == "*" || name.split('.').all(part))
        && port.is_none_or(|port| {
            (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn is_path(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return true,
            [b'%', one, two, rest @ ..] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => {
                rest
            }
            [byte, rest @ ..] if *byte == b'@' || (is_path_byte(byte) && *byte != b'%') => rest,
            _ => return false,
        }
    }
}

fn is_port_name(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && is_label(text.as_bytes())
        && !text.contains("--")
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// An address that endpoints of the slice's type may have; `type_name` is `IPv4`, `IPv6` or `FQDN`.
pub fn is_endpoint_address(type_name: &str, text: &str) -> bool {
    match type_name {
        "IPv4" => text
            .parse::<Ipv4Addr>()
            .is_ok_and(|ip| !ip.is_unspecified() && !ip.is_multicast()),
        "IPv6" => text
            .parse::<Ipv6Addr>()
            .is_ok_and(|ip| !ip.is_unspecified() && !ip.is_multicast()),
        "FQDN" => (DNS_SUBDOMAIN.holds)(text.strip_suffix('.').unwrap_or(text)),
        // The type itself is at fault then.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_as_the_patterns_do() {
        let long = "a".repeat(64);
        let cases: &[(&str, Format, &[&str], &[&str])] = &[
            (
                "DNS_LABEL",
                DNS_LABEL,
                &["a", "a-1", "1a"],
                &["", "-a", "a-", "A", "a.b", &long],
            ),
            ("DNS_1035_LABEL", DNS_1035_LABEL, &["a1"], &["1a", ""]),
            (
                "DNS_SUBDOMAIN",
                DNS_SUBDOMAIN,
                &["a", "a.b-c.d"],
                &["", "a..b", "a.", ".a", "a_b"],
            ),
            (
                "HOSTNAME",
                HOSTNAME,
                &["a.b", "*.b", "10.0.0.1"],
                &["*", "*.", "a.*.b", "**.a", "A.b", "a.b."],
            ),
            (
                "INGRESS_HOST",
                INGRESS_HOST,
                &["a.b", "*.b"],
                &["10.0.0.1", "*", "a*.b"],
            ),
            ("GROUP", GROUP, &["", "a.b"], &["A", "a/b"]),
            (
                "KIND",
                KIND,
                &["Service", "a-b", "X"],
                &["", "1a", "a-", "a.b"],
            ),
            (
                "CONTROLLER_NAME",
                CONTROLLER_NAME,
                &["a.b/c", "a/b/c", "a.b/c%41"],
                &["a.b", "a.b/", "/c", "A/b", "a b/c", "a/b c"],
            ),
            (
                "ADDRESS_TYPE",
                ADDRESS_TYPE,
                &[
                    "IPAddress",
                    "Hostname",
                    "NamedAddress",
                    "a.b/c",
                    "HostnameX",
                    "XIPAddress",
                ],
                &["", "IP", "a.b", "a.b/", "A/"],
            ),
            (
                "PROTOCOL",
                PROTOCOL,
                &["HTTP", "a-b", "a.b/c", "7"],
                &["", "-a", "a-", "a.b", "a/", "A/b", "a/b-c"],
            ),
            (
                "TOKEN",
                TOKEN,
                &["X-A", "a`b", "!"],
                &["", "a b", "a:b", "ä"],
            ),
            (
                "HEADER_VALUE",
                HEADER_VALUE,
                &["a", "a b", "a\tb", "ab cd"],
                &["", " a", "a ", "a  b", "a\r\nb", "ä"],
            ),
            (
                "ORIGIN",
                ORIGIN,
                &[
                    "*",
                    "https://a.b",
                    "http://*.a:80",
                    "http://*",
                    "https://*:1",
                ],
                &[
                    "",
                    "a.b",
                    "ftp://a",
                    "http://",
                    "http://a:",
                    "http://a:123456",
                    "http://a/b",
                ],
            ),
            (
                "PATH",
                PATH,
                &["/", "/a%2Fb", "/@;"],
                &["", "/a b", "/%2", "/%zz", "/a?b", "/#"],
            ),
            (
                "LABEL_KEY",
                LABEL_KEY,
                &["a", "a.b/c_d", "A"],
                &["", "/a", "a/", "a/b/c", "-a", "A.b/c", &long],
            ),
            (
                "LABEL_VALUE",
                LABEL_VALUE,
                &["", "a", "A.b_c-d"],
                &["-", "a b", "a.", &long],
            ),
            (
                "DATA_KEY",
                DATA_KEY,
                &["tls.crt", "_a", ".a"],
                &["", ".", "..", "..a", "a/b"],
            ),
            (
                "PORT_NAME",
                PORT_NAME,
                &["http", "a-1"],
                &["", "80", "a--b", "HTTP", "abcdefghijklmnop"],
            ),
        ];
        for (name, format, good, bad) in cases {
            for text in *good {
                assert!((format.holds)(text), "{name} should hold for {text:?}");
            }
            for text in *bad {
                assert!(!(format.holds)(text), "{name} should not hold for {text:?}");
            }
        }
    }
}
