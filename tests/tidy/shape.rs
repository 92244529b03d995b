//! The shape of files: an opening doc, a parent that names them, at most 500 lines, a noun for a
//! name, nothing left for later.

use super::source::{Breach, File};

/// Longest file, in lines.
const LINES: usize = 500;
/// Names that say nothing.
const DRAWERS: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// The rules about one Rust file.
pub fn check(file: &File) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if !file.text.trim_start().starts_with("//!") {
        let what = "does not open with //!".to_owned();
        breaches.push(file.breach(1, "open", what, "say in a line what the file is for"));
    }
    let lines = file.text.lines().count();
    if lines > LINES {
        let what = format!("{lines} lines, above {LINES}");
        breaches.push(file.breach(
            0,
            "lines",
            what,
            "find the second noun and give it its file",
        ));
    }
    breaches.extend(check_name(&file.path));
    breaches.extend(later(file));
    breaches
}

/// No part of a path is a drawer.
pub fn check_name(path: &str) -> Option<Breach> {
    let part = path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or_default());
    let drawer = part.into_iter().find(|part| DRAWERS.contains(part))?;
    let what = format!("a drawer named {drawer}");
    let cure = "name it for the noun inside";
    Some(Breach {
        path: path.to_owned(),
        line: 0,
        rule: "name",
        what,
        cure,
    })
}

fn later(file: &File) -> Vec<Breach> {
    const CURE: &str = "do it now, or file it as an issue and refuse the case by name here";
    let mut breaches = Vec::new();
    for (line, text) in &file.comments {
        let words = text.split(|c: char| !c.is_alphanumeric());
        if let Some(word) = words
            .into_iter()
            .find(|w| matches!(*w, "TODO" | "FIXME" | "XXX"))
        {
            breaches.push(file.breach(*line, "later", format!("{word} in a comment"), CURE));
        }
    }
    for (index, line) in file.code.lines().enumerate() {
        for word in ["todo!", "unimplemented!"] {
            if line.contains(word) {
                breaches.push(file.breach(index + 1, "later", format!("{word} in code"), CURE));
            }
        }
    }
    breaches
}

/// Every file of a tree is a crate root or named by a `mod` in its parent.
pub fn check_reached(files: &[File]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in files {
        let Some((parents, name)) = parents(&file.path) else {
            continue;
        };
        let reached = files.iter().any(|parent| {
            (parents.contains(&parent.path) && declares(&parent.code, &name))
                || points_at(parent, &file.path)
        });
        if !reached {
            let what = format!("no `mod {name};` reaches it");
            breaches.push(file.breach(
                0,
                "reached",
                what,
                "declare it in its parent, or remove it",
            ));
        }
    }
    breaches
}

/// Where a file's `mod` line may stand, and the name in it; `None` for a crate root.
fn parents(path: &str) -> Option<(Vec<String>, String)> {
    let (folder, file) = path.rsplit_once('/')?;
    let stem = file.strip_suffix(".rs")?;
    let root = matches!(path, "src/lib.rs" | "src/main.rs")
        || matches!(folder, "tests" | "benches" | "src/bin")
        || (stem == "main" && folder.split('/').count() == 2 && !folder.starts_with("src/"));
    if root {
        return None;
    }
    let (home, name) = if stem == "mod" {
        let (home, name) = folder.rsplit_once('/')?;
        (home, name)
    } else {
        (folder, stem)
    };
    let beside = ["mod", "lib", "main"].map(|root| format!("{home}/{root}.rs"));
    let mut all = beside.to_vec();
    all.push(format!("{home}.rs"));
    // A folder of modules beside the crate root `tests/NAME.rs` is declared there; one directly
    // below `tests/` by any of the roots.
    Some((all, name.to_owned()))
}

fn declares(code: &str, name: &str) -> bool {
    code.lines().any(|line| {
        let line = line.trim();
        line.split_once("mod ").is_some_and(|(before, after)| {
            (before.is_empty() || before.ends_with(' ')) && after == format!("{name};")
        })
    })
}

