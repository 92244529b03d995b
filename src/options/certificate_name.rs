//! `--default-certificate`: a Secret by namespace and name.

use std::str::FromStr;

/// `NAMESPACE/NAME` of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateName {
    pub namespace: String,
    pub name: String,
}

impl FromStr for CertificateName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((namespace, name)) if is_name(namespace, 63) && is_name(name, 253) => Ok(Self {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err("expected NAMESPACE/NAME of a Secret".to_owned()),
        }
    }
}

/// Whether the text may name an object (RFC 1123 subdomain, as Kubernetes has it).
fn is_name(text: &str, longest: usize) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    text.len() <= longest && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_others_refused() {
        let name: CertificateName = "infra/wild.example".parse().unwrap();
        assert_eq!((&*name.namespace, &*name.name), ("infra", "wild.example"));
        for text in ["", "a", "/a", "a/", "a/b/c", "A/b", "a/b_c", "a/-b"] {
            assert!(text.parse::<CertificateName>().is_err(), "{text}");
        }
    }
}
