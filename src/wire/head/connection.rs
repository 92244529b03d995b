//! What a head says about its connection, and which of its fields end there.

use crate::wire::head::{FieldName, FieldSet, Fields, HeadError, Span, Version};
use crate::wire::limits::Limit;
use crate::wire::octet;

/// Honest senders name a handful; the bound keeps options times fields small.
const OPTIONS_MAX: usize = 32;

/// What a head says about its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// `Connection: close`.
    pub close: bool,
    /// `Connection: keep-alive`; means something in HTTP/1.0 only.
    pub keep_alive: bool,
    /// The one protocol asked for or switched to, when `Connection: upgrade` and a single
    /// well-formed `Upgrade` go together in HTTP/1.1. Never `h2c`: that is always served as
    /// HTTP/1.1 (RFC 9113 dropped the upgrade). Several protocols at once count as none, which a
    /// server is free to do (RFC 9110 section 7.8).
    pub upgrade: Option<Span>,
    /// `TE` lists `trailers`: the sender takes trailer fields. The field itself is not forwarded;
    /// write it anew where it is wanted.
    pub te_trailers: bool,
    /// `Expect: 100-continue` from an HTTP/1.1 client, which waits for our 100.
    pub expect_continue: bool,
}

/// The names that make reading a head's connection facts worth while.
const INTERESTING: u64 =
    FieldName::Connection.bit() | FieldName::Te.bit() | FieldName::Upgrade.bit();

impl Connection {
    /// Reads the facts of a head, and collects into `hop_by_hop` every field that must not be
    /// forwarded: by its name, or nominated by `Connection` and not end-to-end-critical.
    ///
    /// # Errors
    /// [`HeadError::TooLarge`] for a flood of connection options.
    pub(crate) fn read(
        bytes: &[u8],
        fields: &Fields,
        version: Version,
        hop_by_hop: &mut FieldSet,
    ) -> Result<Self, HeadError> {
        let mut facts = Self::default();
        *hop_by_hop = *fields.hop_by_hop();
        if !fields.has_any(INTERESTING) {
            return Ok(facts);
        }
        let upgrade = facts.read_options(bytes, fields, hop_by_hop)?;
        if fields.has(FieldName::Te) {
            let mut codings = fields.values(bytes, FieldName::Te).flat_map(octet::list);
            facts.te_trailers = codings.any(|coding| coding.eq_ignore_ascii_case(b"trailers"));
        }
        // HTTP/1.0 knows no upgrade (RFC 9110 section 7.8).
        if upgrade && version == Version::Http11 {
            facts.upgrade = upgrade_token(bytes, fields);
        }
        Ok(facts)
    }

    /// Reads what an HTTP/1.1 request expects; HTTP/1.0 knows no expectations (RFC 9110 section
    /// 10.1.1), and in a response the field means nothing.
    ///
    /// # Errors
    /// [`HeadError::UnknownExpectation`].
    pub(crate) fn read_expectation(
        &mut self,
        bytes: &[u8],
        fields: &Fields,
    ) -> Result<(), HeadError> {
        if fields.has(FieldName::Expect) {
            let mut values = fields.values(bytes, FieldName::Expect);
            if !values.all(|value| value.eq_ignore_ascii_case(b"100-continue")) {
                return Err(HeadError::UnknownExpectation);
            }
            self.expect_continue = true;
        }
        Ok(())
    }

    /// Reads the options of `Connection`; returns whether `upgrade` is among them.
    fn read_options(
        &mut self,
        bytes: &[u8],
        fields: &Fields,
        hop_by_hop: &mut FieldSet,
    ) -> Result<bool, HeadError> {
        let mut upgrade = false;
        let mut count = 0;
        for value in fields.values(bytes, FieldName::Connection) {
            // What most say, and alone.
            match value {
                b"keep-alive" | b"Keep-Alive" => {
                    self.keep_alive = true;
                    continue;
                }
                b"close" => {
                    self.close = true;
                    continue;
                }
                _ => {}
            }
            for option in octet::list(value) {
                count += 1;
                if count > OPTIONS_MAX {
                    return Err(HeadError::TooLarge(Limit::ConnectionOptions));
                }
                if option.eq_ignore_ascii_case(b"keep-alive") {
                    self.keep_alive = true;
                } else if option.eq_ignore_ascii_case(b"close") {
                    self.close = true;
                } else if option.eq_ignore_ascii_case(b"upgrade") {
                    upgrade = true;
                } else if FieldName::from_bytes(option).may_be_nominated() {
                    nominate(option, bytes, fields, hop_by_hop);
                }
            }
        }
        Ok(upgrade)
    }
}

/// Marks the fields named `option`. One that is hop-by-hop by its name is marked already.
fn nominate(option: &[u8], bytes: &[u8], fields: &Fields, hop_by_hop: &mut FieldSet) {
    for (index, field) in fields.iter().enumerate() {
        if field.id == FieldName::Other
            && field.name.len() == option.len()
            && field.name.of(bytes).eq_ignore_ascii_case(option)
        {
            hop_by_hop.insert(index);
        }
    }
}

/// The protocol of `Upgrade`, if there is exactly one and it may become a tunnel.
fn upgrade_token(bytes: &[u8], fields: &Fields) -> Option<Span> {
    if fields.has_twice(FieldName::Upgrade) {
        return None;
    }
    let field = fields.iter().find(|field| field.id == FieldName::Upgrade)?;
    let protocol = field.value.of(bytes);
    // protocol = protocol-name ["/" protocol-version], both tokens
    let well_formed = protocol
        .splitn(2, |&b| b == b'/')
        .all(|part| !part.is_empty() && octet::all(part, octet::TOKEN));
    let h2c = protocol.eq_ignore_ascii_case(b"h2c") || protocol.eq_ignore_ascii_case(b"h2");
    (well_formed && !h2c).then_some(field.value)
}
