//! The dialect of regular expressions in matches, and its limits.
//!
//! One place decides what a pattern may be: translation asks [`check`] and reports, the table asks
//! [`compile`] for what was accepted, and the two cannot disagree because the first is the second.
//!
//! Patterns work on bytes, as header values and paths are bytes (RFC 9110 section 5.5): `.` is one
//! byte other than a line feed, and `\d`, `\w`, `\s` are ASCII, as in RE2. Matching is linear in
//! the length of the text, whatever the pattern.

use regex_automata::meta;
use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind, Look};

/// Longest pattern, in bytes; the Gateway API allows a header value of 4096 and a path of 1024.
pub const PATTERN_LENGTH: usize = 4096;
/// Deepest nesting of groups and repetitions.
const NESTING: u32 = 50;
/// Most memory of one compiled pattern, in bytes; counted repetitions multiply, and the longest
/// search takes time in proportion to it.
const COMPILED_SIZE: usize = 64 * 1024;
/// Most memory of the lazily built states of one pattern on one worker, in bytes.
const CACHE_SIZE: usize = 128 * 1024;

/// How a pattern is held against the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anchor {
    /// The pattern covers the beginning of the text: paths.
    Start,
    /// The pattern covers the whole text: header values and query parameters.
    Whole,
}

/// Whether a pattern can be served, and how many bytes it needs compiled.
///
/// # Errors
/// What is wrong with it, in words for the owner of the object.
pub fn check(pattern: &str) -> Result<usize, String> {
    compile(pattern, Anchor::Whole).map(|regex| regex.memory_usage())
}

/// Compiles a pattern. It never allocates from a shared pool while matching: every caller brings
/// its own [`meta::Cache`].
///
/// # Errors
/// As [`check`].
pub fn compile(pattern: &str, anchor: Anchor) -> Result<meta::Regex, String> {
    if pattern.len() > PATTERN_LENGTH {
        return Err(format!(
            "the pattern has {} bytes, at most {PATTERN_LENGTH} are allowed",
            pattern.len()
        ));
    }
    let hir = parse(pattern).map_err(|error| reason(&error))?;
    // Anchors go around the parsed form: text around the pattern could be undone from within it, by
    // a comment in `(?x)` mode for instance.
    let hir = match anchor {
        Anchor::Start => Hir::concat(vec![Hir::look(Look::Start), hir]),
        Anchor::Whole => Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]),
    };
    meta::Regex::builder()
        .configure(
            meta::Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(COMPILED_SIZE))
                .onepass_size_limit(Some(COMPILED_SIZE))
                .hybrid_cache_capacity(CACHE_SIZE),
        )
        .build_from_hir(&hir)
        .map_err(|error| match error.size_limit() {
            Some(limit) => format!("the compiled pattern needs more than {limit} bytes"),
            None => error.to_string(),
        })
}

/// The bytes that every match begins with: a comparison that spares most searches where many
/// patterns are tried in turn.
pub fn literal_start(pattern: &str) -> Vec<u8> {
    let mut literal = Vec::new();
    if let Ok(hir) = parse(pattern) {
        let parts = match hir.kind() {
            HirKind::Concat(parts) => &parts[..],
            _ => std::slice::from_ref(&hir),
        };
        for part in parts {
            match part.kind() {
                HirKind::Literal(text) => literal.extend_from_slice(&text.0),
                HirKind::Look(Look::Start) if literal.is_empty() => {}
                _ => break,
            }
        }
    }
    literal
}

fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    let config = syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .nest_limit(NESTING);
    syntax::parse_with(pattern, &config).map_err(Box::new)
}

/// The parser's message without its multi-line drawing of the pattern.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Anchor, check, compile, literal_start};

    #[test]
    fn what_is_accepted_and_what_is_not() {
        for good in [
            "",
            "a|b",
            "/v[0-9]+/.*",
            "(?i)caf\u{e9}",
            "(?x) a # note",
            r"\d{3}-\w+",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for (bad, words) in [
            ("(", "unclosed group"),
            ("*", "repetition operator"),
            (r"(a)\1", "backreferences are not supported"),
            ("(?=a)", "look-around"),
            ("(((a{100}){100}){100})", "needs more than"),
            (&format!("{}a{}", "(".repeat(60), ")".repeat(60)), "nest"),
            (&"a".repeat(4097), "4097 bytes"),
        ] {
            let reason = check(bad).expect_err(bad);
            assert!(reason.contains(words), "{bad}: {reason}");
        }
    }

    #[test]
    fn anchors_hold_whatever_the_pattern_does() {
        let cases: [(&str, Anchor, &[u8], bool); 8] = [
            ("a|b", Anchor::Whole, b"b", true),
            ("a|b", Anchor::Whole, b"ab", false),
            ("(?x)a # note", Anchor::Whole, b"ab", false),
            ("(?m)^a$", Anchor::Whole, b"b\na", false),
            ("/a", Anchor::Start, b"/ab", true),
            ("/a", Anchor::Start, b"/b/a", false),
            (".*", Anchor::Whole, b"\xff\xfe", true),
            (r"\d", Anchor::Whole, "\u{663}".as_bytes(), false),
        ];
        for (pattern, anchor, text, expected) in cases {
            let regex = compile(pattern, anchor).expect(pattern);
            assert_eq!(regex.is_match(text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_every_match_begins_with() {
        for (pattern, expected) in [
            ("/api/v[0-9]+", "/api/v"),
            ("^/a.b", "/a"),
            ("/a", "/a"),
            ("/ab*", "/a"),
            ("/ab?c", "/a"),
            ("a|b", ""),
            ("/(a)", "/"),
            ("(?i)/a", "/"),
            ("", ""),
            ("a{2}b", ""),
            ("(", ""),
        ] {
            let literal = literal_start(pattern);
            assert_eq!(literal, expected.as_bytes(), "{pattern}");
        }
    }
}
