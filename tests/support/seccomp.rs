//! Security profiles as containers have them: a command is run with some system calls refused.
//!
//! ```text
//! let mut command = Command::new(binary);
//! seccomp::confine(&mut command, Profile::AllEperm);
//! ```

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// What a profile refuses, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// All of io_uring with EPERM: Docker's and containerd's defaults.
    AllEperm,
    /// All of io_uring with ENOSYS: Podman's default, and kernels without it.
    AllEnosys,
    /// `io_uring_enter` alone with EPERM.
    EnterEperm,
    /// `io_uring_register` alone with EPERM.
    RegisterEperm,
    /// All of io_uring by ending the process with SIGSYS.
    AllKill,
    /// `socket(AF_INET6, ...)` with EAFNOSUPPORT: a machine booted with `ipv6.disable=1`.
    NoIpv6,
}

/// Puts the command's process, and everything it starts, under the profile.
///
/// Panics when the profile cannot be compiled for this architecture.
pub fn confine(command: &mut Command, profile: Profile) {
    let program = compile(profile);
    let install = move || apply_filter(&program).map_err(|_| io::Error::last_os_error());
    // SAFETY: between fork and exec the closure makes two system calls and allocates nothing.
    unsafe { command.pre_exec(install) };
}

fn compile(profile: Profile) -> BpfProgram {
    let (calls, action): (&[libc::c_long], SeccompAction) = match profile {
        Profile::AllEperm => (&URING, errno(libc::EPERM)),
        Profile::AllEnosys => (&URING, errno(libc::ENOSYS)),
        Profile::EnterEperm => (&[libc::SYS_io_uring_enter], errno(libc::EPERM)),
        Profile::RegisterEperm => (&[libc::SYS_io_uring_register], errno(libc::EPERM)),
        Profile::AllKill => (&URING, SeccompAction::KillProcess),
        Profile::NoIpv6 => (&[libc::SYS_socket], errno(libc::EAFNOSUPPORT)),
    };
    let conditions = match profile {
        Profile::NoIpv6 => vec![family_is(libc::AF_INET6)],
        // Without conditions a call is always refused.
        _ => Vec::new(),
    };
    let rules: BTreeMap<i64, Vec<SeccompRule>> = calls
        .iter()
        .map(|&call| (call, conditions.clone()))
        .collect();
    let architecture = std::env::consts::ARCH
        .try_into()
        .expect("an architecture with seccomp");
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, architecture);
    filter
        .and_then(BpfProgram::try_from)
        .expect("a profile that compiles")
}

const URING: [libc::c_long; 3] = [
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

fn family_is(family: i32) -> SeccompRule {
    let family = u64::from(family.unsigned_abs());
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family);
    condition
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .expect("one condition")
}
