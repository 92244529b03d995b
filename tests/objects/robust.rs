//! Whatever a file holds, reading it ends, says why an object does not count, and says where.

use std::sync::Arc;

use proptest::prelude::*;
use ringress::objects::Severity;
use ringress::objects::manifest::{Limits, objects};
use ringress::objects::parse::parse;
use serde_json::{Value, json};

use crate::support::{gateway, route};

/// Bits that mean something to a reader of YAML or JSON, or to a schema.
const BITS: &[&str] = &[
    "---\n",
    "...\n",
    "\n",
    "  ",
    "\t",
    "- ",
    ": ",
    "? ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "\\u",
    "\\",
    "#",
    "%YAML 1.2\n",
    "<<: ",
    "null",
    "~",
    "yes",
    "0x",
    "1e9",
    "-1",
    "kind: List\n",
    "items:\n",
    "apiVersion: v1\n",
    "\u{feff}",
    "\u{0}",
    "\u{85}",
    "ä",
    "\r",
];

fn texts() -> Vec<String> {
    let documents = [gateway(), route()];
    let json = documents
        .iter()
        .map(|value| serde_json::to_string_pretty(value).expect("JSON"));
    let mut texts: Vec<String> = json.collect();
    texts.push(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: &m\n    \
         name: s\n  spec:\n    ports: [{port: 80}]\n- kind: ConfigMap\n  apiVersion: v1\n  \
         metadata: *m\n  data:\n    a: |\n      x\n---\nb: 'c'\n"
            .to_owned(),
    );
    texts
}

/// Puts a bit in place of some characters.
fn edit(text: &mut String, at: usize, length: usize, bit: &str) {
    let mut boundaries: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
    boundaries.push(text.len());
    let start = at % boundaries.len();
    let end = (start + length).min(boundaries.len() - 1);
    text.replace_range(boundaries[start]..boundaries[end], bit);
}

fn check(name: &str, bytes: &[u8]) {
    let (entries, problems) = objects(&Arc::from(name), bytes, &Limits::default());
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let of_entries = entries.iter().flat_map(|entry| &entry.problems);
    for problem in problems.iter().chain(of_entries) {
        assert!(problem.origin.line as usize <= lines, "{problem}");
        assert!(!problem.message.is_empty());
    }
    for entry in &entries {
        let has_reason = entry
            .problems
            .iter()
            .any(|of| of.severity() != Severity::Warning);
        assert_eq!(entry.object.is_none(), has_reason, "{entry:?}");
    }
}

/// Faults listed of one object, and one line that there are more.
const LISTED: usize = 65;

#[test]
fn a_long_list_of_faults_is_cut_and_what_refuses_is_kept() {
    let mut manifest = gateway();
    let typos = (0..50_000).map(|number| (format!("typo{number}"), json!(0)));
    let spec = manifest["spec"].as_object_mut().expect("a spec");
    spec.extend(typos);
    let parsed = parse(manifest.clone());
    assert_eq!(parsed.faults.len(), LISTED);
    assert!(parsed.object.is_some(), "typos refuse nothing");
    let last = parsed.faults.last().expect("the line that there are more");
    assert_eq!(last.cause.severity(), Severity::Warning);
    assert!(last.message.contains("more is wrong"), "{}", last.message);

    manifest["spec"]["listeners"] = json!(vec![json!({"name": "a", "port": 0}); 50_000]);
    let parsed = parse(manifest);
    assert_eq!(parsed.faults.len(), LISTED);
    assert!(parsed.object.is_none());
    let refuses = |fault: &ringress::objects::parse::Fault| {
        fault.cause.severity() == Severity::Refused && !fault.message.is_empty()
    };
    assert!(parsed.faults.iter().all(refuses), "{:?}", parsed.faults);
}

proptest! {
    #[test]
    fn edited_files_are_read_to_their_end(
        which in 0usize..3,
        edits in prop::collection::vec((any::<usize>(), 0usize..12, 0..BITS.len()), 1..8),
    ) {
        let mut text = texts().swap_remove(which);
        for (at, length, bit) in edits {
            edit(&mut text, at, length, BITS[bit]);
        }
        for name in ["a.yaml", "a.json"] {
            check(name, text.as_bytes());
        }
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check("a.yaml", &bytes);
        check("a.json", &bytes);
    }

    #[test]
    fn any_value_anywhere_is_taken_or_refused(
        of_route in any::<bool>(),
        steps in prop::collection::vec(any::<usize>(), 1..9),
        what in 0usize..9,
    ) {
        let mut manifest = if of_route { route() } else { gateway() };
        let odd = [json!(null), json!(true), json!(-1), json!(1e300), json!(u64::MAX), json!(""),
            json!("x\u{0}"), json!([]), json!({})];
        let mut at = String::new();
        for step in steps {
            match manifest.pointer(&at) {
                Some(Value::Array(elements)) if !elements.is_empty() => {
                    at.push_str(&format!("/{}", step % elements.len()));
                }
                Some(Value::Object(members)) if !members.is_empty() => {
                    let name = members.keys().nth(step % members.len()).expect("within");
                    at.push_str(&format!("/{name}"));
                }
                _ => break,
            }
        }
        *manifest.pointer_mut(&at).expect("it was walked to") = odd[what].clone();
        let parsed = parse(manifest);
        let has_reason = parsed.faults.iter().any(|of| of.cause.severity() != Severity::Warning);
        prop_assert_eq!(parsed.object.is_none(), has_reason, "{:?}", parsed);
    }
}
