//! What is believed, what is dropped, what is said.

use super::*;
use crate::wire::h1::parse::{Parse, parse_request};
use crate::wire::limits::{HeadLimits, UnderscoreNames};

fn policy() -> ForwardedPolicy {
    ForwardedPolicy {
        trusted: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
        forwarded: true,
        real_ip: true,
        via: Some("ring".into()),
    }
}

/// The client, the names of the replaced fields, and the fields said, for a request with `lines`.
fn told(peer: &str, lines: &str) -> (String, Vec<String>, Vec<String>) {
    let limits = HeadLimits {
        underscore: UnderscoreNames::Allow,
        ..HeadLimits::REQUEST
    };
    let text = format!(
        "GET / HTTP/1.1\r\nHost: h:81\r\n{}\r\n",
        lines.replace('\n', "\r\n")
    );
    let bytes = text.as_bytes();
    let mut head = RequestHead::new();
    let parse = parse_request(bytes, &limits, &mut head).unwrap();
    assert_eq!(parse, Parse::Complete { len: bytes.len() });
    let facts = Facts {
        peer: peer.parse().unwrap(),
        tls: true,
        port: 443,
    };
    let mut forwarding = Forwarding::default();
    forwarding.compute(&policy(), &facts, &head, bytes);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let replaced = head.fields.iter().enumerate();
    let replaced = replaced
        .filter(|(index, _)| forwarding.replaced().contains(*index))
        .map(|(_, field)| text(field.name.of(bytes)).to_lowercase())
        .collect();
    let said = forwarding
        .fields()
        .map(|(name, value)| format!("{name}: {}", text(value)))
        .collect();
    (forwarding.client().unwrap().to_string(), replaced, said)
}

#[test]
fn an_untrusted_peer_is_not_believed() {
    let (client, replaced, said) = told(
        "192.0.2.1",
        "X-Forwarded-For: 1.1.1.1\nx_forwarded_proto: http\nX-Original-URL: /admin\nFORWARDED: for=2.2.2.2\n\
         X-Real-IP: 3.3.3.3\nX-Forwarded-User: root\nX-Forwarded-Client-Cert: x\nX-Forwarded-Prefix: /p\n\
         X_Real-IP: 4.4.4.4\nX.Forwarded~Host: evil\nX-Forward: kept\nX-Real-IPs: kept\n",
    );
    assert_eq!(client, "192.0.2.1");
    let all = [
        "x-forwarded-for",
        "x_forwarded_proto",
        "x-original-url",
        "forwarded",
        "x-real-ip",
        "x-forwarded-user",
        "x-forwarded-client-cert",
        "x-forwarded-prefix",
        "x_real-ip",
        "x.forwarded~host",
    ];
    assert_eq!(replaced, all);
    let ours = [
        "x-forwarded-for: 192.0.2.1",
        "x-forwarded-proto: https",
        "x-forwarded-port: 443",
        "x-real-ip: 192.0.2.1",
        "via: 1.1 ring",
        "x-forwarded-host: h:81",
        "forwarded: for=192.0.2.1;host=\"h:81\";proto=https",
    ];
    assert_eq!(said, ours);
}

#[test]
fn a_trusted_peer_is_continued() {
    let (client, replaced, said) = told(
        "10.0.0.1",
        "X-Forwarded-For: 6.6.6.6\nX-Forwarded-For: 5.5.5.5:99, 10.9.9.9\nX-Forwarded-Proto: HTTP\n\
         X-Forwarded-Host: shop.example\nX-Forwarded-Port: 80\nX-Forwarded-Prefix: /p\n\
         Forwarded: for=\"open\nForwarded: for=\"[2001:db8::1]\"\n",
    );
    assert_eq!(client, "5.5.5.5");
    assert!(!replaced.contains(&"x-forwarded-prefix".to_string()));
    let ours = [
        "x-forwarded-for: 6.6.6.6, 5.5.5.5:99, 10.9.9.9, 10.0.0.1",
        "x-forwarded-proto: http",
        "x-forwarded-port: 80",
        "x-real-ip: 5.5.5.5",
        "via: 1.1 ring",
        "x-forwarded-host: shop.example",
        "forwarded: for=\"[2001:db8::1]\", for=10.0.0.1;host=\"h:81\";proto=https",
    ];
    assert_eq!(said, ours);
}

