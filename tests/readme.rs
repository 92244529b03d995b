//! The README says what the binary does: its tables are made from the binary, and held equal here.
//!
//! `README_FIX=1 cargo test --test readme` writes them anew.

use std::fs;
use std::sync::Mutex;

/// One writer at a time: every test of this file has a block of the same README.
static README: Mutex<()> = Mutex::new(());

/// Holds a block of the README equal to `expected`, or writes it.
fn block(name: &str, expected: &str) {
    let _alone = README
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = fs::read_to_string(path).unwrap();
    let begin = format!("<!-- {name}: written by README_FIX=1 cargo test --test readme -->\n");
    let end = format!("<!-- end of {name} -->");
    let start = text.find(&begin).expect("the block begins") + begin.len();
    let stop = start + text[start..].find(&end).expect("the block ends");
    let expected = format!("\n{}\n\n", expected.trim());
    if text[start..stop] == expected {
        return;
    }
    assert!(
        std::env::var_os("README_FIX").is_some(),
        "the block {name} of README.md is outdated: README_FIX=1 cargo test --test readme"
    );
    let fixed = format!("{}{expected}{}", &text[..start], &text[stop..]);
    fs::write(path, fixed).unwrap();
}

#[test]
fn the_flags_are_those_of_the_command_line() {
    block("flags", &ringress::options::reference::markdown());
}
