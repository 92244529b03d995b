//! Request heads.

use super::scan::{Phase, Reach, Stop, stop};
use super::{Parse, scan_fields};
use crate::wire::head::{FieldName, HeadError, Method, RequestHead, Span, TargetForm, Version};
use crate::wire::limits::{HeadLimits, Limit};
use crate::wire::octet;
use crate::wire::target::{self, Authority};

/// Empty lines before a request that are skipped, for clients that end a body with one too many
/// (RFC 9112 section 2.2).
const BLANK_LINES_MAX: u8 = 2;

/// Goes on parsing a request head. `bytes` begins with the first byte of the message and holds
/// everything received since; `head` remembers where the last call stopped. After
/// [`Parse::Complete`] or an error the next call begins anew; to drop a partial head, call
/// [`RequestHead::reset`].
///
/// # Errors
/// [`HeadError`], at the byte where the message goes wrong. What the fields say about the body is
/// [`crate::wire::h1::framing::request_body`]'s to judge.
pub fn parse_request(
    bytes: &[u8],
    limits: &HeadLimits,
    head: &mut RequestHead,
) -> Result<Parse, HeadError> {
    if head.scan.phase == Phase::Done {
        head.reset();
    }
    let outcome = advance(bytes, limits, head);
    if outcome != Ok(Parse::Partial) {
        head.scan.phase = Phase::Done;
    }
    outcome
}

