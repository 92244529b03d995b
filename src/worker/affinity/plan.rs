//! Decides how many workers run and where, from what the kernel grants and the operator asks.

use std::fmt;
use std::str::FromStr;

use super::{CoreList, CpuQuota, Machine};

/// `--workers`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkerCount {
    /// As many as cores may be used, and no more than the quota is worth.
    #[default]
    Auto,
    /// Exactly so many.
    Exactly(std::num::NonZeroU16),
}

/// `--pin`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PinChoice {
    /// Each worker to a core of its own, where that helps.
    #[default]
    Auto,
    /// Each worker to a core, sharing cores when there are fewer.
    Always,
    /// No worker.
    Never,
}

/// Why workers are pinned, or are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinReason {
    /// `--pin=always`.
    Asked,
    /// `--pin=never`.
    Refused,
    /// Each worker has a core of its own.
    CoreEach,
    /// There are more workers than cores.
    TooFewCores,
    /// The cores of the process changed, and none of `--cores` is left.
    NoneLeft,
    /// Under a CFS quota a throttled pinned thread would stall its connections while others idle.
    CfsQuota(CpuQuota),
}

/// How the workers run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Per worker, the core it is pinned to; as many as there are workers, at least one.
    pub pins: Vec<Option<usize>>,
    /// Why they are pinned or not.
    pub reason: PinReason,
    /// Cores that `--cores` names and the affinity mask lacks.
    pub ignored: CoreList,
}

/// No plan can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// `--cores` and the affinity mask have nothing in common.
    #[error("none of the cores {wanted} may be used: this process is confined to {allowed}")]
    NoCore {
        /// What `--cores` names.
        wanted: CoreList,
        /// The affinity mask.
        allowed: CoreList,
    },
}

/// Plans the workers. `cores` is `--cores`, all allowed ones when `None`.
///
/// # Errors
/// [`PlanError::NoCore`] when no core is left.
pub fn plan(
    machine: &Machine,
    workers: WorkerCount,
    cores: Option<&CoreList>,
    pin: PinChoice,
) -> Result<Plan, PlanError> {
    let allowed = &machine.cores;
    let (usable, ignored) = match cores {
        Some(wanted) => (wanted.intersection(allowed), wanted.without(allowed)),
        None => (allowed.clone(), CoreList::default()),
    };
    let usable = usable.ids();
    if usable.is_empty() {
        let wanted = cores.unwrap_or(allowed).clone();
        return Err(PlanError::NoCore {
            wanted,
            allowed: allowed.clone(),
        });
    }
    let count = match workers {
        WorkerCount::Exactly(count) => usize::from(count.get()),
        WorkerCount::Auto => usable
            .len()
            .min(machine.quota.map_or(usize::MAX, CpuQuota::cores)),
    };
    let reason = match (pin, machine.quota) {
        (PinChoice::Never, _) => PinReason::Refused,
        (PinChoice::Always, _) => PinReason::Asked,
        (PinChoice::Auto, Some(quota)) => PinReason::CfsQuota(quota),
        (PinChoice::Auto, None) if count > usable.len() => PinReason::TooFewCores,
        (PinChoice::Auto, None) => PinReason::CoreEach,
    };
    let pins = if reason.pins() {
        usable
            .iter()
            .copied()
            .cycle()
            .take(count)
            .map(Some)
            .collect()
    } else {
        vec![None; count]
    };
    Ok(Plan {
        pins,
        reason,
        ignored,
    })
}

impl Plan {
    /// How many workers run.
    pub fn workers(&self) -> usize {
        self.pins.len()
    }
}

impl PinReason {
    /// Whether workers are pinned for this reason.
    pub fn pins(self) -> bool {
        matches!(self, PinReason::Asked | PinReason::CoreEach)
    }
}

