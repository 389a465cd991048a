//! Texts about connections that cannot be opened, and about those that break.

use super::{Error, ErrorKind};
use redis::RedisError;
use std::{error, fmt, io};

impl Error {
    /// The error of the last of several addresses as one of all of them.
    pub(crate) fn connecting_to(mut self, address: String) -> Self {
        self.0.kind = ErrorKind::Connect { address };
        self
    }
}

/// What to do about a connection that could not be opened.
pub(super) fn remedy(source: Option<&RedisError>) -> &'static str {
    let Some(e) = source else { return ADDRESS };
    let text = e.to_string();
    if e.kind() == redis::ErrorKind::AuthenticationFailed
        || ["NOAUTH", "WRONGPASS"]
            .iter()
            .any(|code| text.contains(code))
    {
        return "check user and password in the address (`redis://user:password@host`, `redis://:password@host` for the \
                default user), and that the user is `on` (ACL LIST)";
    }
    if e.is_connection_refusal() {
        return ADDRESS;
    }
    if let Some(remedy) = of_certificates(&text) {
        return remedy;
    }
    if text.contains("max number of clients") || e.code() == Some("DENIED") || is_closed(e) {
        return "a server closes new connections when it has reached its setting `maxclients` (see INFO clients; close idle \
                clients, make pools smaller with `PoolOptions::size(..)`, or raise it), when it expects TLS (`rediss://`), or \
                when it protects itself from other hosts (`protected-mode`)";
    }
    if e.is_timeout() {
        return "check that the server is not stopped or held by a long command (SLOWLOG), and that no firewall drops the \
                connection";
    }
    ADDRESS
}

/// What to do about certificates, by the words of rustls.
fn of_certificates(text: &str) -> Option<&'static str> {
    let remedies = [
        (
            "CertificateRequired",
            "the server wants a certificate of its clients (`tls-auth-clients`, which is `yes` unless it is set): give one, or \
             set `tls-auth-clients no` at the server",
        ),
        (
            "NotValidForName",
            "write a host name or address into the address that the certificate of the server has",
        ),
        (
            "Expired",
            "renew the certificate of the server, and check the clock of this machine",
        ),
        (
            "invalid peer certificate",
            "let the environment variable SSL_CERT_FILE name the certificate of its authority (a file of PEM)",
        ),
        (
            "read PEM",
            "check the file that the environment variable SSL_CERT_FILE names",
        ),
        (
            "insecure client",
            "leave `#insecure` out of the address, and let the environment variable SSL_CERT_FILE name the certificate of \
             the authority of the server (a file of PEM)",
        ),
    ];
    remedies
        .into_iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, remedy)| remedy)
}

const ADDRESS: &str =
    "check the address and that a server runs there (`redgrease serve` starts one)";

/// Prints that a connection broke while a call waited for its answer, or could not be opened again for it.
pub(super) fn broken(f: &mut fmt::Formatter<'_>, e: &RedisError) -> fmt::Result {
    if e.is_connection_refusal() {
        return write!(
            f,
            "nothing was sent, because the connection could not be opened again: {e}: {ADDRESS}"
        );
    }
    write!(
        f,
        "the connection broke before the answer came: {e}: the gear may have had its effect, so call it again only if it \
         may run twice; the log of the server tells whether it restarted or closed the connection (CLIENT KILL, `timeout`, \
         a full output buffer)"
    )
}

/// Whether the other side has closed the connection.
fn is_closed(e: &RedisError) -> bool {
    let source = error::Error::source(e).and_then(|source| source.downcast_ref::<io::Error>());
    source.is_some_and(|e| {
        matches!(
            e.kind(),
            io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::UnexpectedEof
        )
    }) || e.is_connection_dropped()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_have_remedies_of_their_own() {
        for (text, remedy) in [
            (
                "invalid peer certificate: UnknownIssuer",
                "SSL_CERT_FILE name",
            ),
            ("invalid peer certificate: NotValidForName", "host name"),
            ("invalid peer certificate: Expired", "renew"),
            (
                "received fatal alert: CertificateRequired",
                "tls-auth-clients no",
            ),
            (
                "failed to read PEM from file: No such file",
                "check the file",
            ),
            (
                "Cannot create insecure client without x",
                "leave `#insecure` out",
            ),
        ] {
            let error = RedisError::from(io::Error::other(text));
            assert!(super::remedy(Some(&error)).contains(remedy), "{text}");
        }
    }
}
