//! TLS on the ports of a server.

use crate::Result;
use crate::config::Config;
use std::path::PathBuf;

/// The files of a server that speaks TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) authority: PathBuf,
}

impl Tls {
    /// Adds the lines for a server that speaks TLS on this port, with its replicas, and with the other servers of its cluster.
    pub(crate) fn write(&self, port: u16, config: &mut Config) -> Result<()> {
        config
            .line("tls-port", &port.to_string())?
            .path("tls-cert-file", &self.certificate)
            .path("tls-key-file", &self.key)
            .path("tls-ca-cert-file", &self.authority)
            .line("tls-auth-clients", "no")?
            .line("tls-replication", "yes")?
            .line("tls-cluster", "yes")?;
        Ok(())
    }
}
