//! Drains against the real kernel: IPv4, IPv6 and dual stack, alone and beside another listener of the port, on both
//! drivers.

use std::io::{Read, Write};
use std::net::TcpStream as Client;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::thread::{JoinHandle, spawn};

use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::time::timeout;

use super::*;
use crate::worker::driver::{self, Chosen, Rung};
use crate::worker::listen::{Claimed, Claims, ListenSettings, open};

/// Longer than any wait that should end. A SYN that was dropped is sent again after 1 s, then 3 s.
const PATIENCE: Duration = Duration::from_secs(20);

fn drivers() -> [Chosen; 2] {
    [IoDriver::Epoll, IoDriver::Uring(Rung::Defer)].map(|driver| Chosen {
        driver,
        entries: 256,
        reason: String::new(),
        single_issuer: true,
    })
}

/// What to listen on, and what clients then connect to.
const FAMILIES: [(&str, &str); 4] = [
    ("127.0.0.1:0", "127.0.0.1"),
    ("[::1]:0", "::1"),
    ("[::]:0", "127.0.0.1"),
    ("[::]:0", "::1"),
];

/// Runs a case to its end, which a hang is not.
fn block_on<F: Future>(chosen: &Chosen, make: impl FnOnce() -> F) {
    let bounded = || {
        let case = make();
        async move {
            timeout(PATIENCE, case)
                .await
                .map(drop)
                .expect("the case ends")
        }
    };
    driver::block_on(chosen, bounded).unwrap();
}

fn claim(bind: &str) -> Claimed {
    Claims::default()
        .claim(bind.parse().unwrap(), &ListenSettings::default())
        .unwrap()
}

fn listener(claimed: &Claimed, chosen: &Chosen) -> std::net::TcpListener {
    open(claimed, &ListenSettings::default(), chosen.driver).unwrap()
}

/// Connects and exchanges one byte. An error is what the client sees: refused, reset, timed out.
fn exchange(to: SocketAddr, byte: u8) -> io::Result<()> {
    let client = Client::connect_timeout(&to, PATIENCE)?;
    answered(client, byte)
}

fn answered(mut client: Client, byte: u8) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.write_all(&[byte])?;
    let mut answer = [0];
    client.read_exact(&mut answer)?;
    assert_eq!(answer[0], byte);
    Ok(())
}

