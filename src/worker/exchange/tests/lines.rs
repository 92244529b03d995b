//! Heads as clients and origins send them: well, oddly and badly.

use crate::ir::HeaderEdit;
use crate::wire::limits::{HeadLimits, UnderscoreNames};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Lines as they should not be, among lines as they should.
pub fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = select(
        &[
            "Accept",
            "cookie",
            "x-a",
            "X-B",
            "X_C",
            "Connection",
            "Keep-Alive",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Proxy-Connection",
            "Proxy-Authorization",
            "HTTP2-Settings",
            "Via",
            "X-Forwarded-For",
            "x-forwarded-host",
            "X-Forwarded-Proto",
            "X_Forwarded_For",
            "X.Forwarded-For",
            "X-Real-IP",
            "X-Real_Ip",
            "Forwarded",
            "X-Original-URL",
            "X-Request-ID",
            "Content-Length",
            "Transfer-Encoding",
            "Host",
            "Content_Length",
            "Authorization",
        ][..],
    );
    let name = prop_oneof![
        40 => known.prop_map(|name| name.as_bytes().to_vec()),
        // Around what the quick scan looks at, and around the limit.
        4 => select(&[1_usize, 7, 8, 9, 30, 31, 32, 33, 127, 128, 129][..])
            .prop_map(|len| vec![b'n'; len]),
        1 => select(&["", " ", "x y", "x\t", "x\0", "x\u{e9}", "x\r", "x\n", "(x)"][..])
            .prop_map(|name| name.as_bytes().to_vec()),
    ];
    let colon = prop_oneof![
        20 => Just(&b": "[..]),
        6 => select(vec![&b":"[..], b":\t", b":  ", b": \t ", b":\t\t"]),
        1 => select(vec![&b" : "[..], b"", b"=", b":\r\n ", b":\0", b": :"]),
    ];
    let word = select(
        &[
            "1",
            "0",
            "close",
            "keep-alive",
            "x-a",
            "X-B, upgrade",
            "upgrade",
            "x-a,cookie,host",
            "websocket",
            "WebSocket",
            "h2c",
            "h2",
            "trailers",
            "gzip, trailers",
            "chunked",
            "a\tb",
            "100-continue",
            "6.6.6.6",
            "for=6.6.6.6",
            "h",
            "é~",
            "ÿ~~",
            "a:b: c",
            "x, y , ,z",
        ][..],
    );
    let value = prop_oneof![
        20 => word.prop_map(|word| word.as_bytes().to_vec()),
        4 => (0..70_usize).prop_map(|len| vec![b'v'; len]),
        2 => vec(select(&b"~\xff\x80 \ta"[..]), 0..24),
        1 => vec(select(&b"a\0\r\n\x7f\x1f"[..]), 1..4),
    ];
    let end = prop_oneof![
        40 => Just(&b"\r\n"[..]),
        4 => select(vec![&b" \r\n"[..], b"\t\r\n", b" \t \r\n"]),
        1 => select(vec![&b"\n"[..], b"\r", b"\r\r\n", b"\r\n ", b"\r\n\t", b"\n\r\n", b"\0\r\n"]),
    ];
    (name, colon, value, end).prop_map(|(n, c, v, e)| [&n[..], c, &v, e].concat())
}

pub fn limits() -> impl Strategy<Value = HeadLimits> {
    let underscore = select(
        &[
            UnderscoreNames::Drop,
            UnderscoreNames::Allow,
            UnderscoreNames::Reject,
        ][..],
    );
    let tight = (20..60_usize, 20..400_usize, 1..8_usize, 5..40_usize);
    let usual = HeadLimits::REQUEST;
    prop_oneof![
        3 => Just(usual),
        1 => tight.prop_map(move |(field_line, head_bytes, fields, field_name)| HeadLimits {
            field_line,
            head_bytes,
            fields,
            field_name,
            ..usual
        }),
    ]
    .prop_flat_map(move |limits| {
        let underscore = underscore.clone();
        underscore.prop_map(move |underscore| HeadLimits {
            underscore,
            ..limits
        })
    })
}

pub fn way() -> impl Strategy<Value = (bool, Option<HeaderEdit>)> {
    let edit = HeaderEdit {
        set: vec![
            ("X-A".into(), "set".into()),
            ("x-forwarded-proto".into(), "wss".into()),
        ],
        add: vec![("cookie".into(), "added".into())],
        remove: vec!["ACCEPT".into(), "x-b".into()],
    };
    (any::<bool>(), select(vec![None, Some(edit)]))
}
