//! Steps down from what was asked for to what works, collecting why.

use std::time::{Duration, Instant};

use super::attempt::{Outcome, Step, attempt};
use super::choice::{Chosen, DriverChoice, IoDriver, RingMode, Rung};
use super::kernel::{self, Switch, Version};
use super::runtime::ring;

/// Events that epoll hands over at a time.
const EPOLL_EVENTS: u32 = 1024;
/// Sizes tried after the one asked for: before Linux 5.12 rings count against RLIMIT_MEMLOCK, often
/// 64 KiB.
const SMALLER: [u32; 2] = [1024, 256];
/// The whole ladder ends within this, however many children fall silent.
const PATIENCE: Duration = Duration::from_millis(500);
/// What one child may take of it. A healthy one takes a few milliseconds.
const PATIENCE_EACH: Duration = Duration::from_millis(150);

/// Nothing that was asked for works.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DriverRefused {
    /// For an operator: what was tried and what refused it.
    pub reason: String,
}

/// Finds the driver for `workers` workers with rings of `entries` entries (4096 is a good size).
///
/// Call it before any thread is started: it forks. It takes a few milliseconds, and at most 700
/// when children hang. No ring is made in this process, so a profile that kills its callers costs
/// only a child.
///
/// # Errors
/// [`DriverRefused`] when [`DriverChoice::Uring`] was asked for and no allowed rung works. With
/// [`DriverChoice::Auto`] and a ring mode other than `auto`, the one rung or epoll is chosen.
pub fn probe(
    choice: DriverChoice,
    mode: RingMode,
    entries: u32,
    workers: usize,
) -> Result<Chosen, DriverRefused> {
    let facts = Facts {
        version: kernel::version(),
        switch: kernel::switch(),
    };
    // From 5.12 on rings are charged to the memory cgroup, and one ring stands for all.
    let rings = if facts.version < Some(Version(5, 12)) {
        workers.max(1)
    } else {
        1
    };
    let end = Instant::now() + PATIENCE;
    climb(choice, mode, entries, &facts, &mut |rung, entries| {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Outcome::Silent;
        }
        attempt(
            &ring(rung, facts.single_issuer()),
            entries,
            rings,
            left.min(PATIENCE_EACH),
        )
    })
}

struct Facts {
    version: Option<Version>,
    switch: Switch,
}

impl Facts {
    fn single_issuer(&self) -> bool {
        self.version >= Some(Version(6, 0))
    }
}

/// What follows from one outcome.
enum Verdict {
    Works(Option<String>),
    /// Fewer entries may do.
    Smaller(String),
    /// Another rung may do.
    NextRung(String),
    /// No ring will do.
    Hopeless(String),
}

fn climb(
    choice: DriverChoice,
    mode: RingMode,
    entries: u32,
    facts: &Facts,
    attempt: &mut dyn FnMut(Rung, u32) -> Outcome,
) -> Result<Chosen, DriverRefused> {
    if choice == DriverChoice::Epoll {
        return Ok(epoll(facts, "asked for".to_owned()));
    }
    let mut failures: Vec<String> = Vec::new();
    if facts.switch == Switch::Closed {
        failures.push("switched off by kernel.io_uring_disabled=2".to_owned());
        return fall_back(choice, facts, &failures);
    }
    let sizes =
        std::iter::once(entries).chain(SMALLER.into_iter().filter(|&smaller| smaller < entries));
    'rungs: for &rung in mode.rungs() {
        let (major, minor) = rung.since();
        match facts.version {
            Some(version) if version >= Version(major, minor) => {}
            Some(version) => {
                failures.push(format!(
                    "{rung}: needs Linux {major}.{minor}, this is {version}"
                ));
                continue;
            }
            None => {
                failures.push(format!(
                    "{rung}: needs Linux {major}.{minor}, and this kernel's version is unreadable"
                ));
                continue;
            }
        }
        for size in sizes.clone() {
            match judge(attempt(rung, size), facts) {
                Verdict::Works(note) => {
                    failures.extend(note);
                    return Ok(uring(rung, size, facts, &failures));
                }
                Verdict::Smaller(why) => {
                    failures.push(format!("{rung} with {size} entries: {why}"))
                }
                Verdict::NextRung(why) => {
                    failures.push(format!("{rung}: {why}"));
                    continue 'rungs;
                }
                Verdict::Hopeless(why) => {
                    failures.push(why);
                    break 'rungs;
                }
            }
        }
    }
    fall_back(choice, facts, &failures)
}

