//! Messages broken at random: whatever comes of them, the origin gets only what is well formed, no
//! client gets what belongs to another, and the gateway lives.

use crate::stage::Stage;
use crate::support::client::{Connection, Request};
use crate::support::origin::Behaviour;

/// SplitMix64 (Steele, Lea and Flood 2014): the same sequence on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    /// Breaks a message in one to three places.
    fn mutate(&mut self, message: &[u8], words: &[&[u8]]) -> Vec<u8> {
        let mut bytes = message.to_vec();
        for _ in 0..=self.roll(3) {
            let at = self.roll(bytes.len().max(1));
            match self.roll(6) {
                0 => {
                    bytes[at] = [0, b'\r', b'\n', b' ', b'\t', b':', b';', 0xff, b'0'][self.roll(9)]
                }
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, bytes[at]),
                3 => bytes.truncate(at.max(1)),
                4 => {
                    let word = words[self.roll(words.len())];
                    bytes.splice(at..at, word.iter().copied());
                }
                _ => {
                    let (from, to) = (self.roll(bytes.len()), at);
                    let piece = bytes[from.min(to)..from.max(to)].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        bytes
    }
}

#[test]
fn broken_requests_reach_the_origin_whole_or_not_at_all() {
    let scene = Stage::plain().start(&["--workers", "2", "--request-body-timeout", "1s"]);
    let words: [&[u8]; 10] = [
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"\r\nTransfer-Encoding: identity",
        b"0\r\n\r\n",
        b"Host: x\r\n",
        b" HTTP/1.1\r\n",
        b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\n",
    ];
    let seeds: [&[u8]; 3] = [
        b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
        b"GET http://h/a/../b HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-B\r\nX-B: c\r\nCookie: a=b\r\n\r\n",
    ];
    let mut dice = Dice(2026);
    for round in 0..1500 {
        let bytes = dice.mutate(seeds[round % seeds.len()], &words);
        let mut connection = scene.connect();
        connection.send(&bytes);
        connection.finish();
        // Whatever is said is whole answers, and then the end.
        while let Ok(answer) = connection.response("GET") {
            assert!(
                (200..=505).contains(&answer.status),
                "{}: {}",
                answer.status,
                bytes.escape_ascii()
            );
        }
        if round % 50 == 0 {
            let target = format!("/alive/{round}");
            let echo = scene.fetch(&Request::get(&target, "h")).echo();
            assert_eq!(echo.text("target"), target);
        }
    }
    // The origin, which is strict, judges the rest when it is dropped.
    assert_eq!(scene.count("connection_panics"), 0.0);
    assert_eq!(
        scene.gateway.metric("ringress_worker_rebuilds_total", &[]),
        0.0
    );
}

#[test]
fn broken_responses_reach_no_other_client() {
    let scene = Stage::plain().start(&[
        "--workers",
        "2",
        "--upstream-body-timeout",
        "500ms",
        "--upstream-response-timeout",
        "500ms",
    ]);
    let words: [&[u8]; 8] = [
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        b"\n",
    ];
    let seeds: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    ];
    let mut dice = Dice(7);
    let mut kept = scene.connect();
    for round in 0..800 {
        let path = format!("/{round}");
        let raw = Some(dice.mutate(seeds[round % seeds.len()], &words));
        // Half of them end with the connection, so that cut ones are not waited for.
        let behaviour = Behaviour {
            raw,
            quiet_close: round % 8 != 0,
            ..Behaviour::default()
        };
        scene.origin("a").behave(&path, behaviour);
        let mut connection = Connection::open(scene.address);
        connection.ask(&Request::get(&path, "h")).ok();
        let target = format!("/probe/{round}");
        let answer = kept.fetch(&Request::get(&target, "h"));
        assert_eq!(answer.echo().text("target"), target, "after {path}");
    }
    assert_eq!(scene.count("connection_panics"), 0.0);
}
