//! Text of others within a line: whatever its author wrote, it can neither end the line nor steer the
//! terminal of whoever reads it.

use std::borrow::Cow;

/// The text with what cannot be seen spelled out as `\u{HEX}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match is_unseen(letter) {
            true => seen.extend(letter.escape_unicode()),
            false => seen.push(letter),
        }
    }
    Cow::Owned(seen)
}

/// Controls, line and paragraph separators, and marks that change the direction of text. All of
/// them lie in the basic plane, so four hexadecimal digits hold them.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        for (text, expected) in [
            ("plain gr\u{fc}n \"x\"", "plain gr\u{fc}n \"x\""),
            ("a\nb\r\t", r"a\u{a}b\u{d}\u{9}"),
            ("\u{1b}[2J\u{9b}\u{202e}", r"\u{1b}[2J\u{9b}\u{202e}"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
