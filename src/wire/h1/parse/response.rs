//! Response heads.

use super::request::known_version;
use super::scan::{Phase, Reach, Stop, stop};
use super::{Parse, scan_fields};
use crate::wire::head::{HeadError, ResponseError, ResponseHead, Span, Version};
use crate::wire::limits::{HeadLimits, Limit};
use crate::wire::octet;

/// Goes on parsing a response head, as [`super::parse_request`] does for requests. No empty line
/// may come before it: that would be left over from the message before.
///
/// # Errors
/// [`ResponseError`]: answer 502 and close the upstream connection.
pub fn parse_response(
    bytes: &[u8],
    limits: &HeadLimits,
    head: &mut ResponseHead,
) -> Result<Parse, ResponseError> {
    if head.scan.phase == Phase::Done {
        head.reset();
    }
    let outcome = advance(bytes, limits, head).map_err(ResponseError);
    if outcome != Ok(Parse::Partial) {
        head.scan.phase = Phase::Done;
    }
    outcome
}

fn advance(bytes: &[u8], limits: &HeadLimits, head: &mut ResponseHead) -> Result<Parse, HeadError> {
    if matches!(head.scan.phase, Phase::Start | Phase::Reason) && !status_line(bytes, limits, head)?
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
    head.settle_connection(bytes)?;
    Ok(Parse::Complete { len })
}

/// Scans `HTTP/1.1 200 reason`; whether it is complete. The space before an absent reason may be
/// absent too, as many origins leave it out.
fn status_line(
    bytes: &[u8],
    limits: &HeadLimits,
    head: &mut ResponseHead,
) -> Result<bool, HeadError> {
    let reach = Reach::of(0, limits.request_line, Limit::RequestLine, limits);
    if head.scan.phase == Phase::Start
        && let Some(status) = clean_status(bytes)
        && reach.check(CLEAN_STATUS_LEN).is_ok()
    {
        head.version = Version::Http11;
        head.status = status;
        head.scan.pos = CLEAN_STATUS_LEN;
        head.scan.part = CLEAN_STATUS_LEN;
        head.scan.phase = Phase::Reason;
    }
    if head.scan.phase == Phase::Start {
        let Some(version) = known_version(bytes, reach, 0).map_err(in_status_line)? else {
            return Ok(false);
        };
        for at in 8..12 {
            reach.check(at)?;
            match bytes.get(at) {
                None => return Ok(false),
                Some(b' ') if at == 8 => {}
                Some(b) if at > 8 && b.is_ascii_digit() => {}
                Some(b'\n') => return Err(HeadError::BareLf),
                Some(_) => return Err(HeadError::BadStatusLine),
            }
        }
        head.version = version;
        let code = bytes
            .get(9..12)
            .and_then(|digits| octet::decimal(digits, 3))
            .unwrap_or_default();
        head.status = code as u16;
        if !(100..600).contains(&head.status) {
            return Err(HeadError::BadStatus);
        }
        reach.check(12)?;
        match stop(bytes, 12)? {
            Stop::Out => return Ok(false),
            Stop::At(b' ') => head.scan.pos = 13,
            Stop::At(_) => return Err(HeadError::BadStatusLine),
            Stop::Eol => head.scan.pos = 12,
        }
        head.scan.part = head.scan.pos;
        head.scan.phase = Phase::Reason;
    }
    head.scan.pos = octet::skip_value(bytes, head.scan.pos);
    reach.check(head.scan.pos)?;
    match stop(bytes, head.scan.pos)? {
        Stop::Out => return Ok(false),
        Stop::At(_) => return Err(HeadError::BadStatusLine),
        Stop::Eol => {}
    }
    head.reason = Span::new(head.scan.part, head.scan.pos);
    head.scan.pos += 2;
    head.scan.phase = Phase::Line;
    Ok(true)
}

/// Length of a status line up to its reason.
const CLEAN_STATUS_LEN: usize = b"HTTP/1.1 200 ".len();

/// The status, if the line begins as most do. Whatever is different is left to the careful scan.
fn clean_status(bytes: &[u8]) -> Option<u16> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 ")?;
    let [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', b' '] = *rest.first_chunk()? else {
        return None;
    };
    let digit = |b: u8| u16::from(b - b'0');
    Some(digit(a) * 100 + digit(b) * 10 + digit(c))
}

/// What is wrong with the version, said of a status line.
fn in_status_line(error: HeadError) -> HeadError {
    match error {
        HeadError::BadVersion | HeadError::MissingVersion => HeadError::BadStatusLine,
        error => error,
    }
}