impl fmt::Display for PinReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PinReason::Asked => f.write_str("pinned as asked"),
            PinReason::Refused => f.write_str("not pinned as asked"),
            PinReason::CoreEach => f.write_str("pinned, each worker to a core of its own"),
            PinReason::TooFewCores => f.write_str("not pinned: more workers than cores"),
            PinReason::NoneLeft => {
                f.write_str("not pinned: no core of --cores may be used any more")
            }
            PinReason::CfsQuota(quota) => write!(
                f,
                "not pinned: a CFS quota of {} us per {} us would stall a pinned worker",
                quota.quota_us, quota.period_us
            ),
        }
    }
}

impl FromStr for WorkerCount {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(WorkerCount::Auto),
            _ => word.parse().map(WorkerCount::Exactly).map_err(|_| {
                format!("{word:?} is neither auto nor a number of workers from 1 to 65535")
            }),
        }
    }
}

impl FromStr for PinChoice {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(PinChoice::Auto),
            "always" => Ok(PinChoice::Always),
            "never" => Ok(PinChoice::Never),
            _ => Err(format!("{word:?} is none of auto, always, never")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(cores: &str, quota_us: Option<u64>) -> Machine {
        let quota = quota_us.map(|quota_us| CpuQuota {
            quota_us,
            period_us: 100_000,
        });
        Machine {
            cores: cores.parse().unwrap(),
            quota,
        }
    }

    #[test]
    fn workers_and_pins() {
        let quota = CpuQuota {
            quota_us: 150_000,
            period_us: 100_000,
        };
        let (free, limited) = (
            |list| machine(list, None),
            |list| machine(list, Some(150_000)),
        );
        // Machine; --workers, --cores ("" for none), --pin; the pins and their reason.
        let cases = [
            (
                free("2,5"),
                ["auto", "", "auto"],
                vec![Some(2), Some(5)],
                PinReason::CoreEach,
            ),
            (
                free("0-3"),
                ["2", "", "auto"],
                vec![Some(0), Some(1)],
                PinReason::CoreEach,
            ),
            (
                free("0-7"),
                ["auto", "6,4", "auto"],
                vec![Some(4), Some(6)],
                PinReason::CoreEach,
            ),
            (
                free("0-1"),
                ["3", "", "auto"],
                vec![None; 3],
                PinReason::TooFewCores,
            ),
            (
                free("0-1"),
                ["3", "", "always"],
                vec![Some(0), Some(1), Some(0)],
                PinReason::Asked,
            ),
            (
                free("0-1"),
                ["auto", "", "never"],
                vec![None; 2],
                PinReason::Refused,
            ),
            (
                limited("0-7"),
                ["auto", "", "auto"],
                vec![None; 2],
                PinReason::CfsQuota(quota),
            ),
            (
                limited("0-7"),
                ["auto", "", "always"],
                vec![Some(0), Some(1)],
                PinReason::Asked,
            ),
            (
                limited("3"),
                ["auto", "", "auto"],
                vec![None],
                PinReason::CfsQuota(quota),
            ),
        ];
        for (machine, [workers, cores, pin], pins, reason) in cases {
            let list: Option<CoreList> = cores.parse().ok();
            let plan = plan(
                &machine,
                workers.parse().unwrap(),
                list.as_ref(),
                pin.parse().unwrap(),
            );
            let plan = plan.unwrap();
            assert_eq!(
                (plan.pins, plan.reason),
                (pins, reason),
                "{machine:?} {workers} {cores} {pin}"
            );
        }
    }

    #[test]
    fn cores_outside_the_mask_are_named_or_refused() {
        let wanted: CoreList = "1-4".parse().unwrap();
        let plan_of = |mask| {
            plan(
                &machine(mask, None),
                WorkerCount::Auto,
                Some(&wanted),
                PinChoice::Auto,
            )
        };
        let some = plan_of("0-2").unwrap();
        assert_eq!(
            (some.workers(), some.ignored.to_string()),
            (2, "3-4".to_owned())
        );
        let error = plan_of("0,7").unwrap_err();
        assert_eq!(
            error.to_string(),
            "none of the cores 1-4 may be used: this process is confined to 0,7"
        );
    }

    #[test]
    fn words() {
        assert!("0".parse::<WorkerCount>().is_err());
        assert!("-1".parse::<WorkerCount>().is_err());
        assert!("yes".parse::<PinChoice>().is_err());
    }
}
