//! GatewayClasses: which are ours, and what we claim to support.

use super::report::{
    ACCEPTED, ClassReport, Condition, ObjectStatus, ReportBuilder, SUPPORTED_VERSION,
};
use super::settings::Settings;
use crate::objects::Objects;
use std::collections::BTreeMap;

/// The release of the Gateway API whose semantics hold.
const VERSION: &str = "v1.6.1";

/// Names of `pkg/features` in Gateway API v1.6.1 that hold whole, in ascending order.
pub(super) const SUPPORTED_FEATURES: &[&str] = &[
    "Gateway",
    "GatewayAddressEmpty",
    "GatewayHTTPListenerIsolation",
    "GatewayHTTPSListenerDetectMisdirectedRequests",
    "GatewayPort8080",
    "GatewayStaticAddresses",
    "HTTPRoute",
    "HTTPRoute303RedirectStatusCode",
    "HTTPRoute307RedirectStatusCode",
    "HTTPRoute308RedirectStatusCode",
    "HTTPRouteBackendProtocolWebSocket",
    "HTTPRouteBackendRequestHeaderModification",
    "HTTPRouteBackendTimeout",
    "HTTPRouteDestinationPortMatching",
    "HTTPRouteHostRewrite",
    "HTTPRouteMethodMatching",
    "HTTPRouteNamedRouteRule",
    "HTTPRouteParentRefPort",
    "HTTPRoutePathRedirect",
    "HTTPRoutePathRewrite",
    "HTTPRoutePortRedirect",
    "HTTPRouteQueryParamMatching",
    "HTTPRouteRequestTimeout",
    "HTTPRouteResponseHeaderModification",
    "HTTPRouteSchemeRedirect",
    "ReferenceGrant",
];

/// Our classes by name; the value says why a class is refused.
pub(super) type Classes<'a> = BTreeMap<&'a str, Option<String>>;

/// Finds our classes and reports on them.
pub(super) fn translate<'a>(
    objects: &'a Objects,
    settings: &Settings,
    reports: &mut ReportBuilder,
) -> Classes<'a> {
    let mut classes = Classes::new();
    let ours = |controller: &str| controller == &*settings.gateway_controller;
    for class in objects.gateway_classes().iter() {
        if !ours(&class.spec.controller_name) {
            continue;
        }
        let refusal = class.spec.parameters_ref.as_ref().map(|parameters| {
            format!(
                "spec.parametersRef: {} {} is not supported, no kind of parameters is; remove the \
                 reference",
                parameters.kind, parameters.name
            )
        });
        let accepted = match &refusal {
            None => Condition::holds(ACCEPTED, "Accepted", "the class is served"),
            Some(message) => Condition::fails(ACCEPTED, "InvalidParameters", message.as_str()),
        };
        let version = Condition::holds(
            SUPPORTED_VERSION,
            "SupportedVersion",
            format!("Gateway API {VERSION}"),
        );
        let report = ClassReport {
            conditions: vec![accepted, version],
            supported_features: SUPPORTED_FEATURES.to_vec(),
        };
        reports.status(&**class, ObjectStatus::GatewayClass(report));
        classes.insert(&class.metadata.name, refusal);
    }
    classes
}

#[cfg(test)]
mod tests {
    #[test]
    fn features_are_in_ascending_order_as_the_specification_demands() {
        assert!(super::SUPPORTED_FEATURES.is_sorted());
    }
}
