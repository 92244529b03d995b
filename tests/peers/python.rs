//! The WebSocket client and server of Python's `websockets` on both sides.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::scene::{Stage, to};
use crate::support::client::Connection;
use crate::support::manifests::{http, https, service, tls_secret};
use crate::support::pki::Authority;
use crate::support::{eventually, ports};
use crate::{Running, succeed};

const SERVER: &str = r#"
import asyncio, sys
from websockets.asyncio.server import serve

async def echo(socket):
    async for message in socket:
        if message == "leave":
            return await socket.close(4001, "as asked")
        await socket.send(message)

async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1]), max_size=None, subprotocols=["b"]):
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"#;

const CLIENT: &str = r#"
import asyncio, os, ssl, sys
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

url, root = sys.argv[1], sys.argv[2]

async def talk(number):
    context = ssl.create_default_context(cafile=root) if url.startswith("wss") else None
    compression = "deflate" if number % 2 else None
    async with connect(url, ssl=context, compression=compression, max_size=None,
                       subprotocols=["a", "b"]) as socket:
        assert socket.subprotocol == "b", socket.subprotocol
        for size in (0, 1, 125, 126, 65535, 65536, 300000):
            for message in (os.urandom(size), "\u00e4" * size):
                await socket.send(message)
                assert await socket.recv() == message
        # Fragmented, and a ping in the middle of things.
        await socket.send([b"one", b"two", b"three"])
        assert await socket.recv() == b"onetwothree"
        await (await socket.ping())
        await socket.send("leave")
        try:
            await socket.recv()
            raise AssertionError("not closed")
        except ConnectionClosed as closed:
            assert (closed.rcvd.code, closed.rcvd.reason) == (4001, "as asked"), closed

async def main():
    await asyncio.gather(*(talk(number) for number in range(10)))
    print("done")

asyncio.run(main())
"#;

/// The interpreter that has the package: of the run's own environment, else the machine's.
fn python() -> Command {
    let given = std::env::var_os("RINGRESS_PYTHON").filter(|path| !path.is_empty());
    Command::new(given.map_or_else(|| PathBuf::from("python3"), PathBuf::from))
}

#[test]
fn websockets_pass_plain_and_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = (
        folder.path().join("server.py"),
        folder.path().join("client.py"),
    );
    let root = folder.path().join("root.pem");
    let authority = Authority::new("root");
    fs::write(&server, SERVER).unwrap();
    fs::write(&client, CLIENT).unwrap();
    fs::write(&root, authority.pem()).unwrap();
    let upstream = ports::local();
    let _running = Running::start(python().arg(&server).arg(upstream.port().to_string()));
    eventually("the server", || Connection::try_open(upstream, None).ok());

    let (plain, secure) = (ports::local(), ports::local());
    let listeners = [
        http("web", plain.port()),
        https("tls", secure.port(), "", "cert"),
    ];
    let scene = Stage::with_listeners(plain, &listeners)
        .and(service("ws", &[upstream]))
        .and([tls_secret("cert", &authority.leaf(&["localhost"]))])
        .route("r", &[], &[to("ws")])
        .start(&["--workers", "2"]);
    for url in [
        format!("ws://localhost:{}/chat", plain.port()),
        format!("wss://localhost:{}/chat", secure.port()),
    ] {
        let output = succeed(python().arg(&client).arg(&url).arg(&root));
        assert_eq!(output.stdout, b"done\n", "{url}");
    }
    scene.expect_count("tunnels_opened", 20.0);
    scene.expect_count("tunnels_ended", 20.0);
}
