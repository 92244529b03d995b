//! Who listens where: a bind is one address and port and exists once, whoever asks for it.
//!
//! Within one Gateway no conflicting listener wins (Gateway API `GatewaySpec.listeners`). Between
//! Gateways the older one keeps what it claimed and the other's listener is refused, naming the
//! winner (architecture decision 11).

use super::address::covers;
use super::gateway::GatewayDraft;
use super::hostname;
use super::listener::ListenerDraft;
use super::report::Refusal;
use crate::ir::{BindAddress, Hostname, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// What has been claimed of one bind.
struct Claim {
    protocol: Protocol,
    /// Who claimed it first, for messages.
    owner: String,
    /// Everybody who is there.
    holders: BTreeSet<String>,
    /// Hostname to who listens for it.
    hostnames: BTreeMap<Option<Hostname>, String>,
}

/// All binds that somebody holds.
#[derive(Default)]
pub(super) struct Claims(BTreeMap<BindAddress, Claim>);

impl Claims {
    /// Takes part in a bind, after all who hold it; refused where it speaks another protocol.
    pub fn take(&mut self, bind: BindAddress, protocol: Protocol, holder: &str) -> bool {
        let claim = self.0.entry(bind).or_insert_with(|| Claim {
            protocol,
            owner: holder.to_owned(),
            holders: BTreeSet::new(),
            hostnames: BTreeMap::new(),
        });
        let taken = claim.protocol == protocol;
        if taken {
            claim.holders.insert(holder.to_owned());
        }
        taken
    }

    /// Who takes requests for a host, or for some of its names, before any listener without
    /// hostname does: the hostname claimed, the most specific one for a host without wildcard, and
    /// its owner.
    pub fn before_fallback(&self, bind: BindAddress, host: &Hostname) -> Option<(Hostname, &str)> {
        let claimed = &self.0.get(&bind)?.hostnames;
        let owner = |name: Hostname| {
            let owner = claimed.get(&Some(name.clone()))?;
            Some((name, owner.as_str()))
        };
        if let Hostname::Exact(_) = host {
            return std::iter::once(host.clone())
                .chain(hostname::wider(host))
                .find_map(owner);
        }
        let mut names = claimed.keys().flatten();
        let met = names.find(|name| hostname::intersects(name, host))?;
        owner(met.clone())
    }

    /// What a bind speaks, and for whom.
    pub fn holder(&self, bind: BindAddress) -> (&'static str, &str) {
        match self.0.get(&bind) {
            Some(claim) => (protocol_name(claim.protocol), &claim.owner),
            None => ("nothing", "nobody"),
        }
    }

    /// What more specific binds take away from this one. A bind that `own` is on too takes nothing
    /// away from it.
    pub fn shadowing(&self, wide: BindAddress, own: &str) -> Vec<String> {
        if wide.ip.is_some_and(|ip| !ip.is_unspecified()) {
            return Vec::new(); // Nothing is more specific.
        }
        let narrower = self.0.iter().filter(|(narrow, claim)| {
            let elsewhere = !claim.holders.contains(own);
            **narrow != wide && narrow.port == wide.port && covers(wide.ip, narrow.ip) && elsewhere
        });
        narrower
            .map(|(narrow, claim)| format!("traffic to {narrow} goes to {}", claim.owner))
            .collect()
    }
}

/// Settles every conflict between Gateways; they come in order of age.
pub(super) fn settle(gateways: &mut [GatewayDraft<'_>]) -> Claims {
    let mut claims = Claims::default();
    for gateway in gateways
        .iter_mut()
        .filter(|gateway| gateway.refused.is_none())
    {
        within(gateway);
        let ips = gateway.addresses.ips.clone();
        for listener in &mut gateway.listeners {
            listener.binds = match listener.stands() {
                true => binds(&ips, listener.spec.port),
                false => Vec::new(),
            };
        }
        // Against older Gateways only: what this one claims is added afterwards.
        for listener in &mut gateway.listeners {
            if let Some(refusal) = clash(&claims, listener) {
                listener.binds.clear();
                match refusal.reason {
                    "PortUnavailable" => listener.refused = Some(refusal),
                    _ => listener.conflict = Some(refusal),
                }
            }
        }
        for listener in &gateway.listeners {
            claim(&mut claims, gateway, listener);
        }
    }
    claims
}

fn binds(ips: &[Option<std::net::IpAddr>], port: u16) -> Vec<BindAddress> {
    ips.iter().map(|ip| BindAddress { ip: *ip, port }).collect()
}

/// Conflicts inside one Gateway: all listeners concerned are refused.
fn within(gateway: &mut GatewayDraft<'_>) {
    let rivals: Vec<Option<Refusal>> = gateway
        .listeners
        .iter()
        .map(|listener| {
            let others = gateway.listeners.iter().filter(|other| {
                !std::ptr::eq(*other, listener)
                    && other.protocol.is_some()
                    && other.spec.port == listener.spec.port
            });
            listener.protocol?;
            others.into_iter().find_map(|other| {
                let (one, two) = (&listener.spec.protocol, &other.spec.protocol);
                if listener.protocol != other.protocol {
                    let message = format!(
                        "port {} has protocol {one} here and {two} in listener {}; neither is \
                         served, give one of them another port",
                        listener.spec.port, other.spec.name
                    );
                    return Some(Refusal::new("ProtocolConflict", message));
                }
                (listener.hostname == other.hostname).then(|| {
                    let message = format!(
                        "port {} and the same hostname are asked for by listener {} too; neither \
                         is served, remove one of them",
                        listener.spec.port, other.spec.name
                    );
                    Refusal::new("HostnameConflict", message)
                })
            })
        })
        .collect();
    for (listener, rival) in gateway.listeners.iter_mut().zip(rivals) {
        listener.conflict = rival;
    }
}

/// What an older Gateway holds that this listener asks for.
fn clash(claims: &Claims, listener: &ListenerDraft<'_>) -> Option<Refusal> {
    listener.binds.iter().find_map(|bind| {
        let claim = claims.0.get(bind)?;
        if Some(claim.protocol) != listener.protocol {
            let message = format!(
                "{bind} speaks {} for {}, which comes first; use another port or address",
                protocol_name(claim.protocol),
                claim.owner
            );
            return Some(Refusal::new("PortUnavailable", message));
        }
        let winner = claim.hostnames.get(&listener.hostname)?;
        let hostname = match &listener.hostname {
            Some(hostname) => format!("hostname {hostname}"),
            None => "every hostname".to_owned(),
        };
        let message = format!(
            "{hostname} on {bind} belongs to {winner}, which comes first; use another hostname, port \
             or address"
        );
        Some(Refusal::new("HostnameConflict", message))
    })
}

pub(super) fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "HTTP",
        Protocol::Https => "HTTPS",
    }
}

fn claim(claims: &mut Claims, gateway: &GatewayDraft<'_>, listener: &ListenerDraft<'_>) {
    let Some(protocol) = listener.protocol else {
        return;
    };
    let owner = format!("Gateway {} listener {}", gateway.name(), listener.spec.name);
    for bind in &listener.binds {
        let claim = claims.0.entry(*bind).or_insert_with(|| Claim {
            protocol,
            owner: owner.clone(),
            holders: BTreeSet::new(),
            hostnames: BTreeMap::new(),
        });
        claim.holders.insert(gateway.name());
        claim
            .hostnames
            .insert(listener.hostname.clone(), owner.clone());
    }
}

/// Says on each listener what more specific addresses take away from it.
pub(super) fn shadow(gateways: &mut [GatewayDraft<'_>], claims: &Claims) {
    for gateway in gateways {
        let own = gateway.name();
        for listener in &mut gateway.listeners {
            let binds = listener.binds.iter();
            let shadows = binds.flat_map(|bind| claims.shadowing(*bind, &own));
            listener.shadows = shadows.collect();
        }
    }
}