/// Whether a crate root of `tests/` declares the folder by `mod NAME;`, or `#[path]` names the file.
fn points_at(parent: &File, path: &str) -> bool {
    let Some(below) = path.strip_prefix("tests/") else {
        return false;
    };
    let in_root = below.strip_suffix("/mod.rs").is_some_and(|name| {
        parent
            .path
            .rsplit_once('/')
            .is_some_and(|(f, _)| f == "tests")
            && declares(&parent.code, name)
    });
    let by_path = parent.text.lines().any(|line| {
        let target = line
            .trim()
            .strip_prefix("#[path = \"")
            .and_then(|l| l.strip_suffix("\"]"));
        target.is_some_and(|target| path.ends_with(target.trim_start_matches("../")))
    });
    in_root || by_path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&File::new(path, text))
            .into_iter()
            .map(|breach| breach.rule)
            .collect()
    }

    #[test]
    fn a_file_of_bad_shape_is_found() {
        assert_eq!(rules("src/a.rs", "//! Doc.\n"), [""; 0]);
        assert_eq!(rules("src/a.rs", "/// Doc.\nfn a() {}"), ["open"]);
        assert_eq!(rules("src/a.rs", &"//! x\n".repeat(501)), ["lines"]);
        assert_eq!(rules("src/a.rs", &"//! x\n".repeat(500)), [""; 0]);
        for name in [
            "src/util.rs",
            "src/wire/helpers/mod.rs",
            "tests/common/mod.rs",
            "src/misc.rs",
        ] {
            assert_eq!(rules(name, "//! x"), ["name"], "{name}");
        }
        assert!(check_name("tests/proxy/utils.sh").is_some());
        assert!(check_name("src/wire/utility.rs").is_none());
    }

    #[test]
    fn what_is_left_for_later_is_found() {
        let word = ["TO", "DO"].concat();
        assert_eq!(
            rules("src/a.rs", &format!("//! x\n// {word}: more")),
            ["later"]
        );
        assert_eq!(rules("src/a.rs", "//! x\nfn f() { todo!() }"), ["later"]);
        assert_eq!(
            rules("src/a.rs", "//! x\nfn f() { unimplemented!() }"),
            ["later"]
        );
        assert_eq!(rules("src/a.rs", "//! x\nfn f() { \"todo!\" }"), [""; 0]);
    }

    #[test]
    fn a_file_that_nobody_reaches_is_found() {
        let tree = |texts: &[(&str, &str)]| -> Vec<String> {
            let files: Vec<File> = texts
                .iter()
                .map(|(path, text)| File::new(path, text))
                .collect();
            check_reached(&files)
                .into_iter()
                .map(|breach| breach.path)
                .collect()
        };
        let lib = ("src/lib.rs", "pub mod wire;\nmod app;");
        assert_eq!(
            tree(&[lib, ("src/app.rs", ""), ("src/wire/mod.rs", "")]),
            [""; 0]
        );
        assert_eq!(tree(&[lib, ("src/lost.rs", "")]), ["src/lost.rs"]);
        let wire = ("src/wire/mod.rs", "// mod b;\npub(crate) mod a;");
        let found = tree(&[
            lib,
            wire,
            ("src/wire/a.rs", "mod c;"),
            ("src/wire/a/c.rs", ""),
            ("src/wire/b.rs", ""),
        ]);
        assert_eq!(found, ["src/wire/b.rs"]);
        let test = ("tests/x.rs", "mod support;");
        assert_eq!(
            tree(&[
                test,
                ("tests/support/mod.rs", "mod a;"),
                ("tests/support/a.rs", "")
            ]),
            [""; 0]
        );
        let by_path = (
            "tests/proxy/main.rs",
            "#[path = \"../support/mod.rs\"]\nmod support;",
        );
        assert_eq!(
            tree(&[
                by_path,
                ("tests/support/mod.rs", ""),
                ("tests/other/mod.rs", "")
            ]),
            ["tests/other/mod.rs"]
        );
    }
}
