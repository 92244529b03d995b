//! Hostnames: from the text of a manifest to the model, and which of them meet.

use crate::ir::{Hostname, Labels};
use std::sync::Arc;

/// Reads a hostname of a schema-checked object; `labels` says what its wildcard covers.
pub(super) fn parse(text: &str, labels: Labels) -> Hostname {
    let lower = text.to_ascii_lowercase();
    match lower.strip_prefix("*.") {
        Some(suffix) => Hostname::Wildcard {
            suffix: Arc::from(suffix),
            labels,
        },
        None => Hostname::Exact(Arc::from(lower)),
    }
}

/// Whether some host is covered by both (Gateway API `HTTPRouteSpec.hostnames`: a wildcard covers
/// one or more labels, never the bare suffix).
pub(super) fn intersects(one: &Hostname, other: &Hostname) -> bool {
    match (one, other) {
        (Hostname::Exact(one), Hostname::Exact(other)) => one == other,
        (Hostname::Exact(exact), Hostname::Wildcard { suffix, .. })
        | (Hostname::Wildcard { suffix, .. }, Hostname::Exact(exact)) => is_below(exact, suffix),
        (Hostname::Wildcard { suffix: one, .. }, Hostname::Wildcard { suffix: other, .. }) => {
            one == other || is_below(one, other) || is_below(other, one)
        }
    }
}

/// Whether `name` is a name under `suffix`.
fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostnames_meet_as_the_specification_says() {
        for (one, other, expected) in [
            ("foo.example.com", "foo.example.com", true),
            ("foo.example.com", "FOO.example.com", true),
            ("foo.example.com", "bar.example.com", false),
            ("*.example.com", "foo.example.com", true),
            ("*.example.com", "foo.bar.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "fooexample.com", false),
            ("*.example.com", "*.bar.example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.foo.com", "*.bar.com", false),
            ("*.com", "*.example.com", true),
        ] {
            let (a, b) = (parse(one, Labels::Many), parse(other, Labels::Many));
            assert_eq!(intersects(&a, &b), expected, "{one} and {other}");
            assert_eq!(intersects(&b, &a), expected, "{other} and {one}");
        }
    }
}
