//! Paths of manifests, brought into the same normal form as the paths of requests.
//!
//! One implementation serves both sides: a rule for `/caf%C3%A9` or `/%7Euser` and a request for it
//! can only meet when they are normalised alike.

use crate::wire::target::{self, TargetError};
use std::sync::Arc;

/// An exact path.
pub(super) fn exact(text: &str) -> Result<Arc<str>, String> {
    Ok(normal(text)?.into())
}

/// A prefix, without its trailing slashes; the root is the empty string.
pub(super) fn prefix(text: &str) -> Result<Arc<str>, String> {
    Ok(normal(text)?.trim_end_matches('/').into())
}

fn normal(text: &str) -> Result<String, String> {
    let mut out = Vec::new();
    match target::normalise(text.as_bytes(), &mut out) {
        Ok(target::Normal::AsIs) => Ok(text.to_owned()),
        Ok(target::Normal::Written) => {
            String::from_utf8(out).map_err(|_| format!("{text:?} is not valid in a path"))
        }
        Err(error) => Err(format!("{text:?} cannot be a path: {}", words(error))),
    }
}

/// Why a path has no normal form, in words for the owner of the object.
fn words(error: TargetError) -> &'static str {
    match error {
        TargetError::Relative => "it must begin with '/'",
        TargetError::BadByte => "it holds a character that must be percent-encoded or left out",
        TargetError::BadEscape => "a '%' must be followed by two hexadecimal digits",
        TargetError::EncodedControl => "it holds a percent-encoded control character",
        TargetError::Overlong => "it holds percent-encoded bytes that are no UTF-8",
        TargetError::DotParameters => "a segment '.' or '..' must not have parameters",
        TargetError::AboveRoot => "it climbs above the root",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_as_requests_are() {
        for (text, expected) in [
            ("/", Some("/")),
            ("/a/b", Some("/a/b")),
            ("/a/", Some("/a/")),
            ("/%7Euser", Some("/~user")),
            ("/caf%c3%a9", Some("/caf%C3%A9")),
            ("/a/../b", Some("/b")),
            ("a", None),
            ("/a b", None),
            ("/a%zz", None),
            ("/a\r\nb", None),
        ] {
            assert_eq!(exact(text).ok().as_deref(), expected, "{text:?}");
        }
        assert_eq!(prefix("/").as_deref(), Ok(""));
        assert_eq!(prefix("/a/").as_deref(), Ok("/a"));
    }
}
