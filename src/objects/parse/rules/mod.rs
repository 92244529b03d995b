//! The rule tables, one for each kind: what the Gateway API v1.6.1 schemas (experimental channel,
//! which includes the standard one) and the API server's own validation say.

mod endpoint_slice;
mod gateway;
mod gateway_class;
mod http_filter;
mod http_route;
mod ingress;
mod ingress_class;
mod metadata;
mod path;
mod plain;
mod reference;
mod reference_grant;
mod service;

use super::row::Row;
use crate::objects::kinds::Kind;

/// The rows of a kind, its metadata apart.
pub fn of(kind: Kind) -> &'static [Row] {
    match kind {
        Kind::Namespace => plain::NAMESPACE,
        Kind::Secret => plain::SECRET,
        Kind::ConfigMap => plain::CONFIG_MAP,
        Kind::Service => service::ROWS,
        Kind::EndpointSlice => endpoint_slice::ROWS,
        Kind::ReferenceGrant => reference_grant::ROWS,
        Kind::GatewayClass => gateway_class::ROWS,
        Kind::Gateway => gateway::ROWS,
        Kind::HttpRoute => http_route::ROWS,
        Kind::IngressClass => ingress_class::ROWS,
        Kind::Ingress => ingress::ROWS,
    }
}

/// The rows of a kind's `metadata`.
pub fn of_metadata(kind: Kind) -> &'static [Row] {
    match kind {
        Kind::Namespace => metadata::NAMED_BY_LABEL,
        Kind::Service => metadata::NAMED_BY_1035_LABEL,
        _ => metadata::NAMED_BY_SUBDOMAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::parse::row::Check;

    /// Visits every check of a table and of the tables within.
    fn visit(rows: &'static [Row], see: &mut dyn FnMut(&'static Row, &'static Check)) {
        for row in rows {
            for check in row.checks {
                see(row, check);
                if let Check::Rows(rows) = check {
                    visit(rows, see);
                }
            }
        }
    }

    #[test]
    fn tables_are_sound() {
        for kind in Kind::ALL {
            for table in [of(kind), of_metadata(kind)] {
                visit(table, &mut |row, check| match check {
                    Check::Default(json) => {
                        let value = serde_json::from_str::<serde_json::Value>(json);
                        assert!(value.is_ok(), "{kind} {}: {json}", row.at);
                        assert!(
                            !row.at.ends_with([']', '}']),
                            "{kind} {}: of no member",
                            row.at
                        );
                    }
                    Check::Required => assert!(!row.at.is_empty(), "{kind}: nothing is required"),
                    _ => {}
                });
            }
        }
    }
}
