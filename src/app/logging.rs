//! The process's own log, on stderr: text for people, JSON lines for collectors.

use crate::options::{LogFormat, LogLevel, Verbosity};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

/// Starts logging. Later calls in the same process change nothing.
pub fn start(level: &LogLevel, format: LogFormat) {
    let modules = level.modules.iter();
    let filter = Targets::new()
        .with_default(filter(level.level))
        .with_targets(modules.map(|(module, level)| (module.as_str(), filter(*level))));
    let layer = fmt::layer().with_writer(std::io::stderr);
    let layer = match format {
        // Colours only where somebody looks at a terminal.
        LogFormat::Text => layer
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // Fails only where a logger is set already, which then goes on.
    registry().with(layer.with_filter(filter)).try_init().ok();
}

fn filter(level: Verbosity) -> LevelFilter {
    match level {
        Verbosity::Off => LevelFilter::OFF,
        Verbosity::Error => LevelFilter::ERROR,
        Verbosity::Warn => LevelFilter::WARN,
        Verbosity::Info => LevelFilter::INFO,
        Verbosity::Debug => LevelFilter::DEBUG,
        Verbosity::Trace => LevelFilter::TRACE,
    }
}
