//! Where lines go.

use crate::control::settings::AccessLogTarget;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open target.
pub enum Output {
    Stdout,
    Stderr,
    File { path: PathBuf, file: File },
}

impl Output {
    /// Opens a target; `None` for the one that is off.
    pub fn open(target: AccessLogTarget) -> io::Result<Option<Self>> {
        Ok(match target {
            AccessLogTarget::Off => None,
            AccessLogTarget::Stdout => Some(Output::Stdout),
            AccessLogTarget::Stderr => Some(Output::Stderr),
            AccessLogTarget::File(path) => {
                let file = append(&path)?;
                Some(Output::File { path, file })
            }
        })
    }

    /// Opens a file anew; the old one stays when that fails.
    pub fn reopen(&mut self) -> io::Result<()> {
        if let Output::File { path, file } = self {
            *file = append(path)?;
        }
        Ok(())
    }

    /// Writes whole lines.
    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Output::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(lines)?;
                stdout.flush()
            }
            Output::Stderr => io::stderr().lock().write_all(lines),
            Output::File { file, .. } => file.write_all(lines),
        }
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}
