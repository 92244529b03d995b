//! An address of our own pages, or none.

use std::net::SocketAddr;
use std::str::FromStr;

/// `IP:PORT`, or `off`. Port 0 takes a free port, which the log names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint(pub Option<SocketAddr>);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        match text.parse() {
            Ok(address) => Ok(Self(Some(address))),
            Err(_) => Err("expected IP:PORT, as 127.0.0.1:9901 or [::1]:9901, or off".to_owned()),
        }
    }
}
