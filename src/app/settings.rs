//! Turns options into the settings of the planes, field by field.
//!
//! Every settings struct is built whole, so that a field that gets no flag does not compile.

use crate::control;
use crate::ir::Balance;
use crate::options::{
    AccessLogFormat, AccessLogTarget, AddressFlags, Balancing, ObjectFlags, Options, TlsVersion,
    UnderscoreHeaders,
};
use crate::table::{self, TlsSettings};
use crate::translate::{self, KeyPair};
use crate::wire::limits::UnderscoreNames;
use crate::worker::settings::{Forwarding, Limits, Settings, Timeouts, Upstream};

/// Settings of every worker.
pub fn worker(options: &Options) -> Settings {
    let connections = &options.connections;
    Settings {
        limits: limits(options),
        timeouts: timeouts(options),
        forwarding: forwarding(options),
        upstream: Upstream {
            pool_per_endpoint: options.upstream.upstream_pool,
            requests_per_connection: options.upstream.upstream_requests_per_connection,
            keepalive: (
                connections.tcp_keepalive_idle,
                connections.tcp_keepalive_interval,
                connections.tcp_keepalive_probes,
            ),
            user_timeout: connections.tcp_user_timeout,
        },
        proxy_protocol_from: connections.proxy_protocol_from.clone(),
        share_ports: connections.share_ports,
        access_log: options.observing.access_log != AccessLogTarget::Off,
        fault_injection: options.fault_injection,
        backlog: connections.listen_backlog,
    }
}

fn limits(options: &Options) -> Limits {
    let limits = &options.limits;
    Limits {
        request_line: limits.max_request_line,
        header_size: limits.max_header_size,
        headers_size: limits.max_headers_size,
        header_count: usize::from(limits.max_headers),
        request_body: Some(limits.max_request_body).filter(|limit| *limit > 0),
        response_headers_size: limits.max_response_headers_size,
        interim_responses: limits.max_interim_responses,
        connections_per_listener: limits.max_connections_per_listener,
        descriptors_percent: limits.max_descriptors_percent,
        body_min_rate: limits.min_request_body_rate,
        body_drain: limits.max_body_drain,
        requests_per_connection: limits.max_requests_per_connection,
    }
}

fn timeouts(options: &Options) -> Timeouts {
    let timeouts = &options.timeouts;
    Timeouts {
        header_read: timeouts.header_read_timeout,
        idle: timeouts.idle_timeout,
        tls_handshake: timeouts.tls_handshake_timeout,
        proxy_protocol: timeouts.proxy_protocol_timeout,
        connect: timeouts.connect_timeout,
        upstream_response: timeouts.upstream_response_timeout,
        upstream_body: timeouts.upstream_body_timeout,
        request_body: timeouts.request_body_timeout,
        client_write: timeouts.client_write_timeout,
        tunnel_idle: timeouts.tunnel_idle_timeout,
        upstream_idle: timeouts.upstream_idle_timeout,
        drain_idle: options.drain.drain_idle,
    }
}

fn forwarding(options: &Options) -> Forwarding {
    let forwarding = &options.forwarding;
    Forwarding {
        trusted: forwarding.trust_forwarded_from.clone(),
        forwarded: forwarding.send_forwarded,
        real_ip: forwarding.send_real_ip,
        via: forwarding.via.clone(),
        server: forwarding.server().map(str::to_owned),
        underscores: match forwarding.underscore_headers {
            UnderscoreHeaders::Drop => UnderscoreNames::Drop,
            UnderscoreHeaders::Reject => UnderscoreNames::Reject,
            UnderscoreHeaders::Allow => UnderscoreNames::Allow,
        },
    }
}

/// Settings of the control side.
pub fn control(options: &Options, self_signed: KeyPair) -> control::Settings {
    let mut translate = translation(&options.objects, &options.addresses);
    translate.self_signed = Some(self_signed);
    translate.underscore_headers =
        options.forwarding.underscore_headers == UnderscoreHeaders::Allow;
    translate.balance = match options.upstream.balance {
        Balancing::LeastOfTwo => Balance::LeastOfTwo,
        Balancing::RoundRobin => Balance::RoundRobin,
    };
    let observing = &options.observing;
    control::Settings {
        health_address: observing.health_address.0,
        admin_address: observing.admin_address.0,
        access_log: match &observing.access_log {
            AccessLogTarget::Off => control::AccessLogTarget::Off,
            AccessLogTarget::Stdout => control::AccessLogTarget::Stdout,
            AccessLogTarget::Stderr => control::AccessLogTarget::Stderr,
            AccessLogTarget::File(path) => control::AccessLogTarget::File(path.clone()),
        },
        access_log_format: match options.access_log_format {
            AccessLogFormat::Json => control::AccessLogFormat::Json,
            AccessLogFormat::Combined => control::AccessLogFormat::Combined,
        },
        route_series: usize::from(observing.metrics_max_rules),
        hold_off_quiet: options.propagation.hold_off,
        hold_off_max: options.propagation.hold_off_max,
        recheck: control::RECHECK,
        translate,
        tls: TlsSettings {
            min_version: match options.connections.tls_min_version {
                TlsVersion::Tls12 => table::TlsVersion::Tls12,
                TlsVersion::Tls13 => table::TlsVersion::Tls13,
            },
            ..TlsSettings::default()
        },
        fault_injection: options.fault_injection,
        limits: exposed_limits(options),
        build: super::build::THIS.labels(),
    }
}

/// Settings of translating a folder: what `check` needs of them too.
pub fn translation(objects: &ObjectFlags, addresses: &AddressFlags) -> translate::Settings {
    let certificate = objects.default_certificate.as_ref();
    translate::Settings {
        gateway_controller: objects.gateway_controller_name.as_str().into(),
        ingress_controller: objects.ingress_controller_name.as_str().into(),
        listen_addresses: addresses.listen_address.clone(),
        published_addresses: addresses.publish_address.clone(),
        ingress_addresses: addresses.ingress_address.clone(),
        ingress_http_port: addresses.ingress_http_port,
        ingress_https_port: addresses.ingress_https_port,
        default_certificate: certificate.map(|secret| {
            (
                secret.namespace.as_str().into(),
                secret.name.as_str().into(),
            )
        }),
        self_signed: None,
        ingress_without_class: objects.ingress_without_class,
        // A folder has no API server: nobody else admits its objects, and its endpoints are
        // processes of this host.
        admit_default_class: true,
        loopback_endpoints: true,
        underscore_headers: false,
        balance: Balance::default(),
        now: None,
    }
}

/// Limits of the whole process, by the name of their metric's label.
fn exposed_limits(options: &Options) -> Vec<(&'static str, u64)> {
    let limits = &options.limits;
    vec![
        ("request_line", limits.max_request_line as u64),
        ("header_size", limits.max_header_size as u64),
        ("headers_size", limits.max_headers_size as u64),
        ("header_count", u64::from(limits.max_headers)),
        ("request_body", limits.max_request_body),
        (
            "response_headers_size",
            limits.max_response_headers_size as u64,
        ),
        ("interim_responses", u64::from(limits.max_interim_responses)),
        (
            "connections_per_listener",
            u64::from(limits.max_connections_per_listener),
        ),
        (
            "descriptors_percent",
            u64::from(limits.max_descriptors_percent),
        ),
        ("body_min_rate", limits.min_request_body_rate),
        ("body_drain", limits.max_body_drain),
        (
            "requests_per_connection",
            limits.max_requests_per_connection,
        ),
        ("upstream_pool", u64::from(options.upstream.upstream_pool)),
    ]
}
