//! One ring tried for real in a child process, because a security profile may refuse, hang or kill
//! whoever tries.
//!
//! The child makes the rings a worker would make, pushes a NOP and a byte through a socket pair,
//! reads the list of operations and reports over a pipe. The parent waits for a bounded time and
//! then kills it. Nothing here allocates or takes a lock after the fork: another thread of the
//! parent may have held either.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use io_uring::{IoUring, Probe, opcode, types};

/// Operations monoio issues for what Ringress uses of it: sockets, timers, splice, wake-ups.
const NEEDED: [(u8, &str); 15] = [
    (opcode::Accept::CODE, "ACCEPT"),
    (opcode::AsyncCancel::CODE, "ASYNC_CANCEL"),
    (opcode::Close::CODE, "CLOSE"),
    (opcode::Connect::CODE, "CONNECT"),
    (opcode::PollAdd::CODE, "POLL_ADD"),
    (opcode::Read::CODE, "READ"),
    (opcode::Readv::CODE, "READV"),
    (opcode::Recv::CODE, "RECV"),
    (opcode::RecvMsg::CODE, "RECVMSG"),
    (opcode::Send::CODE, "SEND"),
    (opcode::SendMsg::CODE, "SENDMSG"),
    (opcode::Splice::CODE, "SPLICE"),
    (opcode::Timeout::CODE, "TIMEOUT"),
    (opcode::Write::CODE, "WRITE"),
    (opcode::Writev::CODE, "WRITEV"),
];

/// The system call, or the step, that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `io_uring_setup`, and mapping the rings.
    Setup,
    /// `io_uring_enter`.
    Enter,
    /// No completion arrived in time although `io_uring_enter` answered.
    Completion,
    /// The pipe, the fork or the socket pair: nothing about io_uring was learned.
    Harness,
}

/// What a child found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked of the ring was done.
    Works {
        /// `io_uring_register` was refused with this error number, so the operations could not be
        /// listed.
        unlisted: Option<i32>,
    },
    /// A step failed with this error number.
    Refused(Step, i32),
    /// An operation that monoio needs is unknown to the kernel.
    Lacks(&'static str),
    /// A signal ended the child; SIGSYS is a security profile's.
    Killed(i32),
    /// The child was silent until the deadline.
    Silent,
}

/// Tries `rings` rings of `entries` entries at once in a child and waits at most `patience` for its
/// word.
///
/// # Panics
/// Never; whatever the child meets is an [`Outcome`].
pub fn attempt(
    builder: &io_uring::Builder,
    entries: u32,
    rings: usize,
    patience: Duration,
) -> Outcome {
    let deadline = Instant::now() + patience;
    let (reader, writer) = match pipe() {
        Ok(ends) => ends,
        Err(error) => {
            return Outcome::Refused(Step::Harness, error.raw_os_error().unwrap_or(libc::EIO));
        }
    };
    // Both are made before the fork: the child must not allocate.
    let mut operations = Probe::new();
    let mut made: Vec<IoUring> = Vec::with_capacity(rings);
    // SAFETY: the child runs `in_child` alone, which only makes system calls on memory that exists
    // already and leaves by `_exit`; no lock that another thread held at the fork is touched.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Outcome::Refused(Step::Harness, errno());
    }
    if child == 0 {
        in_child(
            builder,
            entries,
            rings,
            &mut made,
            &mut operations,
            patience,
            writer.as_raw_fd(),
        );
    }
    drop(writer);
    let word = listen(reader, deadline);
    let ended = reap(child, word.is_none());
    match (word, ended) {
        (Some(word), _) => decode(word),
        (None, Some(libc::SIGKILL)) => Outcome::Silent,
        (None, Some(signal)) => Outcome::Killed(signal),
        (None, None) => Outcome::Silent,
    }
}

/// The child's life. It ends here, whatever happens.
fn in_child(
    builder: &io_uring::Builder,
    entries: u32,
    rings: usize,
    made: &mut Vec<IoUring>,
    operations: &mut Probe,
    patience: Duration,
    report: RawFd,
) -> ! {
    let _exit = ExitOnDrop;
    // SAFETY: plain system calls with values, no pointers. A child that a profile kills must leave
    // no core file, and must not outlive the parent or its own welcome.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        libc::alarm(2);
    }
    let word = try_rings(builder, entries, rings, made, operations, patience);
    // SAFETY: `word` is eight initialised bytes that live until the call returns.
    unsafe { libc::write(report, word.as_ptr().cast(), word.len()) };
    // SAFETY: leaves at once, running no destructor and no exit handler of the parent.
    unsafe { libc::_exit(0) }
}

/// Keeps a child that unwinds from returning into the parent's code.
struct ExitOnDrop;

impl Drop for ExitOnDrop {
    fn drop(&mut self) {
        // SAFETY: leaves at once.
        unsafe { libc::_exit(1) }
    }
}

type Word = [u8; 8];

const WORKS: u8 = 0;
const REFUSED: u8 = 1;
const LACKS: u8 = 2;

fn encode(kind: u8, detail: u8, errno: i32) -> Word {
    let [a, b, c, d] = errno.to_ne_bytes();
    [kind, detail, 0, 0, a, b, c, d]
}

fn decode(word: Word) -> Outcome {
    let [kind, detail, _, _, a, b, c, d] = word;
    let errno = i32::from_ne_bytes([a, b, c, d]);
    match kind {
        WORKS => Outcome::Works {
            unlisted: (errno != 0).then_some(errno),
        },
        LACKS => Outcome::Lacks(
            NEEDED
                .get(usize::from(detail))
                .map_or("an operation", |(_, name)| name),
        ),
        _ => {
            let step = match detail {
                0 => Step::Setup,
                1 => Step::Enter,
                2 => Step::Completion,
                _ => Step::Harness,
            };
            Outcome::Refused(step, errno)
        }
    }
}

