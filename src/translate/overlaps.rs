//! HTTPS listeners that meet on a bind and whose hostnames overlap: a client may reuse the connection
//! of one for the other (condition `OverlappingTLSConfig`), whichever Gateways they belong to.

use super::gateway::GatewayDraft;
use super::hostname;
use crate::ir::{BindAddress, Hostname, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// Index of a Gateway, and of its listener.
type Place = (usize, usize);

/// Messages name no more than so many listeners.
const LISTED: usize = 8;

/// Says on each listener which others overlap with it; conflicts are settled, so the hostnames of a
/// bind differ.
pub(super) fn mark(gateways: &mut [GatewayDraft<'_>]) {
    let mut binds: BTreeMap<BindAddress, BTreeMap<Option<Hostname>, Place>> = BTreeMap::new();
    for (index, gateway) in gateways.iter().enumerate() {
        for (number, listener) in gateway.listeners.iter().enumerate() {
            for bind in listener
                .binds
                .iter()
                .filter(|_| listener.protocol == Some(Protocol::Https))
            {
                let names = binds.entry(*bind).or_default();
                names.insert(listener.hostname.clone(), (index, number));
            }
        }
    }
    let mut overlaps: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for names in binds.values() {
        let named = names
            .iter()
            .filter_map(|(name, place)| Some((name.as_ref()?, *place)));
        for (name, place) in named {
            let wider = hostname::wider(name).map(Some).chain([None]);
            for other in wider.filter_map(|wider| names.get(&wider)) {
                overlaps.entry(place).or_default().insert(*other);
                overlaps.entry(*other).or_default().insert(place);
            }
        }
    }
    for ((index, number), others) in overlaps {
        let said = say(gateways, index, &others);
        let gateway = gateways.get_mut(index);
        if let Some(listener) = gateway.and_then(|gateway| gateway.listeners.get_mut(number)) {
            listener.overlaps = said;
        }
    }
}

/// The names of listeners, as the Gateway at `own` knows them.
fn say(gateways: &[GatewayDraft<'_>], own: usize, places: &BTreeSet<Place>) -> Vec<String> {
    let name = |(index, number): &Place| {
        let gateway = gateways.get(*index)?;
        let name = &gateway.listeners.get(*number)?.spec.name;
        Some(match *index == own {
            true => name.clone(),
            false => format!("{name} of Gateway {}", gateway.name()),
        })
    };
    let mut said: Vec<String> = places.iter().take(LISTED).filter_map(name).collect();
    let more = places.len().saturating_sub(LISTED);
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    said
}
