//! Buffers that go into the ring and come back, and the free lists of a worker.

use monoio::buf::{IoBuf, IoBufMut};
use std::cell::RefCell;

/// Bytes kept free before the data, so that a chunk header can be put in front of it.
pub const HEADROOM: usize = 32;
/// Bytes kept free behind the data, for the end of a chunk and the last chunk.
pub const TAILROOM: usize = 16;
/// What an idle connection reads into: most heads fit.
pub const TINY: usize = 1024;
/// A small buffer: a head, or a short body.
pub const SMALL: usize = 16 * 1024;
/// A large buffer: a long body in flight.
pub const LARGE: usize = 128 * 1024;
/// Buffers of each size a worker keeps for later.
const KEPT_TINY: usize = 1024;
const KEPT_SMALL: usize = 256;
const KEPT_LARGE: usize = 16;

/// A buffer with a filled part. Its memory is initialised throughout.
pub struct Buffer {
    memory: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Buffer {
    fn new(size: usize) -> Self {
        Buffer {
            memory: vec![0; size].into_boxed_slice(),
            start: HEADROOM,
            end: HEADROOM,
        }
    }

    /// A buffer without memory, to stand in while the real one is in the ring.
    pub fn none() -> Self {
        Buffer {
            memory: Box::default(),
            start: 0,
            end: 0,
        }
    }

    pub fn filled(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    pub fn filled_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.end]
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Bytes a read may still add.
    pub fn room(&self) -> usize {
        self.memory.len().saturating_sub(TAILROOM + self.end)
    }

    pub fn size(&self) -> usize {
        self.memory.len()
    }

    /// Drops `n` bytes from the front of the filled part.
    pub fn consume(&mut self, n: usize) {
        self.start += n.min(self.len());
        if self.start == self.end {
            (self.start, self.end) = (HEADROOM, HEADROOM);
        }
    }

    /// Moves the filled part to the front.
    pub fn compact(&mut self) {
        if self.start > HEADROOM {
            self.memory.copy_within(self.start..self.end, HEADROOM);
            self.end -= self.start - HEADROOM;
            self.start = HEADROOM;
        }
    }

    /// Appends as much of `bytes` as there is room for; returns how much that was.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.room());
        self.memory[self.end..self.end + n].copy_from_slice(&bytes[..n]);
        self.end += n;
        n
    }

    /// Lets `fill` write into the room; it returns how much it wrote.
    pub fn fill_from<E>(
        &mut self,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let room = self.room();
        let n = fill(&mut self.memory[self.end..self.end + room])?.min(room);
        self.end += n;
        Ok(n)
    }

    /// The part of the memory a piece of the body is framed in: `at` bytes into the filled part,
    /// `len` bytes long, with headroom and tailroom around it. Used with [`Buffer::outgoing`].
    pub fn offset(&self) -> usize {
        self.start
    }

    /// All of the memory.
    pub fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// The bytes `from..to` of the memory, to be written; comes back through
    /// [`Outgoing::into_inner`].
    pub fn outgoing(self, from: usize, to: usize) -> Outgoing {
        let to = to.min(self.memory.len());
        Outgoing {
            from: from.min(to),
            to,
            buffer: self,
        }
    }

    fn reset(&mut self) {
        (self.start, self.end) = (HEADROOM, HEADROOM);
    }
}

// SAFETY: `memory` is a heap allocation that is never reallocated while the ring owns the buffer
// (it owns the whole value), so the pointer stays valid when the value moves; it points at
// `bytes_total()` writable, initialised bytes; `set_init` only records how many were written.
unsafe impl IoBufMut for Buffer {
    fn write_ptr(&mut self) -> *mut u8 {
        self.memory[self.end..].as_mut_ptr()
    }

    fn bytes_total(&mut self) -> usize {
        self.room()
    }

    // SAFETY: the caller wrote `n` bytes at `write_ptr`; more than the room is not believed.
    unsafe fn set_init(&mut self, n: usize) {
        self.end += n.min(self.room());
    }
}

