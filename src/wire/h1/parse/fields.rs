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
    let mut at = *scan;
    loop {
        if at.phase == Phase::Line {
            at.line = at.pos;
            at.underscore = false;
        }
        let reach = Reach::of(at.line, limits.field_line, Limit::HeaderSize, limits);
        if at.phase == Phase::Line {
            reach.check(at.pos)?;
            match stop(bytes, at.pos)? {
                Stop::Out => break,
                Stop::Eol => {
                    at.phase = Phase::Done;
                    *scan = at;
                    return Ok(Some(at.pos + 2));
                }
                Stop::At(b' ' | b'\t') => return Err(HeadError::ObsFold),
                Stop::At(b':') => return Err(HeadError::EmptyName),
                Stop::At(_) => {}
            }
            if fields.len() + usize::from(*dropped) >= most {
                return Err(HeadError::TooLarge(Limit::HeaderCount));
            }
            at.phase = Phase::Name;
        }
        if at.phase == Phase::Name {
            let longest = limits.field_name.min(limits.field_line);
            let name_reach = Reach::of(at.line, longest, Limit::HeaderName, limits);
            loop {
                at.pos = octet::skip(bytes, at.pos, octet::NAME);
                if bytes.get(at.pos) != Some(&b'_') {
                    break;
                }
                at.underscore = true;
                at.pos += 1;
            }
            name_reach.check(at.pos)?;
            match bytes.get(at.pos) {
                None => break,
                Some(b':') => {}
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
            reach.check(at.pos)?;
            if at.pos >= bytes.len() {
                break;
            }
            at.part = at.pos;
            at.phase = Phase::Value;
        }
        at.pos = octet::skip_value(bytes, at.pos);
        reach.check(at.pos)?;
        match stop(bytes, at.pos)? {
            Stop::Out => break,
            Stop::At(_) => return Err(HeadError::BadValue),
            Stop::Eol => {}
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

/// The field whose line was just scanned.
#[inline]
fn field(bytes: &[u8], at: &Scan) -> Field {
    let mut end = at.pos;
    while end > at.part && matches!(bytes.get(end - 1), Some(b' ' | b'\t')) {
        end -= 1;
    }
    let name = Span::new(at.line, at.name_end);
    Field {
        name,
        value: Span::new(at.part, end),
        id: FieldName::from_bytes(name.of(bytes)),
    }
}
