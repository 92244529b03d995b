//! A record as bytes: fixed part first, then each byte field behind its length.

use super::{HttpVersion, Record, ResponseFlags, Scheme, Timings, Tls};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Bytes of each field that are kept; the rest is cut off, and the reader is told.
pub const LIMIT_METHOD: usize = 32;
pub const LIMIT_HOST: usize = 260;
pub const LIMIT_PATH: usize = 2048;
pub const LIMIT_QUERY: usize = 1024;
pub const LIMIT_AGENT: usize = 512;
pub const LIMIT_REFERER: usize = 512;
pub const LIMIT_REQUEST_ID: usize = 128;
pub const LIMIT_REFUSED: usize = 64;
/// SNI: the longest name the domain name system has.
pub const LIMIT_NAME: usize = 255;
pub const LIMIT_ALPN: usize = 16;

/// More than the fixed part and the lengths take.
const FIXED_MAX: usize = 256;

/// The longest encoded record, in bytes.
pub const RECORD_MAX: usize = FIXED_MAX
    + LIMIT_METHOD
    + LIMIT_HOST
    + LIMIT_PATH
    + LIMIT_QUERY
    + LIMIT_AGENT
    + LIMIT_REFERER
    + LIMIT_REQUEST_ID
    + LIMIT_REFUSED
    + LIMIT_NAME
    + LIMIT_ALPN;

/// In a field's length: there was more.
const CUT: u16 = 1 << 15;
/// In place of a duration or a length: absent.
const NO_DURATION: u64 = u64::MAX;
const NO_FIELD: u16 = u16::MAX;

/// Appends the record to `out`, at most [`RECORD_MAX`] bytes.
pub(super) fn encode(record: &Record<'_>, out: &mut Vec<u8>) {
    let mut put = Put(out);
    put.u64(record.time);
    put.u64(record.timings.total);
    let timings = &record.timings;
    for part in [
        timings.head,
        timings.choose,
        timings.connect,
        timings.first_byte,
        timings.body,
    ] {
        put.u64(part.unwrap_or(NO_DURATION));
    }
    put.address(Some(record.peer.ip()));
    put.u16(record.peer.port());
    put.address(Some(record.client));
    put.address(record.bind_ip);
    put.u16(record.bind_port);
    put.u8(record.scheme as u8);
    put.u8(record.version as u8);
    put.u16(record.status);
    put.u16(record.upstream_status);
    put.u64(record.received);
    put.u64(record.sent);
    put.u32(record.rule_slot);
    put.u32(record.listener_slot);
    put.u32(record.backend_slot);
    put.address(record.upstream.map(|a| a.ip()));
    put.u16(record.upstream.map_or(0, |a| a.port()));
    put.u8(record.tries);
    put.u32(record.flags.0);
    put.u16(record.worker);
    put.u32(record.request_index);
    put.u8(u8::from(record.upstream_reused));
    put.bytes(record.method, LIMIT_METHOD);
    put.bytes(record.host, LIMIT_HOST);
    put.bytes(record.path, LIMIT_PATH);
    match record.query {
        Some(query) => put.bytes(query, LIMIT_QUERY),
        None => put.u16(NO_FIELD),
    }
    put.bytes(record.user_agent, LIMIT_AGENT);
    put.bytes(record.referer, LIMIT_REFERER);
    put.bytes(record.request_id, LIMIT_REQUEST_ID);
    put.bytes(record.refused.as_bytes(), LIMIT_REFUSED);
    put.u8(u8::from(record.tls.is_some()));
    if let Some(tls) = &record.tls {
        put.u16(tls.version);
        put.u16(tls.cipher);
        put.u8(u8::from(tls.resumed));
        put.bytes(tls.sni, LIMIT_NAME);
        put.bytes(tls.alpn, LIMIT_ALPN);
    }
}

/// Decodes a record and says whether any of its fields was cut off; `None` when the bytes are not
/// one of ours.
pub(super) fn decode(bytes: &[u8]) -> Option<(Record<'_>, bool)> {
    let mut take = Take {
        rest: bytes,
        cut: false,
    };
    let time = take.u64()?;
    let timings = Timings {
        total: take.u64()?,
        head: take.duration()?,
        choose: take.duration()?,
        connect: take.duration()?,
        first_byte: take.duration()?,
        body: take.duration()?,
    };
    let peer = SocketAddr::new(take.address()??, take.u16()?);
    // A struct literal evaluates its fields as written, which is the order they were encoded in.
    let mut record = Record {
        time,
        timings,
        peer,
        client: take.address()??,
        bind_ip: take.address()?,
        bind_port: take.u16()?,
        scheme: match take.u8()? {
            0 => Scheme::Http,
            _ => Scheme::Https,
        },
        version: match take.u8()? {
            0 => HttpVersion::Http10,
            1 => HttpVersion::Http11,
            _ => HttpVersion::Http2,
        },
        status: take.u16()?,
        upstream_status: take.u16()?,
        received: take.u64()?,
        sent: take.u64()?,
        rule_slot: take.u32()?,
        listener_slot: take.u32()?,
        backend_slot: take.u32()?,
        upstream: {
            let ip = take.address()?;
            let port = take.u16()?;
            ip.map(|ip| SocketAddr::new(ip, port))
        },
        tries: take.u8()?,
        flags: ResponseFlags(take.u32()?),
        worker: take.u16()?,
        request_index: take.u32()?,
        upstream_reused: take.u8()? != 0,
        method: take.bytes()?,
        host: take.bytes()?,
        path: take.bytes()?,
        query: take.field()?,
        user_agent: take.bytes()?,
        referer: take.bytes()?,
        request_id: take.bytes()?,
        refused: std::str::from_utf8(take.bytes()?).ok()?,
        tls: None,
    };
    if take.u8()? != 0 {
        record.tls = Some(Tls {
            version: take.u16()?,
            cipher: take.u16()?,
            resumed: take.u8()? != 0,
            sni: take.bytes()?,
            alpn: take.bytes()?,
        });
    }
    Some((record, take.cut))
}

