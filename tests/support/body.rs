//! Bodies whose every byte can be checked: a fixed pattern with a period that is no power of two,
//! so that a piece lost, doubled or moved at any buffer size changes the checksum.

use std::sync::LazyLock;

/// The largest prime below 64 KiB.
const PERIOD: usize = 65_521;

static BLOCK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state: u32 = 0x9e37_79b9;
    (0..PERIOD)
        .map(|_| {
            // xorshift32 (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 24) as u8
        })
        .collect()
});

/// The first `length` bytes of the pattern.
pub fn pattern(length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let rest = length - bytes.len();
        bytes.extend_from_slice(&BLOCK[..rest.min(PERIOD)]);
    }
    bytes
}

/// The checksum (CRC-32 of ISO-HDLC, as zlib has it) in the form that travels in headers.
pub fn checksum(bytes: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(bytes))
}
