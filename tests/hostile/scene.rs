//! One gateway in front of one recording origin.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::support::client::Connection;
use crate::support::manifests::{
    Manifests, gateway, http, http_route, https, prefix, service, tls_secret,
};
use crate::support::origin::Origin;
use crate::support::pki::Authority;
use crate::support::process::Gateway;
use crate::support::stream::Tls;
use crate::support::{eventually, ports};

/// The host of every route here.
pub const HOST: &str = "h.test";

/// What stands.
pub struct Scene {
    // Ends before the origin does: what it still sends is then recorded.
    pub gateway: Gateway,
    pub origin: Origin,
    pub plain: SocketAddr,
    pub secure: SocketAddr,
    pub tls: Tls,
    pub authority: Authority,
    pub manifests: Manifests,
    /// What the folder holds, the Gateway first.
    pub objects: Vec<Value>,
}

/// A gateway with these flags; its one rule leads to the origin.
pub fn scene(flags: &[&str]) -> Scene {
    scene_with(flags, prefix("/", "o"))
}

/// As [`scene`], with a rule of one's own for the Service `o`.
pub fn scene_with(flags: &[&str], rule: Value) -> Scene {
    let origin = Origin::start("o").tolerant();
    let (plain, secure) = (ports::local(), ports::local());
    let authority = Authority::new("hostile");
    let mut objects = vec![
        gateway(
            "gw",
            &[
                http("web", plain.port()),
                https("sec", secure.port(), "", "cert"),
            ],
        ),
        http_route("r", "gw", &[HOST], &[rule]),
        tls_secret("cert", &authority.leaf(&[HOST])),
    ];
    objects.extend(service("o", &[origin.address()]));
    let manifests = Manifests::with(&objects);
    Scene {
        gateway: start(manifests.path(), flags),
        origin,
        plain,
        secure,
        tls: authority.client(HOST, &["http/1.1"]),
        authority,
        manifests,
        objects,
    }
}

fn start(folder: &Path, flags: &[&str]) -> Gateway {
    Gateway::builder(folder)
        .args(&["--drain-delay", "0s"])
        .args(flags)
        .start()
}

impl Scene {
    /// A plain connection.
    pub fn open(&self) -> Connection {
        Connection::open(self.plain)
    }

    /// A connection over TLS.
    pub fn open_tls(&self) -> Connection {
        Connection::open_tls(self.secure, &self.tls)
    }

    /// The access log's record that has this text, once it is written.
    pub fn record(&self, needle: &str) -> Value {
        eventually(&format!("{needle:?} in the access log"), || {
            let output = self.gateway.output();
            // The last line may still be growing.
            let whole = output.rfind('\n').map_or("", |end| &output[..end]);
            let line = whole.lines().find(|line| line.contains(needle))?;
            Some(serde_json::from_str(line).expect("a record is JSON"))
        })
    }
}
