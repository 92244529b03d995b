//! A body being read from a connection.

use super::framing::{Framing, Piece};
use crate::wire::h1::chunked::may_forward;
use crate::wire::h1::encode;
use crate::worker::buffer::{Buffer, Buffers, LARGE, SMALL};
use crate::worker::clock;
use crate::worker::fault::{Fault, Kind, Side};
use crate::worker::stream::Reader;
use crate::worker::timers::Act;
use std::time::Duration;

/// What an upload must keep to.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    /// Payload in bytes; 413 beyond.
    pub bytes: Option<u64>,
    /// Bytes a second, averaged over the time in which the client was waited for, once that is
    /// more than 10 seconds; 0: any.
    pub rate: u64,
}

/// Time a client may be waited for before its rate counts.
const RATE_GRACE_US: u64 = 10_000_000;

/// The reading end of a body.
pub struct Source<'a> {
    reader: &'a mut Reader,
    framing: Framing,
    side: Side,
    /// Longest silence; zero: any.
    timeout: Duration,
    limits: Option<UploadLimits>,
    /// Names that the message's `Trailer` fields announced; `None` drops every trailer.
    declared: Option<Box<[u8]>>,
    received: u64,
    /// Time in which the sender was waited for; kept where there is a least rate.
    waited_us: u64,
    trailers_dropped: u64,
}

impl<'a> Source<'a> {
    pub fn new(reader: &'a mut Reader, framing: Framing, side: Side, timeout: Duration) -> Self {
        Source {
            reader,
            framing,
            side,
            timeout,
            limits: None,
            declared: None,
            received: 0,
            waited_us: 0,
            trailers_dropped: 0,
        }
    }

    /// Sets what an upload must keep to.
    pub fn limited(mut self, limits: UploadLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Lets trailers through whose names are in `declared`, a list as in a `Trailer` field, and
    /// those of gRPC.
    pub fn with_trailers(mut self, declared: Box<[u8]>) -> Self {
        self.declared = Some(declared);
        self
    }

    /// Payload bytes so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Trailer fields that were left out.
    pub fn trailers_dropped(&self) -> u64 {
        self.trailers_dropped
    }

    pub fn is_done(&self) -> bool {
        self.framing.is_done()
    }

    /// Where it is read from.
    pub fn reader(&mut self) -> &mut Reader {
        self.reader
    }

    /// The next piece, lying in `buffer`. A piece may be empty when it is the last.
    ///
    /// # Errors
    /// A fault of this side.
    pub async fn next(&mut self, buffer: &mut Buffer, buffers: &Buffers) -> Result<Piece, Fault> {
        loop {
            if !buffer.is_empty() || self.framing.is_done() {
                let piece = self.framing.take(buffer.filled_mut()).map_err(|error| {
                    let kind = match self.side {
                        Side::Downstream => Kind::Limit(error.reason(), error.status()),
                        Side::Upstream => Kind::Protocol(error.reason()),
                    };
                    Fault {
                        side: self.side,
                        kind,
                    }
                })?;
                self.received += piece.data.len() as u64;
                self.check_limits()?;
                if piece.done || !piece.data.is_empty() {
                    return Ok(piece);
                }
                buffer.consume(piece.consumed);
            }
            if self.read(buffer, buffers).await? == 0 {
                if self.framing.ends_by_close() {
                    self.framing = Framing::Done;
                    return Ok(Piece {
                        data: 0..0,
                        consumed: 0,
                        done: true,
                    });
                }
                return Err(Fault {
                    side: self.side,
                    kind: Kind::Closed,
                });
            }
        }
    }

    async fn read(&mut self, buffer: &mut Buffer, buffers: &Buffers) -> Result<usize, Fault> {
        let mut own = std::mem::replace(buffer, Buffer::none());
        if own.size() < LARGE && self.framing.is_long(SMALL) && self.received > 0 {
            own = buffers.enlarge(own);
        }
        own.compact();
        let rated = self.limits.is_some_and(|limits| limits.rate > 0);
        let began_us = if rated { clock::now_us() } else { 0 };
        self.reader.timer().arm(self.timeout, Act::ShutdownRead);
        let (result, own) = self.reader.read(own).await;
        *buffer = own;
        let timed_out = self.reader.timer().fired();
        self.reader.timer().disarm();
        if rated {
            self.waited_us += clock::now_us().saturating_sub(began_us);
        }
        // Bytes of the same moment came too late: the socket is shut, and its next read would end
        // as if the peer had closed.
        match result {
            Ok(n) if !timed_out => Ok(n),
            _ => Err(Fault::io(self.side, timed_out)),
        }
    }

    fn check_limits(&self) -> Result<(), Fault> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        if limits.bytes.is_some_and(|bytes| self.received > bytes) {
            return Err(Fault::downstream(Kind::Limit("request_body", 413)));
        }
        if limits.rate > 0 && !self.framing.is_done() {
            let seconds = self.waited_us / 1_000_000;
            if self.waited_us > RATE_GRACE_US && self.received < limits.rate.saturating_mul(seconds)
            {
                return Err(Fault::downstream(Kind::Limit("body_min_rate", 408)));
            }
        }
        Ok(())
    }

    /// The trailer section to pass on behind a last chunk, without the closing empty line; `None`
    /// when there is nothing to pass on. Counts what is left out.
    pub fn trailers(&mut self) -> Option<Vec<u8>> {
        let Framing::Chunked(decoder) = &self.framing else {
            return None;
        };
        let (bytes, fields) = decoder.trailers();
        let mut section = Vec::new();
        for field in fields.iter() {
            let name = field.name.of(bytes);
            let declared = self.declared.as_deref();
            if declared.is_some_and(|declared| may_forward(name, [declared])) {
                encode::field(&mut section, name, field.value.of(bytes));
            } else {
                self.trailers_dropped += 1;
            }
        }
        (!section.is_empty()).then_some(section)
    }
}
