//! Memory that a worker does not use goes back to the system.

/// Lets the allocator return what this thread freed and does not need again. mimalloc does so by
/// itself only while the thread allocates, and a worker whose connections have gone quiet does not.
///
/// Call it from a worker's thread, not more often than every second: it walks the thread's pages.
pub fn give_back() {
    // SAFETY: `mi_collect` takes no memory of ours, and may be called by any thread at any time; it
    // looks at the heap of the calling thread alone. Where another allocator is in use, as in the
    // tests, that heap is empty.
    unsafe { libmimalloc_sys::mi_collect(false) };
}
