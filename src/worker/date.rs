//! The `Date` field of answers of our own, made once a second (RFC 9110 section 6.6.1).

use super::clock;
use std::cell::{Cell, RefCell};
use std::time::{Duration, UNIX_EPOCH};

/// The current date in IMF-fixdate form.
#[derive(Default)]
pub struct Date {
    second: Cell<u64>,
    text: RefCell<String>,
}

impl Date {
    /// Calls `write` with the text for a time of the worker's clock.
    pub fn with<R>(&self, now_us: u64, write: impl FnOnce(&str) -> R) -> R {
        let second = clock::unix_us(now_us) / 1_000_000;
        if self.second.replace(second) != second {
            let time = UNIX_EPOCH + Duration::from_secs(second);
            *self.text.borrow_mut() = httpdate::fmt_http_date(time);
        }
        write(&self.text.borrow())
    }
}