#[test]
fn nonsense_from_a_trusted_peer_is_replaced() {
    let (_, _, said) = told(
        "fd00::1",
        "X-Forwarded-Proto: gopher\nX-Forwarded-Host: a/b\nX-Forwarded-Port: 99999\nX-Forwarded-For:\n",
    );
    let ours = [
        "x-forwarded-for: fd00::1",
        "x-forwarded-proto: https",
        "x-forwarded-port: 443",
        "x-real-ip: fd00::1",
        "via: 1.1 ring",
        "x-forwarded-host: h:81",
    ];
    assert_eq!(said[..6], ours);
    assert_eq!(
        said[6],
        "forwarded: for=\"[fd00::1]\";host=\"h:81\";proto=https"
    );
}

#[test]
fn a_request_is_told_of_as_if_it_were_the_first_on_its_connection() {
    let requests = [
        ("192.0.2.1", "a", ""),
        ("192.0.2.1", "b.test:81", "X-Forwarded-Host: lie\n"),
        ("192.0.2.2", "b", ""),
        ("10.0.0.1", "c", "X-Forwarded-For: 192.0.2.2\n"),
        ("10.0.0.1", "d", "X-Forwarded-For: 192.0.2.3\n"),
        ("192.0.2.2", "e", ""),
        ("192.0.2.2", "f", ""),
    ];
    let mut reused = Forwarding::default();
    for (peer, host, lines) in requests {
        let text = format!("GET / HTTP/1.1\nHost: {host}\n{lines}\n").replace('\n', "\r\n");
        let mut head = RequestHead::new();
        parse_request(text.as_bytes(), &HeadLimits::REQUEST, &mut head).unwrap();
        let facts = Facts {
            peer: peer.parse().unwrap(),
            tls: false,
            port: 80,
        };
        let mut fresh = Forwarding::default();
        for forwarding in [&mut reused, &mut fresh] {
            forwarding.compute(&policy(), &facts, &head, text.as_bytes());
        }
        assert!(reused.fields().eq(fresh.fields()), "{peer} {host}");
        let mut written = Vec::new();
        for (name, value) in reused.fields() {
            encode::field(&mut written, name.as_bytes(), value);
        }
        assert_eq!(reused.lines(), written);
    }
}

#[test]
fn the_client_is_the_rightmost_untrusted_hop() {
    let cases = [
        ("", "10.0.0.1"),
        ("X-Forwarded-For: 10.1.1.1, 10.2.2.2\n", "10.1.1.1"),
        ("X-Forwarded-For: 1.1.1.1, unknown, 10.2.2.2\n", "10.2.2.2"),
        (
            "X-Forwarded-For: 1.1.1.1, 2001:db8::2, [fd00::7]:80\n",
            "2001:db8::2",
        ),
        ("X-Forwarded-For: ::ffff:9.9.9.9\n", "9.9.9.9"),
        ("X-Forwarded-For: 1.1.1.1, unknown\n", "10.0.0.1"),
        (
            "Forwarded: for=1.1.1.1;by=\"a,b\", for=\"[2001:db8::3]:9\" ,For=10.3.3.3\n",
            "2001:db8::3",
        ),
        ("Forwarded: for=1.1.1.1, for=_hidden\n", "10.0.0.1"),
        (
            "Forwarded: for=1.1.1.1, proto=http\nForwarded: for=10.4.4.4\n",
            "10.4.4.4",
        ),
    ];
    for (lines, client) in cases {
        assert_eq!(told("10.0.0.1", lines).0, client, "{lines}");
    }
    // An IPv4 peer on a dual-stack socket.
    assert_eq!(
        told("::ffff:10.0.0.1", "X-Forwarded-For: 8.8.8.8\n").0,
        "8.8.8.8"
    );
}

#[test]
fn addresses_are_written_as_the_library_writes_them() {
    for text in [
        "0.0.0.0",
        "1.20.103.255",
        "10.9.100.99",
        "255.255.255.255",
        "::",
        "2001:db8::1",
    ] {
        let address: IpAddr = text.parse().unwrap();
        let mut out = Vec::new();
        write_address(&mut out, address);
        assert_eq!(String::from_utf8(out).unwrap(), address.to_string());
    }
}
