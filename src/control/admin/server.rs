//! Accepts connections and answers one request on each.
//!
//! There are places for so many; when they are taken, the oldest connection gives way. A client that
//! opens connections and says nothing can so keep neither a probe nor a scrape out, which are
//! answered as soon as they are read.

use super::router::{Admin, Pages};
use crate::control::start::StartError;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// Connections at once, for each address.
const CONNECTIONS_MAX: usize = 64;
/// Bytes of a request's head.
const HEAD_MAX: usize = 16 * 1024;
/// Time for a request's head.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Time for everything on a connection.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// Pause after an accept that failed, as it does without descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An address that listens.
pub struct Listener {
    pages: Pages,
    address: SocketAddr,
    listener: TcpListener,
}

impl Listener {
    /// Listens on an address.
    ///
    /// # Errors
    /// When it is taken, or not one of this host.
    pub fn open(pages: Pages, address: SocketAddr) -> Result<Self, StartError> {
        let open = || {
            let listener = TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, listener))
        };
        let (bound, listener) = open().map_err(|error| fail(pages, address, error))?;
        Ok(Listener {
            pages,
            address: bound,
            listener,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves from now on, on the control thread.
    ///
    /// # Errors
    /// When the runtime cannot watch the socket.
    pub fn serve(self, admin: &Rc<Admin>) -> Result<(), StartError> {
        let (pages, address) = (self.pages, self.address);
        let listener = tokio::net::TcpListener::from_std(self.listener)
            .map_err(|error| fail(pages, address, error))?;
        tracing::info!(%address, pages = pages.name(), "serving pages");
        tokio::task::spawn_local(accept(listener, pages, Rc::clone(admin)));
        Ok(())
    }
}

fn fail(pages: Pages, address: SocketAddr, error: io::Error) -> StartError {
    StartError::Listen {
        pages: pages.name(),
        address,
        error,
    }
}

async fn accept(listener: tokio::net::TcpListener, pages: Pages, admin: Rc<Admin>) {
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                open.retain(|connection| !connection.is_finished());
                if open.len() >= CONNECTIONS_MAX
                    && let Some(oldest) = open.pop_front()
                {
                    oldest.abort();
                    admin.note_displaced();
                }
                let connection = connection(stream, pages, Rc::clone(&admin));
                open.push_back(tokio::task::spawn_local(connection).abort_handle());
            }
            Err(error) => {
                tracing::warn!(%error, pages = pages.name(), "cannot accept");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, pages: Pages, admin: Rc<Admin>) {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let admin = Rc::clone(&admin);
        async move {
            let (head, _) = request.into_parts();
            let page = admin.page(pages, &head.method, &head.uri).await;
            Ok::<_, Infallible>(page.into())
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_TIME, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "an admin connection failed"),
        Err(_) => tracing::debug!("an admin connection took too long"),
    }
}
