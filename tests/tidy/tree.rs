//! The tree in `src/README.md` equals the disk: every file, with the first sentence of its doc.

use super::source::{Breach, File};

/// Where the tree stands.
pub const README: &str = "src/README.md";
/// How many bytes of a file's first sentence are shown.
const LONGEST: usize = 100;
const BEGIN: &str = "<!-- tree: written by TIDY_FIX=1 cargo test --test tidy -->\n```text\n";
const END: &str = "```\n<!-- end of tree -->";

/// The tree of these files of `src/`, as the README has it.
pub fn render(files: &[File]) -> String {
    let mut entries: Vec<(Vec<String>, &File)> = files
        .iter()
        .filter_map(|file| {
            let inside = file.path.strip_prefix("src/")?;
            let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
            if parts.last().is_some_and(|last| last == "mod.rs") {
                parts.pop();
                let folder = parts.pop()?;
                parts.push(format!("{folder}/"));
            }
            Some((parts, file))
        })
        .collect();
    // A folder's own line comes before what is in it.
    entries.sort_by_key(|(parts, _)| {
        parts
            .iter()
            .map(|p| p.trim_end_matches('/').to_owned())
            .collect::<Vec<_>>()
    });
    let mut tree = String::new();
    for (parts, file) in entries {
        let name = parts.last().map(String::as_str).unwrap_or_default();
        let indent = "  ".repeat(parts.len() - 1);
        let line = format!(
            "{indent}{name:<width$} {}",
            sentence(file),
            width = 26_usize.saturating_sub(indent.len())
        );
        tree.push_str(line.trim_end());
        tree.push('\n');
    }
    tree
}

/// The first sentence of a file's opening doc.
fn sentence(file: &File) -> String {
    let lines = file
        .text
        .lines()
        .map_while(|line| line.trim().strip_prefix("//!"));
    let paragraph: Vec<&str> = lines
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let all = paragraph.join(" ");
    let mut end = all.find(". ").unwrap_or(all.len());
    // A long one is cut where it pauses.
    if end > LONGEST {
        let pauses = [", ", "; ", ": "]
            .into_iter()
            .flat_map(|pause| all.match_indices(pause));
        end = pauses
            .map(|(at, _)| at)
            .filter(|at| *at <= LONGEST)
            .max()
            .unwrap_or(end);
    }
    all[..end].trim_end_matches(['.', ':']).to_owned()
}

/// The README with `tree` in its place; `None` where it has no place for it.
pub fn fixed(readme: &str, tree: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, tree, END, after].concat())
}

/// Compares the README with the disk.
pub fn check(readme: &str, files: &[File]) -> Vec<Breach> {
    let breach = |line: usize, what: String| Breach {
        path: README.to_owned(),
        line,
        rule: "tree",
        what,
        cure: "TIDY_FIX=1 cargo test --test tidy writes it anew",
    };
    let tree = render(files);
    let Some(right) = fixed(readme, &tree) else {
        return vec![breach(0, "no place for the tree".to_owned())];
    };
    let lines = readme.lines().zip(right.lines()).enumerate();
    let differs = lines.into_iter().find(|(_, (is, should))| is != should);
    match differs {
        Some((index, (is, should))) => {
            vec![breach(
                index + 1,
                format!("says {:?}, the disk {:?}", is.trim(), should.trim()),
            )]
        }
        None if readme.len() != right.len() => vec![breach(0, "longer than the disk".to_owned())],
        None => Vec::new(),
    }
}

#[test]
fn a_tree_that_differs_from_the_disk_is_found() {
    let files = [
        File::new("src/lib.rs", "//! The crate.\n"),
        File::new("src/wire/head.rs", "//! A head,\n//! parsed. And more.\n"),
        File::new("src/wire/mod.rs", "//! Bytes: all of them.\n"),
    ];
    let tree = render(&files);
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, ["lib.rs", "wire/", "head.rs"]);
    assert!(tree.contains("  head.rs") && tree.contains(" A head, parsed\n"));
    assert!(tree.contains(" Bytes: all of them\n"));
    let readme = format!("# Map\n{BEGIN}{tree}{END}\n");
    assert!(check(&readme, &files).is_empty());
    assert_eq!(check(&readme, &files[..2]).len(), 1);
    assert_eq!(
        check(&readme.replace("head.rs", "heap.rs"), &files).len(),
        1
    );
    assert_eq!(check("# Map\n", &files).len(), 1);
    assert_eq!(
        fixed(&readme.replace("head.rs", "heap.rs"), &tree),
        Some(readme)
    );
}
