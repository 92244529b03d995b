//! A source file as the rules see it: its code without comments and strings, and these apart.

use std::fs;
use std::path::Path;

/// A text file, its path relative to the repository, with `/` between the parts.
#[derive(Clone, Debug)]
pub struct File {
    /// Where it is.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Rust code with comments and the insides of literals blanked, line for line.
    pub code: String,
    /// As `code`, with the items under `#[cfg(test)]` blanked too.
    pub shipped: String,
    /// Line (from 1) and content of each string literal outside `#[cfg(test)]`.
    pub strings: Vec<(usize, String)>,
    /// Line and content of each comment, doc comments included.
    pub comments: Vec<(usize, String)>,
}

/// A breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// In which file.
    pub path: String,
    /// On which line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Which rule, in a word.
    pub rule: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: &'static str,
}

impl File {
    /// Reads `text` as the file at `path`.
    pub fn new(path: &str, text: &str) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: String::new(),
            shipped: String::new(),
            strings: Vec::new(),
            comments: Vec::new(),
        };
        if path.ends_with(".rs") {
            Lexer {
                rest: text,
                line: 1,
                file: &mut file,
            }
            .run();
            file.shipped = without_tests(&file.code);
            let shipped: Vec<&str> = file.shipped.lines().collect();
            file.strings
                .retain(|(line, _)| shipped.get(line - 1).is_some_and(|l| !l.is_empty()));
        }
        file
    }

    /// A breach in this file.
    pub fn breach(
        &self,
        line: usize,
        rule: &'static str,
        what: String,
        cure: &'static str,
    ) -> Breach {
        Breach {
            path: self.path.clone(),
            line,
            rule,
            what,
            cure,
        }
    }

    /// Whether all of the file is test code, by its place.
    pub fn is_test(&self) -> bool {
        !self.path.starts_with("src/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.ends_with("_test.rs")
            || self.path.ends_with("_tests.rs")
    }

    /// Whether the line, or the comment above it, says `tidy: allow WORD: WHY`.
    pub fn allows(&self, line: usize, word: &str) -> bool {
        let marker = format!("tidy: allow {word}: ");
        let says = |at: usize| {
            self.comments.iter().any(|(where_, text)| {
                let why = text.split(&marker).nth(1);
                *where_ == at && why.is_some_and(|why| why.trim().len() > 5)
            })
        };
        let comment_above = |at: usize| {
            let text = self.text.lines().nth(at.wrapping_sub(1));
            text.is_some_and(|text| text.trim_start().starts_with("//"))
        };
        let mut above = line;
        while above > 1 && comment_above(above - 1) {
            above -= 1;
        }
        (above..=line).any(says)
    }
}

/// Blanks every item under `#[cfg(test)]` or `#[cfg(all(test, ..))]`, keeping the lines: a blanked
/// line becomes empty.
fn without_tests(code: &str) -> String {
    let mut kept: Vec<String> = code.lines().map(str::to_owned).collect();
    let bytes = code.as_bytes();
    let mut from = 0;
    while let Some(at) = code[from..].find("#[cfg(").map(|at| at + from) {
        let close = matching(bytes, at + 1, b'[', b']');
        let condition = &code[at..close];
        let is_test = condition.contains("(test)") || condition.contains("all(test");
        from = close;
        if !is_test {
            continue;
        }
        let end = item_end(bytes, close);
        let first = code[..at].matches('\n').count();
        let last = code[..end].matches('\n').count();
        for line in kept.iter_mut().take(last + 1).skip(first) {
            line.clear();
        }
        from = end;
    }
    kept.join("\n")
}

/// The end of the item that begins at `from`: its `;` or the brace that closes its first one.
fn item_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b';' => return at + 1,
            b'{' => return matching(bytes, at, b'{', b'}'),
            b'[' => at = matching(bytes, at, b'[', b']'),
            b'(' => at = matching(bytes, at, b'(', b')'),
            _ => at += 1,
        }
    }
    at
}

