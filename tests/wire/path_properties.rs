//! Properties of normal paths, hosts and queries.

use proptest::prelude::*;
use ringress::wire::target::{
    Authority, Normal, decoded_eq, first_value, normalise, normalise_rewritten, pairs,
};

fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/".to_string()),
        Just("..".to_string()),
        Just(".".to_string()),
        Just("%2e".to_string()),
        Just("%2F".to_string()),
        Just("%25".to_string()),
        Just(";".to_string()),
        "[a-z%]{1,3}",
        "%[0-9a-fA-F]{2}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// The segments of a normal path, resolved slowly from the decoded raw one.
fn resolve(decoded: &str) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = decoded[1..].split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match *segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop()?;
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    Some(format!("/{}", kept.join("/")))
}

proptest! {
    #[test]
    fn a_normal_path_is_its_own_normal_form(path in path()) {
        let mut once = Vec::new();
        match normalise(path.as_bytes(), &mut once) {
            Err(_) => return Ok(()),
            Ok(Normal::AsIs) => once = path.clone().into_bytes(),
            Ok(Normal::Written) => {}
        }
        prop_assert_eq!(once[0], b'/');
        let mut twice = Vec::new();
        prop_assert_eq!(normalise(&once, &mut twice), Ok(Normal::AsIs));
        for segment in once[1..].split(|&b| b == b'/') {
            prop_assert!(segment != b"." && segment != b"..", "{path}");
        }
    }

    #[test]
    fn dot_segments_go_as_the_slow_way_says(path in "/((\\.|\\.\\.|a|bc|)/){0,7}(\\.|\\.\\.|a|)") {
        let mut out = Vec::new();
        let got = match normalise(path.as_bytes(), &mut out) {
            Ok(Normal::AsIs) => Some(path.clone()),
            Ok(Normal::Written) => Some(String::from_utf8(out).unwrap()),
            Err(_) => None,
        };
        prop_assert_eq!(got, resolve(&path));
    }

    #[test]
    fn a_rewritten_path_begins_with_one_slash(path in "[/.]{0,6}[a-z/.%]{0,8}") {
        let mut out = Vec::new();
        let path = path.as_bytes();
        match normalise_rewritten(path, &mut out) {
            Ok(Normal::AsIs) => prop_assert!(path.starts_with(b"/") && !path.starts_with(b"//")),
            Ok(Normal::Written) => prop_assert!(out.starts_with(b"/") && !out.starts_with(b"//")),
            Err(_) => {}
        }
    }

    #[test]
    fn no_bytes_make_a_target_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut out = Vec::new();
        let rooted = [b"/", &bytes[..]].concat();
        let _ = normalise(&bytes, &mut out);
        let _ = normalise(&rooted, &mut out);
        let _ = normalise_rewritten(&rooted, &mut out);
        let _ = Authority::parse(&bytes);
        let _ = Authority::parse(&[b"[", &bytes[..]].concat());
        for pair in pairs(&bytes) {
            prop_assert!(first_value(&bytes, pair.name).is_some() || pair.name.iter().any(|b| b"%+".contains(b)));
            decoded_eq(pair.value, pair.name);
        }
    }
}