/// A part of a buffer on its way out.
pub struct Outgoing {
    buffer: Buffer,
    from: usize,
    to: usize,
}

impl Outgoing {
    pub fn len(&self) -> usize {
        self.to - self.from
    }

    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    pub fn bytes(&self) -> &[u8] {
        &self.buffer.memory[self.from..self.to]
    }

    /// Drops what was written.
    pub fn advance(&mut self, n: usize) {
        self.from = (self.from + n).min(self.to);
    }

    pub fn into_inner(self) -> Buffer {
        self.buffer
    }
}

// SAFETY: as above; `read_ptr` points at `bytes_init()` initialised bytes of the same allocation.
unsafe impl IoBuf for Outgoing {
    fn read_ptr(&self) -> *const u8 {
        self.bytes().as_ptr()
    }

    fn bytes_init(&self) -> usize {
        self.len()
    }
}

/// The free lists of one worker.
#[derive(Default)]
pub struct Buffers {
    tiny: RefCell<Vec<Buffer>>,
    small: RefCell<Vec<Buffer>>,
    large: RefCell<Vec<Buffer>>,
    texts: RefCell<Vec<Vec<u8>>>,
}

impl Buffers {
    pub fn tiny(&self) -> Buffer {
        self.tiny
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Buffer::new(TINY))
    }

    pub fn small(&self) -> Buffer {
        self.small
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Buffer::new(SMALL))
    }

    pub fn large(&self) -> Buffer {
        self.large
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Buffer::new(LARGE))
    }

    /// Takes a buffer back.
    pub fn give(&self, mut buffer: Buffer) {
        let (list, kept) = match buffer.size() {
            TINY => (&self.tiny, KEPT_TINY),
            SMALL => (&self.small, KEPT_SMALL),
            LARGE => (&self.large, KEPT_LARGE),
            _ => return,
        };
        buffer.reset();
        let mut list = list.borrow_mut();
        if list.len() < kept {
            list.push(buffer);
        }
    }

    /// An empty vector for heads that are written.
    pub fn text(&self) -> Vec<u8> {
        self.texts
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(2048))
    }

    pub fn give_text(&self, mut text: Vec<u8>) {
        if text.capacity() <= SMALL {
            text.clear();
            let mut texts = self.texts.borrow_mut();
            if texts.len() < KEPT_SMALL {
                texts.push(text);
            }
        }
    }

    /// Swaps a full buffer for a larger one of any size and keeps what it holds: for heads, whose
    /// limits are the operator's.
    pub fn grow(&self, buffer: Buffer) -> Buffer {
        if buffer.size() < LARGE {
            return self.enlarge(buffer);
        }
        let mut larger = Buffer::new(buffer.size() * 2);
        larger.append(buffer.filled());
        self.give(buffer);
        larger
    }

    /// Swaps a small buffer for a large one and keeps what it holds.
    pub fn enlarge(&self, buffer: Buffer) -> Buffer {
        if buffer.size() >= LARGE {
            return buffer;
        }
        let mut large = self.large();
        large.append(buffer.filled());
        self.give(buffer);
        large
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consuming_everything_gives_the_headroom_back() {
        let buffers = Buffers::default();
        let mut buffer = buffers.small();
        assert_eq!(buffer.append(b"GET / HTTP/1.1"), 14);
        buffer.consume(4);
        assert_eq!(buffer.filled(), b"/ HTTP/1.1");
        buffer.compact();
        assert_eq!(
            (buffer.filled(), buffer.offset()),
            (&b"/ HTTP/1.1"[..], HEADROOM)
        );
        buffer.consume(100);
        assert!(buffer.is_empty());
        assert_eq!(buffer.room(), SMALL - HEADROOM - TAILROOM);
    }

    #[test]
    fn enlarging_keeps_the_bytes() {
        let buffers = Buffers::default();
        let mut buffer = buffers.small();
        buffer.append(b"body");
        let large = buffers.enlarge(buffer);
        assert_eq!((large.filled(), large.size()), (&b"body"[..], LARGE));
        assert_eq!(buffers.small.borrow().len(), 1);
    }
}
