//! No panic and no swallowed error in what ships.
//!
//! Where one is honest, the comment above it says so: `// tidy: allow WORD: WHY`.

use super::source::{Breach, File};

/// Word for the allowance, and what it looks like.
const FORBIDDEN: &[(&str, &str)] = &[
    ("unwrap", ".unwrap()"),
    ("unwrap", ".unwrap_err()"),
    ("expect", ".expect("),
    ("expect", ".expect_err("),
    ("panic", "panic!("),
    ("unreachable", "unreachable!("),
    ("discard", "let _ ="),
    ("discard", "let _: "),
];

const CURE: &str = "handle it, or say above it // tidy: allow WORD: WHY";

/// Panics and discards outside tests.
pub fn check(file: &File) -> Vec<Breach> {
    if file.is_test() {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (index, line) in file.shipped.lines().enumerate() {
        for (word, pattern) in FORBIDDEN {
            if line.contains(pattern) && !file.allows(index + 1, word) {
                let what = format!("{pattern} outside tests (WORD is {word})");
                breaches.push(file.breach(index + 1, "panic", what, CURE));
            }
        }
    }
    breaches
}

#[test]
fn a_panic_in_shipped_code_is_found() {
    let count = |path: &str, text: &str| check(&File::new(path, text)).len();
    for text in [
        "x.unwrap();",
        "x.expect(\"y\");",
        "panic!(\"z\");",
        "let _ = send();",
        "unreachable!()",
        "// tidy: allow expect: because it is so\nx.unwrap();",
        "// tidy: allow unwrap: x\nx.unwrap();",
    ] {
        assert_eq!(count("src/wire/a.rs", text), 1, "{text}");
        assert_eq!(count("src/wire/tests.rs", text), 0, "{text}");
        assert_eq!(count("tests/a.rs", text), 0, "{text}");
    }
    for text in [
        "x.unwrap_or(1);",
        "// tidy: allow unwrap: the length was checked above\nx.unwrap();",
        "// tidy: allow unwrap: the length was checked\n// above, in parse\nx.unwrap();",
        "x.unwrap(); // tidy: allow unwrap: the length was checked above",
        "#[cfg(test)]\nmod tests {\n fn f() { x.unwrap(); }\n}",
        "#[cfg(test)]\nfn f() { x.unwrap(); }",
        "/// x.unwrap()\nfn f() {}",
    ] {
        assert_eq!(count("src/wire/a.rs", text), 0, "{text}");
    }
}
