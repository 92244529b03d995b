//! Transfer-Encoding and Content-Length in disguise: every octet at every place where some parser
//! somewhere overlooks it.

use ringress::wire::h1::framing::{BodyLength, request_body};
use ringress::wire::h1::parse::{Parse, parse_request};
use ringress::wire::head::{FieldName, RequestHead};
use ringress::wire::limits::{HeadLimits, UnderscoreNames};

/// `*` is where the octet goes.
const DISGUISES: [&str; 16] = [
    "*Transfer-Encoding: chunked",
    "Transfer-Encoding*: chunked",
    "Transfer-Encoding *: chunked",
    "Transfer-Encoding:*chunked",
    "Transfer-Encoding: *chunked",
    "Transfer-Encoding: chunked*",
    "Transfer-Encoding: *, chunked",
    "Transfer-Encoding: chunked,*",
    "Transfer-Encoding: chu*nked",
    "Transfer*Encoding: chunked",
    "Trans*fer-Encoding: chunked",
    "Transfer-Encoding*chunked",
    "X: y*Transfer-Encoding: chunked",
    "X: y\r*Transfer-Encoding: chunked",
    "X: y\n*Transfer-Encoding: chunked",
    "X: y\r\n*Transfer-Encoding: chunked",
];

/// Names that lenient parties take for `wanted`.
fn passes_for(name: &[u8], wanted: &str) -> bool {
    let letters = |text: &[u8]| -> Vec<u8> {
        let kept = text.iter().filter(|b| !matches!(b, b'-' | b'_'));
        kept.map(u8::to_ascii_lowercase).collect()
    };
    letters(name) == letters(wanted.as_bytes()) && name.len() == wanted.len()
}

fn check(line: &[u8], wanted: &str) {
    let text = [
        b"POST / HTTP/1.1\r\nHost: h\r\n",
        line,
        b"\r\nContent-Length: 5\r\n\r\n",
    ]
    .concat();
    let mut head = RequestHead::new();
    let parse = parse_request(&text, &HeadLimits::REQUEST, &mut head);
    let Ok(parse) = parse else { return };
    assert_eq!(parse, Parse::Complete { len: text.len() });
    let Ok(length) = request_body(&head, &text) else {
        return;
    };
    let shown = line.escape_ascii();
    assert_eq!(length, BodyLength::Fixed(5), "{shown}");
    assert!(!head.has(FieldName::TransferEncoding), "{shown}");
    for field in &head.fields {
        let name = field.name.of(&text);
        let own = field.id == FieldName::ContentLength && field.value.of(&text) == b"5";
        assert!(
            own || !passes_for(name, wanted),
            "{shown}: {}",
            name.escape_ascii()
        );
    }
}

#[test]
fn no_octet_hides_a_transfer_encoding() {
    for disguise in DISGUISES {
        for octet in 0..=255_u8 {
            let (before, after) = disguise.split_once('*').unwrap();
            check(
                &[before.as_bytes(), &[octet], after.as_bytes()].concat(),
                "transfer-encoding",
            );
        }
    }
}

#[test]
fn no_octet_hides_a_second_length() {
    for disguise in DISGUISES {
        let disguise = disguise
            .replace("Transfer", "Content")
            .replace("Encoding", "Length");
        let disguise = disguise
            .replace("Trans", "Con")
            .replace("fer", "tent")
            .replace("chunked", "9");
        for octet in 0..=255_u8 {
            let (before, after) = disguise.split_once('*').unwrap();
            check(
                &[before.as_bytes(), &[octet], after.as_bytes()].concat(),
                "content-length",
            );
        }
    }
}

/// Where names with `_` are allowed, they are told apart from those with `-`.
#[test]
fn an_allowed_underscore_is_no_hyphen() {
    let limits = HeadLimits {
        underscore: UnderscoreNames::Allow,
        ..HeadLimits::REQUEST
    };
    let text = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer_Encoding: chunked\r\nHost_: g\r\n\r\n";
    let mut head = RequestHead::new();
    let parse = parse_request(text, &limits, &mut head);
    assert_eq!(parse, Ok(Parse::Complete { len: text.len() }));
    assert_eq!(request_body(&head, text), Ok(BodyLength::Empty));
    assert_eq!(head.fields.len(), 3);
    let reject = HeadLimits {
        underscore: UnderscoreNames::Reject,
        ..HeadLimits::REQUEST
    };
    let error = parse_request(text, &reject, &mut head).unwrap_err();
    assert_eq!((error.status(), error.reason()), (400, "underscore_name"));
}
