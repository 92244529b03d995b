//! Closing a connection so that the last answer arrives: a socket closed with bytes unread sends a
//! reset, which may overtake the answer (RFC 9112 section 9.6).

use super::Client;
use crate::worker::buffer::Buffer;
use crate::worker::timers::Act;
use std::time::Duration;

/// How long what the client still sends is read away.
const TIME: Duration = Duration::from_secs(2);

/// Ends our direction and reads the client's away for a moment. A read may have been given up with
/// the buffer in it, and with TLS in the middle of a record.
pub async fn close(client: &mut Client, buffer: &mut Buffer) {
    let timeout = client.ctx.settings.timeouts.client_write;
    client.writer.finish(timeout).await;
    client.reader.timer().arm(TIME, Act::ShutdownBoth);
    if buffer.size() == 0 {
        *buffer = client.ctx.buffers.small();
    }
    loop {
        let mut own = std::mem::replace(buffer, Buffer::none());
        own.consume(usize::MAX);
        let (result, own) = client.reader.read_raw(own).await;
        *buffer = own;
        let more = matches!(result, Ok(n) if n > 0);
        if !more || client.reader.timer().fired() {
            return;
        }
    }
}
