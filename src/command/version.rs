//! `ringress version`.

use crate::app::build;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints what this binary is.
pub fn run() -> ExitCode {
    match print(&build::THIS, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn print(build: &build::Build, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "ringress {}", build.version)?;
    writeln!(to, "commit   {}", build.commit)?;
    writeln!(to, "features {}", build.features.join(", "))?;
    writeln!(to, "compiler {}", build.rustc)
}
