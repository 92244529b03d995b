//! Secret (`v1`): its values can be read, and printed by nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::metadata::Metadata;

/// `type` of a Secret that holds `tls.crt` and `tls.key`.
pub const TLS_TYPE: &str = "kubernetes.io/tls";

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct Secret {
    pub metadata: Metadata,
    /// `Opaque` where a manifest does not say.
    pub kind: String,
    pub data: BTreeMap<String, SecretBytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    metadata: Metadata,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: BTreeMap<String, SecretBytes>,
    /// Write-only in the API: the server folds it into `data`, where it wins.
    #[serde(default)]
    string_data: BTreeMap<String, Plain>,
}

impl From<Raw> for Secret {
    fn from(raw: Raw) -> Self {
        let mut data = raw.data;
        data.extend(
            raw.string_data
                .into_iter()
                .map(|(name, value)| (name, value.0)),
        );
        Self {
            metadata: raw.metadata,
            kind: raw.kind,
            data,
        }
    }
}

/// A value of a Secret. `Debug` and `Serialize` show its length and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Arc<[u8]>);

impl SecretBytes {
    /// The value itself, for whoever has to use it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Arc<[u8]>>> From<T> for SecretBytes {
    fn from(value: T) -> Self {
        Self(value.into())
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} secret bytes]", self.0.len())
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{self:?}"))
    }
}

/// Base64, as `data` holds it. The error never shows the value.
impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text =
            String::deserialize(from).map_err(|_| D::Error::custom("a base64 text is required"))?;
        let bytes = STANDARD.decode(text.as_bytes());
        bytes
            .map(Self::from)
            .map_err(|_| D::Error::custom("the value is not valid base64"))
    }
}

/// Plain text, as `stringData` holds it.
struct Plain(SecretBytes);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from).map_err(|_| D::Error::custom("a text is required"))?;
        Ok(Self(text.into_bytes().into()))
    }
}
