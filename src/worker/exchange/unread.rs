//! Answers that come without the request's body having been asked for.

use super::account::Account;
use super::reply::{self, Reply};
use super::{After, Scratch};
use crate::worker::buffer::Buffer;
use crate::worker::connection::Client;
use crate::worker::fault::Side;
use crate::worker::h1::{Framing, Source, UploadLimits};
use std::time::Duration;

/// Longest silence of a client whose body is read away.
const SILENCE: Duration = Duration::from_secs(5);

/// Sends an answer of our own. What of the request's body is here already is skipped; what is to
/// come is read away for the sake of the next request if it is short enough
/// (`--max-body-drain`), else the connection ends.
pub async fn answer(
    client: &mut Client,
    scratch: &Scratch,
    account: &mut Account,
    reply: &Reply,
    buffer: &mut Buffer,
    body: &mut Framing,
) -> After {
    let pending = !body.is_done() && !skip_buffered(buffer, body);
    let short = pending && is_short(client, scratch, body);
    if pending && !short {
        account.persist = false;
    }
    match reply::answer(client, &scratch.head, account, reply).await {
        After::KeepAlive if pending => read_away(client, buffer, body).await,
        after => after,
    }
}

/// Skips what of a body lies in the buffer; says whether that was all of it.
fn skip_buffered(buffer: &mut Buffer, body: &mut Framing) -> bool {
    match body.take(buffer.filled_mut()) {
        Ok(piece) => {
            buffer.consume(piece.consumed);
            piece.done
        }
        Err(_) => false,
    }
}

/// Whether little of a known length is to come. A client that waits for a 100 may send its body
/// after this answer, or leave it out: that cannot be known.
fn is_short(client: &Client, scratch: &Scratch, body: &Framing) -> bool {
    let most = client.ctx.settings.limits.body_drain;
    matches!(body, Framing::Fixed(left) if *left <= most)
        && !scratch.head.connection.expect_continue
}

async fn read_away(client: &mut Client, buffer: &mut Buffer, body: &mut Framing) -> After {
    let ctx = std::rc::Rc::clone(&client.ctx);
    let framing = std::mem::replace(body, Framing::Done);
    let limits = UploadLimits {
        bytes: None,
        rate: ctx.settings.limits.body_min_rate,
    };
    let mut source =
        Source::new(&mut client.reader, framing, Side::Downstream, SILENCE).limited(limits);
    while let Ok(piece) = source.next(buffer, &ctx.buffers).await {
        buffer.consume(piece.consumed);
        if piece.done {
            return After::KeepAlive;
        }
    }
    After::Close
}
