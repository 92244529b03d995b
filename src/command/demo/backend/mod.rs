//! The echo backends: small HTTP/1.1 and WebSocket servers on loopback that say who they are and
//! what reached them.
//!
//! They stand for other people's programs, which is why they have a runtime of their own and share
//! nothing with the gateway but the process.

mod answer;
mod websocket;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

/// A backend that is to be, on 127.0.0.1.
pub struct Backend {
    /// What it calls itself: the name of its Service.
    name: &'static str,
    listener: TcpListener,
}

impl Backend {
    /// A backend behind a listener of its own.
    ///
    /// # Errors
    /// When the listener cannot be made non-blocking.
    pub fn new(name: &'static str, listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { name, listener })
    }
}

/// Serves all of them on a thread of their own until the process ends.
///
/// # Errors
/// When the thread or its runtime cannot be made.
pub fn serve(backends: Vec<Backend>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let mut servers = Vec::new();
    for backend in backends {
        let entered = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(backend.listener)?;
        drop(entered);
        servers.push(runtime.spawn(accept(backend.name, listener)));
    }
    thread::Builder::new()
        .name("demo-backends".to_owned())
        .spawn(move || {
            for server in servers {
                // A server never ends; if one panicked, the others go on.
                runtime.block_on(server).ok();
            }
        })?;
    Ok(())
}

async fn accept(name: &'static str, listener: tokio::net::TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: accepting at once would only spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        tokio::spawn(async move {
            let service = service_fn(move |request| answer::answer(name, request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(backend = name, %error, "connection to an echo backend ended");
            }
        });
    }
}
