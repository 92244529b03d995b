//! Starting: binds that are taken, machines without IPv6 or io_uring, drivers forced.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use crate::scene::{Scene, Stage, to};
use crate::support::client::{Request, fetch};
use crate::support::manifests::{Manifests, service};
use crate::support::origin::Origin;
use crate::support::process::{Driver, Gateway, output};
use crate::support::seccomp::{Profile, confine};
use crate::support::{eventually, within};

/// A second gateway over the same objects.
fn second(scene: &Scene, flags: &[&str]) -> Gateway {
    Gateway::builder(scene.manifests.path()).args(flags).spawn()
}

#[test]
fn a_second_process_on_a_bind_is_an_error_that_names_it() {
    let mut first = Stage::plain().start(&["--drain-delay", "0s"]);
    let name = first.address.to_string();
    let second = second(&first, &[]);
    second.await_log(&name);
    eventually("the bind among what is wrong", || {
        let page = second.try_page("/readyz?verbose")?;
        page.text()
            .contains(&format!("[-] bind {name}"))
            .then_some(())
    });
    eventually("the metric", || {
        (second.metric("ringress_binds_failed", &[]) == 1.0).then_some(())
    });
    for _ in 0..20 {
        assert_eq!(first.fetch(&Request::get("/", "h")).status, 200);
    }
    assert_eq!(first.count("connections_accepted"), 20.0);
    // It goes on trying, and takes over what the first one leaves.
    first.gateway.terminate();
    assert!(first.gateway.await_exit(Duration::from_secs(5)).success());
    within(Duration::from_secs(30), "the second to take over", || {
        let page = second.try_page("/readyz?verbose")?;
        page.text()
            .contains(&format!("[+] bind {name}"))
            .then_some(())
    });
    assert_eq!(first.fetch(&Request::get("/", "h")).status, 200);
}

#[test]
fn two_processes_share_ports_when_both_are_told_to() {
    let first = Stage::plain().start(&["--share-ports"]);
    let mut second = second(&first, &["--share-ports"]);
    second.await_ready();
    for _ in 0..40 {
        assert_eq!(first.fetch(&Request::get("/", "h")).status, 200);
    }
    let counts =
        [&first.gateway, &second].map(|g| g.metric("ringress_connections_accepted_total", &[]));
    assert_eq!(counts.iter().sum::<f64>(), 40.0);
    assert!(counts.iter().all(|count| *count > 0.0), "{counts:?}");
}

#[test]
fn an_admin_address_that_is_taken_ends_the_start() {
    let scene = Stage::plain().start(&[]);
    let admin = scene.gateway.admin();
    let mut second = Gateway::builder(scene.manifests.path())
        .admin(admin)
        .spawn();
    let status = second.await_exit(Duration::from_secs(5));
    assert_eq!(status.code(), Some(1));
    second.await_log(&admin.to_string());
}

#[test]
fn a_machine_without_ipv6_is_served_over_ipv4_and_told() {
    let origin = Origin::start("a");
    let stage = Stage::new()
        .and(service("a", &[origin.address()]))
        .route("all", &[], &[to("a")]);
    let port = stage.address.port();
    let manifests = Manifests::with(&stage.objects);
    // No --listen-address: every address, over both families where there are two.
    for without in [true, false] {
        let admin = crate::support::ports::local();
        let mut command = crate::support::process::command();
        command
            .args(["run", "--workers", "1", "--manifests"])
            .arg(manifests.path());
        let mut builder = Gateway::builder(manifests.path()).admin(admin);
        *builder.command() = command;
        builder
            .command()
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        for name in ["IO_DRIVER", "IO_URING_MODE"] {
            let wanted = std::env::var(format!("RINGRESS_TEST_{name}")).unwrap_or_default();
            if !wanted.is_empty() {
                builder.command().env(format!("RINGRESS_{name}"), wanted);
            }
        }
        if without {
            confine(builder.command(), Profile::NoIpv6);
        }
        let gateway = builder.start();
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        assert_eq!(fetch(v4, &Request::get("/", "h")).status, 200);
        let v6 = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port));
        let over_v6 = crate::support::client::Connection::try_open(v6, None);
        if without {
            assert!(over_v6.is_err());
            gateway.await_log("IPv6");
        } else if let Ok(mut connection) = over_v6 {
            let echo = connection.fetch(&Request::get("/", "h")).echo();
            assert_eq!(echo.header("x-forwarded-for"), Some("::1"));
        }
    }
}

