//! How the process holds its memory.

/// Asks the kernel for small pages only. A table, a buffer and a connection are far smaller than the
/// 2 MiB of a huge page, and one of them in use keeps all of its page: with huge pages an idle
/// gateway is twice as large, and what quiet connections give back stays with the process.
///
/// Needs no right; Linux 3.15. Children inherit it.
pub(super) fn use_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "transparent huge pages stay as they are");
    }
}
