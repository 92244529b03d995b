//! wrk as the client: whatever the rate, no error.

use std::process::Command;

use crate::scene::Stage;
use crate::succeed;
use crate::support::manifests::{https, tls_secret};
use crate::support::pki::Authority;
use crate::support::ports;

fn run(url: &str, more: &[&str]) -> String {
    let mut command = Command::new("wrk");
    // An answer that is late is no error here.
    command.args(["-t1", "-c16", "-d2s", "--timeout", "20s"]);
    command.args(more).arg(url);
    String::from_utf8_lossy(&succeed(&mut command).stdout).into_owned()
}

fn assert_clean(said: &str) {
    assert!(said.contains("requests in"), "{said}");
    assert!(
        !said.contains("Socket errors") && !said.contains("Non-2xx"),
        "{said}"
    );
}

#[test]
fn no_request_fails() {
    let authority = Authority::new("root");
    let address = ports::local();
    let secure = ports::local();
    let listeners = [
        crate::support::manifests::http("web", address.port()),
        https("tls", secure.port(), "", "cert"),
    ];
    let scene = Stage::with_listeners(address, &listeners)
        .origin("a")
        .route("r", &[], &[crate::scene::to("a")])
        .and([tls_secret("cert", &authority.leaf(&["localhost"]))])
        .start(&["--workers", "2", "--access-log", "off"]);
    for url in [
        format!("http://{address}/bytes/1000"),
        format!("https://{secure}/bytes/1000"),
        format!("http://{address}/bytes/300000"),
    ] {
        assert_clean(&run(&url, &[]));
        assert_clean(&run(&url, &["-H", "Connection: close"]));
    }
    assert_eq!(scene.count("connection_panics"), 0.0);
    assert_eq!(scene.refused("upstream_closed"), 0.0);
}
