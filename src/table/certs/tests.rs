//! Which certificate a handshake gets, and what outlives a revision.

use super::{CertShelf, TlsSettings, TlsVersion};
use crate::ir::{
    Bind, BindAddress, Certificate, CertificateBinding, CertificateId, Hostname, Labels, Listener,
    ListenerName, ListenerTls, Model, Protocol, Secret,
};
use crate::table::BindIndex;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ServerConfig,
    ServerConnection, SignatureScheme,
};
use std::sync::Arc;

const BIND: BindIndex = BindIndex(0);

fn certificate(name: &str, sans: &[&str]) -> Certificate {
    certificate_of(name, sans, &PKCS_ECDSA_P256_SHA256)
}

fn certificate_of(
    name: &str,
    sans: &[&str],
    kind: &'static rcgen::SignatureAlgorithm,
) -> Certificate {
    let key = KeyPair::generate_for(kind).unwrap();
    let sans = sans.iter().map(|san| (*san).to_owned()).collect::<Vec<_>>();
    let chain = CertificateParams::new(sans)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    Certificate {
        name: name.into(),
        chain_pem: chain.pem().into_bytes().into(),
        key_pem: Secret(key.serialize_pem().into_bytes().into()),
    }
}

fn hostname(text: &str) -> Hostname {
    match text.strip_prefix("*.") {
        Some(suffix) => Hostname::Wildcard {
            suffix: suffix.into(),
            labels: Labels::Many,
        },
        None => Hostname::Exact(text.into()),
    }
}

/// A listener (`""`: without hostname) with certificates and the names they are bound to.
fn listener(name: &str, certificates: &[(u32, &[&str])]) -> Listener {
    let binding = |(id, names): &(u32, &[&str])| CertificateBinding {
        certificate: CertificateId(*id),
        hostnames: names.iter().map(|name| hostname(name)).collect(),
    };
    Listener {
        name: ListenerName {
            kind: "Gateway".into(),
            namespace: "n".into(),
            gateway: "g".into(),
            listener: name.into(),
        },
        slot: 0,
        hostname: (!name.is_empty()).then(|| hostname(name)),
        tls: Some(ListenerTls {
            certificates: certificates.iter().map(binding).collect(),
        }),
        fallback: false,
        routes: Vec::new(),
    }
}

fn model(certificates: Vec<Certificate>, listeners: Vec<Listener>) -> Model {
    let address = BindAddress {
        ip: None,
        port: 8443,
    };
    let bind = Bind {
        address,
        protocol: Protocol::Https,
        listeners,
    };
    Model {
        binds: vec![bind],
        certificates,
        ..Model::default()
    }
}

fn compile(model: &Model, previous: Option<&CertShelf>) -> CertShelf {
    CertShelf::compile(model, &TlsSettings::default(), previous, 1)
}

fn config(shelf: &CertShelf, sni: &str) -> Arc<ServerConfig> {
    shelf
        .select(BIND, Some(sni.as_bytes()))
        .expect("a listener")
        .1
}

/// Takes any certificate: the tests look at which one it is.
#[derive(Debug)]
struct Any;

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

fn client(version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any))
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(8);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// What a handshake came to: the leaf the client saw, whether it was resumed, the protocol.
struct Shaken {
    leaf: Vec<u8>,
    kind: HandshakeKind,
    alpn: Option<Vec<u8>>,
}

fn shake(
    server: Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
    sni: &str,
) -> Result<Shaken, rustls::Error> {
    let name = ServerName::try_from(sni.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::clone(client), name)?;
    let mut server = ServerConnection::new(server)?;
    for _ in 0..8 {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets()?;
        }
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(Shaken {
        leaf: client.peer_certificates().unwrap()[0].to_vec(),
        kind: client.handshake_kind().unwrap(),
        alpn: client.alpn_protocol().map(<[u8]>::to_vec),
    })
}

fn leaf(certificate: &Certificate) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject;
    CertificateDer::from_pem_slice(&certificate.chain_pem)
        .unwrap()
        .to_vec()
}

