//! Clients that never pause.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::scene::{HOST, scene};
use crate::support::client::Request;

/// On epoll an operation that is ready does not wait, so that one connection that always has more
/// could keep its worker from everybody else, and from its own heartbeat.
#[test]
fn a_client_that_pipelines_without_end_does_not_starve_the_others() {
    let scene = scene(&["--access-log", "off"]);
    let stop = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..2)
        .map(|_| {
            let stop = Arc::clone(&stop);
            let mut socket = TcpStream::connect(scene.plain).expect("a listener");
            let mut back = socket.try_clone().expect("a descriptor");
            socket
                .set_write_timeout(Some(Duration::from_secs(5)))
                .expect("a time");
            let reading = std::thread::spawn(move || {
                let mut sink = [0; 1 << 16];
                let mut total = 0;
                while let Ok(n @ 1..) = back.read(&mut sink) {
                    total += n;
                }
                total
            });
            let writing = std::thread::spawn(move || {
                let requests = b"GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n".repeat(2000);
                while !stop.load(Ordering::Relaxed) && socket.write_all(&requests).is_ok() {}
                socket.shutdown(std::net::Shutdown::Both).ok();
            });
            (reading, writing)
        })
        .collect();
    let begun = Instant::now();
    let mut asked = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(scene.open().fetch(&Request::get("/", HOST)).status, 200);
        asked += 1;
    }
    stop.store(true, Ordering::Relaxed);
    let mut answered = 0;
    for (reading, writing) in flood {
        writing.join().expect("no panic");
        answered += reading.join().expect("no panic");
    }
    assert!(answered > 1_000_000, "the flood was none: {answered} bytes");
    assert!(asked >= 10, "{asked} answers beside the flood");
}
