//! nginx as the origin.

use std::fs;
use std::process::Command;

use crate::Running;
use crate::scene::{Scene, Stage, to};
use crate::support::body::{checksum, pattern};
use crate::support::client::{Connection, Request};
use crate::support::manifests::service;
use crate::support::{eventually, ports};

/// nginx serving a folder with a file of 3 MiB, and a scene before it. It is one process: workers
/// would be another user's, who may not read the folder, and outlive a master that is killed.
fn start() -> (Running, tempfile::TempDir, Scene) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display().to_string();
    let address = ports::local();
    fs::write(folder.path().join("file.txt"), pattern(3 << 20)).unwrap();
    let config = format!(
        "daemon off; master_process off; pid {root}/pid; error_log {root}/error.log;
         events {{ worker_connections 256; }}
         http {{
           access_log off; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
           fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi;
           scgi_temp_path {root}/scgi; gzip on; gzip_types text/plain; gzip_proxied any;
           server {{
             listen {address}; root {root}; keepalive_requests 50; client_max_body_size 0;
             location /here {{ return 200 '$request_method $request_uri $http_x_forwarded_for'; }}
             location /gone {{ return 410; }}
             location /none {{ return 204; }}
           }}
         }}"
    );
    fs::write(folder.path().join("nginx.conf"), config).unwrap();
    let running = Running::start(
        Command::new("/usr/sbin/nginx")
            .args(["-p", &root, "-c", "nginx.conf", "-e"])
            .arg(folder.path().join("error.log")),
    );
    eventually("nginx", || Connection::try_open(address, None).ok());
    let scene = Stage::new()
        .and(service("n", &[address]))
        .route("r", &[], &[to("n")])
        .start(&[]);
    (running, folder, scene)
}

#[test]
fn files_ranges_and_conditions_pass() {
    let (_running, _folder, scene) = start();
    let mut connection = scene.connect();
    let whole = connection.fetch(&Request::get("/file.txt", "h"));
    assert_eq!(checksum(&whole.body), checksum(&pattern(3 << 20)));
    let tag = whole.header("etag").expect("a tag").to_owned();
    assert!(
        whole
            .header("server")
            .is_some_and(|name| name.starts_with("nginx"))
    );
    let head = connection.fetch(&Request::new("HEAD", "/file.txt", "h"));
    assert_eq!(head.header("content-length"), Some("3145728"));
    let part = connection.fetch(&Request::get("/file.txt", "h").header("Range", "bytes=5-9"));
    assert_eq!((part.status, &part.body[..]), (206, &pattern(10)[5..]));
    let same = connection.fetch(&Request::get("/file.txt", "h").header("If-None-Match", &tag));
    assert_eq!((same.status, same.body.len()), (304, 0));
    let zipped =
        connection.fetch(&Request::get("/file.txt", "h").header("Accept-Encoding", "gzip"));
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(zipped.body.starts_with(&[0x1f, 0x8b]));
    let here = connection.fetch(&Request::get("/here/../here?q=1", "h"));
    assert_eq!(here.text(), "GET /here?q=1 127.0.0.1");
    assert_eq!(connection.fetch(&Request::get("/gone", "h")).status, 410);
    assert_eq!(connection.fetch(&Request::get("/none", "h")).status, 204);
    // Larger than its limit of a header line: its refusal passes, with the close it implies.
    let large = Request::get("/here", "h").header("X-Large", &"x".repeat(15_000));
    assert_eq!(connection.fetch(&large).status, 400);
    assert_eq!(connection.fetch(&Request::get("/none", "h")).status, 204);
}

#[test]
fn its_limit_of_requests_a_connection_costs_nobody_an_answer() {
    // It closes after 50 requests, saying so; bodies of 405 are not read.
    let (_running, _folder, scene) = start();
    let mut connection = scene.connect();
    for round in 0..300 {
        let answer = connection.fetch(&Request::get("/here", "h"));
        assert_eq!((round, answer.status), (round, 200));
        if round % 7 == 0 {
            let refused = connection.fetch(&Request::post("/file.txt", "h", pattern(100)));
            assert_eq!((round, refused.status), (round, 405));
        }
    }
}