/// One past the bracket that closes the one at `from`.
fn matching(bytes: &[u8], from: usize, open: u8, close: u8) -> usize {
    let mut depth = 0_usize;
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    bytes.len()
}

/// Splits Rust into code, literals and comments.
struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    file: &'a mut File,
}

impl Lexer<'_> {
    fn run(mut self) {
        while let Some(next) = self.rest.chars().next() {
            let rest = self.rest;
            let named = self
                .file
                .code
                .ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if rest.starts_with("//") {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.comment(end);
            } else if rest.starts_with("/*") {
                let end = block_comment(rest);
                self.comment(end);
            } else if next == '"' {
                self.string(1, string_end(rest, 1), 1);
            } else if let Some((open, hashes)) = raw_string(rest).filter(|_| !named) {
                let close = format!("\"{}", "#".repeat(hashes));
                let end = rest[open..].find(&close).map_or(rest.len(), |at| at + open);
                self.string(open, end, close.len());
            } else if next == '\'' && char_end(rest).is_some() {
                let end = char_end(rest).unwrap_or(1);
                self.file.code.push_str("' '");
                self.skip(end);
            } else {
                self.file.code.push(next);
                self.skip(next.len_utf8());
            }
        }
    }

    fn skip(&mut self, count: usize) {
        self.line += self.rest[..count].matches('\n').count();
        self.rest = &self.rest[count..];
    }

    fn comment(&mut self, end: usize) {
        for (offset, text) in self.rest[..end].split('\n').enumerate() {
            self.file
                .comments
                .push((self.line + offset, text.trim().to_owned()));
        }
        self.blank(end);
    }

    fn string(&mut self, open: usize, end: usize, close: usize) {
        self.file
            .strings
            .push((self.line, self.rest[open..end].to_owned()));
        self.file.code.push('"');
        self.blank(end);
        self.file.code.push('"');
        self.skip(close.min(self.rest.len()));
    }

    /// Passes over text, keeping its line ends only.
    fn blank(&mut self, count: usize) {
        let lines = self.rest[..count].matches('\n').count();
        self.file.code.push_str(&"\n".repeat(lines));
        self.skip(count);
    }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The index of the quote that ends the string whose content begins at `from`.
fn string_end(text: &str, from: usize) -> usize {
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return from + at,
            _ => {}
        }
    }
    text.len()
}

/// For `r".."`, `r#".."#`, `br".."`: where the content begins, and the number of hashes.
fn raw_string(text: &str) -> Option<(usize, usize)> {
    let body = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    body[hashes..]
        .starts_with('"')
        .then_some((text.len() - body.len() + hashes + 1, hashes))
}

/// The length of a char literal; `None` for a lifetime.
fn char_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        // Past the escaped character itself, which may be a quote.
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars
        .next()
        .filter(|(_, c)| *c == '\'')
        .map(|(at, _)| at + 1)
}

/// Every file below `folder` of `root` whose name ends in one of `endings`, sorted by path.
pub fn read(root: &Path, folder: &str, endings: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending))
                && let Ok(text) = fs::read_to_string(&path)
                && let Ok(inside) = path.strip_prefix(root)
            {
                files.push(File::new(&inside.to_string_lossy(), &text));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[test]
fn code_strings_and_comments_are_told_apart() {
    let text = r####"//! Doc "x"
fn a<'a>(c: char) -> &'a str { /* b /* c */ d */ if c == '"' || c == '\'' { "use" } else { r#"y"z"# } }
// tail
#[cfg(test)]
mod tests { const S: &str = "hidden"; }
fn z() {}
"####;
    let file = File::new("src/x.rs", text);
    assert!(!file.code.contains("use") && !file.code.contains("tail") && file.code.contains("'a"));
    assert_eq!(file.code.lines().count(), text.lines().count());
    let strings: Vec<&str> = file.strings.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(strings, ["use", "y\"z"]);
    assert_eq!(file.comments[0], (1, "//! Doc \"x\"".to_owned()));
    assert!(file.shipped.contains("fn z") && !file.shipped.contains("mod tests"));
}
