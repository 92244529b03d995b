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

/// Whether some host is covered by both. A wildcard never covers its bare suffix (Gateway API
/// `HTTPRouteSpec.hostnames`), and as many labels before it as [`Labels`] says.
pub(super) fn intersects(one: &Hostname, other: &Hostname) -> bool {
    match (one, other) {
        (Hostname::Exact(one), Hostname::Exact(other)) => one == other,
        (Hostname::Exact(exact), Hostname::Wildcard { suffix, labels })
        | (Hostname::Wildcard { suffix, labels }, Hostname::Exact(exact)) => {
            covers(suffix, *labels, exact)
        }
        (
            Hostname::Wildcard {
                suffix: one,
                labels: of_one,
            },
            Hostname::Wildcard {
                suffix: other,
                labels: of_other,
            },
        ) => {
            // Whatever the longer covers has two labels at least before the shorter suffix.
            let holds = |wide: &str, labels: &Labels, narrow: &str| {
                *labels == Labels::Many && covers(wide, Labels::Many, narrow)
            };
            one == other || holds(one, of_one, other) || holds(other, of_other, one)
        }
    }
}

/// Whether `name` is a name under `suffix`, with so many labels before it.
fn covers(suffix: &str, labels: Labels, name: &str) -> bool {
    let before = name
        .strip_suffix(suffix)
        .and_then(|rest| rest.strip_suffix('.'));
    before.is_some_and(|before| {
        !before.is_empty() && (labels == Labels::Many || !before.contains('.'))
    })
}

/// The wildcards over one or more labels that cover everything that `name` does, the most specific
/// first; `name` itself is not among them.
pub(super) fn wider(name: &Hostname) -> impl Iterator<Item = Hostname> {
    let text = match name {
        Hostname::Exact(name) => name,
        Hostname::Wildcard { suffix, .. } => suffix,
    };
    text.match_indices('.').filter_map(|(dot, _)| {
        Some(Hostname::Wildcard {
            suffix: text.get(dot + 1..)?.into(),
            labels: Labels::Many,
        })
    })
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

    #[test]
    fn a_wildcard_over_one_label_meets_what_has_one() {
        for (one, many, expected) in [
            ("*.example.com", "foo.example.com", true),
            ("*.example.com", "foo.bar.example.com", false),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "*.com", true),
            ("*.example.com", "*.bar.example.com", false),
        ] {
            let (a, b) = (parse(one, Labels::One), parse(many, Labels::Many));
            assert_eq!(intersects(&a, &b), expected, "{one} and {many}");
            assert_eq!(intersects(&b, &a), expected, "{many} and {one}");
        }
    }

    #[test]
    fn wider_hostnames_come_from_the_most_specific_on() {
        for (name, expected) in [
            ("a.b.c", &["*.b.c", "*.c"][..]),
            ("*.b.c", &["*.c"]),
            ("c", &[]),
        ] {
            let wider: Vec<String> = wider(&parse(name, Labels::Many))
                .map(|name| name.to_string())
                .collect();
            assert_eq!(wider, expected, "{name}");
        }
    }
}
