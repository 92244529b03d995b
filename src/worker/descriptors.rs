//! Keeps a worker from running out of file descriptors: the limit is raised at start, and accepting
//! pauses before it is met.

use std::io;

/// How far below the part of the limit at which it stopped a worker resumes accepting, in percent
/// of the limit.
const HYSTERESIS_PERCENT: u64 = 2;

/// `RLIMIT_NOFILE`: how many descriptors the process may have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorLimit {
    /// In force.
    pub soft: u64,
    /// The most an unprivileged process may raise `soft` to.
    pub hard: u64,
}

impl DescriptorLimit {
    /// Reads the limit.
    ///
    /// # Errors
    /// What the kernel answered; in practice none.
    pub fn read() -> io::Result<Self> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: `limit` is a valid place for the answer.
        if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(DescriptorLimit {
            soft: limit.rlim_cur,
            hard: limit.rlim_max,
        })
    }

    /// Raises the soft limit to the hard one and returns what is then in force.
    ///
    /// # Errors
    /// What the kernel answered; the old limit stands.
    pub fn raise() -> io::Result<Self> {
        let now = Self::read()?;
        if now.soft >= now.hard {
            return Ok(now);
        }
        let wanted = libc::rlimit {
            rlim_cur: now.hard,
            rlim_max: now.hard,
        };
        // SAFETY: `wanted` is a valid limit, read during the call only.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &wanted) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Self::read()
    }
}

/// Descriptors this process has open now: the base that is not the workers' to spend. Counted in
/// `/proc/self/fd`.
///
/// # Errors
/// When `/proc` is not mounted.
pub fn open_now() -> io::Result<u64> {
    let mut count = 0;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        entry?;
        count += 1;
    }
    // The directory being read is itself one of them.
    Ok(u64::saturating_sub(count, 1))
}

/// One worker's share of the limit. The worker counts its own descriptors (a connection 1, its
/// upstream 1, a pipe 2) and asks before each accept; nothing is read from the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorGuard {
    pause_at: u64,
    resume_at: u64,
}

impl DescriptorGuard {
    /// The share of one of `workers` workers when the process may have `limit` open, `base` are open
    /// already, and `percent` of the limit shall be used.
    pub fn new(limit: u64, base: u64, workers: usize, percent: u32) -> Self {
        let percent = u64::from(percent);
        let workers = (workers as u64).max(1);
        let share = |percent: u64| {
            let usable =
                u64::try_from(u128::from(limit) * u128::from(percent) / 100).unwrap_or(u64::MAX);
            (usable.saturating_sub(base) / workers).max(1)
        };
        DescriptorGuard {
            pause_at: share(percent),
            resume_at: share(percent.saturating_sub(HYSTERESIS_PERCENT)),
        }
    }

    /// Whether a worker with `open` descriptors must stop accepting.
    pub fn must_pause(&self, open: u64) -> bool {
        open >= self.pause_at
    }

    /// Whether a worker that stopped may go on: somewhat below the point where it stopped, so that
    /// it does not flutter.
    pub fn may_resume(&self, open: u64) -> bool {
        open < self.resume_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_ninety_percent() {
        let guard = DescriptorGuard::new(20_000, 40, 2, 90);
        assert!(!guard.must_pause(8_979));
        assert!(guard.must_pause(8_980));
        assert!(!guard.may_resume(8_780));
        assert!(guard.may_resume(8_779));
    }

    #[test]
    fn hysteresis_never_inverts() {
        for limit in [0, 1, 16, 64, 256, 1024, 1 << 30, u64::MAX] {
            for workers in [0, 1, 3, 64] {
                let guard = DescriptorGuard::new(limit, 12, workers, 90);
                for open in [0, 1, 14, 400, 1 << 20] {
                    assert!(
                        !(guard.must_pause(open) && guard.may_resume(open)),
                        "{limit} {workers} {open}"
                    );
                }
                assert!(
                    !guard.must_pause(0),
                    "a worker with nothing open may always accept: {limit} {workers}"
                );
            }
        }
    }

    #[test]
    fn raising_reaches_the_hard_limit() {
        let before = DescriptorLimit::read().unwrap();
        let after = DescriptorLimit::raise().unwrap();
        assert_eq!((after.soft, after.hard), (before.hard, before.hard));
        assert!(open_now().unwrap() >= 3);
    }
}
