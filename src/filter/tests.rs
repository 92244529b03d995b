//! Filters from a raw head to what would be sent.

use super::{Arrival, HeadEdits, Reply, Verdict, apply_request, apply_response};
use crate::ir::{Filter, HeaderEdit, PathEdit, Redirect, Rewrite, Scheme};
use crate::wire::h1::parse::{Parse, parse_request};
use crate::wire::head::{FieldName, RequestHead};
use crate::wire::limits::HeadLimits;

fn parse(text: &str) -> RequestHead {
    let mut head = RequestHead::new();
    let parsed = parse_request(text.as_bytes(), &HeadLimits::REQUEST, &mut head);
    assert_eq!(parsed, Ok(Parse::Complete { len: text.len() }), "{text}");
    head
}

const PLAIN: Arrival = Arrival {
    scheme: Scheme::Http,
    port: 80,
    matched_prefix: 0,
};

/// The fields as an encoder would write them.
fn written(text: &str, head: &RequestHead, edits: &HeadEdits) -> Vec<String> {
    let bytes = text.as_bytes();
    let line = |name: &[u8], value: &[u8]| {
        format!(
            "{}: {}",
            String::from_utf8_lossy(name),
            String::from_utf8_lossy(value)
        )
    };
    let kept = head
        .fields
        .iter()
        .enumerate()
        .filter(|(index, field)| !edits.is_removed(*index) && field.id != FieldName::Host);
    kept.map(|(_, field)| line(field.name.of(bytes), field.value.of(bytes)))
        .chain(edits.added().map(|(name, value)| line(name, value)))
        .collect()
}

fn edit(set: &[(&str, &str)], add: &[(&str, &str)], remove: &[&str]) -> HeaderEdit {
    let pairs = |list: &[(&str, &str)]| {
        list.iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    };
    HeaderEdit {
        set: pairs(set),
        add: pairs(add),
        remove: remove.iter().map(|name| (*name).into()).collect(),
    }
}

