//! The certificates of the command line, for servers with TLS.

use crate::args::Options;
use crate::failure::Failure;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    TlsCertificates,
};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Files of certificates. A process has one command line, and opens connections in many places.
static GIVEN: OnceLock<Files> = OnceLock::new();

#[derive(Debug)]
struct Files {
    authority: Option<PathBuf>,
    /// The certificate of the client, and its key.
    client: Option<(PathBuf, PathBuf)>,
}

/// Keeps the files of the command line for [`info`].
pub(crate) fn keep(options: &Options) {
    let client = options.tls_cert.clone().zip(options.tls_key.clone());
    let authority = options.tls_ca.clone();
    if client.is_some() || authority.is_some() {
        // A process keeps them one time.
        let _ = GIVEN.set(Files { authority, client });
    }
}

/// An address, with the certificates for its connections.
pub(crate) fn info(url: &str) -> Result<ConnectionInfo, Failure> {
    let info = url.into_connection_info().map_err(|_| {
        // The error might show a password.
        Failure::usage(
            "this is not the address of a server: write redis://[user:password@]host[:port], rediss://.. for TLS, or redis+unix:///path/to/socket",
        )
    })?;
    match GIVEN.get() {
        Some(files) => with_files(info, files),
        None => Ok(info),
    }
}

fn with_files(info: ConnectionInfo, files: &Files) -> Result<ConnectionInfo, Failure> {
    if !is_tls(&info) {
        return Err(Failure::usage(
            "certificates are for servers with TLS: write the address as rediss://..",
        ));
    }
    let client_tls = match &files.client {
        Some((cert, key)) => Some(ClientTlsConfig {
            client_cert: read(cert)?,
            client_key: read(key)?,
        }),
        None => None,
    };
    let root_cert = files.authority.as_deref().map(read).transpose()?;
    let certificates = TlsCertificates {
        client_tls,
        root_cert,
    };
    let client = Client::build_with_tls(info, certificates).map_err(|error| {
        Failure::failed(format!(
            "the certificates cannot be used ({error}): give files of PEM, the key without a password"
        ))
    })?;
    Ok(client.get_connection_info().clone())
}

pub(crate) fn is_tls(info: &ConnectionInfo) -> bool {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::failed(format!(
            "{} cannot be read ({error}): give the path of a file of PEM",
            path.display()
        ))
    })?;
    if bytes.windows(BEGIN.len()).any(|it| it == BEGIN) {
        return Ok(bytes);
    }
    Err(Failure::failed(format!(
        "{} is no file of PEM, which has a line `-----BEGIN ..`: convert it with openssl",
        path.display()
    )))
}
