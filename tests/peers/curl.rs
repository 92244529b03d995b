//! curl as the client.

use std::process::Command;

use crate::scene::{Scene, Stage};
use crate::succeed;
use crate::support::body::{checksum, pattern};

/// curl with a target of the scene.
fn curl(scene: &Scene, target: &str) -> Command {
    let mut command = Command::new("curl");
    command.args(["-sS", "--max-time", "20"]);
    command.arg(format!("http://{}{target}", scene.address));
    command
}

/// What the origin says that it got.
fn echo(command: &mut Command) -> serde_json::Value {
    let output = succeed(command.arg("--fail"));
    serde_json::from_slice(&output.stdout).expect("the origin's echo")
}

#[test]
fn uploads_of_every_kind_arrive() {
    let scene = Stage::plain().start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    for size in [0, 1, 70_000, 3_000_000] {
        let body = pattern(size);
        std::fs::write(&file, &body).unwrap();
        let at = format!("@{}", file.display());
        let sum = checksum(&body);
        let by_length = echo(curl(&scene, "/x").args(["--data-binary", &at]));
        assert_eq!(by_length["body"]["checksum"], sum);
        let chunked = echo(curl(&scene, "/x").args([
            "-X",
            "POST",
            "-H",
            "Transfer-Encoding: chunked",
            "--data-binary",
            &at,
        ]));
        assert_eq!(chunked["body"]["checksum"], sum);
        let expected =
            echo(curl(&scene, "/x").args(["-H", "Expect: 100-continue", "--data-binary", &at]));
        assert_eq!(expected["body"]["checksum"], sum);
        let put = echo(curl(&scene, "/x").arg("-T").arg(&file));
        assert_eq!(
            (&put["method"], &put["body"]["checksum"]),
            (&"PUT".into(), &sum.into())
        );
        let old = echo(curl(&scene, "/x").args(["--http1.0", "--data-binary", &at]));
        assert_eq!(old["version"], "HTTP/1.1");
    }
}

#[test]
fn downloads_of_every_framing_arrive() {
    let scene = Stage::plain().start(&[]);
    for ask in [
        "bytes=500000",
        "bytes=500000,chunked",
        "bytes=500000,until-close",
        "bytes=0",
    ] {
        for version in ["--http1.1", "--http1.0"] {
            let header = format!("X-Ask: {ask}");
            let output = succeed(curl(&scene, "/").args([version, "--fail", "-H", &header]));
            let size = if ask == "bytes=0" { 0 } else { 500_000 };
            assert_eq!(
                checksum(&output.stdout),
                checksum(&pattern(size)),
                "{ask} {version}"
            );
        }
    }
    // An answer that is cut is an error to it, also to its HTTP/1.0.
    for version in ["--http1.1", "--http1.0"] {
        let header = "X-Ask: bytes=500000,chunked,cut=100000";
        let output = curl(&scene, "/")
            .args([version, "-H", header])
            .output()
            .unwrap();
        assert!(!output.status.success(), "{version}");
    }
}

#[test]
fn one_curl_reuses_its_connection() {
    let scene = Stage::plain().start(&[]);
    let mut command = curl(&scene, "/[1-20]");
    succeed(command.args(["--fail", "-o", "/dev/null"]));
    scene.expect_count("connections_accepted", 1.0);
    assert_eq!(scene.origin("a").accepted(), 1);
}

#[test]
fn the_proxy_protocol_of_curl_is_understood() {
    let scene = Stage::plain().start(&["--proxy-protocol-from", "127.0.0.1"]);
    let echo = echo(curl(&scene, "/").arg("--haproxy-protocol"));
    assert_eq!(echo["target"], "/");
    assert!(!curl(&scene, "/").output().unwrap().status.success());
}
