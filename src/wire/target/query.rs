//! The pairs of a query.

use crate::wire::octet;

/// One `name=value` of a query, as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The name, still encoded.
    pub name: &'a [u8],
    /// The value, still encoded; empty without `=`.
    pub value: &'a [u8],
}

/// The pairs of a query in order. Empty ones (`&&`) are left out.
pub fn pairs(query: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    query
        .split(|&b| b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |&b| b == b'=');
            let name = halves.next().unwrap_or_default();
            Pair {
                name,
                value: halves.next().unwrap_or_default(),
            }
        })
}

/// The value of the first pair of this name, still encoded: the one the Gateway API matches on.
pub fn first_value<'a>(query: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    pairs(query)
        .find(|pair| decoded_eq(pair.name, name))
        .map(|pair| pair.value)
}

/// Whether `encoded` means `plain`: `%xx` is an octet and `+` a space, as forms encode them. A `%`
/// that begins no escape stands for itself.
pub fn decoded_eq(encoded: &[u8], plain: &[u8]) -> bool {
    decoded(encoded).eq(plain.iter().copied())
}

/// The octets that `encoded` means.
pub fn decoded(encoded: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = encoded;
    std::iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        rest = after;
        match (first, after) {
            (b'%', [high, low, tail @ ..]) => {
                if let (Some(high), Some(low)) = (octet::hex(*high), octet::hex(*low)) {
                    rest = tail;
                    return Some(high << 4 | low);
                }
                Some(b'%')
            }
            (b'+', _) => Some(b' '),
            (b, _) => Some(b),
        }
    })
}
