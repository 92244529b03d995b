//! What was asked for and what was chosen.

use std::fmt;
use std::str::FromStr;

/// `--io-driver`: what the operator asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriverChoice {
    /// io_uring where it works, else epoll; the reason is said.
    #[default]
    Auto,
    /// io_uring or nothing.
    Uring,
    /// epoll, without looking at io_uring.
    Epoll,
}

/// `--io-uring-mode`: which rung of the ladder the operator asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RingMode {
    /// The highest rung that works.
    #[default]
    Auto,
    /// [`Rung::Defer`] alone.
    Defer,
    /// [`Rung::Coop`] alone.
    Coop,
    /// [`Rung::Plain`] alone.
    Plain,
}

/// A set of ring flags, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// `SINGLE_ISSUER | DEFER_TASKRUN`: completions run only when the worker asks for them (Linux
    /// 6.1).
    Defer,
    /// `COOP_TASKRUN`: no interrupt to the worker for each completion (Linux 5.19; with
    /// `SINGLE_ISSUER` from 6.0).
    Coop,
    /// No flags (Linux 5.10).
    Plain,
}

/// The driver every worker of this process runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IoDriver {
    /// io_uring with the flags of a rung.
    Uring(Rung),
    /// epoll, monoio's legacy driver.
    Epoll,
}

/// The outcome of [`probe`](super::probe).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What the workers run on.
    pub driver: IoDriver,
    /// Submission queue entries of each worker's ring; for epoll, events taken at a time.
    pub entries: u32,
    /// For an operator: what was chosen, and why nothing better was.
    pub reason: String,
    /// Whether the kernel lets one thread own the ring (Linux 6.0), which [`Rung::Coop`] then uses.
    pub single_issuer: bool,
}

impl RingMode {
    /// The rungs to try, best first.
    pub fn rungs(self) -> &'static [Rung] {
        match self {
            RingMode::Auto => &[Rung::Defer, Rung::Coop, Rung::Plain],
            RingMode::Defer => &[Rung::Defer],
            RingMode::Coop => &[Rung::Coop],
            RingMode::Plain => &[Rung::Plain],
        }
    }
}

impl Rung {
    /// The first kernel, as (major, minor), that knows the rung's flags.
    pub fn since(self) -> (u32, u32) {
        match self {
            Rung::Defer => (6, 1),
            Rung::Coop => (5, 19),
            Rung::Plain => (5, 10),
        }
    }

    /// The word used on the command line, in metrics and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Rung::Defer => "defer",
            Rung::Coop => "coop",
            Rung::Plain => "plain",
        }
    }
}

impl IoDriver {
    /// Whether file descriptors must be left blocking, as io_uring wants them.
    pub fn is_uring(self) -> bool {
        matches!(self, IoDriver::Uring(_))
    }

    /// `uring` or `epoll`, the label of the metric.
    pub fn name(self) -> &'static str {
        match self {
            IoDriver::Uring(_) => "uring",
            IoDriver::Epoll => "epoll",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for IoDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IoDriver::Uring(rung) => write!(f, "io_uring ({rung})"),
            IoDriver::Epoll => f.write_str("epoll"),
        }
    }
}

/// A word that names no choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is none of {allowed}")]
pub struct UnknownChoice {
    given: String,
    allowed: &'static str,
}

impl FromStr for DriverChoice {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, UnknownChoice> {
        match word {
            "auto" => Ok(DriverChoice::Auto),
            "uring" => Ok(DriverChoice::Uring),
            "epoll" => Ok(DriverChoice::Epoll),
            _ => Err(UnknownChoice {
                given: word.to_owned(),
                allowed: "auto, uring, epoll",
            }),
        }
    }
}

impl FromStr for RingMode {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, UnknownChoice> {
        match word {
            "auto" => Ok(RingMode::Auto),
            "defer" => Ok(RingMode::Defer),
            "coop" => Ok(RingMode::Coop),
            "plain" => Ok(RingMode::Plain),
            _ => Err(UnknownChoice {
                given: word.to_owned(),
                allowed: "auto, defer, coop, plain",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_choices() {
        assert_eq!("uring".parse(), Ok(DriverChoice::Uring));
        assert_eq!("defer".parse(), Ok(RingMode::Defer));
        let error = "io_uring".parse::<DriverChoice>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"io_uring\" is none of auto, uring, epoll"
        );
    }

    #[test]
    fn rungs_are_tried_best_first() {
        let rungs = RingMode::Auto.rungs();
        assert!(rungs.is_sorted());
        assert!(
            rungs
                .windows(2)
                .all(|pair| pair[0].since() > pair[1].since())
        );
    }
}
