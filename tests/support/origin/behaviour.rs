//! What an origin is asked to do with a request.
//!
//! A client asks in the `X-Ask` header, or a test sets it for a path. The words, comma-separated:
//!
//! | word | answer |
//! |---|---|
//! | `status=N` | that status |
//! | `bytes=N` | N bytes of [`crate::support::body::pattern`] with their checksum, not the echo |
//! | `chunked[=SIZE]` | in chunks of SIZE bytes (default 1000) |
//! | `until-close` | ended by closing |
//! | `http10` | as HTTP/1.0 |
//! | `trailers` | chunked, with the checksum and `X-Trailer` after it |
//! | `header=NAME:VALUE` | one more field line (no comma in it) |
//! | `interim=STATUS[*N]` | N informational answers first |
//! | `no-continue` | no 100 for an `Expect: 100-continue` |
//! | `delay=MS` | the head after that time |
//! | `stall=N:MS` | a pause after N bytes of the body |
//! | `early` | answers before reading the body, then reads it |
//! | `early-close` | answers before reading the body, then closes |
//! | `cut=N` | closes in order after N bytes of the body; with `until-close` that is the end |
//! | `reset=N` | the same with a RST |
//! | `no-answer` | closes after the request without a byte; `reset` instead with `no-answer-reset` |
//! | `extra=TEXT` | stray bytes right after the answer |
//! | `extra-after=MS:TEXT` | stray bytes some time after the answer |
//! | `close` | says `Connection: close` and does |
//! | `quiet-close` | closes after the answer without saying so |
//! | `raw=BASE64` | exactly these bytes are the answer, then as the other words say |

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a whole answer is framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// `Content-Length`.
    #[default]
    Length,
    /// Chunks of that size.
    Chunked(usize),
    /// The end of the connection.
    Close,
}

/// How the origin breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// An orderly close after that many bytes of the body.
    Cut(usize),
    /// A RST after that many bytes of the body.
    Reset(usize),
    /// An orderly close instead of an answer.
    Silent,
    /// A RST instead of an answer.
    SilentReset,
}

/// See the table of the module.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "one field a word of the table")]
pub struct Behaviour {
    pub status: Option<u16>,
    pub bytes: Option<usize>,
    pub framing: Framing,
    pub http10: bool,
    pub trailers: bool,
    pub headers: Vec<(String, String)>,
    pub interim: Vec<u16>,
    pub no_continue: bool,
    pub delay: Duration,
    pub stall: Option<(usize, Duration)>,
    pub early: bool,
    pub early_close: bool,
    pub breaks: Option<Break>,
    pub extra: Option<(Duration, Vec<u8>)>,
    pub close: bool,
    pub quiet_close: bool,
    pub raw: Option<Vec<u8>>,
}

impl Behaviour {
    /// Exactly these bytes as the answer.
    pub fn raw(bytes: &[u8]) -> Self {
        Self {
            raw: Some(bytes.to_vec()),
            ..Self::default()
        }
    }

    /// Reads the words; the error names the one that is wrong.
    pub fn parse(words: &str) -> Result<Self, String> {
        let mut behaviour = Self::default();
        for word in words
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            behaviour
                .word(word)
                .ok_or_else(|| format!("unknown word {word:?}"))?;
        }
        Ok(behaviour)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "status" => self.status = Some(value.parse().ok()?),
            "bytes" => self.bytes = Some(value.parse().ok()?),
            "chunked" if value.is_empty() => self.framing = Framing::Chunked(1000),
            "chunked" => self.framing = Framing::Chunked(value.parse::<usize>().ok()?.max(1)),
            "until-close" => self.framing = Framing::Close,
            "http10" => self.http10 = true,
            "trailers" => {
                self.trailers = true;
                self.framing = Framing::Chunked(1000);
            }
            "header" => {
                let (field, text) = value.split_once(':')?;
                self.headers
                    .push((field.to_owned(), text.trim().to_owned()));
            }
            "interim" => {
                let (status, count) = value.split_once('*').unwrap_or((value, "1"));
                let status: u16 = status.parse().ok()?;
                self.interim
                    .extend(std::iter::repeat_n(status, count.parse().ok()?));
            }
            "no-continue" => self.no_continue = true,
            "delay" => self.delay = milliseconds(value)?,
            "stall" => {
                let (at, pause) = value.split_once(':')?;
                self.stall = Some((at.parse().ok()?, milliseconds(pause)?));
            }
            "early" => self.early = true,
            "early-close" => self.early_close = true,
            "cut" => self.breaks = Some(Break::Cut(value.parse().ok()?)),
            "reset" => self.breaks = Some(Break::Reset(value.parse().ok()?)),
            "no-answer" => self.breaks = Some(Break::Silent),
            "no-answer-reset" => self.breaks = Some(Break::SilentReset),
            "extra" => self.extra = Some((Duration::ZERO, value.into())),
            "extra-after" => {
                let (pause, text) = value.split_once(':')?;
                self.extra = Some((milliseconds(pause)?, text.into()));
            }
            "close" => self.close = true,
            "quiet-close" => self.quiet_close = true,
            "raw" => self.raw = Some(STANDARD.decode(value).ok()?),
            _ => return None,
        }
        Some(())
    }
}

fn milliseconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

/// The word for an exact answer: `raw=...`.
pub fn raw(bytes: &[u8]) -> String {
    format!("raw={}", STANDARD.encode(bytes))
}
