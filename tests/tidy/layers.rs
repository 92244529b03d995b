//! Which layer may name which, and which crates each may use: the table of `src/README.md`.

use super::paths::{Named, module_of, named};
use super::source::{Breach, File};

/// Layer, and the layers that it may name besides itself.
pub const LAYERS: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("ir", &[]),
    ("telemetry", &[]),
    ("options", &[]),
    ("objects", &[]),
    ("table", &["ir", "wire"]),
    ("filter", &["ir", "wire"]),
    ("balance", &["ir"]),
    // `wire` for the normal form of paths: rules and requests must be normalised by one function.
    ("translate", &["objects", "ir", "wire"]),
    ("snapshot", &["ir", "table"]),
    (
        "control",
        &[
            "objects",
            "translate",
            "ir",
            "table",
            "snapshot",
            "telemetry",
        ],
    ),
    (
        "worker",
        &[
            "snapshot",
            "table",
            "filter",
            "balance",
            "wire",
            "ir",
            "telemetry",
        ],
    ),
    ("command", TOP),
    ("app", TOP),
];

/// What the top may name: everything but `command`, which nobody names.
const TOP: &[&str] = &[
    "app",
    "options",
    "snapshot",
    "control",
    "worker",
    "telemetry",
    "wire",
    "ir",
    "objects",
    "table",
    "filter",
    "balance",
    "translate",
];

const ANY: &[&str] = &["*"];

/// Crate, and the layers that may name it. Every dependency has a row.
///
/// Plain data and algorithms are for all. Sockets, clocks, threads and runtimes are for the planes
/// that own them, so that the layers of logic stay pure.
pub const CRATES: &[(&str, &[&str])] = &[
    ("base64", ANY),
    ("bytes", ANY),
    ("foldhash", ANY),
    ("hashbrown", ANY),
    ("httpdate", ANY),
    ("ipnet", ANY),
    ("jiff", ANY),
    ("memchr", ANY),
    ("regex_automata", ANY),
    ("regex_syntax", ANY),
    ("serde", ANY),
    ("serde_json", ANY),
    ("thiserror", ANY),
    ("saphyr_parser", &["objects", "control"]),
    ("serde_saphyr", &["objects", "control", "command"]),
    ("serde_ignored", &["objects", "control"]),
    ("serde_path_to_error", &["objects", "control"]),
    (
        "rustls",
        &[
            "translate",
            "table",
            "snapshot",
            "control",
            "worker",
            "command",
            "app",
        ],
    ),
    (
        "webpki",
        &[
            "translate",
            "table",
            "snapshot",
            "control",
            "worker",
            "command",
            "app",
        ],
    ),
    (
        "rcgen",
        &["translate", "control", "worker", "command", "app"],
    ),
    (
        "tracing",
        &[
            "telemetry",
            "snapshot",
            "control",
            "worker",
            "command",
            "app",
        ],
    ),
    ("tracing_subscriber", &["telemetry", "command", "app"]),
    ("clap", &["options", "command", "app"]),
    (
        "crossbeam_channel",
        &["snapshot", "telemetry", "control", "worker", "app"],
    ),
    (
        "atomic_waker",
        &["snapshot", "telemetry", "control", "worker"],
    ),
    ("rtrb", &["telemetry", "control", "worker"]),
    ("prometheus_client", &["control"]),
    // In `command` for the echo backends of the demo, which stand for other people's programs.
    ("tokio", &["control", "command"]),
    ("hyper", &["control", "command"]),
    ("hyper_util", &["control", "command"]),
    ("http_body_util", &["control", "command"]),
    ("futures_util", &["command"]),
    ("tokio_tungstenite", &["command"]),
    ("inotify", &["control"]),
    ("mio", &["control"]),
    ("kube", &["control"]),
    ("k8s_openapi", &["control"]),
    ("monoio", &["worker"]),
    ("monoio_http", &["worker"]),
    ("monoio_rustls", &["worker"]),
    ("io_uring", &["worker"]),
    ("core_affinity", &["worker"]),
    ("h2", &["worker"]),
    ("socket2", &["worker"]),
    ("libc", &["worker", "control", "command", "app"]),
    ("mimalloc", &["app", "command"]),
    ("libmimalloc_sys", &["worker"]),
    ("rustix", &["app", "worker"]),
];

