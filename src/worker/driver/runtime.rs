//! Builds the monoio runtime of one worker in the worker's own thread and runs a future on it.

use std::future::Future;
use std::io;

use monoio::{IoUringDriver, LegacyDriver, RuntimeBuilder};

use super::choice::{Chosen, IoDriver, Rung};

/// A runtime that could not be built; the worker has not started and nothing was lost.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {driver} with {entries} entries: {source}")]
pub struct DriverError {
    /// The driver that was to be built.
    pub driver: IoDriver,
    /// The size that was asked for.
    pub entries: u32,
    /// What the kernel answered.
    pub source: io::Error,
}

/// Runs the future that `make` returns to its end on a new runtime of the chosen driver, timers
/// included.
///
/// The runtime is built here, in the calling thread, because a ring with SINGLE_ISSUER belongs to
/// the thread that made it. `make` is called inside the runtime, so it may open monoio sockets.
///
/// # Errors
/// [`DriverError`] when the ring or the epoll instance is refused; `make` was not called then.
///
/// # Panics
/// When called inside another monoio runtime, or when the future panics.
pub fn block_on<F: Future>(
    chosen: &Chosen,
    make: impl FnOnce() -> F,
) -> Result<F::Output, DriverError> {
    let refused = |source| DriverError {
        driver: chosen.driver,
        entries: chosen.entries,
        source,
    };
    match chosen.driver {
        IoDriver::Uring(rung) => {
            let mut runtime = RuntimeBuilder::<IoUringDriver>::new()
                .with_entries(chosen.entries)
                .uring_builder(ring(rung, chosen.single_issuer))
                .enable_timer()
                .build()
                .map_err(refused)?;
            Ok(runtime.block_on(async { make().await }))
        }
        IoDriver::Epoll => {
            let mut runtime = RuntimeBuilder::<LegacyDriver>::new()
                .with_entries(chosen.entries)
                .enable_timer()
                .build()
                .map_err(refused)?;
            Ok(runtime.block_on(async { make().await }))
        }
    }
}

/// The ring of a rung; [`probe`](super::probe) tries exactly what the workers will run on.
pub(super) fn ring(rung: Rung, single_issuer: bool) -> io_uring::Builder {
    let mut builder = io_uring::IoUring::builder();
    match rung {
        Rung::Defer => {
            builder
                .setup_single_issuer()
                .setup_defer_taskrun()
                .setup_submit_all();
        }
        Rung::Coop => {
            builder.setup_coop_taskrun().setup_submit_all();
            if single_issuer {
                builder.setup_single_issuer();
            }
        }
        Rung::Plain => {}
    }
    builder
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
    use monoio::net::{TcpListener, TcpStream};

    use super::*;

    fn chosen(driver: IoDriver) -> Chosen {
        Chosen {
            driver,
            entries: 256,
            reason: String::new(),
            single_issuer: true,
        }
    }

    #[test]
    fn every_driver_moves_bytes_and_keeps_time() {
        for driver in [
            IoDriver::Epoll,
            IoDriver::Uring(Rung::Plain),
            IoDriver::Uring(Rung::Coop),
            IoDriver::Uring(Rung::Defer),
        ] {
            let echoed = block_on(&chosen(driver), || async {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = listener.local_addr().unwrap();
                let client = monoio::spawn(async move {
                    let mut stream = TcpStream::connect_addr(address).await.unwrap();
                    stream.write_all("ping").await.0.unwrap();
                });
                let (mut stream, _) = listener.accept().await.unwrap();
                client.await;
                monoio::time::sleep(Duration::from_millis(1)).await;
                let (read, bytes) = stream.read(vec![0; 8]).await;
                bytes[..read.unwrap()].to_vec()
            });
            assert_eq!(echoed.unwrap(), b"ping", "{driver}");
        }
    }

    #[test]
    fn a_refused_ring_is_an_error_naming_it() {
        let absurd = Chosen {
            entries: 1 << 30,
            ..chosen(IoDriver::Uring(Rung::Plain))
        };
        let error = block_on(&absurd, || async { unreachable!("not called") }).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot start io_uring (plain) with 1073741824 entries"),
            "{error}"
        );
    }
}
