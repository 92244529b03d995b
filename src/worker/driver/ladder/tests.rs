//! The ladder against scripted kernels.

use super::*;

const MODERN: Facts = Facts {
    version: Some(Version(6, 18)),
    switch: Switch::Open,
};

fn scripted(
    choice: DriverChoice,
    mode: RingMode,
    facts: &Facts,
    script: impl Fn(Rung, u32) -> Outcome,
) -> (Result<Chosen, DriverRefused>, Vec<(Rung, u32)>) {
    let mut asked = Vec::new();
    let result = climb(choice, mode, 4096, facts, &mut |rung, entries| {
        asked.push((rung, entries));
        script(rung, entries)
    });
    (result, asked)
}

fn auto(facts: &Facts, script: impl Fn(Rung, u32) -> Outcome) -> (Chosen, Vec<(Rung, u32)>) {
    let (result, asked) = scripted(DriverChoice::Auto, RingMode::Auto, facts, script);
    (result.expect("auto always finds a driver"), asked)
}

const WORKS: Outcome = Outcome::Works { unlisted: None };

#[test]
fn the_first_rung_that_works_ends_the_ladder() {
    let (chosen, asked) = auto(&MODERN, |_, _| WORKS);
    assert_eq!(chosen.driver, IoDriver::Uring(Rung::Defer));
    assert_eq!((chosen.entries, chosen.single_issuer), (4096, true));
    assert_eq!(asked, [(Rung::Defer, 4096)]);
    assert_eq!(
        chosen.reason,
        "io_uring with SINGLE_ISSUER|DEFER_TASKRUN works with 4096 entries on Linux 6.18"
    );
}

#[test]
fn kernels_start_on_their_own_rung() {
    for (version, driver, single) in [
        (Version(6, 1), IoDriver::Uring(Rung::Defer), true),
        (Version(6, 0), IoDriver::Uring(Rung::Coop), true),
        (Version(5, 19), IoDriver::Uring(Rung::Coop), false),
        (Version(5, 15), IoDriver::Uring(Rung::Plain), false),
        (Version(5, 10), IoDriver::Uring(Rung::Plain), false),
        (Version(5, 9), IoDriver::Epoll, false),
        (Version(4, 18), IoDriver::Epoll, false),
    ] {
        let facts = Facts {
            version: Some(version),
            switch: Switch::Open,
        };
        let (chosen, asked) = auto(&facts, |_, _| WORKS);
        assert_eq!(
            (chosen.driver, chosen.single_issuer),
            (driver, single),
            "{version}"
        );
        assert_eq!(asked.len(), usize::from(driver.is_uring()), "{version}");
    }
    let (chosen, _) = auto(
        &Facts {
            version: Some(Version(5, 15)),
            switch: Switch::Open,
        },
        |_, _| WORKS,
    );
    assert_eq!(
        chosen.reason,
        "io_uring without flags works with 4096 entries on Linux 5.15; defer: needs Linux 6.1, this is 5.15; \
         coop: needs Linux 5.19, this is 5.15"
    );
}

#[test]
fn a_refused_call_is_not_tried_again() {
    let cases = [
        (
            Outcome::Refused(Step::Setup, libc::EPERM),
            "io_uring_setup is refused by a seccomp profile (EPERM)",
        ),
        (
            Outcome::Refused(Step::Setup, libc::ENOSYS),
            "io_uring_setup is refused by a seccomp profile or a kernel without it (ENOSYS)",
        ),
        (
            Outcome::Refused(Step::Enter, libc::EPERM),
            "io_uring_enter is refused by a seccomp profile (EPERM)",
        ),
        (
            Outcome::Killed(libc::SIGSYS),
            "a seccomp profile kills callers of io_uring (SIGSYS)",
        ),
        (
            Outcome::Lacks("SPLICE"),
            "the kernel lacks the operation IORING_OP_SPLICE",
        ),
        (
            Outcome::Refused(Step::Harness, libc::EAGAIN),
            "no child process could be made to try it (EAGAIN)",
        ),
    ];
    for (outcome, why) in cases {
        let (chosen, asked) = auto(&MODERN, |_, _| outcome);
        assert_eq!(chosen.driver, IoDriver::Epoll, "{why}");
        assert_eq!(asked.len(), 1, "{why}");
        assert_eq!(
            chosen.reason,
            format!("io_uring is not usable on Linux 6.18: {why}")
        );
        let (refused, _) = scripted(DriverChoice::Uring, RingMode::Auto, &MODERN, |_, _| outcome);
        assert_eq!(
            refused.unwrap_err().reason,
            chosen.reason,
            "the same words, as a failure"
        );
    }
}

