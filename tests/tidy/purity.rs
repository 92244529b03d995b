//! Pure layers take bytes, data, clock and dice as arguments: no socket, clock, file, environment,
//! thread or randomness inside.

use super::layers::layer;
use super::paths::{module_of, named};
use super::source::{Breach, File};

/// Layers without any I/O, environment, clock or dice.
const PURE: &[&str] = &[
    "wire",
    "ir",
    "objects",
    "table",
    "filter",
    "balance",
    "translate",
];
/// Layers without async, sockets and clocks; they may read the environment.
const CALM: &[&str] = &["telemetry", "options", "snapshot"];

/// Paths that begin so are I/O.
const IO: &[&str] = &[
    "std::env",
    "std::fs",
    "std::process",
    "std::thread",
    "std::os",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
];
/// Paths that end so open a socket or read a clock.
const SOCKETS_AND_CLOCKS: &[&str] = &[
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "ToSocketAddrs",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "std::future::poll_fn",
];
/// Paths with such a part throw dice.
const DICE: &[&str] = &["rand", "fastrand", "getrandom", "RandomState"];

const CURE: &str = "take it as an argument; the plane that calls has it";

/// What a pure layer names that it may not.
pub fn check(file: &File) -> Vec<Breach> {
    let layer = layer(&file.path).filter(|_| file.path.starts_with("src/") && !file.is_test());
    let Some(layer) = layer else {
        return Vec::new();
    };
    let (pure, calm) = (
        PURE.contains(&layer.as_str()),
        CALM.contains(&layer.as_str()),
    );
    if !pure && !calm {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for path in named(&file.shipped, &module_of(&file.path)) {
        let full = path.segments.join("::");
        let starts = |list: &[&str]| {
            list.iter()
                .any(|&one| full == one || full.starts_with(&format!("{one}::")))
        };
        let ends = |list: &[&str]| {
            list.iter()
                .any(|&one| full == one || full.ends_with(&format!("::{one}")))
        };
        let has = |list: &[&str]| {
            path.segments
                .iter()
                .any(|part| list.contains(&part.as_str()))
        };
        let socket = has(SOCKETS_AND_CLOCKS) || ends(SOCKETS_AND_CLOCKS);
        if socket || (pure && (starts(IO) || has(DICE))) {
            breaches.push(file.breach(path.line, "pure", format!("{layer} names {full}"), CURE));
        }
    }
    if layer == "translate" {
        breaches.extend(unordered(file));
    }
    breaches
}

/// Translation gives the same bytes for the same objects: nothing may depend on hash-map order.
fn unordered(file: &File) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, line) in file.shipped.lines().enumerate() {
        let word = ["HashMap", "HashSet"]
            .into_iter()
            .find(|word| line.contains(word));
        if let Some(word) = word.filter(|_| !file.allows(index + 1, "hash")) {
            let what = format!("translate names {word}, whose order is chance");
            let cure = "use BTreeMap or BTreeSet, or say above it // tidy: allow hash: WHY \
                (it is only looked up, never walked)";
            breaches.push(file.breach(index + 1, "pure", what, cure));
        }
    }
    breaches
}

/// `translate` is total: no `Result` in its public face.
pub fn check_total(file: &File) -> Vec<Breach> {
    if file.path != "src/translate/mod.rs" {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (index, _) in file.shipped.match_indices("pub fn ") {
        let signature = file.shipped[index..]
            .split(['{', ';'])
            .next()
            .unwrap_or_default();
        if signature
            .split("->")
            .nth(1)
            .is_some_and(|returned| returned.contains("Result<"))
        {
            let line = file.shipped[..index].matches('\n').count() + 1;
            let what = "translate fails in its public face".to_owned();
            let cure = "a user's mistake is data: return the Model and put it in the Report";
            breaches.push(file.breach(line, "pure", what, cure));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&File::new(path, text)).len()
    }

    #[test]
    fn io_in_a_pure_layer_is_found() {
        for text in [
            "use std::net::TcpStream;",
            "use std::net::{IpAddr, UdpSocket};",
            "let t = Instant::now();",
            "let t = std::time::SystemTime::now();",
            "std::env::var(\"X\")",
            "use std::{fs, str};",
            "use std::thread;",
            "let x = rand::random();",
            "use std::hash::RandomState;",
        ] {
            assert_eq!(count("src/wire/x.rs", text), 1, "{text}");
            assert_eq!(count("src/worker/x.rs", text), 0, "{text}");
        }
        for text in [
            "use std::net::IpAddr;",
            "fn f(now: Instant) {}",
            "use std::io::Write;",
        ] {
            assert_eq!(count("src/wire/x.rs", text), 0, "{text}");
        }
        assert_eq!(
            count("src/wire/x.rs", "#[cfg(test)]\nmod tests { use std::fs; }"),
            0
        );
        assert_eq!(count("src/options.rs", "use std::fs;"), 0);
        assert_eq!(count("src/options.rs", "let t = Instant::now();"), 1);
    }

    #[test]
    fn chance_and_failure_in_translate_are_found() {
        assert_eq!(
            count("src/translate/x.rs", "use std::collections::HashMap;"),
            1
        );
        let allowed = "// tidy: allow hash: only looked up by name\nuse std::collections::HashMap;";
        assert_eq!(count("src/translate/x.rs", allowed), 0);
        let face =
            "pub fn translate(o: &O) -> Result<M, E> { }\npub(crate) fn x() -> Result<A, B> {}";
        assert_eq!(
            check_total(&File::new("src/translate/mod.rs", face)).len(),
            1
        );
    }
}
