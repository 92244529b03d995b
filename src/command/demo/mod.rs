//! `ringress demo`: the sample manifests over backends of its own, and commands to try.

mod backend;
mod certificate;
mod folder;
mod ports;
mod tour;

use super::FAILURE;
use crate::app::{Failure, Gateway};
use crate::options::{Cli, DemoOptions, Options, Request};
use backend::Backend;
use folder::Folder;
use ports::Port;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use tour::Places;

/// Ports that the samples name, and the backend behind each.
const HTTP: u16 = 8080;
const HTTPS: u16 = 8443;
const ADMIN: u16 = 9901;
const BACKENDS: [(&str, u16); 4] = [
    ("shop", 9101),
    ("shop-next", 9102),
    ("api", 9103),
    ("chat", 9104),
];

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
enum DemoFailure {
    #[error("no port of 127.0.0.1 is free: {0}")]
    Ports(io::Error),
    #[error("cannot make certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("cannot write the manifests: {0}; give an empty folder with --folder")]
    Folder(io::Error),
    #[error("cannot start the backends: {0}")]
    Backends(io::Error),
    #[error("{0}")]
    Options(#[from] clap::Error),
    #[error(transparent)]
    Serve(#[from] Failure),
}

/// Serves the samples until it is told to end.
pub fn run(options: &DemoOptions) -> ExitCode {
    match demo(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ringress: {failure}");
            ExitCode::from(FAILURE)
        }
    }
}

fn demo(options: &DemoOptions) -> Result<(), DemoFailure> {
    let mut backends = Vec::new();
    let mut ports = Vec::new();
    for (name, named) in BACKENDS {
        let (port, listener) = Port::reserve(named).map_err(DemoFailure::Ports)?;
        ports.push(port);
        backends.push(Backend::new(name, listener).map_err(DemoFailure::Ports)?);
    }
    let mut reserved = Vec::new();
    for named in [HTTP, HTTPS, ADMIN] {
        let (port, listener) = Port::reserve(named).map_err(DemoFailure::Ports)?;
        ports.push(port);
        reserved.push(listener);
    }
    let folder = Folder::make(options.folder.as_deref()).map_err(DemoFailure::Folder)?;
    let certificate = certificate::make()?;
    folder
        .fill(&ports, &certificate)
        .map_err(DemoFailure::Folder)?;

    let gateway = gateway_options(options, &folder, &ports)?;
    let gateway = Gateway::prepare(&gateway)?;
    backend::serve(backends).map_err(DemoFailure::Backends)?;
    drop(reserved);
    gateway.serve(|| print(&folder, &ports))?;
    Ok(())
}

/// The options of `run` that serve the folder on loopback, and drain without delay.
fn gateway_options(
    demo: &DemoOptions,
    folder: &Folder,
    ports: &[Port],
) -> Result<Options, clap::Error> {
    let admin = format!("127.0.0.1:{}", used(ports, ADMIN));
    let (http, https) = (
        used(ports, HTTP).to_string(),
        used(ports, HTTPS).to_string(),
    );
    let manifests = folder.path().display().to_string();
    let words = [
        "ringress",
        "run",
        "--manifests",
        &manifests,
        "--listen-address",
        "127.0.0.1",
        "--ingress-address",
        "127.0.0.1",
        "--ingress-http-port",
        &http,
        "--ingress-https-port",
        &https,
        "--admin-address",
        &admin,
        "--health-address",
        "off",
        "--access-log",
        "off",
        "--log-level",
        "warn",
        "--drain-delay",
        "0",
    ];
    match Cli::read(words)? {
        Request::Run(options) => Ok(Options {
            workers: demo.workers.clone(),
            ..*options
        }),
        // `run` was asked for.
        _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
    }
}

fn used(ports: &[Port], named: u16) -> u16 {
    let port = ports.iter().find(|port| port.named == named);
    port.map_or(named, |port| port.used)
}

fn print(folder: &Folder, ports: &[Port]) {
    let proxied = [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ]
    .iter()
    .any(|name| std::env::var_os(name).is_some());
    let places = Places {
        http: used(ports, HTTP),
        https: used(ports, HTTPS),
        admin: used(ports, ADMIN),
        folder: folder.path(),
        proxied,
    };
    let mut text = format!(
        "# Ringress serves http://{host}:{} and https://{host}:{}; its pages are on http://{host}:{}\n",
        places.http,
        places.https,
        places.admin,
        host = Ipv4Addr::LOCALHOST,
    );
    for port in ports.iter().filter(|port| port.replaced()) {
        text.push_str(&format!(
            "# Port {} is taken: {} is used instead\n",
            port.named, port.used
        ));
    }
    let stays = if folder.is_temporary() {
        "; the folder goes when this ends, unless --folder names one"
    } else {
        ""
    };
    text.push_str(&format!(
        "# Manifests: {}: edit them while this runs{stays}\n\
         # Ctrl-C ends it. These lines work as they are, in another terminal:\n",
        folder.path().display(),
    ));
    for stop in tour::stops(&places) {
        text.push_str(&format!("\n# {}\n{}\n", stop.shows, stop.command));
    }
    // Nobody reads: the demo serves nevertheless.
    io::stdout().write_all(text.as_bytes()).ok();
}
