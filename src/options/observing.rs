//! What can be seen from outside: pages and logs.

use super::{AccessLogFormat, AccessLogTarget, Endpoint, LogLevel};

/// The group `Observing`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Observing")]
pub struct ObservingFlags {
    /// Where /livez, /readyz, /metrics and /debug/* are served; keep it private
    #[arg(long, value_name = "IP:PORT|off", default_value = "127.0.0.1:9901")]
    pub admin_address: Endpoint,

    /// Where /livez, /readyz and /metrics alone are served, for probes and scrapers
    #[arg(long, value_name = "IP:PORT|off", default_value = "off")]
    pub health_address: Endpoint,

    /// Rules of routes that have metrics of their own; the others share one series
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=16000))]
    pub metrics_max_rules: u16,

    /// Where access-log records go; a file is opened anew on SIGUSR1
    #[arg(long, value_name = "off|stdout|stderr|PATH", default_value = "stdout")]
    pub access_log: AccessLogTarget,

    /// How access-log records are written [default: json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub access_log_format: Option<AccessLogFormat>,

    /// What is logged to stderr: off, error, warn, info, debug or trace, also by module as
    /// info,ringress::worker=debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,

    /// How it is logged
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// `--log-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}
