//! Case files.
//!
//! ```text
//! # a comment
//! == name of the case
//! @ what else the driver must know
//! | a line of input, which ends in CRLF
//! > input as it stands
//! * 3 input, repeated so many times
//! = a line of the expected outcome
//! ```
//! Escapes in input: `\r` `\n` `\t` `\0` `\s` (a space at an end of a line) `\\` `\xHH`; in
//! outcomes: `\s`.

use std::path::Path;

/// One case of a file.
pub struct Case {
    pub name: String,
    pub line: usize,
    pub about: String,
    pub bytes: Vec<u8>,
    pub expected: Vec<String>,
}

/// The text of a file under `cases/`.
pub fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/wire/cases")
        .join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases of a file.
pub fn read(file: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, line) in text(file).lines().enumerate() {
        let at = format!("{file}:{}", index + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            assert!(
                cases.iter().all(|case| case.name != name),
                "{at}: `{name}` occurs twice"
            );
            cases.push(Case {
                name: name.to_string(),
                line: index + 1,
                about: String::new(),
                bytes: Vec::new(),
                expected: Vec::new(),
            });
            continue;
        }
        let case = cases
            .last_mut()
            .unwrap_or_else(|| panic!("{at}: before the first case"));
        let (mark, rest) = line.split_at(1);
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match mark {
            "@" => case.about = rest.to_string(),
            "|" => {
                case.bytes.extend(unescape(rest, &at));
                case.bytes.extend(b"\r\n");
            }
            ">" => case.bytes.extend(unescape(rest, &at)),
            "*" => {
                let (count, rest) = rest
                    .split_once(' ')
                    .unwrap_or_else(|| panic!("{at}: no count"));
                let piece = unescape(rest, &at);
                case.bytes.extend(piece.repeat(count.parse().unwrap()));
            }
            // A space at the end of a line would be lost on the way here.
            "=" => case.expected.push(rest.replace("\\s", " ")),
            _ => panic!("{at}: unknown mark {mark}"),
        }
    }
    for case in &cases {
        assert!(
            !case.expected.is_empty(),
            "{file}:{}: expects nothing",
            case.line
        );
    }
    cases
}

/// The bytes that an escaped text stands for.
pub fn unescape(text: &str, at: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend(c.to_string().as_bytes());
            continue;
        }
        bytes.push(match chars.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('s') => b' ',
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).unwrap_or_else(|_| panic!("{at}: \\x{digits}"))
            }
            other => panic!("{at}: \\{other:?}"),
        });
    }
    bytes
}

/// Bytes as a case file would write them.
pub fn escape(bytes: &[u8]) -> String {
    bytes
        .escape_ascii()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}
