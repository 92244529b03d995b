//! Header fields that the gateway owns.

use super::network;
use ipnet::IpNet;

/// The group `Forwarding`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Forwarding")]
pub struct ForwardingFlags {
    /// Peers whose X-Forwarded-* and Forwarded fields are believed; from others they are replaced
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = network::parse)]
    pub trust_forwarded_from: Vec<IpNet>,

    /// Send Forwarded (RFC 7239) upstream too
    #[arg(long)]
    pub send_forwarded: bool,

    /// Send X-Real-IP upstream too
    #[arg(long)]
    pub send_real_ip: bool,

    /// Send Via under this name, in both directions [default: none is sent]
    #[arg(long, value_name = "NAME", value_parser = token)]
    pub via: Option<String>,

    /// Server field of answers that are our own; off: none
    #[arg(long, value_name = "VALUE|off", default_value = "ringress", value_parser = product)]
    pub server_header: String,

    /// What becomes of header fields with an underscore in their name
    #[arg(long, value_enum, value_name = "WHAT", default_value = "drop")]
    pub underscore_headers: UnderscoreHeaders,
}

impl ForwardingFlags {
    /// The value of `Server`, if there shall be one.
    pub fn server(&self) -> Option<&str> {
        (self.server_header != "off").then_some(&self.server_header)
    }
}

/// `--underscore-headers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum UnderscoreHeaders {
    /// Leave the field out.
    Drop,
    /// Refuse the message with 400.
    Reject,
    /// Keep the field.
    Allow,
}

/// A token of RFC 9110, section 5.6.2: `received-by` of Via may be a pseudonym.
fn token(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(is_token) {
        return Ok(text.to_owned());
    }
    Err("expected one word without spaces or separators".to_owned())
}

/// Products of RFC 9110, section 10.2.4, without comments: `name`, `name/1.0`.
fn product(text: &str) -> Result<String, String> {
    let part = |product: &str| {
        let mut halves = product.splitn(2, '/');
        halves.all(|half| !half.is_empty() && half.bytes().all(is_token))
    };
    if text.split(' ').all(part) {
        return Ok(text.to_owned());
    }
    Err("expected NAME or NAME/VERSION".to_owned())
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_would_break_a_head_are_refused() {
        assert!(token("edge-1").is_ok());
        assert!(product("ringress/1.0 (x)").is_err());
        assert!(product("ringress/1.0 lab").is_ok());
        for text in ["", " ", "a\r\nb: c", "a b", "a,b", "é"] {
            assert!(token(text).is_err(), "{text:?}");
        }
        for text in ["", "a  b", "a/", "a\r\nb", "a/b/c", "é"] {
            assert!(product(text).is_err(), "{text:?}");
        }
    }
}
