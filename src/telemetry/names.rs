//! Every metric name. To add one: a variant of [`Counter`] with its row in `TABLE` for a plain
//! counter of a worker, or a constant for what the control side computes.

/// Plain counters and gauges a worker keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Counter {
    ConnectionsAccepted,
    ConnectionsEnded,
    ConnectionsHandedOver,
    ConnectionsPaused,
    ConnectionsIdleClosed,
    HandshakesTls12,
    HandshakesTls13,
    HandshakesResumed,
    HandshakesFailed,
    TunnelsOpened,
    TunnelsEnded,
    ClientAborts,
    ConnectionPanics,
    UnderscoreFieldsDropped,
    TrailersDropped,
    InterimResponses,
    UpstreamConnects,
    UpstreamConnectErrors,
    UpstreamReused,
    UpstreamStale,
    UpstreamRetries,
    UpstreamIdleClosed,
    UpstreamPoolFull,
    AccessLogDropped,
    SnapshotsAdopted,
    RefusedOther,
}

/// How a plain counter is exposed.
#[derive(Clone, Copy, Debug)]
pub struct Exposed {
    pub counter: Counter,
    /// Family name, without the `_total` that the encoder appends to counters.
    pub name: &'static str,
    pub help: &'static str,
    pub label: Option<(&'static str, &'static str)>,
}

const fn row(
    counter: Counter,
    name: &'static str,
    help: &'static str,
    label: Option<(&'static str, &'static str)>,
) -> Exposed {
    Exposed {
        counter,
        name,
        help,
        label,
    }
}

/// The rows of one family stand together.
pub const TABLE: [Exposed; Counter::COUNT] = [
    row(
        Counter::ConnectionsAccepted,
        "ringress_connections_accepted",
        "Client connections accepted.",
        None,
    ),
    row(
        Counter::ConnectionsEnded,
        "ringress_connections_ended",
        "Client connections ended.",
        None,
    ),
    row(
        Counter::ConnectionsHandedOver,
        "ringress_connections_handed_over",
        "Client connections given to a less loaded worker before a byte was read.",
        None,
    ),
    row(
        Counter::ConnectionsPaused,
        "ringress_accept_pauses",
        "Times accepting paused at a connection or descriptor limit.",
        None,
    ),
    row(
        Counter::ConnectionsIdleClosed,
        "ringress_connections_idle_closed",
        "Client connections closed after the idle timeout.",
        None,
    ),
    row(
        Counter::HandshakesTls12,
        "ringress_tls_handshakes",
        "TLS handshakes by version.",
        Some(("version", "TLSv1.2")),
    ),
    row(
        Counter::HandshakesTls13,
        "ringress_tls_handshakes",
        "TLS handshakes by version.",
        Some(("version", "TLSv1.3")),
    ),
    row(
        Counter::HandshakesResumed,
        "ringress_tls_handshakes_resumed",
        "TLS handshakes that resumed a session.",
        None,
    ),
    row(
        Counter::HandshakesFailed,
        "ringress_tls_handshakes_failed",
        "TLS handshakes that failed or timed out.",
        None,
    ),
    row(
        Counter::TunnelsOpened,
        "ringress_tunnels_opened",
        "Connections upgraded to a tunnel.",
        None,
    ),
    row(
        Counter::TunnelsEnded,
        "ringress_tunnels_ended",
        "Tunnels ended.",
        None,
    ),
    row(
        Counter::ClientAborts,
        "ringress_client_aborts",
        "Exchanges given up because the client went away.",
        None,
    ),
    row(
        Counter::ConnectionPanics,
        "ringress_connection_panics",
        "Panics caught in a connection.",
        None,
    ),
    row(
        Counter::UnderscoreFieldsDropped,
        "ringress_underscore_fields_dropped",
        "Header fields dropped for an underscore in the name.",
        None,
    ),
    row(
        Counter::TrailersDropped,
        "ringress_trailers_dropped",
        "Trailer fields dropped.",
        None,
    ),
    row(
        Counter::InterimResponses,
        "ringress_interim_responses",
        "1xx responses passed on.",
        None,
    ),
    row(
        Counter::UpstreamConnects,
        "ringress_upstream_connects",
        "Upstream connections opened.",
        None,
    ),
    row(
        Counter::UpstreamConnectErrors,
        "ringress_upstream_connect_errors",
        "Upstream connections that could not be opened.",
        None,
    ),
    row(
        Counter::UpstreamReused,
        "ringress_upstream_reused",
        "Exchanges on a pooled upstream connection.",
        None,
    ),
    row(
        Counter::UpstreamStale,
        "ringress_upstream_stale",
        "Pooled upstream connections found closed or speaking out of turn.",
        None,
    ),
    row(
        Counter::UpstreamRetries,
        "ringress_upstream_retries",
        "Exchanges tried again.",
        None,
    ),
    row(
        Counter::UpstreamIdleClosed,
        "ringress_upstream_idle_closed",
        "Pooled upstream connections closed as idle or unwanted.",
        None,
    ),
    row(
        Counter::UpstreamPoolFull,
        "ringress_upstream_pool_full",
        "Upstream connections closed because the pool was full.",
        None,
    ),
    row(
        Counter::AccessLogDropped,
        "ringress_access_log_dropped",
        "Access log records dropped because the ring was full.",
        None,
    ),
    row(
        Counter::SnapshotsAdopted,
        "ringress_snapshots_adopted",
        "Snapshots adopted.",
        None,
    ),
    row(
        Counter::RefusedOther,
        "ringress_refused_other",
        "Refusals beyond the reasons kept.",
        None,
    ),
];

