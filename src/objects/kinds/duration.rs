//! Durations as the Gateway API writes them (GEP-2257): `1h30m`, `500ms`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads `^([0-9]{1,5}(h|m|s|ms)){1,4}$`; none for anything else.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.as_bytes();
    let mut total = Duration::ZERO;
    let mut parts = 0;
    while !rest.is_empty() {
        parts += 1;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if parts > 4 || !(1..=5).contains(&digits) {
            return None;
        }
        let (number, unit) = rest.split_at(digits);
        let number = number
            .iter()
            .fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        let (milliseconds, length) = match unit {
            [b'm', b's', ..] => (1, 2),
            [b'h', ..] => (3_600_000, 1),
            [b'm', ..] => (60_000, 1),
            [b's', ..] => (1_000, 1),
            _ => return None,
        };
        total += Duration::from_millis(number * milliseconds);
        rest = unit.get(length..)?;
    }
    (parts > 0).then_some(total)
}

/// For `#[serde(deserialize_with)]` on an optional duration.
pub fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    parse(&text)
        .map(Some)
        .ok_or_else(|| D::Error::custom(format_args!("{text:?} is not a duration such as 1m30s")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_gep_2257_writes_them() {
        for (text, milliseconds) in [
            ("0s", Some(0)),
            ("500ms", Some(500)),
            ("1h30m", Some(5_400_000)),
            ("1h2m3s4ms", Some(3_723_004)),
            ("99999h", Some(359_996_400_000)),
            ("10s5s", Some(15_000)),
            ("", None),
            ("s", None),
            ("1", None),
            ("100000s", None),
            ("1.5s", None),
            ("-1s", None),
            ("1h1h1h1h1h", None),
            ("1d", None),
            ("1s ", None),
        ] {
            assert_eq!(
                parse(text),
                milliseconds.map(Duration::from_millis),
                "{text:?}"
            );
        }
    }
}