/// Starts under a profile; how long it took to be ready.
fn confined(profile: Profile, driver: &str) -> (Scene, Duration) {
    let began = Instant::now();
    let scene = Stage::plain().start_as(|mut builder| {
        confine(builder.command(), profile);
        builder.command().env_remove("RINGRESS_IO_URING_MODE");
        builder.args(&["--io-driver", driver])
    });
    (scene, began.elapsed())
}

#[test]
fn where_io_uring_is_refused_epoll_serves_at_once_and_says_why() {
    for profile in [
        Profile::AllEperm,
        Profile::AllEnosys,
        Profile::EnterEperm,
        Profile::AllKill,
    ] {
        let (scene, took) = confined(profile, "auto");
        assert_eq!(
            scene.reached("/", "h"),
            (200, "a".to_owned()),
            "{profile:?}"
        );
        // The goal is a second; a debug build on a busy machine is given some more.
        assert!(took < Duration::from_secs(3), "{profile:?} took {took:?}");
        assert_eq!(
            scene
                .gateway
                .metric("ringress_io_driver", &["driver=\"epoll\""]),
            1.0
        );
        let page = scene.gateway.page("/readyz?verbose").text();
        let line = page
            .lines()
            .find(|line| line.contains("io driver"))
            .unwrap_or_default();
        assert!(
            line.contains("epoll") && line.contains("io_uring"),
            "{profile:?}: {line}"
        );
        scene.gateway.await_log("epoll");
    }
}

#[test]
fn where_io_uring_is_refused_a_demand_for_it_ends_with_1_and_says_why() {
    for profile in [Profile::AllEperm, Profile::EnterEperm] {
        let manifests = Manifests::with(&[]);
        let mut builder = Gateway::builder(manifests.path());
        confine(builder.command(), profile);
        builder.command().env_remove("RINGRESS_IO_URING_MODE");
        let mut gateway = builder.args(&["--io-driver", "uring"]).spawn();
        let status = gateway.await_exit(Duration::from_secs(5));
        assert_eq!(status.code(), Some(1), "{profile:?}");
        let log = eventually("the reason", || {
            Some(gateway.log()).filter(|log| log.contains("io_uring"))
        });
        assert!(
            log.contains("not permitted") || log.contains("EPERM"),
            "{profile:?}: {log}"
        );
    }
}

#[test]
fn the_driver_asked_for_is_the_driver_used() {
    for (driver, name) in [
        (Driver::Epoll, "epoll"),
        (Driver::Uring("defer"), "uring"),
        (Driver::Uring("coop"), "uring"),
        (Driver::Uring("plain"), "uring"),
    ] {
        let scene = Stage::plain().start_as(|builder| builder.driver(driver));
        assert_eq!(scene.reached("/", "h").0, 200, "{driver:?}");
        let label = format!("driver=\"{name}\"");
        assert_eq!(
            scene.gateway.metric("ringress_io_driver", &[&label]),
            1.0,
            "{driver:?}"
        );
        if let Driver::Uring(mode) = driver {
            scene.gateway.await_log(mode);
        }
    }
}

#[test]
fn command_lines_that_make_no_sense_are_refused() {
    for (args, code, word) in [
        (&["run"][..], 2, "--manifests"),
        (
            &["run", "--manifests", "/nonexistent-folder"],
            1,
            "/nonexistent-folder",
        ),
        (
            &["run", "--manifests", ".", "--workers", "0"],
            2,
            "--workers",
        ),
        (
            &["run", "--manifests", ".", "--idle-timeout", "soon"],
            2,
            "--idle-timeout",
        ),
    ] {
        let output = output(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(word), "{args:?}: {said}");
    }
}
