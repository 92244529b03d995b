//! One object of any kind.

use std::sync::Arc;

use super::key::ObjectKey;
use super::kinds::Kind;
use super::kinds::config_map::ConfigMap;
use super::kinds::endpoint_slice::EndpointSlice;
use super::kinds::gateway::Gateway;
use super::kinds::gateway_class::GatewayClass;
use super::kinds::http_route::HttpRoute;
use super::kinds::ingress::Ingress;
use super::kinds::ingress_class::IngressClass;
use super::kinds::metadata::Metadata;
use super::kinds::namespace::Namespace;
use super::kinds::reference_grant::ReferenceGrant;
use super::kinds::secret::Secret;
use super::kinds::service::Service;

/// What every kind's type has.
pub trait Resource {
    const KIND: Kind;

    fn metadata(&self) -> &Metadata;

    /// The object's identity.
    fn key(&self) -> ObjectKey {
        let metadata = self.metadata();
        ObjectKey {
            kind: Self::KIND,
            namespace: metadata.namespace.as_deref().map(Arc::from),
            name: metadata.name.as_str().into(),
        }
    }
}

/// Declares [`Object`] and makes each variant's type a [`Resource`].
macro_rules! objects {
    ($($variant:ident($type:ty)),+ $(,)?) => {
        /// An object of any kind, cheap to clone.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $($variant(Arc<$type>)),+
        }

        impl Object {
            /// The object's identity.
            pub fn key(&self) -> ObjectKey {
                match self { $(Self::$variant(object) => object.key()),+ }
            }

            /// The object's metadata.
            pub fn metadata(&self) -> &Metadata {
                match self { $(Self::$variant(object) => object.metadata()),+ }
            }
        }

        $(impl Resource for $type {
            const KIND: Kind = Kind::$variant;

            fn metadata(&self) -> &Metadata {
                &self.metadata
            }
        }

        impl From<$type> for Object {
            fn from(object: $type) -> Self {
                Self::$variant(Arc::new(object))
            }
        })+
    };
}

objects! {
    Namespace(Namespace),
    Secret(Secret),
    ConfigMap(ConfigMap),
    Service(Service),
    EndpointSlice(EndpointSlice),
    ReferenceGrant(ReferenceGrant),
    GatewayClass(GatewayClass),
    Gateway(Gateway),
    HttpRoute(HttpRoute),
    IngressClass(IngressClass),
    Ingress(Ingress),
}
