//! Flags in, options or a usage error out.

use crate::options::{Cli, Contradiction, Options, Request};
use std::time::Duration;

fn run(flags: &[&str]) -> Result<Options, String> {
    let words = ["ringress", "run"].iter().chain(flags);
    match Cli::read(words) {
        Ok(Request::Run(options)) => Ok(*options),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let options = run(&["--manifests", "m"]).unwrap();
    assert_eq!(options.limits.max_request_line, 8 << 10);
    assert_eq!(options.limits.max_headers, 100);
    assert_eq!(
        options.timeouts.tunnel_idle_timeout,
        Duration::from_secs(3600)
    );
    assert_eq!(options.drain.drain_delay, Duration::from_secs(5));
    let admin = options.observing.admin_address.0.unwrap();
    assert_eq!(admin.to_string(), "127.0.0.1:9901");
    assert_eq!(options.observing.health_address.0, None);
    assert_eq!(options.addresses.ingress_http_port, 8080);
    assert_eq!(
        options.objects.gateway_controller_name,
        "ringress.dev/gateway-controller"
    );
    assert!(!options.connections.share_ports);
}

#[test]
fn lists_may_be_repeated_and_divided_by_commas() {
    let options = run(&[
        "--manifests",
        "m",
        "--listen-address",
        "127.0.0.1,127.0.0.2",
        "--listen-address",
        "::1",
        "--proxy-protocol-from",
        "10.0.0.0/8,192.0.2.1",
    ]);
    let options = options.unwrap();
    assert_eq!(options.addresses.listen_address.len(), 3);
    assert_eq!(options.connections.proxy_protocol_from.len(), 2);
}

#[test]
fn zero_switches_a_timeout_off() {
    let options = run(&[
        "--manifests",
        "m",
        "--idle-timeout",
        "0",
        "--connect-timeout",
        "250ms",
    ]);
    let timeouts = options.unwrap().timeouts;
    assert_eq!(timeouts.idle_timeout, Duration::ZERO);
    assert_eq!(timeouts.connect_timeout, Duration::from_millis(250));
}

#[test]
fn contradictions_name_the_flags() {
    let cases: [(&[&str], &[&str]); 10] = [
        (&["--hold-off", "1s"], &["--hold-off", "--hold-off-max"]),
        (&[], &["--manifests"]),
        (
            &["--io-driver", "epoll", "--io-uring-mode", "coop"],
            &["--io-driver", "--io-uring-mode"],
        ),
        (
            &["--max-header-size", "33KiB"],
            &["--max-header-size", "--max-headers-size"],
        ),
        (
            &["--health-address", "127.0.0.1:9901"],
            &["--health-address", "--admin-address"],
        ),
        (
            &["--ingress-http-port", "8443"],
            &["--ingress-http-port", "--ingress-https-port"],
        ),
        (
            &["--access-log", "off", "--access-log-format", "json"],
            &["--access-log", "--access-log-format"],
        ),
        (
            &["--listen-address", "127.0.0.1,127.0.0.1"],
            &["--listen-address", "127.0.0.1"],
        ),
        (
            &["--listen-address", "0.0.0.0,127.0.0.1"],
            &["--listen-address", "127.0.0.1"],
        ),
        (
            &["--ingress-address", "::,::1"],
            &["--ingress-address", "::1"],
        ),
    ];
    for (flags, named) in cases {
        let source: &[&str] = if flags.is_empty() {
            &[]
        } else {
            &["--manifests", "m"]
        };
        let error = run(&[source, flags].concat()).unwrap_err();
        for name in named {
            assert!(error.contains(name), "{flags:?}: {error}");
        }
    }
    assert!(run(&["--manifests", "m", "--listen-address", "0.0.0.0,::"]).is_ok());
    assert!(
        Contradiction::NoSource
            .to_string()
            .contains("later release")
    );
}

#[test]
fn a_value_out_of_its_range_is_refused() {
    let cases = [
        ("--workers", "0"),
        ("--max-headers", "257"),
        ("--max-request-line", "8"),
        ("--max-descriptors-percent", "101"),
        ("--tcp-keepalive-interval", "0"),
        ("--tls-min-version", "1.1"),
        ("--idle-timeout", "10"),
        ("--ingress-http-port", "0"),
        ("--admin-address", "9901"),
        ("--log-level", "loud"),
        ("--via", "a b"),
    ];
    for (flag, value) in cases {
        let error = run(&["--manifests", "m", flag, value]).unwrap_err();
        assert!(error.contains(flag), "{flag}: {error}");
    }
}
