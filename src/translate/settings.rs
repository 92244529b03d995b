//! What translation must know besides the objects: pure data, validated by the caller.

use crate::ir::{Balance, Secret};
use std::net::IpAddr;
use std::sync::Arc;

/// A certificate chain with its key, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// Leaf first.
    pub chain: Arc<[u8]>,
    pub key: Secret,
}

/// Settings of a translation. The same objects and settings give the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `spec.controllerName` of the GatewayClasses that are ours.
    pub gateway_controller: Arc<str>,
    /// `spec.controller` of the IngressClasses that are ours.
    pub ingress_controller: Arc<str>,
    /// Where a Gateway without `spec.addresses` listens; empty: every address of the host.
    pub listen_addresses: Vec<IpAddr>,
    /// What statuses show as the address of a bind that listens on every address of the host.
    pub published_addresses: Vec<IpAddr>,
    /// Where Ingress listens; empty: every address of the host.
    pub ingress_addresses: Vec<IpAddr>,
    pub ingress_http_port: u16,
    pub ingress_https_port: u16,
    /// Namespace and name of the Secret for Ingress TLS that names no usable Secret of its own.
    pub default_certificate: Option<(Arc<str>, Arc<str>)>,
    /// Stands in where `default_certificate` does not help; made by the caller.
    pub self_signed: Option<KeyPair>,
    /// Serve Ingresses that name no class, as if they named ours.
    pub ingress_without_class: bool,
    /// Give an Ingress without a class the default IngressClass, as the API server's admission
    /// does when the object is created. For sources without an API server.
    pub admit_default_class: bool,
    /// Accept endpoints on loopback addresses, which the API server refuses.
    pub loopback_endpoints: bool,
    /// Header fields with an underscore in their name reach routing; elsewhere they are dropped or
    /// their requests refused.
    pub underscore_headers: bool,
    pub balance: Balance,
    /// Seconds since the epoch, to tell expired certificates; absent: validity is not looked at.
    pub now: Option<i64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gateway_controller: "ringress.dev/gateway-controller".into(),
            ingress_controller: "ringress.dev/ingress-controller".into(),
            listen_addresses: Vec::new(),
            published_addresses: Vec::new(),
            ingress_addresses: Vec::new(),
            ingress_http_port: 8080,
            ingress_https_port: 8443,
            default_certificate: None,
            self_signed: None,
            ingress_without_class: false,
            admit_default_class: false,
            loopback_endpoints: false,
            underscore_headers: false,
            balance: Balance::default(),
            now: None,
        }
    }
}