fn advance(bytes: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> Result<Parse, HeadError> {
    if !matches!(
        head.scan.phase,
        Phase::Line | Phase::Name | Phase::BeforeValue | Phase::Value
    ) && !request_line(bytes, limits, head)?
    {
        return Ok(Parse::Partial);
    }
    let end = scan_fields(
        bytes,
        limits,
        &mut head.scan,
        &mut head.fields,
        &mut head.names_dropped,
    )?;
    let Some(len) = end else {
        return Ok(Parse::Partial);
    };
    settle_host(bytes, head)?;
    head.settle_connection(bytes)?;
    Ok(Parse::Complete { len })
}

/// Scans the request line; whether it is complete.
fn request_line(
    bytes: &[u8],
    limits: &HeadLimits,
    head: &mut RequestHead,
) -> Result<bool, HeadError> {
    if head.scan.phase == Phase::Start {
        if clean_request_line(bytes, limits, head) {
            return Ok(true);
        }
        if !blank_lines(bytes, head)? {
            return Ok(false);
        }
    }
    let reach = Reach::of(
        head.scan.line,
        limits.request_line,
        Limit::RequestLine,
        limits,
    );
    if head.scan.phase == Phase::Method {
        let pos = octet::skip(bytes, head.scan.pos, octet::TOKEN);
        head.scan.pos = pos;
        reach.check(pos)?;
        match stop(bytes, pos)? {
            Stop::Out => return Ok(false),
            Stop::At(b' ') if pos > head.scan.line => {}
            Stop::At(_) => return Err(HeadError::BadMethod),
            Stop::Eol => return Err(HeadError::MissingTarget),
        }
        head.method_span = Span::new(head.scan.line, pos);
        head.method = Method::from_bytes(head.method_span.of(bytes));
        head.scan.pos = pos + 1;
        head.scan.part = pos + 1;
        head.scan.phase = Phase::Path;
    }
    if matches!(head.scan.phase, Phase::Path | Phase::Query) && !target(bytes, reach, head)? {
        return Ok(false);
    }
    version(bytes, reach, head)
}

/// Takes the request line if it is complete and as most are: `GET` or `POST`, a path that is in
/// normal form at a glance, HTTP/1.1. Whatever is different in any way is left to the careful scan;
/// this one only saves it the work.
fn clean_request_line(bytes: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> bool {
    let (method, start) = match bytes {
        [b'G', b'E', b'T', b' ', b'/', ..] => (Method::Get, 4),
        [b'P', b'O', b'S', b'T', b' ', b'/', ..] => (Method::Post, 5),
        _ => return false,
    };
    let mut end = octet::skip(bytes, start, octet::PLAIN_PATH);
    while let [before, b'.', ..] = bytes.get(end - 1..).unwrap_or_default()
        && *before != b'/'
    {
        end = octet::skip(bytes, end + 1, octet::PLAIN_PATH);
    }
    let path = Span::within_limits(start, end);
    let query = match bytes.get(end) {
        Some(b'?') => {
            let from = end + 1;
            end = octet::skip(bytes, from, octet::QUERY);
            Some(Span::within_limits(from, end))
        }
        _ => None,
    };
    let rest = bytes.get(end..).unwrap_or_default();
    let last = end + b" HTTP/1.1".len();
    let reach = Reach::of(0, limits.request_line, Limit::RequestLine, limits);
    if !rest.starts_with(b" HTTP/1.1\r\n") || reach.check(last).is_err() {
        return false;
    }
    head.method = method;
    head.method_span = Span::within_limits(0, start - 1);
    head.target = Span::within_limits(start, end);
    head.path = path;
    head.query = query;
    head.scan.pos = last + 2;
    head.scan.phase = Phase::Line;
    true
}

/// Skips the empty lines before the request line; whether another byte is there.
fn blank_lines(bytes: &[u8], head: &mut RequestHead) -> Result<bool, HeadError> {
    loop {
        match stop(bytes, head.scan.pos)? {
            Stop::Out => return Ok(false),
            Stop::Eol if head.scan.blank_lines == BLANK_LINES_MAX => {
                return Err(HeadError::BlankLines);
            }
            Stop::Eol => {
                head.scan.blank_lines += 1;
                head.scan.pos += 2;
            }
            Stop::At(_) => {
                head.scan.line = head.scan.pos;
                head.scan.phase = Phase::Method;
                return Ok(true);
            }
        }
    }
}

/// Scans the target and the space after it; whether it is complete.
fn target(bytes: &[u8], reach: Reach, head: &mut RequestHead) -> Result<bool, HeadError> {
    let scan = &mut head.scan;
    while scan.phase == Phase::Path {
        scan.pos = octet::skip(bytes, scan.pos, octet::PLAIN_PATH);
        match bytes.get(scan.pos) {
            Some(b'%') => scan.uneven = true,
            Some(b'.') => {
                scan.uneven |= scan.pos.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'/');
            }
            Some(b'?') => {
                head.query = Some(Span::new(scan.pos + 1, scan.pos + 1));
                scan.phase = Phase::Query;
            }
            _ => break,
        }
        scan.pos += 1;
    }
    if scan.phase == Phase::Query {
        scan.pos = octet::skip(bytes, scan.pos, octet::QUERY);
    }
    let end = scan.pos;
    reach.check(end)?;
    match stop(bytes, end)? {
        Stop::Out => return Ok(false),
        Stop::At(b' ') if end > scan.part => {}
        Stop::At(b' ') => return Err(HeadError::MissingTarget),
        Stop::At(_) => return Err(HeadError::BadTarget),
        Stop::Eol if end > scan.part => return Err(HeadError::MissingVersion),
        Stop::Eol => return Err(HeadError::MissingTarget),
    }
    let start = scan.part;
    scan.pos = end + 1;
    scan.part = end + 1;
    scan.phase = Phase::Version;
    let path_end = match &mut head.query {
        Some(query) => {
            query.end = Span::new(end, end).end;
            query.start as usize - 1
        }
        None => end,
    };
    head.target = Span::new(start, end);
    head.path = Span::new(start, path_end);
    settle_target(bytes, head)?;
    Ok(true)
}

/// Finds the form of the target, and puts its path into normal form.
fn settle_target(bytes: &[u8], head: &mut RequestHead) -> Result<(), HeadError> {
    let raw = head.target.of(bytes);
    match head.method {
        // authority-form and nothing else
        Method::Connect if Authority::parse(raw).is_some_and(|to| to.port.is_some()) => {
            return Err(HeadError::MethodRefused);
        }
        Method::Connect => return Err(HeadError::BadTarget),
        Method::Trace => return Err(HeadError::MethodRefused),
        _ => {}
    }
    match raw {
        [b'/', ..] => {}
        b"*" if head.method == Method::Options => {
            head.target_form = TargetForm::Asterisk;
            return Ok(());
        }
        _ => {
            let authority = target::absolute_authority(raw).ok_or(HeadError::BadTarget)?;
            let start = head.target.start;
            head.target_form = TargetForm::Absolute;
            head.raw_authority = Span {
                start: start + authority.start,
                end: start + authority.end,
            };
            head.path.start = head.raw_authority.end;
        }
    }
    head.settle_path(bytes, !head.scan.uneven)
}

/// Scans the version and its CRLF; whether the request line is complete.
fn version(bytes: &[u8], reach: Reach, head: &mut RequestHead) -> Result<bool, HeadError> {
    let scan = &mut head.scan;
    let rest = bytes.get(scan.part..).unwrap_or_default();
    let end = scan.part + VERSION_LEN;
    let Some(known) = known_version(rest, reach, scan.part)? else {
        return Ok(false);
    };
    reach.check(end)?;
    match stop(bytes, end)? {
        Stop::Out => return Ok(false),
        Stop::At(_) => return Err(HeadError::BadVersion),
        Stop::Eol => {}
    }
    head.version = known;
    scan.pos = end + 2;
    scan.phase = Phase::Line;
    Ok(true)
}

const VERSION_LEN: usize = b"HTTP/1.1".len();

/// Reads `HTTP/1.0` or `HTTP/1.1` at the front of `rest`, which lies at `from`; none while it is
/// incomplete. The first byte that cannot be part of a version is refused at once.
pub(super) fn known_version(
    rest: &[u8],
    reach: Reach,
    from: usize,
) -> Result<Option<Version>, HeadError> {
    for (at, &b) in rest.iter().take(VERSION_LEN).enumerate() {
        reach.check(from + at)?;
        let fits = match at {
            5 | 7 => b.is_ascii_digit(),
            6 => b == b'.',
            _ => b"HTTP/".get(at) == Some(&b),
        };
        if !fits {
            return Err(match b {
                b'\n' => HeadError::BareLf,
                b'\r' if at == 0 => HeadError::MissingVersion,
                _ => HeadError::BadVersion,
            });
        }
    }
    match rest {
        [_, _, _, _, _, b'1', _, b'1', ..] => Ok(Some(Version::Http11)),
        [_, _, _, _, _, b'1', _, b'0', ..] => Ok(Some(Version::Http10)),
        [_, _, _, _, _, _, _, _, ..] => Err(HeadError::UnknownVersion),
        _ => {
            reach.check(from + rest.len())?;
            Ok(None)
        }
    }
}

/// One authority: Host, and an absolute-form target must say the same (RFC 9112 section 3.2.2 would
/// let the target win; a sender that says two things is refused).
fn settle_host(bytes: &[u8], head: &mut RequestHead) -> Result<(), HeadError> {
    if head.fields.has_twice(FieldName::Host) {
        return Err(HeadError::HostTwice);
    }
    let line = head.fields.iter().find(|field| field.id == FieldName::Host);
    let host = match line {
        Some(field) => Some(field.value),
        None if head.version == Version::Http10 => None,
        None => return Err(HeadError::HostMissing),
    };
    if head.target_form != TargetForm::Absolute {
        return match host {
            Some(span) => head.settle_authority(bytes, span),
            None => Ok(()),
        };
    }
    head.settle_authority(bytes, head.raw_authority)?;
    let Some(span) = host else { return Ok(()) };
    let named = Authority::parse(span.of(bytes)).ok_or(HeadError::HostBad)?;
    let https = head
        .raw_target(bytes)
        .get(4)
        .is_some_and(|b| b.eq_ignore_ascii_case(&b's'));
    let default = if https { 443 } else { 80 };
    let same = head.host(bytes).eq_ignore_ascii_case(named.host)
        && head.port.unwrap_or(default) == named.port.unwrap_or(default);
    if same {
        Ok(())
    } else {
        Err(HeadError::HostMismatch)
    }
}
