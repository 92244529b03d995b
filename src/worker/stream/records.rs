//! Where in the sequence of TLS records a stream stands.

/// Bytes of a record's header: type, version, length (RFC 8446 section 5.1).
const HEADER: u8 = 5;

/// Follows ciphertext on its way into rustls, which does not tell whether it holds part of a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records {
    /// Bytes of the current header that have passed.
    header: u8,
    /// The length in it as far as it has passed, then what is still to come of the payload.
    left: usize,
}

impl Records {
    /// Notes bytes that went by.
    pub fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.header == HEADER {
                let taken = self.left.min(bytes.len());
                self.left -= taken;
                bytes = bytes.get(taken..).unwrap_or_default();
            } else {
                if self.header >= 3 {
                    self.left = self.left << 8 | usize::from(first);
                }
                self.header += 1;
                bytes = rest;
            }
            if self.header == HEADER && self.left == 0 {
                self.header = 0;
            }
        }
    }

    /// Whether the last record that began has also ended.
    pub fn are_whole(&self) -> bool {
        self.header == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_whole_at_their_ends_and_nowhere_else() {
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for payload in [0, 1, 0x102, 3] {
            bytes.extend([23, 3, 3, (payload >> 8) as u8, payload as u8]);
            bytes.resize(bytes.len() + payload, 0xff);
            ends.push(bytes.len());
        }
        for step in [1, 2, 7, bytes.len()] {
            let (mut records, mut passed) = (Records::default(), 0);
            assert!(records.are_whole());
            for piece in bytes.chunks(step) {
                records.pass(piece);
                passed += piece.len();
                assert_eq!(
                    records.are_whole(),
                    ends.contains(&passed),
                    "{step} {passed}"
                );
            }
        }
    }
}
