//! The README says what the binary does: its tables are made from the binary, and held equal here.
//!
//! `README_FIX=1 cargo test --test readme` writes them anew.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use support::client::{Request, fetch};
use support::manifests::{
    Manifests, gateway, http, http_route, https, prefix, service, tls_secret,
};
use support::origin::Origin;
use support::pki::Authority;
use support::process::{self, Gateway};

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

#[test]
fn the_features_are_those_that_the_class_reports() {
    let manifests = Manifests::with(&[]);
    let path = manifests.path().to_str().expect("UTF-8");
    let output = process::output(&["check", "--output", "json", path]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let features = list["items"][0]["status"]["supportedFeatures"].as_array();
    let names = features.expect("features").iter();
    let names: Vec<String> = names
        .map(|feature| format!("`{}`", feature["name"].as_str().expect("a name")))
        .collect();
    assert!(names.len() > 10, "{list}");
    block("features", &names.join(", "));
}

#[test]
fn the_metrics_are_those_that_a_gateway_shows() {
    let (origin, address) = (Origin::start("a"), support::ports::local());
    let tls = support::ports::free();
    let leaf = Authority::new("readme").leaf(&["a.test"]);
    let listeners = [
        http("web", address.port()),
        https("tls", tls, "a.test", "leaf"),
    ];
    let mut objects = vec![
        gateway("gw", &listeners),
        http_route("r", "gw", &["a.test"], &[prefix("/", "a")]),
        tls_secret("leaf", &leaf),
    ];
    objects.extend(service("a", &[origin.address()]));
    let manifests = Manifests::with(&objects);
    let gateway = Gateway::start(manifests.path());
    // A family is shown once it has something to show.
    assert_eq!(fetch(address, &Request::get("/", "a.test")).status, 200);
    let refused = fetch(address, &Request::get("/", "a.test").header("a b", "c"));
    assert_eq!(refused.status, 400);
    // Counted once the answer is out, which is when the client has it already.
    for counter in ["ringress_requests_total", "ringress_refused_total"] {
        support::eventually(counter, || {
            (gateway.metric(counter, &[]) > 0.0).then_some(())
        });
    }
    let page = gateway.page("/metrics").text();
    let mut families: BTreeMap<String, (String, String)> = BTreeMap::new();
    for line in page.lines() {
        if let Some((name, help)) = word(line, "# HELP ") {
            families.entry(name).or_default().1 = help;
        } else if let Some((name, kind)) = word(line, "# TYPE ") {
            families.entry(name).or_default().0 = kind;
        }
    }
    let row = |(name, (kind, help)): (&String, &(String, String))| {
        let total = if kind == "counter" { "_total" } else { "" };
        format!("| `{name}{total}` | {kind} | {help} |\n")
    };
    let rows: String = families.iter().map(row).collect();
    block(
        "metrics",
        &format!("| metric | type | meaning |\n| --- | --- | --- |\n{rows}"),
    );
}

/// Name and rest of a line that begins with `start`.
fn word(line: &str, start: &str) -> Option<(String, String)> {
    let (name, rest) = line.strip_prefix(start)?.split_once(' ')?;
    Some((name.to_owned(), rest.to_owned()))
}