fn refused(step: Step, errno: i32) -> Word {
    let detail = match step {
        Step::Setup => 0,
        Step::Enter => 1,
        Step::Completion => 2,
        Step::Harness => 3,
    };
    encode(REFUSED, detail, errno)
}

fn try_rings(
    builder: &io_uring::Builder,
    entries: u32,
    rings: usize,
    made: &mut Vec<IoUring>,
    operations: &mut Probe,
    patience: Duration,
) -> Word {
    for _ in 0..rings {
        match builder.build(entries) {
            // The capacity was reserved before the fork: no allocation.
            Ok(ring) => made.push(ring),
            Err(error) => return refused(Step::Setup, error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }
    let Some(ring) = made.first_mut() else {
        return refused(Step::Harness, libc::ENOMEM);
    };
    let mut unlisted = 0;
    match ring.submitter().register_probe(operations) {
        Ok(()) => {
            for (index, (code, _)) in NEEDED.iter().enumerate() {
                if !operations.is_supported(*code) {
                    return encode(LACKS, u8::try_from(index).unwrap_or(u8::MAX), 0);
                }
            }
        }
        Err(error) => unlisted = error.raw_os_error().unwrap_or(libc::EIO),
    }
    match exercise(ring, patience) {
        Ok(()) => encode(WORKS, 0, unlisted),
        Err((step, errno)) => refused(step, errno),
    }
}

/// A NOP, and a receive that has to wait for the send behind it: submission, poll arming and
/// deferred completion.
fn exercise(ring: &mut IoUring, patience: Duration) -> Result<(), (Step, i32)> {
    const GETEVENTS: u32 = 1;
    let mut pair = [0; 2];
    // SAFETY: `pair` has room for the two descriptors the call writes.
    if unsafe {
        libc::socketpair(
            libc::AF_UNIX,
            libc::SOCK_STREAM | libc::SOCK_CLOEXEC,
            0,
            pair.as_mut_ptr(),
        )
    } != 0
    {
        return Err((Step::Harness, errno()));
    }
    let [left, right] = pair;
    let sent = [b'r'];
    let mut received = [0u8];
    let entries = [
        opcode::Nop::new().build(),
        opcode::Recv::new(types::Fd(left), received.as_mut_ptr(), 1).build(),
        opcode::Send::new(types::Fd(right), sent.as_ptr(), 1).build(),
    ];
    for entry in &entries {
        // SAFETY: the buffers live to the end of this function, and the process ends soon after,
        // completed or not.
        if unsafe { ring.submission().push(entry) }.is_err() {
            return Err((Step::Harness, libc::ENOSPC));
        }
    }
    let mut waited = Duration::ZERO;
    let mut completed = 0;
    let mut to_submit = entries.len() as u32;
    let pause = Duration::from_micros(500);
    loop {
        // Asked for events but never waiting for them: whether the kernel can wait with a deadline
        // depends on its age. SAFETY: no argument is passed, and the ring's queue holds `to_submit`
        // valid entries.
        match unsafe {
            ring.submitter()
                .enter::<libc::sigset_t>(to_submit, 0, GETEVENTS, None)
        } {
            Ok(taken) => to_submit = to_submit.saturating_sub(taken as u32),
            Err(error) => match error.raw_os_error().unwrap_or(libc::EIO) {
                libc::EINTR | libc::EAGAIN | libc::EBUSY => {}
                refusal => return Err((Step::Enter, refusal)),
            },
        }
        for event in ring.completion() {
            if event.result() < 0 {
                return Err((Step::Completion, -event.result()));
            }
            completed += 1;
        }
        if completed == entries.len() {
            return if received == sent {
                Ok(())
            } else {
                Err((Step::Completion, libc::EBADMSG))
            };
        }
        if waited >= patience {
            return Err((Step::Completion, libc::ETIME));
        }
        std::thread::sleep(pause);
        waited += pause;
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

/// Waits for the child's end, after killing it when it still owes its word; the signal that ended
/// it, if one did.
fn reap(child: libc::pid_t, overdue: bool) -> Option<i32> {
    let mut status = 0;
    if overdue {
        // SAFETY: `child` is ours and not yet waited for, so the number names no other process. One
        // that a signal already ended keeps that signal as its status.
        unsafe { libc::kill(child, libc::SIGKILL) };
    }
    loop {
        // SAFETY: `status` is a valid place for the answer.
        if unsafe { libc::waitpid(child, &mut status, 0) } == child {
            break;
        }
        if errno() != libc::EINTR {
            return None;
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

    #[test]
    fn words_survive_the_pipe() {
        assert_eq!(
            decode(encode(WORKS, 0, 0)),
            Outcome::Works { unlisted: None }
        );
        assert_eq!(
            decode(encode(WORKS, 0, libc::EPERM)),
            Outcome::Works {
                unlisted: Some(libc::EPERM)
            }
        );
        assert_eq!(decode(encode(LACKS, 11, 0)), Outcome::Lacks("SPLICE"));
        for step in [Step::Setup, Step::Enter, Step::Completion, Step::Harness] {
            assert_eq!(
                decode(refused(step, libc::ENOSYS)),
                Outcome::Refused(step, libc::ENOSYS)
            );
        }
    }

    #[test]
    fn an_absurd_size_is_refused_at_setup() {
        let outcome = attempt(&IoUring::builder(), 1 << 30, 1, Duration::from_millis(500));
        assert_eq!(outcome, Outcome::Refused(Step::Setup, libc::EINVAL));
    }
}