#[test]
fn an_administrators_switch_is_named() {
    let closed = Facts {
        switch: Switch::Closed,
        ..MODERN
    };
    let (chosen, asked) = auto(&closed, |_, _| WORKS);
    assert_eq!((chosen.driver, asked.len()), (IoDriver::Epoll, 0));
    assert!(
        chosen.reason.contains("kernel.io_uring_disabled=2"),
        "{}",
        chosen.reason
    );

    let restricted = Facts {
        switch: Switch::Restricted,
        ..MODERN
    };
    let (chosen, _) = auto(&restricted, |_, _| {
        Outcome::Refused(Step::Setup, libc::EPERM)
    });
    assert!(
        chosen.reason.contains("kernel.io_uring_disabled=1"),
        "{}",
        chosen.reason
    );
    let (chosen, _) = auto(&restricted, |_, _| WORKS);
    assert_eq!(
        chosen.driver,
        IoDriver::Uring(Rung::Defer),
        "a privileged process is let through"
    );
}

#[test]
fn unknown_flags_step_down_and_little_memory_makes_smaller_rings() {
    let (chosen, asked) = auto(&MODERN, |rung, _| match rung {
        Rung::Plain => WORKS,
        _ => Outcome::Refused(Step::Setup, libc::EINVAL),
    });
    assert_eq!(chosen.driver, IoDriver::Uring(Rung::Plain));
    assert_eq!(
        asked,
        [(Rung::Defer, 4096), (Rung::Coop, 4096), (Rung::Plain, 4096)]
    );

    let (chosen, asked) = auto(&MODERN, |_, entries| match entries {
        256 => WORKS,
        _ => Outcome::Refused(Step::Setup, libc::ENOMEM),
    });
    assert_eq!(
        (chosen.driver, chosen.entries),
        (IoDriver::Uring(Rung::Defer), 256)
    );
    assert_eq!(
        asked,
        [(Rung::Defer, 4096), (Rung::Defer, 1024), (Rung::Defer, 256)]
    );
    assert!(
        chosen.reason.contains("defer with 1024 entries: no memory"),
        "{}",
        chosen.reason
    );

    let (chosen, asked) = auto(&MODERN, |_, _| Outcome::Refused(Step::Setup, libc::ENOMEM));
    assert_eq!((chosen.driver, asked.len()), (IoDriver::Epoll, 9));
}

#[test]
fn a_silent_rung_is_passed_over() {
    let (chosen, asked) = auto(&MODERN, |rung, _| {
        if rung == Rung::Defer {
            Outcome::Silent
        } else {
            WORKS
        }
    });
    assert_eq!(chosen.driver, IoDriver::Uring(Rung::Coop));
    assert_eq!(asked.len(), 2);
    assert!(
        chosen
            .reason
            .contains("defer: the child trying it fell silent"),
        "{}",
        chosen.reason
    );
}

#[test]
fn a_refused_register_alone_does_not_cost_the_ring() {
    let (chosen, _) = auto(&MODERN, |_, _| Outcome::Works {
        unlisted: Some(libc::EPERM),
    });
    assert_eq!(chosen.driver, IoDriver::Uring(Rung::Defer));
    assert!(
        chosen
            .reason
            .contains("io_uring_register is refused by a seccomp profile (EPERM)"),
        "{}",
        chosen.reason
    );
}

#[test]
fn a_forced_rung_is_the_only_one() {
    let fails = |_, _| Outcome::Refused(Step::Setup, libc::EINVAL);
    let (result, asked) = scripted(DriverChoice::Uring, RingMode::Coop, &MODERN, fails);
    assert!(result.is_err());
    assert_eq!(asked, [(Rung::Coop, 4096)]);
    let (result, _) = scripted(DriverChoice::Auto, RingMode::Coop, &MODERN, fails);
    assert_eq!(result.unwrap().driver, IoDriver::Epoll);
}

#[test]
fn epoll_is_taken_at_its_word() {
    let (result, asked) = scripted(DriverChoice::Epoll, RingMode::Auto, &MODERN, |_, _| WORKS);
    let chosen = result.unwrap();
    assert_eq!((chosen.driver, asked.len()), (IoDriver::Epoll, 0));
    assert_eq!(chosen.reason, "asked for");
}

#[test]
fn this_machine_answers_quickly() {
    let began = Instant::now();
    let chosen =
        probe(DriverChoice::Auto, RingMode::Auto, 4096, 2).expect("auto always finds a driver");
    assert!(began.elapsed() < Duration::from_millis(700));
    assert!(!chosen.reason.is_empty());
}
