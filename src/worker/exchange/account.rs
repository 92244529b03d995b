//! What an exchange owes to the counters and the log: a small record of its own that outlives the
//! snapshot it was routed by.

use super::Scratch;
use crate::telemetry::access_log::{HttpVersion, Record, ResponseFlags, Scheme, Timings, Tls};
use crate::telemetry::counters::BackendCount;
use crate::wire::head::{FieldName, Span, Version};
use crate::worker::clock;
use crate::worker::connection::Client;
use crate::worker::context::Context;
use crate::worker::fault::Fault;
use std::net::SocketAddr;

/// The running account of one exchange. Times are microseconds of the worker's clock.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub started_us: u64,
    timed: bool,
    pub head_us: u64,
    /// An upstream was chosen.
    pub chosen_us: Option<u64>,
    pub connected_us: Option<u64>,
    pub first_byte_us: Option<u64>,
    /// Sent to the client; 0: none.
    pub status: u16,
    pub upstream_status: u16,
    pub received: u64,
    pub sent: u64,
    pub rule_slot: u32,
    pub listener_slot: u32,
    pub backend_slot: u32,
    pub upstream: Option<SocketAddr>,
    pub reused: bool,
    pub tries: u8,
    pub flags: u32,
    pub refused: &'static str,
    /// The client's connection may carry another request.
    pub persist: bool,
    /// The response head went out: there is nothing else to answer any more.
    pub head_relayed: bool,
}

impl Account {
    /// `timed`: a log will ask how long the parts took, which costs a reading of the clock each.
    pub fn new(started_us: u64, timed: bool) -> Self {
        Account {
            started_us,
            head_us: if timed { clock::now_us() } else { started_us },
            timed,
            persist: true,
            ..Account::default()
        }
    }

    /// The time, if the parts of this exchange are timed.
    pub fn stamp(&self) -> Option<u64> {
        self.timed.then(clock::now_us)
    }

    pub fn flag(&mut self, flag: ResponseFlags) {
        self.flags |= flag.0;
    }

    /// Notes a fault.
    pub fn refuse(&mut self, fault: Fault) {
        self.flag(fault.flags());
        if self.refused.is_empty() {
            self.refused = fault.reason();
        }
    }

    /// Counts an event of the chosen backend.
    pub fn count_backend(&self, ctx: &Context, what: BackendCount) {
        ctx.counters.backend(self.backend_slot, what);
    }

    /// Closes the account: counters always, the log where one is kept.
    pub fn close(&self, client: &Client, scratch: &Scratch) {
        let ctx = &client.ctx;
        let now = clock::now_us();
        let total = now.saturating_sub(self.started_us);
        ctx.counters
            .exchange(self.rule_slot, self.status, total, self.received, self.sent);
        if !self.refused.is_empty() {
            ctx.counters.refuse(self.refused);
        }
        if ctx.logs() {
            self.write(client, scratch, total, now);
        }
    }

    fn write(&self, client: &Client, scratch: &Scratch, total: u64, now: u64) {
        let (head, bytes) = (&scratch.head, &scratch.bytes[..]);
        let since = |at: Option<u64>| at.map(|at| at.saturating_sub(self.head_us));
        let first = |name| head.values(bytes, name).next().unwrap_or_default();
        // A request line that was refused has no more than was understood of it.
        let read = |span: Span, part| {
            if span.is_empty() {
                b"".as_slice()
            } else {
                part
            }
        };
        let facts = client.reader.tls();
        let record = Record {
            time: clock::unix_us(self.started_us),
            timings: Timings {
                total,
                head: Some(self.head_us.saturating_sub(self.started_us)),
                choose: since(self.chosen_us),
                connect: self
                    .connected_us
                    .zip(self.chosen_us)
                    .map(|(c, s)| c.saturating_sub(s)),
                first_byte: self
                    .first_byte_us
                    .zip(self.connected_us)
                    .map(|(f, c)| f.saturating_sub(c)),
                body: self.first_byte_us.map(|first| now.saturating_sub(first)),
            },
            peer: client.peer,
            client: scratch.forwarding.client().unwrap_or(client.peer.ip()),
            bind_ip: client.bind.ip,
            bind_port: client.bind.port,
            scheme: if facts.is_some() {
                Scheme::Https
            } else {
                Scheme::Http
            },
            version: match head.version {
                Version::Http10 => HttpVersion::Http10,
                Version::Http11 => HttpVersion::Http11,
            },
            method: read(head.method_span, head.method_name(bytes)),
            host: head.authority(bytes),
            path: read(head.target, head.path(bytes)),
            query: head.query(bytes),
            status: self.status,
            upstream_status: self.upstream_status,
            received: self.received,
            sent: self.sent,
            user_agent: first(FieldName::UserAgent),
            referer: first(FieldName::Referer),
            request_id: &scratch.request_id,
            rule_slot: self.rule_slot,
            listener_slot: self.listener_slot,
            backend_slot: self.backend_slot,
            upstream: self.upstream,
            tries: self.tries,
            flags: ResponseFlags(self.flags),
            refused: self.refused,
            tls: facts.map(|facts| Tls {
                version: facts.version,
                cipher: facts.cipher,
                sni: facts.sni.as_deref().unwrap_or_default().as_bytes(),
                alpn: facts.alpn.as_deref().unwrap_or_default(),
                resumed: facts.resumed,
            }),
            worker: client.ctx.index as u16,
            request_index: client.presence.requests.get() as u32,
            upstream_reused: self.reused,
        };
        client.ctx.log(&record);
    }
}
