//! Heads read octet by octet and written line by line, as slowly as the specification tells it.

use crate::ir::HeaderEdit;
use crate::wire::h1::encode;
use crate::wire::h1::framing::BodyLength;
use crate::wire::head::{FieldName, Version};
use crate::wire::limits::UnderscoreNames;
use crate::worker::exchange::Scratch;

pub type Line = (Vec<u8>, Vec<u8>);

/// What no field of these names survives: they belong to one connection, or are written by us.
const NEVER: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn lower(text: &[u8]) -> Vec<u8> {
    text.to_ascii_lowercase()
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The field lines behind the start line of a head that ends at `len`, one octet after another;
/// none if one is not what RFC 9112 section 5 calls a field line, with CRLF behind it.
pub fn read_slowly(bytes: &[u8], len: usize) -> Option<Vec<Line>> {
    let mut rest = bytes.get(..len)?;
    while let [b'\r', b'\n', after @ ..] = rest {
        rest = after;
    }
    let mut lines = Vec::new();
    loop {
        let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n'))?;
        let (line, after) = rest.split_at(end);
        rest = after.strip_prefix(b"\r\n")?;
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    if !rest.is_empty() {
        return None;
    }
    let read = |line: &&[u8]| {
        let colon = line.iter().position(|b| *b == b':')?;
        let (name, value) = (&line[..colon], trimmed(&line[colon + 1..]));
        let token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
        let fits = !name.is_empty() && name.iter().all(token);
        let plain = value
            .iter()
            .all(|b| *b == b'\t' || (*b >= b' ' && *b != 0x7f));
        (fits && plain).then(|| (name.to_vec(), value.to_vec()))
    };
    lines.get(1..)?.iter().map(read).collect()
}

/// The elements of all values of a name.
fn elements(lines: &[Line], name: &str) -> Vec<Vec<u8>> {
    let of_name = lines.iter().filter(|(n, _)| lower(n) == name.as_bytes());
    let split = of_name.flat_map(|(_, value)| value.split(|b| *b == b','));
    split.map(|element| lower(trimmed(element))).collect()
}

/// Whether a field must not go on, whoever sent it.
pub fn ends_here(lines: &[Line], name: &[u8]) -> bool {
    let name = lower(name);
    let own = NEVER.iter().any(|never| never.as_bytes() == name);
    // A name that others depend on is nobody's to have removed.
    let nominable = FieldName::from_bytes(&name) == FieldName::Other;
    own || (nominable && elements(lines, "connection").contains(&name))
}

/// Whether a field says who the client is, as lenient origins read names.
fn tells_of_client(name: &[u8]) -> bool {
    let plain: Vec<u8> = lower(name)
        .into_iter()
        .map(|b| if b.is_ascii_alphanumeric() { b } else { b'-' })
        .collect();
    plain.starts_with(b"x-forwarded-")
        || plain.starts_with(b"x-original-")
        || plain == b"x-real-ip"
        || plain == b"forwarded"
}

pub fn write(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

pub fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|one| one.as_bytes() == lower(name))
}

/// Whether this is one protocol, with or without a version, and not HTTP/2.
fn may_be_switched_to(protocol: &[u8]) -> bool {
    let parts: Vec<&[u8]> = protocol.splitn(2, |b| *b == b'/').collect();
    let tokens = parts.iter().all(|part| encode::is_token(part));
    tokens && !is_one_of(protocol, &["h2", "h2c"])
}

/// How a request is sent on.
pub struct Way {
    pub trusted: bool,
    pub edit: Option<HeaderEdit>,
    pub underscore: UnderscoreNames,
}

/// What goes upstream, told slowly. Start line, authority and what the gateway says of the client
/// are tested elsewhere, and taken from the head.
pub fn request_slowly(scratch: &Scratch, all: &[Line], way: &Way, length: BodyLength) -> Vec<u8> {
    let (head, bytes) = (&scratch.head, &scratch.bytes[..]);
    let mut out = head.method_name(bytes).to_vec();
    out.push(b' ');
    out.extend_from_slice(head.path(bytes));
    if let Some(query) = head.query(bytes) {
        out.push(b'?');
        out.extend_from_slice(query);
    }
    out.extend_from_slice(b" HTTP/1.1\r\n");
    write(&mut out, b"Host", head.authority(bytes));
    let edit = way.edit.clone().unwrap_or_default();
    let overridden: Vec<Vec<u8>> = (edit.set.iter().map(|(name, _)| name))
        .chain(&edit.remove)
        .map(|name| lower(name.as_bytes()))
        .collect();
    let lines: Vec<Line> = all
        .iter()
        .filter(|(name, _)| way.underscore == UnderscoreNames::Allow || !name.contains(&b'_'))
        .cloned()
        .collect();
    for (name, value) in &lines {
        let said_anew = if way.trusted {
            let kept = ["x-forwarded-for", "x-forwarded-proto"];
            is_one_of(name, &kept) || is_one_of(name, &["x-forwarded-host", "x-forwarded-port"])
        } else {
            tells_of_client(name)
        };
        let ours = is_one_of(name, &["host", "x-request-id"]);
        if !(ours || said_anew || ends_here(&lines, name) || overridden.contains(&lower(name))) {
            write(&mut out, name, value);
        }
    }
    for (name, value) in scratch.forwarding.fields() {
        if !overridden.contains(&name.as_bytes().to_vec()) {
            write(&mut out, name.as_bytes(), value);
        }
    }
    write(&mut out, b"x-request-id", &scratch.request_id);
    for (name, value) in edit.set.iter().chain(&edit.add) {
        write(&mut out, name.as_bytes(), value.as_bytes());
    }
    match length {
        BodyLength::Fixed(n) => write(&mut out, b"content-length", n.to_string().as_bytes()),
        BodyLength::Chunked => write(&mut out, b"transfer-encoding", b"chunked"),
        BodyLength::Empty if lines.iter().any(|(n, _)| is_one_of(n, &["content-length"])) => {
            write(&mut out, b"content-length", b"0");
        }
        BodyLength::Empty => {}
    }
    let trailers = elements(&lines, "te").contains(&b"trailers".to_vec());
    if trailers {
        write(&mut out, b"TE", b"trailers");
    }
    let protocols: Vec<&Line> =
        (lines.iter().filter(|(n, _)| is_one_of(n, &["upgrade"]))).collect();
    let asked = elements(&lines, "connection").contains(&b"upgrade".to_vec());
    match protocols[..] {
        [(_, protocol)]
            if asked && head.version == Version::Http11 && may_be_switched_to(protocol) =>
        {
            let options: &[u8] = if trailers { b"Upgrade, TE" } else { b"Upgrade" };
            write(&mut out, b"Connection", options);
            write(&mut out, b"Upgrade", protocol);
        }
        _ if trailers => write(&mut out, b"Connection", b"TE"),
        _ => {}
    }
    out.extend_from_slice(b"\r\n");
    out
}
