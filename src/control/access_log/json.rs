//! A record as one JSON object on a line. What is absent or empty is left out.

use super::escape;
use crate::control::slots::SlotViews;
use crate::telemetry::access_log::{Record, Tls};
use rustls::{CipherSuite, ProtocolVersion};
use std::fmt::Display;

/// Appends the line of a record; `cut`: a field of it was too long.
pub fn line(record: &Record<'_>, cut: bool, names: &SlotViews, out: &mut Vec<u8>) {
    let mut object = Object { out, first: true };
    object.open();
    if let Ok(Ok(time)) = i64::try_from(record.time).map(jiff::Timestamp::from_microsecond) {
        object.text("ts", format_args!("{time:.6}"));
    }
    object.bytes("id", record.request_id);
    object.text("proto", record.version.as_str());
    object.text("scheme", record.scheme.as_str());
    object.bytes("method", record.method);
    object.bytes("authority", record.host);
    object.bytes("path", record.path);
    if let Some(query) = record.query {
        object.bytes("query", query);
    }
    object.number("status", record.status);
    object.text("flags", record.flags);
    object.bytes("refused", record.refused.as_bytes());
    object.number("bytes_in", record.received);
    object.number("bytes_out", record.sent);
    timings(record, &mut object);
    upstream(record, names, &mut object);
    route(record, names, &mut object);
    object.text("client", record.client);
    object.text("peer", record.peer);
    match record.bind_ip {
        Some(ip) => object.text("bind", std::net::SocketAddr::new(ip, record.bind_port)),
        None => object.text("bind", format_args!("*:{}", record.bind_port)),
    }
    object.bytes("user_agent", record.user_agent);
    object.bytes("referer", record.referer);
    if let Some(session) = &record.tls {
        tls(session, &mut object);
    }
    object.number("conn_requests", record.request_index);
    object.number("worker", record.worker);
    if cut {
        object.number("cut", true);
    }
    object.close();
    out.push(b'\n');
}

fn timings(record: &Record<'_>, object: &mut Object<'_>) {
    let timings = &record.timings;
    object.number("dur_us", timings.total);
    for (name, part) in [
        ("head_us", timings.head),
        ("choose_us", timings.choose),
        ("up_connect_us", timings.connect),
        ("ttfb_us", timings.first_byte),
        ("body_us", timings.body),
    ] {
        if let Some(part) = part {
            object.number(name, part);
        }
    }
}

fn upstream(record: &Record<'_>, names: &SlotViews, object: &mut Object<'_>) {
    if let Some(backend) = names.backends.name(record.backend_slot) {
        let (namespace, service) = (&backend.namespace, &backend.service);
        object.text(
            "backend",
            format_args!("{namespace}/{service}:{}", backend.port),
        );
    }
    if let Some(address) = record.upstream {
        object.text("up_addr", address);
        object.number("up_reused", record.upstream_reused);
    }
    if record.tries > 0 {
        object.number("up_tries", record.tries);
    }
    if record.upstream_status > 0 {
        object.number("up_status", record.upstream_status);
    }
}

fn route(record: &Record<'_>, names: &SlotViews, object: &mut Object<'_>) {
    if let Some(listener) = names.listeners.name(record.listener_slot) {
        if !listener.gateway.is_empty() {
            let (namespace, gateway) = (&listener.namespace, &listener.gateway);
            object.text("gateway", format_args!("{namespace}/{gateway}"));
        }
        object.text("listener", &listener.listener);
    }
    if let Some(name) = names.rules.name(record.rule_slot) {
        let route = &name.route;
        object.text("route_kind", &route.kind);
        object.text("route", format_args!("{}/{}", route.namespace, route.name));
        object.text("rule", &name.rule);
    }
}

fn tls(session: &Tls<'_>, object: &mut Object<'_>) {
    object.key("tls");
    let mut inner = Object {
        out: object.out,
        first: true,
    };
    inner.open();
    match ProtocolVersion::from(session.version) {
        ProtocolVersion::TLSv1_2 => inner.text("version", "TLSv1.2"),
        ProtocolVersion::TLSv1_3 => inner.text("version", "TLSv1.3"),
        _ => inner.text("version", format_args!("{:#06x}", session.version)),
    }
    match CipherSuite::from(session.cipher).as_str() {
        Some(name) => inner.text("cipher", name),
        None => inner.text("cipher", format_args!("{:#06x}", session.cipher)),
    }
    inner.bytes("sni", session.sni);
    inner.bytes("alpn", session.alpn);
    inner.number("resumed", session.resumed);
    inner.close();
}

/// An object in the making.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Object<'_> {
    fn open(&mut self) {
        self.out.push(b'{');
    }

    fn close(&mut self) {
        self.out.push(b'}');
    }

    /// Names are ours and need no escaping.
    fn key(&mut self, name: &str) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Bytes of a client; left out when empty.
    fn bytes(&mut self, name: &str, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.key(name);
        self.out.push(b'"');
        escape::json(value, self.out);
        self.out.push(b'"');
    }

    /// Text of ours, or a name that the API server has validated: no quotes, no controls.
    fn text(&mut self, name: &str, value: impl Display) {
        self.key(name);
        escape::write(self.out, format_args!("\"{value}\""));
    }

    fn number(&mut self, name: &str, value: impl Display) {
        self.key(name);
        escape::write(self.out, format_args!("{value}"));
    }
}
