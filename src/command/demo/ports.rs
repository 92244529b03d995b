//! The ports of the demo: those that the samples name, or others where these are taken.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// A port that the samples name, and the one that is used in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    pub named: u16,
    pub used: u16,
}

impl Port {
    /// `named`, or a free port of 127.0.0.1 where it is taken; nobody else gets it while the
    /// listener lives.
    ///
    /// # Errors
    /// When no port is free.
    pub fn reserve(named: u16) -> io::Result<(Self, TcpListener)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, named))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let used = listener.local_addr()?.port();
        Ok((Self { named, used }, listener))
    }

    /// Whether another port than the samples' had to be taken.
    pub fn replaced(self) -> bool {
        self.named != self.used
    }
}

/// The text with every number that is a named port replaced by the one in use.
pub fn substitute(text: &str, ports: &[Port]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let digits = from.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = from.split_at(digits);
        out.push_str(before);
        let named = number.parse().ok();
        match ports.iter().find(|port| Some(port.named) == named) {
            Some(port) => out.push_str(&port.used.to_string()),
            None => out.push_str(number),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_ports_are_replaced_as_whole_numbers() {
        let ports = [
            Port {
                named: 80,
                used: 12345,
            },
            Port {
                named: 8080,
                used: 8080,
            },
        ];
        let text = substitute("a: 80\nb: 8080\nc: 180\n10.80.0.1 80", &ports);
        assert_eq!(text, "a: 12345\nb: 8080\nc: 180\n10.12345.0.1 12345");
    }

    #[test]
    fn a_taken_port_is_replaced() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let named = holder.local_addr().unwrap().port();
        let (port, _) = Port::reserve(named).unwrap();
        assert!(port.replaced());
    }
}
