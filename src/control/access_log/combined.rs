//! A record as a line of Apache's `combined` format, escaped as nginx does.

use super::escape::{combined as escape, write};
use crate::telemetry::access_log::Record;

/// Appends the line of a record.
pub fn line(record: &Record<'_>, out: &mut Vec<u8>) {
    write(out, format_args!("{} - - [", record.client));
    match i64::try_from(record.time).map(jiff::Timestamp::from_microsecond) {
        Ok(Ok(time)) => write(
            out,
            format_args!("{}", time.strftime("%d/%b/%Y:%H:%M:%S +0000")),
        ),
        _ => out.push(b'-'),
    }
    out.extend_from_slice(b"] \"");
    if record.method.is_empty() {
        out.push(b'-');
    } else {
        escape(record.method, out);
        out.push(b' ');
        match record.path.is_empty() {
            true => out.push(b'-'),
            false => escape(record.path, out),
        }
        if let Some(query) = record.query {
            out.push(b'?');
            escape(query, out);
        }
        write(out, format_args!(" {}", record.version.as_str()));
    }
    write(out, format_args!("\" {:03} {}", record.status, record.sent));
    for field in [record.referer, record.user_agent] {
        out.extend_from_slice(b" \"");
        match field.is_empty() {
            true => out.push(b'-'),
            false => escape(field, out),
        }
        out.push(b'"');
    }
    out.push(b'\n');
}
