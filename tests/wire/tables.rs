//! Cases of one line each: paths, authorities, queries, lengths; and PROXY protocol headers.

use crate::case::{self, escape};
use ringress::wire::h1::framing::request_body;
use ringress::wire::h1::parse::{Parse, parse_request};
use ringress::wire::head::{HeadError, RequestHead};
use ringress::wire::limits::HeadLimits;
use ringress::wire::proxy_protocol::{self, ProxyHeader, ProxyParse, V2_MAX_DEFAULT};
use ringress::wire::target::{
    Authority, Normal, TargetError, decoded, normalise, normalise_rewritten, pairs,
};

/// The lines of a table that are not comments.
fn rows(file: &str) -> Vec<String> {
    let rows = case::text(file);
    rows.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_string)
        .collect()
}

fn check_paths(file: &str, run: impl Fn(&[u8], &mut Vec<u8>) -> Result<Normal, TargetError>) {
    let mut out = Vec::new();
    for row in rows(file) {
        let (raw, expected) = row
            .split_once(" -> ")
            .or_else(|| row.split_once(" ! "))
            .unwrap_or_else(|| panic!("{file}: {row}"));
        let got = match run(raw.as_bytes(), &mut out) {
            Ok(Normal::AsIs) => raw.to_string(),
            Ok(Normal::Written) => {
                assert_ne!(
                    out,
                    raw.as_bytes(),
                    "{row}: written though it is in normal form"
                );
                String::from_utf8(out.clone()).unwrap()
            }
            Err(error) => error.reason().to_string(),
        };
        assert_eq!(got, expected, "{file}: {row}");
    }
}

#[test]
fn paths_have_one_form() {
    check_paths("paths.txt", normalise);
}

#[test]
fn rewritten_paths_have_one_form_and_one_slash() {
    check_paths("rewritten_paths.txt", normalise_rewritten);
}

#[test]
fn authorities_are_hosts_with_ports() {
    for row in rows("authorities.txt") {
        let got = |text: &str| {
            let authority = Authority::parse(text.as_bytes())?;
            let port = authority
                .port
                .map(|port| format!(" {port}"))
                .unwrap_or_default();
            Some(escape(authority.host) + &port)
        };
        match row.split_once(" -> ") {
            Some((text, expected)) => assert_eq!(got(text).as_deref(), Some(expected), "{row}"),
            None => assert_eq!(got(row.strip_prefix('!').unwrap()), None, "{row}"),
        }
    }
    let label = "a".repeat(63);
    let longest = [label.as_str(), &label, &label, &"b".repeat(61)].join(".");
    assert!(Authority::parse(longest.as_bytes()).is_some());
    assert!(Authority::parse(format!("{longest}c").as_bytes()).is_none());
    assert!(Authority::parse(format!("{label}a").as_bytes()).is_none());
}

#[test]
fn queries_are_pairs() {
    let text = |encoded: &[u8]| String::from_utf8(decoded(encoded).collect()).unwrap();
    for row in rows("queries.txt") {
        let mut parts = row.split(" -> ");
        let query = parts.next().unwrap();
        let got = pairs(query.as_bytes()).map(|pair| text(pair.name) + "=" + &text(pair.value));
        let got: Vec<String> = got.collect();
        let expected: Vec<String> = parts.map(str::to_string).collect();
        assert_eq!(got, expected, "{row}");
    }
}

/// Every form of Content-Length that another party might read as a number.
#[test]
fn a_length_is_plain_digits() {
    let forms = [
        "+5",
        "-0",
        "-1",
        "0x5",
        "1_0",
        "1 0",
        "5, 5",
        "5, 10",
        "5,",
        ",5",
        "00",
        "010",
        "5 5",
        "",
        "99999999999999999999",
        "9223372036854775808",
        "18446744073709551616",
        "1Z",
        "5.0",
        "5e0",
        "\u{0665}",
        "\"5\"",
        "5;",
    ];
    for form in forms {
        let text = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {form}\r\n\r\n");
        let bytes = text.as_bytes();
        let mut head = RequestHead::new();
        let parse = parse_request(bytes, &HeadLimits::REQUEST, &mut head);
        assert_eq!(parse, Ok(Parse::Complete { len: bytes.len() }), "{form}");
        assert_eq!(
            request_body(&head, bytes),
            Err(HeadError::BadContentLength),
            "{form}"
        );
    }
}

/// Reads a PROXY protocol header as the pieces arrive.
pub fn proxy_header(pieces: &[&[u8]]) -> Vec<String> {
    let mut bytes = Vec::new();
    for piece in pieces {
        bytes.extend_from_slice(piece);
        let outcome = match proxy_protocol::parse(&bytes, V2_MAX_DEFAULT) {
            Ok(ProxyParse::Partial) => continue,
            Ok(ProxyParse::Complete { len, header }) => match header {
                ProxyHeader::Local => format!("{len}: local"),
                ProxyHeader::Unaddressed => format!("{len}: own addresses"),
                ProxyHeader::Proxied {
                    source,
                    destination,
                } => {
                    format!("{len}: {source} to {destination}")
                }
            },
            Err(error) => format!("refused {}", error.reason()),
        };
        return vec![outcome];
    }
    vec!["partial".into()]
}
