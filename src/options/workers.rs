//! How many workers, on which cores, over which I/O driver.

use super::Cores;
use std::num::NonZeroU16;
use std::str::FromStr;

/// The group `Workers`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Workers")]
pub struct WorkerFlags {
    /// Worker threads; auto: one for each core the process may use, and no more than its CFS quota
    /// is worth
    #[arg(long, value_name = "N|auto", default_value = "auto")]
    pub workers: WorkersWish,

    /// Pin each worker to a core of its own; auto: unless there are fewer cores than workers, or a
    /// CFS quota would stall a pinned thread
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub pin: PinWish,

    /// Cores to use, of those the process may use [default: all of them]
    #[arg(long, value_name = "LIST")]
    pub cores: Option<Cores>,

    /// How workers do I/O; auto: io_uring where it works, else epoll
    #[arg(long, value_enum, value_name = "DRIVER", default_value = "auto")]
    pub io_driver: DriverWish,

    /// Which io_uring flags to use; auto: the best that works (defer needs Linux 6.1, coop 5.19,
    /// plain 5.10)
    #[arg(long, value_enum, value_name = "MODE", default_value = "auto")]
    pub io_uring_mode: RingWish,
}

/// `--workers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkersWish {
    Auto,
    Exactly(NonZeroU16),
}

impl FromStr for WorkersWish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let number = text
            .parse()
            .ok()
            .filter(|number: &NonZeroU16| number.get() <= 1024);
        number
            .map(Self::Exactly)
            .ok_or_else(|| "expected a number from 1 to 1024, or auto".to_owned())
    }
}

/// `--pin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PinWish {
    Auto,
    Always,
    Never,
}

/// `--io-driver`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DriverWish {
    Auto,
    Uring,
    Epoll,
}

/// `--io-uring-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RingWish {
    Auto,
    Defer,
    Coop,
    Plain,
}
