//! What a check supposes of the workers it does not have.

use crate::control::status::render::{BindState, Binds};
use crate::translate::Report;
use crate::translate::report::ObjectStatus;

/// Every bind of the report listens: whether a port is free is for a running gateway to find out.
pub fn listening(report: &Report) -> Binds {
    let binds = report
        .objects
        .iter()
        .flat_map(|object| match &object.status {
            ObjectStatus::Gateway(gateway) => {
                let listeners = gateway.listeners.iter();
                listeners
                    .flat_map(|listener| listener.binds.iter().copied())
                    .collect()
            }
            ObjectStatus::Ingress(ingress) => ingress.binds.clone(),
            ObjectStatus::GatewayClass(_) | ObjectStatus::Route(_) | ObjectStatus::None => {
                Vec::new()
            }
        });
    binds
        .map(|bind| (bind, BindState::Listening { note: None }))
        .collect()
}
