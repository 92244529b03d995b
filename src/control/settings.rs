//! What the control side is told when it starts.

use crate::table::TlsSettings;
use crate::telemetry::counters::Counters;
use crate::telemetry::worker_status::WorkerStatus;
use crate::translate;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings of the control side; validated by the caller.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where probes and scrapers alone are served.
    pub health_address: Option<SocketAddr>,
    /// Where all pages are served.
    pub admin_address: Option<SocketAddr>,
    pub access_log: AccessLogTarget,
    pub access_log_format: AccessLogFormat,
    /// Rules that have series of their own in the metrics at most; the others share one.
    pub route_series: usize,
    /// A change is built after this long without another ...
    pub hold_off_quiet: Duration,
    /// ... and after this long at the latest.
    pub hold_off_max: Duration,
    /// Without any change it is built this often: certificates expire by themselves.
    pub recheck: Duration,
    pub translate: translate::Settings,
    pub tls: TlsSettings,
    /// Serve `POST /debug/fault`. For tests alone.
    pub fault_injection: bool,
    /// Limits by name, for the metrics.
    pub limits: Vec<(&'static str, u64)>,
    /// What is running, as labels of a metric: version, commit, ...
    pub build: Vec<(&'static str, String)>,
}

/// How often time alone may have changed something: certificates are renewed weeks before they end.
pub const RECHECK: Duration = Duration::from_secs(3600);

/// The defaults of the flags, but no pages and no access log.
impl Default for Settings {
    fn default() -> Self {
        Settings {
            health_address: None,
            admin_address: None,
            access_log: AccessLogTarget::Off,
            access_log_format: AccessLogFormat::Json,
            route_series: 1_000,
            hold_off_quiet: Duration::from_millis(2),
            hold_off_max: Duration::from_millis(20),
            recheck: RECHECK,
            translate: translate::Settings::default(),
            tls: TlsSettings::default(),
            fault_injection: false,
            limits: Vec::new(),
            build: Vec::new(),
        }
    }
}

/// Where access-log lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLogTarget {
    /// Nowhere; workers get no ring and make no record.
    Off,
    Stdout,
    Stderr,
    /// Appended to, made when it does not exist, opened anew on SIGUSR1.
    File(PathBuf),
}

/// What an access-log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLogFormat {
    /// One JSON object with every field.
    Json,
    /// Apache's `combined`.
    Combined,
}

/// What the control side knows of the workers.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// One a worker; a rebuilt worker keeps its own.
    pub statuses: Vec<Arc<WorkerStatus>>,
    /// Likewise.
    pub counters: Vec<Arc<Counters>>,
    /// The clock that workers stamp their heartbeat with, in milliseconds.
    pub clock_ms: fn() -> u64,
    /// How workers do I/O, as `io_uring` or `epoll`.
    pub io_driver: String,
    /// Why it is this one.
    pub io_driver_reason: String,
    /// Whether workers are pinned to cores, and why; it changes with the cores that may be used.
    pub pinning: Pinning,
}

/// How workers are pinned, in words: asked for when it is shown, since it may have changed.
#[derive(Clone)]
pub struct Pinning(Arc<dyn Fn() -> String + Send + Sync>);

impl Pinning {
    /// `ask` gives the text as it is now; it must not wait.
    pub fn new(ask: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl fmt::Display for Pinning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.0)())
    }
}

impl fmt::Debug for Pinning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
