//! Metric names only in `telemetry/names`; no path of somebody's machine anywhere.

use super::source::{Breach, File};

/// String literals that are metric names, outside the one place for them.
pub fn check_metrics(file: &File) -> Vec<Breach> {
    let home =
        file.path == "src/telemetry/names.rs" || file.path.starts_with("src/telemetry/names/");
    if home || file.is_test() || !file.path.starts_with("src/") {
        return Vec::new();
    }
    let is_name = |text: &str| {
        text.strip_prefix("ringress_").is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b))
        })
    };
    let named = file.strings.iter().filter(|(_, text)| is_name(text));
    named
        .map(|(line, text)| {
            let what = format!("the metric name {text:?}");
            file.breach(
                *line,
                "metric",
                what,
                "name the constant of telemetry::names",
            )
        })
        .collect()
}

/// Paths of a machine and addresses of registries, which mean nothing to anybody else.
pub fn check_machine(path: &str, text: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let foreign = ["/work", "/root"].map(|folder| format!("{folder}/"));
    for (index, line) in text.lines().enumerate() {
        if let Some(found) = foreign.iter().find(|word| line.contains(word.as_str())) {
            breaches.push(Breach {
                path: path.to_owned(),
                line: index + 1,
                rule: "machine",
                what: format!("{found} is a path of one machine"),
                cure: "take it from the environment, or be relative to the repository",
            });
        }
    }
    breaches
}

#[test]
fn a_metric_name_elsewhere_is_found() {
    let count = |path: &str, text: &str| check_metrics(&File::new(path, text)).len();
    let text = "count(\"ringress_requests_total\");";
    assert_eq!(count("src/worker/a.rs", text), 1);
    assert_eq!(count("src/telemetry/names.rs", text), 0);
    assert_eq!(count("src/worker/a.rs", "// ringress_requests_total"), 0);
    assert_eq!(count("src/worker/a.rs", "\"ringress_ is a prefix\""), 0);
    assert_eq!(
        count(
            "src/worker/a.rs",
            "#[cfg(test)]\nmod tests { const X: &str = \"ringress_x\"; }"
        ),
        0
    );
}

#[test]
fn a_path_of_one_machine_is_found() {
    let path = ["cd /wo", "rk/x"].concat();
    assert_eq!(check_machine("tests/run", &path).len(), 1);
    assert_eq!(
        check_machine("tests/run", "cd \"$HOME/x\" # network/y").len(),
        0
    );
}
