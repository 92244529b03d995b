//! The builder's place in the queue for a core.

/// How much less of a contended core the builder gets than a worker: about a quarter against three
/// quarters.
const NICENESS: libc::c_int = 5;

/// Lowers the priority of the calling thread. A kernel that refuses leaves it as it was.
pub fn be_nice() {
    // SAFETY: passes three integers and touches no memory. On Linux, `PRIO_PROCESS` with 0 is the
    // calling thread alone (setpriority(2), "C library/kernel differences").
    let result = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
    if result != 0 {
        tracing::debug!(error = %std::io::Error::last_os_error(), "the builder keeps its priority");
    }
}