const RULE: &str = "layer";
const CURE: &str = "move the code, pass the data in, or change the table in tests/tidy/layers.rs \
    and src/README.md with the reason";

/// The layer of a path: the folder below `src/`, or the file there. `None` for lib and main.
pub fn layer(path: &str) -> Option<String> {
    module_of(path).into_iter().next()
}

fn row(layer: &str) -> Option<&'static [&'static str]> {
    LAYERS
        .iter()
        .find(|(name, _)| *name == layer)
        .map(|(_, may)| *may)
}

/// Own layers and foreign crates named by a file of `src/`.
pub fn check(file: &File) -> Vec<Breach> {
    let Some(layer) = layer(&file.path).filter(|_| file.path.starts_with("src/")) else {
        return Vec::new();
    };
    let Some(may) = row(&layer) else {
        let what = format!("{layer} has no row in the table of layers");
        return vec![file.breach(0, RULE, what, CURE)];
    };
    let own = named(&file.code, &module_of(&file.path));
    let own = own
        .iter()
        .filter_map(|path| Some((path, wrong_layer(path, &layer, may)?)));
    let foreign = if file.is_test() {
        Vec::new()
    } else {
        named(&file.shipped, &module_of(&file.path))
    };
    let foreign = foreign
        .iter()
        .filter_map(|path| Some((path, wrong_crate(path, &layer)?)));
    own.chain(foreign)
        .map(|(path, what)| file.breach(path.line, RULE, what, CURE))
        .collect()
}

fn wrong_layer(path: &Named, layer: &str, may: &[&str]) -> Option<String> {
    let (first, rest) = path.segments.split_first()?;
    if first != "crate" {
        return None;
    }
    match rest.first().map(String::as_str) {
        None | Some("*") => Some(format!(
            "{layer} names the crate's root, which hides what it names"
        )),
        Some(other) if other == layer || may.contains(&other) => None,
        // A macro or item at the root is as good as a layer without a row.
        Some(other) => Some(format!("{layer} names {other}")),
    }
}

fn wrong_crate(path: &Named, layer: &str) -> Option<String> {
    let name = path.segments.first()?;
    let (_, layers) = CRATES.iter().find(|(crate_name, _)| crate_name == name)?;
    let allowed = layers.iter().any(|one| *one == "*" || *one == layer);
    (!allowed).then(|| format!("{layer} uses the crate {name}"))
}

/// Every dependency in the manifest stands in [`CRATES`].
pub fn check_manifest(cargo_toml: &str) -> Vec<Breach> {
    let mut section = "";
    let mut breaches = Vec::new();
    for (index, line) in cargo_toml.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
        } else if section == "[dependencies]"
            && let Some((name, _)) = line.split_once('=')
        {
            let name = name.trim().replace('-', "_");
            if !CRATES.iter().any(|(known, _)| *known == name) {
                breaches.push(Breach {
                    path: "Cargo.toml".to_owned(),
                    line: index + 1,
                    rule: RULE,
                    what: format!("no layer is said to use {name}"),
                    cure: "give the crate a row in CRATES of tests/tidy/layers.rs",
                });
            }
        }
    }
    breaches
}

