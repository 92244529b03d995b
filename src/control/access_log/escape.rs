//! Escaping: whatever a client sends, it can neither end a field or a line, nor steer the terminal
//! of whoever reads the log.

use crate::objects::printable::is_unseen;
use std::io::Write;

/// Appends bytes as the inside of a JSON string. Bytes that are no UTF-8 appear as `\xHH`, spelled
/// out; invisible and direction-changing characters as `\uHHHH`.
pub fn json(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                ' '..='~' => out.push(letter as u8),
                _ if is_unseen(letter) => write(out, format_args!("\\u{:04x}", letter as u32)),
                _ => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        for byte in chunk.invalid() {
            write(out, format_args!("\\\\x{byte:02x}"));
        }
    }
}

/// Appends bytes as nginx escapes variables: everything outside printable ASCII, quotes and
/// backslashes as `\xHH`.
pub fn combined(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'"' | b'\\' => write(out, format_args!("\\x{byte:02X}")),
            b' '..=b'~' => out.push(*byte),
            _ => write(out, format_args!("\\x{byte:02X}")),
        }
    }
}

/// Appends formatted text.
pub fn write(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // A `Vec` takes whatever is written to it.
    if let Err(error) = out.write_fmt(text) {
        tracing::debug!(%error, "formatting failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_mislead_is_escaped() {
        let cases: &[(&[u8], &str, &str)] = &[
            (b"plain /path", "plain /path", "plain /path"),
            (b"a\"b\\c", r#"a\"b\\c"#, r"a\x22b\x5Cc"),
            (b"x\r\nGET /", r"x\u000d\u000aGET /", r"x\x0D\x0AGET /"),
            (b"\x1b[2J\x7f", r"\u001b[2J\u007f", r"\x1B[2J\x7F"),
            (b"\xff\xfe", r"\\xff\\xfe", r"\xFF\xFE"),
            ("gr\u{fc}n".as_bytes(), "gr\u{fc}n", r"gr\xC3\xBCn"),
            (
                "\u{202e}\u{2028}\u{9b}".as_bytes(),
                r"\u202e\u2028\u009b",
                r"\xE2\x80\xAE\xE2\x80\xA8\xC2\x9B",
            ),
        ];
        for (bytes, as_json, as_combined) in cases {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            json(bytes, &mut one);
            combined(bytes, &mut other);
            assert_eq!(String::from_utf8(one).unwrap(), *as_json);
            assert_eq!(String::from_utf8(other).unwrap(), *as_combined);
        }
    }

    #[test]
    fn every_byte_survives_inside_json_without_ending_the_line() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut line = b"\"".to_vec();
        json(&bytes, &mut line);
        line.push(b'"');
        assert!(line.iter().all(|byte| !byte.is_ascii_control()));
        let text: String = serde_json::from_slice(&line).unwrap();
        assert!(text.starts_with("\0\u{1}"));
        assert!(text.ends_with("\\xff"));
    }
}
