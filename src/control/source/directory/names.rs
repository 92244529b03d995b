//! Which names in a folder are manifests.

use std::ffi::OsStr;

/// What a name in a folder says about the thing that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Manifest,
    /// `..data` and its like, by which a mounted ConfigMap swaps its files.
    Swap,
    /// A hidden file or a copy that an editor makes.
    Hidden,
    /// Perhaps a folder; else nothing of ours.
    Other,
}

/// Classes a name.
pub fn class(name: &OsStr) -> Name {
    let name = name.as_encoded_bytes();
    if name.starts_with(b"..") {
        return Name::Swap;
    }
    if name.starts_with(b".") || name.ends_with(b"~") || name.starts_with(b"#") {
        return Name::Hidden;
    }
    let dot = name.iter().rposition(|byte| *byte == b'.');
    match dot.and_then(|dot| name.get(dot..)) {
        Some(b".yaml" | b".yml" | b".json") => Name::Manifest,
        _ => Name::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_classed_by_their_form() {
        for (name, expected) in [
            ("a.yaml", Name::Manifest),
            ("a.yml", Name::Manifest),
            ("a.b.json", Name::Manifest),
            (".a.yaml", Name::Hidden),
            (".a.yaml.swp", Name::Hidden),
            ("a.yaml~", Name::Hidden),
            ("#a.yaml#", Name::Hidden),
            ("..data", Name::Swap),
            ("..2024_01_01", Name::Swap),
            ("a.yaml.tmp", Name::Other),
            ("4913", Name::Other),
            ("yaml", Name::Other),
            ("sub", Name::Other),
        ] {
            assert_eq!(class(OsStr::new(name)), expected, "{name}");
        }
    }
}
