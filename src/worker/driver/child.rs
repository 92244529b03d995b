//! Work done in a throw-away child process, because a security profile may hang or kill whoever
//! does it.
//!
//! The parent waits for a bounded time and then kills the child. After the fork the child neither
//! allocates nor takes a lock: another thread of the parent may have held either.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a child may take to die.
const DYING: Duration = Duration::from_millis(100);

/// What a child reports; small enough to be written to a pipe at once.
pub type Word = [u8; 8];

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It reported.
    Said(Word),
    /// A signal ended it.
    Killed(i32),
    /// It was silent until the deadline, or left without a word.
    Silent,
    /// There was none: the pipe or the fork failed with this error number.
    Unborn(i32),
}

/// Does `work` in a child and waits at most `patience` for its word.
///
/// `work` must confine itself to system calls, on memory that exists already. It may be killed at
/// any moment, and no destructor of the parent runs in the child.
pub fn ask(patience: Duration, work: impl FnOnce() -> Word) -> Ended {
    let deadline = Instant::now() + patience;
    let (reader, writer) = match pipe() {
        Ok(ends) => ends,
        Err(error) => return Ended::Unborn(error.raw_os_error().unwrap_or(libc::EIO)),
    };
    // SAFETY: the child runs `in_child` alone, which leaves by `_exit`; what it may do in between
    // is the contract of `work`.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Ended::Unborn(errno());
    }
    if child == 0 {
        in_child(&writer, work);
    }
    drop(writer);
    let word = listen(reader, deadline);
    let signal = reap(child, word.is_none());
    match (word, signal) {
        (Some(word), _) => Ended::Said(word),
        // Ours, at the deadline.
        (None, Some(libc::SIGKILL) | None) => Ended::Silent,
        (None, Some(signal)) => Ended::Killed(signal),
    }
}

/// The child's life. It ends here, whatever happens.
fn in_child(report: &OwnedFd, work: impl FnOnce() -> Word) -> ! {
    let _exit = ExitOnDrop;
    // SAFETY: plain system calls on values. A child that a profile kills must leave no core file,
    // and must outlive neither the parent nor its welcome.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        libc::alarm(2);
    }
    let word = work();
    // SAFETY: `word` is initialised and lives until the call returns; `_exit` runs neither a
    // destructor nor an exit handler of the parent.
    unsafe {
        libc::write(report.as_raw_fd(), word.as_ptr().cast(), word.len());
        libc::_exit(0)
    }
}

/// Keeps a child that unwinds from returning into the parent's code.
struct ExitOnDrop;

impl Drop for ExitOnDrop {
    fn drop(&mut self) {
        // SAFETY: leaves at once.
        unsafe { libc::_exit(1) }
    }
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors the call writes.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let [reader, writer] = ends;
    // SAFETY: both descriptors were just made, and nobody else owns them.
    unsafe { Ok((OwnedFd::from_raw_fd(reader), OwnedFd::from_raw_fd(writer))) }
}

/// The child's word, or `None` when it ended or the deadline came first.
fn listen(reader: OwnedFd, deadline: Instant) -> Option<Word> {
    loop {
        let left = deadline
            .saturating_duration_since(Instant::now())
            .as_millis();
        let mut waiting = libc::pollfd {
            fd: reader.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one pollfd, valid for the length of the call.
        let ready = unsafe { libc::poll(&mut waiting, 1, i32::try_from(left).unwrap_or(i32::MAX)) };
        match ready {
            1 => break,
            0 => return None,
            _ if errno() == libc::EINTR => {}
            _ => return None,
        }
    }
    let mut word = Word::default();
    std::fs::File::from(reader).read_exact(&mut word).ok()?;
    Some(word)
}

/// Waits for the child's end, killing it first when it still owes its word; the signal that ended
/// it, if one did. A child that a kernel fault keeps from dying is left behind.
fn reap(child: libc::pid_t, overdue: bool) -> Option<i32> {
    if overdue {
        // SAFETY: `child` is ours and not yet waited for, so the number names no other process. One
        // that a signal has ended already keeps that signal as its status.
        unsafe { libc::kill(child, libc::SIGKILL) };
    }
    let given_up = Instant::now() + DYING;
    let mut status = 0;
    loop {
        // SAFETY: `status` is a valid place for the answer.
        match unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } {
            0 if Instant::now() < given_up => std::thread::sleep(Duration::from_micros(100)),
            -1 if errno() == libc::EINTR => {}
            ended if ended == child => break,
            _ => return None,
        }
    }
    libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status))
}

fn errno() -> i32 {
    io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn die_of(signal: i32) -> Ended {
        ask(LONG, || {
            // SAFETY: a child may end itself.
            unsafe { libc::kill(libc::getpid(), signal) };
            Word::default()
        })
    }

    #[test]
    fn a_child_reports_and_is_gone() {
        assert_eq!(ask(LONG, || *b"12345678"), Ended::Said(*b"12345678"));
    }

    #[test]
    fn a_killed_child_tells_of_what() {
        assert_eq!(die_of(libc::SIGSYS), Ended::Killed(libc::SIGSYS));
        assert_eq!(die_of(libc::SIGABRT), Ended::Killed(libc::SIGABRT));
    }

    #[test]
    fn a_hanging_child_is_ended_at_the_deadline() {
        let began = Instant::now();
        let ended = ask(Duration::from_millis(50), || {
            loop {
                std::thread::sleep(LONG);
            }
        });
        assert_eq!(ended, Ended::Silent);
        // Its own alarm would have ended it after two seconds.
        assert!(began.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn a_child_that_unwinds_does_not_become_a_second_parent() {
        let ended = ask(LONG, || std::panic::resume_unwind(Box::new(())));
        assert_eq!(ended, Ended::Silent);
    }
}
