//! The ring between one worker and the reader of all rings.

use super::Record;
use super::codec::{self, RECORD_MAX};
use atomic_waker::AtomicWaker;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::task::Waker;

/// Bytes a worker's ring holds by default: about a thousand ordinary records.
pub const CAPACITY: usize = 512 * 1024;

/// Bytes of the length before each record.
const PREFIX: usize = size_of::<u32>();

/// Both ends of a ring.
pub struct Ring {
    pub writer: AccessLogWriter,
    pub reader: AccessLogReader,
}

impl Ring {
    /// A ring of `capacity` bytes, at least the largest record.
    pub fn new(capacity: usize) -> Self {
        let (producer, consumer) = RingBuffer::new(capacity.max(PREFIX + RECORD_MAX));
        let waker = Arc::new(AtomicWaker::new());
        Ring {
            writer: AccessLogWriter {
                producer,
                record: Vec::with_capacity(PREFIX + RECORD_MAX),
                waker: Arc::clone(&waker),
            },
            reader: AccessLogReader {
                consumer,
                record: Vec::with_capacity(RECORD_MAX),
                waker,
            },
        }
    }
}

/// The worker's end.
pub struct AccessLogWriter {
    producer: Producer<u8>,
    record: Vec<u8>,
    waker: Arc<AtomicWaker>,
}

impl AccessLogWriter {
    /// Copies the record into the ring and wakes a sleeping reader; false when the ring is full
    /// and the record is lost, which the caller counts.
    pub fn write(&mut self, record: &Record<'_>) -> bool {
        self.record.clear();
        self.record.extend_from_slice(&[0; PREFIX]);
        codec::encode(record, &mut self.record);
        let length = (self.record.len() - PREFIX) as u32;
        if let Some(prefix) = self.record.first_chunk_mut::<PREFIX>() {
            *prefix = length.to_le_bytes();
        }
        if self.producer.push_entire_slice(&self.record).is_err() {
            return false;
        }
        self.waker.wake();
        true
    }
}

/// The reader's end.
pub struct AccessLogReader {
    consumer: Consumer<u8>,
    record: Vec<u8>,
    waker: Arc<AtomicWaker>,
}

impl AccessLogReader {
    /// Hands the next record to `take`, with whether a field of it was cut off; `None` when the
    /// ring is empty.
    pub fn read<R>(&mut self, take: impl FnOnce(&Record<'_>, bool) -> R) -> Option<R> {
        loop {
            let mut length = [0; PREFIX];
            self.consumer.pop_entire_slice(&mut length).ok()?;
            self.record.resize(u32::from_le_bytes(length) as usize, 0);
            // A prefix and its record become readable together.
            self.consumer.pop_entire_slice(&mut self.record).ok()?;
            if let Some((record, cut)) = codec::decode(&self.record) {
                return Some(take(&record, cut));
            }
        }
    }

    /// Has `waker` woken at the next record. Ask [`Self::is_empty`] after it, not before: a record
    /// may have come in between.
    pub fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    pub fn is_empty(&self) -> bool {
        self.consumer.is_empty()
    }

    /// The worker's end is gone; what is left can still be read.
    pub fn is_abandoned(&self) -> bool {
        self.consumer.is_abandoned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_full_ring_drops_new_records_keeps_old_ones_and_recovers() {
        let mut ring = Ring::new(0);
        let path = [b'p'; 1000];
        let record = Record {
            path: &path,
            ..Record::default()
        };
        let mut written = 0;
        while ring.writer.write(&Record {
            time: written,
            ..record
        }) {
            written += 1;
        }
        assert!(written >= 2);
        for expected in 0..written {
            assert_eq!(ring.reader.read(|r, _| r.time), Some(expected));
        }
        assert_eq!(ring.reader.read(|r, _| r.time), None);
        // Many laps: records lie across the end of the buffer in every way.
        for time in 0..500 {
            assert!(ring.writer.write(&Record { time, ..record }));
            assert_eq!(
                ring.reader.read(|r, _| (r.time, r.path.to_vec())),
                Some((time, path.to_vec()))
            );
        }
    }

    #[test]
    fn a_registered_reader_is_woken_once_until_it_registers_again() {
        let mut ring = Ring::new(CAPACITY);
        let bell = Arc::new(Bell(AtomicUsize::new(0)));
        ring.reader.register(&Waker::from(Arc::clone(&bell)));
        assert!(ring.writer.write(&Record::default()));
        assert!(ring.writer.write(&Record::default()));
        assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_a_dead_worker_wrote_is_still_read() {
        let Ring {
            mut writer,
            mut reader,
        } = Ring::new(CAPACITY);
        assert!(writer.write(&Record {
            status: 204,
            ..Record::default()
        }));
        drop(writer);
        assert!(reader.is_abandoned());
        assert_eq!(reader.read(|r, _| r.status), Some(204));
        assert!(reader.is_empty());
    }
}