impl Counter {
    /// Number of variants.
    pub const COUNT: usize = Counter::RefusedOther as usize + 1;
}

/// Requests by route, rule and status class.
pub const REQUESTS: &str = "ringress_requests";
pub const REQUEST_DURATION: &str = "ringress_request_duration_seconds";
pub const REQUEST_BODY_BYTES: &str = "ringress_request_body_bytes";
pub const RESPONSE_BODY_BYTES: &str = "ringress_response_body_bytes";
/// Responses by exact status code.
pub const RESPONSES: &str = "ringress_responses";
/// Refusals by the rule or limit that refused.
pub const REFUSED: &str = "ringress_refused";
pub const LISTENER_CONNECTIONS: &str = "ringress_listener_connections";
pub const LISTENER_HANDSHAKES: &str = "ringress_listener_tls_handshakes";
pub const BACKEND_REQUESTS: &str = "ringress_backend_requests";
pub const BACKEND_RETRIES: &str = "ringress_backend_retries";
pub const BACKEND_CONNECTS: &str = "ringress_backend_connects";
pub const BACKEND_CONNECT_ERRORS: &str = "ringress_backend_connect_errors";
pub const BACKEND_FAULTS: &str = "ringress_backend_faults";
pub const BACKEND_NO_ENDPOINT: &str = "ringress_backend_no_endpoint";
pub const BACKEND_ENDPOINTS: &str = "ringress_backend_endpoints";
pub const WORKER_CONNECTIONS: &str = "ringress_worker_connections";
pub const WORKER_HEARTBEAT_AGE: &str = "ringress_worker_heartbeat_age_seconds";
pub const WORKER_REBUILDS: &str = "ringress_worker_rebuilds";
pub const WORKER_PINNED: &str = "ringress_worker_pinned_core";
pub const IO_DRIVER: &str = "ringress_io_driver";
pub const BUILD_INFO: &str = "ringress_build_info";
pub const REVISION: &str = "ringress_snapshot_revision";
pub const REVISIONS_LIVE: &str = "ringress_snapshot_revisions_live";
pub const SNAPSHOT_BUILD: &str = "ringress_snapshot_build_seconds";
pub const SNAPSHOT_BUILD_FAILURES: &str = "ringress_snapshot_build_failures";
pub const SNAPSHOT_PROPAGATION: &str = "ringress_snapshot_propagation_seconds";
pub const SOURCE_PROBLEMS: &str = "ringress_source_problems";
pub const OBJECTS: &str = "ringress_objects";
pub const OBJECTS_REFUSED: &str = "ringress_objects_refused";
pub const PAGES_DISPLACED: &str = "ringress_page_connections_displaced";
pub const BINDS_FAILED: &str = "ringress_binds_failed";
pub const LIMIT: &str = "ringress_limit";
pub const CERTIFICATE_NOT_AFTER: &str = "ringress_certificate_not_after_seconds";
pub const ROUTE_SERIES_OVERFLOW: &str = "ringress_route_series_overflow";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_counter_in_order() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.counter as usize, index, "{}", row.name);
        }
    }
}
