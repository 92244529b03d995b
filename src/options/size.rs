//! Sizes on the command line: `8KiB`, `1MiB`, `300`; `0` or `off` for no limit where a flag has one.

/// Largest size taken: 1 PiB.
const LARGEST: u64 = 1 << 50;

/// Reads a number of bytes with an optional unit `B`, `KiB`, `MiB`, `GiB`, or `off` for 0.
///
/// # Errors
/// The text to show behind the flag's name.
pub fn parse(text: &str) -> Result<u64, String> {
    if text == "off" {
        return Ok(0);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(expected()),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    number
        .checked_mul(unit)
        .filter(|size| *size <= LARGEST)
        .ok_or_else(|| "larger than 1 PiB".to_owned())
}

/// As [`parse`], for a part of a message head: at least 64 bytes and at most 1 MiB, since each
/// connection may make us hold as much.
///
/// # Errors
/// The text to show behind the flag's name.
pub fn parse_head(text: &str) -> Result<usize, String> {
    match usize::try_from(parse(text)?) {
        Ok(size @ 64..=0x10_0000) => Ok(size),
        _ => Err("must be between 64 bytes and 1MiB".to_owned()),
    }
}

fn expected() -> String {
    "expected a size as 300, 8KiB or 1MiB".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let cases = [
            ("0", 0),
            ("off", 0),
            ("300", 300),
            ("300B", 300),
            ("8KiB", 8 << 10),
            ("2MiB", 2 << 20),
            ("1GiB", 1 << 30),
        ];
        for (text, size) in cases {
            assert_eq!(parse(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "KiB",
            "8kb",
            "8K",
            "-1",
            "1.5MiB",
            "8 KiB",
            "99999999999999999999",
            "18014398509481985KiB",
            "é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse_head("63").is_err());
        assert!(parse_head("2MiB").is_err());
        assert_eq!(parse_head("8KiB"), Ok(8192));
    }
}
