//! The paths that a file's code names: `use` trees and plain paths, resolved from the crate root
//! where they begin with `crate`, `self` or `super`.

/// A path as written: its segments, and its line from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Resolved: `crate` first for our own, else the crate or local name it begins with.
    pub segments: Vec<String>,
    /// Where.
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Path,
    Sign(char),
}

/// The module that a file of `src/` is: `src/wire/h1/mod.rs` is `[wire, h1]`.
pub fn module_of(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    let root = parts.len() == 1 && matches!(parts[0].as_str(), "lib" | "main");
    if root || parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Every path in `code` (comments and literals blanked already) of the module `module`.
pub fn named(code: &str, module: &[String]) -> Vec<Named> {
    let tokens = tokens(code);
    let mut walk = Walk {
        tokens: &tokens,
        at: 0,
        module: module.to_vec(),
        inner: Vec::new(),
        depth: 0,
        found: Vec::new(),
    };
    walk.run();
    walk.found
}

fn tokens(code: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = String::from(c);
            while let Some(&next) = chars.peek().filter(|c| c.is_alphanumeric() || **c == '_') {
                word.push(next);
                chars.next();
            }
            tokens.push((Token::Word(word), line));
        } else if c == ':' && chars.peek() == Some(&':') {
            chars.next();
            tokens.push((Token::Path, line));
        } else if !c.is_whitespace() {
            tokens.push((Token::Sign(c), line));
        }
    }
    tokens
}

struct Walk<'a> {
    tokens: &'a [(Token, usize)],
    at: usize,
    module: Vec<String>,
    /// Inline modules open at this point, with the brace depth outside each.
    inner: Vec<(String, usize)>,
    depth: usize,
    found: Vec<Named>,
}

impl Walk<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.peek(ahead) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(_, line)| *line)
    }

    fn run(&mut self) {
        while let Some(token) = self.peek(0).cloned() {
            match token {
                Token::Sign('{') => self.depth += 1,
                Token::Sign('}') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self
                        .inner
                        .last()
                        .is_some_and(|(_, outside)| *outside == self.depth)
                    {
                        self.inner.pop();
                    }
                }
                Token::Word(word) if word == "mod" => {
                    if let Some(name) = self.word(1).map(str::to_owned)
                        && self.peek(2) == Some(&Token::Sign('{'))
                    {
                        self.inner.push((name, self.depth));
                        self.at += 1;
                    }
                }
                Token::Word(word) if word == "use" => {
                    self.at += 1;
                    self.tree(Vec::new());
                    continue;
                }
                Token::Word(_) if self.peek(1) == Some(&Token::Path) && !self.continues() => {
                    self.plain();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether the word at hand goes on a path or a field access begun before it.
    fn continues(&self) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map(|at| &self.tokens[at].0);
        match before(1) {
            Some(Token::Sign('.')) => true,
            // `<T as X>::name` and `a::name` go on; a leading `::name` begins.
            Some(Token::Path) => matches!(before(2), Some(Token::Word(_) | Token::Sign('>'))),
            _ => false,
        }
    }

    fn plain(&mut self) {
        let line = self.line();
        let mut segments = Vec::new();
        while let Some(word) = self.word(0).map(str::to_owned) {
            segments.push(word);
            self.at += 1;
            if self.peek(0) != Some(&Token::Path) {
                break;
            }
            self.at += 1;
        }
        self.push(segments, line);
    }

    /// One branch of a `use` tree, after `prefix`.
    fn tree(&mut self, prefix: Vec<String>) {
        let mut segments = prefix;
        loop {
            let line = self.line();
            match self.peek(0).cloned() {
                Some(Token::Word(word)) if word == "as" => {
                    self.at += 2;
                    return self.push(segments, line);
                }
                Some(Token::Word(word)) => {
                    segments.push(word);
                    self.at += 1;
                }
                Some(Token::Path) => self.at += 1,
                Some(Token::Sign('*')) => {
                    segments.push("*".to_owned());
                    self.at += 1;
                }
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while !matches!(self.peek(0), Some(Token::Sign('}')) | None) {
                        if self.peek(0) == Some(&Token::Sign(',')) {
                            self.at += 1;
                        } else {
                            self.tree(segments.clone());
                        }
                    }
                    self.at += 1;
                    return;
                }
                Some(Token::Sign(';')) => {
                    self.at += 1;
                    return self.push(segments, line);
                }
                _ => return self.push(segments, line),
            }
        }
    }

    fn push(&mut self, segments: Vec<String>, line: usize) {
        let mut rest = segments.as_slice();
        let mut base: Vec<String> = self.module.clone();
        base.extend(self.inner.iter().map(|(name, _)| name.clone()));
        let own = match rest.first().map(String::as_str) {
            Some("crate" | "ringress") => {
                base.clear();
                rest = &rest[1..];
                true
            }
            Some("self") => {
                rest = &rest[1..];
                true
            }
            Some("super") => {
                while rest.first().is_some_and(|word| word == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
                true
            }
            Some(_) => false,
            None => return,
        };
        let mut resolved = Vec::new();
        if own {
            resolved.push("crate".to_owned());
            resolved.extend(base);
        }
        resolved.extend(rest.iter().filter(|word| *word != "self").cloned());
        self.found.push(Named {
            segments: resolved,
            line,
        });
    }
}

#[test]
fn use_trees_and_plain_paths_are_resolved() {
    let code = "use std::{io, net::{self, IpAddr as A}};\nuse super::super::table::Row;\n\
        fn f(x: crate::ir::Rule) { ::tokio::spawn(a.b::<u8>()); super::g(); }\n\
        mod inner { use super::super::pool; use crate::*; }\nuse self::deep::X;";
    let module = module_of("src/worker/upstream/connect.rs");
    let all: Vec<String> = named(code, &module)
        .iter()
        .map(|path| path.segments.join("::"))
        .collect();
    assert_eq!(
        all,
        [
            "std::io",
            "std::net",
            "std::net::IpAddr",
            "crate::worker::table::Row",
            "crate::ir::Rule",
            "tokio::spawn",
            "b",
            "crate::worker::upstream::g",
            "crate::worker::upstream::pool",
            "crate::*",
            "crate::worker::upstream::connect::deep::X",
        ]
        .into_iter()
        .filter(|path| *path != "b")
        .collect::<Vec<_>>()
    );
    assert_eq!(module_of("src/lib.rs"), Vec::<String>::new());
    assert_eq!(module_of("src/wire/h1/mod.rs"), ["wire", "h1"]);
}
