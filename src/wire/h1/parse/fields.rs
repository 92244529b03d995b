//! Field lines up to the empty line that ends them: of heads and of trailers.

use super::scan::{Phase, Reach, Scan, Stop, stop};
use crate::wire::head::{Field, FieldName, FieldSet, Fields, HeadError, Span};
use crate::wire::limits::{HeadLimits, Limit, UnderscoreNames};
use crate::wire::octet;

/// Goes on with the field section; `scan.phase` is one of `Line`, `Name`, `BeforeValue`, `Value`.
/// Returns the length of everything up to and with the closing empty line once it is there.
///
/// # Errors
/// Any malformed line, and the limits.
#[inline]
pub(in crate::wire) fn scan_fields(
    bytes: &[u8],
    limits: &HeadLimits,
    scan: &mut Scan,
    fields: &mut Fields,
    dropped: &mut u16,
) -> Result<Option<usize>, HeadError> {
    let most = limits.fields.min(FieldSet::CAPACITY);
    if scan.phase == Phase::Line {
        // Mostly, clean lines are all there is.
        let room = most.saturating_sub(fields.len() + usize::from(*dropped));
        let pos = clean_lines(bytes, scan.pos, limits, room, fields);
        (scan.line, scan.pos) = (pos, pos);
        if pos <= Reach::head_last(limits)
            && bytes.get(pos..).and_then(<[u8]>::first_chunk) == Some(b"\r\n")
        {
            scan.phase = Phase::Done;
            return Ok(Some(pos + 2));
        }
    }
    let mut at = *scan;
    let mut reach = Reach::of(at.line, limits.field_line, Limit::HeaderSize, limits);
    loop {
        if at.phase == Phase::Line {
            let room = most.saturating_sub(fields.len() + usize::from(*dropped));
            at.pos = clean_lines(bytes, at.pos, limits, room, fields);
            at.line = at.pos;
            at.underscore = false;
            reach = Reach::of(at.line, limits.field_line, Limit::HeaderSize, limits);
            reach.check(at.pos)?;
            let Some(&first) = bytes.get(at.pos) else {
                break;
            };
            if !octet::is(first, octet::TOKEN) {
                match stop(bytes, at.pos)? {
                    Stop::Out => break,
                    Stop::Eol => {
                        at.phase = Phase::Done;
                        *scan = at;
                        return Ok(Some(at.pos + 2));
                    }
                    Stop::At(b' ' | b'\t') => return Err(HeadError::ObsFold),
                    Stop::At(b':') => return Err(HeadError::EmptyName),
                    Stop::At(_) => return Err(HeadError::BadName),
                }
            }
            if fields.len() + usize::from(*dropped) >= most {
                return Err(HeadError::TooLarge(Limit::HeaderCount));
            }
            at.phase = Phase::Name;
        }
        if at.phase == Phase::Name {
            loop {
                at.pos = octet::skip(bytes, at.pos, octet::NAME);
                if bytes.get(at.pos) != Some(&b'_') {
                    break;
                }
                at.underscore = true;
                at.pos += 1;
            }
            // Of two limits the nearer is met, however much arrived at once.
            let own = limits.field_name <= limits.field_line;
            if own && at.pos - at.line > limits.field_name {
                Reach::of(at.line, limits.field_name, Limit::HeaderName, limits).check(at.pos)?;
            }
            reach.check(at.pos)?;
            match bytes.get(at.pos) {
                Some(b':') => {}
                None => break,
                Some(b' ' | b'\t') => return Err(HeadError::SpaceInName),
                Some(b'\n') => return Err(HeadError::BareLf),
                Some(_) => return Err(HeadError::BadName),
            }
            if at.underscore && limits.underscore == UnderscoreNames::Reject {
                return Err(HeadError::UnderscoreName);
            }
            at.name_end = at.pos;
            at.pos += 1;
            at.phase = Phase::BeforeValue;
        }
        if at.phase == Phase::BeforeValue {
            while let Some(b' ' | b'\t') = bytes.get(at.pos) {
                at.pos += 1;
            }
            at.part = at.pos;
            at.phase = Phase::Value;
            if at.pos >= bytes.len() {
                // More of the white space may come.
                at.phase = Phase::BeforeValue;
                reach.check(at.pos)?;
                break;
            }
        }
        at.pos = octet::skip_value(bytes, at.pos);
        reach.check(at.pos)?;
        match stop(bytes, at.pos)? {
            Stop::Eol => {}
            Stop::Out => break,
            Stop::At(_) => return Err(HeadError::BadValue),
        }
        if at.underscore && limits.underscore == UnderscoreNames::Drop {
            *dropped = dropped.saturating_add(1);
        } else {
            fields.push(field(bytes, &at));
        }
        at.pos += 2;
        at.phase = Phase::Line;
    }
    *scan = at;
    Ok(None)
}

