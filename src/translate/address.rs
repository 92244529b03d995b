//! Addresses of a Gateway or of Ingress: where to listen, and what the status says.

use super::report::{AddressReport, Refusal};
use super::settings::Settings;
use crate::objects::kinds::gateway::Gateway;
use std::net::IpAddr;

/// Where something listens.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Addresses {
    /// Sorted, without duplicates; `None` is every address of the host.
    pub ips: Vec<Option<IpAddr>>,
    pub report: Vec<AddressReport>,
    /// Asked for, but nothing can listen there.
    pub unusable: Vec<String>,
}

/// The addresses of a Gateway: exactly `spec.addresses`, or the process's own when it asks for
/// none. Refused as a whole when one is of a type that is not supported.
pub(super) fn of_gateway(gateway: &Gateway, settings: &Settings) -> Result<Addresses, Refusal> {
    let mut wanted = Vec::new();
    let mut unusable = Vec::new();
    for (index, address) in gateway.spec.addresses.iter().enumerate() {
        if address.kind != "IPAddress" {
            let message = format!(
                "spec.addresses[{index}].type: {:?} is not supported, use IPAddress",
                address.kind
            );
            return Err(Refusal::new("UnsupportedAddress", message));
        }
        let text = address.value.as_deref().unwrap_or_default();
        if text.is_empty() {
            // Any address will do: the process's own.
            wanted.extend(own(&settings.listen_addresses));
            continue;
        }
        match text.parse::<IpAddr>() {
            Ok(ip) if !ip.is_multicast() => wanted.push(Some(ip.to_canonical())),
            _ => unusable.push(format!(
                "spec.addresses[{index}].value: nothing can listen on {text:?}, use a unicast IP \
                 address of this host"
            )),
        }
    }
    if gateway.spec.addresses.is_empty() {
        wanted = own(&settings.listen_addresses);
    }
    Ok(Addresses {
        unusable,
        ..resolve(wanted, settings)
    })
}

/// The addresses of Ingress.
pub(super) fn of_ingress(settings: &Settings) -> Addresses {
    resolve(own(&settings.ingress_addresses), settings)
}

/// The addresses of a flag; none given means all.
fn own(addresses: &[IpAddr]) -> Vec<Option<IpAddr>> {
    match addresses {
        [] => vec![None],
        some => some.iter().map(|ip| Some(ip.to_canonical())).collect(),
    }
}

fn resolve(mut ips: Vec<Option<IpAddr>>, settings: &Settings) -> Addresses {
    ips.sort();
    ips.dedup();
    let mut report = Vec::new();
    for ip in &ips {
        match ip {
            Some(value) if !value.is_unspecified() => report.push(AddressReport {
                value: *value,
                ip: *ip,
            }),
            wildcard => {
                let published = settings.published_addresses.iter();
                let served = published.filter(|value| covers(*wildcard, Some(**value)));
                report.extend(served.map(|value| AddressReport {
                    value: *value,
                    ip: *wildcard,
                }));
            }
        }
    }
    report.sort_by_key(|address| (address.value, address.ip));
    report.dedup_by_key(|address| address.value);
    Addresses {
        ips,
        report,
        unusable: Vec::new(),
    }
}

/// Whether a bind on the first takes traffic for the second where nobody more specific listens.
pub(super) fn covers(wide: Option<IpAddr>, narrow: Option<IpAddr>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => {
            wide == narrow || (wide.is_unspecified() && wide.is_ipv4() == narrow.is_ipv4())
        }
        (Some(_), None) => false,
    }
}
