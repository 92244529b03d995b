//! How many workers there are and on which core each of them runs.
//!
//! The truth is the kernel's: the cores this process may run on and the processor time its cgroup
//! allows. [`Machine`] is what was read, [`plan`] decides from it, purely.

mod cgroup;
mod cores;
mod pins;
mod plan;

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

pub use cgroup::{CpuQuota, QuotaError};
pub use cores::{CoreList, CoreListError};
pub use pins::{Pins, Wishes};
pub use plan::{PinChoice, PinReason, Plan, PlanError, WorkerCount, plan};

/// What the kernel grants this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Ids of the cores in the affinity mask, ascending.
    pub cores: CoreList,
    /// The tightest CFS quota of the process's cgroup and those above it.
    pub quota: Option<CpuQuota>,
}

impl Machine {
    /// Reads the affinity mask of the process, which is that of its first thread and never a
    /// worker's, and its quota.
    ///
    /// Reading is cheap; the supervisor does it again and again, since the kubelet may move a
    /// running container to other cores.
    ///
    /// # Errors
    /// When the mask cannot be read. A quota that cannot be read counts as none.
    pub fn read() -> io::Result<Self> {
        let mask = sched_getaffinity(Some(rustix::process::getpid()))?;
        Ok(Machine {
            cores: CoreList::new((0..CpuSet::MAX_CPU).filter(|core| mask.is_set(*core))),
            quota: cgroup::read(),
        })
    }
}

/// Pins the calling thread to a core. `false` when the kernel refuses, as it does for a core
/// outside the cpuset.
pub fn pin(core: usize) -> bool {
    core_affinity::set_for_current(core_affinity::CoreId { id: core })
}

/// Lets the calling thread run on any of these cores. `false` when the kernel refuses.
pub fn unpin(cores: &CoreList) -> bool {
    let mut mask = CpuSet::new();
    for core in cores.ids().iter().filter(|core| **core < CpuSet::MAX_CPU) {
        mask.set(*core);
    }
    sched_setaffinity(None, &mask).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cores that the calling thread may run on.
    fn mine() -> Vec<usize> {
        let mask = sched_getaffinity(None).unwrap();
        (0..CpuSet::MAX_CPU)
            .filter(|core| mask.is_set(*core))
            .collect()
    }

    #[test]
    fn a_pinned_thread_runs_on_its_core_until_it_is_let_go() {
        let machine = Machine::read().unwrap();
        let core = machine.cores.ids().last().copied().unwrap();
        let all = machine.cores.clone();
        std::thread::spawn(move || {
            assert!(pin(core));
            assert_eq!(mine(), [core]);
            assert!(unpin(&all));
            assert_eq!(mine(), all.ids());
        })
        .join()
        .unwrap();
        assert_eq!(mine(), machine.cores.ids(), "no other thread is touched");
        assert_eq!(Machine::read().unwrap().cores, machine.cores);
    }

    #[test]
    fn a_core_that_does_not_exist_is_refused() {
        std::thread::spawn(|| assert!(!pin(1023))).join().unwrap();
    }
}