fn judge(outcome: Outcome, facts: &Facts) -> Verdict {
    match outcome {
        Outcome::Works { unlisted: None } => Verdict::Works(None),
        // Everything needed exists since 5.7, and older kernels were turned away by version.
        Outcome::Works {
            unlisted: Some(errno),
        } => Verdict::Works(Some(format!(
            "io_uring_register is refused {}, so the operations were not listed",
            by(errno)
        ))),
        Outcome::Refused(Step::Setup, errno @ (libc::EPERM | libc::EACCES))
            if facts.switch == Switch::Restricted =>
        {
            Verdict::Hopeless(format!(
                "io_uring_setup is refused by kernel.io_uring_disabled=1 ({}): it wants CAP_SYS_ADMIN or kernel.io_uring_group",
                name(errno)
            ))
        }
        Outcome::Refused(Step::Setup, errno @ (libc::EPERM | libc::EACCES | libc::ENOSYS)) => {
            Verdict::Hopeless(format!("io_uring_setup is refused {}", by(errno)))
        }
        Outcome::Refused(Step::Setup, libc::EINVAL) => {
            Verdict::NextRung("the kernel does not know these flags (EINVAL)".to_owned())
        }
        Outcome::Refused(Step::Setup, libc::ENOMEM) => Verdict::Smaller(
            "no memory for the rings (ENOMEM; RLIMIT_MEMLOCK before Linux 5.12)".to_owned(),
        ),
        Outcome::Refused(Step::Enter, errno @ (libc::EPERM | libc::EACCES | libc::ENOSYS)) => {
            Verdict::Hopeless(format!("io_uring_enter is refused {}", by(errno)))
        }
        Outcome::Refused(Step::Setup, errno) => {
            Verdict::NextRung(format!("io_uring_setup failed ({})", name(errno)))
        }
        Outcome::Refused(Step::Enter, errno) => {
            Verdict::NextRung(format!("io_uring_enter failed ({})", name(errno)))
        }
        Outcome::Refused(Step::Completion, libc::ETIME) => {
            Verdict::NextRung("the ring did not complete in time".to_owned())
        }
        Outcome::Refused(Step::Completion, errno) => {
            Verdict::NextRung(format!("an operation failed on the ring ({})", name(errno)))
        }
        Outcome::Refused(Step::Harness, errno) => Verdict::Hopeless(format!(
            "no child process could be made to try it ({})",
            name(errno)
        )),
        Outcome::Lacks(operation) => Verdict::Hopeless(format!(
            "the kernel lacks the operation IORING_OP_{operation}"
        )),
        Outcome::Killed(libc::SIGSYS) => {
            Verdict::Hopeless("a seccomp profile kills callers of io_uring (SIGSYS)".to_owned())
        }
        Outcome::Killed(signal) => {
            Verdict::NextRung(format!("the child trying it was ended by signal {signal}"))
        }
        Outcome::Silent => Verdict::NextRung("the child trying it fell silent".to_owned()),
    }
}

fn uring(rung: Rung, entries: u32, facts: &Facts, failures: &[String]) -> Chosen {
    let mut reason = format!(
        "{} works with {entries} entries on {}",
        flags(rung, facts),
        running(facts)
    );
    if !failures.is_empty() {
        reason.push_str("; ");
        reason.push_str(&failures.join("; "));
    }
    Chosen {
        driver: IoDriver::Uring(rung),
        entries,
        reason,
        single_issuer: facts.single_issuer(),
    }
}

fn epoll(facts: &Facts, reason: String) -> Chosen {
    Chosen {
        driver: IoDriver::Epoll,
        entries: EPOLL_EVENTS,
        reason,
        single_issuer: facts.single_issuer(),
    }
}

fn fall_back(
    choice: DriverChoice,
    facts: &Facts,
    failures: &[String],
) -> Result<Chosen, DriverRefused> {
    let reason = format!(
        "io_uring is not usable on {}: {}",
        running(facts),
        failures.join("; ")
    );
    match choice {
        DriverChoice::Uring => Err(DriverRefused { reason }),
        DriverChoice::Auto | DriverChoice::Epoll => Ok(epoll(facts, reason)),
    }
}

fn flags(rung: Rung, facts: &Facts) -> &'static str {
    match rung {
        Rung::Defer => "io_uring with SINGLE_ISSUER|DEFER_TASKRUN",
        Rung::Coop if facts.single_issuer() => "io_uring with SINGLE_ISSUER|COOP_TASKRUN",
        Rung::Coop => "io_uring with COOP_TASKRUN",
        Rung::Plain => "io_uring without flags",
    }
}

fn running(facts: &Facts) -> String {
    facts.version.map_or_else(
        || "an unknown kernel".to_owned(),
        |version| format!("Linux {version}"),
    )
}

/// Who refuses with this error number, in words.
fn by(errno: i32) -> String {
    match errno {
        libc::EPERM => "by a seccomp profile (EPERM)".to_owned(),
        libc::EACCES => "by a security module (EACCES)".to_owned(),
        libc::ENOSYS => "by a seccomp profile or a kernel without it (ENOSYS)".to_owned(),
        _ => format!("({})", name(errno)),
    }
}

fn name(errno: i32) -> String {
    match errno {
        libc::EPERM => "EPERM".to_owned(),
        libc::EACCES => "EACCES".to_owned(),
        libc::ENOMEM => "ENOMEM".to_owned(),
        libc::EMFILE => "EMFILE".to_owned(),
        libc::EAGAIN => "EAGAIN".to_owned(),
        _ => std::io::Error::from_raw_os_error(errno).to_string(),
    }
}

#[cfg(test)]
mod tests;