/// Waits until the filter is set, which a drain does first.
async fn until_draining(intake: &Intake) {
    while intake.phase.get() == Phase::Open {
        monoio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Runs a case for every family and driver, side by side: most of each is waiting for the kernel to try again.
fn in_every_case(case: fn(&Chosen, &Claimed, SocketAddr, &str)) {
    std::thread::scope(|scope| {
        for chosen in drivers() {
            for (bind, host) in FAMILIES {
                let chosen = chosen.clone();
                scope.spawn(move || {
                    let claimed = claim(bind);
                    let to = SocketAddr::new(host.parse().unwrap(), claimed.address.port());
                    case(
                        &chosen,
                        &claimed,
                        to,
                        &format!("{bind} from {host} on {}", chosen.driver),
                    );
                });
            }
        }
    });
}

/// Echoes a byte to every connection until the intake is drained.
async fn serve(intake: &Intake) -> usize {
    let mut served = 0;
    while let Some((mut stream, _)) = intake.next().await.unwrap() {
        let (read, buffer) = stream.read(vec![0; 1]).await;
        if read.unwrap() == 1 {
            stream.write_all(buffer).await.0.unwrap();
        }
        served += 1;
    }
    served
}

fn finish(clients: Vec<JoinHandle<io::Result<()>>>, what: &str) {
    for client in clients {
        if let Err(error) = client.join().unwrap() {
            panic!("{what}: a client saw {error}");
        }
    }
}

#[test]
fn queued_connections_are_served_and_later_ones_reach_the_next_listener() {
    in_every_case(|chosen, claimed, to, what| {
        let first = listener(claimed, chosen);
        let queued: Vec<Client> = (0..20).map(|_| Client::connect(to).unwrap()).collect();
        block_on(chosen, || async {
            let intake = Rc::new(Intake::new(first, chosen.driver).unwrap());
            let drain = monoio::spawn({
                let intake = intake.clone();
                async move { intake.drain(QUIET, PATIENCE).await }
            });
            until_draining(&intake).await;
            let hushed = Client::connect_timeout(&to, Duration::from_millis(50)).unwrap_err();
            assert_eq!(
                hushed.kind(),
                io::ErrorKind::TimedOut,
                "{what}: neither accepted nor refused"
            );
            let late = spawn(move || exchange(to, b'l'));
            let queued = spawn(move || {
                queued
                    .into_iter()
                    .try_for_each(|client| answered(client, b'q'))
            });
            assert_eq!(serve(&intake).await, 20, "{what}");
            let drained = drain.await;
            assert_eq!(drained.served, 20, "{what}");
            assert!(drained.unfiltered.is_none(), "{what}");
            finish(vec![queued], what);

            // The next listener of the port, there before the first one closes.
            let second = Intake::new(listener(claimed, chosen), chosen.driver).unwrap();
            drop(intake);
            let (mut stream, _) = second.next().await.unwrap().unwrap();
            let (_, buffer) = stream.read(vec![0; 1]).await;
            stream.write_all(buffer).await.0.unwrap();
            finish(vec![late], what);
        });
    });
}

#[test]
fn beside_another_listener_no_client_is_refused_or_reset() {
    in_every_case(|chosen, claimed, to, what| {
        let (leaving, staying) = (listener(claimed, chosen), listener(claimed, chosen));
        block_on(chosen, || async {
            let leaving = Rc::new(Intake::new(leaving, chosen.driver).unwrap());
            let staying = Rc::new(Intake::new(staying, chosen.driver).unwrap());
            let drain = monoio::spawn({
                let leaving = leaving.clone();
                async move { leaving.drain(QUIET, PATIENCE).await }
            });
            let first = monoio::spawn({
                let leaving = leaving.clone();
                async move { serve(&leaving).await }
            });
            let second = monoio::spawn({
                let staying = staying.clone();
                async move { serve(&staying).await }
            });
            let clients: Vec<_> = (0..48)
                .map(|byte| spawn(move || exchange(to, byte)))
                .collect();
            drain.await;
            let served_leaving = first.await;
            drop(leaving);
            // Those that the kernel had sent to the leaving listener try again by themselves.
            while clients.iter().any(|client| !client.is_finished()) {
                monoio::time::sleep(Duration::from_millis(5)).await;
            }
            finish(clients, what);
            staying.drain(Duration::ZERO, PATIENCE).await;
            assert_eq!(served_leaving + second.await, 48, "{what}");
        });
    });
}

#[test]
fn a_handshake_under_way_is_ended_behind_the_filter() {
    in_every_case(|chosen, claimed, to, what| {
        let listener = listener(claimed, chosen);
        defer_accept(&listener);
        let half_open = Client::connect(to).unwrap();
        listener.set_nonblocking(true).unwrap();
        assert_eq!(
            listener.accept().unwrap_err().kind(),
            io::ErrorKind::WouldBlock,
            "{what}"
        );
        listener.set_nonblocking(!chosen.driver.is_uring()).unwrap();
        block_on(chosen, || async {
            let intake = Rc::new(Intake::new(listener, chosen.driver).unwrap());
            let drain = monoio::spawn({
                let intake = intake.clone();
                async move { intake.drain(QUIET, PATIENCE).await }
            });
            until_draining(&intake).await;
            // Twice: the first byte comes with the end of the handshake, the second by itself.
            let client = spawn(move || {
                answered(half_open.try_clone()?, b'h')?;
                answered(half_open, b'i')
            });
            let (mut stream, _) = intake.next().await.unwrap().unwrap();
            for _ in 0..2 {
                let (_, buffer) = stream.read(vec![0; 1]).await;
                stream.write_all(buffer).await.0.unwrap();
            }
            finish(vec![client], what);
            assert!(intake.next().await.unwrap().is_none(), "{what}");
            assert_eq!(drain.await.served, 1, "{what}");
        });
    });
}

/// Leaves the request half open until the client sends data (tcp(7), TCP_DEFER_ACCEPT).
fn defer_accept(listener: &std::net::TcpListener) {
    let seconds: libc::c_int = 5;
    // SAFETY: the option's value is one c_int, alive during the call.
    let done = unsafe {
        libc::setsockopt(
            listener.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_DEFER_ACCEPT,
            (&raw const seconds).cast(),
            size_of_val(&seconds) as libc::socklen_t,
        )
    };
    assert_eq!(done, 0);
}

#[test]
fn what_queued_while_nobody_accepted_is_swept_up() {
    for chosen in drivers() {
        let claimed = claim("127.0.0.1:0");
        let listener = listener(&claimed, &chosen);
        let queued: Vec<Client> = (0..5)
            .map(|_| Client::connect(claimed.address).unwrap())
            .collect();
        block_on(&chosen, || async {
            let intake = Rc::new(Intake::new(listener, chosen.driver).unwrap());
            let drain = monoio::spawn({
                let intake = intake.clone();
                async move { intake.drain(Duration::ZERO, PATIENCE).await }
            });
            while intake.phase.get() != Phase::Sweeping {
                monoio::time::sleep(Duration::from_millis(1)).await;
            }
            let clients = spawn(move || {
                queued
                    .into_iter()
                    .try_for_each(|client| answered(client, b's'))
            });
            assert_eq!(serve(&intake).await, 5);
            assert_eq!(drain.await.served, 5);
            finish(vec![clients], "swept");
            assert!(intake.next().await.unwrap().is_none(), "drained for good");
        });
    }
}

#[test]
fn an_idle_listener_closes_and_leaves_no_descriptor() {
    // After the quiet time, or at the limit although it was not quiet for long enough.
    for (quiet, limit) in [(QUIET, PATIENCE), (PATIENCE, QUIET)] {
        closes(quiet, limit);
    }
}

fn closes(quiet: Duration, limit: Duration) {
    for chosen in drivers() {
        let claimed = claim("127.0.0.1:0");
        let listener = listener(&claimed, &chosen);
        let descriptor =
            std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
        block_on(&chosen, || async {
            let intake = Rc::new(Intake::new(listener, chosen.driver).unwrap());
            let accepting = monoio::spawn({
                let intake = intake.clone();
                async move { serve(&intake).await }
            });
            let drained = intake.drain(quiet, limit).await;
            assert_eq!((drained.served, accepting.await), (0, 0));
        });
        let refused = Client::connect_timeout(&claimed.address, PATIENCE).unwrap_err();
        assert_eq!(
            refused.kind(),
            io::ErrorKind::ConnectionRefused,
            "closed, so a client is told at once"
        );
        let open: Vec<_> = std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .flatten()
            .collect();
        let still = open
            .iter()
            .any(|entry| std::fs::read_link(entry.path()).is_ok_and(|link| link == descriptor));
        assert!(!still, "the listener's descriptor is closed");
    }
}