#[test]
fn header_modifiers() {
    let set = |name, value| edit(&[(name, value)], &[], &[]);
    let add = |name, value| edit(&[], &[(name, value)], &[]);
    let remove = |name| edit(&[], &[], &[name]);
    let cases: Vec<(&str, &str, Vec<HeaderEdit>, &[&str])> = vec![
        ("nothing", "a: 1", vec![], &["a: 1"]),
        ("set overwrites", "a: 1", vec![set("A", "2")], &["A: 2"]),
        (
            "set overwrites every line",
            "a: 1|b: 1|A: 3",
            vec![set("a", "2")],
            &["b: 1", "a: 2"],
        ),
        (
            "set creates",
            "b: 1",
            vec![set("a", "2")],
            &["b: 1", "a: 2"],
        ),
        (
            "set a known name",
            "accept: 1",
            vec![set("Accept", "2")],
            &["Accept: 2"],
        ),
        (
            "add appends",
            "a: 1",
            vec![add("a", "2")],
            &["a: 1", "a: 2"],
        ),
        (
            "add creates",
            "b: 1",
            vec![add("a", "2")],
            &["b: 1", "a: 2"],
        ),
        (
            "remove, in any case",
            "aB: 1|b: 1|Ab: 2",
            vec![remove("AB")],
            &["b: 1"],
        ),
        (
            "remove what is not there",
            "b: 1",
            vec![remove("a")],
            &["b: 1"],
        ),
        (
            "a name is not its beginning",
            "ab: 1",
            vec![remove("a")],
            &["ab: 1"],
        ),
        (
            "set, add, remove in one",
            "a: 1|b: 1|c: 1",
            vec![edit(&[("a", "2")], &[("b", "2")], &["c"])],
            &["b: 1", "a: 2", "b: 2"],
        ),
        (
            "later ones see earlier ones",
            "a: 1",
            vec![add("a", "2"), set("a", "3")],
            &["a: 3"],
        ),
        (
            "a backend's remove",
            "a: 1",
            vec![set("x", "2"), remove("X")],
            &["a: 1"],
        ),
        (
            "set, then add",
            "a: 1",
            vec![set("a", "2"), add("a", "3")],
            &["a: 2", "a: 3"],
        ),
        (
            "what frames a message is nobody's",
            "te: trailers|content-length: 3",
            vec![edit(
                &[("Content-Length", "9"), ("transfer-encoding", "chunked")],
                &[("Connection", "close"), ("host", "x")],
                &["content-length", "TE", "Host"],
            )],
            &["te: trailers", "content-length: 3"],
        ),
    ];
    let mut edits = HeadEdits::new();
    for (name, fields, modifiers, expected) in cases {
        let fields = fields.replace('|', "\r\n");
        let text = format!("GET / HTTP/1.1\r\nhost: h\r\n{fields}\r\n\r\n");
        let head = parse(&text);
        edits.clear();
        assert!(edits.is_empty());
        let request: Vec<_> = modifiers
            .iter()
            .cloned()
            .map(Filter::RequestHeaders)
            .collect();
        // One call a filter, as the backend's come after the rule's.
        for filter in request.chunks(1) {
            let verdict = apply_request(filter, text.as_bytes(), &head, &PLAIN, &mut edits);
            assert_eq!(verdict, Verdict::Continue);
        }
        assert_eq!(written(&text, &head, &edits), expected, "request: {name}");
        let response: Vec<_> = modifiers.into_iter().map(Filter::ResponseHeaders).collect();
        edits.clear();
        apply_response(&response, text.as_bytes(), &head.fields, &mut edits);
        assert_eq!(written(&text, &head, &edits), expected, "response: {name}");
        edits.clear();
        apply_response(&request, text.as_bytes(), &head.fields, &mut edits);
        apply_request(&response, text.as_bytes(), &head, &PLAIN, &mut edits);
        assert!(edits.is_empty(), "edits of the other head: {name}");
    }
}

#[test]
fn a_name_that_was_set_or_removed_is_no_longer_the_gateways_to_write() {
    let text = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
    let filter = edit(&[("X-Set", "1")], &[("X-Add", "1")], &["X-Remove"]);
    let mut edits = HeadEdits::new();
    let filters = [Filter::RequestHeaders(filter)];
    apply_request(&filters, text.as_bytes(), &parse(text), &PLAIN, &mut edits);
    assert!(edits.overrides(b"x-set") && edits.overrides(b"x-remove"));
    assert!(!edits.overrides(b"x-add") && !edits.is_empty());
    edits.clear();
    assert!(!edits.overrides(b"x-set"));
}

#[test]
fn reserved_names_are_the_ones_the_wire_writes_itself() {
    for name in FieldName::ALL {
        let reserved = name.is_hop_by_hop() || *name == FieldName::Host;
        assert_eq!(HeaderEdit::reserved(name.as_str()), reserved, "{name:?}");
        assert_eq!(
            HeaderEdit::reserved(&name.as_str().to_uppercase()),
            reserved
        );
    }
}

/// What goes upstream as path, for a match of the prefix at the front of the path.
fn rewritten(path: &str, matched: usize, edit: PathEdit) -> Result<String, u16> {
    let text = format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n");
    let rewrite = Filter::Rewrite(Rewrite {
        hostname: None,
        path: Some(edit),
    });
    let arrival = Arrival {
        matched_prefix: matched,
        ..PLAIN
    };
    let mut edits = HeadEdits::new();
    match apply_request(
        &[rewrite],
        text.as_bytes(),
        &parse(&text),
        &arrival,
        &mut edits,
    ) {
        Verdict::Continue => {
            Ok(String::from_utf8(edits.path().expect("a path").to_vec()).expect("ASCII"))
        }
        Verdict::Reply(reply) => Err(reply.status),
    }
}

