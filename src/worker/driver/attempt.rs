//! One ring tried for real, in a child process.
//!
//! The child makes the rings a worker would make, reads the list of operations, pushes a NOP and a
//! byte through a socket pair, and reports.

use std::io;
use std::time::Duration;

use io_uring::{IoUring, Probe, opcode, types};

use super::child::{Ended, Word, ask};

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

/// Tries `rings` rings of `entries` entries at once in a child and waits at most `patience` for
/// its word.
pub fn attempt(
    builder: &io_uring::Builder,
    entries: u32,
    rings: usize,
    patience: Duration,
) -> Outcome {
    // Both are made before the fork: the child must not allocate.
    let mut operations = Probe::new();
    let mut made: Vec<IoUring> = Vec::with_capacity(rings);
    let ended = ask(patience, || {
        try_rings(
            builder,
            entries,
            rings,
            &mut made,
            &mut operations,
            patience,
        )
    });
    match ended {
        Ended::Said(word) => decode(word),
        Ended::Killed(signal) => Outcome::Killed(signal),
        Ended::Silent => Outcome::Silent,
        Ended::Unborn(errno) => Outcome::Refused(Step::Harness, errno),
    }
}

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
