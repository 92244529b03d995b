//! Tells the crate where it comes from: the compiler's version, and the commit of optimised builds.
//!
//! `cargo run` hands these variables on, so they are not named as flags are (`RINGRESS_*`).

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RINGRESS_COMMIT");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = said(&rustc, &["--version"]).unwrap_or_else(|| "unknown compiler".to_owned());
    println!("cargo:rustc-env=BUILT_BY_RUSTC={compiler}");
    println!("cargo:rustc-env=BUILT_FROM_COMMIT={}", commit());
}

/// The commit: as an image's recipe gives it, else as git knows it.
///
/// Development builds do not name theirs: that would recompile the crate at every commit.
fn commit() -> String {
    if let Ok(commit) = std::env::var("RINGRESS_COMMIT") {
        return commit;
    }
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        return "not named in development builds".to_owned();
    }
    for moves_with_a_commit in ["HEAD", "logs/HEAD"] {
        if let Some(path) = said("git", &["rev-parse", "--git-path", moves_with_a_commit]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
    commit.unwrap_or_else(|| "unknown: built outside a git checkout".to_owned())
}

/// What a program prints; none where it is absent, fails or prints nothing.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}