/// The table of `HTTPPathModifier.replacePrefixMatch` (Gateway API).
#[test]
fn replace_prefix_match() {
    for (path, prefix, replacement, expected) in [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"),
        ("/foo", "/foo", "", "/"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
        // Beyond the table: the root, and slashes that must not double.
        ("/bar", "/", "/xyz", "/xyz/bar"),
        ("/", "/", "/xyz", "/xyz/"),
        ("/foo//bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo//evil.example", "/foo", "", "/evil.example"),
        ("/foo//evil.example", "/foo", "/", "/evil.example"),
        ("/foo/a//b", "/foo", "/xyz", "/xyz/a//b"),
        ("/foo/%2Fbar", "/foo", "", "/%2Fbar"),
    ] {
        // As the model stores them: without trailing slash.
        let matched = prefix.trim_end_matches('/').len();
        let edit = PathEdit::Prefix(replacement.trim_end_matches('/').into());
        let got = rewritten(path, matched, edit);
        assert_eq!(
            got.as_deref(),
            Ok(expected),
            "{path} {prefix} {replacement}"
        );
    }
}

#[test]
fn replace_full_path_and_what_may_not_be_sent() {
    for (full, expected) in [
        ("/one", Ok("/one")),
        ("/", Ok("/")),
        ("", Ok("/")),
        ("//evil.example/x", Ok("/evil.example/x")),
        ("/a/../b", Ok("/b")),
        ("http://evil.example/", Err(500)),
        ("/a b", Err(500)),
        ("/a?b", Err(500)),
        ("/../a", Err(500)),
        ("/a\r\nx: y", Err(500)),
    ] {
        let got = rewritten("/foo/bar", 4, PathEdit::Full(full.into()));
        assert_eq!(
            got.as_deref().map_err(|status| *status),
            expected,
            "{full:?}"
        );
    }
}

#[test]
fn a_rewritten_host_and_path_go_together() {
    let text = "GET /a?q=1 HTTP/1.1\r\nhost: h\r\n\r\n";
    let path = Some(PathEdit::Full("/b".into()));
    let rewrite = Filter::Rewrite(Rewrite {
        hostname: Some("other.example".into()),
        path,
    });
    let mut edits = HeadEdits::new();
    apply_request(
        &[rewrite],
        text.as_bytes(),
        &parse(text),
        &PLAIN,
        &mut edits,
    );
    assert_eq!(edits.host(), Some(&b"other.example"[..]));
    assert_eq!(edits.path(), Some(&b"/b"[..]));
    edits.clear();
    assert!(edits.is_empty() && edits.host().is_none() && edits.path().is_none());
}

#[test]
fn redirects() {
    let same = Redirect {
        scheme: None,
        hostname: None,
        port: None,
        path: None,
        status: 302,
    };
    let to = |scheme: Scheme| Redirect {
        scheme: Some(scheme),
        ..same.clone()
    };
    let at = |port: u16| Redirect {
        port: Some(port),
        ..same.clone()
    };
    let host = |name: &str| Redirect {
        hostname: Some(name.into()),
        ..same.clone()
    };
    let full = |path: &str| Redirect {
        path: Some(PathEdit::Full(path.into())),
        ..same.clone()
    };
    let prefix = |path: &str| Redirect {
        path: Some(PathEdit::Prefix(path.into())),
        ..same.clone()
    };
    let http = |port| Arrival {
        scheme: Scheme::Http,
        port,
        matched_prefix: 4,
    };
    let https = |port| Arrival {
        scheme: Scheme::Https,
        port,
        matched_prefix: 4,
    };
    let target = "/foo/bar?q=1";
    let https_8443 = Redirect {
        port: Some(8443),
        ..to(Scheme::Https)
    };
    let https_80 = Redirect {
        port: Some(80),
        ..to(Scheme::Https)
    };
    let https_other = Redirect {
        scheme: Some(Scheme::Https),
        ..host("o.example")
    };
    for (redirect, arrival, expected) in [
        // "Port 80 of http and 443 of https are not added"
        (&same, http(80), "http://h.example/foo/bar?q=1"),
        (&same, https(443), "https://h.example/foo/bar?q=1"),
        // "If redirect scheme is empty, the redirect port MUST be the Gateway Listener port."
        (&same, http(8080), "http://h.example:8080/foo/bar?q=1"),
        (&same, http(443), "http://h.example:443/foo/bar?q=1"),
        (&same, https(80), "https://h.example:80/foo/bar?q=1"),
        (
            &host("o.example"),
            http(8080),
            "http://o.example:8080/foo/bar?q=1",
        ),
        // "If redirect scheme is not empty, [...] the well-known port associated with it."
        (
            &to(Scheme::Https),
            http(80),
            "https://h.example/foo/bar?q=1",
        ),
        (
            &to(Scheme::Https),
            http(8080),
            "https://h.example/foo/bar?q=1",
        ),
        (
            &to(Scheme::Http),
            https(8443),
            "http://h.example/foo/bar?q=1",
        ),
        (&https_other, http(8080), "https://o.example/foo/bar?q=1"),
        // A port that is named is taken, and written unless the scheme implies it.
        (&at(80), http(8080), "http://h.example/foo/bar?q=1"),
        (&at(443), https(8443), "https://h.example/foo/bar?q=1"),
        (&at(8083), https(443), "https://h.example:8083/foo/bar?q=1"),
        (&https_8443, http(80), "https://h.example:8443/foo/bar?q=1"),
        (&https_80, http(8080), "https://h.example:80/foo/bar?q=1"),
        (&full("/one"), http(80), "http://h.example/one?q=1"),
        (&prefix("/xyz"), http(80), "http://h.example/xyz/bar?q=1"),
        (&prefix(""), http(80), "http://h.example/bar?q=1"),
    ] {
        // The port a client names is no part of the host.
        let text = format!("GET {target} HTTP/1.1\r\nhost: H.example:8080\r\n\r\n");
        let filters = [Filter::Redirect(redirect.clone())];
        let mut edits = HeadEdits::new();
        let verdict = apply_request(
            &filters,
            text.as_bytes(),
            &parse(&text),
            &arrival,
            &mut edits,
        );
        let reply = Reply {
            status: 302,
            location: Some(expected.into()),
        };
        assert_eq!(verdict, Verdict::Reply(reply), "{redirect:?} {arrival:?}");
    }
}

#[test]
fn a_redirect_never_leads_to_a_host_of_the_clients_choosing() {
    let same = Redirect {
        scheme: None,
        hostname: None,
        port: None,
        path: None,
        status: 301,
    };
    let prefix = Redirect {
        path: Some(PathEdit::Prefix("".into())),
        ..same.clone()
    };
    for (redirect, text, expected) in [
        (
            &same,
            "GET //evil.example/ HTTP/1.0\r\n\r\n",
            "/evil.example/",
        ),
        (
            &prefix,
            "GET /foo//evil.example HTTP/1.0\r\n\r\n",
            "/evil.example",
        ),
        (
            &same,
            "GET //evil.example/ HTTP/1.1\r\nhost: h\r\n\r\n",
            "http://h//evil.example/",
        ),
        (
            &same,
            "GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n",
            "http://[::1]/",
        ),
    ] {
        let arrival = Arrival {
            matched_prefix: 4,
            ..PLAIN
        };
        let filters = [Filter::Redirect(redirect.clone())];
        let mut edits = HeadEdits::new();
        let verdict = apply_request(
            &filters,
            text.as_bytes(),
            &parse(text),
            &arrival,
            &mut edits,
        );
        let reply = Reply {
            status: 301,
            location: Some(expected.into()),
        };
        assert_eq!(verdict, Verdict::Reply(reply), "{text:?}");
    }
}
