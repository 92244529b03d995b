//! Which worker belongs on which core, and what changes that while they run.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{CoreList, Machine, PinChoice, PinReason, Plan, WorkerCount, plan};

/// What the operator asked for; the cores that may be used can change under it.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// How many workers there are; this does not change with the cores.
    pub workers: WorkerCount,
    /// `--cores`.
    pub cores: Option<CoreList>,
    /// `--pin`.
    pub pin: PinChoice,
}

/// The plan in force. The supervisor changes it; each worker looks at [`Pins::round`] from its
/// heartbeat, and nothing on the path of a request does.
#[derive(Debug)]
pub struct Pins {
    wishes: Wishes,
    round: AtomicU32,
    planned: Mutex<Planned>,
}

#[derive(Debug)]
struct Planned {
    machine: Machine,
    cores: Vec<Option<usize>>,
    reason: PinReason,
}

impl Pins {
    /// The plan that was made at the start.
    pub fn new(wishes: Wishes, machine: Machine, plan: &Plan) -> Self {
        Pins {
            wishes,
            round: AtomicU32::new(0),
            planned: Mutex::new(Planned {
                machine,
                cores: plan.pins.clone(),
                reason: plan.reason,
            }),
        }
    }

    /// Number of workers.
    pub fn workers(&self) -> usize {
        self.planned().cores.len()
    }

    /// Changes with every change of the plan.
    pub fn round(&self) -> u32 {
        self.round.load(Ordering::Acquire)
    }

    /// The core of a worker; `None` leaves it to the scheduler.
    pub fn core(&self, worker: usize) -> Option<usize> {
        self.planned().cores.get(worker).copied().flatten()
    }

    /// The cores that the process may run on.
    pub fn allowed(&self) -> CoreList {
        self.planned().machine.cores.clone()
    }

    /// Why workers are pinned or not.
    pub fn reason(&self) -> PinReason {
        self.planned().reason
    }

    /// Plans anew when the machine grants something else than before; says whether it did. Where no
    /// core of `--cores` is left, no worker stays pinned: they serve wherever the kernel lets them.
    pub fn follow(&self, machine: &Machine) -> bool {
        let mut planned = self.planned();
        if planned.machine == *machine {
            return false;
        }
        let count = planned.cores.len();
        let workers = u16::try_from(count).ok().and_then(|n| n.try_into().ok());
        let workers = workers.map_or(self.wishes.workers, WorkerCount::Exactly);
        let cores = self.wishes.cores.as_ref();
        (planned.cores, planned.reason) = match plan(machine, workers, cores, self.wishes.pin) {
            Ok(plan) => (plan.pins, plan.reason),
            Err(_) => (vec![None; count], PinReason::NoneLeft),
        };
        planned.machine = machine.clone();
        drop(planned);
        self.round.fetch_add(1, Ordering::Release);
        true
    }

    fn planned(&self) -> std::sync::MutexGuard<'_, Planned> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(cores: &str) -> Machine {
        Machine {
            cores: cores.parse().unwrap(),
            quota: None,
        }
    }

    fn pins(cores: Option<&str>, pin: PinChoice) -> Pins {
        let wishes = Wishes {
            workers: WorkerCount::Auto,
            cores: cores.map(|list| list.parse().unwrap()),
            pin,
        };
        let machine = machine("0-2");
        let plan = plan(&machine, wishes.workers, wishes.cores.as_ref(), pin).unwrap();
        Pins::new(wishes, machine, &plan)
    }

    fn cores(pins: &Pins) -> Vec<Option<usize>> {
        (0..pins.workers())
            .map(|worker| pins.core(worker))
            .collect()
    }

    #[test]
    fn the_plan_follows_the_machine_and_the_workers_stay_as_many() {
        // --cores, --pin; the machine's cores then; the pins and their reason.
        let cases = [
            (
                None,
                PinChoice::Auto,
                "4-6",
                vec![Some(4), Some(5), Some(6)],
                PinReason::CoreEach,
            ),
            (
                None,
                PinChoice::Auto,
                "0-7",
                vec![Some(0), Some(1), Some(2)],
                PinReason::CoreEach,
            ),
            (
                None,
                PinChoice::Auto,
                "1,2",
                vec![None; 3],
                PinReason::TooFewCores,
            ),
            (
                None,
                PinChoice::Always,
                "1,2",
                vec![Some(1), Some(2), Some(1)],
                PinReason::Asked,
            ),
            (
                None,
                PinChoice::Never,
                "1,2",
                vec![None; 3],
                PinReason::Refused,
            ),
            (
                Some("0,1"),
                PinChoice::Auto,
                "1-4",
                vec![None; 2],
                PinReason::TooFewCores,
            ),
            (
                Some("0,1"),
                PinChoice::Always,
                "4-7",
                vec![None; 2],
                PinReason::NoneLeft,
            ),
        ];
        for (wanted, pin, granted, then, reason) in cases {
            let pins = pins(wanted, pin);
            assert!(pins.follow(&machine(granted)), "{granted}");
            assert_eq!(
                (cores(&pins), pins.reason(), pins.round()),
                (then, reason, 1)
            );
            assert!(!pins.follow(&machine(granted)), "nothing changed");
            assert_eq!(pins.round(), 1);
        }
    }
}
