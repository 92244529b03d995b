//! Closing a connection so that the last answer arrives: a socket closed with bytes unread sends a
//! reset, which may overtake the answer (RFC 9112 section 9.6).

use super::Client;
use crate::worker::buffer::Buffer;
use crate::worker::timers::Act;
use std::time::Duration;

/// How long what the client still sends is read away.
const TIME: Duration = Duration::from_secs(2);

/// Ends our direction and reads the client's away for a moment, up to the limit of unread body.
pub async fn close(client: &mut Client, buffer: &mut Buffer) {
    let timeout = client.ctx.settings.timeouts.client_write;
    client.writer.finish(timeout).await;
    let mut left = client.ctx.settings.limits.body_drain;
    client.reader.timer().arm(TIME, Act::ShutdownBoth);
    loop {
        let mut own = std::mem::replace(buffer, Buffer::none());
        own.consume(usize::MAX);
        let (result, own) = client.reader.read(own).await;
        *buffer = own;
        match result {
            Ok(n) if n > 0 && (n as u64) < left => left -= n as u64,
            _ => return,
        }
    }
}
