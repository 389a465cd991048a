//! The context of a command: its options, its output and its connection.

use crate::args::Options;
use crate::failure::{Failure, Kind};
use crate::output::{Output, clean};
use redgrease_core::{Con, ErrorKind, connect};
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
    let con = connect(url);
    if let Ok(con) = &con {
        log::debug!("connected: {con:?}");
    }
    con.map_err(|error| {
        let answers = error.as_redis().is_some_and(|e| {
            e.kind() == redis::ErrorKind::AuthenticationFailed
                || matches!(e.code(), Some("NOAUTH" | "WRONGPASS"))
        });
        let is_no_address = matches!(error.kind(), ErrorKind::Config { .. });
        let failure = Failure::from(error);
        match failure.kind() {
            _ if is_no_address => Failure::usage(failure.to_string()),
            // The server is there, and refuses the password.
            Kind::NoServer if answers => Failure::failed(failure.to_string()),
            Kind::NoServer => Failure::new(
                Kind::NoServer,
                format!("{failure}\nremedy: --url gives the address of another server"),
            ),
            _ => failure,
        }
    })
}
