//! Watching for a client that goes away while its answer is awaited.

use crate::worker::fault::{Fault, Kind};
use crate::worker::stream::Reader;
use crate::worker::timers::Act;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

/// Silence after which it is worth to look: fast exchanges pay nothing.
const AFTER: Duration = Duration::from_millis(100);

/// Ends when the client closed its connection; never ends otherwise.
///
/// # Errors
/// The fault of a client that is gone.
pub async fn client_gone(reader: &mut Reader) -> Result<Infallible, Fault> {
    reader.timer().arm(AFTER, Act::Wake);
    reader.timer().wait().await;
    // Bytes that wait before a close hide nothing: the state of the connection is asked for. Where
    // they wait and it is open, there is nothing more to wait for without taking them.
    let gone = reader.readable().await.is_err() || reader.socket().peer_closed();
    if gone {
        Err(Fault::downstream(Kind::Closed))
    } else {
        pending().await
    }
}
