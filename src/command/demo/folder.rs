//! The working folder: the samples, fitted to this machine, and a certificate.

use super::certificate::Certificate;
use super::ports::{Port, substitute};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

macro_rules! sample {
    ($name:literal) => {
        (
            concat!($name, ".yaml"),
            include_str!(concat!("../../../deploy/samples/", $name, ".yaml")),
        )
    };
}

/// The sample manifests, as the repository ships them.
const SAMPLES: [(&str, &str); 8] = [
    sample!("backends"),
    sample!("chat"),
    sample!("gateway"),
    sample!("ingress"),
    sample!("live"),
    sample!("moves"),
    sample!("shop"),
    sample!("split"),
];

/// A folder of manifests; removed when dropped if it was made for this run alone.
pub struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// Uses `wanted`, which must be empty or absent, or makes a new temporary folder.
    ///
    /// # Errors
    /// [`io::ErrorKind::DirectoryNotEmpty`], or what the file system refuses.
    pub fn make(wanted: Option<&Path>) -> io::Result<Self> {
        let Some(wanted) = wanted else {
            return Self::temporary();
        };
        fs::create_dir_all(wanted)?;
        if fs::read_dir(wanted)?.next().is_some() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        Ok(Self {
            path: wanted.canonicalize()?,
            temporary: false,
        })
    }

    fn temporary() -> io::Result<Self> {
        let all = std::env::temp_dir().canonicalize()?;
        for attempt in 0..100 {
            let name = format!("ringress-demo-{}-{attempt}", std::process::id());
            let path = all.join(name);
            // Fails where the name exists, so that nobody can put a folder in our way.
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    return made.map(|()| Self {
                        path,
                        temporary: true,
                    });
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Where it is: an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it goes with this run.
    pub fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Writes the samples with the ports in use, the certificate as a Secret, and `ca.crt`.
    ///
    /// # Errors
    /// What the file system refuses.
    pub fn fill(&self, ports: &[Port], certificate: &Certificate) -> io::Result<()> {
        for (file, text) in SAMPLES {
            fs::write(self.path.join(file), substitute(text, ports))?;
        }
        fs::write(self.path.join("ca.crt"), &certificate.authority)?;
        let mut secret = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.path.join("certificate.yaml"))?;
        secret.write_all(certificate.secret().as_bytes())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!(folder = %self.path.display(), %error, "not removed");
        }
    }
}
