//! What the probe chooses where a profile refuses io_uring, in processes that live under one.
//!
//! This binary runs itself again, under the profile, as the test [`probed`]: the probe must be the
//! first thing of a process, and a profile cannot be taken off.
#![cfg(feature = "worker")]

use std::process::Command;
use std::time::{Duration, Instant};

use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use ringress::worker::driver::{Chosen, block_on, probe};
use ringress::worker::listen::{Claims, ListenSettings};

#[path = "support/seccomp.rs"]
mod seccomp;

use seccomp::{Profile, confine};

/// `DRIVER MODE ENTRIES`, for the second process.
const ASK: &str = "RINGRESS_TEST_PROBE";
/// Before each line the second process says.
const SAID: &str = "said: ";

/// The second process; alone it tests nothing.
#[test]
fn probed() {
    let Ok(ask) = std::env::var(ASK) else { return };
    if ask == "bind" {
        return bind_wildcard();
    }
    let words: Vec<&str> = ask.split(' ').collect();
    let [choice, mode, entries] = words[..] else {
        panic!("{ask}")
    };
    let began = Instant::now();
    let chosen = probe(
        choice.parse().unwrap(),
        mode.parse().unwrap(),
        entries.parse().unwrap(),
        2,
    );
    // Of the second in which a gateway has to serve under these profiles, the probe leaves most.
    let took = began.elapsed();
    assert!(took < Duration::from_millis(700), "{took:?}");
    match chosen {
        Ok(chosen) => {
            assert_eq!(echoed(&chosen), b"ping");
            println!(
                "\n{SAID}{}, {} entries: {}",
                chosen.driver, chosen.entries, chosen.reason
            );
        }
        Err(refused) => println!("\n{SAID}refused: {refused}"),
    }
}

/// Moves bytes over loopback on the chosen driver.
fn echoed(chosen: &Chosen) -> Vec<u8> {
    let echo = || async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = monoio::spawn(async move {
            let mut stream = TcpStream::connect_addr(address).await.unwrap();
            stream.write_all("ping").await.0.unwrap();
        });
        let (mut stream, _) = listener.accept().await.unwrap();
        client.await;
        let (read, bytes) = stream.read(vec![0; 8]).await;
        bytes[..read.unwrap()].to_vec()
    };
    block_on(chosen, echo).unwrap()
}

fn bind_wildcard() {
    let claimed = Claims::default().claim("[::]:0".parse().unwrap(), &ListenSettings::default());
    let claimed = claimed.unwrap();
    println!(
        "\n{SAID}{} {}",
        claimed.address.ip(),
        claimed.note.map_or("", |note| note.message())
    );
}

/// What the second process says to `ask` under `profile`.
fn under(profile: Option<Profile>, ask: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "probed", "--nocapture", "--test-threads=1"])
        .env(ASK, ask);
    if let Some(profile) = profile {
        confine(&mut command, profile);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{profile:?}: {ask}: {text}{:?}",
        output.stderr
    );
    let said = text.lines().find_map(|line| line.strip_prefix(SAID));
    said.unwrap_or_else(|| panic!("{profile:?}: {ask}: said nothing: {text}"))
        .to_owned()
}

#[test]
fn profiles_leave_epoll_and_are_named() {
    for (profile, why) in [
        (
            Profile::AllEperm,
            "io_uring_setup is refused by a seccomp profile (EPERM)",
        ),
        (
            Profile::AllEnosys,
            "io_uring_setup is refused by a seccomp profile or a kernel without it (ENOSYS)",
        ),
        (
            Profile::EnterEperm,
            "io_uring_enter is refused by a seccomp profile (EPERM)",
        ),
        (
            Profile::AllKill,
            "a seccomp profile kills callers of io_uring (SIGSYS)",
        ),
    ] {
        let auto = under(Some(profile), "auto auto 4096");
        assert!(
            auto.starts_with("epoll, 1024 entries: io_uring is not usable on "),
            "{auto}"
        );
        assert!(auto.ends_with(why), "{auto}");
        let uring = under(Some(profile), "uring auto 4096");
        assert!(
            uring.starts_with("refused: io_uring is not usable on "),
            "{uring}"
        );
        assert!(uring.ends_with(why), "{uring}");
        let epoll = under(Some(profile), "epoll auto 4096");
        assert_eq!(epoll, "epoll, 1024 entries: asked for");
    }
}

#[test]
fn a_profile_without_register_keeps_the_ring() {
    let said = under(Some(Profile::RegisterEperm), "auto auto 4096");
    assert!(
        said.starts_with("io_uring (defer), 4096 entries: "),
        "{said}"
    );
    assert!(
        said.contains("io_uring_register is refused by a seccomp profile (EPERM)"),
        "{said}"
    );
}

#[test]
fn every_rung_can_be_asked_for() {
    for mode in ["defer", "coop", "plain"] {
        let said = under(None, &format!("uring {mode} 1024"));
        assert!(
            said.starts_with(&format!("io_uring ({mode}), 1024 entries: ")),
            "{said}"
        );
    }
    assert!(under(None, "auto auto 4096").starts_with("io_uring (defer), 4096 entries: "));
}

#[test]
fn without_ipv6_the_wildcard_falls_back_and_says_so() {
    assert_eq!(
        under(Some(Profile::NoIpv6), "bind"),
        "0.0.0.0 no IPv6: fell back to IPv4"
    );
    assert_eq!(under(None, "bind"), ":: ");
}
