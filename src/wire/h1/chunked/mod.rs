//! Chunked bodies, taken apart in the buffer they arrived in (RFC 9112 section 7.1).
//!
//! The grammar is followed to the letter, and CRLF is the only line end: most request smuggling
//! through chunks lives in what decoders tolerate here. Extensions are checked, counted and dropped.

mod error;
mod extension;
mod trailer;

pub use error::ChunkError;
pub use trailer::may_forward;

use crate::wire::head::Fields;
use crate::wire::limits::{ChunkLimits, Limit};
use crate::wire::octet;
use extension::Extension;
use std::ops::Range;
use trailer::Trailers;

/// What one call of [`ChunkedDecoder::decode`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes of the buffer that are dealt with. Those after belong to the next message once `done`;
    /// before that there are none.
    pub consumed: usize,
    /// Where in the buffer the payload is now, in one piece and in order. It stays where its first
    /// byte lay, so that a call that meets one chunk moves nothing.
    pub data: Range<usize>,
    /// The body, trailers included, has ended.
    pub done: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Before the first digit of a size.
    #[default]
    Start,
    /// In a size.
    Size,
    /// In the extensions after it.
    Extension(Extension),
    /// Between the CR and the LF that end the size line.
    SizeLf,
    /// In the data, so many bytes before its end.
    Data,
    /// Between data and CR.
    DataCr,
    /// Between that CR and its LF.
    DataLf,
    /// After the last chunk.
    Trailers,
    Done,
}

/// A decoder for one chunked body after another; [`ChunkedDecoder::reset`] between them.
#[derive(Clone, Debug, Default)]
pub struct ChunkedDecoder {
    limits: ChunkLimits,
    state: State,
    /// The size being read, then the data bytes still to come.
    remaining: u64,
    digits: u8,
    line_extension: usize,
    body_extensions: usize,
    trailers: Trailers,
}

/// As many hexadecimal digits as 64 bits have.
const DIGITS_MAX: u8 = 16;

impl ChunkedDecoder {
    /// A decoder at the start of a body.
    pub fn new(limits: ChunkLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Makes it ready for another body, and keeps its memory.
    pub fn reset(&mut self) {
        self.state = State::Start;
        self.remaining = 0;
        self.digits = 0;
        self.line_extension = 0;
        self.body_extensions = 0;
        self.trailers.reset();
    }

    /// Takes the framing out of `buf`, which holds the next bytes of the body, and moves the payload
    /// together. Every byte is dealt with, unless the body ends before it.
    ///
    /// # Errors
    /// [`ChunkError`]: where the body ends cannot be known, so the connection must not go on.
    /// Payload found before the error is lost.
    pub fn decode(&mut self, buf: &mut [u8]) -> Result<Decoded, ChunkError> {
        let mut read = 0;
        let mut data = 0..0;
        while let Some(&b) = buf.get(read) {
            match self.state {
                State::Data => {
                    let here = buf.len() - read;
                    let run = usize::try_from(self.remaining).map_or(here, |left| left.min(here));
                    if data.is_empty() {
                        data = read..read;
                    } else if data.end != read {
                        buf.copy_within(read..read + run, data.end);
                    }
                    data.end += run;
                    read += run;
                    self.remaining -= run as u64;
                    if self.remaining == 0 {
                        self.state = State::DataCr;
                    }
                    continue;
                }
                State::Trailers => {
                    let rest = buf.get(read..).unwrap_or_default();
                    let (taken, done) = self.trailers.take(rest, &self.limits)?;
                    read += taken;
                    if done {
                        self.state = State::Done;
                    }
                    continue;
                }
                State::Done => break,
                State::Start | State::Size => self.size(b)?,
                State::Extension(extension) => self.extension(extension, b)?,
                State::SizeLf if b != b'\n' => return Err(ChunkError::BareCr),
                State::SizeLf if self.remaining == 0 => self.state = State::Trailers,
                State::SizeLf => self.state = State::Data,
                State::DataCr if b == b'\r' => self.state = State::DataLf,
                State::DataCr => return Err(ChunkError::DataTooLong),
                State::DataLf if b == b'\n' => self.state = State::Start,
                State::DataLf => return Err(ChunkError::BareCr),
            }
            read += 1;
        }
        Ok(Decoded {
            consumed: read,
            data,
            done: self.is_done(),
        })
    }

    /// Whether the body has ended.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// The bytes and the table of the trailer fields, complete once the body has ended. Which of
    /// them may be passed on, [`may_forward`] says.
    pub fn trailers(&self) -> (&[u8], &Fields) {
        self.trailers.parts()
    }

    fn size(&mut self, b: u8) -> Result<(), ChunkError> {
        if let State::Start = self.state {
            self.remaining = 0;
            self.digits = 0;
            self.line_extension = 0;
            self.state = State::Size;
        }
        match (octet::hex(b), b) {
            (Some(_), _) if self.digits == DIGITS_MAX => return Err(ChunkError::BadSize),
            (Some(digit), _) => {
                self.remaining = self.remaining << 4 | u64::from(digit);
                self.digits += 1;
            }
            (None, _) if self.digits == 0 => return Err(ChunkError::BadSize),
            // Some parties count in signed numbers.
            (None, _) if i64::try_from(self.remaining).is_err() => return Err(ChunkError::BadSize),
            (None, b'\r') => self.state = State::SizeLf,
            (None, b';') => self.extension(Extension::START, b)?,
            (None, b'\n') => return Err(ChunkError::BareLf),
            _ => return Err(ChunkError::BadSize),
        }
        Ok(())
    }

    fn extension(&mut self, extension: Extension, b: u8) -> Result<(), ChunkError> {
        match extension.step(b)? {
            None => self.state = State::SizeLf,
            Some(next) => {
                self.line_extension += 1;
                self.body_extensions += 1;
                if self.line_extension > self.limits.line_extension
                    || self.body_extensions > self.limits.body_extensions
                {
                    return Err(ChunkError::TooLarge(Limit::ChunkExtension));
                }
                self.state = State::Extension(next);
            }
        }
        Ok(())
    }
}