struct Put<'a>(&'a mut Vec<u8>);

impl Put<'_> {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn address(&mut self, ip: Option<IpAddr>) {
        match ip {
            None => self.u8(0),
            Some(IpAddr::V4(ip)) => {
                self.u8(4);
                self.0.extend_from_slice(&ip.octets());
            }
            Some(IpAddr::V6(ip)) => {
                self.u8(6);
                self.0.extend_from_slice(&ip.octets());
            }
        }
    }

    fn bytes(&mut self, field: &[u8], limit: usize) {
        let kept = field.get(..limit).unwrap_or(field);
        let cut = if kept.len() < field.len() { CUT } else { 0 };
        self.u16(kept.len() as u16 | cut);
        self.0.extend_from_slice(kept);
    }
}

struct Take<'a> {
    rest: &'a [u8],
    cut: bool,
}

impl<'a> Take<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[b]| b)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn duration(&mut self) -> Option<Option<u64>> {
        let value = self.u64()?;
        Some((value != NO_DURATION).then_some(value))
    }

    fn address(&mut self) -> Option<Option<IpAddr>> {
        match self.u8()? {
            0 => Some(None),
            4 => Some(Some(IpAddr::V4(Ipv4Addr::from(self.array::<4>()?)))),
            6 => Some(Some(IpAddr::V6(Ipv6Addr::from(self.array::<16>()?)))),
            _ => None,
        }
    }

    fn field(&mut self) -> Option<Option<&'a [u8]>> {
        let length = self.u16()?;
        if length == NO_FIELD {
            return Some(None);
        }
        self.cut |= length & CUT != 0;
        let (field, rest) = self.rest.split_at_checked((length & !CUT) as usize)?;
        self.rest = rest;
        Some(Some(field))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        self.field()?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Record<'static> {
        Record {
            time: 1_700_000_000_000_000,
            timings: Timings {
                total: 5,
                head: Some(1),
                choose: None,
                connect: Some(0),
                first_byte: Some(3),
                body: Some(4),
            },
            peer: "[2001:db8::1]:4711".parse().unwrap(),
            client: "192.0.2.9".parse().unwrap(),
            bind_ip: Some("127.0.0.1".parse().unwrap()),
            bind_port: 8443,
            scheme: Scheme::Https,
            version: HttpVersion::Http10,
            method: b"GET",
            host: b"a.example",
            path: b"/\xff\"",
            query: Some(b""),
            status: 200,
            upstream_status: 204,
            received: 7,
            sent: 1 << 40,
            user_agent: b"curl/8",
            referer: b"r",
            request_id: b"id",
            rule_slot: 1,
            listener_slot: 2,
            backend_slot: 3,
            upstream: Some("10.0.0.1:80".parse().unwrap()),
            tries: 2,
            flags: ResponseFlags::UPSTREAM_TIMEOUT,
            refused: "header_size",
            tls: Some(Tls {
                version: 0x0304,
                cipher: 0x1301,
                sni: b"a.example",
                alpn: b"http/1.1",
                resumed: true,
            }),
            worker: 9,
            request_index: 11,
            upstream_reused: true,
        }
    }

    #[test]
    fn a_record_comes_back_as_it_went_in() {
        for record in [full(), Record::default()] {
            let mut bytes = Vec::new();
            encode(&record, &mut bytes);
            assert_eq!(decode(&bytes), Some((record, false)));
        }
    }

    #[test]
    fn bytes_that_end_early_are_no_record() {
        let mut bytes = Vec::new();
        encode(&full(), &mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn long_fields_are_cut_said_to_be_cut_and_never_outgrow_the_buffer() {
        let long = [b'x'; 70_000];
        let text = "y".repeat(70_000);
        let record = Record {
            method: &long,
            host: &long,
            path: &long,
            query: Some(&long),
            user_agent: &long,
            referer: &long,
            request_id: &long,
            refused: &text,
            tls: Some(Tls {
                version: 0x0303,
                cipher: 0,
                sni: &long,
                alpn: &long,
                resumed: false,
            }),
            peer: "[::1]:1".parse().unwrap(),
            client: "::1".parse().unwrap(),
            bind_ip: Some("::1".parse().unwrap()),
            upstream: Some("[::1]:2".parse().unwrap()),
            ..Record::default()
        };
        let mut bytes = Vec::with_capacity(RECORD_MAX);
        let capacity = bytes.capacity();
        encode(&record, &mut bytes);
        assert!(bytes.len() <= RECORD_MAX, "{} bytes", bytes.len());
        assert_eq!(
            bytes.capacity(),
            capacity,
            "the worker would have allocated"
        );
        let (back, cut) = decode(&bytes).unwrap();
        assert!(cut);
        assert_eq!(back.path.len(), LIMIT_PATH);
        assert_eq!(back.query.map(<[u8]>::len), Some(LIMIT_QUERY));
    }
}
