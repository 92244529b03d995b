//! `--access-log` and its format.

use std::path::PathBuf;
use std::str::FromStr;

/// Where access-log records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLogTarget {
    /// Nowhere; no record is made.
    Off,
    Stdout,
    Stderr,
    /// Appended to this file, which is made when it does not exist.
    File(PathBuf),
}

impl FromStr for AccessLogTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected off, stdout, stderr or a path".to_owned()),
            "off" => Ok(Self::Off),
            "stdout" => Ok(Self::Stdout),
            "stderr" => Ok(Self::Stderr),
            path => Ok(Self::File(path.into())),
        }
    }
}

/// How a record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AccessLogFormat {
    /// One JSON object a line, with every field.
    #[default]
    Json,
    /// The Apache "combined" format.
    Combined,
}
