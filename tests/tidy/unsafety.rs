//! `unsafe` only in the files listed, with a reason each, in `tests/tidy/unsafe_files.txt`, and
//! every use under its own `// SAFETY:`.

use super::source::{Breach, File};

const LIST: &str = "tests/tidy/unsafe_files.txt";

/// Lines of the list: `PATH: WHY`; `#` begins a comment.
fn entries(list: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    list.lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#') && !line.is_empty())
        .map(|(index, line)| {
            let (path, why) = line.split_once(": ").unwrap_or((line, ""));
            (index + 1, path, why)
        })
}

/// Uses of `unsafe` in a file: the lines.
fn uses(code: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        lines.extend(words.filter(|word| *word == "unsafe").map(|_| index + 1));
    }
    lines
}

/// The rule about one file, given the list.
pub fn check(file: &File, list: &str) -> Vec<Breach> {
    let lines = uses(&file.code);
    if lines.is_empty() {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    if !entries(list).any(|(_, path, _)| path == file.path) {
        let what = format!("unsafe in a file that {LIST} does not list");
        breaches.push(file.breach(
            lines[0],
            "unsafe",
            what,
            "do without, or list it with the reason",
        ));
    }
    for line in lines {
        if !explained(file, line) {
            let what = "unsafe without // SAFETY: above it".to_owned();
            let cure = "say why every condition of what is called holds here";
            breaches.push(file.breach(line, "unsafe", what, cure));
        }
    }
    breaches
}

/// Whether the statement that holds `line` stands under a comment with `SAFETY:` (for an `unsafe
/// fn` or `trait`, a doc section `# Safety`).
fn explained(file: &File, line: usize) -> bool {
    let text: Vec<&str> = file.text.lines().collect();
    let mut above = line - 1;
    let mut in_comment = false;
    while above > 0 {
        let trimmed = text[above - 1].trim();
        let comment = trimmed.starts_with("//");
        if comment && (trimmed.contains("SAFETY:") || trimmed.contains("# Safety")) {
            return true;
        }
        let ends = trimmed.is_empty() || trimmed.ends_with([';', '{', '}']);
        if !comment && (in_comment || ends) && !trimmed.starts_with("#[") {
            return false;
        }
        in_comment |= comment;
        above -= 1;
    }
    false
}

/// The list names only files that are there and use it, each with a reason.
pub fn check_list(list: &str, files: &[File]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (line, path, why) in entries(list) {
        let used = files
            .iter()
            .any(|file| file.path == path && !uses(&file.code).is_empty());
        let what = match (used, why.is_empty()) {
            (false, _) => format!("{path} has no unsafe"),
            (true, true) => format!("{path} without a reason"),
            (true, false) => continue,
        };
        let cure = "keep the list equal to the source";
        breaches.push(Breach {
            path: LIST.to_owned(),
            line,
            rule: "unsafe",
            what,
            cure,
        });
    }
    breaches
}

#[test]
fn unsafe_unlisted_or_unexplained_is_found() {
    let list = "# comment\nsrc/a.rs: raw descriptors\n";
    let count = |path: &str, text: &str| check(&File::new(path, text), list).len();
    let good = "// SAFETY: the descriptor is ours\nlet x =\n    unsafe { close(fd) };";
    assert_eq!(count("src/a.rs", good), 0);
    assert_eq!(count("src/b.rs", good), 1);
    assert_eq!(count("src/a.rs", "f();\nunsafe { g() }"), 1);
    assert_eq!(
        count(
            "src/a.rs",
            "// SAFETY: one\nunsafe { g() };\nunsafe { h() };"
        ),
        1
    );
    assert_eq!(
        count(
            "src/a.rs",
            "/// # Safety\n/// Never.\n#[inline]\nunsafe fn g() {}"
        ),
        0
    );
    assert_eq!(
        count("src/b.rs", "#![forbid(unsafe_code)]\n// unsafe {}"),
        0
    );
    let files = [
        File::new("src/a.rs", "fn a() {}"),
        File::new("src/b.rs", "unsafe {}"),
    ];
    assert_eq!(
        check_list("src/a.rs: why\nsrc/b.rs\nsrc/c.rs: gone", &files).len(),
        3
    );
    assert_eq!(check_list("src/b.rs: why", &files).len(), 0);
}
