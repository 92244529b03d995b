//! Durations on the command line: `10s`, `500ms`, `1m30s`; `0` or `off` for none.

use std::time::Duration;

/// Longest duration taken: a year. Nothing here means more, and sums with a clock stay in range.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// Reads `(NUMBER UNIT)+` with the units `ms`, `s`, `m`, `h` in descending order, or `0`, or `off`.
///
/// # Errors
/// The text to show behind the flag's name.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" || text == "off" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at(digits);
        let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, behind) = behind.split_at(letters);
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(expected()),
        };
        let number: u64 = number.parse().map_err(|_| expected())?;
        if milliseconds >= last_unit {
            return Err(expected());
        }
        last_unit = milliseconds;
        total = number
            .checked_mul(milliseconds)
            .and_then(|part| total.checked_add(Duration::from_millis(part)))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| "longer than a year".to_owned())?;
        rest = behind;
    }
    if last_unit == u64::MAX {
        return Err(expected());
    }
    Ok(total)
}

/// As [`parse`], refusing zero: for what cannot be switched off.
///
/// # Errors
/// The text to show behind the flag's name.
pub fn parse_some(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration.is_zero() {
        return Err("cannot be switched off".to_owned());
    }
    Ok(duration)
}

fn expected() -> String {
    "expected a duration as 10s, 500ms or 1m30s, or 0 for none".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("0", 0),
            ("off", 0),
            ("0s", 0),
            ("500ms", 500),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("8784h", 366 * 24 * 3_600_000),
        ];
        for (text, milliseconds) in cases {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "1s1m",
            "1s1s",
            "10 s",
            "10S",
            "8784h1ms",
            "99999999999999999999s",
            "18446744073709551615h",
            "1d",
            "é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse_some("0").is_err());
    }
}
