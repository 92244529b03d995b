//! Endpoints of a Service's port: what its EndpointSlices offer now.

use super::report::{Note, ReportBuilder};
use super::settings::Settings;
use crate::objects::Objects;
use crate::objects::kinds::endpoint_slice::{AddressType, Endpoint, EndpointSlice};
use crate::objects::kinds::service::{Protocol, Service, ServicePort};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Refused addresses of a slice that are named.
const LISTED: usize = 8;

/// The addresses that may take traffic, sorted: the ready ones, or, when none is ready, those that
/// are on their way out and still serve (KEP-1669).
pub(super) fn find(
    objects: &Objects,
    settings: &Settings,
    service: &Service,
    port: &ServicePort,
    reports: &mut ReportBuilder,
) -> Vec<SocketAddr> {
    let mut ready = BTreeSet::new();
    let mut leaving = BTreeSet::new();
    let mut other_names = BTreeSet::new();
    let mut slices = 0;
    let namespace = service.metadata.namespace_or_empty();
    for slice in objects.endpoint_slices_of(namespace, &service.metadata.name) {
        slices += 1;
        let number = slice
            .ports
            .iter()
            .find(|offer| offer.name == port.name && offer.protocol == Protocol::Tcp);
        let Some(number) = number else {
            other_names.extend(slice.ports.iter().map(|offer| offer.name.as_str()));
            continue;
        };
        let Some(number) = number.port.filter(|number| *number != 0) else {
            let message = format!("port {:?} has no number, which no proxy can use", port.name);
            reports.note(&**slice, Note::refused("ports", message));
            continue;
        };
        let mut refused = 0;
        for (index, endpoint) in slice.endpoints.iter().enumerate() {
            let ip = match address(slice, endpoint, settings) {
                Some(Ok(ip)) => ip,
                Some(Err(message)) => {
                    refused += 1;
                    if refused <= LISTED {
                        let field = format!("endpoints[{index}].addresses[0]");
                        reports.note(&**slice, Note::refused(field, message));
                    }
                    continue;
                }
                None => continue,
            };
            let at = SocketAddr::new(ip, number);
            if endpoint.conditions.is_ready() || service.spec.publish_not_ready_addresses {
                ready.insert(at);
            } else if endpoint.conditions.is_serving() && endpoint.conditions.is_terminating() {
                leaving.insert(at);
            }
        }
        if refused > LISTED {
            let message = format!("{} more addresses are refused", refused - LISTED);
            reports.note(&**slice, Note::refused("endpoints", message));
        }
    }
    if slices == 0 {
        let message = "no EndpointSlice is labelled as this Service's \
                       (kubernetes.io/service-name), requests answer 503";
        reports.note(service, Note::warning("", message));
    } else if ready.is_empty() && leaving.is_empty() && !other_names.is_empty() {
        let offered: Vec<&str> = other_names.into_iter().collect();
        let message = format!(
            "no EndpointSlice offers a TCP port named {:?}; offered: {:?}. The names in both must \
             be equal",
            port.name, offered
        );
        reports.note(service, Note::warning("spec.ports", message));
    }
    let chosen = match ready.is_empty() {
        true => leaving,
        false => ready,
    };
    chosen.into_iter().collect()
}

/// The address of an endpoint, or why it may not be sent to; none where it has none.
fn address(
    slice: &EndpointSlice,
    endpoint: &Endpoint,
    settings: &Settings,
) -> Option<Result<IpAddr, String>> {
    let refuse = |message: String| Some(Err(message));
    // All addresses of an endpoint lead to the same pod; consumers use the first (discovery/v1).
    let text = endpoint.addresses.first()?;
    if slice.address_type == AddressType::Fqdn {
        return refuse(format!(
            "{text}: addressType FQDN is not supported, use IPv4 or IPv6"
        ));
    }
    let Ok(ip) = text.parse::<IpAddr>() else {
        return refuse(format!("{text:?} is not an IP address"));
    };
    let ip = ip.to_canonical();
    match forbidden(ip) {
        Some("loopback") if settings.loopback_endpoints => Some(Ok(ip)),
        Some(class) => refuse(format!(
            "{ip} is a {class} address: it would reach the gateway's own host or its metadata, \
             not a pod"
        )),
        None => Some(Ok(ip)),
    }
}

/// Where AWS serves instance metadata over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// The class of an address that no endpoint may have: the API server refuses most of them, manual
/// slices are looked at again here (CVE-2021-25740 and its like).
fn forbidden(ip: IpAddr) -> Option<&'static str> {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    match ip {
        _ if ip.is_loopback() => Some("loopback"),
        _ if ip.is_unspecified() => Some("unspecified"),
        _ if link_local => Some("link-local"),
        _ if ip.is_multicast() || broadcast => Some("multicast"),
        IpAddr::V6(METADATA_V6) => Some("metadata"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_no_pods_are_told() {
        for (text, class) in [
            ("10.0.0.1", None),
            ("2001:db8::1", None),
            ("fd00::1", None),
            ("127.0.0.1", Some("loopback")),
            ("127.9.9.9", Some("loopback")),
            ("::1", Some("loopback")),
            ("::ffff:127.0.0.1", Some("loopback")),
            ("0.0.0.0", Some("unspecified")),
            ("169.254.169.254", Some("link-local")),
            ("::ffff:169.254.169.254", Some("link-local")),
            ("fe80::1", Some("link-local")),
            ("fd00:ec2::254", Some("metadata")),
            ("224.0.0.1", Some("multicast")),
            ("255.255.255.255", Some("multicast")),
            ("ff02::1", Some("multicast")),
        ] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(forbidden(ip.to_canonical()), class, "{text}");
        }
    }
}
