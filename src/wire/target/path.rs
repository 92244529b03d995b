//! The normal form of a path.
//!
//! - A percent-encoded unreserved octet is decoded, once; every other escape is kept, in upper case,
//!   so that `%2F` never becomes a `/`.
//! - Dot segments are removed afterwards (`%2e%2e` is `..`); climbing above the root is refused.
//! - `//` is kept: it is another path than `/`, to the Gateway API and to many origins.
//! - What different origins read differently is refused: controls, raw `\`, overlong UTF-8, `..;x`.

use crate::wire::octet;
use crate::wire::target::TargetError;

/// Where the normal form of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normal {
    /// The path is in normal form already.
    AsIs,
    /// It was written to the vector.
    Written,
}

/// Brings `path`, without query, into its normal form, which replaces the content of `out` unless
/// the answer is [`Normal::AsIs`].
///
/// # Errors
/// [`TargetError`].
pub fn normalise(path: &[u8], out: &mut Vec<u8>) -> Result<Normal, TargetError> {
    out.clear();
    if path.first() != Some(&b'/') {
        return Err(TargetError::Relative);
    }
    decode(path, out)?;
    remove_dot_segments(out)?;
    Ok(if out == path {
        Normal::AsIs
    } else {
        Normal::Written
    })
}

/// As [`normalise`], for a path that a rewrite made: slashes at its front become one, so that it can
/// never be read as `//authority`.
///
/// # Errors
/// [`TargetError`].
pub fn normalise_rewritten(path: &[u8], out: &mut Vec<u8>) -> Result<Normal, TargetError> {
    let slashes = path.iter().take_while(|&&b| b == b'/').count();
    let single = path.get(slashes.saturating_sub(1)..).unwrap_or_default();
    let normal = normalise(single, out)?;
    // Removing dot segments may bring `//` to the front again: `/.//x`.
    let doubled = out
        .iter()
        .take_while(|&&b| b == b'/')
        .count()
        .saturating_sub(1);
    out.drain(..doubled);
    Ok(if doubled > 0 || single.len() != path.len() {
        Normal::Written
    } else {
        normal
    })
}

/// Copies `path` to `out` with unreserved escapes decoded and the others in upper case.
fn decode(path: &[u8], out: &mut Vec<u8>) -> Result<(), TargetError> {
    let mut at = 0;
    // The first octet of an escape pair that would be overlong with the right second one.
    let mut lead = 0_u8;
    while let Some(&b) = path.get(at) {
        if b != b'%' {
            if !(octet::is(b, octet::PLAIN_PATH) || b == b'.') {
                return Err(TargetError::BadByte);
            }
            out.push(b);
            lead = 0;
            at += 1;
            continue;
        }
        let Some(&[high, low]) = path.get(at + 1..at + 3).and_then(<[u8]>::first_chunk::<2>) else {
            return Err(TargetError::BadEscape);
        };
        let (Some(high), Some(low)) = (octet::hex(high), octet::hex(low)) else {
            return Err(TargetError::BadEscape);
        };
        let value = high << 4 | low;
        if value < 0x20 || value == 0x7f {
            return Err(TargetError::EncodedControl);
        }
        if is_overlong(lead, value) {
            return Err(TargetError::Overlong);
        }
        lead = value;
        if octet::is(value, octet::UNRESERVED) {
            out.push(value);
        } else {
            out.extend_from_slice(&[
                b'%',
                UPPER_HEX[high as usize & 15],
                UPPER_HEX[low as usize & 15],
            ]);
        }
        at += 3;
    }
    Ok(())
}

const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Whether two octets begin a UTF-8 sequence longer than its character needs.
fn is_overlong(lead: u8, next: u8) -> bool {
    match lead {
        0xc0 | 0xc1 => (0x80..=0xbf).contains(&next),
        0xe0 => (0x80..=0x9f).contains(&next),
        0xf0 => (0x80..=0x8f).contains(&next),
        _ => false,
    }
}

/// Removes `.` and `..` segments in place (RFC 3986 section 5.2.4).
fn remove_dot_segments(path: &mut Vec<u8>) -> Result<(), TargetError> {
    let mut read = 0;
    let mut write = 0;
    while read < path.len() {
        // A segment with the slash before it.
        let rest = path.get(read + 1..).unwrap_or_default();
        let len = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
        let end = read + 1 + len;
        let last = end == path.len();
        match rest.get(..len).unwrap_or_default() {
            [b'.'] => {
                if last {
                    write = put_slash(path, write);
                }
            }
            [b'.', b'.'] => {
                let kept = path.get(..write).unwrap_or_default();
                let parent = kept.iter().rposition(|&b| b == b'/');
                write = parent.ok_or(TargetError::AboveRoot)?;
                if last {
                    write = put_slash(path, write);
                }
            }
            [b'.', b';', ..] | [b'.', b'.', b';', ..] => return Err(TargetError::DotParameters),
            _ => {
                path.copy_within(read..end, write);
                write += end - read;
            }
        }
        read = end;
    }
    path.truncate(write);
    Ok(())
}

/// Writes a slash at `write`; it never passes what is still to be read, because the segment that
/// gave it up was at least as long.
fn put_slash(path: &mut [u8], write: usize) -> usize {
    if let Some(slot) = path.get_mut(write) {
        *slot = b'/';
    }
    write + 1
}
