//! How many workers there are and on which core each of them runs.
//!
//! The truth is the kernel's: the cores this process may run on and the processor time its cgroup
//! allows. [`Machine`] is what was read, [`plan`] decides from it, purely.

mod cgroup;
mod cores;
mod plan;

use std::io;

pub use cgroup::{CpuQuota, QuotaError};
pub use cores::{CoreList, CoreListError};
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
    /// Reads the affinity mask of the calling thread and the quota of the process.
    ///
    /// Call it from a thread that is not pinned. Reading is cheap; the supervisor does it every 30
    /// s, since the kubelet may move a running container to other cores.
    ///
    /// # Errors
    /// When the mask cannot be read. A quota that cannot be read counts as none.
    pub fn read() -> io::Result<Self> {
        let ids = core_affinity::get_core_ids().ok_or_else(io::Error::last_os_error)?;
        let cores = CoreList::new(ids.into_iter().map(|core| core.id));
        Ok(Machine {
            cores,
            quota: cgroup::read(),
        })
    }
}

/// Pins the calling thread to a core. `false` when the kernel refuses, as it does for a core
/// outside the cpuset.
pub fn pin(core: usize) -> bool {
    core_affinity::set_for_current(core_affinity::CoreId { id: core })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_pinned_to_a_core_runs_there_and_its_siblings_do_not() {
        let machine = Machine::read().unwrap();
        let core = machine.cores.ids().last().copied().unwrap();
        std::thread::spawn(move || {
            assert!(pin(core));
            assert_eq!(Machine::read().unwrap().cores.ids(), [core]);
        })
        .join()
        .unwrap();
        assert_eq!(Machine::read().unwrap().cores, machine.cores);
    }

    #[test]
    fn a_core_that_does_not_exist_is_refused() {
        std::thread::spawn(|| assert!(!pin(1023))).join().unwrap();
    }
}
