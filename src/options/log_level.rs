//! `--log-level`: how much is logged, as a whole and by module.

use std::str::FromStr;

/// A level for everything, and others for single modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLevel {
    pub level: Verbosity,
    /// Paths of modules, as `ringress::worker`, each with its own level.
    pub modules: Vec<(String, Verbosity)>,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let level = parts.next().and_then(verbosity).ok_or_else(expected)?;
        let mut modules = Vec::new();
        for part in parts {
            let (module, level) = part.split_once('=').ok_or_else(expected)?;
            let path = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
            if module.is_empty() || !module.bytes().all(path) {
                return Err(expected());
            }
            modules.push((module.to_owned(), verbosity(level).ok_or_else(expected)?));
        }
        Ok(Self { level, modules })
    }
}

fn verbosity(word: &str) -> Option<Verbosity> {
    match word {
        "off" => Some(Verbosity::Off),
        "error" => Some(Verbosity::Error),
        "warn" => Some(Verbosity::Warn),
        "info" => Some(Verbosity::Info),
        "debug" => Some(Verbosity::Debug),
        "trace" => Some(Verbosity::Trace),
        _ => None,
    }
}

fn expected() -> String {
    "expected off, error, warn, info, debug or trace, then MODULE=LEVEL behind commas".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_and_a_bare_module_is_no_level() {
        let level: LogLevel = "warn,ringress::worker=debug".parse().unwrap();
        assert_eq!(level.level, Verbosity::Warn);
        let module = ("ringress::worker".to_owned(), Verbosity::Debug);
        assert_eq!(level.modules, [module]);
        for text in [
            "",
            "verbose",
            "ringress",
            "info,",
            "=debug",
            "a=debug",
            "info,a=b",
            "info,a b=debug",
        ] {
            assert!(text.parse::<LogLevel>().is_err(), "{text}");
        }
    }
}