#[test]
fn the_listener_is_the_most_specific_for_the_server_name() {
    let model = model(
        vec![certificate("n/c", &["x"])],
        ["*.a.b", "x.a.b", "*.b", ""]
            .map(|name| listener(name, &[(0, &[])]))
            .to_vec(),
    );
    let shelf = compile(&model, None);
    for (sni, expected) in [
        (Some("x.a.b"), 1),
        (Some("X.A.B"), 1),
        (Some("x.a.b."), 1),
        (Some("y.a.b"), 0),
        (Some("a.b"), 2),
        (Some("z"), 3),
        (None, 3),
    ] {
        let found = shelf
            .select(BIND, sni.map(str::as_bytes))
            .map(|(index, _)| index.0);
        assert_eq!(found, Some(expected), "{sni:?}");
    }
    assert!(shelf.select(BIND, Some(&[b'a'; 300])).is_none());
    assert!(shelf.select(BindIndex(7), None).is_none());
}

#[test]
fn without_a_listener_for_the_name_there_is_no_handshake() {
    let model = model(
        vec![certificate("n/c", &["x"])],
        vec![listener("a.b", &[(0, &[])])],
    );
    let shelf = compile(&model, None);
    assert!(shelf.select(BIND, Some(b"c.b")).is_none());
    assert!(shelf.select(BIND, None).is_none());
}

#[test]
fn the_certificate_is_chosen_by_bound_names_then_by_its_own() {
    let certificates = vec![
        certificate("n/default", &["default.b"]),
        certificate("n/exact", &["x.a.b", "*.c.b"]),
        certificate("n/wide", &["*.a.b"]),
        certificate("n/bound", &["unrelated.b"]),
        certificate_of("n/ed25519", &["only.b"], &PKCS_ED25519),
        certificate("n/ecdsa", &["only.b"]),
    ];
    let bound: &[&str] = &["bound.b"];
    let offers: [(u32, &[&str]); 6] =
        [(0, &[]), (1, &[]), (2, &[]), (3, bound), (4, &[]), (5, &[])];
    let model = model(certificates.clone(), vec![listener("", &offers)]);
    let shelf = compile(&model, None);
    assert_eq!(shelf.problems(), &[]);
    let client = Arc::new(client(&rustls::version::TLS13));
    for (sni, expected) in [
        ("x.a.b", 1),
        ("X.a.B", 1),
        ("y.a.b", 2),
        ("y.c.b", 1),
        ("y.x.a.b", 0),
        ("bound.b", 3),
        ("unrelated.b", 0),
        ("default.b", 0),
        // The client cannot verify the first one's key.
        ("only.b", 5),
    ] {
        let shaken = shake(config(&shelf, sni), &client, sni).unwrap();
        assert_eq!(shaken.leaf, leaf(&certificates[expected]), "{sni}");
        assert_eq!(shaken.alpn.as_deref(), Some(&b"http/1.1"[..]));
    }
}

#[test]
fn a_session_resumes_across_revisions_and_certificates_but_on_no_other_listener() {
    let wide: &[&str] = &["*.b"];
    let listeners = || vec![listener("a.b", &[(0, wide)]), listener("*.b", &[(0, wide)])];
    let first = compile(&model(vec![certificate("n/c", &["x"])], listeners()), None);
    let renewed = model(vec![certificate("n/c", &["y"])], listeners());
    let second = compile(&renewed, Some(&first));
    assert!(
        !Arc::ptr_eq(&config(&first, "a.b"), &config(&second, "a.b")),
        "renewed"
    );
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let client = Arc::new(client(version));
        let kind = |server, sni| shake(server, &client, sni).unwrap().kind;
        assert_eq!(kind(config(&first, "a.b"), "a.b"), HandshakeKind::Full);
        assert_eq!(kind(config(&first, "a.b"), "a.b"), HandshakeKind::Resumed);
        assert_eq!(kind(config(&second, "a.b"), "a.b"), HandshakeKind::Resumed);
        // The same client, name and ticket, at the other listener's configuration.
        assert_eq!(
            kind(config(&second, "z.b"), "a.b"),
            HandshakeKind::Full,
            "{version:?}"
        );
    }
}

