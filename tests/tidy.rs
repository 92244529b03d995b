//! The house rules, executable: reads the source, collects every breach with file, rule and cure,
//! and fails once. Each rule has beside it the test that shows a breach of it being found.

mod tidy {
    pub mod golden;
    pub mod layers;
    pub mod names;
    pub mod panics;
    pub mod paths;
    pub mod purity;
    pub mod rbac;
    pub mod shape;
    pub mod source;
    pub mod tree;
    pub mod unsafety;
}

use std::fs;
use std::path::Path;

use ringress::objects::kinds::Kind;
use tidy::rbac::Resource;
use tidy::source::{Breach, File, read};
use tidy::{golden, layers, names, panics, purity, rbac, shape, tree, unsafety};

/// Endings of the files that people read.
const TEXTS: &[&str] = &[
    ".rs", ".md", ".sh", ".py", ".yaml", ".yml", ".toml", ".txt", "/run",
];

#[test]
fn the_source_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let sources = read(root, "src", &[".rs"]);
    if std::env::var_os("TIDY_FIX").is_some()
        && let Some(fixed) = tree::fixed(&text(tree::README), &tree::render(&sources))
    {
        fs::write(root.join(tree::README), fixed).expect("a writable checkout");
    }
    let mut rust = sources.clone();
    for folder in ["tests", "bench", "benches"] {
        rust.extend(read(root, folder, &[".rs"]));
    }
    let list = text("tests/tidy/unsafe_files.txt");

    let mut breaches: Vec<Breach> = Vec::new();
    for file in &rust {
        breaches.extend(layers::check(file));
        breaches.extend(purity::check(file));
        breaches.extend(purity::check_total(file));
        breaches.extend(shape::check(file));
        breaches.extend(panics::check(file));
        breaches.extend(unsafety::check(file, &list));
        breaches.extend(names::check_metrics(file));
    }
    breaches.extend(layers::check_manifest(&text("Cargo.toml")));
    breaches.extend(layers::check_readme(tree::README, &text(tree::README)));
    breaches.extend(shape::check_reached(&rust));
    breaches.extend(unsafety::check_list(&list, &rust));
    breaches.extend(rbac::check(
        &kinds(),
        &read(root, "deploy", &[".yaml", ".yml"]),
    ));
    breaches.extend(tree::check(&text(tree::README), &sources));
    let golden: Vec<String> = read(root, "tests/golden", &[""])
        .into_iter()
        .map(|file| file.path)
        .collect();
    breaches.extend(golden::check(&golden));
    for folder in ["src", "tests", "bench", "deploy", "tuning", ".ci"] {
        for file in read(root, folder, TEXTS) {
            breaches.extend(names::check_machine(&file.path, &file.text));
            breaches.extend(shape::check_name(&file.path).filter(|_| !file.path.ends_with(".rs")));
        }
    }
    report(breaches);
}

/// What the code reads, as an API server names it.
fn kinds() -> Vec<Resource> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let info = kind.info();
        let resource = |plural: String| Resource {
            group: info.group.to_owned(),
            plural,
        };
        all.push(resource(info.plural.to_owned()));
        if info.status {
            all.push(resource(format!("{}/status", info.plural)));
        }
    }
    all
}

fn report(mut breaches: Vec<Breach>) {
    breaches.sort();
    breaches.dedup();
    let lines: Vec<String> = breaches
        .iter()
        .map(
            |Breach {
                 path,
                 line,
                 rule,
                 what,
                 cure,
             }| { format!("{path}:{line}: [{rule}] {what}\n    cure: {cure}") },
        )
        .collect();
    assert!(
        breaches.is_empty(),
        "{} breaches\n{}",
        breaches.len(),
        lines.join("\n")
    );
}

#[test]
fn a_breach_fails_the_run_and_names_file_rule_and_cure() {
    let file = File::new("src/wire/x.rs", "//! x\nuse crate::ir::Rule;\n");
    let breaches = layers::check(&file);
    let failure = std::panic::catch_unwind(|| report(breaches)).expect_err("a failure");
    let text = failure.downcast_ref::<String>().expect("a message");
    for part in ["src/wire/x.rs:2", "[layer]", "wire names ir", "cure:"] {
        assert!(text.contains(part), "{text}");
    }
}
