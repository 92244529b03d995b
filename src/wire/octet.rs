//! Classes of octets, and scans over them.
//!
//! One table answers every question of the grammar about a byte; a scan finds the first byte that
//! leaves a class.

/// A `tchar` of RFC 9110 section 5.6.2, without `_`, which is looked at separately.
pub(crate) const NAME: u8 = 1;
/// A `tchar`.
pub(crate) const TOKEN: u8 = 1 << 1;
/// Allowed raw in a path and in need of nothing: not `%`, not `.`.
pub(crate) const PLAIN_PATH: u8 = 1 << 2;
/// Allowed raw in a query.
pub(crate) const QUERY: u8 = 1 << 3;
/// Unreserved in RFC 3986 section 2.3.
pub(crate) const UNRESERVED: u8 = 1 << 4;
/// Allowed in a registered host name: letters, digits, `-`, `.` and `_`.
pub(crate) const HOST: u8 = 1 << 5;
/// Allowed in a field value: HTAB, SP, visible, obs-text (RFC 9110 section 5.5).
pub(crate) const VALUE: u8 = 1 << 6;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let b = octet as u8;
        let alphanumeric = b.is_ascii_alphanumeric();
        let mut class = 0;
        let tchar = alphanumeric
            || matches!(
                b,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-'
            )
            || matches!(b, b'.' | b'^' | b'_' | b'`' | b'|' | b'~');
        if tchar {
            class |= TOKEN;
            if b != b'_' {
                class |= NAME;
            }
        }
        // RFC 3986 wants `^ ` { | }` encoded; browsers send them raw, and they mislead nobody.
        let graphic = b > b' ' && b < 0x7f;
        if graphic && !matches!(b, b'#' | b'"' | b'<' | b'>') {
            // Raw `\` in a path is a slash to some origins; in a query it is only a byte.
            class |= QUERY;
            if !matches!(b, b'\\' | b'%' | b'.' | b'?') {
                class |= PLAIN_PATH;
            }
        }
        if alphanumeric || matches!(b, b'-' | b'.' | b'_' | b'~') {
            class |= UNRESERVED;
        }
        if alphanumeric || matches!(b, b'-' | b'.' | b'_') {
            class |= HOST;
        }
        if b == b'\t' || (b >= b' ' && b != 0x7f) {
            class |= VALUE;
        }
        table[octet] = class;
        octet += 1;
    }
    table
}

/// Whether `b` is in `class`.
#[inline]
pub(crate) fn is(b: u8, class: u8) -> bool {
    CLASS[b as usize] & class != 0
}

/// Whether every byte is in `class`.
pub(crate) fn all(bytes: &[u8], class: u8) -> bool {
    bytes.iter().all(|&b| is(b, class))
}

/// The first index at or after `from` whose byte is not in `class`, or the length.
#[inline]
pub(crate) fn skip(bytes: &[u8], from: usize, class: u8) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .position(|&b| !is(b, class))
        .unwrap_or(rest.len())
}

/// The first index at or after `from` that may not continue a field value: a control other than
/// HTAB, or DEL; the length if there is none. Eight bytes a step.
#[inline]
pub(crate) fn skip_value(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let rest = bytes.get(from..).unwrap_or_default();
    let (words, tail) = rest.as_chunks::<8>();
    for (step, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let below_space = word.wrapping_sub(ONES * 0x20) & !word;
        let no_del = word ^ (ONES * 0x7f);
        let del = no_del.wrapping_sub(ONES) & !no_del;
        // A borrow can only raise false marks above a true one, so none is missed; the byte loop
        // tells HTAB and false marks from the rest.
        let marks = (below_space | del) & HIGH;
        if marks != 0 {
            let octets = word.to_le_bytes();
            if let Some(at) = octets.iter().position(|&b| !is(b, VALUE)) {
                return from + step * 8 + at;
            }
        }
    }
    let tail_at = from + words.len() * 8;
    tail_at
        + tail
            .iter()
            .position(|&b| !is(b, VALUE))
            .unwrap_or(tail.len())
}

/// `value` without optional whitespace (SP, HTAB) at either end.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The elements of a comma-separated list, trimmed; empty ones included.
pub(crate) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(trim)
}

/// A decimal number of 1 to `digits` digits and nothing else.
pub(crate) fn decimal(text: &[u8], digits: usize) -> Option<u64> {
    if text.is_empty() || text.len() > digits {
        return None;
    }
    text.iter().try_fold(0_u64, |value, &b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// The value of a hexadecimal digit.
#[inline]
pub(crate) fn hex(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}
