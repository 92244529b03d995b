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

/// An upper-case letter.
pub(crate) const UPPER: u8 = 1 << 7;

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
        if b.is_ascii_uppercase() {
            class |= UPPER;
        }
        table[octet] = class;
        octet += 1;
    }
    table
}

/// The classes of `b`.
#[inline]
pub(crate) fn class(b: u8) -> u8 {
    CLASS[b as usize]
}

/// Whether `b` is in `class`.
#[inline]
pub(crate) fn is(b: u8, class: u8) -> bool {
    CLASS[b as usize] & class != 0
}

/// Whether every byte is in `class`.
pub(crate) fn all(bytes: &[u8], class: u8) -> bool {
    skip(bytes, 0, class) == bytes.len()
}

/// The first index at or after `from` whose byte is not in `class`, or the length. Four bytes a step.
#[inline]
pub(crate) fn skip(bytes: &[u8], from: usize, class: u8) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let (quads, _) = rest.as_chunks::<4>();
    let of = |b: u8| CLASS[b as usize];
    let mut at = 0;
    for &[a, b, c, d] in quads {
        if of(a) & of(b) & of(c) & of(d) & class == 0 {
            break;
        }
        at += 4;
    }
    while let Some(&b) = rest.get(at)
        && is(b, class)
    {
        at += 1;
    }
    from + at
}

/// How far [`find_colon`] looks.
pub(crate) const COLON_WITHIN: usize = 32;

/// The first colon in the first 32 bytes, as far as there are that many.
#[inline(always)]
pub(crate) fn find_colon(bytes: &[u8]) -> Option<usize> {
    if let Some(all) = bytes.first_chunk::<COLON_WITHIN>() {
        return colon_in(all.as_chunks().0);
    }
    colon_in(bytes.as_chunks().0)
}

#[inline(always)]
fn colon_in(words: &[[u8; 8]]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    for (index, word) in words.iter().enumerate() {
        let octets = u64::from_le_bytes(*word);
        let differs = octets ^ (ONES * b':' as u64);
        // The lowest mark is exact: a borrow marks falsely only above a true one.
        let marks = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if marks != 0 {
            return Some(index * 8 + (marks.trailing_zeros() / 8) as usize);
        }
    }
    None
}

/// The first index at or after `from` that may not continue a field value: a control other than
/// HTAB, or DEL; the length if there is none. Eight bytes a step, or sixteen in long values.
#[inline]
pub(crate) fn skip_value(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(rest) = bytes.get(at..)
        && rest.len() >= 8
    {
        let Some(found) = find_control(rest, 0) else {
            return bytes.len();
        };
        at += found;
        match bytes.get(at) {
            Some(&b) if is(b, VALUE) => at += 1,
            _ => return at,
        }
    }
    while let Some(&b) = bytes.get(at)
        && is(b, VALUE)
    {
        at += 1;
    }
    at
}

/// The first control or DEL at or after `from`, or an octet before it that only looks like one, as
/// `~` behind 0xff may. None where there is none, and of less than eight octets; before `from` there
/// should be none.
#[inline(always)]
pub(crate) fn find_control(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let rest = bytes.get(at..)?;
    // Most values end in here, and words find an end sooner than blocks do.
    if let Some(near) = rest.first_chunk::<32>() {
        for (index, word) in near.as_chunks::<8>().0.iter().enumerate() {
            if let Some(found) = first_mark(*word) {
                return Some(at + index * 8 + found);
            }
        }
        at += 32;
    }
    let (blocks, rest) = bytes.get(at..)?.as_chunks::<16>();
    for block in blocks {
        // Compilers make a few vector instructions of this.
        if block
            .iter()
            .fold(false, |any, &b| any | (b < 0x20) | (b == 0x7f))
        {
            let [low, high] = block.as_chunks().0 else {
                return None;
            };
            let found = first_mark(*low).or_else(|| Some(8 + first_mark(*high)?))?;
            return Some(at + found);
        }
        at += 16;
    }
    if let Some(word) = rest.first_chunk()
        && let Some(found) = first_mark(*word)
    {
        return Some(at + found);
    }
    // What of the last word was looked at before holds none.
    let found = first_mark(*bytes.last_chunk()?)? + bytes.len() - 8;
    (found >= from).then_some(found)
}

/// The first octet of a word that is below 0x20, or 0x7f. A borrow or a carry out of one octet can
/// mark the next one falsely, but never hides one.
#[inline(always)]
fn first_mark(word: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let octets = u64::from_le_bytes(word);
    let marks =
        (octets.wrapping_sub(ONES * 0x20) | octets.wrapping_add(ONES)) & !octets & (ONES << 7);
    (marks != 0).then(|| (marks.trailing_zeros() / 8) as usize)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_is_skipped_as_octet_by_octet(
            bytes in vec(prop::sample::select(&b"aaaa ~\xff\x80\t\r\n\x1f\x7f\0"[..]), 0..70),
            from in 0..12_usize,
        ) {
            let value = |b: &u8| is(*b, VALUE);
            let rest = bytes.get(from..).unwrap_or_default();
            let expected = from + rest.iter().take_while(|b| value(b)).count();
            prop_assert_eq!(skip_value(&bytes, from), expected);
            match find_control(rest, 0) {
                Some(found) => prop_assert!(rest[..found].iter().all(|b| value(b) && *b != b'\t')),
                None => prop_assert!(rest.len() < 8 || expected == bytes.len()),
            }
            // Behind a name.
            if let Some(found) = find_control(&[b"name: ", rest].concat(), 6) {
                prop_assert!(rest[..found - 6].iter().all(|b| value(b) && *b != b'\t'));
            }
        }

        #[test]
        fn a_class_holds_for_all_as_for_each(bytes in vec(any::<u8>(), 0..9), bit in 0..8_u8) {
            let class = 1 << bit;
            prop_assert_eq!(all(&bytes, class), bytes.iter().all(|b| is(*b, class)));
        }
    }
}
