//! A message being written to a connection: its head with the first piece of its body in one
//! write, then piece after piece from the buffers they were read into.

use super::framing::Piece;
use crate::wire::h1::encode;
use crate::worker::buffer::{Buffer, Buffers};
use crate::worker::fault::{Fault, Side};
use crate::worker::stream::Writer;
use std::ops::Range;
use std::time::Duration;

/// Payload up to this size is copied behind a head, so that both leave in one write.
pub const COPIED: usize = 16 * 1024;
const CRLF: &[u8] = b"\r\n";
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// How the body is framed on the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// As it is: its length was declared, or the close ends it.
    Identity,
    Chunked,
    /// Not written at all: the answer to HEAD.
    None,
}

/// The writing end of a message.
pub struct Sink<'a> {
    writer: &'a mut Writer,
    /// What is to be written before the next piece.
    head: Vec<u8>,
    outbound: Outbound,
    side: Side,
    timeout: Duration,
    sent: u64,
    begun: bool,
}

impl<'a> Sink<'a> {
    /// A sink that begins with `head`.
    pub fn new(
        writer: &'a mut Writer,
        head: Vec<u8>,
        outbound: Outbound,
        side: Side,
        timeout: Duration,
    ) -> Self {
        Sink {
            writer,
            head,
            outbound,
            side,
            timeout,
            sent: 0,
            begun: false,
        }
    }

    /// Whether anything may have been written: until then another message can take this one's place.
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// Payload bytes written.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Gives the vector of the head back.
    pub fn release(self, buffers: &Buffers) {
        buffers.give_text(self.head);
    }

    /// Writes what is left of the head.
    ///
    /// # Errors
    /// A fault of this side.
    pub async fn flush(&mut self) -> Result<(), Fault> {
        if self.head.is_empty() {
            return Ok(());
        }
        self.begun = true;
        let head = std::mem::take(&mut self.head);
        let (result, mut head) = self.writer.write_vec(head, self.timeout).await;
        head.clear();
        self.head = head;
        result.map_err(|_| self.fault())
    }

    fn fault(&self) -> Fault {
        let timer = self.writer.socket().timer();
        // The other direction may go on: an upstream that takes no more may have answered.
        timer.stop();
        Fault::write(self.side, timer.fired())
    }

    /// Writes a piece that is not the last.
    ///
    /// # Errors
    /// A fault of this side.
    pub async fn piece(&mut self, buffer: &mut Buffer, piece: &Piece) -> Result<(), Fault> {
        if piece.data.is_empty() {
            return Ok(());
        }
        self.data(buffer, &piece.data, false).await
    }

    /// Writes the last piece, which may be empty, and ends the message; `trailers` are field lines.
    ///
    /// # Errors
    /// A fault of this side.
    pub async fn last(
        &mut self,
        buffer: &mut Buffer,
        piece: &Piece,
        trailers: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let plain_end = trailers.is_none();
        if !piece.data.is_empty() {
            self.data(buffer, &piece.data, plain_end).await?;
            if plain_end {
                return Ok(());
            }
        }
        if self.outbound == Outbound::Chunked {
            match trailers {
                None => self.head.extend_from_slice(LAST_CHUNK),
                Some(fields) => {
                    self.head.extend_from_slice(b"0\r\n");
                    self.head.extend_from_slice(fields);
                    self.head.extend_from_slice(CRLF);
                }
            }
        }
        self.flush().await
    }

    /// Writes payload that lies in `buffer`; `end` closes a chunked message with it.
    async fn data(
        &mut self,
        buffer: &mut Buffer,
        data: &Range<usize>,
        end: bool,
    ) -> Result<(), Fault> {
        if self.outbound == Outbound::None {
            return self.flush().await;
        }
        self.sent += data.len() as u64;
        if !self.head.is_empty() {
            if data.len() <= COPIED {
                let payload = buffer.filled().get(data.clone()).unwrap_or_default();
                if self.outbound == Outbound::Chunked {
                    encode::chunk_header(&mut self.head, payload.len() as u64);
                }
                self.head.extend_from_slice(payload);
                if self.outbound == Outbound::Chunked {
                    self.head.extend_from_slice(CRLF);
                    if end {
                        self.head.extend_from_slice(LAST_CHUNK);
                    }
                }
                return self.flush().await;
            }
            self.flush().await?;
        }
        let offset = buffer.offset();
        let mut range = offset + data.start..offset + data.end;
        if self.outbound == Outbound::Chunked {
            frame(buffer, &mut range, end);
        }
        let own = std::mem::replace(buffer, Buffer::none());
        let (result, out) = self
            .writer
            .write_all(own.outgoing(range.start, range.end), self.timeout)
            .await;
        *buffer = out.into_inner();
        result.map_err(|_| self.fault())
    }
}

/// Puts the framing of a chunk around payload in the memory of its buffer. There is room: before
/// it lie the headroom or bytes that were dealt with, behind it the tailroom or, in a body that
/// came in chunks, framing at least as long as ours.
fn frame(buffer: &mut Buffer, range: &mut Range<usize>, end: bool) {
    let size = range.len() as u64;
    let memory = buffer.memory_mut();
    let mut header = [0; encode::CHUNK_HEADROOM];
    let from = encode::chunk_header_before(&mut header, size);
    let header = header.get(from..).unwrap_or_default();
    let start = range.start.saturating_sub(header.len());
    if let Some(place) = memory.get_mut(start..range.start) {
        place.copy_from_slice(header);
    }
    range.start = start;
    for part in [CRLF, if end { LAST_CHUNK } else { &[] }] {
        if let Some(place) = memory.get_mut(range.end..range.end + part.len()) {
            place.copy_from_slice(part);
            range.end += part.len();
        }
    }
}