/// Takes lines, at most `room`, as long as they are complete and as nearly all are: a name without
/// `_`, a colon, one space, a value that is not empty. Returns where it stopped: whatever is
/// different in any way is left to the careful scan, which this one only saves the work.
#[inline(never)]
fn clean_lines(
    bytes: &[u8],
    from: usize,
    limits: &HeadLimits,
    room: usize,
    fields: &mut Fields,
) -> usize {
    let mut line = from;
    if limits.field_name < octet::COLON_WITHIN {
        return line;
    }
    // What ends in here ends within the head's limit.
    let head_end = Reach::head_last(limits).saturating_add(2);
    let bytes = bytes.get(..head_end).unwrap_or(bytes);
    let most = fields.len() + room;
    while fields.len() < most {
        let Some(clean) = bytes.get(line..).and_then(clean_line) else {
            break;
        };
        let CleanLine { id, colon, end } = clean;
        if end > limits.field_line {
            break;
        }
        fields.push(Field {
            name: Span::within_limits(line, line + colon),
            value: Span::within_limits(line + colon + 2, line + end),
            id,
            as_written: true,
        });
        line += end + 2;
    }
    line
}

/// Where in a line its colon and its CRLF are.
struct CleanLine {
    id: FieldName,
    colon: usize,
    end: usize,
}

#[inline(always)]
fn clean_line(rest: &[u8]) -> Option<CleanLine> {
    let colon = octet::find_colon(rest)?;
    let (name, after) = rest.split_at_checked(colon)?;
    let id = FieldName::from_bytes(name);
    // A name that is known is a token.
    if id == FieldName::Other && (name.is_empty() || !octet::all(name, octet::NAME)) {
        return None;
    }
    let [b':', b' ', value @ ..] = after else {
        return None;
    };
    // Every octet before it may be in a value; HTAB in the midst of one is left to the careful scan.
    let len = octet::find_control(rest, colon + 2)? - colon - 2;
    let (value, [b'\r', b'\n', ..]) = value.split_at_checked(len)? else {
        return None;
    };
    let ([first, ..], [.., last]) = (value, value) else {
        return None;
    };
    // White space at an end; controls other than HTAB are not among the octets of a value.
    if *first <= b' ' || *last <= b' ' {
        return None;
    }
    Some(CleanLine {
        id,
        colon,
        end: colon + 2 + len,
    })
}

/// The field whose line was just scanned.
#[inline]
fn field(bytes: &[u8], at: &Scan) -> Field {
    let value = bytes.get(at.part..at.pos).unwrap_or_default();
    let trailing = value
        .iter()
        .rev()
        .take_while(|&&b| b == b' ' || b == b'\t')
        .count();
    let name = Span::within_limits(at.line, at.name_end);
    let one_space =
        at.part == at.name_end + 2 && bytes.get(at.name_end..at.part) == Some(b": ".as_slice());
    Field {
        name,
        value: Span::within_limits(at.part, at.pos - trailing),
        id: FieldName::from_bytes(name.of(bytes)),
        as_written: one_space && trailing == 0,
    }
}