#[test]
fn what_did_not_change_is_the_same_object() {
    let one = certificate("n/one", &["a.b"]);
    let two = certificate("n/two", &["c.b"]);
    let listeners = || vec![listener("a.b", &[(0, &[])]), listener("c.b", &[(1, &[])])];
    let first = compile(&model(vec![one.clone(), two], listeners()), None);
    // The same bytes in other memory, and one certificate renewed.
    let copied = Certificate {
        chain_pem: one.chain_pem.to_vec().into(),
        ..one
    };
    let renewed = model(vec![copied, certificate("n/two", &["c.b"])], listeners());
    let second = compile(&renewed, Some(&first));
    assert!(Arc::ptr_eq(&config(&first, "a.b"), &config(&second, "a.b")));
    assert!(!Arc::ptr_eq(
        &config(&first, "c.b"),
        &config(&second, "c.b")
    ));
    let strict = TlsSettings {
        min_version: TlsVersion::Tls13,
        ..TlsSettings::default()
    };
    let third = CertShelf::compile(&renewed, &strict, Some(&second), 1);
    assert!(!Arc::ptr_eq(
        &config(&second, "a.b"),
        &config(&third, "a.b")
    ));
    let old = Arc::new(client(&rustls::version::TLS12));
    assert!(shake(config(&third, "a.b"), &old, "a.b").is_err());
    assert!(shake(config(&second, "a.b"), &old, "a.b").is_ok());
}

#[test]
fn certificates_that_do_not_load_are_named_and_leave_the_rest_standing() {
    let good = certificate("n/good", &["x"]);
    let other = certificate("n/other", &["x"]);
    let broken = |name: &str, chain: &[u8], key: &[u8]| Certificate {
        name: name.into(),
        chain_pem: chain.into(),
        key_pem: Secret(key.into()),
    };
    let model = model(
        vec![
            good.clone(),
            broken("n/no-pem", b"hello", &good.key_pem.0),
            broken("n/empty", b"", &good.key_pem.0),
            broken("n/no-key", &good.chain_pem, b"secret"),
            broken("n/mismatch", &good.chain_pem, &other.key_pem.0),
        ],
        vec![
            listener("good.b", &[(1, &[]), (0, &[]), (9, &[])]),
            listener("bad.b", &[(2, &[]), (3, &[]), (4, &[])]),
            listener("*.b", &[(0, &[])]),
        ],
    );
    let shelf = compile(&model, None);
    let named: Vec<_> = shelf
        .problems()
        .iter()
        .map(|problem| (&*problem.listener.listener, &*problem.certificate))
        .collect();
    assert_eq!(
        named,
        [
            ("good.b", "n/no-pem"),
            ("good.b", ""),
            ("bad.b", "n/empty"),
            ("bad.b", "n/no-key"),
            ("bad.b", "n/mismatch"),
        ]
    );
    let told = format!("{:?}", shelf.problems());
    assert!(!told.contains("secret"), "{told}");
    let client = Arc::new(client(&rustls::version::TLS13));
    assert_eq!(
        shake(config(&shelf, "good.b"), &client, "good.b")
            .unwrap()
            .leaf,
        leaf(&good)
    );
    // Not answered by the less specific listener.
    assert!(shelf.select(BIND, Some(b"bad.b")).is_none());
}

#[test]
fn of_two_listeners_without_hostname_the_one_with_the_certificate_answers() {
    let gateway = certificate("n/gateway", &["a.b"]);
    let ingress = certificate("n/ingress", &["c.b"]);
    let bound: &[&str] = &["i.b"];
    let fallback = |certificates: &[(u32, &[&str])]| Listener {
        fallback: true,
        ..listener("", certificates)
    };
    let both = model(
        vec![gateway.clone(), ingress.clone()],
        vec![listener("", &[(0, &[])]), fallback(&[(1, &[]), (1, bound)])],
    );
    let shelf = compile(&both, None);
    for (sni, expected) in [
        (Some("a.b"), 0),
        (Some("c.b"), 1),
        (Some("i.b"), 1),
        (Some("z.b"), 0),
        (None, 0),
    ] {
        let found = shelf
            .select(BIND, sni.map(str::as_bytes))
            .map(|(index, _)| index.0);
        assert_eq!(found, Some(expected), "{sni:?}");
    }
    let alone = model(
        vec![ingress],
        vec![listener("a.b", &[]), fallback(&[(0, &[])])],
    );
    let shelf = compile(&alone, None);
    assert_eq!(
        shelf.select(BIND, Some(b"z.b")).map(|(index, _)| index.0),
        Some(1)
    );
    assert_eq!(shelf.select(BIND, None).map(|(index, _)| index.0), Some(1));
    assert!(
        shelf.select(BIND, Some(b"a.b")).is_none(),
        "no certificate, no handshake"
    );
}