/// The table in the README is the table here.
pub fn check_readme(path: &str, readme: &str) -> Vec<Breach> {
    let words = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let rows: Vec<(String, Vec<String>)> = readme
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.split('|').collect();
            let [name] = words(cells.first()?).try_into().ok()?;
            let cell = cells.get(1)?;
            let may = match cell.trim() {
                "everything" | "everything but `command`" => {
                    TOP.iter().map(|name| (*name).to_owned()).collect()
                }
                _ => words(cell),
            };
            Some((name, may))
        })
        .collect();
    let mut breaches = Vec::new();
    for (name, may) in LAYERS {
        let said = rows
            .iter()
            .find(|(layer, _)| layer == name)
            .map(|(_, said)| said);
        if said.is_none_or(|said| said != may) {
            breaches.push(Breach {
                path: path.to_owned(),
                line: 0,
                rule: RULE,
                what: format!("the table says {said:?} of {name}, tests/tidy/layers.rs {may:?}"),
                cure: "make both say the same",
            });
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_differs_is_found() {
        let row = |(name, may): &(&str, &[&str])| {
            let may: Vec<String> = may.iter().map(|one| format!("`{one}`")).collect();
            format!("| `{name}` | {} | x |", may.join(" "))
        };
        let readme = LAYERS.iter().map(row).collect::<Vec<_>>().join("\n");
        assert_eq!(check_readme("src/README.md", &readme).len(), 0);
        let other = readme.replace("| `table` | `ir` `wire` |", "| `table` | `ir` |");
        assert_eq!(check_readme("src/README.md", &other).len(), 1);
        assert_eq!(check_readme("src/README.md", "").len(), LAYERS.len());
    }

    fn breaches(path: &str, text: &str) -> Vec<String> {
        check(&File::new(path, text))
            .into_iter()
            .map(|breach| breach.what)
            .collect()
    }

    #[test]
    fn a_layer_that_names_another_is_found() {
        assert_eq!(
            breaches("src/wire/x.rs", "use crate::ir::Rule;"),
            ["wire names ir"]
        );
        assert_eq!(
            breaches("src/wire/x.rs", "fn f(_: super::super::ir::R) {}"),
            ["wire names ir"]
        );
        assert_eq!(
            breaches("src/table/x.rs", "use crate::{ir, wire::Head};"),
            [""; 0]
        );
        assert_eq!(
            breaches("src/table/x.rs", "use crate::{ir, objects::Key};"),
            ["table names objects"]
        );
        assert_eq!(
            breaches("src/worker/a/b.rs", "use crate::control;"),
            ["worker names control"]
        );
        assert_eq!(
            breaches("src/worker/a.rs", "use crate::objects as o;"),
            ["worker names objects"]
        );
        assert_eq!(
            breaches("src/control/a.rs", "crate::worker::start()"),
            ["control names worker"]
        );
        assert_eq!(
            breaches("src/app.rs", "use crate::command::run;"),
            ["app names command"]
        );
        assert_eq!(breaches("src/ir/a.rs", "use crate::*;").len(), 1);
        assert_eq!(
            breaches("src/new/a.rs", ""),
            ["new has no row in the table of layers"]
        );
        // In tests too: a test that needs two layers belongs to tests/.
        let test = "#[cfg(test)]\nmod tests { use crate::worker::X; }";
        assert_eq!(breaches("src/control/a.rs", test), ["control names worker"]);
    }

    #[test]
    fn a_foreign_crate_in_the_wrong_layer_is_found() {
        assert_eq!(
            breaches("src/wire/x.rs", "use tokio::net;"),
            ["wire uses the crate tokio"]
        );
        assert_eq!(
            breaches("src/worker/x.rs", "tokio::spawn(f)"),
            ["worker uses the crate tokio"]
        );
        assert_eq!(
            breaches("src/control/x.rs", "use ::monoio;"),
            ["control uses the crate monoio"]
        );
        assert_eq!(breaches("src/translate/x.rs", "use socket2::S;").len(), 1);
        assert_eq!(breaches("src/command/x.rs", "use monoio::time;").len(), 1);
        assert_eq!(
            breaches("src/worker/x.rs", "use monoio::time; use memchr::memchr;"),
            [""; 0]
        );
        assert_eq!(
            breaches("src/wire/x.rs", "// tokio::x\nlet s = \"tokio::x\";"),
            [""; 0]
        );
    }

    #[test]
    fn a_dependency_without_a_row_is_found() {
        let manifest =
            "[dependencies]\nserde = \"1\"\nnew-crate = \"1\"\n[dev-dependencies]\nx = \"1\"";
        let found = check_manifest(manifest);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].line, found[0].what.contains("new_crate")),
            (3, true)
        );
    }
}
