//! The context of a command: its options, its output and its connection.

use crate::args::Options;
use crate::failure::{Failure, Kind};
use crate::output::{Output, clean};
use crate::tls;
use redgrease_core::{Con, Error, ErrorKind, connect};
use std::io::Write as _;

/// The environment variable with the address of the server.
const URL: &str = "REDGREASE_URL";
const HOST: &str = "localhost";
const PORT: u16 = 6379;

pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) out: Output,
}

impl App {
    pub(crate) fn new(options: Options) -> Self {
        let out = Output::new(&options);
        tls::keep(&options);
        if options.verbose > 1 {
            show_log();
        }
        App { options, out }
    }

    /// The address of the server. It may contain a password: it is not for messages.
    pub(crate) fn url(&self) -> String {
        let Options {
            url, server, port, ..
        } = &self.options;
        match (url, url_of_environment()) {
            (Some(url), _) => url.clone(),
            (None, Some(url)) if server.is_none() && port.is_none() => url,
            _ => address(server.as_deref(), *port),
        }
    }

    /// Connects to the server, or to its cluster.
    pub(crate) fn connect(&self) -> Result<Con, Failure> {
        connect_to(&self.url())
    }
}

/// Shows the messages of the client: what it connects to, registers again and tries again.
fn show_log() {
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(log::LevelFilter::Debug)
        .format(|out, record| {
            let level = record.level().as_str().to_lowercase();
            writeln!(out, "{level}: {}", clean(&record.args().to_string()))
        });
    // A command may have a logger of its own already.
    let _ = builder.try_init();
}

/// The address in the environment. An empty one does not count.
pub(crate) fn url_of_environment() -> Option<String> {
    std::env::var(URL).ok().filter(|url| !url.is_empty())
}

/// The address of a host and a port.
pub(crate) fn address(host: Option<&str>, port: Option<u16>) -> String {
    let host = host.unwrap_or(HOST);
    // An address of version 6 has colons.
    let (open, close) = if host.contains(':') && !host.starts_with('[') {
        ("[", "]")
    } else {
        ("", "")
    };
    format!("redis://{open}{host}{close}:{}/", port.unwrap_or(PORT))
}

/// Connects to a server, or to its cluster.
pub(crate) fn connect_to(url: &str) -> Result<Con, Failure> {
    let info = tls::info(url)?;
    let is_tls = tls::is_tls(&info);
    let con = connect(info);
    if let Ok(con) = &con {
        log::debug!("connected: {con:?}");
    }
    con.map_err(|error| failed(error, is_tls))
}

/// The failure of a connection.
fn failed(error: Error, is_tls: bool) -> Failure {
    let answers = error.as_redis().is_some_and(|e| {
        e.kind() == redis::ErrorKind::AuthenticationFailed
            || matches!(e.code(), Some("NOAUTH" | "WRONGPASS"))
    });
    let is_refused = error
        .as_redis()
        .is_some_and(redis::RedisError::is_connection_refusal);
    let is_no_address = matches!(error.kind(), ErrorKind::Config { .. });
    let failure = Failure::from(error);
    let text = failure.to_string();
    let more = match failure.kind() {
        _ if is_no_address => return Failure::usage(text),
        // The server is there, and refuses the password.
        Kind::NoServer if answers => return Failure::failed(text),
        Kind::NoServer if is_refused => "--url gives the address of another server",
        Kind::NoServer if !is_tls => return failure,
        Kind::NoServer if text.contains("CertificateRequired") => {
            "--tls-cert and --tls-key name the certificate of this client and its key"
        }
        Kind::NoServer if text.contains("certificate") => {
            "--tls-ca names the certificate of the authority, too"
        }
        Kind::NoServer if text.contains("no answer within") => {
            "a server without TLS does not answer either: its address begins with redis://"
        }
        _ => return failure,
    };
    Failure::new(Kind::NoServer, format!("{text}\nremedy: {more}"))
}
